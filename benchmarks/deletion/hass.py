"""A Home Assistant in which households live one after the other (a process of its own)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
import logging
from pathlib import Path
import random
import sys
from time import perf_counter
from types import SimpleNamespace
from unittest.mock import patch

from custom_components.media_status import hub
from custom_components.media_status.clients import jellyfin_socket, signalr
from homeassistant.core import HomeAssistant
from homeassistant.helpers import event

from ..convergence.autojump import run_autojump, running_loop, simulated_time
from ..house import free_port, home_assistant
from ..worker import Answer, serve
from .course import Course

_TICK = timedelta(minutes=10)  # stages that time alone changes are of no interest here


class Answers:
    """What the parent may ask."""

    def __init__(self, hass: HomeAssistant, port: int) -> None:
        """Initialize with the running core."""
        self._hass = hass
        self._port = port

    async def by_seed(self, argument: str) -> Answer:
        """Live through the household of a seed."""
        seed, begun = int(argument), perf_counter()
        rng = random.Random(f"jitter:{seed}")  # noqa: S311 - the same each time is the point
        course = Course(self._hass, self._port, seed)
        running_loop().hold(still=False)
        try:
            with (
                patch.object(signalr, "_RANDOM", rng),
                patch.object(jellyfin_socket, "_RANDOM", rng),
            ):
                await course.run()
        except BaseException:
            _show(seed, course)
            raise
        finally:
            running_loop().hold(still=True)
        if course.complaints:
            _show(seed, course)
        return {**course.figures, "seconds": perf_counter() - begun}


@contextmanager
def _same_timers() -> Iterator[None]:
    """Let Home Assistant's timers for a moment of the day go by the simulated time, too."""

    def now() -> float:
        return running_loop().now().timestamp()

    def later() -> float:
        return now() + 0.01  # a timer that rang is never too early: fractions are rounded

    clock = SimpleNamespace(time=now)
    with (
        patch.object(event, "time", clock),
        patch.object(event, "time_tracker_timestamp", later),
        patch.object(event, "time_tracker_utcnow", running_loop().now),
    ):
        yield


def _show(seed: int, course: Course) -> None:
    """Tell the whole story on standard error: standard output carries the answers."""
    lines = [f"seed {seed}", *course.story, *(f"WRONG {one}" for one in course.complaints)]
    print("\n  ".join(lines), file=sys.stderr, flush=True)


async def _main(folder: Path) -> None:
    port = free_port()
    with simulated_time(), _same_timers(), patch.object(hub, "_TICK", _TICK):
        async with home_assistant(folder, port) as hass:
            answers = Answers(hass, port)
            running_loop().hold(still=True)
            await serve({"by_seed": answers.by_seed})


if __name__ == "__main__":
    logging.basicConfig(level=sys.argv[2] if len(sys.argv) > 2 else logging.CRITICAL + 1)
    run_autojump(_main(Path(sys.argv[1])))
