"""Make webhook bodies as Seerr and Radarr send them for the lives of many films."""

from collections.abc import Iterator
import json
import random

STEPS = ("MEDIA_APPROVED", "Grab", "Download")
"""Each moves a request to another stage, so each is a write."""

type Body = dict[str, object]


def lives(first: int, amount: int, rng: random.Random) -> list[tuple[str, bytes]]:
    """Return (connection, body) of all steps of films; each film's steps stay in order.

    Films differ in how far they are at any moment, as they do in a household.
    """
    waiting = {number: iter(STEPS) for number in range(first, first + amount)}
    order = [number for number in waiting for _ in STEPS]
    rng.shuffle(order)
    return [_post(number, next(waiting[number])) for number in order]


def openings(first: int, amount: int) -> Iterator[tuple[str, bytes]]:
    """Yield the posts that open requests which nobody has approved yet."""
    for number in range(first, first + amount):
        yield _post(number, "MEDIA_PENDING")


def _post(number: int, event: str) -> tuple[str, bytes]:
    if event.startswith("MEDIA"):
        return "seerr", json.dumps(_seerr(number, event)).encode()
    return "radarr", json.dumps(_radarr(number, event)).encode()


def _title(number: int) -> str:
    return f"The Long Road To Film {number}"


def _seerr(number: int, event: str) -> Body:
    return {
        "notification_type": event,
        "event": "Movie Request",
        "subject": f"{_title(number)} ({1970 + number % 56})",
        "message": "A film about a road that is longer than it looks from where it starts.",
        "image": f"https://image.tmdb.org/t/p/w600_and_h900_bestv2/{number}.jpg",
        "media": {
            "media_type": "movie",
            "tmdbId": str(7_000_000 + number),
            "tvdbId": "",
            "status": "PENDING",
            "status4k": "UNKNOWN",
        },
        "request": {
            "request_id": str(7_000_000 + number),
            "requestedBy_email": "carol@example.com",
            "requestedBy_username": "carol",
            "requestedBy_avatar": "/avatarproxy/33333333333333333333333333333333",
            "requestedBy_settings_discordId": "",
            "requestedBy_settings_telegramChatId": "",
        },
        "issue": None,
        "comment": None,
        "extra": [],
    }


def _radarr(number: int, event: str) -> Body:
    title, year = _title(number), 1970 + number % 56
    name = f"{title.replace(' ', '.')}.{year}.1080p.WEB-DL.DDP5.1.H.264-GROUP"
    body: Body = {
        "movie": _movie(number, title, year),
        "remoteMovie": {"tmdbId": 7_000_000 + number, "title": title, "year": year},
        "release": {
            "quality": "WEBDL-1080p",
            "qualityVersion": 1,
            "releaseGroup": "GROUP",
            "releaseTitle": name,
            "indexer": "Indexer A",
            "size": 9_663_676_416,
            "customFormatScore": 50,
            "customFormats": ["WEB Tier 01"],
            "languages": [{"id": 1, "name": "English"}],
        },
        "downloadClient": "qBittorrent",
        "downloadClientType": "qBittorrent",
        "downloadId": f"{number:040X}",
        "customFormatInfo": {"customFormats": [], "customFormatScore": 50},
        "eventType": event,
        "instanceName": "Radarr",
        "applicationUrl": "",
    }
    file = _file(number, f"/data/media/movies/{title} ({year})") if event == "Download" else {}
    return body | file


def _movie(number: int, title: str, year: int) -> Body:
    return {
        "id": 7_000_000 + number,
        "title": title,
        "year": year,
        "releaseDate": f"{year}-05-14",
        "folderPath": f"/data/media/movies/{title} ({year})",
        "tmdbId": 7_000_000 + number,
        "imdbId": f"tt7{number:07d}",
        "overview": "A film about a road that is longer than it looks from where it starts.",
        "genres": ["Drama", "Adventure"],
        "images": [
            {
                "coverType": kind,
                "url": f"/MediaCover/{number}/{kind}.jpg",
                "remoteUrl": f"https://image.tmdb.org/t/p/original/{number}-{kind}.jpg",
            }
            for kind in ("poster", "fanart")
        ],
        "tags": ["3-carol"],
        "originalLanguage": {"id": 1, "name": "English"},
    }


def _file(number: int, folder: str) -> Body:
    name = f"Film {number} [WEBDL-1080p]-GROUP.mkv"
    return {
        "isUpgrade": False,
        "movieFile": {
            "id": number,
            "relativePath": name,
            "path": f"{folder}/{name}",
            "quality": "WEBDL-1080p",
            "qualityVersion": 1,
            "releaseGroup": "GROUP",
            "sceneName": "",
            "size": 9_663_441_021,
            "dateAdded": "2026-03-03T19:02:44.3181207Z",
            "languages": [{"id": 1, "name": "English"}],
            "mediaInfo": {
                "audioChannels": 5.1,
                "audioCodec": "EAC3 Atmos",
                "audioLanguages": ["eng"],
                "height": 804,
                "width": 1920,
                "subtitles": ["eng", "ger"],
                "videoCodec": "h264",
            },
            "sourcePath": f"/data/downloads/{name}",
        },
    }
