"""Pieces of JSON that Radarr and Sonarr have in common."""

import zlib

from .arr_state import Download, MediaFile
from .clock import iso
from .downloads import Release
from .model import JsonObject, Title

_QUALITIES = {
    "HDTV-720p": (4, "television", "tv", 720),
    "WEBDL-720p": (5, "web", "webdl", 720),
    "WEBDL-1080p": (3, "web", "webdl", 1080),
    "Bluray-1080p": (7, "bluray", "bluray", 1080),
    "WEBDL-2160p": (18, "web", "webdl", 2160),
    "Bluray-2160p": (19, "bluray", "bluray", 2160),
    "Remux-2160p": (31, "bluray", "bluray", 2160),
}


def quality_model(name: str, *, radarr: bool) -> JsonObject:
    """Return a quality as the REST resources write it."""
    number, television, film, lines = _QUALITIES.get(name, (0, "unknown", "unknown", 0))
    quality: JsonObject = {
        "id": number,
        "name": name,
        "source": film if radarr else television,
        "resolution": lines,
    }
    if radarr:
        quality["modifier"] = "remux" if name.startswith("Remux") else "none"
    return {"quality": quality, "revision": {"version": 1, "real": 0, "isRepack": False}}


def media_info(quality: str) -> JsonObject:
    """Return what media analysis finds, as webhooks write it."""
    high = "2160p" in quality
    return {
        "audioChannels": 5.1,
        "audioCodec": "EAC3 Atmos" if high else "EAC3",
        "audioLanguages": ["eng"],
        "height": 2160 if high else 1080,
        "width": 3840 if high else 1920,
        "subtitles": ["eng", "ger"],
        "videoCodec": "h265" if high else "h264",
        "videoDynamicRange": "HDR" if high else "",
        "videoDynamicRangeType": "DV HDR10" if high else "",
    }


def media_info_resource(quality: str, runtime: int) -> JsonObject:
    """Return what media analysis finds, as REST resources write it."""
    high = "2160p" in quality
    return {
        "audioBitrate": 768_000,
        "audioChannels": 5.1,
        "audioCodec": "EAC3 Atmos" if high else "EAC3",
        "audioLanguages": "eng",
        "audioStreamCount": 1,
        "videoBitDepth": 10 if high else 8,
        "videoBitrate": 0,
        "videoCodec": "h265" if high else "h264",
        "videoFps": 23.976,
        "videoDynamicRange": "HDR" if high else "",
        "videoDynamicRangeType": "DV HDR10" if high else "",
        "resolution": "3840x2160" if high else "1920x1080",
        "runTime": f"{runtime // 60}:{runtime % 60:02d}:00",
        "scanType": "Progressive",
        "subtitles": "eng/ger",
    }


def images(title: Title, entry_id: int, kinds: tuple[str, ...], base: str) -> list[JsonObject]:
    """Return the images of a title: a path on the arr and the address it came from."""
    result: list[JsonObject] = []
    for kind in kinds:
        ending = "png" if kind == "clearlogo" else "jpg"
        stamp = 638_906_148_120_563_217 + entry_id
        result.append(
            {
                "coverType": kind,
                "url": f"/MediaCover/{entry_id}/{kind}.{ending}?lastWrite={stamp}",
                "remoteUrl": f"{base}/{title.kind}-{title.tmdb}-{kind}.{ending}",
            }
        )
    return result


def format_info(release: Release) -> JsonObject:
    """Return `customFormatInfo` of a release."""
    return {
        "customFormats": [{"id": number, "name": name} for number, name in release.formats],
        "customFormatScore": release.score,
    }


def client_keys(download: Download | None) -> JsonObject:
    """Return the download keys of a webhook; none without a tracked download."""
    if download is None:
        return {}
    keys: JsonObject = {
        "downloadClient": download.client.name,
        "downloadClientType": download.client.implementation,
    }
    if download.client_id is not None:
        keys["downloadId"] = download.client_id
    return keys


def download_info(release: Release) -> JsonObject:
    """Return `downloadInfo` of ManualInteractionRequired."""
    return {
        "quality": release.quality,
        "qualityVersion": 1,
        "title": release.title,
        "size": release.size,
    }


def status_messages(download: Download) -> list[JsonObject]:
    """Return the warnings of a download."""
    return [{"title": title, "messages": list(lines)} for title, lines in download.messages]


def webhook_file(
    file: MediaFile, language: JsonObject, *, flags: bool, recycled: bool = False
) -> JsonObject:
    """Return a file as a webhook writes it (`flags`: Radarr's indexerFlags string)."""
    body: JsonObject = {
        "id": file.id,
        "relativePath": file.relative_path,
        "path": file.path,
        "quality": file.quality,
        "qualityVersion": 1,
        "releaseGroup": file.group,
        "sceneName": file.scene,
    }
    if flags:
        body["indexerFlags"] = "0"
    body |= {
        "size": file.size,
        "dateAdded": iso(file.added, 7),
        "languages": [language],
        "mediaInfo": media_info(file.quality),
    }
    if recycled:
        body["recycleBinPath"] = file.path.replace("/data/media/", "/data/recycle/")
    return body


def span(seconds: int) -> str:
    """Format a .NET time span: `[d.]hh:mm:ss`."""
    days, rest = divmod(max(0, seconds), 86_400)
    text = f"{rest // 3600:02d}:{rest % 3600 // 60:02d}:{rest % 60:02d}"
    return f"{days}.{text}" if days else text


def queue_id(download: Download, part: object) -> int:
    """Return the 31-bit id of a queue record: stable for one item."""
    key = f"{download.client.name}:{download.client_id}:{download.release.title}:{part}"
    return zlib.crc32(key.encode()) & 0x7FFF_FFFF


def found_release(number: int, rejections: tuple[str, ...]) -> JsonObject:
    """Return a release as an interactive search lists it, as far as anybody reads it."""
    return {
        "guid": f"https://indexer.example.com/view/{number}",
        "title": f"Some.Release.{number}.1080p.WEB-DL-GROUP",
        "size": 4_294_967_296,
        "indexer": "Indexer (Prowlarr)",
        "indexerId": 3,
        "approved": not rejections,
        "temporarilyRejected": False,
        "rejected": bool(rejections),
        "rejections": list(rejections),
        "protocol": "torrent",
        "seeders": 12,
        "leechers": 1,
    }
