"""Readers take anything that JSON can hold and return something usable or nothing."""

from datetime import UTC, datetime, timedelta, timezone
import json
import math

from hypothesis import given, strategies as st
import pytest

from custom_components.media_status.clients.readers import (
    JsonObject,
    JsonValue,
    as_bool,
    as_datetime,
    as_dict,
    as_float,
    as_id,
    as_ids,
    as_int,
    as_list,
    as_objects,
    as_seconds,
    as_str,
    as_text,
    as_texts,
    as_web_url,
    project,
)

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None, exclude_categories=()))
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))


@given(VALUES)
def test_no_value_breaks_a_reader(value: JsonValue) -> None:
    """Every reader answers every value, and what it returns can be stored and sent on."""
    number, whole, text = as_float(value), as_int(value), as_str(value)
    assert number is None or math.isfinite(number)
    assert whole is None or -(2**63) <= whole < 2**63
    assert text is None or (text.strip() and text.encode("utf-8"))
    assert as_text(value) == (text or "")
    assert as_bool(value) in {None, True, False}
    assert (as_id(value) or 1) > 0
    moment = as_datetime(value)
    assert moment is None or moment.utcoffset() == timedelta(0)
    assert isinstance(as_list(value), list)
    assert isinstance(as_dict(value), dict)
    assert all(isinstance(entry, dict) for entry in as_objects(value))
    assert all(as_texts(value))
    assert all(entry > 0 for entry in as_ids(value))
    assert as_seconds(value) is None or (as_seconds(value) or 0) >= 0
    assert (as_web_url(value) or "http://").lower().startswith("http")


@given(st.integers(-(2**63), 2**63 - 1))
def test_a_number_is_the_same_as_its_text(number: int) -> None:
    """Numbers as strings are read as the same numbers, however large."""
    assert as_int(number) == as_int(str(number)) == as_int(f" {number} ") == number
    assert as_str(number) == str(number)


@given(st.integers(min_value=2**63) | st.integers(max_value=-(2**63) - 1))
def test_numbers_beyond_64_bits_are_nothing(number: int) -> None:
    """What no database column holds is not a number."""
    assert as_int(number) is None
    assert as_int(str(number)) is None


@given(
    st.datetimes(min_value=datetime(2, 1, 2), max_value=datetime(9998, 12, 30)),
    st.integers(-14 * 60, 14 * 60),
    st.integers(0, 7),
)
def test_times_in_any_zone_and_precision(
    moment: datetime, offset_minutes: int, digits: int
) -> None:
    """ISO times with 0 to 7 fraction digits and any offset are the same moment in UTC."""
    aware = moment.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=offset_minutes)))
    text = aware.isoformat()
    fraction = f".{'1234567'[:digits]}" if digits else ""
    parsed = as_datetime(text[:19] + fraction + text[19:])
    assert parsed is not None
    assert parsed.tzinfo is UTC
    assert parsed.replace(microsecond=0) == aware


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-02-18T15:40:44.522674Z", datetime(2026, 2, 18, 15, 40, 44, 522674, UTC)),
        ("2026-09-20T19:02:55.1234567Z", datetime(2026, 9, 20, 19, 2, 55, 123456, UTC)),
        ("2026-09-20T21:02:55+02:00", datetime(2026, 9, 20, 19, 2, 55, 0, UTC)),
        ("2022-02-17", datetime(2022, 2, 17, 0, 0, 0, 0, UTC)),
        ("0001-01-01T00:00:00Z", None),
        ("", None),
        ("soon", None),
        ("9999-12-31T23:59:59-12:00", None),
        (1795209618, None),
    ],
)
def test_times_as_the_services_write_them(text: JsonValue, expected: datetime | None) -> None:
    """The forms seen in the samples, and what is no time."""
    assert as_datetime(text) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", None),
        (" ", None),
        ("12", 12),
        ("1.9", 1),
        (7.0, 7),
        (True, None),
        ("0x1F", None),
        ("1_000", None),
        (None, None),
        ([], None),
        ("-3", -3),
        ("nan", None),
        ("1e3", 1000),
    ],
)
def test_whole_numbers(value: JsonValue, expected: int | None) -> None:
    """Blanks are no number, truth values neither."""
    assert as_int(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("00:12:33", 753),
        ("1.02:00:00", 93600),
        ("00:00:01.5000000", 1),
        ("", None),
        ("12:33", None),
        (5, None),
    ],
)
def test_time_spans(value: JsonValue, expected: int | None) -> None:
    """.NET time spans become seconds."""
    assert as_seconds(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("true", True), ("False", False), (1, True), (0, False), ("1", True), (2, None), ("", None)],
)
def test_truth_values(value: JsonValue, expected: bool | None) -> None:
    """Only what clearly is a truth value is one."""
    assert as_bool(value) is expected


def test_unpaired_surrogates_can_be_stored() -> None:
    """A lone surrogate, legal in JSON, is replaced."""
    assert as_str(json.loads('"caf\\u00e9 \\ud800!"')) == "café ?!"


def test_unusable_elements_are_dropped_and_counted() -> None:
    """One bad element does not cost the others."""

    def build(raw: JsonObject) -> int | None:
        return as_int(raw.get("id"))

    assert project([{"id": 1}, None, {"id": "x"}, {"id": "2"}, 7, []], build) == ([1, 2], 4)
