"""Tell the library what series and episodes Sonarr has."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Collection, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..clients.errors import BadAnswer
from ..clients.long_list import ListPart
from ..clients.readers import JsonObject, as_datetime, as_dict, as_id, as_str
from ..clients.sonarr import IDS_PER_CALL, SonarrClient
from ..lifecycle.library import CataloguePage, EntryKind
from .base import CatalogueTask
from .catalogue import PAGE_SIZE, Gatherer, Row, changes_since, is_older
from .sonarr_catalogue_rows import SeriesRow, episode_row, series_row

# What neither history nor counts tell (other numbers of an episode) is found by reading all anew.
_ALL_AGAIN = timedelta(days=30)
_AT_ONCE = 3  # lists of episodes; one place is left for whoever else asks


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """All series of one moment; `marks` are counts by which a changed series is told."""

    rows: Sequence[SeriesRow]
    marks: Mapping[int, str]
    since: datetime

    @property
    def total(self) -> int:
        """Return how many elements there are in all."""
        return len(self.rows) + sum(one.episodes for one in self.rows)


class SonarrCatalogue:
    """Read all series and then the episodes of each, or only of those where something happened."""

    def __init__(self, client: SonarrClient) -> None:
        """Initialize with the client."""
        self._client = client

    async def pages(self, task: CatalogueTask) -> AsyncGenerator[CataloguePage]:
        """Yield everything, or what has changed since the last complete read."""
        shelf = _shelf(await self._client.series_rows(series_row), task.now)
        since = task.since or {}
        is_unfinished = as_id((task.resume or {}).get("after")) is not None
        is_due = is_older(since.get("full_at"), task.now, _ALL_AGAIN)
        task.is_full = is_unfinished or is_due or as_datetime(since.get("since")) is None
        reading = self._all(task, shelf) if task.is_full else self._changes(task, shelf, since)
        async with aclosing(reading) as pages:
            async for page in pages:
                yield page

    async def _all(self, task: CatalogueTask, shelf: Shelf) -> AsyncGenerator[CataloguePage]:
        """Yield the series, then the episodes in the order of their series' ids."""
        resume = task.resume or {}
        after = as_id(resume.get("after")) or 0
        since = as_datetime(resume.get("since")) if after else None
        # What was read before the interruption was read as it was then.
        old = {number: mark for number, mark in _marks(resume).items() if number <= after}
        marks = {number: old.get(number, mark) for number, mark in shelf.marks.items()}
        cursor: JsonObject = {
            "since": (since or shelf.since).isoformat(),
            "marks": {str(number): mark for number, mark in marks.items()},
        }
        task.cursor = {**cursor, "after": after} if after else {}
        gatherer = Gatherer()
        for page in gatherer.pages([one.row for one in shelf.rows], shelf.total):
            yield page
        gatherer.done += sum(one.episodes for one in shelf.rows if 0 < one.number <= after)
        numbers = [number for number in sorted(shelf.marks) if number > after]
        async with aclosing(self._episodes(numbers)) as read:
            async for number, rows in read:
                if gatherer.waiting and gatherer.waiting + len(rows) > PAGE_SIZE:
                    yield gatherer.page(shelf.total)
                for start in range(0, len(rows), PAGE_SIZE):
                    if start:
                        yield gatherer.page(shelf.total)
                    gatherer.take(rows[start : start + PAGE_SIZE])
                # Only now all of it is in the next page, or was in earlier ones.
                task.cursor = {**cursor, "after": number}
        if not gatherer.is_empty:
            yield gatherer.page(shelf.total)
        task.cursor = {**cursor, "full_at": task.now.isoformat()}

    async def _episodes(self, numbers: Iterable[int]) -> AsyncGenerator[tuple[int, Sequence[Row]]]:
        """Yield the episodes of series in order, while the next ones are being read."""
        waiting = iter(numbers)
        ahead: deque[tuple[int, asyncio.Task[ListPart[Row]]]] = deque()
        try:
            while True:
                while len(ahead) < _AT_ONCE and (number := next(waiting, None)) is not None:
                    read = self._client.episode_rows(number, episode_row)
                    ahead.append((number, asyncio.create_task(read)))
                if not ahead:
                    return
                number, job = ahead[0]
                rows = (await job).rows
                ahead.popleft()
                yield number, _own(rows, number)
        finally:
            for _, job in ahead:
                job.cancel()
            await asyncio.gather(*(job for _, job in ahead), return_exceptions=True)

    async def _changes(
        self, task: CatalogueTask, shelf: Shelf, since: JsonObject
    ) -> AsyncGenerator[CataloguePage]:
        """Yield the series, the episodes that history names, and all of the series that differ."""
        task.cursor = {}
        old = _marks(since)
        begin = as_datetime(since.get("since")) or shelf.since
        records = await self._client.history_since(begin)
        touched = {one.episode_id: one.title_id for one in records if one.episode_id is not None}
        whole = _differing(old, shelf.marks, {series for series in touched.values() if series})
        single = {number for number, series in touched.items() if series not in whole}
        behind = {series for number in single if (series := touched[number])}
        if len(single) > IDS_PER_CALL * len(behind):
            whole, single = whole | (behind & shelf.marks.keys()), set()
        gatherer = Gatherer()
        total = len(shelf.rows) + len(single)
        gone = [(EntryKind.SERIES, str(number)) for number in sorted(old.keys() - shelf.marks)]
        gatherer.take(one.row for one in shelf.rows if one.number not in whole)
        yield gatherer.page(total, removed=gone)
        rows = await self._client.episode_rows_by_id(single, episode_row)
        gatherer.take(rows)
        yield gatherer.page(total, removed=_missing(single, rows))
        known = {one.number: one.row for one in shelf.rows}
        async with aclosing(self._episodes(sorted(whole))) as read:
            async for number, episodes in read:
                gatherer.take([known[number], *episodes])
                # At once, so that it is never half there; an unreadable one may be an old one.
                is_clear = all(row.entry is not None for row in episodes)
                again = [(EntryKind.SERIES, str(number))] if is_clear else []
                yield gatherer.page(total, removed=again)
        marks: JsonObject = {str(number): mark for number, mark in shelf.marks.items()}
        full_at = as_str(since.get("full_at"))
        task.cursor = {"since": shelf.since.isoformat(), "marks": marks, "full_at": full_at}


def _shelf(part: ListPart[SeriesRow], now: datetime) -> Shelf:
    rows = part.rows
    if rows and not any(one.number for one in rows):
        raise BadAnswer("the list has no usable entry")
    marks = {one.number: one.mark for one in rows if one.number}
    return Shelf(rows=rows, marks=marks, since=changes_since(part.server_time, now))


def _marks(cursor: JsonObject) -> dict[int, str]:
    raw = as_dict(cursor.get("marks"))
    return {
        number: mark
        for name, value in raw.items()
        if (number := as_id(name)) is not None and (mark := as_str(value)) is not None
    }


def _differing(
    old: Mapping[int, str], new: Mapping[int, str], touched: Collection[int]
) -> set[int]:
    """Return the series that are new, have other episodes, or changed without any history."""
    found: set[int] = set()
    for number, mark in new.items():
        before = old.get(number, "")
        if mark == before:
            continue
        if number not in touched or mark.partition("/")[0] != before.partition("/")[0]:
            found.add(number)
    return found


def _missing(asked: Collection[int], rows: Sequence[Row]) -> list[tuple[EntryKind, str]]:
    """Return the episodes that are gone, unless one of them may only be unreadable."""
    if any(row.entry is None for row in rows):
        return []
    there = {row.key for row in rows}
    return [(EntryKind.EPISODE, str(one)) for one in sorted(asked) if str(one) not in there]


def _own(rows: Sequence[Row], number: int) -> Sequence[Row]:
    """Return the episodes of one series; an unknown parameter would be answered with others."""
    name = str(number)
    return [row for row in rows if row.entry is None or row.entry.series_id == name]
