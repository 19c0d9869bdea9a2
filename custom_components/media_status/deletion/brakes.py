"""Decide whether a plan may be run at all: what the household allows, and how much at once."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ..lifecycle.deletion import DeletionTarget, Plan, StepStatus, Verb
from ..lifecycle.deletion_job import Job
from ..lifecycle.model import Service

GIGABYTE: Final = 1_000_000_000
AUTOMATION: Final = "automation"
OF_ITEMS: Final = frozenset({Verb.REMOVE_TITLE, Verb.REMOVE_FILE})  # steps that items go with


class Mode(StrEnum):
    """Say what the household lets us delete."""

    OFF = "off"
    DRY_RUN = "dry_run"
    ON = "on"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the household allows; 0 is no limit."""

    mode: Mode
    automations: bool
    max_items: int
    max_size: int  # bytes
    max_items_day: int
    max_size_day: int  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What was removed: library and torrents may be the same bytes."""

    items: int = 0
    library: int = 0  # bytes
    torrents: int = 0  # bytes

    @property
    def size(self) -> int:
        """Return the bytes that went, at least."""
        return max(self.library, self.torrents)

    def plus(self, other: Done) -> Done:
        """Return both together."""
        return Done(
            items=self.items + other.items,
            library=self.library + other.library,
            torrents=self.torrents + other.torrents,
        )


class DeletionRefused(Exception):
    """Say why nothing is deleted: a code with values for its sentence."""

    def __init__(self, code: str, values: Mapping[str, str | int] | None = None) -> None:
        """Keep both."""
        super().__init__(code)
        self.code = code
        self.values: Mapping[str, str | int] = values or {}


def check_source(limits: Limits, source: str) -> None:
    """Raise DeletionRefused unless such a source may plan and run deletions."""
    if limits.mode is Mode.OFF:
        raise DeletionRefused("deletion_off")
    if source == AUTOMATION and not limits.automations:
        raise DeletionRefused("automations_not_allowed")


def check_plan(plan: Plan, limits: Limits, done: Done, jobs: Collection[Job]) -> None:
    """Raise DeletionRefused when a plan is blocked, too much, or about what goes already.

    `jobs` are those under way and those that ended just now; `done` is what all others really
    removed during the last day.
    """
    if plan.blockers:
        raise DeletionRefused("plan_blocked", {"blocker": plan.blockers[0].code})
    for job in jobs:
        if job.is_open and is_overlapping(plan, job.plan):
            raise DeletionRefused("already_running", {"job_id": job.id})
    wanted = planned(plan)
    _check("too_many_items", wanted.items, limits.max_items)
    _check("too_much_data", wanted.size, limits.max_size)
    for job in jobs:
        done = done.plus(spent(job))
    done = done.plus(wanted)
    _check("too_many_items_today", done.items, limits.max_items_day)
    _check("too_much_data_today", done.size, limits.max_size_day)


def _check(code: str, found: int, limit: int) -> None:
    if limit and found > limit:
        raise DeletionRefused(code, {"found": found, "limit": limit})


def planned(plan: Plan) -> Done:
    """Return what a plan would remove; a target without known items counts as one."""
    torrents = sum(step.size for step in plan.pending if step.service is Service.QBITTORRENT)
    return Done(
        items=sum(max(1, len(target.items)) for target in plan.targets),
        library=sum(step.size for step in plan.pending) - torrents,
        torrents=torrents,
    )


def spent(job: Job) -> Done:
    """Return what a job may still remove or has removed; one that has ended, what it really did."""
    if job.is_dry_run:
        return Done()
    going = [
        step
        for step in job.plan.pending
        if job.is_open or job.states[step.id].status is StepStatus.VERIFIED
    ]
    torrents = sum(step.size for step in going if step.service is Service.QBITTORRENT)
    return Done(
        items=sum(len(step.items) for step in going if step.verb in OF_ITEMS),
        library=sum(step.size for step in going) - torrents,
        torrents=torrents,
    )


def is_overlapping(one: Plan, other: Plan) -> bool:
    """Return whether two plans are about the same item, or about the same thing in a service."""
    if any(_meet(mine, theirs) for mine in one.targets for theirs in other.targets):
        return True
    hit = {(step.connection_id, step.verb, step.target) for step in one.pending}
    return any((step.connection_id, step.verb, step.target) in hit for step in other.pending)


def _meet(one: DeletionTarget, other: DeletionTarget) -> bool:
    if one.request_id != other.request_id:
        return False
    return one.is_whole or other.is_whole or not one.items.isdisjoint(other.items)
