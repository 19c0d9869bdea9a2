"""Hear of Seerr's news from Home Assistant's own integration, where that has the webhook."""

from collections.abc import Callable
from typing import Final

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN, Platform
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_track_state_change_event

from .connections.base import WebhookState
from .coordinator import ConnectionCoordinator

CORE_DOMAIN: Final = "overseerr"


class CoreDoorbell:
    """Ring at a Seerr when the event entity of the other integration tells something.

    What it tells is not read: whose Seerr it is about, and what happened, the check finds out.
    """

    def __init__(self, coordinator: ConnectionCoordinator) -> None:
        """Initialize for a connection; nothing is heard before `start`."""
        self._coordinator = coordinator
        self._hass = coordinator.hass
        self._stop: Callable[[], None] | None = None

    @callback
    def start(self) -> None:
        """Listen until the entry is unloaded, also to entities that come later."""
        entry = self._coordinator.config_entry
        entry.async_on_unload(
            self._hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, self._entities_changed)
        )
        entry.async_on_unload(self._let_go)
        self._listen()

    @callback
    def _listen(self) -> None:
        self._let_go()
        if found := core_event_entities(self._hass):
            self._stop = async_track_state_change_event(self._hass, found, self._heard)

    @callback
    def _let_go(self) -> None:
        if self._stop is not None:
            self._stop()
            self._stop = None

    @callback
    def _entities_changed(self, event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        changed = {event.data["entity_id"], event.data.get("old_entity_id")}
        if any(str(name).startswith(f"{Platform.EVENT}.") for name in changed):
            self._listen()

    @callback
    def _heard(self, event: Event[EventStateChangedData]) -> None:
        before, after = event.data["old_state"], event.data["new_state"]
        if after is None or after.state in {STATE_UNAVAILABLE, STATE_UNKNOWN}:
            return
        is_news = before is None or before.state != after.state
        # Where the webhook is ours, we rang ourselves and passed it on.
        if is_news and self._coordinator.data.webhook is not WebhookState.OURS:
            self._coordinator.ring()


def core_event_entities(hass: HomeAssistant) -> list[str]:
    """Return the event entities of Home Assistant's own Seerr integration."""
    return sorted(
        entry.entity_id
        for entry in er.async_get(hass).entities.values()
        if entry.platform == CORE_DOMAIN and entry.domain == Platform.EVENT
    )
