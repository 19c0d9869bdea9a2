"""Tell which steps of a request are worth an event, each once."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from .deletion.house import DeletionChange
from .lifecycle.deletion import DeletionTarget
from .lifecycle.deletion_job import Job, JobStatus
from .lifecycle.facts import Origin
from .lifecycle.model import Stage
from .lifecycle.request import Change, Request, Status

# What an event entity tells when a request reaches a stage.
_REACHED: Final[Mapping[Stage, str]] = {
    Stage.REQUESTED: "requested",
    Stage.APPROVED: "approved",
    Stage.DECLINED: "declined",
    Stage.GRABBING: "grabbed",
    Stage.DOWNLOADED: "downloaded",
    Stage.AVAILABLE: "available",
    Stage.PARTIALLY_AVAILABLE: "partially_available",
    Stage.FAILED: "failed",
    Stage.DELETED: "deleted",
}
# With files, not yet watchable: anime goes through both of them, everything else through one.
_IMPORTED: Final = frozenset({Stage.ANIME_MATCHING, Stage.SYNCING_LIBRARY})
_MATCHED: Final = frozenset({Stage.SYNCING_LIBRARY, Stage.PARTIALLY_AVAILABLE, Stage.AVAILABLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestEvent:
    """Something worth an automation happened to a request."""

    type: str
    request: Request
    job_id: str | None = None  # of the deletion that it is about


def milestones(changes: Iterable[Change]) -> tuple[RequestEvent, ...]:
    """Return the events of a batch of changes, in order."""
    return tuple(
        RequestEvent(type=name, request=change.request)
        for change in changes
        for name in _names(change)
    )


def _names(change: Change) -> Iterator[str]:
    before, stage = change.before, change.request.stage
    if change.stuck is not None:
        yield "stuck" if change.stuck else "healed"
    if not change.opened and before is None:
        return
    if stage in _IMPORTED and before not in _IMPORTED | {Stage.AVAILABLE}:
        yield "imported"
    if before is Stage.ANIME_MATCHING and stage in _MATCHED:
        yield "matched"
    if (name := _REACHED.get(stage)) is not None:
        yield name


def deletion_events(
    changes: Iterable[DeletionChange], requests: Mapping[str, Request]
) -> tuple[RequestEvent, ...]:
    """Return that deletions began or failed, for each request; rehearsals are not told.

    That something is deleted is told by its stage.
    """
    return tuple(
        RequestEvent(type=name, request=_known(target, change.job, requests), job_id=change.job.id)
        for change in changes
        if not change.job.is_dry_run and (name := _deletion_name(change)) is not None
        for target in change.job.plan.targets
    )


def _deletion_name(change: DeletionChange) -> str | None:
    job = change.job
    if change.code == "started":
        return "deletion_started"
    is_over = change.code == "ended" and job.ended_at is not None
    has_failed = is_over and job.status_at(job.ended_at or job.created_at) is JobStatus.INCOMPLETE
    return "deletion_failed" if has_failed or change.code == "came_back" else None


def _known(target: DeletionTarget, job: Job, requests: Mapping[str, Request]) -> Request:
    """Return a request, from the plan when it ended too long ago to be remembered."""
    return requests.get(target.request_id) or Request(
        id=target.request_id,
        media_type=target.media_type,
        origin=Origin.SEERR,
        created_at=job.created_at,
        opened_at=job.created_at,
        ended_at=job.created_at,
        ids=target.ids,
        title=target.title,
        year=target.year,
        anime_override=target.is_anime,
        status=Status(stage=Stage.AVAILABLE),
    )
