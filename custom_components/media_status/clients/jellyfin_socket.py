"""Jellyfin's websocket: finished scans as doorbells; single changes are told to users alone."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
import logging
from random import SystemRandom

import aiohttp
import orjson

from .errors import AuthError, ClientError, Unreachable
from .jellyfin import JellyfinClient
from .readers import JsonObject, JsonValue, as_dict, as_float, as_objects, as_str
from .transport import transport_error

_LOGGER = logging.getLogger(__name__)
_RANDOM = SystemRandom()
_FIRST_DELAY = 1.0
_LAST_DELAY = 60.0
_DEFAULT_KEEP_ALIVE = 30.0
_SHORTEST_KEEP_ALIVE = 1.0
_SILENT_LIMIT = 2
_KEEP_ALIVE: JsonObject = {"MessageType": "KeepAlive"}
_SCAN_TASK = "RefreshLibrary"
# Tasks are told at start, at the end, and while running no more often than this (milliseconds).
_TASK_SUBSCRIPTION = "0,5000"


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryScanFinished:
    """A library scan came to its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconnected:
    """The websocket is open (again): whatever happened before was not told."""

    first: bool


type SocketEvent = LibraryScanFinished | Reconnected
type Sleep = Callable[[float], Awaitable[None]]


class JellyfinSocket:
    """Keep one websocket open and report what it tells."""

    def __init__(self, client: JellyfinClient, *, sleep: Sleep = asyncio.sleep) -> None:
        """Prepare the websocket of a client; `sleep` waits between attempts."""
        self._client = client
        self._sleep = sleep
        self._opened = 0
        self._failures = 0
        self._scan_state: str | None = None
        self._scan_end: str | None = None
        self.connected = False

    async def run(self, on_event: Callable[[SocketEvent], None]) -> None:
        """Stay connected until cancelled; reconnect after 1 s, doubling to 60 s, with jitter."""
        while True:
            reason = await self._session(on_event)
            if self.connected:
                self.connected = False
                _LOGGER.info("Lost the Jellyfin websocket: %s", reason)
            delay = self._next_delay(reason)
            _LOGGER.debug("Jellyfin websocket: %s; next attempt in %.1f s", reason, delay)
            await self._sleep(delay)

    def _next_delay(self, reason: ClientError) -> float:
        """Return the seconds to wait before the next attempt."""
        longest = _LAST_DELAY if isinstance(reason, AuthError) else _FIRST_DELAY * 2**self._failures
        self._failures = min(self._failures + 1, 10)
        # Jitter, so that several connections do not come back at the same moment.
        return min(longest, _LAST_DELAY) * _RANDOM.uniform(0.75, 1.0)

    async def _session(self, on_event: Callable[[SocketEvent], None]) -> ClientError:
        """Run one connection to its end and return why it ended."""
        try:
            async with self._client.open_socket() as socket:
                await self._subscribe(socket)
                self.connected = True
                self._opened += 1
                on_event(Reconnected(first=self._opened == 1))
                return await self._listen(socket, on_event)
        except aiohttp.WSServerHandshakeError as err:
            if err.status in {401, 403}:
                return AuthError()
            return transport_error(err)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as err:
            return transport_error(err)

    async def _subscribe(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Ask for the scheduled tasks, which works without a user."""
        await _send(socket, {"MessageType": "ScheduledTasksInfoStart", "Data": _TASK_SUBSCRIPTION})

    async def _listen(
        self, socket: aiohttp.ClientWebSocketResponse, on_event: Callable[[SocketEvent], None]
    ) -> ClientError:
        """Handle messages and keep the connection alive until it ends; return why it ended."""
        clock = asyncio.get_running_loop().time
        interval = _DEFAULT_KEEP_ALIVE
        due = clock() + interval
        silent = 0
        while True:
            try:
                async with asyncio.timeout_at(due):
                    frame = await socket.receive()
            except TimeoutError:
                # The server answers each of ours: two without an answer are a dead connection.
                if silent == _SILENT_LIMIT:
                    return Unreachable("no answer in time")
                silent += 1
                await _send(socket, _KEEP_ALIVE)
                due = clock() + interval
                continue
            silent = 0
            if frame.type not in {aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY}:
                return Unreachable("the connection was closed")
            self._failures = 0
            message = _parse(frame.data)
            if message.get("MessageType") == "ForceKeepAlive":
                seconds = as_float(message.get("Data")) or 2 * _DEFAULT_KEEP_ALIVE
                interval = max(seconds / 2, _SHORTEST_KEEP_ALIVE)
                await _send(socket, _KEEP_ALIVE)
                due = clock() + interval
            elif (event := self._event(message)) is not None:
                on_event(event)

    def _event(self, message: JsonObject) -> SocketEvent | None:
        """Return what a message means, None when it is none of our business."""
        if message.get("MessageType") != "ScheduledTasksInfo":
            return None
        return LibraryScanFinished() if self._scan_finished(message.get("Data")) else None

    def _scan_finished(self, data: JsonValue) -> bool:
        """Tell whether the library scan has ended since the tasks were told last."""
        for task in as_objects(data):
            if task.get("Key") != _SCAN_TASK:
                continue
            state = as_str(task.get("State"))
            end = as_str(as_dict(task.get("LastExecutionResult")).get("EndTimeUtc"))
            was_running = self._scan_state not in {None, "Idle"}
            # A short scan can begin and end between two messages.
            ended_unseen = self._scan_end is not None and end != self._scan_end
            self._scan_state, self._scan_end = state, end
            return state == "Idle" and (was_running or ended_unseen)
        return False


async def _send(socket: aiohttp.ClientWebSocketResponse, message: JsonObject) -> None:
    """Send one message."""
    await socket.send_str(orjson.dumps(message).decode())


def _parse(data: str | bytes) -> JsonObject:
    """Return a message, empty when it is not one."""
    try:
        value: JsonValue = orjson.loads(data)
    except orjson.JSONDecodeError:
        return {}
    return as_dict(value)
