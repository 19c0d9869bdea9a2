"""Run Home Assistant with a clock that can be put forward: what takes a day is shown in a minute.

`python -m simulator.hass_clock FILE ...` takes Home Assistant's own arguments after the file, which
holds how many seconds its clock is ahead; SIGUSR1 makes it read the file again. Everything in the
process follows: times, timers and tokens. The rest of the machine keeps its time.
"""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
import runpy
import signal
import sys

import freezegun
from freezegun.api import TickingDateTimeFactory


def ahead(file: Path) -> float:
    """Return how many seconds the clock is ahead."""
    return float(file.read_text(encoding="utf-8")) if file.exists() else 0.0


def _follow(file: Path, clock: TickingDateTimeFactory, done: float) -> Callable[..., None]:
    """Return what puts the clock forward to what the file says."""

    def follow(*_: object) -> None:
        nonlocal done
        wanted = ahead(file)
        clock.move_to(clock() + timedelta(seconds=wanted - done))
        done = wanted

    return follow


def main() -> None:
    """Run Home Assistant by the clock of the file."""
    file = Path(sys.argv.pop(1))
    # Threads have the same time as everybody else.
    freezegun.configure(default_ignore_list=[])
    freezer = freezegun.freeze_time(timedelta(seconds=ahead(file)), tick=True)
    clock = freezer.start()
    if not isinstance(clock, TickingDateTimeFactory):
        raise TypeError("the clock does not tick")
    signal.signal(signal.SIGUSR1, _follow(file, clock, ahead(file)))
    sys.argv[0] = "homeassistant"
    runpy.run_module("homeassistant", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
