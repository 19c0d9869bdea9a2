"""Promise 4 through the whole integration: a small run of `scripts/bench deletion`, and its judge.

The households live in a process of their own, because their Home Assistant needs an event loop
whose time is simulated. A failing one prints its story; `scripts/bench deletion --seed N --plans 1`
replays it alone.
"""

from collections import Counter
from collections.abc import AsyncIterator
import json
from pathlib import Path
import subprocess
import sys
from typing import Final

import pytest

from benchmarks.convergence.dice import Dice
from benchmarks.deletion.estate import Estate, paths_of
from benchmarks.deletion.oracle import Oracle
from benchmarks.deletion.orders import Order, Want
from custom_components.media_status.lifecycle.deletion import (
    DeletionOptions,
    Plan,
    PlannedFile,
    Step,
    Verb,
)
from custom_components.media_status.lifecycle.model import MOVIE, Service
from simulator import Simulator
from simulator.call_log import Call
from simulator.holdings import hold_film

_ROOT: Final = Path(__file__).parents[1]
_NEVER: Final = ("wrong_calls", "unaccounted_steps", "not_ended", "stray_bytes", "false_ends")
_SEEDS: Final = range(2001, 2009)


def test_random_households_lose_nothing_but_what_was_planned(tmp_path: Path) -> None:
    """Faults at every call and kills at every step: no wrong call, and everything accounted."""
    asked = "".join(json.dumps(["by_seed", str(seed)]) + "\n" for seed in _SEEDS)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.deletion.hass", str(tmp_path)],
        input=asked,
        capture_output=True,
        text=True,
        cwd=_ROOT,
        check=True,
    )
    total: Counter[str] = Counter()
    for line in done.stdout.splitlines():
        total.update(json.loads(line))
    assert {name: total[name] for name in _NEVER} == dict.fromkeys(_NEVER, 0), done.stderr
    # They were households worth the name.
    for name in ("jobs", "calls", "crashes", "faults", "removed", "job/complete"):
        assert total[name] > 0, name


class Court:
    """A judge with one film that may go, and another one that may not."""

    def __init__(self, sim: Simulator) -> None:
        """Fill the household and order the first film's deletion."""
        self.sim = sim
        films = [
            sim.world.add_title_movie(title=title, year=2020, tmdb=number)
            for number, title in enumerate(("Dune", "Heat"), start=1)
        ]
        self.mine, self.other = (hold_film(sim, film) for film in films)
        estate = Estate(sim, Dice(()))
        estate.learn()
        self.oracle = Oracle(sim, estate.truth)
        self.oracle.orders.append(self._order())
        self.oracle.begin()

    def _order(self) -> Order:
        entry, (torrent,) = self.mine.entry, self.mine.torrents
        assert entry.file is not None
        steps = (
            Step(
                id="t",
                connection_id="qbittorrent",
                service=Service.QBITTORRENT,
                verb=Verb.REMOVE_TORRENT,
                target=torrent.id,
                delete_files=True,
                request_ids=("r",),
            ),
            Step(
                id="m",
                connection_id="radarr",
                service=Service.RADARR,
                verb=Verb.REMOVE_TITLE,
                target=str(entry.id),
                files=(PlannedFile(path=entry.file.path, size=entry.file.size),),
                delete_files=True,
                request_ids=("r",),
            ),
        )
        now = self.sim.clock.now()
        plan = Plan(id="p", made_at=now, options=DeletionOptions(), targets=(), steps=steps)
        want = Want(
            request_id="r",
            title=entry.title,
            arrs=frozenset({"radarr"}),
            items=frozenset({MOVIE}),
        )
        return Order(
            plan=plan,
            wants=(want,),
            paths={torrent.id: frozenset(paths_of(torrent))},
            folders=frozenset({entry.path}),
            starts_at=now,
        )

    def says(self, service: str, method: str, path: str, **more: dict[str, str]) -> str:
        """Return what is wrong with a call."""
        before = len(self.oracle.wrong)
        self.sim.world.log.append(
            Call(
                service=service,
                kind=service,
                method=method,
                path=path,
                route=path,
                query=more.get("query", {}),
                form=more.get("form", {}),
            )
        )
        return "; ".join(self.oracle.wrong[before:])

    def torrent(self, key: str, files: str = "true") -> str:
        """Return what is wrong with removing a torrent."""
        form = {"hashes": key, "deleteFiles": files}
        return self.says("qbittorrent", "POST", "/api/v2/torrents/delete", form=form)

    def film(self, own_id: int, **query: str) -> str:
        """Return what is wrong with removing a film."""
        full = {"deleteFiles": "true", "addImportExclusion": "false", **query}
        return self.says("radarr", "DELETE", f"/api/v3/movie/{own_id}", query=full)


@pytest.fixture
async def court(socket_enabled: None) -> AsyncIterator[Court]:
    """Return the judge."""
    async with Simulator(profile="empty") as sim:
        yield Court(sim)


async def test_the_judge_lets_pass_what_was_planned(court: Court) -> None:
    """The torrent, then the film; and what then has gone from the disk was in the plan."""
    torrent = court.mine.torrents[0].id
    assert court.torrent(torrent) == ""
    court.sim.qbittorrent.remove(torrent, delete_data=True)
    assert court.film(court.mine.entry.id) == ""
    court.sim.radarr.delete(court.mine.entry)
    court.oracle.look_at_disk()
    assert court.oracle.stray == []
    assert court.oracle.removed == court.mine.files[0].size


async def test_the_judge_sees_what_is_wrong(court: Court) -> None:
    """Another's film, everything at once, the wrong order or words, a file through Jellyfin."""
    assert "no plan" in court.torrent("all")
    assert "no plan" in court.torrent(court.other.torrents[0].id)
    assert "no plan" in court.film(court.other.entry.id)
    assert "has not gone before" in court.film(court.mine.entry.id)
    assert "not ordered" in court.torrent(court.mine.torrents[0].id, "false")
    assert "not ordered" in court.film(court.mine.entry.id, addImportExclusion="true")
    assert "no deletion makes such a call" in court.says("jellyfin", "DELETE", "/Items/1")
    assert "no deletion makes such a call" in court.says("seerr", "DELETE", "/api/v1/media/1/file")


async def test_the_judge_sees_who_else_needs_a_torrent(court: Court) -> None:
    """A second torrent with the same files, and a tracker that wants more of it."""
    torrent = court.mine.torrents[0]
    court.sim.qbittorrent.cross_seed(torrent)
    assert "uses the same files" in court.torrent(torrent.id)
    torrent.private = True
    assert "wants more" in court.torrent(torrent.id)


async def test_the_judge_counts_what_nobody_planned(court: Court) -> None:
    """Every byte that a service took away and no plan named."""
    court.sim.radarr.delete(court.other.entry)
    court.oracle.look_at_disk()
    assert court.oracle.stray_size >= court.other.files[0].size
