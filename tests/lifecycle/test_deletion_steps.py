"""Test what calls, looks and failures mean for a single step, and when a job is over."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.media_status.lifecycle.deletion import (
    DeletionOptions,
    Plan,
    PlannedFile,
    Step,
    StepStatus,
    Verb,
)
from custom_components.media_status.lifecycle.deletion_job import (
    AGAIN_AFTER,
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
    looked_again,
    new_job,
    next_due,
    refused,
    rehearsed,
    settled,
    tried_again,
)
from custom_components.media_status.lifecycle.model import Service

from .deletion_world import NOON

MINUTE = timedelta(minutes=1)
LATER = NOON + MINUTE
GRACE = timedelta(minutes=5)
FILES = (PlannedFile(path="/a/b.mkv", size=3), PlannedFile(path="/a/c.mkv", size=4))


def step(name: str, *after: str, status: StepStatus = StepStatus.PENDING) -> Step:
    """Return a step that waits for others."""
    return Step(
        id=name,
        connection_id="radarr",
        service=Service.RADARR,
        verb=Verb.REMOVE_TITLE,
        request_ids=("r",),
        target=name,
        files=FILES,
        size=7,
        after=after,
        status=status,
        reason=None if status is StepStatus.PENDING else "left",
    )


FIRST, SECOND = step("first"), step("second", "first")
ALONE, LEFT = step("alone"), step("left", status=StepStatus.SKIPPED)


def job_of(*steps: Step, grace: timedelta = timedelta(), is_dry_run: bool = False) -> Job:
    """Return a job of some steps."""
    plan = Plan(id="p", made_at=NOON, options=DeletionOptions(), targets=(), steps=steps)
    return new_job("j", plan, NOON, source="user", user="Ada", grace=grace, is_dry_run=is_dry_run)


def state(job: Job, name: str = "first") -> StepState:
    """Return how a step stands."""
    return job.states[name]


def accepted(job: Job, name: str = "first") -> Job:
    """Return the job after a call that was accepted at noon."""
    return called(calling(job, name, NOON), name, NOON)


def verified(job: Job, *steps: Step) -> Job:
    """Return the job after these steps were seen to have worked, at noon."""
    for one in steps:
        job = looked(accepted(job, one.id), one, Sight.GONE, NOON)
    return job


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
    job = settled(verified(job, ALONE), LATER)
    assert job.ended_at == LATER
    assert state(job, "second") == StepState(
        status=StepStatus.FAILED, reason="stopped", ended_at=LATER
    )
    assert state(job).message == "another film"
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
    assert state(again) == replace(state(job), next_at=now, ended_at=None)
    assert state(again, "alone") == state(job, "alone")
    assert state(again, "left") == state(job, "left")
    assert [one for one, _ in due(again, now)] == [FIRST]
