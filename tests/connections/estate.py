"""A simulated household from which things are deleted by our real connections, step by step."""

from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Self

import aiohttp

from custom_components.media_status.clients.base import BaseClient
from custom_components.media_status.clients.guard import Removals
from custom_components.media_status.clients.jellyfin import JellyfinClient
from custom_components.media_status.clients.qbittorrent import QBittorrentClient
from custom_components.media_status.clients.radarr import RadarrClient
from custom_components.media_status.clients.seerr import SeerrClient
from custom_components.media_status.clients.shoko import ShokoClient
from custom_components.media_status.clients.sonarr import SonarrClient
from custom_components.media_status.connections.base import Connection
from custom_components.media_status.connections.jellyfin import JellyfinConnection
from custom_components.media_status.connections.qbittorrent import QBittorrentConnection
from custom_components.media_status.connections.radarr import RadarrConnection
from custom_components.media_status.connections.seerr import SeerrConnection
from custom_components.media_status.connections.shoko import ShokoConnection
from custom_components.media_status.connections.sonarr import SonarrConnection
from custom_components.media_status.deletion.permits import permit
from custom_components.media_status.lifecycle.deletion import (
    DeletionOptions,
    DeletionTarget,
    Holder,
    Holdings,
    Inspection,
    Plan,
    Step,
    StepStatus,
    Verb,
)
from custom_components.media_status.lifecycle.deletion_job import Sight
from custom_components.media_status.lifecycle.deletion_plan import make_plan
from custom_components.media_status.lifecycle.model import (
    MOVIE,
    ItemKey,
    MediaType,
    ProviderIds,
    Service,
)
from simulator import Simulator, Title

MANAGERS = {Service.RADARR, Service.SONARR}


class Estate:
    """All services of a simulator behind connections that may remove."""

    def __init__(self, sim: Simulator, variants: Mapping[str, bool] | None = None) -> None:
        """Initialize with a running simulator; `variants` names the instances for HD and 4K."""
        self.sim = sim
        self.connections: dict[str, Connection] = {}
        self._variants = variants or {}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Open the session and connect to everything."""
        session = await self._stack.enter_async_context(aiohttp.ClientSession())
        for name in self.sim.names():
            self.connections[name] = self._connect(session, name)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the session."""
        await self._stack.aclose()

    def _connect(self, session: aiohttp.ClientSession, name: str) -> Connection:
        url = self.sim.url(name)
        if name == "qbittorrent":
            doors = self.sim.qbittorrent.auth
            torrents = QBittorrentClient(
                session, url, username=doors.username, password=doors.password
            )
            return QBittorrentConnection(name, _armed(torrents, name))
        key = self.sim.api_key(name)
        if name.startswith("radarr"):
            return RadarrConnection(name, _armed(RadarrClient(session, url, key), name))
        if name.startswith("sonarr"):
            return SonarrConnection(name, _armed(SonarrClient(session, url, key), name))
        if name.startswith("seerr"):
            return SeerrConnection(name, _armed(SeerrClient(session, url, key), name))
        if name.startswith("shoko"):
            return ShokoConnection(name, _armed(ShokoClient(session, url, key), name))
        return JellyfinConnection(name, _armed(JellyfinClient(session, url, key), name))

    def inspection(self, *targets: DeletionTarget) -> Inspection:
        """Return the question that is asked about targets before anything is known."""
        return Inspection(now=self.sim.clock.now(), targets=targets)

    async def ask(self, name: str, *targets: DeletionTarget) -> Holdings:
        """Return what one service has, with what the managers hold known."""
        return (await self._holdings(targets, {name}))[name]

    async def plan(self, *targets: DeletionTarget, options: DeletionOptions | None = None) -> Plan:
        """Return what would be deleted."""
        found = await self._holdings(targets, set(self.connections))
        holders = [
            Holder(
                connection_id=name,
                service=self.connections[name].service,
                name=name,
                holdings=holdings,
                is_4k=self._variants.get(name),
            )
            for name, holdings in found.items()
        ]
        now = self.sim.clock.now()
        return make_plan("plan", now, options or DeletionOptions(), targets, holders)

    async def _holdings(
        self, targets: tuple[DeletionTarget, ...], names: set[str]
    ) -> dict[str, Holdings]:
        asked = self.inspection(*targets)
        managers = {n: c for n, c in self.connections.items() if c.service in MANAGERS}
        found = {name: await one.inspect(asked) for name, one in managers.items()}
        titles = tuple(title for held in found.values() for title in held.titles)
        asked = replace(asked, titles=titles)
        for name, one in managers.items():
            found[name] = replace(found[name], served=await one.trace(asked.downloads))
        for name in sorted(names - managers.keys()):
            found[name] = await self.connections[name].inspect(asked)
        return found

    async def run(self, step: Step) -> None:
        """Do a step for real."""
        await self._of(step).remove(step, permit(step, dry_run=False))

    async def rehearse(self, step: Step) -> None:
        """Do a step but for the sending."""
        await self._of(step).remove(step, permit(step))

    async def look(self, step: Step) -> Sight:
        """Look whether what a step removes is gone."""
        return await self._of(step).look(step)

    async def run_before(self, plan: Plan, step: Step) -> None:
        """Do everything that a step has to wait for."""
        for other in plan.pending:
            if other.id in step.after:
                await self.run(other)
                await self.sim.settle(held=False)
                assert await self.look(other) is Sight.GONE

    def _of(self, step: Step) -> Connection:
        return self.connections[step.connection_id or ""]


def _armed[C: BaseClient](client: C, name: str) -> C:
    client.instance = name
    client.removals = Removals.ON
    return client


def film_target(title: Title, request_id: str = "r1") -> DeletionTarget:
    """Return a film that shall be deleted."""
    return DeletionTarget(
        request_id=request_id,
        media_type=MediaType.MOVIE,
        ids=ProviderIds(tmdb=title.tmdb),
        title=title.title,
        items=frozenset({MOVIE}),
    )


def series_target(title: Title, items: Iterable[ItemKey] | None = None) -> DeletionTarget:
    """Return a series, or some of its episodes, that shall be deleted."""
    everything = [ItemKey(episode.season, episode.number) for episode in title.episodes]
    return DeletionTarget(
        request_id="r1",
        media_type=MediaType.SERIES,
        ids=ProviderIds(tmdb=title.tmdb, tvdb=title.tvdb),
        title=title.title,
        is_whole=items is None,
        items=frozenset(everything if items is None else items),
    )


def steps(plan: Plan, verb: Verb) -> list[Step]:
    """Return the steps of one kind."""
    return [step for step in plan.steps if step.verb is verb]


def only(plan: Plan, verb: Verb) -> Step:
    """Return the one step of a kind, which has to be done."""
    (step,) = steps(plan, verb)
    assert step.status is StepStatus.PENDING, step.reason
    return step
