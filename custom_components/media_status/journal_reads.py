"""Read the journal: what a start needs, pages of the history, one request with its facts."""

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
import sqlite3

from .journal_forgotten import read_forgotten
from .journal_rows import FactReader, dumps, loads, read_entry, read_request, text
from .lifecycle.codec import decode_time, encode_time
from .lifecycle.model import ItemKey, JsonObject, Stage
from .lifecycle.request import Request, TimelineEntry

_STAGES = frozenset(stage.value for stage in Stage)
_TABLES = ("requests", "request_keys", "items", "downloads", "facts", "timeline", "cursors")
_COUNT_TABLES = """SELECT (SELECT count(*) FROM requests), (SELECT count(*) FROM request_keys),
    (SELECT count(*) FROM items), (SELECT count(*) FROM downloads), (SELECT count(*) FROM facts),
    (SELECT count(*) FROM timeline), (SELECT count(*) FROM cursors)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalStart:
    """What the journal holds when it is opened.

    `requests` are the open ones with their facts; `recent` those that ended a short while ago,
    without facts; `forgotten` what is left of those that somebody removed. `closed_keys` are the
    (connection, own id) pairs of requests made in Seerr that ended and stay so. `unreadable` counts
    open requests that this version does not understand; they stay in the journal.
    """

    started_at: datetime
    requests: list[Request] = field(default_factory=list)
    recent: list[Request] = field(default_factory=list)
    forgotten: list[Request] = field(default_factory=list)
    closed_keys: set[tuple[str, str]] = field(default_factory=set)
    cursors: dict[str, JsonObject] = field(default_factory=dict)
    set_aside: Path | None = None
    unreadable: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some requests, newest first, without facts; `total` counts all that match the filters."""

    items: list[Request]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which requests a page shows; None does not filter."""

    open: bool | None = None
    stage: Collection[str] | None = None
    media_type: str | None = None
    requested_by: str | None = None
    search: str | None = None

    def parameters(self) -> dict[str, str | int | None]:
        """Return the values for the conditions of a page."""
        return {
            "open": None if self.open is None else int(self.open),
            "stages": None if self.stage is None else dumps([str(stage) for stage in self.stage]),
            "media_type": self.media_type,
            "requested_by": self.requested_by,
            "search": text((self.search or "").strip().casefold()) or None,
        }


# The index holds every column of the conditions: documents of other requests are never read.
_COUNT_LISTED = """SELECT count(*) FROM requests INDEXED BY requests_listed
WHERE (:open IS NULL OR open = :open)
    AND (:stages IS NULL OR stage IN (SELECT value FROM json_each(:stages)))
    AND (:media_type IS NULL OR media_type = :media_type)
    AND (:requested_by IS NULL OR requested_by = :requested_by)
    AND (:search IS NULL OR instr(title_search, :search) > 0)"""
_READ_LISTED = """SELECT stage, document, status FROM requests WHERE id IN (
    SELECT id FROM requests INDEXED BY requests_listed
    WHERE (:open IS NULL OR open = :open)
        AND (:stages IS NULL OR stage IN (SELECT value FROM json_each(:stages)))
        AND (:media_type IS NULL OR media_type = :media_type)
        AND (:requested_by IS NULL OR requested_by = :requested_by)
        AND (:search IS NULL OR instr(title_search, :search) > 0)
        AND (:before IS NULL
            OR (opened_at, id) < (SELECT opened_at, id FROM requests WHERE id = :before))
    ORDER BY opened_at DESC, id DESC LIMIT :limit OFFSET :offset
) ORDER BY opened_at DESC, id DESC"""


def read_start(
    connection: sqlite3.Connection,
    *,
    keep_since: datetime,
    started_at: datetime,
    set_aside: Path | None,
) -> JournalStart:
    """Return what the tracker starts from."""
    found = connection.execute(
        "SELECT id, stage, document, status FROM requests WHERE open = 1 ORDER BY opened_at, id"
    ).fetchall()
    items = _items(
        connection.execute(
            "SELECT i.request_id, i.season, i.number, i.stage, i.since FROM items i"
            " JOIN requests r ON r.id = i.request_id WHERE r.open = 1"
        )
    )
    requests: dict[str, Request] = {}
    for request_id, *row in found:
        request = _read_with_items(row, items.get(request_id))
        if request is not None:
            requests[request_id] = request
    reader = FactReader()
    for request_id, *row in connection.execute(
        "SELECT f.request_id, f.subject, f.connection_id, f.kind, f.service, f.value, f.seen_at,"
        " f.since, f.via FROM requests r"
        " JOIN facts f ON f.request_id = r.id WHERE r.open = 1"
    ):
        fact = reader.read(row)
        if fact is not None and request_id in requests:
            requests[request_id].facts[fact.key] = fact
    return JournalStart(
        started_at=started_at,
        requests=list(requests.values()),
        recent=_recent(connection, keep_since),
        forgotten=read_forgotten(connection),
        closed_keys=_closed_keys(connection),
        cursors=_cursors(connection),
        set_aside=set_aside,
        unreadable=len(found) - len(requests),
    )


def read_page(
    connection: sqlite3.Connection,
    filters: Filters,
    *,
    limit: int,
    offset: int,
    before: str | None,
) -> Page:
    """Return one page; `before` is the last request of the page that came before this one."""
    (total,) = connection.execute(_COUNT_LISTED, filters.parameters()).fetchone()
    place = {"limit": limit, "offset": offset, "before": before}
    rows = connection.execute(_READ_LISTED, filters.parameters() | place)
    items = [request for row in rows if (request := read_request(row)) is not None]
    return Page(items=items, total=total)


def read_whole(connection: sqlite3.Connection, request_id: str) -> Request | None:
    """Return one request with its facts and its items' stages."""
    row = connection.execute(
        "SELECT stage, document, status FROM requests WHERE id = ?", (request_id,)
    ).fetchone()
    if row is None:
        return None
    items = _items(
        connection.execute(
            "SELECT request_id, season, number, stage, since FROM items WHERE request_id = ?",
            (request_id,),
        )
    )
    request = _read_with_items(row, items.get(request_id))
    if request is None:
        return None
    reader = FactReader()
    for fact_row in connection.execute(
        "SELECT subject, connection_id, kind, service, value, seen_at, since, via"
        " FROM facts WHERE request_id = ?",
        (request_id,),
    ):
        fact = reader.read(fact_row)
        if fact is not None:
            request.facts[fact.key] = fact
    return request


def read_timeline(
    connection: sqlite3.Connection, request_id: str, *, limit: int
) -> list[TimelineEntry]:
    """Return the newest entries of a request's timeline, oldest of them first."""
    rows = connection.execute(
        "SELECT request_id, at, service, code, details FROM timeline"
        " WHERE request_id = ? ORDER BY id DESC LIMIT ?",
        (request_id, limit),
    ).fetchall()
    return [entry for row in reversed(rows) if (entry := read_entry(row)) is not None]


def read_counts(connection: sqlite3.Connection) -> dict[str, int]:
    """Return the number of rows of each table."""
    row = connection.execute(_COUNT_TABLES).fetchone()
    return dict(zip(_TABLES, row, strict=True))


def _recent(connection: sqlite3.Connection, keep_since: datetime) -> list[Request]:
    rows = connection.execute(
        "SELECT stage, document, status FROM requests WHERE open = 0 AND ended_at >= ?"
        " ORDER BY ended_at",
        (encode_time(keep_since),),
    )
    return [request for row in rows if (request := read_request(row)) is not None]


def _closed_keys(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    """Return under which ids the services know Seerr's requests that ended for good."""
    names: dict[str, str] = {}  # one text for each connection, however many requests it has
    return {
        (names.setdefault(connection_id, connection_id), service_id)
        for connection_id, service_id in connection.execute(
            "SELECT k.connection_id, k.service_id FROM requests r"
            " CROSS JOIN request_keys k ON k.request_id = r.id"
            " WHERE r.open = 0 AND r.origin = 'seerr' AND ("
            "  r.stage NOT IN ('declined', 'deleted') OR EXISTS ("
            "   SELECT 1 FROM facts f"
            "   WHERE f.request_id = r.id AND f.subject = '' AND f.kind = 'decision'))"
        )
    }


def _cursors(connection: sqlite3.Connection) -> dict[str, JsonObject]:
    found = (
        (connection_id, loads(cursor))
        for connection_id, cursor in connection.execute("SELECT connection_id, cursor FROM cursors")
    )
    return {key: cursor for key, cursor in found if isinstance(cursor, dict)}


@dataclass(slots=True)
class _Items:
    """Where a request's items stood, and since when."""

    stages: dict[ItemKey, Stage] = field(default_factory=dict)
    since: dict[ItemKey, datetime] = field(default_factory=dict)


def _items(rows: Iterable[tuple[str, int, int, str, str | None]]) -> dict[str, _Items]:
    found: dict[str, _Items] = {}
    for request_id, season, number, stage, since in rows:
        if stage in _STAGES:
            items = found.setdefault(request_id, _Items())
            item = ItemKey(season, number)
            items.stages[item] = Stage(stage)
            with suppress(ValueError):
                items.since[item] = decode_time(since or "")
    return found


def _read_with_items(row: Sequence[str], items: _Items | None) -> Request | None:
    known = items or _Items()
    request = read_request(row, known.stages)
    if request is not None:
        request.item_since = known.since
    return request
