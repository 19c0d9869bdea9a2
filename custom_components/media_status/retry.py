"""Get a request moving that waits for a person: ask the services that can do something."""

import asyncio
import contextlib
from dataclasses import dataclass
import logging
from typing import Final

from homeassistant.util import dt as dt_util

from .clients.errors import ClientError
from .connections.base import Action
from .coordinator import ConnectionCoordinator
from .hub import Hub
from .journal import JournalError
from .lifecycle.facts import Observation, Statement
from .lifecycle.model import JsonObject, JsonValue, Via
from .lifecycle.request import Changes, Request
from .serialize import MAX_SENTENCE, MAX_TITLE, clean, clean_or_none

_LOGGER = logging.getLogger(__name__)

_LIMIT: Final = 150  # seconds for one service: it may ask all of its indexers


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What one connection did, or would do, or why it could not be asked."""

    coordinator: ConnectionCoordinator
    actions: tuple[Action, ...] = ()
    error: str | None = None


async def async_retry(hub: Hub, request: Request, *, dry_run: bool) -> list[Attempt]:
    """Ask every connection to do what it can for an open request; look again where it did."""
    asked = [
        _attempt(hub, coordinator, request, dry_run=dry_run)
        for coordinator in hub.connections.values()
    ]
    attempts = [found for found in await asyncio.gather(*asked) if found is not None]
    for attempt in attempts:
        if attempt.actions and not dry_run:
            attempt.coordinator.ring()
    return attempts


async def _attempt(
    hub: Hub, coordinator: ConnectionCoordinator, request: Request, *, dry_run: bool
) -> Attempt | None:
    title = hub.wanted_title(coordinator, request)
    if title is None:
        return None
    try:
        async with asyncio.timeout(_LIMIT):
            actions = await coordinator.connection.retry(title, dry_run=dry_run)
    except (ClientError, TimeoutError) as err:
        reason = str(err) or "timeout"
        _LOGGER.info("%s could not be asked to try again: %s", coordinator.name, reason)
        return Attempt(coordinator=coordinator, error=reason)
    words = tuple(word for action in actions for word in action.learned)
    if words:
        with contextlib.suppress(JournalError):  # it is known, and stored with what comes next
            await hub.record(_heard(hub, coordinator, request, words))
    return Attempt(coordinator=coordinator, actions=actions)


def _heard(
    hub: Hub, coordinator: ConnectionCoordinator, request: Request, words: tuple[Statement, ...]
) -> Changes:
    """Take in what an action found out about a request; return what that changes."""
    now = dt_util.utcnow()
    seen = Observation(
        connection_id=coordinator.connection_id,
        service=coordinator.kind,
        via=Via.USER,
        seen_at=now,
        statements=words,
        request_id=request.id,
    )
    return hub.tracker.observe((seen,), now)


def attempts_json(hub: Hub, attempts: list[Attempt]) -> JsonObject:
    """Return what was done, in codes and in sentences, and who could not be asked."""
    actions: list[JsonValue] = [
        _named(attempt.coordinator)
        | {
            "code": action.code,
            "target": clean(action.target, MAX_TITLE),
            "sentence": clean_or_none(
                hub.texts.action(action, attempt.coordinator.subentry.title), MAX_SENTENCE
            ),
        }
        for attempt in attempts
        for action in attempt.actions
    ]
    errors: list[JsonValue] = [
        _named(attempt.coordinator) | {"reason": clean(attempt.error, MAX_SENTENCE)}
        for attempt in attempts
        if attempt.error is not None
    ]
    return {"actions": actions, "errors": errors}


def _named(coordinator: ConnectionCoordinator) -> JsonObject:
    return {
        "connection_id": coordinator.connection_id,
        "name": clean(coordinator.subentry.title, MAX_TITLE),
    }
