"""How Radarr writes films: webhook payloads and REST resources."""

from datetime import datetime, timedelta

from .arr_shapes import (
    client_keys,
    download_info,
    format_info,
    images,
    media_info_resource,
    quality_model,
    status_messages,
    webhook_file,
)
from .arr_state import Download, MediaFile, MovieEntry
from .clock import iso
from .downloads import Release
from .model import JsonObject, Title

_IMAGES = "https://image.tmdb.org/t/p/original"


def movie(entry: MovieEntry) -> JsonObject:
    """Return `movie` of a webhook."""
    title = entry.title
    released = title.released.date().isoformat() if title.released else "9999-12-31"
    body: JsonObject = {
        "id": entry.id,
        "title": title.title,
        "year": title.year,
        "releaseDate": released,
        "folderPath": entry.path,
        "tmdbId": title.tmdb,
    }
    if title.imdb:
        body["imdbId"] = title.imdb
    if title.overview:
        body["overview"] = title.overview
    return body | {
        "genres": list(title.genres),
        "images": images(title, entry.id, ("poster", "fanart"), _IMAGES),
        "tags": sorted(entry.tags),
        "originalLanguage": title.original_language,
    }


def remote_movie(title: Title) -> JsonObject:
    """Return `remoteMovie`."""
    body: JsonObject = {"tmdbId": title.tmdb}
    if title.imdb:
        body["imdbId"] = title.imdb
    return body | {"title": title.title, "year": title.year}


def test_payload() -> JsonObject:
    """Return the own keys of Test."""
    return {
        "movie": {
            "id": 1,
            "title": "Test Title",
            "year": 1970,
            "releaseDate": "1970-01-01",
            "folderPath": "C:\\testpath",
            "tmdbId": 0,
            "tags": ["test-tag"],
        },
        "remoteMovie": {"tmdbId": 1234, "imdbId": "5678", "title": "Test title", "year": 1970},
        "release": {
            "quality": "Test Quality",
            "qualityVersion": 1,
            "releaseGroup": "Test Group",
            "releaseTitle": "Test Title",
            "indexer": "Test Indexer",
            "size": 9_999_999,
            "customFormatScore": 0,
        },
    }


def grab(entry: MovieEntry, download: Download) -> JsonObject:
    """Return the own keys of Grab."""
    release = download.release
    return {
        "movie": movie(entry),
        "remoteMovie": remote_movie(entry.title),
        "release": {
            "quality": release.quality,
            "qualityVersion": 1,
            "releaseGroup": release.group,
            "releaseTitle": release.title,
            "indexer": release.indexer,
            "size": release.size,
            "customFormatScore": release.score,
            "customFormats": [name for _, name in release.formats],
            "languages": [entry.title.original_language],
            "indexerFlags": [],
        },
        **client_keys(download),
        "customFormatInfo": format_info(release),
    }


def grabbed_release(release: Release | None) -> JsonObject:
    """Return `release` of Download; nearly empty without a grab."""
    if release is None:
        return {"size": 0, "indexerFlags": []}
    return {
        "releaseTitle": release.title,
        "indexer": release.indexer,
        "size": release.size,
        "indexerFlags": [],
    }


def download_event(
    entry: MovieEntry, file: MediaFile, download: Download | None, replaced: MediaFile | None
) -> JsonObject:
    """Return the own keys of Download: one imported file."""
    language = entry.title.original_language
    shown = webhook_file(file, language, flags=True)
    if file.source_path:
        shown["sourcePath"] = file.source_path
    body: JsonObject = {
        "movie": movie(entry),
        "remoteMovie": remote_movie(entry.title),
        "movieFile": shown,
        "isUpgrade": replaced is not None,
        **client_keys(download),
    }
    if replaced is not None:
        body["deletedFiles"] = [webhook_file(replaced, language, flags=True, recycled=True)]
    release = download.release if download else None
    info = format_info(release) if release else {"customFormats": [], "customFormatScore": 0}
    return body | {"customFormatInfo": info, "release": grabbed_release(release)}


def blocked(entry: MovieEntry | None, download: Download) -> JsonObject:
    """Return the own keys of ManualInteractionRequired."""
    body: JsonObject = {"movie": movie(entry)} if entry is not None else {}
    return body | {
        "downloadInfo": download_info(download.release),
        **client_keys(download),
        "downloadStatus": "Warning",
        "downloadStatusMessages": status_messages(download),
        "customFormatInfo": format_info(download.release),
        "release": grabbed_release(download.release) if entry is not None else {"size": 0},
    }


def file_resource(entry: MovieEntry, file: MediaFile) -> JsonObject:
    """Return a MovieFileResource."""
    return {
        "movieId": entry.id,
        "relativePath": file.relative_path,
        "path": file.path,
        "size": file.size,
        "dateAdded": iso(file.added),
        "sceneName": file.scene,
        "releaseGroup": file.group,
        "edition": "",
        "languages": [entry.title.original_language],
        "quality": quality_model(file.quality, radarr=True),
        "customFormats": [],
        "customFormatScore": 50,
        "indexerFlags": 0,
        "mediaInfo": media_info_resource(file.quality, entry.title.runtime),
        "qualityCutoffNotMet": False,
        "id": file.id,
    }


def _dates(title: Title, now: datetime) -> JsonObject:
    if title.released is None:
        return {"status": "announced", "isAvailable": False}
    cinema = title.released - timedelta(days=90)
    status = "announced" if now < cinema else "inCinemas" if now < title.released else "released"
    body: JsonObject = {"inCinemas": iso(cinema), "digitalRelease": iso(title.released)}
    return body | {"status": status, "isAvailable": status == "released"}


def _identity(entry: MovieEntry) -> JsonObject:
    title = entry.title
    body: JsonObject = {
        "title": title.title,
        "originalTitle": title.title,
        "originalLanguage": title.original_language,
        "alternateTitles": [],
        "secondaryYearSourceId": 0,
        "sortTitle": title.title.lower(),
        "overview": title.overview,
        "images": images(title, entry.id, ("poster", "fanart"), _IMAGES),
        "website": "",
        "year": title.year,
        "youTubeTrailerId": "",
        "studio": "Example Pictures",
        "runtime": title.runtime,
        "cleanTitle": "".join(c for c in title.title.lower() if c.isalnum()),
        "tmdbId": title.tmdb,
        "titleSlug": str(title.tmdb),
        "genres": list(title.genres),
        "keywords": [],
    }
    return body | ({"imdbId": title.imdb} if title.imdb else {})


def resource(entry: MovieEntry, tag_ids: list[int], now: datetime) -> JsonObject:
    """Return a MovieResource."""
    title, file = entry.title, entry.file
    size = file.size if file else 0
    body: JsonObject = {
        **_identity(entry),
        **_dates(title, now),
        "sizeOnDisk": size,
        "path": entry.path,
        "qualityProfileId": 4,
        "hasFile": file is not None,
        "movieFileId": file.id if file else 0,
        "monitored": entry.monitored,
        "minimumAvailability": entry.minimum_availability,
        "folderName": entry.path,
        "rootFolderPath": entry.root,
        "tags": tag_ids,
        "added": iso(entry.added),
        "ratings": {"tmdb": {"votes": 100, "value": 7.5, "type": "user"}},
        "popularity": 10.5,
        "statistics": {
            "movieFileCount": 1 if file else 0,
            "sizeOnDisk": size,
            "releaseGroups": [file.group] if file else [],
        },
        "id": entry.id,
    }
    if file is not None:
        body["movieFile"] = file_resource(entry, file)
    if entry.searched is not None:
        body["lastSearchTime"] = iso(entry.searched)
    return body
