"""Follow a deletion: which step is due, what its outcome means, and when everything has ended.

A job never calls twice what may have worked: after any attempt whose outcome is not known, it
looks first. It goes on for a day by itself, and for another one whenever a person asks for it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from .deletion import Plan, Step, StepStatus

PERSISTENCE = timedelta(days=1)
SETTLING = timedelta(minutes=10)  # a service may answer before its disk work ends
AGAIN_AFTER = timedelta(hours=1)  # what has gone is looked at once more
_WAITS = (5, 15, 60, 300, 900, 3600)  # seconds between attempts
_LOOKS = (1, 2, 5, 15, 60, 300)  # seconds between looks at what should be gone
OPEN = frozenset({StepStatus.PENDING, StepStatus.DONE})


class JobStatus(StrEnum):
    """Say how a deletion stands."""

    SCHEDULED = "scheduled"  # may still be cancelled
    RUNNING = "running"
    COMPLETE = "complete"
    INCOMPLETE = "incomplete"  # some step failed for good
    CANCELLED = "cancelled"


class Duty(StrEnum):
    """Say what is to be done with a step."""

    REMOVE = "remove"
    LOOK_THEN_REMOVE = "look_then_remove"  # an earlier attempt may have worked
    LOOK = "look"


class Sight(StrEnum):
    """Say what a look at a step's target showed; not being able to look is an error instead."""

    GONE = "gone"
    PRESENT = "present"
    FILES_LEFT = "files_left"  # the record is gone, the files are not


@dataclass(frozen=True, slots=True, kw_only=True)
class StepState:
    """How one step stands. A failed step with `next_at` is tried again by itself."""

    status: StepStatus
    reason: str | None = None
    message: str | None = None  # the service's own words
    attempts: int = 0
    looks: int = 0
    called_at: datetime | None = None
    done_at: datetime | None = None
    ended_at: datetime | None = None
    next_at: datetime | None = None
    removed_files: int = 0
    removed_size: int = 0  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A plan that is carried out: by whom, since when, and how each step stands."""

    id: str
    plan: Plan
    source: str  # "user", "automation", or the service where it was deleted first
    user: str | None = None  # the Home Assistant user's name
    created_at: datetime
    starts_at: datetime  # later than created_at while it may be cancelled
    begun_at: datetime | None = None
    deadline: datetime
    states: Mapping[str, StepState] = field(default_factory=dict)
    cancelled_at: datetime | None = None
    ended_at: datetime | None = None
    again_at: datetime | None = None  # when all that has gone is looked at once more
    is_dry_run: bool = False  # everything but the sending

    @property
    def is_open(self) -> bool:
        """Return whether something is still to be done by itself."""
        return self.ended_at is None

    def status_at(self, now: datetime) -> JobStatus:
        """Return how the whole job stands."""
        if self.cancelled_at is not None:
            return JobStatus.CANCELLED
        if self.ended_at is None:
            return JobStatus.SCHEDULED if now < self.starts_at else JobStatus.RUNNING
        failed = any(state.status is StepStatus.FAILED for state in self.states.values())
        return JobStatus.INCOMPLETE if failed else JobStatus.COMPLETE


def new_job(
    job_id: str,
    plan: Plan,
    now: datetime,
    *,
    source: str,
    user: str | None = None,
    grace: timedelta = timedelta(0),
    is_dry_run: bool = False,
) -> Job:
    """Return the job that carries a plan out after its grace time."""
    starts_at = now + grace
    return Job(
        id=job_id,
        plan=plan,
        source=source,
        user=user,
        created_at=now,
        starts_at=starts_at,
        begun_at=now if not grace else None,
        deadline=starts_at + PERSISTENCE,
        is_dry_run=is_dry_run,
        states={
            step.id: StepState(
                status=step.status,
                reason=step.reason,
                next_at=starts_at if step.status is StepStatus.PENDING else None,
            )
            for step in plan.steps
        },
    )


def begun(job: Job, now: datetime) -> Job:
    """Note that the grace time is over."""
    return replace(job, begun_at=now)


def due(job: Job, now: datetime) -> list[tuple[Step, Duty]]:
    """Return what is to be done now, in the plan's order."""
    if job.cancelled_at is not None or now < job.starts_at:
        return []
    if job.ended_at is not None:
        return list(_once_more(job, now))
    return [
        (step, _duty(state))
        for step, state in _waiting(job)
        if state.next_at is not None and state.next_at <= now and _may_begin(job, step)
    ]


def next_due(job: Job) -> datetime | None:
    """Return when the job has to be looked at again; None when it is over."""
    if job.cancelled_at is not None:
        return None
    if job.ended_at is not None:
        return job.again_at
    times = [
        state.next_at
        for step, state in _waiting(job)
        if state.next_at is not None and _may_begin(job, step)
    ]
    return min([*times, job.deadline])


def _waiting(job: Job) -> Iterator[tuple[Step, StepState]]:
    for step in job.plan.steps:
        state = job.states[step.id]
        if state.status in OPEN or state.status is StepStatus.FAILED:
            yield step, state


def _may_begin(job: Job, step: Step) -> bool:
    return all(job.states[key].status is StepStatus.VERIFIED for key in step.after)


def _once_more(job: Job, now: datetime) -> Iterator[tuple[Step, Duty]]:
    if job.again_at is not None and job.again_at <= now:
        for step in job.plan.steps:
            if job.states[step.id].status is StepStatus.VERIFIED:
                yield step, Duty.LOOK


def _duty(state: StepState) -> Duty:
    if state.status is StepStatus.DONE:
        return Duty.LOOK
    return Duty.LOOK_THEN_REMOVE if state.attempts else Duty.REMOVE


def calling(job: Job, step_id: str, now: datetime) -> Job:
    """Note that a call is about to be made: stored before it, so that a crash is not forgotten."""
    state = job.states[step_id]
    return _with(job, step_id, replace(state, attempts=state.attempts + 1, called_at=now))


def called(job: Job, step_id: str, now: datetime) -> Job:
    """Note that the service accepted a call, or that it knew nothing of the target any more."""
    state = replace(
        job.states[step_id],
        status=StepStatus.DONE,
        reason=None,
        message=None,
        done_at=now,
        looks=0,
        next_at=now,
    )
    return _with(job, step_id, state)


def failed(
    job: Job, step_id: str, now: datetime, *, reason: str, message: str | None = None
) -> Job:
    """Note that a call or a look failed: nothing is known, and it is tried again later."""
    state = job.states[step_id]
    if state.status is StepStatus.VERIFIED:
        return job  # the later look can wait; what was verified stays so
    if state.status is StepStatus.DONE:
        later = replace(state, message=message, looks=state.looks + 1)
        wait = _LOOKS[min(state.looks, len(_LOOKS) - 1)]
    else:
        # What fails in a row is tried more and more rarely, be it a call or the look before one.
        later = replace(
            state,
            status=StepStatus.FAILED,
            reason=reason,
            message=message,
            attempts=max(state.attempts, 1),
            looks=state.looks + 1,
        )
        wait = _WAITS[min(state.looks, len(_WAITS) - 1)]
    return _with(job, step_id, replace(later, next_at=now + timedelta(seconds=wait)))


def refused(
    job: Job, step_id: str, now: datetime, *, reason: str, message: str | None = None
) -> Job:
    """Note that a step must not be done: what it is about is not what was planned any more."""
    state = replace(
        job.states[step_id],
        status=StepStatus.FAILED,
        reason=reason,
        message=message,
        ended_at=now,
        next_at=None,
    )
    return _with(job, step_id, state)


def looked(job: Job, step: Step, sight: Sight, now: datetime) -> Job:
    """Note what a look showed. A target that is present may be called for right away again."""
    state = job.states[step.id]
    if sight is Sight.GONE:
        if state.status is StepStatus.VERIFIED:
            return job
        gone = replace(
            state,
            status=StepStatus.VERIFIED,
            reason=None,
            message=None,
            ended_at=now,
            next_at=None,
            removed_files=len(step.files),
            removed_size=step.size,
        )
        return _with(job, step.id, gone)
    if state.status is StepStatus.VERIFIED:
        back = replace(state, status=StepStatus.FAILED, reason="came_back", ended_at=now)
        return _with(job, step.id, back)
    if state.status is not StepStatus.DONE:
        return job
    wait = timedelta(seconds=_LOOKS[min(state.looks, len(_LOOKS) - 1)])
    reason = "files_left" if sight is Sight.FILES_LEFT else "still_there"
    later = replace(state, reason=reason, looks=state.looks + 1, next_at=now + wait)
    if state.done_at is not None and now - state.done_at >= SETTLING:
        pause = timedelta(seconds=_WAITS[min(max(state.attempts - 1, 0), len(_WAITS) - 1)])
        later = replace(later, status=StepStatus.FAILED, looks=0, next_at=now + pause)
    return _with(job, step.id, later)


def settled(job: Job, now: datetime) -> Job:
    """Return the job, ended when nothing is left to do or its time is over; all is accounted."""
    if job.ended_at is not None or now < job.starts_at:
        return job
    left = [
        (step, state)
        for step, state in _waiting(job)
        if state.status in OPEN or state.next_at is not None
    ]
    is_over = now >= job.deadline
    if not is_over and any(_can_go_on(job, step) for step, _ in left):
        return job
    states = dict(job.states)
    for step, state in left:
        reason = state.reason or ("gave_up" if _may_begin(job, step) else "stopped")
        states[step.id] = replace(
            state, status=StepStatus.FAILED, reason=reason, next_at=None, ended_at=now
        )
    again_at = None if job.is_dry_run else now + AGAIN_AFTER
    return replace(job, states=states, ended_at=now, again_at=again_at)


def _can_go_on(job: Job, step: Step) -> bool:
    """Return whether a step can still come to its end: nothing before it has failed for good."""
    state = job.states[step.id]
    if state.status is StepStatus.VERIFIED:
        return True
    if state.status not in OPEN and state.next_at is None:
        return False
    steps = {one.id: one for one in job.plan.steps}
    return all(_can_go_on(job, steps[key]) for key in step.after)


def looked_again(job: Job, now: datetime, *, is_known: bool = True) -> Job:
    """Note that all that has gone was looked at once more, or try later while it is not known."""
    later = now + AGAIN_AFTER
    is_over = is_known or job.ended_at is None or later - job.ended_at > PERSISTENCE
    return replace(job, again_at=None if is_over else later)


def rehearsed(job: Job, step_id: str, now: datetime, *, call: str | None) -> Job:
    """Note that a step was done but for the sending."""
    state = replace(
        job.states[step_id],
        status=StepStatus.SKIPPED,
        reason="dry_run",
        message=call,
        ended_at=now,
        next_at=None,
    )
    return _with(job, step_id, state)


def tried_again(job: Job, now: datetime) -> Job:
    """Return the job opened for another day for what failed, as a person asks for."""
    states = {
        key: replace(state, looks=0, next_at=now, ended_at=None)
        if state.status is StepStatus.FAILED
        else state
        for key, state in job.states.items()
    }
    return replace(job, states=states, ended_at=None, again_at=None, deadline=now + PERSISTENCE)


def cancelled(job: Job, now: datetime) -> Job:
    """Return the job called off; only one that has not begun can be."""
    if now >= job.starts_at or job.ended_at is not None:
        raise ValueError("the deletion has begun")
    states = {
        key: replace(state, status=StepStatus.SKIPPED, reason="cancelled", next_at=None)
        if state.status is StepStatus.PENDING
        else state
        for key, state in job.states.items()
    }
    return replace(job, states=states, cancelled_at=now, ended_at=now)


def _with(job: Job, step_id: str, state: StepState) -> Job:
    return replace(job, states={**job.states, step_id: state})
