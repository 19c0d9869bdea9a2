"""Take orders for deletions: preview, run, cancel, try again. What is not allowed is refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
import logging
from typing import Final
from uuid import uuid7

from homeassistant.util import dt as dt_util

from ..const import (
    CONF_DELETION_AUTOMATIONS,
    CONF_DELETION_MAX_GIGABYTES,
    CONF_DELETION_MAX_GIGABYTES_DAY,
    CONF_DELETION_MAX_ITEMS,
    CONF_DELETION_MAX_ITEMS_DAY,
    CONF_DELETION_MODE,
    CONF_GRACE_MINUTES,
    DEFAULT_OPTIONS,
)
from ..lifecycle.deletion import DeletionOptions, Plan, StepStatus
from ..lifecycle.deletion_job import Job, cancelled, new_job, tried_again
from ..lifecycle.deletion_plan import is_same
from ..lifecycle.request import Request
from .brakes import (
    GIGABYTE,
    DeletionRefused,
    Limits,
    Mode,
    check_plan,
    check_source,
    is_overlapping,
)
from .house import DeletionChange, House
from .planner import draft, make
from .record import begun, happened
from .runner import Runner
from .wishes import Wish, find, targets_of

_LOGGER = logging.getLogger(__name__)

MOST_PLANS: Final = 50
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """A plan that somebody saw, and what it was made of."""

    plan: Plan
    wishes: tuple[Wish, ...]


class DeletionDesk:
    """Everything that actions, the websocket and repairs need to delete something."""

    def __init__(self, house: House) -> None:
        """Initialize without plans and jobs."""
        # Connections that lost much at once: what they lack now says nothing.
        self.frozen: set[str] = set()
        self._house = house
        self._runner = Runner(house, lambda: self.limits.mode is Mode.ON)
        self._shown: dict[str, _Shown] = {}

    @property
    def limits(self) -> Limits:
        """Return what the household allows."""
        options: Mapping[str, object] = {**DEFAULT_OPTIONS, **self._house.entry.options}
        mode = str(options[CONF_DELETION_MODE])
        return Limits(
            mode=Mode(mode) if mode in set(Mode) else Mode.OFF,
            automations=options[CONF_DELETION_AUTOMATIONS] is True,
            max_items=_number(options[CONF_DELETION_MAX_ITEMS]),
            max_size=_number(options[CONF_DELETION_MAX_GIGABYTES]) * GIGABYTE,
            max_items_day=_number(options[CONF_DELETION_MAX_ITEMS_DAY]),
            max_size_day=_number(options[CONF_DELETION_MAX_GIGABYTES_DAY]) * GIGABYTE,
        )

    @property
    def jobs(self) -> tuple[Job, ...]:
        """Return the jobs that are under way."""
        return tuple(job for job in self._runner.jobs.values() if job.is_open)

    def job_of(self, request_id: str) -> Job | None:
        """Return the job that is under way for a request."""
        return next(
            (
                job
                for job in self.jobs
                if any(target.request_id == request_id for target in job.plan.targets)
            ),
            None,
        )

    def plan(self, plan_id: str) -> Plan | None:
        """Return a plan that was shown and is not too old."""
        self._forget_old()
        shown = self._shown.get(plan_id)
        return None if shown is None else shown.plan

    async def start(self) -> None:
        """Go on with what the journal holds; raise JournalError."""
        waiting = await self._house.journal.deletions.waiting()
        if waiting.unreadable:
            _LOGGER.warning("%s deletions are from a newer version and rest", waiting.unreadable)
        self._runner.start(waiting.jobs)

    async def stop(self) -> None:
        """End without waiting for services; what is under way goes on at the next start."""
        await self._runner.stop()

    async def preview(
        self, wishes: Sequence[Wish], options: DeletionOptions, *, source: str = "user"
    ) -> Plan:
        """Return and remember a plan; raise DeletionRefused or JournalError."""
        check_source(self.limits, source)
        targets = await targets_of(self._house, wishes)
        plan = await make(self._house, targets, options, frozen=self.frozen)
        self._forget_old()
        while len(self._shown) >= MOST_PLANS:
            del self._shown[next(iter(self._shown))]
        self._shown[plan.id] = _Shown(plan=plan, wishes=tuple(wishes))
        return plan

    async def run(
        self, plan_id: str, *, source: str, user: str | None = None, dry_run: bool = False
    ) -> Job:
        """Begin to carry out a plan that was shown; raise DeletionRefused or JournalError.

        Unless the household allows it for real, the job is a dry run.
        """
        check_source(self.limits, source)
        if self.plan(plan_id) is None:
            raise DeletionRefused("plan_unknown")
        shown = self._shown[plan_id]
        targets = await targets_of(self._house, shown.wishes)
        plan = await draft(self._house, targets, shown.plan.options, frozen=self.frozen)
        now = dt_util.utcnow()
        known = {job.id: job for job in self._runner.pending}
        done = await self._house.journal.deletions.done_since(now - _DAY, without=known)
        if not shown.plan.blockers and not is_same(shown.plan, plan):
            raise DeletionRefused("plan_outdated")
        requests = [
            found for wish in shown.wishes if (found := await find(self._house, wish.request_id))
        ]
        # From here nothing waits before the runner knows of it: two at once cannot both pass.
        known |= {job.id: job for job in self._runner.pending}
        check_plan(shown.plan, self.limits, done, known.values())
        self._shown.pop(plan_id, None)
        plan = replace(plan, id=plan_id, calls=shown.plan.calls)
        return await self._begin(plan, requests, source, user, dry_run=dry_run)

    async def cancel(self, job_id: str, *, user: str | None = None) -> Job:
        """Call a job off that has not begun; raise DeletionRefused or JournalError."""
        job = self._runner.jobs.get(job_id)
        if job is None:
            raise DeletionRefused("job_unknown")
        now = dt_util.utcnow()
        try:
            job = cancelled(job, now)
        except ValueError as err:
            raise DeletionRefused("has_begun") from err
        await self._runner.change(job, happened(job, "cancelled", now, user))
        _LOGGER.info("Deletion %s was cancelled by %s", job.id, user or "nobody known")
        return job

    async def retry(self, job_id: str, *, source: str = "user", user: str | None = None) -> Job:
        """Try what failed once more, for another day; raise DeletionRefused or JournalError."""
        limits = self.limits
        check_source(limits, source)
        stored = await self._house.journal.deletions.job(job_id)
        job = self._runner.jobs.get(job_id, stored)
        if job is None:
            raise DeletionRefused("job_unknown")
        failed = any(state.status is StepStatus.FAILED for state in job.states.values())
        if not failed or job.is_dry_run:
            raise DeletionRefused("nothing_to_retry")
        if limits.mode is not Mode.ON:
            raise DeletionRefused("deletion_dry_run")
        for other in self._runner.pending:
            if other.id != job.id and other.is_open and is_overlapping(job.plan, other.plan):
                raise DeletionRefused("already_running", {"job_id": other.id})
        now = dt_util.utcnow()
        job = tried_again(job, now)
        await self._runner.change(job, happened(job, "retried", now, user))
        return job

    async def _begin(
        self,
        plan: Plan,
        requests: Sequence[Request],
        source: str,
        user: str | None,
        *,
        dry_run: bool,
    ) -> Job:
        now = dt_util.utcnow()
        is_dry = dry_run or self.limits.mode is not Mode.ON
        minutes = _number({**DEFAULT_OPTIONS, **self._house.entry.options}[CONF_GRACE_MINUTES])
        grace = timedelta(0) if is_dry else timedelta(minutes=minutes)
        job = new_job(
            uuid7().hex, plan, now, source=source, user=user, grace=grace, is_dry_run=is_dry
        )
        code = "scheduled" if grace else "started"
        await self._runner.begin(job, begun(job, code, requests, now))
        _LOGGER.info("Deletion %s was %s by %s", job.id, code, user or source)
        self._house.tell_deletions([DeletionChange(code=code, job=job)])
        return job

    def _forget_old(self) -> None:
        now = dt_util.utcnow()
        for plan_id in [key for key, one in self._shown.items() if one.plan.expires_at <= now]:
            del self._shown[plan_id]


def _number(value: object) -> int:
    """Return a whole number from the options; what is no number allows the least."""
    return int(value) if isinstance(value, int | float) and value >= 0 else 1
