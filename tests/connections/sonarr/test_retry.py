"""Check what trying again does in Sonarr: for exactly the episodes of a request."""

from dataclasses import replace

import pytest

from custom_components.media_status.connections.base import WantedItem
from custom_components.media_status.lifecycle.model import ItemKey, Stage
from simulator import Title
from simulator.arr_state import SeriesEntry
from tests.connections.house import House, wanted_of

NAME = "Severance"


async def requested(house: House, *seasons: int, unaired: int = 0) -> SeriesEntry:
    """Have seasons of a series requested and handed to Sonarr."""
    show: Title = house.sim.world.add_title_series(
        title=NAME, year=2022, tmdb=95396, tvdb=371980, seasons={1: 4, 2: 5}, unaired=unaired
    )
    await house.sim.seerr.request(show, user="alice", seasons=list(seasons))
    await house.settle()
    entry = house.sim.sonarr.find(show)
    assert entry is not None
    return entry


async def test_a_whole_season_is_searched_as_one(house: House) -> None:
    """Packs are all that there is of many; what is found is seen."""
    await requested(house, 1)
    house.sim.sonarr.has_offers = True
    expected = [("search_title", f"{NAME} S01E01 … S01E04 (4)")]
    assert await house.retry(house.sonarr, NAME, dry_run=True) == expected
    assert house.sim.sonarr.commands == []
    assert await house.retry(house.sonarr, NAME) == expected
    assert house.sim.sonarr.commands == ["SeasonSearch"]
    assert house.sim.sonarr.searches == [(NAME, (1, 2, 3, 4))]
    await house.settle()
    assert house.stage(NAME) is Stage.DOWNLOADING
    assert await house.retry(house.sonarr, NAME) == []


async def test_only_what_lacks_is_searched(house: House) -> None:
    """What is there, under way, unaired, or of no request is not; each of the others by itself."""
    entry = await requested(house, 2, unaired=2)
    sonarr = house.sim.sonarr
    season = entry.season(2)
    sonarr.import_file([season[0]])
    await house.settle()
    assert await house.retry(house.sonarr, NAME) == [("search_title", f"{NAME} S02E02, S02E03")]
    assert sonarr.searches == [(NAME, (2,)), (NAME, (3,))]
    sonarr.grab(entry, [season[1]])
    await house.settle()
    house.ticks.seconds += 60
    assert await house.retry(house.sonarr, NAME) == [("search_title", f"{NAME} S02E03")]
    season[2].monitored = False
    sonarr.touch(entry)
    house.ticks.seconds += 60
    assert await house.retry(house.sonarr, NAME) == []
    assert sonarr.commands == ["EpisodeSearch", "EpisodeSearch"]


async def test_two_seasons_are_two_searches(house: House) -> None:
    """Each with its own episodes, at most once a minute."""
    await requested(house, 1, 2)
    expected = [
        ("search_title", f"{NAME} S01E01 … S01E04 (4)"),
        ("search_title", f"{NAME} S02E01 … S02E05 (5)"),
    ]
    assert await house.retry(house.sonarr, NAME) == expected
    assert await house.retry(house.sonarr, NAME) == []
    assert [len(numbers) for _, numbers in house.sim.sonarr.searches] == [4, 5]


async def test_an_episode_that_was_searched_a_moment_ago_is_left_out(house: House) -> None:
    """Another episode of it that failed meanwhile is searched."""
    entry = await requested(house, 1)
    sonarr = house.sim.sonarr
    first = entry.season(1)[0]
    download = sonarr.grab(entry, [first])
    await house.settle()
    assert await house.retry(house.sonarr, NAME) == [
        ("search_title", f"{NAME} S01E02, S01E03, S01E04")
    ]
    sonarr.fail(download)
    await house.settle()
    assert await house.retry(house.sonarr, NAME) == [("search_title", f"{NAME} S01E01")]


async def test_a_failed_pack_is_given_up_once(house: House) -> None:
    """It has one entry for each episode in the queue, and one release."""
    entry = await requested(house, 1)
    sonarr = house.sim.sonarr
    download = sonarr.grab(entry, entry.season(1))
    download.state = "failed"
    await house.settle()
    assert house.stage(NAME) is Stage.FAILED
    actions = await house.retry(house.sonarr, NAME)
    assert [code for code, _ in actions] == ["block_release", "search_title"]
    assert sonarr.blocklist == [download.release.title]
    assert sonarr.searches == [(NAME, (1, 2, 3, 4))]


@pytest.mark.parametrize("case", ["another request", "another series", "imported", "unknown"])
async def test_a_pack_that_others_need_is_not_given_up(house: House, case: str) -> None:
    """Episodes of another request or with a file, or no telling what it serves: only searched."""
    entry = await requested(house, 1)
    sonarr = house.sim.sonarr
    wanted = [*entry.season(1)]
    if case == "another request":
        wanted += entry.season(2)
    download = sonarr.grab(entry, wanted)
    download.state = "failed"
    if case == "another series":
        show = house.sim.world.add_title_series(
            title="Dark", year=2017, tmdb=70523, tvdb=334824, seasons={1: 2}
        )
        other = sonarr.add(show)
        sonarr.grab(other, other.season(1)).client_id = download.client_id
    elif case == "imported":
        sonarr.import_file([wanted[0]])
    elif case == "unknown":
        download.episodes = []
    await house.settle()
    assert [code for code, _ in await house.retry(house.sonarr, NAME)] == ["search_title"]
    assert sonarr.blocklist == []
    assert download in sonarr.downloads


async def test_a_blocked_import_is_checked(house: House) -> None:
    """What waits beside it is searched all the same."""
    entry = await requested(house, 1)
    sonarr = house.sim.sonarr
    first, *rest = entry.season(1)
    sonarr.block(sonarr.grab(entry, [first]))
    await house.settle()
    assert [code for code, _ in await house.retry(house.sonarr, NAME)] == [
        "search_title",
        "check_downloads",
    ]
    assert sonarr.commands == ["EpisodeSearch", "RefreshMonitoredDownloads"]
    assert [numbers for _, numbers in sonarr.searches] == [(one.info.number,) for one in rest]


async def test_what_sonarr_does_not_have(house: House) -> None:
    """A series that is not there or not monitored, a request whose episodes are not known."""
    entry = await requested(house, 1)
    wanted = wanted_of(house.request(NAME), "sonarr")
    assert await house.sonarr.retry(replace(wanted, items={})) == ()
    far = {ItemKey(9, 9): WantedItem(stage=Stage.SEARCHING)}
    assert await house.sonarr.retry(replace(wanted, items=far)) == ()
    entry.monitored = False
    house.sim.sonarr.touch(entry)
    assert await house.sonarr.retry(wanted) == ()
    house.sim.sonarr.delete(entry)
    assert await house.sonarr.retry(wanted) == ()
    assert house.sim.sonarr.commands == []


async def test_what_was_sought_in_vain_is_looked_at_once(house: House) -> None:
    """A season as one; of single episodes one stands for all, and the rest is searched."""
    entry = await requested(house, 1, 2)
    sonarr = house.sim.sonarr
    sonarr.import_file([entry.season(2)[0]])
    await house.settle()
    wanted = wanted_of(house.request(NAME), "sonarr")
    wanted = replace(wanted, long_sought=frozenset({ItemKey(1, 4), ItemKey(2, 2)}))
    sonarr.refused = [("Unknown Series",)]
    season, rest = await house.sonarr.retry(wanted)
    assert (season.code, season.target) == ("look_for_releases", f"{NAME} S01E01 … S01E04 (4)")
    assert [said.subject.item for said in season.learned] == [
        ItemKey(1, number) for number in range(1, 5)
    ]
    assert (rest.code, rest.learned) == ("search_title", ())
    assert sonarr.looks == [f"seriesId={entry.id}&seasonNumber=1"]
    assert sonarr.commands == ["EpisodeSearch"]


async def test_one_episode_is_looked_at(house: House) -> None:
    """The first that lacks; what was found says something of it alone."""
    entry = await requested(house, 2)
    sonarr = house.sim.sonarr
    sonarr.import_file([entry.season(2)[0]])
    await house.settle()
    wanted = wanted_of(house.request(NAME), "sonarr")
    other = replace(wanted, long_sought=frozenset({ItemKey(2, 3)}))
    (action,) = await house.sonarr.retry(other, dry_run=True)
    assert action.code == "search_title"
    wanted = replace(wanted, long_sought=frozenset({ItemKey(2, 2)}))
    (action,) = await house.sonarr.retry(wanted)
    assert action.code == "look_for_releases"
    assert [said.subject.item for said in action.learned] == [ItemKey(2, 2)]
    assert sonarr.looks == [f"episodeId={entry.season(2)[1].id}"]
