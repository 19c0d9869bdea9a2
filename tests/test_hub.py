"""What the hub promises when the journal, a sender or a service lets it down."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
import sqlite3

import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.media_status import JOURNAL_FILE
from custom_components.media_status.connections.base import Doorbell, Push
from custom_components.media_status.doorbells import Bell, heard
from custom_components.media_status.journal import JournalError
from custom_components.media_status.lifecycle.facts import Ask, AskStatus, Statement
from custom_components.media_status.lifecycle.model import Service, Stage
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .household import Household, asked, imported, managed, playable, running, says

_REFUSE = """CREATE TRIGGER refuse BEFORE INSERT ON requests BEGIN
    SELECT RAISE(ABORT, 'no room');
END"""


@pytest.fixture
async def home(hass: HomeAssistant, tmp_path: Path) -> AsyncIterator[Household]:
    """Return a household with scripted services."""
    async with running(hass, tmp_path) as found:
        yield found


async def _run(home: Household, sql: str) -> None:
    """Change the journal's database behind the integration's back."""
    path = home.hass.config.path(JOURNAL_FILE)

    def work() -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute(sql)

    await home.hass.async_add_executor_job(work)


async def _wait_a_minute(home: Household) -> None:
    async_fire_time_changed(home.hass, dt_util.utcnow() + timedelta(minutes=1))
    await home.hass.async_block_till_done(wait_background_tasks=True)


async def test_what_could_not_be_stored_is_stored_later(home: Household) -> None:
    """The disk was full for a moment: request, facts, end and timeline come in time."""
    await _run(home, _REFUSE)
    await home.hear(Service.SEERR, asked())
    await home.hear(Service.RADARR, managed())
    await home.hear(Service.RADARR, imported())
    await home.hear(Service.JELLYFIN, playable())
    request = home.request
    assert not request.is_open
    assert await home.hub.journal.request(request.id) is None
    await _run(home, "DROP TRIGGER refuse")
    await _wait_a_minute(home)
    stored = await home.hub.journal.request(request.id)
    assert stored is not None
    assert stored.ended_at == request.ended_at
    assert {fact.service for fact in stored.facts.values()} >= {Service.SEERR, Service.JELLYFIN}
    told = [found.code for found in await home.hub.journal.timeline(request.id)]
    assert told.count("opened") == told.count("already_playable") == 1


async def test_what_could_not_be_stored_is_seen_nevertheless(home: Household) -> None:
    """The sender is told that it failed; nobody would ever tell of the opening again."""
    await _run(home, _REFUSE)
    push = Push(event="test", observations=(asked(),))
    with pytest.raises(JournalError):
        await home.hub.take_push(home.hub.connections["seerr"], push)
    await home.tick()
    assert home.hass.states.get("sensor.media_status_dune") is not None


async def test_a_sender_that_hangs_up_loses_nothing(home: Household) -> None:
    """Home Assistant cancels what it does for somebody who has gone."""
    push = Push(event="test", observations=(asked(),))
    task = home.hass.async_create_task(
        home.hub.take_push(home.hub.connections["seerr"], push), eager_start=True
    )
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await home.tick()
    assert home.hass.states.get("sensor.media_status_dune") is not None
    assert await home.hub.journal.request(home.request.id) is not None


async def test_who_hangs_up_in_a_survey_loses_nothing(home: Household) -> None:
    """Somebody asked for a survey over HTTP, and did not wait for it."""
    home.services["seerr"].words = (asked(),)
    task = home.hass.async_create_task(home.hub.survey(["seerr"]), eager_start=True)
    while not home.hub.requests:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await home.tick()
    assert home.hass.states.get("sensor.media_status_dune") is not None


async def test_a_removed_connection_is_forgotten(home: Household) -> None:
    """What Radarr said last holds nothing back once it is gone."""
    await home.hear(Service.SEERR, asked())
    await home.hear(Service.RADARR, managed())
    assert "radarr" in home.request.service_ids
    home.services["radarr"].words = ()
    home.hass.config_entries.async_remove_subentry(home.entry, "radarr")
    await home.hass.async_block_till_done(wait_background_tasks=True)
    await _wait_a_minute(home)
    assert home.request.stage is Stage.APPROVED
    assert "radarr" not in home.request.service_ids


async def test_seerr_seeing_it_rings_at_the_library(home: Household) -> None:
    """Without a manager nobody else tells that something arrived."""
    await home.hear(Service.SEERR, asked())
    seen = says(
        Service.SEERR,
        None,
        Statement(value=Ask(status=AskStatus.COMPLETED, available=True)),
    )
    seen = replace(seen, request_id=home.request.id)
    changes = home.hub.tracker.observe([seen], dt_util.utcnow())
    assert Bell(doorbell=Doorbell.LIBRARY) in heard(changes)


async def test_a_survey_at_the_door_ends_with_the_entry(
    home: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow service holds no task beyond the unload."""
    asking = asyncio.Event()

    async def never(_context: object) -> None:
        asking.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(home.services["radarr"], "survey", never)
    home.hub.connections["radarr"].ring(0)
    async_fire_time_changed(home.hass, dt_util.utcnow() + timedelta(seconds=1))
    await asking.wait()
    await home.hass.config_entries.async_unload(home.entry.entry_id)
    assert not [task for task in asyncio.all_tasks() if "never" in repr(task.get_stack())]


async def test_what_a_new_seerr_finished_long_ago_is_history(home: Household) -> None:
    """Added in the third month, its requests of the first two do not become available again."""
    hub = home.hub
    hub.tracking_since = long_ago = dt_util.utcnow() - timedelta(days=90)
    seerr = hub.connections["seerr"]
    assert not seerr.cursor
    asked_first = (await hub.what_to_ask(seerr)).tracking_since
    assert asked_first is not None
    assert asked_first > dt_util.utcnow() - timedelta(hours=1)
    seerr.cursor = {"last_id": 12}
    assert (await hub.what_to_ask(seerr)).tracking_since == long_ago


async def test_a_full_disk_is_told_once(home: Household, caplog: pytest.LogCaptureFixture) -> None:
    """Surveys go on every few seconds; the log does not fill the rest of the disk."""
    await _run(home, _REFUSE)
    await home.hear(Service.SEERR, asked())
    await home.hear(Service.RADARR, managed())
    await home.hear(Service.RADARR, imported())
    assert caplog.text.count("could not be stored yet") == 1
