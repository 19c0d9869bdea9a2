"""How Sonarr writes series and episodes: webhook payloads and REST resources."""

from collections.abc import Sequence
from datetime import datetime

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
from .arr_state import SHELF_EPISODE_SIZE, Download, EpisodeEntry, MediaFile, SeriesEntry
from .clock import iso
from .downloads import Release
from .model import JsonObject

_IMAGES = "https://artworks.thetvdb.com/banners/v4/series"
_KINDS = ("banner", "poster", "fanart", "clearlogo")


def series(entry: SeriesEntry) -> JsonObject:
    """Return `series` of a webhook."""
    title = entry.title
    body: JsonObject = {
        "id": entry.id,
        "title": title.title,
        "titleSlug": title.slug,
        "path": entry.path,
        "tvdbId": title.tvdb,
        "tvMazeId": 0,
        "tmdbId": title.tmdb,
    }
    if title.imdb:
        body["imdbId"] = title.imdb
    return body | {
        "type": entry.series_type,
        "year": title.year,
        "genres": list(title.genres),
        "images": images(title, entry.id, _KINDS, _IMAGES),
        "tags": sorted(entry.tags),
        "originalLanguage": title.original_language,
    }


def episode(entry: SeriesEntry, item: EpisodeEntry) -> JsonObject:
    """Return one of `episodes` of a webhook."""
    info = item.info
    return {
        "id": item.id,
        "episodeNumber": info.number,
        "seasonNumber": info.season,
        "title": info.title,
        "overview": f"What happens in {info.title}.",
        "airDate": info.air.date().isoformat(),
        "airDateUtc": iso(info.air),
        "seriesId": entry.id,
        "tvdbId": info.tvdb,
    }


def test_payload() -> JsonObject:
    """Return the own keys of Test."""
    return {
        "series": {
            "id": 1,
            "title": "Test Title",
            "path": "C:\\testpath",
            "tvdbId": 1234,
            "tvMazeId": 0,
            "tmdbId": 0,
            "type": "standard",
            "year": 0,
            "tags": ["test-tag"],
        },
        "episodes": [
            {
                "id": 123,
                "episodeNumber": 1,
                "seasonNumber": 1,
                "title": "Test title",
                "seriesId": 0,
                "tvdbId": 0,
            }
        ],
    }


def _both(entry: SeriesEntry, items: Sequence[EpisodeEntry]) -> JsonObject:
    return {"series": series(entry), "episodes": [episode(entry, item) for item in items]}


def grab(entry: SeriesEntry, download: Download) -> JsonObject:
    """Return the own keys of Grab."""
    release = download.release
    return {
        **_both(entry, download.episodes),
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
        },
        **client_keys(download),
        "customFormatInfo": format_info(release),
    }


def grabbed_release(release: Release | None) -> JsonObject:
    """Return `release` of Download; nearly empty without a grab."""
    if release is None:
        return {"releaseType": "unknown"}
    return {
        "releaseTitle": release.title,
        "indexer": release.indexer,
        "size": release.size,
        "releaseType": release.kind,
    }


def download_event(
    entry: SeriesEntry,
    items: Sequence[EpisodeEntry],
    file: MediaFile,
    download: Download | None,
    replaced: Sequence[MediaFile],
) -> JsonObject:
    """Return the own keys of Download per file."""
    language = entry.title.original_language
    shown = webhook_file(file, language, flags=False)
    if file.source_path:
        shown["sourcePath"] = file.source_path
    body = _both(entry, items)
    body |= {"episodeFile": shown, "isUpgrade": bool(replaced), **client_keys(download)}
    if replaced:
        body["deletedFiles"] = [
            webhook_file(old, language, flags=False, recycled=True) for old in replaced
        ]
    release = download.release if download else None
    info = format_info(release) if release else {"customFormats": [], "customFormatScore": 0}
    return body | {"customFormatInfo": info, "release": grabbed_release(release)}


def import_complete(
    entry: SeriesEntry, items: Sequence[EpisodeEntry], download: Download | None
) -> JsonObject:
    """Return the own keys of Download as Import Complete."""
    language = entry.title.original_language
    files = {item.file.id: item.file for item in items if item.file is not None}
    shown = [webhook_file(file, language, flags=False) for file in files.values()]
    first = next(iter(files.values()), None)
    folder = first.path.rpartition("/")[0] if first else entry.path
    source = download.view().output_path if download else "/data/incoming"
    return {
        **_both(entry, items),
        "episodeFiles": shown,
        **client_keys(download),
        "release": grabbed_release(download.release if download else None),
        "fileCount": len(shown),
        "sourcePath": source,
        "destinationPath": folder,
    }


def blocked(entry: SeriesEntry | None, download: Download) -> JsonObject:
    """Return the own keys of ManualInteractionRequired."""
    body: JsonObject = {"episodes": []} if entry is None else _both(entry, download.episodes)
    return body | {
        "downloadInfo": download_info(download.release),
        **client_keys(download),
        "downloadStatus": "Warning",
        "downloadStatusMessages": status_messages(download),
        "customFormatInfo": format_info(download.release),
        "release": grabbed_release(None if entry is None else download.release),
    }


def file_resource(entry: SeriesEntry, season: int, file: MediaFile) -> JsonObject:
    """Return an EpisodeFileResource."""
    return {
        "seriesId": entry.id,
        "seasonNumber": season,
        "relativePath": file.relative_path,
        "path": file.path,
        "size": file.size,
        "dateAdded": iso(file.added),
        "sceneName": file.scene,
        "releaseGroup": file.group,
        "languages": [entry.title.original_language],
        "quality": quality_model(file.quality, radarr=False),
        "customFormats": [],
        "customFormatScore": 50,
        "indexerFlags": 0,
        "releaseType": "singleEpisode",
        "mediaInfo": media_info_resource(file.quality, entry.title.runtime),
        "qualityCutoffNotMet": False,
        "id": file.id,
    }


def episode_resource(entry: SeriesEntry, item: EpisodeEntry, *, with_file: bool) -> JsonObject:
    """Return an EpisodeResource."""
    info, file = item.info, item.file
    body: JsonObject = {
        "seriesId": entry.id,
        "tvdbId": info.tvdb,
        "episodeFileId": file.id if file else 0,
        "seasonNumber": info.season,
        "episodeNumber": info.number,
        "title": info.title,
        "airDate": info.air.date().isoformat(),
        "airDateUtc": iso(info.air),
        "runtime": entry.title.runtime,
        "overview": f"What happens in {info.title}.",
    }
    if with_file and file is not None:
        body["episodeFile"] = file_resource(entry, info.season, file)
    if item.searched is not None:
        body["lastSearchTime"] = iso(item.searched)
    return body | {
        "hasFile": file is not None,
        "monitored": item.monitored,
        "unverifiedSceneNumbering": False,
        "id": item.id,
    }


def _statistics(entry: SeriesEntry, number: int, now: datetime) -> JsonObject:
    if entry.untouched:
        total = entry.title.season_counts[number]
        have = aired = total
        size = total * SHELF_EPISODE_SIZE
    else:
        items = entry.season(number)
        files = {item.file.id: item.file for item in items if item.file is not None}
        total, have = len(items), sum(1 for item in items if item.file is not None)
        wanted = [i for i in items if i.file or (i.monitored and i.info.air <= now)]
        aired, size = len(wanted), sum(file.size for file in files.values())
    return {
        "episodeFileCount": have,
        "episodeCount": aired,
        "totalEpisodeCount": total,
        "sizeOnDisk": size,
        "releaseGroups": [],
        "percentOfEpisodes": round(100 * have / aired, 2) if aired else 0,
    }


def _seasons(entry: SeriesEntry, now: datetime) -> tuple[list[JsonObject], JsonObject]:
    """Return the seasons and the totals over them."""
    title = entry.title
    seasons: list[JsonObject] = []
    totals = dict.fromkeys(("episodeFileCount", "episodeCount", "totalEpisodeCount"), 0)
    size = 0
    for number in sorted(title.season_counts):
        numbers = _statistics(entry, number, now)
        for key in totals:
            totals[key] += int(str(numbers[key]))
        size += int(str(numbers["sizeOnDisk"]))
        monitored = entry.seasons.get(number, False)
        seasons.append({"seasonNumber": number, "monitored": monitored, "statistics": numbers})
    aired = totals["episodeCount"]
    statistics: JsonObject = {"seasonCount": sum(1 for n in title.season_counts if n), **totals}
    statistics |= {"sizeOnDisk": size, "releaseGroups": []}
    share = 100 * totals["episodeFileCount"] / aired if aired else 0
    statistics["percentOfEpisodes"] = round(share, 2)
    return seasons, statistics


def resource(entry: SeriesEntry, tag_ids: list[int], now: datetime) -> JsonObject:
    """Return a SeriesResource."""
    seasons, statistics = _seasons(entry, now)
    return _identity(entry) | {
        "seasons": seasons,
        "path": entry.path,
        "qualityProfileId": 4,
        "seasonFolder": True,
        "monitored": entry.monitored,
        "monitorNewItems": "all",
        "useSceneNumbering": False,
        "seriesType": entry.series_type,
        "rootFolderPath": entry.root,
        "tags": tag_ids,
        "added": iso(entry.added),
        "ratings": {"votes": 0, "value": 0},
        "statistics": statistics,
        "languageProfileId": 1,
        "id": entry.id,
    }


def _identity(entry: SeriesEntry) -> JsonObject:
    title = entry.title
    body: JsonObject = {
        "title": title.title,
        "alternateTitles": [],
        "sortTitle": title.title.lower(),
        "status": "continuing",
        "ended": False,
        "overview": title.overview,
        "network": "Example Network",
        "airTime": "21:00",
        "images": images(title, entry.id, _KINDS, _IMAGES),
        "originalLanguage": title.original_language,
        "year": title.year,
        "runtime": title.runtime,
        "tvdbId": title.tvdb,
        "tvRageId": 0,
        "tvMazeId": 0,
        "tmdbId": title.tmdb,
        "cleanTitle": "".join(c for c in title.title.lower() if c.isalnum()),
        "titleSlug": title.slug,
        "genres": list(title.genres),
    }
    if title.imdb:
        body["imdbId"] = title.imdb
    if title.first_aired:
        body["firstAired"] = iso(title.first_aired)
    return body
