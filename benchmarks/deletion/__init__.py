"""Prove that a deletion removes what its plan says and nothing else, whatever happens meanwhile.

Two processes, each with a Home Assistant of its own, live through one random household after the
other and delete in each. A household follows from its seed: `--seed N --plans 1` replays the one
of which something wrong was told.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from time import perf_counter

from ..figures import Figures, median, percentile
from ..worker import Answer, Worker

PLANS = 2000
_WORKERS = 2
# What must not happen at all.
_NEVER = ("wrong_calls", "unaccounted_steps", "not_ended", "stray_bytes", "false_ends", "left")


async def run(figures: Figures, seed: int, folder: Path, plans: int = PLANS) -> None:
    """Live through households until so many plans were made, and print."""
    begun = perf_counter()
    answers: list[Answer] = []
    seeds, names = count(seed), count(1)

    async def work() -> None:
        home = folder / f"home{next(names)}"
        home.mkdir()
        async with Worker("deletion.hass", str(home)) as worker:
            while sum(answer["plans"] for answer in answers) < plans:
                answers.append(await worker.ask("by_seed", str(next(seeds))))

    async with asyncio.TaskGroup() as group:
        for _ in range(min(_WORKERS, plans)):
            group.create_task(work())
    _report(figures, answers, perf_counter() - begun)


def _report(figures: Figures, answers: Sequence[Answer], seconds: float) -> None:
    total: Counter[str] = Counter()
    for answer in answers:
        total.update(answer)
    figures.add("deletion.households", len(answers))
    for name in ("plans", "jobs", "dry_runs", "calls", "faults", "crashes", "meddled"):
        figures.add(f"deletion.{name}", total[name])
    for name in _NEVER:
        figures.add(f"deletion.{name}", total[name], below=1)
    figures.add("deletion.removed", total["removed"] / 1e9, "GB")
    for name in sorted(total):
        if "/" in name:  # why plans were refused, and how jobs and steps ended
            figures.add(f"deletion.{name}", total[name])
    figures.add("deletion.time", seconds, "s")
    each = [answer["seconds"] for answer in answers]
    figures.add("deletion.household_p50", median(each), "s")
    figures.add("deletion.household_p99", percentile(each, 0.99), "s")
