"""Keep a household busy for ever: films, series and what somebody adds by hand."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from typing import Final

from .model import Title
from .scenario import Story
from .server import Simulator

_BYTES_PER_SECOND: Final = 100_000_000.0
_FILM: Final = 4_000_000_000  # forty seconds
_EPISODE: Final = 800_000_000
_BETWEEN: Final = 10.0
_FILMS: Final = (
    "The Lantern Coast",
    "Crimson Harbor",
    "A Winter of Paper",
    "Golden Machine",
    "The Last Orchard",
    "Broken Signal",
)
_SERIES: Final = ("Northern Signal", "The River House", "Distant Empire", "Hidden Coast")
_ANIME: Final = ("Thirteen Winters", "The Letter House", "Tides of Glass")
_ANIME_FILMS: Final = ("A Fox in Snow", "Paper Fireworks", "Harbour Lights")
_BY_HAND: Final = ("Paper Orchard", "Silent Lantern", "The Golden River")

type Lane = Callable[[int], Awaitable[Story]]


@dataclass(slots=True, kw_only=True)
class Lives:
    """The lanes of one household; in each one thing follows the other."""

    simulator: Simulator

    async def run(self, lanes: tuple[str, ...]) -> None:
        """Play the named lanes beside each other, for ever."""
        self.simulator.qbittorrent.rate = _BYTES_PER_SECOND
        known: dict[str, Lane] = {
            "films": self._film,
            "series": self._series,
            "by-hand": self._by_hand,
            "anime": self._anime,
        }
        async with asyncio.TaskGroup() as group:
            for delay, name in enumerate(lanes):
                group.create_task(self._lane(known[name], delay * _BETWEEN))

    async def _lane(self, make: Lane, delay: float) -> None:
        await asyncio.sleep(delay)
        for number in count():
            await self.simulator.stories.run(await make(number))
            await asyncio.sleep(_BETWEEN)

    async def _film(self, number: int) -> Story:
        """A film that somebody asks for; now and then something goes wrong on its way."""
        sim = self.simulator
        film = self._title_movie(_FILMS, number, 9_000_000)
        request = await sim.seerr.request(film, user=("alice", "bob")[number % 2])
        if number % 4 == 2:
            return sim.stories.failed_then_regrabbed(request)
        if number % 4 == 3:
            return sim.stories.blocked_import(request)
        return sim.stories.film(request, size=_FILM)

    async def _series(self, number: int) -> Story:
        """Two seasons: the first comes as a pack, the second by episode."""
        sim = self.simulator
        series = sim.world.add_title_series(
            title=_numbered(_SERIES, number),
            year=2015 + number % 10,
            tmdb=9_200_000 + number,
            tvdb=9_300_000 + number,
            seasons={1: 8, 2: 4},
        )
        request = await sim.seerr.request(series, user="alice")
        return sim.stories.series(request, packs=(1,), size=_EPISODE)

    async def _by_hand(self, number: int) -> Story:
        """A film that nobody asks for in Seerr."""
        film = self._title_movie(_BY_HAND, number, 9_100_000)
        return self.simulator.stories.hand_added_film(film, size=_FILM)

    async def _anime(self, number: int) -> Story:
        """A season in one pack, then a film that somebody has to link by hand, and so on."""
        sim = self.simulator
        if number % 2:
            film = sim.world.add_anime_film(
                title=_numbered(_ANIME_FILMS, number // 2), year=2018, tmdb=9_400_000 + number
            )
            request = await sim.seerr.request(film, user="bob")
            return sim.stories.anime.linked_by_hand(request)
        series = sim.world.add_anime_series(
            title=_numbered(_ANIME, number // 2),
            year=2016 + number % 9,
            tmdb=9_500_000 + number,
            tvdb=9_600_000 + number,
            seasons={1: 12},
        )
        return sim.stories.anime.pack(await sim.seerr.request(series, user="alice"))

    def _title_movie(self, names: tuple[str, ...], number: int, first: int) -> Title:
        return self.simulator.world.add_title_movie(
            title=_numbered(names, number), year=2010 + number % 15, tmdb=first + number
        )


def _numbered(names: tuple[str, ...], number: int) -> str:
    """Return a name of its own for every number: the second round gets a 2, and so on."""
    name, turn = names[number % len(names)], number // len(names)
    return f"{name} {turn + 1}" if turn else name
