"""A Shoko without a network: it knows files, answers what a client asks, and says its events."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import cast, override

import aiohttp

from custom_components.media_status.clients.errors import ClientError
from custom_components.media_status.clients.shoko import (
    CrossReference,
    Dialect,
    FileList,
    FileLocation,
    ShokoClient,
    ShokoEpisode,
    ShokoFile,
    ShokoFolder,
    ShokoInfo,
    ShokoQueue,
)
from custom_components.media_status.connections.base import (
    Survey,
    SurveyContext,
    WantedItem,
    WantedTitle,
)
from custom_components.media_status.connections.shoko import ShokoConnection
from custom_components.media_status.lifecycle.facts import Anime, Match
from custom_components.media_status.lifecycle.model import (
    ItemKey,
    JsonObject,
    JsonValue,
    MediaType,
    ProviderIds,
    Stage,
)

NOW = datetime(2026, 9, 20, 19, 0, tzinfo=UTC)
LONG_AGO = datetime(2026, 9, 1, tzinfo=UTC)
FOLDERS = {1: "/mnt/incoming/", 2: "/mnt/anime/", 3: "/mnt/anime4k"}

ANIME = 17617
NAMES = [f"Frieren - S01E{number:02d}.mkv" for number in range(1, 27)]
LOOK_UPS = ("path", "file", "series")


@dataclass
class TwinFile:
    """A file as Shoko knows it; `path` is relative to its folder."""

    id: int
    path: str
    folder: int = 2
    is_hashed: bool = True
    episodes: tuple[tuple[int, int], ...] = ()  # AniDB's anime and episode
    has_series: bool = True  # Shoko has made series and episodes
    created: datetime = LONG_AGO
    is_accessible: bool = True
    is_ignored: bool = False

    @property
    def references(self) -> tuple[CrossReference, ...]:
        """Return what it is; Shoko's numbers are a thousand above AniDB's."""
        return tuple(
            CrossReference(
                anidb_anime=anime,
                anidb_episode=episode,
                series=anime + 1000 if self.has_series else None,
                episode=episode + 1000 if self.has_series else None,
            )
            for anime, episode in self.episodes
        )

    def answer(self) -> ShokoFile:
        """Return it as the client does."""
        return ShokoFile(
            id=self.id,
            size=1000,
            is_hashed=self.is_hashed,
            locations=(
                FileLocation(folder=self.folder, path=self.path, is_accessible=self.is_accessible),
            ),
            references=self.references,
            created=self.created,
            is_ignored=self.is_ignored,
        )

    def base(self) -> JsonObject:
        """Return what every event of it says in v5."""
        listed: list[JsonValue] = [
            {
                "EpisodeID": found.episode,
                "AnidbEpisodeID": found.anidb_episode,
                "SeriesID": found.series,
                "AnidbAnimeID": found.anidb_anime,
                "GroupID": None,
            }
            for found in self.references
        ]
        return {
            "FileID": self.id,
            "FileLocationID": self.id,
            "ImportFolderID": self.folder,
            "RelativePath": f"/{self.path}",
            "CrossReferences": listed,
        }


def event(target: str, argument: JsonValue) -> JsonObject:
    """Return an invocation as the hub sends it."""
    return {"target": target, "arguments": [argument]}


@dataclass
class Shelf:
    """What there is in a Shoko, and how it feels."""

    files: dict[int, TwinFile] = field(default_factory=dict)
    queue: int = 0
    error: ClientError | None = None
    calls: list[str] = field(default_factory=list)
    rescanned: list[int] = field(default_factory=list)

    def put(self, *files: TwinFile) -> None:
        """Let Shoko know files."""
        for file in files:
            self.files[file.id] = file

    def count(self, *names: str) -> int:
        """Return how many calls of these kinds were made."""
        return sum(name in names for name in self.calls)


class Twin(ShokoClient):
    """The client of a shelf: it makes no calls, it counts them."""

    def __init__(self, shelf: Shelf) -> None:
        """Initialize with what is there."""
        super().__init__(cast("aiohttp.ClientSession", None), "http://shoko:8111", "key")
        self.shelf = shelf

    def _note(self, call: str) -> None:
        self.shelf.calls.append(call)
        if self.shelf.error is not None:
            raise self.shelf.error

    @override
    async def info(self) -> ShokoInfo:
        self._note("info")
        return ShokoInfo(version="5.3.3.0", dialect=Dialect.V5, is_admin=True)

    @override
    async def check_started(self) -> None:
        self._note("status")

    @override
    async def folders(self) -> list[ShokoFolder]:
        self._note("folders")
        return [ShokoFolder(id=key, name="", path=path) for key, path in FOLDERS.items()]

    @override
    async def files_by_path(self, suffix: str, limit: int = 10) -> list[ShokoFile]:
        self._note("path")
        name = suffix.rpartition("/")[2].lower()
        found = [
            file.answer()
            for file in self.shelf.files.values()
            if file.path.lower().endswith(name)
            and f"{FOLDERS[file.folder].rstrip('/')}/{file.path}".lower().endswith(suffix.lower())
        ]
        return found[:limit]

    @override
    async def file(self, file_id: int) -> ShokoFile | None:
        self._note("file")
        found = self.shelf.files.get(file_id)
        return found.answer() if found is not None else None

    @override
    async def unrecognised(self) -> FileList:
        self._note("unrecognised")
        found = [file.answer() for file in self.shelf.files.values() if not file.episodes]
        return FileList(files=tuple(found[:1000]), is_complete=len(found) <= 1000)

    @override
    async def series_episodes(self, series_id: int) -> list[ShokoEpisode] | None:
        self._note("series")
        held: dict[int, list[ShokoFile]] = {}
        for file in self.shelf.files.values():
            for found in file.references:
                if found.series == series_id:
                    held.setdefault(found.anidb_episode, []).append(file.answer())
        if not held:
            return None
        return [
            ShokoEpisode(
                id=episode + 1000,
                series=series_id,
                anidb=episode,
                label=str(episode % 100),
                tmdb=(),
                files=tuple(files),
            )
            for episode, files in held.items()
        ]

    @override
    async def queue(self) -> ShokoQueue:
        self._note("queue")
        return ShokoQueue(is_running=True, total=self.shelf.queue)

    @override
    async def rescan(self, file_id: int) -> bool:
        self._note("rescan")
        self.shelf.rescanned.append(file_id)
        return file_id in self.shelf.files


def shoko(shelf: Shelf) -> ShokoConnection:
    """Return a connection to a shelf."""
    return ShokoConnection("shoko", Twin(shelf))


def manager_path(name: str, folder: str = "Frieren", mount: str = "/data/media/anime") -> str:
    """Return where Sonarr sees a file, under its own mount."""
    return f"{mount}/{folder}/{name}"


def title(
    *paths: str,
    request_id: str = "r1",
    is_anime: bool = True,
    stage: Stage = Stage.ANIME_MATCHING,
    matches: dict[str, Match] | None = None,
    available: tuple[str, ...] = (),
) -> WantedTitle:
    """Return a wanted series whose episodes have these files."""
    items = {
        ItemKey(1, number): WantedItem(
            stage=Stage.AVAILABLE if path in available else stage,
            file_path=path,
            has_file=True,
            match=(matches or {}).get(path),
        )
        for number, path in enumerate((*available, *paths), 1)
    }
    return WantedTitle(
        request_id=request_id,
        media_type=MediaType.SERIES,
        ids=ProviderIds(tmdb=209867),
        opened_at=LONG_AGO,
        stage=stage,
        items=items,
        is_anime=is_anime,
    )


def context(*titles: WantedTitle, now: datetime = NOW, fresh: bool = False) -> SurveyContext:
    """Return the question about titles."""
    return SurveyContext(now=now, wanted=titles, fresh=fresh)


def matches_of(survey: Survey, request_id: str = "r1") -> dict[ItemKey, Match]:
    """Return what a survey says about the items of a request."""
    return {
        statement.subject.item: statement.value
        for seen in survey.observations
        if seen.request_id == request_id
        for statement in seen.statements
        if isinstance(statement.value, Match) and statement.subject.item is not None
    }


def is_anime(survey: Survey, request_id: str = "r1") -> bool | None:
    """Return whether a survey says that a request is anime; None when it says nothing."""
    said = [
        statement.value.is_anime
        for seen in survey.observations
        if seen.request_id == request_id
        for statement in seen.statements
        if isinstance(statement.value, Anime)
    ]
    return said[0] if said else None


def pack(names: list[str] = NAMES) -> list[TwinFile]:
    """Return the files of a series in Shoko, matched."""
    return [
        TwinFile(800 + number, f"Frieren/{name}", episodes=((ANIME, 271200 + number),))
        for number, name in enumerate(names, 1)
    ]


def paths(names: list[str] = NAMES) -> tuple[str, ...]:
    """Return where Sonarr sees these files."""
    return tuple(manager_path(name) for name in names)
