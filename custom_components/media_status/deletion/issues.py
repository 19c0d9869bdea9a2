"""Report deletions that could not be ended, until they are tried again and end well."""

from collections.abc import Mapping
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..hub import Hub, HubEvent
from ..lifecycle.deletion import StepStatus
from ..lifecycle.deletion_job import Job, JobStatus
from ..repairs import DELETION_FAILED
from ..serialize import MAX_SENTENCE, MAX_TITLE, clean
from .pages import connection_names

_MOST_LINES: Final = 10
_MOST_JOBS: Final = 50
_STAYED: Final = frozenset({"files_left", "still_there"})


class DeletionIssues:
    """Keep one issue for each deletion of which something is left."""

    def __init__(self, hass: HomeAssistant, hub: Hub) -> None:
        """Initialize; nothing is reported before `start`."""
        self._hass = hass
        self._hub = hub

    async def start(self) -> None:
        """Report what failed before the last restart, then follow; raise JournalError."""
        jobs = await self._hub.journal.deletions.jobs(limit=_MOST_JOBS)
        known = {f"{DELETION_FAILED}_{job.id}" for job in jobs if self._follow(job)}
        for domain, issue_id in list(ir.async_get(self._hass).issues):
            is_ours = domain == DOMAIN and issue_id.startswith(f"{DELETION_FAILED}_")
            if is_ours and issue_id not in known:
                ir.async_delete_issue(self._hass, DOMAIN, issue_id)
        self._hub.entry.async_on_unload(self._hub.subscribe(self._handle))

    @callback
    def _handle(self, event: HubEvent) -> None:
        for change in event.deletions:
            self._follow(change.job)

    def _follow(self, job: Job) -> bool:
        """Report a job if something of it is left; return whether there is a report now."""
        issue_id = f"{DELETION_FAILED}_{job.id}"
        is_left = not job.is_dry_run and _is_left(job)
        is_reported = ir.async_get(self._hass).async_get_issue(DOMAIN, issue_id) is not None
        if is_reported and not is_left and _is_tried_again(job):
            return True
        if not is_left:
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)
            return False
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue_id,
            data={"job_id": job.id},
            is_fixable=True,
            severity=ir.IssueSeverity.WARNING,
            translation_key=DELETION_FAILED,
            translation_placeholders={
                "title": _titles(job),
                "steps": _failures(self._hub, job, connection_names(self._hub)),
            },
        )
        return True


def _is_left(job: Job) -> bool:
    """Return whether something has stayed: at the end, or before in spite of an answer of success.

    What a service cannot do at the moment is tried again without a word.
    """
    status = job.status_at(dt_util.utcnow())
    if status is not JobStatus.RUNNING:
        return status is JobStatus.INCOMPLETE
    return any(
        state.status is StepStatus.FAILED and (state.reason in _STAYED or state.next_at is None)
        for state in job.states.values()
    )


def _is_tried_again(job: Job) -> bool:
    """Return whether a service has accepted once more what it left before, and nobody looked."""
    return job.is_open and any(
        state.status is StepStatus.DONE and state.attempts > 1 for state in job.states.values()
    )


def _titles(job: Job) -> str:
    titles = [clean(target.title, MAX_TITLE) for target in job.plan.targets]
    return ", ".join(titles[:_MOST_LINES]) + (", …" if len(titles) > _MOST_LINES else "")


def _failures(hub: Hub, job: Job, names: Mapping[str, str]) -> str:
    """Return a line for each place in which something is left, with the reason."""
    lines: dict[str, None] = {}
    for step in job.plan.steps:
        state = job.states[step.id]
        if state.status is StepStatus.FAILED:
            where = names.get(step.connection_id or "", step.service.value)
            why = hub.texts.deletion("reason", state.reason or "failed") or ""
            lines[clean(f"- {where}: {why}", MAX_SENTENCE)] = None
    shown = list(lines)
    return "\n".join(shown[:_MOST_LINES] + (["- …"] if len(shown) > _MOST_LINES else []))
