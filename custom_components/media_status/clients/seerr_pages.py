"""Read Seerr's lists of requests page by page, never with a hole between two pages."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from .errors import BadAnswer
from .readers import JsonValue, as_dict, as_id

_TAKE: Final = 1000  # Seerr knows no maximum
_TAKE_NEWEST: Final = 100
_READ_TRIES: Final = 3
_MAX_PAGES: Final = 1000
_MAX_NEWEST_PAGES: Final = 20

type Page = tuple[int, list[JsonValue]]  # how many there are in all, and some of them
type ReadPage = Callable[[int, int], Awaitable[Page]]  # asked with take and skip


async def read_all(read_page: ReadPage) -> list[JsonValue]:
    """Return all rows of a list, never a part of them."""
    return await _steady(read_page, _TAKE, lambda pages, ids: False)


async def read_newest(read_page: ReadPage, last_id: int | None) -> list[JsonValue]:
    """Return the first page of a list whose newest come first, and what is newer than an id."""

    def is_enough(pages: int, ids: set[int]) -> bool:
        if last_id is None or pages >= _MAX_NEWEST_PAGES:
            return True
        return bool(ids) and min(ids) <= last_id

    return await _steady(read_page, _TAKE_NEWEST, is_enough)


def merged(rows: Iterable[JsonValue]) -> list[JsonValue]:
    """Return the rows of several lists with each id once, as it was read last."""
    known: dict[int, JsonValue] = {}
    nameless: list[JsonValue] = []
    for row in rows:
        if (key := _id(row)) is None:
            nameless.append(row)
        else:
            known[key] = row
    return [*known.values(), *nameless]


async def _steady(
    read_page: ReadPage, take: int, is_enough: Callable[[int, set[int]], bool]
) -> list[JsonValue]:
    for _ in range(_READ_TRIES):
        rows = await _rows(read_page, take, is_enough)
        if rows is not None:
            return rows
    raise BadAnswer("the requests kept changing while they were read")


async def _rows(
    read_page: ReadPage, take: int, is_enough: Callable[[int, set[int]], bool]
) -> list[JsonValue] | None:
    """Read the pages; None when the list changed between two of them."""
    rows: list[JsonValue] = []
    seen: set[int] = set()
    total: int | None = None
    for pages in range(1, _MAX_PAGES + 1):
        count, page = await read_page(take, len(rows))
        ids = {key for row in page if (key := _id(row)) is not None}
        if (total is not None and count != total) or ids & seen:
            return None
        total = count
        seen |= ids
        rows += page
        if len(rows) >= total:
            return rows
        if not page:
            return None
        if is_enough(pages, ids):
            return rows
    raise BadAnswer("the list of requests has too many pages")


def _id(row: JsonValue) -> int | None:
    return as_id(as_dict(row).get("id"))
