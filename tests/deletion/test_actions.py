"""Test deletion as people and automations meet it: actions, events, websocket, repairs."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import (
    MockUser,
    async_capture_events,
    async_fire_time_changed,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.media_status.const import DOMAIN
from custom_components.media_status.lifecycle.deletion_job import next_due
from custom_components.media_status.lifecycle.model import Stage
from homeassistant.components.repairs import repairs_flow_manager
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError, Unauthorized
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from simulator.arr_state import MovieEntry, SeriesEntry
from simulator.holdings import Held, hold_film, hold_series, settled
from tests.deletion.test_journal_failures import change
from tests.healing import HEARD, living, look
from tests.twin import TwinHousehold

ON = {"deletion_mode": "on", "deletion_automations": True}


@asynccontextmanager
async def home_with_film(
    hass: HomeAssistant,
    path: Path,
    make_client: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
    options: Mapping[str, object] | None = None,
) -> AsyncIterator[tuple[TwinHousehold, Held[MovieEntry]]]:
    """Live in a household that has a film which somebody added by hand, and another one."""
    async with living(hass, path, make_client, monkeypatch, HEARD, options=options) as home:
        world = home.sim.world
        hold_film(home.sim, world.add_title_movie(title="Arrival", year=2016, tmdb=329865))
        dune = world.add_title_movie(title="Dune", year=2021, tmdb=438631)
        held = hold_film(home.sim, dune, extras=1)
        held.torrents[0].private = False
        await settled(home.sim)
        await look(home)
        assert home.stage(dune) is Stage.AVAILABLE
        yield home, held


async def act(
    hass: HomeAssistant, name: str, context: Context | None = None, **data: object
) -> dict[str, Any]:
    """Call an action and return its answer."""
    answer = await hass.services.async_call(
        DOMAIN, name, data, blocking=True, context=context, return_response=True
    )
    assert answer is not None
    return dict(answer)


async def finish(home: TwinHousehold, until: Callable[[], object] = lambda: None) -> None:
    """Let every deletion come to its end, or until something is so, whatever time that takes."""
    for _ in range(200):
        await home.settle()
        # Its calls must be over: a clock that jumps would be their time limit.
        running = [task for task in asyncio.all_tasks() if task.get_name() == "deletions"]
        await asyncio.gather(*running)
        if until():
            return
        times = [at for job in home.hub.deletions.jobs if (at := next_due(job)) is not None]
        if not times:
            return
        wait = (min(times) - home.sim.clock.now()).total_seconds()
        await home.sim.advance(max(wait, 1))
        async_fire_time_changed(home.hass, dt_util.utcnow())
    raise AssertionError("the deletion never ends")


@pytest.fixture
async def admin(hass: HomeAssistant, hass_admin_user: MockUser) -> Context:
    """Return the context of an administrator."""
    return Context(user_id=hass_admin_user.id)


async def test_what_is_shown_is_what_goes(
    hass: HomeAssistant,
    tmp_path: Path,
    hass_client_no_auth: ClientSessionGenerator,
    hass_ws_client: WebSocketGenerator,
    monkeypatch: pytest.MonkeyPatch,
    admin: Context,
) -> None:
    """A plan names every call; carrying it out makes these and no others, and proves the end."""
    async with home_with_film(hass, tmp_path, hass_client_no_auth, monkeypatch, ON) as (home, held):
        request = home.request_for(held.entry.title)
        others = len(home.sim.radarr.entries) - 1
        told = async_capture_events(hass, "state_changed")
        plan = await act(hass, "preview_deletion", admin, request_id=request.id)
        assert plan["blockers"] == []
        assert plan["can_run"] is True
        calls = {step["call"] for step in plan["steps"] if step["status"] == "pending"}
        assert any("DELETE" in call and f"/movie/{held.entry.id}" in call for call in calls)
        assert any("torrents/delete" in call for call in calls)
        assert not home.sim.removing
        answer = await act(hass, "delete_request", admin, plan_id=plan["plan_id"])
        await finish(home)
        job = answer["job"]
        assert job["user"] == "Mock User"
        assert home.request_for(held.entry.title).stage is Stage.DELETED
        volume = home.sim.world.volume
        assert volume.stat(held.files[0].path) is None
        assert held.torrents[0].id not in home.sim.qbittorrent.torrents
        assert home.sim.radarr.find(held.entry.title) is None
        assert len(home.sim.radarr.entries) == others
        client = await hass_ws_client(hass)
        await client.send_json_auto_id({"type": "media_status/deletions"})
        page = (await client.receive_json())["result"]
        (shown,) = page["jobs"]
        assert shown["status"] == "complete"
        assert {step["status"] for step in shown["steps"]} <= {
            "verified",
            "not_needed",
            "not_applicable",
            "skipped",
        }
        assert shown["removed_size"] > 0
        await client.send_json_auto_id({"type": "media_status/deletions", "log": True})
        page = (await client.receive_json())["result"]
        log = page["log"]
        assert [log[0]["code"], log[-1]["code"]] == ["ended", "started"]
        assert page["changed_at"] is None
        await change(
            home.hub.journal.path,
            "DROP TRIGGER deletion_log_keeps_its_words",
            "UPDATE deletion_log SET items = items + 1 WHERE code = 'ended'",
        )
        await client.send_json_auto_id({"type": "media_status/deletions", "log": True})
        assert (await client.receive_json())["result"]["changed_at"] == log[0]["id"]
        types = [
            event.data["new_state"].attributes.get("event_type")
            for event in told
            if event.data["entity_id"].startswith("event.")
        ]
        assert [one for one in types if one] == ["deletion_started", "deleted"]


async def test_nothing_goes_unless_it_is_switched_on(
    hass: HomeAssistant,
    tmp_path: Path,
    hass_client_no_auth: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
    admin: Context,
) -> None:
    """From the start every deletion is a rehearsal, which changes nothing anywhere."""
    async with home_with_film(hass, tmp_path, hass_client_no_auth, monkeypatch) as (home, held):
        request = home.request_for(held.entry.title)
        writes = len(home.sim.writes)
        answer = await act(hass, "delete_request", admin, request_id=request.id, confirm=True)
        assert answer["job"]["dry_run"] is True
        await finish(home)
        assert home.sim.writes[writes:] == []
        assert home.request_for(held.entry.title).stage is Stage.AVAILABLE


async def test_who_may_delete(
    hass: HomeAssistant,
    tmp_path: Path,
    hass_client_no_auth: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
    hass_read_only_user: MockUser,
    admin: Context,
) -> None:
    """Guests may not even look; automations only where the household wants it; and be sure."""
    options = {"deletion_mode": "on"}
    async with home_with_film(hass, tmp_path, hass_client_no_auth, monkeypatch, options) as found:
        home, held = found
        request = home.request_for(held.entry.title)
        guest = Context(user_id=hass_read_only_user.id)
        for name in ("preview_deletion", "delete_request", "cancel_deletion"):
            with pytest.raises(Unauthorized):
                await act(hass, name, guest, request_id=request.id)
        with pytest.raises(ServiceValidationError) as refused:
            await act(hass, "delete_request", request_id=request.id, confirm=True)
        assert refused.value.translation_key == "deletion_automations_not_allowed"
        with pytest.raises(ServiceValidationError) as unsure:
            await act(hass, "delete_request", admin, request_id=request.id)
        assert unsure.value.translation_key == "deletion_unconfirmed"
        assert not home.sim.removing


async def test_a_deletion_can_be_called_off(
    hass: HomeAssistant,
    tmp_path: Path,
    hass_client_no_auth: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
    admin: Context,
) -> None:
    """Within the time of grace the sensor tells it, and nothing has happened yet."""
    options = {**ON, "grace_minutes": 10}
    async with home_with_film(hass, tmp_path, hass_client_no_auth, monkeypatch, options) as found:
        home, held = found
        request = home.request_for(held.entry.title)
        await act(hass, "delete_request", admin, request_id=request.id, confirm=True)
        await home.settle()
        sensor = hass.states.get("sensor.media_status_dune")
        assert sensor is not None
        due = dt_util.parse_datetime(sensor.attributes["deletion_at"])
        assert due is not None
        assert timedelta(minutes=9) < due - dt_util.utcnow() <= timedelta(minutes=10)
        await act(hass, "cancel_deletion", admin, request_id=request.id)
        await home.settle()
        sensor = hass.states.get("sensor.media_status_dune")
        assert sensor is not None
        assert "deletion_at" not in sensor.attributes
        await finish(home)
        assert not home.sim.removing


async def repaired(hass: HomeAssistant, issue_id: str) -> str | None:
    """Confirm a report; return why its flow ended."""
    await async_setup_component(hass, "repairs", {})
    manager = repairs_flow_manager(hass)
    assert manager is not None
    form = await manager.async_init(DOMAIN, data={"issue_id": issue_id})
    return (await manager.async_configure(form["flow_id"], {})).get("reason")


@pytest.mark.parametrize("by_repair", [True, False])
async def test_files_that_stay_are_reported_until_they_are_gone(
    hass: HomeAssistant,
    tmp_path: Path,
    hass_client_no_auth: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
    admin: Context,
    by_repair: bool,
) -> None:
    """Radarr says it is done and the file is there: that is a failure, and can be tried again."""
    async with home_with_film(hass, tmp_path, hass_client_no_auth, monkeypatch, ON) as (home, held):
        home.sim.radarr.disposal.stuck = True
        request = home.request_for(held.entry.title)
        answer = await act(hass, "delete_request", admin, request_id=request.id, confirm=True)
        job_id = answer["job"]["job_id"]
        issue_id = f"deletion_failed_{job_id}"
        began = dt_util.utcnow()
        issues = ir.async_get(hass)
        await finish(home, until=lambda: issues.async_get_issue(DOMAIN, issue_id))
        assert dt_util.utcnow() - began < timedelta(minutes=20)  # and not at the end of the day
        (job,) = home.hub.deletions.jobs
        tried = [job.states[step.id].attempts for step in job.plan.pending]
        gaps = async_capture_events(hass, ir.EVENT_REPAIRS_ISSUE_REGISTRY_UPDATED)
        await finish(home)
        assert max(tried) == 1
        assert not [event for event in gaps if event.data["action"] == "remove"]
        issue = issues.async_get_issue(DOMAIN, issue_id)
        assert issue is not None
        assert issue.translation_placeholders is not None
        assert "the files are still there" in issue.translation_placeholders["steps"]
        assert home.request_for(held.entry.title).stage is not Stage.DELETED
        for path in (held.files[0].path, *held.files[0].extras):
            home.sim.world.remove_file(path)  # what a person does
        await hass.config_entries.async_unload(home.entry.entry_id)
        assert await repaired(hass, issue_id) == "unavailable"
        await hass.config_entries.async_setup(home.entry.entry_id)
        if by_repair:
            assert await repaired(hass, issue_id) == "tried"
        else:
            again = await act(hass, "delete_request", admin, retry=job_id)
            assert again["job"]["status"] == "running"
        assert issues.async_get_issue(DOMAIN, issue_id) is not None
        await finish(home)
        assert ir.async_get(hass).async_get_issue(DOMAIN, issue_id) is None
        assert home.request_for(held.entry.title).stage is Stage.DELETED


async def test_only_the_chosen_season_goes(
    hass: HomeAssistant,
    tmp_path: Path,
    hass_client_no_auth: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
    admin: Context,
) -> None:
    """Of a series one season goes with its torrent; what it does not have is refused."""
    async with living(hass, tmp_path, hass_client_no_auth, monkeypatch, HEARD, options=ON) as home:
        title = home.sim.world.add_title_series(
            title="Severance", year=2022, tmdb=95396, tvdb=371980, seasons={1: 2, 2: 2}
        )
        held: Held[SeriesEntry] = hold_series(home.sim, title)
        for torrent in held.torrents:
            torrent.private = False
        await settled(home.sim)
        await look(home)
        request = home.request_for(title)
        with pytest.raises(ServiceValidationError):
            await act(hass, "preview_deletion", admin, request_id=request.id, seasons=[7])
        await act(hass, "delete_request", admin, request_id=request.id, seasons=[1], confirm=True)
        await finish(home)
        left = {item.info.season for item in held.entry.episodes if item.file is not None}
        assert left == {2}
        assert held.torrents[0].id not in home.sim.qbittorrent.torrents
        assert held.torrents[1].id in home.sim.qbittorrent.torrents
