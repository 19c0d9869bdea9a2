"""Know the episodes of wanted series, reading only those series whose episodes may have changed."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import override

from ..clients.sonarr import Episode, Series, SonarrClient
from ..lifecycle.facts import File, Statement, Wanted
from ..lifecycle.model import ItemKey, Subject
from .arr_downloads import DownloadId, Record
from .arr_items import Items, asks_for, sought
from .arr_words import joined_path
from .base import WantedTitle
from .text import name_text, path_text, title_text

MAX_SERIES_READS = 8
# One call holds this many ids.
_MAX_SINGLE_EPISODES = 200
_READ_AGAIN = timedelta(hours=6)

type Fingerprint = tuple[object, ...]
# A series, and the requests for it with their seasons: one may ask for more than before.
type Wish = tuple[Series, frozenset[tuple[str, frozenset[int]]]]


@dataclass(slots=True, kw_only=True)
class _Known:
    """What is remembered of a series since its episodes were read."""

    fingerprint: Fingerprint
    items: dict[int, ItemKey]
    next_airing: datetime | None
    read_at: datetime


class SeriesItems(Items[Series]):
    """The episodes that one cycle read, and the numbers of those read before."""

    def __init__(self, numbers: Mapping[int, ItemKey], on_commit: Callable[[], bool]) -> None:
        """Initialize with the numbers of known episode ids, and with who remembers new ones."""
        self._on_commit = on_commit
        self.episodes: dict[int, list[Episode]] = {}  # complete series, by series id
        self._numbers = dict(numbers)
        self._single: dict[int, Episode] = {}
        self._asked: set[int] = set()

    def add_series(self, series_id: int, episodes: list[Episode]) -> None:
        """Take in all episodes of a series."""
        self.episodes[series_id] = episodes
        self.add_single(episodes)

    def add_single(self, episodes: Iterable[Episode], asked: Collection[int] = ()) -> None:
        """Take in some episodes."""
        self._asked.update(asked)
        for episode in episodes:
            self._single[episode.id] = episode
            self._numbers[episode.id] = ItemKey(episode.season, episode.number)

    def unknown(self, records: Iterable[Record], *, with_file: bool) -> set[int]:
        """Return the episode ids of records that must be looked up."""
        known: Collection[int] = self._single if with_file else self._numbers
        ids = {record.episode_id for record in records if record.episode_id is not None}
        return ids.difference(known) - self._asked

    @override
    def item_of(self, record: Record) -> ItemKey | None:
        """Return the episode's season and number."""
        return self._numbers.get(record.episode_id or 0)

    @override
    def is_pending(self, record: Record) -> bool:
        """Return whether the episode was not looked up yet."""
        return bool(self.unknown((record,), with_file=False))

    @override
    def has_file(self, record: Record) -> bool | None:
        """Return whether the episode has a file."""
        episode = self._single.get(record.episode_id or 0)
        return episode.has_file if episode else None

    @override
    def of_request(self, wanted: WantedTitle, title: Series) -> list[Statement]:
        """Return the facts of the requested episodes, when the series was read."""
        episodes = self.episodes.get(title.id)
        if not episodes:
            # A series that was just added has no episodes for a while; that proves nothing.
            return []
        found: list[Statement] = []
        left = set(wanted.items)
        for episode in episodes:
            item = ItemKey(episode.season, episode.number)
            left.discard(item)
            if asks_for(wanted, item):
                found += _episode_statements(title, episode)
        for item in sorted(left):
            found += _vanished(item)
        return found

    @override
    def of_items(self, title: Series, items: Iterable[ItemKey]) -> list[Statement]:
        """Return the facts of some episodes."""
        wanted = frozenset(items)
        return [
            statement
            for episode in self._single.values()
            if episode.series_id == title.id and ItemKey(episode.season, episode.number) in wanted
            for statement in _episode_statements(title, episode)
        ]

    @override
    def commit(self) -> bool:
        """Remember which episodes were read."""
        return self._on_commit()


def _episode_statements(series: Series, episode: Episode) -> list[Statement]:
    subject = Subject(item=ItemKey(episode.season, episode.number))
    stated: list[Statement] = []
    if series.monitored is not None and episode.monitored is not None:
        wanted = Wanted(
            # Sonarr searches what has both flags; a season's flag only sets the episodes'.
            monitored=series.monitored and episode.monitored,
            released=None if episode.air_date or episode.has_file else False,
            release_at=episode.air_date,
            title=title_text(episode.title),
        )
        stated.append(Statement(value=wanted, subject=subject))
    if (file := _episode_file(series, episode)) is not None:
        stated.append(Statement(value=file, subject=subject))
    return [*stated, *sought(episode, subject)]


def _episode_file(series: Series, episode: Episode) -> File | None:
    """Return the episode's file; None when Sonarr did not say."""
    file = episode.file
    if episode.has_file is None:
        return None
    if not episode.has_file:
        return File(present=False)
    if file is None:
        return File(present=True)
    below = joined_path(path_text(series.path), path_text(file.relative_path))
    return File(
        present=True,
        path=path_text(file.path) or below,
        size=file.size or None,
        quality=name_text(file.quality),
        file_id=str(file.id),
    )


def _vanished(item: ItemKey) -> list[Statement]:
    """Return the facts of an episode that the whole list of its series no longer holds."""
    subject = Subject(item=item)
    return [
        Statement(value=Wanted(monitored=False, released=False), subject=subject),
        Statement(value=File(present=False), subject=subject),
    ]


class EpisodeWatch:
    """Decide which series are read in a cycle: first come, first served, a few at a time."""

    def __init__(self, client: SonarrClient) -> None:
        """Initialize with the client."""
        self._client = client
        self._known: dict[int, _Known] = {}
        self._due: dict[int, int] = {}  # series id -> the cycle in which it became due
        self._queued: frozenset[DownloadId] = frozenset()  # in the queue at the last survey
        self._cycle = 0

    def forget(self) -> None:
        """Forget everything: each series is due again."""
        self._known.clear()
        self._due.clear()
        self._queued = frozenset()

    async def read(
        self,
        series: Mapping[int, Wish],
        touched: frozenset[int],
        queued: frozenset[DownloadId],
        now: datetime,
    ) -> SeriesItems:
        """Read the episodes of the series that are due; the rest stays due for the next cycle.

        `series` holds the wanted ones, `touched` those that something happened to, `queued` the
        downloads in the queue: one that left it has probably been imported.
        """
        touched |= {key for key, _ in self._queued - queued if key is not None}
        self._note_due(series, touched, now)
        numbers: dict[int, ItemKey] = {}
        for known in self._known.values():
            numbers.update(known.items)
        items = SeriesItems(numbers, lambda: self._commit(items, series, queued, now))
        # Within a cycle: what something happened to before what was merely never read.
        order = sorted(self._due, key=lambda key: (self._due[key], key not in touched, key))
        for series_id in order[:MAX_SERIES_READS]:
            items.add_series(series_id, await self._client.episodes(series_id))
        items.is_behind = len(order) > MAX_SERIES_READS
        return items

    def _note_due(self, series: Mapping[int, Wish], touched: frozenset[int], now: datetime) -> None:
        self._cycle += 1
        self._known = {key: known for key, known in self._known.items() if key in series}
        self._due = {key: cycle for key, cycle in self._due.items() if key in series}
        for series_id, wish in series.items():
            known = self._known.get(series_id)
            if (
                known is None
                or series_id in touched
                or known.fingerprint != _fingerprint(wish)
                or (known.next_airing is not None and known.next_airing <= now)
                # When it was searched for last, no event tells; nor may a clock set back hide it.
                or not timedelta(0) <= now - known.read_at < _READ_AGAIN
            ):
                self._due.setdefault(series_id, self._cycle)

    async def look_up(
        self, items: SeriesItems, numbers_for: Iterable[Record], files_for: Iterable[Record]
    ) -> None:
        """Look up single episodes that queue and history name, in one call."""
        needed = items.unknown(numbers_for, with_file=False)
        needed |= items.unknown(files_for, with_file=True)
        ids = sorted(needed)[:_MAX_SINGLE_EPISODES]
        if ids:
            items.add_single(await self._client.episodes_by_id(ids), asked=ids)
        items.is_behind |= len(needed) > len(ids)

    def _commit(
        self,
        items: SeriesItems,
        series: Mapping[int, Wish],
        queued: frozenset[DownloadId],
        now: datetime,
    ) -> bool:
        self._queued = queued
        for series_id, episodes in items.episodes.items():
            self._due.pop(series_id, None)
            coming = (e.air_date for e in episodes if e.air_date and e.air_date > now)
            self._known[series_id] = _Known(
                fingerprint=_fingerprint(series[series_id]),
                items={e.id: ItemKey(e.season, e.number) for e in episodes},
                next_airing=min(coming, default=None),
                read_at=now,
            )
        return bool(items.episodes)


def _fingerprint(wish: Wish) -> Fingerprint:
    """Return what changes whenever an episode is added, imported, deleted or switched."""
    series, requests = wish
    return (series.monitored, series.path, series.seasons, requests)
