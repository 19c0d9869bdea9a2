"""Deleting in Radarr and Sonarr: what goes, what stays, and what is said about it."""

from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp
import pytest

from simulator import Simulator, Title, validate
from simulator.holdings import hold_collection, hold_film, hold_series

from .conftest import Receiver

ROOT = "/data/media/movies"
type Body = dict[str, object]


@dataclass(slots=True)
class Hand:
    """Send calls to the arrs with the right key."""

    sim: Simulator
    session: aiohttp.ClientSession

    async def __call__(
        self,
        call: str,
        *,
        name: str = "radarr",
        status: int = 200,
        params: Mapping[str, str] | None = None,
        body: object = None,
    ) -> object:
        """Return the parsed answer of `METHOD /path below /api/v3`."""
        method, path = call.split(" ", 1)
        async with self.session.request(
            method,
            f"{self.sim.url(name)}/api/v3{path}",
            headers={"X-Api-Key": self.sim.api_key(name)},
            params=params,
            json=body,
        ) as answer:
            assert answer.status == status, await answer.text()
            return await answer.json() if "json" in answer.content_type else None

    async def names(self, path: str, name: str = "radarr") -> set[str]:
        """Return what an arr sees in a folder."""
        query = {"path": f"{path}/", "includeFiles": "true"}
        body = await self("GET /filesystem", name=name, params=query)
        assert isinstance(body, dict)
        return {str(row["name"]) for row in body["directories"] + body["files"]}


@pytest.fixture
def hand(sim: Simulator, http: aiohttp.ClientSession) -> Hand:
    """Return who deletes."""
    return Hand(sim, http)


@pytest.fixture
def dune(sim: Simulator) -> Title:
    """Return a film that everybody knows."""
    return sim.world.add_title_movie(title="Dune: Part Two", year=2024, tmdb=693134)


@pytest.fixture
def show(sim: Simulator) -> Title:
    """Return a series of two seasons."""
    return sim.world.add_title_series(
        title="Severance", year=2022, tmdb=95396, tvdb=371980, seasons={1: 3, 2: 2}
    )


async def test_a_film_goes_with_its_folder_and_the_seeding_torrent_keeps_the_bytes(
    sim: Simulator, hand: Hand, dune: Title, receiver: Receiver
) -> None:
    """The name in the library goes, the inode lives on in the torrent; the webhook comes first."""
    sim.radarr.notifications.register(receiver.url)
    held = hold_film(sim, dune, extras=1)
    poster = sim.world.lay(f"{held.entry.path}/poster.jpg")
    path, torrent = held.files[0].path, held.torrents[0]
    query = {"deleteFiles": "true", "addImportExclusion": "true"}
    await hand(f"DELETE /movie/{held.entry.id}", params=query)
    await sim.settle()
    assert not sim.world.volume.is_folder(held.entry.path)
    assert {row.path for row in sim.world.removed} == {path, poster, *held.files[0].extras}
    assert next(row for row in sim.world.removed if row.path == path).freed == 0
    assert sim.world.volume.stat(f"{torrent.save_path}/{torrent.files[0][0]}") is not None
    assert receiver.last("MovieDelete")["movieFolderSize"] == held.files[0].size
    assert receiver.bodies("MovieFileDelete") == []
    assert sim.radarr.desk.is_excluded(dune)
    rows = await hand("GET /exclusions")
    assert isinstance(rows, list)
    assert [row["tmdbId"] for row in rows] == [693134]
    await hand(f"DELETE /movie/{held.entry.id}", status=404)


async def test_names_of_the_other_program_are_ignored_and_files_stay(
    sim: Simulator, hand: Hand, dune: Title, show: Title
) -> None:
    """`deleteFiles` is off by default, and each arr knows only its own name of the exclusion."""
    film, series = hold_film(sim, dune), hold_series(sim, show)
    wrong = {"addImportListExclusion": "true", "delete_files": "true"}
    await hand(f"DELETE /movie/{film.entry.id}", params=wrong)
    wrong = {"addImportExclusion": "true", "files": "true"}
    await hand(f"DELETE /series/{series.entry.id}", name="sonarr", params=wrong)
    assert sim.world.removed == []
    assert await hand("GET /exclusions") == []
    assert await hand("GET /importlistexclusion", name="sonarr") == []
    # Sonarr asks for a list of one series and is told that none came.
    await hand(f"DELETE /series/{series.entry.id}", name="sonarr", status=500)


async def test_a_value_that_is_no_boolean_is_refused(
    sim: Simulator, hand: Hand, dune: Title
) -> None:
    """`deleteFiles=1` deletes nothing."""
    held = hold_film(sim, dune)
    await hand(f"DELETE /movie/{held.entry.id}", status=400, params={"deleteFiles": "1"})
    assert sim.radarr.find(dune) is held.entry


@pytest.mark.parametrize("state", ["missing", "empty"])
async def test_an_unmounted_disk_stops_files_and_lets_a_film_go_without_them(
    sim: Simulator, hand: Hand, dune: Title, state: str
) -> None:
    """409 for a file; 200 for the film, whose files stay; the folder looks empty or missing."""
    held = hold_film(sim, dune)
    sim.radarr.disposal.lost[ROOT] = "missing" if state == "missing" else "empty"
    body = await hand(f"DELETE /moviefile/{held.files[0].id}", status=409)
    assert isinstance(body, dict)
    assert str(body["message"]).startswith("Movie's root folder")
    assert await hand.names(ROOT) == set()
    await hand(f"DELETE /movie/{held.entry.id}", params={"deleteFiles": "true"})
    assert sim.world.removed == []
    sim.radarr.disposal.lost.clear()
    assert dune.folder in await hand.names(ROOT)


async def test_an_overlapping_folder_stops_this_and_what_follows(
    sim: Simulator, hand: Hand, dune: Title
) -> None:
    """A bulk delete gives up at the first film whose folder is another's too."""
    other = sim.world.add_title_movie(title="Heat", year=1995, tmdb=949)
    third = sim.world.add_title_movie(title="Ran", year=1985, tmdb=11645)
    first, second = hold_film(sim, dune), hold_film(sim, other)
    sim.radarr.add(third).path = f"{first.entry.path}/inside"
    ids = [first.entry.id, second.entry.id]
    await hand("DELETE /movie/editor", body={"movieIds": ids, "deleteFiles": True})
    assert sim.world.removed == []
    assert [sim.radarr.find(title) for title in (dune, other)] == [None, None]


async def test_a_folder_may_go_late_into_the_bin_or_not_at_all(
    sim: Simulator, hand: Hand, dune: Title
) -> None:
    """The answer is the same 200 each time."""
    other = sim.world.add_title_movie(title="Heat", year=1995, tmdb=949)
    third = sim.world.add_title_movie(title="Ran", year=1985, tmdb=11645)
    late, binned, stuck = (hold_film(sim, title) for title in (dune, other, third))
    disposal, query = sim.radarr.disposal, {"deleteFiles": "true"}
    disposal.delay = 30
    await hand(f"DELETE /movie/{late.entry.id}", params=query)
    assert dune.folder in await hand.names(ROOT)
    await sim.advance(31)
    assert dune.folder not in await hand.names(ROOT)
    disposal.delay, disposal.recycle_bin = 0, "/data/recycle"
    before = len(sim.world.removed)
    await hand(f"DELETE /movie/{binned.entry.id}", params=query)
    assert other.folder in await hand.names("/data/recycle")
    assert len(sim.world.removed) == before
    disposal.recycle_bin, disposal.stuck = "", True
    await hand(f"DELETE /movie/{stuck.entry.id}", params=query)
    assert third.folder in await hand.names(ROOT)
    assert await hand("GET /movie", params={"tmdbId": "11645"}) == []


async def test_a_file_goes_with_its_subtitles_and_nothing_else(
    sim: Simulator, hand: Hand, show: Title, receiver: Receiver
) -> None:
    """The episode stays monitored, so the next feed brings it back unless that is ended."""
    sim.sonarr.notifications.register(receiver.url)
    held = hold_series(sim, show, extras=1)
    first, second = held.files[:2]
    ids = {"episodeFileIds": [first.id, second.id]}
    await hand("DELETE /episodefile/bulk", name="sonarr", body=ids)
    await sim.settle()
    gone = {row.path for row in sim.world.removed}
    assert gone == {first.path, second.path, *first.extras, *second.extras}
    assert len(receiver.bodies("EpisodeFileDelete")) == 2
    assert receiver.last("EpisodeFileDelete")["deleteReason"] == "manual"
    rows = [row for row in sim.sonarr.history if row.event == "episodeFileDeleted"]
    assert [row.data["reason"] for row in rows] == ["Manual", "Manual"]
    items = [item for item in held.entry.episodes if item.file is None]
    assert [item.monitored for item in items] == [True, True]
    body = {"episodeIds": [items[0].id], "monitored": False}
    await hand("PUT /episode/monitor", name="sonarr", status=202, body=body)
    sim.sonarr.has_offers = True
    await hand("POST /command", name="sonarr", status=201, body={"name": "RssSync"})
    assert [d.episodes for d in sim.sonarr.downloads] == [[items[1]]]
    await hand(f"DELETE /episodefile/{first.id}", name="sonarr", status=404)


async def test_seasons_and_films_are_unmonitored_by_whole_resources(
    sim: Simulator, hand: Hand, dune: Title, show: Title
) -> None:
    """Half a body is refused; a season takes its episodes along, but not in the season pass."""
    film, series = hold_film(sim, dune), hold_series(sim, show)
    address = f"/movie/{film.entry.id}"
    await hand(f"PUT {address}", status=400, body={"monitored": False})
    body = await hand(f"GET {address}")
    assert isinstance(body, dict)
    await hand(f"PUT {address}", status=202, body=body | {"monitored": False})
    assert not film.entry.monitored
    wanted = {"id": series.entry.id, "seasons": [{"seasonNumber": 1, "monitored": False}]}
    await hand("POST /seasonpass", name="sonarr", status=202, body={"series": [wanted]})
    assert series.entry.seasons == {1: False, 2: True}
    assert all(item.monitored for item in series.entry.episodes)
    address = f"/series/{series.entry.id}"
    body = await hand(f"GET {address}", name="sonarr")
    assert isinstance(body, dict)
    body["seasons"] = [row | {"monitored": row["seasonNumber"] == 1} for row in body["seasons"]]
    await hand(f"PUT {address}", name="sonarr", status=202, body=body)
    assert [item.monitored for item in series.entry.episodes] == [True] * 3 + [False] * 2


async def test_the_disk_is_shown_as_the_real_look_up_shows_it(
    sim: Simulator, hand: Hand, dune: Title
) -> None:
    """Without the last slash it is the parent's list; an unknown folder looks like an empty one."""
    held = hold_film(sim, dune)
    query = {"path": held.entry.path, "includeFiles": "true"}
    body = await hand("GET /filesystem", params=query)
    assert isinstance(body, dict)
    assert body["parent"] == "/data/media/"
    assert dune.folder in {row["name"] for row in body["directories"]}
    query["path"] += "/"
    body = await hand("GET /filesystem", params=query)
    assert isinstance(body, dict)
    assert body["parent"] == f"{ROOT}/"
    assert [(row["path"], row["size"], row["type"]) for row in body["files"]] == [
        (held.files[0].path, held.files[0].size, "file")
    ]
    query["path"] = f"{ROOT}/Nothing (1999)/"
    empty: Body = {"parent": f"{ROOT}/", "directories": [], "files": []}
    assert await hand("GET /filesystem", params=query) == empty


async def test_a_rescan_notices_what_somebody_took_away(
    sim: Simulator, hand: Hand, dune: Title, receiver: Receiver
) -> None:
    """Not while the disk is away, then as missing from disk."""
    sim.radarr.notifications.register(receiver.url)
    held = hold_film(sim, dune)
    sim.world.remove_file(held.files[0].path)
    command = {"name": "RescanMovie", "movieId": held.entry.id}
    mine = {"movieId": str(held.entry.id)}
    sim.radarr.disposal.lost[ROOT] = "empty"
    await hand("POST /command", status=201, body=command)
    assert await hand("GET /moviefile", params=mine) != []
    sim.radarr.disposal.lost.clear()
    await hand("POST /command", status=201, body=command)
    await sim.settle()
    assert await hand("GET /moviefile", params=mine) == []
    assert receiver.last("MovieFileDelete")["deleteReason"] == "missingFromDisk"


async def test_an_import_list_adds_again_what_is_not_excluded(
    sim: Simulator, hand: Hand, dune: Title
) -> None:
    """The exclusion is what keeps a deleted film away."""
    sim.radarr.import_list = [dune]
    for excluded in (False, True):
        sim.radarr.delete(sim.radarr.add(dune), exclude=excluded)
        await hand("POST /command", status=201, body={"name": "ImportListSync"})
        assert (sim.radarr.find(dune) is None) == excluded


async def test_one_torrent_can_hold_several_films(sim: Simulator) -> None:
    """A collection: each film is a hard link into the same torrent."""
    titles = [
        sim.world.add_title_movie(title=f"Part {number}", year=2000 + number, tmdb=7000 + number)
        for number in (1, 2, 3)
    ]
    held = hold_collection(sim, titles)
    torrents = {one.torrents[0].id for one in held}
    assert len(torrents) == 1
    for one, (name, size) in zip(held, held[0].torrents[0].files, strict=True):
        source = sim.world.volume.stat(f"{one.torrents[0].save_path}/{name}")
        assert source is not None
        assert source == sim.world.volume.stat(one.files[0].path)
        assert (source.links, source.size) == (2, size)
    grabs = {row.download_id for row in sim.radarr.history if row.event == "grabbed"}
    assert grabs == {torrents.pop().upper()}


async def test_a_queue_record_is_removed_with_or_without_its_torrent(
    sim: Simulator, hand: Hand, dune: Title
) -> None:
    """`removeFromClient` is on by default, and the data go with the torrent."""
    other = sim.world.add_title_movie(title="Heat", year=1995, tmdb=949)
    first, second = (sim.radarr.grab(sim.radarr.add(title)) for title in (dune, other))
    ids = [int(str(sim.radarr.records(one)[0]["id"])) for one in (first, second)]
    await hand(f"DELETE /queue/{ids[0]}", params={"removeFromClient": "false"})
    assert sim.world.removed == []
    await hand("DELETE /queue/bulk", body={"ids": ids[1:]})
    assert sim.radarr.downloads == []
    assert list(sim.qbittorrent.torrents) == [str(first.client_id).lower()]
    assert [row.by for row in sim.world.removed] == ["qbittorrent"]


@pytest.mark.skipif(not validate.available(), reason="the OpenAPI documents are not at hand")
async def test_the_answers_are_what_the_documents_allow(http: aiohttp.ClientSession) -> None:
    """Files, exclusions and settings of both programs, read one by one and as lists."""
    services = ["radarr", "sonarr", "qbittorrent"]
    async with Simulator(services=services, validate=True) as sim:
        hand = Hand(sim, http)
        film = hold_film(sim, sim.world.add_title_movie(title="Heat", year=1995, tmdb=949))
        series = hold_series(
            sim,
            sim.world.add_title_series(title="Dark", year=2017, tmdb=70, tvdb=7, seasons={1: 2}),
        )
        for arr, held in (("radarr", film), ("sonarr", series)):
            service = sim.radarr if arr == "radarr" else sim.sonarr
            number = service.desk.exclude(held.entry.title)
            word, file = service.exclusion_word, "moviefile" if arr == "radarr" else "episodefile"
            paths = (word, f"{word}/{number}", "config/mediamanagement", "rootfolder")
            for path in (*paths, f"{file}/{held.files[0].id}"):
                await hand(f"GET /{path}", name=arr)
            query = {f"{file[:-4]}FileIds": str(held.files[0].id)}
            assert await hand(f"GET /{file}", name=arr, params=query) != []
        assert sim.violations == []
