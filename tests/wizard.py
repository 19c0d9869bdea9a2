"""Walk through the wizard that creates the tracker."""

from collections.abc import Mapping

from custom_components.media_status.const import DOMAIN
from homeassistant.config_entries import SOURCE_USER, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

KEY = "canary-0123456789abcdef0123456789abcdef"
FORMS: dict[str, dict[str, object]] = {
    "seerr": {"url": "http://seerr.local:5055", "api_key": KEY},
    "radarr": {"url": "http://radarr.local:7878/radarr", "api_key": KEY},
    "sonarr": {"url": "http://sonarr.local:8989", "api_key": KEY, "serves_4k": True},
    "qbittorrent": {"url": "http://qbt.local:8080", "username": "me", "password": KEY},
    "shoko": {"url": "http://shoko.local:8111", "api_key": KEY},
    "jellyfin": {
        "url": "http://jellyfin.local:8096",
        "api_key": KEY,
        "public_url": "https://watch.example.org/",
        "name": "Living room",
    },
}

WITH_WEBHOOK = tuple(kind for kind in FORMS if kind != "shoko")


async def start(hass: HomeAssistant, **choices: bool) -> ConfigFlowResult:
    """Open the wizard and go to the menu of services."""
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "user"
    result = await hass.config_entries.flow.async_configure(result["flow_id"], dict(choices))
    assert result["type"] is FlowResultType.MENU
    return result


async def choose(hass: HomeAssistant, flow: ConfigFlowResult, step: str) -> ConfigFlowResult:
    """Choose an entry of the menu."""
    return await hass.config_entries.flow.async_configure(flow["flow_id"], {"next_step_id": step})


async def submit(
    hass: HomeAssistant, flow: ConfigFlowResult, typed: Mapping[str, object]
) -> ConfigFlowResult:
    """Submit a form."""
    return await hass.config_entries.flow.async_configure(flow["flow_id"], dict(typed))
