"""How a simulated Seerr finds out that a title is no longer there (its job availability-sync)."""

from typing import TYPE_CHECKING

from .arr_state import MovieEntry
from .seerr_shapes import AnyArr
from .seerr_state import MediaStatus, SeerrMedia

if TYPE_CHECKING:
    from .seerr import Seerr

_THERE = {MediaStatus.AVAILABLE, MediaStatus.PARTIALLY_AVAILABLE}


def is_there(seerr: Seerr, media: SeerrMedia, *, is_4k: bool) -> bool:
    """Whether a server or the media server has the title, or one of them cannot be asked."""
    server = seerr.media_server
    if server is not None and not server.running:
        return True
    if server is not None and server.playable_files(media.title):
        fitting = [f for f in server.playable_files(media.title) if ("2160p" in f.quality) == is_4k]
        if fitting or not is_4k:
            return True
    return any(
        not arr.running or _has_files(arr, media)
        for arr in seerr.servers(media.title)
        if arr.is_4k == is_4k
    )


def _has_files(arr: AnyArr, media: SeerrMedia) -> bool:
    return bool(_seasons(arr, media))


def _seasons(arr: AnyArr, media: SeerrMedia) -> set[int]:
    """Return the seasons of which a server has files; a film counts as season 0."""
    for entry in arr.entries.values():
        if entry.title is not media.title:
            continue
        if isinstance(entry, MovieEntry):
            return {0} if entry.file is not None else set()
        return {item.info.season for item in entry.episodes if item.file is not None}
    return set()


def check_seasons(seerr: Seerr, media: SeerrMedia) -> None:
    """Let the seasons be deleted that nobody has any more; the title is partly there then."""
    if media.title.kind == "movie":
        return
    servers = seerr.servers(media.title)
    down = any(not arr.running for arr in servers)
    if down or (seerr.media_server is not None and not seerr.media_server.running):
        return
    here: set[int] = set()
    for arr in servers:
        here |= _seasons(arr, media)
    if seerr.media_server is not None:
        files = seerr.media_server.playable_files(media.title)
        here |= {episode.season for file in files for episode in file.episodes}
    gone = [one for one in media.seasons if one.status in _THERE and one.number not in here]
    for season in gone:
        season.status = MediaStatus.DELETED
    if gone and media.standard.status is MediaStatus.AVAILABLE:
        media.standard.status = MediaStatus.PARTIALLY_AVAILABLE
