"""Test with simulated services what becomes of titles that people delete there."""

from pathlib import Path

import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.media_status.lifecycle.model import MediaType, Service, Stage
from custom_components.media_status.lifecycle.request import Request
from homeassistant.core import HomeAssistant
from simulator import Title
from simulator.holdings import hold_film, hold_series, settled
from tests.healing import HEARD, LOST, film_entry, living, look
from tests.twin import TwinHousehold

pytestmark = pytest.mark.usefixtures("socket_enabled")
OFF = {"follow_external_deletions": "off"}


async def a_household(home: TwinHousehold) -> None:
    """Let more be there than what is deleted."""
    for number in range(6):
        hold_film(
            home.sim,
            home.sim.world.add_title_movie(title=f"Other {number}", year=2000, tmdb=900 + number),
        )


async def finished_film(home: TwinHousehold) -> tuple[Title, Request]:
    """Let a film be asked for, fetched and watched."""
    film = home.sim.world.add_title_movie(title="Dune", year=2021, tmdb=438631)
    await home.sim.seerr.request(film)
    await look(home)
    hold_film(home.sim, film)
    await settled(home.sim)
    await look(home)
    request = home.request_for(film)
    assert request.stage is Stage.AVAILABLE
    assert not request.is_open
    return film, request


async def stage(home: TwinHousehold, request: Request) -> Stage:
    """Return where the journal says that a request stands."""
    found = await home.hub.journal.request(request.id)
    assert found is not None
    return found.stage


async def look_twice(home: TwinHousehold) -> None:
    """Look twice, far enough apart."""
    await home.settle()
    await home.hub.watch.look()
    await home.sim.advance(11 * 60)
    await home.hub.watch.look()


@pytest.mark.parametrize("pushes", [HEARD, LOST])
async def test_a_film_deleted_in_radarr(
    hass: HomeAssistant,
    tmp_path: Path,
    hass_client_no_auth: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
    pushes: str,
) -> None:
    """With its files it is deleted, and asked for again it is another request."""
    async with living(
        hass, tmp_path, hass_client_no_auth, monkeypatch, pushes, options=OFF
    ) as home:
        await a_household(home)
        film, request = await finished_film(home)
        await look_twice(home)
        assert await stage(home, request) is Stage.AVAILABLE
        home.sim.radarr.delete(film_entry(home, film))
        await look_twice(home)
        assert await stage(home, request) is Stage.DELETED
        (row, *_) = await home.hub.journal.deletions.log()
        assert row.row.service is (Service.RADARR if pushes == HEARD else None)


async def test_a_film_taken_out_of_radarr_stays(
    hass: HomeAssistant,
    tmp_path: Path,
    hass_client_no_auth: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its file is still there, and Jellyfin still plays it."""
    async with living(hass, tmp_path, hass_client_no_auth, monkeypatch, HEARD, options=OFF) as home:
        await a_household(home)
        film, request = await finished_film(home)
        home.sim.radarr.delete(film_entry(home, film), files=False)
        await look_twice(home)
        await look_twice(home)
        assert await stage(home, request) is Stage.AVAILABLE


async def test_an_upgrade_is_no_loss(
    hass: HomeAssistant,
    tmp_path: Path,
    hass_client_no_auth: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The file that makes room rings no bell; one that somebody deletes does."""
    async with living(hass, tmp_path, hass_client_no_auth, monkeypatch, HEARD, options=OFF) as home:
        await a_household(home)
        film, request = await finished_film(home)
        entry = film_entry(home, film)
        heard: list[str] = []
        monkeypatch.setattr(home.hub.watch, "heard", lambda *_: heard.append("heard"))
        home.sim.radarr.delete_file(entry, "upgrade")
        await home.settle()
        assert heard == []
        await home.hub.watch.look()
        hold_film(home.sim, home.sim.world.add_title_movie(title="Later", year=2001, tmdb=990))
        home.sim.radarr.delete_file(entry, "manual")
        await home.settle()
        assert await stage(home, request) is Stage.AVAILABLE


@pytest.mark.parametrize("pushes", [HEARD, LOST])
async def test_an_open_request_is_deleted_by_its_facts(
    hass: HomeAssistant,
    tmp_path: Path,
    hass_client_no_auth: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
    pushes: str,
) -> None:
    """Gone from Radarr and Seerr, by two surveys; it is logged as deleted elsewhere."""
    async with living(
        hass, tmp_path, hass_client_no_auth, monkeypatch, pushes, options=OFF
    ) as home:
        film = home.sim.world.add_title_movie(title="Dune", year=2021, tmdb=438631)
        wish = await home.sim.seerr.request(film)
        await look(home)
        request = home.request_for(film)
        assert request.is_open
        home.sim.radarr.delete(film_entry(home, film))
        await home.sim.seerr.delete_request(wish)
        await look(home)
        assert home.stage(film) is not Stage.DELETED
        await look(home, after=11 * 60)
        assert home.stage(film) is Stage.DELETED
        await home.hub.watch.look()
        (row,) = await home.hub.journal.deletions.log()
        assert row.row.code == "deleted_elsewhere"
        assert row.row.service is (Service.RADARR if pushes == HEARD else None)


async def test_episodes_deleted_in_sonarr(
    hass: HomeAssistant,
    tmp_path: Path,
    hass_client_no_auth: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One episode is noted, the rest stays; the series that goes ends the request."""
    async with living(hass, tmp_path, hass_client_no_auth, monkeypatch, HEARD, options=OFF) as home:
        sim = home.sim
        series = sim.world.add_title_series(
            title="Severance", year=2022, tmdb=95396, tvdb=371980, seasons={1: 3}
        )
        other = sim.world.add_title_series(
            title="Dark", year=2017, tmdb=70523, tvdb=334824, seasons={1: 2}
        )
        hold_series(sim, other)
        await sim.seerr.request(series)
        await look(home)
        held = hold_series(sim, series)
        await settled(sim)
        await look(home)
        request = home.request_for(series)
        assert (request.media_type, request.stage) == (MediaType.SERIES, Stage.AVAILABLE)
        sim.sonarr.delete_file(held.entry.episodes[1])
        await look_twice(home)
        found = await home.hub.journal.request(request.id)
        assert found is not None
        gone = [item.label for item, one in found.status.items.items() if one is Stage.DELETED]
        assert len(gone) == 1
        assert found.stage is Stage.PARTIALLY_AVAILABLE
        sim.sonarr.delete(held.entry)
        await look_twice(home)
        assert await stage(home, request) is Stage.DELETED


async def test_a_film_deleted_through_jellyfin(
    hass: HomeAssistant,
    tmp_path: Path,
    hass_client_no_auth: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Jellyfin only rings; once Radarr misses the file as well, Jellyfin is named as the source."""
    async with living(hass, tmp_path, hass_client_no_auth, monkeypatch, HEARD, options=OFF) as home:
        await a_household(home)
        film, request = await finished_film(home)
        for item in home.sim.jellyfin.library.of(film):
            home.sim.jellyfin.remove(item)
        await home.sim.advance(60)
        await look_twice(home)
        assert await stage(home, request) is Stage.AVAILABLE
        home.sim.radarr.delete_file(film_entry(home, film), "missingFromDisk")
        await look_twice(home)
        assert await stage(home, request) is Stage.DELETED
        (row,) = await home.hub.journal.deletions.log()
        assert row.row.service is Service.JELLYFIN
