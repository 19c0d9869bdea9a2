"""Test that a house with many open films reads Radarr's whole list seldom, and misses nothing."""

from dataclasses import replace
from datetime import timedelta

from custom_components.media_status.lifecycle.facts import File, Title
from custom_components.media_status.lifecycle.model import JsonObject, Stage
from custom_components.media_status.lifecycle.request import Request
from simulator import Title as Film
from simulator.arr_state import MovieEntry
from tests.connections.house import House, values

COUNT = 50
LIST = ("radarr", "GET /api/v3/movie")


async def crowded(house: House, count: int = COUNT) -> list[Film]:
    """Have many films requested, approved and searched, and all of them known."""
    world = house.sim.world
    films = [
        world.add_title_movie(title=f"Film {n}", year=2020, tmdb=10_000 + n) for n in range(count)
    ]
    for film in films:
        await house.sim.seerr.request(film, user="alice")
    await house.settle()
    await house.sim.settle()
    assert {house.stage(film.title) for film in films} == {Stage.SEARCHING}
    house.sim.calls.clear()
    return films


def entry_of(house: House, film: Film) -> MovieEntry:
    """Return a film as Radarr has it."""
    entry = house.sim.radarr.find(film)
    assert entry is not None
    return entry


def title_calls(house: House) -> int:
    """Return how often Radarr was asked about films since this was last asked."""
    calls = sum(
        number
        for (service, call), number in house.sim.calls.items()
        if service == "radarr" and call.startswith(LIST[1])
    )
    house.sim.calls.clear()
    return calls


def told_of(house: House) -> dict[str, Request]:
    """Return the open requests by title."""
    return {request.title or "": request for request in house.tracker.requests.values()}


async def test_nothing_is_read_before_five_minutes_have_passed(house: House) -> None:
    """Queue and history are read in each cycle, films once in five minutes, in one list."""
    films = await crowded(house)
    for _ in range(4):
        await house.sim.advance(60)
        survey = await house.survey(house.radarr)
        assert survey.observations == ()
        assert house.sim.calls["radarr", "GET /api/v3/queue"] == 1
        assert title_calls(house) == 0
    await house.sim.advance(60)
    survey = await house.survey(house.radarr)
    assert house.sim.calls[LIST] == 1
    assert title_calls(house) == 1
    assert len(values(survey, Title)) == COUNT
    assert {house.stage(film.title) for film in films} == {Stage.SEARCHING}


async def test_a_file_that_no_event_tells_is_found_within_five_minutes(house: House) -> None:
    """A disk scan leaves neither push nor history."""
    films = await crowded(house)
    await house.sim.advance(1)
    house.sim.radarr.find_existing(entry_of(house, films[7]))
    found_after = None
    for minutes in range(1, 6):
        await house.sim.advance(60)
        await house.survey(house.radarr)
        if house.stage(films[7].title) is Stage.SYNCING_LIBRARY:
            found_after = minutes
            break
    assert found_after is not None
    assert house.stage(films[8].title) is Stage.SEARCHING


async def test_a_pushed_film_is_read_at_once_and_alone(house: House) -> None:
    """What is pushed is looked at in the next cycle, and only that."""
    films = await crowded(house)
    entry = entry_of(house, films[3])
    house.sim.radarr.find_existing(entry)
    rename: JsonObject = {"eventType": "Rename", "movie": {"id": entry.id, "tmdbId": 10_003}}
    house.radarr.translate(rename, house.now)
    survey = await house.survey(house.radarr)
    assert house.sim.calls[LIST] == 0
    assert title_calls(house) == 1
    assert [file.present for file in values(survey, File)] == [True]
    assert house.stage(films[3].title) is Stage.SYNCING_LIBRARY


async def test_a_lie_that_was_pushed_yields_at_once(house: House) -> None:
    """A pushed loss that is not true is gone after the next survey, however calm it is."""
    films = await crowded(house)
    entry = entry_of(house, films[0])
    house.sim.radarr.find_existing(entry)
    await house.sim.advance(300)
    await house.survey(house.radarr)
    lie: JsonObject = {
        "eventType": "MovieFileDelete",
        "movie": {"id": entry.id, "tmdbId": 10_000},
        "deleteReason": "manual",
    }
    await house.sim.advance(1)
    house.tracker.observe(house.radarr.translate(lie, house.now).observations, house.now)
    assert house.stage(films[0].title) is not Stage.SYNCING_LIBRARY
    await house.sim.advance(1)
    await house.survey(house.radarr)
    assert house.stage(films[0].title) is Stage.SYNCING_LIBRARY


async def test_an_import_and_a_deletion_are_followed_without_a_list(house: House) -> None:
    """History and queue tell of which film there is news."""
    films = await crowded(house)
    radarr, name = house.sim.radarr, films[5].title
    entry = entry_of(house, films[5])
    stages = []

    async def look() -> None:
        await house.sim.advance(10)
        await house.survey(house.radarr)
        stages.append(house.stage(name))

    download = radarr.grab(entry)
    await look()
    radarr.complete(download)
    await look()
    radarr.import_download(download)
    await look()
    radarr.delete_file(entry)
    await look()
    assert stages[0] is Stage.DOWNLOADING
    assert stages[2] is Stage.SYNCING_LIBRARY
    assert not any(
        fact.value.present
        for fact in told_of(house)[name].facts.values()
        if isinstance(fact.value, File)
    )
    assert house.sim.calls[LIST] == 0


async def test_a_new_request_and_a_restart_are_read_at_once(house: House) -> None:
    """What the process has not seen is due; of a restart that is everything, in one list."""
    await crowded(house)
    late = house.sim.world.add_title_movie(title="Late", year=2021, tmdb=77)
    await house.sim.seerr.request(late, user="alice")
    await house.settle()
    assert house.stage("Late") is Stage.SEARCHING
    await house.survey(house.radarr)
    house.forget(house.radarr)
    title_calls(house)
    survey = await house.survey(house.radarr)
    assert title_calls(house) == 1
    assert len(values(survey, Title)) == COUNT + 1


async def test_what_is_approved_and_lacking_is_sought_each_time(house: House) -> None:
    """A film that Radarr lacks is said to be absent in each cycle, and found when it is added."""
    await crowded(house)
    lost = house.sim.world.add_title_movie(title="Lost", year=2021, tmdb=78)
    await house.sim.seerr.request(lost, user="alice")
    house.sim.radarr.delete(entry_of(house, lost))
    await house.settle()
    request = told_of(house)["Lost"]
    assert request.stage is Stage.APPROVED
    survey = await house.survey(house.radarr)
    assert values(survey, Title, request.id) == [Title(present=False)]
    house.sim.radarr.add(lost)
    await house.survey(house.radarr)
    assert house.stage("Lost") is Stage.SEARCHING


async def test_a_survey_that_was_not_kept_is_made_again(house: House) -> None:
    """What the journal did not take counts as never read."""
    films = await crowded(house)
    house.sim.radarr.find_existing(entry_of(house, films[1]))
    await house.sim.advance(300)
    lost = await house.radarr.survey(house.context(house.radarr))
    assert any(file.present for file in values(lost, File))
    again = await house.radarr.survey(house.context(house.radarr))
    assert any(file.present for file in values(again, File))


async def test_a_clock_that_is_set_back_delays_nothing(house: House) -> None:
    """Titles read "in the future" are read again."""
    await crowded(house)
    context = house.context(house.radarr)
    survey = await house.radarr.survey(replace(context, now=context.now - timedelta(days=1)))
    assert len(values(survey, Title)) == COUNT
