"""Judge every call that changes something, by the plan that was shown and by the disk itself.

Written from the issue and the contracts. It knows what no service tells: every inode, every
torrent's past, who asked for what.
"""

from collections.abc import Callable, Iterable, Iterator
import re
from typing import Final, override

from custom_components.media_status.lifecycle.deletion import Verb
from simulator import Simulator
from simulator.call_log import Call

from .estate import Truth, arrs
from .manager_oracle import ManagerOracle
from .orders import Order, Want
from .others_oracle import OthersOracle
from .torrent_oracle import TorrentOracle

_HARMLESS: Final = re.compile(
    r"/notification|/settings/notifications|/Plugins/|/tag$|/jobs/|/Sessions", re.IGNORECASE
)
_CALLS: Final = (
    ("qbittorrent", "POST", r"/api/v2/torrents/delete", Verb.REMOVE_TORRENT),
    ("radarr", "DELETE", r"/api/v3/movie/(\d+)", Verb.REMOVE_TITLE),
    ("radarr", "DELETE", r"/api/v3/moviefile/(\d+)", Verb.REMOVE_FILE),
    ("radarr", "PUT", r"/api/v3/movie/editor", Verb.UNMONITOR),
    ("sonarr", "DELETE", r"/api/v3/series/(\d+)", Verb.REMOVE_TITLE),
    ("sonarr", "DELETE", r"/api/v3/episodefile/(\d+)", Verb.REMOVE_FILE),
    ("sonarr", "PUT", r"/api/v3/episode/monitor", Verb.UNMONITOR),
    ("sonarr", "POST", r"/api/v3/seasonpass", Verb.UNMONITOR),
    ("shoko", "DELETE", r"/api/v3/File/(\d+)", Verb.REMOVE_RECORD),
    ("jellyfin", "POST", r"/Items/([0-9a-f-]{32,36})/Refresh", Verb.REFRESH),
    ("seerr", "DELETE", r"/api/v1/request/(\d+)", Verb.REMOVE_REQUEST),
    ("seerr", "DELETE", r"/api/v1/media/(\d+)", Verb.REMOVE_MEDIA),
)


class Watched(list[Call]):
    """The twin's log of calls; somebody looks at each before it has any effect."""

    def __init__(self, calls: Iterable[Call], heard: Callable[[Call], None]) -> None:
        """Go on with a log."""
        super().__init__(calls)
        self._heard = heard

    @override
    def append(self, call: Call) -> None:
        super().append(call)
        self._heard(call)


class Oracle:
    """See all, and say of each call what is wrong with it."""

    def __init__(self, sim: Simulator, truth: Truth) -> None:
        """Judge nothing before `begin`."""
        self._sim = sim
        self._truth = truth
        self.orders: list[Order] = []
        self.alive: dict[str, Want] = {}  # what people asked for and still want, by our request
        self.wrong: list[str] = []
        self.calls = 0
        self._heard: list[Callable[[], None]] = []
        self._seen = 0  # rows of removed names that somebody has looked at
        self.excused: set[str] = set()  # what a person's deed takes away in its own time
        self.stray: list[str] = []
        self.stray_size = 0
        self.removed = 0

    def begin(self) -> None:
        """Judge every call from now on."""
        world = self._sim.world
        self._seen = len(world.removed)
        world.log = Watched(world.log, self._judge)

    def on_call(self, listener: Callable[[], None]) -> None:
        """Tell somebody of each call."""
        self._heard.append(listener)

    # -- calls ---------------------------------------------------------------------------------

    def _judge(self, call: Call) -> None:
        if _HARMLESS.search(call.path):
            return
        self.calls += 1
        self.wrong += [
            f"{call.service} {call.name} {dict(call.query)} {dict(call.form)} {call.body}: {text}"
            for text in self._complaints(call)
        ]
        for listener in self._heard:
            listener()

    def _complaints(self, call: Call) -> Iterator[str]:
        for kind, method, pattern, verb in _CALLS:
            match = re.fullmatch(pattern, call.path)
            if match is not None and (call.kind, call.method) == (kind, method):
                target = match[1] if match.lastindex else _named(call)
                yield from self._of_a_step(call, verb, target)
                return
        yield "no deletion makes such a call"

    def _of_a_step(self, call: Call, verb: Verb, target: str) -> Iterator[str]:
        if verb is Verb.REFRESH:
            yield from self._others.refresh(call, target, self._running())
            return
        if verb is Verb.UNMONITOR:
            yield from self._managers.unmonitor(call, self._running())
            return
        found = [order for order in self._running() if order.step(call.service, verb, target)]
        if not found:
            yield "it is in no plan that was confirmed"
            return
        # Whoever is only asking for the same thing is refused later: one has to be right.
        yield from min((list(self._of_order(call, verb, target, one)) for one in found), key=len)

    def _of_order(self, call: Call, verb: Verb, target: str, order: Order) -> Iterator[str]:
        match verb:
            case Verb.REMOVE_TORRENT:
                yield from TorrentOracle(self._sim, self._truth).removal(call, target, order)
            case Verb.REMOVE_TITLE:
                yield from self._managers.title(call, int(target), order)
            case Verb.REMOVE_FILE:
                yield from self._managers.file(call, int(target), order)
            case Verb.REMOVE_RECORD:
                yield from self._others.record(call, int(target), order)
            case Verb.REMOVE_REQUEST:
                yield from self._others.request(int(target), order)
            case _:
                yield from self._others.media(int(target), order)

    @property
    def _managers(self) -> ManagerOracle:
        return ManagerOracle(self._sim, self.alive)

    @property
    def _others(self) -> OthersOracle:
        return OthersOracle(self._sim)

    def _running(self) -> list[Order]:
        now = self._sim.clock.now()
        return [one for one in self.orders if not one.is_cancelled and one.starts_at <= now]

    # -- the disk ------------------------------------------------------------------------------

    def look_at_disk(self, *, is_ours: bool = True) -> None:
        """Note what has been removed since the last look, and by whose plan.

        Whatever a person did in between is no deletion of ours.
        """
        rows = self._sim.world.removed[self._seen :]
        self._seen += len(rows)
        if not is_ours:
            return
        named = self.excused.union(*(order.files for order in self.orders))
        folders = [folder for order in self.orders for folder in order.folders]
        media = {path for arr in arrs(self._sim) for path in _media_paths(arr.entries.values())}
        for row in rows:
            self.removed += row.freed
            is_extra = any(row.path.startswith(f"{folder}/") for folder in folders)
            is_extra = is_extra or _goes_with(row.path, named)
            if row.path in named or (is_extra and row.path not in media and _is_small(row.path)):
                continue
            self.stray.append(f"{row.by} removed {row.path}")
            self.stray_size += max(row.size, 1)


def _named(call: Call) -> str:
    return call.form.get("hashes", "")


def _is_small(path: str) -> bool:
    """Return whether a path is of a subtitle or a picture."""
    return not path.endswith((".mkv", ".mp4"))


def _goes_with(path: str, named: Iterable[str]) -> bool:
    """Return whether a path is a subtitle of a file that goes."""
    return any(path.startswith(f"{file.rpartition('.')[0]}.") for file in named)


def _media_paths(entries: Iterable[object]) -> Iterator[str]:
    for entry in entries:
        file = getattr(entry, "file", None)
        if file is not None:
            yield file.path
        for item in getattr(entry, "episodes", ()):
            if item.file is not None:
                yield item.file.path
