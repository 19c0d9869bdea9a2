"""Compare what the integration says in the end with what surveys alone say."""

from collections.abc import Callable, Collection, Iterable

from custom_components.media_status.lifecycle.model import ItemKey, MediaType, Stage
from custom_components.media_status.lifecycle.request import Request

type Wish = tuple[MediaType, int, bool]  # the kind, the TMDB id, in 4K
type Asked = tuple[Wish, str]  # with Seerr's id of the request, if it has one

_OVER = frozenset({Stage.DECLINED, Stage.DELETED})


def wish_of(request: Request) -> Wish:
    """Return the copy of a title that a request is for."""
    return (request.media_type, request.ids.tmdb or 0, request.is_4k)


def standing(requests: Iterable[Request], *, is_asked: bool) -> dict[Asked, dict[ItemKey, Stage]]:
    """Return where the items of every title stand that was asked for in Seerr, or was not.

    How a title's items are spread over requests by hand depends on when somebody looked: two grabs
    are one request, unless the first was ready before the second was seen.
    """
    found: dict[Asked, dict[ItemKey, Stage]] = {}
    for request in sorted(requests, key=lambda request: (request.is_open, request.opened_at)):
        if request.stage in _OVER or ("seerr" in request.service_ids) is not is_asked:
            continue
        items = request.status.items
        if not request.is_open and not items:  # read back from the journal
            items = dict.fromkeys(request.items, request.stage)
        found.setdefault(_asked(request), {}).update(items)
    return found


def _asked(request: Request) -> Asked:
    return (wish_of(request), request.service_ids.get("seerr", ""))


def differences(
    ours: Iterable[Request],
    reference: Iterable[Request],
    blurred: Collection[int] = (),
    doubts: Callable[[Wish], Collection[Stage]] = lambda wish: (),
) -> list[str]:
    """Return in words what differs; nothing when both agree.

    Of `blurred` titles (by TMDB id) something was lost before anybody had seen it. A grab by hand
    that had ended before the next look opens nothing: of those only what both know is compared.
    What we noticed to be deleted after it had been ready is history that surveys of open requests
    do not write. `doubts` names the stages that only some minutes can make certain: where one side
    says so, and the other something else, the item is not compared.
    """
    ours, reference = list(ours), list(reference)
    since = _deleted_since(ours)
    gone = {_asked(one) for one in (*ours, *reference) if one.stage is Stage.DELETED}
    found: list[str] = []
    for is_asked in (True, False):
        mine = standing(ours, is_asked=is_asked)
        theirs = standing(reference, is_asked=is_asked)
        for asked in sorted(mine.keys() | theirs.keys()):
            wish = asked[0]
            if wish[1] in blurred or (asked in gone and Stage.DELETED in doubts(wish)):
                continue
            left, right = mine.get(asked, {}), theirs.get(asked, {})
            left = _only(left, left.keys() - since.get(asked, set()))
            right = _only(right, right.keys() - since.get(asked, set()))
            if not is_asked:
                both = left.keys() & right.keys()
                left, right = _only(left, both), _only(right, both)
            waiting = _of(left, doubts(wish)) ^ _of(right, doubts(wish))
            left = _only(left, left.keys() - {item for item, _ in waiting})
            right = _only(right, right.keys() - {item for item, _ in waiting})
            if left != right:
                found.append(f"{_name(wish)}: we say {_words(left)}, surveys alone {_words(right)}")
    return found


def _deleted_since(requests: Iterable[Request]) -> dict[Asked, set[ItemKey]]:
    """Return what has ended as available and was deleted later."""
    found: dict[Asked, set[ItemKey]] = {}
    for request in requests:
        if request.is_open or request.available_at is None:
            continue
        items = request.status.items or dict.fromkeys(request.items, request.stage)
        found.setdefault(_asked(request), set()).update(
            item for item, stage in items.items() if stage is Stage.DELETED
        )
    return found


def _of(items: dict[ItemKey, Stage], stages: Collection[Stage]) -> set[tuple[ItemKey, Stage]]:
    return {(item, stage) for item, stage in items.items() if stage in stages}


def _only(items: dict[ItemKey, Stage], wanted: Collection[ItemKey]) -> dict[ItemKey, Stage]:
    return {item: stage for item, stage in items.items() if item in wanted}


def _name(wish: Wish) -> str:
    return f"{wish[0]} {wish[1]} {'4K' if wish[2] else 'HD'}"


def _words(items: dict[ItemKey, Stage]) -> str:
    if not items:
        return "nothing"
    return ", ".join(f"{i.season}x{i.number} {stage}" for i, stage in sorted(items.items()))


def ready(requests: Iterable[Request], title: int) -> set[tuple[Wish, ItemKey]]:
    """Return the items of a title (by TMDB id) that are called available."""
    return {
        (wish, item)
        for is_asked in (True, False)
        for (wish, _), items in standing(requests, is_asked=is_asked).items()
        for item, stage in items.items()
        if wish[1] == title and stage is Stage.AVAILABLE
    }


def duplicates(requests: Iterable[Request]) -> list[str]:
    """Return the items that more than one open request of the same origin stands for."""
    seen: set[tuple[Wish, ItemKey, str]] = set()
    found: list[str] = []
    for request in requests:
        if not request.is_open:
            continue
        for item in request.items:
            name = (wish_of(request), item, request.service_ids.get("seerr", "by hand"))
            if name in seen:
                found.append(f"{_name(name[0])} {item} is asked for twice")
            seen.add(name)
    return found


def described(request: Request) -> str:
    """Return a request in one line, for the story of a divergence."""
    life = "open" if request.is_open else "ended"
    own = ", ".join(f"{key} {value}" for key, value in sorted(request.service_ids.items()))
    seasons = f" seasons {sorted(request.seasons)}" if request.seasons else ""
    items = ", ".join(
        f"{item.season}x{item.number} {stage}"
        for item, stage in sorted(request.status.items.items())
    )
    return (
        f"{_name(wish_of(request))}: {life} {request.stage}, from {request.origin} ({own})"
        f"{seasons}, opened {request.opened_at:%H:%M:%S}: {items or sorted(request.items)}"
    )
