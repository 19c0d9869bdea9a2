"""Tell the library what films Radarr has."""

from collections.abc import AsyncGenerator

from ..clients.arr_models import has_media_file, media_file
from ..clients.radarr import RadarrClient
from ..clients.readers import JsonObject, JsonValue, as_id, as_objects
from ..lifecycle.library import CataloguePage, EntryKind, LibraryEntry
from ..lifecycle.model import MOVIE, ProviderIds
from .arr_words import joined_path
from .base import CatalogueTask
from .catalogue import Gatherer, Reading, Row, size_of, usable
from .text import path_text, title_text


class RadarrCatalogue:
    """Read all films in one call: no history tells which ones were added or deleted."""

    def __init__(self, client: RadarrClient) -> None:
        """Initialize with the client."""
        self._client = client

    async def pages(self, task: CatalogueTask) -> AsyncGenerator[CataloguePage]:
        """Yield all films."""
        task.is_full = True
        task.cursor = {}
        part = await self._client.movie_rows(movie_row)
        for page in Gatherer().pages(usable(part.rows), len(part.rows)):
            yield page


def movie_row(raw: JsonValue) -> Row:
    """Return what Radarr says about a film."""
    reading = Reading(raw, "a film")
    movie = reading.raw
    number = as_id(movie.get("id"))
    title = title_text(movie.get("title"))
    reading.called(title, number)
    if number is None:
        return reading.unusable("it has no id")
    file = media_file(movie.get("movieFile"))
    path = None
    if file is not None:
        below = joined_path(path_text(movie.get("path")), path_text(file.relative_path))
        path = path_text(file.path) or below
    return reading.row(
        LibraryEntry(
            kind=EntryKind.MOVIE,
            own_id=str(number),
            item=MOVIE,
            ids=ProviderIds(
                tmdb=reading.number(movie.get("tmdbId"), "TMDB"),
                imdb=reading.imdb(movie.get("imdbId")),
            ),
            title=title,
            year=as_id(movie.get("year")),
            path=path,
            size=size_of(file.size if file is not None else movie.get("sizeOnDisk")),
            present=has_media_file(movie, "movieFileId", is_listed=file is not None),
            poster=poster_of(movie, number),
        )
    )


def poster_of(raw: JsonObject, number: int) -> str | None:
    """Return where Radarr or Sonarr itself has the poster of a title, below its own address."""
    kinds = {image.get("coverType") for image in as_objects(raw.get("images"))}
    return f"MediaCover/{number}/poster.jpg" if "poster" in kinds else None
