"""What was pushed long ago and comes now must not end a request by what is gone."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.media_status.lifecycle.model import Stage
from homeassistant.core import HomeAssistant
from simulator import Title
from simulator.radarr import Radarr
from simulator.webhooks import Push

from .healing import HEARD, living, look, only_request
from .twin import TwinHousehold

pytestmark = pytest.mark.usefixtures("socket_enabled")
_WITH_4K = ("seerr", "radarr", "radarr:radarr4k", "sonarr", "qbittorrent", "jellyfin")


@pytest.fixture
async def home(
    hass: HomeAssistant,
    tmp_path: Path,
    hass_client_no_auth: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[TwinHousehold]:
    """Return a household with two Radarrs."""
    async with living(
        hass, tmp_path, hass_client_no_auth, monkeypatch, HEARD, services=_WITH_4K
    ) as found:
        yield found


@pytest.fixture
def film(home: TwinHousehold) -> Title:
    """Return a film that exists."""
    return home.sim.world.add_title_movie(title="Heat", year=1995, tmdb=949)


def _radarr(home: TwinHousehold, name: str) -> Radarr:
    found = home.sim[name]
    assert isinstance(found, Radarr)
    return found


async def _let_once_be_there(home: TwinHousehold, film: Title, name: str) -> Push:
    """Let the film be there and go again, unseen by Jellyfin; return the push of its import."""
    radarr = _radarr(home, name)
    entry = radarr.add(film)
    radarr.import_file(entry, quality="WEBDL-2160p" if radarr.is_4k else "WEBDL-1080p")
    await home.settle()
    push = radarr.courier.sent[-1][0]
    await home.sim.jellyfin.scan()
    await look(home)
    radarr.delete_file(entry)
    await look(home)
    return push


async def _comes_again(home: TwinHousehold, name: str, push: Push) -> None:
    """Let an old push arrive, and Jellyfin be asked before the manager can correct it."""
    await home.sim.advance(1)
    await _radarr(home, name).courier.deliver(replace(push, done=None))
    await home.hub.survey({"jellyfin"})


@pytest.mark.parametrize("name", ["radarr", "radarr4k"])
async def test_a_late_import_of_a_deleted_file(home: TwinHousehold, film: Title, name: str) -> None:
    """Jellyfin still shows the file that was deleted; what is fetched now is not there."""
    push = await _let_once_be_there(home, film, name)
    radarr = _radarr(home, name)
    entry = radarr.find(film)
    assert entry is not None
    radarr.grab(entry)
    await home.settle()
    await home.hub.survey({name})
    assert only_request(home, film).stage is Stage.DOWNLOADING
    await _comes_again(home, name, push)
    assert only_request(home, film).is_open
    assert only_request(home, film).stage is not Stage.AVAILABLE
    await home.survey()
    assert only_request(home, film).stage is Stage.DOWNLOADING


async def test_a_late_import_of_a_replaced_file(home: TwinHousehold, film: Title) -> None:
    """The 4K file that Jellyfin shows is the one before the one that was imported last."""
    push = await _let_once_be_there(home, film, "radarr4k")
    radarr = _radarr(home, "radarr4k")
    entry = radarr.find(film)
    assert entry is not None
    download = radarr.grab(entry, quality="WEBDL-2160p")
    await home.settle()
    radarr.complete(download)
    radarr.import_download(download)
    await look(home)
    assert only_request(home, film).stage is Stage.SYNCING_LIBRARY
    await _comes_again(home, "radarr4k", push)
    assert only_request(home, film).stage is Stage.SYNCING_LIBRARY
    await home.survey()
    assert only_request(home, film).is_open
    await home.sim.jellyfin.scan()
    await look(home)
    assert only_request(home, film).stage is Stage.AVAILABLE
