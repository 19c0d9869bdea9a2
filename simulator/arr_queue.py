"""Queue and history of an arr: what it says about downloads, past and present."""

from datetime import datetime, timedelta
import zlib

from aiohttp import web

from .arr_shapes import quality_model, queue_id, span, status_messages
from .arr_state import Download, EpisodeEntry, HistoryRow, MovieEntry
from .clock import iso
from .downloads import ClientView
from .model import LANGUAGES, JsonObject
from .service import Service, json_response, query_int


def queue_record(
    download: Download, episode: EpisodeEntry | None, now: datetime, *, radarr: bool
) -> JsonObject:
    """Return one queue record: a film's download, or one episode of a series' download."""
    view = download.view()
    release, entry = download.release, download.entry
    body = _subject(download, episode)
    body |= {
        "languages": [_language(download)],
        "quality": quality_model(release.quality, radarr=radarr),
        "customFormats": [],
        "customFormatScore": release.score,
        "size": view.size or release.size,
        "title": release.title,
    }
    if view.eta_seconds is not None:
        body["estimatedCompletionTime"] = iso(now + timedelta(seconds=view.eta_seconds))
    body |= {"added": iso(download.added)} | _states(download, view)
    if download.client_id is not None:
        body["downloadId"] = download.client_id
    body |= {
        "protocol": download.client.protocol,
        "downloadClient": download.client.name,
        "downloadClientHasPostImportCategory": False,
    }
    if entry is not None:
        body["indexer"] = release.indexer
    if view.output_path:
        body["outputPath"] = view.output_path
    if not radarr:
        body["episodeHasFile"] = episode is not None and episode.file is not None
    body["sizeleft"] = view.size_left
    if view.eta_seconds is not None:
        body["timeleft"] = span(view.eta_seconds)
    body["id"] = queue_id(download, episode.id if episode else 0)
    return body


def _subject(download: Download, episode: EpisodeEntry | None) -> JsonObject:
    entry = download.entry
    if entry is None:
        return {}
    if isinstance(entry, MovieEntry):
        return {"movieId": entry.id}
    body: JsonObject = {"seriesId": entry.id}
    if episode is not None:
        body |= {"episodeId": episode.id, "seasonNumber": episode.info.season}
    return body


def _language(download: Download) -> JsonObject:
    if download.entry is not None:
        return download.entry.title.original_language
    number, name = LANGUAGES["en"]
    return {"id": number, "name": name}


def _states(download: Download, view: ClientView) -> JsonObject:
    state = download.state
    if download.is_pending:
        return {"status": "downloadClientUnavailable"}
    if state == "downloading" and view.status == "completed":
        state = "importPending"
    body: JsonObject = {
        "status": view.status,
        "trackedDownloadStatus": "warning" if download.warned or view.error else "ok",
        "trackedDownloadState": state,
        "statusMessages": status_messages(download),
    }
    if view.error:
        body["errorMessage"] = view.error
    return body


def history_record(row: HistoryRow, *, radarr: bool) -> JsonObject:
    """Return one line of the history."""
    body: JsonObject = {}
    if row.episode is not None:
        body |= {"episodeId": row.episode.id, "seriesId": row.entry.id}
    else:
        body["movieId"] = row.entry.id
    body |= {
        "sourceTitle": row.release.title,
        "languages": [row.entry.title.original_language],
        "quality": quality_model(row.release.quality, radarr=radarr),
        "customFormats": [],
        "customFormatScore": row.release.score,
        "qualityCutoffNotMet": False,
        "date": iso(row.date),
    }
    if row.download_id is not None:
        body["downloadId"] = row.download_id
    return body | {"eventType": row.event, "data": row.data, "id": row.id}


class Pager:
    """Answer `{page, pageSize, sortKey, sortDirection, totalRecords, records}`."""

    def __init__(self, service: Service) -> None:
        """Page for one service, whose fault dial may shorten a page."""
        self._service = service

    def page(
        self, request: web.Request, rows: list[JsonObject], *, default_key: str
    ) -> web.Response:
        """Sort and cut the rows as the query asks."""
        size = max(1, query_int(request, "pageSize", 10))
        number = max(1, query_int(request, "page", 1))
        key = request.query.get("sortKey") or default_key
        direction = request.query.get("sortDirection", "descending")
        descending = direction not in {"ascending", "default", "asc"}
        rows = sorted(rows, key=lambda row: (str(row.get(key, "")), _number(row)))
        if descending:
            rows.reverse()
        records = rows[(number - 1) * size : number * size]
        if self._service.faults.short_pages:
            records = records[: len(records) // 2]
        return json_response(
            {
                "page": number,
                "pageSize": size,
                "sortKey": key,
                "sortDirection": "descending" if descending else "ascending",
                "totalRecords": len(rows),
                "records": records,
            }
        )


def _number(row: JsonObject) -> int:
    value = row.get("id")
    return value if isinstance(value, int) else 0


def queue_status(downloads: list[Download], records: list[JsonObject]) -> JsonObject:
    """Return the totals of the queue."""
    known = [download for download in downloads if download.entry is not None]
    unknown = [download for download in downloads if download.entry is None]
    return {
        "totalCount": len(records),
        "count": len(records) - len(unknown),
        "unknownCount": len(unknown),
        "errors": False,
        "warnings": any(download.warned for download in known),
        "unknownErrors": False,
        "unknownWarnings": any(download.warned for download in unknown),
    }


def grabbed_data(download: Download, ids: JsonObject, *, radarr: bool) -> JsonObject:
    """Return `data` of a grabbed line."""
    release, client = download.release, download.client
    torrent = release.protocol == "torrent"
    address = f"https://indexer.example.com/view/{zlib.crc32(release.title.encode()) % 9973}"
    data: JsonObject = {
        "indexer": release.indexer,
        "nzbInfoUrl": address,
        "releaseGroup": release.group,
        "age": "3",
        "ageHours": "75.2",
        "ageMinutes": "4512.9",
        "publishedDate": iso(download.added - timedelta(hours=75)),
        "downloadClient": client.implementation,
        "downloadClientName": client.name,
        "size": str(release.size),
        "downloadUrl": address.replace("view", "download"),
        "guid": address,
    }
    data |= ids | {"protocol": "2" if torrent else "1", "customFormatScore": str(release.score)}
    match = "movieMatchType" if radarr else "seriesMatchType"
    data |= {match: "Title", "releaseSource": "Search", "indexerFlags": "0"}
    if radarr:
        data["indexerId"] = "3"
    else:
        data["releaseType"] = release.kind[0].upper() + release.kind[1:]
    if torrent and download.client_id:
        data["torrentInfoHash"] = download.client_id
    return data


def failed_data(download: Download, message: str, *, radarr: bool) -> JsonObject:
    """Return `data` of a failed line."""
    data: JsonObject = {
        "downloadClient": download.client.implementation,
        "downloadClientName": download.client.name,
        "message": message,
        "releaseGroup": download.release.group,
        "size": str(download.release.size),
    }
    if radarr:
        data["indexer"] = download.release.indexer
    return data
