"""Test that a house with many open series reads Sonarr's whole list seldom, and misses nothing."""

from custom_components.media_status.lifecycle.facts import File, Title
from custom_components.media_status.lifecycle.model import JsonObject, Stage
from simulator import Title as Show
from simulator.arr_state import SeriesEntry
from tests.connections.house import House, values

COUNT = 50
LIST = ("sonarr", "GET /api/v3/series")
EPISODES = ("sonarr", "GET /api/v3/episode")


async def crowded(house: House) -> list[Show]:
    """Have many series requested, approved and searched, and all of their episodes known."""
    world = house.sim.world
    shows = [
        world.add_title_series(
            title=f"Show {n}", year=2020, tmdb=20_000 + n, tvdb=30_000 + n, seasons={1: 3}
        )
        for n in range(COUNT)
    ]
    for show in shows:
        await house.sim.seerr.request(show, user="alice", seasons=[1])
    await house.settle()
    await house.sim.settle()
    assert {house.stage(show.title) for show in shows} == {Stage.SEARCHING}
    house.sim.calls.clear()
    return shows


def entry_of(house: House, show: Show) -> SeriesEntry:
    """Return a series as Sonarr has it."""
    entry = house.sim.sonarr.find(show)
    assert entry is not None
    return entry


def series_calls(house: House) -> int:
    """Return how often Sonarr was asked about series since the calls were cleared."""
    return sum(
        number
        for (service, call), number in house.sim.calls.items()
        if service == "sonarr" and call.startswith(LIST[1])
    )


async def test_nothing_is_read_before_five_minutes_have_passed(house: House) -> None:
    """Queue and history are read in each cycle, series once in five minutes, in one list."""
    await crowded(house)
    for _ in range(4):
        await house.sim.advance(60)
        survey = await house.survey(house.sonarr)
        assert survey.observations == ()
        assert house.sim.calls["sonarr", "GET /api/v3/queue"] == 1
        assert series_calls(house) == house.sim.calls[EPISODES] == 0
        house.sim.calls.clear()
    await house.sim.advance(60)
    survey = await house.survey(house.sonarr)
    assert house.sim.calls[LIST] == series_calls(house) == 1
    assert len(values(survey, Title)) == COUNT


async def test_files_that_no_event_tells_are_found_within_five_minutes(house: House) -> None:
    """A disk scan leaves neither push nor history."""
    shows = await crowded(house)
    await house.sim.advance(1)
    house.sim.sonarr.find_existing(entry_of(house, shows[7]).season(1))
    for _ in range(5):
        await house.sim.advance(60)
        await house.settle(house.sonarr)
    assert house.stage(shows[7].title) is Stage.SYNCING_LIBRARY
    assert house.stage(shows[8].title) is Stage.SEARCHING


async def test_a_pushed_series_is_read_at_once_and_alone(house: House) -> None:
    """What is pushed is looked at in the next cycle, and only that."""
    shows = await crowded(house)
    entry = entry_of(house, shows[3])
    house.sim.sonarr.find_existing(entry.season(1))
    rename: JsonObject = {"eventType": "Rename", "series": {"id": entry.id, "tvdbId": 30_003}}
    house.sonarr.translate(rename, house.now)
    survey = await house.survey(house.sonarr)
    assert series_calls(house) == 1
    assert house.sim.calls[LIST] == 0
    assert len(values(survey, File)) == 3
    assert house.stage(shows[3].title) is Stage.SYNCING_LIBRARY


async def test_an_import_is_followed_without_a_list(house: House) -> None:
    """Queue and history tell of which series there is news."""
    shows = await crowded(house)
    sonarr, entry = house.sim.sonarr, entry_of(house, shows[5])
    stages = []
    download = sonarr.grab(entry, entry.season(1))
    for step in (sonarr.complete, sonarr.import_download):
        await house.sim.advance(10)
        await house.settle(house.sonarr)
        stages.append(house.stage(shows[5].title))
        step(download)
    await house.settle(house.sonarr)
    stages.append(house.stage(shows[5].title))
    assert stages == [Stage.DOWNLOADING, Stage.IMPORTING, Stage.SYNCING_LIBRARY]
    assert house.sim.calls[LIST] == 0
