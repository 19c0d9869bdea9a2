"""Do one step in its service, and say in codes how that ended."""

import asyncio
from dataclasses import dataclass
from typing import Final

from ..clients.errors import (
    AuthError,
    ClientError,
    Forbidden,
    NotFound,
    NotPermitted,
    ReadOnly,
    Refused,
    RootFolderTrouble,
    ServerBusy,
    Unreachable,
    UnsafeId,
)
from ..clients.guard import DryRun, no_writes
from ..connections.base import Connection, TargetChanged
from ..lifecycle.deletion import Step
from ..lifecycle.deletion_job import Sight
from .permits import permit
from .planner import call_text

CALL_LIMIT: Final = 90  # seconds for one call with the looks before it

_REASONS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (TargetChanged, "target_changed"),
    (NotPermitted, "not_permitted"),
    (UnsafeId, "not_permitted"),
    (ReadOnly, "switched_off"),
    (AuthError, "no_access"),
    (Forbidden, "no_access"),
    (RootFolderTrouble, "root_folder"),
    (Refused, "service_refused"),
    (ServerBusy, "no_answer"),
    (Unreachable, "no_answer"),
    (TimeoutError, "no_answer"),
)
# Trying again would only do the same wrong thing.
_FINAL: Final = (TargetChanged, NotPermitted, UnsafeId)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why a step could not be done or looked at; what is final is not tried again by itself."""

    reason: str
    message: str | None = None
    is_final: bool = False


async def remove(connection: Connection, step: Step) -> Trouble | None:
    """Do a step for real; None when the service accepted it, or had nothing of it any more."""
    try:
        async with asyncio.timeout(CALL_LIMIT):
            await connection.remove(step, permit(step, dry_run=False))
    except NotFound:
        return None
    except (ClientError, TimeoutError) as err:
        return _trouble(err)
    return None


async def rehearse(connection: Connection, step: Step) -> str | Trouble | None:
    """Do a step but for the sending; return the call, if there would be one."""
    try:
        with no_writes():
            async with asyncio.timeout(CALL_LIMIT):
                await connection.remove(step, permit(step))
    except DryRun as rehearsal:
        return call_text(rehearsal.call)
    except NotFound:
        return None
    except (ClientError, TimeoutError) as err:
        return _trouble(err)
    return None


async def look(connection: Connection, step: Step) -> Sight | Trouble:
    """Return whether what a step removes is gone, or why that is not known."""
    try:
        async with asyncio.timeout(CALL_LIMIT):
            return await connection.look(step)
    except (ClientError, TimeoutError) as err:
        return _trouble(err)


def _trouble(err: ClientError | TimeoutError) -> Trouble:
    reason = next((code for kind, code in _REASONS if isinstance(err, kind)), "failed")
    return Trouble(reason=reason, message=str(err) or None, is_final=isinstance(err, _FINAL))
