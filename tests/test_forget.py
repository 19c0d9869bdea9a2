"""Test how a person ends the wait for a request, or has it forgotten, and that it stays so."""

from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
import sqlite3

import pytest
from pytest_homeassistant_custom_component.common import MockUser, async_fire_time_changed
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.media_status import JOURNAL_FILE
from custom_components.media_status.lifecycle.facts import (
    AskStatus,
    MatchPhase,
    Observation,
    Opening,
    Origin,
)
from custom_components.media_status.lifecycle.model import MOVIE, ItemKey, Service, Stage
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.util import dt as dt_util

from .household import (
    DUNE,
    SEVERANCE,
    WITH_SHOKO,
    Household,
    anime,
    asked,
    grabbed,
    imported,
    managed,
    playable,
    recognized,
    running,
    settled,
)
from .test_services import SENSOR, call, rows


@pytest.fixture
async def home(hass: HomeAssistant, tmp_path: Path) -> AsyncIterator[Household]:
    """Return a household with scripted services."""
    async with running(hass, tmp_path) as found:
        yield found


async def restart(home: Household) -> None:
    """Let the integration begin again with what the journal holds."""
    assert await home.hass.config_entries.async_reload(home.entry.entry_id)
    await settled(home.hass)


def added_by_hand(number: str = "7", *, days: int = 0) -> Observation:
    """Return that Radarr chose a release for a film that nobody asked for, some days from now."""
    return replace(
        grabbed(number=number),
        opening=Opening(
            origin=Origin.RADARR,
            created_at=dt_util.utcnow() + timedelta(days=days),
            items=frozenset({MOVIE}),
        ),
    )


# --- ending the wait as failed -----------------------------------------------------------------


async def test_mark_failed_ends_the_wait(
    hass: HomeAssistant, home: Household, hass_admin_user: MockUser
) -> None:
    """The request is history, the reason stays with it, and its sensor stays for a while."""
    await home.hear(Service.SEERR, asked())
    request_id = home.request.id
    answer = await call(
        hass, "mark_failed", user_id=hass_admin_user.id, entity_id=SENSOR, reason="out of print"
    )
    changed = answer["request"]
    assert isinstance(changed, dict)
    assert (changed["stage"], changed["is_open"]) == ("failed", False)
    shown = hass.states.get(SENSOR)
    assert shown is not None
    assert shown.state == "failed"
    assert shown.attributes["explanation"] == "Somebody marked it as failed."
    details = await call(hass, "get_request", request_id=request_id)
    told = [entry["sentence"] for entry in rows(details, "timeline")]
    assert "Somebody marked it as failed: out of print" in told


async def test_what_failed_stays_so(home: Household) -> None:
    """Seerr goes on to list it as approved; neither that nor a restart asks for it anew."""
    await home.hear(Service.SEERR, asked())
    await call(home.hass, "mark_failed", entity_id=SENSOR)
    await home.hear(Service.SEERR, asked())
    await restart(home)
    await home.hear(Service.SEERR, asked())
    assert [request.stage for request in home.hub.requests.values()] == [Stage.FAILED]
    await home.hear(Service.SEERR, asked(), asked(number="12"))
    assert sorted(request.stage for request in home.hub.requests.values()) == ["approved", "failed"]


async def test_what_can_be_watched_is_not_called_failed(
    hass: HomeAssistant, home: Household
) -> None:
    """Of a series only what is not there has failed."""
    first, second = ItemKey(1, 1), ItemKey(1, 2)
    await home.hear(Service.SEERR, asked(SEVERANCE, seasons=frozenset({1})))
    await home.hear(Service.SONARR, managed(SEVERANCE, first, second), imported(SEVERANCE, first))
    await home.hear(Service.JELLYFIN, playable(SEVERANCE, first))
    request = home.request
    await call(hass, "mark_failed", request_id=request.id)
    assert request.status.items == {first: Stage.AVAILABLE, second: Stage.FAILED}
    assert request.stage is Stage.PARTIALLY_AVAILABLE
    await restart(home)
    await home.hear(Service.SEERR, asked(SEVERANCE, seasons=frozenset({1})))
    assert [found.id for found in home.hub.requests.values()] == [request.id]


# --- forgetting --------------------------------------------------------------------------------


@pytest.mark.parametrize("is_over", [False, True])
async def test_forgetting_leaves_nothing_behind(
    hass: HomeAssistant, home: Household, is_over: bool
) -> None:
    """Sensor, history and timeline go, of an open request and of an ended one."""
    await home.hear(Service.SEERR, asked())
    await home.hear(Service.RADARR, managed(), grabbed(), imported())
    if is_over:
        await home.hear(Service.JELLYFIN, playable())
    request_id = home.request.id
    answer = await call(hass, "forget", entity_id=SENSOR)
    await home.tick()
    assert answer == {"forgotten": {"request_id": request_id, "title": "Dune"}}
    assert er.async_get(hass).async_get(SENSOR) is None
    assert hass.states.get(SENSOR) is None
    assert not home.hub.requests
    counts = await home.hub.journal.counts()
    assert {counts[table] for table in ("requests", "items", "facts", "timeline")} == {0}
    for name in ("active_requests", "stuck"):
        figure = hass.states.get(f"sensor.media_status_{name}")
        assert figure is not None
        assert figure.state == "0"
    with pytest.raises(ServiceValidationError) as raised:
        await call(hass, "get_request", request_id=request_id)
    assert raised.value.translation_key == "request_not_found"


@pytest.mark.parametrize("is_over", [False, True])
async def test_what_is_forgotten_stays_forgotten(home: Household, is_over: bool) -> None:
    """Seerr and Radarr go on to speak of it, also after a restart; nothing is opened anew."""
    await home.hear(Service.SEERR, asked())
    await home.hear(Service.RADARR, managed(), grabbed())
    if is_over:
        await home.hear(Service.RADARR, imported())
        await home.hear(Service.JELLYFIN, playable())
    await call(home.hass, "forget", entity_id=SENSOR)
    for _ in range(2):
        await home.hear(Service.SEERR, asked(), asked(status=AskStatus.PENDING))
        await home.hear(Service.RADARR, managed(), added_by_hand(days=-1), imported())
        await home.hear(Service.JELLYFIN, playable())
        assert not home.hub.requests
        assert (await home.hub.journal.requests()).total == 0
        await restart(home)


async def test_asked_for_again_is_another_request(home: Household) -> None:
    """A new request in Seerr is a new wish, whatever was forgotten before."""
    await home.hear(Service.SEERR, asked())
    await call(home.hass, "forget", entity_id=SENSOR)
    await home.hear(Service.SEERR, asked(), asked(number="12"))
    assert home.request.service_ids["seerr"] == "12"


@pytest.mark.parametrize(
    ("is_over", "number", "is_followed"),
    [
        (False, "7", False),  # what was on its way comes at last
        (False, "8", True),  # removed in Radarr and added again: another wish
        (True, "7", True),  # it was there, and is fetched again much later
    ],
)
async def test_a_later_grab_of_what_was_forgotten(
    home: Household, is_over: bool, number: str, is_followed: bool
) -> None:
    """What nobody wants to see stays out, until somebody adds it anew."""
    await home.hear(Service.SEERR, asked())
    await home.hear(Service.RADARR, managed(), imported())
    if is_over:
        await home.hear(Service.JELLYFIN, playable())
    await call(home.hass, "forget", entity_id=SENSOR)
    await restart(home)
    await home.hear(Service.RADARR, added_by_hand(number, days=1))
    assert bool(home.hub.requests) is is_followed


async def test_a_report_about_it_goes_too(
    hass: HomeAssistant, tmp_path: Path, issue_registry: ir.IssueRegistry
) -> None:
    """Nobody is asked to mend what is forgotten."""
    async with running(hass, tmp_path, WITH_SHOKO) as home:
        await home.hear(Service.SEERR, asked())
        await home.hear(Service.RADARR, managed(), anime(), imported())
        await home.hear(Service.SHOKO, recognized(home.request, MatchPhase.UNMATCHED))
        issue = ("media_status", f"shoko_unmatched_{home.request.id}")
        assert issue in issue_registry.issues
        await call(hass, "forget", entity_id=SENSOR)
        assert issue not in issue_registry.issues


async def test_what_is_complete_stays_counted(hass: HomeAssistant, home: Household) -> None:
    """A figure that only grows must not shrink, or its statistics take it for a new beginning."""
    await home.hear(Service.SEERR, asked())
    await home.hear(Service.RADARR, managed(), imported())
    await home.hear(Service.JELLYFIN, playable())
    await call(hass, "forget", entity_id=SENSOR)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=31))
    await hass.async_block_till_done(wait_background_tasks=True)
    figure = hass.states.get("sensor.media_status_requests_completed")
    assert figure is not None
    assert figure.state == "1"


async def test_subscribers_see_it_go(
    hass: HomeAssistant, home: Household, hass_ws_client: WebSocketGenerator
) -> None:
    """Whoever looks at a card is told."""
    await home.hear(Service.SEERR, asked())
    request_id = home.request.id
    client = await hass_ws_client(hass)
    await client.send_json_auto_id({"type": "media_status/subscribe"})
    assert (await client.receive_json())["success"]
    await client.receive_json()
    await call(hass, "forget", request_id=request_id)
    assert (await client.receive_json())["event"]["removed"] == [request_id]


async def test_what_only_the_history_knows_can_be_forgotten(
    hass: HomeAssistant, tmp_path: Path
) -> None:
    """A request that ended long ago has no sensor any more."""
    async with running(hass, tmp_path, options={"history_days": 0}) as home:
        await home.hear(Service.SEERR, asked())
        await home.hear(Service.RADARR, managed(), imported())
        await home.hear(Service.JELLYFIN, playable())
        (page,) = (await home.hub.journal.requests()).items
        await restart(home)
        assert not home.hub.requests
        await call(hass, "forget", request_id=page.id)
        assert (await home.hub.journal.requests()).total == 0


async def test_it_is_forgotten_as_soon_as_the_disk_allows(home: Household) -> None:
    """The caller learns that the history is still there; it goes when it can."""
    await home.hear(Service.SEERR, asked())
    request_id = home.request.id

    def run(sql: str) -> None:
        path = home.hass.config.path(JOURNAL_FILE)
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute(sql)

    refuse = "CREATE TRIGGER refuse BEFORE DELETE ON requests BEGIN SELECT RAISE(ABORT, 'no'); END"
    await home.hass.async_add_executor_job(run, refuse)
    with pytest.raises(HomeAssistantError) as raised:
        await call(home.hass, "forget", request_id=request_id)
    assert raised.value.translation_key == "history_unavailable"
    assert not home.hub.requests
    assert await home.hub.journal.request(request_id) is not None
    await home.hass.async_add_executor_job(run, "DROP TRIGGER refuse")
    async_fire_time_changed(home.hass, dt_util.utcnow() + timedelta(minutes=1))
    await home.hass.async_block_till_done(wait_background_tasks=True)
    assert await home.hub.journal.request(request_id) is None


@pytest.mark.parametrize("action", ["mark_failed", "forget"])
async def test_only_administrators_may(
    hass: HomeAssistant, home: Household, hass_read_only_user: MockUser, action: str
) -> None:
    """Others are refused, and nothing changes."""
    await home.hear(Service.SEERR, asked())
    with pytest.raises(Unauthorized):
        await call(hass, action, user_id=hass_read_only_user.id, entity_id=SENSOR)
    assert home.request.stage is Stage.APPROVED
    assert DUNE.title == home.request.title
