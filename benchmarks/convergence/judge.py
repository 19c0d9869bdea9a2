"""Compare what the integration says in the end with what surveys alone say."""

from collections.abc import Iterable, Mapping

from custom_components.media_status.lifecycle.model import ItemKey, Stage
from custom_components.media_status.lifecycle.request import Request

type Key = tuple[str, ...]
type Stages = tuple[tuple[ItemKey, Stage], ...]

_OVER = frozenset({Stage.DECLINED, Stage.DELETED})


def key_of(request: Request) -> Key:
    """Return what names a request in every run: Seerr's id, else title and variant."""
    if (own := request.service_ids.get("seerr")) is not None:
        return ("seerr", own)
    variant = "4k" if request.is_4k else "hd"
    return (request.origin.value, request.media_type.value, str(request.ids.tmdb), variant)


def standing(request: Request) -> tuple[str, Stage, Stages]:
    """Return how a request stands: open or history, its stage, and its items'."""
    life = "open" if request.is_open else "ended"
    return (life, request.stage, tuple(sorted(request.status.items.items())))


def by_key(requests: Iterable[Request]) -> dict[Key, list[tuple[str, Stage, Stages]]]:
    """Return how all requests stand, by what names them."""
    found: dict[Key, list[tuple[str, Stage, Stages]]] = {}
    for request in requests:
        found.setdefault(key_of(request), []).append(standing(request))
    for known in found.values():
        known.sort()
    return found


def differences(ours: Iterable[Request], reference: Iterable[Request]) -> list[str]:
    """Return in words what differs; nothing when both agree.

    A push may tell of a request that was taken back before any survey: then only we know it, and
    know that it is over.
    """
    mine, theirs = by_key(ours), by_key(reference)
    found = [
        f"{' '.join(key)}: we say {_words(mine.get(key))}, surveys alone {_words(theirs.get(key))}"
        for key in sorted(mine.keys() | theirs.keys())
        if mine.get(key) != theirs.get(key) and not _is_unseen(key, mine, theirs)
    ]
    return found


def _is_unseen(
    key: Key,
    mine: Mapping[Key, list[tuple[str, Stage, Stages]]],
    theirs: Mapping[Key, list[tuple[str, Stage, Stages]]],
) -> bool:
    return key not in theirs and all(stage in _OVER for _, stage, _ in mine[key])


def _words(known: list[tuple[str, Stage, Stages]] | None) -> str:
    if not known:
        return "nothing"
    return " and ".join(
        f"{life} {stage} ({', '.join(f'{i.season}x{i.number} {s}' for i, s in items)})"
        for life, stage, items in known
    )


def duplicates(requests: Iterable[Request]) -> list[str]:
    """Return the wishes that more than one open request stands for."""
    seen: dict[tuple[Key, ItemKey], str] = {}
    found: list[str] = []
    for request in requests:
        if not request.is_open:
            continue
        for item in request.items or {ItemKey(0, 0)}:
            name = (key_of(request), item)
            if name in seen:
                found.append(f"{' '.join(name[0])} is there twice")
            seen[name] = request.id
    return found
