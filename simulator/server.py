"""The simulator itself: a household of services on loopback, and the levers to drive it."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from types import TracebackType
from typing import Self

from .call_log import Call
from .clock import SimClock
from .faults import Faults
from .jellyfin import Jellyfin
from .qbittorrent import QBittorrent
from .radarr import Radarr
from .scenario import Stories, Story
from .seerr import Seerr
from .seerr_state import SeerrRequest
from .service import Service
from .shoko import Shoko
from .sonarr import Sonarr
from .validate import Validator
from .volume import Volume
from .world import World

KINDS: dict[str, type[Service]] = {
    "qbittorrent": QBittorrent,
    "jellyfin": Jellyfin,
    "radarr": Radarr,
    "sonarr": Sonarr,
    "seerr": Seerr,
    "shoko": Shoko,
}
DEFAULT = ("seerr", "radarr", "sonarr", "qbittorrent", "jellyfin")


class Simulator:
    """Run simulated services; see the package's guide."""

    def __init__(
        self,
        *,
        profile: str = "tiny",
        seed: int = 0,
        services: Iterable[str] = DEFAULT,
        stepped: bool = True,
        speed: float = 1.0,
        start: datetime | None = None,
        ports: Mapping[str, int] | None = None,
        versions: Mapping[str, str] | None = None,
        validate: bool = False,
        volume: Volume | None = None,
    ) -> None:
        """Plan the services: each is a kind, or `kind:name` for more of a kind."""
        self.clock = SimClock(start=start, stepped=stepped, speed=speed)
        self._profile, self._seed, self._volume = profile, seed, volume
        self._wanted = [(text.partition(":")[0], text.rpartition(":")[2]) for text in services]
        self._ports = dict(ports or {})
        self._versions = dict(versions or {})
        self._validator = Validator() if validate else None
        self.calls: Counter[tuple[str, str]] = Counter()
        self._services: dict[str, Service] = {}
        self.world: World
        self.stories: Stories
        self._following: dict[int, Story] = {}

    # -- life ----------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        """Start every service."""
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop every service."""
        await self.stop()

    async def start(self) -> None:
        """Build the world and listen."""
        self.world = World(self.clock, profile=self._profile, seed=self._seed, volume=self._volume)
        for kind, name in self._wanted:
            service = KINDS[kind](self.world, name, calls=self.calls)
            if (version := self._versions.get(name)) is not None:
                service.version = version
            if self._validator is not None:
                service.inspector = self._validator.inspect
            self._services[name] = service
        self._connect()
        self.stories = Stories(self)
        for shoko in self.all_of(Shoko):
            shoko.importer.pace = self.stories.pace.anime
        for name, service in self._services.items():
            await service.start(self._ports.get(name, 0))

    async def stop(self) -> None:
        """End stories, pushes and services."""
        await self.stories.close()
        await self.clock.close()
        for service in self._services.values():
            await service.courier.close()
            await service.stop()

    def _connect(self) -> None:
        torrents = self.all_of(QBittorrent)
        if torrents:
            for radarr in self.all_of(Radarr):
                radarr.client = torrents[0]
            for sonarr in self.all_of(Sonarr):
                sonarr.client = torrents[0]
        for seerr in self.all_of(Seerr):
            seerr.radarrs = self.all_of(Radarr)
            seerr.sonarrs = self.all_of(Sonarr)
            seerr.media_server = next(iter(self.all_of(Jellyfin)), None)
        for shoko in self.all_of(Shoko)[:1]:
            for jellyfin in self.all_of(Jellyfin):
                jellyfin.shokofin.enable(shoko)

    # -- parts ---------------------------------------------------------------------------------

    def __getitem__(self, name: str) -> Service:
        """Return a service by its name."""
        return self._services[name]

    def all_of[S: Service](self, kind: type[S]) -> list[S]:
        """Return the services of one kind in the order they were named."""
        return [service for service in self._services.values() if isinstance(service, kind)]

    def _first[S: Service](self, kind: type[S]) -> S:
        return self.all_of(kind)[0]

    @property
    def seerr(self) -> Seerr:
        """Return the first Seerr."""
        return self._first(Seerr)

    @property
    def radarr(self) -> Radarr:
        """Return the first Radarr."""
        return self._first(Radarr)

    @property
    def sonarr(self) -> Sonarr:
        """Return the first Sonarr."""
        return self._first(Sonarr)

    @property
    def qbittorrent(self) -> QBittorrent:
        """Return the first qBittorrent."""
        return self._first(QBittorrent)

    @property
    def shoko(self) -> Shoko:
        """Return the first Shoko."""
        return self._first(Shoko)

    @property
    def jellyfin(self) -> Jellyfin:
        """Return the first Jellyfin."""
        return self._first(Jellyfin)

    def has(self, kind: str) -> bool:
        """Whether a service of this kind runs here."""
        return any(service.kind == kind for service in self._services.values())

    def names(self) -> list[str]:
        """Return the names of all services."""
        return list(self._services)

    def url(self, name: str) -> str:
        """Return the base address of a service."""
        return self._services[name].url

    def api_key(self, name: str) -> str:
        """Return the API key of a service (for qBittorrent: 5.2 and newer)."""
        return self._services[name].api_key

    def faults(self, name: str) -> Faults:
        """Return the fault dial of a service."""
        return self._services[name].faults

    @property
    def violations(self) -> list[str]:
        """Return what the OpenAPI documents did not allow (`validate=True`)."""
        return self._validator.violations if self._validator else []

    @property
    def writes(self) -> list[Call]:
        """Return the calls to all services that change something, oldest first."""
        return self.world.log

    @property
    def removing(self) -> list[Call]:
        """Return the calls that take content, a record or a request away, oldest first."""
        return [call for call in self.world.log if call.removes]

    # -- levers --------------------------------------------------------------------------------

    async def advance(self, seconds: float) -> None:
        """Let simulated time pass and everything due in it happen; pushes are delivered."""
        await self.clock.advance(seconds)
        if self.clock.stepped:
            await self.settle(held=False)

    async def settle(self, *, held: bool = True) -> None:
        """Wait until every push is delivered, also those that were `held` back or delayed."""
        couriers = [service.courier for service in self._services.values()]
        await asyncio.gather(*(courier.settle(held=held) for courier in couriers))

    async def play(self, what: SeerrRequest | Story, *, until: str | None = None) -> Story:
        """Play a story, or the usual life of a request, as far as the named beat."""
        story = self.follow(what) if isinstance(what, SeerrRequest) else what
        await story.play(until)
        await self.settle(held=False)
        return story

    async def step(self, what: SeerrRequest | Story) -> str | None:
        """Play exactly one beat and return its name, None at the end."""
        story = self.follow(what) if isinstance(what, SeerrRequest) else what
        beat = await story.step()
        await self.settle(held=False)
        return beat

    def follow(self, request: SeerrRequest) -> Story:
        """Return the story of a request, begun when it has none yet."""
        if request.id not in self._following:
            make = self.stories.film if request.title.kind == "movie" else self.stories.series
            self._following[request.id] = make(request)
        return self._following[request.id]

    async def down(self, name: str) -> None:
        """Let a service refuse connections."""
        await self._services[name].stop()

    async def up(self, name: str) -> None:
        """Let a service accept connections again on its old port."""
        await self._services[name].start()

    async def restart(self, name: str, *, starting: bool = False) -> None:
        """Restart a service: sessions are lost; with `starting` it answers 503 until cleared."""
        service = self._services[name]
        await service.stop()
        service.lose_sessions()
        service.faults.starting = starting
        await service.start()
