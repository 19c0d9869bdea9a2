"""Remember the titles that were read, and decide which are due to be read again."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..clients.radarr import Movie
from ..clients.readers import as_id
from ..clients.sonarr import Series
from ..lifecycle.facts import QueuePhase
from ..lifecycle.model import ProviderIds, Stage
from .arr_downloads import Download, DownloadId
from .arr_shelf import Found
from .base import WantedTitle

# What no event tells (a disk scan, a switch in the manager's own pages) is found this late.
READ_AGAIN = timedelta(minutes=5)
_FINISHED = frozenset(
    {
        QueuePhase.COMPLETED,
        QueuePhase.IMPORT_PENDING,
        QueuePhase.IMPORT_BLOCKED,
        QueuePhase.IMPORTING,
        QueuePhase.IMPORTED,
        QueuePhase.FAILED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen[T: Movie | Series]:
    """What was found for a request; `title` is None when it was not there."""

    ids: ProviderIds
    service_id: str | None
    seasons: frozenset[int]
    title: T | None
    at: datetime


class TitleMemory[T: Movie | Series]:
    """Know when each wanted title was read, and where its downloads stood."""

    def __init__(self, agrees: Callable[[ProviderIds, T], bool]) -> None:
        """Initialize with who knows whether provider ids mean a title."""
        self._agrees = agrees
        self._seen: dict[str, _Seen[T]] = {}
        self._phases: dict[DownloadId, QueuePhase | None] = {}

    def forget(self) -> None:
        """Forget everything: each title is due again."""
        self._seen.clear()
        self._phases.clear()

    def moved(self, known: Mapping[DownloadId, Download]) -> frozenset[int]:
        """Return the titles of downloads that finished or left the queue since the last cycle."""
        phases = _phases(known)
        return frozenset(
            key[0]
            for key, before in self._phases.items()
            if key[0] is not None
            and (key not in phases or (phases[key] != before and phases[key] is not None))
        )

    def strangers(self, own_ids: Collection[int]) -> frozenset[int]:
        """Return those own ids that are no known title's: one may be what was not there."""
        known = {seen.title.id for seen in self._seen.values() if seen.title is not None}
        return frozenset(own_ids) - known

    def due(
        self, wanted: Sequence[WantedTitle], news: Collection[int], now: datetime
    ) -> list[WantedTitle]:
        """Return the titles to read: new ones, those with news, those that were read long ago."""
        has_strangers = bool(self.strangers(news))
        return [
            title
            for title in wanted
            if (seen := self._seen.get(title.request_id)) is None
            # A clock that was set back must not make us wait.
            or not timedelta(0) <= now - seen.at < READ_AGAIN
            or self._has_news(title, seen, news, has_strangers=has_strangers)
        ]

    def _has_news(
        self,
        wanted: WantedTitle,
        seen: _Seen[T],
        news: Collection[int],
        *,
        has_strangers: bool,
    ) -> bool:
        linked = as_id(wanted.service_id)
        if linked in news or wanted.seasons != seen.seasons:
            return True
        if seen.title is None:
            # The manager shall be given what is approved, at any moment.
            return (
                has_strangers
                or wanted.stage is Stage.APPROVED
                or (wanted.ids, wanted.service_id) != (seen.ids, seen.service_id)
            )
        own_id = seen.title.id
        is_same = linked in {None, own_id} and self._agrees(wanted.ids, seen.title)
        return own_id in news or not is_same

    def recall(self, found: Found[T], wanted: Sequence[WantedTitle]) -> None:
        """Add the titles that were not due, so that downloads still find their requests."""
        for title in wanted:
            if title.request_id in found.titles:
                continue
            row = self._seen[title.request_id].title
            fresh = found.read.get(row.id) if row is not None else None
            if fresh is not None and self._agrees(title.ids, fresh):
                # Read for another request: it serves both.
                found.titles[title.request_id] = fresh
                continue
            found.titles[title.request_id] = row
            found.recalled.add(title.request_id)
            if row is not None:
                found.by_id.setdefault(row.id, row)

    def commit(
        self,
        found: Found[T],
        wanted: Sequence[WantedTitle],
        known: Mapping[DownloadId, Download],
        now: datetime,
    ) -> bool:
        """Remember what was read, once the survey is through; return whether any of it is new."""
        before = self._seen
        self._seen = {
            title.request_id: before[title.request_id]
            if title.request_id in found.recalled
            else _Seen(
                ids=title.ids,
                service_id=title.service_id,
                seasons=title.seasons,
                title=found.titles[title.request_id],
                at=now,
            )
            for title in wanted
        }
        self._phases = _phases(known)
        return any(
            seen.title is not None and (key not in before or before[key].title != seen.title)
            for key, seen in self._seen.items()
        )


def _phases(known: Mapping[DownloadId, Download]) -> dict[DownloadId, QueuePhase | None]:
    """Return of each download in the queue how it finished; None while it has not."""
    return {
        key: download.phase if download.phase in _FINISHED else None
        for key, download in known.items()
        if download.queued
    }
