"""What a household has is told completely, cheaply the second time, and the same either way."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp
import pytest

from custom_components.media_status.clients.errors import ClientError
from custom_components.media_status.clients.jellyfin import JellyfinClient
from custom_components.media_status.clients.radarr import RadarrClient
from custom_components.media_status.clients.seerr import SeerrClient
from custom_components.media_status.clients.shoko import ShokoClient
from custom_components.media_status.clients.sonarr import SonarrClient
from custom_components.media_status.connections.base import Connection
from custom_components.media_status.connections.jellyfin import JellyfinConnection
from custom_components.media_status.connections.radarr import RadarrConnection
from custom_components.media_status.connections.seerr import SeerrConnection
from custom_components.media_status.connections.shoko import ShokoConnection
from custom_components.media_status.connections.sonarr import SonarrConnection
from custom_components.media_status.lifecycle.library import EntryKind
from custom_components.media_status.lifecycle.model import MOVIE, ItemKey
from simulator import Simulator, Title
from simulator.holdings import hold_film, hold_series, settled

from .cataloguing import Index, Shelf

KINDS = ("radarr", "sonarr", "jellyfin", "shoko", "seerr")


class Home:
    """A household, our connections to it, and what was read of them."""

    def __init__(self, sim: Simulator, session: aiohttp.ClientSession) -> None:
        """Initialize with a running simulator."""
        self.sim = sim

        def access(name: str) -> tuple[str, str]:
            return sim.url(name), sim.api_key(name)

        self.connections: dict[str, Connection] = {
            "radarr": RadarrConnection("radarr", RadarrClient(session, *access("radarr"))),
            "sonarr": SonarrConnection("sonarr", SonarrClient(session, *access("sonarr"))),
            "jellyfin": JellyfinConnection("jelly", JellyfinClient(session, *access("jellyfin"))),
            "shoko": ShokoConnection("shoko", ShokoClient(session, *access("shoko"))),
            "seerr": SeerrConnection("seerr", SeerrClient(session, *access("seerr"))),
        }
        self.shelves = {name: Shelf() for name in KINDS}
        self.anime = sim.world.add_anime_series(
            title="Frieren", year=2023, tmdb=209867, tvdb=424536, seasons={1: 4}
        )

    async def read(self, name: str) -> int:
        """Read one service; return how many calls that took."""
        before = self.sim.calls.total()
        await self.shelves[name].read(self.connections[name], self.sim.clock.now())
        return self.sim.calls.total() - before

    async def fresh(self, name: str) -> Index:
        """Return what a first read tells now."""
        shelf = Shelf()
        await shelf.read(self.connections[name], self.sim.clock.now())
        return shelf.index

    async def settle(self) -> None:
        """Let everybody notice what has happened, an hour later."""
        await settled(self.sim)
        await self.sim.advance(3600)

    def film(self, name: str, number: int) -> Title:
        """Return a film that can be asked for."""
        return self.sim.world.add_title_movie(title=name, year=2024, tmdb=number)

    def series(self, name: str, number: int, seasons: dict[int, int]) -> Title:
        """Return a series that can be asked for."""
        return self.sim.world.add_title_series(
            title=name, year=2020, tmdb=number, tvdb=number + 1_000_000, seasons=seasons
        )


@pytest.fixture
async def home(socket_enabled: None) -> AsyncIterator[Home]:
    """Run a household with an anime that Shoko has matched, an hour after it was filled."""
    services = ("seerr", "radarr", "sonarr", "qbittorrent", "shoko", "jellyfin")
    async with (
        Simulator(profile="tiny", seed=7, services=services) as sim,
        aiohttp.ClientSession() as session,
    ):
        found = Home(sim, session)
        hold_series(sim, found.anime)
        await found.settle()
        yield found
    await asyncio.get_running_loop().shutdown_default_executor()


async def test_radarr_tells_its_films(home: Home) -> None:
    """Ids, file and picture of each, in one call."""
    assert await home.read("radarr") == 1
    films = home.shelves["radarr"].of(EntryKind.MOVIE)
    entries = home.sim.radarr.entries.values()
    assert {film.ids.tmdb for film in films} == {entry.title.tmdb for entry in entries}
    for film in films:
        assert film.item == MOVIE
        assert film.present is True
        assert film.path is not None
        assert home.sim.world.volume.stat(film.path) is not None
        assert film.poster == f"MediaCover/{film.own_id}/poster.jpg"


async def test_a_film_without_a_file_is_told(home: Home) -> None:
    """It is there, and its file is not."""
    entry = home.sim.radarr.add(home.film("New Film", 555))
    await home.read("radarr")
    (film,) = [f for f in home.shelves["radarr"].of(EntryKind.MOVIE) if f.ids.tmdb == 555]
    assert (film.own_id, film.present, film.path, film.size) == (str(entry.id), False, None, None)


async def test_sonarr_tells_series_and_episodes(home: Home) -> None:
    """Episodes carry their own ids, and those without a file are told, too."""
    sonarr = home.sim.sonarr
    entry = sonarr.find(home.anime)
    assert entry is not None
    sonarr.delete_file(entry.episodes[0])
    await home.read("sonarr")
    shelf = home.shelves["sonarr"]
    own = [e for e in shelf.of(EntryKind.EPISODE) if e.series_id == str(entry.id)]
    assert {e.item: e.present for e in own} == {
        ItemKey(1, number): number != 1 for number in range(1, 5)
    }
    assert {e.ids.tvdb for e in own} == {item.info.tvdb for item in entry.episodes}
    assert shelf.index[EntryKind.SERIES, str(entry.id)].ids.tvdb == home.anime.tvdb


async def test_jellyfin_tells_what_plays(home: Home) -> None:
    """Films and episodes can be played; a series is as good as its episodes."""
    await home.read("jellyfin")
    shelf = home.shelves["jellyfin"]
    assert {entry.present for entry in shelf.of(EntryKind.MOVIE)} == {True}
    assert {entry.present for entry in shelf.of(EntryKind.EPISODE)} == {True}
    assert {entry.present for entry in shelf.of(EntryKind.SERIES)} == {None}
    series = {entry.own_id for entry in shelf.of(EntryKind.SERIES)}
    assert {entry.series_id for entry in shelf.of(EntryKind.EPISODE)} <= series
    marked = [e for e in shelf.of(EntryKind.EPISODE) if "shoko_files" in e.details]
    files = {str(file.id) for file in home.sim.shoko.files}
    assert {e.details["shoko_files"] for e in marked} == files


async def test_shoko_tells_what_its_files_are(home: Home) -> None:
    """A matched file names its anime; one that AniDB does not know is marked."""
    home.sim.shoko.unmatched("E04")
    file = home.sim.shoko.file("E04")
    home.sim.shoko.unlink(file)
    await home.read("shoko")
    shelf = home.shelves["shoko"]
    states = {entry.own_id: entry.details["match"] for entry in shelf.of(EntryKind.FILE)}
    assert states.pop(str(file.id)) == "unmatched"
    assert set(states.values()) == {"matched"}
    matched = [shelf.index[EntryKind.FILE, own_id] for own_id in states]
    assert {entry.ids.tmdb for entry in matched} == {home.anime.tmdb}
    assert all(entry.anidb and entry.shoko and entry.present for entry in matched)
    assert all(entry.details["anidb_episodes"] for entry in matched)


async def test_seerr_tells_what_it_believes(home: Home) -> None:
    """Its titles with their state, and the numbers of their requests."""
    await home.sim.seerr.request(home.anime, seasons=[1])
    request = await home.sim.seerr.request(home.film("Wished", 777))
    await home.settle()
    await home.read("seerr")
    (film,) = home.shelves["seerr"].of(EntryKind.MOVIE)
    assert film.ids.tmdb == 777
    assert film.details["requests"] == str(request.id)
    assert film.present is False
    (series,) = home.shelves["seerr"].of(EntryKind.SERIES)
    assert series.present is True
    assert series.details["status"] == "available"


@pytest.mark.parametrize("name", KINDS)
async def test_a_second_read_changes_nothing(home: Home, name: str) -> None:
    """It takes few calls, and tells the same."""
    await home.sim.seerr.request(home.film("Wished", 777))
    await home.settle()
    await home.read(name)
    before = dict(home.shelves[name].index)
    assert await home.read(name) <= 2
    assert home.shelves[name].index == before
    assert before
    assert home.shelves[name].dropped == 0


async def changed(home: Home) -> None:
    """Let things happen in every service."""
    sim = home.sim
    hold_film(sim, home.film("Brand New", 888))
    entry = sim.sonarr.find(home.anime)
    assert entry is not None
    sim.sonarr.delete_file(entry.episodes[1])
    shelf = [one for one in sim.sonarr.entries.values() if one is not entry]
    sim.sonarr.delete(shelf[0], files=True)
    hold_series(sim, home.series("Fresh", 12, {1: 3}))
    sim.radarr.delete(next(iter(sim.radarr.entries.values())), files=True)
    await sim.seerr.request(home.film("Wished Later", 999))
    await home.settle()


@pytest.mark.parametrize("name", KINDS)
async def test_changes_lead_to_what_is_there(home: Home, name: str) -> None:
    """A read of the changes ends where a read of everything does."""
    await home.read(name)
    await changed(home)
    calls = await home.read(name)
    assert home.shelves[name].index == await home.fresh(name)
    assert calls <= {"radarr": 1, "sonarr": 4, "jellyfin": 2, "shoko": 2, "seerr": 2}[name]


async def test_a_match_that_came_later_is_told(home: Home) -> None:
    """A file that was not matched before is looked at again."""
    shoko = home.sim.shoko
    shoko.unmatched("E04")
    shoko.unlink(shoko.file("E04"))
    await home.read("shoko")
    shoko.matched_again("E04")
    shoko.rescan("E04")
    await home.settle()
    await home.read("shoko")
    assert home.shelves["shoko"].index == await home.fresh("shoko")
    entries = home.shelves["shoko"].of(EntryKind.FILE)
    assert {entry.details["match"] for entry in entries} == {"matched"}


async def test_a_renamed_file_is_told(home: Home) -> None:
    """Counts do not show it; history does."""
    await home.read("sonarr")
    entry = home.sim.sonarr.find(home.anime)
    assert entry is not None
    home.sim.sonarr.rename(entry.episodes[2], "Season 01/Another Name.mkv")
    await home.sim.advance(60)
    assert await home.read("sonarr") == 3
    found = home.shelves["sonarr"].index[EntryKind.EPISODE, str(entry.episodes[2].id)]
    assert found.path is not None
    assert found.path.endswith("/Season 01/Another Name.mkv")


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("pages", [1, 2, 3])
async def test_an_interrupted_read_goes_on(
    home: Home, name: str, pages: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends with all that there is, behind the last page that was stored."""
    for module in ("catalogue", "steady_list", "sonarr_catalogue", "seerr_catalogue"):
        monkeypatch.setattr(
            f"custom_components.media_status.connections.{module}.PAGE_SIZE", 5, raising=False
        )
    shelf, now = home.shelves[name], home.sim.clock.now()
    await shelf.read(home.connections[name], now, stop_after=pages)
    first = shelf.pages
    await shelf.read(home.connections[name], now)
    assert shelf.resume is None
    again = Shelf()
    await again.read(home.connections[name], now)
    told = {(e.kind, e.own_id) for page in (*first, *shelf.pages) for e in page.entries}
    assert told == again.index.keys()


@pytest.mark.parametrize("name", KINDS)
async def test_half_an_answer_is_an_error(home: Home, name: str) -> None:
    """Nothing follows from it but that it failed."""
    home.sim.faults(name).half = True
    with pytest.raises(ClientError):
        await home.read(name)
    assert home.shelves[name].cursor is None
    home.sim.faults(name).clear()
    await home.read(name)
    assert home.shelves[name].index == await home.fresh(name)


@pytest.mark.parametrize("name", ["jellyfin", "shoko"])
async def test_short_pages_are_an_error(home: Home, name: str) -> None:
    """A list that ends too early is not a list."""
    home.sim.faults(name).short_pages = True
    with pytest.raises(ClientError):
        await home.read(name)


async def test_a_read_that_failed_midway_goes_on(home: Home) -> None:
    """What was told before is true, and is not asked for again."""
    shelf, now = home.shelves["sonarr"], home.sim.clock.now()
    sonarr = home.sim.sonarr
    for number in range(20):
        title = home.series(f"Series {number}", 4000 + number, {1: 90})
        sonarr.add(title)

    def fail(page: int) -> None:
        if page == 2:
            home.sim.faults("sonarr").status = 500

    with pytest.raises(ClientError):
        await shelf.read(home.connections["sonarr"], now, between=fail)
    home.sim.faults("sonarr").clear()
    series = len(sonarr.entries)
    before = home.sim.calls.total()
    await shelf.read(home.connections["sonarr"], now)
    assert home.sim.calls.total() - before < 1 + series
    assert shelf.of(EntryKind.EPISODE)
    fresh = await home.fresh("sonarr")
    assert len(fresh) == series + sum(len(e.episodes) for e in sonarr.entries.values())


async def test_after_a_month_all_is_read_again(home: Home) -> None:
    """What no history tells is found in the end."""
    for name in ("sonarr", "jellyfin", "shoko"):
        await home.read(name)
        shelf = home.shelves[name]
        await home.read(name)
        assert shelf.task is not None
        assert shelf.task.is_full is False
    await home.sim.advance(31 * 86400)
    for name in ("sonarr", "jellyfin", "shoko"):
        await home.read(name)
        task = home.shelves[name].task
        assert task is not None
        assert task.is_full is True


async def test_a_cursor_that_makes_no_sense_reads_everything(home: Home) -> None:
    """Nothing follows from what cannot be understood."""
    for name in KINDS:
        shelf = home.shelves[name]
        shelf.cursor = {"since": 5, "marks": [], "count": "x", "newest": {}, "full_at": "soon"}
        shelf.resume = {"place": [], "after": {}, "since": []}
        await home.read(name)
        assert shelf.task is not None
        assert shelf.task.is_full is True
        assert shelf.index == await home.fresh(name)


async def test_a_long_show_comes_in_several_pages(home: Home) -> None:
    """No page holds much more than a thousand entries."""
    title = home.series("Endless", 37854, {1999: 1500, 0: 12})
    home.sim.sonarr.add(title)
    await home.read("sonarr")
    shelf = home.shelves["sonarr"]
    assert max(len(page.entries) for page in shelf.pages) <= 1000
    own = [
        entry for entry in shelf.of(EntryKind.EPISODE) if entry.item and entry.item.season > 1000
    ]
    assert len(own) == 1500
    last = shelf.pages[-1]
    assert last.done == last.total
    assert replace(last, total=None).dropped == 0


async def test_an_unreadable_item_hides_no_loss_and_makes_none(home: Home) -> None:
    """Without all ids nothing is called gone; as soon as they can be read, it is."""
    jellyfin = home.sim.jellyfin
    shelf = home.shelves["jellyfin"]
    await home.read("jellyfin")
    film = next(item for item in jellyfin.library.items.values() if item.type == "Movie")
    series = next(item for item in jellyfin.library.items.values() if item.type == "Series")
    jellyfin.remove(film)
    good, series.id = series.id, "unreadable"
    await home.read("jellyfin")
    assert (EntryKind.MOVIE, film.id) in shelf.index
    series.id = good
    await home.read("jellyfin")
    assert (EntryKind.MOVIE, film.id) not in shelf.index
    assert (EntryKind.SERIES, good) in shelf.index
