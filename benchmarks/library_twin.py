"""The services whose library is read (a process of its own, so that its work is not ours)."""

import asyncio
import json
from pathlib import Path
import sys

from aiohttp import web

from simulator import Simulator
from simulator.past import live
from simulator.server import DEFAULT
from simulator.service import Service

from .survey_twin import addresses
from .worker import Answer, serve

type Fetch = tuple[str, str, dict[str, str]]
_NOT_REPEATED = {"host", "connection", "accept-encoding"}


class Levers:
    """What the parent may do with the services."""

    def __init__(self, simulator: Simulator) -> None:
        """Initialize with the running services, and listen to what they are asked."""
        self._simulator = simulator
        self._fetched: list[Fetch] = []
        self._before: list[Fetch] = []
        self._bytes = 0
        self._changed = 0
        for name in simulator.names():
            simulator[name].inspector = self._note

    def _note(self, service: Service, request: web.Request, response: web.Response) -> None:
        kept = {k: v for k, v in request.headers.items() if k.lower() not in _NOT_REPEATED}
        self._fetched.append((service.name, request.path_qs, kept))
        self._bytes += len(response.body) if isinstance(response.body, bytes) else 0

    async def calls(self, _argument: str) -> Answer:
        """Return how often each service was called since the last time, and what it sent."""
        found: Answer = dict.fromkeys(self._simulator.names(), 0)
        for name, _path, _headers in self._fetched:
            found[name] += 1
        found["bytes"] = self._bytes
        self._before, self._fetched, self._bytes = self._fetched, [], 0
        return found

    async def fetched(self, argument: str) -> Answer:
        """Write down the calls that were counted last."""
        text = json.dumps(self._before)
        await asyncio.to_thread(Path(argument).write_text, text, encoding="utf-8")
        return {"calls": len(self._before)}

    async def slow(self, argument: str) -> Answer:
        """Let Jellyfin think for so many seconds about every page of its library."""
        self._simulator.jellyfin.faults.slow_pages = float(argument)
        return {}

    async def change(self, argument: str) -> Answer:
        """Let so many titles change: renamed in Radarr, read anew by Jellyfin, new in Seerr."""
        simulator = self._simulator
        films = [entry for entry in simulator.radarr.entries.values() if entry.file is not None]
        series = list(simulator.sonarr.entries.values())
        for turn in range(int(argument)):
            self._changed += 1
            film = films[-self._changed]
            if turn % 3 == 0 and film.file is not None:
                simulator.radarr.rename(film, f"renamed {self._changed}.mkv")
            elif turn % 3 == 1:
                for item in simulator.jellyfin.library.of(film.title):
                    simulator.jellyfin.touch(item)
            else:
                episode = series[-self._changed].episodes[0]
                simulator.sonarr.rename(episode, f"Season 01/renamed {self._changed}.mkv")
        await simulator.settle()
        return {"changed": float(argument)}


async def _main(profile: str, seed: int, where: Path) -> None:
    services = (*DEFAULT, "shoko")
    async with Simulator(profile=profile, seed=seed, stepped=False, services=services) as simulator:
        await live(simulator)
        found = json.dumps(addresses(simulator))
        await asyncio.to_thread(where.write_text, found, encoding="utf-8")
        levers = Levers(simulator)
        await serve(
            {
                "calls": levers.calls,
                "fetched": levers.fetched,
                "slow": levers.slow,
                "change": levers.change,
            }
        )


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])))
