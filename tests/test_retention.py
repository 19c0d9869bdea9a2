"""Ended requests keep their sensor for a while, then live on in the history only."""

from datetime import timedelta
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
from pytest_homeassistant_custom_component.common import async_fire_time_changed
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.media_status.lifecycle.model import Service
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util

from .household import Household, asked, imported, managed, playable, running

SENSOR = "sensor.media_status_dune"


async def _life(home: Household) -> str:
    """Let a film be asked for, imported and found; return its request."""
    await home.hear(Service.SEERR, asked())
    await home.hear(Service.RADARR, managed(), imported())
    await home.hear(Service.JELLYFIN, playable())
    assert home.request.ended_at is not None
    return home.request.id


async def test_a_sensor_leaves_when_its_time_is_over(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """State and registry forget it; the history does not."""
    async with running(hass, tmp_path, options={"history_days": 3}) as home:
        request_id = await _life(home)
        for days, is_there in ((2, True), (2, False)):
            freezer.tick(timedelta(days=days))
            async_fire_time_changed(hass)
            await hass.async_block_till_done()
            assert (hass.states.get(SENSOR) is not None) is is_there
        assert er.async_get(hass).async_get(SENSOR) is None
        assert not home.hub.requests
        kept = await home.hub.journal.requests(open=False)
        assert [one.id for one in kept.items] == [request_id]


async def test_subscribers_are_told(
    hass: HomeAssistant, tmp_path: Path, hass_ws_client: WebSocketGenerator
) -> None:
    """Whoever looks at a card sees it go."""
    await async_setup_component(hass, "websocket_api", {})
    async with running(hass, tmp_path, options={"history_days": 0}) as home:
        request_id = await _life(home)
        client = await hass_ws_client(hass)
        await client.send_json_auto_id({"type": "media_status/subscribe"})
        assert (await client.receive_json())["success"]
        snapshot = await client.receive_json()
        assert [one["request_id"] for one in snapshot["event"]["requests"]] == [request_id]
        async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=31))
        told = await client.receive_json()
        while not told["event"].get("removed"):
            told = await client.receive_json()
        assert told["event"]["removed"] == [request_id]
