"""The acts of the demonstration of deleting: what is done, and what must be found afterwards."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
import time
from typing import Final
from urllib.parse import parse_qsl, urlencode

from .call_log import Call
from .demo_deletion_desk import Desk, rows_of, statuses, steps_of, until
from .demo_deletion_home import Film, RealHome, Traces
from .hass_client import HassClient, HassRefusedError
from .hass_process import PASSWORD, USER, HassProcess
from .hass_wizard import until_connected
from .model import JsonObject

_SETTLED: Final = 11 * 60.0  # seconds; what has not gone by then is called left
_DAY: Final = 24 * 3600.0
_DONE: Final = "verified"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What was done with a film, how the steps of each service ended, and what was seen."""

    name: str
    film: str
    statuses: dict[str, str] = field(default_factory=dict)
    seen: str


class Acts:
    """Everything that is done in the household, one act after the other."""

    def __init__(
        self,
        home: RealHome,
        hass: HassProcess,
        client: HassClient,
        desk: Desk,
        say: Callable[[str], None],
    ) -> None:
        """Begin with nothing done."""
        self.done: list[Act] = []
        self.problems: list[str] = []
        self._home = home
        self._hass = hass
        self._client = client
        self._desk = desk
        self._say = say

    async def run(self) -> None:
        """Play all acts; note what goes wrong and go on with the next."""
        home = self._home
        neighbour = await home.has("The Quiet Neighbour", 2018)
        films = [await home.has(name, 2020) for name in _FILMS]
        await home.noticed()
        for film in (neighbour, *films):
            await self._desk.until_stage(film.title, "available")
        shown, killed, stuck = films
        before, known = await home.traces(), set(home.sim.radarr.entries)
        await self._play("preview", shown, self._preview)
        await self._play("dry run", shown, self._dry_run)
        await self._play("run", shown, self._run)
        await self._play("kill -9", killed, self._killed)
        await self._play("200, files stay", stuck, self._files_stay)
        await self._spare(neighbour, films, before, known)

    async def _play(
        self, name: str, film: Film, act: Callable[[Film], Awaitable[tuple[JsonObject, str]]]
    ) -> None:
        started = time.monotonic()
        try:
            job, seen = await act(film)
        except (TimeoutError, HassRefusedError) as err:
            self.problems.append(f"{name}: {err}")
            return
        done = Act(name=name, film=film.title.title, statuses=statuses(job), seen=seen)
        self.done.append(done)
        self._say(f"{time.strftime('%H:%M:%S')}  {name:16}  {time.monotonic() - started:.0f} s")

    def _expect(self, is_so: object, what: str) -> None:
        if not is_so:
            self.problems.append(what)

    # -- preview, rehearsal, run ---------------------------------------------------------------

    async def _preview(self, film: Film) -> tuple[JsonObject, str]:
        """See the exact calls, files and bytes, while nothing changes."""
        before, writes = await self._state(), len(self._home.sim.writes)
        plan = await self._desk.preview(await self._id(film))
        self._expect(plan["can_run"] is True, f"preview: blocked by {plan['blockers']}")
        files = [
            (file["path"], file["size"])
            for step in steps_of(plan, "radarr")
            for file in rows_of(step, "files")
        ]
        self._expect(files == [(film.path, film.size)], f"preview: says of the files {files}")
        self._expect(plan["size"] == film.size, f"preview: says {plan['size']} bytes")
        self._expect(await self._state() == before, "preview: something changed")
        self._expect(len(self._home.sim.writes) == writes, "preview: something was called")
        calls = len(_calls(plan))
        return plan, f"{calls} calls, {plan['files']} file, {plan['size']} bytes; nothing changed"

    async def _dry_run(self, film: Film) -> tuple[JsonObject, str]:
        """Go through everything but the sending."""
        before, writes = await self._state(), len(self._home.sim.writes)
        plan = await self._desk.preview(await self._id(film))
        job_id = await self._desk.delete(plan_id=plan["plan_id"], dry_run=True)
        job = await self._desk.until_ended(job_id)
        said = {step["message"] for step in steps_of(job) if step["status"] == "skipped"}
        self._expect(set(_calls(plan)) <= said, f"dry run: would have called {said}")
        self._expect(await self._state() == before, "dry run: something changed")
        made = [call.name for call in self._home.sim.writes[writes:]]
        self._expect(not made, f"dry run: called {made}")
        await self._desk.until_stage(film.title, "available")
        return job, "disk, torrents and call log as before"

    async def _run(self, film: Film) -> tuple[JsonObject, str]:
        """Carry out the plan that is shown, and find nothing of the film afterwards."""
        writes = len(self._home.sim.writes)
        plan = await self._desk.preview(await self._id(film))
        job_id = await self._desk.delete(plan_id=plan["plan_id"])
        job = await self._desk.until_ended(job_id)
        made = self._home.sim.writes[writes:]
        strange = [_text(call) for call in made if not _is_planned(call, plan)]
        self._expect(not strange, f"run: called {strange}, which is not in {_calls(plan)}")
        self._expect(job["user"] == USER.title(), f"run: done by {job['user']}")
        self._expect(
            int(str(job["removed_size"])) >= film.size, f"run: removed {job['removed_size']}"
        )
        return job, await self._gone("run", film, job)

    # -- what goes wrong -----------------------------------------------------------------------

    async def _killed(self, film: Film) -> tuple[JsonObject, str]:
        """End Home Assistant while Radarr deletes, before it can hear that it is done."""
        sim, desk = self._home.sim, self._desk
        own = f"DELETE /api/v3/movie/{film.entry.id}"
        sim.faults("radarr").on_write("hang", match=own)
        job_id = await desk.delete(request_id=await self._id(film), confirm=True)

        async def is_called() -> bool | None:
            return True if self._deletions(own) else None

        await until("Radarr to be called", is_called)
        await self._hass.kill()
        sim.faults("radarr").clear()
        left = film.torrent in await self._home.torrents.names()
        self._expect(not left, "kill -9: the torrent should have gone first")
        await self._hass.start()
        await self._sign_in()
        job = await desk.until_ended(job_id)
        times = self._deletions(own)
        self._expect(times == 1, f"kill -9: Radarr was called {times} times")
        log = await desk.log(job_id)
        self._expect(log[0] == "started" and log[-1] == "ended", f"kill -9: the log says {log}")
        gone = await self._gone("kill -9", film, job)
        return job, f"went on by itself, Radarr called {times} time; {gone}"

    def _deletions(self, name: str) -> int:
        return sum(call.name.startswith(name) for call in self._home.sim.removing)

    async def _files_stay(self, film: Film) -> tuple[JsonObject, str]:
        """Hear from Radarr that all is done while the file is there; a person puts it right."""
        sim, desk = self._home.sim, self._desk
        sim.radarr.disposal.stuck = True
        job_id = await desk.delete(request_id=await self._id(film), confirm=True)
        await desk.until_job(job_id, "Radarr's answer", lambda job: _is(job, "radarr", "done"))
        await self._put_forward(_SETTLED)
        await desk.until_job(
            job_id, "the failure", lambda job: statuses(job)["radarr"] == _FILES_LEFT
        )
        await self._put_forward(_DAY)
        job = await desk.until_ended(job_id)
        self._expect(job["status"] == "incomplete", f"files stay: the job is {job['status']}")
        self._expect(statuses(job)["radarr"] == _FILES_LEFT, f"files stay: {statuses(job)}")
        self._expect(film.real.exists(), "files stay: the file has gone")
        issue = await desk.until_issue("deletion_failed")
        sim.radarr.disposal.stuck = False
        await asyncio.to_thread(film.real.unlink)  # what a person does
        told = await desk.repair(issue)
        self._expect(told == "tried", f"files stay: the repair ended with {told}")
        job = await desk.until_job(job_id, "the end", lambda job: job["status"] == "complete")
        await desk.until_no_issue("deletion_failed")
        gone = await self._gone("files stay", film, job)
        return job, f"failed (files_left), repair, retried; {gone}"

    # -- what is left --------------------------------------------------------------------------

    async def _gone(self, act: str, film: Film, job: JsonObject) -> str:
        """Look for the film everywhere ourselves; return what was found, in words."""
        home, sim = self._home, self._home.sim
        ended = {step["status"] for step in steps_of(job)} - _WELL
        self._expect(not ended, f"{act}: some steps ended as {ended}")
        await self._desk.until_stage(film.title, "deleted")
        names = [name for name, found in (await home.traces()).items() if found[0] == film.inode]
        folder = film.real.parent
        media = sim.seerr.media.get(("movie", film.title.tmdb))
        found = {
            "names of its file": names,
            "its folder": folder.exists() and any(folder.iterdir()),
            "its torrent": film.torrent in await home.torrents.names(),
            "Radarr's entry": sim.radarr.find(film.title),
            "Jellyfin's item": sim.jellyfin.playable_files(film.title),
            "Seerr's record": media is not None and media.side(is_4k=False).status not in _ASKABLE,
        }
        for what, is_left in found.items():
            self._expect(not is_left, f"{act}: left: {what} ({is_left})")
        return "disk empty, torrent gone, can be asked for again"

    async def _spare(
        self, neighbour: Film, films: list[Film], before: Traces, known: set[int]
    ) -> None:
        """See that nothing else was touched: every other file, torrent and entry is as before."""
        gone = {film.inode for film in films}
        kept = {path: found for path, found in before.items() if found[0] not in gone}
        self._expect(await self._home.traces() == kept, f"not exactly this is left: {[*kept]}")
        names = await self._home.torrents.names()
        self._expect(names == {neighbour.torrent}, f"the torrents are {names}")
        entries = known - {film.entry.id for film in films}
        self._expect(set(self._home.sim.radarr.entries) == entries, "Radarr lost another film")
        await self._desk.until_stage(neighbour.title, "available")
        self.done.append(
            Act(name="untouched", film=neighbour.title.title, seen="same inode, torrent seeds on")
        )

    # -- time, and who is asked ----------------------------------------------------------------

    async def _state(self) -> tuple[Traces, set[str]]:
        return await self._home.traces(), await self._home.torrents.names()

    async def _id(self, film: Film) -> str:
        return await self._desk.until_stage(film.title, "available")

    async def _put_forward(self, seconds: float) -> None:
        """Let time pass for Home Assistant; what was signed in with is too old by then."""
        await self._hass.put_forward(seconds)
        await self._sign_in()

    async def _sign_in(self) -> None:
        await self._client.sign_in(USER, PASSWORD)
        await until_connected(self._client)


_FILMS: Final = ("The Paper Lighthouse", "A Sudden Silence", "Stubborn Hearts")
_FILES_LEFT: Final = "failed (files_left)"
_WELL: Final = frozenset({_DONE, "not_needed", "not_applicable"})
_ASKABLE: Final = frozenset({1, 7})  # Seerr's words for: unknown, deleted


def _is(job: JsonObject, service: str, status: str) -> bool:
    return any(step["status"] == status for step in steps_of(job, service))


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
    """Return method, path and query of a call; what a form says is in the path of no service."""
    method, address = text.split(" ")[:2]
    path, _, query = address.partition("?")
    return method, path.strip("/"), sorted(parse_qsl(query, keep_blank_values=True))
