"""Make plans: ask every service what it has, then rehearse each step without sending anything."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Collection, Mapping, Sequence
from dataclasses import replace
import logging
from typing import Final
from uuid import uuid7

from homeassistant.util import dt as dt_util

from ..clients.errors import ClientError, NotFound
from ..clients.guard import DryRun, PlannedCall, no_writes
from ..connections.base import TargetChanged
from ..coordinator import ConnectionCoordinator
from ..lifecycle.deletion import (
    DeletionOptions,
    DeletionTarget,
    Holder,
    Holdings,
    Inspection,
    Plan,
    Remark,
    Step,
)
from ..lifecycle.deletion_managers import MANAGERS
from ..lifecycle.deletion_plan import make_plan
from ..lifecycle.model import Service
from .house import House
from .permits import permit

_LOGGER = logging.getLogger(__name__)

ASK_LIMIT: Final = 90  # seconds for one question to one service
_LATER: Final = frozenset({Service.QBITTORRENT, Service.SHOKO, Service.JELLYFIN})


async def make(
    house: House,
    targets: Sequence[DeletionTarget],
    options: DeletionOptions,
    *,
    frozen: Collection[str] = (),
) -> Plan:
    """Return what would be deleted, with the exact call of every step; nothing is changed.

    `frozen` are connections that lost much at once. Services that cannot be asked block the plan.
    """
    plan = await draft(house, targets, options, frozen=frozen)
    return await _rehearsed(house, plan)


async def draft(
    house: House,
    targets: Sequence[DeletionTarget],
    options: DeletionOptions,
    *,
    frozen: Collection[str] = (),
) -> Plan:
    """Return a plan without the calls: enough to see whether one that was shown still holds."""
    now = dt_util.utcnow()
    with no_writes():
        found = await _ask_all(house, Inspection(now=now, targets=tuple(targets)))
    holders = [
        Holder(
            connection_id=key,
            service=coordinator.kind,
            name=coordinator.subentry.title,
            holdings=found[key],
            is_4k=house.tracker.options.variants.get(key),
            is_frozen=key in frozen,
        )
        for key, coordinator in sorted(house.connections.items())
        if key in found
    ]
    return make_plan(uuid7().hex, now, options, targets, holders)


async def _ask_all(house: House, inspection: Inspection) -> dict[str, Holdings | None]:
    """Return what every connection that can concern the targets has; None where unknown."""
    connections = house.connections
    managers = {key for key, found in connections.items() if found.kind in MANAGERS}
    first = {
        key
        for key, found in connections.items()
        if found.kind not in _LATER and _concerns(found.kind, inspection.targets)
    }
    found = await _inspect(connections, first, inspection)
    titles = tuple(
        title for holdings in found.values() if holdings is not None for title in holdings.titles
    )
    asked = replace(inspection, titles=titles)
    found |= await _trace(connections, managers, found, asked.downloads)
    later = {
        key
        for key, one in connections.items()
        if one.kind in _LATER and _concerns(one.kind, inspection.targets)
    }
    return found | await _inspect(connections, later, asked)


def _concerns(kind: Service, targets: Sequence[DeletionTarget]) -> bool:
    """Return whether a service can have anything of the targets."""
    if kind in MANAGERS:
        return any(target.media_type is MANAGERS[kind] for target in targets)
    return kind is not Service.SHOKO or any(target.is_anime for target in targets)


async def _inspect(
    connections: Mapping[str, ConnectionCoordinator], keys: Collection[str], inspection: Inspection
) -> dict[str, Holdings | None]:
    order = sorted(keys)
    asked = (
        _answer(connections[key], connections[key].connection.inspect(inspection)) for key in order
    )
    return dict(zip(order, await asyncio.gather(*asked), strict=True))


async def _trace(
    connections: Mapping[str, ConnectionCoordinator],
    managers: Collection[str],
    found: Mapping[str, Holdings | None],
    downloads: frozenset[str],
) -> dict[str, Holdings | None]:
    """Return the managers' holdings with all that the downloads brought, of any title.

    A manager of the other kind is asked, too: one torrent may bring a film and a series.
    """
    if not downloads:
        return {}
    order = sorted(key for key in managers if found.get(key, Holdings()) is not None)
    asked = (
        _answer(connections[key], connections[key].connection.trace(downloads)) for key in order
    )
    traced: dict[str, Holdings | None] = {}
    for key, served in zip(order, await asyncio.gather(*asked), strict=True):
        known = found.get(key) or Holdings()
        traced[key] = None if served is None else replace(known, served=served)
    return traced


async def _answer[T](coordinator: ConnectionCoordinator, question: Awaitable[T]) -> T | None:
    """Return what a service answers; None when it does not, which is not the same as nothing."""
    try:
        async with asyncio.timeout(ASK_LIMIT):
            return await question
    except (ClientError, TimeoutError) as err:
        reason = str(err) or "timeout"
        _LOGGER.info("%s could not be asked what it has: %s", coordinator.name, reason)
        return None


async def _rehearsed(house: House, plan: Plan) -> Plan:
    """Return the plan with the call of each step, and blockers where one could not be made."""
    by_connection: dict[str, list[Step]] = defaultdict(list)
    for step in plan.pending:
        by_connection[step.connection_id or ""].append(step)
    with no_writes():
        found = await asyncio.gather(
            *(_rehearse(house, key, steps) for key, steps in sorted(by_connection.items()))
        )
    calls = {step_id: call for part, _ in found for step_id, call in part.items()}
    blockers = [remark for _, part in found for remark in part]
    return replace(plan, calls=calls, blockers=(*plan.blockers, *blockers))


async def _rehearse(
    house: House, connection_id: str, steps: Sequence[Step]
) -> tuple[dict[str, str], list[Remark]]:
    """Return the calls of one connection's steps, one after another, and what kept any back."""
    calls: dict[str, str] = {}
    blockers: list[Remark] = []
    for step in steps:
        try:
            async with asyncio.timeout(ASK_LIMIT):
                await house.connections[connection_id].connection.remove(step, permit(step))
        except DryRun as rehearsal:
            calls[step.id] = call_text(rehearsal.call)
        except NotFound:
            continue  # gone since it was asked for; the run finds that, too
        except TargetChanged:
            blockers.append(Remark(code="target_changed", values={"name": step.name}))
        except (ClientError, TimeoutError, KeyError) as err:
            _LOGGER.info("The step %s could not be rehearsed: %s", step.id, str(err) or "timeout")
            blockers.append(Remark(code="not_rehearsed", values={"name": step.name}))
    return calls, blockers


def call_text(call: PlannedCall) -> str:
    """Return a call in one line, as it would be sent; it holds no key."""
    query = "&".join(f"{name}={value}" for name, value in call.query)
    where = f"{call.path}?{query}" if query else call.path
    return f"{call.method} {where} {call.body}".rstrip()
