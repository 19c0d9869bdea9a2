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

    def covers(self, title: TitleRef, opening: Opening) -> bool:
        """Return whether all that an opening is about was there before such a request ended."""
        return bool(opening.items) and all(
            self._covers(title, opening, item) for item in opening.items
        )

    def _covers(self, title: TitleRef, opening: Opening, item: ItemKey) -> bool:
        return any(
            request.is_4k is opening.is_4k
            and request.ended_at is not None
            and opening.created_at <= request.ended_at
            and request.wants(item)
            for key in _keys(title.media_type.value, title.ids.pairs())
            for request in self._titles.get(key, ())
        )

    def _forget(self, request: Request, keys: Keys) -> None:
        for key in keys:
            self._titles[key] = [one for one in self._titles[key] if one is not request]
            if not self._titles[key]:
                del self._titles[key]


def _keys(media_type: str, pairs: Iterable[tuple[str, str]]) -> Keys:
    return tuple((media_type, provider, number) for provider, number in pairs)
