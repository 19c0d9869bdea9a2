"""Show whether each connection answers."""

from typing import override

from homeassistant.components.binary_sensor import BinarySensorDeviceClass, BinarySensorEntity
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import ConnectionCoordinator
from .entity import ConnectionEntity
from .hub import MediaStatusConfigEntry
from .lifecycle.model import JsonValue

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: MediaStatusConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up one sensor per connection, below the connection's subentry."""
    for connection_id, coordinator in entry.runtime_data.connections.items():
        async_add_entities([ConnectivitySensor(coordinator)], config_subentry_id=connection_id)


class ConnectivitySensor(ConnectionEntity, BinarySensorEntity):
    """Tell whether a connection answered its last survey."""

    _attr_device_class = BinarySensorDeviceClass.CONNECTIVITY
    _attr_entity_category = EntityCategory.DIAGNOSTIC
    _attr_translation_key = "connectivity"

    def __init__(self, coordinator: ConnectionCoordinator) -> None:
        """Initialize for a connection."""
        super().__init__(coordinator, "connectivity")

    @property
    @override
    def available(self) -> bool:
        """Return True always: a service that is down is what this sensor is there to show."""
        return True

    @property
    @override
    def is_on(self) -> bool:
        """Return whether the service answers."""
        return self.coordinator.is_healthy

    @property
    @override
    def extra_state_attributes(self) -> dict[str, JsonValue]:
        """Return how the webhook stands, and what went wrong; both change rarely."""
        state = self.coordinator.data
        webhook = state.webhook
        return {"webhook": None if webhook is None else webhook.value, "error": state.error}
