"""What every simulated service shares: its socket, its fault dial, its counters."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from email.utils import format_datetime
import logging

from aiohttp import web
import orjson

from .clock import SimClock
from .faults import Faults
from .webhooks import Courier
from .world import World

_LOGGER = logging.getLogger(__name__)

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
type Inspector = Callable[["Service", web.Request, web.Response], None]


class Service:
    """One running instance of a program."""

    kind = ""
    version = ""

    def __init__(self, world: World, name: str, *, calls: Counter[tuple[str, str]]) -> None:
        """Belong to a world under a name that is unique in it."""
        self.world = world
        self.name = name
        self.clock: SimClock = world.clock
        self.calls = calls
        self.faults = Faults(rng=world.dice(f"faults:{name}"))
        self.courier = Courier(world.clock, self.faults, ordered=self.kind != "seerr")
        self.api_key = world.hex(f"key:{name}", 32)
        self.host = "127.0.0.1"
        self.port = 0
        self.inspector: Inspector | None = None
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None

    @property
    def url(self) -> str:
        """Return the base address."""
        return f"http://{self.host}:{self.port}"

    @property
    def running(self) -> bool:
        """Whether connections are accepted."""
        return self._site is not None

    def now(self) -> datetime:
        """Return the time by this service's own clock."""
        return self.clock.now() + self.faults.clock_skew

    def routes(self) -> Iterable[web.RouteDef]:
        """Return the routes of the program's API."""
        return ()

    async def authorize(self, request: web.Request) -> web.StreamResponse | None:
        """Return the refusal for a request without the right key, None to let it pass."""
        return None

    def starting_response(self) -> web.Response:
        """Return what the program answers while it starts."""
        return web.Response(status=503)

    def unknown_route(self, request: web.Request) -> web.Response:
        """Return what the program answers to a path it does not have."""
        return web.Response(status=404)

    def lose_sessions(self) -> None:
        """Forget what does not survive a restart."""

    async def start(self, port: int = 0) -> None:
        """Listen on loopback, on the given port or a free one."""
        app = web.Application(middlewares=[self._middleware], client_max_size=8 * 1024**2)
        app.add_routes(self.routes())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        self._site = web.TCPSite(self._runner, self.host, port or self.port, reuse_address=True)
        await self._site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Refuse connections and cut those that are open."""
        if self._runner is not None:
            await self._runner.cleanup()
        self._runner = self._site = None

    @web.middleware
    async def _middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self._count(request)
        response = await self._before(request)
        if response is None:
            try:
                response = await handler(request)
            except web.HTTPNotFound:
                response = self.unknown_route(request)
            except web.HTTPMethodNotAllowed:
                response = web.Response(status=405, text="Method Not Allowed")
        if isinstance(response, web.Response) and not response.prepared:
            if self.inspector is not None:
                self.inspector(self, request, response)
            response.headers["Date"] = format_datetime(self.now(), usegmt=True)
            self._halve(response)
        return response

    async def _before(self, request: web.Request) -> web.StreamResponse | None:
        if self.faults.slow:
            await asyncio.sleep(self.faults.slow)
        if self.faults.starting:
            return self.starting_response()
        if status := self.faults.failing_status():
            return web.Response(status=status, text="simulated fault")
        return await self.authorize(request)

    def _count(self, request: web.Request) -> None:
        resource = request.match_info.route.resource
        path = resource.canonical if resource is not None else request.path
        self.calls[self.name, f"{request.method} {path}"] += 1

    def _halve(self, response: web.Response) -> None:
        if self.faults.half and isinstance(response.body, bytes) and len(response.body) > 2:
            response.body = response.body[: len(response.body) // 2]


def json_response(body: object, status: int = 200) -> web.Response:
    """Answer JSON in the compact form the real programs use."""
    return raw_json(orjson.dumps(body), status)


def raw_json(body: bytes, status: int = 200) -> web.Response:
    """Answer JSON that is serialised already."""
    return web.Response(
        body=body, status=status, headers={"Content-Type": "application/json; charset=utf-8"}
    )


async def read_object(request: web.Request) -> dict[str, object]:
    """Read a JSON object from the body; anything else reads as empty."""
    try:
        body = orjson.loads(await request.read() or b"{}")
    except orjson.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}


def query_int(request: web.Request, name: str, default: int) -> int:
    """Read a number from the query, the default when it is missing or no number."""
    try:
        return int(request.query.get(name, default))
    except ValueError:
        return default


def query_flag(request: web.Request, name: str) -> bool:
    """Read a boolean from the query."""
    return request.query.get(name, "").lower() == "true"
