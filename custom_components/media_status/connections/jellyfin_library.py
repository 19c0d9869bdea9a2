"""Keep our picture of Jellyfin's library current in a bounded number of calls."""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta

from ..clients.errors import Refused
from ..clients.jellyfin import ItemPage, JellyfinClient, LibraryItem
from ..lifecycle.model import MediaType, ProviderIds
from .jellyfin_index import MOVIE_TYPE, SEASON_TYPE, SERIES_TYPE, LibraryIndex
from .jellyfin_shoko import EPISODE_TYPE

SERIES_READS = 8  # episode lists at a time; the rest waits for the next survey
ITEM_CHECKS = 50  # ids per survey, one call
# Saved and answered in the same minute may be missed; asking again for it costs nothing.
_OVERLAP = timedelta(seconds=60)
# Without the server's clock, ours may be that wrong.
_BLIND_OVERLAP = timedelta(minutes=10)
# Changes tell about new episodes; the list is read anew only in case they did not.
_AGAIN_AFTER = timedelta(minutes=5)
_BUILD_AGAIN_AFTER = timedelta(hours=24)
_FLOOD = 2000  # changed items; a scan that saves all metadata anew touches every episode
_FLOOD_PATIENCE = timedelta(minutes=2)
_NEVER = datetime.min.replace(tzinfo=UTC)

_STEP = 100  # items taken in before others may run
_FIELDS = ("ProviderIds", "Path", "OriginalTitle")
_VERSION_FIELDS = (*_FIELDS, "MediaSources")  # costs the server a query per item


class Library:
    """Films and series of the whole library, episodes of the series that matter.

    Deletions leave no trace in what changed, so an item counts as there only when it was
    `confirmed` since the survey began: read in a list, reported as changed, or looked up by id.
    """

    def __init__(self, client: JellyfinClient) -> None:
        """Initialize empty; the first `refresh` reads the library."""
        self._client = client
        self.index = LibraryIndex()
        self.confirmed: dict[str, LibraryItem] = {}
        self.missed: set[str] = set()  # looked up since the survey began, and not there
        self.detailed: set[str] = set()  # confirmed with all their versions' paths
        self.is_complete = False  # in this survey, what was not found is not there
        self._is_whole = False
        self._since: datetime | None = None
        self._built_at: datetime | None = None
        self._read_at: dict[str, datetime] = {}
        self._failed_at: dict[str, datetime] = {}
        self._checked_at: dict[str, datetime] = {}
        self._stale: set[str] = set()
        self._seasons_at: datetime | None = None
        self.has_seasons = False  # and they are all that there are
        self._hollow = LibraryIndex()  # films of which there is nothing but what is known of them
        self._hollow_at: datetime | None = None

    def forget(self) -> None:
        """Forget everything: the next `refresh` reads the library anew."""
        self.index = LibraryIndex()
        self.is_complete = self._is_whole = self.has_seasons = False
        self._since = self._built_at = self._seasons_at = self._hollow_at = None
        self._hollow = LibraryIndex()
        self._read_at.clear()
        self._failed_at.clear()
        self._checked_at.clear()
        self._stale.clear()

    def mark_stale(self, series_id: str | None, episode_id: str | None = None) -> None:
        """Have a series' episodes read again, if they matter; something was added or deleted."""
        if series_id is None and episode_id is not None:
            series_id = self.index.series_of(episode_id)
        if series_id in self._read_at:
            self._stale.add(series_id)

    @property
    def is_any_stale(self) -> bool:
        """Return whether episodes that were read are to be read again."""
        return bool(self._stale)

    def known(self, item_id: str) -> LibraryItem | None:
        """Return an item by its id, if it was come across."""
        return self.confirmed.get(item_id) or self.index.item(item_id)

    def not_before(self, now: datetime) -> datetime:
        """Return a time, or the later one at which the library was read."""
        return max(now, self._built_at or now)

    def is_read(self, series_id: str) -> bool:
        """Return whether the known episodes of a series are all that there are."""
        return series_id in self._read_at and series_id not in self._stale

    async def refresh(self, now: datetime, *, seasons: bool = False) -> None:
        """Begin a survey: take in what changed, or read all films and series.

        `seasons` asks for all seasons, too: only they tell every anime that a series is made of.
        """
        self.confirmed = {}
        self.detailed = set()
        self.missed = set()
        # A library that shifted while it was read proves what is there, but not what is missing.
        patience = _BUILD_AGAIN_AFTER if self._is_whole else _AGAIN_AFTER
        if self._built_at is None or not timedelta() <= now - self._built_at < patience:
            await self._build(now)
        else:
            await self._take_changes(now)
        await self._keep_seasons(now, seasons=seasons)

    async def _keep_seasons(self, now: datetime, *, seasons: bool) -> None:
        """Read all seasons when they are asked for and unknown; forget them when they are not."""
        if not seasons:
            self._forget_seasons()
            return
        if self._seasons_at is not None:
            if self.has_seasons or now - self._seasons_at < _AGAIN_AFTER:
                return
        for _ in range(2):
            self._forget_seasons()
            consistent = True
            async for page in self._client.items(types=(SEASON_TYPE,), fields=_FIELDS):
                consistent = page.consistent
                await self._take(page, self.index)
            if consistent:
                break
        self._seasons_at, self.has_seasons = now, consistent

    def _forget_seasons(self) -> None:
        self.index.forget_seasons()
        self._seasons_at, self.has_seasons = None, False

    async def read_hollow(self, now: datetime) -> None:
        """Read the films without a file, now and then: they are no part of the library."""
        if self._hollow_at is not None and timedelta() <= now - self._hollow_at < _AGAIN_AFTER:
            return
        read = LibraryIndex()
        async for page in self._client.items(types=(MOVIE_TYPE,), fields=_FIELDS, missing=True):
            for item in page.items:
                read.put(item)
        self._hollow, self._hollow_at = read, now

    def is_hollow(self, media_type: MediaType, ids: ProviderIds) -> bool:
        """Return whether there is an item of exactly this title that has no file."""
        hits = [*self.index.find(media_type, ids), *self._hollow.find(media_type, ids)]
        return any(not hit.item.playable for hit in hits)

    async def _take(self, page: ItemPage, index: LibraryIndex) -> None:
        """Take in a page of items."""
        for count, item in enumerate(page.items, 1):
            index.put(item)
            self.confirmed[item.id] = item
            if count % _STEP == 0:
                await asyncio.sleep(0)

    async def _build(self, now: datetime) -> None:
        """Read all films and series; a library that shifts meanwhile is read a second time."""
        for _ in range(2):
            read = LibraryIndex()
            since: datetime | None = None
            consistent = True
            types = (MOVIE_TYPE, SERIES_TYPE)
            async for page in self._client.items(types=types, fields=_FIELDS):
                since = since or _cursor(page, now)
                consistent = page.consistent
                await self._take(page, read)
            if consistent:
                break
        self.index.take_titles(read)
        self._forget_seasons()
        self._stale.update(self._read_at)
        self._since = since
        self.is_complete = self._is_whole = consistent
        self._built_at = now

    async def _take_changes(self, now: datetime) -> None:
        """Take in what was saved since the last survey."""
        since: datetime | None = None
        consistent = True
        types = [MOVIE_TYPE, SERIES_TYPE, EPISODE_TYPE]
        if self._seasons_at is not None:
            types.append(SEASON_TYPE)
        changes = self._client.items(types=types, changed_since=self._since, fields=_FIELDS)
        async for page in changes:
            if page.total > _FLOOD:
                await self._outlast_flood(now)
                return
            since = since or _cursor(page, now)
            consistent = page.consistent
            await self._take(page, self.index)
        self.is_complete = self._is_whole and consistent
        if consistent and since is not None:
            self._since = since

    async def _outlast_flood(self, now: datetime) -> None:
        """Read all films and series anew instead of every item that a scan has saved.

        While the scan goes on, that is done now and then; until then nothing is missing for sure.
        """
        if self._built_at is None or now - self._built_at >= _FLOOD_PATIENCE:
            await self._build(now)
        else:
            self.is_complete = False

    async def read_episodes(
        self, now: datetime, series_ids: Iterable[str], waiting: Collection[str]
    ) -> bool:
        """Read episode lists that are unknown or outdated; return whether some are left.

        `series_ids` are all that matter, `waiting` those where an episode should appear.
        """
        matter = set(series_ids)
        self._forget_others(matter)
        urgent = {series_id for series_id in matter if not self.is_read(series_id)}
        routine = matter.intersection(waiting) - urgent
        queue = [
            name for name in self._oldest_first(urgent) if self._is_due(name, self._failed_at, now)
        ]
        left = len(queue) > SERIES_READS
        queue += [
            name for name in self._oldest_first(routine) if self._is_due(name, self._read_at, now)
        ]
        for series_id in queue[:SERIES_READS]:
            await self._read_one(now, series_id)
        return left

    async def _read_one(self, now: datetime, series_id: str) -> None:
        """Read one episode list; a series that the server cannot list stays unknown for a while."""
        was_stale = series_id in self._stale
        self._stale.discard(series_id)  # first: a push during the read must count
        episodes: list[LibraryItem] | None = None
        try:
            episodes = await self._client.episodes(series_id)
        except Refused:
            self._failed_at[series_id] = now
        finally:
            if episodes is None and was_stale:
                self._stale.add(series_id)
        if episodes is None:
            return
        self._failed_at.pop(series_id, None)
        self._read_at[series_id] = now
        self.index.set_episodes(series_id, episodes)
        self.confirmed |= {episode.id: episode for episode in episodes}

    @staticmethod
    def _is_due(series_id: str, times: Mapping[str, datetime], now: datetime) -> bool:
        return now - times.get(series_id, _NEVER) >= _AGAIN_AFTER

    def _oldest_first(self, series_ids: Iterable[str]) -> list[str]:
        return sorted(series_ids, key=lambda name: (self._read_at.get(name, _NEVER), name))

    def _forget_others(self, matter: Collection[str]) -> None:
        for series_id in self._read_at.keys() - matter:
            del self._read_at[series_id]
            self._stale.discard(series_id)
            self.index.forget_episodes(series_id)
        self._failed_at = {name: at for name, at in self._failed_at.items() if name in matter}

    async def confirm(
        self, now: datetime, urgent: Collection[str], others: Collection[str], *, versions: bool
    ) -> bool:
        """Look items up by id, `urgent` ones first; return whether some still never were.

        With `versions` the paths of all versions of an item are read, too.
        """
        relied = {*urgent, *others}
        self._checked_at = {k: at for k, at in self._checked_at.items() if k in relied}
        order = sorted(
            relied, key=lambda name: (name not in urgent, self._checked_at.get(name, _NEVER), name)
        )
        asked = order[:ITEM_CHECKS]
        if not asked:
            return False
        found: dict[str, LibraryItem] = {}
        fields = _VERSION_FIELDS if versions else _FIELDS
        types = (MOVIE_TYPE, EPISODE_TYPE)
        async for page in self._client.items(types=types, ids=asked, fields=fields):
            found |= {item.id: item for item in page.items}
        for item_id in asked:
            self._checked_at[item_id] = now
            if (item := found.get(item_id)) is None:
                # Renamed, perhaps: then it is in the list under another id.
                self.mark_stale(None, item_id)
                self.index.drop(item_id)
                self.confirmed.pop(item_id, None)
                self.missed.add(item_id)
                continue
            self.index.put(item)
            self.confirmed[item_id] = item
            if versions:
                self.detailed.add(item_id)
        return not self._checked_at.keys() >= set(urgent)


def _cursor(page: ItemPage, now: datetime) -> datetime:
    """Return from when on to ask for changes next time, by the server's own clock."""
    if page.server_time is None:
        return now - _BLIND_OVERLAP
    return page.server_time - _OVERLAP
