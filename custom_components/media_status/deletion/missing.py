"""Make sure what of a finished request is missing: by its manager's word and disk, or Jellyfin's.

Unknown is not gone: whatever cannot be told stays as it is.
"""

import asyncio
from collections.abc import Awaitable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from homeassistant.util import dt as dt_util

from ..clients.errors import ClientError
from ..connections.base import Owned
from ..lifecycle.deletion import Inspection
from ..lifecycle.facts import File, Playable
from ..lifecycle.model import MOVIE, ItemKey, MediaType, Service, Stage
from ..lifecycle.request import Request
from .brakes import DeletionRefused
from .house import House
from .wishes import Wish, targets_of

ASK_LIMIT: Final = 90  # seconds for one question to one service


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """What was found out: items that are gone, items that are there; the others are unknown."""

    gone: frozenset[ItemKey] = frozenset()
    there: frozenset[ItemKey] = frozenset()
    is_sought: bool = False  # a manager looks for some of it again


class Unclear(Exception):
    """What of a request is there cannot be told now."""


def held_items(request: Request) -> frozenset[ItemKey]:
    """Return the items that a finished request has brought and that were there until now."""
    stages = request.status.items
    if request.media_type is MediaType.MOVIE:
        is_there = stages.get(MOVIE, request.stage) is Stage.AVAILABLE
        return frozenset({MOVIE}) if is_there else frozenset()
    return frozenset(item for item, stage in stages.items() if stage is Stage.AVAILABLE)


async def missing_in_managers(
    house: House,
    request: Request,
    found: Mapping[str, Owned | None],
    *,
    usable: Collection[str] = (),
) -> Missing:
    """Return what the managers that may have a request lack; raise Unclear.

    `found` says for each of them whether it has the title. `usable` are the connections whose word
    counts at the moment.
    """
    held = held_items(request)
    there: set[ItemKey] = set()
    sought: set[ItemKey] = set()
    for key, owned in found.items():
        if owned is not None:
            holding = await _ask(house.connections[key].connection.holding(owned.own_id))
            if holding is None:
                raise Unclear
            there |= holding.held
            sought |= holding.sought
    # Only who had a file can have lost it.
    files = _files(request, found.keys())
    lacking = (held - there) & files.keys()
    proven = await _without_disk_left(house, request, lacking, files, found, usable)
    there |= lacking & proven.there
    return Missing(gone=proven.gone, there=frozenset(there & held), is_sought=bool(sought & held))


async def _without_disk_left(
    house: House,
    request: Request,
    lacking: frozenset[ItemKey],
    files: Mapping[ItemKey, Mapping[str, frozenset[str]]],
    found: Mapping[str, Owned | None],
    usable: Collection[str],
) -> Missing:
    """Return which items have no file on the disk either; forgotten by a manager is not gone."""
    gone: set[ItemKey] = set()
    left: set[ItemKey] = set()
    unseen: set[ItemKey] = set()
    for key in sorted(found):
        paths = {item: files[item][key] for item in lacking if key in files[item]}
        wanted = frozenset().union(*paths.values())
        try:
            on_disk = await _ask(house.connections[key].connection.files_left(wanted))
        except Unclear:
            unseen |= paths.keys()
            continue
        for item, mine in paths.items():
            if mine & on_disk:
                left.add(item)
            elif mine or found[key] is not None:  # its own word where the path is not known
                gone.add(item)
            else:
                unseen.add(item)
    in_doubt = unseen - left
    if in_doubt:
        seen = await missing_in_library(house, request, frozenset(in_doubt), usable=usable)
        left |= seen.there
        gone = (gone - in_doubt) | seen.gone
    return Missing(gone=frozenset(gone - left), there=frozenset(left))


def _files(request: Request, managers: Collection[str]) -> dict[ItemKey, dict[str, frozenset[str]]]:
    """Return where each item's file was, by the managers that had it."""
    known: dict[ItemKey, dict[str, frozenset[str]]] = {}
    for fact in request.facts.values():
        item, key = fact.subject.item, fact.connection_id
        if item is not None and key in managers and isinstance(fact.value, File):
            if fact.value.present:
                paths = frozenset({fact.value.path} if fact.value.path else ())
                mine = known.setdefault(item, {})
                mine[key] = mine.get(key, frozenset()) | paths
    return known


def library_ids(request: Request, keys: Collection[str]) -> dict[str, dict[ItemKey, set[str]]]:
    """Return as what libraries played each item, by connection."""
    known: dict[str, dict[ItemKey, set[str]]] = {}
    for fact in request.facts.values():
        value, item = fact.value, fact.subject.item
        if item is not None and isinstance(value, Playable) and value.present and value.item_id:
            if fact.connection_id in keys:
                known.setdefault(fact.connection_id, {}).setdefault(item, set()).add(value.item_id)
    return known


async def missing_in_library(
    house: House, request: Request, items: frozenset[ItemKey], *, usable: Collection[str]
) -> Missing:
    """Return which items no library can play any more, by their ids and by exact provider ids.

    A renamed file gets another id, so an id alone proves nothing. Raises Unclear.
    """
    libraries = frozenset(
        key for key, one in house.connections.items() if one.kind is Service.JELLYFIN
    )
    known = library_ids(request, libraries)
    if not known or not known.keys() <= set(usable):
        raise Unclear
    there: set[ItemKey] = set()
    lost: set[ItemKey] = set()
    for key, ids in known.items():
        wanted = {one for item in items & ids.keys() for one in ids[item]}
        playable = await _ask(house.connections[key].connection.playable(wanted))
        alive = {item for item in items & ids.keys() if ids[item] & playable}
        there |= alive
        lost |= (items & ids.keys()) - alive
    lost -= there
    if lost:
        there |= await _proven(house, request, known.keys()) & lost
    return Missing(gone=frozenset(lost - there), there=frozenset(there))


async def _proven(house: House, request: Request, keys: Collection[str]) -> set[ItemKey]:
    """Return the items that libraries have under whatever id."""
    try:
        targets = await targets_of(house, [Wish(request_id=request.id)])
    except DeletionRefused as err:
        raise Unclear from err  # forgotten since
    inspection = Inspection(now=dt_util.utcnow(), targets=targets)
    there: set[ItemKey] = set()
    for key in keys:
        holdings = await _ask(house.connections[key].connection.inspect(inspection))
        there |= {one.item for one in holdings.items if one.item is not None}
    return there


async def _ask[T](question: Awaitable[T]) -> T:
    try:
        async with asyncio.timeout(ASK_LIMIT):
            return await question
    except (ClientError, TimeoutError) as err:
        raise Unclear from err
