"""Run one benchmark: `python -m benchmarks webhooks|survey|startup|signalr [--seed N]`."""

import argparse
import asyncio
from pathlib import Path
import sys
from tempfile import TemporaryDirectory

from . import signalr, startup, survey, webhooks
from .figures import Figures

_BENCHMARKS = {
    "signalr": signalr.run,
    "startup": startup.run,
    "survey": survey.run,
    "webhooks": webhooks.run,
}


def main() -> int:
    """Measure, print, and return 1 when a target was asked for and missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("benchmark", choices=sorted(_BENCHMARKS))
    parser.add_argument("--seed", type=int, default=1, help="what the random order follows")
    parser.add_argument(
        "--assert", dest="strict", action="store_true", help="exit 1, naming each missed target"
    )
    options = parser.parse_args()
    figures = Figures()
    with TemporaryDirectory(prefix="bench-") as folder:
        asyncio.run(_BENCHMARKS[options.benchmark](figures, options.seed, Path(folder)))
    for missed in figures.missed:
        print(f"missed: {missed}")
    return 1 if options.strict and figures.missed else 0


if __name__ == "__main__":
    sys.exit(main())
