"""Run one random schedule of a household's life and troubles, and judge how it ends."""

import asyncio
from collections.abc import Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
import inspect

from custom_components.media_status.lifecycle.model import ItemKey, MediaType, Stage
from custom_components.media_status.lifecycle.request import Request
from custom_components.media_status.lifecycle.stages import RANK
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from simulator import Simulator, Title

from .dice import Dice
from .home import Home
from .judge import Wish, described, differences, duplicates, ready, wish_of
from .life import Life
from .trouble import Trouble
from .truth import Truth
from .witness import Witness

_PAUSES = (0.1, 0.1, 2.0, 2.0, 15.0, 100.0)  # seconds between two steps
_SETTLED = 660.0  # seconds after which two looks prove an absence
_FEW = 4  # titles
# What a step can be, each as often as it is likely.
DEEDS = (
    *("live",) * 12,
    *("strike",) * 2,
    "heal",
    *("survey",) * 2,
    "restart",
    "stop",
    *("echo",) * 2,
    "pushes",
)
_SHOKOS = ("5.3.3", "6.0.0-dev.425")


@dataclass(slots=True)
class Outcome:
    """What a schedule showed."""

    story: list[str] = field(default_factory=list)
    divergences: list[str] = field(default_factory=list)
    arrived: int = 0
    missed: int = 0  # pushes that did not arrive
    healed: int = 0  # requests that a survey put right after missed pushes
    requests: int = 0
    restarts: int = 0


class Schedule:
    """One schedule, decided by dice."""

    def __init__(self, hass: HomeAssistant, port: int, dice: Dice, seed: int) -> None:
        """Initialize; `run` does it all, or `begin`, some times `step`, `end` and `close`."""
        self._hass = hass
        self._port = port
        self._dice = dice
        self._sim = Simulator(
            profile="empty",
            seed=seed,
            services=_services(has_4k=dice.chance(30), has_shoko=dice.chance(50)),
            versions={"shoko": dice.one(_SHOKOS)},
            stepped=False,
            start=dt_util.utcnow(),
        )
        self.outcome = Outcome()
        self._stack = AsyncExitStack()
        self._blurred: set[int] = set()  # TMDB ids
        self._home: Home
        self._life: Life
        self._trouble: Trouble
        self._witness: Witness

    async def run(self) -> Outcome:
        """Live through it and return what it showed."""
        dice = self._dice
        try:
            await self.begin()
            is_long = self._sim.has("shoko") or len(self._life.titles) > _FEW
            for _ in range(6 + dice.below(14) + (dice.below(12) if is_long else 0)):
                await self.step(dice.one(DEEDS))
            await self.end()
        finally:
            await self.close()
        return self.outcome

    async def begin(self) -> None:
        """Start the household; whoever calls this must call `close`."""
        enter = self._stack.enter_async_context
        sim = await enter(self._sim)
        self._life = Life(sim, self._dice)
        self._trouble = Trouble(sim, self._dice)
        self._tell(self._trouble.clocks())
        self._witness = Witness(sim, self._life.titles, self._vanished)
        self._home = await enter(Home(self._hass, sim, self._port))
        await self._home.wait(2)  # what was asked in the second of the start is history
        self._stack.enter_context(self._witness.watching())
        if self._dice.chance(90):
            self._tell(self._trouble.pushes())

    async def close(self) -> None:
        """Stop the household."""
        await self._stack.aclose()

    def _tell(self, text: str) -> None:
        self.outcome.story.append(f"{dt_util.utcnow():%H:%M:%S} {text}")

    # -- steps ---------------------------------------------------------------------------------

    async def step(self, deed: str) -> None:
        """Do one of `DEEDS`, and let some time pass."""
        dice = self._dice
        match deed:
            case "live":
                await self._live(1 + dice.below(5 if self._sim.has("shoko") else 3))
            case "strike":
                self._tell(await self._trouble.strike())
            case "heal":
                self._tell(await self._trouble.heal())
            case "survey":
                await self._survey()
            case "restart":
                await self._restart()
            case "stop":
                self._tell("Home Assistant stops")
                await self._home.stop()
            case "echo":
                self._tell(await self._trouble.echo())
            case "pushes":
                self._tell(self._trouble.pushes())
            case _:
                raise ValueError(deed)
        await asyncio.sleep(dice.one(_PAUSES))
        await self._home.quiet()
        self._check_available()

    def _check_available(self) -> None:
        """Note what is called available and never was, be it for one moment."""
        requests = self._home.hub.requests.values()
        known = self.outcome.divergences
        known += [text for text in self._witness.complaints(requests) if text not in known]

    async def _live(self, times: int) -> None:
        for _ in range(times):
            verbs = self._life.verbs()
            verb = self._dice.one(verbs)
            if verb.loses is not None:
                await self._before_loss(verb.loses)
            self._tell(verb.name)
            done = verb.deed()
            if inspect.isawaitable(done):
                await done
        if self._dice.chance(70):
            await self._sim.settle(held=False)
            await self._home.quiet()

    async def _before_loss(self, title: Title) -> None:
        """Let everybody look first; if not everybody can, the title's past is unknown to some."""
        home = self._home
        if title.tmdb in self._blurred:
            return
        if home.is_running and self._dice.chance(70):
            results = await home.survey()
            await home.reference.survey(home.hub)
            if set(results.values()) == {"ok"}:
                self._tell("everybody looks")
                return
        self._tell(f"nobody looks at {title.title}")
        self._blurred.add(title.tmdb)

    def _vanished(self, title: Title) -> None:
        """Hear that a copy is gone; who has not seen it before will never know of it."""
        if title.tmdb in self._blurred:
            return
        ours = ready(self._home.hub.requests.values(), title.tmdb)
        if ours != ready(self._home.reference.requests.values(), title.tmdb):
            self._tell(f"not everybody has seen {title.title} before it went")
            self._blurred.add(title.tmdb)

    async def _survey(self) -> None:
        """Ask all or some services; what does not answer must take nothing back."""
        home = self._home
        if not home.is_running:
            return
        names = None if self._dice.chance(50) else self._dice.some(self._sim.names())
        before = _stages(home.hub.requests.values())
        results = await home.survey(names)
        await home.reference.survey(home.hub)
        self._tell(f"surveys: {', '.join(f'{key} {word}' for key, word in results.items())}")
        if set(results.values()) != {"ok"}:
            self._check_regress(before, is_silence="ok" not in results.values())

    def _check_regress(self, before: dict[tuple[str, ItemKey], Stage], *, is_silence: bool) -> None:
        """Note what fell back without being so; if nobody answered, what changed at all.

        What surveys say that were all answered was not brought about by silence.
        """
        truth = Truth(self._sim, self._life.titles)
        answered = {
            (wish_of(request), item, stage)
            for request in self._home.reference.requests.values()
            for item, stage in request.status.items.items()
        }
        for request in self._home.hub.requests.values():
            for item, now in request.status.items.items():
                was = before.get((request.id, item), now)
                if now is was or was is Stage.UNRELEASED:
                    continue
                is_back = _is_too_far_back(was, now, truth.stages(request, item))
                if is_silence or (is_back and (wish_of(request), item, now) not in answered):
                    self.outcome.divergences.append(
                        f"{request.name} {item} fell from {was} to {now} while services were silent"
                    )

    async def _restart(self) -> None:
        home, dice = self._home, self._dice
        if home.is_running:
            for _ in range(dice.below(40)):
                await asyncio.sleep(0)
            if dice.chance(60):
                self._tell("Home Assistant is killed")
                await home.kill()
            else:
                self._tell("Home Assistant stops")
                await home.stop()
            if dice.chance(50):
                await self._live(1 + dice.below(3))
        self._tell("Home Assistant starts")
        self.outcome.restarts += 1
        await home.start()

    # -- the end -------------------------------------------------------------------------------

    async def end(self) -> None:
        """Let everything answer, survey, and compare: at once, and when absences are settled."""
        home, sim = self._home, self._sim
        self._tell(await self._trouble.heal())
        await sim.settle()
        if self._dice.chance(60):
            self._tell(await self._trouble.echo())
        await asyncio.sleep(1)  # what is pushed while a survey begins is newer than the survey
        await home.quiet()
        self._count_missed()
        for name in sim.names():
            sim.faults(name).drop = 1.0  # no push comes to the help of the surveys
        await home.start()
        before = _request_stages(home.hub.requests.values())
        await self._final_survey("at once")
        after = _request_stages(home.hub.requests.values())
        if self.outcome.missed:
            changed = [key for key, stage in after.items() if before.get(key) is not stage]
            self.outcome.healed = len(changed)
        seen = -1
        while seen != self._witness.changes:
            seen = self._witness.changes
            await home.wait(_SETTLED)
            await self._final_survey(None)
        await self._final_survey("settled")
        self.outcome.requests = len(home.hub.requests)

    async def _final_survey(self, when: str | None) -> None:
        home, seen = self._home, -1
        while seen != self._witness.changes:  # a survey may ask Jellyfin to look for what it owes
            seen = self._witness.changes
            results = await home.survey()
        await home.reference.survey(home.hub)
        failed = {key: word for key, word in results.items() if word != "ok"}
        if failed:
            self.outcome.divergences.append(f"healthy services were not understood: {failed}")
        if when is None:
            return
        self._check_available()
        ours = list(home.hub.requests.values())
        theirs = list(home.reference.requests.values())
        if when == "settled":
            found = differences(ours, theirs, self._blurred)
            found += Truth(self._sim, self._life.titles).complaints(ours)
        else:
            found = differences(ours, theirs, self._blurred, self._doubts)
        found += duplicates(ours)
        self.outcome.divergences += [f"{when}: {text}" for text in found]
        if found:
            self.outcome.divergences += [f"  we: {described(one)}" for one in ours]
            self.outcome.divergences += [f"  surveys alone: {described(one)}" for one in theirs]

    def _doubts(self, wish: Wish) -> set[Stage]:
        """Return what only some minutes can make certain.

        A download that a queue does not show may come yet. What two looks ten minutes apart did not
        find is gone, and not everybody began to look at the same time. Jellyfin is asked again
        after some minutes for a list that it refused, and Shoko for what it matched or forgot.
        """
        kind = "movie" if wish[0] is MediaType.MOVIE else "tv"
        title = self._sim.world.title(kind, wish[1])
        doubts = {Stage.GRABBING, Stage.DELETED}
        if "jellyfin" in self._trouble.struck:
            doubts.add(Stage.SYNCING_LIBRARY)
        if self._sim.has("shoko") and title is not None and self._sim.world.anidb.knows(title):
            doubts |= {Stage.ANIME_MATCHING, Stage.SYNCING_LIBRARY}
        return doubts

    def _count_missed(self) -> None:
        for name in self._sim.names():
            courier = self._sim[name].courier
            arrived = sum(status == 200 for _, status in courier.sent)
            self.outcome.arrived += arrived
            self.outcome.missed += courier.dropped + len(courier.sent) - arrived


def _services(*, has_4k: bool, has_shoko: bool) -> list[str]:
    """Return the services of a household, those first that know the wishes."""
    managers = ["radarr", "radarr:radarr4k", "sonarr", "sonarr:sonarr4k"]
    return [
        "seerr",
        *(managers if has_4k else managers[::2]),
        "qbittorrent",
        *(["shoko"] if has_shoko else []),
        "jellyfin",
    ]


def _is_too_far_back(was: Stage, now: Stage, true: set[Stage]) -> bool:
    """Return whether a stage fell below all that can be true."""
    rank = RANK.get(now, -1)
    return (
        rank < RANK.get(was, -1) and now not in true and rank < min(RANK.get(s, -1) for s in true)
    )


def _stages(requests: Iterable[Request]) -> dict[tuple[str, ItemKey], Stage]:
    return {
        (request.id, item): stage
        for request in requests
        for item, stage in request.status.items.items()
    }


def _request_stages(requests: Iterable[Request]) -> dict[str, Stage]:
    return {request.id: request.stage for request in requests}
