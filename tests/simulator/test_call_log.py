"""The log of changing calls, and the faults that befall them."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import aiohttp
import pytest

from simulator import Simulator
from simulator.call_log import Trouble
from simulator.holdings import hold_film
from simulator.volume_real import RealVolume


@pytest.fixture
async def sim(socket_enabled: None) -> AsyncGenerator[Simulator]:
    """Return a small household."""
    async with Simulator(profile="tiny", seed=4, services=["radarr", "qbittorrent"]) as simulator:
        yield simulator


class Caller:
    """Delete one film after the other."""

    def __init__(self, sim: Simulator, http: aiohttp.ClientSession) -> None:
        """Have three films to delete."""
        self._sim, self._http = sim, http
        titles = [
            sim.world.add_title_movie(title=f"Film {number}", year=2001, tmdb=number)
            for number in range(100, 103)
        ]
        self.films = [hold_film(sim, title).entry for title in titles]

    async def delete(self, index: int = 0) -> int | None:
        """Return the status, None when no answer came."""
        address = f"{self._sim.url('radarr')}/api/v3/movie/{self.films[index].id}"
        headers = {"X-Api-Key": self._sim.api_key("radarr")}
        query = {"deleteFiles": "true"}
        try:
            async with (
                asyncio.timeout(1),
                self._http.delete(address, params=query, headers=headers) as answer,
            ):
                return answer.status
        except aiohttp.ClientError, TimeoutError:
            return None


@pytest.fixture
def caller(sim: Simulator, http: aiohttp.ClientSession) -> Caller:
    """Return who deletes."""
    return Caller(sim, http)


@pytest.mark.parametrize(
    ("trouble", "told", "is_gone", "has_files"),
    [
        ("refused", 503, False, True),
        ("cut", None, False, True),
        ("failed", 503, True, False),
        ("lost", None, True, False),
        ("hang", None, True, False),
        ("stays", 200, True, True),
    ],
)
async def test_a_fault_strikes_as_told_and_is_noted(
    sim: Simulator,
    caller: Caller,
    trouble: Trouble,
    told: int | None,
    is_gone: bool,
    has_files: bool,
) -> None:
    """What the caller hears and what has happened are two things.

    aiohttp sends a DELETE a second time when its connection ends without an answer, so that the
    fault has to strike both.
    """
    film = caller.films[0]
    times = 2 if trouble in {"cut", "lost"} else 1
    sim.faults("radarr").on_write(trouble, "DELETE /api/v3/movie", status=503, times=times)
    assert await caller.delete() == told
    assert (film.id not in sim.radarr.entries) is is_gone
    assert (sim.world.volume.below(film.path) != []) is has_files
    assert len(sim.radarr.writes) == times
    call = sim.radarr.writes[0]
    assert call.name == f"DELETE /api/v3/movie/{film.id}"
    assert (call.trouble, call.status, call.reached) == (trouble, told, is_gone)
    assert await caller.delete(1) == 200
    assert sim.radarr.writes[-1].trouble is None
    assert sim.world.volume.below(caller.films[1].path) == []


async def test_faults_wait_for_their_turn_and_last_as_long_as_told(
    sim: Simulator, caller: Caller
) -> None:
    """One call passes, the second is struck, another program's calls are not meant."""
    faults = sim.faults("radarr")
    faults.on_write("refused", "DELETE", skip=1, status=500)
    faults.on_write("refused", "POST /api/v3/command", times=None)
    assert [await caller.delete(index) for index in (0, 1, 1, 2)] == [200, 500, 200, 200]
    assert [call.trouble for call in sim.removing] == [None, "refused", None, None]


async def test_only_changes_are_logged_with_all_they_said(
    sim: Simulator, caller: Caller, http: aiohttp.ClientSession
) -> None:
    """Reads and logins are no changes; a refusal for a wrong key is logged as not reached."""
    base, key = sim.url("radarr"), {"X-Api-Key": sim.api_key("radarr")}
    async with http.get(f"{base}/api/v3/movie", headers=key):
        pass
    async with http.delete(f"{base}/api/v3/movie/1?deleteFiles=true"):
        pass
    body = {"name": "MoviesSearch", "movieIds": [1]}
    async with http.post(f"{base}/api/v3/command", json=body, headers=key):
        pass
    doors = sim.qbittorrent.auth
    form = {"username": doors.username, "password": doors.password}
    async with http.post(f"{sim.url('qbittorrent')}/api/v2/auth/login", data=form) as answer:
        cookie = "; ".join(f"{k}={m.value}" for k, m in answer.cookies.items())
    form = {"hashes": "a" * 40, "deleteFiles": "true"}
    address = f"{sim.url('qbittorrent')}/api/v2/torrents/delete"
    async with http.post(address, data=form, headers={"Cookie": cookie}):
        pass
    unauthorized, command, deletion = sim.writes
    assert (unauthorized.status, unauthorized.reached) == (401, False)
    assert (dict(unauthorized.query), unauthorized.removes) == ({"deleteFiles": "true"}, True)
    assert (command.body, command.removes, command.status) == (body, False, 201)
    assert (dict(deletion.form), deletion.service) == (form, "qbittorrent")
    assert sim.removing == [unauthorized, deletion]


async def test_a_household_on_real_folders_deletes_real_files(
    socket_enabled: None, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """The same Radarr, with a disk that anybody can look at."""
    services = ["radarr", "qbittorrent"]
    volume = RealVolume(tmp_path)
    async with Simulator(profile="empty", services=services, volume=volume) as sim:
        caller = Caller(sim, http)
        film = caller.films[0]
        assert film.file is not None
        there = tmp_path / film.file.path.lstrip("/")
        assert there.stat().st_nlink == 2
        assert await caller.delete() == 200
        assert not there.parent.exists()
        assert there.parents[1].is_dir()
        seeds = sim.qbittorrent.torrents.values()
        assert all(sim.qbittorrent.content.is_complete(torrent) for torrent in seeds)
