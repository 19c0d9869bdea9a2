"""Remember what requests that ended have brought, so that their old grabs open nothing anew."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from .facts import Opening
from .model import ItemKey, TitleRef
from .request import Request

# A manager's history is read again over a short overlap only, and after it was away for a while.
_REMEMBERED = 1000

type Key = tuple[str, str, str]
type Keys = tuple[Key, ...]


@dataclass(slots=True)
class Ended:
    """The requests that ended last, by every provider id of their title."""

    _order: deque[tuple[Request, Keys]] = field(default_factory=deque)
    _titles: dict[Key, list[Request]] = field(default_factory=dict)

    def add(self, request: Request) -> None:
        """Remember a request; the one that ended first is forgotten when there are too many."""
        keys = _keys(request.media_type.value, request.ids.pairs())
        self._order.append((request, keys))
        for key in keys:
            self._titles.setdefault(key, []).append(request)
        while len(self._order) > _REMEMBERED:
            self._forget(*self._order.popleft())

    def keep(self, remains: Request) -> None:
        """Remember for good what is left of a request that somebody wants to see no more."""
        for key in _keys(remains.media_type.value, remains.ids.pairs()):
            self._titles.setdefault(key, []).append(remains)

    def covers(self, title: TitleRef, opening: Opening, connection_id: str) -> bool:
        """Return whether all that an opening is about was there before such a request ended."""
        return bool(opening.items) and all(
            self._covers(title, opening, item, connection_id) for item in opening.items
        )

    def _covers(self, title: TitleRef, opening: Opening, item: ItemKey, connection_id: str) -> bool:
        return any(
            request.is_4k is opening.is_4k
            and request.wants(item)
            and (
                _is_unchanged(request, title, connection_id)
                if request.ended_at is None
                else opening.created_at <= request.ended_at
            )
            for key in _keys(title.media_type.value, title.ids.pairs())
            for request in self._titles.get(key, ())
        )

    def _forget(self, request: Request, keys: Keys) -> None:
        for key in keys:
            self._titles[key] = [one for one in self._titles[key] if one is not request]
            if not self._titles[key]:
                del self._titles[key]


def remains(request: Request) -> Request:
    """Return what must be known of a request so that it stays forgotten.

    It has no end when the request had none: whatever comes of it later is not wanted either.
    """
    return Request(
        id=request.id,
        media_type=request.media_type,
        origin=request.origin,
        created_at=request.created_at,
        opened_at=request.opened_at,
        ids=request.ids,
        is_4k=request.is_4k,
        seasons=request.seasons,
        items=set(request.items),
        limited_to_items=request.limited_to_items,
        service_ids=dict(request.service_ids),
        available_at=request.available_at,
        ended_at=request.ended_at,
    )


def _is_unchanged(request: Request, title: TitleRef, connection_id: str) -> bool:
    """Return whether a manager still means the same title; added anew it has another own id."""
    return request.service_ids.get(connection_id) in {None, title.service_id}


def _keys(media_type: str, pairs: Iterable[tuple[str, str]]) -> Keys:
    return tuple((media_type, provider, number) for provider, number in pairs)
