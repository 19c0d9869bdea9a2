"""Tell the library what Jellyfin has, and what of it can be played."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime, timedelta
from functools import partial

from ..clients.errors import BadAnswer
from ..clients.jellyfin import JellyfinClient
from ..clients.jellyfin_models import hex_id
from ..clients.readers import JsonObject, JsonValue, as_datetime, as_dict, as_int, as_str
from ..lifecycle.library import CataloguePage
from .base import CatalogueTask
from .catalogue import PAGE_SIZE, Gatherer, Row, changes_since, is_older
from .jellyfin_catalogue_rows import item_row
from .jellyfin_index import MOVIE_TYPE, SERIES_TYPE
from .jellyfin_shoko import EPISODE_TYPE
from .steady_list import Part, Place, SteadyList, Stretch

_ALL_AGAIN = timedelta(days=30)
_TYPES = (MOVIE_TYPE, SERIES_TYPE, EPISODE_TYPE)
# No MediaSources: they cost the server a query per item, and a path tells what can be played.
_FIELDS = ("ProviderIds", "Path", "OriginalTitle")
# Without any field an item is short, and a slow server is slow per page, not per item.
_IDS_AT_ONCE = 100_000
# More than this share of a library is read as a whole: a scan has saved all metadata anew.
_FLOOD = 0.5
_NAME_TRIES = 3


class JellyfinCatalogue:
    """Read all items in long pages, or what was saved since, and what is not there any more.

    Items are in the order of their files' age, which no scan changes.
    """

    def __init__(self, client: JellyfinClient) -> None:
        """Initialize with the client."""
        self._client = client

    async def pages(self, task: CatalogueTask) -> AsyncGenerator[CataloguePage]:
        """Yield everything, or what has changed since the last complete read."""
        place = Place.load(as_dict((task.resume or {}).get("place")))
        since = task.since or {}
        begin = as_datetime(since.get("since"))
        task.is_full = True
        if (
            begin is not None
            and place.last is None
            and not is_older(since.get("full_at"), task.now, _ALL_AGAIN)
        ):
            changes = SteadyList(partial(self._read, changed_since=begin))
            async with aclosing(changes.stretches(Place())) as stretches:
                first = await anext(stretches)
                task.is_full = first.total > _flood(as_int(since.get("count")))
                if not task.is_full:
                    reading = self._changes(task, since, first, stretches)
                    async with aclosing(reading) as pages:
                        async for page in pages:
                            yield page
        if task.is_full:
            async with aclosing(self._all(task, place)) as pages:
                async for page in pages:
                    yield page

    async def _all(self, task: CatalogueTask, place: Place) -> AsyncGenerator[CataloguePage]:
        """Yield all items behind a place."""
        since = as_datetime((task.resume or {}).get("since")) if place.last is not None else None
        gatherer = Gatherer(place.done)
        total = 0
        task.cursor = {}
        async with aclosing(SteadyList(self._read).stretches(place)) as stretches:
            async for stretch in stretches:
                since = since or changes_since(stretch.server_time, task.now)
                total = stretch.total
                gatherer.take(stretch.rows)
                task.cursor = {"since": since.isoformat(), "place": stretch.place.dump()}
                yield gatherer.page(total)
        task.cursor = _complete(since or task.now, total, task.now.isoformat())

    async def _changes(
        self,
        task: CatalogueTask,
        since: JsonObject,
        first: Stretch[Row],
        others: AsyncGenerator[Stretch[Row]],
    ) -> AsyncGenerator[CataloguePage]:
        """Yield what was saved, then all ids if something may be gone."""
        task.cursor = {}
        gatherer = Gatherer()
        gatherer.take(first.rows)
        if not gatherer.is_empty:
            yield gatherer.page(first.total)
        async for stretch in others:
            gatherer.take(stretch.rows)
            yield gatherer.page(stretch.total)
        count = as_int(since.get("count"))
        # One that came and one that went leave the count as it was.
        if first.total or await self._client.item_count(_TYPES) != count:
            names = await self._names()
            # Unless all can be read, what is missing may be one that cannot.
            count = len(names) if names is not None else None
            if names is not None:
                yield gatherer.page(None, only=names)
        begin = changes_since(first.server_time, task.now)
        task.cursor = _complete(begin, count, as_str(since.get("full_at")))

    async def _read(
        self, start: int, limit: int, *, changed_since: datetime | None = None
    ) -> Part[Row]:
        part = await self._client.item_rows(
            item_row,
            types=_TYPES,
            start=start,
            limit=limit,
            changed_since=changed_since,
            fields=_FIELDS,
        )
        return Part(start=start, rows=part.rows, total=part.total, server_time=part.server_time)

    async def _names(self) -> frozenset[str] | None:
        """Return the ids of all items, in one call for most libraries; None if some are unreadable.

        A list that changes between two pages is read again.
        """
        for _ in range(_NAME_TRIES):
            found: set[str] = set()
            start, total = 0, 1
            while start < total:
                part = await self._client.item_rows(
                    partial(_note, found), types=_TYPES, start=start, limit=_IDS_AT_ONCE
                )
                if part.total is None or (start and part.total != total):
                    break
                start, total = start + len(part.rows), part.total
                if not part.rows and start < total:
                    raise BadAnswer("the list is cut off")
            else:
                if start == total:
                    # Copied in a thread: there may be a hundred thousand.
                    return await asyncio.to_thread(_all_of, found, total)
        raise BadAnswer("the list kept changing while it was read")


def _note(found: set[str], raw: JsonValue) -> None:
    """Note the id of an item; runs in a worker thread."""
    if (own_id := hex_id(as_dict(raw).get("Id"))) is not None:
        found.add(own_id)


def _all_of(found: set[str], total: int) -> frozenset[str] | None:
    return frozenset(found) if len(found) == total else None


def _flood(count: int | None) -> float:
    """Return how many changed items are too many to be read as changes."""
    return max(_FLOOD * (count or 0), PAGE_SIZE)


def _complete(since: datetime, count: int | None, full_at: str | None) -> JsonObject:
    """Return what a complete read leaves for the next one."""
    return {"since": since.isoformat(), "count": count, "full_at": full_at}
