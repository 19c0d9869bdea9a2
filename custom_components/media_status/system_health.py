"""Tell the system information page how the tracker is."""

from homeassistant.components.system_health import SystemHealthRegistration
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback

from .const import DOMAIN
from .hub import MediaStatusConfigEntry
from .queries import async_journal_counts


@callback
def async_register(hass: HomeAssistant, register: SystemHealthRegistration) -> None:
    """Register what the page shows."""
    register.async_register_info(_async_info)


async def _async_info(hass: HomeAssistant) -> dict[str, str | int]:
    """Return connections that answer, open requests and the size of the journal."""
    entries: list[MediaStatusConfigEntry] = hass.config_entries.async_entries(DOMAIN)
    loaded = [entry for entry in entries if entry.state is ConfigEntryState.LOADED]
    if not loaded:
        return {}
    hub = loaded[0].runtime_data
    healthy = sum(connection.is_healthy for connection in hub.connections.values())
    size = (await async_journal_counts(hub)).get("bytes", 0)
    return {
        "connections": f"{healthy} / {len(hub.connections)}",
        "open_requests": sum(request.is_open for request in hub.requests.values()),
        "journal_size": f"{size / 1_000_000:.1f} MB",
    }
