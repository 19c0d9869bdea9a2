"""Count what a check found that a push should have told before."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from .lifecycle.model import Service, Via
from .lifecycle.request import Change

# What each service pushes, in the timeline's words. Left out is what has no push (withdrawn,
# available for Seerr) and what a push tells only sometimes.
_TOLD: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        Service.SEERR: frozenset({"opened", "asked", "approved", "declined", "request_failed"}),
        Service.RADARR: frozenset({"grabbed", "imported", "upgraded"}),
        Service.SONARR: frozenset({"grabbed", "imported", "upgraded"}),
        Service.JELLYFIN: frozenset({"playable"}),
    }
)
# A push may come after the check that its own doorbell, or chance, brought forward.
_GRACE: Final = timedelta(minutes=1)
# Jellyfin's plugin collects for a while before it tells.
_LONG_GRACE: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Since when pushes were expected, and when the last good check began."""

    ours_since: datetime | None
    last_survey: datetime | None


class MissedPushes:
    """Count for one connection, of requests and checks: one change of one request is one.

    Only what happened while our webhook stood and we ran can have been missed: the first check
    after a start or an outage, and what was there before a request was known, do not count.
    """

    def __init__(self, kind: Service) -> None:
        """Initialize with nothing missed."""
        self._kind = kind
        self._told = _TOLD.get(kind, frozenset())
        self._grace = _LONG_GRACE if kind is Service.JELLYFIN else _GRACE
        self._suspects: dict[str, datetime] = {}  # by request: when a check found something first
        self._rung_at: datetime | None = None
        self._count = 0

    def count(self, now: datetime) -> int:
        """Return how many pushes never came."""
        over = [key for key, at in self._suspects.items() if now - at >= self._grace]
        for key in over:
            del self._suspects[key]
        self._count += len(over)
        return self._count

    def surveyed(self, changes: Iterable[Change], watch: Watch, now: datetime) -> None:
        """Note what a check found first."""
        self.count(now)
        if watch.ours_since is None or watch.last_survey is None:
            return
        if watch.last_survey < watch.ours_since:
            return
        if self._rung_at is not None and now - self._rung_at < self._grace:
            return
        for change in changes:
            if self._is_late(change, watch.ours_since, watch.last_survey):
                self._suspects.setdefault(change.request.id, now)

    def _is_late(self, change: Change, ours_since: datetime, last_survey: datetime) -> bool:
        if not any(
            entry.code in self._told and entry.service is self._kind for entry in change.timeline
        ):
            return False
        if self._kind is Service.SEERR:
            return not change.opened or change.request.created_at >= ours_since
        # What was there before the request is no news to the service.
        return change.request.opened_at < last_survey

    def pushed(self, changes: Iterable[Change], now: datetime, *, is_bare: bool) -> None:
        """Clear what a push told after all; a bare doorbell (`is_bare`) may mean anything."""
        if is_bare:
            self._rung_at = now
            self.count(now)
            self._suspects.clear()
        for change in changes:
            if any(fact.via is Via.PUSH for fact in change.facts.values()):
                self._suspects.pop(change.request.id, None)
