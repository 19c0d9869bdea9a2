"""Join what all services have: the films and series, each with everybody who knows it."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
import sqlite3
from types import MappingProxyType

from ..journal_library import PIECE, LibraryRows, SourceState
from ..journal_rows import loads
from ..lifecycle.library import JoinedTitle, Source, TitleRow, joined
from ..lifecycle.model import MediaType, ProviderIds, Service

_READ_TITLES = """SELECT own_id, tmdb, tvdb, imdb, anidb, shoko, title, year, file, present, round,
    details FROM library_entries
WHERE source = ? AND kind = ? AND own_id > ? ORDER BY own_id LIMIT ?"""
_COUNT_EPISODES = """SELECT series_id, coalesce(sum(present), 0)
FROM library_entries INDEXED BY library_series
WHERE source = ? AND series_id > ? GROUP BY series_id ORDER BY series_id LIMIT ?"""
_READ_FILES = """SELECT own_id, series_id, anidb, shoko, tmdb, title, path, file, round, details
FROM library_entries WHERE source = ? AND kind = 'file' AND own_id > ? ORDER BY own_id LIMIT ?"""
_FIND_FILE = """SELECT source, kind, coalesce(series_id, own_id) FROM library_entries
WHERE file = ? AND kind IN ('movie', 'episode')"""


@dataclass(slots=True, kw_only=True)
class TitleEntry:
    """A film or series as one service has it. `count` is how many files or episodes are there."""

    source: Source
    media_type: MediaType
    ids: ProviderIds = field(default_factory=ProviderIds)
    anidb: int | None = None
    shoko: int | None = None
    title: str | None = None
    year: int | None = None
    file: str | None = None
    count: int = 0
    is_unclear: bool = False  # not seen in the last read, which was not quite readable
    details: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_there(self) -> bool:
        """Return whether some of it can be watched, or is on the disk."""
        return self.count > 0 and not self.is_unclear


@dataclass(slots=True, kw_only=True)
class Group:
    """A title over all services. Titles of one cluster share files."""

    joined: JoinedTitle
    entries: list[TitleEntry]
    cluster: int

    def of(self, service: Service) -> list[TitleEntry]:
        """Return what a kind of service has of it."""
        return [entry for entry in self.entries if entry.source.service is service]

    @property
    def title(self) -> str | None:
        """Return its name, as the manager calls it where there is one."""
        return next((entry.title for entry in self.entries if entry.title), None)

    @property
    def year(self) -> int | None:
        """Return its year, where somebody knows it."""
        return next((entry.year for entry in self.entries if entry.year), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class LooseFile:
    """A file that Shoko could not match."""

    connection_id: str
    own_id: str
    title: str | None
    path: str | None


@dataclass(slots=True, kw_only=True)
class Library:
    """All titles, and how to find them."""

    groups: list[Group] = field(default_factory=list)
    loose: list[LooseFile] = field(default_factory=list)
    by_id: dict[tuple[MediaType, str, str], Group] = field(default_factory=dict)
    by_own: dict[tuple[str, MediaType, str], Group] = field(default_factory=dict)
    clusters: list[list[Group]] = field(default_factory=list)

    def cluster(self, group: Group) -> list[Group]:
        """Return a title with those that share files with it."""
        return self.clusters[group.cluster]

    async def dissolve(self) -> None:
        """Let go of everything in a thread, piece by piece: at once it would hold the loop."""
        await asyncio.to_thread(self._dissolve)

    def _dissolve(self) -> None:
        for names in (self.by_id, self.by_own):
            while names:
                names.popitem()
        while self.clusters:
            self.clusters.pop()
        while self.groups:
            self.groups.pop()


# The manager knows a title's name best, then who was asked for it.
_ORDER = (
    Service.RADARR,
    Service.SONARR,
    Service.SEERR,
    Service.JELLYFIN,
    Service.SHOKO,
)
_NOTHING: Mapping[str, str] = MappingProxyType({})
type _Key = tuple[str, MediaType, str]  # connection, kind of title, own id


@dataclass(slots=True, kw_only=True)
class _Gathered:
    """What was read of the tables."""

    entries: list[TitleEntry] = field(default_factory=list)
    loose: list[LooseFile] = field(default_factory=list)
    links: set[tuple[_Key, _Key]] = field(default_factory=set)


async def load(rows: LibraryRows, states: Iterable[SourceState]) -> Library:
    """Read all titles in small pieces, and join them off the event loop; raise JournalError."""
    gathered = _Gathered()
    known = {state.number: state for state in states}
    for state in known.values():
        if state.service is Service.SHOKO:
            await _load_files(rows, state, known, gathered)
        else:
            await _load_titles(rows, state, gathered)
    return await asyncio.to_thread(_joined, gathered)


async def _load_titles(rows: LibraryRows, state: SourceState, gathered: _Gathered) -> None:
    counts: dict[str, int] = {}
    place = ""
    while piece := await rows.read(partial(_read_counts, number=state.number, after=place)):
        counts.update(piece)
        place = piece[-1][0]
    for media_type in MediaType:
        place = ""
        while found := await rows.read(
            partial(_read_titles, state=state, media_type=media_type, after=place)
        ):
            place = found[-1].source.own_id
            for entry in found:
                if media_type is MediaType.SERIES and state.service is not Service.SEERR:
                    entry.count = counts.get(entry.source.own_id, 0)
            gathered.entries += found


def _read_counts(
    connection: sqlite3.Connection, *, number: int, after: str
) -> list[tuple[str, int]]:
    return connection.execute(_COUNT_EPISODES, (number, after, PIECE)).fetchall()


def _read_titles(
    connection: sqlite3.Connection, *, state: SourceState, media_type: MediaType, after: str
) -> list[TitleEntry]:
    place = (state.number, media_type.value, after, PIECE)
    return [
        TitleEntry(
            source=Source(state.connection_id, state.service, own_id),
            media_type=media_type,
            # TVDB's numbers of films mean nothing.
            ids=ProviderIds(
                tmdb=tmdb, tvdb=tvdb if media_type is MediaType.SERIES else None, imdb=imdb
            ),
            anidb=anidb,
            shoko=shoko,
            title=title,
            year=year,
            file=file,
            count=present or 0,
            is_unclear=round_ < state.round,
            details=_details(details),
        )
        for own_id, tmdb, tvdb, imdb, anidb, shoko, title, year, file, present, round_, details in (
            connection.execute(_READ_TITLES, place)
        )
    ]


def _details(raw: str | None) -> Mapping[str, str]:
    found = loads(raw) if raw else None
    if not isinstance(found, dict):
        return _NOTHING
    return {key: value for key, value in found.items() if isinstance(value, str)}


async def _load_files(
    rows: LibraryRows,
    state: SourceState,
    known: Mapping[int, SourceState],
    gathered: _Gathered,
) -> None:
    """Put Shoko's files together to series, and see whose files they are."""
    series: dict[tuple[MediaType, str], TitleEntry] = {}
    place = ""
    while piece := await rows.read(partial(_read_files, number=state.number, after=place)):
        place = piece[-1].own_id
        for file in piece:
            if file.series_id is None or file.details.get("match") == "unmatched":
                if file.details.get("match") == "unmatched" and file.round == state.round:
                    gathered.loose.append(
                        LooseFile(
                            connection_id=state.connection_id,
                            own_id=file.own_id,
                            title=file.title,
                            path=file.path,
                        )
                    )
                continue
            for media_type in file.media_types(known):
                entry = series.setdefault(
                    (media_type, file.series_id), _shoko_entry(state, file, media_type)
                )
                entry.count += 1
                mine: _Key = (state.connection_id, media_type, file.series_id)
                gathered.links |= {
                    (mine, (known[number].connection_id, media_type, own_id))
                    for number, kind, own_id in file.found
                    if number in known and _TYPES[kind] is media_type
                }
    gathered.entries += series.values()


_TYPES = {"movie": MediaType.MOVIE, "episode": MediaType.SERIES}


@dataclass(slots=True, kw_only=True)
class _File:
    """A file of Shoko's, and in whose hands it is."""

    own_id: str
    series_id: str | None
    anidb: int | None
    shoko: int | None
    tmdb: int | None
    title: str | None
    path: str | None
    round: int
    details: Mapping[str, str]
    found: list[tuple[int, str, str]]

    def media_types(self, known: Mapping[int, SourceState]) -> set[MediaType]:
        """Return whether it belongs to a film or a series, or to both."""
        types = {_TYPES[kind] for number, kind, _ in self.found if number in known}
        if self.details.get("tmdb_movies"):
            types.add(MediaType.MOVIE)
        if self.tmdb is not None or not types:
            types.add(MediaType.SERIES)
        return types


def _read_files(connection: sqlite3.Connection, *, number: int, after: str) -> list[_File]:
    files = []
    for row in connection.execute(_READ_FILES, (number, after, PIECE)).fetchall():
        own_id, series_id, anidb, shoko, tmdb, title, path, file, round_, details = row
        found = connection.execute(_FIND_FILE, (file,)).fetchall() if file else []
        files.append(
            _File(
                own_id=own_id,
                series_id=series_id,
                anidb=anidb,
                shoko=shoko,
                tmdb=tmdb,
                title=title,
                path=path,
                round=round_,
                details=_details(details),
                found=found,
            )
        )
    return files


def _shoko_entry(state: SourceState, file: _File, media_type: MediaType) -> TitleEntry:
    tmdb = file.tmdb
    if media_type is MediaType.MOVIE:
        films = file.details.get("tmdb_movies", "").split(",")
        tmdb = int(films[0]) if len(films) == 1 and films[0].isdecimal() else None
    return TitleEntry(
        source=Source(state.connection_id, state.service, file.series_id or ""),
        media_type=media_type,
        ids=ProviderIds(tmdb=tmdb),
        anidb=file.anidb,
        shoko=file.shoko,
    )


def _joined(gathered: _Gathered) -> Library:
    """Join the titles by exact ids and files, and see which of them share files."""
    library = Library(loose=gathered.loose)
    entries = {_key(entry): entry for entry in gathered.entries}
    titles = [*_by_type(gathered.entries, MediaType.MOVIE)]
    titles += _by_type(gathered.entries, MediaType.SERIES)
    for title in titles:
        known = [
            entries[source.connection_id, title.media_type, source.own_id]
            for source in title.sources
        ]
        known.sort(key=lambda entry: _ORDER.index(entry.source.service))
        group = Group(joined=title, entries=known, cluster=len(library.groups))
        library.groups.append(group)
        for entry in known:
            library.by_own[_key(entry)] = group
            for name, value in entry.ids.pairs():
                library.by_id[title.media_type, name, value] = group
    _cluster(library, gathered.links)
    return library


def _key(entry: TitleEntry) -> _Key:
    return (entry.source.connection_id, entry.media_type, entry.source.own_id)


def _by_type(entries: Iterable[TitleEntry], media_type: MediaType) -> Iterator[JoinedTitle]:
    """Yield the joined titles of one kind: an own id may name a film and a series."""
    return iter(
        joined(
            TitleRow(
                source=entry.source,
                media_type=media_type,
                ids=entry.ids,
                anidb=entry.anidb,
                shoko=entry.shoko,
                files=((entry.file,),) if entry.file else (),
            )
            for entry in entries
            if entry.media_type is media_type
        )
    )


def _cluster(library: Library, links: Iterable[tuple[_Key, _Key]]) -> None:
    """Number the clusters of titles that share files."""
    parent = list(range(len(library.groups)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    for one, other in links:
        if one in library.by_own and other in library.by_own:
            first = root(library.by_own[one].cluster)
            second = root(library.by_own[other].cluster)
            parent[max(first, second)] = min(first, second)
    numbers: dict[int, int] = {}
    for index, group in enumerate(library.groups):
        number = numbers.setdefault(root(index), len(numbers))
        if number == len(library.clusters):
            library.clusters.append([])
        library.clusters[number].append(group)
        group.cluster = number
