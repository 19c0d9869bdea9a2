"""Make up single jobs: a few steps, and what came of some of them."""

from datetime import timedelta

from custom_components.media_status.lifecycle.deletion import (
    DeletionOptions,
    Plan,
    PlannedFile,
    Step,
    StepStatus,
    Verb,
)
from custom_components.media_status.lifecycle.deletion_job import (
    Job,
    Sight,
    StepState,
    called,
    calling,
    looked,
    new_job,
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
