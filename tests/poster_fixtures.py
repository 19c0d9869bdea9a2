"""Fixtures of the tests of posters: everybody who has some, and a household that follows a film."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from custom_components.media_status.lifecycle.model import Service
from homeassistant.core import HomeAssistant

from .household import Household, asked, managed, playable, running
from .poster_house import JELLYFIN_ID, Upstream


@pytest.fixture
async def upstream(
    hass: HomeAssistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Upstream]:
    """Run everybody who has posters, the public picture hosts among them."""
    found = Upstream()
    async with found.running(tmp_path) as session:
        target = "custom_components.media_status.posters.async_get_clientsession"
        monkeypatch.setattr(target, lambda _: session)
        yield found


@pytest.fixture
async def home(hass: HomeAssistant, tmp_path: Path, upstream: Upstream) -> AsyncIterator[Household]:
    """Return a household that follows one film, which Radarr and Jellyfin know."""
    async with running(hass, tmp_path, household=upstream.house) as found:
        await found.hear(Service.SEERR, asked())
        await found.hear(Service.RADARR, managed())
        await found.hear(Service.JELLYFIN, playable(number=JELLYFIN_ID))
        yield found
