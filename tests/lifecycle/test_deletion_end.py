"""Test when a deletion is over, what is looked at afterwards, and how it is tried again."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from custom_components.media_status.lifecycle.deletion import StepStatus
from custom_components.media_status.lifecycle.deletion_job import (
    AGAIN_AFTER,
    PERSISTENCE,
    Duty,
    Job,
    due,
    failed,
    looked_again,
    next_due,
    refused,
    rehearsed,
    settled,
    tried_again,
)

from .deletion_jobs import (
    ALONE,
    FIRST,
    LATER,
    LEFT,
    MINUTE,
    SECOND,
    accepted,
    job_of,
    state,
    step,
    verified,
)
from .deletion_world import NOON

# --- The end -------------------------------------------------------------------------------------


def test_a_job_ends_when_all_has_gone() -> None:
    """Once more it is looked at later; then only what has gone is."""
    job = verified(job_of(FIRST, SECOND, LEFT), FIRST)
    assert settled(job, LATER) is job
    job = settled(verified(job, SECOND), LATER)
    assert (job.ended_at, job.again_at) == (LATER, LATER + AGAIN_AFTER)
    assert not job.is_open
    assert settled(job, LATER + MINUTE) is job
    again = LATER + AGAIN_AFTER
    assert next_due(job) == again
    assert due(job, again - MINUTE) == []
    assert due(job, again) == [(FIRST, Duty.LOOK), (SECOND, Duty.LOOK)]
    assert due(replace(job, again_at=None), job.deadline) == []


def test_what_failed_is_not_looked_at_after_the_end() -> None:
    """It is known to be there."""
    job = refused(verified(job_of(FIRST, ALONE), ALONE), "first", NOON, reason="changed")
    job = settled(job, NOON)
    assert due(job, NOON + AGAIN_AFTER) == [(ALONE, Duty.LOOK)]


def test_a_failed_step_that_is_tried_again_keeps_the_job_open() -> None:
    """And those behind it, until the day is over."""
    job = failed(job_of(FIRST, SECOND), "first", NOON, reason="no_answer", message="502")
    assert settled(job, job.deadline - MINUTE) is job
    over = settled(job, job.deadline)
    assert over.ended_at == job.deadline
    assert state(over) == replace(state(job), next_at=None, ended_at=job.deadline)
    assert state(over).reason == "no_answer"
    assert state(over, "second").reason == "stopped"
    assert {one.status for one in over.states.values()} == {StepStatus.FAILED}


def test_what_was_never_tried_in_its_day_was_given_up() -> None:
    """Home Assistant may have been off; nothing is called for too late."""
    job = settled(accepted(job_of(FIRST, ALONE)), NOON + PERSISTENCE)
    assert [state(job, name).reason for name in ("first", "alone")] == ["gave_up", "gave_up"]
    assert due(job, NOON + PERSISTENCE) == []


def test_a_chain_is_stopped_by_its_first_step() -> None:
    """However far behind a step is."""
    third = step("third", "second")
    job = settled(refused(job_of(FIRST, SECOND, third), "first", NOON, reason="changed"), NOON)
    assert job.ended_at == NOON
    assert [state(job, name).reason for name in ("second", "third")] == ["stopped", "stopped"]


def test_a_step_that_waits_for_two_needs_both() -> None:
    """One that has gone does not make up for one that never will."""
    both = step("both", "alone", "first")
    job = verified(job_of(FIRST, ALONE, both), ALONE)
    assert due(job, NOON) == [(FIRST, Duty.REMOVE)]
    job = settled(refused(job, "first", NOON, reason="changed"), NOON)
    assert state(job, "both").reason == "stopped"


def test_a_rehearsal_sends_nothing_and_is_not_looked_at_again() -> None:
    """Each step says what would have been sent."""
    job = failed(job_of(FIRST, is_dry_run=True), "first", NOON, reason="x")
    job = rehearsed(job, "first", LATER, call="DELETE /x")
    assert state(job) == replace(
        state(job_of(FIRST)),
        status=StepStatus.SKIPPED,
        reason="dry_run",
        message="DELETE /x",
        attempts=1,
        looks=1,
        next_at=None,
        ended_at=LATER,
    )
    job = settled(job, LATER)
    assert (job.ended_at, job.again_at) == (LATER, None)


# --- After the end -------------------------------------------------------------------------------


def test_a_look_that_is_known_is_the_last_one() -> None:
    """Whenever that is."""
    job = settled(verified(job_of(FIRST), FIRST), NOON)
    assert looked_again(job, LATER) == replace(job, again_at=None)


def test_while_it_is_not_known_it_is_looked_at_every_hour_for_a_day() -> None:
    """Then nobody asks any more."""
    job, hours = settled(verified(job_of(FIRST), FIRST), NOON), []
    while (at := next_due(job)) is not None:
        hours.append((at - NOON) / AGAIN_AFTER)
        job = looked_again(job, at, is_known=False)
    assert hours == list(range(1, 25))


def test_a_job_that_goes_on_is_not_looked_at_again_yet() -> None:
    """Somebody may have asked for another try in the meantime."""
    assert looked_again(job_of(FIRST), LATER, is_known=False).again_at is None


@pytest.mark.parametrize(
    "end",
    [
        lambda job: refused(job, "first", NOON, reason="changed"),
        lambda job: failed(job, "first", NOON, reason="no_answer"),
    ],
)
def test_a_person_can_ask_for_another_day(end: Callable[[Job], Job]) -> None:
    """For what failed only; it is due at once."""
    job = settled(end(verified(job_of(FIRST, ALONE, LEFT), ALONE)), NOON + PERSISTENCE)
    assert not job.is_open
    now = NOON + 3 * PERSISTENCE
    again = tried_again(job, now)
    assert again.is_open
    assert (again.deadline, again.again_at) == (now + PERSISTENCE, None)
    assert state(again) == replace(state(job), looks=0, next_at=now, ended_at=None)
    assert state(again, "alone") == state(job, "alone")
    assert state(again, "left") == state(job, "left")
    assert [one for one, _ in due(again, now)] == [FIRST]
