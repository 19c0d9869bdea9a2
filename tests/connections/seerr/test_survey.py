"""Test what a survey of Seerr finds, on the simulator."""

from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest

from custom_components.media_status.clients.errors import BadAnswer, ClientError, Refused
from custom_components.media_status.clients.seerr import SeerrClient, SeerrRequest
from custom_components.media_status.connections.base import Survey, SurveyContext, WantedTitle
from custom_components.media_status.lifecycle.facts import (
    Anime,
    Ask,
    AskStatus,
    FactKind,
    Opening,
    Origin,
)
from custom_components.media_status.lifecycle.model import JsonObject, MediaType, ProviderIds, Stage
from simulator import Title
from simulator.seerr_state import MediaStatus, RequestStatus
from tests.connections.house import House, film as wanted_film, values

DETAILS = (("seerr", "GET /api/v1/movie/{id}"), ("seerr", "GET /api/v1/tv/{id}"))
LIST = ("seerr", "GET /api/v1/request")
ONE = ("seerr", "GET /api/v1/request/{id}")
OPEN = (RequestStatus.PENDING, RequestStatus.APPROVED, RequestStatus.FAILED)


def film(house: House, number: int = 0) -> Title:
    """Let the world know a film."""
    return house.sim.world.add_title_movie(title=f"Film {number}", year=2024, tmdb=5000 + number)


def show(house: House) -> Title:
    """Let the world know a series."""
    return house.sim.world.add_title_series(
        title="Severance", year=2022, tmdb=95396, tvdb=371980, seasons={1: 9, 2: 10}
    )


async def history(house: House, count: int) -> list[str]:
    """Let Seerr have finished requests from before we came; return their ids."""
    seerr, made = house.sim.seerr, house.since - timedelta(days=1)
    if not count:
        return []
    first = await seerr.request(film(house, 9999), user="alice")
    first.status, first.created = RequestStatus.COMPLETED, made
    numbers = [house.sim.world.next_id("seerr:request") for _ in range(count - 1)]
    seerr.requests |= {number: replace(first, id=number) for number in numbers}
    return [str(first.id), *map(str, numbers)]


async def forgotten(house: House, count: int) -> list[WantedTitle]:
    """Let us wait for films that Seerr has finished with long ago."""
    numbers = await history(house, count)
    await history_above(house)
    return [
        wanted_film(number, tmdb=5000 + number, now=house.now, own_id=int(key))
        for number, key in enumerate(numbers)
    ]


async def history_above(house: House) -> None:
    """Push what there is off the newest page."""
    above = next(iter(house.sim.seerr.requests.values()))
    numbers = [house.sim.world.next_id("seerr:request") for _ in range(100)]
    house.sim.seerr.requests |= {number: replace(above, id=number) for number in numbers}


async def surveyed(house: House, wanted: list[WantedTitle]) -> tuple[Survey, list[str]]:
    """Ask for titles; return the answer, and the requests it tells of."""
    house.sim.calls.clear()
    context = SurveyContext(now=house.now, wanted=tuple(wanted), tracking_since=house.since)
    survey = await house.seerr.survey(context)
    return survey, [str(o.title.service_id) for o in survey.observations if o.title]


def detail_calls(house: House) -> int:
    """Return how many titles were looked up since the calls were cleared."""
    return sum(house.sim.calls[key] for key in DETAILS)


async def test_an_open_request_is_opened_with_its_details(house: House) -> None:
    """Who, what, which seasons, and how it looks."""
    await house.sim.seerr.request(show(house), user="alice", seasons=[1, 2])
    survey = await house.survey(house.seerr)
    (observation,) = survey.observations
    opening, title = observation.opening, observation.title
    assert isinstance(opening, Opening)
    assert opening.origin is Origin.SEERR
    assert opening.seasons == {1, 2}
    assert not opening.is_4k
    assert opening.requested_by == "alice"
    assert title is not None
    assert title.media_type is MediaType.SERIES
    assert title.ids.tmdb == 95396
    assert title.ids.tvdb == 371980
    assert (title.title, title.year) == ("Severance", 2022)
    assert title.poster_url
    assert survey.complete == {FactKind.ASK}


async def test_each_status_has_its_word(house: House) -> None:
    """Pending, approved, declined, failed and completed requests."""
    seerr = house.sim.seerr
    rows = [await seerr.request(film(house, number), user="alice") for number in range(5)]
    for row, status in zip(rows, RequestStatus, strict=True):
        row.status = status
    survey = await house.survey(house.seerr)
    assert [ask.status for ask in values(survey, Ask)] == [
        AskStatus.PENDING,
        AskStatus.APPROVED,
        AskStatus.DECLINED,
        AskStatus.FAILED,
        AskStatus.COMPLETED,
    ]


async def test_a_request_overtaken_by_a_scan_is_completed(house: House) -> None:
    """Seerr leaves it approved for ever although its title is there."""
    row = await house.sim.seerr.request(film(house), user="alice")
    house.sim.seerr.mark_available(row.media)
    row.status = RequestStatus.APPROVED
    survey = await house.survey(house.seerr)
    assert values(survey, Ask) == [Ask(status=AskStatus.COMPLETED, available=True)]


async def test_a_status_from_the_future_is_no_absence(house: House) -> None:
    """A number we do not know says nothing, and makes the survey say nothing of absences."""
    row = await house.sim.seerr.request(film(house), user="alice")
    await house.settle()
    before = house.stage("Film 0")
    row.status = cast("RequestStatus", 9)
    survey = await house.survey(house.seerr)
    assert values(survey, Ask) == []
    assert survey.complete == frozenset()
    assert house.stage("Film 0") is before


async def test_a_deleted_request_is_absent(house: House) -> None:
    """Nobody is told when a request is deleted; the complete list tells it."""
    row = await house.sim.seerr.request(film(house), user="alice")
    await house.settle()
    await house.sim.advance(30)
    await house.sim.seerr.delete_request(row)
    await house.survey(house.seerr)
    asks = [f.value for f in house.request("Film 0").facts.values() if isinstance(f.value, Ask)]
    assert [ask.status for ask in asks] == [AskStatus.ABSENT]


async def test_what_ended_before_we_came_is_not_opened(house: House) -> None:
    """Old, finished requests are history."""
    row = await house.sim.seerr.request(film(house), user="alice")
    row.status = RequestStatus.COMPLETED
    context = SurveyContext(now=house.now, tracking_since=house.now + timedelta(hours=1))
    assert (await house.seerr.survey(context)).observations == ()


async def test_what_began_and_ended_behind_our_back_is_told_once(house: House) -> None:
    """A request made and fulfilled while Home Assistant was down appears, but only once."""
    row = await house.sim.seerr.request(film(house), user="alice")
    row.status = RequestStatus.COMPLETED
    await house.survey(house.seerr)
    assert len(house.tracker.requests) == 1
    house.tracker.requests.clear()
    survey = await house.survey(house.seerr)
    assert survey.observations == ()


@pytest.mark.parametrize("finished", [0, 3000])
@pytest.mark.parametrize("count", [1, 20, 200])
async def test_calls_do_not_grow_with_the_number_of_requests(
    house: House, count: int, finished: int
) -> None:
    """Four lists, and details of at most eight titles per cycle until all are described."""
    await history(house, finished)
    house.cursors.clear()
    for number in range(count):
        await house.sim.seerr.request(film(house, number), user="alice")
    await house.sim.settle()
    looked_up = 0
    for cycle in range((count + 7) // 8):
        house.sim.calls.clear()
        survey = await house.survey(house.seerr)
        assert (house.sim.calls[LIST], house.sim.calls[ONE]) == (4, 0)
        assert detail_calls(house) <= 8
        looked_up += detail_calls(house)
        assert survey.backlog == ((cycle + 1) * 8 < count)
    assert looked_up == count
    house.sim.calls.clear()
    await house.survey(house.seerr)
    assert (house.sim.calls[LIST], house.sim.calls[ONE], detail_calls(house)) == (4, 0, 0)
    assert len(house.tracker.requests) == count
    assert all(request.title for request in house.tracker.requests.values())


async def test_the_first_survey_finds_what_is_open_below_all_history(house: House) -> None:
    """However much was asked for and done since."""
    rows = [await house.sim.seerr.request(film(house, n), user="alice") for n in range(3)]
    for row, status in zip(rows, OPEN, strict=True):
        row.status = status
    await history(house, 3000)
    house.cursors.clear()
    survey = await house.survey(house.seerr)
    assert [o.title.service_id for o in survey.observations if o.title and o.opening] == [
        str(row.id) for row in rows
    ]
    assert survey.complete == {FactKind.ASK}


@pytest.mark.parametrize("count", [1, 8, 20, 200])
async def test_what_the_lists_do_not_mention_is_read_one_by_one(house: House, count: int) -> None:
    """At most eight per cycle, in turn; while one is unknown, nothing is told to be complete."""
    wanted = await forgotten(house, count)
    cycles = -(-count // 8)
    found: list[str] = []
    for cycle in range(cycles):
        survey, told = await surveyed(house, wanted)
        found += told
        assert house.sim.calls[ONE] == min(8, count)
        assert survey.backlog == (cycle + 1 < cycles)
        assert survey.complete == ({FactKind.ASK} if count <= 8 else frozenset())
        assert {ask.status for ask in values(survey, Ask)} == {AskStatus.COMPLETED}
    assert set(found) == {str(title.service_id) for title in wanted}
    survey, told = await surveyed(house, wanted)
    assert not survey.backlog
    assert len(told) == min(8, count)


async def test_a_deleted_request_is_absent_although_others_are_unknown(house: House) -> None:
    """It was asked for by its number, and Seerr does not know it."""
    wanted = await forgotten(house, 20)
    first = wanted[0]
    del house.sim.seerr.requests[int(str(first.service_id))]
    survey, _ = await surveyed(house, wanted)
    assert survey.complete == frozenset()
    assert values(survey, Ask, first.request_id) == [Ask(status=AskStatus.ABSENT)]


async def test_what_was_pushed_about_is_read_first(house: House) -> None:
    """A push is a hint; the truth follows without waiting for its turn."""
    wanted = await forgotten(house, 20)
    for _ in range(3):
        _, told = await surveyed(house, wanted)
    payload: JsonObject = {
        "notification_type": "MEDIA_APPROVED",
        "media": {"media_type": "movie", "tmdbId": "5000"},
        "request": {"request_id": told[-1]},
    }
    house.seerr.translate(payload, house.now)
    _, next_told = await surveyed(house, wanted)
    assert told[-1] in next_told


async def test_one_that_cannot_be_read_stays_unknown_alone(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are told, and nobody asks without end."""
    wanted = await forgotten(house, 3)
    read = SeerrClient.request
    bad = int(str(wanted[1].service_id))

    async def reads(client: SeerrClient, request_id: int) -> SeerrRequest | None:
        if request_id == bad:
            raise BadAnswer("an unknown form")
        return await read(client, request_id)

    monkeypatch.setattr(SeerrClient, "request", reads)
    survey, told = await surveyed(house, wanted)
    assert told == [str(wanted[0].service_id), str(wanted[2].service_id)]
    assert survey.complete == frozenset()
    assert not survey.backlog


async def test_a_request_for_a_blocklisted_title_is_absent(house: House) -> None:
    """Seerr shows it to nobody, but still answers when asked for it by its number."""
    row = await house.sim.seerr.request(film(house), user="alice")
    await house.settle()
    await house.sim.advance(30)
    row.side.status = MediaStatus.BLOCKLISTED
    survey = await house.survey(house.seerr)
    assert values(survey, Ask) == [Ask(status=AskStatus.ABSENT)]


async def test_details_are_read_once_for_all_requests_of_a_title(house: House) -> None:
    """Two requests for one series share the answer."""
    title = show(house)
    await house.sim.seerr.request(title, user="alice", seasons=[1])
    await house.sim.seerr.request(title, user="bob", seasons=[2])
    house.sim.calls.clear()
    await house.survey(house.seerr)
    assert detail_calls(house) == 1
    assert [r.title for r in house.tracker.requests.values()] == ["Severance", "Severance"]


@pytest.mark.parametrize("failure", [Refused(500, "TMDB"), BadAnswer("cut")])
async def test_the_requests_are_told_even_when_tmdb_is_out_of_order(
    house: House, monkeypatch: pytest.MonkeyPatch, failure: ClientError
) -> None:
    """Details are decoration; their lack keeps nobody waiting, and they come later."""
    await house.sim.seerr.request(film(house), user="alice")

    async def fails(*_: object) -> None:
        raise failure

    with monkeypatch.context() as patch:
        patch.setattr(SeerrClient, "details", fails)
        survey = await house.survey(house.seerr)
    assert len(values(survey, Ask)) == 1
    assert not survey.backlog
    await house.sim.advance(7200)
    await house.survey(house.seerr)
    assert house.request("Film 0").year == 2024


async def test_anime_is_told_by_its_keyword(house: House) -> None:
    """Seerr itself decides by this keyword."""
    title = house.sim.world.add_title_series(
        title="Frieren",
        year=2023,
        tmdb=209867,
        tvdb=424536,
        seasons={1: 28},
        anime=True,
    )
    await house.sim.seerr.request(title, user="alice", seasons=[1])
    survey = await house.survey(house.seerr)
    assert values(survey, Anime) == [Anime(is_anime=True, source="keyword")]


async def test_4k_and_hd_are_two_requests(house: House) -> None:
    """The same film twice, each with its own status."""
    title = film(house)
    await house.sim.seerr.request(title, user="alice")
    await house.sim.seerr.request(title, user="alice", is_4k=True)
    await house.survey(house.seerr)
    assert [r.is_4k for r in house.tracker.requests.values()] == [False, True]


@pytest.mark.parametrize("fault", ["status", "half", "short_pages"])
async def test_a_survey_that_fails_says_nothing(house: House, fault: str) -> None:
    """Trouble is an error, never an absence."""
    await house.sim.seerr.request(film(house), user="alice")
    await house.settle()
    faults = house.sim.faults("seerr")
    setattr(faults, fault, 500 if fault == "status" else True)
    with pytest.raises(ClientError):
        await house.survey(house.seerr)
    faults.clear()
    await house.survey(house.seerr)
    assert house.stage("Film 0") is not Stage.DELETED


async def test_pushes_and_surveys_say_the_same(house: House) -> None:
    """A request that was pushed is the one that is surveyed; none is opened twice."""
    row = await house.sim.seerr.request(film(house), user="alice")
    payload: JsonObject = {
        "notification_type": "MEDIA_AUTO_APPROVED",
        "event": "Movie Request Automatically Approved",
        "subject": "Film 0 (2024)",
        "media": {"media_type": "movie", "tmdbId": "5000"},
        "request": {"request_id": str(row.id), "requestedBy_username": "alice"},
    }
    house.tracker.observe(house.seerr.translate(payload, house.now).observations, house.now)
    assert house.request("Film 0").ids == ProviderIds(tmdb=5000)
    await house.sim.advance(5)
    await house.survey(house.seerr)
    assert len(house.tracker.requests) == 1
    assert house.request("Film 0").requested_by == "alice"
