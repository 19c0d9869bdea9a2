"""Facts, requests and statuses survive being written as JSON, and odd JSON breaks nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
import importlib
import json
import time

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.media_status.lifecycle import codec
from custom_components.media_status.lifecycle.facts import (
    Ask,
    AskStatus,
    Fact,
    FactKind,
    Grab,
    Origin,
    Playable,
    Queue,
    Transfer,
    TransferPhase,
)
from custom_components.media_status.lifecycle.model import (
    MOVIE,
    ItemKey,
    JsonValue,
    MediaType,
    Service,
    Stage,
    Subject,
    Via,
)
from custom_components.media_status.lifecycle.request import Explanation, Request, Status
from tests.journal.strategies import FACTS, ITEMS, MOMENTS, REQUESTS, STATUSES, VALUES_BY_KIND

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@pytest.fixture(autouse=True)
def fresh_tables() -> None:
    """Make the tables of the codec anew: a mutated one may fail to make them (scripts/mutate)."""
    importlib.reload(codec)


def through_text(data: JsonValue) -> JsonValue:
    """Return JSON after it was text, as the journal keeps it."""
    read: JsonValue = json.loads(json.dumps(data))
    return read


def decoded(row: codec.FactRow) -> Fact | None:
    """Return the fact of a row, or None when its value or its frame cannot be understood."""
    value = codec.decode_value(row.kind, row.value)
    return None if value is None else codec.framed(row, value)


def test_every_kind_is_covered() -> None:
    """A new kind of fact is drawn by the tests below without a change here."""
    assert VALUES_BY_KIND.keys() == set(FactKind)


@pytest.mark.parametrize("kind", FactKind)
@settings(max_examples=60)
@given(data=st.data())
def test_values_of_each_kind_survive(kind: FactKind, data: st.DataObject) -> None:
    """A value of each kind reads back as it was."""
    value = data.draw(VALUES_BY_KIND[kind])
    assert codec.decode_value(kind, through_text(codec.encode_value(value))) == value


@given(FACTS)
def test_facts_survive(fact: Fact) -> None:
    """A fact reads back with its subject, source and moments."""
    row = codec.encode_fact(fact)
    value = through_text(row.value)
    assert isinstance(value, dict)
    assert decoded(row._replace(value=value)) == fact


@given(REQUESTS)
def test_requests_survive_without_facts_and_status(request: Request) -> None:
    """Every own field of a request reads back as it was."""
    expected = replace(request, facts={}, status=Status(stage=Stage.REQUESTED))
    assert codec.decode_request(through_text(codec.encode_request(request))) == expected


@given(STATUSES)
def test_statuses_survive(status: Status) -> None:
    """What the journal keeps of a status reads back as it was."""
    assert codec.decode_status(through_text(codec.encode_status(status))) == status


def test_a_status_takes_its_items_back() -> None:
    """The items' stages are kept beside the status; the speed is not kept at all."""
    items = {ItemKey(1, 1): Stage.AVAILABLE, ItemKey(1, 2): Stage.SEARCHING}
    status = Status(stage=Stage.PARTIALLY_AVAILABLE, items=items, speed=5)
    written = codec.encode_status(status)
    assert "items" not in written
    assert "speed" not in written
    assert codec.decode_status(written, items) == replace(status, speed=0)


def test_defaults_are_left_out() -> None:
    """The written form is small: what a field is by default is not written."""
    assert codec.encode_value(Transfer(present=False)) == {"present": False}
    assert codec.encode_value(Queue(present=True, messages=("a", "b"))) == {
        "present": True,
        "messages": ["a", "b"],
    }


def test_items_are_pairs_in_order() -> None:
    """Equal sets of items give equal text."""
    grab = Grab(items=frozenset({ItemKey(2, 1), MOVIE, ItemKey(1, 10), ItemKey(1, 9)}), at=NOON)
    assert codec.encode_value(grab) == {
        "items": [[-1, -1], [1, 9], [1, 10], [2, 1]],
        "at": "2026-03-01T12:00:00+00:00",
    }


@given(st.frozensets(ITEMS))
def test_items_survive(items: frozenset[ItemKey]) -> None:
    """Items read back as they were."""
    assert codec.decode_items(through_text(codec.encode_items(items))) == items


@given(MOMENTS)
def test_moments_survive(moment: datetime) -> None:
    """A moment of any zone reads back as the same moment."""
    assert codec.decode_time(codec.encode_time(moment)) == moment


@given(MOMENTS, MOMENTS)
def test_texts_of_moments_sort_as_the_moments_do(one: datetime, other: datetime) -> None:
    """SQL can compare moments as text."""
    # The first and last days of the calendar have no UTC in every zone.
    edge = timedelta(days=2)
    low, high = datetime.min.replace(tzinfo=UTC) + edge, datetime.max.replace(tzinfo=UTC) - edge
    one, other = (min(max(moment, low), high) for moment in (one, other))
    assert (codec.encode_time(one) < codec.encode_time(other)) is (one < other)


def test_moments_are_written_in_utc() -> None:
    """A local time is written in UTC."""
    moment = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert codec.encode_time(moment) == "2026-03-01T12:00:00+00:00"


def test_moments_are_written_in_utc_wherever_the_house_stands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not in the machine's own zone."""
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "Asia/Kathmandu")
        time.tzset()
        moment = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
        assert codec.encode_time(moment) == "2026-03-01T12:00:00+00:00"
    time.tzset()


def test_a_moment_of_any_zone_is_read_as_that_moment() -> None:
    """Not every writer writes UTC."""
    assert codec.decode_time("2026-03-01T17:30:00+05:30") == NOON


def test_a_moment_without_zone_is_read_as_utc() -> None:
    """A text without an offset cannot make a naive moment."""
    assert codec.decode_time("2026-03-01T12:00:00") == NOON


def test_unknown_fields_are_skipped() -> None:
    """What a newer version added does not hide what this one knows."""
    data: JsonValue = {"status": "approved", "colour": "blue", "nested": {"a": [1]}}
    assert codec.decode_value("ask", data) == Ask(status=AskStatus.APPROVED)


def test_unknown_kinds_are_skipped() -> None:
    """A kind that only a newer version knows is not an error."""
    assert codec.decode_value("smell", {"present": True}) is None


@pytest.mark.parametrize("odd", [[1], {"a": 1}, 1.5, True])
def test_values_of_a_reason_are_texts_and_whole_numbers(odd: JsonValue) -> None:
    """Anything else is as good as none."""
    reason: dict[str, JsonValue] = {"code": "queued", "values": {"position": 3, "name": "x"}}
    read = codec.decode_status({"stage": "searching", "explanation": reason})
    assert read is not None
    assert read.explanation == Explanation(code="queued", values={"position": 3, "name": "x"})
    reason["values"] = {"position": odd}
    read = codec.decode_status({"stage": "searching", "explanation": reason})
    assert read is not None
    assert read.explanation == Explanation(code="queued")


def test_an_unknown_word_is_unknown_where_it_may_be() -> None:
    """A newer word in a field that may be unknown reads as unknown."""
    data: JsonValue = {"present": True, "phase": "teleporting", "speed": 7}
    assert codec.decode_value("transfer", data) == Transfer(present=True, phase=None, speed=7)


def test_a_fact_that_says_nothing_without_the_unknown_word_is_skipped() -> None:
    """A newer word in a field that must be known makes the value unknown."""
    assert codec.decode_value("ask", {"status": "pondering"}) is None


@pytest.mark.parametrize(
    "data",
    [{}, {"items": "all", "at": "2026-03-01"}, {"items": [[1]], "at": "2026-03-01"}, [], None],
)
def test_a_grab_without_its_items_is_skipped(data: JsonValue) -> None:
    """A grab is never read as one of fewer items."""
    assert codec.decode_value("grab", data) is None


@pytest.mark.parametrize(
    ("field", "wrong"),
    [("present", 1), ("progress", "0.5"), ("speed", 1.5), ("speed", True), ("phase", 3)],
)
def test_wrong_types_are_not_taken(field: str, wrong: JsonValue) -> None:
    """A value of another type is as good as missing."""
    right: dict[str, JsonValue] = {"present": True, "phase": "done"}
    read = codec.decode_value("transfer", right | {field: wrong})
    if field == "present":
        assert read is None
    else:
        phase = None if field == "phase" else TransferPhase.DONE
        assert read == Transfer(present=True, phase=phase)


def test_whole_numbers_are_taken_for_fractions() -> None:
    """JSON writers may drop the `.0`."""
    assert codec.decode_value("transfer", {"present": True, "progress": 1}) == Transfer(
        present=True, progress=1.0
    )


@given(st.sampled_from(FactKind), JSON)
def test_odd_values_break_nothing(kind: FactKind, data: JsonValue) -> None:
    """Any JSON is a value or unknown, never an error."""
    read = codec.decode_value(kind, data)
    assert read is None or read.kind is kind


@given(st.dictionaries(st.sampled_from(list(Request.__slots__)), JSON))
def test_odd_requests_break_nothing(data: dict[str, JsonValue]) -> None:
    """Any JSON object is a request or unknown, never an error."""
    read = codec.decode_request(data)
    assert read is None or isinstance(read, Request)


@pytest.mark.parametrize("field", ["service", "via", "seen_at", "subject"])
def test_a_fact_with_an_unreadable_frame_is_skipped(field: str) -> None:
    """A fact needs a readable source, subject and moment."""
    fact = Fact(
        subject=Subject(item=MOVIE),
        connection_id="jellyfin",
        service=Service.JELLYFIN,
        value=Playable(present=True),
        seen_at=NOON,
        since=NOON,
        via=Via.SURVEY,
    )
    row = codec.encode_fact(fact)
    assert decoded(row) == fact
    assert decoded(codec.FactRow(**{**row._asdict(), field: "i:x:y"})) is None


def test_a_request_needs_what_identifies_it() -> None:
    """Without its identity a document is no request."""
    request = Request(
        id="a",
        media_type=MediaType.MOVIE,
        origin=Origin.RADARR,
        created_at=NOON,
        opened_at=NOON,
    )
    written = codec.encode_request(request)
    assert codec.decode_request(written) == request
    needed = ("id", "media_type", "origin", "created_at", "opened_at")
    assert set(written) == set(needed)
    for name in needed:
        assert codec.decode_request({key: written[key] for key in written if key != name}) is None
