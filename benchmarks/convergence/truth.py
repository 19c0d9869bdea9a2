"""Say from the simulated services' own truth where an item must stand, whatever was told."""

from collections.abc import Iterator
from typing import Literal
from urllib.parse import parse_qs, urlsplit

from custom_components.media_status.lifecycle.model import MOVIE, ItemKey, MediaType, Stage
from custom_components.media_status.lifecycle.request import Request
from custom_components.media_status.lifecycle.stages import RANK
from simulator import Simulator, Title
from simulator.arr_state import Download, EpisodeEntry, MovieEntry, SeriesEntry
from simulator.jellyfin_items import Item
from simulator.radarr import Radarr
from simulator.seerr_state import RequestStatus, SeerrRequest
from simulator.shokofin_items import ShokofinItem
from simulator.sonarr import Sonarr

type Watchable = tuple[str, int, ItemKey, bool]  # kind, TMDB id, item, in 4K

_SHOWN = {
    "downloading": Stage.DOWNLOADING,
    "paused": Stage.DOWNLOADING,
    "warning": Stage.DOWNLOADING,
    "queued": Stage.GRABBING,
    "completed": Stage.DOWNLOADED,
}


def watchable(sim: Simulator, titles: list[Title]) -> Iterator[Watchable]:
    """Yield what Jellyfin can play now, each copy by the root folder in which it lies."""
    for title in titles:
        for item in sim.jellyfin.library.of(title):
            if item.playable and item.path is not None:
                is_4k = "-4k/" in (item.source or item.path)
                for key in _items_of(sim, title, item):
                    yield (title.kind, title.tmdb, key, is_4k)


def _items_of(sim: Simulator, title: Title, item: Item) -> Iterator[ItemKey]:
    if isinstance(item, ShokofinItem):
        yield from _items_in_shoko(sim, title, item)
    elif item.type == "Movie":
        yield MOVIE
    elif item.type == "Episode":
        for episode in item.episodes:
            yield ItemKey(episode.season, episode.number)


def _items_in_shoko(sim: Simulator, title: Title, item: ShokofinItem) -> Iterator[ItemKey]:
    """Yield what an item of Shokofin's is, by Shoko's ids of it: its numbers are its own."""
    anidb = sim.world.anidb
    shown = set(parse_qs(urlsplit(item.ids.get("Custom", "")).query).get("episodeIds", [""]))
    numbers = {int(number) for text in shown for number in text.split(",") if number}
    held = {
        episode
        for series in sim.shoko.series
        for episode, number in series.episodes.items()
        if number in numbers
    }
    if title.kind == "movie" and anidb.film(title) in held:
        yield MOVIE
    for info in title.episodes:
        if anidb.episode(info) in held:
            yield ItemKey(info.season, info.number)


class Truth:
    """What is true in a simulator now."""

    def __init__(self, sim: Simulator, titles: list[Title]) -> None:
        """Look around."""
        self._sim = sim
        self._titles = {(title.kind, title.tmdb): title for title in titles}
        self._watchable = set(watchable(sim, titles))

    def complaints(self, requests: list[Request]) -> Iterator[str]:
        """Yield what the integration says of open requests that cannot be true."""
        for request in requests:
            for item, stage in request.status.items.items() if request.is_open else ():
                allowed = self.stages(request, item)
                if stage not in allowed:
                    words = " or ".join(sorted(allowed))
                    yield f"{request.name} {item} is called {stage}, but is {words}"
        yield from self._missing(requests)

    def _missing(self, requests: list[Request]) -> Iterator[str]:
        known = {request.service_ids.get("seerr") for request in requests}
        for row in self._sim.seerr.requests.values():
            if row.status is not RequestStatus.DECLINED and str(row.id) not in known:
                yield f"request {row.id} of {row.title.title} is not known"

    def stages(self, request: Request, item: ItemKey) -> set[Stage]:
        """Return where an item of an open request may stand after healthy surveys."""
        arr, title = self._manager(request)
        entry = arr.find(title)
        element = _element(entry, item)
        is_watchable = self.copy_of(request, item) in self._watchable
        if element is not None and element.file is not None:
            waiting = self._waiting(title, element.file.path)
            if not is_watchable:
                return {waiting}
            # It shows the file before this one, or what Shoko knows no more, for a while.
            is_old = waiting is Stage.ANIME_MATCHING or not self._shows(title, element.file.path)
            return {Stage.AVAILABLE, waiting} if is_old else {Stage.AVAILABLE}
        # Jellyfin shows for a while what was deleted: then both answers are right.
        lingering = {Stage.AVAILABLE} if is_watchable else set[Stage]()
        if element is not None:
            mine = [found for found in arr.downloads if _serves(found, element)]
            live = [stage for found in mine if (stage := _stage_of(found)) is not None]
            if live:
                furthest = max(live, key=RANK.__getitem__)
                # The manager calls it "to be imported" at its next look at the client.
                done = {Stage.IMPORTING} if furthest is Stage.DOWNLOADED else set[Stage]()
                return {furthest} | done | lingering
        row = self._row(request)
        still = self._still(row, entry, element) | lingering
        if element is not None and _has_failed(arr, element) and not _is_declined(row):
            still.add(Stage.FAILED)
        return still

    def _still(
        self,
        row: SeerrRequest | None,
        entry: MovieEntry | SeriesEntry | None,
        element: MovieEntry | EpisodeEntry | None,
    ) -> set[Stage]:
        if _is_declined(row):
            return {Stage.DECLINED}
        is_pending = row is not None and row.status is RequestStatus.PENDING
        if entry is None or element is None:
            if row is None:
                return {Stage.DELETED}
            if is_pending:
                return {Stage.REQUESTED}
            return {Stage.FAILED if row.status is RequestStatus.FAILED else Stage.APPROVED}
        is_sought = element.monitored and entry.monitored
        if is_pending and not is_sought:
            return {Stage.REQUESTED}
        if isinstance(element, EpisodeEntry) and not self._sim.world.aired(element.info):
            return {Stage.UNRELEASED}
        return {Stage.SEARCHING if is_sought else Stage.APPROVED}

    def _manager(self, request: Request) -> tuple[Radarr | Sonarr, Title]:
        is_film = request.media_type is MediaType.MOVIE
        kind: Literal["movie", "tv"] = "movie" if is_film else "tv"
        arrs: list[Radarr | Sonarr] = [
            *(self._sim.all_of(Radarr) if is_film else self._sim.all_of(Sonarr))
        ]
        fitting = [arr for arr in arrs if arr.is_4k is request.is_4k]
        return (fitting or arrs)[0], self._titles[kind, request.ids.tmdb or 0]

    def _waiting(self, title: Title, path: str) -> Stage:
        """Return where a file waits that cannot be watched yet."""
        if not self._sim.has("shoko") or not self._sim.world.anidb.knows(title):
            return Stage.SYNCING_LIBRARY
        file = self._sim.shoko.shelf.at(path)
        is_matched = file is not None and bool(file.links)
        return Stage.SYNCING_LIBRARY if is_matched else Stage.ANIME_MATCHING

    def _shows(self, title: Title, path: str) -> bool:
        shown = [item for item in self._sim.jellyfin.library.of(title) if item.source == path]
        if not any(isinstance(item, ShokofinItem) for item in shown):
            return bool(shown)
        file = self._sim.shoko.shelf.at(path)  # a new file at the same place has another number
        numbers = {item.ids.get("Shoko File") for item in shown if isinstance(item, ShokofinItem)}
        return file is not None and str(file.id) in numbers

    def copy_of(self, request: Request, item: ItemKey) -> Watchable:
        """Return the copy that an item of a request stands for."""
        arr, title = self._manager(request)
        return (title.kind, title.tmdb, item, arr.is_4k)

    def _row(self, request: Request) -> SeerrRequest | None:
        own = request.service_ids.get("seerr")
        return self._sim.seerr.requests.get(int(own)) if own else None


def _is_declined(row: SeerrRequest | None) -> bool:
    return row is not None and row.status is RequestStatus.DECLINED


def _element(
    entry: MovieEntry | SeriesEntry | None, item: ItemKey
) -> MovieEntry | EpisodeEntry | None:
    if isinstance(entry, SeriesEntry):
        found = (e for e in entry.season(item.season) if e.info.number == item.number)
        return next(found, None)
    return entry


def _serves(download: Download, element: MovieEntry | EpisodeEntry) -> bool:
    return element is download.entry or element in download.episodes


def _stage_of(download: Download) -> Stage | None:
    if not download.listed:
        return None
    if download.state == "importBlocked":
        return Stage.IMPORTING
    view = download.view()
    return _SHOWN[view.status] if view.size_left else Stage.DOWNLOADED


def _has_failed(arr: Radarr | Sonarr, element: MovieEntry | EpisodeEntry) -> bool:
    """Return whether any grab of an item failed, and none came to another end since."""
    rows = [row for row in arr.history if row.episode is element or row.entry is element]
    return any(row.event == "downloadFailed" for row in rows)
