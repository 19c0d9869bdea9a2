"""Stand in for whoever had Seerr's only webhook before us."""

import ast
import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
import json
from pathlib import Path
from typing import Any, cast

from aiohttp import web
from aiohttp.test_utils import TestServer

from homeassistant import components

AUTH = "Bearer canary-of-the-owner"
OWN_TEMPLATE = json.dumps(
    {"title": "{{subject}}", "event": "fixed", "who": "{{requestedBy_email}}"}, indent=1
)


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What came."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(kw_only=True)
class Owner:
    """A receiver that answers as it is told and keeps what came."""

    url: str = ""
    status: int = 200
    location: str | None = None
    gate: asyncio.Event | None = None  # answers wait for it
    letters: list[Letter] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.Response:
        """Keep what came and answer."""
        body = await request.read()
        self.letters.append(Letter(path=request.path, headers=dict(request.headers), body=body))
        self.arrived.set()
        if self.gate is not None:
            await self.gate.wait()
        headers = {"Location": self.location} if self.location else {}
        return web.Response(status=self.status, headers=headers)

    async def letter(self, count: int = 1) -> Letter:
        """Wait for so many letters; return the last."""
        while len(self.letters) < count:
            self.arrived.clear()
            async with asyncio.timeout(10):
                await self.arrived.wait()
        return self.letters[-1]


@asynccontextmanager
async def owner() -> AsyncIterator[Owner]:
    """Run a receiver."""
    found = Owner()
    app = web.Application()
    app.router.add_post("/{path:.*}", found.take)
    async with TestServer(app) as server:
        found.url = str(server.make_url("/api/webhook/core-secret-id"))
        yield found
        if found.gate is not None:
            found.gate.set()


def _core(name: str) -> ast.Module:
    path = Path(components.__path__[0]) / "overseerr" / name
    return ast.parse(path.read_text("utf-8"))


def core_template() -> str:
    """Return the template that Home Assistant's own integration writes."""
    for node in _core("const.py").body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "JSON_PAYLOAD":
            return str(ast.literal_eval(node.value))
    raise AssertionError("the integration has changed")


def core_reads(body: bytes) -> dict[str, Any]:
    """Return what Home Assistant's own integration makes of a body, by its own code.

    Only the function is taken: the library that the module imports is not installed.
    """
    (function,) = (
        node
        for node in _core("event.py").body
        if isinstance(node, ast.FunctionDef) and node.name == "parse_event"
    )
    names: dict[str, object] = {"Any": Any}
    exec(  # noqa: S102 - Home Assistant's own code
        compile(ast.Module([function], []), "event.py", "exec"), names
    )
    parse = cast("Callable[[dict[str, Any], list[str]], dict[str, Any]]", names["parse_event"])
    return parse(json.loads(body), ["comment", "issue"])
