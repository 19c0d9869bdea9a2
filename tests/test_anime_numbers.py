"""Shokofin numbers every anime from one: its season one may be another than the one asked for."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.media_status.lifecycle.model import Stage
from homeassistant.core import HomeAssistant
from simulator import Title

from .healing import LOST, living, look, only_request, stages
from .twin import TwinHousehold

pytestmark = pytest.mark.usefixtures("socket_enabled")
_WITH_SHOKO = ("seerr", "radarr", "sonarr", "qbittorrent", "shoko", "jellyfin")
_A_WHILE = 120.0  # seconds in which Shoko and Shokofin are done


@pytest.fixture
async def home(
    hass: HomeAssistant,
    tmp_path: Path,
    hass_client_no_auth: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[TwinHousehold]:
    """Return a household whose Shokofin names TMDB's show on each anime's page."""
    async with living(
        hass, tmp_path, hass_client_no_auth, monkeypatch, LOST, services=_WITH_SHOKO
    ) as found:
        found.sim.jellyfin.shokofin.enable(add_tmdb=True)
        yield found


@pytest.fixture
def show(home: TwinHousehold) -> Title:
    """Return an anime of two seasons, of which the second is in Jellyfin."""
    return home.sim.world.add_anime_series(
        title="Frieren", year=2023, tmdb=209867, tvdb=424536, seasons={1: 2, 2: 2}
    )


async def _import(home: TwinHousehold, show: Title, season: int) -> None:
    """Let the files of a season be there, and whoever knows them take them in."""
    series = home.sim.sonarr.find(show)
    assert series is not None
    home.sim.sonarr.import_by_hand(series.season(season))
    await home.sim.advance(_A_WHILE)


async def test_another_season_of_the_same_numbers_proves_nothing(
    home: TwinHousehold, show: Title
) -> None:
    """Season two is there as S01E01 and S01E02; season one waits for Shoko."""
    await home.sim.seerr.request(show, seasons=[1])
    await _import(home, show, 2)
    shown = home.sim.jellyfin.playable_files(show)
    assert len(shown) == 2
    home.sim.shoko.unmatched("S01")
    await _import(home, show, 1)
    await look(home)
    waiting = only_request(home, show)
    assert stages(waiting) == dict.fromkeys(stages(waiting), Stage.ANIME_MATCHING)
    assert len(stages(waiting)) == 2
    home.sim.shoko.matched_again("S01")
    for file in home.sim.shoko.files:
        home.sim.shoko.rescan(file)
    await home.sim.advance(_A_WHILE)
    await look(home)
    assert only_request(home, show).stage is Stage.AVAILABLE
