"""Jellyfin's websocket: what it tells, staying alive, coming back, ending clean."""

import asyncio
from collections.abc import AsyncIterator, Callable
import copy
import json
import logging

import aiohttp
from aiohttp import web
from aiohttp.test_utils import unused_port
import pytest

from custom_components.media_status.clients.jellyfin import JellyfinClient
from custom_components.media_status.clients.jellyfin_socket import (
    JellyfinSocket,
    LibraryScanFinished,
    Reconnected,
    SocketEvent,
)
from custom_components.media_status.clients.readers import JsonObject, as_dict, as_objects, as_str

from .fake import CANARY, FakeService, Seen, sample

FIRST, AGAIN = Reconnected(first=True), Reconnected(first=False)


class SocketServer:
    """The server's side: each connection is handed to the test."""

    def __init__(self, service: FakeService) -> None:
        """Serve websockets at /socket."""
        self.connections: asyncio.Queue[web.WebSocketResponse] = asyncio.Queue()
        self.heard: asyncio.Queue[JsonObject] = asyncio.Queue()
        self.transports: list[asyncio.Transport] = []
        service.on("GET", "/socket", self.accept)

    async def accept(self, seen: Seen) -> web.StreamResponse:
        """Open a websocket and note what it says until it closes."""
        socket = web.WebSocketResponse()
        await socket.prepare(seen.request)
        if seen.request.transport is not None:
            self.transports.append(seen.request.transport)
        await self.connections.put(socket)
        async for frame in socket:
            self.heard.put_nowait(as_dict(json.loads(frame.data)))
        return socket

    def cut_connections(self) -> None:
        """Break all connections without a word."""
        for transport in self.transports:
            transport.abort()


class Harness:
    """A running client and what it reported."""

    def __init__(self, client: JellyfinClient) -> None:
        """Start listening."""
        self.events: asyncio.Queue[SocketEvent] = asyncio.Queue()
        self.delays: list[float] = []
        self.stop_after = 0
        self.stopped = asyncio.Event()
        self.socket = JellyfinSocket(client, sleep=self.sleep)
        self.task = asyncio.create_task(self.socket.run(self.events.put_nowait))

    async def sleep(self, seconds: float) -> None:
        """Wait no time, and note how long it would have been."""
        self.delays.append(seconds)
        if len(self.delays) == self.stop_after:
            self.stopped.set()
            await asyncio.Event().wait()
        await asyncio.sleep(0)

    async def stop(self) -> None:
        """Cancel and wait for the end."""
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


type Start = Callable[[], Harness]


@pytest.fixture
async def start(service: FakeService, session: aiohttp.ClientSession) -> AsyncIterator[Start]:
    """Start clients that are stopped at the end of the test."""
    running: list[Harness] = []

    def begin() -> Harness:
        running.append(Harness(JellyfinClient(session, service.url, CANARY)))
        return running[-1]

    yield begin
    for harness in running:
        await harness.stop()


@pytest.fixture
def server(service: FakeService) -> SocketServer:
    """Serve websockets."""
    return SocketServer(service)


def tasks(state: str, end: str = "2026-09-20T07:01:12.7654321Z") -> JsonObject:
    """Return the message about the scheduled tasks with this state of the scan."""
    message = as_dict(copy.deepcopy(sample("jellyfin/scheduled-tasks-info.json")))
    scan = as_objects(message["Data"])[0]
    scan["State"] = state
    as_dict(scan["LastExecutionResult"])["EndTimeUtc"] = end
    return message


async def end_a_scan(socket: web.WebSocketResponse) -> None:
    """Tell of a scan from its beginning to its end."""
    for state in ("Running", "Idle"):
        await socket.send_json(tasks(state))


async def test_the_connection(service: FakeService, server: SocketServer, start: Start) -> None:
    """The token is in the header and not in the address; the tasks are asked for."""
    harness = start()
    await server.connections.get()
    assert await harness.events.get() == FIRST
    assert harness.socket.connected
    assert f'Token="{CANARY}"' in service.seen[0].headers["Authorization"]
    assert CANARY not in str(service.seen[0].request.url)
    assert (await server.heard.get())["MessageType"] == "ScheduledTasksInfoStart"


async def test_the_base_path_is_kept(
    service: FakeService, session: aiohttp.ClientSession, server: SocketServer
) -> None:
    """Below a path the websocket is there too."""
    service.on("GET", "/media/jellyfin/socket", server.accept)
    harness = Harness(JellyfinClient(session, service.url + "media/jellyfin", CANARY))
    assert await harness.events.get() == FIRST
    await harness.stop()


async def test_a_scan_that_ends(server: SocketServer, start: Start) -> None:
    """Running, then Idle is the end of a scan; Idle alone is not."""
    harness = start()
    socket = await server.connections.get()
    for state in ("Idle", "Idle", "Running", "Cancelling", "Idle", "Idle"):
        await socket.send_json(tasks(state))
    await socket.close()
    assert [await harness.events.get() for _ in range(3)] == [FIRST, LibraryScanFinished(), AGAIN]


async def test_a_short_scan_between_two_messages(server: SocketServer, start: Start) -> None:
    """A later end time is the end of a scan that was never seen running."""
    harness = start()
    socket = await server.connections.get()
    await socket.send_json(tasks("Idle"))
    await socket.send_json(tasks("Idle", end="2026-09-20T08:00:00.0000000Z"))
    assert await harness.events.get() == FIRST
    assert await harness.events.get() == LibraryScanFinished()


async def test_keep_alive(server: SocketServer, start: Start) -> None:
    """The server's request is answered at once and then at half its interval."""
    harness = start()
    socket = await server.connections.get()
    await socket.send_json({**as_dict(sample("jellyfin/force-keep-alive.json")), "Data": 0.01})
    heard = [as_str((await server.heard.get())["MessageType"]) for _ in range(3)]
    assert heard == ["ScheduledTasksInfoStart", "KeepAlive", "KeepAlive"]
    # The connection is as good as before.
    await end_a_scan(socket)
    assert await harness.events.get() == FIRST
    assert await harness.events.get() == LibraryScanFinished()


@pytest.mark.parametrize(
    "message",
    [
        "",
        "nonsense",
        "[]",
        "{}",
        "12",
        '{"MessageType": 5, "Data": {}}',
        '{"MessageType": "LibraryChanged", "Data": {"ItemsAdded": ["1"]}}',
        '{"MessageType": "ScheduledTasksInfo", "Data": 7}',
        '{"MessageType": "ScheduledTasksInfo"}',
        '{"MessageType": "Novelty", "Data": []}',
        "[" * 5000,
    ],
)
async def test_odd_messages_do_no_harm(server: SocketServer, start: Start, message: str) -> None:
    """What is not understood is passed over."""
    harness = start()
    socket = await server.connections.get()
    await socket.send_str(message)
    await end_a_scan(socket)
    await socket.close()
    assert [await harness.events.get() for _ in range(3)] == [FIRST, LibraryScanFinished(), AGAIN]


async def test_it_comes_back(server: SocketServer, start: Start) -> None:
    """After a close, a broken connection and a refusal it is told that things were missed."""
    harness = start()
    socket = await server.connections.get()
    assert await harness.events.get() == FIRST
    await socket.close()
    await server.connections.get()
    assert await harness.events.get() == AGAIN
    server.cut_connections()
    await server.connections.get()
    assert await harness.events.get() == AGAIN


async def test_a_missed_scan_end_is_told_after_coming_back(
    server: SocketServer, start: Start
) -> None:
    """A scan that ended while the connection was gone is told."""
    harness = start()
    socket = await server.connections.get()
    await socket.send_json(tasks("Running"))
    assert await harness.events.get() == FIRST
    await socket.close()
    socket = await server.connections.get()
    await socket.send_json(tasks("Idle"))
    assert await harness.events.get() == AGAIN
    assert await harness.events.get() == LibraryScanFinished()


async def test_attempts_become_rare(session: aiohttp.ClientSession) -> None:
    """While nobody listens the attempts are 1, 2, 4... up to 60 s apart, each a little less."""
    harness = Harness(JellyfinClient(session, f"http://127.0.0.1:{unused_port()}", CANARY))
    harness.stop_after = 12
    await harness.stopped.wait()
    for number, delay in enumerate(harness.delays):
        full = min(2.0**number, 60.0)
        assert 0.75 * full <= delay <= full
    assert harness.events.empty()
    assert not harness.socket.connected
    await harness.stop()


async def test_a_server_that_hangs_up_at_once_is_not_pestered(
    service: FakeService, start: Start
) -> None:
    """Connections that end without a word count as failures."""

    async def hang_up(seen: Seen) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(seen.request)
        await socket.close()
        return socket

    service.on("GET", "/socket", hang_up)
    harness = start()
    harness.stop_after = 6
    await harness.stopped.wait()
    assert harness.delays[-1] > 20


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_token_is_tried_rarely(
    service: FakeService, start: Start, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """A wrong token is tried once a minute, and it is in no log."""
    caplog.set_level(logging.DEBUG)
    service.text("GET", "/socket", "Token is required", status=status)
    harness = start()
    harness.stop_after = 3
    await harness.stopped.wait()
    assert all(45 <= delay <= 60 for delay in harness.delays)
    assert CANARY not in caplog.text


async def test_no_log_holds_the_token(
    service: FakeService, server: SocketServer, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    """Connecting, losing the connection and coming back log no secret."""
    caplog.set_level(logging.DEBUG)
    harness = start()
    socket = await server.connections.get()
    await harness.events.get()
    await socket.close()
    await server.connections.get()
    await harness.events.get()
    assert "websocket" in caplog.text
    assert CANARY not in caplog.text


@pytest.mark.parametrize("connected", [True, False])
async def test_cancelling_ends_clean(server: SocketServer, start: Start, connected: bool) -> None:
    """Cancelling ends the coroutine and closes the connection."""
    harness = start()
    if connected:
        socket = await server.connections.get()
        await harness.events.get()
    harness.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await harness.task
    if connected:
        while not socket.closed:
            await asyncio.sleep(0)
    assert harness.task.cancelled()
