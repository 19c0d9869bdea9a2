"""Test the sensors: one per request, and the tracker's figures."""

from datetime import timedelta
import json
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.media_status.clients.errors import Unreachable
from custom_components.media_status.lifecycle.facts import AskStatus, Queue, QueuePhase, Statement
from custom_components.media_status.lifecycle.model import ItemKey, Service, Stage, Subject
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, State, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.util import dt as dt_util

from .household import (
    DUNE,
    HASH,
    SEVERANCE,
    Household,
    asked,
    grabbed,
    imported,
    managed,
    moving,
    playable,
    running,
    says,
)

SENSOR = "sensor.media_status_dune"


def state(hass: HomeAssistant, entity_id: str = SENSOR) -> State:
    """Return a state that must exist."""
    found = hass.states.get(entity_id)
    assert found is not None, entity_id
    return found


def figure(hass: HomeAssistant, name: str) -> str:
    """Return the state of one of the tracker's figures."""
    return state(hass, f"sensor.media_status_{name}").state


async def until_available(home: Household) -> None:
    """Let a film go the whole way."""
    await home.hear(Service.SEERR, asked())
    await home.hear(Service.RADARR, managed(), grabbed(), imported())
    await home.hear(Service.JELLYFIN, playable())


@pytest.mark.parametrize(
    ("client", "sentence"),
    [
        ("Seedbox", "Seedbox cannot be reached, so the download cannot start."),
        (None, "The download client cannot be reached, so the download cannot start."),
    ],
)
async def test_the_client_that_is_away_is_named(
    hass: HomeAssistant, tmp_path: Path, client: str | None, sentence: str
) -> None:
    """It is Radarr that says so, but not Radarr that cannot be reached."""
    queue = Queue(present=True, phase=QueuePhase.CLIENT_UNAVAILABLE, client=client)
    subject = Subject(download=HASH)
    queued = says(
        Service.RADARR, None, Statement(value=queue, subject=subject), downloads=frozenset({HASH})
    )
    async with running(hass, tmp_path) as home:
        await home.hear(Service.SEERR, asked())
        await home.hear(Service.RADARR, managed(), grabbed(), queued)
        assert state(hass).attributes["explanation"] == sentence


async def test_a_request_is_a_sensor_that_moves(hass: HomeAssistant, tmp_path: Path) -> None:
    """The sensor appears with the request and follows it from asked to ready to watch."""
    async with running(hass, tmp_path) as home:
        await home.hear(Service.SEERR, asked(status=AskStatus.PENDING))
        shown = state(hass)
        assert shown.state == "requested"
        assert shown.name == "Media Status Dune"
        assert shown.attributes["requested_by"] == "Anna"
        picture = shown.attributes["entity_picture"]
        assert picture.startswith(f"/api/media_status/poster/{home.request.id}/small?authSig=")
        assert shown.attributes["explanation"] == "Somebody still has to approve this request."
        assert shown.attributes["options"] == [stage.value for stage in Stage]

        await home.hear(Service.SEERR, asked())
        await home.hear(Service.RADARR, managed())
        assert state(hass).state == "searching"
        await home.hear(Service.RADARR, managed(), grabbed())
        await home.hear(Service.QBITTORRENT, moving(0.41))
        assert state(hass).state == "downloading"
        assert state(hass).attributes["progress"] == 41.0
        assert state(hass).attributes["quality"] == "WEBDL-1080p"

        await home.hear(Service.RADARR, managed(), imported())
        assert state(hass).state == "syncing_library"
        assert state(hass).attributes["jellyfin_url"] is None
        await home.hear(Service.JELLYFIN, playable())
        assert state(hass).state == "available"
        assert state(hass).attributes["jellyfin_url"].startswith("https://watch.example/")


async def test_a_series_counts_its_episodes(hass: HomeAssistant, tmp_path: Path) -> None:
    """A series shows how many of its episodes are how far."""
    first, second = ItemKey(1, 1), ItemKey(1, 2)
    async with running(hass, tmp_path) as home:
        await home.hear(Service.SEERR, asked(SEVERANCE, seasons=frozenset({1})))
        await home.hear(
            Service.SONARR,
            managed(SEVERANCE, first, second),
            imported(SEVERANCE, first),
        )
        await home.hear(Service.JELLYFIN, playable(SEVERANCE, first))
        counts = state(hass, "sensor.media_status_severance").attributes["episodes"]
        assert counts["total"] == 2
        assert counts["available"] == 1
        assert counts["searching"] == 1


async def test_steps_nobody_sees_are_not_written(hass: HomeAssistant, tmp_path: Path) -> None:
    """The recorder gets a row per whole per cent at most, not one per look at the client."""
    written: list[str] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        written.append(event.data["entity_id"])

    async with running(hass, tmp_path) as home:
        await home.hear(Service.SEERR, asked())
        await home.hear(Service.RADARR, managed(), grabbed())
        await home.hear(Service.QBITTORRENT, moving(0.410))
        stop = async_track_state_change_event(hass, SENSOR, note)
        for progress in (0.411, 0.412, 0.413, 0.419):
            await home.hear(Service.QBITTORRENT, moving(progress))
        assert written == []
        await home.hear(Service.QBITTORRENT, moving(0.421))
        assert len(written) == 1
        assert state(hass).attributes["progress"] == 42.1
        stop()


async def test_huge_titles_stay_small(hass: HomeAssistant, tmp_path: Path) -> None:
    """A title of 64 KiB, full of odd characters, makes no large state and no large entity id."""
    title = DUNE.__class__(
        media_type=DUNE.media_type, ids=DUNE.ids, title="<b>\u202eデューン🏜️</b>" * 6000, year=2021
    )
    async with running(hass, tmp_path) as home:
        await home.hear(Service.SEERR, asked(title, by="anna" * 20_000))
        entity_id = er.async_get(hass).async_get_entity_id(
            "sensor", "media_status", f"{home.entry.entry_id}_request_{home.request.id}"
        )
        assert entity_id is not None
        assert len(entity_id) <= 255
        shown = state(hass, entity_id)
        assert len(json.dumps(dict(shown.attributes), ensure_ascii=False).encode()) < 4096
        assert len(shown.name) <= 255 + len("Media Status ")


async def test_sensors_are_restored_and_leftovers_removed(
    hass: HomeAssistant, tmp_path: Path, entity_registry: er.EntityRegistry
) -> None:
    """After a restart every known request has its sensor again, and no other is left."""
    async with running(hass, tmp_path) as home:
        await until_available(home)
        left = entity_registry.async_get_or_create(
            "sensor",
            "media_status",
            f"{home.entry.entry_id}_request_gone",
            config_entry=home.entry,
        )
        assert await hass.config_entries.async_reload(home.entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
        assert state(hass).state == "available"
        assert entity_registry.async_get(left.entity_id) is None
        assert entity_registry.async_get(SENSOR) is not None


async def test_sensors_leave_when_retention_ends(
    hass: HomeAssistant,
    tmp_path: Path,
    freezer: FrozenDateTimeFactory,
    entity_registry: er.EntityRegistry,
) -> None:
    """A request that ended long ago gives its entity back; an open one stays."""
    async with running(hass, tmp_path, options={"history_days": 2}) as home:
        await until_available(home)
        await home.hear(Service.SEERR, asked(SEVERANCE, number="12", seasons=frozenset({1})))
        freezer.tick(timedelta(days=1))
        async_fire_time_changed(hass)
        await hass.async_block_till_done(wait_background_tasks=True)
        assert entity_registry.async_get(SENSOR) is not None
        freezer.tick(timedelta(days=2))
        async_fire_time_changed(hass)
        await hass.async_block_till_done(wait_background_tasks=True)
        assert entity_registry.async_get(SENSOR) is None
        assert hass.states.get(SENSOR) is None
        assert entity_registry.async_get("sensor.media_status_severance") is not None


async def test_a_sensor_can_be_disabled(
    hass: HomeAssistant, tmp_path: Path, entity_registry: er.EntityRegistry
) -> None:
    """A disabled sensor writes nothing, and the others go on."""
    async with running(hass, tmp_path) as home:
        await home.hear(Service.SEERR, asked())
        entity_registry.async_update_entity(SENSOR, disabled_by=er.RegistryEntryDisabler.USER)
        await hass.async_block_till_done()
        await home.hear(Service.RADARR, managed())
        assert hass.states.get(SENSOR) is None
        assert figure(hass, "active_requests") == "1"


async def test_figures_follow_the_requests(hass: HomeAssistant, tmp_path: Path) -> None:
    """Active, downloading and ready today are counted as requests move."""
    async with running(hass, tmp_path) as home:
        assert [figure(hass, name) for name in ("active_requests", "downloading", "stuck")] == [
            "0",
            "0",
            "0",
        ]
        await home.hear(Service.SEERR, asked())
        assert figure(hass, "active_requests") == "1"
        await home.hear(Service.RADARR, managed(), grabbed())
        await home.hear(Service.QBITTORRENT, moving(0.5))
        assert figure(hass, "downloading") == "1"
        assert figure(hass, "ready_today") == "0"
        await home.hear(Service.RADARR, managed(), imported())
        await home.hear(Service.JELLYFIN, playable())
        assert figure(hass, "active_requests") == "0"
        assert figure(hass, "downloading") == "0"
        assert figure(hass, "ready_today") == "1"


async def test_ready_today_begins_anew_at_midnight(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """At local midnight nothing has become available yet."""
    await hass.config.async_set_time_zone("Pacific/Auckland")
    freezer.move_to("2026-11-21 10:30:00+00:00")  # 23:30 in Auckland
    async with running(hass, tmp_path) as home:
        await until_available(home)
        assert figure(hass, "ready_today") == "1"
        freezer.move_to("2026-11-21 11:00:01+00:00")
        async_fire_time_changed(hass, dt_util.utcnow())
        await hass.async_block_till_done(wait_background_tasks=True)
        assert figure(hass, "ready_today") == "0"


async def test_the_download_rate_is_known_while_the_client_answers(
    hass: HomeAssistant, tmp_path: Path
) -> None:
    """The rate is rounded to two digits, and unavailable when no client tells it."""
    async with running(hass, tmp_path) as home:
        assert figure(hass, "download_rate") == "unavailable"
        home.services["qbittorrent"].download_rate = 12_345_678
        await home.hear(Service.QBITTORRENT)
        assert figure(hass, "download_rate") == "12.0"
        home.services["qbittorrent"].download_rate = 0
        await home.hear(Service.QBITTORRENT)
        assert figure(hass, "download_rate") == "0.0"
        home.services["qbittorrent"].error = Unreachable()
        await home.hear(Service.QBITTORRENT)
        assert figure(hass, "download_rate") == "unavailable"


async def test_volatile_attributes_are_not_recorded(hass: HomeAssistant, tmp_path: Path) -> None:
    """The recorder keeps the stage; what changes all the time or is long stays out of it."""
    async with running(hass, tmp_path) as home:
        await home.hear(Service.SEERR, asked())
        info = state(hass).state_info
        assert info is not None
        left_out = info["unrecorded_attributes"]
        assert {"progress", "eta", "episodes", "explanation", "jellyfin_url"} <= left_out
        assert not left_out & {"media_type", "is_anime", "stuck"}
