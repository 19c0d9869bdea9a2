"""Decide what an exact hit in Jellyfin's library proves about an item of a request."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ..clients.jellyfin import LibraryItem
from ..lifecycle.facts import Playable, Statement
from ..lifecycle.model import MOVIE, ItemKey, MediaType, Stage, Subject
from ..lifecycle.paths import is_same_file
from .base import WantedItem, WantedTitle
from .jellyfin_anime import (
    denies,
    exact_hits,
    guess,
    is_file,
    is_matched,
    matched,
    namesakes,
    pages_of,
)
from .jellyfin_index import MOVIE_TYPE, SERIES_TYPE, Hit, LibraryIndex
from .jellyfin_library import Library
from .jellyfin_shoko import shoko_ids

_MAX_PATHS = 8
_EPISODE_PROOF = "series and episode"
_KEPT_PROOF = "known item"
ABSENT = Playable(present=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """What the library shows for one wanted title.

    `is_all` says that there is nothing else: an item without a hit is not in Jellyfin.
    """

    title: WantedTitle
    page_ids: tuple[str, ...]  # the films, or the series, that are exactly this title
    lists: tuple[str, ...]  # the series whose episodes tell whether it is there
    hits: Mapping[ItemKey, Sequence[Hit]]
    is_all: bool

    @property
    def needs_path(self) -> bool:
        """Return whether ids alone cannot tell this request's file from another version's."""
        return self.title.is_4k or self.title.has_variants

    def cannot_tell(self, wanted: WantedItem) -> bool:
        """Return whether nothing is known by which one copy of an item differs from another."""
        return self.needs_path and wanted.file_path is None and wanted.item_id is None

    @property
    def items(self) -> Mapping[ItemKey, WantedItem]:
        """Return the items that are looked for."""
        if self.title.media_type is MediaType.SERIES:
            return self.title.items
        return {MOVIE: self.title.items.get(MOVIE, WantedItem(stage=self.title.stage))}


def look_up(library: Library, title: WantedTitle) -> Lookup:
    """Return the exact hits of a title, all playable, the best first."""
    index = library.index
    exact = {
        key: found
        for key, wanted in title.items.items()
        if (wanted.match is not None or wanted.item_id is not None)
        and (found := exact_hits(index, title, wanted) or _kept(library, wanted))
    }
    if title.media_type is MediaType.MOVIE:
        films = [hit for hit in index.find(title.media_type, title.ids) if hit.item.playable]
        hits = {MOVIE: _unique([*exact.get(MOVIE, ()), *films])}
        pages = tuple(hit.item.id for hit in films)
    else:
        series = [hit.item.id for hit in index.find(title.media_type, title.ids)]
        hits = _numbered_hits(index, title, series)
        for key, found in exact.items():
            hits[key] = _unique([*found, *hits.get(key, ())])
        pages = tuple(dict.fromkeys([*series, *pages_of(index, title)]))
    lists = _lists(library, title, hits)
    has_all = library.is_complete and (library.has_seasons or not is_matched(title))
    return Lookup(
        title=title,
        page_ids=pages,
        lists=tuple(lists),
        hits=hits,
        is_all=has_all and all(map(library.is_read, lists)),
    )


def _kept(library: Library, wanted: WantedItem) -> list[Hit]:
    """Return the item that was it before its file was replaced; it plays on until it is gone."""
    item = library.known(wanted.item_id) if wanted.item_id is not None else None
    return [Hit(item=item, proof=_KEPT_PROOF)] if item is not None and item.playable else []


def _numbered_hits(
    index: LibraryIndex, title: WantedTitle, series_ids: Iterable[str]
) -> dict[ItemKey, list[Hit]]:
    """Return the episodes with the wanted numbers in a series that is exactly the title."""
    hits: dict[ItemKey, list[Hit]] = {}
    knows_shoko = title.has_matcher or is_matched(title)
    for series_id in series_ids:
        for key, episodes in (index.episodes(series_id) or {}).items():
            if (wanted := title.items.get(key)) is None:
                continue
            found = [
                Hit(item=episode, proof=_EPISODE_PROOF)
                for episode in episodes
                if not knows_shoko or not denies(episode, wanted)
            ]
            if found:
                hits.setdefault(key, []).extend(found)
    return hits


def _unique(hits: Iterable[Hit]) -> list[Hit]:
    """Return the hits without those of items that an earlier one proves already."""
    first: dict[str, Hit] = {}
    for hit in hits:
        first.setdefault(hit.item.id, hit)
    return list(first.values())


def lists_that_matter(library: Library, title: WantedTitle) -> tuple[str, ...]:
    """Return the series whose episodes tell whether a title is there."""
    if title.media_type is MediaType.SERIES:
        return tuple(_lists(library, title, {}))
    return look_up(library, title).lists if is_matched(title) else ()


def _lists(
    library: Library, title: WantedTitle, hits: Mapping[ItemKey, Sequence[Hit]]
) -> list[str]:
    index = library.index
    lists: dict[str, None] = {}
    if title.media_type is MediaType.SERIES:
        lists = {hit.item.id: None for hit in index.find(title.media_type, title.ids)}
    elif _is_found_as_film(title, hits.get(MOVIE, ())):
        return []  # no need to look for it among episodes
    if is_matched(title):
        lists |= pages_of(index, title)
        # In some structures nothing names a page's anime; its episodes still do.
        same = (item for item in namesakes(index, title) if item.type == SERIES_TYPE)
        lists |= {item.id: None for item in same}
    return list(lists)


def _is_found_as_film(title: WantedTitle, hits: Iterable[Hit]) -> bool:
    """Return whether a film is there as one; where copies differ, exactly this one."""
    films = [hit for hit in hits if hit.item.type == MOVIE_TYPE]
    if not (title.is_4k or title.has_variants):
        return bool(films)
    wanted = title.items.get(MOVIE)
    return wanted is not None and any(
        is_file(hit.proof) or _is_same(hit.item, wanted) for hit in films
    )


def is_waiting(title: WantedTitle) -> bool:
    """Return whether an episode of the title should appear, or may be there unnoticed."""
    return any(
        item.stage is not Stage.AVAILABLE and item.has_file is not False
        for item in title.items.values()
    )


def is_due(title: WantedTitle) -> bool:
    """Return whether Jellyfin should play a film by now, and does not."""
    return title.media_type is MediaType.MOVIE and any(
        wanted.is_overdue for wanted in title.items.values()
    )


def to_confirm(library: Library, lookup: Lookup) -> Iterator[tuple[str, bool, bool]]:
    """Yield (id, is urgent, needs all paths) of the hits that this survey has not seen yet."""
    for key, wanted in lookup.items.items():
        if _is_older_copy(wanted) or lookup.cannot_tell(wanted):
            continue  # whatever is there, it proves nothing
        urgent = wanted.stage is not Stage.AVAILABLE
        if wanted.item_id is not None and not _is_settled(library, wanted.item_id):
            yield wanted.item_id, urgent, lookup.needs_path
        for hit in lookup.hits.get(key, ()):
            item = library.confirmed.get(hit.item.id)
            if item is None or (lookup.needs_path and not _is_same(item, wanted)):
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
            pages.append(chosen.id if key == MOVIE else chosen.series_id or chosen.id)
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
        if wanted.item_id is not None and not _is_settled(library, wanted.item_id):
            return None, None
        return None, _absent(library, lookup, wanted) if lookup.is_all else None
    if _is_older_copy(wanted):
        return None, ABSENT
    if lookup.cannot_tell(wanted):
        return None, None
    confirmed = [(hit, library.confirmed.get(hit.item.id)) for hit in hits]
    there = [(hit, item) for hit, item in confirmed if item is not None]
    same = [pair for pair in there if is_file(pair[0].proof) or _is_same(pair[1], wanted)]
    same = same or [pair for pair in there if pair[0].proof == _KEPT_PROOF]
    best = same if lookup.needs_path else same or there
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


def _is_settled(library: Library, item_id: str) -> bool:
    """Return whether this survey has seen that an item is there, or that it is not."""
    return item_id in library.confirmed or item_id in library.missed


def _is_older_copy(wanted: WantedItem) -> bool:
    """Return whether a hit cannot be the file that the request waits for.

    It cannot while the manager has no file and fetches one. An item that was available already
    stays so: between the two files of an upgrade the manager has none, either.
    """
    return wanted.has_file is False and wanted.is_live and wanted.stage is not Stage.AVAILABLE


def _is_same(item: LibraryItem, wanted: WantedItem) -> bool:
    """Return whether one of the item's files is the imported one, mounted or linked elsewhere."""
    if any(is_same_file(path, wanted.file_path) for path in _paths(item)):
        return True
    match = matched(wanted)
    return match is not None and match.file_id in shoko_ids(item).files


def _paths(item: LibraryItem) -> tuple[str, ...]:
    own = (item.path,) if item.path else ()
    return tuple(dict.fromkeys((*own, *item.media_source_paths)))


def _absent(library: Library, lookup: Lookup, wanted: WantedItem) -> Playable:
    """Return that an item is not there, with what has its title where only that is to be had."""
    if lookup.title.media_type is MediaType.SERIES and lookup.page_ids:
        return ABSENT  # the series is known for sure
    if is_due(lookup.title) and library.is_hollow(MediaType.MOVIE, lookup.title.ids):
        return replace(ABSENT, is_hollow=True)
    name = guess(library.index, lookup.title, wanted)
    return replace(ABSENT, guess=name) if name else ABSENT
