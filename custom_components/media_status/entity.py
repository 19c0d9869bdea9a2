"""Define what all entities share: their device, their name, their unique id."""

from typing import override

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import DOMAIN, KIND_NAMES, TITLE
from .coordinator import ConnectionCoordinator
from .hub import MediaStatusConfigEntry
from .serialize import without_userinfo


def request_unique_id(entry: MediaStatusConfigEntry, request_id: str) -> str:
    """Return the unique id of a request's sensor."""
    return f"{entry.entry_id}_request_{request_id}"


def request_entity_id(
    hass: HomeAssistant, entry: MediaStatusConfigEntry, request_id: str
) -> str | None:
    """Return the entity id of a request's sensor, when it has one."""
    return er.async_get(hass).async_get_entity_id(
        Platform.SENSOR, DOMAIN, request_unique_id(entry, request_id)
    )


def shown_request_id(entry: MediaStatusConfigEntry, found: er.RegistryEntry) -> str | None:
    """Return the id of the request whose sensor this is; None for every other entity."""
    prefix = request_unique_id(entry, "")
    is_ours = found.platform == DOMAIN and found.domain == Platform.SENSOR
    if not is_ours or not found.unique_id.startswith(prefix):
        return None
    return found.unique_id.removeprefix(prefix)


class TrackerEntity(Entity):
    """An entity of the tracker itself."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, entry: MediaStatusConfigEntry, key: str) -> None:
        """Initialize with the key that makes the unique id."""
        self.hub = entry.runtime_data
        self._attr_unique_id = f"{entry.entry_id}_{key}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, entry.entry_id)},
            entry_type=DeviceEntryType.SERVICE,
            name=entry.title,
            manufacturer=TITLE,
        )


class ConnectionEntity(CoordinatorEntity[ConnectionCoordinator]):
    """An entity of one connection."""

    _attr_has_entity_name = True

    def __init__(self, coordinator: ConnectionCoordinator, key: str) -> None:
        """Initialize with the key that makes the unique id."""
        super().__init__(coordinator)
        subentry = coordinator.subentry
        address = subentry.data.get("public_url") or subentry.data.get("url") or ""
        self._attr_unique_id = f"{coordinator.connection_id}_{key}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, coordinator.connection_id)},
            entry_type=DeviceEntryType.SERVICE,
            name=subentry.title,
            manufacturer=KIND_NAMES.get(str(coordinator.kind)),
            configuration_url=without_userinfo(str(address)),
            sw_version=coordinator.data.version,
        )

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Write the state, and the version on the device: it is learned after the device."""
        version = self.coordinator.data.version
        device = self.device_entry
        if isinstance(device, dr.DeviceEntry) and version not in (None, device.sw_version):
            dr.async_get(self.hass).async_update_device(device.id, sw_version=version)
        super()._handle_coordinator_update()
