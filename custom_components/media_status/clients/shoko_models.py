"""What Shoko answers: files and what they are, episodes, folders, the queue (v5 and v6)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from .readers import (
    JsonObject,
    JsonValue,
    as_bool,
    as_datetime,
    as_dict,
    as_id,
    as_ids,
    as_int,
    as_list,
    as_objects,
    as_str,
    as_text,
)


class Dialect(IntEnum):
    """Name the forms in which the versions speak."""

    V5 = 5
    V6 = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class ShokoInfo:
    """Which server answers, and whether the key belongs to an administrator."""

    version: str
    dialect: Dialect
    is_admin: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossReference:
    """An episode that a file holds; Shoko's own ids are None until it has made the series."""

    anidb_anime: int
    anidb_episode: int
    series: int | None = None
    episode: int | None = None
    label: str | None = None  # AniDB's numbering: "5", "S1"; only lists of episodes tell
    tmdb: tuple[int, ...] = ()  # TMDB's ids of it: episodes', or else films'


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLocation:
    """A place of a file; `path` is relative to its folder and begins with no separator."""

    folder: int | None
    path: str
    is_accessible: bool
    absolute: str | None = None  # as Shoko sees it; only where it was asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class ShokoFile:
    """A file by its content.

    `references` is None where the answer does not tell them, empty for a file that is not matched.
    """

    id: int
    size: int | None
    is_hashed: bool
    locations: tuple[FileLocation, ...]
    references: tuple[CrossReference, ...] | None
    created: datetime | None
    is_ignored: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FileState:
    """What Shoko still has of a file: its record, and the places of it that can be reached."""

    is_known: bool
    places: int
    reachable: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShokoEpisode:
    """An episode with the files that hold it."""

    id: int
    series: int | None
    anidb: int
    label: str | None
    tmdb: tuple[int, ...]
    files: tuple[ShokoFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileList:
    """The newest files of a list; `is_complete` is False when there are more."""

    files: tuple[ShokoFile, ...]
    is_complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShokoFolder:
    """An import folder (v6: managed folder); `path` is as Shoko sees it."""

    id: int
    name: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShokoQueue:
    """How much Shoko still has to do."""

    is_running: bool
    total: int

    @property
    def is_busy(self) -> bool:
        """Return whether something is worked on or waits."""
        return self.total > 0


def server_version(raw: JsonValue) -> str | None:
    """Return the server's version from `Init/Version`; early 4.x listed its components."""
    if isinstance(raw, list):
        for part in as_objects(raw):
            if part.get("Name") == "Server":
                return as_str(part.get("Version"))
        return None
    return as_str(as_dict(as_dict(raw).get("Server")).get("Version"))


def major_version(version: str) -> int | None:
    """Return the first number of a version such as `5.3.3.0` or `v6.0.0-dev.425`."""
    return as_id(version.lstrip("vV").partition(".")[0])


def build_file(raw: JsonObject) -> ShokoFile | None:
    """Return a file, None when it has no id."""
    number = as_id(raw.get("ID"))
    if number is None:
        return None
    return ShokoFile(
        id=number,
        size=as_int(raw.get("Size")),
        is_hashed=_is_hashed(raw),
        locations=tuple(_locations(raw)),
        references=_references(raw.get("SeriesIDs")),
        created=as_datetime(raw.get("Created")),
        is_ignored=as_bool(raw.get("IsIgnored")) is True,
    )


def _is_hashed(raw: JsonObject) -> bool:
    """Return whether the content is known; an answer without hashes at all says nothing else."""
    hashes = raw.get("Hashes")
    if isinstance(hashes, list):
        return any(
            as_text(entry.get("Type")).upper() == "ED2K" and as_str(entry.get("Value")) is not None
            for entry in as_objects(hashes)
        )
    return not isinstance(hashes, dict) or as_str(hashes.get("ED2K")) is not None


def _locations(raw: JsonObject) -> Iterator[FileLocation]:
    for entry in as_objects(raw.get("Locations")):
        path = entry.get("RelativePath")
        if isinstance(path, str) and path:
            folder = as_id(entry.get("ImportFolderID")) or as_id(entry.get("ManagedFolderID"))
            yield FileLocation(
                folder=folder,
                path=path.lstrip("/\\"),
                is_accessible=as_bool(entry.get("IsAccessible")) is not False,
                absolute=as_str(entry.get("AbsolutePath")),
            )


def _references(raw: JsonValue) -> tuple[CrossReference, ...] | None:
    """Return what a file is; None when that is not said, or said in a form we do not know."""
    if not isinstance(raw, list):
        return None
    found = tuple(reference for entry in as_objects(raw) for reference in _of_series(entry))
    return None if raw and not found else found


def _of_series(raw: JsonObject) -> Iterator[CrossReference]:
    series = as_dict(raw.get("SeriesID"))
    anime = as_id(series.get("AniDB"))
    for entry in as_objects(raw.get("EpisodeIDs")):
        episode = as_id(entry.get("AniDB"))
        if anime is not None and episode is not None:
            yield CrossReference(
                anidb_anime=anime,
                anidb_episode=episode,
                series=as_id(series.get("ID")),
                episode=as_id(entry.get("ID")),
                tmdb=_tmdb(entry.get("TMDB")),
            )


def _tmdb(raw: JsonValue) -> tuple[int, ...]:
    """Return TMDB's ids of an episode, of the film where it is one; they are separate numbers."""
    ids = as_dict(raw)
    return tuple(sorted(as_ids(ids.get("Episode")) or as_ids(ids.get("Movie"))))


# AniDB's letters for what is no ordinary episode, by Shoko's words of both versions.
_LETTERS = {
    "normal": "",
    "episode": "",
    "special": "S",
    "themesong": "C",
    "openingsong": "C",
    "endingsong": "C",
    "credits": "C",
    "trailer": "T",
    "parody": "P",
    "other": "O",
}


def build_episode(raw: JsonObject) -> ShokoEpisode | None:
    """Return an episode with its files, None when it has no ids."""
    ids = as_dict(raw.get("IDs"))
    number, anidb = as_id(ids.get("ID")), as_id(ids.get("AniDB"))
    if number is None or anidb is None:
        return None
    files = (build_file(entry) for entry in as_objects(raw.get("Files")))
    return ShokoEpisode(
        id=number,
        series=as_id(ids.get("ParentSeries")),
        anidb=anidb,
        label=_label(as_dict(raw.get("AniDB"))),
        tmdb=_tmdb(ids.get("TMDB")),
        files=tuple(file for file in files if file is not None),
    )


def _label(raw: JsonObject) -> str | None:
    letter = _LETTERS.get(as_text(raw.get("Type")).lower())
    number = as_id(raw.get("EpisodeNumber"))
    return None if letter is None or number is None else f"{letter}{number}"


def build_folder(raw: JsonObject) -> ShokoFolder | None:
    """Return a folder, None when it has no id or no path."""
    number, path = as_id(raw.get("ID")), as_str(raw.get("Path"))
    if number is None or path is None:
        return None
    return ShokoFolder(id=number, name=as_text(raw.get("Name")), path=path)


def build_queue(raw: JsonObject) -> ShokoQueue | None:
    """Return the state of the queue, as a REST answer or an event tells it."""
    counts = [as_int(raw.get(name)) for name in ("WaitingCount", "BlockedCount", "TotalCount")]
    if all(count is None for count in counts):
        return None
    waiting, blocked, total = (max(count or 0, 0) for count in counts)
    executing = len(as_list(raw.get("CurrentlyExecuting")))
    return ShokoQueue(
        is_running=as_bool(raw.get("Running")) is not False,
        total=max(total, waiting + blocked + executing),
    )
