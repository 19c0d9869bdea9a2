"""Tell the library what files Shoko has, and what they are."""

from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import timedelta

from ..clients.long_list import ListPart
from ..clients.readers import JsonObject, as_dict, as_id, as_int, as_list, as_str
from ..clients.shoko import ShokoClient
from ..lifecycle.library import CataloguePage
from .base import CatalogueTask
from .catalogue import PAGE_SIZE, Gatherer, Row, is_older
from .shoko_catalogue_rows import UNMATCHED, file_row
from .steady_list import Part, Place, SteadyList

# Files that moved, and matches that were corrected, no list of changes tells.
_ALL_AGAIN = timedelta(days=7)
_MAX_OPEN = 5000
_SINGLE_READS = 8


@dataclass(slots=True, kw_only=True)
class Known:
    """What a read leaves for the next one."""

    newest: int = 0  # Shoko counts its files up
    total: int = 0
    open: set[int] = field(default_factory=set)  # files that were not matched

    def learn(self, rows: Sequence[Row]) -> None:
        """Take in what was read of some files."""
        for row in rows:
            if row.entry is None or (number := as_id(row.entry.own_id)) is None:
                continue
            self.newest = max(self.newest, number)
            self.open.discard(number)
            if row.entry.details.get("match") == UNMATCHED and len(self.open) < _MAX_OPEN:
                self.open.add(number)

    def dump(self) -> JsonObject:
        """Return it as JSON."""
        return {"newest": self.newest, "total": self.total, "open": [*sorted(self.open)]}

    @classmethod
    def load(cls, raw: JsonObject) -> Known:
        """Return it from JSON."""
        numbers = (as_id(value) for value in as_list(raw.get("open")))
        return cls(
            newest=as_id(raw.get("newest")) or 0,
            total=as_int(raw.get("total")) or 0,
            open={number for number in numbers if number is not None},
        )


class ShokoCatalogue:
    """Read all files, or the newest ones and those that were not matched before."""

    def __init__(self, client: ShokoClient) -> None:
        """Initialize with the client."""
        self._client = client

    async def pages(self, task: CatalogueTask) -> AsyncGenerator[CataloguePage]:
        """Yield everything, or what has changed since the last complete read."""
        place = Place.load(as_dict((task.resume or {}).get("place")))
        since = task.since or {}
        task.is_full = True
        if (
            as_id(since.get("newest")) is not None
            and place.last is None
            and not is_older(since.get("full_at"), task.now, _ALL_AGAIN)
        ):
            known = Known.load(since)
            rows = await self._changes(known)
            if rows is not None:
                task.is_full = False
                task.cursor = {}
                gatherer = Gatherer()
                gatherer.take(rows)
                yield gatherer.page(len(rows))
                task.cursor = {**known.dump(), "full_at": as_str(since.get("full_at"))}
                return
        async with aclosing(self._all(task, place)) as pages:
            async for page in pages:
                yield page

    async def _all(self, task: CatalogueTask, place: Place) -> AsyncGenerator[CataloguePage]:
        """Yield all files behind a place."""
        known = Known.load(task.resume or {}) if place.last is not None else Known()
        gatherer = Gatherer(place.done)
        task.cursor = {}
        async with aclosing(SteadyList(self._read).stretches(place)) as stretches:
            async for stretch in stretches:
                known.learn(stretch.rows)
                known.total = stretch.total
                gatherer.take(stretch.rows)
                task.cursor = {**known.dump(), "place": stretch.place.dump()}
                yield gatherer.page(stretch.total)
        task.cursor = {**known.dump(), "full_at": task.now.isoformat()}

    async def _read(self, start: int, limit: int) -> Part[Row]:
        """Read a page that begins at a row, or a few rows ahead of it.

        Shoko counts pages, not rows: the page before it is as long as divides the way to it.
        """
        pages = -(-start // limit)
        size = start // pages if pages else limit
        part = await self._client.file_rows(file_row, page=pages + 1, size=size)
        return Part(
            start=pages * size, rows=part.rows, total=part.total, server_time=part.server_time
        )

    async def _changes(self, known: Known) -> list[Row] | None:
        """Return what is new or newly matched; None when only reading everything can tell."""
        newest = await self._client.file_rows(file_row, page=1, size=PAGE_SIZE, newest_first=True)
        numbers = _numbers(newest)
        added = {number for number in numbers if number > known.newest}
        is_cut = len(newest.rows) >= PAGE_SIZE and len(added) == len(numbers)
        if is_cut or newest.total != known.total + len(added) or None in _keys(newest.rows):
            return None
        matched = await self._matched(known.open - numbers)
        if matched is None:
            return None
        rows = [*newest.rows, *matched]
        known.learn(rows)
        known.total = newest.total
        return rows

    async def _matched(self, before: Collection[int]) -> list[Row] | None:
        """Return those of some older files that are matched now; None when they are many."""
        if not before:
            return []
        listed = await self._client.unrecognised_rows(file_row)
        if listed.total is None or listed.total > len(listed.rows):
            return None
        gone = sorted(set(before) - _numbers(listed))
        if len(gone) > _SINGLE_READS:
            return None
        rows = [await self._client.file_row(number, file_row) for number in gone]
        return [row for row in rows if row is not None]


def _numbers(part: ListPart[Row]) -> set[int]:
    return {number for key in _keys(part.rows) if (number := as_id(key)) is not None}


def _keys(rows: Sequence[Row]) -> list[str | None]:
    return [row.key for row in rows]
