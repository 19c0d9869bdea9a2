"""Build requests and changes by hand, open journals for a while, and watch their thread."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
import sqlite3
import threading
from typing import Self

import pytest

from custom_components.media_status.journal import Journal, JournalStart
from custom_components.media_status.lifecycle.facts import (
    Ask,
    AskStatus,
    Fact,
    FactValue,
    Grab,
    Origin,
    Wanted,
)
from custom_components.media_status.lifecycle.model import (
    MOVIE,
    MediaType,
    Service,
    Stage,
    Subject,
    Via,
)
from custom_components.media_status.lifecycle.request import Change, Request, Status, TimelineEntry

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def a_request(number: int = 1, **given: object) -> Request:
    """Return an open request for a film, later opened the higher its number."""
    request = Request(
        id=f"request-{number}",
        media_type=MediaType.MOVIE,
        origin=Origin.SEERR,
        created_at=NOON,
        opened_at=NOON + timedelta(seconds=number),
        title=f"Film {number}",
        items={MOVIE},
        service_ids={"seerr": str(number)},
    )
    for name, value in given.items():
        setattr(request, name, value)
    return request


def a_fact(
    value: FactValue,
    subject: Subject | None = None,
    *,
    connection_id: str = "seerr",
    seen_at: datetime = NOON,
    via: Via = Via.PUSH,
) -> Fact:
    """Return a fact that was first seen when it was last seen."""
    return Fact(
        subject=subject or Subject(),
        connection_id=connection_id,
        service=Service.SEERR,
        value=value,
        seen_at=seen_at,
        since=seen_at,
        via=via,
    )


def three_facts() -> list[Fact]:
    """Return a fact about a request, one about its item and one about a download."""
    return [
        a_fact(Ask(status=AskStatus.APPROVED)),
        a_fact(Wanted(monitored=True), Subject(item=MOVIE)),
        a_fact(Grab(items=frozenset({MOVIE}), at=NOON, size=1000), Subject(download="abc")),
    ]


def stated(
    request: Request,
    facts: Iterable[Fact] = (),
    *,
    codes: Iterable[str] = (),
    opened: bool = False,
    ended: bool = False,
    is_stored: bool = False,
) -> Change:
    """Apply facts to a request, as the tracker does, and return the change."""
    new = {fact.key: fact for fact in facts}
    request.facts.update(new)
    return Change(
        request=request,
        opened=opened,
        ended=ended,
        is_stored=is_stored,
        facts=new,
        timeline=[TimelineEntry(request_id=request.id, at=NOON, code=code) for code in codes],
    )


def opening(request: Request) -> Change:
    """Return the change that opens a request with three facts and two timeline entries."""
    return stated(request, three_facts(), codes=("opened", "approved"), opened=True, is_stored=True)


def ending(request: Request, at: datetime = NOON) -> Change:
    """Return the change that ends a request as available."""
    request.ended_at = request.available_at = at
    request.status = Status(
        stage=Stage.AVAILABLE, items=dict.fromkeys(request.items, Stage.AVAILABLE)
    )
    return stated(request, codes=("available",), ended=True, is_stored=True)


@asynccontextmanager
async def opened(
    path: Path, keep_since: datetime = NOON
) -> AsyncIterator[tuple[Journal, JournalStart]]:
    """Open a journal for a while."""
    journal = Journal(path)
    start = await journal.open(keep_since)
    try:
        yield journal, start
    finally:
        await journal.close()


class Watch:
    """See every statement of the journals that are opened, and stop one at its next transaction."""

    def __init__(self) -> None:
        """Initialize without any statement seen."""
        self.statements: list[str] = []
        self._is_armed = False
        self._arrived = threading.Event()
        self._released = threading.Event()

    @classmethod
    def install(cls, monkeypatch: pytest.MonkeyPatch) -> Self:
        """Watch all connections that are made from now on."""
        watch = cls()
        connect = sqlite3.connect

        def watched(
            path: Path, isolation_level: None, cached_statements: int
        ) -> sqlite3.Connection:
            connection = connect(
                path, isolation_level=isolation_level, cached_statements=cached_statements
            )
            connection.set_trace_callback(watch.see)
            return connection

        monkeypatch.setattr(sqlite3, "connect", watched)
        return watch

    def see(self, statement: str) -> None:
        """Note a statement; hold the journal's thread when told to."""
        self.statements.append(statement)
        if self._is_armed and statement.startswith("BEGIN"):
            self._is_armed = False
            self._arrived.set()
            self._released.wait()

    @property
    def commits(self) -> int:
        """Return how many transactions were committed."""
        return self.statements.count("COMMIT")

    def hold_next_transaction(self) -> None:
        """Stop the journal's thread where its next transaction begins."""
        self._arrived.clear()
        self._released.clear()
        self._is_armed = True

    async def held(self) -> None:
        """Wait until the journal's thread stands still."""
        await asyncio.to_thread(self._arrived.wait)

    def release(self) -> None:
        """Let the journal's thread go on."""
        self._released.set()


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    """Return what another process would read."""
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def run(path: Path, *statements: str, values: tuple[str, ...] = ()) -> None:
    """Change the file as another process could; `values` fill each statement."""
    connection = sqlite3.connect(path)
    try:
        with connection:
            for statement in statements:
                connection.execute(statement, values)
    finally:
        connection.close()


def set_aside(path: Path) -> list[Path]:
    """Return the broken files that were kept beside a journal."""
    return sorted(path.parent.glob(f"{path.name}.broken-*"))
