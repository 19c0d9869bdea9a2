"""Check after the end: is every step accounted, and is true what the jobs say of themselves?"""

from collections import Counter
from collections.abc import Iterator

from custom_components.media_status.hub import Hub
from custom_components.media_status.lifecycle.deletion import Step, StepStatus, Verb
from custom_components.media_status.lifecycle.deletion_job import Job, JobStatus
from homeassistant.util import dt as dt_util
from simulator import Simulator

from .estate import Truth, arrs
from .oracle import Oracle
from .orders import Order
from .torrent_oracle import TorrentOracle

_ENDED = frozenset(StepStatus) - {StepStatus.PENDING, StepStatus.DONE}
_EXPLAINED = frozenset({StepStatus.FAILED, StepStatus.SKIPPED})


class Audit:
    """Read the journal and look at the twin."""

    def __init__(self, sim: Simulator, hub: Hub, oracle: Oracle, truth: Truth) -> None:
        """Find nothing yet."""
        self._sim = sim
        self._hub = hub
        self._oracle = oracle
        self._truth = truth
        self.unaccounted: list[str] = []
        self.false_ends: list[str] = []
        self.left: list[str] = []
        self.figures: Counter[str] = Counter()
        self.story: list[str] = []

    async def run(self) -> None:
        """Check every job and the whole log."""
        deletions = self._hub.journal.deletions
        for order in self._oracle.orders:
            job = await deletions.job(order.job_id) if order.job_id else None
            if job is None:
                if order.job_id:
                    self.unaccounted.append(f"the journal does not know job {order.job_id[-6:]}")
                continue
            await self._check(order, job)
        chain = await deletions.verify_chain()
        if chain.broken_at is not None:
            self.unaccounted.append(f"the log is broken at {chain.broken_at}")

    async def _check(self, order: Order, job: Job) -> None:
        status = job.status_at(dt_util.utcnow())
        self.figures[f"job/{status}"] += 1
        self.story.append(f"job {job.id[-6:]} is {status}")
        for step in job.plan.steps:
            state = job.states[step.id]
            self.story.append(
                f"  {step.id} {state.status} {state.reason} {state.message} x{state.attempts}"
            )
            if job.is_open or job.is_dry_run:
                continue
            self.figures[f"step/{state.status}"] += 1
            if state.status is StepStatus.FAILED:
                self.figures[f"failed/{step.service}:{state.reason}"] += 1
        name = f"job {job.id[-6:]}"
        if not job.is_open:
            self.unaccounted += [f"{name}: {text}" for text in _open_ends(job)]
            self.unaccounted += [f"{name}: {text}" for text in self._missing_services(job)]
        await self._check_log(job)
        if job.is_dry_run:
            return
        self.false_ends += [f"{name}: {text}" for text in self._false_ends(job)]
        if status is JobStatus.COMPLETE:
            self.left += [f"{name}: {text}" for text in self._left(order, job)]

    def _missing_services(self, job: Job) -> Iterator[str]:
        told = {step.service.value for step in job.plan.steps}
        for name in self._sim.names():
            if self._sim[name].kind not in told:
                yield f"nothing is said of {self._sim[name].kind}"

    async def _check_log(self, job: Job) -> None:
        rows = [one.row for one in await self._hub.journal.deletions.log(job_id=job.id, limit=2000)]
        codes = Counter(row.code for row in rows)
        name = f"job {job.id[-6:]}"
        if codes["started"] + codes["scheduled"] < 1:
            self.unaccounted.append(f"{name}: the log has no beginning")
        if not job.is_open and codes["ended"] != 1 + codes["retried"]:
            self.unaccounted.append(f"{name}: the log has {codes['ended']} ends, {dict(codes)}")
        verified = Counter(
            row.document.get("step") for row in rows if row.document.get("status") == "verified"
        )
        for step in job.plan.steps:
            is_verified = job.states[step.id].status is StepStatus.VERIFIED
            if verified[step.id] != int(is_verified):
                self.unaccounted.append(
                    f"{name}: {step.id} is {job.states[step.id].status}, and {verified[step.id]} "
                    "times verified in the log"
                )

    # -- the truth -----------------------------------------------------------------------------

    def _false_ends(self, job: Job) -> Iterator[str]:
        """Yield what is called gone and is there."""
        for step in job.plan.steps:
            if job.states[step.id].status is StepStatus.VERIFIED and self._is_there(step):
                yield f"{step.id} is verified, and still there"

    def _is_there(self, step: Step) -> bool:
        sim, number = self._sim, step.target
        match step.verb:
            case Verb.REMOVE_TORRENT:
                return number in sim.qbittorrent.torrents
            case Verb.REMOVE_TITLE | Verb.REMOVE_FILE:
                arr = next(one for one in arrs(sim) if one.name == step.connection_id)
                is_known = step.verb is Verb.REMOVE_TITLE and int(number) in arr.entries
                return is_known or any(file.path in sim.world.disk for file in step.files)
            case Verb.REMOVE_RECORD:
                file = sim.shoko.shelf.files.get(int(number))
                return file is not None and sim.shoko.shelf.is_accessible(file)
            case Verb.REFRESH:
                return any(
                    key in sim.jellyfin.library.items and sim.jellyfin.library.items[key].playable
                    for key in step.vanishes
                )
            case Verb.REMOVE_REQUEST:
                return int(number) in sim.seerr.requests
            case Verb.REMOVE_MEDIA:
                return any(str(media.id) == number for media in sim.seerr.media.values())
            case _:
                return False

    def _left(self, order: Order, job: Job) -> Iterator[str]:
        """Yield what a deletion that calls itself complete has left without saying why."""
        options = order.plan.options
        for want in order.wants:
            if not want.is_whole or not options.delete_files:
                continue
            if options.delete_torrents:
                yield from self._left_torrents(order, want.request_id)
            if options.remove_from_seerr:
                for number in want.seerr & self._sim.seerr.requests.keys():
                    yield f"Seerr still has request {number}"

    def _left_torrents(self, order: Order, request_id: str) -> Iterator[str]:
        """Yield torrents that nobody else needs, and that are there all the same."""
        oracle = TorrentOracle(self._sim, self._truth)
        told = {step.target for step in order.plan.steps if step.verb is Verb.REMOVE_TORRENT}
        for torrent in self._sim.qbittorrent.torrents.values():
            if torrent.id not in told and not list(oracle.needs(torrent, order)):
                yield f"torrent {torrent.id[:8]} is nobody else's, and still there"


def _open_ends(job: Job) -> Iterator[str]:
    for step in job.plan.steps:
        state = job.states[step.id]
        if state.status not in _ENDED:
            yield f"{step.id} has ended as {state.status}"
        if state.status in _EXPLAINED and not state.reason:
            yield f"{step.id} is {state.status} for no reason"
        if state.status is StepStatus.VERIFIED and step.status is not StepStatus.PENDING:
            yield f"{step.id} was not to be done"
