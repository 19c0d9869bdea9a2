"""Know what ails a manager: its health, its folders, its profiles. Read rarely, for who waits."""

from collections.abc import Iterable
from datetime import datetime, timedelta
import re

from ..clients.arr import ArrClient, HealthMessage, RootFolder
from ..clients.errors import ClientError
from ..clients.radarr import Movie
from ..clients.sonarr import Series
from ..lifecycle.facts import Health
from ..lifecycle.model import Stage
from ..lifecycle.troubles import Ailment, Complaint
from .base import WantedTitle
from .text import message_text, path_text

# A manager checks itself about every six hours and after each failure; asking costs it nothing.
READ_AGAIN = timedelta(minutes=5)
# Where a complaint can be what a title waits for.
_WAITING = frozenset(
    {Stage.APPROVED, Stage.SEARCHING, Stage.GRABBING, Stage.DOWNLOADED, Stage.IMPORTING}
)

type _Title = Movie | Series


class HealthWatch:
    """Read a manager's complaints while somebody waits, and say which concern a title."""

    def __init__(self, client: ArrClient) -> None:
        """Initialize with the client; nothing is known yet."""
        self._client = client
        self._read_at: datetime | None = None
        self._is_known = False
        self._messages: tuple[HealthMessage, ...] = ()
        self._folders: tuple[RootFolder, ...] = ()
        self._profiles: frozenset[int] = frozenset()
        self._told: dict[tuple[str, int], Health] = {}
        self._telling: dict[tuple[str, int], Health] = {}

    def ring(self) -> None:
        """Have it read in the next cycle: the manager told that something is different."""
        self._read_at = None

    def forget(self) -> None:
        """Forget what was told, so that it is told again."""
        self._told.clear()

    async def read(self, titles: Iterable[_Title], now: datetime) -> None:
        """Read what is due for titles that wait; what cannot be read stays as it was known.

        Calls: three, or none.
        """
        self._telling = {}  # what a survey that failed did not get to tell
        since = self._read_at
        # A clock that was set back must not make us wait.
        if not any(titles) or (since is not None and timedelta(0) <= now - since < READ_AGAIN):
            return
        self._read_at = now
        try:
            messages = await self._client.health()
            folders = await self._client.root_folders()
            profiles = await self._client.profiles()
        except ClientError:
            # Explanations alone need it: the survey goes on without.
            return
        self._messages, self._folders, self._profiles = tuple(messages), tuple(folders), profiles
        self._is_known = True

    def about(self, request_id: str, title: _Title) -> Health | None:
        """Return what concerns a title, unless that was told already."""
        if not self._is_known:
            return None
        found = Health(complaints=tuple(self._complaints(title)))
        key = (request_id, title.id)
        if self._told.get(key) == found:
            return None
        self._telling[key] = found
        return found

    def commit(self, wanted: Iterable[WantedTitle]) -> bool:
        """Remember what was told, once the survey is through; return whether there was anything."""
        is_new = bool(self._telling)
        known = {title.request_id for title in wanted}
        told = self._told | self._telling
        self._told = {key: health for key, health in told.items() if key[0] in known}
        self._telling = {}
        return is_new

    def _complaints(self, title: _Title) -> Iterable[Complaint]:
        found = {
            ailment: Complaint(ailment=ailment, detail=message_text(message.message))
            for message in self._messages
            if (ailment := ailment_of(message)) is not None
        }
        if title.profile_id is not None and self._profiles:
            if title.profile_id not in self._profiles:
                yield Complaint(ailment=Ailment.PROFILE_MISSING)
        if (folder := self._missing_folder(title)) is not None:
            yield Complaint(ailment=Ailment.FOLDER_MISSING, detail=folder)
        yield from (found[ailment] for ailment in sorted(found))

    def _missing_folder(self, title: _Title) -> str | None:
        """Return the title's root folder when the manager cannot reach it."""
        own = path_text(title.path)
        if own is None:
            return None
        for folder in self._folders:
            if not folder.accessible and _holds(folder.path, own):
                return path_text(folder.path)
        root = path_text(title.root_folder) or own.rpartition("/")[0]
        missing = (m.message for m in self._messages if _source(m) in _FOLDER_CHECKS)
        return root if root and any(_names(text, root) for text in missing) else None


def is_waiting(wanted: WantedTitle) -> bool:
    """Return whether a manager's complaint can be what a request waits for."""
    stages = {wanted.stage, *(item.stage for item in wanted.items.values())}
    return not _WAITING.isdisjoint(stages)


_FOLDER_CHECKS = frozenset({"rootfoldercheck"})


def _source(message: HealthMessage) -> str:
    return message.source.casefold()


def ailment_of(message: HealthMessage) -> Ailment | None:
    """Return what a health message means for whoever waits, whatever language it is in.

    Which of several causes a check found, only its level and the link to the manual tell in all
    languages; the words are read where older versions have no such link.
    """
    is_error = message.type.casefold() == "error"
    text = f"{message.wiki_url.rpartition('#')[2]} {message.message}".casefold()
    match _source(message):
        case "indexersearchcheck" if "interactive" not in text:
            return Ailment.INDEXERS_DOWN if "unavailable" in text else Ailment.NO_INDEXER
        case "indexerstatuscheck" if is_error:
            return Ailment.INDEXERS_DOWN
        case "downloadclientcheck" if not is_error:
            return Ailment.NO_CLIENT
        case "downloadclientstatuscheck" if is_error:
            return Ailment.CLIENTS_DOWN
        case "remotepathmappingcheck":
            return Ailment.PATH_UNSEEN
        case _:
            return None


def _holds(folder: str, path: str) -> bool:
    """Return whether a path lies in a folder."""
    root = folder.rstrip("/\\")
    return path.startswith((f"{root}/", f"{root}\\")) or path == root


def _names(text: str, folder: str) -> bool:
    """Return whether a list of folders (`...: /a | /b`) names exactly this one."""
    root = re.escape(folder.rstrip("/\\"))
    return re.search(rf"(?:^|\s){root}[/\\]?(?:\s*\||\s*$)", text) is not None
