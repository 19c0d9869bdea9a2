"""Shokofin's effect on the simulated Jellyfin: ids, paths, numbers, and what keeps files out."""

import json

import aiohttp
import pytest

from simulator import Simulator, Title
from simulator.anime import FILM_FOLDER
from simulator.shokofin_items import ShokofinItem

from .anime_house import film, household, import_film, import_series, show
from .conftest import Receiver
from .shapes import differences, sample

pytestmark = pytest.mark.usefixtures("socket_enabled")

PLUGIN = "/Plugins/5216ccbf-d24a-4eb3-8a7e-7da4230b7052/Configuration"
FIELDS = "recursive=true&fields=ProviderIds,Path,DateCreated"


async def ask(sim: Simulator, path: str, method: str = "GET", body: object = None) -> object:
    """Call Jellyfin and return the parsed answer, None for an empty one."""
    headers = {"Authorization": f'MediaBrowser Token="{sim.api_key("jellyfin")}"'}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.request(method, f"{sim.url('jellyfin')}{path}", json=body) as answer,
    ):
        assert answer.status in {200, 204}, (path, answer.status)
        text = await answer.text()
    return json.loads(text) if text else None


async def read(sim: Simulator, path: str) -> list[dict[str, object]]:
    """Return the rows of a list of items."""
    body = await ask(sim, path)
    assert isinstance(body, dict)
    found = body["Items"]
    assert isinstance(found, list)
    return found


def of_type(sim: Simulator, kind: str, *, virtual: bool = False) -> list[ShokofinItem]:
    """Return Shokofin's items of a type, those with a file or those that are missing."""
    items = sim.jellyfin.shokofin.items()
    return [item for item in items if item.type == kind and (item.path is None) is virtual]


async def shown(sim: Simulator, title: Title, count: int | None = None) -> None:
    """Import a series and wait until Shokofin has had its time."""
    import_series(sim, title, count)
    await sim.advance(300)


async def test_an_episode_over_rest() -> None:
    """Its keys, ids and path are Shokofin's; it has neither TVDB nor TMDB ids."""
    async with household() as sim:
        await shown(sim, show(sim, {1: 3}, unaired=1))
        series = of_type(sim, "Series")[0]
        items = await read(sim, f"/Shows/{series.id}/Episodes?fields=ProviderIds,Path,DateCreated")
        theirs = sample("jellyfin", "items-episode-shokofin")
        assert isinstance(theirs, dict)
        optional = {"Custom", "IndexNumberEnd"}
        assert differences(items[0], theirs["Items"][0], free=optional) == []
        assert differences(items[2], theirs["Items"][2]) == []
        assert items[0]["ProviderIds"] == {
            "Shoko File": "812",
            "Shoko Episode": "4105",
            "Shoko Series": "142",
            "AniDB": "271234",
            "Custom": "shoko://file/812?seriesId=142&episodeIds=4105&seasonId=142",
        }
        assert items[0]["SeriesName"] == "Sousou no Frieren"
        path = str(items[0]["Path"])
        assert path.startswith("/config/data/Shokofin/VFS/")
        assert path.endswith(
            "/Sousou no Frieren [Shoko Series=142]/Season 01/"
            "Sousou no Frieren S01E01 [Shoko Series=142] [Shoko File=812].mkv"
        )
        assert items[2]["LocationType"] == "Virtual"
        assert items[2]["ProviderIds"] == {"Shoko Episode": "4107", "AniDB": "271236"}


async def test_the_library_lists_what_lies_below_it() -> None:
    """`parentId` of the Anime library finds virtual paths, and nothing plain is among them."""
    async with household() as sim:
        await shown(sim, show(sim))
        await sim.jellyfin.scan()
        library = sim.jellyfin.library_id("Anime")
        found = await read(sim, f"/Items?{FIELDS}&includeItemTypes=Episode&parentId={library}")
        assert [row["IndexNumber"] for row in found] == [1, 2]
        everything = await read(sim, f"/Items?{FIELDS}&includeItemTypes=Episode,Movie,Series")
        assert not [row for row in everything if str(row.get("Path")).startswith("/data/media/an")]


async def test_webhooks_say_shokofin_s_ids(receiver: Receiver) -> None:
    """The plugin's events carry lower-cased keys with their blanks."""
    async with household() as sim:
        sim.jellyfin.plugin.register(receiver.url)
        await shown(sim, show(sim), 1)
        await sim.advance(60)
        bodies = receiver.bodies("ItemAdded")
        by_type = {str(body["ItemType"]): body for body in bodies}
        free = {key for body in bodies for key in body if key.startswith(("Video_", "Audio_"))}
        free |= {key for body in bodies for key in body if key.startswith("Subtitle_")}
        episode = sample("jellyfin", "item-added-episode-shokofin")
        assert differences(by_type["Episode"], episode, free=free) == []
        series = sample("jellyfin", "item-added-series-shokofin")
        assert differences(by_type["Series"], series) == []
        assert by_type["Episode"]["Provider_shoko file"] == "812"


async def test_one_file_with_two_episodes() -> None:
    """One item from the first number to the last; neither episode is missing."""
    async with household() as sim:
        entry = sim.sonarr.add(show(sim, {1: 3}))
        sim.sonarr.import_file(entry.episodes[:2])
        await sim.advance(300)
        (item,) = of_type(sim, "Episode")
        assert item.numbers == (1, 2)
        assert item.ids["Shoko Episode"] == "4105"
        assert "episodeIds=4105,4106" in item.ids["Custom"]
        assert [gap.numbers for gap in of_type(sim, "Episode", virtual=True)] == [(3, 3)]


@pytest.mark.parametrize("grouped", [False, True])
async def test_seasons_are_anidb_s(grouped: bool) -> None:
    """Every cour is a series of its own, or (grouped) a season of one."""
    async with household() as sim:
        sim.jellyfin.shokofin.enable(group_shows=grouped)
        await shown(sim, show(sim, {1: 4, 2: 2}, cours={1: (2, 2)}))
        numbers = sorted((item.season or 0, *item.numbers) for item in of_type(sim, "Episode"))
        pages = of_type(sim, "Series")
        if grouped:
            assert [page.ids["Shoko Series"] for page in pages] == ["142"]
            expected = [(s, n, n) for s in (1, 2, 3) for n in (1, 2)]
            seasons = {item.ids["Shoko Series"] for item in of_type(sim, "Season")}
            assert seasons == {"142", "143", "144"}
        else:
            assert len(pages) == 3
            expected = [(1, n, n) for n in (1, 1, 1, 2, 2, 2)]
        assert numbers == expected


async def test_a_film_is_an_episode_in_a_library_of_shows() -> None:
    """A film of its own is the only episode of a series; a filed one is a special."""
    async with household() as sim:
        series = show(sim)
        alone = sim.world.add_anime_film(title="Your Name", year=2016, tmdb=372058)
        import_film(sim, alone)
        import_film(sim, film(sim, filed_under=series))
        await sim.advance(300)
        places = {item.name: (item.series_name, item.season) for item in of_type(sim, "Episode")}
        assert places == {
            "Complete Movie": ("Your Name", 1),
            "Kaisou": ("Sousou no Frieren", 0),
        }
        assert of_type(sim, "Movie") == []
        assert sim.jellyfin.playable_files(alone)


async def test_a_library_of_films() -> None:
    """It shows films as films; what is no film for AniDB is filtered out unless told otherwise."""
    async with household() as sim:
        sim.jellyfin.shokofin.enable(movie_library=True, separate_movies=True)
        series = show(sim)
        import_film(sim, sim.world.add_anime_film(title="Your Name", year=2016, tmdb=372058))
        special = film(sim, filed_under=series)
        import_film(sim, special)
        await sim.advance(300)
        (item,) = of_type(sim, "Movie")
        assert item.ids["AniDB"] == "17618"
        assert item.path is not None
        assert item.path.endswith("/Movie [Shoko Series=142] [Shoko File=812].mkv")
        assert [one.name for one in of_type(sim, "Episode")] == ["Kaisou"]
        sim.jellyfin.shokofin.enable(filter_movies=False)
        await sim.jellyfin.scan()
        assert len(of_type(sim, "Movie")) == 2


async def test_a_film_without_a_link_is_no_film_by_tmdb() -> None:
    """With TMDB's structure such a film is filtered out (E18)."""
    async with household() as sim:
        sim.jellyfin.shokofin.enable(
            movie_library=True, separate_movies=True, tmdb_structure=True, add_tmdb=True
        )
        linked = sim.world.add_anime_film(title="Your Name", year=2016, tmdb=372058)
        other = sim.world.add_anime_film(title="Alone", year=2026, tmdb=1575337, linked=False)
        import_film(sim, linked)
        import_film(sim, other)
        await sim.advance(300)
        (item,) = of_type(sim, "Movie")
        assert item.title is linked
        assert item.ids["Tmdb"] == "372058"


async def test_tmdb_ids_are_an_option() -> None:
    """Switched on, episodes and series carry TMDB's ids too."""
    async with household() as sim:
        sim.jellyfin.shokofin.enable(add_tmdb=True, add_anidb=False)
        title = show(sim)
        await shown(sim, title, 1)
        (item,) = of_type(sim, "Episode")
        assert item.ids["Tmdb"] == str(title.episodes[0].tmdb)
        assert "AniDB" not in item.ids
        assert of_type(sim, "Series")[0].ids["Tmdb"] == "209867"


async def test_only_matched_files_appear() -> None:
    """A file without a match shows as nothing, wherever one looks."""
    async with household() as sim:
        sim.shoko.unmatched("E02")
        title = show(sim)
        await shown(sim, title)
        await sim.jellyfin.scan()
        assert [item.numbers for item in of_type(sim, "Episode")] == [(1, 1)]
        assert [item.numbers for item in of_type(sim, "Episode", virtual=True)] == [(2, 2)]
        sim.shoko.link("E02")
        await sim.advance(60)
        assert len(of_type(sim, "Episode")) == 2
        assert of_type(sim, "Episode", virtual=True) == []


async def test_without_signalr_only_a_scan_finds_files() -> None:
    """Shoko's match changes nothing; the refresh of one library does, and only there."""
    async with household() as sim:
        sim.jellyfin.shokofin.enable(signalr=False)
        await shown(sim, show(sim))
        plain = sim.world.add_title_movie(title="Dune: Part Two", year=2024, tmdb=693134)
        sim.radarr.import_file(sim.radarr.add(plain))
        assert sim.jellyfin.shokofin.items() == []
        library = sim.jellyfin.library_id("Anime")
        query = {"metadataRefreshMode": "Default", "replaceAllMetadata": "false"}
        words = "&".join(f"{name}={value}" for name, value in query.items())
        await ask(sim, f"/Items/{library}/Refresh?{words}", "POST")
        assert sim.jellyfin.item_refreshes == [(library, query)]
        assert sim.jellyfin.refreshes == 0
        assert len(of_type(sim, "Episode")) == 2
        assert sim.jellyfin.playable_files(plain) == []
        await ask(sim, f"/Items/{sim.jellyfin.library_id('Movies')}/Refresh", "POST")
        assert len(sim.jellyfin.playable_files(plain)) == 1


async def test_a_hollow_series_needs_a_full_refresh() -> None:
    """The page is there without episodes until everything is replaced."""
    async with household() as sim:
        sim.jellyfin.shokofin.enable(hollow_series=True)
        await shown(sim, show(sim))
        (page,) = sim.jellyfin.shokofin.items()
        assert page.type == "Series"
        await sim.jellyfin.scan()
        await ask(sim, f"/Items/{page.id}/Refresh?metadataRefreshMode=FullRefresh", "POST")
        assert of_type(sim, "Episode") == []
        words = "metadataRefreshMode=FullRefresh&replaceAllMetadata=true"
        await ask(sim, f"/Items/{page.id}/Refresh?{words}", "POST")
        assert len(of_type(sim, "Episode")) == 2


async def test_an_unmapped_folder_shows_nothing() -> None:
    """ManagedFolderId is 0 in the configuration; older versions call it otherwise."""
    async with household() as sim:
        sim.jellyfin.shokofin.unmap()
        await shown(sim, show(sim))
        await sim.jellyfin.scan()
        assert sim.jellyfin.shokofin.items() == []
        body = await ask(sim, PLUGIN)
        assert isinstance(body, dict)
        first, second = body["MediaFolders"]
        assert (first["ManagedFolderId"], first["IsMapped"]) == (0, False)
        assert (second["ManagedFolderId"], second["MediaFolderPath"]) == (2, FILM_FOLDER)
        sim.jellyfin.shokofin.version = "4.2.2.0"
        body = await ask(sim, PLUGIN)
        assert isinstance(body, dict)
        assert body["MediaFolders"][0]["ImportFolderId"] == 0
        sim.jellyfin.shokofin.map_again()
        await sim.jellyfin.scan()
        assert len(of_type(sim, "Episode")) == 2


async def test_the_plugin_and_its_configuration() -> None:
    """It stands in the list with its GUID; a posted configuration takes effect."""
    async with household() as sim:
        plugins = await ask(sim, "/Plugins")
        assert isinstance(plugins, list)
        theirs = sample("jellyfin", "plugins-get")
        assert isinstance(theirs, list)
        assert differences(plugins[1], theirs[1]) == []
        body = await ask(sim, PLUGIN)
        assert isinstance(body, dict)
        assert body["SignalR_AutoConnectEnabled"] is True
        assert body["FilterMovieLibraries"] is True
        await ask(sim, PLUGIN, "POST", body | {"SignalR_AutoConnectEnabled": False})
        assert sim.jellyfin.shokofin.settings.signalr is False


async def test_a_file_that_goes_takes_its_item_along() -> None:
    """Shokofin hears of the deletion; deleting an item removes only the link."""
    async with household() as sim:
        title = show(sim)
        await shown(sim, title)
        first, second = of_type(sim, "Episode")
        sim.jellyfin.remove(first)
        assert first.source in sim.world.disk
        await sim.jellyfin.scan()
        assert len(of_type(sim, "Episode")) == 2
        assert second.source is not None
        sim.world.remove_file(second.source)
        await sim.advance(60)
        assert [item.numbers for item in of_type(sim, "Episode")] == [(1, 1)]
        assert [item.numbers for item in of_type(sim, "Episode", virtual=True)] == [(2, 2)]


async def test_nothing_is_lost_while_shoko_is_down() -> None:
    """A scan without Shoko leaves everything as it is."""
    async with household() as sim:
        await shown(sim, show(sim))
        before = {item.id for item in sim.jellyfin.shokofin.items()}
        await sim.down("shoko")
        await sim.jellyfin.scan()
        assert {item.id for item in sim.jellyfin.shokofin.items()} == before


async def test_without_shoko_anime_is_plain() -> None:
    """A household that has no Shoko sees its anime in the library as before."""
    async with Simulator(seed=1) as sim:
        title, movie = show(sim), film(sim)
        import_series(sim, title)
        import_film(sim, movie)
        await sim.jellyfin.scan()
        assert len(sim.jellyfin.playable_files(title)) == 2
        assert len(sim.jellyfin.playable_files(movie)) == 1
        assert await ask(sim, "/Plugins") != []
        assert sim.jellyfin.shokofin.items() == []
