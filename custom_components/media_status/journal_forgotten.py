"""Remove requests from the journal; keep of them what keeps them from being opened anew."""

from collections.abc import Iterator
from datetime import datetime
import sqlite3

from .journal_rows import Statement, dumps, loads
from .lifecycle.codec import decode_request, encode_request, encode_time
from .lifecycle.request import Request

# Everything that belongs to a request goes with its row.
_DELETE = "DELETE FROM requests WHERE id = ?"
_KEEP = """INSERT INTO forgotten (request_id, forgotten_at, available_at, document)
VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"""
_READ = "SELECT document FROM forgotten ORDER BY forgotten_at, request_id"


def forgetting(left: Request, now: datetime) -> Iterator[Statement]:
    """Yield what removes a request and keeps what is left of it (see `Tracker.forget`)."""
    available_at = None if left.available_at is None else encode_time(left.available_at)
    yield Statement(_DELETE, [(left.id,)])
    yield Statement(_KEEP, [(left.id, encode_time(now), available_at, dumps(encode_request(left)))])


def read_forgotten(connection: sqlite3.Connection) -> list[Request]:
    """Return what is left of the requests that were removed, in the order in which they were."""
    found = (decode_request(loads(document)) for (document,) in connection.execute(_READ))
    return [left for left in found if left is not None]
