"""What exists in the simulated world: titles, episodes and files on disk."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

type MediaType = Literal["movie", "tv"]
type JsonObject = dict[str, object]

LANGUAGES: dict[str, tuple[int, str]] = {"en": (1, "English"), "ja": (8, "Japanese")}


@dataclass(slots=True, kw_only=True, eq=False)
class Episode:
    """One episode as the metadata services know it."""

    season: int
    number: int
    title: str
    air: datetime
    tvdb: int
    tmdb: int


@dataclass(slots=True, kw_only=True, eq=False)
class Title:
    """A film or a series as the metadata services know it."""

    kind: MediaType
    title: str
    year: int
    tmdb: int
    tvdb: int = 0
    imdb: str = ""
    overview: str = ""
    genres: tuple[str, ...] = ("Drama",)
    language: str = "en"
    released: datetime | None = None
    runtime: int = 110
    series_type: Literal["standard", "daily", "anime"] = "standard"
    keywords: tuple[int, ...] = ()
    season_counts: dict[int, int] = field(default_factory=dict)
    first_aired: datetime | None = None
    _episodes: list[Episode] | None = None

    @property
    def poster(self) -> str:
        """Return the poster's path at the image service."""
        return f"/poster-{self.kind}-{self.tmdb}.jpg"

    @property
    def slug(self) -> str:
        """Return the title as it stands in addresses."""
        kept = "".join(c if c.isalnum() else "-" for c in self.title.lower())
        return "-".join(part for part in kept.split("-") if part)

    @property
    def folder(self) -> str:
        """Return the folder name the arrs choose."""
        clean = self.title.replace(":", " -").replace("/", "+").replace("?", "")
        return f"{clean} ({self.year or ''})"

    @property
    def original_language(self) -> JsonObject:
        """Return the language as the arrs write it."""
        number, name = LANGUAGES.get(self.language, (1, "English"))
        return {"id": number, "name": name}

    @property
    def episodes(self) -> list[Episode]:
        """Return all episodes, made on first use so that a big library stays cheap."""
        if self._episodes is None:
            self._episodes = self._make_episodes()
        return self._episodes

    def season(self, number: int) -> list[Episode]:
        """Return the episodes of one season in order."""
        return [episode for episode in self.episodes if episode.season == number]

    def _make_episodes(self) -> list[Episode]:
        start = self.first_aired
        if start is None:
            return []
        result: list[Episode] = []
        for index, (season, count) in enumerate(sorted(self.season_counts.items())):
            for number in range(1, count + 1):
                serial = len(result) + 1
                result.append(
                    Episode(
                        season=season,
                        number=number,
                        title=f"Chapter {number}",
                        air=start + timedelta(days=365 * index + 7 * (number - 1)),
                        tvdb=_episode_id(self.tvdb, serial),
                        tmdb=_episode_id(self.tmdb, serial),
                    )
                )
        return result


def _episode_id(parent: int, serial: int) -> int:
    """Return an id that fits into 31 bits, as the real ones do."""
    return parent % 2_000_000 * 1000 + serial


@dataclass(slots=True, kw_only=True, eq=False)
class DiskFile:
    """A finished media file in a library folder."""

    path: str
    title: Title
    episodes: tuple[Episode, ...]
    size: int
    quality: str
    created: datetime


@dataclass(slots=True, kw_only=True, eq=False)
class User:
    """A person who asks for things in Seerr."""

    id: int
    name: str
    auto_approve: bool
    permissions: int
    jellyfin_id: str
    created: datetime
    discord_id: str | None = None
    telegram_id: str | None = None
    requests: int = 0

    @property
    def email(self) -> str:
        """Return an address nobody owns."""
        return f"{self.name}@example.com"
