"""Read a long list page by page, never with a hole between two pages."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ..clients.errors import BadAnswer
from ..clients.readers import JsonObject, as_int, as_str
from .catalogue import PAGE_SIZE

_MAX_REREADS = 20
# Where an interrupted read ended is looked for in so many pages.
_RESUME_TRIES = 2


class Keyed(Protocol):
    """A row that knows the service's own id of what it stands for, unless that is unreadable."""

    @property
    def key(self) -> str | None:
        """Return the id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """How far a list was read: where its last row was, the id of that, and how many there were."""

    start: int = 0
    last: str | None = None
    done: int = 0

    def dump(self) -> JsonObject:
        """Return the place as JSON."""
        return {"start": self.start, "last": self.last, "done": self.done}

    @classmethod
    def load(cls, raw: JsonObject) -> Place:
        """Return a place from JSON; the beginning where it makes no sense."""
        start, last, done = (
            as_int(raw.get("start")),
            as_str(raw.get("last")),
            as_int(raw.get("done")),
        )
        if start is None or start < 0 or last is None or done is None or done < 0:
            return cls()
        return cls(start=start, last=last, done=done)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part[R: Keyed]:
    """A page as a service gives it: it may begin ahead of what was asked for."""

    start: int
    rows: Sequence[R]
    total: int | None
    server_time: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch[R: Keyed]:
    """The rows of a page that were not read before, and the place behind them."""

    rows: Sequence[R]
    total: int
    place: Place
    server_time: datetime | None


class SteadyList[R: Keyed]:
    """Read a list in pages of which each begins with what the one before has ended with.

    What comes or goes meanwhile moves all that is behind it: a page in which nothing is known is
    read again from further ahead, so that nothing stays hidden between two pages.
    """

    def __init__(
        self, read: Callable[[int, int], Awaitable[Part[R]]], size: int = PAGE_SIZE
    ) -> None:
        """Initialize with what reads a page: (first row, number of rows)."""
        self._read = read
        self._size = size
        self._seen: set[str] = set()
        self._rereads = 0

    async def stretches(self, place: Place) -> AsyncGenerator[Stretch[R]]:
        """Yield what is behind a place, to the end of the list; half a list is BadAnswer."""
        is_resumed = place.last is not None
        if place.last is not None:
            self._seen.add(place.last)
        ahead = asyncio.create_task(self._page(place.start))
        try:
            while True:
                part, total = await self._joined(ahead, is_resumed=is_resumed)
                is_resumed = False
                is_last = part.start + len(part.rows) >= total
                rows, place = self._fresh(part, place, is_last=is_last)
                self._seen.update(row.key for row in part.rows if row.key is not None)
                if not is_last:
                    # Read while this page is being stored.
                    ahead = asyncio.create_task(self._page(place.start))
                yield Stretch(rows=rows, total=total, place=place, server_time=part.server_time)
                if is_last:
                    return
                if not rows:
                    raise BadAnswer("the list is cut off")
        finally:
            ahead.cancel()
            await asyncio.gather(ahead, return_exceptions=True)

    async def _page(self, start: int) -> tuple[int, Part[R]]:
        return start, await self._read(start, self._size)

    async def _joined(
        self, ahead: asyncio.Task[tuple[int, Part[R]]], *, is_resumed: bool
    ) -> tuple[Part[R], int]:
        """Return a page that joins on to what is known, the one that is asked for if it does."""
        start, part = await ahead
        while True:
            if part.total is None:
                raise BadAnswer("the list does not say how long it is")
            if part.start == 0 or any(map(self._is_seen, part.rows)):
                return part, part.total
            self._rereads += 1
            if self._rereads > _MAX_REREADS:
                raise BadAnswer("the list kept changing while it was read")
            # What lay before has become less: what is here now was further behind.
            start = max(start - self._size + 1, 0)
            if is_resumed and self._rereads >= _RESUME_TRIES:
                start = 0
            part = await self._read(start, self._size)

    def _fresh(self, part: Part[R], place: Place, *, is_last: bool) -> tuple[list[R], Place]:
        """Return the rows that were not read before, and the place behind them."""
        ids = [row.key for row in part.rows]
        known = [index for index, row in enumerate(part.rows) if self._is_seen(row)]
        # Behind the last row that was read all is new, even what is listed a second time.
        before = max(known, default=-1)
        if place.last is not None and place.last in ids:
            before = ids.index(place.last)
        named = [index for index, own_id in enumerate(ids) if own_id is not None]
        if ids and not named:
            raise BadAnswer("the list has no usable entry")
        if not named:
            return [], place
        last = named[-1]
        # The next page begins there, so what is unreadable behind it is told with that.
        end = len(ids) if is_last else last + 1
        rows = [
            row
            for index, row in enumerate(part.rows[:end])
            if index > before or (row.key is not None and not self._is_seen(row))
        ]
        done = place.done if before >= 0 else 0
        return rows, Place(start=part.start + last, last=ids[last], done=done + len(rows))

    def _is_seen(self, row: R) -> bool:
        return row.key is not None and row.key in self._seen
