"""A real client that is answered with recorded lists of torrents."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
import pytest

from custom_components.media_status.clients.qbittorrent import QBittorrentClient
from custom_components.media_status.connections.base import SurveyContext, WantedTitle
from custom_components.media_status.connections.qbittorrent import QBittorrentConnection
from custom_components.media_status.lifecycle.model import JsonObject, MediaType, ProviderIds, Stage

FIXTURES = Path(__file__).parents[2] / "fixtures" / "qbittorrent"
NOW = datetime(2026, 9, 20, 19, 0, tzinfo=UTC)


class Replay:
    """A qBittorrent without sign-in that answers what it is given, in order."""

    def __init__(self) -> None:
        """Start without answers."""
        self.answers: list[JsonObject | int] = []
        self.calls: list[str] = []
        app = web.Application()
        app.router.add_get("/api/v2/app/version", self._version)
        app.router.add_get("/api/v2/app/webapiVersion", self._web_api)
        app.router.add_get("/api/v2/sync/maindata", self._maindata)
        self.server = TestServer(app)

    async def _version(self, request: web.Request) -> web.Response:
        return web.Response(text="v5.3.0")

    async def _web_api(self, request: web.Request) -> web.Response:
        return web.Response(text="2.16.2")

    async def _maindata(self, request: web.Request) -> web.Response:
        self.calls.append(str(request.rel_url))
        answer = self.answers.pop(0)
        if isinstance(answer, int):
            return web.Response(status=answer)
        return web.json_response(answer)

    def answer_torrents(self, torrents: dict[str, JsonObject]) -> None:
        """Answer the next survey with exactly these torrents."""
        self.answers.append({"rid": 1, "full_update": True, "torrents": dict(torrents)})


@pytest.fixture
async def replay(socket_enabled: None) -> AsyncIterator[Replay]:
    """Run the replayed qBittorrent."""
    service = Replay()
    await service.server.start_server()
    yield service
    await service.server.close()


@pytest.fixture
async def connection(replay: Replay) -> AsyncIterator[QBittorrentConnection]:
    """Connect to it."""
    async with aiohttp.ClientSession() as session:
        client = QBittorrentClient(session, str(replay.server.make_url("/")))
        yield QBittorrentConnection("qbit", client)


def wanted(*downloads: str, now: datetime = NOW) -> SurveyContext:
    """Return the question about one request with these downloads."""
    title = WantedTitle(
        request_id="r1",
        media_type=MediaType.MOVIE,
        ids=ProviderIds(tmdb=693134),
        opened_at=now,
        stage=Stage.DOWNLOADING,
        downloads=frozenset(downloads),
    )
    return SurveyContext(now=now, wanted=(title,))
