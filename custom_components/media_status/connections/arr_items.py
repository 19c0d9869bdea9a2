"""Say what a survey needs to know about items: films here, episodes in `arr_episodes`."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import override

from ..clients.radarr import Movie
from ..clients.sonarr import Episode, Series
from ..lifecycle.facts import File, Sought, Statement, Wanted
from ..lifecycle.model import MOVIE, ItemKey, Subject
from .arr_downloads import Download, Record
from .arr_words import joined_path
from .base import WantedTitle
from .text import name_text, path_text

# What Radarr itself assumes when no home release is known.
_CINEMA_TO_HOME = timedelta(days=90)


class Items[T: Movie | Series](ABC):
    """What one cycle knows about the items of the titles."""

    is_behind: bool = False  # more was due than one cycle may read

    @abstractmethod
    def item_of(self, record: Record) -> ItemKey | None:
        """Return the item of a queue or history record, if it is known."""

    @abstractmethod
    def is_pending(self, record: Record) -> bool:
        """Return whether the item of a record will only be known in a later cycle."""

    @abstractmethod
    def has_file(self, record: Record) -> bool | None:
        """Return whether the item of a record has a file; None when it was not read."""

    @abstractmethod
    def of_request(self, wanted: WantedTitle, title: T) -> list[Statement]:
        """Return what was read about the items of a request."""

    @abstractmethod
    def of_items(self, title: T, items: Iterable[ItemKey]) -> list[Statement]:
        """Return what was read about some items of a title."""

    def commit(self) -> bool:
        """Remember what was read, once the survey is through; return whether there was anything."""
        return False


class MovieItems(Items[Movie]):
    """A film is its own only item, and was read with its title."""

    def __init__(self, movies: dict[int, Movie]) -> None:
        """Initialize with the films that were read."""
        self._movies = movies

    @override
    def item_of(self, record: Record) -> ItemKey | None:
        """Return the film."""
        return MOVIE

    @override
    def is_pending(self, record: Record) -> bool:
        """Return False: there is nothing to look up."""
        return False

    @override
    def has_file(self, record: Record) -> bool | None:
        """Return whether the film has a file."""
        movie = self._movies.get(record.title_id or 0)
        return movie.has_file if movie else None

    @override
    def of_request(self, wanted: WantedTitle, title: Movie) -> list[Statement]:
        """Return the film's facts, when it was read."""
        return self.of_items(title, (MOVIE,)) if title.id in self._movies else []

    @override
    def of_items(self, title: Movie, items: Iterable[ItemKey]) -> list[Statement]:
        """Return release and file of the film, as far as they are known."""
        subject = Subject(item=MOVIE)
        stated: list[Statement] = []
        if title.monitored is not None:
            wanted = Wanted(
                monitored=title.monitored, released=title.is_available, release_at=release_at(title)
            )
            stated.append(Statement(value=wanted, subject=subject))
        if (file := movie_file(title)) is not None:
            stated.append(Statement(value=file, subject=subject))
        return [*stated, *sought(title, subject)]


def sought(title: Movie | Episode, subject: Subject) -> Iterable[Statement]:
    """Yield when something that is not there was searched for last, where the manager tells."""
    if title.last_search is not None and title.has_file is False:
        yield Statement(value=Sought(at=title.last_search), subject=subject)


def release_at(movie: Movie) -> datetime | None:
    """Return when the film can be fetched: the date that its minimum availability waits for."""
    home = [date for date in (movie.digital_release, movie.physical_release) if date]
    waits_for = movie.minimum_availability.casefold()
    if waits_for in {"announced", "tba", "incinemas"} and movie.in_cinemas:
        return min([movie.in_cinemas, *home])
    if home:
        return min(home)
    return movie.in_cinemas + _CINEMA_TO_HOME if movie.in_cinemas else None


def movie_file(movie: Movie) -> File | None:
    """Return the film's file; None when Radarr did not say."""
    file = movie.file
    if movie.has_file is None:
        return None
    if not movie.has_file:
        return File(present=False)
    if file is None:
        return File(present=True, size=movie.size_on_disk or None)
    below = joined_path(path_text(movie.path), path_text(file.relative_path))
    return File(
        present=True,
        path=path_text(file.path) or below,
        size=file.size or None,
        quality=name_text(file.quality),
        file_id=str(file.id),
    )


def serves(wanted: WantedTitle, items: Iterable[ItemKey]) -> bool:
    """Return whether a request asks for any of the items."""
    return any(asks_for(wanted, item) for item in items)


def asks_for(wanted: WantedTitle, item: ItemKey) -> bool:
    """Return whether a request asks for an item."""
    return item == MOVIE or item in wanted.items or item.season in wanted.seasons


def lacking[T: Movie | Series](
    download: Download,
    items: Items[T],
    made_room: frozenset[tuple[int | None, int | None]],
) -> frozenset[ItemKey]:
    """Return the items that a download fetches for the first time.

    What had no file, or got its first one from this download. The rest is an upgrade.
    """
    imported = {record.episode_id for record in download.imports}
    found: set[ItemKey] = set()
    for record in download.records:
        item, has_file = items.item_of(record), items.has_file(record)
        if item is None or has_file is None:
            continue
        is_first = record.episode_id in imported and (
            (record.title_id, record.episode_id) not in made_room
        )
        if not has_file or is_first:
            found.add(item)
    return frozenset(found)
