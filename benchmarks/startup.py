"""Measure what the integration adds to a start of Home Assistant: time and memory."""

from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree

from .figures import Figures, median
from .history import fill
from .worker import Answer, Worker

_FINISHED = 20_000
_OPEN = 200
_STARTS = 3


async def run(figures: Figures, seed: int, folder: Path) -> None:
    """Measure and print."""
    without: list[Answer] = []
    first: list[Answer] = []
    again: list[Answer] = []
    template = folder / "template"
    template.mkdir()
    journal = template / "media_status.db"
    await fill(journal, finished=_FINISHED, waiting=_OPEN, now=datetime.now(UTC), seed=seed)
    figures.add("startup.journal", journal.stat().st_size / 2**20, "MiB")
    for number in range(_STARTS):
        bare, home = folder / f"bare{number}", folder / f"home{number}"
        bare.mkdir()
        copytree(template, home)
        without.append(await _start(bare, "without"))
        first.append(await _start(home, "with"))
        again.append(await _start(home, "with"))
    _report(figures, without, first, again)


async def _start(folder: Path, how: str) -> Answer:
    async with Worker("startup_hass", str(folder), how) as worker:
        return await worker.ask("figures")


def _report(
    figures: Figures, without: list[Answer], first: list[Answer], again: list[Answer]
) -> None:
    """Compare: at the first start every entity is new to Home Assistant, later it knows them."""
    bare = median([answer["memory"] for answer in without])
    figures.add("startup.memory_without", bare, "MiB")
    for name, answers in (("first", first), ("again", again)):
        if answers[0]["open"] != _OPEN:
            raise RuntimeError(f"{answers[0]['open']} requests are open")
        figures.add(f"startup.{name}.sensors", answers[0]["sensors"])
        seconds = [answer["seconds"] for answer in answers]
        figures.add(f"startup.{name}.time", median(seconds), "s", below=1)
        figures.add(f"startup.{name}.time_worst", max(seconds), "s")
        figures.add(f"startup.{name}.busy", median([one["busy"] for one in answers]), "s")
        figures.add(f"startup.{name}.stall", max(one["stall"] for one in answers) * 1000, "ms")
        added = median([answer["memory"] for answer in answers]) - bare
        figures.add(f"startup.{name}.memory_added", added, "MiB", below=60)
