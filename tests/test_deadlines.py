"""Test that what takes too long is called stuck, by time alone, and healed when it moves."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.media_status.clients.errors import Unreachable
from custom_components.media_status.const import DEFAULT_OPTIONS
from custom_components.media_status.lifecycle.facts import AskStatus
from custom_components.media_status.lifecycle.model import MediaType, ProviderIds, Service, TitleRef
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, State, callback
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.event import async_track_state_change_event

from .household import (
    Household,
    asked,
    grabbed,
    imported,
    managed,
    moving,
    playable,
    running,
    settled,
)
from .test_services import SENSOR, call, rows

EVENTS = "event.media_status_request"
LATE = "This takes longer than it should."


@pytest.fixture
async def home(hass: HomeAssistant, tmp_path: Path) -> AsyncIterator[Household]:
    """Return a household in which a film was grabbed that no client shows yet."""
    async with running(hass, tmp_path) as found:
        await grab(found)
        yield found


async def grab(home: Household) -> None:
    """Let Radarr choose a release for a film."""
    await home.hear(Service.SEERR, asked())
    await home.hear(Service.RADARR, managed(), grabbed())


async def wait(home: Household, freezer: FrozenDateTimeFactory, **time: float) -> None:
    """Let time pass in which nothing happens."""
    freezer.tick(timedelta(**time))
    async_fire_time_changed(home.hass)
    await settled(home.hass)
    await home.hass.async_block_till_done(wait_background_tasks=True)


def shown(hass: HomeAssistant, entity_id: str = SENSOR) -> State:
    """Return a state that must exist."""
    found = hass.states.get(entity_id)
    assert found is not None, entity_id
    return found


def is_stuck(hass: HomeAssistant) -> bool:
    """Return whether the film is called stuck, everywhere alike."""
    stuck = bool(shown(hass).attributes["stuck"])
    assert shown(hass, "sensor.media_status_stuck").state == str(int(stuck))
    assert (LATE in shown(hass).attributes["explanation"]) is stuck
    return stuck


@contextmanager
def steps(hass: HomeAssistant) -> Iterator[list[str]]:
    """Collect the types of the events that the event entity fires."""
    fired: list[str] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        new = event.data["new_state"]
        assert new is not None
        if new.state != "unavailable":
            fired.append(new.attributes["event_type"])

    stop = async_track_state_change_event(hass, EVENTS, note)
    yield fired
    stop()


async def test_time_alone_makes_it_stuck_and_a_step_heals_it(
    hass: HomeAssistant, home: Household, freezer: FrozenDateTimeFactory
) -> None:
    """Sensor, figure, sentence, event and timeline tell it; the stage stays what it was."""
    with steps(hass) as fired:
        await wait(home, freezer, minutes=59)
        assert not is_stuck(hass)
        await wait(home, freezer, minutes=2)
        assert is_stuck(hass)
        assert shown(hass).state == "grabbing"
        assert shown(hass).attributes["explanation"] == (
            f"A release was found; the download is about to start. {LATE}"
        )
        await wait(home, freezer, minutes=5)
        await home.hear(Service.QBITTORRENT, moving(0.1))
        assert not is_stuck(hass)
        assert shown(hass).state == "downloading"
    assert fired == ["stuck", "healed"]
    details = await call(hass, "get_request", request_id=home.request.id)
    told = [(entry["code"], entry["sentence"]) for entry in rows(details, "timeline")]
    assert ("stuck", "It takes longer than it should.") in told
    assert ("healed", "It moves again.") in told
    assert told.index(("stuck", "It takes longer than it should.")) < told.index(
        ("healed", "It moves again.")
    )


async def test_a_restart_does_not_begin_the_wait_anew(
    hass: HomeAssistant, home: Household, freezer: FrozenDateTimeFactory
) -> None:
    """The time in a stage goes on while Home Assistant is away."""
    await wait(home, freezer, minutes=50)
    assert await hass.config_entries.async_reload(home.entry.entry_id)
    await settled(hass)
    assert not is_stuck(hass)
    with steps(hass) as fired:
        await wait(home, freezer, minutes=11)
        assert is_stuck(hass)
    assert fired == ["stuck"]


async def test_what_becomes_late_while_nobody_looks_is_told_afterwards(
    hass: HomeAssistant, home: Household, freezer: FrozenDateTimeFactory
) -> None:
    """Home Assistant was off for a while: its first look at the clock tells it, once."""
    assert await hass.config_entries.async_unload(home.entry.entry_id)
    freezer.tick(timedelta(hours=2))
    with steps(hass) as fired:
        assert await hass.config_entries.async_setup(home.entry.entry_id)
        await settled(hass)
        await wait(home, freezer, seconds=31)
    assert is_stuck(hass)
    assert fired.count("stuck") == 1
    details = await call(hass, "get_request", request_id=home.request.id)
    assert [entry["code"] for entry in rows(details, "timeline")].count("stuck") == 1


async def test_a_service_that_is_away_neither_sticks_nor_heals(
    hass: HomeAssistant, home: Household, freezer: FrozenDateTimeFactory
) -> None:
    """While Radarr does not answer nothing is known, so what was said of the film stays."""
    await wait(home, freezer, minutes=61)
    with steps(hass) as fired:
        home.services["radarr"].error = Unreachable()
        await home.hear(Service.RADARR)
        await settled(hass)
        assert "does not answer" in shown(hass).attributes["explanation"]
        assert shown(hass).attributes["stuck"] is True
        home.services["radarr"].error = None
        await home.hear(Service.RADARR, managed(), grabbed())
        await settled(hass)
        assert is_stuck(hass)
    assert fired == []


@pytest.mark.parametrize("action", ["mark_failed", "mark_available"])
async def test_giving_up_heals_nothing(
    hass: HomeAssistant, home: Household, freezer: FrozenDateTimeFactory, action: str
) -> None:
    """A person ends the wait: it is not stuck any more, but nobody says that it moves again."""
    await wait(home, freezer, minutes=61)
    with steps(hass) as fired:
        await call(hass, action, entity_id=SENSOR)
        await home.tick()
    assert not is_stuck(hass)
    assert "healed" not in fired
    details = await call(hass, "get_request", request_id=home.request.id)
    assert "healed" not in [entry["code"] for entry in rows(details, "timeline")]


# --- options -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("deadlines", "minutes", "stuck"),
    [
        ({"grabbing": 10}, 9, False),
        ({"grabbing": 10}, 11, True),
        ({"grabbing": 0}, 60 * 24 * 30, False),
        ({"importing": 1}, 59, False),  # another stage's
        ({}, 61, True),
    ],
)
async def test_a_household_sets_its_own(
    hass: HomeAssistant,
    tmp_path: Path,
    freezer: FrozenDateTimeFactory,
    deadlines: dict[str, int],
    minutes: int,
    stuck: bool,
) -> None:
    """So many minutes; 0 is never; what is not set stays as usual."""
    async with running(hass, tmp_path, options={"deadlines": deadlines}) as home:
        await grab(home)
        await wait(home, freezer, minutes=minutes)
        assert is_stuck(hass) is stuck


SHOWN = (
    "track_manual",
    "history_days",
    "nudge_after_minutes",
    "poll_active_seconds",
    "poll_idle_seconds",
)


async def test_options_are_in_force_at_once(
    hass: HomeAssistant, home: Household, freezer: FrozenDateTimeFactory
) -> None:
    """Changed in the form, they count for requests that wait already, without a restart."""
    await wait(home, freezer, minutes=20)
    assert not is_stuck(hass)
    for deadlines, stuck in (({"grabbing": 15}, True), ({"grabbing": 30}, False), ({}, False)):
        form = await hass.config_entries.options.async_init(home.entry.entry_id)
        given: dict[str, object] = {
            "manage_webhooks": False,
            **{key: DEFAULT_OPTIONS[key] for key in SHOWN},
            "deadlines": deadlines,
        }
        done = await hass.config_entries.options.async_configure(form["flow_id"], given)
        assert done["type"] is FlowResultType.CREATE_ENTRY
        assert home.entry.options["deadlines"] == deadlines
        await hass.async_block_till_done()
        await settled(hass)
        await wait(home, freezer, seconds=31)
        assert is_stuck(hass) is stuck


async def test_what_waits_for_jellyfin_is_late_after_an_hour(
    hass: HomeAssistant, home: Household, freezer: FrozenDateTimeFactory
) -> None:
    """Each stage has its own time, which begins with the stage; at the end all is well."""
    await wait(home, freezer, minutes=50)
    await home.hear(Service.RADARR, managed(), imported())
    await wait(home, freezer, minutes=59)
    assert not is_stuck(hass)
    with steps(hass) as fired:
        await wait(home, freezer, minutes=2)
        assert is_stuck(hass)
        await home.hear(Service.JELLYFIN, playable())
        assert not is_stuck(hass)
    assert fired == ["stuck", "healed", "available"]


async def test_what_is_stuck_from_the_first_word_is_told(
    hass: HomeAssistant, home: Household
) -> None:
    """Seerr's messages come in any order: the first of a request may be that it failed."""
    heat = TitleRef(media_type=MediaType.MOVIE, ids=ProviderIds(tmdb=949), title="Heat")
    with steps(hass) as fired:
        await home.hear(Service.SEERR, asked(), asked(heat, number="12", status=AskStatus.FAILED))
        await home.hear(Service.SEERR, asked(), asked(heat, number="12"))
    assert fired == ["stuck", "failed", "healed", "approved"]
