"""Ask Jellyfin to look again for what it owes: narrowly, rarely, never while it scans anyway."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
import logging

from ..clients.jellyfin import JellyfinClient, VirtualFolder
from ..lifecycle.model import Stage
from .base import Action, WantedItem, WantedTitle
from .cooldown import Cooldown
from .jellyfin_anime import matched, pages_of
from .jellyfin_library import Library
from .jellyfin_places import library_of, likely_library
from .text import name_text

_LOGGER = logging.getLogger(__name__)
PATIENCE = timedelta(minutes=10)  # between two looks at the same library or series
_MOST_AT_ONCE = 4
_MOST_DOUBLINGS = 4  # what does not help twice is tried ever more rarely
_REMEMBERED = timedelta(hours=1)
_SCAN_TASK = "RefreshLibrary"
_IDLE = "Idle"
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A library, or a series whose metadata is to be read anew."""

    id: str
    name: str
    is_series: bool = False


@dataclass(slots=True)
class _Debt:
    """What was done for one request that Jellyfin owes something."""

    next_at: datetime = _NEVER
    tries: int = 0
    served_at: datetime | None = None  # when its library was looked through first


@dataclass(slots=True)
class Nudger:
    """Remember what was looked through, and when."""

    client: JellyfinClient
    library: Library
    cooldown: Cooldown
    _now: datetime = _NEVER  # when it was nudged last
    _done_at: dict[str, datetime] = field(default_factory=dict)  # by library or series
    _debts: dict[str, _Debt] = field(default_factory=dict)  # by request

    def was_refreshed(self, title: WantedTitle, now: datetime) -> bool:
        """Return whether a title's library was looked through, long enough ago to have helped."""
        debt = self._debts.get(title.request_id)
        return debt is not None and debt.served_at is not None and now - debt.served_at >= PATIENCE

    async def nudge(self, now: datetime, titles: Iterable[WantedTitle]) -> tuple[Action, ...]:
        """Have series or libraries looked through that owe something; raise `ClientError`.

        Calls: none while nothing is due, else the tasks, the libraries and at most 4 refreshes.
        """
        self._now = now
        late = {title.request_id: title for title in titles if overdue(title)}
        self._debts = {key: self._debts.get(key, _Debt()) for key in late}
        due = [title for key, title in late.items() if self._debts[key].next_at <= now]
        if not due:
            return ()
        for title in due:
            # Before anything is asked: who refuses is not asked again with every survey.
            debt = self._debts[title.request_id]
            debt.next_at = now + PATIENCE * 2 ** min(debt.tries, _MOST_DOUBLINGS)
        if await self._is_scanning():
            self._postpone(due, now)
            return ()
        return await self._look_through(now, due)

    async def _look_through(self, now: datetime, due: Sequence[WantedTitle]) -> tuple[Action, ...]:
        folders = await self.client.virtual_folders()
        owners: dict[Target, list[WantedTitle]] = {}
        for title in due:
            if (target := self._target(title, folders)) is not None:
                owners.setdefault(target, []).append(title)
            else:
                _LOGGER.debug("It is not certain which library should show %s", title.request_id)
        self._done_at = {key: at for key, at in self._done_at.items() if now - at < _REMEMBERED}
        actions: list[Action] = []
        for target, titles in owners.items():
            was_done_at = self._done_at.get(target.id, _NEVER)
            if now - was_done_at < PATIENCE:
                self._postpone(titles, was_done_at + PATIENCE)
                continue
            if len(actions) == _MOST_AT_ONCE:
                self._postpone(titles, now)
                continue
            self._done_at[target.id] = now
            for title in titles:
                self._count(title, target, now)
            await self.client.refresh_item(target.id, full=target.is_series)
            actions.append(_action(target))
        return tuple(actions)

    async def at_once(self, title: WantedTitle, *, dry_run: bool) -> tuple[Action, ...]:
        """Have looked through what owes a title something, as somebody asks for it.

        Calls: the tasks, the libraries, one refresh; raise `ClientError`. What is done by hand
        counts for the next nudge. While Jellyfin scans anyway it is left alone.
        """
        if not overdue(title) or await self._is_scanning():
            return ()
        target = self._target(title, await self.client.virtual_folders())
        if target is None:
            return ()
        keys = (target.id, title.request_id)
        if not all(map(self.cooldown.is_over, keys)):
            return ()
        if not dry_run:
            with self.cooldown.begun(keys):
                await self.client.refresh_item(target.id, full=target.is_series)
            self._done_at[target.id] = self._now
            if title.request_id in self._debts:
                self._count(title, target, self._now)
        return (_action(target),)

    def _postpone(self, titles: Iterable[WantedTitle], until: datetime) -> None:
        for title in titles:
            self._debts[title.request_id].next_at = until

    def _count(self, title: WantedTitle, target: Target, now: datetime) -> None:
        debt = self._debts[title.request_id]
        debt.tries += 1
        if not target.is_series and debt.served_at is None:
            debt.served_at = now

    async def _is_scanning(self) -> bool:
        tasks = await self.client.scheduled_tasks()
        return any(task.key == _SCAN_TASK and task.state != _IDLE for task in tasks)

    def _target(self, title: WantedTitle, folders: Sequence[VirtualFolder]) -> Target | None:
        """Return the smallest thing that has to be looked through for a title to appear."""
        index = self.library.index
        pages = list(pages_of(index, title))
        for page_id in pages:
            page = index.item(page_id)
            if page is not None and index.is_empty(page_id) and page_id not in self._done_at:
                return Target(id=page.id, name=name_text(page.name) or page.id, is_series=True)
        found = self._library_of(title, pages, folders)
        if found is None:
            return None
        return Target(id=found.id, name=name_text(found.name) or found.id)

    def _library_of(
        self, title: WantedTitle, pages: Iterable[str], folders: Sequence[VirtualFolder]
    ) -> VirtualFolder | None:
        """Return the library that holds a title, by the best evidence there is."""
        late = overdue(title)
        found = {f.id: f for item in late if (f := library_of(folders, item.file_path))}
        if not found:
            known = (self.library.index.item(page_id) for page_id in pages)
            found = {f.id: f for page in known if page and (f := library_of(folders, page.path))}
        if found:
            return next(iter(found.values())) if len(found) == 1 else None
        paths = [match.path for item in late if (match := matched(item)) and match.path]
        return likely_library(folders, paths, title.media_type) if paths else None


def _action(target: Target) -> Action:
    return Action(
        code="refresh_series" if target.is_series else "refresh_library", target=target.name
    )


def overdue(title: WantedTitle) -> list[WantedItem]:
    """Return the items of a title that Jellyfin should have shown by now."""
    return [
        item
        for item in title.items.values()
        if item.is_overdue and item.has_file is not False and item.stage is Stage.SYNCING_LIBRARY
    ]
