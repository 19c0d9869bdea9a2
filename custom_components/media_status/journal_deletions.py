"""Keep deletions in the journal: the jobs as they stand, and a log that only ever grows.

Each row of the log holds the SHA-256 of the hash before it and of its own words, so that a row
that was changed, removed or slipped in shows.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from hashlib import sha256
import sqlite3
from typing import Protocol

from .deletion.brakes import Done
from .deletion.plan_json import UnreadableError, decode_job, encode_job
from .journal_rows import Row, Statement, dumps, loads
from .lifecycle.codec import decode_time, encode_time
from .lifecycle.deletion_job import Job, next_due
from .lifecycle.model import ItemKey, JsonObject, MediaType, ProviderIds, Service, Stage

_BATCH = 500  # rows of the log that are checked at once

_SAVE_JOB = """INSERT INTO deletion_jobs (id, open, next_at, plan, document) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
    open = excluded.open, next_at = excluded.next_at, document = excluded.document"""
_ADD_ROW = """INSERT INTO deletion_log (at, job_id, code, service, items, size, document, hash)
SELECT ?, ?, ?, ?, ?, ?, ?, media_status_sha256(
    coalesce((SELECT hash FROM deletion_log ORDER BY id DESC LIMIT 1), '') || char(10) || ?
)"""
_READ_LOG = """SELECT id, at, job_id, code, service, items, size, document FROM deletion_log
WHERE (:before IS NULL OR id < :before) AND (:job IS NULL OR job_id = :job)
ORDER BY id DESC LIMIT :limit"""
_READ_CHAIN = """SELECT id, at, job_id, code, service, items, size, document, hash
FROM deletion_log WHERE id > ? ORDER BY id LIMIT ?"""
_LAST_PLACE = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'deletion_log'"
_SUM_DONE = """SELECT coalesce(sum(items), 0),
    coalesce(sum(size) FILTER (WHERE service IS NOT 'qbittorrent'), 0),
    coalesce(sum(size) FILTER (WHERE service = 'qbittorrent'), 0)
FROM deletion_log WHERE at >= ? AND job_id NOT IN (SELECT value FROM json_each(?))"""
_READ_PAGE = """SELECT plan, document FROM deletion_jobs
WHERE (:before IS NULL OR id < :before) AND (:request IS NULL OR EXISTS (
    SELECT 1 FROM json_each(plan, '$.targets') t
    WHERE json_extract(t.value, '$.request_id') = :request
)) ORDER BY id DESC LIMIT :limit"""
_SAME_TITLE = """SELECT r.id, r.open, i.season, i.number, i.stage
FROM requests r JOIN items i ON i.request_id = r.id
WHERE r.media_type = :media_type AND r.is_4k = :is_4k AND (
    json_extract(r.document, '$.ids.tmdb') = :tmdb
    OR json_extract(r.document, '$.ids.tvdb') = :tvdb
    OR json_extract(r.document, '$.ids.imdb') = :imdb
)"""
_OTHERS_DOWNLOADS = """SELECT DISTINCT d.download_id
FROM downloads d JOIN requests r ON r.id = d.request_id
WHERE d.download_id IN (SELECT value FROM json_each(?))
    AND r.id NOT IN (SELECT value FROM json_each(?)) AND r.stage <> 'deleted'"""
_GIVEN_UP = frozenset({Stage.DECLINED, Stage.DELETED, Stage.FAILED})
_WITH_FILE = frozenset({Stage.ANIME_MATCHING, Stage.SYNCING_LIBRARY, Stage.AVAILABLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRow:
    """One thing that happened to a deletion; `items` and `size` are what really was removed."""

    at: datetime
    job_id: str
    code: str  # "scheduled", "started", "step", "retried", "cancelled", "ended"
    service: Service | None = None
    items: int = 0
    size: int = 0  # bytes
    document: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLogRow:
    """A row of the log with its place."""

    id: int
    row: LogRow


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionWrite:
    """A job as it stands now (None: it is not about one), and what the log has to say."""

    job: Job | None = None
    log: Sequence[LogRow] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingJobs:
    """The jobs that are under way; `unreadable` counts those of a form that is not understood."""

    jobs: tuple[Job, ...] = ()
    unreadable: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainReport:
    """Whether the log is as it was written: how many rows are good, and the first that is not."""

    rows: int
    broken_at: int | None = None


class _Read(Protocol):
    def __call__[T](self, action: Callable[[sqlite3.Connection], T]) -> Awaitable[T]: ...


class Deletions:
    """Read what the journal knows of deletions; every method raises JournalError when it cannot."""

    def __init__(self, read: _Read) -> None:
        """Initialize with what runs an action in the journal's thread."""
        self._read = read

    async def waiting(self) -> WaitingJobs:
        """Return the jobs that are under way, or are to be looked at once more, oldest first."""
        return await self._read(_read_waiting)

    async def job(self, job_id: str) -> Job | None:
        """Return a job of any age."""
        return await self._read(partial(_read_job, job_id=job_id))

    async def jobs(
        self, *, request_id: str | None = None, limit: int = 50, before: str | None = None
    ) -> list[Job]:
        """Return jobs, newest first, all or those about a request; `before` is a job's id."""
        values = {"request": request_id, "limit": limit, "before": before}
        return await self._read(partial(_read_page, values=values))

    async def log(
        self, *, job_id: str | None = None, limit: int = 100, before_id: int | None = None
    ) -> list[StoredLogRow]:
        """Return rows of the log, newest first."""
        values = {"job": job_id, "limit": limit, "before": before_id}
        return await self._read(partial(_read_log, values=values))

    async def done_since(self, since: datetime, *, without: Iterable[str] = ()) -> Done:
        """Return what really was removed since then, but for some jobs."""
        return await self._read(partial(_read_done, since=since, without=list(without)))

    async def held_by_others(
        self, media_type: MediaType, ids: ProviderIds, *, is_4k: bool
    ) -> dict[str, frozenset[ItemKey]]:
        """Return which items all requests of a title want, or have and hold, by request."""
        return await self._read(
            partial(_read_same_title, media_type=media_type, ids=ids, is_4k=is_4k)
        )

    async def downloads_of_others(
        self, downloads: Iterable[str], request_ids: Iterable[str]
    ) -> frozenset[str]:
        """Return which of these downloads also brought something to other requests."""
        names, chosen = dumps([*sorted(downloads)]), dumps([*sorted(request_ids)])
        rows = await self._read(
            lambda database: database.execute(_OTHERS_DOWNLOADS, (names, chosen)).fetchall()
        )
        return frozenset(str(name) for (name,) in rows)

    async def verify_chain(self) -> ChainReport:
        """Check the whole log, some rows at a time, and name the first that is not as written."""
        rows, before = 0, ""
        while True:
            link = await self._read(partial(_check_links, after=rows, before=before))
            rows += link.good
            if link.broken_at is not None:
                return ChainReport(rows=rows, broken_at=link.broken_at)
            if link.good == 0:
                return ChainReport(rows=rows)
            before = link.last


def deletion_statements(write: DeletionWrite) -> Iterator[Statement]:
    """Yield what stores a job as it stands and adds to the log."""
    if write.job is not None:
        yield Statement(_SAVE_JOB, [_job_row(write.job)])
    if write.log:
        rows = [_columns(entry) for entry in write.log]
        yield Statement(_ADD_ROW, [(*columns, _canonical(columns)) for columns in rows])


def _job_row(job: Job) -> Row:
    plan, document = encode_job(job)
    due = next_due(job)
    next_at = None if due is None else encode_time(due)
    return (job.id, int(job.is_open), next_at, dumps(plan), dumps(document))


def _columns(row: LogRow) -> Row:
    return (
        encode_time(row.at),
        row.job_id,
        row.code,
        None if row.service is None else row.service.value,
        row.items,
        row.size,
        dumps(row.document),
    )


def _canonical(columns: Sequence[str | int | None]) -> str:
    return dumps(list(columns))


def _read_waiting(connection: sqlite3.Connection) -> WaitingJobs:
    rows = connection.execute(
        "SELECT plan, document FROM deletion_jobs WHERE next_at IS NOT NULL ORDER BY id"
    ).fetchall()
    jobs = tuple(job for row in rows if (job := _job(*row)) is not None)
    return WaitingJobs(jobs=jobs, unreadable=len(rows) - len(jobs))


def _read_job(connection: sqlite3.Connection, job_id: str) -> Job | None:
    row = connection.execute(
        "SELECT plan, document FROM deletion_jobs WHERE id = ?", (job_id,)
    ).fetchone()
    return None if row is None else _job(*row)


def _read_page(connection: sqlite3.Connection, values: dict[str, str | int | None]) -> list[Job]:
    rows = connection.execute(_READ_PAGE, values)
    return [job for row in rows if (job := _job(*row)) is not None]


def _job(plan: str, document: str) -> Job | None:
    try:
        return decode_job(loads(plan), loads(document))
    except UnreadableError:
        return None


def _read_log(
    connection: sqlite3.Connection, values: dict[str, str | int | None]
) -> list[StoredLogRow]:
    return [_log_row(*row) for row in connection.execute(_READ_LOG, values)]


def _log_row(
    place: int,
    at: str,
    job_id: str,
    code: str,
    service: str | None,
    items: int,
    size: int,
    document: str,
) -> StoredLogRow:
    words = loads(document)
    row = LogRow(
        at=decode_time(at),
        job_id=job_id,
        code=code,
        service=Service(service) if service in set(Service) else None,
        items=items,
        size=size,
        document=words if isinstance(words, dict) else {},
    )
    return StoredLogRow(id=place, row=row)


def _read_done(connection: sqlite3.Connection, since: datetime, without: list[str]) -> Done:
    values = (encode_time(since), dumps([*without]))
    items, library, torrents = connection.execute(_SUM_DONE, values).fetchone()
    return Done(items=items, library=library, torrents=torrents)


def _read_same_title(
    connection: sqlite3.Connection, media_type: MediaType, ids: ProviderIds, *, is_4k: bool
) -> dict[str, frozenset[ItemKey]]:
    values = {"tmdb": ids.tmdb, "tvdb": ids.tvdb, "imdb": ids.imdb}
    found: dict[str, set[ItemKey]] = {}
    for request_id, is_open, season, number, stage in connection.execute(
        _SAME_TITLE, {**values, "media_type": media_type.value, "is_4k": int(is_4k)}
    ):
        # An open request still wants what it lacks; an ended one holds what it has.
        if (stage not in _GIVEN_UP) if is_open else (stage in _WITH_FILE):
            found.setdefault(request_id, set()).add(ItemKey(season, number))
    return {key: frozenset(items) for key, items in found.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Links:
    """How far a part of the chain is good, and its last hash."""

    good: int
    last: str
    broken_at: int | None = None


def _check_links(connection: sqlite3.Connection, after: int, before: str) -> _Links:
    """Check the rows after a place; places have no gaps, and none is missing at the end."""
    place = after
    for found, *columns, stored in connection.execute(_READ_CHAIN, (after, _BATCH)):
        text = f"{before}\n{_canonical(columns)}"
        if found != place + 1 or stored != sha256(text.encode()).hexdigest():
            return _Links(good=place - after, last=before, broken_at=place + 1)
        place, before = found, stored
    if place == after:
        (last,) = connection.execute(_LAST_PLACE).fetchone()
        if last > place:
            return _Links(good=0, last=before, broken_at=place + 1)
    return _Links(good=place - after, last=before)
