"""Start a real Home Assistant core with its HTTP server on loopback, and the integration in it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
import socket
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from homeassistant import auth, loader
from homeassistant.block_async_io import enable as forbid_blocking_calls
from homeassistant.bootstrap import async_load_base_functionality
from homeassistant.config_entries import (
    ConfigEntries,
    ConfigEntry,
    ConfigEntryState,
    ConfigSubentryDataWithId,
)
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

if TYPE_CHECKING:  # a start without our entry must not hold our code
    from custom_components.media_status.hub import Hub

DOMAIN: Final = "media_status"
SECRET = "benchmark-secret"
WEBHOOK_PATH = "/api/media_status/webhook/"


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def webhook_id(name: str) -> str:
    """Return the webhook id of a connection."""
    return name.encode().hex().ljust(64, "0")


@asynccontextmanager
async def home_assistant(folder: Path, port: int) -> AsyncIterator[HomeAssistant]:
    """Run a Home Assistant whose configuration is this folder, without any other integration."""
    hass = HomeAssistant(str(folder))
    loader.async_setup(hass)
    hass.config.skip_pip = True
    hass.config_entries = ConfigEntries(hass, {})
    forbid_blocking_calls()
    await async_load_base_functionality(hass)
    hass.auth = await auth.auth_manager_from_config(hass, [], [])
    http = {"server_host": ["127.0.0.1"], "server_port": port}
    assert await async_setup_component(hass, "http", {"http": http})
    assert await async_setup_component(hass, "websocket_api", {})
    await hass.async_start()
    try:
        yield hass
    finally:
        await hass.async_stop(force=True)


def connection(name: str, address: Mapping[str, str]) -> ConfigSubentryDataWithId:
    """Return the stored data of a connection whose name is its kind: its URL and its keys."""
    data: dict[str, object] = {
        "verify_ssl": True,
        "webhook_id": webhook_id(name),
        "webhook_secret": SECRET,
        **address,
    }
    return ConfigSubentryDataWithId(
        subentry_id=name, subentry_type=name, title=name.title(), unique_id=None, data=data
    )


def _new_entry(
    connections: list[ConfigSubentryDataWithId], options: Mapping[str, object]
) -> ConfigEntry[Hub]:
    return ConfigEntry(
        data={},
        discovery_keys=MappingProxyType({}),
        domain=DOMAIN,
        minor_version=1,
        options={"manage_webhooks": False, **options},
        source="user",
        subentries_data=connections,
        title="Media Status",
        unique_id=None,
        version=1,
    )


async def set_up(
    hass: HomeAssistant,
    connections: list[ConfigSubentryDataWithId],
    options: Mapping[str, object] = MappingProxyType({}),
) -> Hub:
    """Add the tracker, or start a stored one, and wait until all its entities are there."""
    stored = hass.config_entries.async_entries(DOMAIN)
    entry: ConfigEntry[Hub] = stored[0] if stored else _new_entry(connections, options)
    if stored:
        assert await async_setup_component(hass, DOMAIN, {})
    else:
        await hass.config_entries.async_add(entry)
    await hass.async_block_till_done()
    if entry.state is not ConfigEntryState.LOADED:
        raise RuntimeError(f"the entry is {entry.state}")
    return entry.runtime_data
