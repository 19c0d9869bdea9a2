"""The simulated clock: stepped by hand in tests, or following real time for a demonstration."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
import heapq
import logging

_LOGGER = logging.getLogger(__name__)

type Callback = Callable[[], Awaitable[None]]


class Timer:
    """One planned callback that can be called off."""

    def __init__(self, due: datetime, callback: Callback) -> None:
        """Remember what to call and when (simulated time)."""
        self.due = due
        self.callback = callback
        self.cancelled = False
        self.handle: asyncio.TimerHandle | None = None

    def cancel(self) -> None:
        """Call the callback off; harmless when it has already run."""
        self.cancelled = True
        if self.handle is not None:
            self.handle.cancel()


class SimClock:
    """Tell the simulated time and run callbacks at simulated moments."""

    def __init__(
        self, *, start: datetime | None = None, stepped: bool = True, speed: float = 1.0
    ) -> None:
        """Start at `start` (default: the real present, whole seconds)."""
        self._start = start or datetime.now(UTC).replace(microsecond=0)
        self._offset = timedelta()
        self._stepped = stepped
        self._speed = speed
        self._origin: float | None = None
        self._heap: list[tuple[datetime, int, Timer]] = []
        self._serial = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._planned: set[Timer] = set()

    @property
    def stepped(self) -> bool:
        """Whether time only moves through `advance`."""
        return self._stepped

    def now(self) -> datetime:
        """Return the simulated time, timezone-aware in UTC."""
        if self._stepped:
            return self._start + self._offset
        loop_time = asyncio.get_running_loop().time()
        if self._origin is None:
            self._origin = loop_time
        return self._start + timedelta(seconds=(loop_time - self._origin) * self._speed)

    def call_later(self, seconds: float, callback: Callback) -> Timer:
        """Plan an asynchronous callback `seconds` of simulated time from now."""
        timer = Timer(self.now() + timedelta(seconds=seconds), callback)
        if self._stepped:
            self._serial += 1
            heapq.heappush(self._heap, (timer.due, self._serial, timer))
        else:
            loop = asyncio.get_running_loop()
            timer.handle = loop.call_later(max(0.0, seconds / self._speed), self._spawn, timer)
            self._planned.add(timer)
        return timer

    async def sleep(self, seconds: float) -> None:
        """Let `seconds` of simulated time pass: really wait, or step there."""
        if self._stepped:
            await self.advance(seconds)
        else:
            await asyncio.sleep(max(0.0, seconds / self._speed))

    async def advance(self, seconds: float) -> None:
        """Move a stepped clock on, running due callbacks in order of time."""
        if not self._stepped:
            await self.sleep(seconds)
            return
        target = self._offset + timedelta(seconds=seconds)
        while self._heap and self._heap[0][0] <= self._start + target:
            due, _, timer = heapq.heappop(self._heap)
            self._offset = max(self._offset, due - self._start)
            if not timer.cancelled:
                await timer.callback()
        self._offset = max(self._offset, target)

    async def close(self) -> None:
        """Drop every planned callback and end the ones that are running."""
        self._heap.clear()
        for timer in self._planned:
            timer.cancel()
        self._planned.clear()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _spawn(self, timer: Timer) -> None:
        self._planned.discard(timer)
        if timer.cancelled:
            return
        task = asyncio.ensure_future(_run(timer.callback))
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _LOGGER.error("A planned step failed", exc_info=error)


async def _run(callback: Callback) -> None:
    await callback()


def iso(moment: datetime, digits: int = 0) -> str:
    """Format a moment as ISO 8601 with `Z` and 0 to 7 fraction digits."""
    base = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    if not digits:
        return f"{base}Z"
    return f"{base}.{f'{moment.microsecond:06d}0'[:digits]}Z"
