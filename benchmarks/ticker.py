"""Find out for how long the event loop stands still."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import perf_counter, thread_time

_EVERY = 0.001  # seconds


@dataclass(slots=True)
class Gaps:
    """Between two ticks: how long, and for how much of that the loop's thread really worked.

    On a busy machine a loop also stands still because another process has the processor; only
    the second figure tells what is our own doing, and only the first sees a call that blocks.
    """

    wall: list[float] = field(default_factory=lambda: [0.0])  # seconds
    busy: list[float] = field(default_factory=lambda: [0.0])


@asynccontextmanager
async def ticking() -> AsyncIterator[Gaps]:
    """Tick every millisecond and collect the gaps."""
    gaps = Gaps()

    async def tick() -> None:
        while True:
            begun, worked = perf_counter(), thread_time()
            await asyncio.sleep(_EVERY)
            gaps.wall.append(perf_counter() - begun - _EVERY)
            gaps.busy.append(thread_time() - worked)

    task = asyncio.get_running_loop().create_task(tick())
    try:
        yield gaps
    finally:
        # What held the loop until now ends with the tick that is still due.
        await asyncio.sleep(2 * _EVERY)
        task.cancel()
