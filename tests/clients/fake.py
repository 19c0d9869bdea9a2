"""A small real HTTP server that answers as it is told and remembers what it was asked."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
import json
from pathlib import Path
from urllib.parse import parse_qsl

from aiohttp import web
from aiohttp.test_utils import TestServer
from multidict import CIMultiDict, MultiDict

from custom_components.media_status.clients.readers import JsonValue

FIXTURES = Path(__file__).parent.parent / "fixtures"
CANARY = "canary5ecret5ecret5ecret5ecret00"

type Handler = Callable[[Seen], web.StreamResponse | Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One request that arrived."""

    method: str
    path: str
    query: MultiDict[str]
    headers: CIMultiDict[str]
    body: bytes
    request: web.BaseRequest = field(repr=False)

    def json(self) -> JsonValue:
        """Return the parsed body."""
        value: JsonValue = json.loads(self.body)
        return value

    @property
    def form(self) -> dict[str, str]:
        """Return the form fields of the body."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


class FakeService:
    """Routes by method and path; several answers to one route are given in order."""

    def __init__(self) -> None:
        """Start without routes."""
        self.seen: list[Seen] = []
        self._routes: dict[tuple[str, str], list[Handler]] = {}
        self.server = TestServer(web.Application())
        self.server.app.router.add_route("*", "/{tail:.*}", self._handle)

    @property
    def url(self) -> str:
        """Return the address of the server."""
        return str(self.server.make_url("/"))

    def on(self, method: str, path: str, *handlers: Handler) -> None:
        """Answer a route with handlers in order; the last one stays."""
        self._routes[method, path] = list(handlers)

    def answer(
        self,
        method: str,
        path: str,
        *bodies: JsonValue,
        status: int = 200,
        headers: dict[str, str] | None = None,
    ) -> None:
        """Answer a route with JSON bodies in order; the last one stays."""

        def handler(body: JsonValue) -> Handler:
            return lambda _: web.json_response(body, status=status, headers=headers)

        self.on(method, path, *(handler(body) for body in bodies))

    def text(self, method: str, path: str, text: str, *, status: int = 200) -> None:
        """Answer a route with plain text."""
        self.on(method, path, lambda _: web.Response(text=text, status=status))

    def paths(self, method: str | None = None) -> list[str]:
        """Return the paths that were asked for."""
        return [seen.path for seen in self.seen if method in {None, seen.method}]

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        """Remember a request and answer it."""
        seen = Seen(
            method=request.method,
            path=request.path,
            query=MultiDict(request.query),
            headers=CIMultiDict(request.headers),
            body=await request.read(),
            request=request,
        )
        self.seen.append(seen)
        handlers = self._routes.get((request.method, request.path))
        if handlers is None:
            return web.json_response({"message": "no such route"}, status=404)
        handler = handlers.pop(0) if len(handlers) > 1 else handlers[0]
        result = handler(seen)
        return result if isinstance(result, web.StreamResponse) else await result


def sample(name: str) -> JsonValue:
    """Return a recorded or constructed sample."""
    value: JsonValue = json.loads((FIXTURES / name).read_text(encoding="utf-8"))
    return value


def recorded(name: str) -> JsonValue:
    """Return the answer's body of a recorded exchange."""
    raw = sample(name)
    assert isinstance(raw, dict)
    response = raw["response"]
    assert isinstance(response, dict)
    return response["body"]
