"""Let Home Assistant copy the journal while it goes on writing."""

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from .const import DOMAIN
from .hub import MediaStatusConfigEntry
from .journal import JournalError


async def async_pre_backup(hass: HomeAssistant) -> None:
    """Hold the database file still; what comes in meanwhile stays durable beside it."""
    for entry in _entries(hass):
        try:
            await entry.runtime_data.journal.pause()
        except JournalError as err:
            raise HomeAssistantError(
                translation_domain=DOMAIN, translation_key="backup_not_prepared"
            ) from err


async def async_post_backup(hass: HomeAssistant) -> None:
    """Let the database file change again."""
    for entry in _entries(hass):
        try:
            await entry.runtime_data.journal.resume()
        except JournalError as err:
            raise HomeAssistantError(
                translation_domain=DOMAIN, translation_key="backup_not_ended"
            ) from err


def _entries(hass: HomeAssistant) -> list[MediaStatusConfigEntry]:
    return hass.config_entries.async_loaded_entries(DOMAIN)
