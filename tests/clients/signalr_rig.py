"""The hub's side of the fault table: a simulated hub behind a door that may refuse."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
import ssl

from aiohttp import web
from yarl import URL

from simulator.signalr_hub import HubClient, SignalRHub

from .signalr_process import EVENT, GREETING, KEEP_ALIVE

PATH = "/signalr/aggregate"

type _Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Rig:
    """A hub on a fixed loopback port; it greets glued to the handshake."""

    def __init__(
        self, port: int, *, keep_alive: float = KEEP_ALIVE, negotiate_version: int = 1
    ) -> None:
        """Plan; `start` listens."""
        self.port = port
        self.hub = SignalRHub(
            on_join=lambda _: [(GREETING, None)],
            keep_alive=keep_alive,
            negotiate_version=negotiate_version,
        )
        self.key: str | None = None  # the key that is asked for
        self.seen: list[URL] = []
        self.codes: list[int | None] = []  # the websocket's close code of each that left
        self.left = asyncio.Event()
        self._refusals: list[int] = []
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Return the address of the hub."""
        return f"http://127.0.0.1:{self.port}{PATH}?feeds=shoko,file"

    @property
    def client(self) -> HubClient:
        """Return the only client."""
        (client,) = self.hub.clients
        return client

    def refuse(self, status: int, times: int) -> None:
        """Answer the next calls with a status instead."""
        self._refusals += [status] * times

    async def send(self, number: int) -> None:
        """Tell all an event."""
        await self.hub.send(EVENT, {"n": number})

    async def start(self, certificate: ssl.SSLContext | None = None) -> None:
        """Listen."""
        app = web.Application(middlewares=[self._door])
        app.router.add_get(PATH, self._handle)
        app.router.add_post(f"{PATH}/negotiate", self.hub.negotiate)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(
            self._runner, "127.0.0.1", self.port, reuse_address=True, ssl_context=certificate
        )
        await site.start()

    async def stop(self) -> None:
        """Cut everything and listen no more."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        response = await self.hub.handle(request)
        if isinstance(response, web.WebSocketResponse):
            self.codes.append(response.close_code)
            self.left.set()
        return response

    @web.middleware
    async def _door(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        self.seen.append(request.url)
        if self._refusals:
            return web.Response(status=self._refusals.pop(0))
        if self.key is not None and request.headers.get("apikey") != self.key:
            return web.Response(status=401)
        return await handler(request)


@asynccontextmanager
async def listener(
    port: int, accept: Callable[[asyncio.StreamWriter], None]
) -> AsyncIterator[asyncio.Server]:
    """Listen without ever answering; `accept` decides what becomes of a connection."""
    writers: list[asyncio.StreamWriter] = []

    async def accepted(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        accept(writer)

    server = await asyncio.start_server(accepted, "127.0.0.1", port)
    try:
        yield server
    finally:
        server.close()
        for writer in writers:
            writer.close()
