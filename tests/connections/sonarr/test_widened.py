"""Somebody asks for more of a series that is followed already."""

from custom_components.media_status.lifecycle.facts import Origin
from custom_components.media_status.lifecycle.model import ItemKey, Stage
from tests.connections.house import House


async def test_a_season_is_read_for_a_wish_that_takes_over_a_grab(house: House) -> None:
    """Nothing changed in Sonarr, and yet the other episodes matter now."""
    show = house.sim.world.add_title_series(
        title="Severance", year=2022, tmdb=95396, tvdb=371980, seasons={1: 3}
    )
    entry = house.sim.sonarr.add(show)
    house.sim.sonarr.grab(entry, entry.season(1)[:1])
    await house.settle(house.sonarr)
    assert house.request("Severance").items == {ItemKey(1, 1)}
    await house.sim.seerr.request(show, user="alice", seasons=[1])
    await house.settle(house.seerr, house.sonarr)
    found = house.request("Severance")
    assert found.origin is Origin.SEERR
    assert found.status.items[ItemKey(1, 3)] is Stage.SEARCHING
