"""Test what a survey of Radarr finds, on the simulator."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.media_status.clients.errors import ClientError
from custom_components.media_status.clients.radarr import RadarrClient
from custom_components.media_status.connections.arr_items import release_at
from custom_components.media_status.connections.arr_words import queue_phase
from custom_components.media_status.connections.base import SurveyContext
from custom_components.media_status.lifecycle.facts import (
    Anime,
    FactKind,
    File,
    Grab,
    Outcome,
    Queue,
    QueuePhase,
    Result,
    Title,
    Wanted,
)
from custom_components.media_status.lifecycle.model import MOVIE, JsonObject, Stage
from simulator import Title as Film
from tests.connections.house import House, film, values

DUNE = 693134
HEALTH_CALLS = 3  # health, root folders, quality profiles


def dune(house: House) -> Film:
    """Let the world know a film."""
    return house.sim.world.add_title_movie(title="Dune: Part Two", year=2024, tmdb=DUNE)


async def requested(house: House) -> Film:
    """Have a film requested, approved and handed to Radarr."""
    title = dune(house)
    await house.sim.seerr.request(title, user="alice")
    await house.settle()
    return title


async def test_a_request_is_followed_to_its_file(house: House) -> None:
    """Every step of a film's way is found by surveys alone."""
    title = dune(house)
    request = await house.sim.seerr.request(title, user="alice")
    stages = []
    for beat in ("searching", "grabbed", "downloading", "downloaded", "imported"):
        await house.sim.play(request, until=beat)
        await house.settle()
        stages.append(house.stage(title.title))
    assert stages == [
        Stage.SEARCHING,
        Stage.DOWNLOADING,
        Stage.DOWNLOADING,
        Stage.IMPORTING,
        Stage.SYNCING_LIBRARY,
    ]


async def test_an_absent_film_is_said_to_be_absent(house: House) -> None:
    """Radarr's answer that it has no such film is a fact."""
    context = SurveyContext(now=house.now, wanted=(film(1, tmdb=999, now=house.now),))
    survey = await house.radarr.survey(context)
    assert values(survey, Title) == [Title(present=False)]
    assert FactKind.QUEUE in survey.complete


async def test_a_film_without_any_id_is_unknown_not_absent(house: House) -> None:
    """What cannot be looked up is not denied."""
    context = SurveyContext(now=house.now, wanted=(film(1, tmdb=None, now=house.now),))
    assert (await house.radarr.survey(context)).observations == ()


@pytest.mark.parametrize("count", [1, 8, 9, 20, 200])
async def test_calls_do_not_grow_with_the_number_of_requests(house: House, count: int) -> None:
    """Up to eight films are read one by one, more in one list; three calls for what ails it."""
    radarr = house.sim.radarr
    world = house.sim.world
    entries = [
        radarr.add(world.add_title_movie(title=f"Film {n}", year=2020, tmdb=10_000 + n))
        for n in range(count)
    ]
    wanted = tuple(
        film(n, tmdb=10_000 + n, now=house.now, own_id=entry.id) for n, entry in enumerate(entries)
    )
    await house.sim.settle()
    house.sim.calls.clear()
    survey = await house.radarr.survey(SurveyContext(now=house.now, wanted=wanted))
    assert sum(value.present for value in values(survey, Title)) == count
    calls = house.sim.calls
    assert calls["radarr", "GET /api/v3/queue"] == 1
    assert calls["radarr", "GET /api/v3/history/since"] == 1
    assert sum(calls.values()) == 2 + HEALTH_CALLS + (count if count <= 8 else 1)


async def test_a_rebuilt_database_is_recognised(house: House) -> None:
    """An id that now belongs to another film leads nowhere; the film's own id does."""
    world, radarr = house.sim.world, house.sim.radarr
    other = radarr.add(world.add_title_movie(title="Other", year=2001, tmdb=5))
    real = radarr.add(dune(house))
    wanted = (film(1, tmdb=DUNE, now=house.now, own_id=other.id),)
    survey = await house.radarr.survey(SurveyContext(now=house.now, wanted=wanted))
    (service_id,) = {o.title.service_id for o in survey.observations if o.title}
    assert service_id == str(real.id)


async def test_a_failed_download_and_its_successor(house: House) -> None:
    """History tells of the failure, the next grab makes it move again."""
    title = await requested(house)
    radarr = house.sim.radarr
    entry = radarr.find(title)
    assert entry is not None
    first = radarr.grab(entry)
    await house.settle()
    radarr.fail(first, "no connections")
    await house.sim.advance(30)
    survey = await house.survey(house.radarr)
    (outcome,) = values(survey, Outcome)
    assert (outcome.result, outcome.message) == (Result.FAILED, "no connections")
    assert house.stage(title.title) is Stage.FAILED
    radarr.grab(entry)
    await house.settle()
    assert house.stage(title.title) is Stage.DOWNLOADING


async def test_a_finished_download_with_a_warning_waits_for_a_person(house: House) -> None:
    """A path that Radarr cannot see, no usable file: no message is pushed, only the queue warns."""
    title = await requested(house)
    entry = house.sim.radarr.find(title)
    assert entry is not None
    download = house.sim.radarr.grab(entry)
    house.sim.radarr.complete(download)
    house.sim.radarr.warn(download, "No files found are eligible for import.")
    await house.settle(house.radarr)
    explanation = house.request(title.title).status.explanation
    assert explanation is not None
    assert (explanation.code, explanation.needs_person) == ("import_blocked", True)
    assert explanation.values == {"reason": "No files found are eligible for import."}
    house.sim.radarr.warn(download)
    await house.settle(house.radarr)
    explanation = house.request(title.title).status.explanation
    assert explanation is not None and explanation.code == "importing"


@pytest.mark.parametrize(
    ("words", "phase"),
    [
        # Before its import begins the path is checked; Radarr 4 has no word for "blocked".
        (("completed", "warning", "downloading"), QueuePhase.IMPORT_BLOCKED),
        (("completed", "error", "importPending"), QueuePhase.IMPORT_BLOCKED),
        (("completed", "ok", "downloading"), QueuePhase.COMPLETED),
        (("completed", "warning", "importing"), QueuePhase.IMPORTING),
        (("downloading", "warning", "downloading"), QueuePhase.DOWNLOADING),
        (("warning", "warning", "downloading"), QueuePhase.WARNING),
        (("a later word", "warning", "a later word"), QueuePhase.WARNING),
    ],
)
def test_words_of_the_queue(words: tuple[str, str, str], phase: QueuePhase) -> None:
    """Status, trouble and state together tell where a download is."""
    assert queue_phase(*words) is phase


async def test_a_blocked_import_shows_its_reason(house: House) -> None:
    """The queue tells why nothing happens."""
    title = await requested(house)
    entry = house.sim.radarr.find(title)
    assert entry is not None
    download = house.sim.radarr.grab(entry)
    house.sim.radarr.block(download, "Matched by ID only.")
    survey = await house.survey(house.radarr)
    (queue,) = values(survey, Queue)
    assert queue.phase is QueuePhase.IMPORT_BLOCKED
    assert queue.messages == ("Matched by ID only.",)
    explanation = house.request(title.title).status.explanation
    assert explanation is not None and explanation.needs_person


async def test_an_existing_file_needs_no_grab(house: House) -> None:
    """A file found by a rescan has no grab, no import and no webhook."""
    title = await requested(house)
    entry = house.sim.radarr.find(title)
    assert entry is not None
    house.sim.radarr.find_existing(entry)
    await house.settle()
    assert house.stage(title.title) is Stage.SYNCING_LIBRARY


async def test_the_queue_proves_a_grab_that_history_forgot(house: House) -> None:
    """A request that comes late finds its download in the queue."""
    title = dune(house)
    radarr = house.sim.radarr
    entry = radarr.add(title)
    radarr.grab(entry)
    await house.sim.advance(60)
    radarr.history.clear()
    wanted = (film(1, tmdb=DUNE, now=house.now, own_id=entry.id),)
    survey = await house.radarr.survey(SurveyContext(now=house.now, wanted=wanted))
    (grab,) = values(survey, Grab)
    assert grab.items == {MOVIE}
    assert grab.at < house.now


async def test_an_upgrade_of_a_requested_film_moves_nothing_back(house: House) -> None:
    """A film with a file stays where it is while a better one is fetched."""
    title = await requested(house)
    radarr = house.sim.radarr
    entry = radarr.find(title)
    assert entry is not None
    radarr.find_existing(entry)
    await house.settle()
    radarr.grab(entry, quality="WEBDL-2160p")
    await house.settle()
    assert house.stage(title.title) is Stage.SYNCING_LIBRARY


async def test_a_download_of_an_unknown_film_is_told_by_its_id(house: House) -> None:
    """The queue's strangers are told under their download id only."""
    radarr = house.sim.radarr
    stranger = radarr.track_unknown("Some.Thing.2020")
    survey = await house.survey(house.radarr)
    (observation,) = survey.observations
    assert observation.title is None
    assert observation.download_ids == {(stranger.client_id or "").lower()}


@pytest.mark.parametrize("fault", ["status", "half", "short_pages"])
async def test_a_survey_that_fails_says_nothing(house: House, fault: str) -> None:
    """Trouble is an error, never an absence."""
    await requested(house)
    faults = house.sim.faults("radarr")
    house.sim.radarr.track_unknown("Some.Thing.2020")
    setattr(faults, fault, 500 if fault == "status" else True)
    with pytest.raises(ClientError):
        await house.radarr.survey(house.context(house.radarr))
    faults.clear()
    survey = await house.survey(house.radarr)
    assert values(survey, Title)[0].present


async def test_a_clock_that_is_off_loses_nothing(house: House) -> None:
    """Cursors are in the service's own time."""
    title = await requested(house)
    house.sim.faults("radarr").skew = -7200
    radarr = house.sim.radarr
    entry = radarr.find(title)
    assert entry is not None
    download = radarr.grab(entry)
    radarr.complete(download)
    await house.settle()
    radarr.import_download(download)
    await house.sim.advance(60)
    survey = await house.survey(house.radarr)
    assert [outcome.result for outcome in values(survey, Outcome)] == [Result.IMPORTED]


async def test_signs_of_anime_are_read(house: House) -> None:
    """Labels need the list of tags, which is read once."""
    entry = house.sim.radarr.add(dune(house), tags=("Anime",))
    wanted = (film(1, tmdb=DUNE, now=house.now, own_id=entry.id),)
    house.sim.calls.clear()
    cursor = house.cursors["radarr"]
    for _ in range(3):
        survey = await house.radarr.survey(
            SurveyContext(now=house.now, wanted=wanted, cursor=cursor)
        )
        cursor = survey.cursor
        assert values(survey, Anime) == [Anime(is_anime=True, source="tag")]
    assert house.sim.calls["radarr", "GET /api/v3/tag"] == 1


async def test_a_repeated_survey_says_the_same(house: House) -> None:
    """Nothing new upstream, nothing new here: facts and cursor settle."""
    title = await requested(house)
    entry = house.sim.radarr.find(title)
    assert entry is not None
    house.sim.radarr.grab(entry)
    await house.settle(house.radarr)
    first = await house.survey(house.radarr)
    second = await house.survey(house.radarr)
    assert second.observations == first.observations
    assert second.cursor == first.cursor


async def test_pushes_change_nothing_that_a_survey_does_not_confirm(house: House) -> None:
    """A pushed loss that is not true is gone after the next survey."""
    title = await requested(house)
    entry = house.sim.radarr.find(title)
    assert entry is not None
    house.sim.radarr.find_existing(entry)
    await house.settle()
    lie: JsonObject = {
        "eventType": "MovieFileDelete",
        "movie": {"id": entry.id, "tmdbId": DUNE},
        "deleteReason": "manual",
    }
    await house.sim.advance(1)
    house.tracker.observe(house.radarr.translate(lie, house.now).observations, house.now)
    assert house.stage(title.title) is not Stage.SYNCING_LIBRARY
    await house.sim.advance(1)
    await house.survey(house.radarr)
    assert house.stage(title.title) is Stage.SYNCING_LIBRARY


async def test_release_and_file_are_told(house: House) -> None:
    """The film's dates and file reach the facts."""
    entry = house.sim.radarr.add(dune(house))
    file = house.sim.radarr.find_existing(entry)
    wanted = (film(1, tmdb=DUNE, now=house.now, own_id=entry.id),)
    survey = await house.radarr.survey(SurveyContext(now=house.now, wanted=wanted))
    (found,) = values(survey, File)
    assert (found.path, found.size, found.file_id) == (file.path, file.size, str(file.id))
    (release,) = values(survey, Wanted)
    assert release.monitored
    assert release.release_at is not None


CINEMA = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("availability", "cinema", "digital", "physical", "expected"),
    [
        ("released", CINEMA, CINEMA + timedelta(days=60), CINEMA + timedelta(days=80), 60),
        ("released", CINEMA, None, CINEMA + timedelta(days=80), 80),
        ("released", CINEMA, None, None, 90),
        ("inCinemas", CINEMA, CINEMA + timedelta(days=60), None, 0),
        ("announced", CINEMA, None, None, 0),
        ("inCinemas", None, CINEMA + timedelta(days=60), None, 60),
        ("released", None, None, None, None),
        ("somethingNew", CINEMA, CINEMA + timedelta(days=30), None, 30),
    ],
)
async def test_release_waits_for_the_minimum_availability(
    house: House,
    availability: str,
    cinema: datetime | None,
    digital: datetime | None,
    physical: datetime | None,
    expected: int | None,
) -> None:
    """The date is the one that Radarr itself waits for."""
    entry = house.sim.radarr.add(dune(house))
    client = RadarrClient(house.session, house.sim.url("radarr"), house.sim.api_key("radarr"))
    movie = await client.movie(entry.id)
    assert movie is not None
    movie = replace(
        movie,
        minimum_availability=availability,
        in_cinemas=cinema,
        digital_release=digital,
        physical_release=physical,
    )
    wanted = None if expected is None else CINEMA + timedelta(days=expected)
    assert release_at(movie) == wanted
