"""Keep one websocket subscriber up to date: a snapshot, then what changed, never in a flood."""

from asyncio import TimerHandle
from collections.abc import Callable
from typing import Final

from homeassistant.components.websocket_api import ActiveConnection, event_message
from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntryChange,
    ConfigEntryState,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from .const import DOMAIN
from .hub import Hub, HubEvent, MediaStatusConfigEntry
from .lifecycle.model import JsonObject
from .lifecycle.request import Request
from .queries import Reader

# Messages are at least this far apart; what happens in between is sent together.
COALESCE_SECONDS: Final = 0.25
# Requests per message: a bigger one would keep the event loop busy for too long.
BATCH: Final = 100


class Subscription:
    """Follow the tracker for one subscriber, over reloads of the tracker."""

    def __init__(self, hass: HomeAssistant, connection: ActiveConnection, message_id: int) -> None:
        """Initialize; nothing is sent before `start`."""
        self._hass = hass
        self._connection = connection
        self._message_id = message_id
        self._hub: Hub | None = None
        self._reader: Reader | None = None
        self._stop_hub: Callable[[], None] | None = None
        self._stop_entries: Callable[[], None] | None = None
        self._timer: TimerHandle | None = None
        self._next_at = 0.0
        # Ids in the order in which they changed; a dict keeps each of them once.
        self._changed: dict[str, None] = {}
        self._removed: dict[str, None] = {}
        self._connections: dict[str, None] = {}

    @callback
    def start(self) -> None:
        """Send a snapshot as soon as the tracker is there, then its changes."""
        self._stop_entries = async_dispatcher_connect(
            self._hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._entry_changed
        )
        entries: list[MediaStatusConfigEntry] = self._hass.config_entries.async_entries(DOMAIN)
        loaded = [entry for entry in entries if entry.state is ConfigEntryState.LOADED]
        if loaded:
            self._attach(loaded[0])
        else:
            self._send({"type": "unavailable"})

    @callback
    def stop(self) -> None:
        """Send nothing more."""
        if self._stop_entries is not None:
            self._stop_entries()
            self._stop_entries = None
        self._detach()

    @callback
    def _entry_changed(self, change: ConfigEntryChange, entry: MediaStatusConfigEntry) -> None:
        """Follow the tracker through reloads."""
        if entry.domain != DOMAIN:
            return
        is_loaded = entry.state is ConfigEntryState.LOADED and (
            change is not ConfigEntryChange.REMOVED
        )
        if is_loaded and self._hub is not entry.runtime_data:
            self._detach()
            self._attach(entry)
        elif not is_loaded and self._hub is not None:
            self._detach()
            self._send({"type": "unavailable"})

    def _attach(self, entry: MediaStatusConfigEntry) -> None:
        hub = entry.runtime_data
        self._hub = hub
        self._reader = Reader(self._hass, entry, is_admin=self._connection.user.is_admin)
        self._stop_hub = hub.subscribe(self._handle)
        ordered = sorted(hub.requests.values(), key=_order, reverse=True)
        self._send(
            {
                "type": "snapshot",
                "requests": [self._reader.summary(request) for request in ordered[:BATCH]],
                "connections": list(self._reader.connections()),
                "total": len(ordered),
            }
        )
        self._changed = dict.fromkeys(request.id for request in ordered[BATCH:])
        if self._changed:
            self._timer = self._hass.loop.call_later(0, self._flush)

    def _detach(self) -> None:
        if self._stop_hub is not None:
            self._stop_hub()
            self._stop_hub = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._hub = self._reader = None
        self._changed, self._removed, self._connections = {}, {}, {}

    @callback
    def _handle(self, event: HubEvent) -> None:
        """Remember what changed; it is put into words when it is sent."""
        for change in event.changes:
            if change.visible or change.opened or change.ended or change.before is not None:
                self._changed[change.request.id] = None
                self._removed.pop(change.request.id, None)
        for request_id in event.removed:
            self._changed.pop(request_id, None)
            self._removed[request_id] = None
        self._connections.update(dict.fromkeys(event.connections))
        is_pending = self._changed or self._removed or self._connections
        if is_pending and self._timer is None:
            wait = max(0.0, self._next_at - self._hass.loop.time())
            self._timer = self._hass.loop.call_later(wait, self._flush)

    @callback
    def _flush(self) -> None:
        """Send what changed; what does not fit into one message follows on the next turn."""
        self._timer = None
        hub, reader = self._hub, self._reader
        if hub is None or reader is None:
            return
        ids = list(self._changed)[:BATCH]
        for request_id in ids:
            del self._changed[request_id]
        found = [hub.requests[request_id] for request_id in ids if request_id in hub.requests]
        self._send(
            {
                "type": "changed",
                "requests": [reader.summary(request) for request in found],
                "removed": list(self._removed),
                "connections": [
                    shown for key in self._connections if (shown := reader.connection(key))
                ],
            }
        )
        self._removed, self._connections = {}, {}
        self._next_at = self._hass.loop.time() + COALESCE_SECONDS
        if self._changed:
            self._timer = self._hass.loop.call_later(0, self._flush)

    def _send(self, event: JsonObject) -> None:
        self._connection.send_message(event_message(self._message_id, event))


def _order(request: Request) -> tuple[bool, float]:
    return (request.is_open, request.opened_at.timestamp())
