"""The same title again: asked for after deletion, in 4K beside HD, after services were away."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.media_status.lifecycle.model import Stage
from homeassistant.core import HomeAssistant
from simulator import Title
from simulator.arr_state import Download, MovieEntry, SeriesEntry
from simulator.radarr import Radarr
from simulator.seerr_state import SeerrRequest

from .healing import PUSHES, living, look, only_request, requests_of
from .twin import TwinHousehold

pytestmark = pytest.mark.usefixtures("socket_enabled")
_WITH_4K = ("seerr", "radarr", "radarr:radarr4k", "sonarr", "qbittorrent", "jellyfin")


@pytest.fixture(params=PUSHES)
async def home(
    request: pytest.FixtureRequest,
    hass: HomeAssistant,
    tmp_path: Path,
    hass_client_no_auth: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[TwinHousehold]:
    """Return a household with two Radarrs whose pushes are lost or twisted."""
    async with living(
        hass, tmp_path, hass_client_no_auth, monkeypatch, request.param, services=_WITH_4K
    ) as found:
        yield found


@pytest.fixture
def film(home: TwinHousehold) -> Title:
    """Return a film that exists."""
    return home.sim.world.add_title_movie(title="Heat", year=1995, tmdb=949)


@pytest.fixture
def show(home: TwinHousehold) -> Title:
    """Return a series that exists."""
    return home.sim.world.add_title_series(
        title="Severance", year=2022, tmdb=95396, tvdb=371980, seasons={1: 3}
    )


def film_in(radarr: Radarr, film: Title) -> MovieEntry:
    """Return the film in a Radarr."""
    entry = radarr.find(film)
    assert entry is not None
    return entry


def series_in(home: TwinHousehold, show: Title) -> SeriesEntry:
    """Return the series in Sonarr."""
    entry = home.sim.sonarr.find(show)
    assert entry is not None
    return entry


async def fetch(home: TwinHousehold, film: Title, *, key: str | None = None) -> Download:
    """Let the film be fetched, imported and found by everybody."""
    radarr = home.sim.radarr
    download = radarr.grab(film_in(radarr, film), download_id=key)
    await home.sim.advance(5)
    radarr.complete(download)
    radarr.import_download(download)
    await home.sim.jellyfin.scan()
    await home.sim.seerr.scan()
    return download


async def forget(home: TwinHousehold, row: SeerrRequest) -> None:
    """Delete a film everywhere, as a person does who goes from page to page."""
    radarr = home.sim.radarr
    radarr.delete(film_in(radarr, row.title))
    await home.sim.seerr.delete_media(row.media)
    await home.sim.jellyfin.scan()


def stages_of(home: TwinHousehold, title: Title) -> list[Stage]:
    """Return the stages of all requests for a title, the oldest first."""
    return [request.stage for request in requests_of(home, title)]


@pytest.mark.parametrize("has_same_hash", [False, True])
async def test_asked_again_after_deletion(
    home: TwinHousehold, film: Title, has_same_hash: bool
) -> None:
    """P01, E15: the old request is history; the new one begins anew, even with the old torrent."""
    row = await home.sim.seerr.request(film)
    first = await fetch(home, film)
    await look(home)
    old = only_request(home, film)
    assert (old.stage, old.is_open) == (Stage.AVAILABLE, False)
    await forget(home, row)
    home.sim.qbittorrent.remove(str(first.client_id), delete_data=True)
    await look(home, after=300)
    await home.sim.seerr.request(film)
    await look(home)
    assert stages_of(home, film) == [Stage.AVAILABLE, Stage.SEARCHING]
    key = str(first.client_id).lower() if has_same_hash else None
    radarr = home.sim.radarr
    again = radarr.grab(film_in(radarr, film), download_id=key)
    await look(home)
    assert stages_of(home, film) == [Stage.AVAILABLE, Stage.DOWNLOADING]
    radarr.complete(again)
    radarr.import_download(again)
    await home.sim.jellyfin.scan()
    await look(home)
    assert stages_of(home, film) == [Stage.AVAILABLE, Stage.AVAILABLE]
    assert requests_of(home, film)[0].id == old.id


@pytest.mark.parametrize("minutes", [5, 90])
async def test_asked_again_after_the_file_was_deleted(
    home: TwinHousehold, film: Title, minutes: int
) -> None:
    """Radarr keeps the film and the history of its first life; that proves nothing now."""
    await home.sim.seerr.request(film)
    first = await fetch(home, film)
    await look(home)
    radarr = home.sim.radarr
    radarr.delete_file(film_in(radarr, film))
    await home.sim.jellyfin.scan()
    await home.sim.seerr.sync_availability()
    await look(home, after=60 * minutes)
    await home.sim.seerr.request(film)
    await look(home)
    assert stages_of(home, film) == [Stage.AVAILABLE, Stage.SEARCHING]
    home.sim.qbittorrent.remove(str(first.client_id), delete_data=True)
    await fetch(home, film, key=str(first.client_id).lower())
    await look(home)
    assert stages_of(home, film) == [Stage.AVAILABLE, Stage.AVAILABLE]


async def test_nothing_begins_again_after_a_restart(home: TwinHousehold, film: Title) -> None:
    """What ended just before Home Assistant started anew is read again, and is history."""
    await home.sim.seerr.request(film)
    await fetch(home, film)
    await look(home)
    assert not only_request(home, film).is_open
    await home.hass.config_entries.async_reload(home.entry.entry_id)
    await look(home)
    radarr = home.sim.radarr
    better = radarr.grab(film_in(radarr, film), quality="Bluray-1080p")
    await look(home)
    radarr.import_download(better)
    await home.sim.jellyfin.scan()
    await look(home)
    assert stages_of(home, film) == [Stage.AVAILABLE]


async def test_asked_again_while_the_torrent_still_seeds(home: TwinHousehold, film: Title) -> None:
    """P88: the old torrent is complete; Radarr finds it and imports without a grab."""
    row = await home.sim.seerr.request(film)
    await fetch(home, film)
    await look(home)
    await forget(home, row)
    await look(home)
    await home.sim.seerr.request(film)
    await look(home)
    assert stages_of(home, film) == [Stage.AVAILABLE, Stage.SEARCHING]
    radarr = home.sim.radarr
    radarr.import_file(film_in(radarr, film))
    await look(home)
    assert stages_of(home, film) == [Stage.AVAILABLE, Stage.SYNCING_LIBRARY]
    await home.sim.jellyfin.scan()
    await look(home)
    assert stages_of(home, film) == [Stage.AVAILABLE, Stage.AVAILABLE]


async def test_deleted_while_it_was_fetched(home: TwinHousehold, film: Title) -> None:
    """Gone from Seerr and Radarr in two looks far enough apart; asked again it is another."""
    row = await home.sim.seerr.request(film)
    radarr = home.sim.radarr
    download = radarr.grab(film_in(radarr, film))
    await look(home, after=300)
    radarr.drop(download, delete_data=True)
    await forget(home, row)
    await look(home)
    assert only_request(home, film).is_open
    await look(home, after=11 * 60)
    assert (only_request(home, film).stage, only_request(home, film).is_open) == (
        Stage.DELETED,
        False,
    )
    await home.sim.seerr.request(film)
    await look(home)
    assert stages_of(home, film) == [Stage.DELETED, Stage.SEARCHING]


async def test_4k_beside_hd(home: TwinHousehold, film: Title) -> None:
    """Each request follows its own Radarr; the file of one makes the other not available."""
    await home.sim.seerr.request(film)
    await home.sim.seerr.request(film, is_4k=True)
    hd, uhd = home.sim.all_of(Radarr)
    small = hd.grab(film_in(hd, film))
    large = uhd.grab(film_in(uhd, film), quality="WEBDL-2160p")
    await look(home)
    assert sides(home, film) == (Stage.DOWNLOADING, Stage.DOWNLOADING)
    uhd.complete(large)
    await look(home)
    assert sides(home, film) == (Stage.DOWNLOADING, Stage.IMPORTING)
    uhd.import_download(large)
    await home.sim.jellyfin.scan()
    await look(home)
    assert sides(home, film) == (Stage.DOWNLOADING, Stage.AVAILABLE)
    hd.complete(small)
    hd.import_download(small)
    await look(home)
    assert sides(home, film) == (Stage.SYNCING_LIBRARY, Stage.AVAILABLE)
    await home.sim.jellyfin.scan()
    await look(home)
    assert sides(home, film) == (Stage.AVAILABLE, Stage.AVAILABLE)


def sides(home: TwinHousehold, film: Title) -> tuple[Stage, Stage]:
    """Return the stages of the HD and of the 4K request; there must be one of each."""
    found = {request.is_4k: request.stage for request in requests_of(home, film)}
    assert len(requests_of(home, film)) == len(found) == 2
    return found[False], found[True]


async def test_4k_asked_for_what_is_there_in_hd(home: TwinHousehold, film: Title) -> None:
    """The HD file has been there for long; it proves nothing about the 4K request."""
    await home.sim.seerr.request(film)
    await fetch(home, film)
    await look(home)
    await home.sim.seerr.request(film, is_4k=True)
    await look(home)
    assert sides(home, film) == (Stage.AVAILABLE, Stage.SEARCHING)
    _, uhd = home.sim.all_of(Radarr)
    download = uhd.grab(film_in(uhd, film), quality="WEBDL-2160p")
    await look(home)
    assert sides(home, film) == (Stage.AVAILABLE, Stage.DOWNLOADING)
    uhd.complete(download)
    uhd.import_download(download)
    await look(home)
    assert sides(home, film) == (Stage.AVAILABLE, Stage.SYNCING_LIBRARY)
    await home.sim.jellyfin.scan()
    await look(home)
    assert sides(home, film) == (Stage.AVAILABLE, Stage.AVAILABLE)


async def test_a_whole_life_while_radarr_was_away_from_us(home: TwinHousehold, film: Title) -> None:
    """Grab, failure, second grab and import happen while we cannot read Radarr."""
    row = await home.sim.seerr.request(film)
    await look(home)
    home.sim.faults("radarr").status = 502
    await home.survey()
    assert only_request(home, film).stage is Stage.SEARCHING
    radarr = home.sim.radarr
    first = radarr.grab(film_in(radarr, film))
    await home.sim.advance(60)
    radarr.fail(first)
    await home.sim.advance(60)
    await fetch(home, film)
    await home.survey()
    home.sim.faults("radarr").status = None
    await look(home)
    request = only_request(home, film)
    assert request.stage is Stage.AVAILABLE
    assert row.status.name == "COMPLETED"


async def test_sonarr_was_down_when_the_series_was_asked_for(
    home: TwinHousehold, show: Title
) -> None:
    """Seerr could not hand it over; tried again, Sonarr fetches it while we are away."""
    await home.sim.down("sonarr")
    row = await home.sim.seerr.request(show)
    await home.survey()
    assert only_request(home, show).stage is Stage.FAILED
    await home.sim.up("sonarr")
    await home.sim.seerr.retry(row)
    sonarr = home.sim.sonarr
    download = sonarr.grab(series_in(home, show), series_in(home, show).episodes)
    sonarr.complete(download)
    sonarr.import_download(download)
    await look(home)
    assert only_request(home, show).stage is Stage.SYNCING_LIBRARY
    await home.sim.jellyfin.scan()
    await look(home)
    assert only_request(home, show).stage is Stage.AVAILABLE
