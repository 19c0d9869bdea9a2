"""A running household and a receiver of its webhooks."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
import json

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
import pytest

from simulator import Simulator


@dataclass(slots=True, kw_only=True)
class Received:
    """One webhook that arrived."""

    body: dict[str, object]
    raw: bytes
    headers: dict[str, str]
    method: str


@dataclass(slots=True, kw_only=True)
class Receiver:
    """Somebody who listens to webhooks."""

    url: str = ""
    status: int = 200
    received: list[Received] = field(default_factory=list)

    def bodies(self, word: str) -> list[dict[str, object]]:
        """Return the bodies of one event."""
        keys = ("eventType", "notification_type", "NotificationType")
        return [row.body for row in self.received if any(row.body.get(key) == word for key in keys)]

    def last(self, word: str) -> dict[str, object]:
        """Return the last body of one event."""
        return self.bodies(word)[-1]

    async def handle(self, request: web.Request) -> web.Response:
        """Take a webhook."""
        raw = await request.read()
        body = json.loads(raw or b"{}")
        self.received.append(
            Received(body=body, raw=raw, headers=dict(request.headers), method=request.method)
        )
        return web.Response(status=self.status)


@pytest.fixture
async def receiver(socket_enabled: None) -> AsyncGenerator[Receiver]:
    """Listen for webhooks on loopback."""
    listener = Receiver()
    app = web.Application()
    app.router.add_route("*", "/hook", listener.handle)
    server = TestServer(app)
    await server.start_server()
    listener.url = str(server.make_url("/hook"))
    yield listener
    await server.close()


@pytest.fixture
async def http(socket_enabled: None) -> AsyncGenerator[aiohttp.ClientSession]:
    """Return a session that keeps no cookies by itself."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


@pytest.fixture
async def sim(socket_enabled: None) -> AsyncGenerator[Simulator]:
    """Return a running household with a second, 4K Radarr."""
    services = ["seerr", "radarr", "radarr:radarr4k", "sonarr", "qbittorrent", "jellyfin"]
    async with Simulator(profile="tiny", seed=1, services=services) as simulator:
        yield simulator


@pytest.fixture
def listening(sim: Simulator, receiver: Receiver) -> Simulator:
    """Return the household with every sender pointed at the receiver."""
    for arr in (sim.radarr, sim.sonarr):
        arr.notifications.register(receiver.url)
    sim.seerr.slot.register(receiver.url)
    sim.jellyfin.plugin.register(receiver.url)
    return sim


@dataclass(slots=True)
class Reader:
    """Read the APIs with the right key."""

    sim: Simulator
    session: aiohttp.ClientSession

    async def get(self, name: str, path: str, status: int = 200) -> object:
        """Return the parsed answer of one GET."""
        key = self.sim.api_key(name)
        headers = {"X-Api-Key": key}
        if name == "jellyfin":
            headers = {"Authorization": f'MediaBrowser Token="{key}"'}
        elif name == "qbittorrent":
            headers = {"Authorization": f"Bearer {key}"}
        async with self.session.get(f"{self.sim.url(name)}{path}", headers=headers) as answer:
            assert answer.status == status
            text = await answer.text()
        return json.loads(text) if text.startswith(("{", "[", '"')) else text


@pytest.fixture
def read(sim: Simulator, http: aiohttp.ClientSession) -> Reader:
    """Return a reader of the household's APIs."""
    return Reader(sim, http)
