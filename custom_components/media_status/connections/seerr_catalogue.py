"""Tell the library what Seerr believes to be there."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial

from ..clients.long_list import ListPart
from ..clients.readers import as_dict
from ..clients.seerr import SeerrClient
from ..lifecycle.library import CataloguePage
from .base import CatalogueTask
from .catalogue import PAGE_SIZE, Gatherer, Row
from .seerr_catalogue_rows import RequestRow, Wishes, media_row, request_row
from .steady_list import Keyed, Part, Place, SteadyList

# No order of Seerr's tells what changed, so all is read again, then in as few calls as it takes.
_MANY = 10_000
_NEWEST = 100


class SeerrCatalogue:
    """Read all requests, which no title names, and then all titles."""

    def __init__(self, client: SeerrClient) -> None:
        """Initialize with the client."""
        self._client = client
        self._wishes: Wishes | None = None  # of the last complete read of requests

    async def pages(self, task: CatalogueTask) -> AsyncGenerator[CataloguePage]:
        """Yield all titles with the numbers of their requests."""
        place = Place.load(as_dict((task.resume or {}).get("place")))
        task.is_full = True
        task.cursor = {}
        self._wishes = await self._read_wishes()
        size = _MANY if task.since else PAGE_SIZE
        gatherer = Gatherer(place.done)
        read = partial(self._read_media, self._wishes)
        async with aclosing(SteadyList(read, size).stretches(place)) as stretches:
            async for stretch in stretches:
                before = task.cursor
                for start in range(0, len(stretch.rows), PAGE_SIZE) or (0,):
                    gatherer.take(stretch.rows[start : start + PAGE_SIZE])
                    is_last = start + PAGE_SIZE >= len(stretch.rows)
                    task.cursor = {"place": stretch.place.dump()} if is_last else before
                    yield gatherer.page(stretch.total)
        task.cursor = {"full_at": task.now.isoformat()}

    async def _read_wishes(self) -> Wishes:
        """Return the numbers of all requests by title; mostly only the newest are to be read."""
        if self._wishes is not None:
            newest = await self._client.request_rows(request_row, take=_NEWEST, skip=0)
            if (found := self._wishes.grown(newest.rows, newest.total)) is not None:
                return found
        rows: list[RequestRow] = []
        total = 0
        async with aclosing(SteadyList(self._read_requests).stretches(Place())) as stretches:
            async for stretch in stretches:
                rows += stretch.rows
                total = stretch.total
        # Of years there may be tens of thousands.
        return await asyncio.to_thread(Wishes.of, rows, total)

    async def _read_requests(self, start: int, limit: int) -> Part[RequestRow]:
        part = await self._client.request_rows(request_row, take=limit, skip=start)
        return _part(part, start)

    async def _read_media(self, wishes: Wishes, start: int, limit: int) -> Part[Row]:
        build = partial(media_row, wishes)
        return _part(await self._client.media_rows(build, take=limit, skip=start), start)


def _part[R: Keyed](part: ListPart[R], start: int) -> Part[R]:
    return Part(start=start, rows=part.rows, total=part.total, server_time=part.server_time)
