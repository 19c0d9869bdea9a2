"""Write to the journal; keep what it refuses for a moment until it takes it."""

from collections.abc import Mapping, Sequence
import logging

from .journal import Batch, Journal, JournalError
from .journal_deletions import DeletionWrite
from .lifecycle.model import JsonObject
from .lifecycle.request import Change, Changes, Request

_LOGGER = logging.getLogger(__name__)


class Ledger:
    """See to it that the journal misses nothing."""

    def __init__(self, journal: Journal) -> None:
        """Initialize with nothing missing."""
        self._journal = journal
        self._unstored: dict[str, Change] = {}  # by request: what the journal refused
        self._unforgotten: dict[str, Request] = {}

    @property
    def is_behind(self) -> bool:
        """Return whether the journal lacks something."""
        return bool(self._unstored or self._unforgotten)

    async def store(
        self, changes: Changes, cursors: Mapping[str, JsonObject] | None = None
    ) -> None:
        """Write now, or as soon as the journal takes it."""
        was_failing = self.is_behind
        try:
            await self.write(changes, cursors)
        except JournalError as err:
            if not was_failing:
                _LOGGER.error("Changes could not be stored yet: %s", err)

    async def write(
        self,
        changes: Changes,
        cursors: Mapping[str, JsonObject] | None = None,
        deletions: Sequence[DeletionWrite] = (),
    ) -> None:
        """Write to the journal, or note which changes it refused, raising JournalError.

        What is to be known of deletions, their runner writes again itself; it never gets ahead of
        what deletions have made of requests.
        """
        if not changes and not cursors and not deletions:
            return
        batch = Batch(changes=changes, cursors=cursors or {}, deletions=deletions)
        try:
            if deletions:
                await self.catch_up()
            await self._journal.write(batch)
        except JournalError:
            for change in changes:
                self._note(change)
            raise

    async def forget(self, left: Request) -> None:
        """Remove a request from the journal but for what is left; JournalError if not yet."""
        self._unstored.pop(left.id, None)
        try:
            await self._journal.write(Batch(forgotten=(left,)))
        except JournalError:
            self._unforgotten[left.id] = left
            raise

    def _note(self, change: Change) -> None:
        request = change.request
        lost = self._unstored.setdefault(request.id, Change(request=request, is_stored=True))
        lost.opened |= change.opened
        lost.timeline += change.timeline
        if change.ended:
            lost.ended = True
            lost.facts = dict(request.facts)  # before they are let go

    async def store_again(self) -> None:
        """Write what the journal refused: what ended, or says nothing new, changes no more."""
        if not self.is_behind:
            return
        lost, self._unstored = self._unstored, {}
        gone, self._unforgotten = self._unforgotten, {}
        try:
            await self.write(list(lost.values()))
            for left in gone.values():
                await self.forget(left)
        except JournalError as err:
            self._unforgotten = gone | self._unforgotten
            _LOGGER.debug("Changes can still not be stored: %s", err)
        else:
            _LOGGER.info("What could not be stored is stored now")

    async def catch_up(self) -> None:
        """Raise JournalError while the journal lacks something.

        A repeated push says nothing new; confirmed, it would stand for the first, refused one.
        """
        await self.store_again()
        if self.is_behind:
            raise JournalError("earlier changes are still not stored")
