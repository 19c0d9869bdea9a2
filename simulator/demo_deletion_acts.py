"""What an administrator deletes, and what goes wrong meanwhile."""

import asyncio
from typing import Final
from urllib.parse import parse_qsl, urlencode

from .call_log import Call
from .demo_deletion_desk import rows_of, statuses, steps_of, until
from .demo_deletion_home import Film
from .demo_deletion_stage import Outcome, Stage
from .hass_process import USER
from .model import JsonObject

_SETTLED: Final = 11 * 60.0  # seconds; what has not gone by then is called left
_DAY: Final = 24 * 3600.0
_FILES_LEFT: Final = "failed (files_left)"
_WELL: Final = frozenset({"verified", "not_needed", "not_applicable"})


async def preview(stage: Stage, film: Film) -> Outcome:
    """See the exact calls, files and bytes, while nothing changes."""
    before, writes = await stage.state(), len(stage.sim.writes)
    plan = await stage.desk.preview(await stage.request_id(film))
    stage.expect(plan["can_run"] is True, f"blocked by {plan['blockers']}")
    files = [
        (file["path"], file["size"])
        for step in steps_of(plan, "radarr")
        for file in rows_of(step, "files")
    ]
    stage.expect(files == [(film.path, film.size)], f"says of the files {files}")
    stage.expect(plan["size"] == film.size, f"says {plan['size']} bytes")
    stage.expect(await stage.state() == before, "something changed")
    stage.expect(len(stage.sim.writes) == writes, "something was called")
    seen = f"{len(_calls(plan))} calls, {plan['files']} file, {plan['size']} bytes"
    return plan, f"{seen}; nothing changed"


async def dry_run(stage: Stage, film: Film) -> Outcome:
    """Go through everything but the sending."""
    before, writes = await stage.state(), len(stage.sim.writes)
    plan = await stage.desk.preview(await stage.request_id(film))
    job_id = await stage.desk.delete(plan_id=plan["plan_id"], dry_run=True)
    job = await stage.desk.until_ended(job_id)
    said = {step["message"] for step in steps_of(job) if step["status"] == "skipped"}
    stage.expect(set(_calls(plan)) <= said, f"would have called {said}")
    stage.expect(await stage.state() == before, "something changed")
    made = [call.name for call in stage.sim.writes[writes:]]
    stage.expect(not made, f"called {made}")
    await stage.desk.until_stage(film.title, "available")
    return job, "disk, torrents and call log as before"


async def run(stage: Stage, film: Film) -> Outcome:
    """Carry out the plan that is shown, and find nothing of the film afterwards."""
    writes = len(stage.sim.writes)
    plan = await stage.desk.preview(await stage.request_id(film))
    job_id = await stage.desk.delete(plan_id=plan["plan_id"])
    job = await stage.desk.until_ended(job_id)
    made = stage.sim.writes[writes:]
    strange = [_text(call) for call in made if not _is_planned(call, plan)]
    stage.expect(not strange, f"called {strange}, which is not in {_calls(plan)}")
    stage.expect(job["user"] == USER.title(), f"done by {job['user']}")
    stage.expect(int(str(job["removed_size"])) >= film.size, f"removed {job['removed_size']}")
    return job, await ended_well(stage, film, job)


async def killed(stage: Stage, film: Film) -> Outcome:
    """End Home Assistant while Radarr deletes, before it can hear that it is done."""
    own = f"DELETE /api/v3/movie/{film.entry.id}"
    stage.sim.faults("radarr").on_write("hang", match=own)
    request_id = await stage.request_id(film)
    job_id = await stage.desk.delete(request_id=request_id, confirm=True)

    async def is_called() -> bool | None:
        return True if _times(stage, own) else None

    await until("Radarr to be called", is_called)
    await stage.hass.kill()
    stage.sim.faults("radarr").clear()
    left = await stage.left_of(film)
    stage.expect(left == {"Jellyfin", "Seerr"}, f"when it was killed, something was in {left}")
    await stage.hass.start()
    await stage.sign_in()
    job = await stage.desk.until_ended(job_id)
    times = _times(stage, own)
    stage.expect(times == 1, f"Radarr was called {times} times")
    log = await stage.desk.log(job_id)
    stage.expect((log[0], log[-1]) == ("started", "ended"), f"the log says {log}")
    gone = await ended_well(stage, film, job)
    return job, f"went on by itself, Radarr called {times} time; {gone}"


async def files_stay(stage: Stage, film: Film) -> Outcome:
    """Hear from Radarr that all is done while the file is there; a person puts it right."""
    desk, disposal = stage.desk, stage.sim.radarr.disposal
    disposal.stuck = True
    job_id = await desk.delete(request_id=await stage.request_id(film), confirm=True)
    await desk.until_job(job_id, "Radarr's answer", _has_answered)
    await stage.put_forward(_SETTLED)
    await desk.until_job(job_id, "the failure", _has_failed)
    await stage.put_forward(_DAY)
    job = await desk.until_ended(job_id)
    stage.expect(job["status"] == "incomplete", f"the deletion is {job['status']}")
    stage.expect(_has_failed(job), f"Radarr's step is {statuses(job)['radarr']}")
    stage.expect(film.real.exists(), "the file has gone")
    issue = await desk.until_issue("deletion_failed")
    disposal.stuck = False
    await asyncio.to_thread(film.real.unlink)  # what a person does
    told = await desk.repair(issue)
    stage.expect(told == "tried", f"the repair ended with {told}")
    job = await desk.until_job(job_id, "the end", lambda job: job["status"] == "complete")
    await desk.until_no_issue("deletion_failed")
    gone = await ended_well(stage, film, job)
    return job, f"failed (files_left), repair, retried; {gone}"


async def ended_well(stage: Stage, film: Film, job: JsonObject) -> str:
    """Require that every step ended well, and that nothing is left of the film."""
    ended = {str(step["status"]) for step in steps_of(job)} - _WELL
    stage.expect(not ended, f"some steps ended as {ended}")
    return await stage.is_gone(film)


def _has_answered(job: JsonObject) -> bool:
    return any(step["status"] == "done" for step in steps_of(job, "radarr"))


def _has_failed(job: JsonObject) -> bool:
    return statuses(job)["radarr"] == _FILES_LEFT


def _times(stage: Stage, name: str) -> int:
    return sum(call.name == name for call in stage.sim.removing)


def _calls(plan: JsonObject) -> list[str]:
    return [str(step["call"]) for step in steps_of(plan) if step["status"] == "pending"]


def _is_planned(made: Call, plan: JsonObject) -> bool:
    """Return whether a call that was made is exactly one of those that were shown."""
    return any(
        step["status"] == "pending" and _parts(str(step["call"])) == _parts(_text(made))
        for step in steps_of(plan, made.service)
    )


def _text(call: Call) -> str:
    return f"{call.name}?{urlencode(call.query)}"


def _parts(text: str) -> tuple[str, str, list[tuple[str, str]]]:
    """Return method, path and query of a call; a form comes behind them."""
    method, address = text.split(" ")[:2]
    path, _, query = address.partition("?")
    return method, path.strip("/"), sorted(parse_qsl(query, keep_blank_values=True))
