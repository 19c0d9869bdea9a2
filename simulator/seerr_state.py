"""What a Seerr remembers: media, requests and their seasons."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from .model import Title, User


class RequestStatus(IntEnum):
    """MediaRequestStatus of Seerr 3."""

    PENDING = 1
    APPROVED = 2
    DECLINED = 3
    FAILED = 4
    COMPLETED = 5


class MediaStatus(IntEnum):
    """MediaStatus of Seerr 3."""

    UNKNOWN = 1
    PENDING = 2
    PROCESSING = 3
    PARTIALLY_AVAILABLE = 4
    AVAILABLE = 5
    BLOCKLISTED = 6
    DELETED = 7


class SeerrRefusedError(Exception):
    """Seerr says no."""

    def __init__(self, status: int, message: str) -> None:
        """Carry the HTTP status and the message of the refusal."""
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(slots=True, kw_only=True, eq=False)
class MediaSeason:
    """A season of a media row."""

    id: int
    number: int
    created: datetime
    status: MediaStatus = MediaStatus.PROCESSING


@dataclass(slots=True, kw_only=True, eq=False)
class Side:
    """The standard or the 4K half of a media row."""

    status: MediaStatus = MediaStatus.UNKNOWN
    service_id: int | None = None
    external_id: int | None = None
    slug: str | None = None
    jellyfin_id: str | None = None

    def forget_service(self) -> None:
        """Forget where the title was handed to."""
        self.service_id = self.external_id = self.slug = None


@dataclass(slots=True, kw_only=True, eq=False)
class SeerrMedia:
    """One title as Seerr keeps it."""

    id: int
    title: Title
    created: datetime
    imdb: str | None = None
    added: datetime
    last_season_change: datetime
    standard: Side = field(default_factory=Side)
    four_k: Side = field(default_factory=Side)
    seasons: list[MediaSeason] = field(default_factory=list)

    def side(self, *, is_4k: bool) -> Side:
        """Return the half that a request is about."""
        return self.four_k if is_4k else self.standard


@dataclass(slots=True, kw_only=True, eq=False)
class SeasonRequest:
    """A season inside a request."""

    id: int
    number: int
    status: RequestStatus
    created: datetime


@dataclass(slots=True, kw_only=True, eq=False)
class SeerrRequest:
    """One request."""

    id: int
    status: RequestStatus
    media: SeerrMedia
    is_4k: bool
    requested_by: User
    created: datetime
    modified_by: User | None = None
    seasons: list[SeasonRequest] = field(default_factory=list)

    @property
    def title(self) -> Title:
        """Return what was asked for."""
        return self.media.title

    @property
    def side(self) -> Side:
        """Return the half of the media row this request is about."""
        return self.media.side(is_4k=self.is_4k)

    @property
    def season_numbers(self) -> list[int]:
        """Return the numbers of the requested seasons."""
        return [season.number for season in self.seasons]
