"""What an arr does when it is told to: search, look at its downloads, look through a folder."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .arr_routine import notice_lost, read_feed, read_lists
from .arr_state import Entry, EpisodeEntry, MediaFile, MovieEntry, SeriesEntry
from .model import DiskFile, JsonObject

if TYPE_CHECKING:
    from .arr import ArrService

type Sought = tuple[Entry, list[EpisodeEntry]]


async def obey[E: Entry](arr: ArrService[E], name: str, body: JsonObject) -> None:
    """Carry a command out; unknown ones and unknown ids are queued and come to nothing."""
    if name == "RefreshMonitoredDownloads":
        await check_downloads(arr)
    elif name == "RssSync":
        read_feed(arr)
    elif name == "ImportListSync":
        read_lists(arr)
    elif name in {"RescanMovie", "RescanSeries"}:
        number = body.get("movieId" if name == "RescanMovie" else "seriesId")
        if isinstance(number, int) and (entry := arr.entries.get(number)) is not None:
            rescan(arr, entry)
    else:
        for found, episodes in _sought(arr.entries, name, body):
            search(arr, found, episodes)


def search[E: Entry](arr: ArrService[E], entry: Entry, episodes: list[EpisodeEntry]) -> None:
    """Remember a search; with `has_offers` grab what is missing and not under way."""
    arr.searches.append((entry.title.title, tuple(one.info.number for one in episodes)))
    for one in [entry] if isinstance(entry, MovieEntry) else episodes:
        one.searched = arr.now()
    known = arr.entries.get(entry.id)
    if known is not None:
        arr.touch(known)
    if not arr.has_offers or known is None:
        return
    if isinstance(entry, MovieEntry):
        is_served = entry.file is not None or any(d.entry is entry for d in arr.downloads)
        if is_served:
            return
    else:
        busy = [one for download in arr.downloads for one in download.episodes]
        episodes = [one for one in episodes if one.file is None and one not in busy]
        if not episodes:
            return
    release = arr.make_release(entry.title, episodes, "WEBDL-1080p", None)
    while release.title in arr.blocklist:
        release.title += ".REPACK"
    arr.grab(known, episodes, release=release)


async def check_downloads[E: Entry](arr: ArrService[E]) -> None:
    """Read the clients anew, and import what is finished and no longer in doubt."""
    for client in {id(download.client): download.client for download in arr.downloads}.values():
        await client.refresh()
    for download in list(arr.downloads):
        download.is_overlooked = False
        is_open = download.state in {"downloading", "importPending", "importBlocked"}
        if is_open and not download.warned and download.view().status == "completed":
            if download.entry is not None and download.listed:
                arr.import_download(download)


def rescan[E: Entry](arr: ArrService[E], entry: E) -> None:
    """Find the files that lie in a title's folder: no webhook, no history of a download.

    A file that is gone is let go of.
    """
    notice_lost(arr, entry)
    for path, file in arr.world.disk.items():
        if not path.startswith(f"{entry.path}/"):
            continue
        if isinstance(entry, MovieEntry):
            entry.file = entry.file or _found(arr, entry, path, file)
        else:
            for episode in entry.episodes:
                if episode.file is None and episode.info in file.episodes:
                    episode.file = _found(arr, entry, path, file)
    arr.touch(entry)


def _found[E: Entry](arr: ArrService[E], entry: Entry, path: str, file: DiskFile) -> MediaFile:
    return MediaFile(
        id=arr.world.next_id(f"{arr.name}:file"),
        relative_path=path.removeprefix(f"{entry.path}/"),
        path=path,
        size=file.size,
        quality=file.quality,
        group="",
        scene="",
        added=arr.now(),
    )


def _sought[E: Entry](entries: dict[int, E], name: str, body: JsonObject) -> Iterator[Sought]:
    if name == "MoviesSearch":
        yield from _films(entries, body)
    elif name == "EpisodeSearch":
        yield from _episodes(entries, body)
    elif name == "SeasonSearch":
        yield from _season(entries, body)


def _numbers(value: object) -> set[object]:
    return set(value) if isinstance(value, list) else set()


def _films[E: Entry](entries: dict[int, E], body: JsonObject) -> Iterator[Sought]:
    wanted = _numbers(body.get("movieIds"))
    yield from ((entry, []) for entry in list(entries.values()) if entry.id in wanted)


def _episodes[E: Entry](entries: dict[int, E], body: JsonObject) -> Iterator[Sought]:
    """Yield each episode by itself: a search by episode takes no packs."""
    wanted = _numbers(body.get("episodeIds"))
    for entry in list(entries.values()):
        if isinstance(entry, SeriesEntry) and not entry.untouched:
            yield from ((entry, [one]) for one in entry.episodes if one.id in wanted)


def _season[E: Entry](entries: dict[int, E], body: JsonObject) -> Iterator[Sought]:
    series, season = body.get("seriesId"), body.get("seasonNumber")
    entry = entries.get(series) if isinstance(series, int) else None
    if isinstance(entry, SeriesEntry) and isinstance(season, int):
        if found := [one for one in entry.season(season) if one.monitored]:
            yield entry, found
