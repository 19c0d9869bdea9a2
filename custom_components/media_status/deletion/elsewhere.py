"""Do what follows when something was deleted without us: history, log, and the other services."""

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
import logging
from typing import TYPE_CHECKING, Final
from uuid import uuid7

from homeassistant.util import dt as dt_util

from ..clients.errors import ClientError
from ..const import CONF_FOLLOW_EXTERNAL_DELETIONS, DEFAULT_OPTIONS
from ..journal import JournalError
from ..journal_deletions import DeletionWrite, LogRow
from ..lifecycle.deletion import DeletionOptions, Plan, Step, Verb
from ..lifecycle.deletion_job import Job
from ..lifecycle.model import MOVIE, ItemKey, MediaType
from ..lifecycle.request import Request
from .aftermath import end_deleted
from .brakes import DeletionRefused, Mode
from .census import Titles
from .record import elsewhere
from .watch_issues import clear_follow, raise_follow, standing_follows
from .wishes import Wish

if TYPE_CHECKING:
    from ..hub import Hub

_LOGGER = logging.getLogger(__name__)

_REMOVING: Final = frozenset(
    {
        Verb.REMOVE_TORRENT,
        Verb.REMOVE_TITLE,
        Verb.REMOVE_FILE,
        Verb.REMOVE_RECORD,
        Verb.REMOVE_REQUEST,
        Verb.REMOVE_MEDIA,
    }
)
_OF_MANAGERS: Final = frozenset({Verb.REMOVE_TITLE, Verb.REMOVE_FILE})


class Elsewhere:
    """Let requests end whose titles were deleted elsewhere, and have the other services follow."""

    def __init__(self, hub: Hub) -> None:
        """Initialize with nothing that waits to be logged."""
        self._hub = hub
        self._unlogged: list[LogRow] = []  # what the log refused for a moment

    async def conclude(
        self,
        request: Request,
        items: frozenset[ItemKey] | None,
        *,
        source: str,
        is_sought: bool,
    ) -> None:
        """Let a request, or some items, be deleted; raise JournalError before anything changed."""
        own = await self.own_job(request.id, items or request.items)
        now = dt_util.utcnow()
        source = source if own is None else own.source
        changes = await end_deleted(self._hub, request.id, items, source=source, user=None, now=now)
        if not changes:
            return
        rows: list[LogRow] = []
        if own is None:
            rows.append(elsewhere(request, source, items or request.items, uuid7().hex, now))
            what = "all" if items is None else f"{len(items)} items"
            _LOGGER.info("Request %s: %s was deleted elsewhere (%s)", request.id, what, source)
        try:
            await self._hub.record(changes, [DeletionWrite(log=rows)] if rows else [])
        except JournalError as err:  # the changes are stored later; the log is ours to repeat
            _LOGGER.warning("The log of deletions waits for the journal: %s", err)
            self._unlogged += rows
        if own is None and items is None:
            await self.follow(request, source, is_sought=is_sought)

    async def note_open(self, request: Request, source: str) -> None:
        """Log an open request whose own facts say that it was deleted.

        Raises JournalError before anything is done; a log that is not written yet is written later.
        """
        own = await self.own_job(request.id, request.items)
        if own is not None or self._hub.deletions.job_of(request.id):
            return
        self._unlogged.append(
            elsewhere(request, source, request.items, uuid7().hex, dt_util.utcnow())
        )
        with suppress(JournalError):
            await self.log_again()
        await self.follow(request, source, is_sought=False)

    async def log_again(self) -> None:
        """Write what the log lacks; raise JournalError."""
        rows, self._unlogged = self._unlogged, []
        if rows:
            try:
                await self._hub.record([], [DeletionWrite(log=rows)])
            except JournalError:
                self._unlogged = rows + self._unlogged
                raise

    async def own_job(self, request_id: str, items: Collection[ItemKey]) -> Job | None:
        """Return the job of ours that removed these items of a request, if any did."""
        for job in await self._hub.journal.deletions.jobs(request_id=request_id):
            is_meant = any(
                target.request_id == request_id and (target.is_whole or target.items >= {*items})
                for target in job.plan.targets
            )
            was_called = any(
                step.verb in _OF_MANAGERS and job.states[step.id].attempts
                for step in job.plan.steps
            )
            if is_meant and was_called and not job.is_dry_run:
                return job
        return None

    async def follow(self, request: Request, source: str, *, is_sought: bool) -> None:
        """Have the other services follow, as the household chose.

        What a manager looks for again is never removed without a person's word.
        """
        options = {**DEFAULT_OPTIONS, **self._hub.entry.options}
        choice = options[CONF_FOLLOW_EXTERNAL_DELETIONS]
        if choice not in ("plan", "run") or self._hub.deletions.limits.mode is Mode.OFF:
            return
        try:
            plan = await self._plan(request.id, source)
            left = _removals(plan)
            if not left:
                return
            is_on = self._hub.deletions.limits.mode is Mode.ON
            if choice == "run" and is_on and not is_sought and not await self.is_back(request):
                await self._hub.deletions.run(plan.id, source=source)
                return
        except DeletionRefused as err:
            _LOGGER.info("Request %s is not followed by itself: %s", request.id, err.code)
        except JournalError, ClientError, TimeoutError:
            left = []
        raise_follow(self._hub.hass, request, source, self._lines(left))

    async def _plan(self, request_id: str, source: str) -> Plan:
        wish = Wish(request_id=request_id)
        return await self._hub.deletions.preview([wish], DeletionOptions(), source=source)

    def _lines(self, steps: Iterable[Step]) -> list[str]:
        """Return what would be removed where, each once."""
        lines: dict[str, None] = {}
        for step in steps:
            found = self._hub.connections.get(step.connection_id or "")
            where = step.service.value if found is None else found.subentry.title
            what = self._hub.texts.deletion("step", step.verb.value, {"name": step.name})
            lines[f"{where}: {what or step.name}"] = None
        return list(lines)

    async def confirm(self, request_id: str) -> Job:
        """Carry out, by a plan made anew, what a person confirmed; raise DeletionRefused.

        Raises `ClientError` or TimeoutError when it is not known whether the title is there again,
        and JournalError.
        """
        request = await self._hub.journal.request(request_id)
        if request is None:
            raise DeletionRefused("request_unknown", {"request_id": request_id})
        if await self.is_back(request):
            raise DeletionRefused("title_is_back", {"title": request.name})
        plan = await self._plan(request_id, "user")
        return await self._hub.deletions.run(plan.id, source="user")

    async def is_back(self, request: Request, titles: Mapping[str, Titles] | None = None) -> bool:
        """Return whether anything of a request's title is there or wanted again.

        Raises `ClientError` or TimeoutError when a manager cannot tell, and JournalError.
        """
        others = await self._hub.journal.deletions.held_by_others(
            request.media_type, request.ids, is_4k=request.is_4k
        )
        items = {MOVIE} if request.media_type is MediaType.MOVIE else request.items
        if any(held & items for key, held in others.items() if key != request.id):
            return True
        return await self._hub.watch.has_files(request, titles)

    async def withdraw(self, titles: Mapping[str, Titles]) -> None:
        """Take back what waits for a person and has become pointless; raise JournalError."""
        for request_id in standing_follows(self._hub.hass):
            request = await self._hub.journal.request(request_id)
            try:
                if request is None or await self.is_back(request, titles):
                    clear_follow(self._hub.hass, request_id)
            except ClientError, TimeoutError:
                continue


def _removals(plan: Plan) -> list[Step]:
    return [step for step in plan.pending if step.verb in _REMOVING]
