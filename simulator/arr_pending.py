"""Releases that an arr has chosen and can hand to nobody: no download client can be reached."""

from typing import TYPE_CHECKING

from .arr_state import Download, Entry

if TYPE_CHECKING:
    from .arr import ArrService


def pend[E: Entry](arr: ArrService[E], entry: E, *, size: int | None = None) -> Download:
    """Choose a release and keep it: the queue shows it, the history does not, nobody is told."""
    download = Download(
        entry=entry,
        episodes=[],
        release=arr.make_release(entry.title, [], "WEBDL-1080p", size),
        client=arr.client,
        client_id=None,
        added=arr.now(),
        is_pending=True,
    )
    arr.downloads.append(download)
    return download


def hand_over[E: Entry](arr: ArrService[E], entry: E) -> Download:
    """Hand what was kept for a title to the client, which can be reached again."""
    waiting = next(d for d in arr.downloads if d.entry is entry and d.is_pending)
    arr.drop(waiting)
    return arr.grab(entry, release=waiting.release)
