"""Remember what pushes say was removed: who told it first, and where to look closely."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ..connections.base import Removed
from ..coordinator import ConnectionCoordinator
from ..lifecycle.facts import File, Playable
from ..lifecycle.model import Service
from ..lifecycle.paths import tail
from ..lifecycle.request import Request

_MOST: Final = 1000
_REMEMBERED: Final = timedelta(days=1)
_CLOSE: Final = timedelta(minutes=30)  # so long a title is looked at item by item
_SURVEY: Final = "survey"


_OWN: Final = "own"

type Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hint:
    connection_id: str
    service: Service
    removed: Removed
    at: datetime


class Hints:
    """What was heard during the last day."""

    def __init__(self) -> None:
        """Initialize without any."""
        self._hints: deque[_Hint] = deque(maxlen=_MOST)

    def add(
        self, coordinator: ConnectionCoordinator, removed: Iterable[Removed], now: datetime
    ) -> None:
        """Remember what a connection says."""
        self._hints += (
            _Hint(
                connection_id=coordinator.connection_id,
                service=coordinator.kind,
                removed=one,
                at=now,
            )
            for one in removed
        )

    def near(self, now: datetime) -> frozenset[Key]:
        """Return the names of titles of which a manager said just now that something went."""
        near: set[Key] = set()
        for hint in self._hints:
            removed = hint.removed
            if removed.media_type is not None and now - hint.at < _CLOSE:
                near |= {(removed.media_type.value, *pair) for pair in removed.ids.pairs()}
                near.add((_OWN, hint.connection_id, removed.own_id or ""))
        return frozenset(near)

    def source(self, request: Request, now: datetime) -> str:
        """Return who told first that something of a request went, else that a look found it."""
        for hint in self._hints:  # in the order in which they came
            # What was told before it was there is about an earlier file.
            is_old = request.available_at is not None and hint.at < request.available_at
            is_old |= now - hint.at > _REMEMBERED
            if not is_old and _is_about(hint, request):
                return hint.service.value
        return _SURVEY


def is_near(near: frozenset[Key], request: Request) -> bool:
    """Return whether a title is one of those, by any of its names."""
    return not near.isdisjoint(
        [
            *((request.media_type.value, *pair) for pair in request.ids.pairs()),
            *((_OWN, key, own_id) for key, own_id in request.service_ids.items()),
        ]
    )


def _is_about(hint: _Hint, request: Request) -> bool:
    removed = hint.removed
    own_id = request.service_ids.get(hint.connection_id)
    if removed.media_type is not None:
        if removed.media_type is not request.media_type:
            return False
        known = set(removed.ids.pairs()) & set(request.ids.pairs())
        return bool(known) or (removed.own_id is not None and removed.own_id == own_id)
    if removed.own_id is not None:
        return removed.own_id == own_id or any(
            isinstance(fact.value, Playable) and fact.value.item_id == removed.own_id
            for fact in request.facts.values()
            if fact.connection_id == hint.connection_id
        )
    path = tail(removed.path or "")
    return len(path) == 2 and any(
        isinstance(fact.value, File) and fact.value.path and tail(fact.value.path) == path
        for fact in request.facts.values()
    )
