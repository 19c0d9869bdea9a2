"""Tolerant readers for single JSON values: a bad value is None, never an exception."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
import math
import re

type JsonValue = bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None
type JsonObject = dict[str, JsonValue]

# What SQLite and every consumer of ours can hold.
_INT_LIMIT = 2**63
_MAX_NUMBER_TEXT = 40
_TIMESPAN = re.compile(r"^(?:(\d{1,7})\.)?(\d{1,2}):(\d{2}):(\d{2})(?:\.\d+)?$", re.ASCII)


def as_str(value: JsonValue) -> str | None:
    """Return text, or None for blank and for what is no text; numbers become text."""
    if isinstance(value, str):
        text = value.strip()
        if not text.isascii():
            # A lone surrogate (legal in JSON) cannot be stored or sent on.
            text = text.encode("utf-8", "replace").decode("utf-8")
        return text or None
    if isinstance(value, bool) or value is None or not isinstance(value, int | float):
        return None
    return str(value)


def as_text(value: JsonValue) -> str:
    """Return text, the empty string when there is none."""
    return as_str(value) or ""


def as_float(value: JsonValue) -> float | None:
    """Return a finite number; numbers in text are fine, blanks are None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        text = value.strip()
        if not text or len(text) > _MAX_NUMBER_TEXT or not text.isascii() or "_" in text:
            return None
        try:
            value = float(text)
        except ValueError:
            return None
    if not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def as_int(value: JsonValue) -> int | None:
    """Return a 64-bit whole number; fractions are cut, blanks are None."""
    if value is None:
        return None
    if isinstance(value, str):
        text = value.strip()
        if text.removeprefix("-").isdecimal() and text.isascii() and len(text) <= _MAX_NUMBER_TEXT:
            value = int(text)
    if isinstance(value, bool):
        return None
    if not isinstance(value, int):
        number = as_float(value)
        if number is None:
            return None
        value = int(number)
    return value if -_INT_LIMIT <= value < _INT_LIMIT else None


def as_id(value: JsonValue) -> int | None:
    """Return a positive whole number: the services use 0 for "none"."""
    number = as_int(value)
    return number if number is not None and number > 0 else None


def as_bool(value: JsonValue) -> bool | None:
    """Return a truth value, or None when it is not clearly one."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return {"true": True, "1": True, "false": False, "0": False}.get(value.strip().lower())
    if isinstance(value, int) and value in {0, 1}:
        return value == 1
    return None


def as_list(value: JsonValue) -> list[JsonValue]:
    """Return the list, or an empty one."""
    return value if isinstance(value, list) else []


def as_dict(value: JsonValue) -> JsonObject:
    """Return the object, or an empty one."""
    return value if isinstance(value, dict) else {}


def as_objects(value: JsonValue) -> list[JsonObject]:
    """Return the objects of a list; everything else in it is left out."""
    return [entry for entry in as_list(value) if isinstance(entry, dict)]


def as_texts(value: JsonValue) -> tuple[str, ...]:
    """Return the non-blank texts of a list."""
    return tuple(text for entry in as_list(value) if (text := as_str(entry)) is not None)


def as_ids(value: JsonValue) -> frozenset[int]:
    """Return the positive numbers of a list."""
    return frozenset(number for entry in as_list(value) if (number := as_id(entry)) is not None)


def as_datetime(value: JsonValue) -> datetime | None:
    """Return an aware UTC time from ISO 8601 text with any number of fraction digits.

    Text without an offset counts as UTC, a bare date as its midnight. The year 1 (what .NET
    writes for "never") is None.
    """
    if not isinstance(value, str) or not (text := value.strip()) or len(text) > _MAX_NUMBER_TEXT:
        return None
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except ValueError, OverflowError:
        return None
    return moment if moment.year > 1 else None


def as_seconds(value: JsonValue) -> int | None:
    """Return the seconds of a .NET time span `[d.]hh:mm:ss[.f]`."""
    match = _TIMESPAN.match(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def as_download_id(value: JsonValue) -> str | None:
    """Return a download id in lower case, the form in which ids are compared."""
    text = as_str(value)
    return text.lower() if text else None


def as_web_url(value: JsonValue) -> str | None:
    """Return an absolute http(s) address."""
    text = as_str(value)
    return text if text and text.lower().startswith(("http://", "https://")) else None


def project[T](
    elements: Iterable[JsonValue], build: Callable[[JsonObject], T | None]
) -> tuple[list[T], int]:
    """Build one result per element; return them and how many elements were unusable."""
    built: list[T] = []
    dropped = 0
    for element in elements:
        result = build(element) if isinstance(element, dict) else None
        if result is None:
            dropped += 1
        else:
            built.append(result)
    return built, dropped
