"""Say what Jellyfin has of a title, let it look where files have gone, and see whether it has."""

from collections.abc import AsyncIterator, Collection
from itertools import batched

from ..clients.errors import BadAnswer, NotFound
from ..clients.guard import Permit, no_writes
from ..clients.jellyfin import JellyfinClient, LibraryItem
from ..lifecycle.deletion import (
    DeletionTarget,
    HeldItem,
    HeldTitle,
    Holdings,
    Inspection,
    Step,
    Verb,
)
from ..lifecycle.deletion_job import Sight
from ..lifecycle.model import MOVIE, ItemKey, MediaType
from ..lifecycle.paths import is_same_file
from .base import Census, TargetChanged
from .jellyfin_index import LibraryIndex, numbers_of
from .jellyfin_library import Library
from .jellyfin_places import is_virtual, library_of
from .jellyfin_shoko import EPISODE_TYPE, shoko_ids

_PLAYABLE_TYPES = ("Movie", "Episode")
_IDS_PER_CALL = 50


class LibraryDeletion:
    """Deletion in one Jellyfin, which removes nothing: it is only told where to look again."""

    def __init__(self, client: JellyfinClient, library: Library) -> None:
        """Initialize with the client and what is known of the library."""
        self._client = client
        self._library = library
        self._tried: set[str] = set()  # steps for which the narrowest place was tried

    async def inspect(self, inspection: Inspection) -> Holdings:
        """Return what can be watched of the targets: by exact ids, or proven to be theirs before.

        The caller sees to it that no survey changes the library meanwhile.
        """
        library = self._library
        # A survey that came first may have begun later than the question was asked.
        now = library.not_before(inspection.now)
        await library.refresh(now, seasons=library.has_seasons)
        if not library.is_complete:
            raise BadAnswer("the library changed while it was read")
        items: dict[tuple[str, str], HeldItem] = {}
        for target in inspection.targets:
            titles = [one for one in inspection.titles if one.request_id == target.request_id]
            async for found in self._held(target, titles):
                items.setdefault((found.request_id, found.item_id), found)
        return Holdings(items=tuple(items.values()))

    async def _held(
        self, target: DeletionTarget, titles: Collection[HeldTitle]
    ) -> AsyncIterator[HeldItem]:
        """Yield the pages and the items of a target."""
        index = self._library.index
        pages = {hit.item.id for hit in index.find(target.media_type, target.ids)}
        proven = await self._proven(target, index)
        if target.media_type is MediaType.MOVIE:
            films = await self._client.items_by_ids(sorted(pages))
            for item in (*films.values(), *proven):
                if item.playable:
                    yield _item(target, item, MOVIE)
            return
        above = {item.series_id for item in proven if item.series_id} - pages
        known = await self._client.items_by_ids(sorted(pages | above))
        for _, page in sorted(known.items()):
            yield _item(target, page, None)
        for item in proven:
            if not _holds_others(item, target, titles):
                yield _item(target, item, _key_of(item, target))
        for page_id in sorted(pages & known.keys()):  # of these the numbers are Jellyfin's own
            for item in await self._client.episodes(page_id):
                if item.playable and item.series_id in {None, page_id}:
                    if _is_within(item, target.items):
                        yield _item(target, item, _key_of(item, target))

    async def _proven(self, target: DeletionTarget, index: LibraryIndex) -> list[LibraryItem]:
        """Return the items that were once proven to be the target's, if they still are."""
        found = await self._client.items_by_ids(sorted(target.library_ids))
        return [
            item
            for _, item in sorted(found.items())
            # Its own ids are an episode's; only of films are they in the target's number space.
            if item.playable and (item.type == EPISODE_TYPE or not index.is_other(item, target.ids))
        ]

    async def remove(self, step: Step, permit: Permit) -> None:
        """Let Jellyfin look again where the files were: the series, the library, or the item."""
        if step.verb is not Verb.REFRESH:
            raise TargetChanged("nothing is removed through Jellyfin")
        if await self.look(step) is Sight.GONE:
            raise NotFound("not found")
        places = await self._places(step)
        if permit.dry_run:
            with no_writes():
                await self._refresh(places)
        else:
            self._tried.add(step.id)
            await self._refresh(places)

    async def _refresh(self, places: Collection[str]) -> None:
        for place in places:
            await self._client.refresh_item(place)

    async def _places(self, step: Step) -> list[str]:
        """Return the smallest things to look through: below them all that vanishes must be."""
        paths = [step.expects[key] for key in step.vanishes if key in step.expects]
        is_series = step.target and step.target not in step.vanishes
        if is_series and step.id not in self._tried and not any(map(is_virtual, paths)):
            episodes = await self._client.episodes(step.target)
            own = [one.id for one in episodes if one.series_id in {None, step.target}]
            if set(own) - set(step.vanishes):
                return [step.target]  # its folder should stay, so it notices what left it
        folders = await self._client.virtual_folders()
        found = {library.id for path in paths if (library := library_of(folders, path))}
        return sorted(found) or [step.target or step.vanishes[0]]

    async def look(self, step: Step) -> Sight:
        """Return whether nothing that should vanish can be played any more."""
        there = await self._client.items_by_ids(step.vanishes)
        return Sight.PRESENT if any(item.playable for item in there.values()) else Sight.GONE

    async def playable(self, item_ids: Collection[str]) -> frozenset[str]:
        """Return which of these items can still be played, asking for some at a time."""
        found: set[str] = set()
        for batch in batched(sorted(item_ids), _IDS_PER_CALL, strict=False):
            items = await self._client.items_by_ids(batch)
            found |= {key for key, item in items.items() if item.playable}
        return frozenset(found)

    async def census(self) -> Census:
        """Return how many films and episodes there are."""
        return Census(size=await self._client.item_count(_PLAYABLE_TYPES))


def _item(target: DeletionTarget, item: LibraryItem, key: ItemKey | None) -> HeldItem:
    return HeldItem(request_id=target.request_id, item_id=item.id, item=key, path=item.path)


def _is_within(item: LibraryItem, items: Collection[ItemKey]) -> bool:
    """Return whether an item holds nothing but what is meant, by Jellyfin's own numbers."""
    numbers = numbers_of(item)
    return bool(numbers) and set(numbers) <= set(items)


def _holds_others(item: LibraryItem, target: DeletionTarget, titles: Collection[HeldTitle]) -> bool:
    """Return whether an item is a file that holds something else, too, and so will stay.

    Shokofin numbers in its own way: of what it made only the path of the file can tell.
    """
    for file in (file for title in titles for file in title.files):
        if is_same_file(item.path, file.path):
            return not file.items <= target.items
    if shoko_ids(item).is_marked:
        return False
    numbers = set(numbers_of(item))
    return not numbers.isdisjoint(target.items) and not numbers <= target.items


def _key_of(item: LibraryItem, target: DeletionTarget) -> ItemKey | None:
    """Return which item of the target this is, or, with other numbers, any: it was proven."""
    own = [number for number in numbers_of(item) if number in target.items]
    return own[0] if own else min(target.items, default=None)
