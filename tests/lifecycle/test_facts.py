"""Facts merge the same in any order and any number of times."""

from datetime import datetime, timedelta
from itertools import permutations

from hypothesis import given, strategies as st

from custom_components.media_status.lifecycle.facts import (
    Ask,
    AskStatus,
    Fact,
    FactValue,
    Grab,
    Outcome,
    Result,
    Transfer,
    TransferPhase,
)
from custom_components.media_status.lifecycle.merge import merged
from custom_components.media_status.lifecycle.model import ItemKey, Service, Subject, Via

from .world import START

MOMENTS = st.integers(0, 5).map(lambda minutes: START + timedelta(minutes=minutes))
ASKS = st.sampled_from(AskStatus).map(lambda status: Ask(status=status))
GRABS = st.builds(
    Grab,
    items=st.frozensets(st.builds(ItemKey, st.integers(1, 2), st.integers(1, 3)), min_size=1),
    at=MOMENTS,
    quality=st.sampled_from(["1080p", "2160p"]),
)
OUTCOMES = st.builds(Outcome, result=st.sampled_from(Result), at=MOMENTS)
TRANSFERS = st.builds(
    Transfer, present=st.booleans(), phase=st.sampled_from(TransferPhase), progress=st.floats(0, 1)
)


def _fact(value: FactValue, seen_at: datetime, via: Via) -> Fact:
    return Fact(
        subject=Subject(),
        connection_id="c",
        service=Service.RADARR,
        value=value,
        seen_at=seen_at,
        since=seen_at,
        via=via,
    )


def facts(values: st.SearchStrategy[FactValue]) -> st.SearchStrategy[Fact]:
    """Return facts of one kind about one subject."""
    return st.builds(_fact, values, MOMENTS, st.sampled_from([Via.PUSH, Via.SURVEY]))


SEVERAL = st.one_of(
    *(st.lists(facts(kind), min_size=1, max_size=4) for kind in (ASKS, TRANSFERS, GRABS, OUTCOMES))
)


def _all(found: tuple[Fact, ...]) -> Fact:
    result: Fact | None = None
    for fact in found:
        result = merged(result, fact)
    assert result is not None
    return result


def _meaning(fact: Fact) -> tuple[FactValue, datetime]:
    return fact.value, fact.seen_at


@given(SEVERAL)
def test_merging_is_free_of_order_and_repetition(found: list[Fact]) -> None:
    """Any order, with anything repeated, gives one meaning."""
    meanings = {_meaning(_all(order)) for order in permutations(found)}
    assert len(meanings) == 1
    assert {_meaning(_all((*found, again))) for again in found} == meanings


@given(facts(GRABS), facts(GRABS))
def test_a_grab_only_gains_items(one: Fact, other: Fact) -> None:
    """No word about a download takes an item away from it."""
    result = merged(one, other).value
    assert isinstance(one.value, Grab)
    assert isinstance(other.value, Grab)
    assert isinstance(result, Grab)
    assert result.items == one.value.items | other.value.items


@given(facts(ASKS), facts(ASKS))
def test_the_later_word_counts(one: Fact, other: Fact) -> None:
    """Of two different words the later one is believed."""
    earlier, later = sorted((one, other), key=lambda fact: fact.seen_at)
    if earlier.seen_at < later.seen_at:
        assert merged(later, earlier).value == later.value


@given(facts(ASKS), MOMENTS)
def test_since_is_when_the_value_was_first_seen(fact: Fact, seen_at: datetime) -> None:
    """Seeing the same again does not make it younger."""
    again = merged(fact, _fact(fact.value, seen_at, fact.via))
    assert again.since == min(fact.seen_at, seen_at)
