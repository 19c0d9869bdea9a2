"""Keep the last report of where services disagree, read page by page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
import sqlite3

from .journal_library import PIECE, LibraryRows, transaction
from .journal_rows import dumps, loads
from .lifecycle.codec import decode_time, encode_time
from .lifecycle.model import ItemKey, JsonObject

_READ_PAGE = """SELECT number, code, document FROM library_findings
WHERE report = ? AND number > ? AND (? IS NULL OR code = ?) ORDER BY number LIMIT ?"""
_READ_EPISODES = """SELECT season, number, tvdb, file, present, round, details
FROM library_entries INDEXED BY library_series
WHERE source = ? AND series_id = ? AND kind = 'episode'"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing on which services disagree; its details are JSON."""

    code: str
    details: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFinding:
    """A finding with its place in the report."""

    number: int
    code: str
    details: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPage:
    """A part of the last report, and what is true of the whole of it."""

    made_at: datetime
    summary: JsonObject
    findings: list[StoredFinding]


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """An episode as one service has it."""

    item: ItemKey | None
    tvdb: int | None
    file: str | None
    is_there: bool
    is_unclear: bool
    number_end: int | None = None
    shoko_files: tuple[str, ...] = ()


async def save_report(
    rows: LibraryRows, made_at: datetime, summary: JsonObject, findings: Sequence[Finding]
) -> None:
    """Put a report in the place of the last one; until then the last one is read."""
    number = await rows.read(_next_report)
    for start in range(0, len(findings), PIECE):
        piece = findings[start : start + PIECE]
        await rows.read(partial(_save_findings, report=number, start=start, findings=piece))
    await rows.read(partial(_save_report, number=number, made_at=made_at, summary=summary))
    while await rows.read(partial(_drop_findings, report=number)):
        pass


async def read_report(
    rows: LibraryRows, *, code: str | None, after: int, limit: int
) -> ReportPage | None:
    """Return a page of the last report; None before the first."""
    return await rows.read(partial(_read_report, code=code, after=after, limit=limit))


async def read_episodes(
    rows: LibraryRows, source: int, current: int, series_id: str
) -> list[Episode]:
    """Return the episodes that a source has of a series; `current` is the source's round."""
    return await rows.read(
        partial(_read_series, source=source, current=current, series_id=series_id)
    )


async def read_paths(rows: LibraryRows, source: int, own_ids: Iterable[str]) -> set[str]:
    """Return folder and name of these files."""
    return await rows.read(partial(_read_paths, source=source, own_ids=list(own_ids)))


def _next_report(connection: sqlite3.Connection) -> int:
    """Return the number of the next report, without what an interrupted one has left."""
    (number,) = connection.execute(
        "SELECT coalesce(max(id), 0) + 1 FROM library_reports"
    ).fetchone()
    connection.execute("DELETE FROM library_findings WHERE report >= ?", (number,))
    return int(number)


def _save_findings(
    connection: sqlite3.Connection, *, report: int, start: int, findings: Iterable[Finding]
) -> None:
    with transaction(connection):
        connection.executemany(
            "INSERT INTO library_findings (report, number, code, document) VALUES (?, ?, ?, ?)",
            [
                (report, number, finding.code, dumps(finding.details))
                for number, finding in enumerate(findings, start + 1)
            ],
        )


def _save_report(
    connection: sqlite3.Connection, *, number: int, made_at: datetime, summary: JsonObject
) -> None:
    with transaction(connection):
        connection.execute(
            "INSERT INTO library_reports (id, made_at, document) VALUES (?, ?, ?)",
            (number, encode_time(made_at), dumps(summary)),
        )
        connection.execute("DELETE FROM library_reports WHERE id < ?", (number,))


def _drop_findings(connection: sqlite3.Connection, *, report: int) -> int:
    return connection.execute(
        "DELETE FROM library_findings WHERE (report, number) IN ("
        "SELECT report, number FROM library_findings WHERE report < ? LIMIT ?)",
        (report, PIECE),
    ).rowcount


def _read_report(
    connection: sqlite3.Connection, *, code: str | None, after: int, limit: int
) -> ReportPage | None:
    row = connection.execute(
        "SELECT id, made_at, document FROM library_reports ORDER BY id DESC LIMIT 1"
    ).fetchone()
    if row is None:
        return None
    number, made_at, document = row
    summary = loads(document)
    found = connection.execute(_READ_PAGE, (number, after, code, code, limit)).fetchall()
    return ReportPage(
        made_at=decode_time(made_at),
        summary=summary if isinstance(summary, dict) else {},
        findings=[
            StoredFinding(number=place, code=kind, details=details)
            for place, kind, raw in found
            if isinstance(details := loads(raw), dict)
        ],
    )


def _read_series(
    connection: sqlite3.Connection, *, source: int, current: int, series_id: str
) -> list[Episode]:
    episodes = []
    for season, number, tvdb, file, present, round_, raw in connection.execute(
        _READ_EPISODES, (source, series_id)
    ):
        details = loads(raw) if raw else None
        more = details if isinstance(details, dict) else {}
        end = str(more.get("number_end", ""))
        is_numbered = season is not None and number is not None
        episodes.append(
            Episode(
                item=ItemKey(season, number) if is_numbered else None,
                tvdb=tvdb,
                file=file,
                is_there=bool(present),
                is_unclear=round_ < current,
                number_end=int(end) if end.isdecimal() else None,
                shoko_files=tuple(filter(None, str(more.get("shoko_files", "")).split(","))),
            )
        )
    return episodes


def _read_paths(connection: sqlite3.Connection, *, source: int, own_ids: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for own_id in own_ids:
        row = connection.execute(
            "SELECT file FROM library_entries WHERE source = ? AND kind = 'file' AND own_id = ?",
            (source, own_id),
        ).fetchone()
        if row is not None and row[0]:
            found.add(row[0])
    return found
