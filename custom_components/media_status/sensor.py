"""Show every request as a sensor, and the tracker's figures."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import ATTR_ENTITY_PICTURE, UnitOfDataRate, UnitOfTime
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_track_time_change, async_track_time_interval
from homeassistant.util import dt as dt_util

from .entity import TrackerEntity, request_entity_id, shown_request_id
from .hub import HubEvent, MediaStatusConfigEntry
from .lifecycle.deletion_job import JobStatus
from .lifecycle.model import JsonObject, Stage
from .lifecycle.request import Request
from .past import Past
from .poster_links import poster_link
from .serialize import DOWNLOADING, MAX_TITLE, clean, request_attributes, timestamp
from .tally import Tally, download_rate

PARALLEL_UPDATES = 0

_MAX_OBJECT_ID: Final = 100
_RENEW_PICTURES: Final = timedelta(days=1)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: MediaStatusConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the figures, the sensors of known requests, and those of requests to come."""
    hub = entry.runtime_data
    tally = Tally(hub.requests.values())
    requests = RequestSensors(hass, entry, async_add_entities)

    @callback
    def handle(event: HubEvent) -> None:
        tally.observe(change.request for change in event.changes)
        tally.forget(event.removed)
        requests.observe(event)

    entry.async_on_unload(hub.subscribe(handle))
    async_add_entities(
        [
            *(CountSensor(entry, description, tally) for description in COUNTS),
            DownloadRateSensor(entry),
            *(PastSensor(entry, description) for description in PAST),
        ]
    )
    requests.start()


class RequestSensors:
    """Keep one sensor per request: add, update, remove."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: MediaStatusConfigEntry,
        async_add_entities: AddConfigEntryEntitiesCallback,
    ) -> None:
        """Initialize without sensors."""
        self._hass = hass
        self._entry = entry
        self._add = async_add_entities
        self._sensors: dict[str, RequestSensor] = {}

    def start(self) -> None:
        """Add the sensors of all requests that the hub knows; remove those of other requests."""
        requests = self._entry.runtime_data.requests
        registry = er.async_get(self._hass)
        for found in er.async_entries_for_config_entry(registry, self._entry.entry_id):
            request_id = shown_request_id(self._entry, found)
            if request_id is not None and request_id not in requests:
                registry.async_remove(found.entity_id)
        self._add_sensors(requests.values())
        self._entry.async_on_unload(
            async_track_time_interval(self._hass, self._renew_pictures, _RENEW_PICTURES)
        )

    async def _renew_pictures(self, _now: datetime) -> None:
        """Show posters at their new addresses before the old ones expire."""
        for request in list(self._entry.runtime_data.requests.values()):
            if sensor := self._sensors.get(request.id):
                sensor.show(request)
            await asyncio.sleep(0)  # there may be hundreds, and nobody waits for them

    def observe(self, event: HubEvent) -> None:
        """Follow what happened."""
        removed = set(event.removed)
        fresh: dict[str, Request] = {}
        for change in event.changes:
            request = change.request
            if request.id in removed:
                continue
            if (sensor := self._sensors.get(request.id)) is None:
                fresh[request.id] = request
            elif change.visible or change.before is not None or change.ended:
                sensor.show(request)
        self._add_sensors(fresh.values())
        for request_id in _deleting(event):
            known = self._entry.runtime_data.requests.get(request_id)
            if known is not None and request_id in self._sensors:
                self._sensors[request_id].show(known)
        for request_id in removed:
            self._remove(request_id)

    def _add_sensors(self, requests: Iterable[Request]) -> None:
        added = [RequestSensor(self._entry, request) for request in requests]
        self._sensors.update({sensor.request_id: sensor for sensor in added})
        if added:
            self._add(added)

    def _remove(self, request_id: str) -> None:
        self._sensors.pop(request_id, None)
        if entity_id := request_entity_id(self._hass, self._entry, request_id):
            er.async_get(self._hass).async_remove(entity_id)


def _deleting(event: HubEvent) -> set[str]:
    """Return the requests of which a deletion was scheduled, begun or called off."""
    return {
        target.request_id
        for change in event.deletions
        if change.code != "step"
        for target in change.job.plan.targets
    }


class RequestSensor(TrackerEntity, SensorEntity):
    """Show the stage of one request."""

    _attr_device_class = SensorDeviceClass.ENUM
    _attr_options = [stage.value for stage in Stage]
    _attr_translation_key = "request"
    _unrecorded_attributes = frozenset(
        {
            "request_id",
            "year",
            "progress",
            "eta",
            "requested_by",
            "quality",
            "episodes",
            "explanation",
            "jellyfin_url",
            "deletion_at",
            ATTR_ENTITY_PICTURE,
        }
    )

    def __init__(self, entry: MediaStatusConfigEntry, request: Request) -> None:
        """Initialize for a request."""
        super().__init__(entry, f"request_{request.id}")
        self.request_id = request.id
        self._shown: JsonObject = {}
        self._is_added = False
        self._take(request)

    @property
    @override
    def suggested_object_id(self) -> str:
        """Return the start of the title: an entity id of 255 characters helps nobody."""
        return clean(str(self._attr_name), _MAX_OBJECT_ID)

    @override
    async def async_added_to_hass(self) -> None:
        """Begin to write."""
        await super().async_added_to_hass()
        self._is_added = True

    @override
    async def async_will_remove_from_hass(self) -> None:
        """Write no more."""
        self._is_added = False

    @callback
    def show(self, request: Request) -> None:
        """Show what is now known, when a person would see a difference.

        Every written state is a row in the recorder: steps below one per cent are left out.
        """
        before, name, picture = self._shown, self._attr_name, self._attr_entity_picture
        state = self._attr_native_value
        self._take(request)
        same = (
            state == self._attr_native_value
            and name == self._attr_name
            and picture == self._attr_entity_picture
            and self._significant(before) == self._significant(self._shown)
        )
        # A disabled sensor, or one that is still being added, has nowhere to write.
        if self._is_added and not same:
            self.async_write_ha_state()

    def _significant(self, attributes: JsonObject) -> JsonObject:
        """Return the attributes without the steps that nobody needs to see."""
        progress, eta = attributes.get("progress"), attributes.get("eta")
        whole = int(progress) if isinstance(progress, int | float) else None
        # The end of a download changes with every look at it; it is written with the progress.
        seen = eta is not None if self._attr_native_value in DOWNLOADING else eta
        return attributes | {"progress": whole, "eta": seen}

    def _take(self, request: Request) -> None:
        self._attr_name = clean(request.name, MAX_TITLE)
        self._attr_native_value = request.stage.value
        self._attr_entity_picture = poster_link(self.hub.hass, self.hub.connections, request)
        self._shown = request_attributes(
            request,
            sentence=self.hub.explained(request).sentence,
            watch_url=self.hub.watch_url(request),
        )
        # A deletion that can still be called off.
        job = self.hub.deletions.job_of(self.request_id)
        if job is not None and job.status_at(dt_util.utcnow()) is JobStatus.SCHEDULED:
            self._shown["deletion_at"] = timestamp(job.starts_at)
        self._attr_extra_state_attributes = self._shown


@dataclass(frozen=True, kw_only=True)
class CountDescription(SensorEntityDescription):
    """Describe a figure that counts requests."""

    count: Callable[[Tally], int]


COUNTS: Final = (
    CountDescription(
        key="active",
        translation_key="active",
        state_class=SensorStateClass.MEASUREMENT,
        count=lambda tally: len(tally.active),
    ),
    CountDescription(
        key="downloading",
        translation_key="downloading",
        state_class=SensorStateClass.MEASUREMENT,
        count=lambda tally: len(tally.downloading),
    ),
    CountDescription(
        key="stuck",
        translation_key="stuck",
        state_class=SensorStateClass.MEASUREMENT,
        count=lambda tally: len(tally.stuck),
    ),
    CountDescription(
        key="available_today",
        translation_key="available_today",
        state_class=SensorStateClass.MEASUREMENT,
        count=lambda tally: tally.available_today(),
    ),
)


class CountSensor(TrackerEntity, SensorEntity):
    """Count requests."""

    entity_description: CountDescription

    def __init__(
        self, entry: MediaStatusConfigEntry, description: CountDescription, tally: Tally
    ) -> None:
        """Initialize for a figure."""
        super().__init__(entry, description.key)
        self.entity_description = description
        self._tally = tally
        self._attr_native_value = description.count(tally)

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the figures; a new day begins with nothing."""
        await super().async_added_to_hass()
        self.async_on_remove(self._tally.listen(self._update))
        if self.entity_description.key == "available_today":
            self.async_on_remove(
                async_track_time_change(self.hass, self._new_day, hour=0, minute=0, second=0)
            )

    @callback
    def _new_day(self, _now: datetime) -> None:
        self._update()

    @callback
    def _update(self) -> None:
        value = self.entity_description.count(self._tally)
        if value != self._attr_native_value:
            self._attr_native_value = value
            self.async_write_ha_state()


@dataclass(frozen=True, kw_only=True)
class PastDescription(SensorEntityDescription):
    """Describe a figure that the history tells."""

    value: Callable[[Past], float | None]


PAST: Final = (
    PastDescription(
        key="median_time_to_available",
        translation_key="median_time_to_available",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_unit_of_measurement=UnitOfTime.HOURS,
        suggested_display_precision=1,
        state_class=SensorStateClass.MEASUREMENT,
        value=lambda past: past.habits.median_to_available,
    ),
    PastDescription(
        key="requests_completed",
        translation_key="requests_completed",
        state_class=SensorStateClass.TOTAL_INCREASING,
        value=lambda past: past.totals.completed,
    ),
)


class PastSensor(TrackerEntity, SensorEntity):
    """Show a figure that the history tells."""

    entity_description: PastDescription

    def __init__(self, entry: MediaStatusConfigEntry, description: PastDescription) -> None:
        """Initialize for a figure."""
        super().__init__(entry, description.key)
        self.entity_description = description
        self._attr_native_value = description.value(self.hub.past)

    @override
    async def async_added_to_hass(self) -> None:
        """Follow what is learned."""
        await super().async_added_to_hass()
        self.async_on_remove(self.hub.subscribe(self._handle))

    @callback
    def _handle(self, event: HubEvent) -> None:
        value = self.entity_description.value(self.hub.past)
        if event.learned and value != self._attr_native_value:
            self._attr_native_value = value
            self.async_write_ha_state()


class DownloadRateSensor(TrackerEntity, SensorEntity):
    """Show how fast all download clients download together."""

    _attr_device_class = SensorDeviceClass.DATA_RATE
    _attr_native_unit_of_measurement = UnitOfDataRate.BYTES_PER_SECOND
    _attr_state_class = SensorStateClass.MEASUREMENT
    _attr_suggested_display_precision = 1
    _attr_suggested_unit_of_measurement = UnitOfDataRate.MEGABYTES_PER_SECOND
    _attr_translation_key = "download_rate"

    def __init__(self, entry: MediaStatusConfigEntry) -> None:
        """Initialize for all connections of the tracker."""
        super().__init__(entry, "download_rate")
        self._update_value()

    @override
    async def async_added_to_hass(self) -> None:
        """Follow every connection."""
        await super().async_added_to_hass()
        for connection in self.hub.connections.values():
            self.async_on_remove(connection.async_add_listener(self._update))

    @callback
    def _update(self) -> None:
        if self._update_value():
            self.async_write_ha_state()

    def _update_value(self) -> bool:
        """Take the rate over; return whether anything changed."""
        value = download_rate(self.hub.connections.values())
        before = (self._attr_native_value, self._attr_available)
        self._attr_native_value = value
        self._attr_available = value is not None
        return before != (self._attr_native_value, self._attr_available)
