"""Test what calls, looks and failures mean for a single step of a deletion."""

from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.media_status.lifecycle.deletion import StepStatus
from custom_components.media_status.lifecycle.deletion_job import (
    PERSISTENCE,
    SETTLING,
    Duty,
    Job,
    JobStatus,
    Sight,
    StepState,
    begun,
    called,
    calling,
    cancelled,
    due,
    failed,
    looked,
    new_job,
    next_due,
    refused,
    settled,
    tried_again,
)

from .deletion_jobs import (
    ALONE,
    FIRST,
    GRACE,
    LATER,
    LEFT,
    MINUTE,
    SECOND,
    accepted,
    job_of,
    state,
    verified,
)
from .deletion_world import NOON


def seconds(job: Job, name: str = "first") -> float:
    """Return how long after noon a step is due."""
    at = state(job, name).next_at
    assert at is not None
    return (at - NOON).total_seconds()


# --- The beginning -------------------------------------------------------------------------------


def test_a_job_begins_after_its_grace_time() -> None:
    """Its day is counted from then."""
    job = job_of(FIRST, LEFT, grace=GRACE)
    start = NOON + GRACE
    assert (job.id, job.plan.id, job.source, job.user) == ("j", "p", "user", "Ada")
    assert (job.created_at, job.starts_at, job.deadline) == (NOON, start, start + PERSISTENCE)
    assert job.begun_at is None
    assert not job.is_dry_run
    assert begun(job, start) == replace(job, begun_at=start)
    assert state(job) == StepState(status=StepStatus.PENDING, next_at=start)
    assert state(job, "left") == StepState(status=StepStatus.SKIPPED, reason="left")
    assert due(job, start - MINUTE) == []
    assert settled(job, start - MINUTE) is job
    assert due(job, start) == [(FIRST, Duty.REMOVE)]
    assert next_due(job) == start
    assert [job.status_at(at) for at in (start - MINUTE, start)] == [
        JobStatus.SCHEDULED,
        JobStatus.RUNNING,
    ]


def test_a_job_without_grace_begins_at_once() -> None:
    """Nobody can call it off any more."""
    job = job_of(FIRST, is_dry_run=True)
    assert job.begun_at == job.starts_at == NOON
    assert job.is_dry_run
    with pytest.raises(ValueError, match=r"^the deletion has begun$"):
        cancelled(job, NOON)


def test_by_default_nobody_is_named_and_there_is_no_grace() -> None:
    """What begins by itself has no user."""
    job = new_job("j", job_of(FIRST).plan, NOON, source="radarr")
    assert (job.user, job.starts_at, job.source, job.is_dry_run) == (None, NOON, "radarr", False)


def test_a_job_that_was_called_off_does_nothing() -> None:
    """What was pending is left; the rest keeps its reason. It is called off once."""
    off = cancelled(job_of(FIRST, LEFT, grace=GRACE), LATER)
    assert state(off) == StepState(status=StepStatus.SKIPPED, reason="cancelled")
    assert state(off, "left").reason == "left"
    assert off.cancelled_at == off.ended_at == LATER
    assert off.status_at(NOON + PERSISTENCE) is JobStatus.CANCELLED
    assert due(off, off.starts_at) == []
    with pytest.raises(ValueError, match="begun"):
        cancelled(off, LATER)


def test_another_try_begins_nothing_early_and_nothing_that_was_called_off() -> None:
    """Whatever a step says of itself, the job's own times come first."""
    job = refused(job_of(FIRST, ALONE, grace=GRACE), "first", NOON, reason="changed")
    again = tried_again(job, NOON)
    assert state(again).next_at == NOON
    assert due(again, NOON) == []
    assert due(again, NOON + GRACE) == [(FIRST, Duty.REMOVE), (ALONE, Duty.REMOVE)]
    off = tried_again(cancelled(job, NOON), LATER)
    assert due(off, NOON + GRACE) == []
    assert next_due(off) is None


# --- What is due ---------------------------------------------------------------------------------


def test_a_step_waits_until_what_comes_first_is_verified() -> None:
    """Accepted is not gone."""
    job = job_of(FIRST, SECOND, ALONE, LEFT)
    assert due(job, NOON) == [(FIRST, Duty.REMOVE), (ALONE, Duty.REMOVE)]
    job = accepted(job)
    assert due(job, NOON) == [(FIRST, Duty.LOOK), (ALONE, Duty.REMOVE)]
    job = verified(job, FIRST)
    assert due(job, NOON) == [(SECOND, Duty.REMOVE), (ALONE, Duty.REMOVE)]


def test_after_a_call_of_unknown_outcome_comes_a_look() -> None:
    """Even one that was cut off in the middle: it was noted before it was made."""
    job = calling(job_of(FIRST), "first", LATER)
    assert state(job) == replace(state(job_of(FIRST)), attempts=1, called_at=LATER)
    assert due(job, LATER) == [(FIRST, Duty.LOOK_THEN_REMOVE)]
    job = failed(job, "first", LATER, reason="no_answer")
    assert due(job, LATER) == []
    assert due(job, LATER + MINUTE) == [(FIRST, Duty.LOOK_THEN_REMOVE)]
    assert state(calling(job, "first", LATER)).attempts == 2


def test_a_job_is_looked_at_when_the_first_step_is_due() -> None:
    """Those that have to wait for others do not count, and at the latest it is its deadline."""
    job = job_of(FIRST, SECOND, ALONE)
    job = failed(job, "first", NOON, reason="x")
    job = failed(failed(job, "alone", NOON, reason="x"), "alone", NOON, reason="x")
    assert seconds(job) < seconds(job, "alone")
    assert next_due(job) == state(job).next_at
    job = refused(job, "first", NOON, reason="changed")
    assert next_due(job) == state(job, "alone").next_at
    assert next_due(refused(job, "alone", NOON, reason="changed")) == job.deadline
    assert due(job, job.deadline) == [(ALONE, Duty.LOOK_THEN_REMOVE)]


# --- Calls ---------------------------------------------------------------------------------------


def test_what_was_accepted_is_looked_at_at_once() -> None:
    """What failed before is forgotten."""
    job = failed(job_of(FIRST, ALONE), "first", NOON, reason="x", message="oops")
    job = called(calling(job, "first", LATER), "first", LATER)
    assert state(job) == StepState(
        status=StepStatus.DONE, attempts=2, called_at=LATER, done_at=LATER, next_at=LATER
    )
    assert state(job, "alone").status is StepStatus.PENDING


def test_failures_are_tried_again_more_and_more_rarely() -> None:
    """At least every hour, with the service's own words."""
    job, waits = job_of(FIRST), []
    for _ in range(8):
        job = failed(job, "first", NOON, reason="no_answer", message="502")
        waits.append(seconds(job))
        assert (state(job).status, state(job).attempts) == (StepStatus.FAILED, 1)
        assert (state(job).reason, state(job).message) == ("no_answer", "502")
    assert waits == [5, 15, 60, 300, 900, 3600, 3600, 3600]
    job = failed(tried_again(job, NOON), "first", NOON, reason="no_answer")
    assert seconds(job) == 5  # a person has asked for it


def test_a_look_that_fails_does_not_undo_what_was_accepted() -> None:
    """It is looked at again soon, then more rarely, and never called for unseen."""
    job, waits = accepted(job_of(FIRST)), []
    for _ in range(8):
        job = failed(job, "first", NOON, reason="no_answer", message="502")
        waits.append(seconds(job))
        assert state(job).status is StepStatus.DONE
        assert (state(job).reason, state(job).message) == (None, "502")
    assert waits == [1, 2, 5, 15, 60, 300, 300, 300]


def test_what_is_refused_is_not_tried_again_by_itself() -> None:
    """What follows it is stopped; what has nothing to do with it goes on."""
    job = job_of(FIRST, SECOND, ALONE)
    job = refused(job, "first", LATER, reason="changed", message="another film")
    assert state(job) == StepState(
        status=StepStatus.FAILED, reason="changed", message="another film", ended_at=LATER
    )
    assert settled(job, LATER) is job
    before = state(job)
    job = settled(verified(job, ALONE), LATER + MINUTE)
    assert job.ended_at == LATER + MINUTE
    assert state(job, "second") == StepState(
        status=StepStatus.FAILED, reason="stopped", ended_at=LATER + MINUTE
    )
    assert state(job) == before
    assert state(refused(job_of(FIRST), "first", NOON, reason="x")).message is None
    assert job.status_at(LATER) is JobStatus.INCOMPLETE


# --- Looks ---------------------------------------------------------------------------------------


def test_what_is_gone_is_verified_and_counted() -> None:
    """With what the plan said of its files."""
    job = failed(accepted(job_of(FIRST)), "first", NOON, reason="x", message="502")
    job = looked(job, FIRST, Sight.PRESENT, NOON)
    job = looked(job, FIRST, Sight.GONE, LATER)
    assert state(job) == StepState(
        status=StepStatus.VERIFIED,
        attempts=1,
        looks=2,
        called_at=NOON,
        done_at=NOON,
        ended_at=LATER,
        removed_files=2,
        removed_size=7,
    )
    assert looked(job, FIRST, Sight.GONE, LATER + MINUTE) is job
    assert failed(job, "first", LATER + MINUTE, reason="x") is job


@pytest.mark.parametrize(
    ("sight", "reason"), [(Sight.PRESENT, "still_there"), (Sight.FILES_LEFT, "files_left")]
)
def test_what_is_still_there_gets_time(sight: Sight, reason: str) -> None:
    """A service may answer before its disk work ends."""
    job, waits = accepted(job_of(FIRST)), []
    for _ in range(7):
        job = looked(job, FIRST, sight, NOON)
        waits.append(seconds(job))
        assert (state(job).status, state(job).reason) == (StepStatus.DONE, reason)
    assert waits == [1, 2, 5, 15, 60, 300, 300]
    job = looked(job, FIRST, sight, NOON + SETTLING - timedelta(seconds=1))
    assert state(job).status is StepStatus.DONE


def test_what_does_not_go_in_time_is_called_for_again() -> None:
    """After a pause that grows with the calls, and a look before each."""
    job, waits = job_of(FIRST), []
    for _ in range(8):
        job = failed(accepted(job), "first", NOON, reason="x")
        job = looked(job, FIRST, Sight.PRESENT, NOON + SETTLING)
        assert (state(job).status, state(job).reason) == (StepStatus.FAILED, "still_there")
        assert state(job).looks == 0
        waits.append(seconds(job) - SETTLING.total_seconds())
    assert waits == [5, 15, 60, 300, 900, 3600, 3600, 3600]
    assert due(job, job.deadline) == [(FIRST, Duty.LOOK_THEN_REMOVE)]
    assert state(looked(job, FIRST, Sight.FILES_LEFT, NOON)) == state(job)


@pytest.mark.parametrize("sight", [Sight.PRESENT, Sight.FILES_LEFT])
def test_what_was_not_called_for_is_no_news_when_it_is_there(sight: Sight) -> None:
    """It may be called for right away."""
    job = job_of(FIRST)
    assert looked(job, FIRST, sight, LATER) is job
    job = failed(job, "first", NOON, reason="no_answer")
    assert looked(job, FIRST, sight, LATER) is job


def test_what_comes_back_is_said() -> None:
    """It was gone, and is counted as failed from now on; it is not called for by itself."""
    job = settled(verified(job_of(FIRST, ALONE), FIRST, ALONE), NOON)
    assert job.status_at(NOON) is JobStatus.COMPLETE
    back = looked(job, FIRST, Sight.FILES_LEFT, LATER)
    assert state(back) == replace(
        state(job), status=StepStatus.FAILED, reason="came_back", ended_at=LATER
    )
    assert state(back, "alone") == state(job, "alone")
    assert back.status_at(LATER) is JobStatus.INCOMPLETE
    assert next_due(back) == job.again_at
