"""Deleting in qBittorrent: what a call takes with it, and what others still hold on to."""

from collections.abc import AsyncGenerator, Mapping
import json

import aiohttp
import pytest

from simulator import Simulator
from simulator.qbt_torrents import Torrent

VERSIONS = ["4.5.2", "5.1.0", "5.3.0"]
SIZE = 5_000


class Web:
    """A caller who has got in."""

    def __init__(self, sim: Simulator, http: aiohttp.ClientSession) -> None:
        """Know no cookie yet."""
        self._sim, self._http, self._cookie = sim, http, ""

    async def enter(self) -> None:
        """Log in with user and password, as every version allows."""
        doors = self._sim.qbittorrent.auth
        form = {"username": doors.username, "password": doors.password}
        address = f"{self._sim.url('qbittorrent')}/api/v2/auth/login"
        async with self._http.post(address, data=form) as answer:
            self._cookie = "; ".join(f"{k}={m.value}" for k, m in answer.cookies.items())

    async def delete(self, hashes: str, *, files: bool = True) -> None:
        """Delete torrents."""
        form = {"hashes": hashes, "deleteFiles": "true" if files else "false"}
        address = f"{self._sim.url('qbittorrent')}/api/v2/torrents/delete"
        headers = {"Cookie": self._cookie}
        async with self._http.post(address, data=form, headers=headers) as answer:
            assert (answer.status, await answer.text()) == (200, "")

    async def get(self, path: str, query: Mapping[str, str] | None = None) -> object:
        """Return one answer."""
        address = f"{self._sim.url('qbittorrent')}/api/v2/{path}"
        headers = {"Cookie": self._cookie}
        async with self._http.get(address, params=query, headers=headers) as answer:
            assert answer.status == 200
            return json.loads(await answer.text())


@pytest.fixture(params=VERSIONS)
async def sim(request: pytest.FixtureRequest, socket_enabled: None) -> AsyncGenerator[Simulator]:
    """Return a household that has only a qBittorrent of some version."""
    versions = {"qbittorrent": str(request.param)}
    async with Simulator(services=["qbittorrent"], versions=versions, seed=3) as simulator:
        yield simulator


@pytest.fixture
async def web(sim: Simulator, http: aiohttp.ClientSession) -> Web:
    """Return a caller who is in."""
    caller = Web(sim, http)
    await caller.enter()
    return caller


def _done(sim: Simulator, name: str, *files: str) -> Torrent:
    client = sim.qbittorrent
    rows = [(file, SIZE) for file in files]
    torrent = client.add_torrent(sim.world.new_hash(), name, SIZE * len(rows), files=rows)
    client.finish(torrent.id)
    return torrent


def _paths(torrent: Torrent) -> list[str]:
    return [f"{torrent.save_path}/{name}" for name, _ in torrent.files]


async def test_only_its_own_files_go_and_a_strangers_file_keeps_the_folder(
    sim: Simulator, web: Web
) -> None:
    """A file that somebody laid into the torrent's folder stays, and so does the folder."""
    torrent = _done(sim, "Pack", "Pack/a.mkv", "Pack/Sub/b.mkv")
    stranger = sim.world.lay(f"{torrent.content_path}/notes.txt")
    await web.delete(torrent.id.upper())
    assert [row.path for row in sim.world.removed] == _paths(torrent)
    assert sim.world.freed == 2 * SIZE
    assert sim.world.volume.below(torrent.content_path) == [stranger]
    assert not sim.world.volume.is_folder(f"{torrent.content_path}/Sub")


async def test_a_linked_library_file_keeps_its_bytes(sim: Simulator, web: Web) -> None:
    """Without files nothing is removed, with files one of the two names is."""
    kept, gone = _done(sim, "Kept", "Kept/a.mkv"), _done(sim, "Gone", "Gone/a.mkv")
    sim.world.volume.link(_paths(gone)[0], "/data/media/movies/a.mkv")
    await web.delete(kept.id, files=False)
    assert sim.world.removed == []
    await web.delete(gone.id)
    assert [(row.path, row.freed) for row in sim.world.removed] == [(_paths(gone)[0], 0)]
    assert sim.world.volume.below(kept.save_path) == _paths(kept)


@pytest.mark.parametrize("linked", [True, False])
async def test_a_cross_seed_loses_its_data_only_where_it_shares_the_path(
    sim: Simulator, web: Web, linked: bool
) -> None:
    """QBittorrent does not ask whether another torrent needs the same files."""
    first = _done(sim, "Film", "Film/film.mkv")
    second = sim.qbittorrent.cross_seed(first, linked=linked)
    assert (first.content_path == second.content_path) is not linked
    await web.delete(first.id)
    assert sim.qbittorrent.content.is_complete(second) is linked
    await sim.restart("qbittorrent")
    await web.enter()
    rows = await web.get("torrents/info")
    assert isinstance(rows, list)
    assert [row["state"] for row in rows] == ["stalledUP" if linked else "missingFiles"]


async def test_a_call_that_is_too_wide_really_deletes_everything(sim: Simulator, web: Web) -> None:
    """`all` takes all, a list takes the list, blank and unknown take nothing."""
    torrents = [_done(sim, f"T{number}", f"T{number}/a.mkv") for number in range(5)]
    await web.delete("")
    await web.delete("f" * 40)
    assert len(sim.qbittorrent.torrents) == 5
    await web.delete(f"{torrents[0].id}|{torrents[1].id}")
    assert list(sim.qbittorrent.torrents) == [torrent.id for torrent in torrents[2:]]
    await web.delete("all")
    assert sim.qbittorrent.torrents == {}
    assert sim.world.freed == 5 * SIZE
    forms = [dict(call.form) for call in sim.removing]
    assert [form["hashes"][:3] for form in forms] == ["", "fff", torrents[0].id[:3], "all"]


async def test_what_decides_about_seeding_is_told(sim: Simulator, web: Web) -> None:
    """Private flag, trackers, ratio and the limits that hold: its own before the general ones."""
    torrent = _done(sim, "Film", "film.mkv")
    torrent.private, torrent.trackers = True, ("https://tracker.example.com/announce",)
    torrent.ratio, torrent.seeding_time_limit = 0.5, 600
    sim.qbittorrent.preferences |= {"max_ratio_enabled": True, "max_ratio": 1.5}
    await sim.advance(120)
    rows = await web.get("torrents/info")
    assert isinstance(rows, list)
    wanted = {"ratio": 0.5, "max_ratio": 1.5, "ratio_limit": -2, "seeding_time": 120}
    wanted |= {"max_seeding_time": 600, "seeding_time_limit": 600, "trackers_count": 1}
    assert {key: rows[0][key] for key in wanted} == wanted
    assert rows[0]["content_path"] == f"{torrent.save_path}/film.mkv"
    assert rows[0].get("private", True) is True
    assert ("private" in rows[0]) == sim.qbittorrent.modern
    query = {"hash": torrent.id}
    details = await web.get("torrents/properties", query)
    assert isinstance(details, dict)
    assert (details["is_private"], details["seeding_time"]) == (True, 120)
    trackers = await web.get("torrents/trackers", query)
    assert isinstance(trackers, list)
    assert [row["url"] for row in trackers][3:] == list(torrent.trackers)
    files = await web.get("torrents/files", query)
    assert isinstance(files, list)
    assert [(row["name"], row["size"]) for row in files] == [("film.mkv", SIZE)]


async def test_files_may_go_late_or_not_at_all(sim: Simulator, web: Web) -> None:
    """The answer comes before the work on the disk ends."""
    late, stuck = _done(sim, "Late", "Late/a.mkv"), _done(sim, "Stuck", "Stuck/a.mkv")
    content = sim.qbittorrent.content
    content.delay = 5
    await web.delete(late.id)
    assert sim.world.removed == []
    await sim.advance(6)
    assert [row.path for row in sim.world.removed] == _paths(late)
    content.delay, content.stuck = 0, True
    await web.delete(stuck.id)
    assert sim.qbittorrent.torrents == {}
    assert content.is_complete(stuck)
