"""Facts merge the same in any order and any number of times."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations

from hypothesis import given, strategies as st
import pytest

from custom_components.media_status.lifecycle.facts import (
    Ask,
    AskStatus,
    Fact,
    FactValue,
    Grab,
    Outcome,
    Playable,
    Result,
    Transfer,
    TransferPhase,
)
from custom_components.media_status.lifecycle.merge import GONE_AFTER, merged
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


def test_what_two_facts_say_is_of_the_later_one() -> None:
    """Its source is the later one's; since when it is so is the earlier one's if they agree."""
    push = _fact(Ask(status=AskStatus.APPROVED), START, Via.PUSH)
    later = START + timedelta(minutes=1)
    survey = replace(
        _fact(Ask(status=AskStatus.APPROVED), later, Via.SURVEY),
        connection_id="d",
        service=Service.SEERR,
    )
    for found in (merged(push, survey), merged(survey, push)):
        assert found == replace(survey, since=START)
    other = replace(survey, value=Ask(status=AskStatus.DECLINED))
    for found in (merged(push, other), merged(other, push)):
        assert found == other


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Ask(status=AskStatus.APPROVED), Ask(status=AskStatus.PENDING)),
        (Transfer(present=True, progress=0.5), Transfer(present=True, progress=0.25)),
    ],
)
def test_at_the_same_moment_a_survey_is_believed_more_than_a_push(
    one: FactValue, other: FactValue
) -> None:
    """Of two alike the larger text counts, only so that every order ends the same."""
    push, survey = _fact(one, START, Via.PUSH), _fact(other, START, Via.SURVEY)
    assert merged(push, survey) == merged(survey, push) == survey
    same = replace(survey, via=Via.PUSH)
    larger = max(push, same, key=lambda fact: repr(fact.value))
    assert merged(push, same) == merged(same, push) == larger


def test_an_outcome_is_as_old_as_its_event() -> None:
    """History is read in any order; when we read it says nothing."""
    first = _fact(Outcome(result=Result.FAILED, at=START), START + timedelta(hours=1), Via.SURVEY)
    second = _fact(
        Outcome(result=Result.IMPORTED, at=START + timedelta(minutes=1)), START, Via.PUSH
    )
    for found in (merged(first, second), merged(second, first)):
        assert found.value == second.value
        assert found.seen_at == first.seen_at
        assert found.since == second.since


def test_a_grab_is_as_new_as_the_last_one() -> None:
    """The same release grabbed again; how it is described is the later word's."""
    late, early = START + timedelta(minutes=1), START
    one = _fact(Grab(items=frozenset({ItemKey(1, 1)}), at=late, quality="a"), early, Via.SURVEY)
    other = _fact(Grab(items=frozenset({ItemKey(1, 2)}), at=early, quality="b"), late, Via.SURVEY)
    for found in (merged(one, other), merged(other, one)):
        items = frozenset({ItemKey(1, 1), ItemKey(1, 2)})
        assert found.value == Grab(items=items, at=late, quality="b")
        assert (found.seen_at, found.since) == (late, early)


def test_on_a_tie_grabs_are_described_alike_in_any_order() -> None:
    """Their items and times are united, so that only the rest decides."""
    several = [
        _fact(Grab(items=frozenset({ItemKey(1, number)}), at=at, quality=quality), START, Via.PUSH)
        for number, quality in ((3, "a"), (1, "b"), (2, "c"))
        for at in (START, START + timedelta(minutes=number))
    ]
    found = {_all(order) for order in permutations(several)}
    (value,) = {fact.value for fact in found}
    assert isinstance(value, Grab)
    assert value.quality == "c"


def _playable(minutes: float, *, present: bool) -> Fact:
    seen_at = START + timedelta(minutes=minutes)
    return _fact(Playable(present=present, item_id="x"), seen_at, Via.SURVEY)


def test_what_could_be_played_is_gone_after_two_looks_far_enough_apart() -> None:
    """Promise 3; the first look that missed it counts, and one that finds it begins anew."""
    far = GONE_AFTER.total_seconds() / 60
    fact = merged(_playable(0, present=True), _playable(1, present=False))
    assert isinstance(fact.value, Playable)
    assert (fact.value.present, fact.value.missed_at) == (True, START + timedelta(minutes=1))
    for minutes, present in ((far, True), (1 + far, False)):
        found = merged(fact, _playable(minutes, present=False)).value
        assert isinstance(found, Playable)
        assert found.present is present
    again = merged(fact, _playable(2, present=True))
    missed = merged(again, _playable(2 + far / 2, present=False))
    assert isinstance(missed.value, Playable)
    assert missed.value.present
    never = merged(_playable(0, present=False), _playable(1, present=False)).value
    assert never == Playable(present=False, item_id="x")


def test_what_is_said_again_stays_the_same_object() -> None:
    """Surveys repeat tens of thousands of facts."""
    old = _fact(Ask(status=AskStatus.APPROVED), START, Via.SURVEY)
    new = _fact(Ask(status=AskStatus.APPROVED), START + timedelta(minutes=1), Via.SURVEY)
    assert merged(old, new).value is old.value
    assert merged(old, new).subject is old.subject
