"""Fill what requests lack: open ones through the tracker, ended ones in the journal."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from homeassistant.util import dt as dt_util

from ..household import has_variants
from ..journal_backfill import ended, fill_ended, seerr_keys
from ..journal_library import SourceState
from ..lifecycle.fill import fill
from ..lifecycle.model import Service
from ..lifecycle.request import Change, Request
from .backfill import BackFill, Known
from .index import Group, Library

if TYPE_CHECKING:
    from ..hub import Hub
    from .sync import SourceResult, SyncResult

_MOST_NAMED = 1000
_STEP = 100


class Filler:
    """Go through all requests once."""

    def __init__(self, hub: Hub, library: Library, states: Mapping[str, SourceState]) -> None:
        """Initialize with what the services have."""
        self.disagreeing: list[Known] = []
        self._hub = hub
        self._library = library
        self._states = states

    async def fill(self, result: SyncResult, *, is_dry_run: bool) -> None:
        """Fill all requests and count it; raise JournalError."""
        self._result = result
        self._is_dry_run = is_dry_run
        for index, group in enumerate(self._library.groups):
            _count_group(result, group, self._library.cluster(group))
            await _breathe(index)
        seerrs = frozenset(
            key for key, state in self._states.items() if state.service is Service.SEERR
        )
        owned = await seerr_keys(self._hub.journal.library, seerrs)
        for request in self._hub.tracker.requests.values():
            owned |= {(key, own) for key, own in request.service_ids.items() if key in seerrs}
        back_fill = BackFill(
            self._library,
            fits=self._hub.tracker.fits,
            has_variants=lambda request: has_variants(self._hub.connections, request),
            owned=owned,
        )
        await self._fill_open(back_fill)
        await self._fill_ended(back_fill)

    async def _fill_open(self, back_fill: BackFill) -> None:
        for index, request in enumerate(list(self._hub.tracker.requests.values())):
            await _breathe(index)
            if not request.is_open:
                continue  # meanwhile; it is among the ended ones now
            known = back_fill.known(request)
            self._count(known)
            if known.gaps and not self._is_dry_run:
                changes = self._hub.tracker.fill(request.id, known.filling, dt_util.utcnow())
                await self._hub.record(changes)

    async def _fill_ended(self, back_fill: BackFill) -> None:
        rows, place = self._hub.journal.library, ""
        while True:
            requests, last = await ended(rows, place)
            if last is None:
                return
            place = last
            # What ended while we were at it is among the open ones, and in memory.
            found = [back_fill.known(request) for request in requests]
            for known in found:
                self._count(known)
            if self._is_dry_run:
                continue
            fillings = {known.request.id: known.filling for known in found if known.gaps}
            filled = await fill_ended(rows, fillings)
            changes = [
                Change(request=request, is_stored=True, visible=True)
                for request_id in sorted(filled)
                if (request := self._ended(request_id)) is not None
                and fill(request, fillings[request_id])
            ]
            if changes:
                await self._hub.record(changes)

    def _ended(self, request_id: str) -> Request | None:
        """Return an ended request as it is held in memory."""
        request = self._hub.requests.get(request_id)
        return None if request is None or request.is_open else request

    def _count(self, known: Known) -> None:
        """Count what a request got, and from whom."""
        if known.group is None:
            return
        self._result.filled += bool(known.gaps)
        if known.differences:
            self._result.conflicts += 1
            if len(self.disagreeing) < _MOST_NAMED:
                self.disagreeing.append(known)
        givers = set(_givers(known))
        against = set(_against(known))
        for key in {entry.source.connection_id for entry in known.group.entries}:
            if (source := self._result.sources.get(key)) is not None:
                source.filled += key in givers
                source.conflicts += key in against
                source.unchanged += key not in givers | against


async def _breathe(index: int) -> None:
    """Let others run now and then: a library is longer than the loop may stop."""
    if index % _STEP == 0:
        await asyncio.sleep(0)


def _givers(known: Known) -> Iterable[str]:
    """Yield the connections that know what a request lacks: of each name the first."""
    group = known.group
    for name in known.gaps if group is not None else ():
        if name in known.filling.service_ids:
            yield name
            continue
        for entry in group.entries if group is not None else ():
            if getattr(entry, name, None) or getattr(entry.ids, name, None):
                yield entry.source.connection_id
                break


def _against(known: Known) -> Iterable[str]:
    """Yield the connections that say something else than a request."""
    for one in known.differences:
        for entry in known.group.entries if known.group is not None else ():
            if one.name == entry.source.connection_id:
                yield one.name
            elif one.found == str(getattr(entry.ids, one.name, None)):
                yield entry.source.connection_id


def _count_group(result: SyncResult, group: Group, cluster: Iterable[Group]) -> None:
    """Count the titles that several services have, and those on whose names they disagree."""
    known = {entry.source.connection_id for one in cluster for entry in one.entries}
    for entry in group.entries:
        source: SourceResult | None = result.sources.get(entry.source.connection_id)
        if source is None:
            continue
        source.linked += len(known) > 1
        source.conflicts += any(getattr(entry.ids, name) for name in group.joined.conflicts)
