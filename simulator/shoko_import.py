"""How a simulated Shoko takes in files: detect, hash, ask AniDB, make the series."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from .anime import AnidbAnime, AnidbEpisode
from .clock import iso
from .model import JsonObject
from .shoko_files import ShokoFile, ShokoFolder, ShokoSeries

if TYPE_CHECKING:
    from .shoko import Shoko

type Step = Callable[[], None]


@dataclass(slots=True, kw_only=True)
class AnimePace:
    """How long the steps between import and library take, in simulated seconds."""

    detect: float = 2.0
    hash: float = 7.0
    match: float = 3.5
    image: float = 5.0
    create: float = 5.0
    tmdb: float = 5.0
    appear: float = 37.0  # from Shoko's last word until Shokofin shows the file


@dataclass(slots=True, kw_only=True, eq=False)
class Job:
    """One piece of work in Shoko's queue."""

    kind: str
    title: str
    path: str
    file: int
    started: datetime

    def as_json(self) -> JsonObject:
        """Return the job as the queue lists it."""
        return {
            "Key": f"{self.kind}_(VideoLocalID:{self.file})",
            "Type": self.kind,
            "Title": self.title,
            "Details": {"File Path": self.path},
            "IsRunning": True,
            "IsBlocked": False,
            "StartTime": iso(self.started, 7),
        }


class Importer:
    """The work on files; it stands still while the server is down and is caught up after."""

    def __init__(self, server: Shoko) -> None:
        """Watch the folders."""
        self._server = server
        self.pace = AnimePace()
        self.watching = True
        self.remembers = True
        self.banned = False
        self.unknown: list[str] = []
        self.jobs: list[Job] = []
        self._free: dict[str, datetime] = {}
        self._known: dict[str, tuple[AnidbEpisode, ...]] = {}
        self._making: set[AnidbAnime] = set()
        self.listeners: list[Callable[[frozenset[int]], None]] = []
        server.world.watchers.append(self.noticed)

    # -- noticing ------------------------------------------------------------------------------

    def noticed(self, source: str) -> None:
        """Take note of a change on the disk, as the file system watcher does."""
        folder = self._server.shelf.folder_of(source)
        if folder is None or not (self._server.is_up and self.watching and folder.watched):
            return
        self._later(self.pace.detect, lambda: self._look(source, folder))

    def _look(self, source: str, folder: ShokoFolder) -> None:
        there = self._server.world.disk.get(source)
        file = self._server.shelf.at(source)
        if file is not None and file.media is not there:
            self.forget(file)
            file = None
        if there is not None and file is None:
            self._detect(source, folder)

    def scan(self, folder: ShokoFolder | None = None, *, missing: bool = True) -> None:
        """Look for files that nobody noticed, and (with `missing`) for those that are gone."""
        folders = self._server.shelf.folders if folder is None else [folder]
        self._server.world.look()
        for source in tuple(self._server.world.disk):
            home = self._server.shelf.folder_of(source)
            if home in folders and home is not None:
                self._look(source, home)
        if missing:
            self.remove_missing(folders)

    def remove_missing(self, folders: Iterable[ShokoFolder] | None = None) -> None:
        """Forget the files that are gone."""
        self._server.world.look()
        wanted = self._server.shelf.folders if folders is None else list(folders)
        for file in tuple(self._server.shelf.files.values()):
            if file.folder in wanted and not self._server.shelf.is_accessible(file):
                self.forget(file)

    def catch_up(self) -> None:
        """After a start: look at everything, and go on with what was begun."""
        self._free.clear()
        self._making.clear()
        self.jobs.clear()
        begun = tuple(self._server.shelf.files.values())
        self.scan()
        for file in begun:
            if self._server.shelf.files.get(file.id) is not file:
                continue
            if not file.hashed:
                self._plan_hash(file)
            elif file.busy:
                self.look_up(file)
            for anime in {episode.anime for episode in file.links}:
                self._make(anime)

    # -- steps ---------------------------------------------------------------------------------

    def _detect(self, source: str, folder: ShokoFolder) -> None:
        shelf, now = self._server.shelf, self._server.now()
        file = ShokoFile(
            id=shelf.next_id("file", 812),
            location=shelf.next_id("location", 940),
            folder=folder,
            relative=folder.relative(source) or "",
            source=source,
            media=self._server.world.disk[source],
            created=now,
            updated=now,
        )
        shelf.files[file.id] = file
        self._server.events.detected(folder, file.relative)
        self._plan_hash(file)

    def _plan_hash(self, file: ShokoFile) -> None:
        self._work("HashFileJob", "Hashing File", file, self.pace.hash, lambda: self._hash(file))

    def _hash(self, file: ShokoFile) -> None:
        media = file.media
        numbers = ",".join(str(episode.tvdb) for episode in media.episodes)
        content = f"{media.title.kind}:{media.title.tmdb}:{numbers}:{media.quality}:{media.size}"
        text = self._server.world.hex(f"content:{content}", 80).upper()
        file.ed2k, file.sha1, file.crc32 = text[:32], text[32:72], text[72:80]
        file.hashed, file.updated = True, self._server.now()
        known = self._known.get(file.ed2k, ()) if self.remembers else ()
        if known:
            # What was matched once is never asked about again, and no match is told.
            file.links, file.busy, file.imported = known, False, self._server.now()
            self._server.events.hashed(file)
            return
        self._server.events.hashed(file)
        self.look_up(file)

    def rehash(self, file: ShokoFile) -> None:
        """Hash a file once more; what it is stays."""

        def again() -> None:
            self._server.events.hashed(file, again=True)

        self._work("HashFileJob", "Hashing File", file, self.pace.hash, again)

    def look_up(self, file: ShokoFile) -> None:
        """Ask AniDB what a file is, when its turn comes."""
        file.busy = True
        title = "Getting Cross-References for File"
        self._work("ProcessFileJob", title, file, self.pace.match, lambda: self._answered(file))

    def _answered(self, file: ShokoFile) -> None:
        file.attempts += 1
        file.busy, file.banned = False, self.banned
        if self.banned:
            self._server.events.not_matched(file, banned=True)
            return
        hidden = any(text in f"{file.source}\n{file.media.title.title}" for text in self.unknown)
        found = () if hidden else self._server.world.anidb.episodes_of(file.media)
        if not found or found == file.links:
            self._server.events.not_matched(file)
            return
        if not file.by_hand:
            self.assign(file, found)

    def assign(self, file: ShokoFile, links: tuple[AnidbEpisode, ...]) -> None:
        """Let a file be these episodes."""
        file.links, file.imported, file.busy = links, self._server.now(), False
        file.updated = self._server.now()
        self._known[file.ed2k] = links
        self._server.events.matched(file)
        for anime in {episode.anime: None for episode in links}:
            self._make(anime)
        self._tell(file)

    def clear(self, file: ShokoFile) -> None:
        """Let a file be nothing any more."""
        links, file.links, file.by_hand, file.imported = file.links, (), False, None
        self._known.pop(file.ed2k, None)
        self._server.events.unlinked(file, links)
        self._tell(file, links)

    def forget(self, file: ShokoFile) -> None:
        """Drop the record of a file."""
        self._server.events.deleted(file)
        del self._server.shelf.files[file.id]
        self._tell(file)

    # -- series --------------------------------------------------------------------------------

    def _make(self, anime: AnidbAnime) -> None:
        if anime in self._making or self._server.shelf.series_of(anime) is not None:
            return
        self._making.add(anime)
        self._later(self.pace.image, lambda: self._server.events.series_image(anime))
        self._later(self.pace.image + self.pace.create, lambda: self._made(anime))

    def _made(self, anime: AnidbAnime) -> None:
        self._making.discard(anime)
        series = self.create(anime)
        self._server.events.series_made(series)
        for listener in self.listeners:
            listener(frozenset({series.id}))

        def linked() -> None:
            series.has_tmdb = anime.linked
            if anime.linked:
                self._server.events.tmdb_linked(series)

        self._later(self.pace.tmdb, linked)

    def create(self, anime: AnidbAnime) -> ShokoSeries:
        """Make the series of an anime (or return the one there is) without a word."""
        shelf = self._server.shelf
        if (known := shelf.series_of(anime)) is not None:
            return known
        series = ShokoSeries(
            id=shelf.next_id("series", 142),
            group=shelf.group_of(anime),
            anime=anime,
        )
        for episode in anime.episodes:
            series.episodes[episode] = shelf.next_id("episode", 4105)
        shelf.series[series.id] = series
        return series

    def _tell(self, file: ShokoFile, links: tuple[AnidbEpisode, ...] | None = None) -> None:
        shelf = self._server.shelf
        found = {
            shelf.series_of(episode.anime) for episode in (file.links if links is None else links)
        }
        ids = frozenset(series.id for series in found if series is not None)
        for listener in self.listeners if ids else ():
            listener(ids)

    # -- time ----------------------------------------------------------------------------------

    def _work(self, kind: str, title: str, file: ShokoFile, seconds: float, step: Step) -> None:
        """Do work on a file once the work before it is done: one at a time of each kind."""
        now = self._server.clock.now()
        started = max(self._free.get(kind, now), now)
        due = started + timedelta(seconds=seconds)
        self._free[kind] = due
        path = self._server.shelf.rest_path(file)
        job = Job(kind=kind, title=title, path=path, file=file.id, started=started)
        self.jobs.append(job)
        if len(self.jobs) == 1:
            self._server.events.queue_changed()

        def done() -> None:
            if job not in self.jobs:
                return  # the server was restarted meanwhile
            self.jobs.remove(job)
            if self._server.shelf.files.get(file.id) is file:
                step()
            if not self.jobs:
                self._server.events.queue_changed()

        self._later((due - now).total_seconds(), done)

    def _later(self, seconds: float, step: Step) -> None:
        async def run() -> None:
            if self._server.is_up:
                step()

        self._server.clock.call_later(seconds, run)
