"""Open the websocket to a SignalR hub, with or without negotiation, and close it again."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

import aiohttp
from yarl import URL

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
from .readers import as_dict, as_str
from .safety import clean_message
from .signalr_records import GOODBYE, parsed

_NEGOTIATION_LIMIT = 64 * 1024
_GATEWAY_TROUBLE = {HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT}

type Socket = aiohttp.ClientWebSocketResponse[Literal[False]]


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


class Opening:
    """How to get to a hub: its address, the key's headers, the session whose connections serve."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str | URL,
        *,
        headers: Mapping[str, str],
        verify_ssl: bool,
        negotiate: bool,
        limits: Limits,
    ) -> None:
        """Prepare to open; nothing happens yet."""
        self._session = session
        self._url = URL(url)
        self._headers = dict(headers)
        self._verify_ssl = verify_ssl
        self._negotiate = negotiate
        self._limits = limits

    @asynccontextmanager
    async def socket(self) -> AsyncIterator[Socket]:
        """Open a websocket for the length of a block; ClientError or what aiohttp raises."""
        async with self._own_session() as session:
            async with asyncio.timeout(self._limits.connect):
                socket = await self._connect(session)
            try:
                yield socket
            finally:
                await _leave(socket, self._limits.close)

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

    async def _connect(self, session: aiohttp.ClientSession) -> Socket:
        """Open the websocket, after asking for a connection id where that is wanted."""
        url = self._url
        if self._negotiate:
            url = url.update_query(id=await self._connection_id(session))
        try:
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
        except aiohttp.WSServerHandshakeError as err:
            failure = self._no_websocket(err.status)
        # Raised outside of the handler: aiohttp's exception carries the headers.
        raise failure

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

    def _no_websocket(self, status: int) -> ClientError:
        """Return what an answer to the websocket's opening means."""
        if status == HTTPStatus.NOT_FOUND and self._negotiate:
            return Unreachable("the negotiated connection is not known any more")
        return _refusal(status)


async def _leave(socket: Socket, limit: float) -> None:
    """Say goodbye and close; a frozen peer is not waited for."""
    with suppress(aiohttp.ClientError, OSError):
        async with asyncio.timeout(limit):
            if not socket.closed:
                await socket.send_str(GOODBYE)
    await socket.close()


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
