"""Define the words of the design: services, stages, items, requests, and what identifies them."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple, Self

type JsonValue = str | int | float | bool | list[JsonValue] | dict[str, JsonValue] | None
type JsonObject = dict[str, JsonValue]


class Service(StrEnum):
    """Name the kinds of connection, and Home Assistant itself as a source of decisions."""

    SEERR = "seerr"
    RADARR = "radarr"
    SONARR = "sonarr"
    QBITTORRENT = "qbittorrent"
    SHOKO = "shoko"
    JELLYFIN = "jellyfin"
    HOME_ASSISTANT = "home_assistant"


class MediaType(StrEnum):
    """Tell films from series; their provider numbers are separate spaces."""

    MOVIE = "movie"
    SERIES = "series"


class Via(StrEnum):
    """Tell how a fact reached us."""

    PUSH = "push"
    SURVEY = "survey"
    USER = "user"


class Stage(StrEnum):
    """Name where an item or a request stands (DESIGN section 4)."""

    REQUESTED = "requested"
    APPROVED = "approved"
    SEARCHING = "searching"
    GRABBING = "grabbing"
    DOWNLOADING = "downloading"
    DOWNLOADED = "downloaded"
    IMPORTING = "importing"
    ANIME_MATCHING = "anime_matching"
    SYNCING_LIBRARY = "syncing_library"
    AVAILABLE = "available"
    PARTIALLY_AVAILABLE = "partially_available"
    UNRELEASED = "unreleased"
    DECLINED = "declined"
    FAILED = "failed"
    DELETED = "deleted"


class ItemKey(NamedTuple):
    """Identify one item of a request: an episode, or the movie itself."""

    season: int
    number: int

    @property
    def label(self) -> str:
        """Return `S01E02`, or `movie`."""
        return "movie" if self == MOVIE else f"S{self.season:02d}E{self.number:02d}"


MOVIE = ItemKey(-1, -1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderIds:
    """Hold the numbers under which public databases know a title."""

    tmdb: int | None = None
    tvdb: int | None = None
    imdb: str | None = None

    def filled_from(self, other: Self) -> Self:
        """Return these ids with the gaps filled from `other`; nothing is overwritten."""
        return replace(
            self,
            tmdb=self.tmdb or other.tmdb,
            tvdb=self.tvdb or other.tvdb,
            imdb=self.imdb or other.imdb,
        )

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Return the known ids as (provider, number) pairs for an index."""
        known = (("tmdb", self.tmdb), ("tvdb", self.tvdb), ("imdb", self.imdb))
        return tuple((name, str(value)) for name, value in known if value)


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleRef:
    """Say how one service names and describes a title.

    `service_id` is the service's own id as text: the Seerr *request* id, the Radarr movie id, the
    Sonarr series id, the Jellyfin item id. Unknown fields stay None; they never erase known ones.
    """

    media_type: MediaType
    ids: ProviderIds = field(default_factory=ProviderIds)
    service_id: str | None = None
    title: str | None = None
    original_title: str | None = None
    year: int | None = None
    overview: str | None = None
    poster_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Say what a fact is about: one item, one download, or (neither) the request as a whole."""

    item: ItemKey | None = None
    download: str | None = None

    @property
    def key(self) -> str:
        """Return a stable text form for the journal: ``, `i:1:2` or `d:<id>`."""
        if self.item is not None:
            return f"i:{self.item.season}:{self.item.number}"
        return f"d:{self.download}" if self.download is not None else ""

    @classmethod
    def parse(cls, key: str) -> Self:
        """Return the subject that `key` stands for."""
        if key.startswith("d:"):
            return cls(download=key[2:])
        if key.startswith("i:"):
            season, number = key[2:].split(":")
            return cls(item=ItemKey(int(season), int(number)))
        return cls()


REQUEST = Subject()


def download_key(download_id: str) -> str:
    """Return a download id in the one form that is compared (torrent hashes differ in case)."""
    return download_id.strip().lower()
