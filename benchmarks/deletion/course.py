"""Live through one household in which things are deleted while everything goes wrong."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import timedelta

from custom_components.media_status.deletion.brakes import DeletionRefused
from custom_components.media_status.deletion.wishes import Wish
from custom_components.media_status.journal import JournalError
from custom_components.media_status.lifecycle.deletion import Plan, Verb
from custom_components.media_status.lifecycle.deletion_job import Job
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from simulator import Simulator
from simulator.holdings import settled

from ..convergence.dice import Dice
from ..convergence.home import Home
from .audit import Audit
from .estate import Estate, arrs, extras_of, paths_of
from .meddler import Meddler
from .misfortune import Misfortune, Reaper
from .oracle import Oracle
from .orders import Order, Want
from .wanting import Wanting

_PLANS = 4
_SHOKOS = ("5.3.3", "6.0.0-dev.425")
_DAY = 86_400.0
_HOURS = 7_200.0
_SLACK = 1200.0  # seconds: time that was lost while the process was dead
_GRACE = 10  # minutes


class Course:
    """One household, decided by its seed."""

    def __init__(self, hass: HomeAssistant, port: int, seed: int) -> None:
        """Initialize; `run` does it all."""
        self._hass = hass
        self._port = port
        # Each has dice of its own, so that one who is a moment late does not change all the rest.
        self._dice = dice = Dice.of(seed)
        self._chance = Dice.of(-seed)
        self._fate = Dice.of(-1_000_000 - seed)
        self._sim = Simulator(
            profile="empty",
            seed=seed,
            services=_services(dice),
            versions={"shoko": dice.one(_SHOKOS)},
            stepped=False,
            start=dt_util.utcnow(),
        )
        self.story: list[str] = []
        self.complaints: list[str] = []
        self.figures: Counter[str] = Counter()
        self._grace = _GRACE if dice.chance(15) else 0
        self._heals_at: float | None = None
        self._home: Home
        self._estate: Estate
        self._oracle: Oracle
        self._reaper: Reaper
        self._misfortune: Misfortune
        self._meddler: Meddler

    async def run(self) -> None:
        """Live through it."""
        async with AsyncExitStack() as stack:
            sim = await stack.enter_async_context(self._sim)
            self._estate = Estate(sim, self._dice)
            self._oracle = Oracle(sim, self._estate.truth)
            self._misfortune = Misfortune(sim, self._fate)
            self._meddler = Meddler(sim, self._chance)
            self._reaper = Reaper()
            self._home = await stack.enter_async_context(
                Home(self._hass, sim, self._port, options=_options(self._grace))
            )
            await self._settle_in()
            for _ in range(_PLANS):
                await self._plan()
                if self._dice.chance(60):
                    await self._until_ended()
            await self._until_ended()
            await self._try_again()
            await self._look_again()
            await self._finish()

    async def _settle_in(self) -> None:
        await self._home.wait(2)
        await self._estate.fill()
        await self._home.survey()
        await settled(self._sim)
        await self._home.survey()
        self._reaper.watch(self._home.hub)
        self._oracle.begin()
        self._oracle.on_call(self._reaper.pass_by)

    def _tell(self, text: str) -> None:
        self.story.append(f"{dt_util.utcnow():%d %H:%M:%S} {text}")

    # -- planning ------------------------------------------------------------------------------

    async def _plan(self) -> None:
        """Preview something, perhaps let things change, and run it."""
        dice, desk = self._dice, self._home.hub.deletions
        if dice.chance(70) and not desk.jobs:
            await self._heal()
        wanting = Wanting(self._sim, dice)
        requests = list(self._home.hub.requests.values())
        wishes = wanting.wishes(requests)
        if not wishes:
            return
        known = {request.id: request for request in requests}
        wants = tuple(wanting.want(wish, known[wish.request_id]) for wish in wishes)
        self._oracle.alive = {want.request_id: want for want in wanting.known(requests)}
        options = wanting.options()
        for want in wants:
            self._tell(
                f"delete {want.title.title} {sorted(i.label for i in want.items)} "
                f"whole={want.is_whole} of {sorted(want.arrs)}, {options}"
            )
        await self._perhaps_strike(15)
        self.figures["plans"] += 1
        try:
            plan = await desk.preview(wishes, options)
            order = self._order(plan, wants)
            self._show_plan(plan)
            if dice.chance(20):
                self._meddle()
            await self._run(order, wishes)
        except DeletionRefused as refusal:
            code = f"{refusal.code}:{refusal.values.get('blocker', '')}".removesuffix(":")
            self._tell(f"refused: {code} {dict(refusal.values)}")
            self.figures[f"refused/{code}"] += 1
        except JournalError as err:
            self._tell(f"the journal: {err}")

    def _show_plan(self, plan: Plan) -> None:
        for step in plan.steps:
            self._tell(
                f"  {step.status} {step.verb} {step.id} {step.reason or ''} "
                f"{plan.calls.get(step.id, '')}"
            )
        for remark in (*plan.blockers, *plan.warnings):
            self._tell(f"  {remark.code} {dict(remark.values)}")

    def _order(self, plan: Plan, wants: Sequence[Want]) -> Order:
        """Note what the twin had of a plan's targets when it was shown."""
        torrents = self._sim.qbittorrent.torrents
        folders = {
            arr.entries[int(step.target)].path
            for step in plan.pending
            for arr in arrs(self._sim)
            if step.verb is Verb.REMOVE_TITLE and step.delete_files
            if arr.name == step.connection_id and int(step.target) in arr.entries
        }
        return Order(
            plan=plan,
            wants=tuple(wants),
            paths={
                step.target: frozenset(paths_of(torrents[step.target]))
                for step in plan.pending
                if step.verb is Verb.REMOVE_TORRENT and step.target in torrents
            },
            folders=frozenset(folders),
            extras=extras_of(self._sim, [f.path for step in plan.pending for f in step.files]),
            starts_at=self._sim.clock.now() + timedelta(minutes=self._grace),
        )

    async def _run(self, order: Order, wishes: Sequence[Wish]) -> None:
        dice, desk = self._dice, self._home.hub.deletions
        dry_run = dice.chance(12)
        await self._perhaps_strike(45)
        self._arm()
        if not dry_run:  # it may call before we hear of the job
            order.starts_at = self._sim.clock.now() + timedelta(minutes=self._grace)
            self._oracle.orders.append(order)
        running = asyncio.ensure_future(
            desk.run(order.plan.id, source="user", user="Anna", dry_run=dry_run)
        )
        struck = asyncio.ensure_future(self._reaper.struck.wait())
        await asyncio.wait({running, struck}, return_when=asyncio.FIRST_COMPLETED)
        struck.cancel()
        if not running.done():
            await self._die()
            await asyncio.wait({running})
        job: Job | None
        try:
            job = await running
        except asyncio.CancelledError:
            job = await self._last_job(order.plan.id)
        except DeletionRefused:
            if order in self._oracle.orders:
                self._oracle.orders.remove(order)
            raise
        if job is not None:
            self._begun(order, job)

    async def _last_job(self, plan_id: str) -> Job | None:
        """Return a job that whoever ordered it never heard of."""
        found = await self._home.hub.journal.deletions.jobs(limit=20)
        return next((job for job in found if job.plan.id == plan_id), None)

    def _begun(self, order: Order, job: Job) -> None:
        order.job_id = job.id
        self._tell(f"job {job.id[-6:]} begins{' dry' if job.is_dry_run else ''}")
        self.figures["dry_runs" if job.is_dry_run else "jobs"] += 1

    # -- misfortune ----------------------------------------------------------------------------

    async def _perhaps_strike(self, percent: int) -> None:
        if self._dice.chance(percent):
            told, lasts = await self._misfortune.strike()
            self._tell(told)
            self._heals_at = asyncio.get_running_loop().time() + lasts

    def _arm(self) -> None:
        if self._dice.chance(45):
            self._reaper.arm(self._dice.below(30))

    def _meddle(self) -> None:
        self._oracle.look_at_disk()
        before = {key: paths_of(one) for key, one in self._sim.qbittorrent.torrents.items()}
        folders = {entry.path for arr in arrs(self._sim) for entry in arr.entries.values()}
        self._tell(f"meanwhile: {self._meddler.meddle()}")
        self._oracle.look_at_disk(is_ours=False)
        for key in before.keys() - self._sim.qbittorrent.torrents.keys():
            self._oracle.excused |= before[key]
        for arr in arrs(self._sim):
            folders -= {entry.path for entry in arr.entries.values()}
        for folder in folders:
            self._oracle.excused |= set(self._sim.world.volume.below(folder))
        self._estate.learn()
        self.figures["meddled"] += 1

    async def _die(self) -> None:
        self._tell("Home Assistant is killed")
        self.figures["crashes"] += 1
        self._reaper.disarm()
        await self._home.kill()
        self._reaper.buried()
        if self._chance.chance(30):
            await asyncio.sleep(self._chance.one((1.0, 60.0, 600.0)))
        await self._home.start()
        self._reaper.watch(self._home.hub)
        if self._chance.chance(40):
            self._reaper.arm(self._chance.below(12))

    # -- the run -------------------------------------------------------------------------------

    async def _until_ended(self, limit: float = _DAY) -> None:
        """Let time go on until all jobs have ended; a day is long enough."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        while self._home.hub.deletions.jobs or self._reaper.struck.is_set():
            passed = loop.time() - began
            if passed > limit + 60 * self._grace + _SLACK:
                for job in self._home.hub.deletions.jobs if limit >= _DAY else ():
                    self.figures["not_ended"] += 1
                    self.complaints.append(f"job {job.id[-6:]} has not ended in a day")
                return
            if self._heals_at is not None and loop.time() >= self._heals_at:
                await self._heal()
            if self._chance.chance(3):
                self._meddle()
            pace = 3.0 if passed < 60 else 30.0 if passed < 600 else 900.0
            await self._pass(pace)
        self._reaper.disarm()

    async def _pass(self, seconds: float) -> None:
        """Let some time pass, or less when the process dies meanwhile."""
        try:
            async with asyncio.timeout(seconds):
                await self._reaper.struck.wait()
        except TimeoutError:
            return
        await self._die()

    async def _heal(self) -> None:
        self._tell("all goes well again")
        self._heals_at = None
        await self._misfortune.heal()

    # -- the end -------------------------------------------------------------------------------

    async def _try_again(self) -> None:
        """Once all goes well, let somebody ask for what failed: it must come to an end."""
        await self._heal()
        await self._home.wait(5)
        for order in self._oracle.orders:
            if not order.job_id:
                continue
            try:
                await self._home.hub.deletions.retry(order.job_id, user="Anna")
            except DeletionRefused as refusal:
                if refusal.code not in {"nothing_to_retry", "already_running"}:
                    self.complaints.append(f"retry: {refusal.code}")
            else:
                self._tell(f"job {order.job_id[-6:]} is tried again")
                await self._until_ended(_HOURS)

    async def _look_again(self) -> None:
        """Let everything be looked at once more, sometimes."""
        if self._dice.chance(15):
            await self._home.wait(4000)

    async def _finish(self) -> None:
        self._oracle.look_at_disk()
        audit = Audit(self._sim, self._home.hub, self._oracle, self._estate.truth)
        await audit.run()
        self.figures.update(audit.figures)
        self.figures["wrong_calls"] += len(self._oracle.wrong)
        self.figures["calls"] += self._oracle.calls
        self.figures["stray_bytes"] += self._oracle.stray_size
        self.figures["removed"] += self._oracle.removed
        self.figures["faults"] += self._misfortune.faults
        self.figures["unaccounted_steps"] += len(audit.unaccounted)
        self.figures["false_ends"] += len(audit.false_ends)
        self.figures["left"] += len(audit.left)
        self.complaints += [*self._oracle.wrong, *self._oracle.stray]
        self.complaints += [*audit.unaccounted, *audit.false_ends, *audit.left]
        self.story += audit.story


def _options(grace: int) -> dict[str, object]:
    return {
        "deletion_mode": "on",
        "deletion_max_items": 0,
        "deletion_max_gigabytes": 0,
        "deletion_max_items_day": 0,
        "deletion_max_gigabytes_day": 0,
        "grace_minutes": grace,
    }


def _services(dice: Dice) -> list[str]:
    """Return the services of a household, those first that know the wishes."""
    managers = ["radarr", "sonarr"]
    if dice.chance(40):
        managers = ["radarr", "radarr:radarr4k", "sonarr", "sonarr:sonarr4k"]
    return [
        "seerr",
        *managers,
        "qbittorrent",
        *(["shoko"] if dice.chance(40) else []),
        "jellyfin",
    ]
