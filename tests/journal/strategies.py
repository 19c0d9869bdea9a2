"""Draw facts, statuses and requests of every kind, from the annotations of their fields."""

from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from types import NoneType
from typing import get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from custom_components.media_status.lifecycle.facts import Fact, FactKind, FactValue
from custom_components.media_status.lifecycle.model import (
    MOVIE,
    ItemKey,
    ProviderIds,
    Service,
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

TEXTS = st.text(max_size=12)
NUMBERS = st.integers(-(2**63) + 1, 2**63 - 1)
ITEMS = st.just(MOVIE) | st.builds(ItemKey, st.integers(0, 40), st.integers(0, 2000))
OFFSETS = st.integers(-23, 23).map(lambda hours: timezone(timedelta(hours=hours)))
# From year 1 to 9999: services say "never" with either.
MOMENTS = st.datetimes(timezones=st.just(UTC) | OFFSETS)

_PLAIN: dict[object, st.SearchStrategy[object]] = {
    bool: st.booleans(),
    int: NUMBERS,
    float: st.floats(allow_nan=False, allow_infinity=False),
    str: TEXTS,
    datetime: MOMENTS,
    set[ItemKey]: st.sets(ITEMS, max_size=5),
    frozenset[ItemKey]: st.frozensets(ITEMS, max_size=5),
    frozenset[int]: st.frozensets(st.integers(0, 40), max_size=5),
    dict[str, str]: st.dictionaries(TEXTS, TEXTS, max_size=3),
    dict[str, str | int]: st.dictionaries(TEXTS, TEXTS | NUMBERS, max_size=3),
    dict[ItemKey, str]: st.dictionaries(ITEMS, TEXTS, max_size=4),
}


def drawn[T](cls: Callable[..., T], **given: st.SearchStrategy[object]) -> st.SearchStrategy[T]:
    """Return a strategy for a dataclass: every field by its annotation, unless given."""
    assert isinstance(cls, type)
    hints = get_type_hints(cls)
    parts = {
        part.name: given[part.name] if part.name in given else _by_hint(hints[part.name])
        for part in fields(cls)
    }
    return st.builds(cls, **parts)


def _by_hint(hint: object) -> st.SearchStrategy[object]:
    if hint in _PLAIN:
        return _PLAIN[hint]
    if get_origin(hint) is tuple:
        return st.lists(_by_hint(get_args(hint)[0]), max_size=3).map(tuple)
    if NoneType in get_args(hint):
        (inner,) = (arm for arm in get_args(hint) if arm is not NoneType)
        return st.none() | _by_hint(inner)
    assert isinstance(hint, type)
    if issubclass(hint, StrEnum):
        return st.sampled_from(list(hint))
    return drawn(hint)


VALUES_BY_KIND: dict[FactKind, st.SearchStrategy[FactValue]] = {
    cls.kind: drawn(cls) for cls in get_args(FactValue.__value__)
}
VALUES = st.one_of(*VALUES_BY_KIND.values())
SUBJECTS = st.one_of(
    st.just(Subject()),
    st.builds(Subject, item=ITEMS),
    st.builds(Subject, download=TEXTS),
)
FACTS = st.builds(
    Fact,
    subject=SUBJECTS,
    connection_id=st.sampled_from(["seerr", "radarr", "sonarr"]),
    service=st.sampled_from(Service),
    value=VALUES,
    seen_at=MOMENTS,
    since=MOMENTS,
    via=st.sampled_from(Via),
)
# A status as the journal can give it back: the speed belongs to the moment alone.
STATUSES = drawn(
    Status,
    items=st.builds(dict),
    speed=st.just(0),
    counts=drawn(Counts),
    explanation=st.none() | drawn(Explanation),
)
REQUESTS = drawn(
    Request,
    id=st.uuids().map(str),
    ids=drawn(ProviderIds),
    facts=st.builds(dict),
    file_items=st.builds(dict),
    item_since=st.builds(dict),
    status=STATUSES,
)


def entries(request_id: str) -> st.SearchStrategy[TimelineEntry]:
    """Return a strategy for timeline entries of one request."""
    values = st.dictionaries(TEXTS, TEXTS | NUMBERS | st.none() | st.booleans(), max_size=2)
    return drawn(TimelineEntry, request_id=st.just(request_id), values=values)
