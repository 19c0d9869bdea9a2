"""Count what a Radarr or Sonarr has, and make sure of what it lacks."""

from abc import ABC, abstractmethod
import asyncio
from collections.abc import Collection
from typing import ClassVar, override

from ..clients.arr_deletion import DeletingArrClient
from ..clients.arr_disk import Presence, parts_of
from ..clients.errors import BadAnswer
from ..clients.radarr import Movie, RadarrClient
from ..clients.readers import as_id
from ..clients.sonarr import Series, SonarrClient
from ..lifecycle.model import MOVIE, ItemKey, MediaType
from .arr_deletion import Unseen
from .arr_shelf import Shelf
from .base import Census, Connection, Holding, Owned


class ArrCensus[C: DeletingArrClient, T: Movie | Series](ABC):
    """What one Radarr or Sonarr has. What could not be read of it makes the whole unknown."""

    media_type: ClassVar[MediaType]

    def __init__(self, client: C, shelf: Shelf[T]) -> None:
        """Initialize with the client and its library."""
        self._client = client
        self._shelf = shelf

    @abstractmethod
    def _owned(self, title: T) -> Owned:
        """Return a title with the number of its files."""

    @abstractmethod
    async def _holding(self, title: T) -> Holding:
        """Return which items of a title have a file."""

    async def census(self) -> Census:
        """Return all titles with their files, in one call."""
        dropped = self._client.dropped
        titles = await asyncio.to_thread(self._all_owned, await self._shelf.many(None))
        self._check_whole(dropped)
        return Census(size=sum(one.files > 0 for one in titles), titles=titles)

    def _all_owned(self, titles: Collection[T]) -> tuple[Owned, ...]:
        """Return what is owned of a whole library; it takes longer than the loop may stop."""
        return tuple(self._owned(title) for title in titles)

    async def holding(self, own_id: str) -> Holding | None:
        """Return what there is of a title, None when the title is gone."""
        number = as_id(own_id)
        dropped = self._client.dropped
        title = None if number is None else await self._shelf.one(number)
        holding = None if title is None else await self._holding(title)
        self._check_whole(dropped)
        return holding

    async def files_left(self, paths: Collection[str]) -> frozenset[str]:
        """Return which files are still there, as proven by what lies around them."""
        roots = [folder.path for folder in await self._client.root_folders()]
        below: dict[str, list[str]] = {}
        for path in paths:
            if (root := _root_of(path, roots)) is None:
                raise Unseen("the library folder is not known")
            below.setdefault(root, []).append(path)
        left: set[str] = set()
        for root, mine in below.items():
            for path, state in (await self._client.path_states(mine, root)).items():
                if state.presence is Presence.UNKNOWN:
                    raise Unseen(f"the folder cannot be seen ({state.reason})")
                if state.presence is Presence.PRESENT:
                    left.add(path)
        return frozenset(left)

    def _check_whole(self, dropped: int) -> None:
        if self._client.dropped != dropped:
            raise BadAnswer("some of the library cannot be read")


def _root_of(path: str, roots: Collection[str]) -> str | None:
    """Return the innermost library folder that a path lies in."""
    own = parts_of(path)
    if not own:
        return None
    fitting = [root for root in roots if (above := parts_of(root)) and own[: len(above)] == above]
    return max(fitting, key=len, default=None)


class FilmCensus(ArrCensus[RadarrClient, Movie]):
    """What one Radarr has."""

    media_type: ClassVar[MediaType] = MediaType.MOVIE

    @override
    def _owned(self, title: Movie) -> Owned:
        return Owned(
            media_type=self.media_type,
            ids=self._shelf.ids(title),
            own_id=str(title.id),
            files=0 if title.has_file is False else 1,
        )

    @override
    async def _holding(self, title: Movie) -> Holding:
        items = frozenset({MOVIE})
        has_file = title.has_file is not False
        is_sought = not has_file and title.monitored is not False
        return Holding(
            held=items if has_file else frozenset(), sought=items if is_sought else frozenset()
        )


class SeriesCensus(ArrCensus[SonarrClient, Series]):
    """What one Sonarr has."""

    media_type: ClassVar[MediaType] = MediaType.SERIES

    @override
    def _owned(self, title: Series) -> Owned:
        seasons = {season.number: season.episode_file_count for season in title.seasons}
        return Owned(
            media_type=self.media_type,
            ids=self._shelf.ids(title),
            own_id=str(title.id),
            files=sum(seasons.values()),
            seasons=seasons,
        )

    @override
    async def _holding(self, title: Series) -> Holding:
        episodes = await self._client.episodes(title.id, include_file=False)
        keys = {episode.id: ItemKey(episode.season, episode.number) for episode in episodes}
        return Holding(
            held=frozenset(keys[one.id] for one in episodes if one.has_file is not False),
            sought=frozenset(
                keys[one.id]
                for one in episodes
                if one.has_file is False
                and one.monitored is not False
                and title.monitored is not False
            ),
        )


class CountedArr(Connection):
    """The part of a manager's connection that tells what it has."""

    _count: FilmCensus | SeriesCensus

    @override
    async def census(self) -> Census:
        """Return all titles with their files."""
        return await self._count.census()

    @override
    async def holding(self, own_id: str) -> Holding | None:
        """Return what there is of a title, None when the title is gone."""
        return await self._count.holding(own_id)

    @override
    async def files_left(self, paths: Collection[str]) -> frozenset[str]:
        """Return which files are still on the disk."""
        return await self._count.files_left(paths)
