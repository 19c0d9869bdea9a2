"""Run one random schedule of a household's life and troubles, and judge how it ends."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
import inspect

from custom_components.media_status.lifecycle.model import ItemKey, Stage
from custom_components.media_status.lifecycle.request import Request
from custom_components.media_status.lifecycle.stages import RANK
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from simulator import Simulator, Title

from .dice import Dice
from .home import Home
from .judge import described, differences, duplicates
from .life import Life
from .trouble import Trouble
from .truth import Truth, Watchable, watchable

_PAUSES = (0.1, 0.1, 2.0, 2.0, 15.0, 100.0)  # seconds between two steps
_SETTLED = 660.0  # seconds after which two looks prove an absence
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
        """Initialize; `run` does it all."""
        self._hass = hass
        self._port = port
        self._dice = dice
        self._sim = Simulator(
            profile="empty",
            seed=seed,
            services=_services(has_4k=dice.chance(30), has_shoko=dice.chance(40)),
            versions={"shoko": dice.one(_SHOKOS)},
            stepped=False,
            start=dt_util.utcnow(),
        )
        self.outcome = Outcome()
        self._blurred: set[int] = set()  # TMDB ids
        self._ever: set[Watchable] = set()  # what Jellyfin could ever play
        self._home: Home
        self._life: Life
        self._trouble: Trouble

    async def run(self) -> Outcome:
        """Live through it and return what it showed."""
        async with self._sim as sim:
            self._life = Life(sim, self._dice)
            self._trouble = Trouble(sim, self._dice)
            self._tell(self._trouble.clocks())
            async with Home(self._hass, sim, self._port) as self._home:
                await self._home.wait(2)  # what was asked in the second of the start is history
                if self._dice.chance(90):
                    self._tell(self._trouble.pushes())
                for _ in range(6 + self._dice.below(14)):
                    await self._step()
                await self._end()
        return self.outcome

    def _tell(self, text: str) -> None:
        self.outcome.story.append(f"{dt_util.utcnow():%H:%M:%S} {text}")

    # -- steps ---------------------------------------------------------------------------------

    async def _step(self) -> None:
        dice = self._dice
        match dice.below(22):
            case number if number < 12:
                await self._live(1 + dice.below(3))
            case 12 | 13:
                self._tell(await self._trouble.strike())
            case 14:
                self._tell(await self._trouble.heal())
            case 15 | 16:
                await self._survey()
            case 17:
                await self._restart()
            case 18:
                self._tell("Home Assistant stops")
                await self._home.stop()
            case 19 | 20:
                self._tell(await self._trouble.echo())
            case _:
                self._tell(self._trouble.pushes())
        self._ever.update(watchable(self._sim, self._life.titles))
        await asyncio.sleep(dice.one(_PAUSES))
        await self._home.quiet()

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
        """Note what fell back without being so; if nobody answered, what changed at all."""
        truth = Truth(self._sim, self._life.titles)
        for request in self._home.hub.requests.values():
            for item, now in request.status.items.items():
                was = before.get((request.id, item), now)
                if now is was or was is Stage.UNRELEASED:
                    continue
                if is_silence or _is_too_far_back(was, now, truth.stages(request, item)):
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

    async def _end(self) -> None:
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
        await asyncio.sleep(_SETTLED)
        await home.quiet()
        await self._final_survey(None)
        await self._final_survey("settled")
        self.outcome.requests = len(home.hub.requests)

    async def _final_survey(self, when: str | None) -> None:
        home = self._home
        results = await home.survey()
        await home.reference.survey(home.hub)
        failed = {key: word for key, word in results.items() if word != "ok"}
        if failed:
            self.outcome.divergences.append(f"healthy services were not understood: {failed}")
        if when is None:
            return
        # What arrived after the last act of the story can be played, too.
        self._ever.update(watchable(self._sim, self._life.titles))
        ours = list(home.hub.requests.values())
        theirs = list(home.reference.requests.values())
        is_settled = when == "settled"
        found = differences(ours, theirs, self._blurred, is_settled=is_settled)
        found += duplicates(ours)
        if is_settled:
            found += Truth(self._sim, self._life.titles).complaints(ours, self._ever)
        self.outcome.divergences += [f"{when}: {text}" for text in found]
        if found:
            self.outcome.divergences += [f"  we: {described(one)}" for one in ours]
            self.outcome.divergences += [f"  surveys alone: {described(one)}" for one in theirs]

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
