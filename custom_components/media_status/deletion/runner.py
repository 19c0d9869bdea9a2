"""Carry deletions out: one step at a time, noted before and after, whatever happens in between."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import reduce
import logging
from typing import Final

from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.helpers.event import async_track_point_in_utc_time
from homeassistant.util import dt as dt_util

from ..journal import JournalError
from ..journal_deletions import DeletionWrite, LogRow
from ..lifecycle.deletion import Step, StepStatus
from ..lifecycle.deletion_job import (
    Duty,
    Job,
    Sight,
    StepState,
    begun,
    called,
    calling,
    due,
    failed,
    looked,
    looked_again,
    next_due,
    refused,
    rehearsed,
    settled,
)
from ..lifecycle.request import Changes
from . import carry
from .aftermath import aftermath, newly_gone
from .carry import Trouble
from .house import DeletionChange, House
from .record import ended, happened, step_row

_LOGGER = logging.getLogger(__name__)

_LONGEST_WAIT: Final = timedelta(minutes=10)  # a changed clock is noticed in the end
_JOURNAL_PAUSE: Final = timedelta(seconds=30)
_REST: Final = timedelta(minutes=5)  # of a job that met a bug of ours

type _Step = Callable[[Job], Job]


class Runner:
    """Work through the jobs in turns, one call at a time."""

    def __init__(self, house: House, is_on: Callable[[], bool]) -> None:
        """Initialize without jobs; `is_on` tells whether anything may be removed right now."""
        self.jobs: dict[str, Job] = {}  # under way or to be looked at again; the next one first
        self._reserved: dict[str, Job] = {}
        self._house = house
        self._is_on = is_on
        self._is_started = False
        self._task: asyncio.Task[None] | None = None
        self._timer: CALLBACK_TYPE | None = None
        self._unstored: dict[str, DeletionWrite] = {}
        self._owing: dict[str, set[str]] = {}  # by job: requests that are gone and not told yet
        self._paused_until: datetime | None = None
        self._resting: dict[str, datetime] = {}

    @callback
    def start(self, jobs: Iterable[Job]) -> None:
        """Go on with the jobs that the journal holds, until `stop`."""
        self.jobs.update({job.id: job for job in jobs})
        self._is_started = True
        self._wake()

    async def stop(self) -> None:
        """End at once; a call under way is looked after at the next start."""
        self._is_started = False
        self._disarm()
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    @property
    def pending(self) -> list[Job]:
        """Return all jobs, and those that the journal is just told of."""
        return [*self.jobs.values(), *self._reserved.values()]

    async def begin(self, job: Job, row: LogRow) -> None:
        """Store a new job, then begin with it; raise JournalError when it is not stored."""
        self._reserved[job.id] = job
        try:
            await self._house.record([], [DeletionWrite(job=job, log=[row])])
        except JournalError:
            raise
        except BaseException:  # whoever asked has hung up; the journal has it all the same
            self.jobs[job.id] = job
            raise
        else:
            self.jobs[job.id] = job
        finally:
            del self._reserved[job.id]
            self._wake()

    async def change(self, job: Job, row: LogRow) -> None:
        """Store what a person changed and go on with it; raise JournalError if not stored yet."""
        self.jobs[job.id] = job
        self._resting.pop(job.id, None)
        try:
            await self._store(job, [row])
        finally:
            self._tell(job, row.code)
            self._wake()

    @callback
    def _wake(self) -> None:
        """See to it that somebody works; who does finds what else is due by itself."""
        if self._is_started and (self._task is None or self._task.done()):
            self._task = self._house.entry.async_create_background_task(
                self._house.hass, self._work(), "deletions", eager_start=False
            )

    async def _work(self) -> None:
        """Do what is due, then set the clock for what comes next."""
        while await self._has_stored_all():
            job_id = self._next(dt_util.utcnow())
            if job_id is None:
                break
            await self._advance(job_id)
        self._arm()

    def _next(self, now: datetime) -> str | None:
        """Return the job whose turn it is, and put it at the end of the row."""
        for job_id, job in self.jobs.items():
            at = next_due(job)
            if at is not None and at <= now and self._resting.get(job_id, now) <= now:
                self.jobs[job_id] = self.jobs.pop(job_id)
                return job_id
        return None

    async def _advance(self, job_id: str) -> None:
        """Let a job make one step; one that meets a bug of ours rests, and the others go on."""
        before = self.jobs[job_id]
        try:
            await self._do_next(job_id)
        except Exception:  # a bug of ours; the other jobs must not wait for it
            _LOGGER.exception("Unexpected error in deletion %s", job_id)
            self._resting[job_id] = dt_util.utcnow() + _REST
            return
        self._resting.pop(job_id, None)
        if self.jobs.get(job_id) is before:  # nothing came of it: never turn round and round
            self._resting[job_id] = dt_util.utcnow() + _JOURNAL_PAUSE

    async def _do_next(self, job_id: str) -> None:
        job, now = self.jobs[job_id], dt_util.utcnow()
        if job.ended_at is not None:
            await self._look_again(job_id)
        elif now >= job.deadline:
            await self._apply(job_id, lambda job: job)
        elif job.begun_at is None:
            row = happened(job, "started", now)
            await self._apply(job_id, lambda job: begun(job, now), row)
        elif job.is_dry_run:
            await self._rehearse(job_id)
        elif steps := due(job, now):
            await self._do(job_id, *steps[0])
        else:
            await self._apply(job_id, lambda job: job)

    async def _do(self, job_id: str, step: Step, duty: Duty) -> None:
        """Look, remove, or both; what may have worked is never called again unseen."""
        coordinator = self._house.connections.get(step.connection_id or "")
        if coordinator is None:
            await self._fail(job_id, step, Trouble(reason="not_connected"))
            return
        if duty is not Duty.REMOVE:
            sight = await carry.look(coordinator.connection, step)
            if isinstance(sight, Trouble):
                await self._fail(job_id, step, sight)
                return
            if duty is Duty.LOOK or sight is Sight.GONE:
                now = dt_util.utcnow()
                await self._apply(job_id, lambda job: looked(job, step, sight, now))
                return
        if not self._is_on():
            await self._fail(job_id, step, Trouble(reason="switched_off"))
        elif await self._has_noted_call(job_id, step):
            trouble = await carry.remove(coordinator.connection, step)
            now = dt_util.utcnow()
            if trouble is None:
                await self._apply(job_id, lambda job: called(job, step.id, now))
            else:
                await self._fail(job_id, step, trouble)

    async def _has_noted_call(self, job_id: str, step: Step) -> bool:
        """Note in the journal that a call is about to be made; without that there is none."""
        before = self.jobs[job_id]
        self.jobs[job_id] = job = calling(before, step.id, dt_util.utcnow())
        try:
            await self._house.record([], [DeletionWrite(job=job)])
        except JournalError as err:
            _LOGGER.warning("Deletion %s waits for the journal: %s", job_id, err)
            now = self.jobs[job_id]  # a person may have asked for something meanwhile
            states = {**now.states, step.id: before.states[step.id]}
            self.jobs[job_id] = replace(now, states=states)
            self._pause()
            return False
        return True

    async def _fail(self, job_id: str, step: Step, trouble: Trouble) -> None:
        now = dt_util.utcnow()
        note = refused if trouble.is_final else failed
        if trouble.is_final and self.jobs[job_id].states[step.id].status is StepStatus.DONE:
            note = failed  # it was accepted: only the look is in doubt
        await self._apply(
            job_id,
            lambda job: note(job, step.id, now, reason=trouble.reason, message=trouble.message),
        )

    async def _rehearse(self, job_id: str) -> None:
        """Do everything but the sending, once; what cannot be rehearsed has failed."""
        notes: list[_Step] = []
        for step in self.jobs[job_id].plan.pending:
            coordinator = self._house.connections.get(step.connection_id or "")
            found: str | Trouble | None = Trouble(reason="not_connected")
            if coordinator is not None:
                found = await carry.rehearse(coordinator.connection, step)
            notes.append(_rehearsal(step, found, dt_util.utcnow()))
        await self._apply(job_id, lambda job: reduce(lambda made, note: note(made), notes, job))

    async def _look_again(self, job_id: str) -> None:
        """Look once more, after the end, whether all that had gone is still gone."""
        is_known = True
        for step, _ in due(self.jobs[job_id], dt_util.utcnow()):
            coordinator = self._house.connections.get(step.connection_id or "")
            sight: Sight | Trouble = Trouble(reason="not_connected")
            if coordinator is not None:
                sight = await carry.look(coordinator.connection, step)
            if isinstance(sight, Trouble):
                is_known = False
                continue
            await self._apply(job_id, _look(step, sight, dt_util.utcnow()))
        now = dt_util.utcnow()
        await self._apply(job_id, lambda job: looked_again(job, now, is_known=is_known))

    async def _apply(self, job_id: str, change: _Step, row: LogRow | None = None) -> None:
        """Change a job as it stands now, store what came of it, and tell it."""
        now = dt_util.utcnow()
        before = self.jobs[job_id]
        after = settled(change(before), now)
        if after is before:
            return
        self.jobs[job_id] = after
        news = _news(before, after)
        log = [
            *([row] if row is not None else []),
            *(step_row(before, after, one, now) for one in news),
        ]
        if gone := newly_gone(before, after):
            self._owing.setdefault(job_id, set()).update(gone)
        has_ended = before.is_open and not after.is_open
        if has_ended:
            log.append(ended(after, now))
        try:
            await self._store(after, log)
        except JournalError as err:
            _LOGGER.warning("What deletion %s did is not stored yet: %s", job_id, err)
        self._tell_all(after, row, news, has_ended=has_ended)
        if next_due(self.jobs[job_id]) is None:
            del self.jobs[job_id]

    def _tell_all(
        self, job: Job, row: LogRow | None, news: Iterable[Step], *, has_ended: bool
    ) -> None:
        if row is not None:
            self._tell(job, row.code)
        for step in news:
            came_back = job.states[step.id].reason == "came_back"
            self._tell(job, "came_back" if came_back else "step", step.id)
        if has_ended:
            _LOGGER.info("Deletion %s ended: %s", job.id, job.status_at(dt_util.utcnow()))
            self._tell(job, "ended")

    async def _store(self, job: Job, log: Sequence[LogRow]) -> None:
        """Store a job, and in the same transaction what it makes of its requests."""
        lost = self._unstored.pop(job.id, None)
        write = DeletionWrite(job=job, log=[*(lost.log if lost else ()), *log])
        try:
            await self._record([write])
        except JournalError:
            later = self._unstored.get(job.id)
            self._unstored[job.id] = (
                write if later is None else replace(later, log=[*write.log, *later.log])
            )
            self._pause()
            raise

    async def _record(self, writes: Sequence[DeletionWrite]) -> None:
        """Write, with what jobs make of requests that are gone, once."""
        changes: Changes = []
        for job in [write.job for write in writes if write.job and write.job.id in self._owing]:
            gone = sorted(self._owing[job.id])
            changes += await aftermath(self._house, job, gone, dt_util.utcnow())
            del self._owing[job.id]
        await self._house.record(changes, writes)

    async def _has_stored_all(self) -> bool:
        """Return whether the journal has everything: nothing is called before that."""
        if self._paused_until is not None and dt_util.utcnow() < self._paused_until:
            return False
        self._paused_until = None
        for job_id, write in list(self._unstored.items()):
            job = self.jobs.get(job_id, write.job)
            if job is not None:
                try:
                    await self._store(job, [])
                except JournalError:
                    return False
        return True

    def _pause(self) -> None:
        self._paused_until = dt_util.utcnow() + _JOURNAL_PAUSE

    @callback
    def _tell(self, job: Job, code: str, step_id: str | None = None) -> None:
        self._house.tell_deletions([DeletionChange(code=code, job=job, step_id=step_id)])

    @callback
    def _arm(self) -> None:
        """Wake up when something is due, at the latest after a while."""
        self._disarm()
        if not self._is_started:
            return
        now = dt_util.utcnow()
        times = [at for job in self.jobs.values() if (at := self._due_at(job)) is not None]
        if self._paused_until is not None:
            times = [self._paused_until]
        if times:
            at = min(*times, now + _LONGEST_WAIT)
            self._timer = async_track_point_in_utc_time(self._house.hass, self._ring, at)

    def _due_at(self, job: Job) -> datetime | None:
        at = next_due(job)
        return None if at is None else max(at, self._resting.get(job.id, at))

    @callback
    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer()
            self._timer = None

    @callback
    def _ring(self, _now: datetime) -> None:
        self._timer = None
        self._wake()


def _rehearsal(step: Step, found: str | Trouble | None, now: datetime) -> _Step:
    """Return what a rehearsal makes of a step: what could not be rehearsed has failed."""
    if isinstance(found, Trouble):
        reason, message = found.reason, found.message
        return lambda job: refused(job, step.id, now, reason=reason, message=message)
    return lambda job: rehearsed(job, step.id, now, call=found)


def _look(step: Step, sight: Sight, now: datetime) -> _Step:
    return lambda job: looked(job, step, sight, now)


def _news(before: Job, after: Job) -> list[Step]:
    """Return the steps of which the log has to know: what a call did, or where they stand now."""
    return [
        step
        for step in after.plan.steps
        if _standing(before.states[step.id]) != _standing(after.states[step.id])
    ]


def _standing(state: StepState) -> tuple[object, ...]:
    return (state.status, state.reason, state.done_at)
