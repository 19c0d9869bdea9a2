"""Jellyfin: the server, its items page by page, plugins, tasks, libraries."""

from datetime import UTC, datetime, timedelta, timezone

import aiohttp
from aiohttp import web
import pytest

from custom_components.media_status.clients.errors import (
    AuthError,
    BadAnswer,
    Forbidden,
    ServerBusy,
    TooOld,
    WrongService,
)
from custom_components.media_status.clients.jellyfin import JellyfinClient, LibraryItem
from custom_components.media_status.clients.readers import (
    JsonObject,
    JsonValue,
    as_dict,
    as_objects,
)

from .fake import CANARY, FakeService, Seen, sample

WEBHOOK_PLUGIN = "71552a5a5c5c4350a2aeebe451a30173"


def jellyfin(service: FakeService, session: aiohttp.ClientSession) -> JellyfinClient:
    """Return a client of the fake service."""
    return JellyfinClient(session, service.url, CANARY)


def item(number: int, **more: JsonValue) -> JsonObject:
    """Return a film as Jellyfin writes it."""
    return {
        "Id": f"{number:032x}",
        "Type": "Movie",
        "Name": f"Film {number}",
        "Path": f"/data/{number}.mkv",
        "LocationType": "FileSystem",
        "IsFolder": False,
        **more,
    }


class Library:
    """Items paged by startIndex and limit, or looked up by id; can change between pages."""

    def __init__(self, items: list[JsonObject]) -> None:
        """Hold items."""
        self.items = items
        self.after_page: list[list[JsonObject]] = []

    def __call__(self, seen: Seen) -> web.StreamResponse:
        """Answer one page."""
        items = self.items
        if "ids" in seen.query:
            wanted = seen.query["ids"].split(",")
            items = [entry for entry in items if entry["Id"] in wanted]
        start, limit = int(seen.query["startIndex"]), int(seen.query["limit"])
        body = {
            "Items": items[start : start + limit],
            "TotalRecordCount": len(items),
            "StartIndex": start,
        }
        if self.after_page:
            self.items = self.after_page.pop(0)
        return web.json_response(body, headers={"Date": "Wed, 21 Oct 2026 07:28:00 GMT"})


async def whole(client: JellyfinClient, **options: int) -> list[LibraryItem]:
    """Return the items of all pages."""
    found: list[LibraryItem] = []
    async for page in client.items(types=["Movie"], page_size=options.get("page_size", 500)):
        found += page.items
    return found


def info(**more: JsonValue) -> JsonObject:
    """Return the server's description."""
    return {**as_dict(sample("jellyfin/system-info-public.json")), **more}


async def test_info(service: FakeService, session: aiohttp.ClientSession) -> None:
    """The server is described; the key travels in the one form that all versions take."""
    service.answer("GET", "/System/Info", info())
    found = await jellyfin(service, session).info()
    assert (found.name, found.version) == ("media", "10.11.11")
    assert found.id == "0a1b2c3d4e5f4a6b8c7d9e0f1a2b3c4d"
    assert service.seen[0].headers["Authorization"] == f'MediaBrowser Token="{CANARY}"'
    assert CANARY not in str(service.seen[0].request.url)


@pytest.mark.parametrize("version", ["10.9.0", "10.11.11", "12.0.0", "12.1.0-rc1", "unknown"])
async def test_supported_versions(
    service: FakeService, session: aiohttp.ClientSession, version: str
) -> None:
    """10.9 and everything after it is fine."""
    service.answer("GET", "/System/Info", info(Version=version))
    assert (await jellyfin(service, session).info()).version == version


@pytest.mark.parametrize("version", ["10.8.13", "3.5.2"])
async def test_old_versions(
    service: FakeService, session: aiohttp.ClientSession, version: str
) -> None:
    """Before 10.9 an API key cannot do what we need."""
    service.answer("GET", "/System/Info", info(Version=version))
    with pytest.raises(TooOld):
        await jellyfin(service, session).info()


async def test_another_program(service: FakeService, session: aiohttp.ClientSession) -> None:
    """Emby, a page, or a 401 of something else is not a wrong Jellyfin key."""
    client = jellyfin(service, session)
    service.answer("GET", "/System/Info", {"ServerName": "emby", "Version": "4.9.0"})
    with pytest.raises(WrongService):
        await client.info()
    service.text("GET", "/System/Info", "<html>")
    with pytest.raises(WrongService):
        await client.info()
    service.text("GET", "/System/Info", "Unauthorized", status=401)
    with pytest.raises(WrongService):
        await client.info()
    service.answer("GET", "/System/Info/Public", info())
    with pytest.raises(AuthError):
        await client.info()


async def test_rights_and_starting(service: FakeService, session: aiohttp.ClientSession) -> None:
    """A user without rights is Forbidden; the set-up server of a start is ServerBusy."""
    service.text("GET", "/Library/VirtualFolders", "", status=403)
    with pytest.raises(Forbidden):
        await jellyfin(service, session).virtual_folders()
    service.text("GET", "/System/Info", "starting", status=503)
    with pytest.raises(ServerBusy):
        await jellyfin(service, session).info()


@pytest.mark.parametrize("count", [0, 1, 10, 11, 200, 201, 2000])
async def test_items_are_read_to_the_end(
    service: FakeService, session: aiohttp.ClientSession, count: int
) -> None:
    """All pages are read, whatever the number of items; nothing is asked twice."""
    service.on("GET", "/Items", Library([item(number) for number in range(1, count + 1)]))
    found = await whole(jellyfin(service, session), page_size=100)
    assert [entry.id for entry in found] == [f"{number:032x}" for number in range(1, count + 1)]
    assert len(service.seen) == max(1, -(-count // 100))
    assert "anyProviderIdEquals" not in service.seen[0].query


async def test_the_question_for_items(service: FakeService, session: aiohttp.ClientSession) -> None:
    """Types, fields and the cursor go into the query; the server's clock comes back."""
    service.on("GET", "/Items", Library([item(1)]))
    client = jellyfin(service, session)
    since = datetime(2026, 10, 21, 9, 0, tzinfo=timezone(timedelta(hours=2)))
    pages = [page async for page in client.items(types=["Movie", "Series"], changed_since=since)]
    query = service.seen[0].query
    assert query["includeItemTypes"] == "Movie,Series"
    assert query["minDateLastSaved"] == "2026-10-21T07:00:00Z"
    assert query["fields"] == "ProviderIds,Path"
    (page,) = pages
    assert page.server_time == datetime(2026, 10, 21, 7, 28, tzinfo=UTC)
    assert (page.total, page.consistent) == (1, True)


async def test_a_library_that_changes_is_not_consistent(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """Pages of a library that changed in between say so."""
    library = Library([item(number) for number in range(1, 31)])
    library.after_page = [[item(number) for number in range(31)]]
    service.on("GET", "/Items", library)
    pages = [page async for page in jellyfin(service, session).items(types=["Movie"], page_size=20)]
    assert [page.consistent for page in pages] == [True, False]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"Items": []},
        {"Items": None, "TotalRecordCount": 0},
        {"Items": [], "TotalRecordCount": 7},
        {"Items": [{"Name": "x"}], "TotalRecordCount": 1},
    ],
)
async def test_half_a_list_of_items(
    service: FakeService, session: aiohttp.ClientSession, body: JsonValue
) -> None:
    """An answer that does not account for its items is refused."""
    service.answer("GET", "/Items", body)
    with pytest.raises(BadAnswer):
        await whole(jellyfin(service, session))


async def test_items_by_id(service: FakeService, session: aiohttp.ClientSession) -> None:
    """Ids are looked up 50 at a time; what does not exist is just not there."""
    service.on("GET", "/Items", Library([item(number) for number in range(1, 111)]))
    wanted = [f"{number:032x}" for number in range(100, 221)]
    pages = [page async for page in jellyfin(service, session).items(types=["Movie"], ids=wanted)]
    assert sum(len(page.items) for page in pages) == 11
    assert all(page.consistent for page in pages)
    assert [len(seen.query["ids"].split(",")) for seen in service.seen] == [50, 50, 21]


async def test_no_ids_are_no_call(service: FakeService, session: aiohttp.ClientSession) -> None:
    """Looking up nothing must not list everything."""
    pages = [page async for page in jellyfin(service, session).items(types=["Movie"], ids=[])]
    assert (pages, service.seen) == ([], [])


async def test_a_film(service: FakeService, session: aiohttp.ClientSession) -> None:
    """The sample film: provider ids by lower-case name, playable."""
    service.answer("GET", "/Items", sample("jellyfin/items-movie.json"))
    (film,) = await whole(jellyfin(service, session))
    assert film.provider_ids["tmdb"] == "693134"
    assert film.provider_ids["tmdbcollection"] == "726871"
    assert (film.playable, film.year) == (True, 2024)


async def test_a_series_is_not_playable(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """A series has a folder, which is no proof that anything of it plays."""
    service.answer("GET", "/Items", sample("jellyfin/items-series.json"))
    (series,) = await whole(jellyfin(service, session))
    assert (series.type, series.playable, series.provider_ids["tvdb"]) == (
        "Series",
        False,
        "371980",
    )


async def test_episodes(service: FakeService, session: aiohttp.ClientSession) -> None:
    """Missing episodes are asked to be left out, and are not playable if they come anyway."""
    raw = as_dict(sample("jellyfin/shows-episodes-with-missing.json"))
    series = "1a2b3c4d5e6f708192a3b4c5d6e7f809"
    service.answer("GET", f"/Shows/{series}/Episodes", raw)
    client = jellyfin(service, session)
    episodes = await client.episodes(series.upper())
    assert service.seen[0].query["isMissing"] == "false"
    assert [entry.playable for entry in episodes] == [
        entry["LocationType"] == "FileSystem" for entry in as_objects(raw["Items"])
    ]
    assert {entry.playable for entry in episodes} == {True, False}
    assert (episodes[0].season, episodes[0].number) == (1, 1)
    assert episodes[0].series_id == series
    assert await client.episodes("b" * 32) == []
    service.answer("GET", f"/Shows/{series}/Episodes", {**raw, "TotalRecordCount": 99})
    with pytest.raises(BadAnswer):
        await client.episodes(series)


@pytest.mark.parametrize(
    ("more", "playable"),
    [
        ({}, True),
        ({"Path": ""}, False),
        ({"Path": None}, False),
        ({"LocationType": "Virtual"}, False),
        ({"LocationType": "Hologram"}, False),
        ({"IsFolder": True}, False),
    ],
)
async def test_what_is_playable(
    service: FakeService, session: aiohttp.ClientSession, more: JsonObject, playable: bool
) -> None:
    """Only a file on disk plays."""
    service.on("GET", "/Items", Library([item(1, **more)]))
    (entry,) = await whole(jellyfin(service, session))
    assert entry.playable is playable


async def test_odd_items(service: FakeService, session: aiohttp.ClientSession) -> None:
    """Numbers as text, null ids and blanks cost only themselves; a file may hold two episodes."""
    odd = item(
        1,
        ProviderIds={"Tmdb": 5, "Tvdb": "", "Shoko File": "812", "Imdb": None},
        IndexNumber="4",
        IndexNumberEnd=5,
        ParentIndexNumber=0,
        SeriesId="",
        MediaSources=[{"Path": "/a.mkv"}, {"Path": "/b.mkv"}, None],
    )
    service.on("GET", "/Items", Library([odd, {"Name": "no id"}]))
    client = jellyfin(service, session)
    (entry,) = await whole(client)
    assert dict(entry.provider_ids) == {"tmdb": "5", "shoko file": "812"}
    assert (entry.season, entry.number, entry.number_end, entry.series_id) == (0, 4, 5, None)
    assert entry.media_source_paths == ("/a.mkv", "/b.mkv")
    assert client.dropped == 1


async def test_plugins_and_configuration(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """Plugins are listed; a configuration is read and written whole, None when not loaded."""
    configuration = as_dict(sample("jellyfin/plugin-webhook-configuration-post.json"))
    path = f"/Plugins/{WEBHOOK_PLUGIN}/Configuration"
    service.answer("GET", "/Plugins", sample("jellyfin/plugins-get.json"))
    service.answer("GET", path, configuration)
    service.on("POST", path, lambda _: web.Response(status=204))
    client = jellyfin(service, session)
    found = {plugin.id: plugin for plugin in await client.plugins()}
    assert found[WEBHOOK_PLUGIN].status == "Active"
    assert (
        await client.plugin_configuration("71552A5A-5C5C-4350-A2AE-EBE451A30173") == configuration
    )
    await client.save_plugin_configuration(WEBHOOK_PLUGIN, configuration)
    assert service.seen[-1].json() == configuration
    assert await client.plugin_configuration("c" * 32) is None


async def test_tasks_libraries(service: FakeService, session: aiohttp.ClientSession) -> None:
    """The lists of the sample server."""
    service.answer("GET", "/ScheduledTasks", sample("jellyfin/scheduled-tasks.json"))
    service.answer("GET", "/Library/VirtualFolders", sample("jellyfin/virtual-folders.json"))
    client = jellyfin(service, session)
    scan = next(task for task in await client.scheduled_tasks() if task.key == "RefreshLibrary")
    assert scan.state == "Running"
    movies, anime, mixed = await client.virtual_folders()
    assert (movies.locations, movies.collection_type) == (("/data/movies",), "movies")
    assert (anime.name, mixed.collection_type) == ("Anime", None)
