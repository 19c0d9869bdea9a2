"""What every simulated service shares: its socket, its fault dial, its counters."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from contextvars import ContextVar
from datetime import datetime
from email.utils import format_datetime

from aiohttp import web
import orjson

from .call_log import Call, noted
from .clock import SimClock
from .faults import Faults, WriteFault
from .webhooks import Courier
from .world import World

# Set while a call is handled whose files are to stay although the answer says otherwise.
FILES_STAY: ContextVar[bool] = ContextVar("FILES_STAY", default=False)

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
        self.spoil: dict[str, Callable[[object], object]] = {}  # by path: what is said instead
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

    @property
    def writes(self) -> list[Call]:
        """Return the calls so far that change something, oldest first."""
        return [call for call in self.world.log if call.service == self.name]

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
        call = await noted(request, self.name, self.kind)
        if call is not None:
            self.world.log.append(call)
        response = await self._before(request)
        if response is None:
            response = await self._act(request, handler, call)
        elif call is not None:
            call.status = response.status
        if isinstance(response, web.Response) and not response.prepared:
            if self.inspector is not None:
                self.inspector(self, request, response)
            self._spoil(request, response)
            response.headers["Date"] = format_datetime(self.now(), usegmt=True)
            self._halve(request, response)
        return response

    async def _act(
        self, request: web.Request, handler: Handler, call: Call | None
    ) -> web.StreamResponse:
        """Do what is asked, unless a fault comes between."""
        if call is None:
            return await self._handle(request, handler)
        fault = self.faults.strike(call)
        trouble = call.trouble = fault.trouble if fault is not None else None
        if fault is not None and trouble in {"refused", "cut"}:
            return self._refuse(request, call, fault)
        FILES_STAY.set(trouble == "stays")
        call.reached = True
        response = await self._handle(request, handler)
        call.status = response.status
        if fault is None or trouble == "stays":
            return response
        if trouble == "failed":
            call.status = fault.status
            return web.Response(status=fault.status, text="simulated fault")
        call.status = None
        if trouble == "hang":
            await _left(request)
        _hang_up(request)
        return response

    def _refuse(self, request: web.Request, call: Call, fault: WriteFault) -> web.Response:
        if fault.trouble == "cut":
            _hang_up(request)
        else:
            call.status = fault.status
        return web.Response(status=fault.status, text="simulated fault")

    async def _handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPNotFound:
            return self.unknown_route(request)
        except web.HTTPMethodNotAllowed:
            return web.Response(status=405, text="Method Not Allowed")
        except web.HTTPBadRequest as refusal:
            return web.Response(status=400, text=refusal.text)

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

    def _spoil(self, request: web.Request, response: web.Response) -> None:
        change = self.spoil.get(request.path)
        if change is not None and response.status == 200 and isinstance(response.body, bytes):
            response.body = orjson.dumps(change(orjson.loads(response.body)))

    def _halve(self, request: web.Request, response: web.Response) -> None:
        body = response.body
        if isinstance(body, bytes) and len(body) > 2 and self.faults.is_halved(request.path):
            response.body = body[: len(body) // 2]


def _hang_up(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


async def _left(request: web.Request) -> None:
    """Wait until the caller is gone."""
    while request.transport is not None and not request.transport.is_closing():
        await asyncio.sleep(0.02)


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
