"""Count requests as they change, without looking at all of them again."""

from collections.abc import Callable, Iterable
from typing import Final

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from .coordinator import ConnectionCoordinator
from .lifecycle.model import Stage
from .lifecycle.request import Request

# Where nothing is on its way any more, although later facts may still change it.
_FINISHED: Final = frozenset({Stage.AVAILABLE, Stage.DECLINED, Stage.FAILED, Stage.DELETED})


class Tally:
    """Know which requests are active, downloading, stuck, or became available today."""

    def __init__(self, requests: Iterable[Request]) -> None:
        """Initialize with all known requests."""
        self.active: set[str] = set()
        self.downloading: set[str] = set()
        self.stuck: set[str] = set()
        self._day = dt_util.now().date()
        self._available: set[str] = set()
        self._listeners: dict[Callable[[], None], Callable[[], None]] = {}
        for request in requests:
            self._place(request)

    def available_today(self) -> int:
        """Return how many requests became available since midnight, local time."""
        self._begin_day()
        return len(self._available)

    @callback
    def observe(self, requests: Iterable[Request]) -> None:
        """Count changed requests anew."""
        for request in requests:
            self._place(request)
        self._notify()

    @callback
    def forget(self, request_ids: Iterable[str]) -> None:
        """Stop counting requests whose time in memory is over."""
        for request_id in request_ids:
            for group in (self.active, self.downloading, self.stuck):
                group.discard(request_id)
        self._notify()

    @callback
    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` after every change; return how to stop that."""

        def stop() -> None:
            self._listeners.pop(stop, None)

        self._listeners[stop] = listener
        return stop

    def _place(self, request: Request) -> None:
        is_active = request.is_open and request.stage not in _FINISHED
        for group, belongs in (
            (self.active, is_active),
            (self.downloading, is_active and _is_downloading(request)),
            (self.stuck, request.is_open and request.status.stuck),
        ):
            if belongs:
                group.add(request.id)
            else:
                group.discard(request.id)
        self._begin_day()
        moment = request.available_at
        if moment is not None and dt_util.as_local(moment).date() == self._day:
            self._available.add(request.id)
        else:
            self._available.discard(request.id)

    def _begin_day(self) -> None:
        """Forget what became available on an earlier day."""
        if (today := dt_util.now().date()) != self._day:
            self._day = today
            self._available.clear()

    def _notify(self) -> None:
        for listener in list(self._listeners.values()):
            listener()


def _is_downloading(request: Request) -> bool:
    return request.stage is Stage.DOWNLOADING or request.status.counts.downloading > 0


def download_rate(connections: Iterable[ConnectionCoordinator]) -> int | None:
    """Return bytes per second over all download clients; None while none of them answers.

    Two leading digits are all that a person reads, and what keeps the recorder small.
    """
    rates = [
        connection.data.download_rate
        for connection in connections
        if connection.is_healthy and connection.data.download_rate is not None
    ]
    if not rates:
        return None
    total = sum(rates)
    return round(total, 2 - len(str(total)))
