"""Define the library index: what every service has, kept apart by source and joined exactly.

Nothing here is a request. Two entries are the same thing only by the same provider id of the same
type, or by the same file; never by a title.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from .model import ItemKey, MediaType, ProviderIds, Service
from .paths import tail


class EntryKind(StrEnum):
    """Name what an entry is."""

    MOVIE = "movie"
    SERIES = "series"
    EPISODE = "episode"
    FILE = "file"  # of Shoko: what it holds is told by its ids


@dataclass(slots=True, kw_only=True)
class LibraryEntry:
    """One thing as one service has it. An episode's `ids` are the episode's own.

    `present` says that there is a file (Radarr, Sonarr, Shoko), that it can be played (Jellyfin) or
    that it is believed to be there (Seerr); None where the service did not say. Not frozen: there
    are a hundred thousand of them, and each would take twice as long to build.
    """

    kind: EntryKind
    own_id: str
    series_id: str | None = None  # the service's own id of the series
    item: ItemKey | None = None
    ids: ProviderIds = field(default_factory=ProviderIds)
    anidb: int | None = None
    shoko: int | None = None
    title: str | None = None
    year: int | None = None
    path: str | None = None
    size: int | None = None  # bytes
    present: bool | None = None
    poster: str | None = None  # the service's own reference of its picture, no address
    details: Mapping[str, str] = field(default_factory=dict)  # e.g. Seerr's request ids

    @property
    def media_type(self) -> MediaType:
        """Return the space in which the provider ids of its title are numbers."""
        return MediaType.MOVIE if self.kind is EntryKind.MOVIE else MediaType.SERIES


@dataclass(frozen=True, slots=True, kw_only=True)
class CataloguePage:
    """A part of what a service has. Unusable elements are counted, and named where they can be."""

    entries: tuple[LibraryEntry, ...]
    done: int  # elements read so far, of
    total: int | None  # all there are, where the service says so
    # What an incremental read found to be gone, before the entries come; a series goes with its
    # episodes.
    removed: tuple[tuple[EntryKind, str], ...] = ()
    only: frozenset[str] | None = None  # if told: all own ids that there are, the rest is gone
    dropped: int = 0
    problems: tuple[str, ...] = ()  # in words for people, without addresses


@dataclass(frozen=True, slots=True)
class Source:
    """Where a title is known: which connection's own id of it."""

    connection_id: str
    service: Service
    own_id: str


@dataclass(slots=True, kw_only=True)
class JoinedTitle:
    """A film or series over all services that have it."""

    media_type: MediaType
    ids: ProviderIds
    sources: list[Source] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)  # ids on which the sources disagree


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleRow:
    """What joining needs to know of a film or series; small, as there are many thousands."""

    source: Source
    media_type: MediaType
    ids: ProviderIds
    anidb: int | None = None
    shoko: int | None = None
    files: tuple[tuple[str, ...], ...] = ()  # folder and name of its files


def joined(rows: Iterable[TitleRow]) -> list[JoinedTitle]:
    """Return the titles, each with all its sources, whatever the order of the rows.

    Rows are joined by any shared provider id of the same type, and by a shared file. Ids on which
    joined rows disagree are named, and none of them is taken.
    """
    ordered = sorted(rows, key=lambda row: (row.source.connection_id, row.source.own_id))
    parent = list(range(len(ordered)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    first: dict[tuple[str, ...], int] = {}
    for index, row in enumerate(ordered):
        for key in _keys(row):
            other = first.setdefault(key, index)
            parent[max(root(index), root(other))] = min(root(index), root(other))
    groups: dict[int, list[TitleRow]] = {}
    for index, row in enumerate(ordered):
        groups.setdefault(root(index), []).append(row)
    return [_title(group) for _, group in sorted(groups.items())]


def _keys(row: TitleRow) -> Iterator[tuple[str, ...]]:
    kind = row.media_type.value
    for provider, number in row.ids.pairs():
        yield (kind, provider, number)
    if row.anidb is not None:
        yield (kind, "anidb", str(row.anidb))
    if row.shoko is not None:
        yield (kind, "shoko", str(row.shoko))
    for file in row.files:
        yield (kind, "file", *file)


def _title(rows: list[TitleRow]) -> JoinedTitle:
    """Return one title, with the ids on which all sources agree that have one."""
    merged: dict[str, str | int | None] = {}
    conflicts: list[str] = []
    for name in ("tmdb", "tvdb", "imdb"):
        said = {value for row in rows if (value := getattr(row.ids, name)) is not None}
        merged[name] = said.pop() if len(said) == 1 else None
        if said:
            conflicts.append(name)
    tmdb, tvdb, imdb = merged["tmdb"], merged["tvdb"], merged["imdb"]
    return JoinedTitle(
        media_type=rows[0].media_type,
        ids=ProviderIds(
            tmdb=tmdb if isinstance(tmdb, int) else None,
            tvdb=tvdb if isinstance(tvdb, int) else None,
            imdb=imdb if isinstance(imdb, str) else None,
        ),
        sources=[row.source for row in rows],
        conflicts=conflicts,
    )


def file_key(path: str | None) -> tuple[str, ...]:
    """Return what tells a file over services that mount the library elsewhere; empty if unknown."""
    return tail(path) if path else ()
