"""Follow every media request from asked to ready to watch."""

import asyncio
from collections.abc import Mapping
import logging
from pathlib import Path
from typing import Final

from homeassistant.const import CONF_URL, EVENT_HOMEASSISTANT_FINAL_WRITE, Platform
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryError, ConfigEntryNotReady
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.typing import ConfigType

from .clients.errors import ClientError
from .clients.guard import Removals
from .connections_factory import create_connection
from .const import DOMAIN, OWN_NOTES
from .coordinator import ConnectionCoordinator
from .deletion.issues import DeletionIssues
from .explanations import async_load
from .hub import Hub, MediaStatusConfigEntry
from .journal import Journal, JournalError, JournalStart
from .journal_schema import JournalTooNewError
from .lifecycle.model import JsonObject
from .listener import start_listener
from .posters import DATA_POSTERS, async_remove_posters, async_setup_posters
from .repairs import clear_all, clear_stale, raise_journal_set_aside
from .request_issues import RequestIssues
from .services import async_setup_services
from .webhook import async_setup_webhook
from .websocket_api import async_setup_websocket

_LOGGER = logging.getLogger(__name__)

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)

PLATFORMS: Final = (Platform.BINARY_SENSOR, Platform.BUTTON, Platform.EVENT, Platform.SENSOR)
JOURNAL_FILE: Final = "media_status.db"


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register what exists once: views, actions and websocket commands."""
    async_setup_webhook(hass)
    async_setup_posters(hass)
    async_setup_services(hass)
    async_setup_websocket(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: MediaStatusConfigEntry) -> bool:
    """Open the journal, restore what it knows, connect the services."""
    in_force = _settings(entry)
    journal = Journal(journal_path(hass))
    hub = Hub(hass, entry, journal, await async_load(hass))
    try:
        start = await journal.open(hub.keep_since)
    except JournalTooNewError as err:
        raise ConfigEntryError(
            translation_domain=DOMAIN, translation_key="journal_too_new"
        ) from err
    except JournalError as err:
        raise ConfigEntryNotReady(
            translation_domain=DOMAIN,
            translation_key="journal_unavailable",
            translation_placeholders={"reason": str(err)},
        ) from err
    try:
        await _async_start(hass, entry, hub, start)
    except BaseException:  # cancelled, too: the journal's thread must not outlive the attempt
        await journal.close()
        raise
    _follow_settings(hass, entry, hub, in_force)
    return True


async def _async_start(
    hass: HomeAssistant, entry: MediaStatusConfigEntry, hub: Hub, start: JournalStart
) -> None:
    """Take over what the journal holds, show it, and begin to ask the services."""
    if start.set_aside is not None:
        _LOGGER.error("The database was damaged and set aside; it is rebuilt from the services")
        raise_journal_set_aside(hass, start.set_aside.name)
    if start.unreadable:
        _LOGGER.warning("%s open requests are from a newer version and rest", start.unreadable)
    _connect(hub, start.cursors)
    await hub.restore(start)
    entry.runtime_data = hub
    clear_stale(hass, entry)
    RequestIssues(hass, hub).start()
    hass.data[DATA_POSTERS].attach(hub)
    _register_tracker_device(hass, entry)

    async def close(_event: Event) -> None:
        await hub.close()

    entry.async_on_unload(hass.bus.async_listen_once(EVENT_HOMEASSISTANT_FINAL_WRITE, close))
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    hub.start()
    await hub.deletions.start()
    await hub.watch.start()
    await DeletionIssues(hass, hub).start()
    for coordinator in hub.connections.values():
        start_listener(hub, coordinator)


async def async_unload_entry(hass: HomeAssistant, entry: MediaStatusConfigEntry) -> bool:
    """Unload the platforms, then let go of the services and the journal."""
    if not await hass.config_entries.async_unload_platforms(entry, PLATFORMS):
        return False
    hub = entry.runtime_data
    for coordinator in hub.connections.values():
        await coordinator.async_shutdown()
    await hub.close()
    return True


async def async_remove_entry(hass: HomeAssistant, entry: MediaStatusConfigEntry) -> None:
    """Remove our webhooks from the services, our reports, posters, and the journal's files."""
    clear_all(hass, entry)
    hub = Hub(hass, entry, Journal(journal_path(hass)), await async_load(hass))
    _connect(hub, {})
    await asyncio.gather(*(found.remove_webhook() for found in hub.connections.values()))
    await async_remove_posters(hass)
    await hass.async_add_executor_job(_remove_files, journal_path(hass))


async def async_remove_config_entry_device(
    hass: HomeAssistant, entry: MediaStatusConfigEntry, device: dr.DeviceEntry
) -> bool:
    """Allow removing devices of connections that are gone."""
    current = {entry.entry_id, *entry.subentries}
    return not any(domain == DOMAIN and key in current for domain, key in device.identifiers)


def journal_path(hass: HomeAssistant) -> Path:
    """Return where the journal lives: in the configuration folder, so that backups hold it."""
    return Path(hass.config.path(JOURNAL_FILE))


def _connect(hub: Hub, cursors: Mapping[str, JsonObject]) -> None:
    """Make a coordinator for each connection that can be called at all."""
    removals = Removals(hub.deletions.limits.mode)
    for subentry in hub.entry.subentries.values():
        key = subentry.subentry_id
        try:
            connection = create_connection(
                hub.hass, subentry.subentry_type, key, subentry.data, removals
            )
        except ClientError as err:
            _LOGGER.error("The connection %s cannot be used: %s", subentry.title, err)
            continue
        hub.connections[key] = ConnectionCoordinator(
            hub.hass, hub.entry, hub, subentry, connection, cursors.get(key, {})
        )


def _register_tracker_device(hass: HomeAssistant, entry: MediaStatusConfigEntry) -> None:
    dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={(DOMAIN, entry.entry_id)},
        entry_type=dr.DeviceEntryType.SERVICE,
        name=entry.title,
    )


@callback
def _follow_settings(
    hass: HomeAssistant, entry: MediaStatusConfigEntry, hub: Hub, in_force: tuple[object, ...]
) -> None:
    """Reload when people decide something else, also what they decided during the setup."""

    async def updated(hass: HomeAssistant, entry: MediaStatusConfigEntry) -> None:
        if _settings(entry) != in_force:  # else we only noted something down
            await _async_updated(hass, entry, hub)

    entry.async_on_unload(entry.add_update_listener(updated))
    if _settings(entry) != in_force:
        hass.async_create_task(updated(hass, entry), "settings of the time of the setup")


async def _async_updated(hass: HomeAssistant, entry: MediaStatusConfigEntry, hub: Hub) -> None:
    """Take our webhook out of services we leave, then reload with the new settings."""
    gone = [
        coordinator
        for key, coordinator in hub.connections.items()
        if key not in entry.subentries or entry.subentries[key].data[CONF_URL] != coordinator.url
    ]
    await asyncio.gather(*(coordinator.remove_webhook() for coordinator in gone))
    hass.config_entries.async_schedule_reload(entry.entry_id)


def _settings(entry: MediaStatusConfigEntry) -> tuple[object, ...]:
    """Return what people decide; what we note down ourselves needs no reload."""
    return (
        entry.title,
        dict(entry.options),
        {
            key: (
                subentry.title,
                {name: value for name, value in subentry.data.items() if name not in OWN_NOTES},
            )
            for key, subentry in entry.subentries.items()
        },
    )


def _remove_files(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
