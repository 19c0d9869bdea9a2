"""Play a household through without anybody watching, and say what was missed."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
import time
from typing import Final

from .demo_watch import Seen, Watcher
from .hass_client import HassClient
from .hass_process import running_hass
from .hass_wizard import add_tracker, set_options
from .scenario import Pace, Story
from .server import Simulator

LIMIT: Final = 240.0
_BYTES_PER_SECOND: Final = 200_000_000.0
_FILM: Final = 3_000_000_000
_EPISODE: Final = 600_000_000
# Longer than the time between two surveys, so that surveys alone see it on its way.
_LONG_FILM: Final = 8_000_000_000
_PUSHED: Final = ("downloading", "syncing_library", "available")
_SURVEYED: Final = ("downloading", "available")


@dataclass(slots=True, kw_only=True)
class Play:
    """One story, what shall become of it, and when its beats happened (monotonic)."""

    title: str
    story: Story
    expected: tuple[str, ...]
    beats: dict[str, float] = field(default_factory=dict)

    async def run(self) -> None:
        """Play the story to its end; of a beat that repeats, the last counts."""
        while (beat := await self.story.step()) is not None:
            self.beats[beat] = time.monotonic()


@dataclass(slots=True, kw_only=True)
class Row:
    """One line of the table."""

    title: str
    stages: list[str]
    seconds: float | None
    after_jellyfin: float | None
    missed: list[str]


class Check:
    """The whole play: what pushes bring, then what surveys alone bring."""

    def __init__(
        self, simulator: Simulator, client: HassClient, say: Callable[[str], None]
    ) -> None:
        """Plan the play; nothing happens yet."""
        self._sim = simulator
        self._client = client
        self._say = say
        self._watcher = Watcher(client, say)
        self._plays: list[Play] = []
        self._problems: list[str] = []

    async def run(self) -> list[str]:
        """Play everything, print the table, return what went wrong."""
        self._sim.qbittorrent.rate = _BYTES_PER_SECOND
        self._sim.stories.pace = Pace(search=3, grab=3, check=3, queue=4, scan=6)
        entry_id = await add_tracker(self._client, self._sim)
        await set_options(self._client, entry_id, poll_active_seconds=30, poll_idle_seconds=60)
        watching = asyncio.create_task(self._watcher.run())
        try:
            async with asyncio.timeout(LIMIT):
                await self._with_pushes()
                await self._without_pushes()
        except TimeoutError:
            self._problems.append(f"not done after {LIMIT:.0f} s")
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
        self._print([self._row(play) for play in self._plays])
        return self._problems

    async def _with_pushes(self) -> None:
        """Play a film, a series of two seasons, a film added by hand, and one not out yet."""
        sim, world = self._sim, self._sim.world
        film = world.add_title_movie(title="The Lantern Coast", year=2024, tmdb=9_000_001)
        series = world.add_title_series(
            title="Northern Signal", year=2021, tmdb=9_000_002, tvdb=9_100_002, seasons={1: 4, 2: 3}
        )
        by_hand = world.add_title_movie(title="Paper Orchard", year=2019, tmdb=9_000_003)
        wish = await sim.seerr.request(film, user="bob")
        seasons = await sim.seerr.request(series, user="alice")
        await asyncio.gather(
            self._play("The Lantern Coast", sim.stories.film(wish, size=_FILM)),
            self._play("Northern Signal", sim.stories.series(seasons, packs=(1,), size=_EPISODE)),
            self._play("Paper Orchard", sim.stories.hand_added_film(by_hand, size=_FILM)),
        )

    async def _without_pushes(self) -> None:
        """Play one more film while every push of every service is lost."""
        sim = self._sim
        # Something stays open, as in most households: surveys then come at their active pace.
        await self._wish_for_later()
        await sim.settle()
        for name in sim.names():
            sim.faults(name).drop = 1.0
        self._say("-- from here on every webhook is lost")
        sent = self._pushes_sent()
        film = sim.world.add_title_movie(title="Silent Empire", year=2023, tmdb=9_000_004)
        wish = await sim.seerr.request(film, user="alice")
        await self._play("Silent Empire", sim.stories.film(wish, size=_LONG_FILM), _SURVEYED)
        if self._pushes_sent() != sent or not any(
            sim[name].courier.dropped for name in sim.names()
        ):
            self._problems.append("webhooks arrived that should have been lost")

    async def _wish_for_later(self) -> None:
        world = self._sim.world
        next_year = world.clock.now() + timedelta(days=300)
        film = world.add_title_movie(
            title="Distant River", year=next_year.year, tmdb=9_000_005, released=next_year
        )
        await self._sim.seerr.request(film, user="alice")
        await self._watcher.until("Distant River", "unreleased")

    async def _play(self, title: str, story: Story, expected: tuple[str, ...] = _PUSHED) -> None:
        play = Play(title=title, story=story, expected=expected)
        self._plays.append(play)
        await play.run()
        await self._watcher.until(title, "available")

    def _pushes_sent(self) -> int:
        return sum(len(self._sim[name].courier.sent) for name in self._sim.names())

    # -- the table -----------------------------------------------------------------------------

    def _row(self, play: Play) -> Row:
        seen = self._watcher.find(play.title) or Seen(title=play.title)
        missed = [stage for stage in play.expected if stage not in seen.stages]
        if missed:
            self._problems.append(f"{play.title}: never seen {', '.join(missed)}")
        available = seen.first("available")
        return Row(
            title=play.title,
            stages=seen.stages,
            seconds=_between(play.beats.get("imported"), available),
            after_jellyfin=_between(play.beats.get("available"), available),
            missed=missed,
        )

    def _print(self, rows: list[Row]) -> None:
        self._say("")
        self._say(
            f"{'title':20} {'import to available':>20} {'of that in Jellyfin':>20}  stages seen"
        )
        for row in rows:
            stages = " > ".join(row.stages)
            left = f"{row.title:20} {_seconds(row.seconds):>20} {_seconds(row.after_jellyfin):>20}"
            self._say(f"{left}  {stages}")
        self._say("")


def _between(start: float | None, end: float | None) -> float | None:
    return None if start is None or end is None else max(0.0, end - start)


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} s"


async def check(folder: Path, say: Callable[[str], None] = print) -> int:
    """Run the play in a real Home Assistant; return the exit code."""
    started = time.monotonic()
    async with (
        Simulator(stepped=False, seed=1) as simulator,
        running_hass(folder) as (hass, client),
    ):
        say(f"Home Assistant runs after {time.monotonic() - started:.0f} s")
        problems = await Check(simulator, client, say).run()
    problems += [f"logged: {text}" for text in hass.complaints()]
    for problem in problems:
        say(f"MISSED  {problem}")
    verdict = "failed" if problems else "passed"
    say(f"Check {verdict} in {time.monotonic() - started:.0f} s")
    return 1 if problems else 0
