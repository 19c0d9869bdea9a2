"""Keep one connection: survey it when due, ring at its door, keep its webhook in order."""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
import logging
from typing import Final, Protocol, override

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.const import CONF_URL
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed
from homeassistant.util import dt as dt_util

from .clients.errors import AuthError, ClientError, TooOld
from .connections.base import Connection, Push, Survey, SurveyContext, WebhookState
from .const import DOMAIN
from .errors import survey_error_key
from .lifecycle.model import JsonObject, Service
from .lifecycle.request import Changes
from .missed_pushes import MissedPushes, Watch
from .repairs import clear_auth_issue, clear_too_old_issue, raise_auth_issue, raise_too_old_issue
from .webhook_keeper import WebhookKeeper

_LOGGER = logging.getLogger(__name__)

SURVEY_LIMIT: Final = 300  # seconds for one survey of a slow service
NUDGE_LIMIT: Final = 60  # seconds for asking a service to look again
_FAILING: Final = (15, 30, 60, 120, 300)  # seconds between attempts while a service is down
_PROBE_EVERY: Final = timedelta(hours=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionState:
    """What is known about a connection. `since` is when it became healthy or stopped being so."""

    name: str | None = None
    version: str | None = None
    identity: str | None = None
    last_survey: datetime | None = None
    last_push_at: datetime | None = None
    last_event: str | None = None
    webhook: WebhookState = WebhookState.UNSUPPORTED
    listening: bool | None = None  # over a socket of its own, where the service has one
    listening_since: datetime | None = None  # or when that ended
    download_rate: int | None = None  # bytes per second
    dropped: int = 0  # malformed elements left out of the last survey
    error: str | None = None  # error code, None while healthy
    since: datetime | None = None


class Keeper(Protocol):
    """Who keeps the coordinators: knows what to ask, and takes what was answered."""

    async def what_to_ask(self, coordinator: ConnectionCoordinator) -> SurveyContext:
        """Return what the connection shall be asked now."""

    async def take_survey(self, coordinator: ConnectionCoordinator, survey: Survey) -> None:
        """Take in what was answered."""

    def next_survey(self, coordinator: ConnectionCoordinator) -> int:
        """Return the seconds to the next survey."""

    def health_changed(self, coordinator: ConnectionCoordinator) -> None:
        """Hear that the connection went down or came back."""

    def state_changed(self, coordinator: ConnectionCoordinator) -> None:
        """Hear that something else is known about the connection."""


@dataclass(slots=True)
class _Doorbell:
    """A survey asked for at a time; a later ring never delays an earlier one."""

    at: datetime
    cancel: CALLBACK_TYPE = field(repr=False)


class ConnectionCoordinator(DataUpdateCoordinator[ConnectionState]):
    """Survey one connection and hand what it says to the hub."""

    config_entry: ConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        keeper: Keeper,
        subentry: ConfigSubentry,
        connection: Connection,
        cursor: JsonObject,
    ) -> None:
        """Initialize; nothing is asked before `start`."""
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=subentry.title,
            update_interval=None,
            always_update=False,
        )
        self._keeper = keeper
        self.subentry = subentry
        self.url = subentry.data.get(CONF_URL)  # which this connection is made for
        self.connection = connection
        self.connection_id = subentry.subentry_id
        self.kind = Service(subentry.subentry_type)
        self.cursor = cursor
        self.data = ConnectionState()
        self.is_fresh = True
        self.newest_import: datetime | None = None
        self._probed_at: datetime | None = None
        self._failures = 0
        self._surveyed_at: datetime | None = None
        self._doorbell: _Doorbell | None = None
        self._surveying = asyncio.Lock()
        self._asked_at: datetime | None = None  # when the last good survey began
        self.missed = MissedPushes(self.kind)
        self.webhooks = WebhookKeeper(self)

    @property
    def is_healthy(self) -> bool:
        """Return whether the last survey was answered and understood."""
        return self.result == "ok"

    @property
    def result(self) -> str:
        """Return how the last survey ended: `ok` or an error code, `unknown` for a bug of ours."""
        if self.data.error is not None:
            return self.data.error
        return "ok" if self.last_update_success and self.data.last_survey else "unknown"

    @property
    def next_survey_at(self) -> datetime | None:
        """Return when the service is asked next, unless something rings before; None: unknown."""
        times = [] if self._doorbell is None else [self._doorbell.at]
        if self._surveyed_at is not None and self.update_interval is not None:
            times.append(self._surveyed_at + self.update_interval)
        return min(times, default=None)

    @callback
    def start(self) -> None:
        """Keep polling without entities; the first survey is made by the hub."""
        self.config_entry.async_on_unload(self.async_add_listener(lambda: None))
        self.config_entry.async_on_unload(self._silence)

    @callback
    def ring(self, delay: float = 1.0) -> None:
        """Ask for a survey within `delay` seconds; earlier rings win."""
        due = dt_util.utcnow() + timedelta(seconds=delay)
        if self._doorbell is not None:
            if self._doorbell.at <= due:
                return
            self._doorbell.cancel()
        job = HassJob(self._answer_door, name=f"survey of {self.name}", cancel_on_shutdown=True)
        self._doorbell = _Doorbell(due, async_call_later(self.hass, delay, job))

    @callback
    def _answer_door(self, _now: datetime) -> None:
        self._doorbell = None
        # The entry's own task: a survey of a slow service ends when the entry is unloaded.
        self.config_entry.async_create_background_task(
            self.hass, self.async_refresh(), f"survey of {self.name}"
        )

    @callback
    def _silence(self) -> None:
        if self._doorbell is not None:
            self._doorbell.cancel()
            self._doorbell = None

    @callback
    def note_push(self, push: Push, at: datetime) -> None:
        """Remember the last pushed message, for diagnostics and the connection's page."""
        self.data = replace(self.data, last_push_at=at, last_event=push.event)
        self.webhooks.note_push(push.event)

    @callback
    def note_told(self, push: Push, changes: Changes, at: datetime) -> None:
        """Hear what a push told: that much was not missed."""
        is_bare = bool(push.doorbells) and not push.observations
        self.missed.pushed(changes, at, is_bare=is_bare)

    def note_late(self, steps: Iterable[Changes]) -> Iterator[Changes]:
        """Pass on what a survey changed, and note what a push should have told before."""
        watch = Watch(
            # After a start or an outage nobody can know what was sent meanwhile.
            ours_since=None if self.is_fresh else self.webhooks.ours_since,
            last_survey=self._asked_at,
        )
        for changes in steps:
            self.missed.surveyed(changes, watch, dt_util.utcnow())
            yield changes

    @callback
    def note_listening(self, is_listening: bool) -> None:
        """Remember whether the service can tell us something at this moment."""
        if self.data.listening is not is_listening:
            self.data = replace(self.data, listening=is_listening, listening_since=dt_util.utcnow())
            self.tell()

    @override
    async def _async_update_data(self) -> ConnectionState:
        """Make a survey, hand it to the hub, and choose when the next is due."""
        async with self._surveying:
            try:
                async with asyncio.timeout(SURVEY_LIMIT):
                    await self._probe()
                    context = await self._keeper.what_to_ask(self)
                    survey = await self.connection.survey(context)
            except (ClientError, TimeoutError) as err:
                self._failed(err)
                raise UpdateFailed(
                    translation_domain=DOMAIN,
                    translation_key="survey_failed",
                    translation_placeholders={"name": self.name, "reason": str(err) or "timeout"},
                ) from err
            await self._keeper.take_survey(self, survey)
            if is_overdue(context):
                await self._nudge()
        return self._answered(survey)

    async def _nudge(self) -> None:
        """Let the service look for what it owes even after this survey, if it can."""
        context = await self._keeper.what_to_ask(self)
        if not is_overdue(context):
            return
        try:
            async with asyncio.timeout(NUDGE_LIMIT):
                actions = await self.connection.nudge(context)
        except (ClientError, TimeoutError) as err:
            reason = str(err) or "timeout"
            _LOGGER.info("%s could not be asked to look again: %s", self.name, reason)
            return
        if actions:
            done = ", ".join(f"{action.code} {action.target}" for action in actions)
            _LOGGER.info("%s was asked to look again: %s", self.name, done)

    async def _probe(self) -> None:
        """Learn name and version at start, after an outage, and now and then."""
        now = dt_util.utcnow()
        if self._probed_at is not None and now - self._probed_at < _PROBE_EVERY:
            return
        info = await self.connection.probe()
        self._probed_at = now
        # Somebody may have removed it, or installed the plugin for it.
        self.webhooks.be_thorough()
        self.data = replace(self.data, name=info.name, version=info.version, identity=info.identity)

    def _answered(self, survey: Survey) -> ConnectionState:
        now = dt_util.utcnow()
        was_healthy = self.is_healthy
        self._surveyed_at = now
        self._failures = 0
        self.is_fresh = False
        self.cursor = survey.cursor
        self._asked_at = survey.started_at
        clear_auth_issue(self.hass, self.connection_id)
        clear_too_old_issue(self.hass, self.connection_id)
        self.data = replace(
            self.data,
            last_survey=now,
            download_rate=survey.download_rate,
            dropped=survey.dropped,
            error=None,
            since=self.data.since if was_healthy else now,
        )
        seconds = 1 if survey.backlog else self._keeper.next_survey(self)
        self.update_interval = timedelta(seconds=seconds)
        if not was_healthy:
            self._keeper.health_changed(self)
        if self.webhooks.is_due():
            self.config_entry.async_create_background_task(
                self.hass, self.keep_webhook(), f"webhook of {self.name}"
            )
        return self.data

    def _failed(self, err: ClientError | TimeoutError) -> None:
        now = dt_util.utcnow()
        was_failing = self.data.error is not None
        self._surveyed_at = now
        self._probed_at = None
        self.is_fresh = True
        if isinstance(err, AuthError) and not err.banned:
            raise_auth_issue(self.hass, self.config_entry, self.subentry)
        if isinstance(err, TooOld):
            raise_too_old_issue(self.hass, self.config_entry, self.subentry, err.version)
        code = survey_error_key(err) if isinstance(err, ClientError) else "cannot_connect"
        self.data = replace(
            self.data, error=code, download_rate=None, since=self.data.since if was_failing else now
        )
        self.update_interval = timedelta(seconds=_FAILING[min(self._failures, len(_FAILING) - 1)])
        self._failures += 1
        if not was_failing:
            self._keeper.health_changed(self)

    async def keep_webhook(self) -> None:
        """Look after our webhook; see `WebhookKeeper`."""
        await self.webhooks.keep()

    async def remove_webhook(self) -> None:
        """Remove our webhook from the service; see `WebhookKeeper`."""
        await self.webhooks.remove()

    @callback
    def note_webhook(self, state: WebhookState) -> None:
        """Remember how our webhook stands."""
        is_news = self.data.webhook is not state
        self.data = replace(self.data, webhook=state)
        self.async_update_listeners()
        if is_news:
            self.tell()

    @callback
    def tell(self) -> None:
        """Tell who follows the connections that something else is known about this one."""
        self._keeper.state_changed(self)


def is_overdue(context: SurveyContext) -> bool:
    """Return whether the service should have shown something by now."""
    return any(item.is_overdue for title in context.wanted for item in title.items.values())
