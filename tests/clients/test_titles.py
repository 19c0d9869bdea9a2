"""Films of Radarr, series and episodes of Sonarr, and their small lists."""

from datetime import UTC, datetime
import threading

import aiohttp
from aiohttp import web
import pytest

from custom_components.media_status.clients.errors import BadAnswer
from custom_components.media_status.clients.radarr import RadarrClient
from custom_components.media_status.clients.readers import JsonObject, JsonValue
from custom_components.media_status.clients.sonarr import SonarrClient

from .fake import CANARY, FakeService, Seen

API = "/api/v3"


def radarr(service: FakeService, session: aiohttp.ClientSession) -> RadarrClient:
    """Return a Radarr client of the fake service."""
    return RadarrClient(session, service.url, CANARY)


def sonarr(service: FakeService, session: aiohttp.ClientSession) -> SonarrClient:
    """Return a Sonarr client of the fake service."""
    return SonarrClient(session, service.url, CANARY)


MOVIE: JsonObject = {
    "id": 412,
    "title": "Dune: Part Two",
    "year": 2024,
    "tmdbId": 693134,
    "monitored": True,
    "hasFile": True,
    "status": "released",
    "isAvailable": True,
    "tags": [3],
    "genres": ["Science Fiction"],
    "originalLanguage": {"id": 1, "name": "English"},
    "inCinemas": "2024-02-27T00:00:00Z",
    "images": [
        {"coverType": "fanart", "remoteUrl": "https://image.example.com/f.jpg"},
        {"coverType": "poster", "url": "/x", "remoteUrl": "https://image.example.com/p.jpg"},
    ],
    "movieFile": {
        "id": 9,
        "relativePath": "Dune.mkv",
        "size": "123",
        "quality": {"quality": {"name": "Bluray-2160p"}},
    },
}


async def test_one_film(service: FakeService, session: aiohttp.ClientSession) -> None:
    """A film by id or by exact TMDB id; None when it is not there."""
    service.answer("GET", f"{API}/movie/412", MOVIE)
    service.answer("GET", f"{API}/movie", [{**MOVIE, "id": 1, "tmdbId": 5}, MOVIE])
    client = radarr(service, session)
    movie = await client.movie(412)
    assert movie is not None
    assert (movie.title, movie.year, movie.has_file) == ("Dune: Part Two", 2024, True)
    assert movie.poster_url == "https://image.example.com/p.jpg"
    assert movie.file is not None
    assert (movie.file.size, movie.file.quality) == (123, "Bluray-2160p")
    assert await client.movie(413) is None
    assert await client.movie_by_tmdb(693134) == movie
    assert await client.movie_by_tmdb(1) is None


async def test_films_are_picked_from_the_library(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """Only wanted films are kept; wanting none costs no call."""
    library: JsonValue = [{**MOVIE, "id": number} for number in range(1, 501)]
    service.answer("GET", f"{API}/movie", library)
    client = radarr(service, session)
    assert await client.movies(()) == []
    assert service.seen == []
    assert {movie.id for movie in await client.movies([7, 300, 999])} == {7, 300}
    assert len(await client.movies()) == 500
    assert len(service.seen) == 2


async def test_half_a_library_is_a_bad_answer(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """A library that is cut off between two films is not a smaller library."""
    service.text("GET", f"{API}/movie", '[{"id": 1}, {"id": 2}')
    service.text("GET", f"{API}/series", '[{"id": 1},')
    with pytest.raises(BadAnswer):
        await radarr(service, session).movies()
    with pytest.raises(BadAnswer):
        await sonarr(service, session).all_series({1})


async def test_a_list_of_something_else_is_not_an_empty_library(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """When no entry is usable the format has changed; that is not "nothing there"."""
    service.answer("GET", f"{API}/movie", [{"movieId": 1}, {"movieId": 2}])
    with pytest.raises(BadAnswer):
        await radarr(service, session).movies()


async def test_a_film_without_has_file(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """Where `hasFile` is missing the file's id tells; 0 means none."""
    bare: JsonObject = {"id": 1, "title": "x"}
    service.answer("GET", f"{API}/movie", [bare | {"movieFileId": 0}, {"id": 2, "movieFileId": 8}])
    assert [movie.has_file for movie in await radarr(service, session).movies()] == [False, True]


async def test_a_library_is_not_decoded_in_the_loop(
    service: FakeService, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thousands of titles are decoded and built in a worker thread."""
    threads: set[int] = set()

    def build(raw: JsonObject) -> JsonObject:
        threads.add(threading.get_ident())
        return raw

    monkeypatch.setattr("custom_components.media_status.clients.radarr._movie", build)
    service.answer("GET", f"{API}/movie", [{**MOVIE, "id": number} for number in range(1, 101)])
    assert len(await radarr(service, session).movies()) == 100
    assert threads
    assert threading.get_ident() not in threads


SERIES: JsonObject = {
    "id": 61,
    "title": "Severance",
    "year": 2022,
    "tvdbId": 371980,
    "tmdbId": 0,
    "seriesType": "standard",
    "monitored": True,
    "seasons": [
        {
            "seasonNumber": 0,
            "monitored": False,
            "statistics": {"episodeFileCount": 0, "episodeCount": 0, "totalEpisodeCount": 3},
        },
        {"seasonNumber": 1, "monitored": True},
        {"monitored": True},
    ],
}


async def test_one_series(service: FakeService, session: aiohttp.ClientSession) -> None:
    """A series by id or exact TVDB id; 0 is no id, season 0 is a season."""
    service.answer("GET", f"{API}/series/61", SERIES)
    service.answer("GET", f"{API}/series", [{**SERIES, "id": 2, "tvdbId": 9}, SERIES])
    client = sonarr(service, session)
    series = await client.series(61)
    assert series is not None
    assert series.tmdb_id is None
    assert [(season.number, season.monitored) for season in series.seasons] == [
        (0, False),
        (1, True),
    ]
    assert series.seasons[0].total_episode_count == 3
    assert await client.series(62) is None
    assert await client.series_by_tvdb(371980) == series
    assert await client.series_by_tvdb(1) is None


def episode(number: int, **more: JsonValue) -> JsonObject:
    """Return an episode of series 61 as Sonarr writes it."""
    return {
        "id": number,
        "seriesId": 61,
        "seasonNumber": 1,
        "episodeNumber": number,
        "hasFile": False,
        **more,
    }


async def test_episodes_of_a_series(service: FakeService, session: aiohttp.ClientSession) -> None:
    """Episodes come in order; those of another series or without numbers do not."""
    raw: JsonValue = [
        episode(2, airDateUtc="2022-02-18T02:00:00Z", airDate="2022-02-17"),
        episode(1, hasFile=True, episodeFile={"id": 4, "path": "/data/tv/1.mkv"}),
        episode(3, seriesId=62),
        {"id": 4, "seriesId": 61},
    ]
    service.answer("GET", f"{API}/episode", raw)
    client = sonarr(service, session)
    first, second = await client.episodes(61)
    assert (first.number, first.has_file, second.number) == (1, True, 2)
    assert first.file is not None
    assert first.file.path == "/data/tv/1.mkv"
    assert second.air_date == datetime(2022, 2, 18, 2, 0, tzinfo=UTC)
    assert dict(service.seen[0].query) == {"seriesId": "61", "includeEpisodeFile": "true"}
    assert client.dropped == 1


async def test_episodes_by_id_are_asked_in_batches(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """Many ids need few calls, and none is lost."""

    def answer(seen: Seen) -> web.StreamResponse:
        ids = [int(value) for value in seen.query.getall("episodeIds")]
        return web.json_response([episode(number) for number in ids])

    service.on("GET", f"{API}/episode", answer)
    found = await sonarr(service, session).episodes_by_id(range(1, 402), include_file=False)
    assert [entry.id for entry in found] == list(range(1, 402))
    assert len(service.seen) == 3


async def test_small_lists(service: FakeService, session: aiohttp.ClientSession) -> None:
    """Tags, folders, complaints and commands."""
    service.answer(
        "GET", f"{API}/tag", [{"id": 1, "label": "anime"}, {"id": 2, "label": "3-carol"}]
    )
    folder: JsonValue = {"id": 1, "path": "/data/tv", "accessible": False, "freeSpace": 5}
    service.answer("GET", f"{API}/rootfolder", [folder, {"id": 2}])
    health: JsonValue = {"source": "RootFolderCheck", "type": "error", "message": "gone"}
    service.answer("GET", f"{API}/health", [health])
    service.answer("POST", f"{API}/command", {"id": 77, "name": "RefreshMonitoredDownloads"})
    client = sonarr(service, session)
    assert await client.tags() == {1: "anime", 2: "3-carol"}
    (found,) = await client.root_folders()
    assert (found.path, found.accessible) == ("/data/tv", False)
    (message,) = await client.health()
    assert (message.source, message.type) == ("RootFolderCheck", "error")
    assert await client.command("RescanSeries", seriesId=3) == 77
    assert service.seen[-1].json() == {"name": "RescanSeries", "seriesId": 3}
