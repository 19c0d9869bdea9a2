"""The SignalR client: what it tells and logs, fairness, leaving nothing behind."""

import asyncio
from collections.abc import AsyncIterator
import json
import logging
from pathlib import Path

import aiohttp
import pytest

from custom_components.media_status.clients.errors import AuthError, Unreachable
from custom_components.media_status.clients.signalr import Connected, HubEvent, Invocation
from custom_components.media_status.clients.signalr_opening import Limits
from simulator.signalr_hub import RECORD_END, invocation

from .fake import CANARY, FIXTURES, sample
from .signalr_listener import GREETED, make, running, serving
from .signalr_rig import Rig

_RECORDED = sorted(path.name for path in (FIXTURES / "shoko/v5").glob("*.json"))
_FDS = Path("/proc/self/fd")


@pytest.fixture
async def rig(socket_enabled: None) -> AsyncIterator[Rig]:
    """Run a hub."""
    async with serving() as rig:
        yield rig


async def test_tells_connecting_events_and_ends(session: aiohttp.ClientSession, rig: Rig) -> None:
    """The first connection is told as such, its end with a reason, the next as another."""
    client = make(session, rig.url)
    async with running(client) as listener:
        assert await listener.next() == Connected(first=True)
        assert await listener.next() == GREETED
        assert client.connected
        assert rig.client.feeds == {"shoko", "file"}
        rig.hub.kick()
        assert str(await listener.reason()) == "the connection was cut"
        assert await listener.next() == Connected(first=False)
    assert not client.connected


async def test_recorded_events_arrive_as_they_are(session: aiohttp.ClientSession, rig: Rig) -> None:
    """What a real Shoko sent arrives unchanged."""
    records = [sample(f"shoko/v5/{name}") for name in _RECORDED]
    events = [record for record in records if isinstance(record, dict) and record.get("type") == 1]
    assert events
    async with running(make(session, rig.url)) as listener:
        await listener.next()
        await listener.next()
        await rig.hub.send_frame(
            b"".join(json.dumps(event).encode() + RECORD_END for event in events)
        )
        for event in events:
            told = await listener.next()
            assert isinstance(told, Invocation)
            assert {"target": told.target, "arguments": list(told.arguments)} == {
                key: event[key] for key in ("target", "arguments")
            }


async def test_a_failing_handler_costs_one_line_without_payload(
    session: aiohttp.ClientSession, rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    """The event is lost, the connection is not."""
    heard: asyncio.Queue[HubEvent] = asyncio.Queue()

    def on_event(event: HubEvent) -> None:
        if isinstance(event, Invocation) and event.target == "Secret":
            raise KeyError(event.arguments[0])
        heard.put_nowait(event)

    client = make(session, rig.url)
    task = asyncio.create_task(client.run(on_event))
    assert await heard.get() == Connected(first=True)
    assert await heard.get() == GREETED
    await rig.hub.send("Secret", CANARY)
    await rig.hub.send("Next")
    assert await heard.get() == Invocation("Next", ())
    task.cancel()
    await asyncio.wait((task,))
    (line,) = [it.getMessage() for it in caplog.records if it.levelno >= logging.ERROR]
    assert "Secret" in line and "KeyError" in line and "on_event" in line
    assert CANARY not in caplog.text


async def test_neither_key_nor_payload_is_logged(
    session: aiohttp.ClientSession, rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    """At any level, whatever happens."""
    caplog.set_level(logging.DEBUG)
    rig.refuse(401, 1)
    async with running(make(session, rig.url, negotiate=True)) as listener:
        assert isinstance(await listener.reason(), AuthError)
        await listener.next()
        await listener.next()
        await rig.hub.send_frame(b'{"payload secret"' + RECORD_END)
        await rig.hub.send("Told", "payload secret")
        await listener.next()
        await rig.client.close("the payload secret is at http://user:pw@host/x?apikey=pw")
        await listener.reason()
        await listener.next()
    ours = [it for it in caplog.records if it.name.startswith("custom_components")]
    assert any("Lost" in it.getMessage() for it in ours)
    assert CANARY not in caplog.text
    assert "user:pw" not in caplog.text and "apikey=pw" not in caplog.text
    assert not any('{"payload' in it.getMessage() for it in ours)


async def test_others_get_their_turn_during_a_burst(
    session: aiohttp.ClientSession, rig: Rig
) -> None:
    """A frame of many records does not keep the event loop to itself."""
    turns: list[int] = []
    done = asyncio.Event()

    def on_event(event: HubEvent) -> None:
        if isinstance(event, Invocation) and event.target == "Many":
            turns.append(others)
            if len(turns) == 100:
                done.set()

    others = 0

    async def other() -> None:
        nonlocal others
        while True:
            others += 1
            await asyncio.sleep(0)

    # A turn of no length: after each record somebody else may go on.
    client = make(session, rig.url, limits=Limits(turn=0))
    tasks = [asyncio.create_task(client.run(on_event)), asyncio.create_task(other())]
    async with asyncio.timeout(20):
        while not rig.hub.clients:
            await asyncio.sleep(0)
        await rig.hub.send_frame(invocation("Many") * 100)
        await done.wait()
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    assert len(set(turns)) == 100


@pytest.mark.skipif(not _FDS.exists(), reason="counts open files as Linux tells them")
async def test_starting_and_stopping_leaves_nothing(socket_enabled: None) -> None:
    """Thirty times, in all states: no task, no socket stays."""
    tasks, files = asyncio.all_tasks(), _open_files()
    async with serving() as rig, aiohttp.ClientSession() as session:
        for number in range(30):
            client = make(session, rig.url, negotiate=number % 2 == 1)
            async with running(client) as listener:
                for _ in range(number % 4):
                    await listener.next()
                    if number % 4 == 3:
                        rig.hub.abort()
    async with asyncio.timeout(10):
        # What another test left to be tidied up may go meanwhile.
        while _open_files() > files or not asyncio.all_tasks() <= tasks:
            await asyncio.sleep(0)  # transports close at the loop's next turn


def _open_files() -> int:
    return len(list(_FDS.iterdir()))


async def test_a_closed_session_is_told(rig: Rig) -> None:
    """Home Assistant closes its session at the end."""
    session = aiohttp.ClientSession()
    await session.close()
    async with running(make(session, rig.url)) as listener:
        assert isinstance(await listener.reason(), Unreachable)
