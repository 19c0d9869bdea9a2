"""Measure how fast webhooks are answered, each after its durable commit.

Three Home Assistants with journals of different age run at once in processes of their own; this
process sends. Rounds of them, and of an empty view beside each, alternate: what disturbs the
machine disturbs all alike.
"""

from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
import os
from pathlib import Path
import random
from time import perf_counter

from .bodies import lives, openings
from .figures import Figures, median, percentile
from .history import fill
from .house import SECRET, WEBHOOK_PATH, free_port, webhook_id
from .load import Load, Post, send
from .webhooks_hass import EMPTY_PATH
from .worker import Worker

_SIZES = (0, 1_000, 20_000)
_SENDERS = (1, 8)
_ROUNDS = 5
_OPEN = 200  # requests that are open during a round


@dataclass(slots=True, kw_only=True)
class _House:
    """One Home Assistant and what was measured on it."""

    rows: int
    port: int
    worker: Worker
    rounds: int = 0
    pushed: dict[int, list[Load]] = field(default_factory=dict)  # by number of senders
    empty: dict[int, list[Load]] = field(default_factory=dict)


async def run(figures: Figures, seed: int, folder: Path) -> None:
    """Measure and print."""
    rng = random.Random(seed)  # noqa: S311 - the same order each time is the point
    async with AsyncExitStack() as stack:
        houses = [await _house(folder, rows, seed, stack) for rows in _SIZES]
        for house in houses:
            await _round(house, 8, f"{seed}:warm up")
            house.pushed.clear()
            house.empty.clear()
        figures.add("webhooks.fsync_p50", _fsync(folder) * 1000, "ms")
        for number in range(_ROUNDS):
            for senders in _SENDERS:
                for house in rng.sample(houses, len(houses)):
                    await _round(house, senders, f"{seed}:{number}")
    _report(figures, houses)


async def _house(folder: Path, rows: int, seed: int, stack: AsyncExitStack) -> _House:
    home = folder / str(rows)
    home.mkdir()
    now = datetime.now(UTC)
    await fill(home / "media_status.db", finished=rows, waiting=0, now=now, seed=seed)
    port = free_port()
    worker = await stack.enter_async_context(Worker("webhooks_hass", str(home), str(port)))
    return _House(rows=rows, port=port, worker=worker)


async def _round(house: _House, senders: int, seed: str) -> None:
    """Let 200 requests move through three stages, and send as much to the empty view."""
    first = house.rounds * _OPEN + 1
    house.rounds += 1
    await send(house.port, [_post(*one) for one in openings(first, _OPEN)], 1)
    rng = random.Random(seed)  # noqa: S311 - the same order each time is the point
    posts = [_post(*one) for one in lives(first, _OPEN, rng)]
    blanks = [Post.of(EMPTY_PATH, post.raw.partition(b"\r\n\r\n")[2], SECRET) for post in posts]
    before = await house.worker.ask("rows")
    halves = (blanks[: len(blanks) // 2], blanks[len(blanks) // 2 :])
    empty = [await send(house.port, halves[0], senders)]
    house.pushed.setdefault(senders, []).append(await send(house.port, posts, senders))
    after = await house.worker.ask("rows")
    empty.append(await send(house.port, halves[1], senders))
    house.empty.setdefault(senders, []).append(
        Load(
            seconds=sum(load.seconds for load in empty),
            latencies=[latency for load in empty for latency in load.latencies],
        )
    )
    done = await house.worker.ask("finish")
    written = after["timeline"] - before["timeline"]
    if done["open"] != _OPEN or done["arrived"] != _OPEN or written < len(posts):
        raise RuntimeError(f"not every post was a write: {done}, {written} of {len(posts)}")


def _post(name: str, body: bytes) -> Post:
    return Post.of(WEBHOOK_PATH + webhook_id(name), body, SECRET)


def _report(figures: Figures, houses: list[_House]) -> None:
    for senders in _SENDERS:
        for house in houses:
            name = f"webhooks.{senders}_senders.{house.rows}_rows"
            loads, empty = house.pushed[senders], house.empty[senders]
            latencies = [1000 * latency for load in loads for latency in load.latencies]
            figures.add(f"{name}.rate", median([load.rate for load in loads]), "/s")
            figures.add(f"{name}.empty_rate", median([load.rate for load in empty]), "/s")
            for share in (0.5, 0.95):
                figures.add(f"{name}.p{share * 100:.0f}", percentile(latencies, share), "ms")
            figures.add(f"{name}.p99", percentile(latencies, 0.99), "ms", below=10)
            pairs = zip(loads, empty, strict=True)
            ratio = median([load.rate / other.rate for load, other in pairs])
            target = 0.5 if senders == max(_SENDERS) else None
            figures.add(f"{name}.of_empty_view", ratio, at_least=target)
        new, old = houses[0].pushed[senders], houses[-1].pushed[senders]
        ratio = median([b.rate / a.rate for a, b in zip(new, old, strict=True)])
        figures.add(f"webhooks.{senders}_senders.old_to_new_journal", ratio, at_least=0.95)


def _fsync(folder: Path) -> float:
    """Return the seconds that this disk takes to make 4 KiB durable."""
    taken: list[float] = []
    with (folder / "probe").open("wb", buffering=0) as probe:
        for _ in range(100):
            probe.write(b"x" * 4096)
            begun = perf_counter()
            os.fsync(probe.fileno())
            taken.append(perf_counter() - begun)
    return median(taken)
