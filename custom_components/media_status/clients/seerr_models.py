"""What Seerr answers: requests and titles."""

from dataclasses import dataclass
from datetime import datetime

from .readers import (
    JsonObject,
    as_bool,
    as_datetime,
    as_dict,
    as_id,
    as_int,
    as_objects,
    as_str,
    as_text,
)

_POSTERS = "https://image.tmdb.org/t/p/w600_and_h900_bestv2"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeerrStatus:
    """Which program answers; `version` is empty when it could not be read in time."""

    version: str
    application: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeerrMedia:
    """The title behind a request; status and service id are those of the request's quality."""

    id: int
    tmdb_id: int | None
    tvdb_id: int | None
    imdb_id: str | None
    status: int
    external_service_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeerrRequest:
    """One request; `status`: 1 pending, 2 approved, 3 declined, 4 failed, 5 completed."""

    id: int
    status: int
    media_type: str
    is_4k: bool
    created_at: datetime | None
    seasons: frozenset[int]
    requested_by: str
    media: SeerrMedia


@dataclass(frozen=True, slots=True, kw_only=True)
class SeerrDetails:
    """What Seerr knows (from TMDB) about a title."""

    title: str
    original_title: str | None
    year: int | None
    overview: str
    poster_url: str | None
    imdb_id: str | None
    tvdb_id: int | None
    keywords: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaRequest:
    """A request in the list of its title; `status` is the number of a request status."""

    id: int
    status: int
    is_4k: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaInfo:
    """Seerr's record of a title, with all its requests: those go when the record goes.

    Both statuses: 1 unknown, 2 pending, 3 processing, 4 partly available, 5 available,
    6 blocklisted (Overseerr: deleted), 7 deleted.
    """

    id: int
    tmdb_id: int | None
    tvdb_id: int | None
    status: int
    status_4k: int
    requests: tuple[MediaRequest, ...]


def build_application(version: str, public: JsonObject) -> str:
    """Guess the program: Overseerr knows no media server type, Jellyseerr no blocklist."""
    major = as_int(version.partition(".")[0])
    if "hideBlocklisted" in public or (major is not None and major >= 3):
        return "seerr"
    return "jellyseerr" if "mediaServerType" in public else "overseerr"


def build_request(raw: JsonObject) -> SeerrRequest | None:
    """Build a request; None without ids, status or type."""
    number, status = as_id(raw.get("id")), as_int(raw.get("status"))
    media_raw = as_dict(raw.get("media"))
    media_type = as_str(raw.get("type")) or as_str(media_raw.get("mediaType"))
    is_4k = as_bool(raw.get("is4k")) is True
    media = _media(media_raw, is_4k)
    if number is None or status is None or media is None or media_type not in {"movie", "tv"}:
        return None
    user = as_dict(raw.get("requestedBy"))
    names = ("displayName", "username", "jellyfinUsername", "plexUsername")
    return SeerrRequest(
        id=number,
        status=status,
        media_type=media_type,
        is_4k=is_4k,
        created_at=as_datetime(raw.get("createdAt")),
        seasons=frozenset(
            season
            for entry in as_objects(raw.get("seasons"))
            if (season := as_int(entry.get("seasonNumber"))) is not None
        ),
        requested_by=next((name for key in names if (name := as_str(user.get(key)))), ""),
        media=media,
    )


def _media(raw: JsonObject, is_4k: bool) -> SeerrMedia | None:
    """Build the title of a request from the fields of its quality; None without an id."""
    number = as_id(raw.get("id"))
    if number is None:
        return None
    suffix = "4k" if is_4k else ""
    return SeerrMedia(
        id=number,
        tmdb_id=as_id(raw.get("tmdbId")),
        tvdb_id=as_id(raw.get("tvdbId")),
        imdb_id=as_str(raw.get("imdbId")),
        status=as_int(raw.get(f"status{suffix}")) or 0,
        external_service_id=as_id(raw.get(f"externalServiceId{suffix}")),
    )


def build_media_info(raw: JsonObject) -> MediaInfo | None:
    """Build what Seerr has of a title; None without its id or a readable list of requests."""
    number, status, rows = as_id(raw.get("id")), as_int(raw.get("status")), raw.get("requests")
    if number is None or status is None or not isinstance(rows, list):
        return None
    requests = tuple(
        MediaRequest(
            id=own, status=as_int(row.get("status")) or 0, is_4k=as_bool(row.get("is4k")) is True
        )
        for row in as_objects(rows)
        if (own := as_id(row.get("id"))) is not None
    )
    if len(requests) != len(rows):
        return None
    return MediaInfo(
        id=number,
        tmdb_id=as_id(raw.get("tmdbId")),
        tvdb_id=as_id(raw.get("tvdbId")),
        status=status,
        status_4k=as_int(raw.get("status4k")) or 0,
        requests=requests,
    )


def build_details(raw: JsonObject) -> SeerrDetails:
    """Build a title's details from a film or a series."""
    outside = as_dict(raw.get("externalIds"))
    released = as_datetime(raw.get("releaseDate")) or as_datetime(raw.get("firstAirDate"))
    poster = as_text(raw.get("posterPath"))
    return SeerrDetails(
        title=as_str(raw.get("title")) or as_text(raw.get("name")),
        original_title=as_str(raw.get("originalTitle")) or as_str(raw.get("originalName")),
        year=released.year if released else None,
        overview=as_text(raw.get("overview")),
        poster_url=_POSTERS + poster if poster.startswith("/") else None,
        imdb_id=as_str(outside.get("imdbId")) or as_str(raw.get("imdbId")),
        tvdb_id=as_id(outside.get("tvdbId")),
        keywords=frozenset(
            key for row in as_objects(raw.get("keywords")) if (key := as_id(row.get("id")))
        ),
    )
