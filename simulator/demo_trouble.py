"""Play what gets stuck: each title says why, has its repair, and is healed by what mends it."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
import time
from typing import Final

from .demo_check import Plot
from .demo_play import Performance
from .demo_trouble_cases import Case, Cases, Fix
from .demo_trouble_ears import Ears, Shown
from .demo_watch import Seen
from .hass_client import HassRefusedError
from .scenario import Pace
from .server import DEFAULT
from .shoko_import import AnimePace

_SERVICES: Final = (*DEFAULT[:-1], "shoko", DEFAULT[-1])
_BYTES_PER_SECOND: Final = 400_000_000.0
# The least that the form of the options takes: whole minutes.
_DEADLINES: Final = dict.fromkeys(("grabbing", "downloading", "downloaded", "syncing_library"), 1)
_TO_STUCK: Final = 200.0  # seconds; a deadline of one minute, and the surveys before and after
_TO_HEALED: Final = 120.0
_WIDTHS: Final = (17, 16, 26, 20, 38)


async def _trouble(stage: Performance) -> None:
    sim = stage.sim
    sim.qbittorrent.rate = _BYTES_PER_SECOND
    anime = AnimePace(detect=1, hash=0.7, match=0.4, image=1, create=1, tmdb=2, appear=4)
    sim.stories.pace = Pace(search=2, grab=2, check=2, queue=2, scan=2, anime=anime)
    sim.shoko.importer.pace = anime
    ears = Ears(stage.client)
    listening = asyncio.create_task(ears.run())
    trials = [_Trial(stage, ears, case) for case in Cases(sim)]
    try:
        await ears.until_listening()
        await asyncio.gather(*(trial.run() for trial in trials))
        await _nothing_left(stage, ears)
    finally:
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening
        _print(stage, trials)


async def _nothing_left(stage: Performance, ears: Ears) -> None:
    """Require that nothing is called stuck any more, by nobody."""
    stage.problems += [f"still in the repairs: {row['issue_id']}" for row in await ears.issues()]
    stuck = (await stage.client.states())["sensor.media_status_stuck"]["state"]
    if stuck != "0":
        stage.problems.append(f"{stuck} requests are still called stuck")


@dataclass(slots=True)
class _Trial:
    """One case before Home Assistant: what was shown of it, and how long the healing took."""

    stage: Performance
    ears: Ears
    case: Case
    shown: Shown | None = None
    healed_after: float | None = None
    step: str = "get stuck"

    async def run(self) -> None:
        """Live through the case; note what is not as it should be."""
        try:
            await self._get_stuck()
            await self._heal()
            await self._go_on()
        except TimeoutError:
            self._miss(f"did not {self.step} in time")
        except HassRefusedError as err:
            self._miss(f"did not {self.step}: {err}")

    def _miss(self, what: str) -> None:
        self.stage.problems.append(f"{self.case.title}: {what}")

    async def _get_stuck(self) -> None:
        """Play until it is stuck and look at it everywhere."""
        case = self.case
        await case.story.play(until="trouble")
        async with asyncio.timeout(_TO_STUCK):
            seen = await self.stage.watcher.until_stuck(case.title, case.reason)
            await self.ears.until_fired("stuck", case.title)
            self.shown = await self.ears.shown(seen.request_id, seen.entity_id)
        for what in _differences(case, self.shown):
            self._miss(what)

    async def _heal(self) -> None:
        """Let a person do their part, try again where that helps, and wait until it moves."""
        case, watcher = self.case, self.stage.watcher
        self.step = "heal"
        begun = time.monotonic()
        async with asyncio.timeout(_TO_HEALED):
            await case.story.play(until="put_right")
            seen = await watcher.until(case.title, case.stage) if case.tells else None
            if seen is not None:
                await self._try_again(seen)
            await case.story.play(until="mended")
            seen = await watcher.until_moving(case.title)
            await self.ears.until_fired("healed", case.title)
            await self.ears.until_no_issue(seen.request_id)
        self.healed_after = max(0.0, (seen.freed or begun) - begun)

    async def _try_again(self, seen: Seen) -> None:
        """Press the button that is there, and compare what it says was done."""
        case, ears = self.case, self.ears
        if case.fix is Fix.REPAIR and self.shown is not None:
            told = await ears.repair(self.shown.issue)
            expected = "tried: " + "\n".join(f"- {sentence}" for sentence in case.tells)
            if told != expected:
                self._miss(f"the repair says {told!r}, not {expected!r}")
        elif case.fix is Fix.RETRY:
            for dry_run in (True, False):
                done = await ears.retry(seen.request_id, dry_run=dry_run)
                if done != list(case.tells):
                    self._miss(f"retry says {done} ({dry_run=}), not {list(case.tells)}")

    async def _go_on(self) -> None:
        """Play to the end; what happened to it was told in order."""
        case = self.case
        self.step = "become available"
        async with asyncio.timeout(_TO_HEALED):
            await self.stage.play(case.title, case.story, (case.stage, "available"))
            await self.ears.until_fired("available", case.title)
        told = [step for step in self.ears.order(case.title) if step in _ORDER]
        if told != list(_ORDER):
            self._miss(f"told {' > '.join(told)}")


_ORDER: Final = ("stuck", "healed", "available")


def _differences(case: Case, shown: Shown) -> Iterator[str]:
    """Yield what is shown otherwise than it should be."""
    fixable = case.issue.endswith("_retry")
    placeholders = shown.issue.get("translation_placeholders")
    given = placeholders if isinstance(placeholders, dict) else {}
    cells = {
        "the stage": (shown.stage, case.stage),
        "stuck": (shown.stuck, True),
        "the reason": (shown.reason, case.reason),
        "the sentence of get_request": (shown.sentence, case.sentence),
        "the sentence of the sensor": (shown.attribute, case.public or case.sentence),
        "the advice": (shown.advice, case.advice),
        "the advice in the repair": (given.get("advice", case.advice), case.advice),
        "the repair": (shown.issue.get("translation_key"), case.issue),
        "whether the repair can be fixed": (shown.issue.get("is_fixable"), fixable),
        "the title in the repair": (given.get("title"), case.title),
        "the reason in the repair": (given.get("reason", case.sentence), case.sentence),
    }
    for name, (found, expected) in cells.items():
        if found != expected:
            yield f"{name} is {found!r}, not {expected!r}"


def _print(stage: Performance, trials: list[_Trial]) -> None:
    """Print what each title showed and what healed it."""
    heads = ("title", "stage", "reason", "issue", "fix")
    stage.say(f"\n{_line(heads)}  healed after; sentence")
    for trial in trials:
        case, shown = trial.case, trial.shown
        if shown is None:
            stage.say(f"{case.title:{_WIDTHS[0]}}  never got stuck as it should")
            continue
        issue = str(shown.issue.get("translation_key"))
        row = _line((case.title, shown.stage, shown.reason, issue, case.remedy))
        after = "never" if trial.healed_after is None else f"{trial.healed_after:.1f} s"
        stage.say(f"{row}  {after:>7}; {shown.sentence}")


def _line(cells: tuple[str, ...]) -> str:
    return "  ".join(f"{cell:{width}}" for cell, width in zip(cells, _WIDTHS, strict=True))


TROUBLE: Final = Plot(
    scenes=_trouble,
    services=_SERVICES,
    limit=340.0,
    options={
        "poll_active_seconds": 30,
        "poll_idle_seconds": 60,
        "nudge_after_minutes": 0,  # nobody helps before somebody asks
        "deadlines": _DEADLINES,
    },
)
