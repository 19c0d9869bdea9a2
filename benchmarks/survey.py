"""Measure what asking all services costs, for few and for many open requests.

The library is large: 5,000 films, 1,000 series, 50,000 episodes. For each number of requests the
first cycle finds the new ones, and the cycles after it ask about what is known.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass
import json
from pathlib import Path
from time import perf_counter

from custom_components.media_status.hub import Hub

from .figures import Figures, median
from .house import connection, free_port, home_assistant, set_up
from .ticker import ticking
from .worker import Answer, Worker

_OPEN = (1, 20, 200, 1_000)
_CYCLES = 7
_MOST_CYCLES_TO_FIND = 60
_CALLS_OF_CHANCE = 2  # a page boundary, or a poll that came in between
_STALL = 20  # milliseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cycle:
    """One survey of all services."""

    seconds: float
    wall_stall: float  # seconds
    busy_stall: float
    collection: float  # the longest full collection
    own_stall: float  # without the interpreter's full collections
    calls: Answer


async def run(figures: Figures, seed: int, folder: Path) -> None:
    """Measure and print."""
    addresses = folder / "addresses.json"
    config = folder / "config"
    config.mkdir()
    usual: dict[int, Counter[str]] = {}
    async with (
        Worker("survey_twin", str(seed), str(addresses)) as twin,
        home_assistant(config, free_port()) as hass,
    ):
        known = json.loads(await asyncio.to_thread(addresses.read_text, encoding="utf-8"))
        async with ticking() as gaps:
            hub = await set_up(hass, [connection(name, one) for name, one in known.items()])
            await hub.survey()
        figures.add("survey.setup.busy_stall", 1000 * max(gaps.busy), "ms", below=_STALL)
        for number in _OPEN:
            usual[number] = await _measure(figures, hub, twin, number)
    _compare(figures, usual)


async def _measure(figures: Figures, hub: Hub, twin: Worker, number: int) -> Counter[str]:
    """Let so many requests be open; return the calls of a usual cycle."""
    await twin.ask("ask_for", str(number))
    finding = [await _cycle(hub, twin)]
    while len(hub.tracker.requests) < number or _is_behind(hub):
        finding.append(await _cycle(hub, twin))
        if len(finding) > _MOST_CYCLES_TO_FIND:
            raise RuntimeError(f"only {len(hub.tracker.requests)} of {number} requests were found")
    await hub.hass.async_block_till_done()
    cycles = [await _cycle(hub, twin) for _ in range(_CYCLES)]
    name = f"survey.{number}_open"
    figures.add(f"{name}.finding_cycles", len(finding))
    _report_stall(figures, f"{name}.finding", finding)
    calls = Counter(
        {key: int(median([cycle.calls[key] for cycle in cycles])) for key in cycles[0].calls}
    )
    for service, count in sorted(calls.items()):
        figures.add(f"{name}.calls.{service}", count)
    figures.add(f"{name}.calls", calls.total())
    figures.add(f"{name}.time", median([cycle.seconds for cycle in cycles]) * 1000, "ms")
    _report_stall(figures, f"{name}.usual", cycles)
    return calls


def _report_stall(figures: Figures, name: str, cycles: list[_Cycle]) -> None:
    wall = [cycle.wall_stall * 1000 for cycle in cycles]
    figures.add(f"{name}.stall_median", median(wall), "ms", below=_STALL)
    figures.add(f"{name}.stall_worst", max(wall), "ms")
    busy = max(cycle.busy_stall for cycle in cycles) * 1000
    figures.add(f"{name}.stall_busy", busy, "ms", below=_STALL)
    own = max(cycle.own_stall for cycle in cycles) * 1000
    figures.add(f"{name}.stall_busy_without_full_collections", own, "ms")
    collection = max(cycle.collection for cycle in cycles) * 1000
    figures.add(f"{name}.stall_by_full_collection", collection, "ms", below=_STALL)


async def _cycle(hub: Hub, twin: Worker) -> _Cycle:
    await twin.ask("calls")
    begun = perf_counter()
    async with ticking() as gaps:
        answers = await hub.survey()
        seconds = perf_counter() - begun
    failed = {key: answer for key, answer in answers.items() if answer != "ok"}
    if failed:
        raise RuntimeError(f"surveys failed: {failed}")
    return _Cycle(
        seconds=seconds,
        wall_stall=max(gaps.wall),
        busy_stall=max(gaps.busy),
        own_stall=max(gaps.own),
        collection=max(gaps.collections),
        calls=await twin.ask("calls"),
    )


def _is_behind(hub: Hub) -> bool:
    """Return whether a connection has more to read at once."""
    intervals = [found.update_interval for found in hub.connections.values()]
    return any(every is not None and every.total_seconds() <= 1 for every in intervals)


def _compare(figures: Figures, usual: dict[int, Counter[str]]) -> None:
    """Many open requests must not make more calls than some do."""
    some, many = usual[_OPEN[1]], usual[_OPEN[-1]]
    for service in sorted(many):
        figures.add(
            f"survey.more_calls_for_many.{service}",
            many[service] - some[service],
            below=_CALLS_OF_CHANCE + 1,
        )
