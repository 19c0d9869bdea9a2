"""What a simulated Shoko remembers: folders, files, series."""

from dataclasses import dataclass, field
from datetime import datetime

from .anime import FILM_FOLDER, SERIES_FOLDER, AnidbAnime, AnidbEpisode
from .model import DiskFile
from .world import World


@dataclass(slots=True, kw_only=True, eq=False)
class ShokoFolder:
    """An import (v6: managed) folder: where the world's disk is mounted for Shoko."""

    id: int
    name: str
    path: str
    source: str  # where the others see the same folder
    watched: bool = True

    def relative(self, source: str) -> str | None:
        """Return the path below this folder of a file on the world's disk."""
        inside = source.startswith(f"{self.source}/")
        return source.removeprefix(f"{self.source}/") if inside else None


@dataclass(slots=True, kw_only=True, eq=False)
class ShokoFile:
    """A file by its content, at one place."""

    id: int
    location: int
    folder: ShokoFolder
    relative: str  # with slashes, without a leading one
    source: str  # the path on the world's disk
    media: DiskFile
    created: datetime
    updated: datetime
    hashed: bool = False
    busy: bool = True
    imported: datetime | None = None
    attempts: int = 0
    by_hand: bool = False
    banned: bool = False
    links: tuple[AnidbEpisode, ...] = ()
    ed2k: str = ""
    sha1: str = ""
    crc32: str = ""

    @property
    def name(self) -> str:
        """Return the file's name."""
        return self.relative.rpartition("/")[2]


@dataclass(slots=True, kw_only=True, eq=False)
class ShokoSeries:
    """A series that Shoko made for an anime; its episodes have Shoko's own ids."""

    id: int
    group: int
    anime: AnidbAnime
    episodes: dict[AnidbEpisode, int] = field(default_factory=dict)
    has_tmdb: bool = False


@dataclass(slots=True, kw_only=True)
class Shelf:
    """Everything a Shoko knows, with the ways to find it."""

    world: World
    owner: str
    folders: list[ShokoFolder] = field(default_factory=list)
    files: dict[int, ShokoFile] = field(default_factory=dict)
    series: dict[int, ShokoSeries] = field(default_factory=dict)
    windows: bool = False

    def __post_init__(self) -> None:
        """Mount the household's anime folders."""
        self.add_folder("Anime", SERIES_FOLDER, "/anime")
        self.add_folder("Anime Movies", FILM_FOLDER, "/anime-movies")

    def add_folder(self, name: str, source: str, path: str) -> ShokoFolder:
        """Mount a folder of the world's disk at a path of Shoko's own."""
        folder = ShokoFolder(id=len(self.folders) + 1, name=name, path=path, source=source)
        self.folders.append(folder)
        return folder

    def next_id(self, space: str, first: int) -> int:
        """Return the next number of one of Shoko's id spaces."""
        return self.world.next_id(f"{self.owner}:{space}", first)

    def folder_of(self, source: str) -> ShokoFolder | None:
        """Return the folder that a path of the world's disk lies in."""
        return next((f for f in self.folders if f.relative(source) is not None), None)

    def at(self, source: str) -> ShokoFile | None:
        """Return the file at a path of the world's disk."""
        return next((file for file in self.files.values() if file.source == source), None)

    def named(self, text: str) -> ShokoFile:
        """Return the newest file whose path or title holds a text."""
        for file in reversed(self.files.values()):
            if text in file.source or text in file.media.title.title:
                return file
        raise LookupError(f"Shoko has no file like {text!r}")

    def series_of(self, anime: AnidbAnime) -> ShokoSeries | None:
        """Return the series made for an anime, None while there is none."""
        return next((one for one in self.series.values() if one.anime is anime), None)

    def group_of(self, anime: AnidbAnime) -> int:
        """Return the group of an anime: one for all seasons of a title."""
        known = (one for one in self.series.values() if one.anime.family is anime.family)
        first = next(known, None)
        return first.group if first is not None else self.next_id("group", 131)

    def is_accessible(self, file: ShokoFile) -> bool:
        """Whether the file is still there."""
        return file.source in self.world.disk

    # -- paths ---------------------------------------------------------------------------------

    @property
    def separator(self) -> str:
        """Return what stands between folders on Shoko's machine."""
        return "\\" if self.windows else "/"

    def root(self, folder: ShokoFolder) -> str:
        """Return the absolute path of a folder, ending in a separator."""
        if self.windows:
            return "D:" + folder.path.replace("/", "\\") + "\\"
        return f"{folder.path}/"

    def rest_path(self, file: ShokoFile) -> str:
        """Return the relative path as REST says it: no leading separator."""
        return file.relative.replace("/", self.separator)

    def absolute(self, file: ShokoFile) -> str:
        """Return the absolute path on Shoko's machine."""
        return self.root(file.folder) + self.rest_path(file)

    def event_path(self, relative: str) -> str:
        """Return a relative path as events say it: with a leading separator."""
        return self.separator + relative.replace("/", self.separator)
