"""Watch finished requests: notice what disappears, and what disappears too much at once.

All services are counted now and then, and after every push that says that something was removed.
A push is only a reason to look: what two complete looks ten minutes apart have missed is gone.
"""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
import logging
from typing import TYPE_CHECKING, Final

from homeassistant.core import CALLBACK_TYPE, HassJob, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from ..clients.errors import ClientError
from ..connections.base import Census, Owned, Removed
from ..coordinator import ConnectionCoordinator
from ..journal import Batch, JournalError
from ..journal_watch import Sighting, WatchWrite
from ..lifecycle.deletion_managers import MANAGERS
from ..lifecycle.model import ItemKey, MediaType
from ..lifecycle.request import Request
from .census import APART, Doubtful, Titles
from .counting import Counting
from .elsewhere import Elsewhere
from .hints import Hints, Key, is_near
from .missing import Missing, Unclear, held_items, missing_in_library, missing_in_managers
from .open_ones import OpenOnes

if TYPE_CHECKING:
    from ..hub import Hub

_LOGGER = logging.getLogger(__name__)

FIRST_AFTER: Final = timedelta(minutes=2)
EVERY: Final = timedelta(hours=6)
GAP: Final = timedelta(minutes=1)  # between two looks, however much is pushed
_LATER: Final = timedelta(seconds=1)
MOST_PROOFS: Final = 100  # titles that are looked at closely in one round
_NEVER: Final = datetime.min.replace(tzinfo=UTC)
_REST: Final = timedelta(days=1)  # what was proven to be there in spite of a census


@dataclass(slots=True, kw_only=True)
class _Round:
    """One look at everything."""

    begun: datetime
    usable: dict[str, Census] = field(default_factory=dict)  # by connection, those that count
    titles: dict[str, Titles] = field(default_factory=dict)
    missed: dict[str, dict[ItemKey, Sighting]] = field(default_factory=dict)  # by request
    over: list[Sighting] = field(default_factory=list)
    suspects: dict[str, dict[str, Owned | None]] = field(default_factory=dict)
    finished: set[str] = field(default_factory=set)
    near: frozenset[Key] = frozenset()  # titles of which something was just said to be removed


class Watch:
    """Look at finished requests, one round after another, until the entry is unloaded."""

    def __init__(self, hub: Hub) -> None:
        """Initialize; nothing is looked at before `start`."""
        self._hub = hub
        self.counting = Counting(hub)
        self.elsewhere = Elsewhere(hub)
        self._hints = Hints()
        self._open = OpenOnes(hub, self.elsewhere, self._hints)
        self._looking = asyncio.Lock()
        self._rested: dict[str, datetime] = {}
        self._examined: dict[str, datetime] = {}
        self._looked_at: datetime | None = None
        self._soon: datetime | None = None
        self._again: datetime | None = None
        self._timer: CALLBACK_TYPE | None = None
        self._is_over = False

    async def start(self) -> None:
        """Freeze what was frozen before, and look soon; raise JournalError."""
        await self.counting.restore()
        entry = self._hub.entry
        entry.async_on_unload(self._hub.subscribe(self._open.handle))
        entry.async_on_unload(self._end)
        self._soon = dt_util.utcnow() + FIRST_AFTER
        self._arm()

    @callback
    def heard(self, coordinator: ConnectionCoordinator, removed: Collection[Removed] = ()) -> None:
        """Look at once, and once more when two looks may tell."""
        now = dt_util.utcnow()
        self._hints.add(coordinator, removed, now)
        self._soon = now if self._soon is None else min(self._soon, now)
        self._again = now + APART + _LATER
        self._arm()

    @callback
    def _end(self) -> None:
        self._is_over = True
        if self._timer is not None:
            self._timer()
            self._timer = None

    @callback
    def _arm(self) -> None:
        """Set the timer to the next look."""
        if self._timer is not None:
            self._timer()
            self._timer = None
        times = [at for at in (self._soon, self._again) if at is not None]
        if self._is_over or not times:
            return
        due = min(times)
        if self._looked_at is not None:
            due = max(due, self._looked_at + GAP)
        delay = max((due - dt_util.utcnow()).total_seconds(), 0)
        job = HassJob(self._wake, name="watch for deletions", cancel_on_shutdown=True)
        self._timer = async_call_later(self._hub.hass, delay, job)

    @callback
    def _wake(self, _now: datetime) -> None:
        self._timer = None
        now = dt_util.utcnow()
        self._soon = None
        if self._again is not None and self._again <= now:
            self._again = None
        self._hub.entry.async_create_background_task(
            self._hub.hass, self._watched(), "watch for deletions"
        )

    async def _watched(self) -> None:
        """Look; a bug of ours must not end the watching."""
        try:
            await self.look()
        except JournalError as err:
            _LOGGER.debug("The journal cannot be read yet: %s", err)
            self._soon = dt_util.utcnow() + APART
        except Exception:  # the next look may be luckier
            _LOGGER.exception("What disappeared could not be looked at")
        finally:
            self._soon = self._soon or dt_util.utcnow() + EVERY
            self._arm()

    async def look(self) -> None:
        """Look at everything once, now; raise JournalError."""
        async with self._looking:
            self._looked_at = dt_util.utcnow()
            round_ = _Round(begun=self._looked_at, near=self._hints.near(self._looked_at))
            await self.elsewhere.log_again()
            await self._open.note()
            round_.usable = await self.counting.count(round_.begun)
            round_.titles = await _indexed(round_.usable)
            for sighting in await self._hub.journal.watches.sightings():
                mine = round_.missed.setdefault(sighting.request_id, {})
                mine[sighting.item] = sighting
            await self._glance_at_all(round_)
            for request_id in self._in_turn(round_):
                await self._examine(round_, request_id, round_.suspects[request_id])
            await self._tidy(round_)
            await self.elsewhere.withdraw(round_.titles)

    async def _glance_at_all(self, round_: _Round) -> None:
        """Find the requests that are not obviously there."""
        after = ""
        while page := await self._hub.journal.watches.finished(after):
            after = page[-1].id
            for request in page:
                round_.finished.add(request.id)
                self._glance(round_, request)

    def _glance(self, round_: _Round, request: Request) -> None:
        managers = self.managers_of(request)
        is_missed = request.id in round_.missed
        if not managers <= round_.usable.keys() or not held_items(request):
            return
        try:
            found = find(round_.titles, managers, request)
        except Doubtful:
            return
        is_hinted = is_near(round_.near, request)
        is_there = bool(managers) and _is_all_there(request, found)
        if is_there and not is_missed and not is_hinted:
            self._rested.pop(request.id, None)
            return
        rested_at = self._rested.get(request.id)
        is_rested = rested_at is not None and round_.begun - rested_at < _REST
        if is_missed or is_hinted or not is_rested:
            round_.suspects[request.id] = found

    def _in_turn(self, round_: _Round) -> list[str]:
        """Return whom to look at closely in this round; who waited longest comes first."""
        order = sorted(round_.suspects, key=lambda one: (self._examined.get(one, _NEVER), one))
        if len(order) > MOST_PROOFS:
            self._next_look(dt_util.utcnow() + GAP)
        turn = order[:MOST_PROOFS]
        self._examined |= dict.fromkeys(turn, round_.begun)
        return turn

    async def _examine(
        self, round_: _Round, request_id: str, found: Mapping[str, Owned | None]
    ) -> None:
        """Make sure what of a request is missing, and remember or conclude it."""
        request = await self._hub.journal.request(request_id)
        if request is None or request.is_open or self._hub.deletions.job_of(request_id):
            return
        try:
            if found:
                missing = await missing_in_managers(self._hub, request, found, usable=round_.usable)
            else:
                missing = await missing_in_library(
                    self._hub, request, held_items(request), usable=round_.usable
                )
        except Unclear:
            return
        mine = round_.missed.get(request_id, {})
        if not missing.gone and not mine:
            self._rested[request_id] = round_.begun
        await self._remember(round_, request, missing, mine)
        await self._conclude(round_, request, missing, mine)

    async def _remember(
        self,
        round_: _Round,
        request: Request,
        missing: Missing,
        mine: Mapping[ItemKey, Sighting],
    ) -> None:
        """Store what is missed for the first time; what is there again is missed no more."""
        over = [one for item, one in mine.items() if item in missing.there]
        new = [
            Sighting(
                request_id=request.id,
                item=item,
                first_at=dt_util.utcnow(),
                source=self._hints.source(request, round_.begun),
            )
            for item in sorted(missing.gone - mine.keys())
        ]
        if new:
            await self._hub.journal.write(Batch(watch=WatchWrite(sightings=new)))
            self._next_look(min(one.first_at for one in new) + APART + _LATER)
        round_.over += over

    async def _conclude(
        self,
        round_: _Round,
        request: Request,
        missing: Missing,
        mine: Mapping[ItemKey, Sighting],
    ) -> None:
        """Let be deleted what was missed before, and long enough ago."""
        due = frozenset(
            item
            for item in missing.gone & mine.keys()
            if round_.begun - mine[item].first_at >= APART
        )
        held = held_items(request)
        waiting = [mine[item].first_at for item in missing.gone & mine.keys() - due]
        if waiting:
            self._next_look(min(waiting) + APART + _LATER)
        if not due or (missing.gone == held and due != held):
            return  # nothing yet, or soon all of it
        first = min((mine[item] for item in due), key=lambda one: one.first_at)
        await self.elsewhere.conclude(
            request,
            None if due == held else due,
            source=first.source,
            is_sought=missing.is_sought,
        )
        round_.over += [mine[item] for item in due]

    def _next_look(self, at: datetime) -> None:
        self._again = at if self._again is None else min(self._again, at)

    async def _tidy(self, round_: _Round) -> None:
        """Forget sightings that are over, and look again at those that are not."""
        over = {id(one): one for one in round_.over}
        for request_id, mine in round_.missed.items():
            if request_id not in round_.finished:  # it has been deleted, or forgotten
                over |= {id(one): one for one in mine.values()}
        if over:
            await self._hub.journal.write(Batch(watch=WatchWrite(over=list(over.values()))))
        if any(id(one) not in over for mine in round_.missed.values() for one in mine.values()):
            self._next_look(dt_util.utcnow() + APART)
        self._examined = {key: at for key, at in self._examined.items() if key in round_.finished}
        self._rested = {key: at for key, at in self._rested.items() if round_.begun - at < _REST}

    def managers_of(self, request: Request) -> frozenset[str]:
        """Return the connections of managers that may have a request's title."""
        variants = self._hub.tracker.options.variants
        return frozenset(
            key
            for key, one in self._hub.connections.items()
            if MANAGERS.get(one.kind) is request.media_type
            and variants.get(key) in (None, request.is_4k)
        )

    async def accept(self, connection_id: str) -> None:
        """Take what a connection has for right, and look again; raise JournalError."""
        await self.counting.accept(connection_id)
        self._soon = dt_util.utcnow()
        self._arm()

    async def has_files(self, request: Request, titles: Mapping[str, Titles] | None = None) -> bool:
        """Return whether a manager has a file of a request's items, by a fresh count unless given.

        Raises `ClientError` or TimeoutError when one cannot tell.
        """
        managers = self.managers_of(request)
        if titles is None:
            titles = await _indexed(await self.counting.fresh(managers))
        if not managers <= titles.keys():
            raise ClientError("not every service answers")
        try:
            found = find(titles, managers, request)
        except Doubtful as err:
            raise ClientError("it is not certain which title this is") from err
        for key, owned in found.items():
            if owned is not None and owned.files:
                holding = await self._hub.connections[key].connection.holding(owned.own_id)
                if holding is None or holding.held & request.items or not request.items:
                    return True
        return False


def find(
    titles: Mapping[str, Titles], managers: Collection[str], request: Request
) -> dict[str, Owned | None]:
    """Return what each manager has of a request's title; raise Doubtful."""
    return {
        key: titles[key].find(request.media_type, request.ids, request.service_ids.get(key))
        for key in sorted(managers)
    }


def _is_all_there(request: Request, found: Mapping[str, Owned | None]) -> bool:
    """Return whether managers count as many files as a request has brought, by season."""
    owned = [one for one in found.values() if one is not None]
    if request.media_type is MediaType.MOVIE:
        return any(one.files for one in owned)
    wanted: dict[int, int] = {}
    for item in held_items(request):
        wanted[item.season] = wanted.get(item.season, 0) + 1
    return any(
        all(one.seasons.get(season, 0) >= number for season, number in wanted.items())
        for one in owned
    )


async def _indexed(usable: Mapping[str, Census]) -> dict[str, Titles]:
    """Return the titles of the managers; a whole library takes longer than the loop may stop."""

    def work() -> dict[str, Titles]:
        return {
            key: Titles(census.titles)
            for key, census in usable.items()
            if census.titles is not None
        }

    return await asyncio.to_thread(work)
