"""Remember: every request, fact and timeline entry, durable before anybody is told.

One SQLite connection lives in one dedicated thread. Writers hand over finished rows and wait; all
that queue up while a commit runs share the next one. Time zone, clock and services stay outside.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
import sqlite3

from .journal_deletions import Deletions, DeletionWrite, deletion_statements
from .journal_forgotten import forgetting
from .journal_library import LibraryRows
from .journal_lives import Totals, read_past
from .journal_reads import (
    Filters,
    JournalStart,
    Page,
    read_counts,
    read_page,
    read_start,
    read_timeline,
    read_whole,
)
from .journal_rows import Statement, Writer, cursor_statement
from .journal_schema import JournalError, JournalTooNewError, open_database
from .journal_watch import Watches, WatchWrite, watch_statements
from .lifecycle.habits import Life
from .lifecycle.model import JsonObject
from .lifecycle.request import Change, Request, TimelineEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What is written together or not at all."""

    changes: Sequence[Change] = ()
    cursors: Mapping[str, JsonObject] = field(default_factory=dict)
    forgotten: Sequence[Request] = ()  # what is left of requests that are removed
    deletions: Sequence[DeletionWrite] = ()
    watch: WatchWrite | None = None


class _Job:
    """The statements of one batch, and who waits for them."""

    __slots__ = ("error", "future", "request_ids", "statements")

    def __init__(
        self, statements: list[Statement], request_ids: list[str], future: asyncio.Future[None]
    ) -> None:
        self.statements = statements
        self.request_ids = request_ids
        self.future = future
        self.error: Exception | None = None


class Journal:
    """The durable memory of one tracker."""

    def __init__(self, path: Path) -> None:
        """Initialize with the database file's path; nothing is touched before `open`."""
        self.path = path
        self.deletions = Deletions(self._read)
        self.watches = Watches(self._read)
        self.library = LibraryRows(self._read)
        self._writer = Writer()
        self._jobs: deque[_Job] = deque()
        self._is_scheduled = False
        self._is_paused = False
        self._executor: ThreadPoolExecutor | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._database: sqlite3.Connection | None = None  # the journal thread's own

    async def open(self, keep_since: datetime) -> JournalStart:
        """Open or create the file and return what it holds; raise `JournalError` if it cannot.

        `recent` holds the requests that ended at `keep_since` or later.
        """
        if self._executor is not None:
            raise JournalError("the journal is already open")
        self._loop = asyncio.get_running_loop()
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="media_status journal")
        try:
            start = await self._run(partial(self._open, keep_since))
        except BaseException:  # cancelled, too: the thread must not outlive the attempt
            await self.close()
            raise
        self._writer.remember(start.requests)
        return start

    def write(self, batch: Batch) -> Coroutine[object, object, None]:
        """Take a batch now; awaiting what this returns ends when the batch is durable.

        The rows are made before this returns, so the requests may change at once. Cancelling the
        wait does not take the batch back. Awaiting raises `JournalError` when this very batch could
        not be written; the next change of its requests then writes them whole.
        """
        loop = self._loop
        if loop is None or self._executor is None:
            raise JournalError("the journal is not open")
        statements = [
            statement for change in batch.changes for statement in self._writer.statements(change)
        ]
        now = datetime.now(UTC)
        if batch.cursors:
            statements.append(cursor_statement(batch.cursors.items(), now))
        for left in batch.forgotten:
            statements += forgetting(left, now)
        for deletion in batch.deletions:
            statements += deletion_statements(deletion)
        if batch.watch is not None:
            statements += watch_statements(batch.watch)
        self._writer.forget(left.id for left in batch.forgotten)
        job = _Job(
            statements, [change.request.id for change in batch.changes], loop.create_future()
        )
        self._jobs.append(job)
        if not self._is_scheduled:
            self._is_scheduled = True
            self._executor.submit(self._write_queued)
        return _durable(job.future)

    async def requests(
        self,
        *,
        open: bool | None = None,
        stage: Collection[str] | None = None,
        media_type: str | None = None,
        requested_by: str | None = None,
        search: str | None = None,
        limit: int = 50,
        offset: int = 0,
        before: str | None = None,
    ) -> Page:
        """Return requests, newest first, without facts.

        `search` finds titles that hold every word; `before` is the id of a request, and only older
        ones follow (steadier than `offset` while new ones arrive).
        """
        filters = Filters(
            open=open, stage=stage, media_type=media_type, requested_by=requested_by, search=search
        )
        return await self._read(
            partial(read_page, filters=filters, limit=limit, offset=offset, before=before)
        )

    async def request(self, request_id: str) -> Request | None:
        """Return a request with its facts, open or ended; None if there is none."""
        return await self._read(partial(read_whole, request_id=request_id))

    async def timeline(self, request_id: str, *, limit: int = 200) -> list[TimelineEntry]:
        """Return the newest `limit` entries, in the order they happened."""
        return await self._read(partial(read_timeline, request_id=request_id, limit=limit))

    async def past(self) -> tuple[list[Life], Totals]:
        """Return through which stages the last ended requests went, and how all of them ended."""
        return await self._read(read_past)

    async def counts(self) -> dict[str, int]:
        """Return the rows of each table and the bytes on disk."""
        return await self._read(read_counts) | {"bytes": await self._run(self._size)}

    async def pause(self) -> None:
        """Leave the database file alone until `resume`, so that it can be copied.

        Writes go on and stay durable: they only ever grow the write-ahead log, and the file with
        any beginning of that log is a whole database.
        """
        self._is_paused = True
        await self._read(_hold_checkpoints)

    async def resume(self) -> None:
        """Let the database file change again."""
        self._is_paused = False
        await self._read(_release_checkpoints)

    async def close(self) -> None:
        """Write what is queued, then let go of file and thread; a second call does nothing."""
        executor, self._executor = self._executor, None
        if executor is None or self._loop is None:
            return
        closing = self._loop.run_in_executor(executor, self._close)
        executor.shutdown(wait=False)
        try:
            await asyncio.shield(closing)
        finally:
            if closing.done():
                executor.shutdown(wait=True)  # the thread has nothing left to do

    async def _read[T](self, action: Callable[[sqlite3.Connection], T]) -> T:
        """Run an action in the journal's thread, after all that was written before."""
        return await self._run(lambda: action(self._connection))

    async def _run[T](self, action: Callable[[], T]) -> T:
        if self._executor is None or self._loop is None:
            raise JournalError("the journal is not open")
        try:
            return await self._loop.run_in_executor(self._executor, action)
        except sqlite3.Error as err:
            raise JournalError(str(err)) from err

    # What follows runs in the journal's own thread.

    @property
    def _connection(self) -> sqlite3.Connection:
        if self._database is None:
            raise JournalError("the journal is not open")
        return self._database

    def _open(self, keep_since: datetime) -> JournalStart:
        database = open_database(self.path, datetime.now(UTC))
        self._database = database.connection
        return read_start(
            database.connection,
            keep_since=keep_since,
            started_at=database.started_at,
            set_aside=database.set_aside,
        )

    def _close(self) -> None:
        self._write_queued()
        if self._database is None:
            return
        try:
            if not self._is_paused:
                _checkpoint(self._database)
        except sqlite3.Error:
            pass  # the log is folded in at the next start; nothing is lost
        finally:
            self._database.close()
            self._database = None

    def _size(self) -> int:
        files = (self.path, self.path.with_name(f"{self.path.name}-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def _write_queued(self) -> None:
        """Write all queued batches in one transaction; if that fails, each in its own."""
        self._is_scheduled = False  # before the queue is emptied: a later batch schedules anew
        jobs: list[_Job] = []
        while self._jobs:
            jobs.append(self._jobs.popleft())
        if not jobs:
            return
        error = self._commit(jobs)
        if error is not None:
            for job in jobs:
                job.error = error if _is_shared(error) else self._commit([job])
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._settle, jobs)

    def _commit(self, jobs: Sequence[_Job]) -> Exception | None:
        """Write batches in one transaction; return why nothing of it was written, if so."""
        try:
            connection = self._connection
            connection.execute("BEGIN IMMEDIATE")
            try:
                for job in jobs:
                    for sql, rows in job.statements:
                        connection.executemany(sql, rows)
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
        except Exception as err:  # noqa: BLE001 - whatever it is goes to the batch's own writer
            return err
        return None

    def _settle(self, jobs: Sequence[_Job]) -> None:
        """Tell the writers, in the event loop."""
        for job in jobs:
            if job.error is not None:
                self._writer.forget(job.request_ids)
            if job.future.done():
                continue
            if job.error is None:
                job.future.set_result(None)
            else:
                error = JournalError(f"{type(job.error).__name__}: {job.error}")
                error.__cause__ = job.error
                job.future.set_exception(error)


def _checkpoint(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _hold_checkpoints(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, True)
    _checkpoint(connection)


def _release_checkpoints(connection: sqlite3.Connection) -> None:
    connection.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, False)
    connection.execute("PRAGMA wal_autocheckpoint = 1000")  # pages, SQLite's default
    _checkpoint(connection)


def _is_shared(error: Exception) -> bool:
    """Return whether the error would meet every batch alike: somebody else holds the file."""
    code = getattr(error, "sqlite_errorcode", None) or 0
    return code & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


async def _durable(future: asyncio.Future[None]) -> None:
    await future


__all__ = [
    "Batch",
    "Journal",
    "JournalError",
    "JournalStart",
    "JournalTooNewError",
    "Page",
]
