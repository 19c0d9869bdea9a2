"""Run one benchmark: `python -m benchmarks NAME [--seed N] [--assert]`; see `--help`."""

import argparse
import asyncio
from functools import partial
from pathlib import Path
import sys
from tempfile import TemporaryDirectory

from simulator.catalogue import PROFILES

from . import convergence, deletion, forecast, library, signalr, startup, survey, webhooks
from .figures import Figures


def main() -> int:
    """Measure, print, and return 1 when a target was asked for and missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    benchmarks = {
        "webhooks": webhooks.run,
        "survey": survey.run,
        "startup": startup.run,
        "convergence": convergence.run,
        "deletion": deletion.run,
        "forecast": forecast.run,
        "library": library.run,
        "signalr": signalr.run,
    }
    parser.add_argument("benchmark", choices=sorted(benchmarks))
    parser.add_argument("--seed", type=int, default=1, help="what the random order follows")
    parser.add_argument(
        "--schedules",
        type=int,
        default=convergence.SCHEDULES,
        help="how many random schedules (convergence only); the first has the seed",
    )
    parser.add_argument(
        "--plans",
        type=int,
        default=deletion.PLANS,
        help="how many plans (deletion only); the first household has the seed",
    )
    parser.add_argument(
        "--profile",
        choices=[name for name in PROFILES if PROFILES[name].history],
        default=library.PROFILE,
        help="how big the household is (library only)",
    )
    parser.add_argument(
        "--assert", dest="strict", action="store_true", help="exit 1, naming each missed target"
    )
    options = parser.parse_args()
    benchmarks["convergence"] = partial(convergence.run, schedules=options.schedules)
    benchmarks["deletion"] = partial(deletion.run, plans=options.plans)
    benchmarks["library"] = partial(library.run, profile=options.profile)
    figures = Figures()
    with TemporaryDirectory(prefix="bench-") as folder:
        asyncio.run(benchmarks[options.benchmark](figures, options.seed, Path(folder)))
    for missed in figures.missed:
        print(f"missed: {missed}")
    is_strict = options.strict or options.benchmark == "deletion"
    return 1 if is_strict and figures.missed else 0


if __name__ == "__main__":
    sys.exit(main())
