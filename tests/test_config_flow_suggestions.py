"""Test what the wizard suggests from Home Assistant's own integrations."""

from collections.abc import AsyncIterator

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from .connection_double import Household, household_without_setup, suggested
from .wizard import KEY, choose, start, submit

CORE_ENTRIES: list[tuple[str, str, dict[str, object], dict[str, object]]] = [
    (
        "seerr",
        "overseerr",
        {"host": "10.0.0.2", "port": 5055, "ssl": True, "api_key": KEY, "webhook_id": KEY},
        {"url": "https://10.0.0.2:5055"},
    ),
    (
        "radarr",
        "radarr",
        {"url": "http://10.0.0.2:7878", "api_key": KEY, "verify_ssl": False},
        {"url": "http://10.0.0.2:7878", "verify_ssl": False},
    ),
    (
        "sonarr",
        "sonarr",
        {"url": "http://10.0.0.2:8989/sonarr", "api_key": KEY, "verify_ssl": True},
        {"url": "http://10.0.0.2:8989/sonarr", "verify_ssl": True},
    ),
    (
        "qbittorrent",
        "qbittorrent",
        {"url": "http://10.0.0.2:8080", "username": "me", "password": KEY, "verify_ssl": True},
        {"url": "http://10.0.0.2:8080", "username": "me", "verify_ssl": True},
    ),
    (
        "jellyfin",
        "jellyfin",
        {"url": "http://10.0.0.2:8096", "username": "me", "password": KEY},
        {"url": "http://10.0.0.2:8096"},
    ),
]


@pytest.fixture
async def household(hass: HomeAssistant) -> AsyncIterator[Household]:
    """Answer for all services."""
    async with household_without_setup(hass) as household:
        yield household


@pytest.fixture(autouse=True)
async def address(hass: HomeAssistant) -> None:
    """Give Home Assistant an address that services can reach."""
    await hass.config.async_update(internal_url="http://192.168.1.5:8123")


@pytest.mark.parametrize(("kind", "domain", "data", "expected"), CORE_ENTRIES)
async def test_core_entries_suggest_their_address(
    hass: HomeAssistant,
    household: Household,
    kind: str,
    domain: str,
    data: dict[str, object],
    expected: dict[str, object],
) -> None:
    """What Home Assistant already knows is suggested, but never a secret, and only once."""
    MockConfigEntry(domain=domain, data=data).add_to_hass(hass)
    flow = await start(hass)
    form = await choose(hass, flow, kind)
    assert suggested(form) == expected

    typed = {**expected, **({"password": KEY} if kind == "qbittorrent" else {"api_key": KEY})}
    assert (await submit(hass, flow, typed))["type"] is FlowResultType.MENU
    assert suggested(await choose(hass, flow, kind)) == {}


async def test_odd_core_entries_suggest_nothing(hass: HomeAssistant, household: Household) -> None:
    """An entry without an address is passed over; the next one serves."""
    MockConfigEntry(domain="radarr", data={}).add_to_hass(hass)
    MockConfigEntry(domain="radarr", data={"url": "http://10.0.0.3:7878"}).add_to_hass(hass)
    flow = await start(hass)

    assert suggested(await choose(hass, flow, "radarr")) == {"url": "http://10.0.0.3:7878"}
