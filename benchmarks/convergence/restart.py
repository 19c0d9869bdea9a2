"""Measure how long a big household takes after a kill until it knows all that it has missed."""

from time import perf_counter

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from simulator import Simulator, Title

from ..worker import Answer
from .autojump import running_loop
from .home import Home
from .judge import differences

_FILMS = 160
_SERIES = 40
_SLOW = 1000.0  # bytes per second: no download ends by itself
_LIMIT = 300  # seconds


async def measure(hass: HomeAssistant, port: int) -> Answer:
    """Return the seconds from the start until every stage is that of surveys alone.

    They are those of the integration's own timers plus those that this machine worked.
    """
    sim = Simulator(profile="S", seed=1, stepped=False, start=dt_util.utcnow())
    async with sim:
        sim.qbittorrent.rate = _SLOW
        async with Home(hass, sim, port, polls=True) as home:
            titles = _titles(sim)
            for title in titles:
                await sim.seerr.request(title)
            await sim.settle()
            await home.survey()
            ours = list(home.hub.tracker.requests.values())
            await home.kill()
            for number, title in enumerate(titles):
                _move(sim, title, number % 4)
            await sim.jellyfin.scan()
            await home.reference.survey(home.hub)
            known = list(home.reference.requests.values())
            stale = len(differences(ours, known))
            begun, began = running_loop().time(), perf_counter()
            await home.start()
            while differences(home.hub.requests.values(), known):
                if running_loop().time() - begun > _LIMIT:
                    break
                await home.wait(1)
            simulated = running_loop().time() - begun
            return {
                "open": len(ours),
                "stale": stale,
                "seconds": simulated + perf_counter() - began,
            }


def _titles(sim: Simulator) -> list[Title]:
    world = sim.world
    films = [
        world.add_title_movie(title=f"Film {number}", year=2020, tmdb=7000 + number)
        for number in range(_FILMS)
    ]
    return films + [
        world.add_title_series(
            title=f"Series {number}",
            year=2020,
            tmdb=8000 + number,
            tvdb=9000 + number,
            seasons={1: 6},
        )
        for number in range(_SERIES)
    ]


def _move(sim: Simulator, title: Title, how_far: int) -> None:
    """Let a title be searched, grabbed, ready for its import, or imported."""
    if how_far == 0:
        return
    film, series = sim.radarr.find(title), sim.sonarr.find(title)
    if film is not None:
        download = sim.radarr.grab(film)
    else:
        assert series is not None
        download = sim.sonarr.grab(series, series.season(1))
    arr = sim.sonarr if film is None else sim.radarr
    if how_far > 1:
        arr.complete(download)
    if how_far > 2:
        arr.import_download(download)
