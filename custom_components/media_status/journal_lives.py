"""Read the journal: through which stages the requests went that have ended, and when."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
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

type _Row = tuple[str, str, str, str, str]


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
