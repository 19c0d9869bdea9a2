"""Test that a job comes to its end whatever the services do, and calls nothing unseen."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.media_status.lifecycle.deletion import StepStatus
from custom_components.media_status.lifecycle.deletion_job import (
    OPEN,
    PERSISTENCE,
    Duty,
    Job,
    JobStatus,
    Sight,
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

from .deletion_world import NOON, World, worlds

DEEDS = st.sampled_from(["works", "no answer", "works unheard", "nothing", "refused", "killed"])
SIGHTS = st.sampled_from(["true", "blind"])


class Life:
    """Carry a job out against a world that does as it likes."""

    def __init__(self, job: Job, data: st.DataObject) -> None:
        """Initialize with everything still there."""
        self.job = job
        self.now: datetime = job.starts_at
        self.there = {step.id for step in job.plan.pending}
        self.attempted: set[str] = set()
        self._data = data

    def run(self) -> None:
        """Do what is due, as the runner does, until nothing is."""
        for _ in range(3000):
            self.job = settled(self.job, self.now)
            if not self.job.is_open:
                return
            steps = due(self.job, self.now)
            if not steps:
                at = next_due(self.job)
                assert at is not None
                assert at > self.now, "it would turn round and round"
                self.now = at
                continue
            step, duty = steps[0]
            assert all(self.job.states[key].status is StepStatus.VERIFIED for key in step.after)
            if duty is Duty.REMOVE:
                assert step.id not in self.attempted
                self._call(step.id)
            elif (sight := self._look(step.id)) is None:
                self.job = failed(self.job, step.id, self.now, reason="no_answer")
            elif duty is Duty.LOOK or sight is Sight.GONE:
                self.job = looked(self.job, step, sight, self.now)
            else:
                self._call(step.id)
        pytest.fail("it never ends")

    def _look(self, step_id: str) -> Sight | None:
        if self._data.draw(SIGHTS) == "blind":
            return None
        return Sight.PRESENT if step_id in self.there else Sight.GONE

    def _call(self, step_id: str) -> None:
        assert step_id in self.there, "it was gone, and called for again"
        self.job = calling(self.job, step_id, self.now)
        self.attempted.add(step_id)
        deed = self._data.draw(DEEDS)
        if deed in {"works", "works unheard"}:
            self.there.discard(step_id)
        match deed:
            case "works" | "nothing":
                self.job = called(self.job, step_id, self.now)
            case "no answer" | "works unheard":
                self.job = failed(self.job, step_id, self.now, reason="no_answer")
            case "refused":
                self.job = refused(self.job, step_id, self.now, reason="target_changed")


def a_job(world: World, grace: timedelta = timedelta(0)) -> Job:
    """Return the job that carries a world's plan out."""
    return new_job("j", world.plan(), NOON, source="user", grace=grace)


@settings(max_examples=100, deadline=None)
@given(worlds(), st.data())
def test_it_always_ends(world: World, data: st.DataObject) -> None:
    """Within a day, with every step accounted, and what is called verified is gone."""
    life = Life(a_job(world), data)
    life.run()
    job = life.job
    assert life.now <= job.deadline
    for step in job.plan.steps:
        state = job.states[step.id]
        assert state.status not in OPEN
        assert state.next_at is None
        if state.status is StepStatus.VERIFIED:
            assert step.id not in life.there
        assert state.status is not StepStatus.FAILED or state.reason
    has_failed = any(one.status is StepStatus.FAILED for one in job.states.values())
    expected = JobStatus.INCOMPLETE if has_failed else JobStatus.COMPLETE
    assert job.status_at(life.now) is expected


@settings(max_examples=60, deadline=None)
@given(worlds(), st.data())
def test_trying_again_repeats_nothing_that_is_done(world: World, data: st.DataObject) -> None:
    """A person asks for another day; what was verified stays verified."""
    life = Life(a_job(world), data)
    life.run()
    done = {key for key, one in life.job.states.items() if one.status is StepStatus.VERIFIED}
    life.job = tried_again(life.job, life.now)
    assert life.job.deadline == life.now + PERSISTENCE
    life.attempted &= {key for key, one in life.job.states.items() if one.attempts}
    life.run()
    assert all(life.job.states[key].status is StepStatus.VERIFIED for key in done)


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_only_what_has_not_begun_is_called_off(world: World) -> None:
    """In its grace time nothing is due; afterwards it is too late."""
    job = a_job(world, timedelta(minutes=5))
    assert due(job, NOON) == []
    assert job.status_at(NOON) is JobStatus.SCHEDULED
    off = cancelled(job, NOON)
    assert next_due(off) is None
    assert due(off, NOON + timedelta(days=1)) == []
    assert not any(state.status in OPEN for state in off.states.values())
    for moment in (job.starts_at, job.starts_at + timedelta(days=2)):
        with pytest.raises(ValueError, match="begun"):
            cancelled(job, moment)


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_a_rehearsed_job_ends_at_once(world: World) -> None:
    """Nothing is left to be done or looked at."""
    job = new_job("j", world.plan(), NOON, source="user", is_dry_run=True)
    for step in job.plan.pending:
        job = rehearsed(job, step.id, NOON, call="DELETE x")
    job = settled(job, NOON)
    assert not job.is_open
    assert next_due(job) is None
    assert job.status_at(NOON) is JobStatus.COMPLETE


@settings(max_examples=60, deadline=None)
@given(worlds(), st.data())
def test_what_is_not_known_is_looked_at_later(world: World, data: st.DataObject) -> None:
    """The look after the end is repeated for a day while a service does not answer."""
    life = Life(a_job(world), data)
    life.run()
    job, looks = life.job, 0
    while (at := next_due(job)) is not None:
        looks += 1
        later = looked_again(job, at, is_known=False)
        assert later.again_at is None or later.again_at > at
        job = later
    assert 2 <= looks <= 25
    assert next_due(looked_again(life.job, life.now)) is None


@settings(max_examples=60, deadline=None)
@given(worlds(), st.data())
def test_what_comes_back_has_failed(world: World, data: st.DataObject) -> None:
    """A later look that finds it again says so; one that cannot see says nothing."""
    life = Life(a_job(world), data)
    life.run()
    for step in life.job.plan.steps:
        if life.job.states[step.id].status is StepStatus.VERIFIED:
            assert failed(life.job, step.id, life.now, reason="x") == life.job
            assert looked(life.job, step, Sight.GONE, life.now) == life.job
            back = looked(life.job, step, Sight.PRESENT, life.now)
            assert back.states[step.id].reason == "came_back"
            assert replace(back, states=life.job.states) == life.job
