"""Radarr: films."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
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
    as_id,
    as_ids,
    as_int,
    as_str,
    as_text,
    as_texts,
)
from .safety import safe_number

_MOVIE = "api/v3/movie"


@dataclass(frozen=True, slots=True, kw_only=True)
class Movie:
    """A film in Radarr's library; `status` and `minimum_availability` are Radarr's own words."""

    id: int
    title: str
    original_title: str | None
    year: int | None
    tmdb_id: int | None
    imdb_id: str | None
    monitored: bool | None  # None: it did not say
    has_file: bool | None
    is_available: bool | None
    status: str
    minimum_availability: str
    in_cinemas: datetime | None
    digital_release: datetime | None
    physical_release: datetime | None
    path: str | None
    root_folder: str | None
    tag_ids: frozenset[int]
    genres: tuple[str, ...]
    original_language: str | None
    file: MediaFile | None
    poster_url: str | None
    size_on_disk: int | None
    added: datetime | None
    profile_id: int | None = None
    last_search: datetime | None = None


class RadarrClient(DeletingArrClient):
    """Radarr v4 to v6."""

    app_name: ClassVar[str] = "Radarr"
    title_key: ClassVar[str] = "movieId"
    unknown_items_key: ClassVar[str] = "includeUnknownMovieItems"
    removable: ClassVar[frozenset[TargetKind]] = frozenset(
        {
            TargetKind.MOVIE,
            TargetKind.MOVIE_FILE,
            TargetKind.MONITORED_MOVIE,
        }
    )

    async def movie(self, movie_id: int) -> Movie | None:
        """Return one film, None when Radarr does not have it."""
        try:
            raw = await self._get_object(f"{_MOVIE}/{safe_number(movie_id)}")
        except NotFound:
            return None
        return _movie(raw)

    async def movies(self, wanted: Collection[int] | None = None) -> list[Movie]:
        """Return all films, or those with the wanted ids, in one call."""
        if wanted is not None and not wanted:
            return []
        ids = None if wanted is None else frozenset(wanted)
        return await self._get_projected(
            _MOVIE, _movie, query={"excludeLocalCovers": "true"}, wanted=ids
        )

    async def movie_rows[T](self, build: Callable[[JsonValue], T]) -> ListPart[T]:
        """Return what `build` (in a worker thread) makes of every film, usable or not."""
        return await self._get_list(_MOVIE, build, query={"excludeLocalCovers": "true"})

    async def movie_by_tmdb(self, tmdb_id: int) -> Movie | None:
        """Return the film with exactly this TMDB id, None when Radarr does not have it."""
        query = {"tmdbId": safe_number(tmdb_id), "excludeLocalCovers": "true"}
        for movie in await self._get_projected(_MOVIE, _movie, query=query):
            # An unknown parameter would be ignored and answered with the whole library.
            if movie.tmdb_id == tmdb_id:
                return movie
        return None

    async def search(self, movie_id: int) -> None:
        """Have one film searched for."""
        await self.command("MoviesSearch", movieIds=[int(safe_number(movie_id))])

    async def candidates(self, movie_id: int) -> list[Candidate]:
        """Return what the indexers have for one film, and why it is not taken; this is slow."""
        return await self._candidates(movieId=safe_number(movie_id))

    async def rescan(self, movie_id: int) -> None:
        """Have the folder of one film looked through."""
        await self.command("RescanMovie", movieId=int(safe_number(movie_id)))

    async def movie_files(self, movie_id: int) -> list[MediaFile]:
        """Return the files of one film; none when Radarr does not have it."""
        rows = await self._get_objects("api/v3/moviefile", {"movieId": safe_number(movie_id)})
        files = (media_file(row) for row in rows if as_id(row.get("movieId")) == movie_id)
        return [file for file in files if file is not None]

    async def delete_movie(
        self, permit: Permit, movie_id: int, *, delete_files: bool, add_import_exclusion: bool
    ) -> None:
        """Delete one film, with or without its folder; NotFound when it is gone already.

        The files go after the answer, or stay without a word when another film's folder overlaps.
        """
        query = {
            "deleteFiles": "true" if delete_files else "false",
            "addImportExclusion": "true" if add_import_exclusion else "false",
        }
        kind = TargetKind.MOVIE
        try:
            await self._remove(permit, kind, "movie", movie_id, files=delete_files, query=query)
        except Refused:
            if await self.movie(movie_id) is None:
                raise NotFound("not found") from None
            raise

    async def delete_movie_file(self, permit: Permit, file_id: int) -> None:
        """Delete one file from the disk; RootFolderTrouble while the root folder is not there."""
        await self._remove(permit, TargetKind.MOVIE_FILE, "moviefile", file_id, files=True)

    async def unmonitor_movie(self, permit: Permit, movie_id: int) -> None:
        """Have one film not looked for any more."""
        number = int(safe_number(movie_id))
        target = Target(kind=TargetKind.MONITORED_MOVIE, id=str(number))
        body: JsonObject = {"movieIds": [number], "monitored": False}
        await self._unmonitor(permit, "PUT", "movie/editor", body, (target,))


def _movie(raw: JsonObject) -> Movie | None:
    """Build a film; None without an id."""
    number = as_id(raw.get("id"))
    if number is None:
        return None
    file = media_file(raw.get("movieFile"))
    has_file = has_media_file(raw, "movieFileId", is_listed=file is not None)
    return Movie(
        id=number,
        title=as_text(raw.get("title")),
        original_title=as_str(raw.get("originalTitle")),
        year=as_id(raw.get("year")),
        tmdb_id=as_id(raw.get("tmdbId")),
        imdb_id=as_str(raw.get("imdbId")),
        monitored=as_bool(raw.get("monitored")),
        has_file=has_file,
        is_available=as_bool(raw.get("isAvailable")),
        status=as_text(raw.get("status")),
        minimum_availability=as_text(raw.get("minimumAvailability")),
        in_cinemas=as_datetime(raw.get("inCinemas")),
        digital_release=as_datetime(raw.get("digitalRelease")),
        physical_release=as_datetime(raw.get("physicalRelease")),
        path=as_str(raw.get("path")),
        root_folder=as_str(raw.get("rootFolderPath")),
        tag_ids=as_ids(raw.get("tags")),
        genres=as_texts(raw.get("genres")),
        original_language=language_name(raw),
        file=file,
        poster_url=poster(raw),
        size_on_disk=as_int(raw.get("sizeOnDisk")),
        added=as_datetime(raw.get("added")),
        profile_id=as_id(raw.get("qualityProfileId")),
        last_search=as_datetime(raw.get("lastSearchTime")),
    )
