"""A simulated Radarr."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import ClassVar, override

from aiohttp import web

from . import radarr_shapes as shapes
from .anime import FILM_FOLDER
from .arr import ArrService
from .arr_import import place, size_of, source_of
from .arr_queue import grabbed_data, queue_record
from .arr_shapes import webhook_file
from .arr_state import (
    SHELF_MOVIE_SIZE,
    Download,
    EpisodeEntry,
    MediaFile,
    MovieEntry,
    movie_file_name,
)
from .downloads import Release
from .model import JsonObject, Title
from .radarr_api import RadarrApi
from .world import World


class Radarr(ArrService[MovieEntry]):
    """One Radarr instance."""

    kind = "radarr"
    app_name = "Radarr"
    version = "6.1.0.10360"
    category = "radarr"
    unknown_flag = "includeUnknownMovieItems"
    exclusion_word = "exclusions"
    file_word = "Movies"
    flags = (
        "onGrab",
        "onDownload",
        "onUpgrade",
        "onRename",
        "onMovieAdded",
        "onMovieDelete",
        "onMovieFileDelete",
        "onMovieFileDeleteForUpgrade",
        "onHealthIssue",
        "onHealthRestored",
        "onApplicationUpdate",
        "onManualInteractionRequired",
    )
    event_numbers: ClassVar[dict[int, str]] = {
        0: "unknown",
        1: "grabbed",
        3: "downloadFolderImported",
        4: "downloadFailed",
        6: "movieFileDeleted",
        7: "movieFolderImported",
        8: "movieFileRenamed",
        9: "downloadIgnored",
    }

    def __init__(self, world: World, name: str, *, calls: Counter[tuple[str, str]]) -> None:
        """Start with the household's shelf (the 4K instance starts empty)."""
        super().__init__(world, name, calls=calls)
        self.api = RadarrApi(self)
        self._ids = f"{name}:movie"
        for title in world.library if not self.is_4k else ():
            if title.kind == "movie":
                self._shelve(title)

    @property
    @override
    def roots(self) -> tuple[str, ...]:
        if self.is_4k:
            return ("/data/media/movies-4k",)
        films = (FILM_FOLDER,) if self.world.anidb.has_films else ()
        return ("/data/media/movies", *films)

    def _shelve(self, title: Title) -> None:
        entry = self._entry(title, monitored=True, tags=())
        entry.added = self.world.epoch
        name = movie_file_name(title, "WEBDL-1080p", "FLUX")
        entry.file = MediaFile(
            id=self.world.next_id(f"{self.name}:file"),
            relative_path=name,
            path=f"{entry.path}/{name}",
            size=SHELF_MOVIE_SIZE,
            quality="WEBDL-1080p",
            group="FLUX",
            scene=name.removesuffix(".mkv"),
            added=self.world.epoch,
        )

    def _entry(self, title: Title, *, monitored: bool, tags: Iterable[str]) -> MovieEntry:
        for label in tags:
            self.label_id(label)
        anime = self.world.anidb.keeps_film(title) and not self.is_4k
        root = FILM_FOLDER if anime else self.root
        entry = MovieEntry(
            id=self.world.next_id(self._ids),
            title=title,
            root=root,
            path=f"{root}/{title.folder}",
            added=self.now(),
            monitored=monitored,
            tags=tuple(tags),
        )
        self.entries[entry.id] = entry
        self.world.volume.make_folder(root)
        self.api.forget()
        return entry

    # -- verbs ---------------------------------------------------------------------------------

    @override
    def add(
        self,
        title: Title,
        *,
        monitored: bool = True,
        tags: Iterable[str] = (),
        method: str = "manual",
    ) -> MovieEntry:
        """Add a film; a second time returns the entry that is there."""
        if known := self.find(title):
            return known
        entry = self._entry(title, monitored=monitored, tags=tuple(tags))
        payload = {"movie": shapes.movie(entry), "addMethod": method}
        self.notifications.send(self.envelope(payload, "MovieAdded"), "onMovieAdded")
        return entry

    @override
    def import_download(self, download: Download, *, size: int | None = None) -> MediaFile:
        """Import a finished download: the file lies in the library, the queue is rid of it."""
        entry = download.entry
        if not isinstance(entry, MovieEntry):
            raise TypeError("the download belongs to no film")
        source = source_of(self, download, f"{download.release.title}.mkv")
        file = self.import_file(entry, download=download, size=size, source=source)
        download.state = "imported"
        self.drop(download)
        return file

    def import_file(
        self,
        entry: MovieEntry,
        *,
        download: Download | None = None,
        quality: str = "WEBDL-1080p",
        size: int | None = None,
        source: str = "/data/incoming/film.mkv",
    ) -> MediaFile:
        """Import a file, from a download or by hand (then no download keys are sent)."""
        release = download.release if download else None
        quality = release.quality if release else quality
        name = movie_file_name(entry.title, quality, release.group if release else "GROUP")
        file = MediaFile(
            id=self.world.next_id(f"{self.name}:file"),
            relative_path=name,
            path=f"{entry.path}/{name}",
            size=size_of(self, source, size, release.size if release else 3_221_225_472),
            quality=quality,
            group=release.group if release else "GROUP",
            scene=release.title if release else name.removesuffix(".mkv"),
            added=self.now(),
            source_path=source,
        )
        self._replace(entry, file, download)
        return file

    def _replace(self, entry: MovieEntry, file: MediaFile, download: Download | None) -> None:
        old = entry.file
        if old is not None:
            self.disposal.file(entry, old)
            self.remember_deleted(entry, None, old, "upgrade")
            self._send_file_deleted(entry, old, "upgrade")
        entry.file = file
        place(self, file, entry.title)
        self.touch(entry)
        if download is not None:
            self.remember(download, None, "downloadFolderImported", _imported(download, file))
        payload = shapes.download_event(entry, file, download, old)
        flags = ("onDownload", "onUpgrade") if old else ("onDownload",)
        self.notifications.send(self.envelope(payload, "Download"), *flags)

    def find_existing(self, entry: MovieEntry) -> MediaFile:
        """Find a file on disk by a rescan: no grab, no webhook."""
        name = movie_file_name(entry.title, "Bluray-1080p", "OLD")
        file = MediaFile(
            id=self.world.next_id(f"{self.name}:file"),
            relative_path=name,
            path=f"{entry.path}/{name}",
            size=SHELF_MOVIE_SIZE,
            quality="Bluray-1080p",
            group="OLD",
            scene="",
            added=self.now(),
        )
        entry.file = file
        self.world.put_file(file.path, entry.title, (), size=file.size, quality=file.quality)
        self.touch(entry)
        return file

    def delete_file(self, entry: MovieEntry, reason: str = "manual") -> None:
        """Delete a film's file."""
        if (file := entry.file) is None:
            return
        entry.file = None
        if reason != "missingFromDisk":
            self.disposal.file(entry, file)
        self.touch(entry)
        self.remember_deleted(entry, None, file, reason)
        self._send_file_deleted(entry, file, reason)

    @override
    def lose(self, entry: MovieEntry, file: MediaFile) -> None:
        self.delete_file(entry, "missingFromDisk")

    def _send_file_deleted(self, entry: MovieEntry, file: MediaFile, reason: str) -> None:
        payload: JsonObject = {
            "movie": shapes.movie(entry),
            "movieFile": webhook_file(file, entry.title.original_language, flags=True),
            "deleteReason": reason,
        }
        flags = ["onMovieFileDelete"]
        if reason == "upgrade":
            flags.append("onMovieFileDeleteForUpgrade")
        self.notifications.send(self.envelope(payload, "MovieFileDelete"), *flags)

    def delete(self, entry: MovieEntry, *, files: bool = True, exclude: bool = False) -> None:
        """Delete a film; with `files` its folder goes too, as far as nothing is in the way."""
        self.delete_many([entry], files=files, exclude=exclude)

    def delete_many(
        self, entries: Sequence[MovieEntry], *, files: bool = True, exclude: bool = False
    ) -> None:
        """Delete films; their folders are removed after everybody was told."""
        for entry in entries:
            del self.entries[entry.id]
            self.touch(entry)
            self.history = [row for row in self.history if row.entry is not entry]
            if exclude:
                self.desk.exclude(entry.title)
            size = entry.file.size if files and entry.file else 0
            payload = {"movie": shapes.movie(entry), "deletedFiles": files, "movieFolderSize": size}
            self.notifications.send(self.envelope(payload, "MovieDelete"), "onMovieDelete")
        if files:
            self.disposal.folders(entries)

    def rename(self, entry: MovieEntry, name: str) -> None:
        """Rename a film's file."""
        if (file := entry.file) is None:
            return
        before = {"previousRelativePath": file.relative_path, "previousPath": file.path}
        source, file.relative_path, file.path = file.path, name, f"{entry.path}/{name}"
        place(self, file, entry.title, source=source, how="move")
        self.remember_renamed(entry, None, file, source)
        self.touch(entry)
        language = entry.title.original_language
        row = before | webhook_file(file, language, flags=True)
        payload = {"movie": shapes.movie(entry), "renamedMovieFiles": [row]}
        self.notifications.send(self.envelope(payload, "Rename"), "onRename")

    # -- hooks of the common half --------------------------------------------------------------

    @override
    def test_payload(self) -> JsonObject:
        return self.envelope(shapes.test_payload(), "Test")

    @override
    def resource(self, entry: MovieEntry) -> JsonObject:
        tags = [self.label_id(label) for label in entry.tags]
        return shapes.resource(entry, tags, self.now())

    @override
    def touch(self, entry: MovieEntry) -> None:
        self.api.forget(entry.id)

    @override
    def records(self, download: Download) -> list[JsonObject]:
        return [queue_record(download, None, self.now(), radarr=True)]

    @override
    def grab_payload(self, download: Download) -> JsonObject:
        entry = download.entry
        if not isinstance(entry, MovieEntry):
            raise TypeError("the download belongs to no film")
        return self.envelope(shapes.grab(entry, download), "Grab")

    @override
    def blocked_payload(self, download: Download) -> JsonObject:
        entry = download.entry if isinstance(download.entry, MovieEntry) else None
        return self.envelope(shapes.blocked(entry, download), "ManualInteractionRequired")

    @override
    def grabbed_rows(self, download: Download) -> list[tuple[EpisodeEntry | None, JsonObject]]:
        title = download.entry.title if download.entry else None
        ids: JsonObject = {
            "tmdbId": str(title.tmdb if title else 0),
            "imdbId": (title.imdb if title else "").removeprefix("tt"),
        }
        return [(None, grabbed_data(download, ids, radarr=True))]

    @override
    def make_release(
        self, title: Title, episodes: Sequence[EpisodeEntry], quality: str, size: int | None
    ) -> Release:
        words = ".".join("".join(c if c.isalnum() else " " for c in title.title).split())
        lines = quality.rpartition("-")[2]
        return Release(
            title=f"{words}.{title.year}.{lines}.WEB-DL.DDP5.1.H.264-FLUX",
            quality=quality,
            size=size or (21_474_836_480 if lines == "2160p" else 9_663_676_416),
        )

    @override
    def routes(self) -> list[web.RouteDef]:
        return [*super().routes(), *self.api.routes()]


def _imported(download: Download, file: MediaFile) -> JsonObject:
    return {
        "fileId": str(file.id),
        "droppedPath": file.source_path or "",
        "importedPath": file.path,
        "downloadClient": download.client.implementation,
        "downloadClientName": download.client.name,
        "releaseGroup": file.group,
        "customFormatScore": str(download.release.score),
        "size": str(file.size),
        "indexerFlags": "0",
    }
