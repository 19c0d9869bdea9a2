"""Say what a Radarr or Sonarr has of a title, remove exactly that, and look whether it is gone."""

from abc import ABC, abstractmethod
import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, override

from ..clients.arr_deletion import DeletingArrClient
from ..clients.arr_disk import Presence, parts_of
from ..clients.arr_models import HistoryRecord
from ..clients.errors import BadAnswer, NotFound, UnsafeId
from ..clients.guard import Permit
from ..clients.radarr import Movie, RadarrClient
from ..clients.readers import as_id
from ..clients.sonarr import Episode, Series, SonarrClient
from ..lifecycle.deletion import (
    DeletionTarget,
    HeldFile,
    HeldTitle,
    Holdings,
    Inspection,
    Served,
    Step,
    Verb,
)
from ..lifecycle.deletion_job import Sight
from ..lifecycle.model import MOVIE, ItemKey, MediaType
from .arr_leftovers import leftovers
from .arr_shelf import Shelf
from .base import TargetChanged

# Of what the history says these brought something; others speak of a file that is there or not.
_BRINGING = frozenset({"grabbed", "downloadFolderImported"})
_IDS = ("tmdb", "tvdb", "imdb")
_CALLS_AT_ONCE = 4


class Unseen(BadAnswer):
    """The service cannot see the folder in which something should have been removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The files of a title, and its episodes (of a film: itself) by the service's own ids."""

    files: tuple[HeldFile, ...]
    item_ids: Mapping[ItemKey, str]
    monitored: frozenset[ItemKey]


class ArrDeletion[C: DeletingArrClient, T: Movie | Series](ABC):
    """Deletion in one Radarr or Sonarr."""

    media_type: ClassVar[MediaType]

    def __init__(self, connection_id: str, client: C, shelf: Shelf[T]) -> None:
        """Initialize with the subentry's id, the client and its library."""
        self._connection_id = connection_id
        self._client = client
        self._shelf = shelf

    @abstractmethod
    async def _content(self, title: T) -> Content:
        """Return the files and items of a title."""

    @abstractmethod
    async def _items_of(self, records: Collection[HistoryRecord]) -> dict[int, ItemKey]:
        """Return which item each record is about, by the record's id."""

    @abstractmethod
    async def _remove_title(self, title: T, step: Step, permit: Permit) -> None:
        """Remove a title, with or without its folder."""

    @abstractmethod
    async def _remove_file(self, file_id: int, permit: Permit) -> None:
        """Remove one file from the disk."""

    @abstractmethod
    async def _unmonitor(self, title: T, step: Step, permit: Permit) -> None:
        """Have items not looked for any more."""

    async def inspect(self, inspection: Inspection) -> Holdings:
        """Return the targets that are in the library, with everything that belongs to them."""
        titles: list[HeldTitle] = []
        for target in inspection.targets:
            if target.media_type is self.media_type:
                found = await self._find(target)
                if found is not None:
                    titles.append(await self._held(target, found))
        has_bin = bool(titles) and await self._client.recycle_bin() is not None
        return Holdings(titles=tuple(await self._with_company(titles)), has_recycle_bin=has_bin)

    async def _with_company(self, titles: Sequence[HeldTitle]) -> list[HeldTitle]:
        """Return the titles, each with whether nothing but them lies in its library folder."""
        places: dict[str, set[str]] = {}
        for title in titles:
            if title.path and title.root:
                places.setdefault(title.root, set()).add(title.path)
        alone = {root: await self._client.lies_alone(paths, root) for root, paths in places.items()}
        return [
            replace(title, is_alone=bool(title.path) and alone.get(title.root or "", False))
            for title in titles
        ]

    async def _find(self, target: DeletionTarget) -> T | None:
        """Return a target by its provider ids; only one that has none by the service's own id."""
        found = await self._shelf.exact(target.ids)
        if found is not None or self._shelf.is_certain(target.ids):
            return found
        known = dict(self._shelf.pairs(target.ids))
        if not known:
            own_id = as_id(target.service_ids.get(self._connection_id))
            return None if own_id is None else await self._shelf.one(own_id)
        for title in await self._shelf.many(None):
            own = dict(self._shelf.pairs(self._shelf.ids(title)))
            shared = known.keys() & own.keys()
            if shared and all(known[name] == own[name] for name in shared):
                return title
        return None

    async def _held(self, target: DeletionTarget, title: T) -> HeldTitle:
        content = await self._content(title)
        others = await leftovers(self._client, title.path, content.files)
        history = await self._client.history_of_title(title.id)
        root = title.root_folder or await self._root_of(title.path)
        return HeldTitle(
            request_id=target.request_id,
            own_id=str(title.id),
            ids=self._shelf.ids(title),
            title=title.title,
            path=title.path,
            root=root,
            files=(*content.files, *others),
            monitored=content.monitored,
            item_ids=content.item_ids,
            downloads=frozenset(
                record.download_id
                for record in history
                if record.download_id is not None and record.event in _BRINGING
            ),
        )

    async def _root_of(self, path: str | None) -> str | None:
        """Return the library folder that a path lies in, where a title does not say."""
        own = parts_of(path) if path else None
        if not own:
            return None
        fitting = [
            folder.path
            for folder in await self._client.root_folders()
            if (above := parts_of(folder.path)) and own[: len(above)] == above
        ]
        return max(fitting, key=len, default=None)

    async def trace(self, downloads: frozenset[str]) -> Mapping[str, frozenset[Served]]:
        """Return all that torrents brought here, of whatever title."""
        gate = asyncio.Semaphore(_CALLS_AT_ONCE)

        async def read(download: str) -> list[HistoryRecord]:
            async with gate:
                try:
                    found = await self._client.history_of_download(download)
                except UnsafeId:  # no torrent: what the client of such a download has is not ours
                    return []
            return [record for record in found if record.event in _BRINGING]

        names = sorted(downloads)
        histories = dict(zip(names, await asyncio.gather(*map(read, names)), strict=True))
        items = await self._items_of([one for found in histories.values() for one in found])
        return {
            name: frozenset(
                # An item that is not known any more is still not one that may be taken away.
                Served(str(record.title_id), items.get(record.id, ItemKey(-2, record.id)))
                for record in records
            )
            for name, records in histories.items()
            if records
        }

    async def remove(self, step: Step, permit: Permit) -> None:
        """Do a step, once it is sure that its target is what was planned."""
        if step.verb is Verb.REMOVE_FILE:
            await self._remove_planned_file(step, permit)
            return
        title = await self._planned(step)
        if step.verb is Verb.UNMONITOR:
            await self._unmonitor(title, step, permit)
            return
        await self._check_content(title, step)
        await self._remove_title(title, step, permit)

    async def _check_content(self, title: T, step: Step) -> None:
        """Raise when a title holds more than was planned, or its files cannot be seen now.

        A service that does not see a folder forgets the title all the same, and leaves the files.
        """
        content = await self._content(title)
        held = content.monitored.union(*(file.items for file in content.files))
        if not held <= set(step.items):
            raise TargetChanged("there is an episode that was not planned")
        if step.delete_files:
            planned = {file.path for file in step.files}
            others = await leftovers(self._client, title.path, content.files)
            if any(file.path not in planned for file in (*content.files, *others)):
                raise TargetChanged("there is a file that was not planned")
            await self._look_at_disk(step)

    async def _planned(self, step: Step) -> T:
        """Return the title that a step means; raise when it is gone or another one by now."""
        title = await self._shelf.one(_number(step.target))
        if title is None:
            raise NotFound("not found")
        if not self._is_planned(title, step):
            raise TargetChanged("the title is another one by now")
        path = step.expects.get("path")
        if step.verb is Verb.REMOVE_TITLE and path is not None and title.path != path:
            raise TargetChanged("the title has moved")
        return title

    def _is_planned(self, title: T, step: Step) -> bool:
        own = dict(self._shelf.ids(title).pairs())
        wanted = {name: step.expects[name] for name in _IDS if name in step.expects}
        return bool(wanted) and all(own.get(name) == value for name, value in wanted.items())

    async def _remove_planned_file(self, step: Step, permit: Permit) -> None:
        title = await self._shelf.one(_number(step.expects.get("title", "")))
        files = (await self._content(title)).files if title is not None else ()
        for file in files:
            if file.file_id == step.target:
                if file.path != step.expects.get("path") or not file.items <= set(step.items):
                    raise TargetChanged("the file is another one by now")
                await self._remove_file(_number(step.target), permit)
                return
        raise NotFound("not found")

    async def look(self, step: Step) -> Sight:
        """Return whether a title or file is gone, from the service's list and from its disk."""
        if step.verb is Verb.UNMONITOR:
            return await self._look_unmonitored(step)
        own_id = step.target if step.verb is Verb.REMOVE_TITLE else step.expects.get("title", "")
        title = await self._shelf.one(_number(own_id))
        if title is not None and step.verb is Verb.REMOVE_TITLE and self._is_planned(title, step):
            return Sight.PRESENT
        if title is not None and step.verb is Verb.REMOVE_FILE:
            files = (await self._content(title)).files
            if any(file.file_id == step.target for file in files):
                return Sight.PRESENT
        return await self._look_at_disk(step) if step.delete_files else Sight.GONE

    async def _look_at_disk(self, step: Step) -> Sight:
        paths = [file.path for file in step.files]
        root = step.expects.get("root")
        if not paths:
            return Sight.GONE
        if root is None:
            raise Unseen("the library folder is not known")
        alone = step.expects.get("alone") == "yes"
        states = await self._client.path_states(paths, root, was_alone=alone)
        if any(state.presence is Presence.PRESENT for state in states.values()):
            return Sight.FILES_LEFT
        for state in states.values():
            if state.presence is Presence.UNKNOWN:
                raise Unseen(f"the folder cannot be seen ({state.reason})")
        return Sight.GONE

    async def _look_unmonitored(self, step: Step) -> Sight:
        title = await self._shelf.one(_number(step.target))
        if title is None or not self._is_planned(title, step):
            return Sight.GONE
        content = await self._content(title)
        return Sight.PRESENT if content.monitored & set(step.items) else Sight.GONE


def _number(own_id: str) -> int:
    number = as_id(own_id)
    if number is None:
        raise UnsafeId("not a usable id")
    return number


class RadarrDeletion(ArrDeletion[RadarrClient, Movie]):
    """Deletion of films."""

    media_type: ClassVar[MediaType] = MediaType.MOVIE

    @override
    async def _content(self, title: Movie) -> Content:
        """Return the film's files."""
        found = await self._client.movie_files(title.id)
        return Content(
            files=tuple(
                HeldFile(
                    file_id=str(file.id),
                    path=file.path,
                    size=file.size or 0,
                    items=frozenset({MOVIE}),
                )
                for file in found
                if file.path is not None
            ),
            item_ids={MOVIE: str(title.id)},
            monitored=frozenset({MOVIE}) if title.monitored is not False else frozenset(),
        )

    @override
    async def _items_of(self, records: Collection[HistoryRecord]) -> dict[int, ItemKey]:
        """Return the film itself for each."""
        return {record.id: MOVIE for record in records}

    @override
    async def _remove_title(self, title: Movie, step: Step, permit: Permit) -> None:
        await self._client.delete_movie(
            permit,
            title.id,
            delete_files=step.delete_files,
            add_import_exclusion=step.add_import_exclusion,
        )

    @override
    async def _remove_file(self, file_id: int, permit: Permit) -> None:
        await self._client.delete_movie_file(permit, file_id)

    @override
    async def _unmonitor(self, title: Movie, step: Step, permit: Permit) -> None:
        await self._client.unmonitor_movie(permit, title.id)


class SonarrDeletion(ArrDeletion[SonarrClient, Series]):
    """Deletion of series, and of their episodes."""

    media_type: ClassVar[MediaType] = MediaType.SERIES

    @override
    async def _content(self, title: Series) -> Content:
        """Return the files of a series with the episodes that each holds."""
        episodes = await self._client.episodes(title.id)
        holding: dict[int, set[ItemKey]] = {}
        for episode in episodes:
            if episode.file is not None:
                holding.setdefault(episode.file.id, set()).add(_key(episode))
        listed = {found.file.id: found.file for found in await self._client.episode_files(title.id)}
        listed |= {found.file.id: found.file for found in episodes if found.file is not None}
        return Content(
            files=tuple(
                HeldFile(
                    file_id=str(number),
                    path=file.path,
                    size=file.size or 0,
                    items=frozenset(holding.get(number, ())),
                )
                for number, file in sorted(listed.items())
                if file.path is not None
            ),
            item_ids={_key(episode): str(episode.id) for episode in episodes},
            monitored=frozenset(_key(one) for one in episodes if one.monitored is not False),
        )

    @override
    async def _items_of(self, records: Collection[HistoryRecord]) -> dict[int, ItemKey]:
        """Return the episodes by Sonarr's own numbers of them."""
        wanted = {record.episode_id for record in records if record.episode_id is not None}
        found = await self._client.episodes_by_id(wanted, include_file=False) if wanted else []
        keys = {episode.id: _key(episode) for episode in found}
        return {
            record.id: keys[record.episode_id]
            for record in records
            if record.episode_id is not None and record.episode_id in keys
        }

    @override
    async def _remove_title(self, title: Series, step: Step, permit: Permit) -> None:
        await self._client.delete_series(
            permit,
            title.id,
            delete_files=step.delete_files,
            add_import_exclusion=step.add_import_exclusion,
        )

    @override
    async def _remove_file(self, file_id: int, permit: Permit) -> None:
        await self._client.delete_episode_file(permit, file_id)

    @override
    async def _unmonitor(self, title: Series, step: Step, permit: Permit) -> None:
        known = {_key(one): one.id for one in await self._client.episodes(title.id)}
        planned = {item: step.expects.get(item.label) for item in step.items}
        if any(str(known.get(item)) != own_id for item, own_id in planned.items()):
            raise TargetChanged("the episodes are others by now")
        await self._client.unmonitor_episodes(permit, [known[item] for item in step.items])
        for name, number in step.expects.items():
            if name == f"season {number}":
                await self._client.unmonitor_season(permit, title.id, int(number))


def _key(episode: Episode) -> ItemKey:
    return ItemKey(episode.season, episode.number)
