"""Read the journal: through which stages the requests went that have ended, and when."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
import sqlite3

from .journal_rows import loads
from .lifecycle.codec import decode_time
from .lifecycle.habits import Life
from .lifecycle.model import MediaType, Stage

# Older habits are others: people move, and so do disks and lines.
MOST_LIVES = 1000

_READ = """SELECT r.id, r.media_type, r.opened_at, t.at, t.details
FROM (
    SELECT id, media_type, opened_at, ended_at FROM requests
    WHERE open = 0 ORDER BY ended_at DESC, id LIMIT ?
) r JOIN timeline t ON t.request_id = r.id
WHERE t.code = 'stage' ORDER BY r.ended_at, r.id, t.id"""

_COUNT = """SELECT
    (SELECT count(*) FROM requests WHERE open = 0),
    (SELECT count(*) FROM requests WHERE available_at IS NOT NULL AND open = 0),
    (SELECT count(*) FROM requests WHERE available_at IS NOT NULL)
        + (SELECT count(*) FROM forgotten WHERE available_at IS NOT NULL),
    (SELECT count(*) FROM timeline WHERE code = 'healed')"""

type _Row = tuple[str, str, str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """How the requests of all time ended."""

    ended: int = 0
    available: int = 0  # of those that ended
    completed: int = 0  # that became available, also if they go on or were forgotten since
    healed: int = 0  # how often one was stuck and went on


def read_past(connection: sqlite3.Connection) -> tuple[list[Life], Totals]:
    """Return the lives of the requests that ended last, and how all of them ended."""
    ended, available, completed, healed = connection.execute(_COUNT).fetchone()
    totals = Totals(ended=ended, available=available, completed=completed, healed=healed)
    return read_lives(connection), totals


def read_lives(connection: sqlite3.Connection, limit: int = MOST_LIVES) -> list[Life]:
    """Return the lives of the requests that ended last, in order; unreadable ones are left out."""
    rows: Iterable[_Row] = connection.execute(_READ, (limit,))
    found = (_life(list(group)) for _, group in groupby(rows, key=lambda row: row[0]))
    return [life for life in found if life is not None]


def _life(rows: list[_Row]) -> Life | None:
    stages = tuple(_stages(rows))
    with suppress(ValueError):
        media_type = MediaType(rows[0][1])
        if len(stages) > 1:
            is_anime = any(stage is Stage.ANIME_MATCHING for stage, _ in stages)
            return Life(media_type=media_type, is_anime=is_anime, stages=stages)
    return None


def _stages(rows: list[_Row]) -> Iterator[tuple[Stage, datetime]]:
    """Yield the stages in order; a changed clock never makes a stage end before it began."""
    latest: datetime | None = None
    for number, (_, _, opened_at, at, details) in enumerate(rows):
        words = loads(details)
        if not isinstance(words, dict):
            continue
        with suppress(ValueError):
            moment = decode_time(at)
            if number == 0:
                latest = decode_time(opened_at)
                yield Stage(str(words.get("before"))), latest
            latest = moment if latest is None else max(latest, moment)
            yield Stage(str(words.get("stage"))), latest
