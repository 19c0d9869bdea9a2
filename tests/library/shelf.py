"""A household whose services list what a test puts on their shelves."""

import asyncio
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
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from ..household import KINDS, Household, running
from ..scripted import ScriptedConnection, ScriptedShoko, ScriptedShokoClient

ALL = (*KINDS, Service.SHOKO)


class Shelved(ScriptedConnection):
    """A service that lists its entries in pages, and fails where a test wants it to."""

    @override
    def fall_silent(self) -> None:
        super().fall_silent()
        self.entries: list[LibraryEntry] = []
        self.changes: CataloguePage | None = None  # what is told of changes; None reads everything
        self.page_size = 2
        self.fails_after: int | None = None  # pages
        self.failure: ClientError | None = None
        self.dropped = 0
        self.tasks: list[CatalogueTask] = []
        self.pages_read = 0
        self.gate: asyncio.Event | None = None  # what it waits for before each page

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
            if self.gate is not None:
                await self.gate.wait()
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


class Shelf(Shelved):
    """A service of any kind but Shoko's."""

    def __init__(self, connection_id: str, service: Service) -> None:
        """Initialize with an empty shelf."""
        super().__init__(connection_id)
        self.service = service  # type: ignore[misc]  # each double is of its own kind


class ShokoShelf(Shelved, ScriptedShoko):
    """A Shoko with a shelf."""


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
        if connection_id not in self.services:
            if kind == Service.SHOKO:
                client = ScriptedShokoClient(async_get_clientsession(hass), str(data["url"]))
                self.services[connection_id] = ShokoShelf(connection_id, client)
            else:
                self.services[connection_id] = Shelf(connection_id, Service(kind))
        return self.services[connection_id]

    def shelf(self, kind: str) -> Shelved:
        """Return a service."""
        found = self.services[kind]
        assert isinstance(found, Shelved)
        return found

    def put(self, kind: str, *entries: LibraryEntry) -> None:
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


def file(
    own_id: str,
    series_id: str | None,
    *,
    path: str,
    anidb: int | None = None,
    **details: str,
) -> LibraryEntry:
    """Return a file of Shoko's."""
    return LibraryEntry(
        kind=EntryKind.FILE,
        own_id=own_id,
        series_id=series_id,
        shoko=None if series_id is None else int(series_id),
        anidb=anidb,
        path=path,
        present=True,
        details={"match": "unmatched" if series_id is None else "matched", **details},
    )
