"""Say in the library's words what Jellyfin tells of an item."""

from collections.abc import Iterable

from ..clients.jellyfin_models import LibraryItem, build_item
from ..clients.readers import JsonValue, as_id
from ..lifecycle.library import EntryKind, LibraryEntry
from ..lifecycle.model import MOVIE, ItemKey, ProviderIds
from .catalogue import Reading, Row, item_key
from .jellyfin_index import MOVIE_TYPE, SERIES_TYPE
from .jellyfin_shoko import EPISODE_TYPE, ShokoIds, shoko_ids
from .text import path_text, title_text

_KINDS = {
    MOVIE_TYPE: EntryKind.MOVIE,
    SERIES_TYPE: EntryKind.SERIES,
    EPISODE_TYPE: EntryKind.EPISODE,
}


def item_row(raw: JsonValue) -> Row:
    """Return what Jellyfin says about a film, a series or an episode."""
    reading = Reading(raw, "an item")
    item = build_item(reading.raw)
    if item is None:
        reading.called(title_text(reading.raw.get("Name")), None)
        return reading.unusable("it has no id")
    title = title_text(item.name)
    reading.called(title, item.id)
    kind = _KINDS.get(item.type)
    if kind is None:
        return reading.unusable("it is of an unknown kind")
    told = reading.raw.get("ProviderIds")
    if told is not None and not isinstance(told, dict):
        reading.flaw("its ids cannot be read")
    shoko = shoko_ids(item)
    is_episode = kind is EntryKind.EPISODE
    return reading.row(
        LibraryEntry(
            kind=kind,
            own_id=item.id,
            series_id=item.series_id if is_episode else None,
            item=_item_of(item, kind),
            ids=ProviderIds(
                tmdb=reading.number(item.provider_ids.get("tmdb"), "TMDB"),
                tvdb=reading.number(item.provider_ids.get("tvdb"), "TVDB"),
                imdb=reading.imdb(item.provider_ids.get("imdb")),
            ),
            # Of an episode it would be the episode's number, not the anime's.
            anidb=as_id(shoko.anidb) if not is_episode else None,
            shoko=_only(shoko.series),
            title=title,
            year=item.year if item.year and item.year > 0 else None,
            path=path_text(item.path),
            # A series' folder says nothing: its episodes can be played, or not.
            present=item.playable if kind is not EntryKind.SERIES else None,
            poster=item.id if not is_episode else None,
            details=_details(item, shoko),
        )
    )


def _item_of(item: LibraryItem, kind: EntryKind) -> ItemKey | None:
    if kind is EntryKind.EPISODE:
        return item_key(item.season, item.number)
    return MOVIE if kind is EntryKind.MOVIE else None


def _details(item: LibraryItem, shoko: ShokoIds) -> dict[str, str]:
    found: dict[str, str] = {}
    if item.type == EPISODE_TYPE:
        if item.number is not None and item.number_end is not None:
            if item.number_end > item.number:
                found["number_end"] = str(item.number_end)
        if shoko.anidb is not None:
            found["anidb_episode"] = shoko.anidb
    if shoko.files:
        found["shoko_files"] = _listed(shoko.files)
    if shoko.episodes:
        found["shoko_episodes"] = _listed(shoko.episodes)
    return found


def _listed(numbers: Iterable[str]) -> str:
    return ",".join(sorted(numbers, key=lambda number: (len(number), number)))


def _only(numbers: Iterable[str]) -> int | None:
    known = list(numbers)
    return as_id(known[0]) if len(known) == 1 else None
