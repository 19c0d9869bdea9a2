"""Test which grabs that nobody requested become requests, on the simulator."""

import pytest

from custom_components.media_status.lifecycle.facts import Origin
from custom_components.media_status.lifecycle.model import ItemKey, Stage
from simulator import Title as Show
from tests.connections.house import House


def severance(house: House, *, unaired: int = 0) -> Show:
    """Let the world know a series of two seasons."""
    return house.sim.world.add_title_series(
        title="Severance",
        year=2022,
        tmdb=95396,
        tvdb=371980,
        seasons={0: 2, 1: 9, 2: 10},
        unaired=unaired,
    )


async def requested(house: House, *seasons: int, unaired: int = 0) -> Show:
    """Have seasons of a series requested, approved and handed to Sonarr."""
    show = severance(house, unaired=unaired)
    await house.sim.seerr.request(show, user="alice", seasons=list(seasons))
    await house.settle()
    return show


async def test_a_hand_added_series_opens_what_was_grabbed(house: House) -> None:
    """Exactly the grabbed episodes, and later grabs of the same series too."""
    entry = house.sim.sonarr.add(severance(house))
    await house.settle(house.sonarr)
    assert house.tracker.requests == {}
    house.sim.sonarr.grab(entry, entry.season(1)[:1])
    await house.settle(house.sonarr)
    assert house.request("Severance").origin is Origin.SONARR
    assert house.request("Severance").items == {ItemKey(1, 1)}
    house.sim.sonarr.grab(entry, entry.season(1)[1:3])
    await house.settle(house.sonarr)
    assert house.request("Severance").items == {ItemKey(1, n) for n in (1, 2, 3)}
    assert house.stage("Severance") is Stage.DOWNLOADING


async def test_a_grab_of_a_season_nobody_requested_opens_its_own_request(house: House) -> None:
    """The requested season stays as it is."""
    show = await requested(house, 1)
    entry = house.sim.sonarr.find(show)
    assert entry is not None
    house.sim.sonarr.grab(entry, entry.season(2)[:2])
    await house.settle(house.sonarr)
    asked, by_hand = house.tracker.requests.values()
    assert (asked.stage, asked.origin) == (Stage.SEARCHING, Origin.SEERR)
    assert by_hand.origin is Origin.SONARR
    assert by_hand.items == {ItemKey(2, 1), ItemKey(2, 2)}
    house.sim.calls.clear()
    await house.settle(house.sonarr)
    assert len(house.tracker.requests) == 2


@pytest.mark.parametrize("imported", [False, True])
async def test_an_upgrade_opens_nothing(house: House, imported: bool) -> None:
    """Better files for episodes that are there are nobody's wish; missing ones are."""
    sonarr = house.sim.sonarr
    entry = sonarr.add(severance(house))
    sonarr.find_existing(entry.season(1)[:8])
    await house.settle(house.sonarr)
    upgrade = sonarr.grab(entry, entry.season(1)[:3], quality="WEBDL-2160p")
    if imported:
        sonarr.complete(upgrade)
        sonarr.import_download(upgrade)
    await house.settle(house.sonarr)
    assert house.tracker.requests == {}
    pack = sonarr.grab(entry, entry.season(1), quality="WEBDL-2160p")
    if imported:
        sonarr.complete(pack)
        sonarr.import_download(pack)
    await house.settle(house.sonarr)
    assert house.request("Severance").items == {ItemKey(1, 9)}


async def test_history_that_waits_for_its_episodes_is_not_lost(house: House) -> None:
    """More unknown episodes than one call may ask for: the rest is read in the next cycle."""
    world, sonarr = house.sim.world, house.sim.sonarr
    show = world.add_title_series(title="Long", year=2000, tmdb=1, tvdb=2, seasons={1: 260})
    entry = sonarr.add(show)
    await house.settle(house.sonarr)
    for half in (entry.season(1)[:130], entry.season(1)[130:]):
        sonarr.grab(entry, half)
    first = await house.survey(house.sonarr)
    assert first.backlog
    await house.settle(house.sonarr)
    assert len(house.request("Long").items) == 260
