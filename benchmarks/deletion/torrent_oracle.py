"""Judge the removal of a torrent: whom does anything of it still serve?"""

from collections.abc import Iterator
import re
from typing import Final

from custom_components.media_status.lifecycle.deletion import Verb
from simulator import Simulator
from simulator.call_log import Call
from simulator.qbt_torrents import Torrent, limits

from .estate import Brought, Truth, arrs, items_with_file, paths_of
from .orders import Order

_HASH: Final = re.compile(r"[0-9a-f]{40}")


class TorrentOracle:
    """Know every torrent's past and neighbours."""

    def __init__(self, sim: Simulator, truth: Truth) -> None:
        """Look at a household."""
        self._sim = sim
        self._truth = truth

    def removal(self, call: Call, key: str, order: Order) -> Iterator[str]:
        """Yield what is wrong with removing a torrent."""
        options = order.plan.options
        deletes = call.form.get("deleteFiles")
        if not _HASH.fullmatch(key) or set(call.form) != {"hashes", "deleteFiles"}:
            yield "it does not name exactly one torrent"
        if not options.delete_torrents or deletes != str(options.delete_files).lower():
            yield "it was not ordered so"
        torrent = self._sim.qbittorrent.torrents.get(key)
        if torrent is None:
            return
        yield from self.needs(torrent, order)

    def needs(self, torrent: Torrent, order: Order) -> Iterator[str]:
        """Yield why a torrent that is there should stay."""
        options = order.plan.options
        brought = self._truth.brought.get(torrent.id, set())
        if not any(one.item in order.allowed(one.arr, one.title) for one in brought):
            yield "it brought nothing that is meant"
        for one in sorted(brought, key=str):
            if one.item not in order.allowed(one.arr, one.title) and self._is_there(one):
                yield f"{one.arr} has {one.title.title} {one.item.label} from it"
        if torrent.private and not _has_seeded(self._sim, torrent) and not options.delete_seeding:
            yield "its private tracker wants more of it"
        if options.delete_files:
            yield from self._neighbours(torrent, order)

    def _is_there(self, one: Brought) -> bool:
        for arr in arrs(self._sim):
            if arr.name == one.arr and (entry := arr.find(one.title)) is not None:
                return one.item in items_with_file(entry)
        return False

    def _neighbours(self, torrent: Torrent, order: Order) -> Iterator[str]:
        own = paths_of(torrent)
        for other in self._sim.qbittorrent.torrents.values():
            is_going = order.step(self._sim.qbittorrent.name, Verb.REMOVE_TORRENT, other.id)
            if other is not torrent and not is_going and own & paths_of(other):
                yield f"torrent {other.id[:8]} uses the same files"
        for path in own & self._sim.world.disk.keys():
            if path not in order.files:
                yield f"{path} is a file of the library"


def _has_seeded(sim: Simulator, torrent: Torrent) -> bool:
    found = limits(torrent, sim.qbittorrent.preferences)
    wanted = float(str(found["max_ratio"]))
    minutes = float(str(found["max_seeding_time"]))
    finished = torrent.completed_at(sim.qbittorrent.now())
    seeded = (sim.qbittorrent.now() - finished).total_seconds() / 60 if finished else 0
    return (wanted >= 0 and torrent.ratio >= wanted) or (minutes >= 0 and seeded >= minutes)
