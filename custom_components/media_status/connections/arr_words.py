"""Turn the words that Radarr and Sonarr share into ours."""

from collections.abc import Iterable
from dataclasses import dataclass
import re

from ..clients.readers import as_web_url
from ..lifecycle.facts import Anime, QueuePhase
from ..lifecycle.model import JsonValue, download_key
from ..lifecycle.troubles import Block

_NOT_A_WORD = re.compile(r"[\W_]+")
_IMDB = re.compile(r"tt\d{1,12}", re.ASCII)
_REQUESTER_TAG = re.compile(r"\d+\s*-", re.ASCII)  # Seerr's "7-alice": a person, not a subject
_SEPARATOR = re.compile(r"[/\\]+")
_LIMIT = 300
_URL_LIMIT = 2000

_TORRENT_CLIENTS = frozenset(
    {
        "aria2",
        "deluge",
        "flood",
        "freeboxdownload",
        "hadouken",
        "qbittorrent",
        "rqbit",
        "rtorrent",
        "torrentblackhole",
        "torrentdownloadstation",
        "transmission",
        "tribler",
        "utorrent",
        "vuze",
    }
)

_STATE_PHASE = {
    "importblocked": QueuePhase.IMPORT_BLOCKED,
    "importpending": QueuePhase.IMPORT_PENDING,
    "importing": QueuePhase.IMPORTING,
    "imported": QueuePhase.IMPORTED,
    "failedpending": QueuePhase.FAILED,
    "failed": QueuePhase.FAILED,
    "ignored": QueuePhase.WARNING,
}
_STATUS_PHASE = {
    "queued": QueuePhase.QUEUED,
    "paused": QueuePhase.PAUSED,
    "downloading": QueuePhase.DOWNLOADING,
    "completed": QueuePhase.COMPLETED,
    "failed": QueuePhase.FAILED,
    "warning": QueuePhase.WARNING,
    "delay": QueuePhase.DELAYED,
    "fallback": QueuePhase.DELAYED,
    "downloadclientunavailable": QueuePhase.CLIENT_UNAVAILABLE,
}
# The managers' own words about a finished download, in every language of their pages English.
_BLOCKS = {
    "not enough free space": Block.NO_SPACE,
    "not a valid local path": Block.PATH_UNSEEN,
    "remote path mapping": Block.PATH_UNSEEN,
    "path does not exist or is not accessible": Block.PATH_UNSEEN,
    "no files found are eligible": Block.NO_FILES,
}
_WAITING = frozenset({QueuePhase.COMPLETED, QueuePhase.IMPORT_PENDING})


def release_key(release: JsonValue) -> str | None:
    """Return the download id of a release whose client gave none: its normalised name."""
    if not isinstance(release, str):
        return None
    name = _NOT_A_WORD.sub(".", release[:_LIMIT].casefold()).strip(".")
    return f"release:{name}" if name else None


def download_of(download_id: JsonValue, release: JsonValue) -> str | None:
    """Return the key of a download: its own id, else the one made from the release."""
    if isinstance(download_id, str) and len(download_id) <= _LIMIT:
        key = download_key(download_id)
        if key and key.isprintable():
            return key
    return release_key(release)


def protocol_of(client_type: JsonValue) -> str | None:
    """Return `torrent` or `usenet` for a download client's implementation name."""
    if not isinstance(client_type, str):
        return None
    name = client_type.strip().casefold()
    if "nzb" in name or "usenet" in name or name == "pneumatic":
        return "usenet"
    return "torrent" if name in _TORRENT_CLIENTS else None


def queue_phase(status: str, tracked_status: str, tracked_state: str) -> QueuePhase:
    """Return what a queued download is at; words of later versions are read by their trouble.

    A finished download with a warning is not imported until a person does something; the state
    says so only in later versions, and not for every cause. Of a finished one only the state
    "downloading" tells that it was not looked at yet: other words must not move it back.
    """
    troubled = tracked_status.casefold() in {"warning", "error"}
    state = tracked_state.casefold()
    phase = _STATE_PHASE.get(state) or _STATUS_PHASE.get(status.casefold())
    if phase is QueuePhase.COMPLETED and state != "downloading":
        phase = QueuePhase.IMPORT_PENDING
    if phase is None:
        return QueuePhase.WARNING if troubled else QueuePhase.DOWNLOADING
    return QueuePhase.IMPORT_BLOCKED if troubled and phase in _WAITING else phase


def block_of(messages: Iterable[str]) -> Block | None:
    """Return why a finished download is not sorted in, where its messages tell."""
    found = {
        block for text in messages for words, block in _BLOCKS.items() if words in text.casefold()
    }
    return next((block for block in Block if block in found), None)


def imdb_id(value: JsonValue) -> str | None:
    """Return an IMDb id in its one form."""
    text = value.strip().lower() if isinstance(value, str) else ""
    return text if _IMDB.fullmatch(text) else None


def picture_url(value: JsonValue) -> str | None:
    """Return a public picture address."""
    return as_web_url(value) if isinstance(value, str) and len(value) <= _URL_LIMIT else None


def joined_path(folder: str | None, relative: str | None) -> str | None:
    """Return the path of a file below a title's folder, with the folder's own separator."""
    if not folder or not relative:
        return None
    separator = "\\" if "\\" in folder and "/" not in folder else "/"
    return folder.rstrip("/\\") + separator + relative.lstrip("/\\")


@dataclass(frozen=True, slots=True, kw_only=True)
class AnimeSigns:
    """What a title carries that can tell anime: everything as the service wrote it."""

    series_type: str | None = None
    tags: tuple[str, ...] = ()
    path: str | None = None
    genres: tuple[str, ...] = ()
    language: str | None = None


def anime_hint(signs: AnimeSigns) -> Anime | None:
    """Return the best sign that a title is anime; None proves nothing."""
    genres = {genre.strip().casefold() for genre in signs.genres}
    source = None
    if (signs.series_type or "").strip().casefold() == "anime":
        source = "series type"
    elif any(_is_anime_tag(tag) for tag in signs.tags):
        source = "tag"
    elif _is_in_anime_folder(signs.path):
        source = "root folder"
    elif "anime" in genres:
        source = "genre"
    elif "animation" in genres and (signs.language or "").strip().casefold() == "japanese":
        source = "language and genre"
    return Anime(is_anime=True, source=source) if source else None


def _is_anime_tag(tag: str) -> bool:
    return "anime" in tag.casefold() and not _REQUESTER_TAG.match(tag.strip())


def _is_in_anime_folder(path: str | None) -> bool:
    """Return whether a folder above the title's own is called anime."""
    folders = [part for part in _SEPARATOR.split(path or "") if part][:-1]
    return any("anime" in _words(folder) for folder in folders)


def _words(text: str) -> Iterable[str]:
    return _NOT_A_WORD.sub(" ", text.casefold()).split()
