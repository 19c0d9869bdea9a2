"""An event loop whose time stands still while anybody works, and jumps when everybody waits.

Home Assistant, the integration and the simulated services share it, so that hours of polls, time
limits and torrents pass in no time while every byte really goes through sockets and files.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
import selectors
from threading import Lock
from typing import Self, override
from unittest.mock import patch

from custom_components.media_status import journal
from homeassistant.util import dt as dt_util

_GRACE = 0.001  # real seconds without news after which all are waiting
_TICK = 1e-6  # simulated seconds
_LOOK = 0.05  # real seconds between looks while a thread works


class _Threads:
    """Count the jobs of all thread pools that have not ended."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._is_watching = False
        self.busy = 0
        self.begun = 0  # in all

    def watch(self) -> None:
        """Count from now on."""
        if self._is_watching:
            return
        self._is_watching = True
        submit = ThreadPoolExecutor.submit

        def counted[**P, T](
            pool: ThreadPoolExecutor, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
        ) -> Future[T]:
            with self._lock:
                self.busy += 1
                self.begun += 1
            try:
                future = submit(pool, work, *args, **kwargs)
            except BaseException:
                self._ended(None)
                raise
            future.add_done_callback(self._ended)
            return future

        patch.object(ThreadPoolExecutor, "submit", counted).start()

    def _ended(self, _future: object) -> None:
        with self._lock:
            self.busy -= 1


_THREADS = _Threads()


class _Selector(selectors.DefaultSelector):
    """Wait for sockets; when nothing can come of itself, let the time pass instead."""

    seconds = 0.0  # simulated, since the start
    is_still = False  # somebody outside may come
    # How many jobs had begun when the time was moved last, if nothing has come since.
    _quiet_since: int | None = None

    @override
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        events = super().select(0)
        if timeout is not None and timeout <= 0:
            if events:
                self._quiet_since = None
            return events
        while not events:
            is_busy = timeout is None or self.is_still or _THREADS.busy > 0
            if is_busy or self._quiet_since != _THREADS.begun:
                events = super().select(_LOOK if is_busy else _GRACE)
            if not events and not is_busy and timeout is not None:
                self.seconds += timeout
                # A timer that only counts wakes nobody else: no need to wait for that again.
                self._quiet_since = _THREADS.begun
                return events
        self._quiet_since = None
        return events


class AutojumpLoop(asyncio.SelectorEventLoop):
    """The loop; `time` is simulated."""

    def __init__(self) -> None:
        """Begin at the real time."""
        self._waiting = _Selector()
        self._began = datetime.now(UTC).replace(microsecond=0)
        super().__init__(self._waiting)

    @override
    def time(self) -> float:
        return self._waiting.seconds

    def now(self) -> datetime:
        """Return the simulated time of day; no two answers are the same."""
        self._waiting.seconds += _TICK
        return self._began + timedelta(seconds=self._waiting.seconds)

    def hold(self, *, still: bool) -> None:
        """Keep the time from jumping, e.g. while another process is waited for; or let it."""
        self._waiting.is_still = still


def run_autojump[T](main: Coroutine[object, object, T]) -> T:
    """Run a coroutine in a fresh loop of this kind."""
    _THREADS.watch()
    with asyncio.Runner(loop_factory=AutojumpLoop) as runner:
        return runner.run(main)


def running_loop() -> AutojumpLoop:
    """Return the running loop."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, AutojumpLoop)
    return loop


@contextmanager
def simulated_time() -> Iterator[None]:
    """Let Home Assistant and the integration's journal read the running loop's time."""
    now = running_loop().now

    class Clock(datetime):
        """A `datetime` whose present is simulated, in any thread."""

        @classmethod
        @override
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp(now().timestamp(), tz)

    with patch.object(dt_util, "utcnow", now), patch.object(journal, "datetime", Clock):
        yield
