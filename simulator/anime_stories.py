"""Stories of anime: what happens between import and library when Shoko stands there."""

from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .model import DiskFile, Title
from .seerr_state import SeerrRequest
from .shoko_files import ShokoFile

if TYPE_CHECKING:
    from .scenario import Stories, Story
    from .server import Simulator


@dataclass(slots=True, frozen=True)
class Beat:
    """Something that has just happened, and the time until the next thing does."""

    name: str
    pause: float


class AnimeStories:
    """Make stories about anime titles.

    Beats beside the known ones: `hashed matched unmatched linked hidden refreshed waiting`.
    """

    def __init__(self, simulator: Simulator, stories: Stories) -> None:
        """Tell stories in this simulator."""
        self._sim = simulator
        self._stories = stories

    def handles(self, title: Title) -> bool:
        """Whether Shoko stands between import and library for a title."""
        known = self._sim.has("shoko") and self._sim.world.anidb.knows(title)
        return known and bool(self._files(title))

    # -- the stories ---------------------------------------------------------------------------

    def film(self, request: SeerrRequest) -> Story:
        """An anime film, be it one of its own or filed as a special of another series."""
        return self._stories.film(request)

    def pack(self, request: SeerrRequest) -> Story:
        """A series, every season as one download."""
        return self._stories.series(request, packs=request.season_numbers)

    def airing(self, request: SeerrRequest) -> Story:
        """A series that is still aired, every episode as a download of its own."""
        return self._stories.series(request, packs=())

    def linked_by_hand(self, request: SeerrRequest) -> Story:
        """A title that AniDB does not know until somebody links its files by hand."""

        async def beats() -> AsyncGenerator[Beat]:
            shoko, title = self._sim.shoko, request.title
            shoko.unmatched(title.title)
            async for beat in self._stories.life(request, packs=request.season_numbers):
                yield beat
            for file in self._known(title):
                shoko.link(file)
            yield Beat("linked", self._stories.pace.check)
            async for beat in self.arrive(title):
                yield beat

        return self._stories.tell(request.title.title, beats())

    def shoko_down(self, request: SeerrRequest, *, pause: float = 120.0) -> Story:
        """A title that is imported while Shoko is down; it comes back `pause` later."""

        async def beats() -> AsyncGenerator[Beat]:
            name = self._sim.shoko.name
            await self._sim.down(name)
            async for beat in self._stories.life(request, packs=request.season_numbers):
                yield beat
            yield Beat("waiting", pause)
            await self._sim.up(name)
            async for beat in self.arrive(request.title):
                yield beat

        return self._stories.tell(request.title.title, beats())

    def signalr_off(self, request: SeerrRequest, *, refresh: bool = True) -> Story:
        """A title that Shokofin does not notice until somebody refreshes the library.

        With `refresh=False` the story leaves the refresh to others and waits for it.
        """

        async def beats() -> AsyncGenerator[Beat]:
            jellyfin = self._sim.jellyfin
            jellyfin.shokofin.settings.signalr = False
            async for beat in self._stories.life(request, packs=request.season_numbers):
                yield beat
            if refresh:
                change = jellyfin.refresher.refresh(jellyfin.library_id("Anime"))
                if change is not None:
                    jellyfin.announce(change)
                yield Beat("refreshed", self._stories.pace.check)
            async for beat in self.arrive(request.title, patience=3600.0):
                yield beat

        return self._stories.tell(request.title.title, beats())

    # -- from import to library ----------------------------------------------------------------

    async def arrive(self, title: Title, *, patience: float = 900.0) -> AsyncGenerator[Beat]:
        """Wait for Shoko and Shokofin; the last beat says how far the title came."""
        pace = self._stories.pace
        if not self._sim.shoko.is_up:
            return
        await self._until(lambda: len(self._known(title)) == len(self._files(title)), patience)
        if await self._until(lambda: all(f.hashed for f in self._known(title)), patience):
            yield Beat("hashed", pace.check)
        await self._until(lambda: not any(f.busy for f in self._known(title)), patience)
        if not all(file.links for file in self._known(title)):
            yield Beat("unmatched", pace.check)
            return
        yield Beat("matched", pace.check)
        slow = self._sim.jellyfin.shokofin.settings.signalr or patience > 900.0
        limit = patience if slow else 2 * pace.anime.appear
        if not await self._until(lambda: self._is_shown(title), limit):
            yield Beat("hidden", pace.check)
            return
        if self._sim.has("seerr"):
            await self._sim.seerr.scan()
        yield Beat("available", pace.check)

    async def _until(self, done: Callable[[], bool], patience: float) -> bool:
        """Let time pass until something is so; false when it takes too long."""
        step = self._stories.pace.check / 2
        waited = 0.0
        while not done():
            if waited >= patience:
                return False
            await self._sim.advance(step)
            waited += step
        return True

    def _files(self, title: Title) -> list[DiskFile]:
        shelf = self._sim.shoko.shelf
        disk: Iterable[DiskFile] = self._sim.world.disk.values()
        return [f for f in disk if f.title is title and shelf.folder_of(f.path) is not None]

    def _known(self, title: Title) -> list[ShokoFile]:
        return [file for file in self._sim.shoko.files if file.media.title is title]

    def _is_shown(self, title: Title) -> bool:
        shown = self._sim.jellyfin.playable_files(title)
        return all(file in shown for file in self._files(title))
