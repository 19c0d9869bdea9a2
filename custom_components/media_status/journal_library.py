"""Keep in the journal what every service has, source by source, and where they disagree.

Everything is written and read in small pieces: between two of them the journal stores what happens
to requests.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import partial
import sqlite3
from typing import Protocol

from .journal_rows import Column, Row, dumps, integer, loads, text
from .lifecycle.codec import decode_time, encode_time
from .lifecycle.library import CataloguePage, EntryKind, LibraryEntry, file_key
from .lifecycle.model import JsonObject, Service

PIECE = 500  # rows that are written at once
_LONGEST = 300
_LONGEST_PATH = 4096

_SAVE_SOURCE = """INSERT INTO library_sources (id, connection_id, service, state)
VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET state = excluded.state"""
_COLUMNS = (
    "source",
    "kind",
    "own_id",
    "round",
    "series_id",
    "season",
    "number",
    "tmdb",
    "tvdb",
    "imdb",
    "anidb",
    "shoko",
    "title",
    "year",
    "path",
    "file",
    "size",
    "present",
    "poster",
    "details",
)
_SAVE_ENTRY = f"""INSERT INTO library_entries ({", ".join(_COLUMNS)})
VALUES ({", ".join("?" * len(_COLUMNS))}) ON CONFLICT (source, kind, own_id) DO UPDATE SET
round = max(round, excluded.round), {
    ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[4:])
}"""  # noqa: S608 - only names of columns
_DROP_ENTRY = "DELETE FROM library_entries WHERE source = ? AND kind = ? AND own_id = ?"
_DROP_EPISODES = "DELETE FROM library_entries WHERE source = ? AND series_id = ?"
_COUNT = "SELECT count(*) FROM library_entries WHERE source = ?"
# In the order of the rows themselves: by any index each of them would be looked up.
_READ_KEYS = """SELECT id, kind, own_id FROM library_entries NOT INDEXED
WHERE id > ? AND source = ? AND round < ? ORDER BY id LIMIT ?"""
_ANY_ROUND = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """How far a connection is read.

    `round` counts complete reads that were begun: rows of an older one were not seen since.
    `since` is where the next read of changes begins, `resume` where an interrupted read goes on.
    """

    connection_id: str
    service: Service
    number: int = 0
    round: int = 0
    since: JsonObject | None = None
    resume: JsonObject | None = None
    is_resume_full: bool = False
    resume_at: datetime | None = None  # when the interrupted read began
    complete_at: datetime | None = None  # when the last read began that came to its end
    error: str | None = None  # of the last read, where it did not come to its end
    dropped: int = 0  # what could not be used in the last full read
    problems: tuple[str, ...] = ()
    doubted_at: datetime | None = None  # when much was gone at once


class _Read(Protocol):
    def __call__[T](self, action: Callable[[sqlite3.Connection], T]) -> Awaitable[T]: ...


class LibraryRows:
    """Write and read what services have; every method raises JournalError when it cannot."""

    def __init__(self, read: _Read) -> None:
        """Initialize with what runs an action in the journal's thread."""
        self.read = read

    async def sources(self) -> dict[str, SourceState]:
        """Return how far every connection is read."""
        return await self.read(_read_sources)

    async def save(self, state: SourceState) -> SourceState:
        """Store how far a connection is read; return it with the number of its rows."""
        return await self.read(partial(_save_source, state=state))

    async def store(self, state: SourceState, page: CataloguePage) -> None:
        """Store a page, and behind it how far the connection is read."""
        first, rest = page.entries[: 2 * PIECE], page.entries[2 * PIECE :]
        removed = page.removed
        while rest:
            await self.read(partial(_store, state=state, removed=removed, entries=first))
            removed = ()
            first, rest = rest[: 2 * PIECE], rest[2 * PIECE :]
        await self.read(partial(_store, state=state, removed=removed, entries=first, is_last=True))

    async def count(self, state: SourceState) -> int:
        """Return how many rows a connection has."""
        return await self.read(
            lambda connection: connection.execute(_COUNT, (state.number,)).fetchone()[0]
        )

    async def unseen(
        self, state: SourceState, only: Collection[str] | None = None
    ) -> list[tuple[str, str]]:
        """Return the rows that were not seen in this round, or that are not in `only`."""
        found: list[tuple[str, str]] = []
        before = state.round if only is None else _ANY_ROUND
        place = 0
        while keys := await self.read(
            partial(_read_keys, number=state.number, before=before, after=place)
        ):
            place = keys[-1][0]
            found += ((kind, own_id) for _, kind, own_id in keys if not only or own_id not in only)
        return found

    async def drop(self, state: SourceState, keys: Sequence[tuple[str, str]]) -> None:
        """Remove rows of a connection."""
        for start in range(0, len(keys), PIECE):
            piece = keys[start : start + PIECE]
            await self.read(partial(_drop, number=state.number, keys=piece))

    async def forget(self, state: SourceState) -> None:
        """Remove all that is known of a connection that no longer exists."""
        await self.drop(state, await self.unseen(state, only=frozenset()))
        await self.read(partial(_forget_source, number=state.number))


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Write all of it or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _read_sources(connection: sqlite3.Connection) -> dict[str, SourceState]:
    services = {service.value: service for service in Service}
    return {
        connection_id: _decode(number, connection_id, services[service], loads(state))
        for number, connection_id, service, state in connection.execute(
            "SELECT id, connection_id, service, state FROM library_sources"
        )
        if service in services
    }


def _decode(number: int, connection_id: str, service: Service, raw: object) -> SourceState:
    """Return a state; what is unreadable in it begins anew."""
    blank = SourceState(connection_id=connection_id, service=service, number=number)
    if not isinstance(raw, dict):
        return blank
    values: dict[str, object] = {}
    for name in ("since", "resume"):
        values[name] = found if isinstance(found := raw.get(name), dict) else None
    for name in ("resume_at", "complete_at", "doubted_at"):
        values[name] = _moment(raw.get(name))
    for name in ("round", "dropped"):
        values[name] = found if isinstance(found := raw.get(name), int) else 0
    values["is_resume_full"] = raw.get("is_resume_full") is True
    values["error"] = found if isinstance(found := raw.get("error"), str) else None
    told = raw.get("problems")
    values["problems"] = tuple(map(str, told)) if isinstance(told, list) else ()
    return SourceState(
        connection_id=connection_id,
        service=service,
        number=number,
        **values,  # type: ignore[arg-type]  # each was checked above
    )


def _moment(raw: object) -> datetime | None:
    try:
        return decode_time(raw) if isinstance(raw, str) else None
    except ValueError:
        return None


def _encode(state: SourceState) -> str:
    values: JsonObject = {}
    for part in fields(state):
        if part.name in {"connection_id", "service", "number"}:
            continue
        value = getattr(state, part.name)
        if isinstance(value, datetime):
            value = encode_time(value)
        values[part.name] = list(value) if isinstance(value, tuple) else value
    return dumps(values)


def _save_source(connection: sqlite3.Connection, state: SourceState) -> SourceState:
    if not state.number:
        (number,) = connection.execute(
            "SELECT coalesce(max(id), 0) + 1 FROM library_sources"
        ).fetchone()
        state = replace(state, number=number)
    _write_source(connection, state)
    return state


def _write_source(connection: sqlite3.Connection, state: SourceState) -> None:
    connection.execute(
        _SAVE_SOURCE,
        (state.number, text(state.connection_id), state.service.value, _encode(state)),
    )


def _store(
    connection: sqlite3.Connection,
    *,
    state: SourceState,
    removed: Iterable[tuple[EntryKind, str]],
    entries: Sequence[LibraryEntry],
    is_last: bool = False,
) -> None:
    gone = [(kind, text(own_id) or "") for kind, own_id in removed]
    with transaction(connection):
        connection.executemany(_DROP_ENTRY, [(state.number, kind.value, own) for kind, own in gone])
        connection.executemany(
            _DROP_EPISODES, [(state.number, own) for kind, own in gone if kind is EntryKind.SERIES]
        )
        rows = (_row(state, entry) for entry in entries)
        connection.executemany(_SAVE_ENTRY, rows)
        if is_last:
            _write_source(connection, state)


def _row(state: SourceState, entry: LibraryEntry) -> Row:
    season, number = entry.item if entry.kind is EntryKind.EPISODE and entry.item else (None, None)
    present = entry.present
    key = file_key(entry.path)
    own: tuple[Column, ...] = (state.number, entry.kind.value, text(entry.own_id), state.round)
    return (
        *own,
        text(entry.series_id),
        integer(season),
        integer(number),
        integer(entry.ids.tmdb),
        integer(entry.ids.tvdb),
        text(entry.ids.imdb),
        integer(entry.anidb),
        integer(entry.shoko),
        text(entry.title, _LONGEST),
        integer(entry.year),
        text(entry.path, _LONGEST_PATH),
        text("/".join(key)) if len(key) == 2 else None,
        integer(entry.size),
        None if present is None else int(present),
        text(entry.poster, _LONGEST),
        dumps(dict(entry.details)) if entry.details else None,
    )


def _read_keys(
    connection: sqlite3.Connection, *, number: int, before: int, after: int
) -> list[tuple[int, str, str]]:
    return connection.execute(_READ_KEYS, (after, number, before, 4 * PIECE)).fetchall()


def _drop(connection: sqlite3.Connection, *, number: int, keys: Iterable[tuple[str, str]]) -> None:
    with transaction(connection):
        connection.executemany(_DROP_ENTRY, [(number, *key) for key in keys])


def _forget_source(connection: sqlite3.Connection, *, number: int) -> None:
    connection.execute("DELETE FROM library_sources WHERE id = ?", (number,))
