"""How Seerr writes users, media, requests and titles."""

from datetime import datetime
from itertools import islice

from .arr import ArrService
from .arr_shapes import span
from .arr_state import MovieEntry, SeriesEntry
from .clock import iso
from .model import JsonObject, Title, User
from .seerr_state import MediaSeason, SeerrMedia, SeerrRequest, Side

type AnyArr = ArrService[MovieEntry] | ArrService[SeriesEntry]


def stamp(moment: datetime) -> str:
    """Format a moment with milliseconds, as JavaScript does."""
    return iso(moment, 3)


def user(person: User, *, settings: bool) -> JsonObject:
    """Return a user; `settings` only where Seerr loads them."""
    picture = f"/avatarproxy/{person.jellyfin_id}?v=1757624411000"
    body: JsonObject = {
        "permissions": person.permissions,
        "warnings": [],
        "id": person.id,
        "email": person.email,
        "plexUsername": None,
        "jellyfinUsername": person.name,
        "username": None,
        "recoveryLinkExpirationDate": None,
        "userType": 3,
        "plexId": None,
        "jellyfinUserId": person.jellyfin_id,
        "avatar": picture,
        "avatarETag": None,
        "avatarVersion": "1757624411000",
        "movieQuotaLimit": None,
        "movieQuotaDays": None,
        "tvQuotaLimit": None,
        "tvQuotaDays": None,
        "createdAt": stamp(person.created),
        "updatedAt": stamp(person.created),
    }
    if settings:
        body["settings"] = None
    return body | {"requestCount": person.requests, "displayName": person.name}


def download_status(side: Side, servers: list[AnyArr], kind: str) -> list[JsonObject]:
    """Return what Seerr copied from the first ten records of an arr's queue."""
    if side.service_id is None or side.external_id is None or side.service_id >= len(servers):
        return []
    arr = servers[side.service_id]
    every = (record for download in arr.downloads for record in arr.records(download))
    records = list(islice(every, 10))
    key = "movieId" if kind == "movie" else "seriesId"
    return [
        {
            "externalId": side.external_id,
            "estimatedCompletionTime": record.get("estimatedCompletionTime"),
            "mediaType": kind,
            "size": record["size"],
            "sizeLeft": record["sizeleft"],
            "status": record["status"],
            "timeLeft": record.get("timeleft", span(0)),
            "title": record["title"],
            "downloadId": record.get("downloadId"),
        }
        for record in records
        if record.get(key) == side.external_id
    ]


def media(row: SeerrMedia, servers: list[AnyArr], *, seasons: bool) -> JsonObject:
    """Return a media row; `seasons` only where Seerr loads them."""
    one, four = row.standard, row.four_k
    title = row.title
    body: JsonObject = {
        "downloadStatus": download_status(one, servers, title.kind),
        "downloadStatus4k": download_status(four, servers, title.kind),
        "id": row.id,
        "mediaType": title.kind,
        "tmdbId": title.tmdb,
        "tvdbId": title.tvdb or None,
        "imdbId": row.imdb,
        "status": int(one.status),
        "status4k": int(four.status),
        "createdAt": stamp(row.created),
        "updatedAt": stamp(row.created),
        "lastSeasonChange": stamp(row.last_season_change),
        "mediaAddedAt": stamp(row.added),
        "serviceId": one.service_id,
        "serviceId4k": four.service_id,
        "externalServiceId": one.external_id,
        "externalServiceId4k": four.external_id,
        "externalServiceSlug": one.slug,
        "externalServiceSlug4k": four.slug,
        "ratingKey": None,
        "ratingKey4k": None,
        "jellyfinMediaId": one.jellyfin_id,
        "jellyfinMediaId4k": four.jellyfin_id,
    }
    if seasons:
        body["seasons"] = [_media_season(season) for season in row.seasons]
    return body | _addresses(one, servers, title, "") | _addresses(four, servers, title, "4k")


def _media_season(season: MediaSeason) -> JsonObject:
    return {
        "id": season.id,
        "seasonNumber": season.number,
        "status": int(season.status),
        "status4k": 1,
        "createdAt": stamp(season.created),
        "updatedAt": stamp(season.created),
    }


def _addresses(side: Side, servers: list[AnyArr], title: Title, suffix: str) -> JsonObject:
    body: JsonObject = {}
    if side.jellyfin_id is not None:
        page = f"http://jellyfin.example.com/web/index.html#!/details?id={side.jellyfin_id}"
        body[f"mediaUrl{suffix}"] = f"{page}&context=home"
    if side.service_id is not None and side.service_id < len(servers):
        kind = "movie" if title.kind == "movie" else "series"
        body[f"serviceUrl{suffix}"] = f"{servers[side.service_id].url}/{kind}/{side.slug}"
    return body


def request(
    row: SeerrRequest, servers: list[AnyArr], *, listed: bool, removable: bool = False
) -> JsonObject:
    """Return a request as lists (`listed`) or as `/request/{id}` write it."""
    changed_by = row.modified_by
    details: JsonObject = {
        "requestedBy": user(row.requested_by, settings=not listed),
        "modifiedBy": user(changed_by, settings=not listed) if changed_by else None,
        "media": media(row.media, servers, seasons=not listed),
        "seasons": [
            {
                "id": season.id,
                "seasonNumber": season.number,
                "status": int(season.status),
                "createdAt": stamp(season.created),
                "updatedAt": stamp(season.created),
            }
            for season in row.seasons
        ],
        "seasonCount": len(row.seasons),
    }
    body: JsonObject = {
        "id": row.id,
        "status": int(row.status),
        "createdAt": stamp(row.created),
        "updatedAt": stamp(row.created),
        "type": row.title.kind,
        "is4k": row.is_4k,
        "serverId": None,
        "profileId": None,
        "rootFolder": None,
        "languageProfileId": None,
        "tags": None,
        "isAutoRequest": False,
    }
    if removable:
        side = row.side
        details["canRemove"] = side.service_id is not None and side.service_id < len(servers)
    return body | details


_GENRES = {"Drama": 18, "Science Fiction": 878, "Animation": 16, "Adventure": 12, "Comedy": 35}


def _common(title: Title) -> JsonObject:
    return {
        "genres": [{"id": _GENRES.get(name, 9999), "name": name} for name in title.genres],
        "relatedVideos": [],
        "homepage": "",
        "originalLanguage": title.language,
        "tagline": "",
        "overview": title.overview,
        "popularity": 10.5,
        "productionCompanies": [],
        "productionCountries": [],
        "spokenLanguages": [],
        "voteAverage": 8.1,
        "voteCount": 100,
        "backdropPath": f"/backdrop{title.tmdb}.jpg",
        "posterPath": title.poster,
        "credits": {"cast": [], "crew": []},
        "keywords": [{"id": number, "name": "anime"} for number in title.keywords],
        "watchProviders": [],
        "onUserWatchlist": False,
    }


def movie_details(title: Title) -> JsonObject:
    """Return the answer of `/movie/{tmdbId}` without `mediaInfo`."""
    released = title.released.date().isoformat() if title.released else ""
    return {
        "id": title.tmdb,
        "adult": False,
        "budget": 0,
        "originalTitle": title.title,
        "releaseDate": released,
        "releases": {"results": []},
        "revenue": 0,
        "status": "Released",
        "title": title.title,
        "video": False,
        "imdbId": title.imdb,
        "runtime": title.runtime,
        "externalIds": {"facebookId": None, "imdbId": title.imdb},
        **_common(title),
    }


def tv_details(title: Title) -> JsonObject:
    """Return the answer of `/tv/{tmdbId}` without `mediaInfo`."""
    counts = sorted(title.season_counts.items())
    first = title.first_aired.date().isoformat() if title.first_aired else ""
    return {
        "createdBy": [],
        "episodeRunTime": [title.runtime],
        "firstAirDate": first,
        "id": title.tmdb,
        "inProduction": True,
        "languages": [title.language],
        "lastAirDate": first,
        "name": title.title,
        "networks": [],
        "numberOfEpisodes": sum(count for number, count in counts if number),
        "numberOfSeasons": sum(1 for number, _ in counts if number),
        "originCountry": ["US"],
        "originalName": title.title,
        "contentRatings": {"results": []},
        "seasons": [
            {
                "airDate": first,
                "episodeCount": count,
                "id": title.tmdb * 100 + number,
                "name": f"Season {number}" if number else "Specials",
                "overview": "",
                "seasonNumber": number,
                "posterPath": None,
            }
            for number, count in counts
        ],
        "status": "Returning Series",
        "type": "Scripted",
        "externalIds": {"imdbId": title.imdb, "tvdbId": title.tvdb or None},
        **_common(title),
    }
