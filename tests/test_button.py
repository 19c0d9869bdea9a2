"""Test the button that asks all services now."""

from pathlib import Path

import pytest

from custom_components.media_status.clients.errors import Unreachable
from custom_components.media_status.lifecycle.model import Service
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from .household import asked, running

PRESS = ("button", "press", {"entity_id": "button.media_status_check_now"})


async def test_pressing_asks_all_services(hass: HomeAssistant, tmp_path: Path) -> None:
    """What a service has to say is there when the press is done."""
    async with running(hass, tmp_path) as home:
        home.services["seerr"].words = (asked(),)
        assert not home.hub.requests
        await hass.services.async_call(*PRESS, blocking=True)
        assert home.request.title == "Dune"


async def test_pressing_names_who_did_not_answer(hass: HomeAssistant, tmp_path: Path) -> None:
    """Who pressed learns which services are silent; the others are asked all the same."""
    async with running(hass, tmp_path) as home:
        home.services["seerr"].words = (asked(),)
        home.services["radarr"].error = Unreachable()
        home.services["jellyfin"].error = Unreachable()
        with pytest.raises(HomeAssistantError) as raised:
            await hass.services.async_call(*PRESS, blocking=True)
        assert raised.value.translation_key == "survey_incomplete"
        assert raised.value.translation_placeholders == {"services": "Jellyfin, Radarr"}
        assert home.request.title == "Dune"
        home.services["radarr"].error = home.services["jellyfin"].error = None
        await home.hear(Service.RADARR)
