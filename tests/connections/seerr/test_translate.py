"""Test what Seerr's webhook bodies become."""

from datetime import UTC, datetime
import json

from hypothesis import given, strategies as st
import pytest

from custom_components.media_status.connections.base import Doorbell, Push
from custom_components.media_status.connections.seerr_push import read_push, split_subject
from custom_components.media_status.lifecycle.facts import (
    Ask,
    AskStatus,
    Observation,
    Opening,
    Origin,
)
from custom_components.media_status.lifecycle.model import JsonObject, MediaType, ProviderIds
from tests.connections.samples import FIXTURES, JSON_VALUES, bodies, spoiled

SEEN = datetime(2026, 3, 3, 17, 0, tzinfo=UTC)
SAMPLES = bodies("seerr")
OPENING = {"MEDIA_PENDING", "MEDIA_APPROVED", "MEDIA_AUTO_APPROVED", "MEDIA_FAILED"}
STATUS = {
    "MEDIA_PENDING": AskStatus.PENDING,
    "MEDIA_APPROVED": AskStatus.APPROVED,
    "MEDIA_AUTO_APPROVED": AskStatus.APPROVED,
    "MEDIA_DECLINED": AskStatus.DECLINED,
    "MEDIA_FAILED": AskStatus.FAILED,
    "MEDIA_AVAILABLE": AskStatus.COMPLETED,
}
APPROVED = {"MEDIA_APPROVED", "MEDIA_AUTO_APPROVED"}


def read(payload: JsonObject) -> Push:
    """Translate a body."""
    return read_push("seerr", payload, SEEN)


def only(push: Push) -> Observation:
    """Return the only observation of a push."""
    (observation,) = push.observations
    return observation


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_is_understood(name: str) -> None:
    """Requests speak of their status, everything else is known and silent."""
    body = SAMPLES[name]
    push = read(body)
    kind = str(body["notification_type"])
    assert push.event == kind
    assert push.known
    if kind not in STATUS:
        assert (push.observations, push.doorbells) == ((), frozenset())
        return
    observation = only(push)
    ask = Ask(status=STATUS[kind], available=kind == "MEDIA_AVAILABLE")
    assert [statement.value for statement in observation.statements] == [ask]
    assert (observation.opening is not None) == (kind in OPENING)
    bells = {Doorbell.SELF}
    bells |= {Doorbell.MANAGERS} if kind in APPROVED else set()
    bells |= {Doorbell.LIBRARY} if kind == "MEDIA_AVAILABLE" else set()
    assert push.doorbells == bells
    request, media = body["request"], body["media"]
    assert isinstance(request, dict) and isinstance(media, dict)
    assert observation.title is not None
    assert observation.title.service_id == request["request_id"]
    assert str(observation.title.ids.tmdb) == media["tmdbId"]


def test_samples_cover_every_type() -> None:
    """All request types are among the samples."""
    assert {str(body["notification_type"]) for body in SAMPLES.values()} >= set(STATUS)


def test_a_pending_series_opens_its_seasons() -> None:
    """Seasons, person, year and ids are read from the template's texts."""
    observation = only(read(SAMPLES["media-pending-tv"]))
    assert observation.opening == Opening(
        origin=Origin.SEERR,
        created_at=SEEN,
        seasons=frozenset({1, 2}),
        is_4k=False,
        requested_by="alice",
    )
    title = observation.title
    assert title is not None
    assert title.media_type is MediaType.SERIES
    assert title.ids == ProviderIds(tmdb=95396, tvdb=371980)
    assert (title.title, title.year) == ("Severance", 2022)


@pytest.mark.parametrize(
    "name",
    [
        "media-auto-approved-movie-4k",
        "recorded/pending-movie-4k",
        "recorded/auto-approved-movie-4k",
    ],
)
def test_4k_is_read_from_the_event(name: str) -> None:
    """Only the event's words tell a 4K request."""
    opening = only(read(SAMPLES[name])).opening
    assert opening is not None
    assert opening.is_4k


def test_odd_titles_and_missing_posters() -> None:
    """Titles stay as they are; an address that ends in null is no picture."""
    title = only(read(SAMPLES["recorded/pending-movie-odd-characters"])).title
    assert title is not None
    assert title.title == 'Größe & "Quote" {{subject}} <b>900001</b>'
    assert title.year == 2020
    assert title.poster_url is None


def test_flat_and_unknown_template() -> None:
    """A template of one's own: flat names, variables this version does not know."""
    path = FIXTURES / "seerr" / "webhook" / "recorded" / "all-variables.json"
    cases = json.loads(path.read_text(encoding="utf-8"))["cases"]
    observations = [only(read(case["body"])) for case in cases]
    titles = [observation.title for observation in observations]
    assert [title.service_id for title in titles if title] == ["11", "10"]
    assert [title.ids for title in titles if title] == [
        ProviderIds(tmdb=157336),
        ProviderIds(tmdb=155),
    ]
    assert [o.opening.requested_by for o in observations if o.opening] == ["carol", "bob"]


def test_snake_case_keys() -> None:
    """Home Assistant's own Seerr integration writes snake case."""
    body: JsonObject = {
        "notification_type": "MEDIA_APPROVED",
        "event": "Movie Request Approved",
        "subject": "Heat (1995)",
        "media": {"media_type": "movie", "tmdb_id": "949", "status": "PENDING"},
        "request": {"request_id": "7", "requested_by_username": "bob"},
    }
    observation = only(read(body))
    assert observation.title is not None
    assert observation.title.ids == ProviderIds(tmdb=949)
    assert observation.opening is not None
    assert observation.opening.requested_by == "bob"
    assert not observation.opening.is_4k


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ("4K Movie Request Approved", MediaType.MOVIE),
        ("TV Request Approved", MediaType.SERIES),
        ("Series Request Approved", MediaType.SERIES),
    ],
)
def test_kind_is_guessed_from_the_event_when_the_template_lacks_it(
    event: str, kind: MediaType
) -> None:
    """Without media type the event's words tell it."""
    body: JsonObject = {
        "notification_type": "MEDIA_DECLINED",
        "event": event,
        "request": {"request_id": "7"},
    }
    title = only(read(body)).title
    assert title is not None
    assert title.media_type is kind


def test_a_series_without_seasons_opens_nothing_yet() -> None:
    """The survey that the bell rings for knows the seasons."""
    body = {**SAMPLES["media-approved-tv"], "extra": []}
    push = read(body)
    assert only(push).opening is None
    assert Doorbell.SELF in push.doorbells


def test_a_template_without_event_opens_nothing() -> None:
    """Nobody knows about 4K then; the survey that the bell rings for does."""
    push = read({**SAMPLES["media-approved-movie"], "event": None})
    assert only(push).opening is None
    assert Doorbell.SELF in push.doorbells


@pytest.mark.parametrize("name", ["media-approved-movie", "media-declined-movie"])
def test_without_request_id_only_the_bell_rings(name: str) -> None:
    """The title's ids may mean several requests: none of them is called declined for another's."""
    push = read({**SAMPLES[name], "request": None})
    assert push.observations == ()
    assert push.known
    assert Doorbell.SELF in push.doorbells


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Dune: Part Two (2024)", ("Dune: Part Two", 2024)),
        ("2001: A Space Odyssey (1968)", ("2001: A Space Odyssey", 1968)),
        ("(500) Days of Summer (2009)", ("(500) Days of Summer", 2009)),
        ("Untitled", ("Untitled", None)),
        ("(1984)", ("(1984)", None)),
        ("", (None, None)),
        (None, (None, None)),
    ],
)
def test_subjects(subject: str | None, expected: tuple[str | None, int | None]) -> None:
    """The year is what stands in the last parentheses."""
    assert split_subject(subject) == expected


@pytest.mark.parametrize("kind", ["MEDIA_EXPLODED", "", None, 5, []])
def test_unknown_types_are_unknown(kind: str | int | None) -> None:
    """What Seerr may send one day is no error and says nothing."""
    push = read({**SAMPLES["media-approved-movie"], "notification_type": kind})
    assert (push.known, push.observations, push.doorbells) == (False, (), frozenset())


@given(
    st.dictionaries(st.text(max_size=12), JSON_VALUES, max_size=6), st.sampled_from(sorted(STATUS))
)
def test_any_json_is_survived(payload: JsonObject, kind: str) -> None:
    """No body makes the translation fail."""
    read({**payload, "notification_type": kind})
    read({"media": payload, "request": payload, "extra": [payload], "notification_type": kind})


@given(spoiled(SAMPLES))
def test_spoiled_samples_are_survived_and_read_the_same_twice(payload: JsonObject) -> None:
    """Reading is pure, and never makes an opening without anything to find it by."""
    first = read(payload)
    assert read(payload) == first
    for observation in first.observations:
        assert observation.title is not None
        assert observation.title.service_id or observation.title.ids.pairs()
        if observation.opening and observation.title.media_type is MediaType.SERIES:
            assert observation.opening.seasons
