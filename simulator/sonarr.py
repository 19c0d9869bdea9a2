"""A simulated Sonarr."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import ClassVar, override

from aiohttp import web

from . import sonarr_shapes as shapes
from .arr import ArrService
from .arr_import import place, size_of, source_of
from .arr_queue import grabbed_data, queue_record
from .arr_shapes import webhook_file
from .arr_state import Download, EpisodeEntry, MediaFile, SeriesEntry, episode_path, file_in_pack
from .downloads import Release, ReleaseKind
from .model import JsonObject, Title
from .sonarr_api import SonarrApi
from .world import World


class Sonarr(ArrService[SeriesEntry]):
    """One Sonarr instance."""

    kind = "sonarr"
    app_name = "Sonarr"
    version = "4.0.19.2979"
    category = "tv-sonarr"
    unknown_flag = "includeUnknownSeriesItems"
    exclusion_word = "importlistexclusion"
    file_word = "Episodes"
    flags = (
        "onGrab",
        "onDownload",
        "onUpgrade",
        "onImportComplete",
        "onRename",
        "onSeriesAdd",
        "onSeriesDelete",
        "onEpisodeFileDelete",
        "onEpisodeFileDeleteForUpgrade",
        "onHealthIssue",
        "onHealthRestored",
        "onApplicationUpdate",
        "onManualInteractionRequired",
    )
    event_numbers: ClassVar[dict[int, str]] = {
        0: "unknown",
        1: "grabbed",
        2: "seriesFolderImported",
        3: "downloadFolderImported",
        4: "downloadFailed",
        5: "episodeFileDeleted",
        6: "episodeFileRenamed",
        7: "downloadIgnored",
    }

    def __init__(self, world: World, name: str, *, calls: Counter[tuple[str, str]]) -> None:
        """Start with the household's shelf (the 4K instance starts empty)."""
        super().__init__(world, name, calls=calls)
        self.api = SonarrApi(self)
        for title in world.library if not self.is_4k else ():
            if title.kind == "tv":
                entry = self._entry(title, seasons=title.season_counts, tags=())
                entry.added, entry.shelf = world.epoch, True

    @property
    @override
    def roots(self) -> tuple[str, ...]:
        if self.is_4k:
            return ("/data/media/tv-4k",)
        return ("/data/media/tv", "/data/media/anime")

    def _entry(self, title: Title, *, seasons: Iterable[int], tags: Iterable[str]) -> SeriesEntry:
        for label in tags:
            self.label_id(label)
        anime = title.series_type == "anime" and len(self.roots) > 1
        root = self.roots[1] if anime else self.root
        entry = SeriesEntry(
            id=self.world.next_id(f"{self.name}:series"),
            title=title,
            root=root,
            path=f"{root}/{title.folder}",
            added=self.now(),
            tags=tuple(tags),
            series_type=title.series_type,
            seasons={number: number in set(seasons) for number in title.season_counts},
        )
        self.entries[entry.id] = entry
        self.world.volume.make_folder(root)
        self.api.forget()
        return entry

    # -- verbs ---------------------------------------------------------------------------------

    @override
    def add(
        self, title: Title, *, seasons: Iterable[int] | None = None, tags: Iterable[str] = ()
    ) -> SeriesEntry:
        """Add a series and monitor the given seasons (default: all regular ones)."""
        wanted = set(seasons) if seasons is not None else {n for n in title.season_counts if n}
        if known := self.find(title):
            for number in wanted:
                known.seasons[number] = True
            for item in known.episodes:
                item.monitored = item.monitored or item.info.season in wanted
            self.touch(known)
            return known
        entry = self._entry(title, seasons=wanted, tags=tuple(tags))
        payload = self.envelope({"series": shapes.series(entry)}, "SeriesAdd")
        self.notifications.send(payload, "onSeriesAdd")
        return entry

    @override
    def import_download(
        self, download: Download, *, episodes: Sequence[EpisodeEntry] | None = None
    ) -> list[MediaFile]:
        """Import (some episodes of) a finished download, then the queue is rid of it.

        One file per episode, or one file for all of a multi-episode release; when the last
        expected episode is in, Import Complete is sent and the download leaves the queue.
        """
        wanted = [e for e in episodes or download.episodes if e not in download.imported]
        groups = [[item] for item in wanted]
        if download.release.kind == "multiEpisode" and wanted:
            groups = [wanted]
        share = download.release.size // max(1, len(download.episodes))
        files = []
        for group in groups:
            file = self.import_file(group, download=download, size=share * len(group))
            files.append(file)
            download.imported += group
        if set(download.imported) >= set(download.episodes):
            self._finish(download)
        return files

    def _finish(self, download: Download) -> None:
        entry = self.entry_of(download)
        payload = shapes.import_complete(entry, download.episodes, download)
        self.notifications.send(self.envelope(payload, "Download"), "onImportComplete")
        download.state = "imported"
        self.drop(download)

    def import_file(
        self,
        items: Sequence[EpisodeEntry],
        *,
        download: Download | None = None,
        quality: str = "WEBDL-1080p",
        size: int = 2_147_483_648,
    ) -> MediaFile:
        """Import one file for one or more episodes; without a download it is by hand."""
        entry = self.entry_with(items[0])
        release = download.release if download else None
        quality = release.quality if release else quality
        group = release.group if release else "GROUP"
        relative = episode_path(entry.title, tuple(i.info for i in items), quality, group)
        name = file_in_pack(items[0].info)
        source = source_of(self, download, name) if download else f"/data/incoming/{name}"
        file = MediaFile(
            id=self.world.next_id(f"{self.name}:file"),
            relative_path=relative,
            path=f"{entry.path}/{relative}",
            size=size_of(self, source, None if download else size, size),
            quality=quality,
            group=group,
            scene=release.title if release else relative.rpartition("/")[2],
            added=self.now(),
            source_path=source,
        )
        self._place(entry, items, file, download)
        return file

    def _place(
        self,
        entry: SeriesEntry,
        items: Sequence[EpisodeEntry],
        file: MediaFile,
        download: Download | None,
    ) -> None:
        replaced = {item.file.id: item.file for item in items if item.file is not None}
        for old in replaced.values():
            for item in self._sharing(entry, old):
                self.remember_deleted(entry, item, old, "upgrade")
            self._send_file_deleted(entry, self._sharing(entry, old), old, "upgrade")
            self.disposal.file(entry, old)
        for item in items:
            item.file = file
            if download is not None:
                self.remember(download, item, "downloadFolderImported", _imported(download, file))
        place(self, file, entry.title, [item.info for item in items])
        self.touch(entry)
        payload = shapes.download_event(entry, items, file, download, list(replaced.values()))
        flags = ("onDownload", "onUpgrade") if replaced else ("onDownload",)
        self.notifications.send(self.envelope(payload, "Download"), *flags)

    def import_by_hand(self, items: Sequence[EpisodeEntry], *, quality: str = "HDTV-720p") -> None:
        """Import files that no download brought: both import webhooks come without ids."""
        for item in items:
            self.import_file([item], quality=quality)
        payload = shapes.import_complete(self.entry_with(items[0]), items, None)
        self.notifications.send(self.envelope(payload, "Download"), "onImportComplete")

    def find_existing(self, items: Sequence[EpisodeEntry]) -> None:
        """Find files on disk by a rescan: no grab, no webhook."""
        for item in items:
            entry = self.entry_with(item)
            relative = episode_path(entry.title, (item.info,), "Bluray-1080p", "OLD")
            path = f"{entry.path}/{relative}"
            item.file = MediaFile(
                id=self.world.next_id(f"{self.name}:file"),
                relative_path=relative,
                path=path,
                size=2_147_483_648,
                quality="Bluray-1080p",
                group="OLD",
                scene="",
                added=self.now(),
            )
            self.world.put_file(
                path, entry.title, [item.info], size=item.file.size, quality="Bluray-1080p"
            )
            self.touch(entry)

    def delete_file(self, item: EpisodeEntry, reason: str = "manual") -> None:
        """Delete the file of an episode."""
        if (file := item.file) is None:
            return
        entry = self.entry_with(item)
        sharing = self._sharing(entry, file)
        for other in sharing:
            other.file = None
            self.remember_deleted(entry, other, file, reason)
        if reason != "missingFromDisk":
            self.disposal.file(entry, file)
        self.touch(entry)
        self._send_file_deleted(entry, sharing, file, reason)

    @override
    def lose(self, entry: SeriesEntry, file: MediaFile) -> None:
        for item in self._sharing(entry, file)[:1]:
            self.delete_file(item, "missingFromDisk")

    def _sharing(self, entry: SeriesEntry, file: MediaFile) -> list[EpisodeEntry]:
        return [item for item in entry.episodes if item.file is file]

    def _send_file_deleted(
        self, entry: SeriesEntry, items: Sequence[EpisodeEntry], file: MediaFile, reason: str
    ) -> None:
        payload: JsonObject = {
            "series": shapes.series(entry),
            "episodes": [shapes.episode(entry, item) for item in items],
            "episodeFile": webhook_file(file, entry.title.original_language, flags=False),
            "deleteReason": reason,
        }
        flags = ["onEpisodeFileDelete"]
        if reason == "upgrade":
            flags.append("onEpisodeFileDeleteForUpgrade")
        self.notifications.send(self.envelope(payload, "EpisodeFileDelete"), *flags)

    def delete(self, entry: SeriesEntry, *, files: bool = True, exclude: bool = False) -> None:
        """Delete a series; with `files` its folder goes too, as far as nothing is in the way."""
        self.delete_many([entry], files=files, exclude=exclude)

    def delete_many(
        self, entries: Sequence[SeriesEntry], *, files: bool = True, exclude: bool = False
    ) -> None:
        """Delete series; their folders are removed after everybody was told."""
        for entry in entries:
            del self.entries[entry.id]
            self.touch(entry)
            self.history = [row for row in self.history if row.entry is not entry]
            if exclude:
                self.desk.exclude(entry.title)
            payload = {"series": shapes.series(entry), "deletedFiles": files}
            self.notifications.send(self.envelope(payload, "SeriesDelete"), "onSeriesDelete")
        if files:
            self.disposal.folders(entries)

    def rename(self, item: EpisodeEntry, relative_path: str) -> None:
        """Rename the file of an episode."""
        if (file := item.file) is None:
            return
        entry = self.entry_with(item)
        before = {"previousRelativePath": file.relative_path, "previousPath": file.path}
        source, file.relative_path = file.path, relative_path
        file.path = f"{entry.path}/{relative_path}"
        sharing = self._sharing(entry, file)
        infos = [other.info for other in sharing]
        place(self, file, entry.title, infos, source=source, how="move")
        for other in sharing:
            self.remember_renamed(entry, other, file, source)
        self.touch(entry)
        row = before | webhook_file(file, entry.title.original_language, flags=False)
        payload = {"series": shapes.series(entry), "renamedEpisodeFiles": [row]}
        self.notifications.send(self.envelope(payload, "Rename"), "onRename")

    # -- hooks of the common half --------------------------------------------------------------

    def entry_of(self, download: Download) -> SeriesEntry:
        """Return the series of a download."""
        if not isinstance(download.entry, SeriesEntry):
            raise TypeError("the download belongs to no series")
        return download.entry

    def entry_with(self, item: EpisodeEntry) -> SeriesEntry:
        """Return the series of an episode."""
        return self.entries[item.id // 1000]

    @override
    def test_payload(self) -> JsonObject:
        return self.envelope(shapes.test_payload(), "Test")

    @override
    def resource(self, entry: SeriesEntry) -> JsonObject:
        tags = [self.label_id(label) for label in entry.tags]
        return shapes.resource(entry, tags, self.now())

    @override
    def touch(self, entry: SeriesEntry) -> None:
        self.api.forget(entry.id)

    @override
    def records(self, download: Download) -> list[JsonObject]:
        if not download.episodes:
            return [queue_record(download, None, self.now(), radarr=False)]
        now = self.now()
        return [queue_record(download, item, now, radarr=False) for item in download.episodes]

    @override
    def grab_payload(self, download: Download) -> JsonObject:
        return self.envelope(shapes.grab(self.entry_of(download), download), "Grab")

    @override
    def blocked_payload(self, download: Download) -> JsonObject:
        entry = download.entry if isinstance(download.entry, SeriesEntry) else None
        return self.envelope(shapes.blocked(entry, download), "ManualInteractionRequired")

    @override
    def grabbed_rows(self, download: Download) -> list[tuple[EpisodeEntry | None, JsonObject]]:
        ids: JsonObject = {"tvdbId": "0", "tvRageId": "0", "imdbId": None}
        data = grabbed_data(download, ids, radarr=False)
        return [(item, data) for item in download.episodes]

    @override
    def make_release(
        self, title: Title, episodes: Sequence[EpisodeEntry], quality: str, size: int | None
    ) -> Release:
        words = ".".join("".join(c if c.isalnum() else " " for c in title.title).split())
        first = episodes[0].info
        pack = len(episodes) == len(title.season(first.season)) and len(episodes) > 1
        numbers = "" if pack else "".join(f"E{item.info.number:02d}" for item in episodes)
        lines = quality.rpartition("-")[2]
        kind: ReleaseKind = "seasonPack" if pack else "multiEpisode"
        if len(episodes) == 1:
            kind = "singleEpisode"
        total = size or 2_147_483_648 * len(episodes)
        parts = episodes[:1] if kind == "multiEpisode" else episodes
        return Release(
            title=f"{words}.S{first.season:02d}{numbers}.{lines}.WEB-DL.DDP5.1.H.264-NTb",
            quality=quality,
            size=total,
            group="NTb",
            kind=kind,
            files=tuple((file_in_pack(item.info), total // len(parts)) for item in parts),
        )

    @override
    def routes(self) -> list[web.RouteDef]:
        return [*super().routes(), *self.api.routes()]


def _imported(download: Download, file: MediaFile) -> JsonObject:
    kind = download.release.kind
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
        "releaseType": kind[0].upper() + kind[1:],
    }
