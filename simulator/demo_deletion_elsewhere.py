"""What somebody deletes in Radarr itself: it is noticed, and the others follow when confirmed."""

import time
from typing import Final

from .demo_deletion_acts import ended_well
from .demo_deletion_desk import statuses, until
from .demo_deletion_home import Film
from .demo_deletion_stage import Outcome, Stage
from .model import JsonObject

_APART: Final = 600.0  # seconds between two looks that make something deleted
_PATIENCE: Final = 1800.0
# With the film Radarr forgets what brought it: that the torrent is the film's, only we know.
_FOLLOWED: Final = {
    "qbittorrent": "verified",
    "radarr": "not_needed (nothing_there)",
    "jellyfin": "verified",
    "seerr": "verified",
}


async def file_elsewhere(stage: Stage, film: Film) -> Outcome:
    """Delete the file in Radarr; everything else follows."""
    request_id = await stage.request_id(film)
    stage.sim.radarr.delete_file(film.entry)
    minutes = await _until_noticed(stage, request_id)
    job = await _follow(stage, film, request_id, film.torrent)
    gone = await ended_well(stage, film, job)
    return job, f"seen after {minutes} min, repair, confirmed; {gone}"


async def film_elsewhere(stage: Stage, film: Film) -> Outcome:
    """Delete the whole film in Radarr; the others follow."""
    request_id = await stage.request_id(film)
    stage.sim.radarr.delete(film.entry)
    minutes = await _until_noticed(stage, request_id)
    job = await _follow(stage, film, request_id, film.title.title)
    found = {name: told for name, told in statuses(job).items() if name in _FOLLOWED}
    stage.expect(found == _FOLLOWED, f"ended as {found}")
    gone = await stage.is_gone(film)
    return job, f"seen after {minutes} min, repair, confirmed; {gone}"


async def _until_noticed(stage: Stage, request_id: str) -> int:
    """Let minutes pass until the request is called deleted; return their number."""
    started, forward = time.monotonic(), 0.0
    await stage.sim.settle()
    while await stage.desk.stage(request_id) != "deleted":
        if forward > _PATIENCE:
            raise TimeoutError("the request is never called deleted")
        forward += 60
        await stage.put_forward(60)
        await stage.desk.survey()
    passed = time.monotonic() - started + forward
    stage.expect(passed >= _APART, f"believed after {passed:.0f} s")
    return int(passed // 60)


async def _follow(stage: Stage, film: Film, request_id: str, named: str) -> JsonObject:
    """Confirm in the repair that the others follow; nothing has followed before."""
    desk = stage.desk
    issue = await desk.until_issue("deleted_elsewhere")
    stage.expect({"torrent", "Seerr"} <= await stage.left_of(film), "something went unasked")
    told = issue["translation_placeholders"]
    given = told if isinstance(told, dict) else {}
    stage.expect(given.get("service") == "Radarr", f"the repair names {given.get('service')}")
    stage.expect(named in str(given.get("steps")), f"the repair tells {given.get('steps')}")
    ended = await desk.repair(issue)
    stage.expect(ended == "create_entry", f"the repair ended with {ended}")
    begun = await until("the deletion", lambda: desk.newest_job(request_id))
    return await desk.until_ended(str(begun["job_id"]))
