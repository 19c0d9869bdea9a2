"""What Radarr and Sonarr see on their disk, and what that proves.

Their view of a folder is a list of names; one that is missing, unreadable or empty is an empty
list all the same. So an absence counts only when something else was seen where the name should be.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
import re
import unicodedata

from .errors import BadAnswer
from .readers import JsonObject, JsonValue, as_int, as_objects, as_str

_WINDOWS = re.compile(r"[a-z]:\\|\\\\", re.IGNORECASE)
# Folders with such names are left out of every list.
_HIDDEN = frozenset(
    {
        "$recycle.bin",
        ".@__thumb",
        ".fseventd",
        ".spotlight",
        ".trashes",
        ".vol",
        "@eadir",
        "boot",
        "bootmgr",
        "cache",
        "cachedmessages",
        "caches",
        "msocache",
        "recovery",
        "recycler",
        "system volume information",
        "temporary internet files",
        "trash",
        "windows",
    }
)


class Presence(StrEnum):
    """Say whether a path is there; unknown is not gone."""

    PRESENT = "present"
    ABSENT = "absent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class PathState:
    """What is known of a path; `size` in bytes is told of files only.

    `reason` says why nothing is known: `outside_root`, `root_empty` (or not mounted),
    `hidden_name`.
    """

    presence: Presence
    size: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderView:
    """What a service sees in a folder; names are folded, so that case never hides a file."""

    folders: frozenset[str]
    files: Mapping[str, int | None]

    @property
    def is_empty(self) -> bool:
        """Return whether nothing was seen, which can mean that nothing could be seen."""
        return not self.folders and not self.files


ROOT_EMPTY = "root_empty"
GONE = PathState(presence=Presence.ABSENT)
_FOLDER = PathState(presence=Presence.PRESENT)


def separator(path: str) -> str:
    """Return what parts the names in a path of the service's system."""
    return "\\" if _WINDOWS.match(path) else "/"


def parts_of(path: str) -> tuple[str, ...] | None:
    """Return the folded names of an absolute path; None when it is relative or climbs."""
    mark = separator(path)
    is_absolute = path.startswith("/") or mark == "\\"
    parts = tuple(folded(part) for part in re.split(r"[\\/]" if mark == "\\" else "/", path))
    names = tuple(part for part in parts if part)
    return names if is_absolute and not {".", ".."} & {*names} else None


def folded(name: str) -> str:
    """Return a name in the form in which names are compared."""
    return unicodedata.normalize("NFC", name).casefold()


def folder_view(raw: JsonObject) -> FolderView:
    """Build the view of a folder; BadAnswer when it is none."""
    folders, files = raw.get("directories"), raw.get("files")
    if not isinstance(folders, list) or not isinstance(files, list):
        raise BadAnswer("the view of the folder has an unknown form")
    return FolderView(
        folders=frozenset(name for name, _ in _entries(folders)),
        files=dict(_entries(files)),
    )


def _entries(rows: JsonValue) -> list[tuple[str, int | None]]:
    return [
        (folded(name), as_int(row.get("size")))
        for row in as_objects(rows)
        if (name := as_str(row.get("name")))
    ]


class DiskReader:
    """Judges paths below one root folder, and looks at no folder twice."""

    def __init__(self, root: str, look: Callable[[str], Awaitable[FolderView]]) -> None:
        """Look through `look`, which is given a folder with a separator at its end."""
        self._root = root.rstrip("\\/")
        self._look = look
        self._seen: dict[str, FolderView] = {}

    async def state(self, path: str) -> PathState:
        """Return what is known of a path."""
        path = path.rstrip("\\/")
        root, own = parts_of(self._root), parts_of(path)
        if not root or not own or own[: len(root)] != root or own == root:
            return _unknown("outside_root")
        return await self._state(path, len(own) - len(root))

    async def _state(self, path: str, depth: int) -> PathState:
        """Return what is known of a path that is so many names below the root."""
        parent, _, name = path.rpartition(separator(path))
        name = folded(name)
        view = await self._view(parent)
        if name in view.files:
            return PathState(presence=Presence.PRESENT, size=view.files[name])
        if name in view.folders:
            return _FOLDER
        if name in _HIDDEN and not (await self._view(path)).is_empty:
            return _FOLDER
        if name in _HIDDEN:
            return _unknown("hidden_name")
        if not view.is_empty:
            return GONE
        if depth == 1:
            return _unknown(ROOT_EMPTY)
        above = await self._state(parent, depth - 1)
        # A folder that is seen from above and holds nothing is empty.
        return above if above.presence is Presence.UNKNOWN else GONE

    async def _view(self, folder: str) -> FolderView:
        if folder not in self._seen:
            self._seen[folder] = await self._look(folder + separator(folder))
        return self._seen[folder]


def _unknown(reason: str) -> PathState:
    return PathState(presence=Presence.UNKNOWN, reason=reason)
