"""Keep a household whose services lose things, with finished requests in its journal."""

from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import override

from freezegun.api import FrozenDateTimeFactory
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.media_status.clients.errors import ClientError, Unreachable
from custom_components.media_status.clients.guard import DryRun, Permit, PlannedCall, Removals
from custom_components.media_status.connections.base import Census, Holding, Owned, Push, Removed
from custom_components.media_status.journal import Batch
from custom_components.media_status.lifecycle.deletion import (
    HeldItem,
    HeldTitle,
    HeldWish,
    Holdings,
    Inspection,
    Served,
    Step,
)
from custom_components.media_status.lifecycle.deletion_job import Sight
from custom_components.media_status.lifecycle.facts import Fact, File, Grab, Origin, Playable
from custom_components.media_status.lifecycle.model import (
    MOVIE,
    ItemKey,
    MediaType,
    ProviderIds,
    Service,
    Stage,
    Subject,
    Via,
)
from custom_components.media_status.lifecycle.request import Change, Request, Status
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from tests.household import KINDS, Household, running
from tests.scripted import ScriptedConnection

FILMS = 40  # others in Radarr, so that one is not much
ELEVEN_MINUTES = timedelta(minutes=11)


class Estate(ScriptedConnection):
    """A service that has titles with files, and can be down or blind."""

    def __init__(self, connection_id: str) -> None:
        """Initialize with nothing."""
        super().__init__(connection_id)
        self.titles: dict[str, Owned] = {}
        self.held: dict[str, frozenset[ItemKey]] = {}
        self.sought: dict[str, frozenset[ItemKey]] = {}
        self.disk: set[str] = set()
        self.size: int | None = None  # of those that have no titles
        self.playing: set[str] = set()  # Jellyfin's ids
        self.renamed: dict[str, str] = {}  # request -> Jellyfin's new id
        self.trouble: ClientError | None = None
        self.is_blind = False  # sees no disk
        self.counts = 0
        self.removed: list[str] = []

    def add(self, request: Request) -> None:
        """Have all of a request."""
        own_id = request.service_ids[self.connection_id]
        self.hold(request, own_id, frozenset(request.items))
        self.disk |= {path_of(request, item) for item in request.items}

    def hold(self, request: Request, own_id: str, items: frozenset[ItemKey]) -> None:
        """Have some items of a request, under an own id."""
        seasons: dict[int, int] = {}
        for item in items:
            seasons[item.season] = seasons.get(item.season, 0) + 1
        self.titles[own_id] = Owned(
            media_type=request.media_type,
            ids=request.ids,
            own_id=own_id,
            files=len(items),
            seasons=seasons,
        )
        self.held[own_id] = items

    def lose(self, request: Request, *items: ItemKey) -> None:
        """Lose the files of some items; without any named, the title with all its files."""
        own_id = request.service_ids[self.connection_id]
        if items:
            self.hold(request, own_id, self.held[own_id] - set(items))
        else:
            self.titles.pop(own_id, None)
        self.disk -= {path_of(request, item) for item in items or request.items}

    @override
    async def census(self) -> Census | None:
        self.counts += 1
        if self.trouble is not None:
            raise self.trouble
        if self.service_kind is Service.SEERR:
            return None
        if self.service_kind in (Service.RADARR, Service.SONARR):
            titles = tuple(self.titles.values())
            size = sum(one.files > 0 for one in titles)
            return Census(size=size, titles=titles)
        size = len(self.playing) if self.size is None else self.size
        return Census(size=size)

    @property
    def service_kind(self) -> Service:
        """Return what this service is."""
        return Service(self.connection_id)

    @override
    async def holding(self, own_id: str) -> Holding | None:
        self._check()
        if own_id not in self.titles:
            return None
        return Holding(held=self.held[own_id], sought=self.sought.get(own_id, frozenset()))

    @override
    async def files_left(self, paths: Collection[str]) -> frozenset[str]:
        self._check()
        if self.is_blind or self.service_kind not in (Service.RADARR, Service.SONARR):
            raise ClientError("nothing can be seen")
        return frozenset(paths) & self.disk

    @override
    async def playable(self, item_ids: Collection[str]) -> frozenset[str]:
        self._check()
        return frozenset(item_ids) & self.playing

    @override
    async def inspect(self, inspection: Inspection) -> Holdings:
        self._check()
        found = [
            (target, own_id)
            for target in inspection.targets
            if (own_id := target.service_ids.get(self.connection_id)) is not None
        ]
        match self.service_kind:
            case Service.JELLYFIN:
                return Holdings(items=tuple(self._renamed(inspection)))
            case Service.SEERR:
                return Holdings(
                    wishes=tuple(
                        HeldWish(
                            request_id=target.request_id,
                            media_id=f"m{own_id}",
                            requests=(own_id,),
                            own=frozenset({own_id}),
                        )
                        for target, own_id in found
                        if own_id not in self.removed
                    )
                )
            case Service.RADARR:
                return Holdings(
                    titles=tuple(
                        HeldTitle(
                            request_id=target.request_id,
                            own_id=own_id,
                            ids=target.ids,
                            title=target.title,
                        )
                        for target, own_id in found
                        if own_id in self.titles
                    )
                )
        return Holdings()

    def _renamed(self, inspection: Inspection) -> Iterator[HeldItem]:
        for target in inspection.targets:
            if (new := self.renamed.get(target.request_id)) is not None:
                yield HeldItem(request_id=target.request_id, item_id=new, item=MOVIE)

    @override
    async def trace(self, downloads: frozenset[str]) -> Mapping[str, frozenset[Served]]:
        self._check()
        return {}

    @override
    async def remove(self, step: Step, permit: Permit) -> None:
        if permit.dry_run:
            raise DryRun(PlannedCall(method="DELETE", path=step.target, query=()))
        self._check()
        self.removed.append(step.target)
        self.titles.pop(step.target, None)

    @override
    async def look(self, step: Step) -> Sight:
        return Sight.GONE if step.target in self.removed else Sight.PRESENT

    def _check(self) -> None:
        if self.trouble is not None:
            raise self.trouble


class Home(Household):
    """A household of estates, and the clock."""

    freezer: FrozenDateTimeFactory

    @override
    def create(
        self,
        hass: HomeAssistant,
        kind: str,
        connection_id: str,
        data: Mapping[str, object],
        removals: Removals = Removals.OFF,
    ) -> ScriptedConnection:
        return self.services.setdefault(connection_id, Estate(connection_id))

    def __getitem__(self, kind: Service) -> Estate:
        """Return a service."""
        found = self.services[kind]
        assert isinstance(found, Estate)
        return found

    async def know(self, *requests: Request) -> None:
        """Have finished requests in the journal, and their files in the managers."""
        await self.hub.journal.write(
            Batch(
                changes=[
                    Change(
                        request=one,
                        opened=True,
                        ended=True,
                        is_stored=True,
                        facts=dict(one.facts),
                    )
                    for one in requests
                ]
            )
        )
        if Service.RADARR not in self.services:
            return
        for one in requests:
            for kind in (Service.RADARR, Service.SONARR):
                if kind in one.service_ids:
                    self[kind].add(one)

    async def stage(self, request: Request) -> Stage:
        """Return where the journal says that a request stands."""
        found = await self.hub.journal.request(request.id)
        assert found is not None
        return found.stage

    async def look(self, after: timedelta = timedelta(0)) -> None:
        """Let time go by without anything happening, then look."""
        self.freezer.tick(after)
        await self.hub.watch.look()

    async def look_twice(self) -> None:
        """Look twice, far enough apart."""
        await self.look()
        await self.look(ELEVEN_MINUTES)

    async def push(self, kind: Service, *removed: Removed) -> None:
        """Let a service push that something was removed."""
        push = Push(event="removed", removed=removed)
        (await self.hub.take_push(self.hub.connections[kind], push))()

    async def pass_time(self, delta: timedelta) -> None:
        """Let the clock go on, and everything happen that is due."""
        self.freezer.tick(delta)
        async_fire_time_changed(self.hass, dt_util.utcnow())
        await self.hass.async_block_till_done(wait_background_tasks=True)


@asynccontextmanager
async def at_home(
    hass: HomeAssistant,
    path: Path,
    freezer: FrozenDateTimeFactory,
    *,
    kinds: tuple[Service, ...] = KINDS,
    options: Mapping[str, object] | None = None,
    others: int = FILMS,
    services: dict[str, ScriptedConnection] | None = None,
) -> AsyncIterator[Home]:
    """Live in a household with as many other films in Radarr."""

    class ThisHome(Home):
        def __init__(self, *args: object) -> None:
            super().__init__(*args)  # type: ignore[arg-type]  # as Household is made
            self.freezer = freezer
            self.services |= services or {}

    async with running(hass, path, kinds, options, ThisHome) as home:
        assert isinstance(home, Home)
        if Service.RADARR in kinds:
            for number in range(others):
                other = a_film(1000 + number)
                home[Service.RADARR].hold(other, str(1000 + number), frozenset({MOVIE}))
        yield home


def path_of(request: Request, item: ItemKey) -> str:
    """Return where an item's file lies."""
    return f"/media/{request.id}/{item.label}.mkv"


def a_film(number: int = 1) -> Request:
    """Return a film that ended well."""
    return _request(number, MediaType.MOVIE, frozenset({MOVIE}), Service.RADARR)


def a_series(number: int = 1, episodes: int = 3) -> Request:
    """Return a season that ended well."""
    items = frozenset(ItemKey(1, one + 1) for one in range(episodes))
    return _request(number, MediaType.SERIES, items, Service.SONARR)


def _request(
    number: int, media_type: MediaType, items: frozenset[ItemKey], manager: Service
) -> Request:
    now = dt_util.utcnow()
    torrent = f"{number:040x}"
    request = Request(
        id=f"{media_type.value}-{number}",
        media_type=media_type,
        origin=Origin.SEERR,
        created_at=now,
        opened_at=now,
        ids=ProviderIds(tmdb=7000 + number, tvdb=8000 + number),
        title=f"Title {number}",
        year=2020,
        seasons=frozenset({1}) if media_type is MediaType.SERIES else frozenset(),
        items=set(items),
        service_ids={manager.value: str(number), "seerr": f"s{number}"},
        download_names={torrent: torrent},
        ended_at=now,
        available_at=now,
        status=Status(stage=Stage.AVAILABLE, items=dict.fromkeys(items, Stage.AVAILABLE)),
    )
    _add(request, manager, Grab(items=items, at=now), Subject(download=torrent))
    for item in items:
        _add(request, manager, File(present=True, path=path_of(request, item)), Subject(item=item))
        _add(
            request,
            Service.JELLYFIN,
            Playable(present=True, item_id=jellyfin_id(request, item)),
            Subject(item=item),
        )
    return request


def jellyfin_id(request: Request, item: ItemKey) -> str:
    """Return as what Jellyfin has an item."""
    return f"{request.id}-{item.label}"


def _add(
    request: Request, service: Service, value: File | Grab | Playable, subject: Subject
) -> None:
    now = dt_util.utcnow()
    fact = Fact(
        subject=subject,
        connection_id=service.value,
        service=service,
        value=value,
        seen_at=now,
        since=now,
        via=Via.SURVEY,
    )
    request.facts[fact.key] = fact


def without_manager(request: Request) -> Request:
    """Return a request that only Jellyfin ever had."""
    facts = {key: fact for key, fact in request.facts.items() if isinstance(fact.value, Playable)}
    return replace(request, facts=facts, service_ids={})


DOWN = Unreachable("no answer")
