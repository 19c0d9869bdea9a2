"""Prove that whatever happens to pushes, services and Home Assistant, surveys end in the truth.

Two processes, each with a Home Assistant of its own, run schedules one after the other. A schedule
follows from its seed: `--seed N --schedules 1` replays the one of which a divergence was told.
"""

import asyncio
from itertools import count
from pathlib import Path
from time import perf_counter

from ..figures import Figures, median, percentile
from ..worker import Answer, Worker

SCHEDULES = 2000
_WORKERS = 2
_RESTART_LIMIT = 60  # seconds


async def run(figures: Figures, seed: int, folder: Path, schedules: int = SCHEDULES) -> None:
    """Run the schedules, measure a restart, and print."""
    begun = perf_counter()
    seeds = iter(range(seed, seed + schedules))
    answers: list[Answer] = []
    names = count(1)

    async def work() -> None:
        home = folder / f"home{next(names)}"
        home.mkdir()
        async with Worker("convergence.hass", str(home)) as worker:
            for number in seeds:  # shared: whoever is ready takes the next
                answer = await worker.ask("by_seed", str(number))
                answers.append(answer)

    async with asyncio.TaskGroup() as group:
        for _ in range(min(_WORKERS, schedules)):
            group.create_task(work())
    _report(figures, answers, perf_counter() - begun)
    home = folder / "restart"
    home.mkdir()
    async with Worker("convergence.hass", str(home)) as worker:
        restarted = await worker.ask("restart")
    figures.add("convergence.restart.open", restarted["open"], at_least=200)
    figures.add("convergence.restart.stale", restarted["stale"])
    figures.add("convergence.restart.time", restarted["seconds"], "s", below=_RESTART_LIMIT)


def _report(figures: Figures, answers: list[Answer], seconds: float) -> None:
    def total(name: str) -> float:
        return sum(answer[name] for answer in answers)

    figures.add("convergence.schedules", len(answers))
    diverged = sum(answer["divergences"] > 0 for answer in answers)
    figures.add("convergence.divergences", diverged, below=1)
    for name in ("requests", "restarts", "arrived", "missed", "healed"):
        figures.add(f"convergence.{name}", total(name))
    figures.add("convergence.time", seconds, "s")
    each = [answer["seconds"] for answer in answers]
    figures.add("convergence.schedule_p50", median(each), "s")
    figures.add("convergence.schedule_p99", percentile(each, 0.99), "s")
