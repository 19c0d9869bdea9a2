"""Judge what was counted: whether much is gone at once, and which title is there. Pure."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from ..connections.base import Owned
from ..journal_watch import Counted
from ..lifecycle.model import MediaType, ProviderIds

APART: Final = timedelta(minutes=10)
"""Only what two looks so far apart have missed is gone."""
FEWEST: Final = 5  # fewer are never "much"
_PERCENT: Final = 10
# So long a service is compared with its most: what vanishes bit by bit is noticed as well.
_MEMORY: Final = timedelta(days=1)


def weighed(
    key: str, before: Counted | None, size: int, now: datetime, *, ours: int = 0
) -> Counted:
    """Return what is known of a service's size after a count; `ours` were removed by ourselves."""
    if before is None or size >= before.peak:
        return Counted(connection_id=key, taken_at=now, size=size, peak=size, peak_at=now)
    is_frozen = is_much(before.peak - ours, size)
    later = replace(before, taken_at=now, size=size, is_frozen=is_frozen)
    if not is_frozen and now - before.peak_at >= _MEMORY:
        return replace(later, peak=size, peak_at=now)
    return later


def is_much(before: int, size: int) -> bool:
    """Return whether more than a tenth is gone, and not just a few."""
    lost = before - size
    return lost >= FEWEST and lost * 100 > before * _PERCENT


def accepted(counted: Counted, now: datetime) -> Counted:
    """Return the count after a person has said that it is right."""
    return replace(counted, peak=counted.size, peak_at=now, is_frozen=False)


class Doubtful(Exception):
    """A title has the right own id and other provider ids: nobody knows which one it is."""


class Titles:
    """The titles of one manager, found exactly."""

    def __init__(self, titles: Iterable[Owned]) -> None:
        """Index them."""
        self._own: dict[str, Owned] = {}
        self._ids: dict[tuple[str, str], Owned] = {}
        for title in titles:
            self._own[title.own_id] = title
            for pair in _pairs(title.media_type, title.ids):
                self._ids.setdefault(pair, title)

    def find(self, media_type: MediaType, ids: ProviderIds, own_id: str | None) -> Owned | None:
        """Return a title by any of its provider ids, else by the manager's own; or Doubtful."""
        wanted = _pairs(media_type, ids)
        for pair in wanted:
            if (found := self._ids.get(pair)) is not None:
                return found
        linked = self._own.get(own_id or "")
        if linked is None:
            return None
        known = {name for name, _ in _pairs(media_type, linked.ids)}
        if known & {name for name, _ in wanted}:
            raise Doubtful
        return linked


def _pairs(media_type: MediaType, ids: ProviderIds) -> list[tuple[str, str]]:
    """Return the ids by which a title is recognised; TVDB's numbers of films mean nothing."""
    is_film = media_type is MediaType.MOVIE
    return [pair for pair in ids.pairs() if not (is_film and pair[0] == "tvdb")]
