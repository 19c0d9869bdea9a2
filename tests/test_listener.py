"""Test that what Shoko tells by its hub arrives in order, is stored, and never floods us."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.media_status.clients.errors import Unreachable
from custom_components.media_status.clients.signalr import Connected, Disconnected, Invocation
from custom_components.media_status.connections.base import Push
from custom_components.media_status.coordinator import ConnectionCoordinator
from custom_components.media_status.hub import Hub
from custom_components.media_status.journal import Batch, Journal, JournalError
from custom_components.media_status.lifecycle.facts import Match, MatchPhase
from custom_components.media_status.lifecycle.model import JsonObject, Service, Stage, Via
from custom_components.media_status.listener import MOST_WAITING
from custom_components.media_status.serialize import connection_json
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .household import (
    FILM_PATH,
    WITH_SHOKO,
    Household,
    anime,
    asked,
    imported,
    managed,
    recognized,
    running,
    settled,
)


@pytest.fixture
async def home(hass: HomeAssistant, tmp_path: Path) -> AsyncIterator[Household]:
    """Return a household whose anime film waits for Shoko."""
    async with running(hass, tmp_path, WITH_SHOKO) as found:
        await found.hear(Service.SEERR, asked())
        await found.hear(Service.RADARR, managed(), anime(), imported())
        yield found


def message(number: int) -> Invocation:
    """Return a message that is like no other."""
    return Invocation("file:matched", (number,))


def heard_by(home: Household) -> list[int]:
    """Return the numbers of the messages that were understood, in order."""
    return [
        argument
        for payload in home.shoko.heard
        if isinstance(arguments := payload["arguments"], list)
        for argument in arguments
        if isinstance(argument, int)
    ]


async def until(condition: Callable[[], object]) -> None:
    """Let others run until it is so."""
    while not condition():
        await asyncio.sleep(0)


async def until_quiet(home: Household, count: int) -> None:
    """Wait until so many messages were understood, and what they led to is done."""
    await until(lambda: len(home.shoko.heard) >= count)
    await home.hass.async_block_till_done()


async def test_a_match_is_told_at_once(home: Household) -> None:
    """It is stored like any push, and the next message may say more."""
    match = Match(phase=MatchPhase.MATCHED, path=FILM_PATH, file_id="1")
    said = replace(recognized(home.request, match), via=Via.PUSH)
    home.shoko.meaning = lambda payload: Push(event="file:matched", observations=(said,))
    home.shoko.tell(message(1))
    await until_quiet(home, 1)
    await until(lambda: home.request.stage is Stage.SYNCING_LIBRARY)
    coordinator = home.hub.connections[Service.SHOKO]
    await until(lambda: coordinator.data.last_event == "file:matched")
    stored = await home.hub.journal.request(home.request.id)
    assert stored is not None
    assert stored.stage is Stage.SYNCING_LIBRARY


async def test_messages_keep_their_order_and_share_writes(
    home: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pack of episodes is one write to the disk, not twenty-six."""
    writes: list[Batch] = []
    write = Journal.write

    async def counted(journal: Journal, batch: Batch) -> None:
        writes.append(batch)
        await write(journal, batch)

    monkeypatch.setattr(Journal, "write", counted)

    def meaning(payload: JsonObject) -> Push:
        name = f"{payload['arguments']}"
        match = Match(phase=MatchPhase.WAITING, path=FILM_PATH, name=name)
        return Push(event=name, observations=(recognized(home.request, match),))

    home.shoko.meaning = meaning
    home.shoko.tell(*(message(number) for number in range(26)))
    await until_quiet(home, 26)
    await until(lambda: home.hub.connections[Service.SHOKO].data.last_event)
    assert heard_by(home) == list(range(26))
    assert len(writes) == 1
    last = home.hub.connections[Service.SHOKO].data.last_event
    assert last == "[25]"


async def test_a_flood_is_left_to_the_survey(
    hass: HomeAssistant, home: Household, caplog: pytest.LogCaptureFixture
) -> None:
    """What does not fit is dropped, said once, and everything is looked at again."""
    surveys = len(home.shoko.asked)
    home.shoko.tell(*(message(number) for number in range(MOST_WAITING + 500)))
    await until_quiet(home, MOST_WAITING)
    await until(lambda: home.shoko.reconnections)
    assert heard_by(home) == list(range(MOST_WAITING))
    assert caplog.text.count("says more than can be taken in") == 1
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=5))
    await settled(hass)
    assert len(home.shoko.asked) > surveys


async def test_after_a_break_everything_is_looked_at_again(
    hass: HomeAssistant, home: Household
) -> None:
    """Nobody repeats what was told meanwhile; people see whether Shoko is listened to."""
    coordinator = home.hub.connections[Service.SHOKO]
    assert connection_json(coordinator, is_admin=False)["listening"] is None
    home.shoko.tell(Disconnected(reason=Unreachable("gone")))
    assert connection_json(coordinator, is_admin=False)["listening"] is False
    surveys = len(home.shoko.asked)
    home.shoko.tell(Connected(first=False))
    assert home.shoko.reconnections == 1
    assert connection_json(coordinator, is_admin=False)["listening"] is True
    assert coordinator.data.listening_since is not None
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=5))
    await settled(hass)
    assert len(home.shoko.asked) > surveys


async def test_a_message_that_is_not_understood_hides_no_other(home: Household) -> None:
    """A bug of ours ends nothing."""

    def meaning(payload: JsonObject) -> Push:
        if payload["arguments"] == [2]:
            raise ValueError("a bug")
        return Push(event="test")

    home.shoko.meaning = meaning
    home.shoko.tell(message(1), message(2), message(3))
    await until_quiet(home, 3)
    home.shoko.tell(message(4))
    await until_quiet(home, 4)
    assert heard_by(home) == [1, 2, 3, 4]


async def test_what_cannot_be_taken_in_is_asked_for(
    hass: HomeAssistant, home: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another bug of ours, behind the understanding, ends nothing either."""

    async def fail(hub: Hub, coordinator: ConnectionCoordinator, push: Push) -> None:
        raise ValueError("a bug")

    surveys = len(home.shoko.asked)
    with monkeypatch.context() as patched:
        patched.setattr(Hub, "take_push", fail)
        home.shoko.tell(message(1))
        await until_quiet(home, 1)
    home.shoko.tell(message(2))
    await until(lambda: home.hub.connections[Service.SHOKO].data.last_event)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=5))
    await settled(hass)
    assert len(home.shoko.asked) > surveys


async def test_what_is_told_after_the_end_is_left_alone(home: Household) -> None:
    """Home Assistant stops: the journal is closed before the connections are."""
    await home.hub.close()
    home.shoko.tell(message(1))
    await until_quiet(home, 1)
    assert home.hub.connections[Service.SHOKO].data.last_event is None


async def test_a_refusing_journal_loses_nothing(
    home: Household, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What was told is known at once, said to be unstored once, and stored later."""
    write = Journal.write

    async def refuse(journal: Journal, batch: Batch) -> None:
        raise JournalError("the disk is full")

    monkeypatch.setattr(Journal, "write", refuse)
    phases = (MatchPhase.HASHING, MatchPhase.MATCHED)

    def meaning(payload: JsonObject) -> Push:
        said = recognized(home.request, phases[len(home.shoko.heard) - 1])
        return Push(event="test", observations=(said,))

    home.shoko.meaning = meaning
    for number in (1, 2):
        home.shoko.tell(message(number))
        await until_quiet(home, number)
    await until(lambda: home.request.stage is Stage.SYNCING_LIBRARY)
    monkeypatch.setattr(Journal, "write", write)
    async_fire_time_changed(home.hass, dt_util.utcnow() + timedelta(minutes=1))
    await settled(home.hass)
    stored = await home.hub.journal.request(home.request.id)
    assert stored is not None
    assert stored.stage is Stage.SYNCING_LIBRARY
    assert caplog.text.count("says could not be stored yet") == 1


async def test_twenty_reloads_leave_one_listener(hass: HomeAssistant, tmp_path: Path) -> None:
    """Every unload ends both tasks; nobody listens after the last."""
    async with running(hass, tmp_path, WITH_SHOKO) as home:
        before = _tasks()
        for _ in range(20):
            assert await hass.config_entries.async_reload(home.entry.entry_id)
            await hass.async_block_till_done()
        assert _tasks() == before
        assert home.shoko.is_listened_to()
    assert not home.shoko.is_listened_to()
    assert _tasks() == []


def _tasks() -> list[str]:
    """Return the names of the listener's tasks."""
    return sorted(
        task.get_name() for task in asyncio.all_tasks() if task.get_name().endswith("of Shoko")
    )
