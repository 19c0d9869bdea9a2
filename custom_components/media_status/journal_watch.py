"""Keep in the journal how much each service had, and what was missing when it was looked for."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
import sqlite3
from typing import Protocol

from .journal_rows import Statement, read_request
from .lifecycle.codec import decode_time, encode_time
from .lifecycle.model import ItemKey, Stage
from .lifecycle.request import Request

_PAGE = 50  # finished requests that are read at once

_SAVE_COUNT = """INSERT INTO counted (connection_id, taken_at, size, peak, peak_at, frozen)
VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (connection_id) DO UPDATE SET
    taken_at = excluded.taken_at, size = excluded.size, peak = excluded.peak,
    peak_at = excluded.peak_at, frozen = excluded.frozen"""
# The first time counts, and a request that was forgotten meanwhile misses nothing.
_ADD_SIGHTING = """INSERT INTO sightings (request_id, season, number, first_at, source)
SELECT ?1, ?2, ?3, ?4, ?5 WHERE EXISTS (SELECT 1 FROM requests WHERE id = ?1)
ON CONFLICT DO NOTHING"""
_DROP_SIGHTING = "DELETE FROM sightings WHERE request_id = ? AND season = ? AND number = ?"
_READ_COUNTS = "SELECT connection_id, taken_at, size, peak, peak_at, frozen FROM counted"
_READ_SIGHTINGS = "SELECT request_id, season, number, first_at, source FROM sightings"
_READ_FINISHED = """SELECT id, stage, document, status FROM requests
WHERE open = 0 AND stage IN ('available', 'partially_available') AND id > ? ORDER BY id LIMIT ?"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How much a service had when it was counted last, and at its most of late.

    It is frozen while much of that is gone and nobody has said that this is right.
    """

    connection_id: str
    taken_at: datetime
    size: int
    peak: int
    peak_at: datetime
    is_frozen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """An item of a finished request that was missing; `source` was heard of it first."""

    request_id: str
    item: ItemKey
    first_at: datetime
    source: str  # a service's kind, or "survey"


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchWrite:
    """What is new, and which sightings are over."""

    counts: Sequence[Counted] = ()
    sightings: Sequence[Sighting] = ()
    over: Sequence[Sighting] = ()


class _Read(Protocol):
    def __call__[T](self, action: Callable[[sqlite3.Connection], T]) -> Awaitable[T]: ...


class Watches:
    """Read what the watch knows; every method raises JournalError when it cannot."""

    def __init__(self, read: _Read) -> None:
        """Initialize with what runs an action in the journal's thread."""
        self._read = read

    async def counts(self) -> dict[str, Counted]:
        """Return how much each service had, by connection."""
        return await self._read(_read_counts)

    async def sightings(self) -> list[Sighting]:
        """Return what was missing and is not yet known to be gone."""
        return await self._read(_read_sightings)

    async def finished(self, after: str = "") -> list[Request]:
        """Return some finished requests behind an id, with their items but without facts."""
        return await self._read(partial(_read_finished, after=after))


def watch_statements(write: WatchWrite) -> Iterator[Statement]:
    """Yield what stores the watch's news."""
    if write.counts:
        yield Statement(
            _SAVE_COUNT,
            [
                (
                    one.connection_id,
                    encode_time(one.taken_at),
                    one.size,
                    one.peak,
                    encode_time(one.peak_at),
                    int(one.is_frozen),
                )
                for one in write.counts
            ],
        )
    if write.over:
        yield Statement(_DROP_SIGHTING, [(one.request_id, *one.item) for one in write.over])
    if write.sightings:
        yield Statement(
            _ADD_SIGHTING,
            [
                (one.request_id, *one.item, encode_time(one.first_at), one.source)
                for one in write.sightings
            ],
        )


def _read_counts(connection: sqlite3.Connection) -> dict[str, Counted]:
    return {
        key: Counted(
            connection_id=key,
            taken_at=decode_time(taken_at),
            size=size,
            peak=peak,
            peak_at=decode_time(peak_at),
            is_frozen=bool(frozen),
        )
        for key, taken_at, size, peak, peak_at, frozen in connection.execute(_READ_COUNTS)
    }


def _read_sightings(connection: sqlite3.Connection) -> list[Sighting]:
    return [
        Sighting(
            request_id=request_id,
            item=ItemKey(season, number),
            first_at=decode_time(first_at),
            source=source,
        )
        for request_id, season, number, first_at, source in connection.execute(_READ_SIGHTINGS)
    ]


def _read_finished(connection: sqlite3.Connection, after: str) -> list[Request]:
    found = connection.execute(_READ_FINISHED, (after, _PAGE)).fetchall()
    stages: dict[str, dict[ItemKey, Stage]] = {}
    known = frozenset(stage.value for stage in Stage)
    for request_id, season, number, stage in connection.execute(
        "SELECT request_id, season, number, stage FROM items"
        " WHERE request_id >= ? AND request_id <= ?",
        (found[0][0], found[-1][0]) if found else ("", ""),
    ):
        if stage in known:
            stages.setdefault(request_id, {})[ItemKey(season, number)] = Stage(stage)
    return [
        request
        for request_id, *row in found
        if (request := read_request(row, stages.get(request_id))) is not None
    ]
