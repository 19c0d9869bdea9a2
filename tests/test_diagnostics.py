"""Test what a bug report tells, and what it does not."""

import json
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.syrupy import HomeAssistantSnapshotExtension
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from syrupy.assertion import SnapshotAssertion
from syrupy.filters import props

from custom_components.media_status.lifecycle.model import Service
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .household import SECRET, asked, grabbed, imported, managed, moving, running


# From the first fixture on: a token that was made at another time is not valid now.
@pytest.mark.freeze_time("2026-11-21 12:00:00+00:00")
async def test_diagnostics(
    freezer: FrozenDateTimeFactory,
    hass: HomeAssistant,
    tmp_path: Path,
    hass_client: ClientSessionGenerator,
    snapshot: SnapshotAssertion,
) -> None:
    """Connections, counts and the facts of open requests, without people, keys and places."""
    assert await async_setup_component(hass, "diagnostics", {})
    options = {
        "webhook_base_url": "http://ha.lan:8123",
        "path_prefixes": [{"from": "/data", "to": "/media"}],
    }
    async with running(hass, tmp_path, options=options) as home:
        await home.hear(Service.SEERR, asked())
        await home.hear(Service.RADARR, managed(), grabbed(), imported())
        await home.hear(Service.QBITTORRENT, moving(0.4))
        found = await get_diagnostics_for_config_entry(hass, hass_client, home.entry)
        text = json.dumps(found)
        for secret in (SECRET, "Anna", "anna", ".lan", "watch.example", "/media", "/data"):
            assert secret not in text, secret
        assert "Dune" in text
        in_folder = snapshot.use_extension(HomeAssistantSnapshotExtension)
        assert found == in_folder(exclude=props("request_id", "bytes"))
