"""Test what the system information page shows."""

from pathlib import Path

from pytest_homeassistant_custom_component.common import get_system_health_info

from custom_components.media_status.clients.errors import Unreachable
from custom_components.media_status.const import DOMAIN
from custom_components.media_status.lifecycle.model import Service
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .household import asked, running
from .repository import PACKAGE, read_table, under


async def test_system_health(hass: HomeAssistant, tmp_path: Path) -> None:
    """Connections that answer, open requests, and the size of the journal."""
    assert await async_setup_component(hass, "system_health", {})
    async with running(hass, tmp_path) as home:
        await home.hear(Service.SEERR, asked())
        home.services["radarr"].error = Unreachable()
        await home.hear(Service.RADARR)
        info = await get_system_health_info(hass, DOMAIN)
        assert info["connections"] == "4 / 5"
        assert info["open_requests"] == 1
        assert str(info["journal_size"]).endswith(" MB")
        texts = read_table(PACKAGE / "translations" / "en.json")
        assert set(info) == set(under(texts, "system_health", "info"))


async def test_system_health_while_unloaded(hass: HomeAssistant, tmp_path: Path) -> None:
    """Without the tracker there is nothing to say, and no error."""
    assert await async_setup_component(hass, "system_health", {})
    async with running(hass, tmp_path) as home:
        await hass.config_entries.async_unload(home.entry.entry_id)
        assert await get_system_health_info(hass, DOMAIN) == {}
