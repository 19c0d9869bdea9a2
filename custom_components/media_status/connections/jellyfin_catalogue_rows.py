"""Say in the library's words what Jellyfin tells of an item."""

from collections.abc import Iterable, Mapping

from ..clients.jellyfin_models import build_item, hex_id, is_playable, provider_ids
from ..clients.readers import JsonObject, JsonValue, as_id, as_int, as_text
from ..lifecycle.library import EntryKind, LibraryEntry
from ..lifecycle.model import MOVIE, ItemKey, ProviderIds
from .catalogue import Reading, Row, item_key
from .jellyfin_index import MOVIE_TYPE, SERIES_TYPE
from .jellyfin_shoko import EPISODE_TYPE, NO_IDS, ShokoIds, shoko_ids
from .text import path_text, title_text

_KINDS = {
    MOVIE_TYPE: EntryKind.MOVIE,
    SERIES_TYPE: EntryKind.SERIES,
    EPISODE_TYPE: EntryKind.EPISODE,
}
_SHOKO_NAMES = frozenset({"anidb", "custom", "shoko series", "shoko episode", "shoko file"})


def item_row(raw: JsonValue) -> Row:
    """Return what Jellyfin says about a film, a series or an episode."""
    reading = Reading(raw, "an item")
    raw_item = reading.raw
    own_id = hex_id(raw_item.get("Id"))
    title = title_text(raw_item.get("Name"))
    reading.called(title, own_id)
    if own_id is None:
        return reading.unusable("it has no id")
    kind = _KINDS.get(as_text(raw_item.get("Type")))
    if kind is None:
        return reading.unusable("it is of an unknown kind")
    told = provider_ids(raw_item)
    path = path_text(raw_item.get("Path"))
    shoko = _shoko(raw_item, told, path)
    is_episode = kind is EntryKind.EPISODE
    year = as_id(raw_item.get("ProductionYear"))
    return reading.row(
        LibraryEntry(
            kind=kind,
            own_id=own_id,
            series_id=hex_id(raw_item.get("SeriesId")) if is_episode else None,
            item=_item_of(raw_item, kind),
            ids=_ids(reading, told),
            # Of an episode it would be the episode's number, not the anime's.
            anidb=as_id(shoko.anidb) if not is_episode else None,
            shoko=_only(shoko.series),
            title=title,
            year=year,
            path=path,
            # A series' folder says nothing: its episodes can be played, or not.
            present=is_playable(raw_item) if kind is not EntryKind.SERIES else None,
            poster=own_id if not is_episode else None,
            details=_details(raw_item, shoko, is_episode=is_episode),
        )
    )


def _ids(reading: Reading, told: Mapping[str, str]) -> ProviderIds:
    if not isinstance(reading.raw.get("ProviderIds"), dict | None):
        reading.flaw("its ids cannot be read")
    return ProviderIds(
        tmdb=reading.number(told.get("tmdb"), "TMDB"),
        tvdb=reading.number(told.get("tvdb"), "TVDB"),
        imdb=reading.imdb(told.get("imdb")),
    )


def _shoko(raw: JsonObject, ids: Mapping[str, str], path: str | None) -> ShokoIds:
    """Return what Shokofin says; most items of most libraries are none of its."""
    if _SHOKO_NAMES.isdisjoint(ids) and (path is None or "shoko" not in path.casefold()):
        return NO_IDS
    item = build_item(raw)
    return shoko_ids(item) if item is not None else NO_IDS


def _item_of(raw: JsonObject, kind: EntryKind) -> ItemKey | None:
    if kind is EntryKind.EPISODE:
        return item_key(as_int(raw.get("ParentIndexNumber")), as_int(raw.get("IndexNumber")))
    return MOVIE if kind is EntryKind.MOVIE else None


def _details(raw: JsonObject, shoko: ShokoIds, *, is_episode: bool) -> dict[str, str]:
    found: dict[str, str] = {}
    if is_episode:
        first, last = as_int(raw.get("IndexNumber")), as_int(raw.get("IndexNumberEnd"))
        if first is not None and last is not None and last > first:
            found["number_end"] = str(last)
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
