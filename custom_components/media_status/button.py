"""Offer buttons that ask all services now, and that test a connection's webhook."""

from typing import override

from homeassistant.components.button import ButtonEntity
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .coordinator import ConnectionCoordinator
from .entity import ConnectionEntity, TrackerEntity
from .hub import MediaStatusConfigEntry
from .library.actions import async_sync, raise_unread
from .webhook_keeper import TripResult

PARALLEL_UPDATES = 1


async def async_setup_entry(
    hass: HomeAssistant,
    entry: MediaStatusConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the tracker's button, and one for each connection whose service can send a test."""
    async_add_entities([SurveyButton(entry), SyncLibraryButton(entry)])
    for connection_id, coordinator in entry.runtime_data.connections.items():
        if coordinator.connection.can_test_webhook:
            async_add_entities([TestWebhookButton(coordinator)], config_subentry_id=connection_id)


class SurveyButton(TrackerEntity, ButtonEntity):
    """Ask all services now."""

    _attr_translation_key = "survey_now"

    def __init__(self, entry: MediaStatusConfigEntry) -> None:
        """Initialize for the tracker."""
        super().__init__(entry, "survey_now")

    @override
    async def async_press(self) -> None:
        """Ask all services; say which did not answer."""
        results = await self.hub.survey()
        silent = [
            self.hub.connections[connection_id].subentry.title
            for connection_id, result in results.items()
            if result != "ok" and connection_id in self.hub.connections
        ]
        if silent:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="survey_incomplete",
                translation_placeholders={"services": ", ".join(sorted(silent))},
            )


class SyncLibraryButton(TrackerEntity, ButtonEntity):
    """Read what the services have, and fill what requests lack."""

    _attr_translation_key = "sync_library"

    def __init__(self, entry: MediaStatusConfigEntry) -> None:
        """Initialize for the tracker."""
        super().__init__(entry, "sync_library")

    @override
    async def async_press(self) -> None:
        """Sync; say which services could not be read."""
        result = await async_sync(self.hub)
        raise_unread(self.hub, result)


class TestWebhookButton(ConnectionEntity, ButtonEntity):
    """Have a service send its test push, and say whether it got here."""

    _attr_entity_category = EntityCategory.DIAGNOSTIC
    _attr_translation_key = "test_webhook"

    def __init__(self, coordinator: ConnectionCoordinator) -> None:
        """Initialize for a connection."""
        super().__init__(coordinator, "test_webhook")

    @property
    @override
    def available(self) -> bool:
        """Return True always: why it does not work is what this button is there to say."""
        return True

    @override
    async def async_press(self) -> None:
        """Wait for the test push; say what went wrong."""
        trip = await self.coordinator.webhooks.test()
        if trip.result is not TripResult.WORKS:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key=f"webhook_test_{trip.result.value}",
                translation_placeholders={
                    "name": self.coordinator.name,
                    "reason": trip.reason or "-",
                },
            )
