"""Understand Sonarr: series, seasons, episodes."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
import time
from typing import ClassVar, override

from ..clients.readers import as_dict, as_int, as_objects, as_str
from ..clients.sonarr import Series, SonarrClient
from ..lifecycle.facts import Origin
from ..lifecycle.library import CataloguePage
from ..lifecycle.model import ItemKey, JsonObject, MediaType, Service, TitleRef
from .arr import ArrConnection
from .arr_census import CountedArr, SeriesCensus
from .arr_deletion import SonarrDeletion
from .arr_downloads import Download
from .arr_episodes import EpisodeWatch
from .arr_files import numbered_items, paired
from .arr_items import Items
from .arr_push import ArrPush
from .arr_round import Round
from .arr_shelf import SeriesShelf
from .arr_words import picture_url
from .base import CatalogueTask
from .cooldown import Cooldown
from .sonarr_catalogue import SonarrCatalogue
from .sonarr_retry import SonarrRetry
from .text import title_text

_MAX_NUMBER = 100_000
# Far above any real download, and small enough to be read at once.
_MAX_EPISODES = 2000


class SonarrPush(ArrPush):
    """Translate Sonarr's webhook bodies."""

    media_type: ClassVar[MediaType] = MediaType.SERIES
    service: ClassVar[Service] = Service.SONARR
    title_member: ClassVar[str] = "series"
    folder_member: ClassVar[str] = "path"
    file_member: ClassVar[str] = "episodeFile"
    files_member: ClassVar[str] = "episodeFiles"
    renamed_member: ClassVar[str] = "renamedEpisodeFiles"
    own_events: ClassVar[Mapping[str, str]] = {
        "added": "seriesadd",
        "deleted": "seriesdelete",
        "file deleted": "episodefiledelete",
    }

    @override
    def items(self, payload: JsonObject) -> tuple[ItemKey, ...]:
        """Return the episodes of a body."""
        return tuple(item for item, _ in _episodes(payload))

    @override
    def files(self, payload: JsonObject) -> dict[ItemKey, JsonObject]:
        """Return each episode's new file, from a per-file body or from Import Complete."""
        episodes = _episodes(payload)
        single = as_dict(payload.get(self.file_member))
        if single:
            return {item: single for item, _ in episodes}
        return paired(episodes, as_objects(payload.get(self.files_member))[:_MAX_EPISODES])

    @override
    def renamed(self, file: JsonObject) -> tuple[ItemKey, ...]:
        """Return the episodes that the new name carries; the body lists none."""
        return numbered_items(as_str(file.get("relativePath")) or "")


def _episodes(payload: JsonObject) -> tuple[tuple[ItemKey, str | None], ...]:
    """Return the episodes with their air dates, each once."""
    found: dict[ItemKey, str | None] = {}
    for raw in as_objects(payload.get("episodes"))[:_MAX_EPISODES]:
        season, number = as_int(raw.get("seasonNumber")), as_int(raw.get("episodeNumber"))
        if season is None or number is None:
            continue
        if 0 <= season <= _MAX_NUMBER and 0 <= number <= _MAX_NUMBER:
            found.setdefault(ItemKey(season, number), as_str(raw.get("airDate")))
    return tuple(found.items())


class SonarrConnection(CountedArr, ArrConnection[SonarrClient, Series]):
    """One Sonarr."""

    service: ClassVar[Service] = Service.SONARR
    origin: ClassVar[Origin] = Origin.SONARR

    def __init__(
        self,
        connection_id: str,
        client: SonarrClient,
        *,
        serves_4k: bool = False,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Initialize with the subentry's id and the client."""
        shelf = SeriesShelf(client)
        super().__init__(
            connection_id,
            client,
            shelf=shelf,
            deletion=SonarrDeletion(connection_id, client, shelf),
            push=SonarrPush(connection_id),
            retry=SonarrRetry(client, Cooldown(monotonic)),
            serves_4k=serves_4k,
        )
        self._watch = EpisodeWatch(client)
        self._catalogue = SonarrCatalogue(client)
        self._count = SeriesCensus(client, shelf)

    @override
    def catalogue(self, task: CatalogueTask) -> AsyncIterator[CataloguePage]:
        """Yield all series and episodes, or those that changed."""
        return self._catalogue.pages(task)

    @override
    def _forget(self) -> None:
        """Forget the episodes too."""
        super()._forget()
        self._watch.forget()

    @override
    async def _read_items(self, round_: Round[Series], judged: Sequence[Download]) -> Items[Series]:
        """Read the episodes of series that may have changed, and those that downloads name."""
        wanted = {
            series_id: (
                round_.found.by_id[series_id],
                frozenset((title.request_id, title.seasons) for title in titles),
            )
            for series_id, titles in round_.wanted.items()
        }
        queued = frozenset(key for key, one in round_.known.items() if one.queued)
        items = await self._watch.read(wanted, round_.news(), queued, round_.context.now)
        needed = [record for one in round_.needed if one.title_id for record in one.records]
        foreign = [one for one in judged if not round_.is_requested(one, items)]
        files = [record for one in foreign for record in one.records]
        await self._watch.look_up(items, needed, files)
        return items

    @override
    def _ref(self, title: Series) -> TitleRef:
        """Return how Sonarr names a series."""
        return TitleRef(
            media_type=MediaType.SERIES,
            ids=self._shelf.ids(title),
            service_id=str(title.id),
            title=title_text(title.title),
            year=title.year,
            poster_url=picture_url(title.poster_url),
        )

    @override
    def _series_type(self, title: Series) -> str | None:
        """Return Sonarr's kind: standard, daily or anime."""
        return title.series_type
