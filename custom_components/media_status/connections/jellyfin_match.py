"""Decide what an exact hit in Jellyfin's library proves about an item of a request."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
import re

from ..clients.jellyfin import LibraryItem
from ..lifecycle.facts import Playable, Statement
from ..lifecycle.model import MOVIE, ItemKey, MediaType, Stage, Subject
from .base import WantedItem, WantedTitle
from .jellyfin_index import Hit
from .jellyfin_library import Library

_SEPARATORS = re.compile(r"[/\\]+")
_MAX_PATHS = 8
_EPISODE_PROOF = "series and episode"
ABSENT = Playable(present=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """What the library shows for one wanted title.

    `is_all` says that there is nothing else: an item without a hit is not in Jellyfin.
    """

    title: WantedTitle
    page_ids: tuple[str, ...]  # the films, or the series, that are exactly this title
    hits: Mapping[ItemKey, Sequence[Hit]]
    is_all: bool

    @property
    def needs_path(self) -> bool:
        """Return whether ids alone cannot tell this request's file from another version's."""
        return self.title.is_4k or self.title.has_variants

    @property
    def items(self) -> Mapping[ItemKey, WantedItem]:
        """Return the items that are looked for."""
        if self.title.media_type is MediaType.SERIES:
            return self.title.items
        return {MOVIE: self.title.items.get(MOVIE, WantedItem(stage=self.title.stage))}


def look_up(library: Library, title: WantedTitle) -> Lookup:
    """Return the exact hits of a title, all playable."""
    found = library.index.find(title.media_type, title.ids)
    hits: dict[ItemKey, list[Hit]] = {}
    if title.media_type is MediaType.MOVIE:
        playable = [hit for hit in found if hit.item.playable]
        hits[MOVIE] = playable
        return Lookup(
            title=title,
            page_ids=tuple(hit.item.id for hit in playable),
            hits=hits,
            is_all=library.is_complete,
        )
    for series in found:
        for key, episodes in (library.index.episodes(series.item.id) or {}).items():
            if key in title.items:
                hits.setdefault(key, []).extend(
                    Hit(item=episode, proof=_EPISODE_PROOF) for episode in episodes
                )
    return Lookup(
        title=title,
        page_ids=tuple(series.item.id for series in found),
        hits=hits,
        is_all=library.is_complete and all(library.is_read(hit.item.id) for hit in found),
    )


def is_waiting(title: WantedTitle) -> bool:
    """Return whether an episode of the title should appear, or may be there unnoticed."""
    return any(
        item.stage is not Stage.AVAILABLE and item.has_file is not False
        for item in title.items.values()
    )


def to_confirm(library: Library, lookup: Lookup) -> Iterator[tuple[str, bool, bool]]:
    """Yield (id, is urgent, needs all paths) of the hits that this survey has not seen yet."""
    for key, wanted in lookup.items.items():
        if _is_older_copy(wanted) or (lookup.needs_path and wanted.file_path is None):
            continue  # whatever is there, it proves nothing
        urgent = wanted.stage is not Stage.AVAILABLE
        for hit in lookup.hits.get(key, ()):
            item = library.confirmed.get(hit.item.id)
            if item is None or (lookup.needs_path and not _has_path(item, wanted.file_path)):
                yield hit.item.id, urgent, lookup.needs_path


def answers(library: Library, lookup: Lookup) -> tuple[tuple[Statement, ...], str | None]:
    """Return what can be stated about a title's items, and the id of its page in Jellyfin."""
    statements: list[Statement] = []
    pages: list[str] = []
    for key, wanted in sorted(lookup.items.items(), key=lambda pair: pair[0]):
        chosen, playable = _judge(library, lookup, key, wanted)
        if playable is not None:
            statements.append(Statement(value=playable, subject=Subject(item=key)))
        if chosen is not None:
            pages.append(chosen.id if key == MOVIE else chosen.series_id or "")
    if not lookup.needs_path:
        # The page is worth a link before anything new can be watched on it.
        pages += lookup.page_ids
    return tuple(statements), next((page for page in pages if page), None)


def _judge(
    library: Library, lookup: Lookup, key: ItemKey, wanted: WantedItem
) -> tuple[LibraryItem | None, Playable | None]:
    """Return the item that is it, and what that proves; (None, None) when nothing is certain."""
    hits = lookup.hits.get(key, ())
    if not hits:
        return None, ABSENT if lookup.is_all else None
    if _is_older_copy(wanted):
        return None, ABSENT
    if lookup.needs_path and wanted.file_path is None:
        return None, None
    confirmed = [(hit, library.confirmed.get(hit.item.id)) for hit in hits]
    there = [(hit, item) for hit, item in confirmed if item is not None]
    same_path = [pair for pair in there if _has_path(pair[1], wanted.file_path)]
    best = same_path if lookup.needs_path else same_path or there
    if best:
        hit, item = best[0]
        return item, Playable(
            present=True, item_id=item.id, paths=_paths(item)[:_MAX_PATHS], proof=hit.proof
        )
    is_certain = lookup.is_all and all(
        item is not None and (not lookup.needs_path or item.id in library.detailed)
        for _, item in confirmed
    )
    return None, ABSENT if is_certain else None


def _is_older_copy(wanted: WantedItem) -> bool:
    """Return whether a hit cannot be the file that the request waits for.

    It cannot while the manager has no file and fetches one. An item that was available already
    stays so: between the two files of an upgrade the manager has none, either.
    """
    return wanted.has_file is False and wanted.is_live and wanted.stage is not Stage.AVAILABLE


def _has_path(item: LibraryItem, file_path: str | None) -> bool:
    """Return whether one of the item's files is `file_path`, mounted elsewhere or not."""
    wanted = _tail(file_path) if file_path else ()
    return len(wanted) == 2 and any(_tail(path) == wanted for path in _paths(item))


def _paths(item: LibraryItem) -> tuple[str, ...]:
    own = (item.path,) if item.path else ()
    return tuple(dict.fromkeys((*own, *item.media_source_paths)))


def _tail(path: str) -> tuple[str, ...]:
    """Return folder and file name: what two programs with different mounts agree on."""
    parts = [part for part in _SEPARATORS.split(path) if part]
    return tuple(part.casefold() for part in parts[-2:])
