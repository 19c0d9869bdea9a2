"""Items of the simulated Jellyfin and how the server writes them."""

from dataclasses import dataclass
from datetime import datetime
import hashlib
from typing import Literal

from .clock import iso
from .model import Episode, JsonObject, Title

type ItemType = Literal["Movie", "Series", "Season", "Episode"]


@dataclass(slots=True, kw_only=True, eq=False)
class Item:
    """One library item; without a path it is virtual (missing)."""

    id: str
    type: ItemType
    name: str
    title: Title
    path: str | None
    created: datetime
    saved: datetime
    source: str | None = None
    series_id: str | None = None
    season_id: str | None = None
    season: int | None = None
    episodes: tuple[Episode, ...] = ()
    given_ids: dict[str, str] | None = None  # what somebody wrote instead of the right ids

    @property
    def year(self) -> int:
        """Return the year of the film or series."""
        return self.title.year

    @property
    def series_name(self) -> str:
        """Return the name of the series it belongs to."""
        return self.title.title

    @property
    def runtime(self) -> int:
        """Return the minutes it takes."""
        return self.title.runtime

    @property
    def numbers(self) -> tuple[int, int]:
        """Return the first and last episode number, zeros for what is no episode."""
        if not self.episodes:
            return 0, 0
        return self.episodes[0].number, self.episodes[-1].number

    @property
    def premiere(self) -> datetime | None:
        """Return when it was first shown."""
        if self.type == "Episode":
            return self.episodes[0].air
        return self.title.first_aired if self.type != "Movie" else self.title.released

    @property
    def air_time(self) -> str | None:
        """Return the time of day of the broadcast, as a series' metadata tell it."""
        return "21:00"

    @property
    def playable(self) -> bool:
        """Whether there is a file behind the item."""
        return self.path is not None and self.type in {"Movie", "Episode"}

    @property
    def provider_ids(self) -> dict[str, str]:
        """Return the item's own ids at the metadata services."""
        if self.given_ids is not None:
            return self.given_ids
        if self.type == "Episode":
            first = self.episodes[0]
            return {"Tvdb": str(first.tvdb), "Tmdb": str(first.tmdb)}
        if self.type == "Season":
            return {"Tvdb": str(self.title.tvdb * 100 + (self.season or 0))}
        imdb = {"Imdb": self.title.imdb} if self.title.imdb else {}
        tmdb = {"Tmdb": str(self.title.tmdb)}
        if self.type == "Movie":
            return tmdb | imdb
        return {"Tvdb": str(self.title.tvdb)} | imdb | tmdb


def item_id(kind: str, path: str) -> str:
    """Return the id of an item: a digest of type and path, so a rename changes it."""
    return hashlib.md5(f"{kind}:{path}".encode(), usedforsecurity=False).hexdigest()


def item_json(item: Item, server_id: str, fields: frozenset[str]) -> JsonObject:
    """Return a BaseItemDto; `fields` are the lower-cased extra fields that were asked for."""
    body: JsonObject = {"Name": item.name, "ServerId": server_id, "Id": item.id}
    if "datecreated" in fields and item.path is not None:
        body["DateCreated"] = iso(item.created, 7)
    if item.playable:
        body["Container"] = "mkv"
    if (premiere := item.premiere) is not None:
        body["PremiereDate"] = iso(premiere.replace(hour=0, minute=0), 7)
    if "path" in fields and item.path is not None:
        body["Path"] = item.path
    body["ChannelId"] = None
    if item.playable:
        body["RunTimeTicks"] = item.runtime * 600_000_000
    body["ProductionYear"] = item.year
    body |= _numbers(item)
    if "providerids" in fields:
        body["ProviderIds"] = item.provider_ids
    body |= {"IsFolder": item.type in {"Series", "Season"}, "Type": item.type}
    body |= _family(item)
    if item.playable:
        body["VideoType"] = "VideoFile"
    if "mediasources" in fields and item.playable:
        body["MediaSources"] = [{"Id": item.id, "Path": item.path, "Protocol": "File"}]
    return body | {
        "ImageTags": {},
        "BackdropImageTags": [],
        "ImageBlurHashes": {},
        "LocationType": "Virtual" if item.path is None else "FileSystem",
        "MediaType": "Video" if item.type in {"Movie", "Episode"} else "Unknown",
    }


def _numbers(item: Item) -> JsonObject:
    if item.type == "Season":
        return {"IndexNumber": item.season}
    if item.type != "Episode":
        return {}
    first, last = item.numbers
    body: JsonObject = {"IndexNumber": first}
    if last > first:
        body["IndexNumberEnd"] = last
    return body | {"ParentIndexNumber": item.season}


def _family(item: Item) -> JsonObject:
    body: JsonObject = {}
    if item.type in {"Season", "Episode"}:
        body |= {"SeriesName": item.series_name, "SeriesId": item.series_id}
    if item.type == "Episode":
        name = f"Season {item.season}" if item.season else "Specials"
        body |= {"SeasonId": item.season_id, "SeasonName": name}
    return body


def scrubbed(text: str) -> str:
    """Escape quotes the way the webhook plugin does before it encodes JSON."""
    return text.replace('"', '\\"')


def event_json(item: Item, *, streams: bool) -> JsonObject:
    """Return the item members of an ItemAdded or ItemDeleted body."""
    title = item.title
    ticks = item.runtime * 600_000_000 if item.type != "Season" else 0
    body: JsonObject = {
        "Name": scrubbed(item.name),
        "Overview": scrubbed(title.overview) if item.type != "Season" else "",
        "Tagline": "",
        "ItemId": item.id,
        "ItemType": item.type,
        "RunTimeTicks": ticks,
        "RunTime": f"{ticks // 36_000_000_000:02d}:{ticks // 600_000_000 % 60:02d}:00",
        "Year": item.year,
    }
    if (premiere := item.premiere) is not None:
        body["PremiereDate"] = premiere.date().isoformat()
    if item.type != "Season":
        body["Genres"] = ", ".join(title.genres)
    body |= _event_family(item)
    body |= {f"Provider_{key.lower()}": value for key, value in item.provider_ids.items()}
    return body | (_STREAMS if streams and item.playable else {})


def _event_family(item: Item) -> JsonObject:
    if item.type not in {"Season", "Episode"}:
        return {}
    title, season = item.title, item.season or 0
    body: JsonObject = {"SeriesName": scrubbed(item.series_name), "SeriesId": item.series_id}
    if item.type == "Episode":
        body["SeasonId"] = item.season_id
        if title.first_aired is not None:
            body["SeriesPremiereDate"] = title.first_aired.date().isoformat()
    body |= _padded("SeasonNumber", season)
    if item.type == "Episode":
        first, last = item.numbers
        body |= _padded("EpisodeNumber", first)
        if last > first:
            body |= _padded("EpisodeNumberEnd", last)
        if item.air_time is not None:
            body["AirTime"] = item.air_time
    return body


def _padded(name: str, number: int) -> JsonObject:
    return {name: number, f"{name}00": f"{number:02d}", f"{name}000": f"{number:03d}"}


_STREAMS: JsonObject = {
    "Video_0_Title": "1080p H264 SDR",
    "Video_0_Type": "Video",
    "Video_0_Codec": "h264",
    "Video_0_Profile": "High",
    "Video_0_Level": 40,
    "Video_0_Height": 1080,
    "Video_0_Width": 1920,
    "Video_0_AspectRatio": "16:9",
    "Video_0_Interlaced": False,
    "Video_0_FrameRate": 23.976025,
    "Video_0_VideoRange": "SDR",
    "Video_0_ColorSpace": "bt709",
    "Video_0_ColorTransfer": None,
    "Video_0_ColorPrimaries": None,
    "Video_0_PixelFormat": "yuv420p",
    "Video_0_RefFrames": 1,
    "Audio_0_Title": "English - Dolby Digital - 5.1 - Default",
    "Audio_0_Type": "Audio",
    "Audio_0_Language": "eng",
    "Audio_0_Codec": "ac3",
    "Audio_0_Channels": 6,
    "Audio_0_Bitrate": 384000,
    "Audio_0_SampleRate": 48000,
    "Audio_0_Default": True,
    "Subtitle_0_Title": "English - SUBRIP",
    "Subtitle_0_Type": "Subtitle",
    "Subtitle_0_Language": "eng",
    "Subtitle_0_Codec": "subrip",
    "Subtitle_0_Default": False,
    "Subtitle_0_Forced": False,
    "Subtitle_0_External": False,
}
