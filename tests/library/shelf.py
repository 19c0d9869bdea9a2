"""A household whose services list what a test puts on their shelves."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import override

from custom_components.media_status.clients.errors import ClientError
from custom_components.media_status.clients.guard import Removals
from custom_components.media_status.connections.base import CatalogueTask
from custom_components.media_status.lifecycle.library import CataloguePage, EntryKind, LibraryEntry
from custom_components.media_status.lifecycle.model import MOVIE, ItemKey, ProviderIds, Service
from homeassistant.core import HomeAssistant

from ..household import KINDS, Household, running
from ..scripted import ScriptedConnection

ALL = (*KINDS, Service.SHOKO)


class Shelf(ScriptedConnection):
    """A service that lists its entries in pages, and fails where a test wants it to."""

    def __init__(self, connection_id: str, service: Service) -> None:
        """Initialize with an empty shelf."""
        super().__init__(connection_id)
        self.kind = service
        self.entries: list[LibraryEntry] = []
        self.changes: CataloguePage | None = None  # what is told of changes; None reads everything
        self.page_size = 2
        self.fails_after: int | None = None  # pages
        self.failure: ClientError | None = None
        self.dropped = 0
        self.tasks: list[CatalogueTask] = []
        self.pages_read = 0

    @override
    async def catalogue(self, task: CatalogueTask) -> AsyncIterator[CataloguePage]:
        self.tasks.append(task)
        if task.since is not None and self.changes is not None:
            task.is_full = False
            yield self.changes
            task.cursor = {"complete": True}
            return
        resume = task.resume or {}
        start = int(str(resume.get("start", 0)))
        for number, first in enumerate(range(start, max(len(self.entries), 1), self.page_size)):
            if number == self.fails_after and self.failure is not None:
                raise self.failure
            part = tuple(self.entries[first : first + self.page_size])
            task.cursor = {"start": first + len(part)}
            self.pages_read += 1
            yield CataloguePage(
                entries=part,
                done=first + len(part),
                total=len(self.entries),
                dropped=self.dropped if not first else 0,
                problems=("an entry has no id",) * min(self.dropped, 1) if not first else (),
            )
        task.cursor = {"complete": True}


class ShelfHousehold(Household):
    """The integration with services that have shelves."""

    @override
    def create(
        self,
        hass: HomeAssistant,
        kind: str,
        connection_id: str,
        data: Mapping[str, object],
        removals: Removals = Removals.OFF,
    ) -> ScriptedConnection:
        if kind == Service.SHOKO:
            return super().create(hass, kind, connection_id, data, removals)
        found = self.services.get(connection_id)
        if found is None:
            found = self.services[connection_id] = Shelf(connection_id, Service(kind))
            found.service = Service(kind)  # type: ignore[misc]  # each double is of its own kind
        return found

    def shelf(self, kind: Service) -> Shelf:
        """Return a service."""
        found = self.services[kind]
        assert isinstance(found, Shelf)
        return found

    def put(self, kind: Service, *entries: LibraryEntry) -> None:
        """Let a service have exactly this."""
        self.shelf(kind).entries = list(entries)


@asynccontextmanager
async def shelves(
    hass: HomeAssistant,
    path: Path,
    kinds: tuple[Service, ...] = KINDS,
    options: Mapping[str, object] | None = None,
) -> AsyncIterator[ShelfHousehold]:
    """Set the integration up with services that have shelves."""
    async with running(hass, path, kinds, options, household=ShelfHousehold) as home:
        assert isinstance(home, ShelfHousehold)
        yield home


def film(
    own_id: str,
    *,
    tmdb: int | None = None,
    imdb: str | None = None,
    path: str | None = None,
    present: bool | None = True,
    title: str | None = "Dune",
    **details: str,
) -> LibraryEntry:
    """Return a film."""
    return LibraryEntry(
        kind=EntryKind.MOVIE,
        own_id=own_id,
        item=MOVIE,
        ids=ProviderIds(tmdb=tmdb, imdb=imdb),
        title=title,
        year=2021,
        path=path,
        present=present,
        details=details,
    )


def series(
    own_id: str,
    *,
    tmdb: int | None = None,
    tvdb: int | None = None,
    title: str | None = "Severance",
    present: bool | None = None,
    path: str | None = None,
    **details: str,
) -> LibraryEntry:
    """Return a series."""
    return LibraryEntry(
        kind=EntryKind.SERIES,
        own_id=own_id,
        ids=ProviderIds(tmdb=tmdb, tvdb=tvdb),
        title=title,
        year=2022,
        present=present,
        path=path,
        details=details,
    )


def episode(
    own_id: str,
    series_id: str,
    number: int,
    *,
    season: int = 1,
    present: bool = True,
    path: str | None = None,
    **details: str,
) -> LibraryEntry:
    """Return an episode."""
    return LibraryEntry(
        kind=EntryKind.EPISODE,
        own_id=own_id,
        series_id=series_id,
        item=ItemKey(season, number),
        present=present,
        path=path,
        details=details,
    )
