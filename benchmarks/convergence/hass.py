"""A Home Assistant in which schedules run one after the other (a process of its own)."""

from collections.abc import Iterator
from contextlib import contextmanager
import json
import logging
from pathlib import Path
import random
import sys
from time import perf_counter
from unittest.mock import patch

from custom_components.media_status.clients import jellyfin_socket, signalr
from homeassistant.core import HomeAssistant

from ..house import free_port, home_assistant
from ..worker import Answer, serve
from .autojump import run_autojump, running_loop, simulated_time
from .dice import Dice
from .restart import measure
from .schedule import Outcome, Schedule


class Answers:
    """What the parent may ask."""

    def __init__(self, hass: HomeAssistant, port: int) -> None:
        """Initialize with the running core."""
        self._hass = hass
        self._port = port
        self._dice: Dice
        self._open: Schedule

    async def by_seed(self, argument: str) -> Answer:
        """Run the schedule of a seed."""
        seed = int(argument)
        return await self._run(Dice.of(seed), seed)

    async def begin(self, argument: str) -> Answer:
        """Begin a schedule that the parent decides; the numbers decide the household."""
        self._dice = Dice(json.loads(argument))
        self._open = Schedule(self._hass, self._port, self._dice, seed=1)
        with _time_passes(), _same_jitter(1):
            await self._open.begin()
        return self._so_far()

    async def step(self, argument: str) -> Answer:
        """Do one thing; the numbers decide its particulars."""
        deed, tape = json.loads(argument)
        self._dice.feed(tape)
        with _time_passes(), _same_jitter(1):
            await self._open.step(deed)
        return self._so_far()

    async def end(self, argument: str) -> Answer:
        """Come to the end of the schedule; an empty list gives it up."""
        tape = json.loads(argument)
        self._dice.feed(tape)
        with _time_passes(), _same_jitter(1):
            try:
                if tape:
                    await self._open.end()
            finally:
                await self._open.close()
        return self._so_far()

    def _so_far(self) -> Answer:
        outcome = self._open.outcome
        if outcome.divergences:
            _show(1, outcome)
        return {"divergences": len(outcome.divergences), "requests": outcome.requests}

    async def restart(self, _argument: str) -> Answer:
        """Measure a restart after a kill."""
        with _time_passes():
            return await measure(self._hass, self._port)

    async def _run(self, dice: Dice, seed: int) -> Answer:
        begun = perf_counter()
        schedule = Schedule(self._hass, self._port, dice, seed)
        outcome = schedule.outcome
        try:
            with _time_passes(), _same_jitter(seed):
                await schedule.run()
        except BaseException:
            _show(seed, outcome)
            raise
        if outcome.divergences:
            _show(seed, outcome)
        return {
            "divergences": len(outcome.divergences),
            "arrived": outcome.arrived,
            "missed": outcome.missed,
            "healed": outcome.healed,
            "requests": outcome.requests,
            "restarts": outcome.restarts,
            "seconds": perf_counter() - begun,
        }


@contextmanager
def _time_passes() -> Iterator[None]:
    """Let the simulated time pass; it stands still while the parent is waited for."""
    running_loop().hold(still=False)
    try:
        yield
    finally:
        running_loop().hold(still=True)


@contextmanager
def _same_jitter(seed: int) -> Iterator[None]:
    """Let attempts to connect again come at the same moments whenever a schedule is run."""
    rng = random.Random(f"jitter:{seed}")  # noqa: S311 - the same each time is the point
    with patch.object(signalr, "_RANDOM", rng), patch.object(jellyfin_socket, "_RANDOM", rng):
        yield


def _show(seed: int, outcome: Outcome) -> None:
    """Tell the whole story on standard error: standard output carries the answers."""
    lines = [f"seed {seed}", *outcome.story, *(f"DIVERGED {one}" for one in outcome.divergences)]
    print("\n  ".join(lines), file=sys.stderr, flush=True)


async def _main(folder: Path) -> None:
    port = free_port()
    with simulated_time():
        async with home_assistant(folder, port) as hass:
            answers = Answers(hass, port)
            running_loop().hold(still=True)
            await serve(
                {
                    "by_seed": answers.by_seed,
                    "begin": answers.begin,
                    "step": answers.step,
                    "end": answers.end,
                    "restart": answers.restart,
                }
            )


if __name__ == "__main__":
    logging.basicConfig(level=sys.argv[2] if len(sys.argv) > 2 else logging.CRITICAL + 1)
    run_autojump(_main(Path(sys.argv[1])))
