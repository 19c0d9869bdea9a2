"""Numbers, places and states of all services become the library's, none of them by a guess."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from custom_components.media_status.clients.readers import JsonObject, JsonValue
from custom_components.media_status.connections.base import Connection
from custom_components.media_status.lifecycle.library import EntryKind, LibraryEntry
from custom_components.media_status.lifecycle.model import ItemKey, ProviderIds
from tests.clients.fake import FakeService

from .listing import jellyfin, read, seerr, shoko, sonarr

HEX = "0123456789abcdef0123456789abcdef"


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


def episode(number: int, **members: JsonValue) -> JsonObject:
    """Return an episode of the series 1."""
    return {"id": number, "seriesId": 1, "seasonNumber": 1, "episodeNumber": number} | members


async def test_odd_seasons_are_seasons(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """Years, specials and what lies before the first are numbers like others."""
    rows: list[JsonValue] = [
        episode(1, seasonNumber=2024),
        episode(2, seasonNumber=0),
        episode(3, seasonNumber=-2),
        episode(4, seasonNumber=-1, episodeNumber=-1),
        episode(5, seasonNumber=None),
        episode(6, absoluteEpisodeNumber=1106),
    ]
    shelf = await read(sonarr(service, session, [{"id": 1, "title": "Show"}], rows))
    assert {entry.own_id: entry.item for entry in shelf.of(EntryKind.EPISODE)} == {
        "1": ItemKey(2024, 1),
        "2": ItemKey(0, 2),
        "3": ItemKey(-2, 3),
        "4": None,
        "5": None,
        "6": ItemKey(1, 6),
    }
    assert shelf.dropped == 0
    assert len(shelf.problems) == 2


async def test_episodes_of_others_are_not_taken(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """A service that ignores what it was asked for does not mix series."""
    rows: list[JsonValue] = [episode(1), episode(2, seriesId=2), {"id": 3}, episode(4, id=None)]
    series: list[JsonValue] = [{"id": 1, "title": "Show"}]
    shelf = await read(sonarr(service, session, series, rows))
    assert [entry.own_id for entry in shelf.of(EntryKind.EPISODE)] == ["1"]
    assert shelf.dropped == 2


def item(number: str = HEX, **members: JsonValue) -> JsonObject:
    """Return a film of Jellyfin."""
    return {
        "Id": number,
        "Type": "Movie",
        "Name": "A Film",
        "LocationType": "FileSystem",
        "Path": "/films/a.mkv",
        **members,
    }


async def only(connection: Connection) -> LibraryEntry:
    """Return the only entry."""
    (entry,) = (await read(connection)).index.values()
    return entry


@pytest.mark.parametrize(
    "members",
    [{"Path": None}, {"LocationType": "Virtual"}, {"Path": " "}, {"IsFolder": True}],
)
async def test_what_is_only_known_cannot_be_played(
    service: FakeService, session: aiohttp.ClientSession, members: JsonObject
) -> None:
    """An item can have the right ids and no file."""
    members |= {"ProviderIds": {"Tmdb": "916224"}}
    found = await only(jellyfin(service, session, item() | members))
    assert found.present is False
    assert found.ids.tmdb == 916224


async def test_odd_items(service: FakeService, session: aiohttp.ClientSession) -> None:
    """Foreign ids, foreign kinds, and numbers that Shokofin has marked."""
    rows: list[JsonValue] = [
        item(),
        item("f" * 32, ProviderIds={"tMdB": "0042", "Imdb": "nm1", "Tvdb": "t77"}),
        item("not-an-id"),
        item("a" * 32, Type="Photo"),
        item("b" * 32, ProviderIds=["tmdb"]),
        item("c" * 32, ProviderIds={"AniDB": "17617", "Shoko Series": "5", "Shoko File": "8"}),
    ]
    shelf = await read(jellyfin(service, session, *rows))
    assert shelf.dropped == 2
    assert len(shelf.problems) == 5
    assert shelf.index[EntryKind.MOVIE, "f" * 32].ids == ProviderIds(tmdb=42)
    marked = shelf.index[EntryKind.MOVIE, "c" * 32]
    assert (marked.anidb, marked.shoko, marked.details) == (17617, 5, {"shoko_files": "8"})


async def test_a_file_of_several_episodes(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """The first is its number, the last is told; AniDB's number is the episode's."""
    found = await only(
        jellyfin(
            service,
            session,
            item(
                Type="Episode",
                SeriesId="d" * 32,
                ParentIndexNumber=1,
                IndexNumber=3,
                IndexNumberEnd=4,
                ProviderIds={"AniDB": "277518"},
            ),
        )
    )
    assert (found.series_id, found.item, found.anidb) == ("d" * 32, ItemKey(1, 3), None)
    assert found.details == {"number_end": "4", "anidb_episode": "277518"}


def location(path: str, *, there: bool = True, absolute: str | None = None) -> JsonObject:
    """Return a place of a file."""
    return {"RelativePath": path, "AbsolutePath": absolute, "IsAccessible": there}


async def test_files_of_shoko(service: FakeService, session: aiohttp.ClientSession) -> None:
    """Films and series of TMDB are not mixed up, and the place that is there comes first."""
    names: JsonObject = {
        "SeriesID": {"ID": 5, "AniDB": 17617, "TMDB": {"Show": [], "Movie": [128]}},
        "EpisodeIDs": [{"ID": 9, "AniDB": 277518, "TMDB": {"Movie": [128], "Episode": []}}],
    }
    rows: list[JsonValue] = [
        {
            "ID": 1,
            "Size": 77,
            "SeriesIDs": [names],
            "Locations": [
                location("/old/a.mkv", there=False),
                location("new/a.mkv", absolute="/mnt/anime/new/a.mkv"),
            ],
        },
        {"ID": 2, "SeriesIDs": [], "Locations": [location("b/b.mkv", there=False)]},
        {"ID": 3, "Locations": []},
    ]
    shelf = await read(shoko(service, session, *rows))
    film, unmatched, unknown = shelf.of(EntryKind.FILE)
    assert (film.path, film.size, film.present) == ("/mnt/anime/new/a.mkv", 77, True)
    assert (film.ids, film.anidb, film.shoko) == (ProviderIds(), 17617, 5)
    assert film.details == {
        "match": "matched",
        "anime": "17617",
        "anidb_episodes": "277518",
        "shoko_episodes": "9",
        "tmdb_movies": "128",
        "other_paths": "old/a.mkv",
    }
    assert (unmatched.present, unmatched.details) == (False, {"match": "unmatched"})
    assert (unknown.present, unknown.details) == (False, {})


@pytest.mark.parametrize(
    ("members", "present"),
    [
        ({"status": 5}, True),
        ({"status": 4}, True),
        ({"status": 1, "status4k": 5}, True),
        ({"status": 3, "status4k": 1}, False),
        ({"status": 6}, False),
        ({"status": 7}, False),
        ({"status": 99}, None),
        ({}, None),
    ],
)
async def test_what_seerr_believes(
    service: FakeService,
    session: aiohttp.ClientSession,
    members: JsonObject,
    *,
    present: bool | None,
) -> None:
    """A status that nobody knows says nothing."""
    media: JsonObject = {"id": 3, "mediaType": "movie", "tmdbId": 11, **members}
    assert (await only(seerr(service, session, media))).present is present


async def test_odd_titles_of_seerr(service: FakeService, session: aiohttp.ClientSession) -> None:
    """The first server has the number 0; other kinds are left out."""
    rows: list[JsonValue] = [
        {
            "id": 3,
            "mediaType": "tv",
            "tmdbId": 11,
            "tvdbId": None,
            "status": 4,
            "serviceId": 0,
            "externalServiceId": 12,
            "serviceId4k": 1,
            "externalServiceId4k": None,
            "jellyfinMediaId": HEX.upper(),
            "seasons": [{"seasonNumber": 1, "status": 5}, {"seasonNumber": 2, "status": 3}],
        },
        {"id": 4, "mediaType": "book"},
        {"id": 5, "mediaType": ["tv"]},
    ]
    shelf = await read(seerr(service, session, *rows))
    assert shelf.dropped == 2
    assert shelf.index[EntryKind.SERIES, "3"].details == {
        "status": "partially_available",
        "service": "0:12",
        "jellyfin": HEX,
        "seasons": "1",
    }
