"""Put into words for the log what happened to a deletion."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from ..journal_deletions import LogRow
from ..lifecycle.codec import encode_time
from ..lifecycle.deletion import Step, StepStatus
from ..lifecycle.deletion_job import Job
from ..lifecycle.model import ItemKey, JsonObject, JsonValue, Service
from ..lifecycle.request import Request
from .brakes import OF_ITEMS
from .plan_json import encode


def begun(job: Job, code: str, requests: Iterable[Request], now: datetime) -> LogRow:
    """Return the row that a job begins with: who, what of whom, and the whole plan."""
    known = {request.id: request for request in requests}
    snapshot: list[JsonValue] = [
        _snapshot(known[target.request_id])
        for target in job.plan.targets
        if target.request_id in known
    ]
    document: JsonObject = {
        **_who(job),
        "dry_run": job.is_dry_run,
        "requests": snapshot,
        "size": job.plan.size,
        "items": job.plan.item_count,
        "plan": encode(job.plan),
    }
    return LogRow(at=now, job_id=job.id, code=code, document=document)


def happened(job: Job, code: str, now: datetime, user: str | None = None) -> LogRow:
    """Return the row of something that a person did to a job, or that its time has come."""
    return LogRow(
        at=now, job_id=job.id, code=code, document={"user": user} if user is not None else {}
    )


def step_row(before: Job, job: Job, step: Step, now: datetime) -> LogRow:
    """Return the row of what became of a step; it counts what was really removed, once."""
    state = job.states[step.id]
    was_gone = before.states[step.id].status is StepStatus.VERIFIED
    is_gone = state.status is StepStatus.VERIFIED and not was_gone
    document: JsonObject = {
        "step": step.id,
        "connection": step.connection_id,
        "verb": step.verb.value,
        "target": step.target,
        "name": step.name,
        "call": job.plan.calls.get(step.id),
        "status": state.status.value,
        "reason": state.reason,
        "message": state.message,
        "attempts": state.attempts,
        "called_at": _time(state.called_at),
        "done_at": _time(state.done_at),
        "removed_files": state.removed_files,
        "removed_size": state.removed_size,
    }
    return LogRow(
        at=now,
        job_id=job.id,
        code="step",
        service=step.service,
        items=len(step.items) if is_gone and step.verb in OF_ITEMS else 0,
        size=state.removed_size if is_gone else 0,
        document={key: value for key, value in document.items() if value is not None},
    )


def ended(job: Job, now: datetime) -> LogRow:
    """Return the row that a job ends with."""
    counts = Counter(state.status.value for state in job.states.values())
    document: JsonObject = {
        **_who(job),
        "status": job.status_at(now).value,
        "dry_run": job.is_dry_run,
        "steps": dict(sorted(counts.items())),
        "removed_files": sum(state.removed_files for state in job.states.values()),
        "removed_size": sum(state.removed_size for state in job.states.values()),
        "created_at": encode_time(job.created_at),
    }
    return LogRow(at=now, job_id=job.id, code="ended", document=document)


def elsewhere(
    request: Request, source: str, items: Iterable[ItemKey], entry_id: str, now: datetime
) -> LogRow:
    """Return the row of something that was deleted without us; it counts for no limit."""
    labels: list[JsonValue] = [item.label for item in sorted(items)]
    document: JsonObject = {"source": source, "requests": [_snapshot(request)], "items": labels}
    return LogRow(
        at=now,
        job_id=entry_id,
        code="deleted_elsewhere",
        service=Service(source) if source in set(Service) else None,
        document=document,
    )


def _who(job: Job) -> JsonObject:
    return {"source": job.source, "user": job.user}


def _snapshot(request: Request) -> JsonObject:
    """Return a request as it was, for when nothing else remembers it."""
    return {
        "request_id": request.id,
        "media_type": request.media_type.value,
        "title": request.name,
        "year": request.year,
        "poster_url": request.poster_url,
        "ids": dict(request.ids.pairs()),
        "is_4k": request.is_4k,
        "requested_by": request.requested_by,
        "size": request.status.size,
        "stage": request.stage.value,
    }


def _time(value: datetime | None) -> str | None:
    return None if value is None else encode_time(value)
