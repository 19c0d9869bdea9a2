"""Play a household through without anybody watching, and say what was missed."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
import time
from typing import Final

from .demo_play import Performance
from .hass_process import running_hass
from .hass_wizard import add_tracker, set_options, until_connected
from .scenario import Pace
from .server import DEFAULT, Simulator

_BYTES_PER_SECOND: Final = 200_000_000.0
_FILM: Final = 3_000_000_000
_EPISODE: Final = 600_000_000
# Longer than the time between two surveys, so that surveys alone see it on its way.
_LONG_FILM: Final = 8_000_000_000
_SURVEYED: Final = ("downloading", "available")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """What is played with which services, and how long it may take (seconds)."""

    scenes: Callable[[Performance], Awaitable[None]]
    services: tuple[str, ...] = DEFAULT
    limit: float = 240.0
    options: Mapping[str, object]
    tolerated: tuple[str, ...] = ()  # what Home Assistant may log, because the plot asks for it


async def _household(stage: Performance) -> None:
    """Play what pushes bring, then what surveys alone bring."""
    stage.sim.qbittorrent.rate = _BYTES_PER_SECOND
    stage.sim.stories.pace = Pace(search=3, grab=3, check=3, queue=4, scan=6)
    await _with_pushes(stage)
    await _without_pushes(stage)


async def _with_pushes(stage: Performance) -> None:
    """Play a film, a series of two seasons, and a film added by hand."""
    sim, world = stage.sim, stage.sim.world
    film = world.add_title_movie(title="The Lantern Coast", year=2024, tmdb=9_000_001)
    series = world.add_title_series(
        title="Northern Signal", year=2021, tmdb=9_000_002, tvdb=9_100_002, seasons={1: 4, 2: 3}
    )
    by_hand = world.add_title_movie(title="Paper Orchard", year=2019, tmdb=9_000_003)
    wish = await sim.seerr.request(film, user="bob")
    seasons = await sim.seerr.request(series, user="alice")
    await asyncio.gather(
        stage.play("The Lantern Coast", sim.stories.film(wish, size=_FILM)),
        stage.play("Northern Signal", sim.stories.series(seasons, packs=(1,), size=_EPISODE)),
        stage.play("Paper Orchard", sim.stories.hand_added_film(by_hand, size=_FILM)),
    )


async def _without_pushes(stage: Performance) -> None:
    """Play one more film while every push of every service is lost."""
    sim = stage.sim
    # Something stays open, as in most households: surveys then come at their active pace.
    await _wish_for_later(stage)
    await sim.settle()
    for name in sim.names():
        sim.faults(name).drop = 1.0
    stage.say("-- from here on every webhook is lost")
    sent = _pushes_sent(sim)
    film = sim.world.add_title_movie(title="Silent Empire", year=2023, tmdb=9_000_004)
    wish = await sim.seerr.request(film, user="alice")
    await stage.play("Silent Empire", sim.stories.film(wish, size=_LONG_FILM), _SURVEYED)
    if _pushes_sent(sim) != sent or not any(sim[name].courier.dropped for name in sim.names()):
        stage.problems.append("webhooks arrived that should have been lost")


async def _wish_for_later(stage: Performance) -> None:
    world = stage.sim.world
    next_year = world.clock.now() + timedelta(days=300)
    film = world.add_title_movie(
        title="Distant River", year=next_year.year, tmdb=9_000_005, released=next_year
    )
    await stage.sim.seerr.request(film, user="alice")
    await stage.watcher.until("Distant River", "unreleased")


def _pushes_sent(sim: Simulator) -> int:
    return sum(len(sim[name].courier.sent) for name in sim.names())


HOUSEHOLD: Final = Plot(
    scenes=_household, options={"poll_active_seconds": 30, "poll_idle_seconds": 60}
)


async def check(plot: Plot, folder: Path, say: Callable[[str], None] = print) -> int:
    """Run a plot in a real Home Assistant; return the exit code."""
    started = time.monotonic()
    async with (
        Simulator(stepped=False, seed=1, services=plot.services) as simulator,
        running_hass(folder) as (hass, client),
    ):
        say(f"Home Assistant runs after {time.monotonic() - started:.0f} s")
        entry_id = await add_tracker(client, simulator, plot.services)
        await set_options(client, entry_id, **plot.options)
        await until_connected(client)
        problems = await Performance(simulator, client, say).run(plot.scenes, plot.limit)
    problems += [
        f"logged: {text}"
        for text in hass.complaints()
        if not any(known in text for known in plot.tolerated)
    ]
    for problem in problems:
        say(f"MISSED  {problem}")
    verdict = "failed" if problems else "passed"
    say(f"Check {verdict} in {time.monotonic() - started:.0f} s")
    return 1 if problems else 0
