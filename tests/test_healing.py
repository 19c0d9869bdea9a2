"""Films whose messages are lost or never sent: one survey later they stand where they are."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.media_status.lifecycle.model import Stage
from homeassistant.core import HomeAssistant
from simulator import Title
from simulator.downloads import ClientView, ExternalClient, UsenetClient

from .healing import PUSHES, film_entry, living, look, only_request, requests_of, tracked
from .twin import TwinHousehold

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.fixture(params=PUSHES)
async def home(
    request: pytest.FixtureRequest,
    hass: HomeAssistant,
    tmp_path: Path,
    hass_client_no_auth: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[TwinHousehold]:
    """Return a household whose pushes are lost or twisted."""
    async with living(hass, tmp_path, hass_client_no_auth, monkeypatch, request.param) as found:
        yield found


@pytest.fixture
def film(home: TwinHousehold) -> Title:
    """Return a film that exists."""
    return home.sim.world.add_title_movie(title="Heat", year=1995, tmdb=949)


async def becomes_available(home: TwinHousehold, film: Title) -> None:
    """Let Jellyfin find the file, and the request with it."""
    await look(home)
    assert only_request(home, film).stage is Stage.SYNCING_LIBRARY
    await home.sim.jellyfin.scan()
    await look(home)
    assert only_request(home, film).stage is Stage.AVAILABLE


async def test_a_file_that_was_there_already(home: TwinHousehold, film: Title) -> None:
    """P18, E12: a rescan finds the file; neither a grab nor an import is ever told."""
    await home.sim.seerr.request(film)
    await look(home)
    assert only_request(home, film).stage is Stage.SEARCHING
    home.sim.radarr.find_existing(film_entry(home, film))
    await becomes_available(home, film)


async def test_a_torrent_that_was_there_already(home: TwinHousehold, film: Title) -> None:
    """E12: Radarr follows a complete torrent that it never grabbed."""
    await home.sim.seerr.request(film)
    download = tracked(home.sim.radarr, film_entry(home, film))
    home.sim.radarr.complete(download)
    await look(home)
    assert only_request(home, film).stage is Stage.IMPORTING
    home.sim.radarr.import_download(download)
    await becomes_available(home, film)


async def test_a_torrent_that_is_complete_at_once(home: TwinHousehold, film: Title) -> None:
    """P15: the first look finds the grabbed torrent complete."""
    await home.sim.seerr.request(film)
    download = home.sim.radarr.grab(film_entry(home, film))
    home.sim.radarr.complete(download)
    await look(home)
    assert only_request(home, film).stage is Stage.IMPORTING
    home.sim.radarr.import_download(download)
    await becomes_available(home, film)


async def test_an_import_by_hand(home: TwinHousehold, film: Title) -> None:
    """P10, E13: hours after the grab somebody imports another file; no download is named."""
    await home.sim.seerr.request(film)
    download = home.sim.radarr.grab(film_entry(home, film))
    home.sim.radarr.block(download)
    await look(home, after=3 * 3600)
    request = only_request(home, film)
    assert request.stage is Stage.IMPORTING
    assert request.status.stuck
    home.sim.radarr.import_file(film_entry(home, film))
    await becomes_available(home, film)
    assert not only_request(home, film).status.stuck


async def test_an_import_before_complete(home: TwinHousehold, film: Title) -> None:
    """P13, E13: the import is seen while the client still shows the torrent as loading."""
    await home.sim.seerr.request(film)
    download = home.sim.radarr.grab(film_entry(home, film))
    await look(home)
    assert only_request(home, film).stage is Stage.DOWNLOADING
    home.sim.radarr.import_download(download)
    await becomes_available(home, film)


async def test_a_grab_before_approval(home: TwinHousehold, film: Title) -> None:
    """P16: what is fetched is on its way, whatever Seerr still waits for."""
    row = await home.sim.seerr.request(film, user="bob")
    await look(home)
    assert only_request(home, film).stage is Stage.REQUESTED
    entry = home.sim.radarr.add(film)
    download = home.sim.radarr.grab(entry)
    await look(home)
    assert only_request(home, film).stage is Stage.DOWNLOADING
    await home.sim.seerr.approve(row)
    await look(home)
    assert only_request(home, film).stage is Stage.DOWNLOADING
    home.sim.radarr.import_download(download)
    await becomes_available(home, film)


async def test_a_grab_without_download_id(home: TwinHousehold, film: Title) -> None:
    """A blackhole client names no download; release and title tell it."""
    await home.sim.seerr.request(film)
    client = UsenetClient(home.sim.clock, blackhole=True)
    download = home.sim.radarr.grab(film_entry(home, film), client=client)
    assert download.client_id is None
    await look(home)
    assert only_request(home, film).stage is Stage.GRABBING
    assert len(only_request(home, film).download_names) == 1
    home.sim.radarr.import_download(download)
    await becomes_available(home, film)
    assert len(only_request(home, film).download_names) == 1


async def test_usenet_progress_comes_from_the_queue(home: TwinHousehold, film: Title) -> None:
    """A client that we are not connected to: Radarr's queue tells how far it is."""
    await home.sim.seerr.request(film)
    client = UsenetClient(home.sim.clock, rate=1_000_000)
    download = home.sim.radarr.grab(film_entry(home, film), client=client, size=1_000_000_000)
    await look(home, after=250)
    request = only_request(home, film)
    assert request.stage is Stage.DOWNLOADING
    assert request.status.progress == pytest.approx(0.25, abs=0.01)
    assert request.status.eta is not None
    left = request.status.eta - home.sim.clock.now()
    assert abs(left - timedelta(seconds=750)) < timedelta(seconds=10)
    await look(home, after=800)
    assert only_request(home, film).stage is Stage.IMPORTING
    home.sim.radarr.import_download(download)
    await becomes_available(home, film)


async def test_a_torrent_client_that_we_do_not_know(home: TwinHousehold, film: Title) -> None:
    """Our qBittorrent has no such torrent; that it is on its way is Radarr's to say."""
    await home.sim.seerr.request(film)
    left = {"bytes": 750}

    def read(key: str) -> ClientView:
        return ClientView(
            size=1000,
            size_left=left["bytes"],
            status="downloading" if left["bytes"] else "completed",
            eta_seconds=None,
            output_path="/downloads/heat",
        )

    client = ExternalClient(name="Transmission", read=read)
    download = home.sim.radarr.grab(film_entry(home, film), client=client)
    await look(home, after=600)
    request = only_request(home, film)
    assert (request.stage, request.status.progress) == (Stage.DOWNLOADING, 0.25)
    left["bytes"] = 0
    await look(home)
    assert only_request(home, film).stage is Stage.IMPORTING
    home.sim.radarr.import_download(download)
    await becomes_available(home, film)


async def test_grabbed_again_after_a_failure(home: TwinHousehold, film: Title) -> None:
    """The second release counts, whatever became of the first."""
    row = await home.sim.seerr.request(film)
    story = home.sim.stories.failed_then_regrabbed(row)
    await story.play("downloading")
    await look(home)
    assert only_request(home, film).stage is Stage.DOWNLOADING
    await story.play("failed")
    await look(home)
    assert only_request(home, film).stage is Stage.FAILED
    assert await story.step() == "grabbed"
    await look(home)
    request = only_request(home, film)
    assert request.stage is Stage.DOWNLOADING
    assert len(request.download_names) == 2
    await story.play()
    await look(home)
    assert only_request(home, film).stage is Stage.AVAILABLE


async def test_the_same_release_again_after_a_failure(home: TwinHousehold, film: Title) -> None:
    """Failed and grabbed again under the same hash, with no look in between."""
    await home.sim.seerr.request(film)
    entry = film_entry(home, film)
    first = home.sim.radarr.grab(entry)
    key = first.client_id
    await look(home)
    home.sim.radarr.fail(first)
    await home.sim.advance(30)
    second = home.sim.radarr.grab(entry, download_id=key)
    await look(home)
    request = only_request(home, film)
    assert request.stage is Stage.DOWNLOADING
    assert len(request.download_names) == 1
    home.sim.radarr.complete(second)
    home.sim.radarr.import_download(second)
    await becomes_available(home, film)


async def test_an_upgrade_of_what_is_available(home: TwinHousehold, film: Title) -> None:
    """P62: nobody asks for the better file; it opens no request and moves none back."""
    row = await home.sim.seerr.request(film)
    await home.sim.follow(row).play()
    await look(home)
    assert only_request(home, film).stage is Stage.AVAILABLE
    await home.sim.advance(3600)
    story = home.sim.stories.upgrade(film_entry(home, film), quality="Bluray-1080p")
    while await story.step() is not None:
        await look(home)
        assert only_request(home, film).stage is Stage.AVAILABLE


async def test_an_upgrade_before_jellyfin_has_looked(home: TwinHousehold, film: Title) -> None:
    """The first file is imported; a better one is fetched and replaces it."""
    row = await home.sim.seerr.request(film)
    await home.sim.play(row, until="imported")
    await look(home)
    download = home.sim.radarr.grab(film_entry(home, film), quality="Bluray-1080p")
    await look(home)
    assert only_request(home, film).stage is Stage.SYNCING_LIBRARY
    home.sim.radarr.import_download(download)
    await becomes_available(home, film)


async def test_asked_while_radarr_was_down(home: TwinHousehold, film: Title) -> None:
    """Seerr could not hand it over; tried again later it takes its way."""
    await home.sim.down("radarr")
    row = await home.sim.seerr.request(film)
    await home.survey()
    assert only_request(home, film).stage is Stage.FAILED
    await home.sim.up("radarr")
    await look(home)
    assert only_request(home, film).stage is Stage.FAILED
    await home.sim.seerr.retry(row)
    await look(home)
    assert only_request(home, film).stage is Stage.SEARCHING
    await home.sim.follow(row).play()
    await look(home)
    assert only_request(home, film).stage is Stage.AVAILABLE


async def test_added_by_hand_after_seerr_failed(home: TwinHousehold, film: Title) -> None:
    """Seerr says "failed" for ever; Radarr has the film all the same."""
    await home.sim.down("radarr")
    await home.sim.seerr.request(film)
    await home.survey()
    await home.sim.up("radarr")
    entry = home.sim.radarr.add(film)
    await look(home)
    assert only_request(home, film).stage is Stage.SEARCHING
    download = home.sim.radarr.grab(entry)
    await look(home)
    assert only_request(home, film).stage is Stage.DOWNLOADING
    home.sim.radarr.import_download(download)
    await becomes_available(home, film)


async def test_declined_then_approved(home: TwinHousehold, film: Title) -> None:
    """An admin's second thought within the day is about the same request."""
    row = await home.sim.seerr.request(film, user="bob")
    await look(home)
    await home.sim.seerr.decline(row)
    await look(home, after=600)
    assert only_request(home, film).stage is Stage.DECLINED
    await home.sim.seerr.approve(row)
    await look(home)
    assert only_request(home, film).stage is Stage.SEARCHING
    await home.sim.follow(row).play()
    await look(home)
    assert only_request(home, film).stage is Stage.AVAILABLE


async def test_declined_and_approved_long_after(home: TwinHousehold, film: Title) -> None:
    """After a day a declined request is history; approved, it is one of its own."""
    row = await home.sim.seerr.request(film, user="bob")
    await home.sim.seerr.decline(row)
    await look(home)
    await look(home, after=26 * 3600)
    await look(home, after=3600)
    await home.sim.seerr.approve(row)
    await look(home)
    old, new = requests_of(home, film)
    assert (old.stage, new.stage) == (Stage.DECLINED, Stage.SEARCHING)
    await home.sim.follow(row).play()
    await look(home)
    assert [r.stage for r in requests_of(home, film)] == [Stage.DECLINED, Stage.AVAILABLE]
