"""Test that odd libraries are read whole: counted, named, nothing lost and nothing made up."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.media_status.journal_library_report import read_report
from custom_components.media_status.library.sync import SourceResult, SyncResult
from custom_components.media_status.lifecycle.model import JsonObject, Service
from homeassistant.core import HomeAssistant
from simulator import Simulator
from simulator.oddities import FOREIGN_IDS, LONG_RUNNER, NAMELESS, WITHOUT_IDS, make_odd
from simulator.past import age, know_shelf

from ..twin import TwinHousehold, twin

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.fixture
async def home(
    hass: HomeAssistant, tmp_path: Path, hass_client_no_auth: ClientSessionGenerator
) -> AsyncIterator[TwinHousehold]:
    """Run a household whose services list odd things."""
    async with Simulator(seed=4, profile="odd") as sim:
        age(sim)
        know_shelf(sim)
        make_odd(sim)
        async with twin(hass, sim, tmp_path, hass_client_no_auth) as running:
            yield running


def of(result: SyncResult, service: Service) -> SourceResult:
    """Return what came of the only connection of a kind."""
    (found,) = (one for one in result.sources.values() if one.service is service)
    return found


async def report(home: TwinHousehold) -> tuple[JsonObject, list[JsonObject]]:
    """Return the summary of the last report, and what it names."""
    page = await read_report(home.hub.journal.library, code=None, after=0, limit=200)
    assert page is not None
    return page.summary, [{"code": one.code, **one.details} for one in page.findings]


def truth(home: TwinHousehold) -> tuple[int, int, int]:
    """Return how many films, series and episodes there really are."""
    titles = home.sim.world.library
    films = sum(title.kind == "movie" for title in titles)
    return films, len(titles) - films, sum(len(title.episodes) for title in titles)


async def test_an_odd_library_is_read_whole(home: TwinHousehold) -> None:
    """Odd numbers of seasons, specials, long shows and odd ids: all of it is there, and joined."""
    result = await home.hub.library.run()
    films, series, episodes = truth(home)
    assert episodes > LONG_RUNNER
    assert of(result, Service.RADARR).scanned == films
    assert of(result, Service.SONARR).scanned == series + episodes
    assert of(result, Service.JELLYFIN).scanned == films + series + episodes
    for service in (Service.RADARR, Service.JELLYFIN, Service.SEERR):
        source = of(result, service)
        assert source.linked == films + (series if service is not Service.RADARR else 0)
        assert source.error is None
    assert not home.hub.requests
    _, findings = await report(home)
    assert findings == []


async def test_what_is_odd_is_counted_and_named(home: TwinHousehold) -> None:
    """Rows without id or listed twice are errors of their service; odd ids are named."""
    result = await home.hub.library.run()
    for service in (Service.RADARR, Service.SONARR):
        source = of(result, service)
        assert source.errors == 2
        assert any(NAMELESS in problem for problem in source.problems)
        assert any("twice" in problem for problem in source.problems)
    jellyfin = of(result, Service.JELLYFIN)
    assert jellyfin.errors == 0
    assert [problem for problem in jellyfin.problems if FOREIGN_IDS in problem]
    assert not [problem for problem in jellyfin.problems if WITHOUT_IDS in problem]
    summary, _ = await report(home)
    sources = summary["sources"]
    assert isinstance(sources, list)
    told = {str(one["connection_id"]): one["dropped"] for one in sources if isinstance(one, dict)}
    assert (told["radarr"], told["sonarr"], told["jellyfin"]) == (2, 2, 0)


async def test_half_a_page_loses_nothing(home: TwinHousehold) -> None:
    """A service that breaks off in the middle is named; what was known of it stays."""
    await home.hub.library.run()
    _, before = await report(home)
    (state,) = [
        one
        for one in (await home.hub.journal.library.sources()).values()
        if one.service is Service.JELLYFIN
    ]
    known = await home.hub.journal.library.count(state)
    faults = home.sim.faults("jellyfin")
    faults.half, faults.half_path, faults.whole = True, "/Items", 1
    broken = await home.hub.library.run(is_full=True)
    source = of(broken, Service.JELLYFIN)
    assert source.error is not None
    assert 0 < source.scanned < known
    assert await home.hub.journal.library.count(state) == known
    summary, findings = await report(home)
    assert summary["unknown"] == ["jellyfin"]
    assert findings == before
    faults.clear()
    healed = await home.hub.library.run(is_full=True)
    assert of(healed, Service.JELLYFIN).error is None
    assert await home.hub.journal.library.count(state) == known
    summary, findings = await report(home)
    assert summary["unknown"] == []
    assert findings == before


async def test_slow_pages_are_waited_for(home: TwinHousehold) -> None:
    """A Jellyfin that thinks long about each page is read to the end all the same."""
    home.sim.faults("jellyfin").slow_pages = 0.01
    result = await home.hub.library.run()
    films, series, episodes = truth(home)
    assert of(result, Service.JELLYFIN).scanned == films + series + episodes
