"""Read what one service has into the journal, page by page, to be gone on with after a break."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from ..clients.errors import ClientError
from ..connections.base import CatalogueTask, Connection
from ..deletion.census import APART, is_much
from ..journal_library import LibraryRows, SourceState
from ..lifecycle.library import CataloguePage, EntryKind
from ..lifecycle.model import Service

MUCH_GONE: Final = "much_gone"
_RESUMED_FOR: Final = timedelta(days=1)  # older pages are read again
_MOST_PROBLEMS: Final = 50
_TITLES: Final = frozenset({EntryKind.MOVIE, EntryKind.SERIES})


@dataclass(slots=True, kw_only=True)
class SourceRead:
    """How the read of one connection goes, or went."""

    connection_id: str
    service: Service
    scanned: int = 0  # entries that were read this time
    done: int = 0
    total: int | None = None
    dropped: int = 0
    removed: int = 0  # entries that are there no more
    problems: list[str] = field(default_factory=list)
    error: str | None = None
    is_over: bool = False


class MuchGone(Exception):
    """So much is gone at once that a second look shall tell."""


class Reader:
    """Read one connection. What was stored stays stored, whenever the read ends."""

    def __init__(
        self,
        rows: LibraryRows,
        connection: Connection,
        *,
        now: datetime,
        is_full: bool,
        is_frozen: bool,
        error_code: Callable[[ClientError], str],
        told: Callable[[], None],
    ) -> None:
        """Initialize; `told` is called after each page."""
        self.progress = SourceRead(
            connection_id=connection.connection_id, service=connection.service
        )
        self._rows = rows
        self._connection = connection
        self._now = now
        self._is_full = is_full
        self._is_frozen = is_frozen
        self._error_code = error_code
        self._told = told
        self._storing: asyncio.Task[None] | None = None

    async def read(self, state: SourceState | None) -> SourceRead:
        """Read to the end, or as far as it goes; raise JournalError."""
        known = state or await self._rows.save(
            SourceState(
                connection_id=self._connection.connection_id, service=self._connection.service
            )
        )
        self._state = known
        try:
            await self._read_pages(self._task(known))
        except ClientError as err:
            self._state = replace(self._state, error=self._error_code(err))
        except MuchGone:
            self._state = replace(
                self._state,
                error=MUCH_GONE,
                since=None,
                resume=None,
                doubted_at=self._state.doubted_at or self._now,
            )
        finally:
            if self._storing is not None and not self._storing.done():
                await asyncio.wait([self._storing])
        self._state = await self._rows.save(self._state)
        self.progress.error = self._state.error
        self.progress.is_over = True
        self._told()
        return self.progress

    def _task(self, state: SourceState) -> CatalogueTask:
        """Return what is to be read: on from where a full read ended, what changed, or all."""
        is_fresh = state.resume_at is not None and self._now - state.resume_at < _RESUMED_FOR
        if state.resume is not None and state.is_resume_full and is_fresh:
            self._is_resumed = True
            return CatalogueTask(now=self._now, resume=state.resume)
        self._is_resumed = False
        if self._is_full or state.since is None:
            return CatalogueTask(now=self._now)
        return CatalogueTask(now=self._now, since=state.since)

    async def _read_pages(self, task: CatalogueTask) -> None:
        is_begun = False
        pages = self._connection.catalogue(task)
        try:
            async for page in pages:
                if not is_begun:
                    self._begin(task)
                    is_begun = True
                await self._take(page, task)
        finally:
            if isinstance(pages, AsyncGenerator):
                await pages.aclose()
        if not is_begun:
            self._begin(task)
        await self._stored()
        if task.is_full:
            await self._sweep(await self._rows.unseen(self._state))
        self._state = replace(
            self._state,
            since=dict(task.cursor),
            resume=None,
            resume_at=None,
            error=None,
            complete_at=self._now,
            doubted_at=None,
        )

    def _begin(self, task: CatalogueTask) -> None:
        """Begin a new round with a read of everything."""
        if task.is_full and not self._is_resumed:
            self._state = replace(
                self._state,
                round=self._state.round + 1,
                resume_at=self._now,
                dropped=0,
                problems=(),
            )

    async def _take(self, page: CataloguePage, task: CatalogueTask) -> None:
        """Store a page while the next one is being fetched."""
        await self._stored()
        if not task.is_full:
            await self._weigh_removed(page)
        state = self._state
        self._state = state = replace(
            state,
            resume=dict(task.cursor) if task.is_full else None,
            is_resume_full=task.is_full,
            dropped=state.dropped + page.dropped,
            problems=(*state.problems, *page.problems)[:_MOST_PROBLEMS],
        )
        self._storing = asyncio.create_task(self._rows.store(state, page))
        if page.only is not None:
            await self._stored()
            await self._sweep(await self._rows.unseen(state, page.only), is_exact=True)
        progress = self.progress
        progress.scanned += len(page.entries)
        progress.done, progress.total = page.done, page.total
        progress.dropped += page.dropped
        room = _MOST_PROBLEMS - len(progress.problems)
        progress.problems += page.problems[: max(room, 0)]
        self._told()

    async def _stored(self) -> None:
        storing, self._storing = self._storing, None
        if storing is not None:
            await storing

    async def _weigh_removed(self, page: CataloguePage) -> None:
        """Doubt a list of changes in which much is gone."""
        back = {(entry.kind, entry.own_id) for entry in page.entries}
        gone = [key for key in page.removed if key not in back and key[0] in _TITLES]
        await self._weigh(gone)
        self.progress.removed += len(gone)

    async def _weigh(self, gone: Collection[object]) -> None:
        """Doubt what is too much, unless two looks apart have missed it."""
        if not gone:
            return
        count = await self._rows.count(self._state)
        if self._is_frozen:
            raise MuchGone
        doubted_at = self._state.doubted_at
        is_sure = doubted_at is not None and self._now - doubted_at >= APART
        if is_much(count, count - len(gone)) and not is_sure:
            raise MuchGone

    async def _sweep(self, gone: Collection[tuple[str, str]], *, is_exact: bool = False) -> None:
        """Remove what is not there any more; one of the unusable ones is perhaps still there."""
        if self._state.dropped and not is_exact:
            return
        await self._weigh(gone)
        await self._rows.drop(self._state, list(gone))
        self.progress.removed += len(gone)
