"""Hold what one survey cycle of a manager read, and sort its downloads."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from ..clients.arr import HistoryRecord, QueueRecord
from ..clients.radarr import Movie
from ..clients.sonarr import Series
from ..lifecycle.facts import FactKind, Result
from .arr_cursor import ArrCursor, rewind_to
from .arr_downloads import Download, DownloadId, downloads
from .arr_items import Items, serves
from .arr_shelf import Found
from .base import SurveyContext, WantedTitle


@dataclass(slots=True)
class Round[T: Movie | Series]:
    """One cycle: what was asked, and what history and library answered."""

    context: SurveyContext
    cursor: ArrCursor
    history: Sequence[HistoryRecord]
    known: dict[DownloadId, Download]
    found: Found[T]
    touched: frozenset[int]  # titles that something was pushed about
    wanted: dict[int, list[WantedTitle]] = field(init=False)  # by the manager's own id
    needed: list[Download] = field(init=False)  # of wanted titles, and of unknown ones

    def __post_init__(self) -> None:
        """Group the requests by the title that was found for them."""
        self.wanted = {}
        for wanted in self.context.wanted:
            if (title := self.found.titles.get(wanted.request_id)) is not None:
                self.wanted.setdefault(title.id, []).append(wanted)
        self.needed = [
            download
            for download in self.known.values()
            if download.title_id is None or download.title_id in self.wanted
        ]

    def requests_for(self, title_id: int | None) -> frozenset[str]:
        """Return the requests for a title."""
        return frozenset(wanted.request_id for wanted in self.wanted.get(title_id or 0, ()))

    def titles_of(self, concerns: Callable[[WantedTitle], bool]) -> list[T]:
        """Return the titles of those requests that something concerns."""
        return [
            self.found.by_id[title_id]
            for title_id, requests in self.wanted.items()
            if any(map(concerns, requests))
        ]

    def is_requested(self, download: Download, items: Items[T]) -> bool:
        """Return whether any request asks for an item of a download."""
        found = download.items(items.item_of)
        return any(serves(wanted, found) for wanted in self.wanted.get(download.title_id or 0, ()))

    def complete(self, items: Items[T]) -> frozenset[FactKind]:
        """Return of which kinds this cycle states everything.

        History is read without gaps, so a pushed grab or end that it does not confirm is void;
        but not while some records wait for their episodes to be looked up.
        """
        is_behind = any(items.is_pending(r) for one in self.needed for r in one.records)
        told = {FactKind.QUEUE} if is_behind else {FactKind.QUEUE, FactKind.GRAB, FactKind.OUTCOME}
        return frozenset(told)

    def news(self) -> frozenset[int]:
        """Return the titles whose files may have changed since the last survey."""
        return self.touched | news_of(self.history, self.cursor)

    def rewind(self) -> datetime | None:
        """Return from when on history must be read again for titles that were recognised late."""
        starts = [
            rewind_to(wanted, title.added)
            for wanted in self.context.wanted
            if wanted.request_id in self.cursor.missing
            and (title := self.found.titles.get(wanted.request_id)) is not None
        ]
        start = min(starts, default=None)
        return start if start is not None and start < self.cursor.since(self.context) else None

    def next_cursor(
        self, items: Items[T], held: Iterable[Download], judged: Iterable[Download]
    ) -> ArrCursor:
        """Return the cursor for the next cycle; history whose items are not known stays unread."""
        # What a clock wrote that was ahead must not hide what a right one writes after it.
        newest = [record.date for record in self.history if record.date <= self.context.now]
        newest += [self.cursor.history] if self.cursor.history else []
        waiting = [
            record.date
            for download in held
            for record in download.grabs
            if items.is_pending(record)
        ]
        history = min([max(newest), *waiting]) if newest else None
        opened = [wanted.opened_at for wanted in self.context.wanted]
        opened += [self.cursor.covered] if self.cursor.covered else []
        present = {verdict_key(download) for download in self.known.values()}
        decided = self.cursor.decided.union(map(verdict_key, judged))
        return replace(
            self.cursor,
            history=history,
            history_id=max((record.id for record in self.history), default=self.cursor.history_id),
            covered=max(opened, default=None),
            missing=frozenset(key for key, title in self.found.titles.items() if title is None),
            decided=decided & present,
        )


def news_of(history: Iterable[HistoryRecord], cursor: ArrCursor) -> frozenset[int]:
    """Return the titles that history tells something new about, other than a grab."""
    return frozenset(
        record.title_id
        for record in history
        if record.title_id is not None
        and record.id > cursor.history_id
        and record.event.casefold() != "grabbed"
    )


def verdict_key(download: Download) -> str:
    """Return how a judged download is remembered."""
    return f"{download.title_id}:{download.key}"


def sorted_out(
    queue: Iterable[QueueRecord],
    history: Iterable[HistoryRecord],
    context: SurveyContext,
    cursor: ArrCursor,
) -> tuple[dict[DownloadId, Download], list[Download]]:
    """Return all downloads, and those nobody may have requested that were not judged yet."""
    known = downloads(queue, history)
    if not context.track_manual:
        return known, []
    since = cursor.manual_since(context.now)
    return known, [
        download
        for download in known.values()
        if download.title_id is not None
        and download.is_grabbed
        and download.result in {None, Result.IMPORTED}
        and (download.queued or any(record.date >= since for record in download.grabs))
        and verdict_key(download) not in cursor.decided
    ]
