"""Get a film moving that waits in Radarr."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import override

from ..clients.radarr import Movie, RadarrClient
from ..lifecycle.model import MOVIE
from .arr_downloads import Record
from .arr_retry import ArrRetry, Look, Part, Step, search_step
from .base import WantedTitle


class RadarrRetry(ArrRetry[RadarrClient, Movie]):
    """What one Radarr can do for a film."""

    @override
    async def _parts(self, title: Movie, wanted: WantedTitle) -> Sequence[Part]:
        """Return the film, unless it is there, out of reach or not wanted."""
        if title.monitored is not True or title.has_file is not False:
            return ()
        if title.is_available is False:
            return ()  # the search would find nothing that is wanted
        return (Part(own_id=title.id, item=MOVIE, stage=wanted.stage),)

    @override
    def _own_id(self, record: Record) -> int | None:
        """Return the film's id."""
        return record.title_id

    @override
    def _searches(self, title: Movie, sought: Sequence[Part]) -> Iterator[Step]:
        """Yield the search for the film."""
        look = Look(parts=sought, run=partial(self._client.candidates, title.id))
        yield search_step(title, sought, partial(self._client.search, title.id), look)

    @override
    async def _rescan(self, title: Movie) -> None:
        """Have the film's folder looked through."""
        await self._client.rescan(title.id)
