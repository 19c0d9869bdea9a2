"""Keep a connection's webhook: create, repair, share and give back, but never fight over it."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
import logging
from typing import TYPE_CHECKING, Final

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from .clients.errors import ClientError
from .connections.base import WebhookState, WebhookTarget
from .connections_factory import webhook_target
from .const import (
    CONF_MANAGE_WEBHOOKS,
    CONF_TAKE_OVER_WEBHOOK,
    CONF_WEBHOOK_HELD,
    CONF_WEBHOOK_LOSSES,
    CONF_WEBHOOK_PREVIOUS,
)
from .lifecycle.model import JsonObject, JsonValue
from .repairs import (
    clear_webhook_drift,
    clear_webhook_foreign,
    raise_webhook_drift,
    raise_webhook_foreign,
)
from .serialize import clean, scrub
from .webhook_forward import Forwarder, receiver

if TYPE_CHECKING:
    from .coordinator import ConnectionCoordinator

_LOGGER = logging.getLogger(__name__)

CHECK_EVERY: Final = timedelta(hours=1)
LOSSES_ALLOWED: Final = 2
"""Taken from us so often within `_LOSSES_COUNT_FOR`, and the person decides anew."""
REPAIRS_REPORTED: Final = 3
"""Put back so often within `_REPAIRS_COUNT_FOR`, and it is reported."""
_LOSSES_COUNT_FOR: Final = timedelta(days=7)
_REPAIRS_COUNT_FOR: Final = timedelta(days=1)
_TIME_LIMIT: Final = 300  # seconds for a slow service
_REMOVAL_LIMIT: Final = 15
_TEST_LIMIT: Final = 60
_ARRIVAL_LIMIT: Final = 10  # seconds after the service said that it sent it
_LONGEST_REASON: Final = 200
_TESTS: Final = frozenset({"test", "test_notification"})
_DECISION: Final = (CONF_TAKE_OVER_WEBHOOK, CONF_WEBHOOK_HELD, CONF_WEBHOOK_PREVIOUS)
_STANDING: Final = frozenset({WebhookState.OURS, WebhookState.BROKEN})


class TripResult(StrEnum):
    """Name how a round trip ended."""

    WORKS = "works"
    NOT_ARRIVED = "not_arrived"  # the service says it sent it, but nothing came
    REFUSED = "refused"  # the service says it could not send it
    MISSING = "missing"  # there is no webhook of ours to test
    UNSUPPORTED = "unsupported"  # the service sends no test


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundTrip:
    """How asking a service for a test push went."""

    at: datetime
    result: TripResult
    reason: str | None = None


class WebhookKeeper:
    """Look after the webhook of one connection."""

    def __init__(self, coordinator: ConnectionCoordinator) -> None:
        """Initialize; nothing is asked before `keep`."""
        self._coordinator = coordinator
        # As it is in force: a form replaces the subentry's own data before we are made anew.
        self._settings = coordinator.subentry.data
        self._lock = asyncio.Lock()  # two at once could both find it missing, and both create it
        self._checked_at: datetime | None = None
        self._is_thorough = True
        self._repaired: list[datetime] = []
        self._heard: asyncio.Event | None = None
        self.ours_since: datetime | None = None
        self.last_test: RoundTrip | None = None
        self.forwarder = Forwarder(
            coordinator.hass, coordinator.config_entry, coordinator.name, coordinator.tell
        )

    @property
    def previous(self) -> JsonObject | None:
        """Return who had the webhook before us and gets every push, in the service's words."""
        found = self._settings.get(CONF_WEBHOOK_PREVIOUS)
        return found if isinstance(found, dict) else None

    @property
    def is_sharing(self) -> bool:
        """Return whether pushes are passed on."""
        decided = self._settings.get(CONF_TAKE_OVER_WEBHOOK) is True
        return decided and self.previous is not None

    @property
    def receiver(self) -> str | None:
        """Return where pushes are passed on to, as far as it is no secret."""
        return None if self.previous is None else receiver(self.previous)

    def is_due(self) -> bool:
        """Return whether it is time to look whether the webhook still stands."""
        return self._checked_at is None or dt_util.utcnow() - self._checked_at >= CHECK_EVERY

    def be_thorough(self) -> None:
        """Write at the next check also what cannot be compared, such as a password."""
        self._is_thorough = True
        self._checked_at = None

    # --- keeping -------------------------------------------------------------------------------

    async def keep(self) -> None:
        """Create or repair our webhook where we may; tell the user when another owns the slot."""
        self._checked_at = dt_util.utcnow()
        if (target := self._target()) is None:
            return
        try:
            async with self._lock, asyncio.timeout(_TIME_LIMIT):
                state = await self._kept(target)
        except (ClientError, TimeoutError) as err:
            _LOGGER.info(
                "The webhook of %s could not be checked: %s",
                self._coordinator.name,
                str(err) or "timeout",
            )
            return
        self._note(state)

    async def _kept(self, target: WebhookTarget) -> WebhookState:
        connection = self._coordinator.connection
        before = await connection.webhook_state(target)
        if not self._coordinator.config_entry.options.get(CONF_MANAGE_WEBHOOKS, True):
            return before
        decision = self._settings.get(CONF_TAKE_OVER_WEBHOOK)
        if before is WebhookState.FOREIGN:
            return await self._take_over(target) if decision is True else before
        if decision is False and target.previous is not None:
            return await self._give_back(target)
        if before is WebhookState.OURS and not self._is_thorough:
            return before
        was_ours = self._coordinator.data.webhook is WebhookState.OURS
        state = await connection.ensure_webhook(target)
        self._is_thorough = False
        if before is not WebhookState.OURS and state in _STANDING:
            self._coordinator.ring()  # nobody has told us what happened until now
        if was_ours and before in {WebhookState.BROKEN, WebhookState.MISSING}:
            self._repaired.append(dt_util.utcnow())
            _LOGGER.info("The webhook of %s was %s and is put back", self._coordinator.name, before)
        return state

    async def _take_over(self, target: WebhookTarget) -> WebhookState:
        """Take the only slot, unless its owner took it back too often; remember the owner first."""
        connection, name = self._coordinator.connection, self._coordinator.name
        losses = self._losses()
        if self._settings.get(CONF_WEBHOOK_HELD) is True:
            losses = [*losses, dt_util.utcnow()]
        times: list[JsonValue] = [at.isoformat() for at in losses]
        if len(losses) >= LOSSES_ALLOWED:
            _LOGGER.warning("The webhook of %s was taken again and is left alone", name)
            self._remember({CONF_WEBHOOK_LOSSES: times}, forget=_DECISION)
            return WebhookState.FOREIGN
        owner = await connection.webhook_owner(target)
        if owner is None:
            return WebhookState.FOREIGN
        notes: JsonObject = {CONF_WEBHOOK_PREVIOUS: owner, CONF_WEBHOOK_LOSSES: times}
        self._remember(notes, forget=(CONF_WEBHOOK_HELD,))
        shared = self._target()
        if shared is None or shared.previous is None:
            return WebhookState.FOREIGN  # the connection was removed
        state = await connection.ensure_webhook(shared, take_over=True)
        if state in _STANDING:
            self._remember({CONF_WEBHOOK_HELD: True})
            self._coordinator.ring()  # of what happened until now the owner was told
            _LOGGER.info("The webhook of %s is taken over, its pushes are passed on", name)
        return state

    async def _give_back(self, target: WebhookTarget) -> WebhookState:
        """Let the owner before us have the slot again: the person decided so."""
        await self._coordinator.connection.remove_webhook(target)
        self._remember({}, forget=(CONF_WEBHOOK_HELD, CONF_WEBHOOK_PREVIOUS))
        return await self._coordinator.connection.webhook_state(target)

    async def remove(self) -> None:
        """Remove our webhook from the service; a service that does not answer is left alone."""
        if (target := self._target()) is None:
            return
        try:
            async with asyncio.timeout(_REMOVAL_LIMIT), self._lock:
                await self._coordinator.connection.remove_webhook(target)
        except (ClientError, TimeoutError) as err:
            _LOGGER.warning(
                "The webhook in %s could not be removed: %s",
                self._coordinator.name,
                str(err) or "timeout",
            )

    def _target(self) -> WebhookTarget | None:
        coordinator = self._coordinator
        return webhook_target(coordinator.hass, coordinator.config_entry.options, self._settings)

    def _losses(self) -> list[datetime]:
        """Return when the webhook was taken from us lately."""
        found = self._settings.get(CONF_WEBHOOK_LOSSES)
        times = [dt_util.parse_datetime(str(at)) for at in found] if isinstance(found, list) else []
        since = dt_util.utcnow() - _LOSSES_COUNT_FOR
        return [at for at in times if at is not None and at >= since]

    def _remember(self, news: JsonObject, forget: tuple[str, ...] = ()) -> None:
        """Store with the connection what must outlive a restart."""
        coordinator = self._coordinator
        if coordinator.connection_id not in coordinator.config_entry.subentries:
            return
        # Not ours: a form may have changed something meanwhile.
        stored = coordinator.subentry.data
        kept = {key: value for key, value in stored.items() if key not in forget}
        coordinator.hass.config_entries.async_update_subentry(
            coordinator.config_entry, coordinator.subentry, data={**kept, **news}
        )
        self._settings = coordinator.subentry.data

    def _note(self, state: WebhookState) -> None:
        """Tell how it stands, on the connection and as a report where a person is needed."""
        coordinator = self._coordinator
        hass, entry, subentry = coordinator.hass, coordinator.config_entry, coordinator.subentry
        now = dt_util.utcnow()
        if state is not WebhookState.OURS:
            self.ours_since = None
        elif self.ours_since is None:
            self.ours_since = now
        manages = entry.options.get(CONF_MANAGE_WEBHOOKS, True)
        if state is WebhookState.FOREIGN and manages:
            is_contested = len(self._losses()) >= LOSSES_ALLOWED
            raise_webhook_foreign(hass, entry, subentry, is_contested=is_contested)
        else:
            clear_webhook_foreign(hass, coordinator.connection_id)
        self._repaired = [at for at in self._repaired if now - at < _REPAIRS_COUNT_FOR]
        if len(self._repaired) >= REPAIRS_REPORTED:
            raise_webhook_drift(hass, entry, subentry)
        else:
            clear_webhook_drift(hass, coordinator.connection_id)
        coordinator.note_webhook(state)

    # --- passing on and testing ----------------------------------------------------------------

    @callback
    def forward(self, body: bytes, content_type: str | None, event: str) -> None:
        """Pass a push on to who had the webhook before, if it is one that the owner wanted."""
        previous = self.previous
        if previous is None or not self.is_sharing:
            return
        if event.casefold() in _TESTS and self._lock.locked():
            return  # a test that we asked for ourselves
        if self._coordinator.connection.is_wanted(previous, event):
            self.forwarder.send(previous, body, content_type)

    @callback
    def note_push(self, event: str) -> None:
        """Hear that something was pushed: it may be the test that is waited for."""
        if self._heard is not None and event.casefold() in _TESTS:
            self._heard.set()

    async def test(self) -> RoundTrip:
        """Have the service send its test push and wait until it is here; never raises for it."""
        target = self._target()
        if target is None or not self._coordinator.connection.can_test_webhook:
            return RoundTrip(at=dt_util.utcnow(), result=TripResult.UNSUPPORTED)
        async with self._lock:
            self._heard = asyncio.Event()
            try:
                result, reason = await self._round_trip(target, self._heard)
            finally:
                self._heard = None
        self.last_test = RoundTrip(at=dt_util.utcnow(), result=result, reason=reason)
        self._coordinator.tell()
        return self.last_test

    async def _round_trip(
        self, target: WebhookTarget, heard: asyncio.Event
    ) -> tuple[TripResult, str | None]:
        connection = self._coordinator.connection
        try:
            async with asyncio.timeout(_TEST_LIMIT):
                if await connection.webhook_state(target) not in _STANDING:
                    return TripResult.MISSING, None
                await connection.test_webhook(target)
            async with asyncio.timeout(_ARRIVAL_LIMIT):
                await heard.wait()
        except TimeoutError:
            return TripResult.NOT_ARRIVED, None
        except ClientError as err:
            return TripResult.REFUSED, clean(scrub(str(err)), _LONGEST_REASON)
        return TripResult.WORKS, None
