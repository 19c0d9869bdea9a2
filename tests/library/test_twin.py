"""Test the library against the simulated services, as they really answer."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.media_status.journal_library_report import read_report
from custom_components.media_status.lifecycle.model import Service, Stage
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from simulator import Simulator

from ..twin import TwinHousehold, twin

pytestmark = pytest.mark.usefixtures("socket_enabled")


def an_hour_ago() -> datetime:
    """Return when what is there already came."""
    return (dt_util.utcnow() - timedelta(hours=1)).replace(microsecond=0)


async def reported(home: TwinHousehold) -> list[tuple[str, object]]:
    """Return what the report says, and of which title."""
    page = await read_report(home.hub.journal.library, code=None, after=0, limit=200)
    assert page is not None
    return [(one.code, one.details["title"]) for one in page.findings]


async def told(home: TwinHousehold, request_id: str) -> list[str]:
    """Return what the timeline of a request tells."""
    return [one.code for one in await home.hub.journal.timeline(request_id)]


async def test_a_household_where_all_is_well(
    hass: HomeAssistant, tmp_path: Path, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """Everything that was there before us is read and joined, and no request comes of it."""
    async with (
        Simulator(seed=4, profile="tiny") as sim,
        twin(hass, sim, tmp_path, hass_client_no_auth) as home,
    ):
        result = await home.hub.library.run()
        assert not home.hub.requests
        assert {key: one.error for key, one in result.sources.items() if one.error} == {}
        by_kind = {one.service: one for one in result.sources.values()}
        assert by_kind[Service.RADARR].scanned == by_kind[Service.RADARR].linked == 3
        assert by_kind[Service.SONARR].scanned > by_kind[Service.SONARR].linked == 2
        assert by_kind[Service.JELLYFIN].linked == 5
        found = await reported(home)
        again = await home.hub.library.run()
        assert (again.filled, again.conflicts) == (0, 0)
        assert await reported(home) == found
        assert [code for code, _ in found if code != "seerr_behind"] == []


async def test_a_film_that_is_there_already(
    hass: HomeAssistant, tmp_path: Path, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """P06: asked for once more, it is ready at once, in honest words and with a link."""
    async with (
        Simulator(seed=5, start=an_hour_ago()) as sim,
        twin(hass, sim, tmp_path, hass_client_no_auth) as home,
    ):
        film = sim.world.add_title_movie(title="Heat", year=1995, tmdb=949)
        first = await sim.seerr.request(film, user="alice")
        await sim.follow(first).play()
        await home.survey()
        old = home.request_for(film)
        assert not old.is_open
        await home.hub.forget(old.id, None)
        await sim.clock.advance((dt_util.utcnow() - sim.clock.now()).total_seconds())
        await sim.seerr.request(film, user="bob", unchecked=True)
        await home.survey()
        request = home.request_for(film)
        assert request.id != old.id
        assert request.requested_by == "bob"
        assert request.stage is Stage.AVAILABLE
        assert home.hub.watch_url(request) is not None
        codes = await told(home, request.id)
        assert codes.index("opened") < codes.index("already_playable")
        assert not {"grabbed", "downloaded", "imported", "playable"} & set(codes)


async def test_only_the_seasons_that_are_there(
    hass: HomeAssistant, tmp_path: Path, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """Of a series only the episodes that are there are ready; the others are looked for."""
    async with (
        Simulator(seed=6, start=an_hour_ago()) as sim,
        twin(hass, sim, tmp_path, hass_client_no_auth) as home,
    ):
        series = sim.world.add_title_series(
            title="Severance", year=2022, tmdb=95396, tvdb=371980, seasons={1: 2, 2: 2}
        )
        first = await sim.seerr.request(series, user="alice", seasons=[1])
        await sim.follow(first).play()
        await home.survey()
        old = home.request_for(series)
        assert old.stage is Stage.AVAILABLE
        await home.hub.forget(old.id, None)
        await sim.clock.advance((dt_util.utcnow() - sim.clock.now()).total_seconds())
        await sim.seerr.request(series, user="bob", seasons=[1, 2], unchecked=True)
        await home.survey()
        request = home.request_for(series)
        stages = {item.season: stage for item, stage in request.status.items.items()}
        assert stages[1] is Stage.AVAILABLE
        assert stages[2] is not Stage.AVAILABLE
        assert request.is_open
        assert "already_playable" in await told(home, request.id)
