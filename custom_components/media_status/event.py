"""Fire one event for every step of every request."""

from typing import Final, override

from homeassistant.components.event import EventEntity
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import TrackerEntity, request_entity_id
from .hub import HubEvent, MediaStatusConfigEntry
from .lifecycle.model import JsonObject
from .milestones import RequestEvent
from .serialize import MAX_TITLE, MAX_WORD, clean, clean_or_none, poster_url

PARALLEL_UPDATES = 0

EVENT_TYPES: Final = (
    "requested",
    "approved",
    "declined",
    "grabbed",
    "downloaded",
    "imported",
    "matched",
    "partially_available",
    "available",
    "failed",
    "deletion_started",
    "deleted",
    "deletion_failed",
    "stuck",
    "healed",
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: MediaStatusConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the event entity."""
    async_add_entities([RequestEventEntity(entry)])


class RequestEventEntity(TrackerEntity, EventEntity):
    """Tell automations what just happened to a request."""

    _attr_translation_key = "request_event"
    _attr_event_types = list(EVENT_TYPES)
    _unrecorded_attributes = frozenset({"poster_url", "jellyfin_url"})

    def __init__(self, entry: MediaStatusConfigEntry) -> None:
        """Initialize for the tracker."""
        super().__init__(entry, "request_event")
        self._entry = entry
        self._is_added = True

    @override
    async def async_added_to_hass(self) -> None:
        """Listen to the hub."""
        await super().async_added_to_hass()
        self.async_on_remove(self.hub.subscribe(self._handle))

    @override
    async def async_will_remove_from_hass(self) -> None:
        """Fire nothing more."""
        self._is_added = False

    @callback
    def _handle(self, event: HubEvent) -> None:
        """Fire on the next turn of the loop: by then the sensor of a new request is there."""
        if event.fired:
            self.hass.loop.call_soon(self._fire, event.fired)

    @callback
    def _fire(self, fired: tuple[RequestEvent, ...]) -> None:
        """Fire every step by itself, so that none hides another."""
        for one in fired if self._is_added else ():
            self._trigger_event(one.type, self._attributes(one))
            self.async_write_ha_state()

    def _attributes(self, fired: RequestEvent) -> JsonObject:
        request = fired.request
        return {
            "request_id": request.id,
            "title": clean(request.name, MAX_TITLE),
            "year": request.year,
            "media_type": request.media_type.value,
            "is_anime": request.is_anime,
            "stage": request.stage.value,
            "requested_by": clean_or_none(request.requested_by, MAX_WORD),
            "entity_id": request_entity_id(self.hass, self._entry, request.id),
            "jellyfin_url": self.hub.watch_url(request),
            "poster_url": poster_url(request),
            **({"job_id": fired.job_id} if fired.job_id is not None else {}),
        }
