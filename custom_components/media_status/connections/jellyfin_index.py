"""Keep Jellyfin's films, series and episodes findable by exact ids."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from ..clients.jellyfin import LibraryItem
from ..lifecycle.identity import normalised
from ..lifecycle.model import ItemKey, MediaType, ProviderIds
from .jellyfin_shoko import EPISODE_TYPE, Mark, MarkIndex, marks_of, page_marks_of

MOVIE_TYPE = "Movie"
SERIES_TYPE = "Series"
SEASON_TYPE = "Season"

_TYPES = {MediaType.MOVIE: MOVIE_TYPE, MediaType.SERIES: SERIES_TYPE}
# Which number space names a title best; an item may lack any of them.
_RANKING = {MOVIE_TYPE: ("tmdb", "imdb", "tvdb"), SERIES_TYPE: ("tvdb", "tmdb", "imdb")}
# No real file holds more; a larger range is a misread file name, not proof of so many episodes.
_MAX_EPISODES_PER_FILE = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A library item that is exactly what was looked for, and what proves it."""

    item: LibraryItem
    proof: str


@dataclass(slots=True)
class LibraryIndex:
    """Hold all films and series, and the episodes of the series that were read.

    Jellyfin has no search by provider id (it ignores `AnyProviderIdEquals`), and names prove
    nothing: only equality here does. Seasons are known only while somebody asks for them.
    """

    _titles: dict[str, LibraryItem] = field(default_factory=dict)
    _by_provider: dict[tuple[str, str, str], set[str]] = field(default_factory=dict)
    _by_name: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    _film_marks: MarkIndex = field(default_factory=MarkIndex)
    _page_marks: MarkIndex = field(default_factory=MarkIndex)
    _seasons: dict[str, LibraryItem] = field(default_factory=dict)
    _season_marks: MarkIndex = field(default_factory=MarkIndex)
    _episode_marks: MarkIndex = field(default_factory=MarkIndex)
    _episodes: dict[str, dict[str, LibraryItem]] = field(default_factory=dict)
    _series_of: dict[str, str] = field(default_factory=dict)
    _numbered: dict[str, dict[ItemKey, list[LibraryItem]]] = field(default_factory=dict)

    def take_titles(self, other: LibraryIndex) -> None:
        """Replace what is known about films and series; known seasons and episodes stay."""
        self._titles = other._titles
        self._by_provider = other._by_provider
        self._by_name = other._by_name
        self._film_marks = other._film_marks
        self._page_marks = other._page_marks

    def put(self, item: LibraryItem) -> None:
        """Add or replace an item as Jellyfin shows it now."""
        self.drop(item.id)
        if item.type == EPISODE_TYPE:
            if item.playable and item.series_id in self._episodes:
                self._put_episode(item.series_id, item)
                self._numbered.pop(item.series_id, None)
        elif item.type == SEASON_TYPE:
            self._seasons[item.id] = item
            self._season_marks.put(item.id, page_marks_of(item))
        elif item.type in _RANKING:
            self._titles[item.id] = item
            for key in _keys(item):
                self._by_provider.setdefault(key, set()).add(item.id)
            for name in _names(item):
                self._by_name.setdefault(name, set()).add(item.id)
            if item.type == MOVIE_TYPE:
                self._film_marks.put(item.id, marks_of(item))
            else:
                self._page_marks.put(item.id, page_marks_of(item))

    def _put_episode(self, series_id: str, episode: LibraryItem) -> None:
        if self._series_of.get(episode.id, series_id) != series_id:
            self.drop(episode.id)  # it has moved to this series
        self._episodes[series_id][episode.id] = episode
        self._series_of[episode.id] = series_id
        self._episode_marks.put(episode.id, marks_of(episode))

    def drop(self, item_id: str) -> None:
        """Forget an item that is not in Jellyfin any more."""
        old = self._titles.pop(item_id, None)
        if old is not None:
            _discard(self._by_provider, _keys(old), item_id)
            _discard(self._by_name, _names(old), item_id)
        self._seasons.pop(item_id, None)
        for marks in (self._film_marks, self._page_marks, self._season_marks, self._episode_marks):
            marks.drop(item_id)
        series_id = self._series_of.pop(item_id, None)
        if series_id is not None:
            self._episodes[series_id].pop(item_id, None)
            self._numbered.pop(series_id, None)

    def forget_seasons(self) -> None:
        """Forget all seasons."""
        self._seasons = {}
        self._season_marks = MarkIndex()

    def set_episodes(self, series_id: str, episodes: Iterable[LibraryItem]) -> None:
        """Replace what is known about a series' episodes; only playable ones are kept.

        Jellyfin lists the episodes of merged series under each of them: everyone's own suffice.
        """
        self.forget_episodes(series_id)
        self._episodes[series_id] = {}
        for episode in episodes:
            if episode.playable and episode.series_id in {None, series_id}:
                self._put_episode(series_id, episode)

    def forget_episodes(self, series_id: str) -> None:
        """Forget that a series' episodes were ever read."""
        self._numbered.pop(series_id, None)
        for episode_id in self._episodes.pop(series_id, {}):
            self._series_of.pop(episode_id, None)
            self._episode_marks.drop(episode_id)

    def series_of(self, episode_id: str) -> str | None:
        """Return the series of a known episode."""
        return self._series_of.get(episode_id)

    def is_empty(self, series_id: str) -> bool:
        """Return whether a series is known to have no episode that plays."""
        return self._episodes.get(series_id) == {}

    def find(self, media_type: MediaType, ids: ProviderIds) -> list[Hit]:
        """Return the items of exactly this title, those with the best proof first.

        An item that agrees in one number space but contradicts in a better one is another title.
        """
        item_type = _TYPES[media_type]
        wanted = {name: _normal(value) for name, value in ids.pairs()}
        hits: dict[str, Hit] = {}
        better: list[str] = []
        for name in _RANKING[item_type]:
            if name not in wanted:
                continue
            for item_id in sorted(self._by_provider.get((item_type, name, wanted[name]), ())):
                item = self._titles[item_id]
                if item_id not in hits and not _contradicts(item, wanted, better):
                    hits[item_id] = Hit(item=item, proof=name)
            better.append(name)
        return list(hits.values())

    def marked(self, marks: Collection[Mark]) -> list[LibraryItem]:
        """Return the films and known episodes that Shokofin, or AniDB's number, marks so."""
        films = [self._titles[name] for name in sorted(self._film_marks.find(marks))]
        episodes = sorted(self._episode_marks.find(marks))
        return films + [self._episodes[self._series_of[name]][name] for name in episodes]

    def pages(self, marks: Collection[Mark]) -> list[tuple[str, LibraryItem]]:
        """Return the series that are marked so, or have such a season: (its id, what said it)."""
        found = [
            (name, self._titles[name])
            for name in sorted(self._page_marks.find(marks))
            if name in self._titles
        ]
        for name in sorted(self._season_marks.find(marks)):
            season = self._seasons[name]
            if season.series_id is not None:
                found.append((season.series_id, season))
        return found

    def item(self, item_id: str) -> LibraryItem | None:
        """Return a film, series or known episode by its id."""
        series_id = self._series_of.get(item_id)
        if series_id is not None:
            return self._episodes[series_id].get(item_id)
        return self._titles.get(item_id)

    def named(self, item_type: str, titles: Iterable[str | None]) -> list[LibraryItem]:
        """Return the films or series with one of these titles, which proves nothing."""
        names = {normalised(title) for title in titles if title} - {""}
        found = set().union(*(self._by_name.get((item_type, name), ()) for name in names))
        return [self._titles[item_id] for item_id in sorted(found)]

    def is_other(self, item: LibraryItem, ids: ProviderIds) -> bool:
        """Return whether a number that both have tells an item from a title of its type."""
        wanted = {name: _normal(value) for name, value in ids.pairs()}
        return _contradicts(item, wanted, wanted)

    def episodes(self, series_id: str) -> Mapping[ItemKey, list[LibraryItem]] | None:
        """Return a series' playable episodes by season and number; None when never read."""
        known = self._episodes.get(series_id)
        if known is None:
            return None
        if series_id not in self._numbered:
            found = self._numbered.setdefault(series_id, {})
            for _, episode in sorted(known.items()):
                for key in numbers_of(episode):
                    found.setdefault(key, []).append(episode)
        return self._numbered[series_id]


def _keys(item: LibraryItem) -> list[tuple[str, str, str]]:
    return [
        (item.type, name, _normal(item.provider_ids[name]))
        for name in _RANKING.get(item.type, ())
        if item.provider_ids.get(name)
    ]


def _names(item: LibraryItem) -> set[tuple[str, str]]:
    names = {normalised(name) for name in (item.name, item.original_title) if name}
    return {(item.type, name) for name in names if name}


def _discard[K](index: dict[K, set[str]], keys: Iterable[K], item_id: str) -> None:
    for key in keys:
        found = index[key]
        found.discard(item_id)
        if not found:
            del index[key]


def _contradicts(item: LibraryItem, wanted: Mapping[str, str], names: Iterable[str]) -> bool:
    return any(
        item.provider_ids.get(name) and _normal(item.provider_ids[name]) != wanted[name]
        for name in names
    )


def _normal(value: str) -> str:
    """Return an id in the one form that is compared (`TT0123` and ` 0042 ` occur in the wild)."""
    text = value.strip().lower()
    return text.lstrip("0") if text.isdecimal() else text


def numbers_of(episode: LibraryItem) -> list[ItemKey]:
    """Return the items that an episode file holds; none when it was not placed in a season."""
    if episode.season is None or episode.number is None:
        return []
    last = episode.number_end or episode.number
    if not 0 < last - episode.number < _MAX_EPISODES_PER_FILE:
        last = episode.number
    return [ItemKey(episode.season, number) for number in range(episode.number, last + 1)]
