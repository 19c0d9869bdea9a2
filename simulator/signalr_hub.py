"""A SignalR hub as ASP.NET Core serves it: negotiation, JSON records, pings, and ways to fail."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
import secrets
import socket as sockets
import struct

from aiohttp import WSCloseCode, WSMsgType, web
import orjson

RECORD_END = b"\x1e"
_LARGEST_FRAME = 32 * 1024  # what ASP.NET Core accepts from a client unless told otherwise
_PROTOCOL = "json"
_PROTOCOL_VERSION = 2
_PING = orjson.dumps({"type": 6}) + RECORD_END
_TRANSPORTS = [
    {"transport": "WebSockets", "transferFormats": ["Text", "Binary"]},
    {"transport": "ServerSentEvents", "transferFormats": ["Text"]},
    {"transport": "LongPolling", "transferFormats": ["Text", "Binary"]},
]

type Greetings = Iterable[tuple[str, object]]
type OnJoin = Callable[[HubClient], Greetings]
type OnInvoke = Callable[[HubClient, str, list[object]], object]


def invocation(target: str, *arguments: object) -> bytes:
    """Return the record that tells a client about an event."""
    body = {"type": 1, "target": target, "arguments": arguments}
    return orjson.dumps(body) + RECORD_END


@dataclass(slots=True, kw_only=True, eq=False)
class HubClient:
    """One client of the hub, from its websocket to its end."""

    request: web.Request
    socket: web.WebSocketResponse
    feeds: set[str]  # lower case, as in its address; methods may change it
    thawed: asyncio.Event
    joined: bool = False
    heard: float = 0.0  # by the loop's clock
    received: list[dict[str, object]] = field(default_factory=list)

    async def send(self, target: str, *arguments: object) -> None:
        """Tell this client about an event."""
        await self.send_frame(invocation(target, *arguments))

    async def send_frame(self, frame: bytes, *, binary: bool = False) -> None:
        """Send raw bytes in one frame: many records, a part of one, or nonsense."""
        await self.thawed.wait()
        if self.socket.closed:
            return
        try:
            if binary:
                await self.socket.send_bytes(frame)
            else:
                await self.socket.send_str(frame.decode())
        except ConnectionResetError:
            return  # it left between two sends; its handler finds out

    async def close(self, error: str | None = None, *, allow_reconnect: bool | None = None) -> None:
        """Send a Close record and close the websocket, as a server that ends a connection."""
        record: dict[str, object] = {"type": 7}
        if error is not None:
            record["error"] = error
        if allow_reconnect is not None:
            record["allowReconnect"] = allow_reconnect
        await self.send_frame(orjson.dumps(record) + RECORD_END)
        await self.socket.close(code=WSCloseCode.INTERNAL_ERROR if error else WSCloseCode.OK)

    def kick(self) -> None:
        """End the TCP connection properly (FIN), without a word on any layer above."""
        if self.request.transport is not None:
            self.request.transport.close()

    def abort(self) -> None:
        """Break the TCP connection (RST)."""
        transport = self.request.transport
        if transport is None:
            return
        raw = transport.get_extra_info("socket")
        raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()


class SignalRHub:
    """All clients of one hub and what they are told.

    Mount `handle` (GET) at the hub's path and `negotiate` (POST) at the path below it. `on_join`
    returns the events that go out glued to the handshake's answer; `on_invoke` runs a method for
    a client and returns its result, or raises LookupError for one that does not exist.
    """

    def __init__(
        self,
        *,
        on_join: OnJoin | None = None,
        on_invoke: OnInvoke | None = None,
        keep_alive: float = 15.0,
        client_timeout: float = 60.0,
        handshake_timeout: float = 15.0,
        negotiate_version: int = 1,
    ) -> None:
        """Have nobody connected; times are real seconds, as the clients' are."""
        self.on_join = on_join
        self.on_invoke = on_invoke
        self.keep_alive = keep_alive
        self.client_timeout = client_timeout
        self.handshake_timeout = handshake_timeout
        self.negotiate_version = negotiate_version
        self.forget_tokens = 0  # how many of the next negotiated connections are not known
        self._clients: set[HubClient] = set()
        self._tokens: dict[str, str] = {}
        self._thawed = asyncio.Event()
        self._thawed.set()

    @property
    def clients(self) -> tuple[HubClient, ...]:
        """Return the clients that completed the handshake."""
        return tuple(client for client in self._clients if client.joined)

    async def negotiate(self, request: web.Request) -> web.Response:
        """Hand out the id of a connection, which serves once."""
        await self._thawed.wait()
        identity, token = secrets.token_urlsafe(16), secrets.token_urlsafe(16)
        asked = request.query.get("negotiateVersion", "0")
        version = min(self.negotiate_version, int(asked) if asked.isdecimal() else 0)
        body: dict[str, object] = {"negotiateVersion": version, "connectionId": identity}
        if version > 0:
            body["connectionToken"] = token
        if self.forget_tokens:
            self.forget_tokens -= 1
        else:
            self._tokens[token if version > 0 else identity] = identity
        body["availableTransports"] = _TRANSPORTS
        return web.json_response(body)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one client until it leaves."""
        await self._thawed.wait()
        token = request.query.get("id")
        identity = secrets.token_urlsafe(16) if token is None else self._tokens.pop(token, None)
        if identity is None:
            return web.Response(status=404, text="No Connection with that ID")
        socket = web.WebSocketResponse(max_msg_size=_LARGEST_FRAME, timeout=1.0, compress=False)
        if not socket.can_prepare(request).ok:
            return web.Response(status=400, text="Connection ID required")
        await socket.prepare(request)
        client = HubClient(
            request=request,
            socket=socket,
            feeds=_feeds(request),
            thawed=self._thawed,
            heard=asyncio.get_running_loop().time(),
        )
        self._clients.add(client)
        keeper = asyncio.create_task(self._keep(client))
        try:
            await self._serve(client)
        finally:
            self._clients.discard(client)
            keeper.cancel()
        return socket

    async def send(
        self, target: str, *arguments: object, where: Callable[[HubClient], bool] | None = None
    ) -> None:
        """Tell an event to all clients, or to those the predicate picks (say, by `feeds`)."""
        await self.send_frame(invocation(target, *arguments), where=where)

    async def send_frame(
        self, frame: bytes, *, where: Callable[[HubClient], bool] | None = None
    ) -> None:
        """Send raw bytes in one frame to all clients, or to those the predicate picks."""
        for client in self.clients:
            if where is None or where(client):
                await client.send_frame(frame)

    async def close(self, error: str | None = None, *, allow_reconnect: bool | None = None) -> None:
        """Send everybody away with a Close record, as a server does that stops."""
        for client in tuple(self._clients):
            await client.close(error, allow_reconnect=allow_reconnect)

    def kick(self) -> None:
        """End every TCP connection (FIN)."""
        for client in tuple(self._clients):
            client.kick()

    def abort(self) -> None:
        """Break every TCP connection (RST)."""
        for client in tuple(self._clients):
            client.abort()

    def freeze(self) -> None:
        """Neither read nor write any more, while all connections stay open."""
        self._thawed.clear()
        for client in self._clients:
            if client.request.transport is not None:
                client.request.transport.pause_reading()

    def thaw(self) -> None:
        """Go on where everything stood still."""
        for client in self._clients:
            if client.request.transport is not None:
                client.request.transport.resume_reading()
        self._thawed.set()

    async def _serve(self, client: HubClient) -> None:
        """Shake hands, then hear the client until it leaves."""
        rest = await self._shake_hands(client)
        if rest is None:
            await client.socket.close()
            return
        tail = rest
        while True:
            *records, tail = tail.split(RECORD_END)
            for record in records:
                if not await self._heard(client, record):
                    return
            data = await _receive(client.socket)
            if data is None:
                return
            client.heard = asyncio.get_running_loop().time()
            tail += data

    async def _shake_hands(self, client: HubClient) -> bytes | None:
        """Answer the handshake with the greetings glued to it; None when there is none."""
        data = b""
        try:
            async with asyncio.timeout(self.handshake_timeout):
                while RECORD_END not in data:
                    received = await _receive(client.socket)
                    if received is None:
                        return None
                    data += received
        except TimeoutError:
            return None
        record, _, rest = data.partition(RECORD_END)
        if problem := _handshake_problem(record):
            await client.send_frame(orjson.dumps({"error": problem}) + RECORD_END)
            return None
        greetings = self.on_join(client) if self.on_join is not None else ()
        answer = b"{}" + RECORD_END
        answer += b"".join(invocation(target, argument) for target, argument in greetings)
        await self._thawed.wait()
        client.joined = True  # nothing can come between this and the answer
        await client.send_frame(answer)
        return rest

    async def _heard(self, client: HubClient, record: bytes) -> bool:
        """Handle a record of a client; false when that ends the connection."""
        try:
            message = orjson.loads(record)
        except orjson.JSONDecodeError:
            message = None
        if not isinstance(message, dict):
            await client.close("Connection closed with an error.")
            return False
        client.received.append(message)
        if message.get("type") == 1 and "target" in message:
            await self._invoked(client, message)
        if message.get("type") == 7:
            await client.socket.close()
            return False
        return True

    async def _invoked(self, client: HubClient, message: dict[str, object]) -> None:
        """Run a method and answer when an answer is wanted."""
        target, arguments = str(message["target"]), message.get("arguments")
        answer: dict[str, object] = {"type": 3, "invocationId": message.get("invocationId")}
        try:
            if self.on_invoke is None:
                raise LookupError(target)  # noqa: TRY301 - both ways of not knowing it are one
            listed = arguments if isinstance(arguments, list) else []
            answer["result"] = self.on_invoke(client, target, listed)
        except LookupError:
            answer["error"] = f"Unknown hub method '{target}'"
        if answer["invocationId"] is not None:
            await client.send_frame(orjson.dumps(answer) + RECORD_END)

    async def _keep(self, client: HubClient) -> None:
        """Ping a client, and drop it when nothing was heard from it for too long."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(min(self.keep_alive, self.client_timeout / 4))
            if loop.time() - client.heard >= self.client_timeout:
                await client.close("Connection closed with an error.")
                return
            if client.joined:
                await client.send_frame(_PING)


async def _receive(socket: web.WebSocketResponse) -> bytes | None:
    """Return the data of the next frame, None at the end."""
    message = await socket.receive()
    if message.type is WSMsgType.TEXT:
        return str(message.data).encode()
    return bytes(message.data) if message.type is WSMsgType.BINARY else None


def _handshake_problem(record: bytes) -> str | None:
    """Return what is wrong with a handshake, None when it is good."""
    try:
        message = orjson.loads(record)
    except orjson.JSONDecodeError:
        message = None
    if not isinstance(message, dict) or not isinstance(message.get("protocol"), str):
        return "Handshake was canceled."
    if message["protocol"] != _PROTOCOL:
        return f"The protocol '{message['protocol']}' is not supported."
    version = message.get("version")
    if not isinstance(version, int) or version > _PROTOCOL_VERSION:
        return f"The server does not support version {version} of the '{_PROTOCOL}' protocol."
    return None


def _feeds(request: web.Request) -> set[str]:
    """Return the feeds of the address, in lower case."""
    names = request.query.get("feeds", "").lower().split(",")
    return {name.strip() for name in names if name.strip()}
