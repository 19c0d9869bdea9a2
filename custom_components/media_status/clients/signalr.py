"""SignalR over a websocket: one hub's events as they happen, connected again whenever it ends.

The JSON hub protocol of ASP.NET Core: records that end with the byte 0x1E, many or a part of one
in a frame. Nothing is replayed after a break, so whoever listens looks for itself on `Connected`.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
import logging
from random import SystemRandom
import traceback
from typing import Literal

import aiohttp
import orjson
from yarl import URL

from .base import transport_error
from .errors import (
    AuthError,
    BadAnswer,
    ClientError,
    NotFound,
    Redirected,
    Refused,
    ServerBusy,
    Unreachable,
)
from .readers import JsonValue, as_dict, as_str, as_text
from .safety import clean_message
from .signalr_records import GOODBYE, HANDSHAKE, PING, Records, parsed

_LOGGER = logging.getLogger(__name__)
_RANDOM = SystemRandom()
_INVOCATION, _CLOSE = 1, 7
_NEGOTIATION_LIMIT = 64 * 1024
_GATEWAY_TROUBLE = {HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT}
# After so many beats without any frame the peer is taken for dead: within six beats.
_SILENT_BEATS = 5
_BEATS_PERPING = 3

type _Socket = aiohttp.ClientWebSocketResponse[Literal[False]]
type Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Invocation:
    """The hub tells about an event."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long things may take (seconds), and how large a message may be (bytes).

    A ping goes out every third beat, and silence is noticed within six: 15 and 30 seconds.
    """

    beat: float = 5.0
    connect: float = 15.0
    close: float = 0.4
    first_delay: float = 1.0
    last_delay: float = 60.0
    turn: float = 0.005
    message: int = 16 * 1024 * 1024


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
        self._session = session
        self._url = URL(url)
        self._headers = dict(headers)
        self._verify_ssl = verify_ssl
        self._negotiate = negotiate
        self._sleep = sleep
        self._limits = limits or Limits()
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
            async with self._own_session() as session:
                deadline = asyncio.get_running_loop().time() + self._limits.connect
                async with asyncio.timeout_at(deadline):
                    socket = await self._connect(session)
                try:
                    records = Records(self._limits.message)
                    async with asyncio.timeout_at(deadline):
                        early = await self._shake_hands(socket, records)
                    self._welcome(on_event)
                    return await self._listen(socket, records, early, on_event)
                finally:
                    await self._leave(socket)
        except ClientError as err:
            return err
        except aiohttp.WSServerHandshakeError as err:
            return self._refusal(err.status)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as err:
            return transport_error(err)

    @asynccontextmanager
    async def _own_session(self) -> AsyncIterator[aiohttp.ClientSession]:
        """Borrow the session's connections, follow no redirect, keep cookies to ourselves.

        aiohttp's `ws_connect` follows redirects, and would take a key in a header of its own
        name along to any host. A proxy's cookie from the negotiation goes on to the socket.
        """
        connector = self._session.connector
        if connector is None or connector.closed:
            raise Unreachable("the session is closed")
        async with aiohttp.ClientSession(
            connector=connector,
            connector_owner=False,
            headers=self._session.headers,
            cookie_jar=aiohttp.CookieJar(unsafe=True),
            middlewares=(_refuse_redirects,),
        ) as session:
            yield session

    async def _connect(self, session: aiohttp.ClientSession) -> _Socket:
        """Open the websocket, after asking for a connection id where that is wanted."""
        url = self._url
        if self._negotiate:
            url = url.update_query(id=await self._connection_id(session))
        return await session.ws_connect(
            url,
            headers=self._headers,
            ssl=self._verify_ssl,
            max_msg_size=self._limits.message,
            timeout=aiohttp.ClientWSTimeout(ws_close=self._limits.close),
            # A ping of the websocket layer is a sign of life, too: see them all.
            autoping=False,
            decode_text=False,
        )

    async def _connection_id(self, session: aiohttp.ClientSession) -> str:
        """Negotiate: ask for version 1, accept an answer of version 0."""
        url = (self._url / "negotiate").with_query(self._url.query).update_query(negotiateVersion=1)
        async with session.post(url, headers=self._headers, ssl=self._verify_ssl) as response:
            if response.status != HTTPStatus.OK:
                raise _refusal(response.status)
            body = await response.content.read(_NEGOTIATION_LIMIT)
            while not response.content.at_eof() and len(body) < _NEGOTIATION_LIMIT:
                body += await response.content.read(_NEGOTIATION_LIMIT)
        answer = as_dict(parsed(body))
        if "url" in answer:
            raise Redirected("redirects to another hub, which is not followed")
        if error := as_str(answer.get("error")):
            raise BadAnswer(clean_message(error))
        version_one = answer.get("negotiateVersion") == 1
        found = as_str(answer.get("connectionToken" if version_one else "connectionId"))
        if found is None:
            raise BadAnswer("the negotiation has no usable answer")
        return found

    def _refusal(self, status: int) -> ClientError:
        """Return what an answer to the websocket's opening means."""
        if status == HTTPStatus.NOT_FOUND and self._negotiate:
            return Unreachable("the negotiated connection is not known any more")
        return _refusal(status)

    async def _shake_hands(self, socket: _Socket, records: Records) -> list[bytes]:
        """Agree on the protocol; return the records that came along with the answer."""
        await socket.send_str(HANDSHAKE)
        while not (received := records.feed(await self._data(socket))):
            pass
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
        self, socket: _Socket, records: Records, early: list[bytes], on_event: OnEvent
    ) -> ClientError:
        """Handle records until the hub ends the connection or falls silent; return why."""
        async with asyncio.timeout(None) as silence:
            keeper = asyncio.create_task(self._keep_alive(socket, silence))
            try:
                return await self._read(socket, records, early, on_event)
            finally:
                keeper.cancel()
                await asyncio.wait((keeper,))

    async def _read(
        self, socket: _Socket, records: Records, pending: list[bytes], on_event: OnEvent
    ) -> ClientError:
        """Handle records as they come; others get their turn in between, also in a burst."""
        clock, turn = asyncio.get_running_loop().time, self._limits.turn
        due = clock() + turn
        while True:
            for record in pending:
                if (reason := self._handle(record, on_event)) is not None:
                    return reason
                if clock() >= due:
                    await asyncio.sleep(0)
                    due = clock() + turn
            pending = records.feed(await self._data(socket))

    async def _data(self, socket: _Socket) -> bytes:
        """Return the next frame's data; raises what its end means."""
        while True:
            frame = await socket.receive()
            self._silent = 0
            match frame.type:
                case aiohttp.WSMsgType.TEXT | aiohttp.WSMsgType.BINARY:
                    data: bytes = frame.data
                    return data
                case aiohttp.WSMsgType.PING:
                    await socket.pong(frame.data)
                case aiohttp.WSMsgType.PONG:
                    continue
                case aiohttp.WSMsgType.CLOSE:
                    raise Unreachable("the service closed the connection")
                case aiohttp.WSMsgType.ERROR:
                    raise BadAnswer("a message is too large or not a websocket's")
                case _:
                    raise Unreachable("the connection was cut")

    def _handle(self, record: bytes, on_event: OnEvent) -> ClientError | None:
        """Report an event; return why the connection ends when the record says so."""
        try:
            message: JsonValue = orjson.loads(record)
        except orjson.JSONDecodeError:
            self._skip(record)
            return None
        if not isinstance(message, dict):
            self._skip(record)
            return None
        kind = message.get("type")
        if kind == _INVOCATION:
            target, arguments = message.get("target"), message.get("arguments")
            if isinstance(target, str) and isinstance(arguments, list):
                _emit(on_event, Invocation(target, tuple(arguments)))
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

    async def _keep_alive(self, socket: _Socket, silence: asyncio.Timeout) -> None:
        """Ping the hub, and end the connection when nothing at all comes from it."""
        beats = self._silent = 0
        while self._silent < _SILENT_BEATS:
            await self._sleep(self._limits.beat)
            beats += 1
            self._silent += 1
            if beats % _BEATS_PERPING == 0:
                # The reader finds out by itself that a connection is gone.
                with suppress(aiohttp.ClientError, OSError):
                    await socket.send_str(PING)
        silence.reschedule(asyncio.get_running_loop().time())

    async def _leave(self, socket: _Socket) -> None:
        """Say goodbye and close; a frozen peer is not waited for."""
        with suppress(aiohttp.ClientError, OSError):
            async with asyncio.timeout(self._limits.close):
                if not socket.closed:
                    await socket.send_str(GOODBYE)
        await socket.close()


def _emit(on_event: OnEvent, event: HubEvent) -> None:
    """Report an event; what its handler raises costs neither the connection nor the next one."""
    try:
        on_event(event)
    except Exception as err:  # noqa: BLE001 - any mistake of the handler, logged without payload
        place = traceback.extract_tb(err.__traceback__)[-1]
        name = event.target if isinstance(event, Invocation) else type(event).__name__
        _LOGGER.error(
            "Handling %s failed: %s in %s, line %d",
            clean_message(name),
            type(err).__name__,
            place.name,
            place.lineno or 0,
        )


async def _refuse_redirects(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Stop at the first redirect: the next address must not get the key."""
    response = await handler(request)
    if 300 <= response.status < 400:
        response.close()
        raise Redirected("redirects somewhere else: check the address")
    return response


def _refusal(status: int) -> ClientError:
    """Return what a status other than the wanted one means."""
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return AuthError()
    if status == HTTPStatus.NOT_FOUND:
        return NotFound("there is no hub at this address, or it is switched off")
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return ServerBusy()
    if status in _GATEWAY_TROUBLE:
        return Unreachable(f"the proxy in front of it does not reach it ({status})")
    if status < 400:
        return BadAnswer("the answer is not a websocket")
    return Refused(status)
