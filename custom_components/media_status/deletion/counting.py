"""Count what every service has; one that lacks much at once is frozen until a person has looked."""

import asyncio
from collections.abc import Collection
from datetime import datetime
import logging
from typing import TYPE_CHECKING

from homeassistant.util import dt as dt_util

from ..clients.errors import ClientError
from ..connections.base import Census
from ..coordinator import ConnectionCoordinator
from ..journal import Batch
from ..journal_watch import Counted, WatchWrite
from ..lifecycle.deletion import StepStatus, Verb
from ..lifecycle.deletion_job import Job
from ..lifecycle.deletion_managers import MANAGERS
from ..lifecycle.model import Service
from .census import APART, accepted, weighed
from .missing import ASK_LIMIT
from .watch_issues import clear_vanished, raise_vanished

if TYPE_CHECKING:
    from ..hub import Hub

_LOGGER = logging.getLogger(__name__)

_PAGE = 50
_GONE = frozenset({StepStatus.DONE, StepStatus.VERIFIED})
_OF_FILES = frozenset({Verb.REMOVE_TITLE, Verb.REMOVE_FILE})
_OWN_VERBS = {
    Service.QBITTORRENT: frozenset({Verb.REMOVE_TORRENT}),
    Service.SHOKO: frozenset({Verb.REMOVE_RECORD}),
}


class Counting:
    """Know how much every connection has, and whether that can be believed."""

    def __init__(self, hub: Hub) -> None:
        """Initialize without having counted."""
        self._hub = hub

    async def restore(self) -> None:
        """Freeze again what was frozen before a restart; raise JournalError."""
        for counted in (await self._hub.journal.watches.counts()).values():
            if counted.is_frozen and counted.connection_id in self._hub.connections:
                self._show(counted)

    async def count(self, now: datetime) -> dict[str, Census]:
        """Count all connections and return what can be believed; raise JournalError."""
        before = await self._hub.journal.watches.counts()
        coordinators = list(self._hub.connections.values())
        found = await asyncio.gather(*map(self._census, coordinators))
        usable: dict[str, Census] = {}
        news: list[Counted] = []
        for coordinator, census in zip(coordinators, found, strict=True):
            key = coordinator.connection_id
            if census is None or _is_starting(coordinator, before.get(key), census, now):
                continue
            counted = weighed(key, before.get(key), census.size, now)
            if counted.is_frozen:
                ours = await self._removed_by_us(coordinator, counted.peak_at)
                counted = weighed(key, before.get(key), census.size, now, ours=ours)
            news.append(counted)
            if not counted.is_frozen:
                usable[key] = census
        await self._hub.journal.write(Batch(watch=WatchWrite(counts=news)))
        for counted in news:
            self._show(counted)
        return usable

    async def fresh(self, keys: Collection[str]) -> dict[str, Census]:
        """Return what some connections have now, without drawing conclusions."""
        asked = [self._hub.connections[key] for key in sorted(keys)]
        found = await asyncio.gather(*map(self._census, asked))
        return {
            coordinator.connection_id: census
            for coordinator, census in zip(asked, found, strict=True)
            if census is not None
        }

    async def accept(self, connection_id: str) -> None:
        """Take the present size for right, as a person says; raise JournalError."""
        counted = (await self._hub.journal.watches.counts()).get(connection_id)
        if counted is not None:
            right = accepted(counted, dt_util.utcnow())
            await self._hub.journal.write(Batch(watch=WatchWrite(counts=[right])))
            self._show(right)

    def _show(self, counted: Counted) -> None:
        """Freeze or thaw a connection, and let people know."""
        key, frozen = counted.connection_id, self._hub.deletions.frozen
        coordinator = self._hub.connections[key]
        if counted.is_frozen:
            if key not in frozen:
                _LOGGER.warning(
                    "%s has %s of %s left: nothing is concluded from that",
                    coordinator.name,
                    counted.size,
                    counted.peak,
                )
            frozen.add(key)
            raise_vanished(self._hub.hass, coordinator, before=counted.peak, now=counted.size)
            return
        if key in frozen:
            _LOGGER.info("%s can be believed again", coordinator.name)
        frozen.discard(key)
        clear_vanished(self._hub.hass, key)

    async def _census(self, coordinator: ConnectionCoordinator) -> Census | None:
        """Return what a service has; None when it cannot tell, which is not the same as nothing."""
        try:
            async with asyncio.timeout(ASK_LIMIT):
                return await coordinator.connection.census()
        except (ClientError, TimeoutError) as err:
            reason = str(err) or "timeout"
            _LOGGER.debug("%s could not be counted: %s", coordinator.name, reason)
            return None

    async def _removed_by_us(self, coordinator: ConnectionCoordinator, since: datetime) -> int:
        """Return how much our own jobs have removed from a service since then, at most."""
        removed, before = 0, None
        while True:
            jobs = await self._hub.journal.deletions.jobs(limit=_PAGE, before=before)
            for job in jobs:
                if not job.is_dry_run and (job.ended_at is None or job.ended_at >= since):
                    removed += _removed(job, coordinator)
            # A job goes on for days at most unless a person tries it again.
            if len(jobs) < _PAGE or jobs[-1].deadline < since:
                return removed
            before = jobs[-1].id


def _is_starting(
    coordinator: ConnectionCoordinator, before: Counted | None, census: Census, now: datetime
) -> bool:
    """Return whether an empty service may just not have read its library yet."""
    if census.size or before is None or not before.peak:
        return False
    since = coordinator.data.since
    return not coordinator.is_healthy or since is None or now - since < APART


def _removed(job: Job, coordinator: ConnectionCoordinator) -> int:
    """Return how much of what a service counts a job has removed."""
    gone = [step for step in job.plan.steps if job.states[step.id].status in _GONE]
    if coordinator.kind in MANAGERS:
        mine = [step for step in gone if step.connection_id == coordinator.connection_id]
        return len(
            {
                step.target if step.verb is Verb.REMOVE_TITLE else step.expects.get("title")
                for step in mine
                if step.verb in _OF_FILES
            }
        )
    own = _OWN_VERBS.get(coordinator.kind, frozenset())
    mine = [step for step in gone if step.verb in own]
    # With the files go Shoko's and Jellyfin's entries of them.
    files = sum(max(len(step.items), len(step.files)) for step in gone if step.verb in _OF_FILES)
    return len(mine) if coordinator.kind is Service.QBITTORRENT else max(len(mine), files)
