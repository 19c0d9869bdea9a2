"""Turn what a service lists into pages of library entries: nothing lost, nothing false."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ..clients.errors import BadAnswer
from ..clients.readers import JsonObject, JsonValue, as_datetime, as_id, as_int
from ..lifecycle.library import CataloguePage, EntryKind, LibraryEntry
from ..lifecycle.model import MOVIE, ItemKey
from .arr_words import imdb_id
from .text import name_text

PAGE_SIZE: Final = 1000
_MAX_PROBLEMS = 20
# Saved and answered in the same minute may be missed; asking again for it costs nothing.
_OVERLAP = timedelta(minutes=2)
# Without the service's clock, ours may be that wrong.
_BLIND_OVERLAP = timedelta(minutes=10)


@dataclass(slots=True, kw_only=True)
class Row:
    """What became of one element: an entry unless it is unusable, and what is wrong with it."""

    entry: LibraryEntry | None = None
    problems: tuple[str, ...] = ()

    @property
    def key(self) -> str | None:
        """Return the service's own id, if it can be read."""
        return self.entry.own_id if self.entry is not None else None


class Reading:
    """Read the ids of one element, and gather what is wrong with them."""

    def __init__(self, raw: JsonValue, name: str) -> None:
        """Begin with an element that is called `name` in problems until its title is known."""
        self.raw: JsonObject = raw if isinstance(raw, dict) else {}
        self._is_object = isinstance(raw, dict)
        self._name = name
        self._title: str | None = None
        self._own_id: str | int | None = None
        self._problems: tuple[str, ...] = ()

    def called(self, title: str | None, own_id: str | int | None) -> None:
        """Say by which title and id the element is called in problems."""
        self._title, self._own_id = title, own_id

    def flaw(self, text: str) -> None:
        """Note what is wrong with it."""
        number = f" {self._own_id}" if self._own_id is not None else ""
        title = f" ({name_text(self._title)})" if self._title else ""
        self._problems += (f"{self._name}{number}{title}: {text}",)

    def number(self, value: JsonValue, name: str) -> int | None:
        """Return a provider's number; 0 and blank mean that there is none."""
        if value is None or (isinstance(value, str | int) and value in {"", 0, "0"}):
            return None
        if (number := as_id(value)) is None or isinstance(value, bool | float):
            self.flaw(f"its {name} number cannot be read")
            return None
        return number

    def imdb(self, value: JsonValue) -> str | None:
        """Return an IMDb id."""
        if value is None or value == "":
            return None
        if (found := imdb_id(value)) is None:
            self.flaw("its IMDb id cannot be read")
        return found

    def row(self, entry: LibraryEntry | None) -> Row:
        """Return the row; without an entry the element is left out."""
        return Row(entry=entry, problems=self._problems)

    def unusable(self, text: str) -> Row:
        """Return the row of an element that is left out."""
        self.flaw(text if self._is_object else "it has an unknown form")
        return self.row(None)


def item_key(season: int | None, number: int | None) -> ItemKey | None:
    """Return an episode's numbers; None where they are incomplete, or those that stand for films.

    Seasons that are years, and what lies before the first, are taken as they are.
    """
    if season is None or number is None:
        return None
    key = ItemKey(season, number)
    return None if key == MOVIE else key


def size_of(value: JsonValue) -> int | None:
    """Return a size in bytes; 0 means that it is not known."""
    size = as_int(value)
    return size if size is not None and size > 0 else None


class Gatherer:
    """Put rows into pages; each entry once."""

    def __init__(self, done: int = 0) -> None:
        """Begin with what an interrupted read has done already."""
        self.done = done
        self.dropped = 0  # in all
        self._entries: list[LibraryEntry] = []
        self._problems: list[str] = []
        self._page_dropped = 0
        self._seen: set[tuple[EntryKind, str]] = set()

    def take(self, rows: Iterable[Row]) -> None:
        """Take rows in."""
        for row in rows:
            self.done += 1
            self._tell(row.problems)
            entry = row.entry
            if entry is None:
                self._drop()
            elif (key := (entry.kind, entry.own_id)) in self._seen:
                self._drop()
                self._tell((f"{entry.kind} {entry.own_id}: it is listed twice",))
            else:
                self._seen.add(key)
                self._entries.append(entry)

    def _drop(self) -> None:
        self.dropped += 1
        self._page_dropped += 1

    def _tell(self, problems: Iterable[str]) -> None:
        room = _MAX_PROBLEMS - len(self._problems)
        self._problems += list(problems)[:room]

    @property
    def waiting(self) -> int:
        """Return how many entries are not in a page yet."""
        return len(self._entries)

    @property
    def is_empty(self) -> bool:
        """Return whether there is nothing to tell."""
        return not (self._entries or self._problems or self._page_dropped)

    def page(
        self,
        total: int | None,
        *,
        removed: Sequence[tuple[EntryKind, str]] = (),
        only: frozenset[str] | None = None,
    ) -> CataloguePage:
        """Return a page of what is waiting."""
        page = CataloguePage(
            entries=tuple(self._entries),
            done=self.done,
            total=None if total is None else max(total, self.done),
            removed=tuple(removed),
            only=only,
            dropped=self._page_dropped,
            problems=tuple(self._problems),
        )
        self._entries, self._problems, self._page_dropped = [], [], 0
        return page

    def pages(self, rows: Sequence[Row], total: int | None) -> Iterator[CataloguePage]:
        """Yield a list that was read at once, in pages."""
        for start in range(0, len(rows), PAGE_SIZE):
            self.take(rows[start : start + PAGE_SIZE])
            yield self.page(total)


def usable(rows: Sequence[Row]) -> Sequence[Row]:
    """Return a whole list; one without any usable element is another format, not an empty list."""
    if rows and all(row.entry is None for row in rows):
        raise BadAnswer("the list has no usable entry")
    return rows


def changes_since(server_time: datetime | None, now: datetime) -> datetime:
    """Return from when on to ask for changes next time, by the service's own clock."""
    return server_time - _OVERLAP if server_time is not None else now - _BLIND_OVERLAP


def is_older(moment: JsonValue, now: datetime, age: timedelta) -> bool:
    """Return whether a stored time is unknown, in the future, or further back than `age`."""
    found = as_datetime(moment)
    return found is None or not timedelta() <= now - found < age
