"""The services that the survey benchmark asks (a process of its own, so its work stalls nobody)."""

import asyncio
import json
from pathlib import Path
import sys

from simulator import Simulator

from .worker import Answer, serve

_SERIES_SHARE = 4  # every fourth request is for a series
_EPISODES = {1: 10, 2: 10}


class Levers:
    """What the parent may do with the services."""

    def __init__(self, simulator: Simulator) -> None:
        """Initialize with the running services."""
        self._simulator = simulator
        self._asked = 0

    async def ask_for(self, argument: str) -> Answer:
        """Ask in Seerr until so many requests are open; half of them are being downloaded."""
        simulator = self._simulator
        while self._asked < int(argument):
            self._asked += 1
            number = self._asked
            name, tmdb = f"Wish {number}", 8_000_000 + number
            if number % _SERIES_SHARE:
                film = simulator.world.add_title_movie(title=name, year=2024, tmdb=tmdb)
                await simulator.seerr.request(film)
                entry = simulator.radarr.find(film)
                if number % 2 and entry is not None:
                    simulator.radarr.grab(entry)
            else:
                series = simulator.world.add_title_series(
                    title=name, year=2020, tmdb=tmdb, tvdb=9_000_000 + number, seasons=_EPISODES
                )
                await simulator.seerr.request(series)
                show = simulator.sonarr.find(series)
                if number % 8 == 0 and show is not None:
                    simulator.sonarr.grab(show, show.season(1))
        await simulator.settle()
        return {"asked": self._asked}

    async def calls(self, _argument: str) -> Answer:
        """Return how often each service was called since the last time."""
        found: Answer = dict.fromkeys(self._simulator.names(), 0)
        for (name, _route), times in self._simulator.calls.items():
            found[name] += times
        self._simulator.calls.clear()
        return found


def addresses(simulator: Simulator) -> dict[str, dict[str, str]]:
    """Return what a connection to each service needs to know."""
    found = {
        name: {"url": simulator.url(name), "api_key": simulator.api_key(name)}
        for name in simulator.names()
    }
    doors = simulator.qbittorrent.auth
    found["qbittorrent"] = {
        "url": simulator.url("qbittorrent"),
        "username": doors.username,
        "password": doors.password,
    }
    return found


async def _main(seed: int, where: Path) -> None:
    async with Simulator(profile="L", seed=seed, stepped=False) as simulator:
        found = json.dumps(addresses(simulator))
        await asyncio.to_thread(where.write_text, found, encoding="utf-8")
        levers = Levers(simulator)
        await serve({"ask_for": levers.ask_for, "calls": levers.calls})


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), Path(sys.argv[2])))
