"""Walk through ended requests in the journal, and fill what is missing of their names."""

from collections.abc import Mapping
from functools import partial
import sqlite3

from .journal_library import LibraryRows, transaction
from .journal_rows import read_request, request_row, text
from .lifecycle.fill import Filling, fill
from .lifecycle.request import Request

_PAGE = 200  # requests that are read at once
_READ_ENDED = """SELECT id, stage, document, status FROM requests
WHERE open = 0 AND id > ? ORDER BY id LIMIT ?"""
_READ_ONE = "SELECT stage, document, status FROM requests WHERE id = ? AND open = 0"
_SAVE_NAMES = """UPDATE requests SET title = ?, title_search = ?, year = ?, document = ?
WHERE id = ? AND open = 0"""
_SAVE_KEY = """INSERT INTO request_keys (request_id, connection_id, service_id) VALUES (?, ?, ?)
ON CONFLICT DO NOTHING"""
_READ_KEYS = "SELECT connection_id, service_id FROM request_keys"


async def seerr_keys(rows: LibraryRows, connections: frozenset[str]) -> set[tuple[str, str]]:
    """Return which of these connections' own numbers requests have, open or ended."""
    return await rows.read(
        lambda connection: {key for key in connection.execute(_READ_KEYS) if key[0] in connections}
    )


async def ended(rows: LibraryRows, after: str) -> tuple[list[Request], str | None]:
    """Return some ended requests behind an id, without facts, and where the next ones begin."""
    return await rows.read(partial(_read_ended, after=after))


async def fill_ended(rows: LibraryRows, fillings: Mapping[str, Filling]) -> set[str]:
    """Fill ended requests, and return which ones lacked something; the rest stays as it is."""
    return await rows.read(partial(_fill, fillings=fillings)) if fillings else set()


def _read_ended(connection: sqlite3.Connection, *, after: str) -> tuple[list[Request], str | None]:
    found = connection.execute(_READ_ENDED, (after, _PAGE)).fetchall()
    requests = [request for _, *row in found if (request := read_request(row)) is not None]
    return requests, found[-1][0] if found else None


def _fill(connection: sqlite3.Connection, *, fillings: Mapping[str, Filling]) -> set[str]:
    """Read, fill and write in one piece: nobody changes a request in between."""
    filled: set[str] = set()
    with transaction(connection):
        for request_id, filling in fillings.items():
            row = connection.execute(_READ_ONE, (request_id,)).fetchone()
            request = None if row is None else read_request(row)
            if request is None or not fill(request, filling):
                continue
            filled.add(request_id)
            _save(connection, request)
    return filled


def _save(connection: sqlite3.Connection, request: Request) -> None:
    names = dict(zip(_COLUMNS, request_row(request), strict=True))
    connection.execute(
        _SAVE_NAMES,
        (names["title"], names["title_search"], names["year"], names["document"], request.id),
    )
    connection.executemany(
        _SAVE_KEY, [(request.id, text(key), text(own)) for key, own in request.service_ids.items()]
    )


# As `request_row` has them.
_COLUMNS = (
    "id",
    "open",
    "media_type",
    "origin",
    "title",
    "title_search",
    "year",
    "requested_by",
    "is_4k",
    "stage",
    "stage_since",
    "opened_at",
    "ended_at",
    "available_at",
    "document",
    "status",
)
