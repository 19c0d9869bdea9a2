"""What a Radarr or Sonarr remembers: entries, files, tracked downloads, history."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from .downloads import ClientView, DownloadClient, Release
from .model import Episode, JsonObject, Title

type TrackedState = Literal[
    "downloading", "importBlocked", "importPending", "importing", "imported", "failed", "ignored"
]
type Entry = MovieEntry | SeriesEntry


@dataclass(slots=True, kw_only=True, eq=False)
class MediaFile:
    """A library file as an arr knows it."""

    id: int
    relative_path: str
    path: str
    size: int
    quality: str
    group: str
    scene: str
    added: datetime
    source_path: str | None = None
    extras: list[str] = field(default_factory=list)  # paths of subtitles and the like


@dataclass(slots=True, kw_only=True, eq=False)
class MovieEntry:
    """A film that was added to a Radarr."""

    id: int
    title: Title
    root: str
    path: str
    added: datetime
    monitored: bool = True
    tags: tuple[str, ...] = ()
    minimum_availability: str = "released"
    searched: datetime | None = None
    file: MediaFile | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class EpisodeEntry:
    """An episode of a series that was added to a Sonarr."""

    id: int
    info: Episode
    monitored: bool
    file: MediaFile | None = None
    searched: datetime | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class SeriesEntry:
    """A series that was added to a Sonarr; its episodes are made when first asked for."""

    id: int
    title: Title
    root: str
    path: str
    added: datetime
    monitored: bool = True
    tags: tuple[str, ...] = ()
    series_type: str = "standard"
    seasons: dict[int, bool] = field(default_factory=dict)
    shelf: bool = False
    _episodes: list[EpisodeEntry] | None = None

    @property
    def untouched(self) -> bool:
        """Whether this is a complete series nobody has looked into yet."""
        return self.shelf and self._episodes is None

    @property
    def episodes(self) -> list[EpisodeEntry]:
        """Return the episodes of the series."""
        if self._episodes is None:
            self._episodes = [
                EpisodeEntry(
                    id=self.id * 1000 + index,
                    info=info,
                    monitored=self.seasons.get(info.season, False),
                )
                for index, info in enumerate(self.title.episodes, start=1)
            ]
            if self.shelf:
                for episode in self._episodes:
                    episode.file = self._shelf_file(episode)
        return self._episodes

    def season(self, number: int) -> list[EpisodeEntry]:
        """Return the episodes of one season."""
        return [episode for episode in self.episodes if episode.info.season == number]

    def _shelf_file(self, episode: EpisodeEntry) -> MediaFile:
        relative = episode_path(self.title, (episode.info,), "WEBDL-1080p", "NTb")
        return MediaFile(
            id=SHELF_FILES + episode.id,
            relative_path=relative,
            path=f"{self.path}/{relative}",
            size=SHELF_EPISODE_SIZE,
            quality="WEBDL-1080p",
            group="NTb",
            scene=relative.rpartition("/")[2].removesuffix(".mkv"),
            added=self.added,
        )


SHELF_FILES = 5_000_000
SHELF_EPISODE_SIZE = 2_147_483_648
SHELF_MOVIE_SIZE = 9_663_441_021


@dataclass(slots=True, kw_only=True, eq=False)
class Download:
    """A download that an arr follows."""

    entry: Entry | None
    episodes: list[EpisodeEntry]
    release: Release
    client: DownloadClient
    client_id: str | None
    added: datetime
    state: TrackedState = "downloading"
    messages: tuple[tuple[str, tuple[str, ...]], ...] = ()
    imported: list[EpisodeEntry] = field(default_factory=list)
    is_pending: bool = False  # chosen, and no download client could be reached to take it
    is_overlooked: bool = False  # lost sight of, until the clients are looked through anew

    @property
    def warned(self) -> bool:
        """Whether the arr shows the download with a warning."""
        return bool(self.messages)

    @property
    def listed(self) -> bool:
        """Whether the client still has the download; the queue shows no others."""
        if self.is_overlooked:
            return False
        return self.client_id is None or self.client.view(self.client_id) is not None

    def view(self) -> ClientView:
        """Return what the client says; a lost download shows as unavailable."""
        seen = self.client.view(self.client_id) if self.client_id else None
        if seen is None:
            size = self.release.size
            return ClientView(
                size=size, size_left=size, status="queued", eta_seconds=None, output_path=""
            )
        return seen


@dataclass(slots=True, kw_only=True, eq=False)
class HistoryRow:
    """One line of an arr's history."""

    id: int
    entry: Entry
    episode: EpisodeEntry | None
    event: str
    release: Release
    download_id: str | None
    date: datetime
    data: JsonObject


def movie_file_name(title: Title, quality: str, group: str) -> str:
    """Return the file name Radarr gives a film."""
    return f"{title.folder} [{quality}]-{group}.mkv"


def episode_path(title: Title, episodes: tuple[Episode, ...], quality: str, group: str) -> str:
    """Return the relative path Sonarr gives an episode file."""
    first, last = episodes[0], episodes[-1]
    span = f"S{first.season:02d}E{first.number:02d}"
    if last is not first:
        span += f"-E{last.number:02d}"
    name = " + ".join(episode.title for episode in episodes)
    return f"Season {first.season:02d}/{title.folder} - {span} - {name} [{quality}]-{group}.mkv"


def file_in_pack(episode: Episode) -> str:
    """Return the name of an episode's file inside a download."""
    return f"S{episode.season:02d}E{episode.number:02d}.mkv"
