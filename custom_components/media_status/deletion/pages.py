"""Answer questions about deletions, a page at a time: the jobs, and the log that only grows."""

from typing import TYPE_CHECKING

from homeassistant.util import dt as dt_util

from ..journal_deletions import StoredLogRow
from ..lifecycle.codec import encode_time
from ..lifecycle.model import JsonObject, JsonValue
from .words import job_json

if TYPE_CHECKING:
    from ..hub import Hub


async def jobs_page(
    hub: Hub, *, request_id: str | None = None, before: str | None = None, limit: int
) -> JsonObject:
    """Return jobs, newest first, older than `before` (a job's id); raise JournalError."""
    now = dt_util.utcnow()
    jobs = await hub.journal.deletions.jobs(request_id=request_id, before=before, limit=limit)
    # What is in memory is never older than the row.
    live = {job.id: job for job in hub.deletions.jobs}
    names = connection_names(hub)
    shown: list[JsonValue] = [
        job_json(hub.texts, live.get(job.id, job), now, names) for job in jobs
    ]
    return {"jobs": shown, "mode": hub.deletions.limits.mode.value}


async def log_page(
    hub: Hub, *, job_id: str | None = None, before: int | None = None, limit: int
) -> JsonObject:
    """Return rows of the log, newest first, before the row with an id; raise JournalError.

    With its first page comes `changed_at`: the first row that is not as we wrote it, if any.
    """
    rows = await hub.journal.deletions.log(job_id=job_id, before_id=before, limit=limit)
    answer: JsonObject = {"log": [_row_json(stored) for stored in rows]}
    if before is None:
        answer["changed_at"] = (await hub.journal.deletions.verify_chain()).broken_at
    return answer


def connection_names(hub: Hub) -> dict[str, str]:
    """Return what the household calls its connections."""
    return {key: found.subentry.title for key, found in hub.connections.items()}


def _row_json(stored: StoredLogRow) -> JsonObject:
    row = stored.row
    # The plan is told with its job; here it would be the longest part of every page.
    details: JsonObject = {key: value for key, value in row.document.items() if key != "plan"}
    return {
        "id": stored.id,
        "at": encode_time(row.at),
        "job_id": row.job_id,
        "code": row.code,
        "service": None if row.service is None else row.service.value,
        "items": row.items,
        "size": row.size,
        "details": details,
    }
