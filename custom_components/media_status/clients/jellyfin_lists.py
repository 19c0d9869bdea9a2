"""Read all items of a Jellyfin in long pages."""

from collections.abc import Callable, Collection
from datetime import UTC, datetime

from .base import BaseClient
from .long_list import ListPart
from .readers import JsonValue

# Version 10.11 was seen to take 50 s for a page of a large library.
_SLOW_PAGE_TIMEOUT = 300.0


class ItemListClient(BaseClient):
    """The part of a Jellyfin client that reads everything there is."""

    async def item_rows[T](
        self,
        build: Callable[[JsonValue], T],
        *,
        types: Collection[str],
        start: int,
        limit: int,
        changed_since: datetime | None = None,
        fields: Collection[str] = (),
    ) -> ListPart[T]:
        """Return what `build` (in a worker thread) makes of a page of items, usable or not."""
        query = item_query(types, fields, changed_since) | {
            "sortBy": "DateCreated,SortName",
            "startIndex": str(start),
            "limit": str(limit),
        }
        return await self._get_list(
            "Items",
            build,
            query=query,
            member="Items",
            total=("TotalRecordCount",),
            timeout=_SLOW_PAGE_TIMEOUT,
        )


def item_query(
    types: Collection[str], fields: Collection[str], changed_since: datetime | None
) -> dict[str, str]:
    """Return what a list of items of the whole library is asked with."""
    query = {
        "recursive": "true",
        "includeItemTypes": ",".join(types),
        "fields": ",".join(fields),
        "enableImages": "false",
        "enableUserData": "false",
        "isMissing": "false",
    }
    if changed_since is not None:
        query["minDateLastSaved"] = changed_since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return query
