"""Read what all services have, join it up, fill what requests lack, and report where they disagree.

One sync at a time. Whenever it ends, what was stored stays, and the next one goes on from there.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
import logging
from pathlib import Path
import shutil
import tempfile
from typing import TYPE_CHECKING, Final

from homeassistant.core import callback
from homeassistant.helpers.event import async_track_time_change
from homeassistant.util import dt as dt_util

from ..const import CONF_SYNC_LIBRARY_NIGHTLY, DEFAULT_OPTIONS
from ..errors import survey_error_key
from ..journal import Journal, JournalError
from ..journal_library import LibraryRows, SourceState
from ..lifecycle.model import Service
from .filling import Filler
from .index import load
from .progress import Progress
from .reading import Reader, SourceRead
from .report import make_report

if TYPE_CHECKING:
    from ..coordinator import ConnectionCoordinator
    from ..hub import Hub

_LOGGER = logging.getLogger(__name__)

JOURNAL_FAILED: Final = "journal"
_NIGHT: Final = {"hour": 3, "minute": 30, "second": 0}


class SyncRunningError(Exception):
    """Say that a sync is under way already."""


class SyncStoppedError(Exception):
    """Say that a sync was stopped from outside; the next one goes on from there."""


@dataclass(slots=True, kw_only=True)
class SourceResult:
    """What came of one connection.

    `linked` are its titles that another service has, too; `filled` the requests that got something
    from it, `unchanged` those that lacked nothing it knows.
    """

    connection_id: str
    service: Service
    scanned: int = 0
    linked: int = 0
    filled: int = 0
    unchanged: int = 0
    conflicts: int = 0
    errors: int = 0
    error: str | None = None
    problems: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class SyncResult:
    """What came of a sync."""

    started_at: datetime
    ended_at: datetime
    is_dry_run: bool
    sources: dict[str, SourceResult]
    filled: int = 0  # requests
    conflicts: int = 0  # requests that disagree with the library


class LibrarySync:
    """Keep the index of what all services have."""

    def __init__(self, hub: Hub) -> None:
        """Initialize; nothing runs before `start` or `run`."""
        self._hub = hub
        self.progress = Progress(hub)
        self.last: SyncResult | None = None
        self._task: asyncio.Task[SyncResult] | None = None

    @property
    def is_running(self) -> bool:
        """Return whether a sync is under way."""
        return self._task is not None and not self._task.done()

    @callback
    def start(self) -> None:
        """Sync every night, if the household wants that."""
        entry = self._hub.entry
        if {**DEFAULT_OPTIONS, **entry.options}[CONF_SYNC_LIBRARY_NIGHTLY]:
            entry.async_on_unload(async_track_time_change(self._hub.hass, self._nightly, **_NIGHT))

    async def _nightly(self, _now: datetime) -> None:
        try:
            await self.run()
        except SyncRunningError, SyncStoppedError:
            pass  # somebody was faster, or we are being unloaded
        except JournalError as err:
            _LOGGER.warning("The library could not be stored: %s", err)

    async def run(self, *, is_full: bool = False, is_dry_run: bool = False) -> SyncResult:
        """Sync, whoever waits for it; raise SyncRunningError, SyncStoppedError or JournalError.

        A full one reads everything anew instead of what changed; a dry run writes nothing.
        """
        if self.is_running or self._hub.is_closed:
            raise SyncRunningError
        task = self._task = self._hub.entry.async_create_background_task(
            self._hub.hass, self._run(is_full=is_full, is_dry_run=is_dry_run), "library sync"
        )
        await asyncio.wait([task])
        if task.cancelled():
            raise SyncStoppedError
        return task.result()

    async def stop(self) -> None:
        """End what is under way."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self, *, is_full: bool, is_dry_run: bool) -> SyncResult:
        started_at = dt_util.utcnow()
        self.progress.begin(is_dry_run=is_dry_run)
        try:
            async with self._rows(is_dry_run=is_dry_run) as rows:
                result = await self._synced(rows, started_at, is_full, is_dry_run)
        finally:
            self.progress.end()
        if not is_dry_run:
            self.last = result
        _LOGGER.info(
            "The library was read: %s entries, %s requests filled",
            sum(source.scanned for source in result.sources.values()),
            0 if is_dry_run else result.filled,
        )
        return result

    @asynccontextmanager
    async def _rows(self, *, is_dry_run: bool) -> AsyncIterator[LibraryRows]:
        """Yield where to write: for a dry run to a place that is thrown away."""
        if not is_dry_run:
            yield self._hub.journal.library
            return
        folder = await asyncio.to_thread(tempfile.mkdtemp, prefix="media_status_")
        scratch = Journal(Path(folder) / "library.db")
        try:
            await scratch.open(dt_util.utcnow())
            yield scratch.library
        finally:
            await scratch.close()
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _synced(
        self, rows: LibraryRows, started_at: datetime, is_full: bool, is_dry_run: bool
    ) -> SyncResult:
        states = await rows.sources()
        for key in states.keys() - self._hub.entry.subentries.keys():
            await rows.forget(states[key])
        reads = await self._read_all(rows, states, started_at, is_full=is_full)
        self.progress.enter("joining")
        states = {
            key: state
            for key, state in (await rows.sources()).items()
            if key in self._hub.connections
        }
        library = await load(rows, states.values())
        result = SyncResult(
            started_at=started_at,
            ended_at=started_at,
            is_dry_run=is_dry_run,
            sources={key: _source_result(read) for key, read in reads.items()},
        )
        self.progress.enter("filling")
        filler = Filler(self._hub, library, states)
        await filler.fill(result, is_dry_run=is_dry_run)
        if not is_dry_run:
            await make_report(self._hub, library, states, filler.disagreeing)
        await library.dissolve()
        result.ended_at = dt_util.utcnow()
        return result

    async def _read_all(
        self,
        rows: LibraryRows,
        states: Mapping[str, SourceState],
        now: datetime,
        *,
        is_full: bool,
    ) -> dict[str, SourceRead]:
        readers = {
            key: self._reader(rows, coordinator, now, is_full=is_full)
            for key, coordinator in self._hub.connections.items()
            if coordinator.kind is not Service.QBITTORRENT
        }
        self.progress.reads = {key: reader.progress for key, reader in readers.items()}
        async with asyncio.TaskGroup() as group:
            for key, reader in readers.items():
                group.create_task(_read(reader, states.get(key)))
        for key, reader in readers.items():
            # Whether that concerns a request, two looks of the watch will tell.
            if reader.progress.removed and (gone := self._hub.connections.get(key)) is not None:
                self._hub.watch.heard(gone)
        return {key: reader.progress for key, reader in readers.items()}

    def _reader(
        self,
        rows: LibraryRows,
        coordinator: ConnectionCoordinator,
        now: datetime,
        *,
        is_full: bool,
    ) -> Reader:
        return Reader(
            rows,
            coordinator.connection,
            now=now,
            is_full=is_full,
            is_frozen=coordinator.connection_id in self._hub.deletions.frozen,
            error_code=survey_error_key,
            told=self.progress.step,
        )


async def _read(reader: Reader, state: SourceState | None) -> None:
    """Read one connection; that it cannot be stored stops no other."""
    try:
        await reader.read(state)
    except JournalError:
        reader.progress.error = JOURNAL_FAILED
        reader.progress.is_over = True


def _source_result(read: SourceRead) -> SourceResult:
    return SourceResult(
        connection_id=read.connection_id,
        service=read.service,
        scanned=read.scanned,
        errors=read.dropped + (1 if read.error else 0),
        error=read.error,
        problems=list(read.problems),
    )
