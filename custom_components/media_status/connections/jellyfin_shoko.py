"""Read the ids by which Shokofin marks items in Jellyfin, and find items by them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
import re
from typing import NamedTuple

from ..clients.jellyfin import LibraryItem

EPISODE_TYPE = "Episode"

_NUMBER = re.compile(r"[0-9]+")
# Shokofin's virtual file system names series and files before any metadata is there.
_PATH_MARK = re.compile(r"\[Shoko (Series|Episode|File)=([0-9]+(?:,[0-9]+)*)\]", re.IGNORECASE)
_KINDS = ("series", "episode", "file")
_CUSTOM = re.compile(r"shoko://(series|episode|file)/([0-9]+)")
_CUSTOM_PART = re.compile(r"[?&](seriesId|episodeIds)=([0-9]+(?:,[0-9]+)*)")
_CUSTOM_NAMES = {"seriesId": "series", "episodeIds": "episode"}


class Mark(NamedTuple):
    """One number that names items: `series`, `episode`, `file` (Shoko's), `anidb`, `anime`."""

    kind: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShokoIds:
    """What Shokofin says an item is. Numbers are text and compared as such.

    `anidb` is an episode's own number on episodes, the anime's on everything else.
    """

    series: frozenset[str] = frozenset()
    episodes: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    path_files: frozenset[str] = frozenset()  # those that a path names
    told_files: frozenset[str] = frozenset()  # those that the metadata names
    anidb: str | None = None
    is_marked: bool = False  # Shokofin made it, also where no number can be read


NO_IDS = ShokoIds()


def shoko_ids(item: LibraryItem) -> ShokoIds:
    """Return the ids that an item's metadata and paths name."""
    told = item.provider_ids
    paths = tuple(path for path in (item.path, *item.media_source_paths) if path and "[" in path)
    anidb, custom = told.get("anidb"), told.get("custom")
    values = (told.get("shoko series"), told.get("shoko episode"), told.get("shoko file"))
    if anidb is None and custom is None and not any(values) and not paths:
        return NO_IDS  # as most of most libraries
    return _read(values, custom, anidb, paths)


@lru_cache(maxsize=8192)
def _read(
    values: tuple[str | None, ...], custom: str | None, anidb: str | None, paths: tuple[str, ...]
) -> ShokoIds:
    """Return the ids; hundreds of episodes are looked at several times in every survey."""
    told = {kind: set(_numbers(value)) for kind, value in zip(_KINDS, values, strict=True)}
    in_path: dict[str, set[str]] = {kind: set() for kind in _KINDS}
    is_marked = any(values)
    if match := _CUSTOM.match(custom or ""):
        is_marked = True
        told[match[1]].add(match[2])
        for name, numbers in _CUSTOM_PART.findall(custom or ""):
            told[_CUSTOM_NAMES[name]].update(numbers.split(","))
    for kind, numbers in (found for path in paths for found in _PATH_MARK.findall(path)):
        is_marked = True
        in_path[kind.lower()].update(numbers.split(","))
    return ShokoIds(
        series=frozenset(told["series"] | in_path["series"]),
        episodes=frozenset(told["episode"] | in_path["episode"]),
        files=frozenset(told["file"] | in_path["file"]),
        path_files=frozenset(in_path["file"]),
        told_files=frozenset(told["file"]),
        anidb=next(iter(_numbers(anidb)), None),
        is_marked=is_marked,
    )


def _numbers(text: str | None) -> list[str]:
    """Return the numbers of a list; with letters in front they are another space's."""
    parts = [part.strip() for part in text.split(",")] if text else []
    return [part for part in parts if _NUMBER.fullmatch(part)]


def marks_of(item: LibraryItem) -> set[Mark]:
    """Return what an item can be found by; anime's numbers only name pages and seasons."""
    ids = shoko_ids(item)
    marks = {Mark("file", number) for number in ids.files}
    marks |= {Mark("episode", number) for number in ids.episodes}
    if item.type == EPISODE_TYPE and ids.anidb is not None:
        marks.add(Mark("anidb", ids.anidb))
    return marks


def page_marks_of(item: LibraryItem) -> set[Mark]:
    """Return what a series or a season names its series' page by."""
    ids = shoko_ids(item)
    marks = {Mark("series", number) for number in ids.series}
    if ids.anidb is not None:
        marks.add(Mark("anime", ids.anidb))
    return marks


@dataclass(slots=True)
class MarkIndex:
    """Find things by marks, each of them by several."""

    _found: dict[Mark, set[str]] = field(default_factory=dict)
    _of: dict[str, set[Mark]] = field(default_factory=dict)

    def put(self, name: str, marks: set[Mark]) -> None:
        """Add something, or replace what it was found by."""
        self.drop(name)
        if not marks:
            return
        self._of[name] = marks
        for mark in marks:
            self._found.setdefault(mark, set()).add(name)

    def drop(self, name: str) -> None:
        """Forget something."""
        for mark in self._of.pop(name, ()):
            found = self._found[mark]
            found.discard(name)
            if not found:
                del self._found[mark]

    def find(self, marks: Iterable[Mark]) -> set[str]:
        """Return everything that has one of the marks."""
        return set().union(*(self._found.get(mark, ()) for mark in marks))
