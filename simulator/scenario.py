"""Stories: the usual and the unusual lives of requests, told in beats.

A story is an asynchronous generator of beats. Each beat has happened when it is yielded and says
how much simulated time passes before the next. The same story runs stepped (tests: `play`, `step`)
or beside everything else (`Stories.run`, for the demonstration).
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from dataclasses import dataclass, field
import logging
from typing import TYPE_CHECKING

from .anime_stories import AnimeStories, Beat
from .arr_state import Download, EpisodeEntry, MovieEntry, SeriesEntry
from .downloads import DownloadClient
from .model import Title
from .radarr import Radarr
from .seerr_state import SeerrRequest
from .shoko_import import AnimePace
from .sonarr import Sonarr

if TYPE_CHECKING:
    from .server import Simulator

_LOGGER = logging.getLogger(__name__)

# How often a story looks at a download before it gives up on it.
PATIENCE = 10_000


@dataclass(slots=True, kw_only=True)
class Pace:
    """How long things take, in simulated seconds."""

    search: float = 5.0
    grab: float = 5.0
    check: float = 10.0
    queue: float = 15.0
    scan: float = 20.0
    anime: AnimePace = field(default_factory=AnimePace)


class Story:
    """One story on its way."""

    def __init__(self, simulator: Simulator, name: str, beats: AsyncIterator[Beat]) -> None:
        """Begin nothing yet."""
        self._simulator = simulator
        self._beats = beats
        self._pause = 0.0
        self.name = name
        self.seen: list[str] = []
        self.ended = False

    async def step(self) -> str | None:
        """Let the pause pass and the next beat happen; None when the story is over."""
        if self.ended:
            return None
        if self._pause:
            await self._simulator.advance(self._pause)
        try:
            beat = await anext(self._beats)
        except StopAsyncIteration:
            self.ended = True
            return None
        self._pause = beat.pause
        self.seen.append(beat.name)
        return beat.name

    async def play(self, until: str | None = None) -> None:
        """Play to the first beat of that name, or to the end; unknown beats are an error."""
        if until in self.seen:
            return
        while (name := await self.step()) is not None:
            if name == until:
                return
        if until is not None:
            raise LookupError(f"the story {self.name} has no beat {until!r}")


class Stories:
    """Make stories about the titles of one simulator."""

    def __init__(self, simulator: Simulator) -> None:
        """Tell stories in this simulator."""
        self._sim = simulator
        self._tasks: set[asyncio.Task[None]] = set()
        self.pace = Pace()
        self.anime = AnimeStories(simulator, self)

    # -- running -------------------------------------------------------------------------------

    def run(self, story: Story) -> asyncio.Task[None]:
        """Play a story beside everything else (real time)."""
        task = asyncio.get_running_loop().create_task(self._play(story))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        """End the stories that run."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _play(self, story: Story) -> None:
        try:
            await story.play()
        except Exception:
            # A story that breaks must not take the demonstration with it.
            _LOGGER.exception("The story %s broke off", story.name)

    def tell(self, name: str, beats: AsyncGenerator[Beat]) -> Story:
        """Make a story of beats."""
        return Story(self._sim, name, beats)

    # -- the stories ---------------------------------------------------------------------------

    def film(
        self,
        request: SeerrRequest,
        *,
        client: DownloadClient | None = None,
        size: int | None = None,
    ) -> Story:
        """A film from the request to the library."""
        return self.tell(request.title.title, self.life(request, client=client, size=size))

    def series(
        self, request: SeerrRequest, *, packs: Iterable[int] = (1,), size: int | None = None
    ) -> Story:
        """A series: the seasons in `packs` as one download each, the others by episode."""
        beats = self.life(request, packs=packs, size=size)
        return self.tell(request.title.title, beats)

    def hand_added_film(self, title: Title, *, size: int | None = None) -> Story:
        """A film that somebody adds in Radarr; nobody asked for it in Seerr."""

        async def beats() -> AsyncGenerator[Beat]:
            entry = self._sim.radarr.add(title)
            yield Beat("searching", self.pace.search)
            async for beat in self._fetch_film(self._sim.radarr, entry, size=size):
                yield beat

        return self.tell(title.title, beats())

    def hand_added_series(self, title: Title, *, size: int | None = None) -> Story:
        """A series that somebody adds in Sonarr."""

        async def beats() -> AsyncGenerator[Beat]:
            sonarr = self._sim.sonarr
            entry = sonarr.add(title)
            yield Beat("searching", self.pace.search)
            seasons = list(entry.seasons)
            async for beat in self._fetch_seasons(sonarr, entry, seasons, frozenset({1}), size):
                yield beat

        return self.tell(title.title, beats())

    def upgrade(self, entry: MovieEntry, *, quality: str = "WEBDL-2160p") -> Story:
        """A better file for a film that is there."""
        return self.tell(
            entry.title.title, self._fetch_film(self._sim.radarr, entry, quality=quality)
        )

    def failed_then_regrabbed(self, request: SeerrRequest) -> Story:
        """A film whose first download fails; Radarr finds another release."""

        async def beats() -> AsyncGenerator[Beat]:
            async for beat in self._ask(request):
                yield beat
            radarr, entry = self._film_entry(request)
            first = radarr.grab(entry)
            yield Beat("grabbed", self.pace.check)
            yield Beat("downloading", self.pace.check)
            radarr.fail(first, "The download is stalled with no connections")
            yield Beat("failed", self.pace.search)
            async for beat in self._fetch_film(radarr, entry):
                yield beat

        return self.tell(request.title.title, beats())

    def existing_file(self, request: SeerrRequest) -> Story:
        """A film whose file is found by a rescan: no grab, no import webhook."""

        async def beats() -> AsyncGenerator[Beat]:
            async for beat in self._ask(request):
                yield beat
            radarr, entry = self._film_entry(request)
            radarr.find_existing(entry)
            yield Beat("imported", self.pace.scan)
            yield await self._appear()

        return self.tell(request.title.title, beats())

    def blocked_import(self, request: SeerrRequest) -> Story:
        """A film whose import needs a person, who then imports it."""

        async def beats() -> AsyncGenerator[Beat]:
            async for beat in self._ask(request):
                yield beat
            radarr, entry = self._film_entry(request)
            download = radarr.grab(entry)
            yield Beat("grabbed", self.pace.check)
            radarr.complete(download)
            yield Beat("downloaded", self.pace.check)
            radarr.block(download)
            yield Beat("blocked", self.pace.scan)
            radarr.import_download(download)
            yield Beat("imported", self.pace.scan)
            yield await self._appear()

        return self.tell(request.title.title, beats())

    # -- parts of stories ----------------------------------------------------------------------

    async def life(
        self,
        request: SeerrRequest,
        *,
        packs: Iterable[int] = (),
        client: DownloadClient | None = None,
        size: int | None = None,
    ) -> AsyncGenerator[Beat]:
        """Tell the usual life of a request, from the asking to the library."""
        async for beat in self._ask(request):
            yield beat
        if request.title.kind == "movie":
            radarr, film = self._film_entry(request)
            quality = "WEBDL-2160p" if request.is_4k else "WEBDL-1080p"
            async for beat in self._fetch_film(
                radarr, film, client=client, quality=quality, size=size
            ):
                yield beat
            return
        sonarr, entry = self._series_entry(request)
        numbers = request.season_numbers
        async for beat in self._fetch_seasons(sonarr, entry, numbers, frozenset(packs), size):
            yield beat

    async def _ask(self, request: SeerrRequest) -> AsyncGenerator[Beat]:
        yield Beat("requested", self.pace.search)
        if request.status == 1:
            await self._sim.seerr.approve(request)
        yield Beat("approved", self.pace.search)
        yield Beat("searching", self.pace.search)

    def _film_entry(self, request: SeerrRequest) -> tuple[Radarr, MovieEntry]:
        for radarr in self._sim.seerr.radarrs:
            entry = radarr.find(request.title)
            if entry is not None and radarr.is_4k == request.is_4k:
                return radarr, entry
        raise LookupError(f"no Radarr has {request.title.title}")

    def _series_entry(self, request: SeerrRequest) -> tuple[Sonarr, SeriesEntry]:
        for sonarr in self._sim.seerr.sonarrs:
            entry = sonarr.find(request.title)
            if entry is not None and sonarr.is_4k == request.is_4k:
                return sonarr, entry
        raise LookupError(f"no Sonarr has {request.title.title}")

    async def _fetch_film(
        self,
        radarr: Radarr,
        entry: MovieEntry,
        *,
        client: DownloadClient | None = None,
        quality: str = "WEBDL-1080p",
        size: int | None = None,
    ) -> AsyncGenerator[Beat]:
        download = radarr.grab(entry, client=client, quality=quality, size=size)
        yield Beat("grabbed", self.pace.grab)
        async for beat in self._wait(download):
            yield beat
        radarr.import_download(download)
        yield Beat("imported", self.pace.scan)
        async for beat in self._arrive(entry.title):
            yield beat

    async def _fetch_seasons(
        self,
        sonarr: Sonarr,
        entry: SeriesEntry,
        numbers: Iterable[int],
        packs: frozenset[int],
        size: int | None,
    ) -> AsyncGenerator[Beat]:
        downloads: list[Download] = []
        for number in numbers:
            aired = [item for item in entry.season(number) if self._wanted(item)]
            groups = [aired] if number in packs else [[item] for item in aired]
            for group in filter(None, groups):
                total = size * len(group) if size else None
                downloads.append(sonarr.grab(entry, group, size=total))
                yield Beat("grabbed", self.pace.grab)
        for download in downloads:
            async for beat in self._wait(download):
                yield beat
            for item in list(download.episodes):
                sonarr.import_download(download, episodes=[item])
            yield Beat("imported", self.pace.check)
        async for beat in self._arrive(entry.title):
            yield beat

    def _wanted(self, item: EpisodeEntry) -> bool:
        return item.file is None and item.monitored and self._sim.world.aired(item.info)

    async def _wait(self, download: Download) -> AsyncGenerator[Beat]:
        await download.client.refresh()
        eta = download.view().eta_seconds
        if eta is not None and eta > 0:
            yield Beat("downloading", eta / 2)
            left = download.view().eta_seconds
            yield Beat("downloading", (eta / 2 if left is None else left) + 1)
        for _ in range(PATIENCE):
            if not download.view().size_left:
                break
            yield Beat("downloading", self.pace.check)
            await download.client.refresh()
        else:
            raise TimeoutError(f"the download of {download.release.title} does not end")
        yield Beat("downloaded", self.pace.queue)

    async def _arrive(self, title: Title) -> AsyncGenerator[Beat]:
        if not self.anime.handles(title):
            yield await self._appear()
            return
        async for beat in self.anime.arrive(title):
            yield beat

    async def _appear(self) -> Beat:
        await self._sim.jellyfin.scan()
        if self._sim.has("seerr"):
            await self._sim.seerr.scan()
        return Beat("available", self.pace.check)


__all__ = ["Beat", "Pace", "Stories", "Story"]
