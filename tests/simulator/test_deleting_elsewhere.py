"""Deleting in Shoko, Jellyfin and Seerr: what a wrong call takes along, and who notices."""

from collections.abc import Mapping

import aiohttp
import pytest

from simulator import Simulator, Title
from simulator.holdings import hold_film, hold_series, settled
from simulator.seerr_state import MediaStatus, RequestStatus

from .anime_house import V5, V6, ask, household, show, words


async def _jellyfin(
    sim: Simulator,
    http: aiohttp.ClientSession,
    call: str,
    *,
    body: object = None,
    query: Mapping[str, str] | None = None,
) -> int:
    method, path = call.split(" ")
    headers = {"Authorization": f'MediaBrowser Token="{sim.api_key("jellyfin")}"'}
    address = sim.url("jellyfin") + path
    async with http.request(method, address, headers=headers, json=body, params=query) as answer:
        return answer.status


async def _seerr(sim: Simulator, http: aiohttp.ClientSession, path: str) -> int:
    headers = {"X-Api-Key": sim.api_key("seerr")}
    address = f"{sim.url('seerr')}/api/v1{path}"
    async with http.delete(address, headers=headers) as answer:
        return answer.status


@pytest.fixture
def heat(sim: Simulator) -> Title:
    """Return a film."""
    return sim.world.add_title_movie(title="Heat", year=1995, tmdb=949)


# -- Jellyfin ----------------------------------------------------------------------------------


async def test_jellyfin_takes_a_film_with_its_folder_and_an_episode_alone(
    sim: Simulator, http: aiohttp.ClientSession, heat: Title
) -> None:
    """Nobody should call this; whoever does is seen on the disk."""
    series = sim.world.add_title_series(
        title="Severance", year=2022, tmdb=95396, tvdb=371980, seasons={1: 2}
    )
    film, held = hold_film(sim, heat, extras=1), hold_series(sim, series, extras=1)
    await settled(sim)
    episodes = [i for i in sim.jellyfin.library.of(series) if i.type == "Episode"]
    keys = {"ids": f"{sim.jellyfin.item_id(heat)},{episodes[0].id}"}
    assert await _jellyfin(sim, http, "DELETE /Items", query=keys) == 204
    gone = {row.path for row in sim.world.removed}
    assert gone == {film.files[0].path, *film.files[0].extras, held.files[0].path}
    assert {row.by for row in sim.world.removed} == {"jellyfin"}
    assert sim.jellyfin.item_id(heat) is None
    assert len(sim.jellyfin.playable_files(series)) == 1
    assert [call.removes for call in sim["jellyfin"].writes] == [True]


async def test_jellyfin_before_10_9_fails_with_an_api_key(
    http: aiohttp.ClientSession,
) -> None:
    """The null user of a key is an error of the server, and nothing is removed."""
    services, versions = ["radarr", "qbittorrent", "jellyfin"], {"jellyfin": "10.8.13"}
    async with Simulator(services=services, versions=versions) as sim:
        title = sim.world.library[0]
        key = sim.jellyfin.item_id(title)
        assert await _jellyfin(sim, http, f"DELETE /Items/{key}") == 500
        assert sim.world.removed == []
        assert sim.jellyfin.item_id(title) == key


async def test_only_the_told_folder_is_looked_through(
    sim: Simulator, http: aiohttp.ClientSession, heat: Title
) -> None:
    """A path that Jellyfin does not know is dropped without a word."""
    sim.jellyfin.library.path_map = ("/data/media", "/media")
    held = hold_film(sim, heat)
    await settled(sim)
    sim.radarr.delete(held.entry)
    for path, is_there in ((held.entry.path, True), (f"/media/movies/{heat.folder}", False)):
        body = {"Updates": [{"Path": path, "UpdateType": "Deleted"}]}
        assert await _jellyfin(sim, http, "POST /Library/Media/Updated", body=body) == 204
        await sim.advance(61)
        assert (sim.jellyfin.item_id(heat) is not None) is is_there


async def test_a_scan_may_leave_a_ghost(sim: Simulator, heat: Title) -> None:
    """Then the item stays, and looks as if it could be played."""
    held = hold_film(sim, heat)
    await settled(sim)
    sim.radarr.delete(held.entry)
    sim.jellyfin.library.keeps_ghosts = True
    await sim.jellyfin.scan()
    assert len(sim.jellyfin.playable_files(heat)) == 1
    sim.jellyfin.library.keeps_ghosts = False
    await sim.jellyfin.scan()
    assert sim.jellyfin.playable_files(heat) == []


async def test_an_empty_library_is_taken_for_one_whose_disk_is_away(
    socket_enabled: None,
) -> None:
    """The last film of a library stays in it until there is another one."""
    services = ["radarr", "qbittorrent", "jellyfin"]
    async with Simulator(profile="empty", services=services) as sim:
        sim.jellyfin.skips_empty = True
        heat, ran = (
            sim.world.add_title_movie(title=title, year=1995, tmdb=tmdb)
            for title, tmdb in (("Heat", 949), ("Ran", 11645))
        )
        held = hold_film(sim, heat)
        await settled(sim)
        sim.radarr.delete(held.entry)
        await sim.jellyfin.scan()
        assert sim.jellyfin.item_id(heat) is not None
        hold_film(sim, ran)
        await sim.jellyfin.scan()
        assert sim.jellyfin.item_id(heat) is None


# -- Shoko -------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [V5, V6])
async def test_shoko_deletes_the_file_unless_it_is_told_not_to(
    version: str, socket_enabled: None
) -> None:
    """Both switches are on by default; without the last file the folder goes too."""
    async with household(version) as sim:
        title = show(sim, {1: 3})
        held = hold_series(sim, title, packs=())
        await settled(sim)
        first, second, third = sim.shoko.files
        path = "/api/v3/File/"
        keep = "removeFiles=false&removeFolder=false"
        await ask(sim, f"{path}{first.id}?{keep}", method="DELETE")
        assert sim.world.removed == []
        await ask(sim, f"{path}{second.id}?removeFolder=false", method="DELETE")
        assert [(row.path, row.freed) for row in sim.world.removed] == [(second.source, 0)]
        sim.sonarr.delete_file(held.entry.episodes[0])
        await ask(sim, path + str(third.id), method="DELETE")
        assert not sim.world.volume.is_folder(held.entry.path)
        assert sim.shoko.mylist_removals == [first.id, second.id, third.id]
        deleted = "file:deleted" if version == V6 else "ShokoEvent:FileDeleted"
        assert words(sim).count(deleted) == 3


async def test_shokofin_shows_nothing_that_shoko_has_lost(socket_enabled: None) -> None:
    """Sonarr deletes the series: inaccessible, then forgotten, then gone from Jellyfin."""
    async with household() as sim:
        title = show(sim)
        held = hold_series(sim, title)
        await settled(sim)
        assert len(sim.jellyfin.playable_files(title)) == 2
        sim.shoko.watching = False
        sim.sonarr.delete(held.entry)
        files = sim.shoko.files
        assert [sim.shoko.shelf.is_accessible(file) for file in files] == [False, False]
        row = await ask(sim, f"/api/v3/File/{files[0].id}")
        assert isinstance(row, dict)
        assert [place["IsAccessible"] for place in row["Locations"]] == [False]
        await ask(sim, "/api/v3/Action/RemoveMissingFiles/true")
        assert sim.shoko.files == []
        await sim.advance(sim.shoko.importer.pace.appear + 1)
        assert sim.jellyfin.playable_files(title) == []
        assert [call.removes for call in sim["shoko"].writes] == [True]


# -- Seerr -------------------------------------------------------------------------------------


async def test_seerr_forgets_requests_and_touches_no_file(
    sim: Simulator, http: aiohttp.ClientSession, heat: Title
) -> None:
    """A request leaves its media, a media row takes all its requests, both kinds, along."""
    for is_4k in (False, True):
        await sim.seerr.request(heat, is_4k=is_4k)
    plain, four_k = sim.seerr.requests.values()
    assert await _seerr(sim, http, f"/request/{four_k.id}") == 204
    assert plain.media.four_k.status is MediaStatus.UNKNOWN
    assert await _seerr(sim, http, f"/request/{four_k.id}") == 404
    await sim.seerr.request(heat, is_4k=True)
    assert await _seerr(sim, http, f"/media/{plain.media.id}") == 204
    assert (sim.seerr.requests, sim.seerr.media) == ({}, {})
    assert await _seerr(sim, http, f"/media/{plain.media.id}") == 404
    assert sim.radarr.find(heat) is not None
    assert sim.world.removed == []
    again = await sim.seerr.request(heat)
    assert again.side.status is MediaStatus.PROCESSING


async def test_seerrs_file_deletion_takes_everything_and_keeps_its_rows(
    sim: Simulator, http: aiohttp.ClientSession, heat: Title
) -> None:
    """The whole film goes from Radarr; the request still looks available."""
    request = await sim.seerr.request(heat)
    held = hold_film(sim, heat)
    await settled(sim)
    assert await _seerr(sim, http, f"/media/{request.media.id}/file") == 204
    assert sim.radarr.find(heat) is None
    assert [row.path for row in sim.world.removed] == [held.files[0].path]
    assert request.side.status is MediaStatus.AVAILABLE
    assert await _seerr(sim, http, f"/media/{request.media.id}/file") == 404


async def test_availability_sync_believes_only_who_can_be_asked(
    sim: Simulator, heat: Title
) -> None:
    """A title is gone when Radarr and Jellyfin both say so, and neither is down."""
    request = await sim.seerr.request(heat)
    held = hold_film(sim, heat)
    await settled(sim)
    sim.radarr.delete(held.entry)
    await sim.seerr.sync_availability()
    assert request.side.status.name == "AVAILABLE"  # Jellyfin still has it
    await sim.jellyfin.scan()
    await sim.down("radarr")
    await sim.seerr.sync_availability()
    assert request.side.status.name == "AVAILABLE"
    await sim.up("radarr")
    await sim.seerr.sync_availability()
    assert request.side.status.name == "DELETED"
    assert request.status is RequestStatus.COMPLETED


async def test_availability_sync_lets_single_seasons_be_deleted(sim: Simulator) -> None:
    """What is left makes the series partly available."""
    title = sim.world.add_title_series(
        title="Severance", year=2022, tmdb=95396, tvdb=371980, seasons={1: 2, 2: 2}
    )
    request = await sim.seerr.request(title)
    held = hold_series(sim, title)
    await settled(sim)
    assert request.side.status.name == "AVAILABLE"
    for item in held.entry.season(2):
        sim.sonarr.delete_file(item)
    await sim.jellyfin.scan()
    await sim.seerr.sync_availability()
    states = {season.number: season.status.name for season in request.media.seasons}
    assert states == {1: "AVAILABLE", 2: "DELETED"}
    assert request.side.status.name == "PARTIALLY_AVAILABLE"
