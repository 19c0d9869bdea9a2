"""Turn requests into targets of a deletion: what exactly is meant, and what others hold."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ..lifecycle.deletion import DeletionTarget
from ..lifecycle.facts import Playable
from ..lifecycle.model import MOVIE, ItemKey, MediaType
from ..lifecycle.request import Request
from .brakes import DeletionRefused
from .house import House


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A request that shall be deleted: all of it, or chosen items."""

    request_id: str
    items: frozenset[ItemKey] | None = None  # None: all


async def find(house: House, request_id: str) -> Request | None:
    """Return a request with its facts; those of ended ones are in the journal only."""
    request = house.tracker.requests.get(request_id)
    return request or await house.journal.request(request_id)


async def targets_of(house: House, wishes: Sequence[Wish]) -> tuple[DeletionTarget, ...]:
    """Return what the wishes are about; raise DeletionRefused for unknown requests and items."""
    found: list[tuple[Wish, Request]] = []
    for wish in sorted(wishes, key=lambda one: one.request_id):
        request = await find(house, wish.request_id)
        if request is None:
            raise DeletionRefused("request_unknown", {"request_id": wish.request_id})
        found.append((wish, request))
    if not found or len({wish.request_id for wish, _ in found}) < len(found):
        raise DeletionRefused("nothing_chosen")
    chosen = {request.id: _items(wish, request) for wish, request in found}
    targets = [
        await _target(house, request, chosen, is_whole=wish.items is None)
        for wish, request in found
    ]
    return tuple(targets)


def _items(wish: Wish, request: Request) -> frozenset[ItemKey]:
    known = {MOVIE} if request.media_type is MediaType.MOVIE else request.items
    if wish.items is None:
        return frozenset(known)
    if not wish.items or not wish.items <= known:
        raise DeletionRefused("items_unknown", {"title": request.name})
    return wish.items


async def _target(
    house: House,
    request: Request,
    chosen: dict[str, frozenset[ItemKey]],
    *,
    is_whole: bool,
) -> DeletionTarget:
    items = chosen[request.id]
    is_movie = request.media_type is MediaType.MOVIE
    downloads = _downloads(request, None if is_whole else items)
    shared = await house.journal.deletions.downloads_of_others(downloads, chosen)
    return DeletionTarget(
        request_id=request.id,
        media_type=request.media_type,
        ids=request.ids,
        title=request.name,
        year=request.year,
        is_4k=request.is_4k,
        is_anime=request.is_anime,
        is_whole=is_whole or is_movie,
        items=items,
        service_ids=dict(request.service_ids),
        downloads=downloads,
        own_downloads=downloads - shared,
        library_ids=frozenset(
            fact.value.item_id
            for fact in request.facts.values()
            if isinstance(fact.value, Playable)
            and fact.value.item_id is not None
            and fact.subject.item in items
        ),
        kept_items=await _kept(house, request, chosen),
    )


def _downloads(request: Request, items: Collection[ItemKey] | None) -> frozenset[str]:
    """Return all names of the downloads that served the items (None: that ever came)."""
    keys = {
        key
        for key, served in request.downloads.items()
        if items is None or not served.isdisjoint(items)
    }
    return frozenset(keys | {name for name, key in request.download_names.items() if key in keys})


async def _kept(
    house: House, request: Request, chosen: dict[str, frozenset[ItemKey]]
) -> frozenset[ItemKey]:
    """Return what other requests hold of the title, but for what this one is about as well."""
    held = await house.journal.deletions.held_by_others(
        request.media_type, request.ids, is_4k=request.is_4k
    )
    kept: set[ItemKey] = set()
    for request_id, items in held.items():
        if request_id != request.id:
            kept |= items - chosen.get(request_id, frozenset())
    return frozenset(kept - chosen[request.id])
