"""Offer a button that asks all services now."""

from typing import override

from homeassistant.components.button import ButtonEntity
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .entity import TrackerEntity
from .hub import MediaStatusConfigEntry

PARALLEL_UPDATES = 1


async def async_setup_entry(
    hass: HomeAssistant,
    entry: MediaStatusConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the button."""
    async_add_entities([SurveyButton(entry)])


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
