"""What Radarr, Sonarr, Shoko, Jellyfin and Seerr are asked before and after a deletion."""

import aiohttp
import pytest

from custom_components.media_status.clients.errors import (
    BadAnswer,
    ClientError,
    NotFound,
    Refused,
    RootFolderTrouble,
    UnsafeId,
)
from custom_components.media_status.clients.guard import TargetKind
from custom_components.media_status.clients.jellyfin import JellyfinClient
from custom_components.media_status.clients.radarr import RadarrClient
from custom_components.media_status.clients.readers import JsonObject, JsonValue, as_dict
from custom_components.media_status.clients.seerr import (
    CsrfRefused,
    MediaInfo,
    MediaRequest,
    SeerrClient,
)
from custom_components.media_status.clients.shoko import FileState
from custom_components.media_status.clients.sonarr import SonarrClient

from .fake import CANARY, FakeService, sample
from .permits import opened, permit_for
from .shoko_server import started

API = "/api/v3"
SEERR = "/api/v1"


# --- Radarr and Sonarr --------------------------------------------------------------------------


def file(number: int, **more: JsonValue) -> JsonObject:
    """Return a file as both write it."""
    return {"id": number, "path": f"/data/{number}.mkv", "size": number * 10, **more}


async def test_files_are_those_of_the_title_alone(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """A version that ignored the parameter would answer with everybody's files."""
    rows: list[JsonValue] = [file(1, movieId=7), file(2, movieId=8), {"movieId": 7}, file(3)]
    service.answer("GET", f"{API}/moviefile", rows)
    radarr = RadarrClient(session, service.url, CANARY)
    assert [(entry.id, entry.size) for entry in await radarr.movie_files(7)] == [(1, 10)]
    assert dict(service.seen[0].query) == {"movieId": "7"}
    rows = [file(1, seriesId=7, seasonNumber=2), file(2, seriesId=8), {"seriesId": 7}]
    service.answer("GET", f"{API}/episodefile", rows)
    sonarr = SonarrClient(session, service.url, CANARY)
    (found,) = await sonarr.episode_files(7)
    assert (found.season, found.file.path) == (2, "/data/1.mkv")
    assert dict(service.seen[1].query) == {"seriesId": "7"}


async def test_a_recycle_bin_is_told(service: FakeService, session: aiohttp.ClientSession) -> None:
    """With one, a deletion frees nothing yet."""
    radarr = RadarrClient(session, service.url, CANARY)
    path = f"{API}/config/mediamanagement"
    service.answer("GET", path, {"recycleBin": "/bin", "id": 1}, {"recycleBin": "", "id": 1})
    assert await radarr.recycle_bin() == "/bin"
    assert await radarr.recycle_bin() is None


async def test_a_missing_root_folder_is_told_apart(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """409 means that the disk is not there; every other refusal stays what it is."""
    radarr = opened(RadarrClient(session, service.url, CANARY))
    permit = permit_for(TargetKind.MOVIE_FILE, 7)
    text = "Movie's root folder (/data) is empty."
    service.answer("DELETE", f"{API}/moviefile/7", {"message": text}, status=409)
    with pytest.raises(RootFolderTrouble, match="is empty"):
        await radarr.delete_movie_file(permit, 7)
    service.answer("DELETE", f"{API}/moviefile/7", {"message": "Unable to delete"}, status=500)
    with pytest.raises(Refused) as caught:
        await radarr.delete_movie_file(permit, 7)
    assert not isinstance(caught.value, RootFolderTrouble)


@pytest.mark.parametrize(("there", "error"), [(True, Refused), (False, NotFound)])
async def test_a_failure_over_a_missing_title_is_no_failure(
    service: FakeService,
    session: aiohttp.ClientSession,
    there: bool,
    error: type[ClientError],
) -> None:
    """Sonarr fails inside (500) when asked to delete a series that it does not have."""
    sonarr = opened(SonarrClient(session, service.url, CANARY))
    radarr = opened(RadarrClient(session, service.url, CANARY))
    for path in (f"{API}/series/7", f"{API}/movie/7"):
        service.answer("DELETE", path, {"message": "Expected query to return 1 rows"}, status=500)
        if there:
            service.answer("GET", path, {"id": 7, "title": "Still here"})
    with pytest.raises(error):
        await sonarr.delete_series(
            permit_for(TargetKind.SERIES, 7), 7, delete_files=True, add_import_exclusion=False
        )
    with pytest.raises(error):
        await radarr.delete_movie(
            permit_for(TargetKind.MOVIE, 7), 7, delete_files=True, add_import_exclusion=False
        )


async def test_episodes_are_unmonitored_together(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """One call names each once, in order; without episodes nothing is sent."""
    sonarr = opened(SonarrClient(session, service.url, CANARY))
    service.answer("PUT", f"{API}/episode/monitor", [])
    permit = permit_for(TargetKind.EPISODE, 7, 8, 9)
    await sonarr.unmonitor_episodes(permit, [9, 7, 9, 8])
    await sonarr.unmonitor_episodes(permit, [])
    (sent,) = service.seen
    assert sent.json() == {"episodeIds": [7, 8, 9], "monitored": False}


# --- Shoko --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("locations", "state"),
    [
        ([True, False], FileState(is_known=True, places=2, reachable=1)),
        ([False], FileState(is_known=True, places=1, reachable=0)),
        ([], FileState(is_known=True, places=0, reachable=0)),
        (None, FileState(is_known=False, places=0, reachable=0)),
    ],
)
async def test_shoko_tells_what_it_can_still_reach(
    service: FakeService,
    session: aiohttp.ClientSession,
    locations: list[bool] | None,
    state: FileState,
) -> None:
    """A record without a reachable place is a file that is gone."""
    shoko = started(service, session)
    if locations is not None:
        rows: list[JsonValue] = [
            {"ID": 1, "ImportFolderID": 1, "RelativePath": "a.mkv", "IsAccessible": reachable}
            for reachable in locations
        ]
        service.answer("GET", f"{API}/File/7", {"ID": 7, "Size": 1, "Locations": rows})
    assert await shoko.file_state(7) == state


# --- Jellyfin -----------------------------------------------------------------------------------


async def test_jellyfin_items_are_looked_up_by_their_ids(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """Only what was asked for counts; nothing asked, nothing sent."""
    one, two = "1" * 32, "2" * 32
    body: JsonObject = {
        "Items": [{"Id": one, "Type": "Movie", "Name": "x", "LocationType": "FileSystem"}],
        "TotalRecordCount": 1,
    }
    service.answer("GET", "/Items", body)
    jellyfin = JellyfinClient(session, service.url, CANARY)
    assert set(await jellyfin.items_by_ids([one.upper(), two])) == {one}
    assert service.seen[0].query["ids"] == f"{one},{two}"
    assert await jellyfin.items_by_ids([two]) == {}
    asked = len(service.seen)
    assert await jellyfin.items_by_ids([]) == {}
    assert len(service.seen) == asked
    with pytest.raises(UnsafeId):
        await jellyfin.items_by_ids([one, ""])


async def test_what_jellyfin_cannot_tell_is_not_gone(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """An item that cannot be read, beside one that can, could be the one that was asked for."""
    good: JsonObject = {"Id": "1" * 32, "Type": "Movie", "Name": "x"}
    service.answer("GET", "/Items", {"Items": [good, {"Type": "Movie"}], "TotalRecordCount": 2})
    with pytest.raises(BadAnswer):
        await JellyfinClient(session, service.url, CANARY).items_by_ids(["1" * 32, "2" * 32])


# --- Seerr --------------------------------------------------------------------------------------


async def test_seerr_tells_all_requests_of_a_title(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """HD and 4K: the record takes all of them along."""
    requests: list[JsonValue] = [
        {"id": 5, "status": 2, "is4k": False},
        {"id": 9, "status": 1, "is4k": True},
    ]
    info: JsonObject = {"id": 4, "tmdbId": 603, "status": 5, "status4k": 2, "requests": requests}
    service.answer("GET", f"{SEERR}/movie/603", {"id": 603, "mediaInfo": info})
    seerr = SeerrClient(session, service.url, CANARY)
    assert await seerr.media_info("movie", 603) == MediaInfo(
        id=4,
        tmdb_id=603,
        tvdb_id=None,
        status=5,
        status_4k=2,
        requests=(
            MediaRequest(id=5, status=2, is_4k=False),
            MediaRequest(id=9, status=1, is_4k=True),
        ),
    )


async def test_a_real_title_of_seerr_is_read(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """A series with a pending request, as Seerr 3.1 wrote it."""
    raw = as_dict(
        as_dict(as_dict(sample("seerr/api-tv-with-pending-request.json"))["response"])["body"]
    )
    info = as_dict(raw["mediaInfo"])
    tmdb = raw["id"]
    assert isinstance(tmdb, int)
    service.answer("GET", f"{SEERR}/tv/{tmdb}", raw)
    found = await SeerrClient(session, service.url, CANARY).media_info("tv", tmdb)
    assert found is not None
    assert (found.id, found.tvdb_id, found.status) == (info["id"], info["tvdbId"], info["status"])
    rows = info["requests"]
    assert isinstance(rows, list)
    assert [request.id for request in found.requests] == [as_dict(row)["id"] for row in rows]


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"id": 604},
        {"id": 603, "mediaInfo": {"id": 4, "tmdbId": 604, "status": 1, "requests": []}},
        {"id": 603, "mediaInfo": {"id": 4, "tmdbId": 603, "status": 1}},
        {"id": 603, "mediaInfo": {"id": 4, "tmdbId": 603, "status": 1, "requests": [{}]}},
        {"id": 603, "mediaInfo": {"tmdbId": 603, "status": 1, "requests": []}},
    ],
)
async def test_what_seerr_does_not_say_clearly_is_not_nothing(
    service: FakeService, session: aiohttp.ClientSession, raw: JsonObject
) -> None:
    """Only a title's own page without a record means that it can be requested."""
    seerr = SeerrClient(session, service.url, CANARY)
    service.answer("GET", f"{SEERR}/movie/603", raw)
    with pytest.raises(BadAnswer):
        await seerr.media_info("movie", 603)
    service.answer("GET", f"{SEERR}/movie/603", {"id": 603})
    assert await seerr.media_info("movie", 603) is None
    service.answer("GET", f"{SEERR}/movie/603", {"message": "?"}, status=404)
    with pytest.raises(BadAnswer):
        await seerr.media_info("movie", 603)


async def test_csrf_protection_that_stays_is_told(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """The token is fetched once; when it does not help, that is the error, not a wrong key."""
    service.answer("GET", f"{SEERR}/settings/public", {"initialized": True})
    service.answer("DELETE", f"{SEERR}/media/4", {"message": "invalid csrf token"}, status=403)
    seerr = opened(SeerrClient(session, service.url, CANARY))
    with pytest.raises(CsrfRefused):
        await seerr.delete_media(permit_for(TargetKind.SEERR_MEDIA, 4), 4)
    assert [(call.method, call.path) for call in service.seen] == [
        ("DELETE", f"{SEERR}/media/4"),
        ("GET", f"{SEERR}/settings/public"),
        ("DELETE", f"{SEERR}/media/4"),
    ]
