"""Live through trying again: each reason has its own way, and only who can help does something."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.media_status.lifecycle.model import Stage
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from simulator import Title
from simulator.radarr import Radarr

from .healing import LOST, film_entry, living, look, only_request, requests_of
from .test_services import call, rows
from .twin import TwinHousehold

pytestmark = pytest.mark.usefixtures("socket_enabled")
_SERVICES = ("seerr", "radarr", "radarr:radarr4k", "radarr:radarrbis", "qbittorrent", "jellyfin")


@pytest.fixture
async def home(
    hass: HomeAssistant,
    tmp_path: Path,
    hass_client_no_auth: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[TwinHousehold]:
    """Return a household with three Radarrs, one of them for 4K."""
    async with living(
        hass, tmp_path, hass_client_no_auth, monkeypatch, LOST, services=_SERVICES
    ) as found:
        yield found


@pytest.fixture
def film(home: TwinHousehold) -> Title:
    """Return a film that exists."""
    return home.sim.world.add_title_movie(title="Heat", year=1995, tmdb=949)


async def retried(
    home: TwinHousehold, request_id: str, *, dry_run: bool = False
) -> list[tuple[object, object]]:
    """Try again; return who did what."""
    answer = await call(home.hass, "retry", request_id=request_id, dry_run=dry_run)
    assert answer["errors"] == []
    assert all(row["sentence"] for row in rows(answer, "actions"))
    return [(row["connection_id"], row["code"]) for row in rows(answer, "actions")]


async def test_only_the_owner_searches(home: TwinHousehold, film: Title) -> None:
    """Of three Radarrs the one that has the film, and for 4K its own."""
    await home.sim.seerr.request(film)
    await home.sim.seerr.request(film, is_4k=True)
    await look(home)
    found = {request.is_4k: request for request in requests_of(home, film)}
    assert {request.stage for request in found.values()} == {Stage.SEARCHING}
    assert await retried(home, found[True].id) == [("radarr4k", "search_title")]
    searched = {radarr.name: len(radarr.searches) for radarr in home.sim.all_of(Radarr)}
    assert searched == {"radarr": 0, "radarr4k": 1, "radarrbis": 0}
    assert await retried(home, found[False].id) == [("radarr", "search_title")]
    with pytest.raises(ServiceValidationError):
        await retried(home, found[False].id)


async def test_a_request_made_while_radarr_was_down(home: TwinHousehold, film: Title) -> None:
    """Seerr hands it over once more."""
    await home.sim.down("radarr")
    await home.sim.seerr.request(film)
    await home.sim.up("radarr")
    await look(home)
    request = only_request(home, film)
    assert request.stage is Stage.FAILED
    assert await retried(home, request.id) == [("seerr", "resubmit_request")]
    await look(home)
    assert only_request(home, film).stage is Stage.SEARCHING


async def test_a_torrent_without_a_source(home: TwinHousehold, film: Title) -> None:
    """It is left alone for hours; then the release is given up, and another one comes."""
    radarr = home.sim.radarr
    radarr.has_offers = True
    await home.sim.seerr.request(film)
    download = radarr.grab(film_entry(home, film))
    home.sim.qbittorrent.stall(download.client_id or "")
    await look(home)
    request = only_request(home, film)
    assert request.stage is Stage.DOWNLOADING
    with pytest.raises(ServiceValidationError):
        await retried(home, request.id, dry_run=True)
    await look(home, after=7 * 3600)
    expected = [("radarr", "block_release"), ("radarr", "search_title")]
    assert await retried(home, request.id, dry_run=True) == expected
    assert radarr.downloads == [download]
    assert await retried(home, request.id) == expected
    (other,) = radarr.downloads
    assert other is not download
    await look(home)
    assert only_request(home, film).stage is Stage.DOWNLOADING


async def test_a_file_that_jellyfin_does_not_show(home: TwinHousehold, film: Title) -> None:
    """Who asks does not have to wait until it is overdue."""
    await home.sim.seerr.request(film)
    home.sim.radarr.import_file(film_entry(home, film))
    await look(home)
    request = only_request(home, film)
    assert request.stage is Stage.SYNCING_LIBRARY
    assert await retried(home, request.id) == [("jellyfin", "refresh_library")]
    await look(home, after=120)
    assert only_request(home, film).stage is Stage.AVAILABLE
