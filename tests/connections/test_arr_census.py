"""Prove that Radarr and Sonarr are counted whole or not at all, and that lost files are proven."""

from collections.abc import AsyncIterator

import pytest

from custom_components.media_status.clients.errors import ClientError
from custom_components.media_status.connections.base import Census, Connection
from custom_components.media_status.lifecycle.model import MOVIE, ItemKey, MediaType
from simulator import Simulator
from simulator.holdings import hold_film, hold_series
from simulator.model import Title
from tests.connections.house import House


@pytest.fixture
async def house(socket_enabled: None) -> AsyncIterator[House]:
    """Run simulated services and our connections to them."""
    async with Simulator(profile="tiny", seed=11) as simulator, House(simulator) as running:
        yield running


def a_film(house: House, number: int = 1) -> Title:
    """Let a film exist."""
    return house.sim.world.add_title_movie(title=f"Film {number}", year=2021, tmdb=500 + number)


async def counted(connection: Connection) -> Census:
    """Return what a manager has."""
    census = await connection.census()
    assert census is not None
    return census


async def test_films(house: House) -> None:
    """Only those with a file count; all are named by their exact ids."""
    there, lacking = hold_film(house.sim, a_film(house)), hold_film(house.sim, a_film(house, 2))
    before = await counted(house.radarr)
    house.sim.radarr.delete_file(lacking.entry)
    census = await counted(house.radarr)
    assert census.size == before.size - 1
    assert census.titles is not None
    found = {one.own_id: one for one in census.titles}
    assert found[str(there.entry.id)].files == 1
    assert found[str(lacking.entry.id)].files == 0
    assert found[str(there.entry.id)].ids.tmdb == 501
    assert found[str(there.entry.id)].media_type is MediaType.MOVIE
    holding = await house.radarr.holding(str(there.entry.id))
    assert holding is not None
    assert holding.held == {MOVIE}
    holding = await house.radarr.holding(str(lacking.entry.id))
    assert holding is not None
    assert holding.held == frozenset()
    assert holding.sought == {MOVIE}
    assert await house.radarr.holding("4711") is None
    assert await house.radarr.holding("all") is None


async def test_series(house: House) -> None:
    """Episodes are counted by season, and told one by one."""
    series = house.sim.world.add_title_series(
        title="Severance", year=2022, tmdb=95396, tvdb=371980, seasons={1: 3, 2: 2}
    )
    held = hold_series(house.sim, series)
    lost = next(one for one in held.entry.episodes if (one.info.season, one.info.number) == (1, 2))
    house.sim.sonarr.delete_file(lost)
    census = await counted(house.sonarr)
    assert census.titles is not None
    (owned,) = [one for one in census.titles if one.own_id == str(held.entry.id)]
    assert owned.ids.tvdb == 371980
    assert {season: number for season, number in owned.seasons.items() if number} == {1: 2, 2: 2}
    holding = await house.sonarr.holding(owned.own_id)
    assert holding is not None
    assert ItemKey(1, 2) not in holding.held
    assert ItemKey(1, 2) in holding.sought
    assert {ItemKey(1, 1), ItemKey(1, 3), ItemKey(2, 1), ItemKey(2, 2)} <= holding.held


async def test_files_are_seen_where_they_lie(house: House) -> None:
    """Also of a film that Radarr has forgotten; a folder outside of its library is unknown."""
    kept, gone = hold_film(house.sim, a_film(house)), hold_film(house.sim, a_film(house, 2))
    paths = [one.path for held in (kept, gone) for one in held.files]
    house.sim.radarr.delete(kept.entry, files=False)
    house.sim.radarr.delete(gone.entry)
    assert await house.radarr.files_left(paths) == {kept.files[0].path}
    assert await house.radarr.files_left([]) == frozenset()
    with pytest.raises(ClientError):
        await house.radarr.files_left(["/elsewhere/film.mkv"])


async def test_a_disk_that_is_not_there_proves_nothing(house: House) -> None:
    """An empty library folder may just not be mounted."""
    film = hold_film(house.sim, a_film(house))
    root = film.files[0].path.rsplit("/", 2)[0]
    house.sim.radarr.disposal.lost[root] = "empty"
    with pytest.raises(ClientError):
        await house.radarr.files_left([film.files[0].path])


@pytest.mark.parametrize("kind", ["radarr", "sonarr"])
async def test_an_error_is_no_empty_library(house: House, kind: str) -> None:
    """What does not answer has not been counted."""
    house.sim.faults(kind).errors = 1.0
    connection: Connection = getattr(house, kind)
    with pytest.raises(ClientError):
        await connection.census()
    with pytest.raises(ClientError):
        await connection.holding("1")
