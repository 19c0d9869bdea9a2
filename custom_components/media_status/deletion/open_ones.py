"""Hear of open requests whose own facts say that they were deleted."""

import asyncio
from collections import deque
import logging
from typing import TYPE_CHECKING

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from ..journal import JournalError
from ..lifecycle.facts import Decision
from ..lifecycle.model import Stage
from ..lifecycle.request import Change, Request
from .elsewhere import Elsewhere
from .hints import Hints

if TYPE_CHECKING:
    from ..hub import Hub, HubEvent

_LOGGER = logging.getLogger(__name__)


class OpenOnes:
    """Log them, and have the other services follow; their end has been told already."""

    def __init__(self, hub: Hub, elsewhere: Elsewhere, hints: Hints) -> None:
        """Initialize with none."""
        self._hub = hub
        self._elsewhere = elsewhere
        self._hints = hints
        self._gone: deque[Request] = deque()
        self._noting = asyncio.Lock()

    @callback
    def handle(self, event: HubEvent) -> None:
        """Take note of what the hub tells."""
        gone = [change.request for change in event.changes if _is_deleted_by_facts(change)]
        if gone:
            self._gone += gone
            self._hub.entry.async_create_background_task(
                self._hub.hass, self._note_at_once(), "log of deletions"
            )

    async def _note_at_once(self) -> None:
        try:
            await self.note()
        except JournalError as err:
            _LOGGER.debug("A deletion is logged with the next look: %s", err)

    async def note(self) -> None:
        """Log what was heard of; raise JournalError while that cannot be."""
        async with self._noting:
            while self._gone:
                request = self._gone[0]
                source = self._hints.source(request, dt_util.utcnow())
                await self._elsewhere.note_open(request, source)
                self._gone.popleft()


def _is_deleted_by_facts(change: Change) -> bool:
    """Return whether a request became deleted, and nobody of us said so."""
    return (
        change.request.stage is Stage.DELETED
        and change.before not in (None, Stage.DELETED)
        and not any(isinstance(fact.value, Decision) for fact in change.facts.values())
    )
