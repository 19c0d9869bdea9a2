"""Hold the one pipe: facts in, journal, then entities, events, websocket and doorbells."""

import asyncio
from collections import ChainMap
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
import logging
from typing import Final
from uuid import uuid7

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

from .connections.base import Doorbell, Push, Survey, SurveyContext, WantedTitle
from .const import CONF_HISTORY_DAYS, DEFAULT_OPTIONS
from .coordinator import ConnectionCoordinator
from .deletion.desk import DeletionDesk
from .deletion.house import DeletionChange
from .deletion.watch import Watch
from .doorbells import Bell, answers, heard
from .explained import Explained, explained
from .explanations import Texts
from .household import MANAGERS, has_manager, has_variants, tracker_options, watch_url
from .journal import Journal, JournalStart
from .journal_deletions import DeletionWrite
from .ledger import Ledger
from .library.sync import LibrarySync
from .lifecycle.facts import Verdict
from .lifecycle.model import Service
from .lifecycle.request import Changes, Request
from .lifecycle.tracker import Tracker, TrackerOptions
from .milestones import RequestEvent, deletion_events, milestones
from .past import Past
from .schedule import elapsed, interval
from .wanted import Asker, concerns, survey_context, wanted_title

type MediaStatusConfigEntry = ConfigEntry[Hub]

_LOGGER = logging.getLogger(__name__)

_TICK: Final = timedelta(seconds=30)
# The order in which a first survey makes most sense: wishes, managers, clients, matches, library.
_SURVEY_ORDER: Final = (
    (Service.SEERR,),
    MANAGERS,
    (Service.QBITTORRENT,),
    (Service.SHOKO,),
    (Service.JELLYFIN,),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HubEvent:
    """What listeners are told, after the journal has it."""

    changes: Changes = field(default_factory=list)
    connections: frozenset[str] = frozenset()  # whose health changed
    removed: frozenset[str] = frozenset()  # requests whose sensor's time is over
    fired: tuple[RequestEvent, ...] = ()
    deletions: tuple[DeletionChange, ...] = ()
    learned: bool = False  # what is usual here may be something else now


class Hub:
    """Own the tracker, the journal and the connections of the one config entry."""

    def __init__(
        self, hass: HomeAssistant, entry: MediaStatusConfigEntry, journal: Journal, texts: Texts
    ) -> None:
        """Initialize without connections; see `restore` and `add`."""
        self.hass = hass
        self.entry = entry
        self.journal = journal
        self.tracker = Tracker(new_id=lambda: uuid7().hex)
        self.connections: dict[str, ConnectionCoordinator] = {}
        self.tracking_since = self._began = dt_util.utcnow()
        self.past = Past(hass, journal)
        self._recent: dict[str, Request] = {}
        self.requests: Mapping[str, Request] = ChainMap(self.tracker.requests, self._recent)
        self.texts = texts
        self._listeners: list[Callable[[HubEvent], None]] = []
        self._ledger = Ledger(journal)
        self.deletions = DeletionDesk(self)
        self.library = LibrarySync(self)
        self.watch = Watch(self)
        self._is_closed = False

    @property
    def keep_since(self) -> datetime:
        """Return since when ended requests keep their sensor."""
        options = {**DEFAULT_OPTIONS, **self.entry.options}
        return dt_util.utcnow() - timedelta(days=float(str(options[CONF_HISTORY_DAYS])))

    @property
    def is_closed(self) -> bool:
        """Return whether the journal takes nothing any more."""
        return self._is_closed

    async def restore(self, start: JournalStart) -> None:
        """Take over what the journal remembers, judged by what was usual here before."""
        await self.past.learn(dt_util.utcnow())
        self.tracking_since = start.started_at
        self.tracker.options = self._options()
        self.tracker.restore(
            start.requests,
            start.closed_keys,
            dt_util.utcnow(),
            start.recent,
            connections=self.entry.subentries,
            forgotten=start.forgotten,
        )
        self._recent.update({request.id: request for request in start.recent})

    def start(self) -> None:
        """Begin to survey, tick and tidy up; everything ends with the entry."""
        for coordinator in self.connections.values():
            coordinator.start()
        self.library.start()
        self.entry.async_on_unload(async_track_time_interval(self.hass, self._tick, _TICK))
        self.entry.async_create_background_task(self.hass, self._begin(), "first survey")

    async def _begin(self) -> None:
        """Tell what time alone has changed since we stopped, then ask everybody."""
        await self._tick(dt_util.utcnow())
        await self.survey()

    async def _learn(self) -> None:
        """Learn what is usual here, when that is due, and explain by that."""
        if await self.past.learn(dt_util.utcnow()):
            await self._reconsider()
            self._tell(HubEvent(learned=True))

    async def _reconsider(self) -> None:
        """Derive all requests anew under what is known of the household now."""
        await self._take_steps(self.tracker.reconsider(self._options(), dt_util.utcnow()))

    async def close(self) -> None:
        """Let go of the journal; what surveys under way still find is left to the next start."""
        await self.library.stop()
        await self.deletions.stop()
        await self._ledger.store_again()
        self._is_closed = True
        await self.journal.close()

    def subscribe(self, listener: Callable[[HubEvent], None]) -> Callable[[], None]:
        """Call `listener` with every event; return how to stop that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def survey(self, connection_ids: Collection[str] | None = None) -> dict[str, str]:
        """Survey the connections (all by default) and return `ok` or an error code for each."""
        chosen = [
            coordinator
            for key, coordinator in self.connections.items()
            if connection_ids is None or key in connection_ids
        ]
        for kinds in _SURVEY_ORDER:
            due = [coordinator for coordinator in chosen if coordinator.kind in kinds]
            await asyncio.gather(*(coordinator.async_refresh() for coordinator in due))
        return {coordinator.connection_id: coordinator.result for coordinator in chosen}

    async def take_push(self, coordinator: ConnectionCoordinator, push: Push) -> Callable[[], None]:
        """Store what was pushed; return what tells everybody, to be called after the answer.

        Raises JournalError when it could not be stored.
        """
        now = dt_util.utcnow()
        changes = self.tracker.observe(push.observations, now)

        @callback
        def tell() -> None:
            coordinator.note_push(push, now)
            coordinator.note_told(push, changes, now)
            self._publish(changes)
            for doorbell in push.doorbells:
                self._ring(Bell(doorbell=doorbell))
            if Doorbell.SELF in push.doorbells and not self._is_closed:
                coordinator.ring()
            if push.removed:
                self.watch.heard(coordinator, push.removed)

        try:
            await self._ledger.write(changes)
            await self._ledger.catch_up()
        except BaseException:  # not stored, or cancelled because the sender hung up
            # We know it all the same, and nobody tells it again.
            tell()
            raise
        return tell

    async def take_survey(self, coordinator: ConnectionCoordinator, survey: Survey) -> None:
        """Take a survey in, store it with its cursor, and tell everybody."""
        key = coordinator.connection_id
        steps = self.tracker.survey_steps(
            key,
            coordinator.kind,
            survey.started_at,
            survey.observations,
            survey.complete,
            dt_util.utcnow(),
        )
        await self._take_steps(coordinator.note_late(steps))
        # While something is not stored, a restart must read again what led to it.
        if (
            survey.cursor != coordinator.cursor
            and not self._is_closed
            and not self._ledger.is_behind
        ):
            await self._ledger.store([], {key: survey.cursor})

    async def _take_steps(self, steps: Iterable[Changes]) -> None:
        for changes in steps:
            if self._is_closed:
                return
            if changes:
                try:
                    await self._ledger.store(changes)
                finally:  # whoever asked for the survey may have hung up
                    self._publish(changes)
            else:
                await asyncio.sleep(0)

    async def decide(
        self, request_id: str, verdict: Verdict, reason: str | None, user_id: str | None
    ) -> None:
        """Record what a person says of an open request; raise KeyError for unknown ids."""
        await self.record(self.tracker.decide(request_id, verdict, reason, dt_util.utcnow()))
        _LOGGER.info("Request %s was marked %s by user %s", request_id, verdict, user_id)

    async def set_anime(self, request_id: str, is_anime: bool | None) -> None:
        """Override whether an open request is anime; raise KeyError for unknown ids."""
        await self.record(self.tracker.set_anime(request_id, is_anime, dt_util.utcnow()))

    async def record(self, changes: Changes, deletions: Sequence[DeletionWrite] = ()) -> None:
        """Store what a person changed and tell it; raise JournalError when it is not stored yet."""
        try:
            await self._ledger.write(changes, deletions=deletions)
        finally:
            self._publish(changes)

    @callback
    def tell_deletions(self, changes: Sequence[DeletionChange]) -> None:
        """Tell what became of deletions."""
        fired = deletion_events(changes, self.requests)
        self._tell(HubEvent(deletions=tuple(changes), fired=fired))

    async def forget(self, request_id: str, user_id: str | None) -> Request:
        """Remove a request with its sensor and history, for good; return it as it was.

        Raises KeyError for unknown ids and JournalError when the history could not be removed yet.
        """
        request = self.requests.get(request_id) or await self.journal.request(request_id)
        if request is None:
            raise KeyError(request_id)
        left = self.tracker.forget(request, dt_util.utcnow())
        self._recent.pop(request_id, None)
        self.past.outdate()
        try:
            await self._ledger.forget(left)
        finally:
            self._tell(HubEvent(removed=frozenset({request_id})))
        _LOGGER.info("Request %s was forgotten by user %s", request_id, user_id)
        return request

    @callback
    def health_changed(self, coordinator: ConnectionCoordinator) -> None:
        """Tell that a connection went down or came back, and explain requests anew."""
        self.state_changed(coordinator)
        self.entry.async_create_background_task(
            self.hass,
            self._reconsider(),
            "explain requests anew",
        )

    @callback
    def state_changed(self, coordinator: ConnectionCoordinator) -> None:
        """Tell that something else is known about a connection."""
        self._tell(HubEvent(connections=frozenset({coordinator.connection_id})))

    async def what_to_ask(self, coordinator: ConnectionCoordinator) -> SurveyContext:
        """Return what a connection shall be asked in its next survey."""
        return await survey_context(self._asker(coordinator))

    def wanted_title(
        self, coordinator: ConnectionCoordinator, request: Request
    ) -> WantedTitle | None:
        """Return an open request as `retry` needs to know it, if it concerns a connection."""
        asker = self._asker(coordinator)
        if not concerns(asker, request):
            return None
        return wanted_title(asker, request, dt_util.utcnow(), is_urgent=True)

    def _asker(self, coordinator: ConnectionCoordinator) -> Asker:
        return Asker(
            connection_id=coordinator.connection_id,
            kind=coordinator.kind,
            cursor=coordinator.cursor,
            is_fresh=coordinator.is_fresh,
            tracker=self.tracker,
            options=self.entry.options,
            # What a service new to us has finished is its history, however long we track others.
            tracking_since=self.tracking_since if coordinator.cursor else self._began,
            has_variants=lambda request: has_variants(self.connections, request),
            has_manager=lambda request: has_manager(self.connections, request),
        )

    def next_survey(self, coordinator: ConnectionCoordinator) -> int:
        """Return the seconds to a connection's next survey."""
        stages = {
            stage
            for request in self.tracker.requests.values()
            for stage in (request.stage, *request.status.items.values())
        }
        since_import = elapsed(coordinator.newest_import, dt_util.utcnow())
        return interval(coordinator.kind, stages, self.entry.options, since_import)

    def explained(self, request: Request) -> Explained:
        """Return in words why a request is not there yet, and what comes next."""
        return explained(self.texts, self.connections, request, self.tracker.fits)

    def watch_url(self, request: Request) -> str | None:
        """Return the address of the title's page in Jellyfin for people's browsers."""
        return watch_url(self.connections, request)

    def _options(self) -> TrackerOptions:
        return tracker_options(self.connections, self.entry.options, self.past.habits)

    async def _tick(self, _now: datetime) -> None:
        """Derive what time alone changes, and let go of what ended long ago."""
        await self._ledger.store_again()
        changes = self.tracker.tick(dt_util.utcnow())
        if changes:
            await self._ledger.store(changes)
            self._publish(changes)
        since = self.keep_since
        over = {
            key
            for key, request in self._recent.items()
            if request.ended_at is not None and request.ended_at < since
        }
        for key in over:
            del self._recent[key]
        if over:
            self._tell(HubEvent(removed=frozenset(over)))
        await self._learn()

    @callback
    def _publish(self, changes: Changes) -> None:
        """Tell listeners what changed, and ring where it makes a look worthwhile."""
        if not changes:
            return
        for change in changes:
            if change.ended:
                change.request.facts = {}
                self.past.outdate()
                self._recent[change.request.id] = change.request
        self._tell(HubEvent(changes=changes, fired=milestones(changes)))
        for bell in heard(changes):
            self._ring(bell)

    def _ring(self, bell: Bell) -> None:
        if self._is_closed:
            return  # a timer would outlive us
        for coordinator in self.connections.values():
            if answers(coordinator.kind, bell.doorbell):
                if bell.is_import:
                    coordinator.newest_import = dt_util.utcnow()
                coordinator.ring(bell.delay)

    @callback
    def _tell(self, event: HubEvent) -> None:
        for listener in tuple(self._listeners):
            listener(event)
