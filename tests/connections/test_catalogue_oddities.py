"""What no service should say is counted and named; nothing is lost by it, nothing made up."""

import asyncio
from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest

from custom_components.media_status.clients.errors import BadAnswer
from custom_components.media_status.clients.qbittorrent import QBittorrentClient
from custom_components.media_status.clients.readers import JsonObject, JsonValue
from custom_components.media_status.connections.base import Connection
from custom_components.media_status.connections.qbittorrent import QBittorrentConnection
from custom_components.media_status.lifecycle.library import EntryKind
from custom_components.media_status.lifecycle.model import ProviderIds
from tests.clients.fake import FakeService

from .listing import jellyfin, radarr, read, seerr, shoko, sonarr

FILM: JsonObject = {
    "id": 1,
    "title": "A Film",
    "tmdbId": 11,
    "imdbId": "tt0000011",
    "hasFile": True,
    "movieFile": {"id": 9, "path": "/films/A Film (2001)/a.mkv", "size": 5},
}
LOST: list[JsonValue] = [{"title": "Lost"}] * 50


@pytest.fixture
async def service(socket_enabled: None) -> AsyncIterator[FakeService]:
    """Run a fake service."""
    fake = FakeService()
    await fake.server.start_server()
    yield fake
    await fake.server.close()


@pytest.fixture
async def session(socket_enabled: None) -> AsyncIterator[aiohttp.ClientSession]:
    """Open a session."""
    async with aiohttp.ClientSession() as opened:
        yield opened
    await asyncio.get_running_loop().shutdown_default_executor()


async def test_unusable_films_are_counted_and_named(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """What is usable is told all the same."""
    odd: list[JsonValue] = [
        {"title": "Nameless"},
        {"id": "x", "title": "Wordy"},
        {"id": -4, "title": "Negative"},
        None,
        "text",
        FILM,
    ]
    shelf = await read(radarr(service, session, FILM, *odd))
    assert list(shelf.index) == [(EntryKind.MOVIE, "1")]
    assert shelf.dropped == len(odd)
    assert shelf.problems == [
        "a film (Nameless): it has no id",
        "a film (Wordy): it has no id",
        "a film (Negative): it has no id",
        "a film: it has an unknown form",
        "a film: it has an unknown form",
        "movie 1: it is listed twice",
    ]


@pytest.mark.parametrize(
    ("member", "value", "expected"),
    [
        ("tmdbId", "abc", ProviderIds(imdb="tt0000011")),
        ("tmdbId", {}, ProviderIds(imdb="tt0000011")),
        ("tmdbId", -5, ProviderIds(imdb="tt0000011")),
        ("tmdbId", 1.5, ProviderIds(imdb="tt0000011")),
        ("tmdbId", True, ProviderIds(imdb="tt0000011")),
        ("imdbId", "11", ProviderIds(tmdb=11)),
        ("imdbId", ["tt0000011"], ProviderIds(tmdb=11)),
    ],
)
async def test_a_number_that_cannot_be_read_is_none(
    service: FakeService,
    session: aiohttp.ClientSession,
    member: str,
    value: JsonValue,
    expected: ProviderIds,
) -> None:
    """The film stays, without it, and that is said."""
    shelf = await read(radarr(service, session, {**FILM, member: value}))
    assert shelf.index[EntryKind.MOVIE, "1"].ids == expected
    assert shelf.dropped == 0
    assert len(shelf.problems) == 1
    assert shelf.problems[0].startswith("a film 1 (A Film): its ")


@pytest.mark.parametrize("value", [0, "0", "", None])
async def test_no_number_is_no_problem(
    service: FakeService, session: aiohttp.ClientSession, value: JsonValue
) -> None:
    """The services write 0 and nothing for "none"."""
    shelf = await read(radarr(service, session, {**FILM, "tmdbId": value}))
    assert shelf.index[EntryKind.MOVIE, "1"].ids == ProviderIds(imdb="tt0000011")
    assert not shelf.problems


async def test_few_problems_are_named_all_are_counted(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """A page complains about twenty elements at most."""
    shelf = await read(radarr(service, session, FILM, *LOST))
    assert shelf.dropped == 50
    assert len(shelf.problems) == 20


async def test_a_title_cannot_break_a_message(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """What is foreign is cut and cleaned."""
    title = "Bad\u202e\n\x07" + "x" * 5000
    shelf = await read(radarr(service, session, FILM, {"title": title}))
    assert len(shelf.problems[0]) < 200
    assert shelf.problems[0].isprintable()


def everything_odd(
    service: FakeService, session: aiohttp.ClientSession
) -> dict[str, Callable[[], Connection]]:
    """Return connections that list nothing usable."""
    odd: list[JsonValue] = [{"Name": "x"}, None, 5]
    return {
        "radarr": lambda: radarr(service, session, *odd),
        "sonarr": lambda: sonarr(service, session, odd, []),
        "jellyfin": lambda: jellyfin(service, session, *odd),
        "shoko": lambda: shoko(service, session, *odd),
        "seerr": lambda: seerr(service, session, *odd),
    }


@pytest.mark.parametrize("name", ["radarr", "sonarr", "jellyfin", "shoko", "seerr"])
async def test_nothing_usable_is_another_format(
    service: FakeService, session: aiohttp.ClientSession, name: str
) -> None:
    """It never looks like an empty library."""
    with pytest.raises(BadAnswer):
        await read(everything_odd(service, session)[name]())


def nothing(
    service: FakeService, session: aiohttp.ClientSession
) -> dict[str, Callable[[], Connection]]:
    """Return connections that list nothing."""
    return {
        "radarr": lambda: radarr(service, session),
        "sonarr": lambda: sonarr(service, session, [], []),
        "jellyfin": lambda: jellyfin(service, session),
        "shoko": lambda: shoko(service, session),
        "seerr": lambda: seerr(service, session),
        "qbittorrent": lambda: QBittorrentConnection(
            "client", QBittorrentClient(session, service.url, username="u", password="p")
        ),
    }


@pytest.mark.parametrize("name", ["radarr", "sonarr", "jellyfin", "shoko", "seerr", "qbittorrent"])
async def test_an_empty_library(
    service: FakeService, session: aiohttp.ClientSession, name: str
) -> None:
    """It is read to its end, and complete."""
    shelf = await read(nothing(service, session)[name]())
    assert shelf.index == {}
    assert shelf.cursor is not None
    assert shelf.dropped == 0
