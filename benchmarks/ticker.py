"""Find out for how long the event loop stands still."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
import gc
from threading import get_ident
from time import perf_counter, thread_time

_EVERY = 0.001  # seconds


@dataclass(slots=True)
class Gaps:
    """Between two ticks: how long, and for how much of that the loop's thread really worked.

    On a busy machine a loop also stands still because another process has the processor; only
    `busy` tells what is our own doing, and only `wall` sees a call that blocks. `own` is `busy`
    without the interpreter's collections of all objects, whose length is that of the whole heap.
    """

    wall: list[float] = field(default_factory=lambda: [0.0])  # seconds
    busy: list[float] = field(default_factory=lambda: [0.0])
    own: list[float] = field(default_factory=lambda: [0.0])
    collections: list[float] = field(default_factory=lambda: [0.0])  # full ones, in any thread


class _Collections:
    """Add up the loop's time in collections of the oldest generation, and note how long each was.

    One that a worker thread happens to start stops the loop just as long.
    """

    def __init__(self, each: list[float]) -> None:
        self.seconds = 0.0
        self._each = each
        self._thread = get_ident()
        self._begun = (0.0, 0.0)

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        """Hear of a collection from the interpreter."""
        if info["generation"] < 2:
            return
        if phase == "start":
            self._begun = (perf_counter(), thread_time())
            return
        begun, worked = self._begun
        self._each.append(perf_counter() - begun)
        if get_ident() == self._thread:
            self.seconds += thread_time() - worked


@asynccontextmanager
async def ticking() -> AsyncIterator[Gaps]:
    """Tick every millisecond and collect the gaps."""
    gaps = Gaps()
    collections = _Collections(gaps.collections)

    async def tick() -> None:
        while True:
            begun, worked, collected = perf_counter(), thread_time(), collections.seconds
            await asyncio.sleep(_EVERY)
            busy = thread_time() - worked
            gaps.wall.append(perf_counter() - begun - _EVERY)
            gaps.busy.append(busy)
            gaps.own.append(busy - (collections.seconds - collected))

    gc.callbacks.append(collections)
    task = asyncio.get_running_loop().create_task(tick())
    try:
        yield gaps
    finally:
        # What held the loop until now ends with the tick that is still due.
        await asyncio.sleep(2 * _EVERY)
        task.cancel()
        gc.callbacks.remove(collections)
