"""Judge what Radarr and Sonarr are told: is it of what was meant, of nobody else, in order?"""

from collections.abc import Iterable, Iterator, Mapping

from custom_components.media_status.lifecycle.deletion import Verb
from custom_components.media_status.lifecycle.model import MOVIE, ItemKey
from simulator import Simulator
from simulator.arr_state import Entry, MovieEntry, SeriesEntry
from simulator.call_log import Call
from simulator.model import DiskFile

from .estate import Arr, arrs, files_of, items_with_file, key_of, paths_of
from .orders import Order, Want


class ManagerOracle:
    """Know every library, and who asked for what."""

    def __init__(self, sim: Simulator, alive: Mapping[str, Want]) -> None:
        """Look at a household."""
        self._sim = sim
        self._alive = alive

    def _arr(self, name: str) -> Arr:
        return next(arr for arr in arrs(self._sim) if arr.name == name)

    def title(self, call: Call, own_id: int, order: Order) -> Iterator[str]:
        """Yield what is wrong with removing a title."""
        arr = self._arr(call.service)
        entry = arr.entries.get(own_id)
        if entry is None:
            return
        options, title = order.plan.options, entry.title
        word = "addImportExclusion" if arr.kind == "radarr" else "addImportListExclusion"
        wanted = {"deleteFiles": options.delete_files, word: options.add_import_exclusion}
        if dict(call.query) != {name: str(value).lower() for name, value in wanted.items()}:
            yield "it was not ordered so"
        if not order.is_whole(arr.name, title):
            yield f"{title.title} is not meant as a whole there"
        allowed = order.allowed(arr.name, title)
        yield from self._others_need(arr, entry, items_with_file(entry) - allowed)
        for want in self._others(order, arr.name, entry):
            if want.items - allowed:
                yield f"somebody else asked for {title.title}, too"
        yield from self._too_early(call.service, order, entry)
        if options.delete_files:
            yield from self._folder(arr, entry, order)

    def _others(self, order: Order, arr: str, entry: Entry) -> Iterator[Want]:
        own = {want.request_id for want in order.wants}
        for want in self._alive.values():
            if want.request_id not in own and want.covers(arr, entry.title):
                yield want

    def _others_need(self, arr: Arr, entry: Entry, items: Iterable[ItemKey]) -> Iterator[str]:
        labels = ", ".join(item.label for item in sorted(items))
        if labels:
            yield f"{arr.name} has {labels} of {entry.title.title}, which was not meant"

    def _too_early(self, service: str, order: Order, entry: Entry) -> Iterator[str]:
        """Yield which torrents of the title the plan wanted to be gone before."""
        ids = {want.request_id for want in order.wants if want.covers(service, entry.title)}
        for step in order.pending:
            is_own = not ids.isdisjoint(step.request_ids)
            if step.verb is Verb.REMOVE_TORRENT and is_own:
                if step.target in self._sim.qbittorrent.torrents:
                    yield f"torrent {step.target[:8]} has not gone before"

    def _folder(self, arr: Arr, entry: Entry, order: Order) -> Iterator[str]:
        """Yield what lies in the folder that is somebody else's."""
        world = self._sim.world
        seeding = {
            path
            for torrent in self._sim.qbittorrent.torrents.values()
            for path in paths_of(torrent)
        }
        theirs = {
            path
            for other in arrs(self._sim)
            for one in other.entries.values()
            if one is not entry and not order.is_whole(other.name, one.title)
            for path in (file.path for file in files_of(one))
        }
        for path in world.volume.below(entry.path):
            file = world.disk.get(path)
            if file is not None and file.title is not entry.title:
                yield f"{path} is of {file.title.title}"
            elif path in theirs:
                yield f"{path} is another instance's, too"
            elif path in seeding:
                yield f"{path} is a torrent's"
            elif file is not None and path not in order.files:
                yield f"{path} is in no plan"

    def file(self, call: Call, file_id: int, order: Order) -> Iterator[str]:
        """Yield what is wrong with removing a file."""
        arr = self._arr(call.service)
        for entry in arr.entries.values():
            found = _file_items(entry, file_id)
            if found is None:
                continue
            path, items = found
            if not order.plan.options.delete_files:
                yield "files were to stay"
            yield from self._others_need(arr, entry, items - order.allowed(arr.name, entry.title))
            if path not in order.files:
                yield f"{path} is in no plan"
            yield from self._too_early(call.service, order, entry)

    def unmonitor(self, call: Call, orders: Iterable[Order]) -> Iterator[str]:
        """Yield what is wrong with looking for something no more."""
        arr = self._arr(call.service)
        body = call.body if isinstance(call.body, dict) else {}
        if "monitored" in body and body["monitored"] is not False:
            yield "something would be looked for"
        known = {entry.title: entry for entry in arr.entries.values()}
        allowed = {
            title: frozenset[ItemKey]().union(*(o.allowed(arr.name, title) for o in orders))
            for title in known
        }
        for entry in arr.entries.values():
            yield from self._others_need(arr, entry, _let_go(entry, body) - allowed[entry.title])


def _let_go(entry: Entry, body: Mapping[str, object]) -> frozenset[ItemKey]:
    """Return which items of a title a call would let go."""
    if isinstance(entry, MovieEntry):
        numbers = body.get("movieIds")
        return frozenset({MOVIE} if isinstance(numbers, list) and entry.id in numbers else ())
    episodes, rows = body.get("episodeIds"), body.get("series")
    chosen = {
        key_of(one) for one in entry.episodes if isinstance(episodes, list) and one.id in episodes
    }
    for row in rows if isinstance(rows, list) else []:
        if row.get("id") == entry.id:
            numbers = {season["seasonNumber"] for season in row.get("seasons", ())}
            chosen |= {key_of(one) for one in entry.episodes if one.info.season in numbers}
    return frozenset(chosen)


def _file_items(entry: Entry, file_id: int) -> tuple[str, frozenset[ItemKey]] | None:
    if isinstance(entry, SeriesEntry):
        held = [one for one in entry.episodes if one.file is not None and one.file.id == file_id]
        if held and held[0].file is not None:
            return held[0].file.path, frozenset(map(key_of, held))
        return None
    if entry.file is not None and entry.file.id == file_id:
        return entry.file.path, frozenset({MOVIE})
    return None


def disk_items(file: DiskFile) -> frozenset[ItemKey]:
    """Return what a file of the library holds."""
    if not file.episodes:
        return frozenset({MOVIE})
    return frozenset(ItemKey(one.season, one.number) for one in file.episodes)
