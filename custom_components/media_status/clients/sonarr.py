"""Sonarr: series, seasons, episodes."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from typing import ClassVar

from .arr import Candidate
from .arr_deletion import DeletingArrClient
from .arr_models import MediaFile, has_media_file, language_name, media_file, poster
from .errors import NotFound, Refused
from .guard import Permit, Target, TargetKind
from .long_list import ListPart
from .readers import (
    JsonObject,
    JsonValue,
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
from .safety import safe_number, safe_season

_SERIES = "api/v3/series"
_EPISODE = "api/v3/episode"
# Keeps the address below the length that proxies accept.
IDS_PER_CALL = 200


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
    profile_id: int | None = None


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
    last_search: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeFile:
    """A file of a series; which episodes it holds is told by these."""

    season: int | None
    file: MediaFile


class SonarrClient(DeletingArrClient):
    """Sonarr v4 and v5."""

    app_name: ClassVar[str] = "Sonarr"
    title_key: ClassVar[str] = "seriesId"
    unknown_items_key: ClassVar[str] = "includeUnknownSeriesItems"
    removable: ClassVar[frozenset[TargetKind]] = frozenset(
        {
            TargetKind.SERIES,
            TargetKind.SEASON,
            TargetKind.EPISODE,
            TargetKind.EPISODE_FILE,
        }
    )

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
        for batch in batched(sorted(wanted), IDS_PER_CALL, strict=False):
            query = [("episodeIds", safe_number(number)) for number in batch]
            if include_file:
                query.append(("includeEpisodeFile", "true"))
            found += await self._get_projected(_EPISODE, _episode, query=query, wanted=wanted)
        return found

    async def series_rows[T](self, build: Callable[[JsonValue], T]) -> ListPart[T]:
        """Return what `build` (in a worker thread) makes of every series, usable or not."""
        return await self._get_list(_SERIES, build)

    async def episode_rows[T](self, series_id: int, build: Callable[[JsonValue], T]) -> ListPart[T]:
        """Return what `build` makes of every episode of a series; none when it is gone."""
        query = {"seriesId": safe_number(series_id), "includeEpisodeFile": "true"}
        try:
            return await self._get_list(_EPISODE, build, query=query, timeout=90.0)
        except NotFound:
            return ListPart(rows=[], total=None, server_time=None)

    async def episode_rows_by_id[T](
        self, episode_ids: Collection[int], build: Callable[[JsonValue], T]
    ) -> list[T]:
        """Return what `build` makes of these episodes; 200 per call, unknown ids are left out."""
        found: list[T] = []
        for batch in batched(sorted(frozenset(episode_ids)), IDS_PER_CALL, strict=False):
            query = [("episodeIds", safe_number(number)) for number in batch]
            query.append(("includeEpisodeFile", "true"))
            found += (await self._get_list(_EPISODE, build, query=query)).rows
        return found

    async def search_episodes(self, episode_ids: Collection[int]) -> None:
        """Have exactly these episodes searched for, each by itself: no season packs."""
        if numbers := {int(safe_number(number)) for number in episode_ids}:
            await self.command("EpisodeSearch", episodeIds=[*sorted(numbers)])

    async def search_season(self, series_id: int, season: int) -> None:
        """Have the monitored episodes of a season searched for, as a pack or one by one."""
        number = int(safe_number(series_id))
        await self.command("SeasonSearch", seriesId=number, seasonNumber=int(safe_number(season)))

    async def candidates(self, episode_id: int) -> list[Candidate]:
        """Return what the indexers have for one episode, and why it is not taken; this is slow."""
        return await self._candidates(episodeId=safe_number(episode_id))

    async def season_candidates(self, series_id: int, season: int) -> list[Candidate]:
        """Return what the indexers have for a season, and why it is not taken; this is slow."""
        return await self._candidates(
            seriesId=safe_number(series_id), seasonNumber=safe_number(season)
        )

    async def rescan(self, series_id: int) -> None:
        """Have the folder of one series looked through."""
        await self.command("RescanSeries", seriesId=int(safe_number(series_id)))

    async def episode_files(self, series_id: int) -> list[EpisodeFile]:
        """Return the files of one series; none when Sonarr does not have it."""
        rows = await self._get_objects("api/v3/episodefile", {"seriesId": safe_number(series_id)})
        return [
            EpisodeFile(season=as_int(row.get("seasonNumber")), file=file)
            for row in rows
            if as_id(row.get("seriesId")) == series_id and (file := media_file(row)) is not None
        ]

    async def delete_series(
        self, permit: Permit, series_id: int, *, delete_files: bool, add_import_exclusion: bool
    ) -> None:
        """Delete one series, with or without its folder; NotFound when it is gone already.

        The files go after the answer, or stay without a word when another folder overlaps.
        """
        query = {
            "deleteFiles": "true" if delete_files else "false",
            "addImportListExclusion": "true" if add_import_exclusion else "false",
        }
        kind = TargetKind.SERIES
        try:
            await self._remove(permit, kind, "series", series_id, files=delete_files, query=query)
        except Refused:
            # It may fail inside (500) for a series that it does not have.
            if await self.series(series_id) is None:
                raise NotFound("not found") from None
            raise

    async def delete_episode_file(self, permit: Permit, file_id: int) -> None:
        """Delete one file from the disk; RootFolderTrouble while the root folder is not there."""
        await self._remove(permit, TargetKind.EPISODE_FILE, "episodefile", file_id, files=True)

    async def unmonitor_episodes(self, permit: Permit, episode_ids: Collection[int]) -> None:
        """Have exactly these episodes not looked for any more."""
        numbers = sorted({int(safe_number(number)) for number in episode_ids})
        if not numbers:
            return
        targets = [Target(kind=TargetKind.EPISODE, id=str(number)) for number in numbers]
        body: JsonObject = {"episodeIds": [*numbers], "monitored": False}
        await self._unmonitor(permit, "PUT", "episode/monitor", body, targets)

    async def unmonitor_season(self, permit: Permit, series_id: int, season: int) -> None:
        """Have what is new in one season not looked for any more.

        Some versions take its known episodes along, some do not: only for a whole season.
        """
        number = int(safe_number(series_id))
        label = int(safe_season(season))
        target = Target(kind=TargetKind.SEASON, id=f"{number}:{label}")
        seasons: list[JsonValue] = [{"seasonNumber": label, "monitored": False}]
        body: JsonObject = {"series": [{"id": number, "seasons": seasons}]}
        await self._unmonitor(permit, "POST", "seasonpass", body, (target,))


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
        profile_id=as_id(raw.get("qualityProfileId")),
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
    has_file = has_media_file(raw, "episodeFileId", is_listed=file is not None)
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
        last_search=as_datetime(raw.get("lastSearchTime")),
    )
