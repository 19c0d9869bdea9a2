"""Let requests end that were deleted: open ones by a decision, ended ones in the journal."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from ..lifecycle.deletion import DeletionTarget, StepStatus, Verb
from ..lifecycle.deletion_job import OPEN, Job
from ..lifecycle.facts import Decision, Fact, Observation, Statement, Verdict
from ..lifecycle.model import REQUEST, ItemKey, JsonValue, Service, Stage, Subject, Via
from ..lifecycle.request import Change, Changes, Request, TimelineEntry
from ..lifecycle.rollup import count, request_stage
from .house import House

_REMOVING = frozenset({Verb.REMOVE_TITLE, Verb.REMOVE_FILE, Verb.REMOVE_REQUEST})
_SERVICES = frozenset(service.value for service in Service)


async def aftermath(house: House, job: Job, now: datetime) -> Changes:
    """Return what a job that has ended makes of its requests; what is not gone stays as it is.

    Raises JournalError before anything is changed.
    """
    if job.is_dry_run or job.cancelled_at is not None:
        return []
    gone = {target.request_id: (target, gone_items(job, target)) for target in job.plan.targets}
    history = {
        key: await house.journal.request(key)
        for key, (_, items) in gone.items()
        if items and key not in house.tracker.requests
    }
    changes: Changes = []
    decision = Decision(verdict=Verdict.DELETED, reason=job.source, user=job.user)
    for key, (target, items) in gone.items():
        if items:
            chosen = None if target.is_whole else items
            changes += _end(house, key, history.get(key), decision, _subjects(chosen), now)
    return changes


async def end_deleted(
    house: House,
    request_id: str,
    items: frozenset[ItemKey] | None,
    *,
    source: str,
    user: str | None,
    now: datetime,
) -> Changes:
    """Return what makes a request, or some items of it, deleted: of an open or an ended one.

    Nothing when that was told before, or when there is no such request. Raises JournalError.
    """
    decision = Decision(verdict=Verdict.DELETED, reason=source, user=user)
    known = request_id in house.tracker.requests
    history = None if known else await house.journal.request(request_id)
    return _end(house, request_id, history, decision, _subjects(items), now)


def _subjects(items: frozenset[ItemKey] | None) -> tuple[Subject, ...]:
    return (REQUEST,) if items is None else tuple(Subject(item=one) for one in sorted(items))


def _end(
    house: House,
    request_id: str,
    history: Request | None,
    decision: Decision,
    subjects: tuple[Subject, ...],
    now: datetime,
) -> Changes:
    """Return the changes to an open request, or to what the journal holds of an ended one."""
    if request_id in house.tracker.requests:
        seen = Observation(
            connection_id=Service.HOME_ASSISTANT.value,
            service=Service.HOME_ASSISTANT,
            via=Via.USER,
            seen_at=now,
            statements=tuple(Statement(value=decision, subject=one) for one in subjects),
            request_id=request_id,
        )
        return house.tracker.observe((seen,), now)
    return [] if history is None else _rewrite(house, history, decision, subjects, now)


def gone_items(job: Job, target: DeletionTarget) -> frozenset[ItemKey]:
    """Return the items of a target that are deleted; none while any of its steps has failed."""
    mine = [
        (step, job.states[step.id])
        for step in job.plan.steps
        if target.request_id in step.request_ids
    ]
    if any(state.status in OPEN or state.status is StepStatus.FAILED for _, state in mine):
        return frozenset()
    is_removed = any(
        step.verb in _REMOVING and state.status is StepStatus.VERIFIED for step, state in mine
    )
    if target.is_whole:
        return target.items if is_removed else frozenset()
    kept = {
        item
        for step, state in mine
        if step.verb is Verb.REMOVE_FILE and state.status is StepStatus.SKIPPED
        for item in step.items
    }
    return target.items - kept


def _rewrite(
    house: House,
    request: Request,
    decision: Decision,
    subjects: Iterable[Subject],
    now: datetime,
) -> Changes:
    """Return the change that makes history of a request say that it, or some of it, is deleted."""
    facts = [_fact(decision, subject, now) for subject in subjects]
    new = [fact for fact in facts if fact.key not in request.facts]
    if not new:
        return []  # told before a restart
    gone = request.items if REQUEST in subjects else {fact.subject.item for fact in new}
    request.facts |= {fact.key: fact for fact in new}
    before, was = request.stage, request.status.items
    stages = {item: Stage.DELETED if item in gone else stage for item, stage in was.items()} | {
        item: Stage.DELETED for item in gone if item is not None
    }
    stage = Stage.DELETED if REQUEST in subjects else request_stage(list(stages.values()), before)
    request.status = replace(
        request.status, stage=stage, items=stages, counts=count(stages.values()), explanation=None
    )
    request.stage_since = now
    request.note_stages(was, now)
    if stage is Stage.DELETED:
        request.ended_at = now
        house.tracker.bury(request)
    return [
        Change(
            request=request,
            ended=True,  # written whole
            before=before if before is not stage else None,
            visible=True,
            is_stored=True,
            facts={fact.key: fact for fact in new},
            timeline=[_entry(request, decision, gone if stage is not Stage.DELETED else (), now)],
        )
    ]


def _fact(decision: Decision, subject: Subject, now: datetime) -> Fact:
    return Fact(
        subject=subject,
        connection_id=Service.HOME_ASSISTANT.value,
        service=Service.HOME_ASSISTANT,
        value=decision,
        seen_at=now,
        since=now,
        via=Via.USER,
    )


def _entry(
    request: Request, decision: Decision, items: Iterable[ItemKey | None], now: datetime
) -> TimelineEntry:
    labels: list[JsonValue] = [item.label for item in sorted(one for one in items if one)]
    values: dict[str, JsonValue] = {"source": decision.reason, "user": decision.user}
    if labels:
        values |= {"items": labels, "count": len(labels)}
    source = decision.reason
    return TimelineEntry(
        request_id=request.id,
        at=now,
        code="deleted",
        service=Service(source) if source in _SERVICES else Service.HOME_ASSISTANT,
        values={key: value for key, value in values.items() if value is not None},
    )
