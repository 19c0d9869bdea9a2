"""Test what people and programs are shown of requests, facts and connections."""

from datetime import UTC, datetime, timedelta
import json

from hypothesis import given, strategies as st
import pytest

from custom_components.media_status.lifecycle.facts import Fact, File, Origin, Queue, QueuePhase
from custom_components.media_status.lifecycle.forecast import Forecast
from custom_components.media_status.lifecycle.model import (
    MOVIE,
    ItemKey,
    MediaType,
    Service,
    Stage,
    Subject,
    Via,
)
from custom_components.media_status.lifecycle.request import (
    Counts,
    Explanation,
    Request,
    Status,
    TimelineEntry,
)
from custom_components.media_status.serialize import (
    explanation_json,
    facts_json,
    items_json,
    percent,
    poster_url,
    request_attributes,
    request_json,
    scrub,
    timeline_json,
    without_userinfo,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
READY = Forecast(
    at=NOW + timedelta(hours=1), earliest=NOW, latest=NOW + timedelta(hours=2, minutes=5)
)


def a_request(**fields: object) -> Request:
    """Return a request of a film, with some fields set."""
    request = Request(
        id="r1",
        media_type=MediaType.MOVIE,
        origin=Origin.SEERR,
        created_at=NOW,
        opened_at=NOW,
        title="Dune",
        items={MOVIE},
    )
    for name, value in fields.items():
        setattr(request, name, value)
    return request


def a_fact(value: File | Queue, subject: Subject) -> Fact:
    """Return a surveyed fact."""
    return Fact(
        subject=subject,
        connection_id="c1",
        service=Service.RADARR,
        value=value,
        seen_at=NOW,
        since=NOW,
        via=Via.SURVEY,
    )


def test_attributes_are_exactly_those_of_the_design() -> None:
    """The names fixed for the outside world, and no other."""
    attributes = request_attributes(a_request(), sentence=None, watch_url=None)
    assert list(attributes) == [
        "request_id",
        "media_type",
        "is_anime",
        "year",
        "progress",
        "eta",
        "requested_by",
        "quality",
        "episodes",
        "stuck",
        "explanation",
        "jellyfin_url",
    ]


@given(text=st.text(max_size=50), times=st.integers(1, 3000))
def test_attributes_stay_small_for_any_text(text: str, times: int) -> None:
    """No title, person, quality or reason of a service makes the attributes exceed 4 KiB."""
    huge = text * times
    request = a_request(
        title=huge,
        requested_by=huge,
        poster_url=f"https://image.tmdb.org/{huge}",
        status=Status(
            stage=Stage.DOWNLOADING,
            quality=huge,
            counts=Counts(total=10**6),
            progress=0.5,
            eta=NOW,
            ready=READY,
            stuck=True,
        ),
    )
    attributes = request_attributes(
        request, sentence=huge, watch_url=f"https://watch.example/{huge}"
    )
    shown = attributes | {"picture": poster_url(request)}
    encoded = json.dumps(shown, ensure_ascii=False).encode()
    assert len(encoded) < 4096


@pytest.mark.parametrize(
    ("stage", "ready", "eta"),
    [
        (Stage.DOWNLOADING, READY, "2026-11-21T13:00:00+00:00"),
        (Stage.SYNCING_LIBRARY, READY, "2026-11-21T13:00:00+00:00"),
        (Stage.DOWNLOADING, None, "2026-11-21T12:00:00+00:00"),
        (Stage.GRABBING, None, "2026-11-21T12:00:00+00:00"),
        (Stage.IMPORTING, None, None),
        (Stage.SYNCING_LIBRARY, None, None),
    ],
)
def test_when_it_is_ready(stage: Stage, ready: Forecast | None, eta: str | None) -> None:
    """The forecast, else the end of what is being downloaded, else nothing rather than wrong."""
    request = a_request(status=Status(stage=stage, eta=NOW, ready=ready))
    assert request_attributes(request, sentence=None, watch_url=None)["eta"] == eta


@pytest.mark.parametrize(
    ("ready", "shown"),
    [
        (None, None),
        (
            READY,
            {
                "at": "2026-11-21T13:00:00+00:00",
                "earliest": "2026-11-21T12:00:00+00:00",
                "latest": "2026-11-21T14:05:00+00:00",
            },
        ),
    ],
)
def test_a_forecast_comes_with_its_range(
    ready: Forecast | None, shown: dict[str, str] | None
) -> None:
    """A card can say "between nine and ten"."""
    request = a_request(status=Status(stage=Stage.DOWNLOADING, ready=ready))
    told = request_json(request, sentence=None, watch_url=None, entity_id=None, is_admin=False)
    assert told["forecast"] == shown


@pytest.mark.parametrize(
    ("progress", "shown"),
    [
        (None, None),
        (0.0, 0.0),
        (0.4149, 41.5),
        (0.99999, 99.9),
        (1.0, 100.0),
        (1.7, 100.0),
        (-1.0, 0.0),
    ],
)
def test_percent(progress: float | None, shown: float | None) -> None:
    """A hundred is only shown when everything is there."""
    assert percent(progress) == shown


@pytest.mark.parametrize(
    ("url", "is_shown"),
    [
        ("https://image.tmdb.org/t/p/w500/a.jpg", True),
        ("https://artworks.thetvdb.com/banners/a.jpg", True),
        ("http://image.tmdb.org/a.jpg", False),
        ("https://image.tmdb.org.evil.example/a.jpg", False),
        ("https://user@image.tmdb.org/a.jpg", False),
        ("https://image.tmdb.org:8443/a.jpg", False),
        ("https://192.168.1.2/a.jpg?apikey=1", False),
        ("javascript:alert(1)", False),
        ("https://[broken/a.jpg", False),
        ("", False),
        (None, False),
    ],
)
def test_only_public_posters_are_shown(url: str | None, is_shown: bool) -> None:
    """A poster comes from one of the two public hosts, over https."""
    assert (poster_url(a_request(poster_url=url)) is not None) is is_shown


@pytest.mark.parametrize(
    "secret",
    [
        "http://radarr.lan:7878/api?apikey=abc",
        "192.168.1.20:8080",
        "192.168.1.20",
        "nas.local:8989",
        "[fe80::1]:80",
        "2001:db8:1:2:3:4:5:6",
        "/srv/media/films/Dune.mkv",
        r"C:\media\Dune.mkv",
        r"\\nas\media\Dune.mkv",
    ],
)
def test_addresses_and_paths_are_scrubbed(secret: str) -> None:
    """What shows the network or the disks is taken out of a message; the rest stays."""
    scrubbed = scrub(f"Import failed, {secret} is not there")
    assert scrubbed == "Import failed, … is not there"


def test_brackets_around_a_path_stay() -> None:
    """Only what belongs to a path is taken out."""
    assert scrub("[/data/films] is not there") == "[…] is not there"


@pytest.mark.parametrize(
    "text", ["Not a Custom Format upgrade", "at 12:30:45", "4K and/or HD", "S01E02"]
)
def test_plain_messages_stay(text: str) -> None:
    """Times, episode numbers and slashes between words are no addresses."""
    assert scrub(text) == text


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://anna:pw@nas.lan:8080/base?key=1#x", "http://nas.lan:8080/base"),
        ("https://watch.example", "https://watch.example"),
        ("javascript:alert(1)", None),
        ("http://[broken", None),
        ("", None),
    ],
)
def test_web_addresses_lose_what_is_secret(url: str, shown: str | None) -> None:
    """User, password, query and fragment are not part of where a service is."""
    assert without_userinfo(url) == shown


def test_paths_are_for_administrators() -> None:
    """Others see that there is a file, not where it lies."""
    fact = a_fact(File(present=True, path="/media/Dune.mkv", size=5), Subject(item=MOVIE))
    (for_admin,) = facts_json([fact], is_admin=True)
    (for_others,) = facts_json([fact], is_admin=False)
    assert isinstance(for_admin, dict)
    assert isinstance(for_others, dict)
    assert for_admin["subject"] == {"item": "movie"}
    assert for_admin["value"] == {
        "present": True,
        "path": "/media/Dune.mkv",
        "size": 5,
        "quality": None,
        "file_id": None,
    }
    assert "/media" not in json.dumps(for_others)
    assert for_others["via"] == "survey"


def test_messages_of_services_are_scrubbed_for_others() -> None:
    """A message may name an address; administrators need it, others do not."""
    queue = Queue(
        present=True,
        phase=QueuePhase.IMPORT_BLOCKED,
        eta=NOW,
        messages=("No files in /downloads/x", "http://nas.lan:8080 refused"),
    )
    fact = a_fact(queue, Subject(download="abc"))
    assert "nas.lan" in json.dumps(facts_json([fact], is_admin=True))
    shown = json.dumps(facts_json([fact], is_admin=False), ensure_ascii=False)
    assert "nas.lan" not in shown
    assert "/downloads" not in shown
    assert '"phase": "import_blocked"' in shown


def test_explanations_and_timelines_follow_the_same_rule() -> None:
    """Values of explanations and of what happened are scrubbed like facts."""
    reason = Explanation(
        code="import_blocked", values={"reason": "No files in /data"}, since=NOW, needs_person=True
    )
    assert explanation_json(None, None, is_admin=True) is None
    shown = explanation_json(reason, "Blocked: …", is_admin=False)
    assert shown is not None
    assert shown["values"] == {"reason": "No files in …"}
    assert shown["needs_person"] is True
    entry = TimelineEntry(
        request_id="r1", at=NOW, code="grabbed", service=Service.RADARR, values={"path": "/data"}
    )
    assert timeline_json(entry, is_admin=False)["values"] == {}
    assert timeline_json(entry, is_admin=True)["values"] == {"path": "/data"}


def test_items_are_in_order_and_named() -> None:
    """Episodes come in order, each with its title and stage."""
    second, first = ItemKey(1, 2), ItemKey(1, 1)
    request = a_request(
        media_type=MediaType.SERIES,
        items={second, first},
        item_titles={first: "Good News About Hell"},
        status=Status(stage=Stage.SEARCHING, items={first: Stage.AVAILABLE}),
    )
    assert items_json(request) == [
        {
            "item": "S01E01",
            "season": 1,
            "number": 1,
            "title": "Good News About Hell",
            "stage": "available",
        },
        {"item": "S01E02", "season": 1, "number": 2, "title": None, "stage": None},
    ]


def test_requests_are_serialisable_and_scrubbed() -> None:
    """A request becomes JSON; only administrators read addresses in its explanation."""
    explanation = Explanation(code="import_blocked", values={"reason": "/data is gone"})
    request = a_request(status=Status(stage=Stage.IMPORTING, explanation=explanation))
    sentences = {}
    for is_admin in (True, False):
        shown = request_json(
            request,
            sentence="Blocked: /data is gone",
            watch_url=None,
            entity_id="sensor.dune",
            is_admin=is_admin,
        )
        assert json.loads(json.dumps(shown)) == shown
        assert isinstance(shown["explanation"], dict)
        sentences[is_admin] = shown["explanation"]["sentence"]
    assert sentences == {True: "Blocked: /data is gone", False: "Blocked: … is gone"}
