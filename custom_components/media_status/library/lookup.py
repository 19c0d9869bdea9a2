"""Answer "do we have it?" by a few index look-ups, however large the library is."""

from functools import partial
import sqlite3
from typing import Final

from ..journal_library import LibraryRows
from ..lifecycle.library import Source
from ..lifecycle.model import MediaType, ProviderIds, Service
from .index import TitleEntry

MOST: Final = 50
_COLUMNS = """s.connection_id, s.service, e.own_id, e.tmdb, e.tvdb, e.imdb, e.title, e.year,
    e.present, e.source"""
_BY_NUMBER = {
    name: f"""SELECT {_COLUMNS} FROM library_entries e INDEXED BY library_{name}
CROSS JOIN library_sources s ON s.id = e.source
WHERE e.{name} = ? AND e.series_id IS NULL AND e.kind = ? LIMIT {MOST}"""  # noqa: S608 - only names of columns
    for name in ("tmdb", "tvdb", "imdb")
}
_HAS_EPISODES = """SELECT EXISTS (SELECT 1 FROM library_entries INDEXED BY library_series
WHERE source = ? AND series_id = ? AND present = 1)"""


async def look_up(rows: LibraryRows, media_type: MediaType, ids: ProviderIds) -> list[TitleEntry]:
    """Return who has a title: by these ids, and by those that its finders add; or JournalError."""
    return await rows.read(partial(_look_up, media_type=media_type, ids=ids))


def _look_up(
    connection: sqlite3.Connection, *, media_type: MediaType, ids: ProviderIds
) -> list[TitleEntry]:
    found: dict[Source, TitleEntry] = {}
    waiting, seen = list(_pairs(media_type, ids)), set()
    while waiting and len(found) < MOST:
        pair = waiting.pop()
        if pair in seen:
            continue
        seen.add(pair)
        name, value = pair
        for row in connection.execute(_BY_NUMBER[name], (value, media_type.value)).fetchall():
            entry = _entry(connection, media_type, row)
            if entry is not None and entry.source not in found:
                found[entry.source] = entry
                waiting += _pairs(media_type, entry.ids)
    return list(found.values())


def _pairs(media_type: MediaType, ids: ProviderIds) -> list[tuple[str, str]]:
    """Return the ids that mean something; TVDB's numbers of films do not."""
    is_film = media_type is MediaType.MOVIE
    return [pair for pair in ids.pairs() if not (is_film and pair[0] == "tvdb")]


def _entry(
    connection: sqlite3.Connection, media_type: MediaType, row: tuple[object, ...]
) -> TitleEntry | None:
    key, service, own_id, tmdb, tvdb, imdb, title, year, present, source = row
    if service not in set(Service):
        return None
    count = 1 if present else 0
    if media_type is MediaType.SERIES and service != Service.SEERR:
        (count,) = connection.execute(_HAS_EPISODES, (source, own_id)).fetchone()
    return TitleEntry(
        source=Source(str(key), Service(str(service)), str(own_id)),
        media_type=media_type,
        ids=ProviderIds(
            tmdb=tmdb if isinstance(tmdb, int) else None,
            tvdb=tvdb if isinstance(tvdb, int) and media_type is MediaType.SERIES else None,
            imdb=imdb if isinstance(imdb, str) else None,
        ),
        title=None if title is None else str(title),
        year=year if isinstance(year, int) else None,
        count=count,
    )
