"""Read from Shokofin's settings what keeps matched files out of Jellyfin; nothing is changed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
import logging

from ..clients.errors import ClientError
from ..clients.jellyfin import JellyfinClient
from ..clients.readers import as_bool, as_int, as_objects, as_str
from ..lifecycle.facts import Obstacle
from ..lifecycle.model import JsonObject, MediaType
from ..lifecycle.troubles import Hindrance
from .base import WantedItem, WantedTitle
from .jellyfin_anime import is_matched, matched
from .jellyfin_nudge import overdue
from .jellyfin_places import last_name, parts_of

_LOGGER = logging.getLogger(__name__)
PLUGIN_ID = "5216ccbfd24a4eb38a7e7da4230b7052"
_LOOK_AGAIN_AFTER = timedelta(minutes=10)
# Version 6 calls the mapped folders so; all before have one list.
_FOLDER_LISTS = ("MediaFolders", "LibraryFolders")
_FOLDER_NUMBERS = ("ManagedFolderId", "ImportFolderId")


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFolder:
    """A folder of a library, and whether Shokofin knows which of Shoko's folders it is."""

    path: str | None
    is_mapped: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShokofinSettings:
    """Shokofin's settings, as far as they decide what appears; None where they do not say."""

    listens: bool | None
    hides_others: bool  # in libraries of films, what is no film for Shoko
    folders: tuple[MediaFolder, ...]


def build_settings(raw: JsonObject) -> ShokofinSettings:
    """Build the settings; unknown members are left out."""
    connects = as_bool(raw.get("SignalR_AutoConnectEnabled"))
    tells_files = as_bool(raw.get("SignalR_FileEvents"))
    return ShokofinSettings(
        listens=connects and tells_files is not False if connects is not None else None,
        hides_others=as_bool(raw.get("FilterMovieLibraries")) is True,
        folders=tuple(
            folder
            for name in _FOLDER_LISTS
            for entry in as_objects(raw.get(name))
            if (folder := _folder(entry)) is not None
        ),
    )


def _folder(entry: JsonObject) -> MediaFolder | None:
    numbers = (as_int(entry.get(name)) for name in _FOLDER_NUMBERS)
    number = next((number for number in numbers if number is not None), None)
    if number is None or number < 0:  # below zero: its own virtual folder
        return None
    return MediaFolder(path=as_str(entry.get("MediaFolderPath")), is_mapped=number != 0)


class ShokofinDiagnosis:
    """Look at the settings now and then while something that is matched does not appear."""

    def __init__(self, client: JellyfinClient) -> None:
        """Initialize without having looked."""
        self._client = client
        self._looked_at: datetime | None = None
        self._is_known = False
        self._settings: ShokofinSettings | None = None

    async def look(self, now: datetime, titles: Iterable[WantedTitle]) -> None:
        """Read the settings when one of the titles waits too long; one call in ten minutes."""
        if not any(owed(title) for title in titles):
            return
        if self._looked_at is not None and timedelta() <= now - self._looked_at < _LOOK_AGAIN_AFTER:
            return
        self._looked_at = now
        try:
            raw = await self._client.plugin_configuration(PLUGIN_ID)
        except ClientError as err:
            # What it says is a help only; whether it can be watched does not hang on it.
            _LOGGER.debug("Shokofin's settings could not be read: %s", err)
            self._is_known = False
            return
        self._is_known = True
        self._settings = build_settings(raw) if raw is not None else None

    def obstacle(self, title: WantedTitle, *, was_refreshed: bool) -> Obstacle | None:
        """Return what explains that a title does not appear; None when that cannot be told.

        `was_refreshed` says that its library was looked through since: that finds what Shokofin
        was not told about, so it must be something else.
        """
        if not is_matched(title):
            return None
        if not owed(title):
            return Obstacle()
        if not self._is_known:
            return None
        if self._settings is None:
            return Obstacle()
        return Obstacle(hindrance=_hindrance(self._settings, title, was_refreshed=was_refreshed))


def owed(title: WantedTitle) -> list[WantedItem]:
    """Return the matched items of a title that Jellyfin should have shown by now."""
    return [item for item in overdue(title) if matched(item) is not None]


def _hindrance(
    settings: ShokofinSettings, title: WantedTitle, *, was_refreshed: bool
) -> Hindrance | None:
    is_hidden = settings.hides_others and title.media_type is MediaType.MOVIE
    if _is_unmapped(settings, title):
        return Hindrance.UNMAPPED
    if settings.listens is False and not (is_hidden and was_refreshed):
        return Hindrance.SIGNALR_OFF
    return Hindrance.FILTERED if is_hidden else None


def _is_unmapped(settings: ShokofinSettings, title: WantedTitle) -> bool:
    """Return whether the folder of the title's files is unknown to Shokofin.

    Which folder that is, its last name tells; where it does not, any unknown one may be it.
    """
    paths = [match.path for item in owed(title) if (match := matched(item)) and match.path]
    names = {part for path in paths for part in parts_of(path)}
    own = [folder for folder in settings.folders if last_name(folder.path) in names]
    if own:
        return not any(folder.is_mapped for folder in own)
    return any(not folder.is_mapped for folder in settings.folders)
