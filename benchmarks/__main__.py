"""Run one benchmark: `python -m benchmarks NAME [--seed N] [--assert]`; see `--help`."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
import sys
from tempfile import TemporaryDirectory

from simulator.catalogue import PROFILES

from . import convergence, deletion, forecast, library, signalr, startup, survey, webhooks
from .figures import Figures

type Benchmark = Callable[[Figures, int, Path], Awaitable[None]]
_BENCHMARKS: dict[str, Benchmark] = {
    "webhooks": webhooks.run,
    "survey": survey.run,
    "startup": startup.run,
    "convergence": convergence.run,
    "deletion": deletion.run,
    "forecast": forecast.run,
    "library": library.run,
    "signalr": signalr.run,
}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("benchmark", choices=sorted(_BENCHMARKS))
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
        "--slow-pages",
        type=float,
        default=0.0,
        help="seconds that Jellyfin takes for each page (library only), 30 as 10.11 was seen to",
    )
    parser.add_argument(
        "--assert", dest="strict", action="store_true", help="exit 1, naming each missed target"
    )
    return parser.parse_args()


def _chosen(options: argparse.Namespace) -> Benchmark:
    match options.benchmark:
        case "convergence":
            return partial(convergence.run, schedules=options.schedules)
        case "deletion":
            return partial(deletion.run, plans=options.plans)
        case "library":
            return partial(library.run, profile=options.profile, slow_pages=options.slow_pages)
        case name:
            return _BENCHMARKS[name]


def main() -> int:
    """Measure, print, and return 1 when a target was asked for and missed."""
    options = _options()
    figures = Figures()
    with TemporaryDirectory(prefix="bench-") as folder:
        asyncio.run(_run(_chosen(options), figures, options.seed, Path(folder)))
    for missed in figures.missed:
        print(f"missed: {missed}")
    is_strict = options.strict or options.benchmark == "deletion"
    return 1 if is_strict and figures.missed else 0


async def _run(benchmark: Benchmark, figures: Figures, seed: int, folder: Path) -> None:
    await benchmark(figures, seed, folder)


if __name__ == "__main__":
    sys.exit(main())
