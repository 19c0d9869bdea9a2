"""Tell in which library of Jellyfin a file belongs, from paths that several programs see."""

from collections.abc import Iterable, Sequence
import re

from ..clients.jellyfin import VirtualFolder
from ..lifecycle.model import MediaType

_SEPARATORS = re.compile(r"[/\\]+")
_VIRTUAL_ROOT = "shokofin"  # `.../Shokofin/VFS/<library id>/...`
_COLLECTIONS = {MediaType.MOVIE: "movies", MediaType.SERIES: "tvshows"}
_VIDEO_COLLECTIONS = frozenset({"movies", "tvshows", None})  # None: mixed


def parts_of(path: str) -> list[str]:
    """Return the names in a path, without case."""
    return [part.casefold() for part in _SEPARATORS.split(path) if part]


def last_name(path: str | None) -> str | None:
    """Return the last name in a path, without case."""
    parts = parts_of(path) if path else []
    return parts[-1] if parts else None


def is_virtual(path: str) -> bool:
    """Return whether a path is one that Shokofin made up."""
    return _VIRTUAL_ROOT in parts_of(path)


def library_of(folders: Iterable[VirtualFolder], path: str | None) -> VirtualFolder | None:
    """Return the library that a path, as Jellyfin sees it, lies in; None when not certain."""
    if not path:
        return None
    known = list(folders)
    parts = parts_of(path)
    if _VIRTUAL_ROOT in parts:
        ids = {part.replace("-", "") for part in parts}
        return _only(f for f in known if f.id.replace("-", "").lower() in ids)
    depths = {
        folder.id: max((len(own) for own in _locations(folder) if _begins(parts, own)), default=0)
        for folder in known
    }
    deepest = max(depths.values(), default=0)
    return _only(f for f in known if deepest and depths[f.id] == deepest)


def likely_library(
    folders: Iterable[VirtualFolder], paths: Sequence[str], media_type: MediaType
) -> VirtualFolder | None:
    """Return the only library with a folder whose name occurs in a manager's paths.

    Of several, the only one for the title's own type.
    """
    names = {part for path in paths for part in parts_of(path)[:-1]}
    found = [
        folder
        for folder in folders
        if folder.collection_type in _VIDEO_COLLECTIONS
        and any(own and own[-1] in names for own in _locations(folder))
    ]
    own_type = _COLLECTIONS[media_type]
    return _only(f for f in found if f.collection_type == own_type) or _only(found)


def _locations(folder: VirtualFolder) -> list[list[str]]:
    return [parts_of(location) for location in folder.locations]


def _begins(path: Sequence[str], with_: Sequence[str]) -> bool:
    return bool(with_) and list(path[: len(with_)]) == list(with_)


def _only(folders: Iterable[VirtualFolder]) -> VirtualFolder | None:
    found = list(folders)
    return found[0] if len(found) == 1 else None
