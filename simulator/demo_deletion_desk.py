"""Delete through Home Assistant as a person does: actions, progress, the log, repairs."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from .hass_client import HassClient, HassRefusedError
from .model import JsonObject, Title

_FIXES: Final = "/api/repairs/issues/fix"
_POLL: Final = 0.3
_LIMIT: Final = 90.0
_ENDED: Final = frozenset({"complete", "incomplete", "cancelled"})


async def until[T](what: str, look: Callable[[], Awaitable[T | None]]) -> T:
    """Look again until something is found, and return it; `TimeoutError` says what never was."""
    try:
        async with asyncio.timeout(_LIMIT):
            while (found := await look()) is None:
                await asyncio.sleep(_POLL)
    except TimeoutError as err:
        raise TimeoutError(f"waited in vain for {what}") from err
    return found


class Desk:
    """One signed-in administrator who deletes."""

    def __init__(self, client: HassClient) -> None:
        """Begin with nothing asked."""
        self._client = client

    # -- requests ------------------------------------------------------------------------------

    async def until_stage(self, title: Title, stage: str) -> str:
        """Wait until the newest request for a title is in a stage; return its id."""

        async def look() -> str | None:
            rows = [row for row in await self._requests() if row["title"] == title.title]
            newest = max(rows, key=lambda row: str(row["opened_at"]), default=None)
            is_there = newest is not None and newest["stage"] == stage
            return str(newest["request_id"]) if newest is not None and is_there else None

        return await until(f"{title.title} to be {stage}", look)

    async def stage(self, request_id: str) -> str:
        """Return the stage of a request."""
        answer = await self._client.command("media_status/request", request_id=request_id)
        return str(answer.get("stage")) if isinstance(answer, dict) else ""

    async def _requests(self) -> list[JsonObject]:
        try:
            answer = await self._client.command("media_status/requests", limit=100)
        except HassRefusedError:
            return []  # it is being set up
        return rows_of(answer, "requests")

    async def survey(self) -> None:
        """Have every service asked at once."""
        await self._client.act("survey")

    # -- deleting ------------------------------------------------------------------------------

    async def preview(self, request_id: str) -> JsonObject:
        """Return the plan for a request."""
        return await self._client.act("preview_deletion", request_id=request_id)

    async def delete(self, **how: object) -> str:
        """Call the action that deletes; return the id of the job."""
        answer = await self._client.act("delete_request", **how)
        job = answer.get("job")
        return str(job["job_id"]) if isinstance(job, dict) else ""

    async def job(self, job_id: str) -> JsonObject | None:
        """Return a job as a card would show it."""
        jobs = rows_of(await self._client.command("media_status/deletions", limit=100), "jobs")
        return next((job for job in jobs if job["job_id"] == job_id), None)

    async def until_ended(self, job_id: str) -> JsonObject:
        """Wait until a job has ended; return it."""
        return await self.until_job(job_id, "the end", lambda job: job["status"] in _ENDED)

    async def until_job(
        self, job_id: str, what: str, is_so: Callable[[JsonObject], bool]
    ) -> JsonObject:
        """Wait until something is true of a job; return it."""

        async def look() -> JsonObject | None:
            job = await self.job(job_id)
            return job if job is not None and is_so(job) else None

        return await until(f"{what} of the deletion", look)

    async def newest_job(self, request_id: str) -> JsonObject | None:
        """Return the job for a request that was begun last."""
        answer = await self._client.command(
            "media_status/deletions", request_id=request_id, limit=1
        )
        jobs = rows_of(answer, "jobs")
        return jobs[0] if jobs else None

    async def log(self, job_id: str) -> list[str]:
        """Return what the log says of a job, the oldest first, by its codes."""
        answer = await self._client.command(
            "media_status/deletions", log=True, job_id=job_id, limit=100
        )
        return [str(row["code"]) for row in reversed(rows_of(answer, "log"))]

    # -- repairs -------------------------------------------------------------------------------

    async def issue(self, key: str) -> JsonObject | None:
        """Return the first repair of a kind."""
        found = rows_of(await self._client.command("repairs/list_issues"), "issues")
        own = (issue for issue in found if issue["domain"] == "media_status")
        return next((issue for issue in own if issue["translation_key"] == key), None)

    async def until_issue(self, key: str) -> JsonObject:
        """Wait for a repair of a kind."""
        return await until(f"the repair {key}", lambda: self.issue(key))

    async def until_no_issue(self, key: str) -> None:
        """Wait until no repair of a kind is left."""

        async def look() -> bool | None:
            return None if await self.issue(key) is not None else True

        await until(f"the repair {key} to go", look)

    async def repair(self, issue: JsonObject) -> str:
        """Go through a repair's flow, saying yes to all; return how it ended."""
        about = {"handler": issue["domain"], "issue_id": issue["issue_id"]}
        answer = await self._client.call("POST", _FIXES, about)
        while answer.get("type") == "form":
            answer = await self._client.call("POST", f"{_FIXES}/{answer['flow_id']}", {})
        return str(answer.get("reason") or answer.get("type"))


def statuses(job: JsonObject) -> dict[str, str]:
    """Return how each service's steps stand, each status once, with the reasons."""
    found: dict[str, dict[str, None]] = {}
    for step in rows_of(job, "steps"):
        reason = step.get("reason")
        text = f"{step['status']} ({reason})" if reason else str(step["status"])
        found.setdefault(str(step["service"]), {})[text] = None
    return {service: ", ".join(texts) for service, texts in found.items()}


def steps_of(job: JsonObject, service: str = "") -> list[JsonObject]:
    """Return the steps of a plan or job, of one service or of all."""
    return [step for step in rows_of(job, "steps") if service in {"", step["service"]}]


def rows_of(answer: object, name: str) -> list[JsonObject]:
    """Return the objects that an answer lists under a name."""
    rows = answer.get(name) if isinstance(answer, dict) else None
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
