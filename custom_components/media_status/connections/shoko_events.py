"""Read the events of Shoko's hub: which there are in v5 and v6, and what their arguments say."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from ..clients.readers import as_bool, as_dict, as_id, as_ids, as_int, as_objects, as_text
from ..clients.shoko import CrossReference
from ..lifecycle.model import JsonObject, JsonValue
from .text import path_text


class Word(Enum):
    """Say what an event is about, over both versions' names."""

    DETECTED = auto()
    HASHED = auto()
    MATCHED = auto()
    NOT_MATCHED = auto()
    RELOCATED = auto()
    DELETED = auto()
    RELEASE_SAVED = auto()
    RELEASE_REMOVED = auto()
    SEARCHED = auto()
    METADATA = auto()
    FOLDERS = auto()
    QUEUE = auto()
    IGNORED = auto()


# Targets differ in case between versions and forks; they are compared without it.
_WORDS = {
    "shokoevent:onconnected": Word.IGNORED,
    "shokoevent:filedetected": Word.DETECTED,
    "shokoevent:filehashed": Word.HASHED,
    "shokoevent:filematched": Word.MATCHED,
    "shokoevent:filenotmatched": Word.NOT_MATCHED,
    "shokoevent:filemoved": Word.RELOCATED,
    "shokoevent:filerenamed": Word.RELOCATED,
    "shokoevent:filedeleted": Word.DELETED,
    "shokoevent:seriesupdated": Word.METADATA,
    "shokoevent:episodeupdated": Word.METADATA,
    "shokoevent:movieupdated": Word.METADATA,
    "queue:onconnected": Word.QUEUE,
    "queue:queuestatechanged": Word.QUEUE,
    "queue:connected": Word.QUEUE,
    "queue:state.changed": Word.QUEUE,
    "file:detected": Word.DETECTED,
    "file:hashed": Word.HASHED,
    "file:relocated": Word.RELOCATED,
    "file:deleted": Word.DELETED,
    "release:saved": Word.RELEASE_SAVED,
    "release:removed": Word.RELEASE_REMOVED,
    "release:search.completed": Word.SEARCHED,
    "release:search.started": Word.IGNORED,
}
# Whole families: "metadata:series.added" and all its sisters.
_FAMILIES = {
    "metadata:": Word.METADATA,
    "managedfolder:": Word.FOLDERS,
    "anidb:": Word.IGNORED,
    "avdump:": Word.IGNORED,
    "configuration:": Word.IGNORED,
    "feed:": Word.IGNORED,
    "group:": Word.IGNORED,
    "network:": Word.IGNORED,
    "plugin:": Word.IGNORED,
    "queue:": Word.IGNORED,
    "user:": Word.IGNORED,
    "userdata:": Word.IGNORED,
}
_WRAPPINGS = 3


def word_of(target: str) -> Word | None:
    """Return what an event of this name is about, None when no version known to us has it."""
    name = target.casefold()
    found = _WORDS.get(name)
    if found is not None:
        return found
    family, separator, _ = name.partition(":")
    return _FAMILIES.get(family + separator)


def unwrapped(payload: JsonObject) -> JsonObject:
    """Return the one argument of an invocation, which may be wrapped in one more list."""
    value: JsonValue = payload.get("arguments")
    for _ in range(_WRAPPINGS):
        if isinstance(value, list) and value:
            value = value[0]
    return as_dict(value)


def argument(payload: JsonObject) -> JsonObject:
    """Return the one argument of an invocation, its members' names without case."""
    return folded(unwrapped(payload))


def folded(value: JsonValue) -> JsonObject:
    """Return an object with lower-case names; an empty one for anything else."""
    return {key.lower(): entry for key, entry in as_dict(value).items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileWord:
    """What an event says about a file.

    Paths are relative to their folders. `is_linked` is True when Shoko says that the file is
    something, even where it does not say what, False when it is nothing, None when that is open.
    """

    file_id: int | None
    folder: int | None
    path: str | None
    previous_folder: int | None
    previous: str | None
    references: tuple[CrossReference, ...]
    is_linked: bool | None
    attempts: int | None
    is_banned: bool


def file_word(raw: JsonObject) -> FileWord:
    """Return what an event of a file says, with None for whatever it does not tell."""
    path = path_text(raw.get("relativepath"))
    listed = raw.get("crossreferences", raw.get("crossrefs"))
    references = tuple(_references(listed))
    return FileWord(
        file_id=as_id(raw.get("fileid")),
        folder=as_id(raw.get("managedfolderid")) or as_id(raw.get("importfolderid")),
        path=path,
        previous_folder=as_id(raw.get("previousmanagedfolderid"))
        or as_id(raw.get("previousimportfolderid")),
        previous=path_text(raw.get("previousrelativepath")) or _before_renaming(raw, path),
        references=references,
        is_linked=_is_linked(listed, as_bool(raw.get("hascrossreferences"))),
        attempts=as_int(raw.get("automatchattempts")),
        is_banned=as_bool(raw.get("isudpbanned")) is True,
    )


def _before_renaming(raw: JsonObject, path: str | None) -> str | None:
    """Return the path of before a renaming, which tells only the name."""
    name = path_text(raw.get("previousfilename"))
    if name is None or path is None:
        return None
    cut = max(path.rfind("/"), path.rfind("\\")) + 1
    return path[:cut] + name


def _is_linked(listed: JsonValue, stated: bool | None) -> bool | None:
    if stated is not None:
        return stated or (bool(listed) if isinstance(listed, list) else False)
    if isinstance(listed, bool):
        return listed
    return bool(listed) if isinstance(listed, list) else None


def _references(listed: JsonValue) -> Iterator[CrossReference]:
    for entry in map(folded, as_objects(listed)):
        anime, episode = as_id(entry.get("anidbanimeid")), as_id(entry.get("anidbepisodeid"))
        if anime is not None and episode is not None:
            yield CrossReference(
                anidb_anime=anime,
                anidb_episode=episode,
                series=as_id(entry.get("seriesid")),
                episode=as_id(entry.get("episodeid")),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseWord:
    """What an event says about the release of a file: AniDB's ids only, and no path."""

    file_id: int | None
    references: tuple[CrossReference, ...]
    has_release: bool
    is_saved: bool
    is_conclusive: bool  # a search that was through: not cancelled, not failed


def release_word(raw: JsonObject) -> ReleaseWord:
    """Return what an event of a release, or of a search for one, says."""
    release = raw.get("release", raw.get("releaseinfo"))
    return ReleaseWord(
        file_id=as_id(raw.get("fileid")),
        references=tuple(_released(as_dict(release).get("CrossReferences"))),
        has_release=isinstance(release, dict),
        is_saved=as_bool(raw.get("issaved")) is True,
        is_conclusive=as_bool(raw.get("iscancelled")) is not True
        and not as_text(raw.get("exceptionmessage")),
    )


def _released(listed: JsonValue) -> Iterator[CrossReference]:
    for entry in as_objects(listed):
        ids = folded(entry.get("ProviderIDs"))
        anime, episode = as_id(ids.get("anidb_anime")), as_id(ids.get("anidb_episode"))
        if anime is not None and episode is not None:
            yield CrossReference(anidb_anime=anime, anidb_episode=episode)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataWord:
    """Whose metadata changed. `own_series` is an id of `source`."""

    source: str
    reason: str
    own_series: int | None
    series: frozenset[int]  # Shoko's


def metadata_word(raw: JsonObject) -> MetadataWord:
    """Return whose metadata an event says has changed."""
    return MetadataWord(
        source=as_text(raw.get("source")).casefold(),
        reason=as_text(raw.get("reason")).casefold(),
        own_series=as_id(raw.get("seriesid")),
        series=as_ids(raw.get("shokoseriesids")),
    )
