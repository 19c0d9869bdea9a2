"""Read catalogues as the library does: every page is taken in, and its cursor kept."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from custom_components.media_status.connections.base import CatalogueTask, Connection
from custom_components.media_status.lifecycle.library import CataloguePage, EntryKind, LibraryEntry
from custom_components.media_status.lifecycle.model import JsonObject

type Index = dict[tuple[EntryKind, str], LibraryEntry]


@dataclass(kw_only=True)
class Shelf:
    """What was read of one connection so far, and how to go on."""

    index: Index = field(default_factory=dict)
    cursor: JsonObject | None = None  # of the last complete read
    resume: JsonObject | None = None  # of one that was interrupted
    pages: list[CataloguePage] = field(default_factory=list)  # of the last read
    task: CatalogueTask | None = None

    async def read(
        self,
        connection: Connection,
        now: datetime,
        *,
        stop_after: int | None = None,
        between: Callable[[int], object] = lambda number: None,
    ) -> None:
        """Read everything or what changed; `stop_after` so many pages the reader is left."""
        task = CatalogueTask(now=now, since=self.cursor, resume=self.resume)
        self.task = task
        self.pages = []
        reading = connection.catalogue(task)
        seen: set[tuple[EntryKind, str]] = set()
        async with aclosing(cast("AsyncGenerator[CataloguePage]", reading)) as pages:
            async for page in pages:
                self.pages.append(page)
                self._take(page)
                seen |= {(entry.kind, entry.own_id) for entry in page.entries}
                self.resume = dict(task.cursor)
                between(len(self.pages))
                if len(self.pages) == stop_after:
                    return
        self.cursor, self.resume = dict(task.cursor), None
        if task.is_full and not self.dropped:
            self.index = {key: entry for key, entry in self.index.items() if key in seen}

    def _take(self, page: CataloguePage) -> None:
        for kind, own_id in page.removed:
            self.index.pop((kind, own_id), None)
            if kind is EntryKind.SERIES:
                self.index = {k: e for k, e in self.index.items() if e.series_id != own_id}
        if page.only is not None:
            self.index = {k: e for k, e in self.index.items() if k[1] in page.only}
        self.index |= {(entry.kind, entry.own_id): entry for entry in page.entries}

    @property
    def dropped(self) -> int:
        """Return how many elements the last read left out."""
        return sum(page.dropped for page in self.pages)

    @property
    def problems(self) -> list[str]:
        """Return all that the last read complained about."""
        return [text for page in self.pages for text in page.problems]

    def of(self, kind: EntryKind) -> list[LibraryEntry]:
        """Return all entries of a kind."""
        return [entry for entry in self.index.values() if entry.kind is kind]
