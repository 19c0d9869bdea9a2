"""Run the simulator by hand: `python -m simulator --port-base 18000 --scenario demo`."""

import argparse
import asyncio
import contextlib
import signal

from .server import DEFAULT, Simulator

_TITLES = (
    ("Dune: Part Two", 2024, 693134),
    ("The Matrix", 1999, 603),
    ("Interstellar", 2014, 157336),
)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m simulator", description=__doc__)
    parser.add_argument("--profile", default="tiny", help="library size: empty tiny odd S M L XL")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--port-base", type=int, default=18000, help="0: free ports")
    parser.add_argument("--speed", type=float, default=1.0, help="simulated seconds per second")
    parser.add_argument("--shoko", action="store_true", help="with a Shoko, and Shokofin")
    parser.add_argument("--scenario", choices=("none", "demo"), default="none")
    return parser.parse_args()


async def _demo(simulator: Simulator) -> None:
    series = simulator.world.add_title_series(
        title="Severance", year=2022, tmdb=95396, tvdb=371980, seasons={1: 9, 2: 10}, unaired=2
    )
    request = await simulator.seerr.request(series, seasons=[1, 2])
    simulator.stories.run(simulator.follow(request))
    for name, year, tmdb in _TITLES:
        film = simulator.world.add_title_movie(title=name, year=year, tmdb=tmdb)
        wish = await simulator.seerr.request(film, user="bob")
        simulator.stories.run(simulator.follow(wish))


async def _main() -> None:
    options = _options()
    base = options.port_base
    services = [*DEFAULT, "shoko"] if options.shoko else list(DEFAULT)
    ports = {name: base + index for index, name in enumerate(services)} if base else {}
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signum, stopped.set)
    async with Simulator(
        profile=options.profile,
        seed=options.seed,
        services=services,
        stepped=False,
        speed=options.speed,
        ports=ports,
    ) as simulator:
        for name in simulator.names():
            print(f"{name:12} {simulator.url(name)}  key {simulator.api_key(name)}")
        auth = simulator.qbittorrent.auth
        print(f"{'':12} qBittorrent user {auth.username}, password {auth.password}")
        if options.scenario == "demo":
            await _demo(simulator)
        await stopped.wait()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_main())
