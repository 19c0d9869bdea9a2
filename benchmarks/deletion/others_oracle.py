"""Judge what Shoko, Jellyfin and Seerr are told."""

from collections.abc import Iterable, Iterator

from custom_components.media_status.lifecycle.deletion import Verb
from simulator import Simulator, Title
from simulator.call_log import Call

from .estate import arrs
from .manager_oracle import disk_items
from .orders import Order, Want


class OthersOracle:
    """Know what is left of a title everywhere."""

    def __init__(self, sim: Simulator) -> None:
        """Look at a household."""
        self._sim = sim

    def record(self, call: Call, number: int, order: Order) -> Iterator[str]:
        """Yield what is wrong with dropping a record of Shoko's."""
        if dict(call.query) != {"removeFiles": "false", "removeFolder": "false"}:
            yield "it could take files away"
        shelf = self._sim.shoko.shelf
        file = shelf.files.get(number)
        if file is None:
            return
        if shelf.is_accessible(file):
            yield f"{file.source} is still there"
        wants = [want for want in order.wants if want.title is file.media.title]
        allowed = frozenset().union(*(want.items for want in wants))
        if disk_items(file.media) - allowed:
            yield f"{file.source} is not meant"

    def refresh(self, call: Call, item_id: str, orders: Iterable[Order]) -> Iterator[str]:
        """Yield what is wrong with letting Jellyfin look somewhere."""
        if call.query.get("ReplaceAllMetadata", "false").lower() == "true":
            yield "people's own metadata would be lost"
        jellyfin = self._sim.jellyfin
        if any(item_id == jellyfin.library_id(name) for name, _, _ in jellyfin.libraries()):
            return
        item = jellyfin.library.items.get(item_id.replace("-", "").lower())
        titles = {want.title for order in orders for want in order.wants}
        if item is not None and item.title not in titles:
            yield f"{item.title.title} is not meant"

    def request(self, number: int, order: Order) -> Iterator[str]:
        """Yield what is wrong with removing a request from Seerr."""
        row = self._sim.seerr.requests.get(number)
        if row is None:
            return
        wants = [want for want in order.wants if number in want.seerr]
        if not wants or not all(want.is_whole for want in wants):
            yield f"it is {row.requested_by.name}'s request of {row.title.title}, not meant"
        yield from self._asked_for(order)
        yield from self._too_early(row.title, wants, order)

    def media(self, number: int, order: Order) -> Iterator[str]:
        """Yield what is wrong with removing Seerr's record of a title."""
        seerr = self._sim.seerr
        media = next((one for one in seerr.media.values() if one.id == number), None)
        if media is None:
            return
        for row in seerr.requests.values():
            if row.media is media:
                yield f"{row.requested_by.name}'s request {row.id} would go with it"
        wants = [want for want in order.wants if want.title is media.title]
        if not any(want.is_whole for want in wants):
            yield f"{media.title.title} is not meant"
        yield from self._asked_for(order)
        yield from self._too_early(media.title, wants, order)

    def _asked_for(self, order: Order) -> Iterator[str]:
        if not order.plan.options.remove_from_seerr:
            yield "Seerr was to be left alone"

    def _too_early(self, title: Title, wants: Iterable[Want], order: Order) -> Iterator[str]:
        """Yield what should have gone before somebody can ask for a title again."""
        ids = {want.request_id for want in wants}
        for step in order.pending:
            if ids.isdisjoint(step.request_ids):
                continue
            if step.verb is Verb.REMOVE_TORRENT:
                if step.target in self._sim.qbittorrent.torrents:
                    yield f"torrent {step.target[:8]} has not gone before"
            elif step.verb is Verb.REMOVE_TITLE:
                arr = next(one for one in arrs(self._sim) if one.name == step.connection_id)
                entry = arr.entries.get(int(step.target))
                if entry is not None and entry.title is title:
                    yield f"{title.title} has not gone before"
            for file in step.files:
                if file.path in self._sim.world.disk:
                    yield f"{file.path} has not gone before"
