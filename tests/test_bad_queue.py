"""Queues of all sizes whose rows vanish while they are read: never half a queue."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

from aiohttp import web
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.media_status.clients.arr import ArrClient
from custom_components.media_status.lifecycle.model import Stage
from homeassistant.core import HomeAssistant
from simulator import Title
from simulator.arr_state import Download
from simulator.downloads import Release, UsenetClient
from simulator.service import Service

from .healing import LOST, living, look, only_request
from .twin import TwinHousehold

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.fixture
async def home(
    hass: HomeAssistant,
    tmp_path: Path,
    hass_client_no_auth: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[TwinHousehold]:
    """Return a household in which only surveys tell anything."""
    monkeypatch.setattr(ArrClient, "page_size", 10)
    async with living(hass, tmp_path, hass_client_no_auth, monkeypatch, LOST) as found:
        yield found


async def fetching(home: TwinHousehold) -> tuple[Title, Download]:
    """Let a film be under way at a client of which only Radarr's queue tells anything."""
    sim = home.sim
    film = sim.world.add_title_movie(title="Heat", year=1995, tmdb=949)
    await sim.seerr.request(film)
    entry = sim.radarr.find(film)
    assert entry is not None
    release = Release(title="Middle of all titles", quality="WEBDL-1080p", size=10**12)
    download = sim.radarr.grab(entry, client=UsenetClient(sim.clock), release=release)
    return film, download


def fill(home: TwinHousehold, rows: int) -> None:
    """Let downloads of unknown titles stand before and behind the film's in the queue."""
    for number in range(rows):
        home.sim.radarr.track_unknown(f"{'AZ'[number % 2]} {number:04d}", size=10**12)


@contextmanager
def vanishing(home: TwinHousehold, times: int) -> Iterator[list[str]]:
    """Let the first row leave the queue after each answer of a first page, so many times."""
    radarr = home.sim.radarr
    vanished: list[str] = []

    def inspect(service: Service, request: web.Request, response: web.Response) -> None:
        is_first_page = request.path.endswith("/queue") and request.query.get("page") == "1"
        if is_first_page and len(vanished) < times:
            rows = [one for one in radarr.downloads if one.release.title.startswith("A ")]
            first = min(rows, key=lambda one: one.release.title)
            vanished.append(first.release.title)
            radarr.drop(first)

    radarr.inspector = inspect
    try:
        yield vanished
    finally:
        radarr.inspector = None


@pytest.mark.parametrize(
    ("rows", "page_size"), [(0, 10), (9, 10), (10, 10), (11, 10), (201, 100), (2000, 1000)]
)
async def test_a_queue_of_any_size(
    home: TwinHousehold, monkeypatch: pytest.MonkeyPatch, rows: int, page_size: int
) -> None:
    """Each row counts, whatever page it is on; one that left the queue is gone."""
    monkeypatch.setattr(ArrClient, "page_size", page_size)
    film, download = await fetching(home)
    fill(home, rows)
    await look(home, after=600)
    assert only_request(home, film).stage is Stage.DOWNLOADING
    home.sim.radarr.drop(download)
    await look(home, after=600)
    assert only_request(home, film).stage is Stage.SEARCHING


@pytest.mark.parametrize(("rows", "page_size"), [(20, 10), (201, 101)])
async def test_a_row_vanishes_between_two_pages(
    home: TwinHousehold, monkeypatch: pytest.MonkeyPatch, rows: int, page_size: int
) -> None:
    """The film's row moves up to the page that was read already; it is not taken for gone."""
    monkeypatch.setattr(ArrClient, "page_size", page_size)
    film, _ = await fetching(home)
    fill(home, rows)
    await look(home, after=600)
    assert only_request(home, film).stage is Stage.DOWNLOADING
    with vanishing(home, 1) as vanished:
        await look(home, after=600)
    assert len(vanished) == 1
    assert only_request(home, film).stage is Stage.DOWNLOADING


async def test_rows_vanish_all_the_time(home: TwinHousehold) -> None:
    """A queue that cannot be read in one piece is unknown; when it holds still, it is known."""
    film, download = await fetching(home)
    fill(home, 41)
    await look(home, after=600)
    home.sim.radarr.drop(download)
    with vanishing(home, 1000):
        await home.sim.advance(600)
        results = await home.hub.survey()
    assert results["radarr"] != "ok"
    assert only_request(home, film).stage is Stage.DOWNLOADING
    await look(home, after=600)
    assert only_request(home, film).stage is Stage.SEARCHING


async def test_pages_that_are_too_short(home: TwinHousehold) -> None:
    """A page with fewer rows than it says is no end of the queue."""
    film, _ = await fetching(home)
    fill(home, 30)
    await look(home, after=600)
    home.sim.faults("radarr").short_pages = True
    await home.sim.advance(600)
    await home.hub.survey()
    assert only_request(home, film).stage is Stage.DOWNLOADING
