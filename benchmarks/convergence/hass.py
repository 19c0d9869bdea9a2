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

    async def by_seed(self, argument: str) -> Answer:
        """Run the schedule of a seed."""
        seed = int(argument)
        return await self._run(Dice.of(seed), seed)

    async def by_tape(self, argument: str) -> Answer:
        """Run the schedule that a list of numbers decides."""
        return await self._run(Dice(json.loads(argument)), 1)

    async def restart(self, _argument: str) -> Answer:
        """Measure a restart after a kill."""
        running_loop().hold(still=False)
        answer = await measure(self._hass, self._port)
        running_loop().hold(still=True)
        return answer

    async def _run(self, dice: Dice, seed: int) -> Answer:
        begun = perf_counter()
        running_loop().hold(still=False)
        with _same_jitter(seed):
            outcome = await Schedule(self._hass, self._port, dice, seed).run()
        running_loop().hold(still=True)
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
                    "by_tape": answers.by_tape,
                    "restart": answers.restart,
                }
            )


if __name__ == "__main__":
    logging.basicConfig(level=sys.argv[2] if len(sys.argv) > 2 else logging.CRITICAL + 1)
    run_autojump(_main(Path(sys.argv[1])))
