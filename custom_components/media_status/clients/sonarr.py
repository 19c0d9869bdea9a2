"""Sonarr: series, seasons, episodes."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from typing import ClassVar

from .arr import ArrClient
from .arr_models import MediaFile, has_media_file, language_name, media_file, poster
from .errors import NotFound
from .readers import (
    JsonObject,
    as_bool,
    as_datetime,
    as_dict,
    as_id,
    as_ids,
    as_int,
    as_objects,
    as_str,
    as_text,
    as_texts,
)
from .safety import safe_number

_SERIES = "api/v3/series"
_EPISODE = "api/v3/episode"
# Keeps the address below the length that proxies accept.
_IDS_PER_CALL = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """A season and Sonarr's counts: `episode_count` are the aired monitored ones (or with file)."""

    number: int
    monitored: bool
    episode_file_count: int
    episode_count: int
    total_episode_count: int
    size_on_disk: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A series in Sonarr's library; `series_type` is Sonarr's own word."""

    id: int
    title: str
    year: int | None
    tvdb_id: int | None
    tmdb_id: int | None
    imdb_id: str | None
    series_type: str
    monitored: bool | None  # None: it did not say
    path: str | None
    root_folder: str | None
    tag_ids: frozenset[int]
    genres: tuple[str, ...]
    original_language: str | None
    poster_url: str | None
    added: datetime | None
    seasons: tuple[Season, ...]
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """An episode as Sonarr (TVDB) numbers it; season 0 holds the specials."""

    id: int
    series_id: int
    season: int
    number: int
    title: str
    monitored: bool | None
    has_file: bool | None
    file: MediaFile | None
    air_date: datetime | None
    tvdb_id: int | None
    absolute_number: int | None


class SonarrClient(ArrClient):
    """Sonarr v4 and v5."""

    service: ClassVar[str] = "sonarr"
    app_name: ClassVar[str] = "Sonarr"
    title_key: ClassVar[str] = "seriesId"
    unknown_items_key: ClassVar[str] = "includeUnknownSeriesItems"

    async def series(self, series_id: int) -> Series | None:
        """Return one series, None when Sonarr does not have it."""
        try:
            raw = await self._get_object(f"{_SERIES}/{safe_number(series_id)}")
        except NotFound:
            return None
        return _series(raw)

    async def all_series(self, wanted: Collection[int] | None = None) -> list[Series]:
        """Return all series, or those with the wanted ids, in one call."""
        if wanted is not None and not wanted:
            return []
        ids = None if wanted is None else frozenset(wanted)
        return await self._get_projected(_SERIES, _series, wanted=ids)

    async def series_by_tvdb(self, tvdb_id: int) -> Series | None:
        """Return the series with exactly this TVDB id, None when Sonarr does not have it."""
        query = {"tvdbId": safe_number(tvdb_id)}
        for series in await self._get_projected(_SERIES, _series, query=query):
            # An unknown parameter would be ignored and answered with the whole library.
            if series.tvdb_id == tvdb_id:
                return series
        return None

    async def episodes(self, series_id: int, include_file: bool = True) -> list[Episode]:
        """Return all episodes of a series, by season and number."""
        query = {"seriesId": safe_number(series_id)}
        if include_file:
            query["includeEpisodeFile"] = "true"
        episodes = await self._get_projected(_EPISODE, _episode, query=query)
        return sorted(
            (episode for episode in episodes if episode.series_id == series_id),
            key=lambda episode: (episode.season, episode.number, episode.id),
        )

    async def episodes_by_id(
        self, episode_ids: Collection[int], include_file: bool = True
    ) -> list[Episode]:
        """Return these episodes of whatever series; 200 per call, unknown ids are left out."""
        wanted = frozenset(episode_ids)
        found: list[Episode] = []
        for batch in batched(sorted(wanted), _IDS_PER_CALL, strict=False):
            query = [("episodeIds", safe_number(number)) for number in batch]
            if include_file:
                query.append(("includeEpisodeFile", "true"))
            found += await self._get_projected(_EPISODE, _episode, query=query, wanted=wanted)
        return found

    async def search_episodes(self, episode_ids: Collection[int]) -> None:
        """Have exactly these episodes searched for, each by itself: no season packs."""
        if numbers := {int(safe_number(number)) for number in episode_ids}:
            await self.command("EpisodeSearch", episodeIds=[*sorted(numbers)])

    async def search_season(self, series_id: int, season: int) -> None:
        """Have the monitored episodes of a season searched for, as a pack or one by one."""
        number = int(safe_number(series_id))
        await self.command("SeasonSearch", seriesId=number, seasonNumber=int(safe_number(season)))

    async def rescan(self, series_id: int) -> None:
        """Have the folder of one series looked through."""
        await self.command("RescanSeries", seriesId=int(safe_number(series_id)))


def _series(raw: JsonObject) -> Series | None:
    """Build a series; None without an id."""
    number = as_id(raw.get("id"))
    if number is None:
        return None
    seasons = (_season(entry) for entry in as_objects(raw.get("seasons")))
    return Series(
        id=number,
        title=as_text(raw.get("title")),
        year=as_id(raw.get("year")),
        tvdb_id=as_id(raw.get("tvdbId")),
        tmdb_id=as_id(raw.get("tmdbId")),
        imdb_id=as_str(raw.get("imdbId")),
        series_type=as_str(raw.get("seriesType")) or "standard",
        monitored=as_bool(raw.get("monitored")),
        path=as_str(raw.get("path")),
        root_folder=as_str(raw.get("rootFolderPath")),
        tag_ids=as_ids(raw.get("tags")),
        genres=as_texts(raw.get("genres")),
        original_language=language_name(raw),
        poster_url=poster(raw),
        added=as_datetime(raw.get("added")),
        seasons=tuple(season for season in seasons if season is not None),
        status=as_text(raw.get("status")),
    )


def _season(raw: JsonObject) -> Season | None:
    """Build a season; None without a number."""
    number = as_int(raw.get("seasonNumber"))
    if number is None:
        return None
    counts = as_dict(raw.get("statistics"))
    return Season(
        number=number,
        monitored=as_bool(raw.get("monitored")) is True,
        episode_file_count=as_int(counts.get("episodeFileCount")) or 0,
        episode_count=as_int(counts.get("episodeCount")) or 0,
        total_episode_count=as_int(counts.get("totalEpisodeCount")) or 0,
        size_on_disk=as_int(counts.get("sizeOnDisk")) or 0,
    )


def _episode(raw: JsonObject) -> Episode | None:
    """Build an episode; None without ids or numbers."""
    number, series_id = as_id(raw.get("id")), as_id(raw.get("seriesId"))
    season, episode = as_int(raw.get("seasonNumber")), as_int(raw.get("episodeNumber"))
    if number is None or series_id is None or season is None or episode is None:
        return None
    file = media_file(raw.get("episodeFile"))
    has_file = has_media_file(raw, "episodeFileId", file)
    return Episode(
        id=number,
        series_id=series_id,
        season=season,
        number=episode,
        title=as_text(raw.get("title")),
        monitored=as_bool(raw.get("monitored")),
        has_file=has_file,
        file=file,
        air_date=as_datetime(raw.get("airDateUtc")) or as_datetime(raw.get("airDate")),
        tvdb_id=as_id(raw.get("tvdbId")),
        absolute_number=as_int(raw.get("absoluteEpisodeNumber")),
    )
