"""A copy in HD beside one in 4K: each is there for itself, and goes for itself."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.media_status.lifecycle.model import Stage
from custom_components.media_status.lifecycle.request import Request
from homeassistant.core import HomeAssistant
from simulator import Title
from simulator.arr_state import SeriesEntry
from simulator.radarr import Radarr
from simulator.sonarr import Sonarr

from .healing import LOST, living, look, requests_of, stages
from .twin import TwinHousehold

pytestmark = pytest.mark.usefixtures("socket_enabled")
_SERVICES = (
    "seerr",
    "radarr",
    "radarr:radarr4k",
    "sonarr",
    "sonarr:sonarr4k",
    "qbittorrent",
    "shoko",
    "jellyfin",
)
_LONG = 660.0  # seconds after which two looks prove an absence
_A_WHILE = 120.0  # seconds in which Shoko and Shokofin are done
_QUALITIES = {"sonarr": "WEBDL-1080p", "sonarr4k": "WEBDL-2160p"}


@pytest.fixture
async def home(
    hass: HomeAssistant,
    tmp_path: Path,
    hass_client_no_auth: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[TwinHousehold]:
    """Return a household with two Radarrs, two Sonarrs and Shoko."""
    async with living(
        hass, tmp_path, hass_client_no_auth, monkeypatch, LOST, services=_SERVICES
    ) as found:
        yield found


@pytest.fixture
def show(home: TwinHousehold) -> Title:
    """Return a series that exists."""
    return home.sim.world.add_title_series(
        title="Severance", year=2022, tmdb=95396, tvdb=371980, seasons={1: 2}
    )


@pytest.fixture
def anime(home: TwinHousehold) -> Title:
    """Return an anime that exists."""
    return home.sim.world.add_anime_series(
        title="Frieren", year=2023, tmdb=209867, tvdb=424536, seasons={1: 2}
    )


def _sonarr(home: TwinHousehold, name: str) -> Sonarr:
    found = home.sim[name]
    assert isinstance(found, Sonarr)
    return found


def _series(home: TwinHousehold, name: str, title: Title) -> SeriesEntry:
    found = _sonarr(home, name).find(title)
    assert found is not None
    return found


async def _import_first(home: TwinHousehold, name: str, title: Title) -> None:
    """Let the first episode be there; the second keeps the request open."""
    series = _series(home, name, title)
    _sonarr(home, name).import_by_hand(series.episodes[:1], quality=_QUALITIES[name])
    await home.sim.advance(_A_WHILE)
    await home.sim.jellyfin.scan()


def _request(home: TwinHousehold, title: Title, *, is_4k: bool) -> Request:
    (found,) = (one for one in requests_of(home, title) if one.is_4k is is_4k)
    return found


def _first(home: TwinHousehold, title: Title, *, is_4k: bool = False) -> Stage:
    return stages(_request(home, title, is_4k=is_4k))["S01E01"]


async def test_a_copy_that_was_deleted_is_gone_though_the_other_stays(
    home: TwinHousehold, show: Title
) -> None:
    """Jellyfin's 4K copy does not stand in for the one in HD."""
    for name, is_4k in (("sonarr", False), ("sonarr4k", True)):
        await home.sim.seerr.request(show, seasons=[1], is_4k=is_4k)
        await _import_first(home, name, show)
    await look(home)
    assert _first(home, show) is _first(home, show, is_4k=True) is Stage.AVAILABLE
    _sonarr(home, "sonarr").delete_file(_series(home, "sonarr", show).episodes[0])
    await home.sim.jellyfin.scan()
    await home.sim.advance(1)
    await home.survey()
    assert _first(home, show) is Stage.AVAILABLE  # one look proves nothing
    await home.sim.advance(_LONG)
    await home.survey()
    assert _first(home, show) is Stage.SEARCHING
    assert _first(home, show, is_4k=True) is Stage.AVAILABLE


async def test_an_upgrade_does_not_take_back_what_can_be_watched(
    home: TwinHousehold, show: Title
) -> None:
    """Jellyfin plays the old file until it looks, however long that takes."""
    await home.sim.seerr.request(show, seasons=[1])
    await _import_first(home, "sonarr", show)
    await look(home)
    first = _series(home, "sonarr", show).episodes[0]
    sonarr = _sonarr(home, "sonarr")
    download = sonarr.grab(_series(home, "sonarr", show), [first], quality="Bluray-1080p")
    sonarr.complete(download)
    sonarr.import_download(download)
    for _ in range(2):
        await home.sim.advance(_LONG)
        await home.survey()
        assert _first(home, show) is Stage.AVAILABLE
    await home.sim.jellyfin.scan()
    await look(home)
    assert _first(home, show) is Stage.AVAILABLE


async def test_an_anime_that_was_deleted_is_gone(home: TwinHousehold, anime: Title) -> None:
    """Where copies are told apart by their files, it is Jellyfin's own id that tells."""
    await home.sim.seerr.request(anime, seasons=[1])
    await _import_first(home, "sonarr", anime)
    await look(home)
    assert _first(home, anime) is Stage.AVAILABLE
    _sonarr(home, "sonarr").delete_file(_series(home, "sonarr", anime).episodes[0])
    await home.sim.advance(_A_WHILE)
    await home.sim.jellyfin.scan()
    await home.survey()
    await home.sim.advance(_LONG)
    await home.survey()
    assert _first(home, anime) is Stage.SEARCHING


async def test_a_film_among_episodes_is_found_beside_its_4k_copy(home: TwinHousehold) -> None:
    """Shokofin shows the HD copy as an episode; the 4K one is a film, and not of this request."""
    film = home.sim.world.add_anime_film(title="Recollections", year=2021, tmdb=1052946)
    await home.sim.seerr.request(film)
    uhd = home.sim["radarr4k"]
    assert isinstance(uhd, Radarr)
    uhd.import_file(uhd.add(film), quality="WEBDL-2160p")
    await home.sim.jellyfin.scan()
    entry = home.sim.radarr.find(film)
    assert entry is not None
    home.sim.radarr.import_file(entry, quality="WEBDL-1080p")
    await home.sim.advance(_A_WHILE)
    await look(home)
    assert _request(home, film, is_4k=False).stage is Stage.AVAILABLE
