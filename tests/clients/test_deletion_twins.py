"""Delete against the simulated services: what goes, what stays, what can be proved afterwards."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from custom_components.media_status.clients.arr_disk import PathState, Presence
from custom_components.media_status.clients.errors import NotFound, RootFolderTrouble
from custom_components.media_status.clients.guard import TargetKind
from custom_components.media_status.clients.jellyfin import JellyfinClient
from custom_components.media_status.clients.qbittorrent import QBittorrentClient
from custom_components.media_status.clients.radarr import RadarrClient
from custom_components.media_status.clients.seerr import SeerrClient
from custom_components.media_status.clients.shoko import ShokoClient
from custom_components.media_status.clients.sonarr import SonarrClient
from simulator import Simulator, Title
from simulator.server import DEFAULT

from .permits import opened, permit_for


@pytest.fixture
async def sim(socket_enabled: None) -> AsyncIterator[Simulator]:
    """Run a household with all six services."""
    async with Simulator(profile="tiny", seed=7, services=[*DEFAULT, "shoko"]) as running:
        yield running


@pytest.fixture
def radarr(sim: Simulator, session: aiohttp.ClientSession) -> RadarrClient:
    """Return a client that may remove."""
    return opened(RadarrClient(session, sim.url("radarr"), sim.api_key("radarr")))


@pytest.fixture
def sonarr(sim: Simulator, session: aiohttp.ClientSession) -> SonarrClient:
    """Return a client that may remove."""
    return opened(SonarrClient(session, sim.url("sonarr"), sim.api_key("sonarr")))


@pytest.fixture
def torrents(sim: Simulator, session: aiohttp.ClientSession) -> QBittorrentClient:
    """Return a client that may remove."""
    doors = sim.qbittorrent.auth
    return opened(
        QBittorrentClient(
            session, sim.url("qbittorrent"), username=doors.username, password=doors.password
        )
    )


@pytest.fixture
def seerr(sim: Simulator, session: aiohttp.ClientSession) -> SeerrClient:
    """Return a client that may remove."""
    return opened(SeerrClient(session, sim.url("seerr"), sim.api_key("seerr")))


async def watched_film(sim: Simulator) -> Title:
    """Have a film asked for, fetched and shown."""
    film = sim.world.add_title_movie(title="Dune: Part Two", year=2024, tmdb=693134)
    await sim.play(await sim.seerr.request(film, user="alice"), until="available")
    await sim.settle()
    return film


async def state(radarr: RadarrClient, path: str, root: str) -> PathState:
    """Return what Radarr's disk proves about one path."""
    return (await radarr.path_states([path], root))[path]


def removing(sim: Simulator) -> list[tuple[str, str, str]]:
    """Return what was removed where, by method and path."""
    return [(call.service, call.method, call.path) for call in sim.removing]


async def test_a_film_goes_everywhere(
    sim: Simulator, radarr: RadarrClient, torrents: QBittorrentClient, seerr: SeerrClient
) -> None:
    """Four services, four calls, and each can prove afterwards that it is gone."""
    film = await watched_film(sim)
    movie = await radarr.movie_by_tmdb(film.tmdb)
    assert movie is not None and movie.file is not None
    path, root = movie.file.path or "", movie.root_folder or ""
    (torrent,) = await torrents.details_of([*sim.qbittorrent.torrents])
    info = await seerr.media_info("movie", film.tmdb)
    assert info is not None
    (request,) = info.requests
    assert (await state(radarr, path, root)).size == movie.file.size

    own = torrent.torrent.hash
    await torrents.delete_torrent(permit_for(TargetKind.TORRENT, own), own, delete_files=True)
    await radarr.delete_movie(
        permit_for(TargetKind.MOVIE, movie.id),
        movie.id,
        delete_files=True,
        add_import_exclusion=True,
    )
    await seerr.delete_request(permit_for(TargetKind.SEERR_REQUEST, request.id), request.id)
    await seerr.delete_media(permit_for(TargetKind.SEERR_MEDIA, info.id), info.id)
    await sim.settle()

    assert removing(sim) == [
        ("qbittorrent", "POST", "/api/v2/torrents/delete"),
        ("radarr", "DELETE", f"/api/v3/movie/{movie.id}"),
        ("seerr", "DELETE", f"/api/v1/request/{request.id}"),
        ("seerr", "DELETE", f"/api/v1/media/{info.id}"),
    ]
    assert await torrents.torrent_details(own) is None
    assert await radarr.movie(movie.id) is None
    assert (await state(radarr, path, root)).presence is Presence.ABSENT
    assert await seerr.media_info("movie", film.tmdb) is None
    assert [*sim.radarr.desk.exclusions.values()] == [film]
    for again in (
        radarr.delete_movie(
            permit_for(TargetKind.MOVIE, movie.id),
            movie.id,
            delete_files=True,
            add_import_exclusion=False,
        ),
        seerr.delete_media(permit_for(TargetKind.SEERR_MEDIA, info.id), info.id),
        seerr.delete_request(permit_for(TargetKind.SEERR_REQUEST, request.id), request.id),
    ):
        with pytest.raises(NotFound):
            await again


async def test_files_that_stay_are_seen(sim: Simulator, radarr: RadarrClient) -> None:
    """Radarr says 200 and forgets the film; the disk says that nothing went."""
    film = await watched_film(sim)
    movie = await radarr.movie_by_tmdb(film.tmdb)
    assert movie is not None and movie.file is not None
    path, root = movie.file.path or "", movie.root_folder or ""
    sim.radarr.disposal.stuck = True
    await radarr.delete_movie(
        permit_for(TargetKind.MOVIE, movie.id),
        movie.id,
        delete_files=True,
        add_import_exclusion=False,
    )
    await sim.settle()
    assert await radarr.movie(movie.id) is None
    assert (await state(radarr, path, root)).presence is Presence.PRESENT


async def test_a_root_folder_that_is_not_there_keeps_everything(
    sim: Simulator, radarr: RadarrClient
) -> None:
    """The file is not deleted, and not taken for gone either."""
    film = await watched_film(sim)
    movie = await radarr.movie_by_tmdb(film.tmdb)
    assert movie is not None and movie.file is not None
    path, root = movie.file.path or "", movie.root_folder or ""
    sim.radarr.disposal.lost[root] = "missing"
    with pytest.raises(RootFolderTrouble):
        await radarr.delete_movie_file(
            permit_for(TargetKind.MOVIE_FILE, movie.file.id), movie.file.id
        )
    assert (await state(radarr, path, root)).presence is Presence.UNKNOWN
    assert sim.world.removed == []


async def test_cross_seeds_are_told(sim: Simulator, torrents: QBittorrentClient) -> None:
    """One with the same files shares them; one with links of its own does not need ours."""
    await watched_film(sim)
    (torrent,) = sim.qbittorrent.torrents.values()
    same = sim.qbittorrent.cross_seed(torrent)
    linked = sim.qbittorrent.cross_seed(torrent, linked=True)
    told = {
        entry.torrent.hash: entry.shares_with
        for entry in await torrents.details_of([torrent.id, same.id, linked.id])
    }
    assert told == {
        torrent.id: frozenset({same.id}),
        same.id: frozenset({torrent.id}),
        linked.id: frozenset(),
    }


async def test_one_episode_goes(sim: Simulator, sonarr: SonarrClient) -> None:
    """Its file and nothing else, and it is not fetched again; a series that is gone is told."""
    show = sim.world.add_title_series(
        title="Severance", year=2022, tmdb=95396, tvdb=371980, seasons={1: 3}
    )
    entry = sim.sonarr.add(show)
    sim.sonarr.import_by_hand(entry.episodes)
    series = await sonarr.series_by_tvdb(371980)
    assert series is not None
    episodes = [part for part in await sonarr.episodes(series.id) if part.season == 1]
    first = episodes[0]
    assert first.file is not None
    root = series.root_folder or ""
    paths = [found.file.path or "" for found in await sonarr.episode_files(series.id)]
    assert len(paths) == 3
    await sonarr.unmonitor_episodes(permit_for(TargetKind.EPISODE, first.id), [first.id])
    await sonarr.delete_episode_file(
        permit_for(TargetKind.EPISODE_FILE, first.file.id), first.file.id
    )
    await sonarr.unmonitor_season(permit_for(TargetKind.SEASON, f"{series.id}:1"), series.id, 1)
    after = [part for part in await sonarr.episodes(series.id) if part.season == 1]
    assert [part.has_file for part in after] == [False, True, True]
    assert after[0].monitored is False
    found = await sonarr.series(series.id)
    assert found is not None
    assert [season.monitored for season in found.seasons if season.number == 1] == [False]
    states = await sonarr.path_states(paths, root)
    assert [path for path, state in states.items() if state.presence is Presence.ABSENT] == [
        first.file.path
    ]
    for _ in range(2):
        try:
            await sonarr.delete_series(
                permit_for(TargetKind.SERIES, series.id),
                series.id,
                delete_files=True,
                add_import_exclusion=False,
            )
        except NotFound:
            break
    else:
        pytest.fail("a series that is gone was deleted again")
    await sim.settle()
    states = await sonarr.path_states(paths, root)
    assert {state.presence for state in states.values()} <= {Presence.ABSENT, Presence.UNKNOWN}


async def test_shoko_forgets_a_record_and_the_disk_keeps_its_file(
    sim: Simulator, session: aiohttp.ClientSession, sonarr: SonarrClient
) -> None:
    """A record goes by itself; a file that others removed is told as out of reach."""
    show = sim.world.add_anime_series(
        title="Frieren", romaji="Sousou no Frieren", year=2023, tmdb=209867, tvdb=424536,
        seasons={1: 2},
    )  # fmt: skip
    entry = sim.sonarr.add(show)
    sim.sonarr.import_by_hand(entry.episodes)
    await sim.advance(600)
    await sim.settle()
    shoko = opened(ShokoClient(session, sim.url("shoko"), sim.api_key("shoko")))
    first, second = (found.id for found in sim.shoko.files)
    assert (await shoko.file_state(first)).reachable == 1
    await shoko.delete_file_record(permit_for(TargetKind.SHOKO_FILE, first), first)
    assert (await shoko.file_state(first)).is_known is False
    with pytest.raises(NotFound):
        await shoko.delete_file_record(permit_for(TargetKind.SHOKO_FILE, first), first)
    assert sim.world.removed == []
    sim.shoko.watching = False
    series = await sonarr.series_by_tvdb(424536)
    assert series is not None
    for found in await sonarr.episode_files(series.id):
        await sonarr.delete_episode_file(
            permit_for(TargetKind.EPISODE_FILE, found.file.id), found.file.id
        )
    await sim.settle()
    state = await shoko.file_state(second)
    assert (state.is_known, state.reachable) == (True, 0)


async def test_jellyfin_tells_by_id_what_it_still_has(
    sim: Simulator, session: aiohttp.ClientSession, radarr: RadarrClient
) -> None:
    """The item is there before, and after the file went and a scan ran it is not."""
    film = await watched_film(sim)
    jellyfin = JellyfinClient(session, sim.url("jellyfin"), sim.api_key("jellyfin"))
    ids: list[str] = []
    async for page in jellyfin.items(types=["Movie"]):
        ids += [item.id for item in page.items if item.provider_ids.get("tmdb") == str(film.tmdb)]
    assert len(ids) == 1
    assert (await jellyfin.items_by_ids(ids))[ids[0]].playable
    movie = await radarr.movie_by_tmdb(film.tmdb)
    assert movie is not None
    await radarr.delete_movie(
        permit_for(TargetKind.MOVIE, movie.id),
        movie.id,
        delete_files=True,
        add_import_exclusion=False,
    )
    await sim.settle()
    await sim.jellyfin.scan()
    assert await jellyfin.items_by_ids(ids) == {}
