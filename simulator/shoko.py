"""A simulated Shoko Server, versions 4.2 (old), 5 (stable) and 6 (development)."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta
from http import HTTPStatus
from typing import override

from aiohttp import web

from .anime import AnidbEpisode
from .model import Episode, JsonObject
from .service import Service
from .shoko_api import ShokoApi
from .shoko_auth import ShokoAuth
from .shoko_events import Events, HubCourier
from .shoko_files import Shelf, ShokoFile, ShokoFolder, ShokoSeries
from .shoko_import import Importer
from .signalr_hub import SignalRHub
from .world import World

HUB = "/signalr/aggregate"


class Shoko(Service):
    """One Shoko Server, its folders, its importer and its hub.

    Levers: `unmatched`, `matched_again`, `ban`, `unban`, `link`, `unlink`, `rescan`, `relocate`,
    `scan`, `remove_missing`, `watching`, `windows`, `pace`, `events.bare_matches`.
    """

    kind = "shoko"
    version = "5.3.3"

    def __init__(self, world: World, name: str, *, calls: Counter[tuple[str, str]]) -> None:
        """Watch the household's anime folders."""
        super().__init__(world, name, calls=calls)
        self.shelf = Shelf(world=world, owner=name)
        self.auth = ShokoAuth(self)
        self.api_key = self.auth.add_key("tests", admin=True)
        self.events = Events(self)
        self.hub = SignalRHub(on_join=self.events.greetings)
        self.courier = HubCourier(world.clock, self.faults, self.hub, running=self._hub_is_on)
        self.importer = Importer(self)
        self.signalr = True  # v6 can switch its hubs off
        self.refusal: int = HTTPStatus.SERVICE_UNAVAILABLE  # while starting; some answer 401
        self.failed: str | None = None
        self.mylist_removals: list[int] = []
        self._api = ShokoApi(self)

    @property
    def major(self) -> int:
        """Return the major version."""
        return int(self.version.split(".")[0])

    @property
    def is_up(self) -> bool:
        """Whether the server has started and works."""
        return self.running and not self.faults.starting and self.failed is None

    @property
    def files(self) -> list[ShokoFile]:
        """Return the files it knows, oldest first."""
        return list(self.shelf.files.values())

    @property
    def series(self) -> list[ShokoSeries]:
        """Return the series it has made."""
        return list(self.shelf.series.values())

    def local_time(self) -> str:
        """Return the time with the offset of the server's zone."""
        return (self.now() + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%S.%f0+02:00")

    # -- levers --------------------------------------------------------------------------------

    @property
    def watching(self) -> bool:
        """Whether new files are noticed without a scan."""
        return self.importer.watching

    @watching.setter
    def watching(self, value: bool) -> None:
        self.importer.watching = value

    @property
    def windows(self) -> bool:
        """Whether the server runs on Windows (drive letters, backslashes)."""
        return self.shelf.windows

    @windows.setter
    def windows(self, value: bool) -> None:
        self.shelf.windows = value

    def file(self, text: str) -> ShokoFile:
        """Return the newest file whose path or title holds a text."""
        return self.shelf.named(text)

    def unmatched(self, text: str) -> None:
        """Let AniDB not know files whose path or title holds a text."""
        self.importer.unknown.append(text)

    def matched_again(self, text: str) -> None:
        """Let AniDB know such files; only the next look-up (`rescan`) notices."""
        self.importer.unknown.remove(text)

    def ban(self) -> None:
        """Let AniDB answer nothing."""
        self.importer.banned = True

    def unban(self) -> None:
        """Let AniDB answer again; what waited is looked up."""
        self.importer.banned = False
        for file in self.files:
            if file.banned:
                self.importer.look_up(file)

    def link(
        self, what: ShokoFile | str, episodes: Iterable[AnidbEpisode | Episode] | None = None
    ) -> ShokoFile:
        """Link a file by hand: to the given episodes, or to what it really is."""
        file = self.file(what) if isinstance(what, str) else what
        if episodes is None:
            links = self.world.anidb.episodes_of(file.media)
        else:
            found = (e if isinstance(e, AnidbEpisode) else self._anidb(e) for e in episodes)
            links = tuple(found)
        file.by_hand = True
        self.importer.assign(file, links)
        return file

    def unlink(self, what: ShokoFile | str) -> None:
        """Let a file be nothing any more."""
        self.importer.clear(self.file(what) if isinstance(what, str) else what)

    def rescan(self, what: ShokoFile | str) -> None:
        """Ask AniDB once more what a file is."""
        self.importer.look_up(self.file(what) if isinstance(what, str) else what)

    def relocate(
        self, what: ShokoFile | str, relative: str, *, folder: ShokoFolder | None = None
    ) -> ShokoFile:
        """Rename or move a file on the disk, as Shoko's renamer does; the arrs know nothing."""
        file = self.file(what) if isinstance(what, str) else what
        home, before = file.folder, file.relative
        file.folder, file.relative = folder or home, relative
        old, file.source = file.source, f"{file.folder.source}/{relative}"
        self.world.move_file(old, file.source)
        self.events.relocated(file, home, before)
        return file

    def scan(self) -> None:
        """Look at every folder at once."""
        self.importer.scan()

    def remove_missing(self) -> None:
        """Forget the files that are gone."""
        self.importer.remove_missing()

    def _anidb(self, episode: Episode) -> AnidbEpisode:
        found = self.world.anidb.episode(episode)
        if found is None:
            raise LookupError("AniDB does not know this episode")
        return found

    # -- service -------------------------------------------------------------------------------

    def queue_state(self) -> JsonObject:
        """Return the queue as the hub tells it."""
        jobs = self.importer.jobs
        running = [job for job in jobs if job.started <= self.clock.now()]
        waiting = sum(file.banned for file in self.files)
        body: JsonObject = {
            "Running": True,
            "WaitingCount": len(jobs) - len(running),
            "BlockedCount": waiting,
        }
        if self.major >= 6:
            body["ScheduledCount"] = 0
        body |= {
            "TotalCount": len(jobs) + waiting,
            "ThreadCount": 4,
            "CurrentlyExecuting": [job.as_json() for job in running],
        }
        return body | ({"Pools": []} if self.major >= 6 else {})

    @override
    async def start(self, port: int = 0) -> None:
        await super().start(port)
        self.later(self.importer.pace.detect, self._begin)

    def later(self, seconds: float, step: Callable[[], None]) -> None:
        """Plan a step."""

        async def run() -> None:
            step()

        self.clock.call_later(seconds, run)

    def _begin(self) -> None:
        if not self.running:
            return
        if self.is_up:
            self.importer.catch_up()
        else:
            self.later(self.importer.pace.detect, self._begin)

    @override
    async def stop(self) -> None:
        self.hub.thaw()  # a frozen hub would never be done with its clients
        await self.hub.close()
        await super().stop()

    def _hub_is_on(self) -> bool:
        return self.is_up and self.signalr

    @override
    def routes(self) -> list[web.RouteDef]:
        return [
            *self.auth.routes(),
            *self._api.routes(),
            web.get(HUB, self._join),
            web.post(f"{HUB}/negotiate", self._negotiate),
        ]

    async def _join(self, request: web.Request) -> web.StreamResponse:
        return await self.hub.handle(request) if self.signalr else self.unknown_route(request)

    async def _negotiate(self, request: web.Request) -> web.StreamResponse:
        return await self.hub.negotiate(request) if self.signalr else self.unknown_route(request)

    @override
    async def _before(self, request: web.Request) -> web.StreamResponse | None:
        # Whoever asks how the start goes is answered all the time.
        about = request.path.startswith("/api/v3/Init/")
        starting = self.faults.starting or self.failed is not None
        if starting and not about:
            return web.Response(status=self.refusal)
        if starting:
            return None
        return await super()._before(request)

    @override
    async def authorize(self, request: web.Request) -> web.StreamResponse | None:
        return self.auth.refusal(request)

    def init_status(self, *, full: bool) -> JsonObject:
        """Return how far the start is; `full` is told to everybody (v5) or to users (v6)."""
        state = "Failed" if self.failed is not None else "Started"
        text = self.failed
        if self.faults.starting:
            state, text = "Starting", "Initializing Database..."
        if self.major >= 6 and not full:
            return {"State": state, "StartupMessage": text}
        return {
            "StartupMessage": text,
            "State": state,
            "Uptime": "1.04:22:31" if state == "Started" else None,
            "DatabaseBlocked": {"Progress": None, "Blocked": False, "Status": None},
        }

    @override
    def unknown_route(self, request: web.Request) -> web.Response:
        return web.Response(status=404)
