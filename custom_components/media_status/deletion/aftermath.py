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

_OF_FILES = frozenset({Verb.REMOVE_TITLE, Verb.REMOVE_FILE})
_SERVICES = frozenset(service.value for service in Service)


async def aftermath(house: House, job: Job, request_ids: Iterable[str], now: datetime) -> Changes:
    """Return what a job makes of requests of which it has removed what there was.

    Raises JournalError before anything is changed.
    """
    targets = {target.request_id: target for target in job.plan.targets}
    history = {
        key: await house.journal.request(key)
        for key in request_ids
        if key not in house.tracker.requests
    }
    changes: Changes = []
    decision = Decision(verdict=Verdict.DELETED, reason=job.source, user=job.user)
    for key in request_ids:
        chosen = None if targets[key].is_whole else gone_items(job, targets[key])
        changes += _end(house, key, history.get(key), decision, _subjects(chosen), now)
    return changes


def newly_gone(before: Job, after: Job) -> frozenset[str]:
    """Return the requests of which the last file or record has just been seen to be gone."""
    if after.is_dry_run:
        return frozenset()
    return frozenset(
        target.request_id
        for target in after.plan.targets
        if gone_items(after, target) and not gone_items(before, target)
    )


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
    """Return the items of a target that are deleted, whatever other services still have of them.

    Gone is what Radarr and Sonarr no longer have; of what they never had, the request in Seerr.
    """
    mine = [
        (step, job.states[step.id])
        for step in job.plan.steps
        if target.request_id in step.request_ids
    ]
    deciding = [found for found in mine if found[0].verb in _OF_FILES] or [
        found for found in mine if found[0].verb is Verb.REMOVE_REQUEST
    ]
    if any(state.status in OPEN or state.status is StepStatus.FAILED for _, state in deciding):
        return frozenset()
    if not any(state.status is StepStatus.VERIFIED for _, state in deciding):
        return frozenset()
    kept = {
        item
        for step, state in deciding
        if state.status is StepStatus.SKIPPED
        for item in step.items
    }
    return target.items if target.is_whole else target.items - kept


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
