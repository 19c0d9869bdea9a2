"""Find wanted titles in a manager's library: exactly, and in few calls."""

from abc import ABC, abstractmethod
import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import override

from ..clients.radarr import Movie, RadarrClient
from ..clients.readers import as_id
from ..clients.sonarr import Series, SonarrClient
from ..lifecycle.model import ProviderIds
from .arr_words import imdb_id
from .base import WantedTitle

# More titles than this are cheaper to read as one list.
MAX_SINGLE_READS = 8
_MANY = 300
# A title that the exact look-up does not know is sought in the whole list this often.
_SEARCH_AGAIN = timedelta(minutes=10)


class Shelf[T: Movie | Series](ABC):
    """The library of one manager."""

    @abstractmethod
    async def one(self, own_id: int) -> T | None:
        """Return the title with the manager's own id."""

    @abstractmethod
    async def exact(self, ids: ProviderIds) -> T | None:
        """Return the title by the provider id that the manager can look up."""

    @abstractmethod
    async def many(self, wanted: Collection[int] | None) -> Sequence[T]:
        """Return all titles, or those with these ids, in one call."""

    @abstractmethod
    def is_certain(self, ids: ProviderIds) -> bool:
        """Return whether the exact look-up decides alone that a title is not there."""

    @abstractmethod
    def ids(self, title: T) -> ProviderIds:
        """Return the provider ids of a title."""

    @abstractmethod
    def pairs(self, ids: ProviderIds) -> Iterable[tuple[str, str]]:
        """Return the ids by which a title is recognised, the surest first."""


class MovieShelf(Shelf[Movie]):
    """Radarr's library."""

    def __init__(self, client: RadarrClient) -> None:
        """Initialize with the client."""
        self._client = client

    @override
    async def one(self, own_id: int) -> Movie | None:
        """Return the film with this id."""
        return await self._client.movie(own_id)

    @override
    async def exact(self, ids: ProviderIds) -> Movie | None:
        """Return the film with this TMDB id."""
        return await self._client.movie_by_tmdb(ids.tmdb) if ids.tmdb else None

    @override
    async def many(self, wanted: Collection[int] | None) -> Sequence[Movie]:
        """Return all films, or those with these ids."""
        return await self._client.movies(wanted)

    @override
    def is_certain(self, ids: ProviderIds) -> bool:
        """Return True with a TMDB id: Radarr has one of every film."""
        return ids.tmdb is not None

    @override
    def ids(self, title: Movie) -> ProviderIds:
        """Return the ids of a film."""
        return ProviderIds(tmdb=title.tmdb_id, imdb=imdb_id(title.imdb_id))

    @override
    def pairs(self, ids: ProviderIds) -> Iterable[tuple[str, str]]:
        """Return TMDB before IMDb; TVDB numbers of films mean nothing to Radarr."""
        return [pair for pair in ids.pairs() if pair[0] != "tvdb"]


class SeriesShelf(Shelf[Series]):
    """Sonarr's library."""

    def __init__(self, client: SonarrClient) -> None:
        """Initialize with the client."""
        self._client = client

    @override
    async def one(self, own_id: int) -> Series | None:
        """Return the series with this id."""
        return await self._client.series(own_id)

    @override
    async def exact(self, ids: ProviderIds) -> Series | None:
        """Return the series with this TVDB id."""
        return await self._client.series_by_tvdb(ids.tvdb) if ids.tvdb else None

    @override
    async def many(self, wanted: Collection[int] | None) -> Sequence[Series]:
        """Return all series, or those with these ids."""
        return await self._client.all_series(wanted)

    @override
    def is_certain(self, ids: ProviderIds) -> bool:
        """Return False when there are other ids: Seerr's TVDB id can be wrong or missing."""
        return ids.tvdb is not None and len(ids.pairs()) == 1

    @override
    def ids(self, title: Series) -> ProviderIds:
        """Return the ids of a series."""
        return ProviderIds(tmdb=title.tmdb_id, tvdb=title.tvdb_id, imdb=imdb_id(title.imdb_id))

    @override
    def pairs(self, ids: ProviderIds) -> Iterable[tuple[str, str]]:
        """Return TVDB first: it is what Sonarr is built on."""
        return sorted(ids.pairs(), key=lambda pair: pair[0] != "tvdb")


@dataclass(slots=True)
class Found[T: Movie | Series]:
    """What was found: the title of each request (None: it is not there), and all by own id.

    Of `recalled` requests the title was not read in this cycle: it is as it was some minutes ago.
    """

    titles: dict[str, T | None] = field(default_factory=dict)
    by_id: dict[int, T] = field(default_factory=dict)
    recalled: set[str] = field(default_factory=set)
    read: dict[int, T] = field(default_factory=dict)  # in this cycle, by own id


class Finder[T: Movie | Series]:
    """Find titles; remembers for a while which ones the whole list does not have either."""

    def __init__(self, shelf: Shelf[T]) -> None:
        """Initialize with the library."""
        self._shelf = shelf
        self._sought: dict[str, tuple[ProviderIds, datetime]] = {}

    def forget(self) -> None:
        """Forget what was not there, e.g. because something was added."""
        self._sought.clear()

    async def own(self, wanted: WantedTitle) -> T | None:
        """Return one title as it is now, by its own id or by the exact provider id."""
        own_id = as_id(wanted.service_id)
        title = await self._shelf.one(own_id) if own_id is not None else None
        if title is None or not self.agrees(wanted.ids, title):
            title = await self._shelf.exact(wanted.ids)
        return title

    async def find(
        self, wanted: Sequence[WantedTitle], others: Collection[int], now: datetime
    ) -> Found[T]:
        """Return the wanted titles, and the others by the manager's own id."""
        found = await self._find(wanted, others, now)
        found.read = dict(found.by_id)
        return found

    async def _find(
        self, wanted: Sequence[WantedTitle], others: Collection[int], now: datetime
    ) -> Found[T]:
        own_ids, unlinked = _sought(wanted, others)
        if not fit_single_reads(wanted, others):
            return await self._from_list(wanted, own_ids, now, is_all=bool(unlinked))
        found = await self._one_by_one(wanted, own_ids)
        doubtful = [title for title in wanted if self._is_doubtful(title, found, now)]
        if doubtful:
            index = await self._index(await self._shelf.many(None))
            for title in doubtful:
                self._sought[title.request_id] = (title.ids, now)
                self._note(found, title, self._recognised(title, index))
        return found

    async def _one_by_one(
        self, wanted: Sequence[WantedTitle], own_ids: Collection[int]
    ) -> Found[T]:
        found: Found[T] = Found()
        for own_id in sorted(own_ids):
            if (row := await self._shelf.one(own_id)) is not None:
                found.by_id[own_id] = row
        exact: dict[ProviderIds, T | None] = {}
        for title in wanted:
            linked = found.by_id.get(as_id(title.service_id) or 0)
            if linked is None or not self.agrees(title.ids, linked):
                if title.ids not in exact:
                    exact[title.ids] = await self._shelf.exact(title.ids)
                linked = exact[title.ids]
            self._note(found, title, linked)
        return found

    async def _from_list(
        self,
        wanted: Sequence[WantedTitle],
        own_ids: Collection[int],
        now: datetime,
        *,
        is_all: bool,
    ) -> Found[T]:
        """Read one list; a second, whole one only when a linked title is no longer in it."""
        found: Found[T] = Found()
        for needed in (None,) if is_all else (own_ids, None):
            rows = await self._shelf.many(needed)
            index = await self._index(rows)
            found.by_id = {row.id: row for row in rows if needed is None or row.id in own_ids}
            found.titles.clear()
            for title in wanted:
                linked = found.by_id.get(as_id(title.service_id) or 0)
                if linked is None or not self.agrees(title.ids, linked):
                    linked = self._recognised(title, index)
                self._note(found, title, linked)
            if None not in found.titles.values():
                break
        # Only the whole list leaves a title out: it need not be searched there again soon.
        lacking = (title for title in wanted if found.titles[title.request_id] is None)
        self._sought |= {title.request_id: (title.ids, now) for title in lacking}
        return found

    def _note(self, found: Found[T], wanted: WantedTitle, title: T | None) -> None:
        found.titles[wanted.request_id] = title
        if title is not None:
            found.by_id[title.id] = title

    def _is_doubtful(self, title: WantedTitle, found: Found[T], now: datetime) -> bool:
        """Return whether a title may be there under another id than the one that was looked up."""
        if found.titles.get(title.request_id) is not None or not title.ids.pairs():
            return False
        if self._shelf.is_certain(title.ids):
            return False
        before = self._sought.get(title.request_id)
        return before is None or before[0] != title.ids or now - before[1] >= _SEARCH_AGAIN

    def agrees(self, ids: ProviderIds, title: T) -> bool:
        """Return whether a title with the known own id is still the same title.

        Own ids are given anew when a manager's database is rebuilt.
        """
        mine, theirs = dict(self._shelf.pairs(ids)), dict(self._shelf.pairs(self._shelf.ids(title)))
        common = mine.keys() & theirs.keys()
        return not common or any(mine[name] == theirs[name] for name in common)

    async def _index(self, rows: Sequence[T]) -> dict[tuple[str, str], T]:
        """Return the titles by their ids; a whole library takes longer than the loop may stop."""

        def work() -> dict[tuple[str, str], T]:
            return {pair: row for row in rows for pair in self._shelf.pairs(self._shelf.ids(row))}

        return await asyncio.to_thread(work) if len(rows) > _MANY else work()

    def _recognised(self, title: WantedTitle, index: dict[tuple[str, str], T]) -> T | None:
        found = (index.get(pair) for pair in self._shelf.pairs(title.ids))
        return next((row for row in found if row is not None), None)


def fit_single_reads(wanted: Sequence[WantedTitle], others: Collection[int]) -> bool:
    """Return whether so few titles are needed that all of them can be read one by one."""
    own_ids, unlinked = _sought(wanted, others)
    return len(own_ids) + len(unlinked) <= MAX_SINGLE_READS


def _sought(
    wanted: Sequence[WantedTitle], others: Collection[int]
) -> tuple[set[int], set[ProviderIds]]:
    """Return the own ids of titles, and the provider ids of those whose own id is not known."""
    own_ids = {number for title in wanted if (number := as_id(title.service_id))}
    unlinked = {title.ids for title in wanted if as_id(title.service_id) is None}
    return own_ids | {*others}, unlinked
