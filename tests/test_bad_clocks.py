"""Services whose clocks are off, jump, or write times that cannot be; and pushes full of holes."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.media_status.lifecycle.model import Stage
from homeassistant.core import HomeAssistant
from simulator import Title
from simulator.downloads import UsenetClient

from .healing import HEARD, LOST, film_entry, living, look, only_request
from .mangling import ODD_TIMES, pushing, times, without, worded
from .twin import TwinHousehold

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.fixture(params=[LOST, HEARD])
async def home(
    request: pytest.FixtureRequest,
    hass: HomeAssistant,
    tmp_path: Path,
    hass_client_no_auth: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[TwinHousehold]:
    """Return a household whose pushes are lost, or heard."""
    async with living(hass, tmp_path, hass_client_no_auth, monkeypatch, request.param) as found:
        yield found


@pytest.fixture
def film(home: TwinHousehold) -> Title:
    """Return a film that exists."""
    return home.sim.world.add_title_movie(title="Heat", year=1995, tmdb=949)


def stage(home: TwinHousehold, film: Title) -> Stage:
    """Return where the one request for the film stands."""
    return only_request(home, film).stage


def skew(home: TwinHousehold, seconds: float) -> None:
    """Put every service's clock off; Home Assistant's is right."""
    for name in home.sim.names():
        home.sim.faults(name).skew = seconds


async def live(home: TwinHousehold, film: Title) -> None:
    """Let a film fail once, be grabbed again, vanish from the client, and come at last."""
    radarr = home.sim.radarr
    first = radarr.grab(film_entry(home, film))
    await look(home, after=30)
    assert stage(home, film) is Stage.DOWNLOADING
    radarr.fail(first)
    await look(home, after=30)
    assert stage(home, film) is Stage.FAILED
    second = radarr.grab(film_entry(home, film), download_id=first.client_id)
    await look(home, after=30)
    assert stage(home, film) is Stage.DOWNLOADING
    radarr.drop(second, delete_data=True)
    await look(home, after=60)
    await look(home, after=600)
    assert stage(home, film) is Stage.SEARCHING
    third = radarr.grab(film_entry(home, film))
    await look(home, after=30)
    assert stage(home, film) is Stage.DOWNLOADING
    radarr.complete(third)
    radarr.import_download(third)
    await look(home, after=30)
    assert stage(home, film) is Stage.SYNCING_LIBRARY
    await home.sim.jellyfin.scan()
    await look(home, after=30)
    assert stage(home, film) is Stage.AVAILABLE


@pytest.mark.parametrize("seconds", [-20 * 3600.0, -3600.0, 3600.0, 20 * 3600.0])
async def test_clocks_that_are_off(home: TwinHousehold, film: Title, seconds: float) -> None:
    """Whatever time the services think it is, each turn is seen at the next look."""
    skew(home, seconds)
    await home.sim.seerr.request(film)
    await look(home, after=30)
    assert stage(home, film) is Stage.SEARCHING
    await live(home, film)


@pytest.mark.parametrize("seconds", [-3600.0, 20 * 3600.0])
async def test_clocks_that_are_put_right(home: TwinHousehold, film: Title, seconds: float) -> None:
    """History that was written with a wrong clock hides nothing that comes after."""
    other = home.sim.world.add_title_movie(title="Other", year=2001, tmdb=77)
    await home.sim.seerr.request(film)
    await home.sim.seerr.request(other)
    skew(home, seconds)
    radarr = home.sim.radarr
    download = radarr.grab(film_entry(home, other))
    await look(home, after=30)
    assert stage(home, other) is Stage.DOWNLOADING
    radarr.fail(download)
    await look(home, after=30)
    assert stage(home, other) is Stage.FAILED
    skew(home, 0)
    await live(home, film)


async def test_the_end_of_a_download_is_told_by_the_time_left(
    home: TwinHousehold, film: Title
) -> None:
    """Radarr's own guess of the end is by its own clock."""
    skew(home, -7200)
    await home.sim.seerr.request(film)
    client = UsenetClient(home.sim.clock, rate=1_000_000)
    home.sim.radarr.grab(film_entry(home, film), client=client, size=1_000_000_000)
    await look(home, after=100)
    eta = only_request(home, film).status.eta
    assert eta is not None
    assert abs(eta - home.sim.clock.now() - timedelta(seconds=900)) < timedelta(seconds=10)


@pytest.mark.parametrize("year", [1970, 2099])
async def test_history_of_another_age(home: TwinHousehold, film: Title, year: int) -> None:
    """One record with an impossible time hides no later one."""
    await home.sim.seerr.request(film)
    other = home.sim.world.add_title_movie(title="Other", year=2001, tmdb=77)
    radarr = home.sim.radarr
    radarr.grab(radarr.add(other))
    radarr.history[-1].date = datetime(year, 1, 1, tzinfo=UTC)
    await look(home, after=60)
    await look(home, after=600)
    await live(home, film)


@pytest.mark.parametrize("home", [HEARD], indirect=True)
@pytest.mark.parametrize("how", ["null", "words", *ODD_TIMES])
async def test_pushes_full_of_holes(home: TwinHousehold, film: Title, how: str) -> None:
    """Whatever a push fails to say, the next look says."""
    member_changes = {
        "null": without("downloadId", "tmdbId", "release", "movieFile", "request", "extra"),
        "words": worded("eventType", "Hyper"),
    }
    change = member_changes.get(how) or times(ODD_TIMES[how])
    with pushing(home.sim, "radarr", change), pushing(home.sim, "seerr", change):
        await home.sim.seerr.request(film)
        await look(home, after=30)
        assert stage(home, film) is Stage.SEARCHING
        await live(home, film)
