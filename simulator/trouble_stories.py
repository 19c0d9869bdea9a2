"""Stories of titles that get stuck: what goes wrong, what puts it right, and how they go on.

Every story has the beats `trouble`, `put_right` (what a person did in the service, if anything) and
`mended` (it moves again in the services) on its way to `available`. Between `put_right` and
`mended` it may wait for somebody who has the services try again.
"""

from collections.abc import AsyncGenerator, Callable

from .anime_stories import Beat
from .arr_pending import hand_over, pend
from .arr_state import Download, MovieEntry, SeriesEntry
from .model import Title
from .scenario import Story
from .server import Simulator

NO_MAPPING = "[/downloads] is not a valid local path. You may need a Remote Path Mapping."
NOT_A_SAMPLE = "Unable to determine if file is a sample"

type Beats = AsyncGenerator[Beat]
type Mend = Callable[[Download], None]


class TroubleStories:
    """Make stories about titles of one simulator that get stuck."""

    def __init__(
        self, simulator: Simulator, *, size: int = 3_000_000_000, patience: float = 240.0
    ) -> None:
        """Tell stories in this simulator; downloads have `size` bytes.

        Whoever has to try again may take `patience` seconds, else the story raises `TimeoutError`.
        """
        self._sim = simulator
        self._size = size
        self._patience = patience
        self._room = 0  # on the disk, before it was full

    # -- the stories ---------------------------------------------------------------------------

    def never_handed_over(self, series: Title) -> Story:
        """Sonarr fails just when Seerr hands the wish over; Seerr can send it again."""

        async def beats() -> Beats:
            sonarr = self._sim.sonarr
            sonarr.faults.status = 503
            await self._sim.seerr.request(series)
            sonarr.faults.status = None
            yield self._beat("trouble")
            yield self._beat("put_right")
            await self._until(lambda: sonarr.find(series) is not None)
            yield self._beat("mended")
            async for beat in self._fetch_season(series):
                yield beat

        return self._tell(series, beats())

    def not_monitored(self, film: Title) -> Story:
        """Somebody switched the film off in Radarr, and on again when told."""

        async def beats() -> Beats:
            entry = await self._wanted_film(film)
            self._monitor(entry, is_monitored=False)
            yield self._beat("trouble")
            self._monitor(entry, is_monitored=True)
            yield self._beat("put_right")
            yield self._beat("mended")
            async for beat in self._fetch_film(entry):
                yield beat

        return self._tell(film, beats())

    def unreachable_client(self, film: Title) -> Story:
        """Radarr has chosen a release and cannot reach the client; somebody mends its settings."""

        async def beats() -> Beats:
            radarr, entry = self._sim.radarr, await self._wanted_film(film)
            pend(radarr, entry, size=self._size)
            yield self._beat("trouble")
            download = hand_over(radarr, entry)
            yield self._beat("put_right")
            yield self._beat("mended")
            async for beat in self._end_film(entry, download):
                yield beat

        return self._tell(film, beats())

    def no_sources(self, film: Title) -> Story:
        """Nobody shares the release any more, until somebody does."""
        return self._interrupted(film, self._stall, self._resume)

    def missing_files(self, film: Title) -> Story:
        """Somebody moved the files of the download, and puts them back."""
        return self._interrupted(film, self._force("missingFiles"), self._resume)

    def full_disk(self, film: Title) -> Story:
        """The disk of the client is full; somebody makes room and starts the download again."""
        return self._interrupted(film, self._fill_disk, self._make_room)

    def overlooked(self, series: Title) -> Story:
        """Sonarr lost sight of a download that ends; told to look, it finds it."""

        async def beats() -> Beats:
            sonarr = self._sim.sonarr
            await self._sim.seerr.request(series)
            entry = self._wanted_series(series)
            download = sonarr.grab(entry, entry.season(1), size=self._size)
            yield self._beat("grabbed")
            download.is_overlooked = True
            sonarr.complete(download)
            yield self._beat("trouble")
            yield self._beat("put_right")
            await self._until(lambda: all(item.file is not None for item in entry.season(1)))
            yield self._beat("mended")
            async for beat in self._appear(entry):
                yield beat

        return self._tell(series, beats())

    def blocked(self, film: Title) -> Story:
        """Radarr asks for a person; somebody removes the cause, and it has to look again."""
        return self._not_imported(film, lambda found: self._sim.radarr.block(found, NOT_A_SAMPLE))

    def path_not_visible(self, film: Title) -> Story:
        """Radarr does not see the client's folder, until somebody maps it; it tells nobody."""

        def hide(download: Download) -> None:
            self._sim.radarr.complete(download)
            self._sim.radarr.warn(download, NO_MAPPING)

        return self._not_imported(film, hide)

    def _not_imported(self, film: Title, spoil: Mend) -> Story:
        """A download that Radarr cannot sort in; when that is put right it has to look again."""

        async def beats() -> Beats:
            radarr, entry = self._sim.radarr, await self._wanted_film(film)
            download = radarr.grab(entry, size=self._size)
            yield self._beat("grabbed")
            spoil(download)
            yield self._beat("trouble")
            radarr.warn(download)
            yield self._beat("put_right")
            await self._until(lambda: entry.file is not None)
            yield self._beat("mended")
            async for beat in self._appear(entry):
                yield beat

        return self._tell(film, beats())

    def unseen(self, film: Title) -> Story:
        """Nobody tells Jellyfin of the file; asked to look through the library, it finds it."""

        async def beats() -> Beats:
            sim, entry = self._sim, await self._wanted_film(film)
            download = sim.radarr.grab(entry, size=self._size)
            yield self._beat("grabbed")
            sim.radarr.complete(download)
            sim.radarr.import_download(download)
            yield self._beat("trouble")
            yield self._beat("put_right")
            await self._until(lambda: bool(sim.jellyfin.playable_files(film)))
            await sim.seerr.scan()
            yield self._beat("mended")
            yield self._beat("available")

        return self._tell(film, beats())

    def unknown_to_shoko(self, film: Title) -> Story:
        """AniDB does not know the file of an anime film; somebody links it by hand."""

        async def beats() -> Beats:
            shoko, stories = self._sim.shoko, self._sim.stories
            shoko.unmatched(film.title)
            request = await self._sim.seerr.request(film)
            async for beat in stories.life(request, size=self._size):
                yield beat
            yield self._beat("trouble")
            shoko.link(film.title)
            yield self._beat("put_right")
            yield self._beat("mended")
            async for beat in stories.anime.arrive(film):
                yield beat

        return self._tell(film, beats())

    def _interrupted(self, film: Title, spoil: Mend, mend: Mend) -> Story:
        """A download that stands still in the client until it goes on there."""

        async def beats() -> Beats:
            entry = await self._wanted_film(film)
            download = self._sim.radarr.grab(entry, size=self._size)
            yield self._beat("grabbed")
            yield self._beat("downloading")
            spoil(download)
            yield self._beat("trouble")
            mend(download)
            yield self._beat("put_right")
            yield self._beat("mended")
            async for beat in self._end_film(entry, download):
                yield beat

        return self._tell(film, beats())

    # -- parts of stories ----------------------------------------------------------------------

    def _tell(self, title: Title, beats: Beats) -> Story:
        return self._sim.stories.tell(title.title, beats)

    def _beat(self, name: str) -> Beat:
        pace = self._sim.stories.pace
        return Beat(name, pace.check)

    async def _until(self, done: Callable[[], bool]) -> None:
        """Let time pass until something is so; raise `TimeoutError` when it takes too long."""
        waited = 0.0
        while not done():
            if waited >= self._patience:
                raise TimeoutError
            await self._sim.advance(1)
            waited += 1

    async def _wanted_film(self, film: Title) -> MovieEntry:
        await self._sim.seerr.request(film)
        entry = self._sim.radarr.find(film)
        if entry is None:
            raise LookupError(f"Radarr does not have {film.title}")
        return entry

    def _monitor(self, entry: MovieEntry, *, is_monitored: bool) -> None:
        entry.monitored = is_monitored
        self._sim.radarr.touch(entry)

    def _stall(self, download: Download) -> None:
        self._sim.qbittorrent.stall(download.client_id or "")

    def _resume(self, download: Download) -> None:
        self._sim.qbittorrent.resume(download.client_id or "")

    def _fill_disk(self, download: Download) -> None:
        self._room = self._sim.qbittorrent.free_space
        self._sim.qbittorrent.fill_disk(download.client_id or "")

    def _make_room(self, download: Download) -> None:
        self._sim.qbittorrent.free_space = self._room
        self._resume(download)

    def _force(self, state: str) -> Mend:
        def force(download: Download) -> None:
            self._sim.qbittorrent.force_state(download.client_id or "", state)

        return force

    async def _fetch_film(self, entry: MovieEntry) -> Beats:
        download = self._sim.radarr.grab(entry, size=self._size)
        yield self._beat("grabbed")
        async for beat in self._end_film(entry, download):
            yield beat

    async def _end_film(self, entry: MovieEntry, download: Download) -> Beats:
        yield self._beat("downloading")
        await self._until(lambda: not download.view().size_left)
        self._sim.radarr.import_download(download)
        yield self._beat("imported")
        async for beat in self._appear(entry):
            yield beat

    def _wanted_series(self, series: Title) -> SeriesEntry:
        entry = self._sim.sonarr.find(series)
        if entry is None:
            raise LookupError(f"Sonarr does not have {series.title}")
        return entry

    async def _fetch_season(self, series: Title) -> Beats:
        sonarr, entry = self._sim.sonarr, self._wanted_series(series)
        download = sonarr.grab(entry, entry.season(1), size=self._size)
        yield self._beat("downloading")
        await self._until(lambda: not download.view().size_left)
        sonarr.import_download(download)
        yield self._beat("imported")
        async for beat in self._appear(entry):
            yield beat

    async def _appear(self, entry: MovieEntry | SeriesEntry) -> Beats:
        """Let Jellyfin look at the folder of this title, and at no other."""
        self._sim.jellyfin.look(entry.path)
        await self._sim.seerr.scan()
        yield self._beat("available")
