"""Connections to services that list what a test tells them, however odd."""

from collections.abc import Callable
from datetime import UTC, datetime

import aiohttp
from aiohttp import web

from custom_components.media_status.clients.jellyfin import JellyfinClient
from custom_components.media_status.clients.radarr import RadarrClient
from custom_components.media_status.clients.readers import JsonObject, JsonValue
from custom_components.media_status.clients.seerr import SeerrClient
from custom_components.media_status.clients.shoko import ShokoClient
from custom_components.media_status.clients.sonarr import SonarrClient
from custom_components.media_status.connections.base import Connection
from custom_components.media_status.connections.jellyfin import JellyfinConnection
from custom_components.media_status.connections.radarr import RadarrConnection
from custom_components.media_status.connections.seerr import SeerrConnection
from custom_components.media_status.connections.shoko import ShokoConnection
from custom_components.media_status.connections.sonarr import SonarrConnection
from tests.clients.fake import FakeService, Seen

from .cataloguing import Shelf

NOW = datetime(2026, 9, 20, 19, 0, tzinfo=UTC)


async def read(connection: Connection) -> Shelf:
    """Read everything."""
    shelf = Shelf()
    await shelf.read(connection, NOW)
    return shelf


def paged(
    rows: list[JsonValue], member: str, total: Callable[[int], JsonObject]
) -> Callable[[Seen], web.Response]:
    """Answer as a list with pages."""

    def answer(seen: Seen) -> web.Response:
        start = int(seen.query.get("startIndex", seen.query.get("skip", "0")))
        limit = int(seen.query.get("limit", seen.query.get("take", "1000")))
        return web.json_response({member: rows[start : start + limit], **total(len(rows))})

    return answer


def radarr(service: FakeService, session: aiohttp.ClientSession, *rows: JsonValue) -> Connection:
    """Return a connection to a Radarr that lists these."""
    service.answer("GET", "/api/v3/movie", [*rows])
    return RadarrConnection("radarr", RadarrClient(session, service.url, "key"))


def jellyfin(service: FakeService, session: aiohttp.ClientSession, *rows: JsonValue) -> Connection:
    """Return a connection to a Jellyfin that lists these."""
    service.on("GET", "/Items", paged([*rows], "Items", lambda n: {"TotalRecordCount": n}))
    return JellyfinConnection("jellyfin", JellyfinClient(session, service.url, "key"))


def seerr(service: FakeService, session: aiohttp.ClientSession, *rows: JsonValue) -> Connection:
    """Return a connection to a Seerr that lists these."""

    def total(count: int) -> JsonObject:
        return {"pageInfo": {"results": count}}

    service.on("GET", "/api/v1/request", paged([], "results", total))
    service.on("GET", "/api/v1/media", paged([*rows], "results", total))
    return SeerrConnection("seerr", SeerrClient(session, service.url, "key"))


def shoko(service: FakeService, session: aiohttp.ClientSession, *rows: JsonValue) -> Connection:
    """Return a connection to a Shoko that lists these."""
    service.on("GET", "/api/v3/File", paged([*rows], "List", lambda n: {"Total": n}))
    return ShokoConnection("shoko", ShokoClient(session, service.url, "key"))


def sonarr(
    service: FakeService,
    session: aiohttp.ClientSession,
    series: list[JsonValue],
    episodes: list[JsonValue],
) -> Connection:
    """Return a connection to a Sonarr that lists these."""
    service.answer("GET", "/api/v3/series", series)
    service.answer("GET", "/api/v3/episode", episodes)
    return SonarrConnection("sonarr", SonarrClient(session, service.url, "key"))
