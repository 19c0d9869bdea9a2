"""Understand Radarr: films."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
import time
from typing import ClassVar, override

from ..clients.radarr import Movie, RadarrClient
from ..clients.readers import as_dict
from ..lifecycle.facts import Origin
from ..lifecycle.library import CataloguePage
from ..lifecycle.model import MOVIE, ItemKey, JsonObject, MediaType, Service, TitleRef
from .arr import ArrConnection
from .arr_census import CountedArr, FilmCensus
from .arr_deletion import RadarrDeletion
from .arr_downloads import Download
from .arr_items import Items, MovieItems
from .arr_push import ArrPush
from .arr_round import Round
from .arr_shelf import MovieShelf
from .arr_words import picture_url
from .base import CatalogueTask
from .cooldown import Cooldown
from .radarr_catalogue import RadarrCatalogue
from .radarr_retry import RadarrRetry
from .text import title_text


class RadarrPush(ArrPush):
    """Translate Radarr's webhook bodies."""

    media_type: ClassVar[MediaType] = MediaType.MOVIE
    service: ClassVar[Service] = Service.RADARR
    title_member: ClassVar[str] = "movie"
    folder_member: ClassVar[str] = "folderPath"
    file_member: ClassVar[str] = "movieFile"
    renamed_member: ClassVar[str] = "renamedMovieFiles"
    own_events: ClassVar[Mapping[str, str]] = {
        "added": "movieadded",
        "deleted": "moviedelete",
        "file deleted": "moviefiledelete",
    }

    @override
    def items(self, payload: JsonObject) -> tuple[ItemKey, ...]:
        """Return the film, if the body names one."""
        return (MOVIE,) if self.title(payload) is not None else ()

    @override
    def files(self, payload: JsonObject) -> dict[ItemKey, JsonObject]:
        """Return the film's new file."""
        file = as_dict(payload.get(self.file_member))
        return {MOVIE: file} if file and self.items(payload) else {}

    @override
    def renamed(self, file: JsonObject) -> tuple[ItemKey, ...]:
        """Return the film: Radarr keeps one file for it."""
        return (MOVIE,)


class RadarrConnection(CountedArr, ArrConnection[RadarrClient, Movie]):
    """One Radarr."""

    service: ClassVar[Service] = Service.RADARR
    origin: ClassVar[Origin] = Origin.RADARR

    def __init__(
        self,
        connection_id: str,
        client: RadarrClient,
        *,
        serves_4k: bool = False,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Initialize with the subentry's id and the client."""
        shelf = MovieShelf(client)
        super().__init__(
            connection_id,
            client,
            shelf=shelf,
            deletion=RadarrDeletion(connection_id, client, shelf),
            push=RadarrPush(connection_id),
            retry=RadarrRetry(client, Cooldown(monotonic)),
            serves_4k=serves_4k,
        )
        self._catalogue = RadarrCatalogue(client)
        self._count = FilmCensus(client, shelf)

    @override
    def catalogue(self, task: CatalogueTask) -> AsyncIterator[CataloguePage]:
        """Yield all films."""
        return self._catalogue.pages(task)

    @override
    async def _read_items(self, round_: Round[Movie], judged: Sequence[Download]) -> Items[Movie]:
        """Return the films that were read: nothing more is to be."""
        return MovieItems(round_.found.read)

    @override
    def _ref(self, title: Movie) -> TitleRef:
        """Return how Radarr names a film."""
        return TitleRef(
            media_type=MediaType.MOVIE,
            ids=self._shelf.ids(title),
            service_id=str(title.id),
            title=title_text(title.title),
            original_title=title_text(title.original_title),
            year=title.year,
            poster_url=picture_url(title.poster_url),
        )

    @override
    def _series_type(self, title: Movie) -> str | None:
        """Return None: Radarr knows no kinds of film."""
        return None
