"""The library of the simulated Jellyfin: what a scan of the disk finds."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from .arr_state import episode_path, movie_file_name
from .jellyfin_items import Item, item_id
from .model import DiskFile, Episode, Title
from .service import FILES_STAY
from .world import World


@dataclass(slots=True, kw_only=True)
class Change:
    """What a scan found."""

    added: list[Item] = field(default_factory=list)
    removed: list[Item] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        """Whether nothing changed."""
        return not self.added and not self.removed

    def extend(self, other: Change) -> None:
        """Take in what something else found."""
        self.added += other.added
        self.removed += other.removed


class Library:
    """All items; the episodes of the household's old series are made when first asked for."""

    def __init__(self, world: World) -> None:
        """Know the shelf."""
        self._world = world
        self.items: dict[str, Item] = {}
        self.path_map: tuple[str, str] = ("", "")
        self.show_missing = False
        self.keeps_ghosts = False  # a scan that overlooks what is gone (10.11 was seen to)
        # A plugin that builds the items of some folders by itself says which.
        self.is_foreign: Callable[[str], bool] = lambda path: False
        # A place that is left alone, because it looks as if its disk were away.
        self.is_skipped: Callable[[str], bool] = lambda path: False
        self.foreign: set[str] = set()
        self._asleep: dict[str, Title] = {}
        self._by_source: dict[str, Item] = {}
        self._read = 0
        # A dictionary per title instead of a set: the order of appearance stays.
        self._of_title: dict[Title, dict[str, None]] = {}
        for title in world.library:
            self._shelve(title)

    def _shelve(self, title: Title) -> None:
        if title.kind == "movie":
            path = f"/data/media/movies/{title.folder}"
            name = movie_file_name(title, "WEBDL-1080p", "FLUX")
            self._put(self._movie(title, f"{path}/{name}", self._world.epoch))
        else:
            item = self._series(title, f"/data/media/tv/{title.folder}", self._world.epoch)
            self._asleep[item.id] = title

    def wake(self, series_id: str | None = None) -> None:
        """Make the episodes of one old series, or of all."""
        for key in [series_id] if series_id else list(self._asleep):
            title = self._asleep.pop(key, None)
            if title is None:
                continue
            folder = f"/data/media/tv/{title.folder}"
            for episode in title.episodes:
                path = f"{folder}/{episode_path(title, (episode,), 'WEBDL-1080p', 'NTb')}"
                self._put(self._episode(title, path, (episode,), self._world.epoch))

    def scan(self, now: datetime, *, below: tuple[str, ...] = ()) -> Change:
        """Bring the items in line with the disk, or only with the folders `below`."""
        change = Change()
        before = set(self.items)
        places = tuple(f"{folder}/" for folder in below) or ("",)
        for source, file in self._world.disk.items():
            if source not in self._by_source and not self.is_foreign(source):
                if source.startswith(places):
                    self._put(self._of_file(file, now))
        overlooked = self.keeps_ghosts
        for source in self._world.removals[self._read :]:
            item = self._by_source.get(source) or self._shelf_item(source)
            gone = source not in self._world.disk and source.startswith(places)
            if item is not None and gone and (self.keeps_ghosts or self.is_skipped(source)):
                overlooked = True
            elif item is not None and gone:
                change.removed.append(item)
                self._forget(item)
        if not below and not overlooked:
            self._read = len(self._world.removals)
        change.removed += self._empty_parents()
        if self.show_missing:
            self._fill_gaps(now)
        change.added = [item for key, item in self.items.items() if key not in before]
        return change

    def _shelf_item(self, source: str) -> Item | None:
        seen = self.where(source)
        folder = self.where(source.rpartition("/")[0].rpartition("/")[0])
        self.wake(item_id("Series", folder))
        return self.items.get(item_id("Movie", seen)) or self.items.get(item_id("Episode", seen))

    def add_virtual(self, title: Title, now: datetime) -> Item:
        """Let an item exist without a file behind it."""
        return self._put(
            Item(
                id=item_id(title.kind, f"virtual:{title.tmdb}"),
                type="Movie" if title.kind == "movie" else "Series",
                name=title.title,
                title=title,
                path=None,
                created=now,
                saved=now,
            )
        )

    def delete(self, item: Item, *, by: str = "") -> list[Item]:
        """Delete an item with its files and everything below it.

        A film goes with its whole folder, a series and a season too; an episode is one file.
        """
        doomed = [item]
        if item.type in {"Series", "Season"}:
            self.wake(item.series_id or item.id)
            below = {item.id}
            doomed += [
                i for i in self.items.values() if i.series_id in below or i.season_id in below
            ]
        # What a plugin shows is a link: deleting it leaves the file.
        place = self.place_of(item)
        if item.id not in self.foreign and place is not None and not FILES_STAY.get():
            if item.type == "Episode":
                self._world.remove_file(place, by=by)
            else:
                self._world.remove_tree(place, by=by)
        for victim in doomed:
            self._forget(victim)
        return doomed

    def place_of(self, item: Item) -> str | None:
        """Return the file of an episode or the folder of anything else, on the world's disk."""
        path = item.source or (self.source_of(item.path) if item.path is not None else None)
        return path.rpartition("/")[0] if path is not None and item.type == "Movie" else path

    def of(self, title: Title) -> list[Item]:
        """Return the items of a title."""
        for key in tuple(self._of_title.get(title, ())):
            self.wake(key)
        keys = self._of_title.get(title, {})
        return [self.items[key] for key in keys]

    def where(self, path: str) -> str:
        """Return a path as the server sees it."""
        old, new = self.path_map
        return new + path.removeprefix(old) if old and path.startswith(old) else path

    def adopt(self, item: Item) -> None:
        """Take in an item that a plugin made."""
        self.foreign.add(item.id)
        self._put(item)

    def disown(self, item: Item) -> None:
        """Drop an item that a plugin made."""
        self.foreign.discard(item.id)
        self._forget(item)

    def source_of(self, path: str) -> str:
        """Return where a path of the server lies on the world's disk."""
        old, new = self.path_map
        return old + path.removeprefix(new) if old and path.startswith(new) else path

    # -- making items --------------------------------------------------------------------------

    def _of_file(self, file: DiskFile, now: datetime) -> Item:
        if file.title.kind == "movie":
            item = self._movie(file.title, file.path, now)
            item.created = file.created
        else:
            folder = file.path.rpartition("/")[0].rpartition("/")[0]
            series = self._series(file.title, folder, now)
            self.wake(series.id)
            item = self._episode(file.title, file.path, file.episodes, now)
            item.created = file.created
        item.source = file.path
        self._by_source[file.path] = item
        return item

    def _movie(self, title: Title, path: str, now: datetime) -> Item:
        seen = self.where(path)
        return Item(
            id=item_id("Movie", seen),
            type="Movie",
            name=title.title,
            title=title,
            path=seen,
            created=now,
            saved=now,
        )

    def _series(self, title: Title, folder: str, now: datetime) -> Item:
        seen = self.where(folder)
        key = item_id("Series", seen)
        if key in self.items:
            return self.items[key]
        item = Item(
            id=key,
            type="Series",
            name=title.title,
            title=title,
            path=seen,
            created=now,
            saved=now,
        )
        return self._put(item)

    def _season(self, series: Item, number: int, now: datetime) -> Item:
        key = item_id("Season", f"{series.path}/Season {number:02d}")
        if key in self.items:
            return self.items[key]
        item = Item(
            id=key,
            type="Season",
            name=f"Season {number}" if number else "Specials",
            title=series.title,
            path=f"{series.path}/Season {number:02d}",
            created=now,
            saved=now,
            series_id=series.id,
            season=number,
        )
        return self._put(item)

    def _episode(
        self, title: Title, path: str, episodes: tuple[Episode, ...], now: datetime
    ) -> Item:
        folder = path.rpartition("/")[0].rpartition("/")[0]
        series = self._series(title, folder, now)
        season = self._season(series, episodes[0].season, now)
        seen = self.where(path)
        return Item(
            id=item_id("Episode", seen),
            type="Episode",
            name=" / ".join(episode.title for episode in episodes),
            title=title,
            path=seen,
            created=now,
            saved=now,
            series_id=series.id,
            season_id=season.id,
            season=episodes[0].season,
            episodes=episodes,
        )

    def _put(self, item: Item) -> Item:
        self.items[item.id] = item
        self._of_title.setdefault(item.title, {})[item.id] = None
        return item

    def _forget(self, item: Item) -> None:
        self.items.pop(item.id, None)
        self._of_title.get(item.title, {}).pop(item.id, None)
        self._asleep.pop(item.id, None)
        if item.source is not None:
            self._by_source.pop(item.source, None)

    def _empty_parents(self) -> list[Item]:
        gone: list[Item] = []
        for kind in ("Season", "Series"):
            used = {i.season_id if kind == "Season" else i.series_id for i in self.items.values()}
            for item in tuple(self.items.values()):
                mine = item.id not in self.foreign and item.id not in self._asleep
                if item.type == kind and item.path and mine and item.id not in used:
                    gone.append(item)
                    self._forget(item)
        return gone

    def _fill_gaps(self, now: datetime) -> None:
        for series in [i for i in self.items.values() if i.type == "Series" and i.path]:
            if series.id in self._asleep or series.id in self.foreign:
                continue
            have = {
                (e.season, e.number)
                for item in self.items.values()
                if item.series_id == series.id
                for e in item.episodes
            }
            for episode in series.title.episodes:
                if (episode.season, episode.number) not in have:
                    path = f"{series.path}/Season {episode.season:02d}/missing {episode.number}"
                    item = self._episode(series.title, path, (episode,), now)
                    item.path = None
                    self._put(item)
