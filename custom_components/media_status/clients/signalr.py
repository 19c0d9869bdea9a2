"""SignalR over a websocket: one hub's events as they happen, connected again whenever it ends.

The JSON hub protocol of ASP.NET Core: records that end with the byte 0x1E, many or a part of one
in a frame. Nothing is replayed after a break, so whoever listens looks for itself on `Connected`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
import logging
from random import SystemRandom
import traceback
from typing import NamedTuple

import aiohttp
import orjson
from yarl import URL

from .errors import AuthError, BadAnswer, ClientError, NotFound, Unreachable
from .readers import JsonValue, as_str, as_text
from .safety import clean_message
from .signalr_opening import Limits, Opening, Socket
from .signalr_records import HANDSHAKE, PING, RECORD_END, Records, parsed
from .transport import transport_error

_LOGGER = logging.getLogger(__name__)
_RANDOM = SystemRandom()
_INVOCATION, _CLOSE = 1, 7
# Half the price of calling the class.
_new = tuple.__new__
_TEXT, _BINARY = aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY
# After so many beats without any frame the peer is taken for dead: within six beats.
_SILENT_BEATS = 5
_BEATS_PER_PING = 3
# How many frames are handled between two looks at the clock.
_FRAMES_PER_LOOK = 16

type Sleep = Callable[[float], Awaitable[None]]


class Invocation(NamedTuple):
    """The hub tells about an event; a tuple, because a burst makes ten thousand of them."""

    target: str
    arguments: tuple[JsonValue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """The hub listens (again): whatever happened before was not told."""

    first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Disconnected:
    """The connection ended, or it fails for another reason than told before."""

    reason: ClientError


type HubEvent = Invocation | Connected | Disconnected
type OnEvent = Callable[[HubEvent], None]


class SignalRClient:
    """Keep one connection to a hub and report what it tells."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str | URL,
        *,
        headers: Mapping[str, str],
        verify_ssl: bool = True,
        negotiate: bool = False,
        sleep: Sleep = asyncio.sleep,
        limits: Limits | None = None,
    ) -> None:
        """Prepare a connection to the hub at `url`; the key belongs in `headers`.

        `sleep` waits between attempts and between beats.
        """
        self._sleep = sleep
        self._limits = limits or Limits()
        self._opening = Opening(
            session,
            url,
            headers=headers,
            verify_ssl=verify_ssl,
            negotiate=negotiate,
            limits=self._limits,
        )
        self._failures = 0
        self._silent = 0
        self._opened = 0
        self._told: tuple[type[ClientError], str] | None = None
        self.connected = False
        self.malformed = 0

    async def run(self, on_event: OnEvent) -> None:
        """Stay connected until cancelled; reconnect after 1 s, doubling to 60 s, with jitter."""
        while True:
            try:
                reason = await self._attempt(on_event)
            finally:
                was_connected, self.connected = self.connected, False
            self._tell_end(reason, on_event, was_connected=was_connected)
            delay = self._next_delay(reason)
            _LOGGER.debug("SignalR: %s; next attempt in %.1f s", reason, delay)
            await self._sleep(delay)

    def _tell_end(self, reason: ClientError, on_event: OnEvent, *, was_connected: bool) -> None:
        """Report the end of a connection, and of attempts that fail in a new way."""
        told = (type(reason), str(reason))
        if was_connected:
            _LOGGER.info("Lost the SignalR connection: %s", reason)
        elif told == self._told:
            return
        self._told = told
        _emit(on_event, Disconnected(reason=reason))

    def _next_delay(self, reason: ClientError) -> float:
        """Return the seconds to wait before the next attempt."""
        limits = self._limits
        delay: float = min(limits.first_delay * 2**self._failures, limits.last_delay)
        self._failures = min(self._failures + 1, 10)
        # A starting service refuses keys that it accepted before; one never accepted is wrong.
        hopeless = isinstance(reason, AuthError) and not self._opened
        if hopeless or isinstance(reason, NotFound):
            delay = limits.last_delay
        # Jitter, so that several connections do not come back at the same moment.
        return delay * _RANDOM.uniform(0.75, 1.0)

    async def _attempt(self, on_event: OnEvent) -> ClientError:
        """Run one connection to its end and return why it ended."""
        try:
            async with self._opening.socket() as socket:
                records = Records(self._limits.message)
                async with asyncio.timeout(self._limits.connect):
                    early = await self._shake_hands(socket, records)
                self._welcome(on_event)
                return await self._listen(socket, records, early, on_event)
        except ClientError as err:
            # Whoever keeps the reason must not keep the frames of the attempt with it.
            return err.with_traceback(None)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as err:
            return transport_error(err)

    async def _shake_hands(self, socket: Socket, records: Records) -> Sequence[bytes]:
        """Agree on the protocol; return the records that came along with the answer."""
        await socket.send_str(HANDSHAKE)
        received: Sequence[bytes] = ()
        while not received:
            frame = await socket.receive()
            if frame.type is _TEXT or frame.type is _BINARY:
                received = records.feed(frame.data)
            else:
                await self._control(socket, frame.type, frame.data)
        answer = parsed(received[0])
        if not isinstance(answer, dict):
            raise BadAnswer("the answer is not SignalR")
        if error := as_str(answer.get("error")):
            raise BadAnswer(f"the handshake was refused: {clean_message(error)}")
        return received[1:]

    def _welcome(self, on_event: OnEvent) -> None:
        """Report an open connection."""
        self.connected = True
        self._failures = 0
        self._told = None
        self._opened += 1
        _LOGGER.debug("SignalR: connected")
        _emit(on_event, Connected(first=self._opened == 1))

    async def _listen(
        self, socket: Socket, records: Records, early: Sequence[bytes], on_event: OnEvent
    ) -> ClientError:
        """Handle records until the hub ends the connection or falls silent; return why."""
        async with asyncio.timeout(None) as silence:
            keeper = asyncio.create_task(self._keep_alive(socket, silence))
            try:
                reason = await self._handle_all(early, on_event)
                return reason or await self._read(socket, records, on_event)
            finally:
                keeper.cancel()
                await asyncio.wait((keeper,))

    async def _read(self, socket: Socket, records: Records, on_event: OnEvent) -> ClientError:
        """Handle records as they come; others get their turn in between, also in a burst."""
        clock, turn = asyncio.get_running_loop().time, self._limits.turn
        receive, handle, due, count = socket.receive, self._handle, clock() + turn, 0
        while True:
            kind, data, _ = await receive()
            self._silent = 0
            if kind is not _TEXT and kind is not _BINARY:
                await self._control(socket, kind, data)
                continue
            if records.partial or data.find(RECORD_END) != len(data) - 1:
                reason = await self._handle_all(records.feed(data), on_event)
            else:
                # Nearly every frame is one whole record: ten thousand in a burst pass here.
                reason = handle(data[:-1], on_event)
            if reason is not None:
                return reason
            count += 1
            if not count % _FRAMES_PER_LOOK and clock() >= due:
                await asyncio.sleep(0)
                due = clock() + turn

    async def _handle_all(self, records: Sequence[bytes], on_event: OnEvent) -> ClientError | None:
        """Handle the records of one frame, which may be very many."""
        clock, turn = asyncio.get_running_loop().time, self._limits.turn
        due = clock() + turn
        for record in records:
            if (reason := self._handle(record, on_event)) is not None:
                return reason
            if clock() >= due:
                await asyncio.sleep(0)
                due = clock() + turn
        return None

    async def _control(
        self, socket: Socket, kind: aiohttp.WSMsgType, payload: bytes | None
    ) -> None:
        """Answer a ping; raise what the end of the connection means."""
        match kind:
            case aiohttp.WSMsgType.PING:
                await socket.pong(payload or b"")
            case aiohttp.WSMsgType.PONG:
                return
            case aiohttp.WSMsgType.CLOSE:
                raise Unreachable("the service closed the connection")
            case aiohttp.WSMsgType.ERROR:
                raise BadAnswer("a message is too large or not a websocket's")
            case _:
                raise Unreachable("the connection was cut")

    def _handle(self, record: bytes, on_event: OnEvent) -> ClientError | None:
        """Report an event; return why the connection ends when the record says so."""
        try:
            message = orjson.loads(record)
            kind = message["type"]
        except ValueError, LookupError, TypeError:
            self._skip(record)
            return None
        if kind == _INVOCATION:
            target, arguments = message.get("target"), message.get("arguments")
            if isinstance(target, str) and isinstance(arguments, list):
                _emit(on_event, _new(Invocation, (target, tuple(arguments))))
            else:
                self._skip(record)
        elif kind == _CLOSE:
            error = clean_message(as_text(message.get("error")))
            return Unreachable(error or "the service closed the connection")
        return None

    def _skip(self, record: bytes) -> None:
        """Note a record that cannot be used; one line tells of the first."""
        self.malformed += 1
        level = logging.WARNING if self.malformed == 1 else logging.DEBUG
        _LOGGER.log(level, "Skipped a malformed SignalR record of %d bytes", len(record))

    async def _keep_alive(self, socket: Socket, silence: asyncio.Timeout) -> None:
        """Ping the hub, and end the connection when nothing at all comes from it."""
        beats = self._silent = 0
        while self._silent < _SILENT_BEATS:
            await self._sleep(self._limits.beat)
            beats += 1
            self._silent += 1
            if beats % _BEATS_PER_PING == 0:
                # The reader finds out by itself that a connection is gone.
                with suppress(aiohttp.ClientError, OSError):
                    await socket.send_str(PING)
        silence.reschedule(asyncio.get_running_loop().time())


def _emit(on_event: OnEvent, event: HubEvent) -> None:
    """Report an event; what its handler raises costs neither the connection nor the next one."""
    try:
        on_event(event)
    except Exception as err:  # noqa: BLE001 - any mistake of the handler, logged without payload
        # Where it failed, but not its text: that may hold payload.
        place = traceback.extract_tb(err.__traceback__)[-1]
        name = event.target if isinstance(event, Invocation) else type(event).__name__
        _LOGGER.error(
            "Handling %s failed: %s in %s, line %d",
            clean_message(name),
            type(err).__name__,
            place.name,
            place.lineno or 0,
        )
