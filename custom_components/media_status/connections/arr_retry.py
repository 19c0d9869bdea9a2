"""Get a title moving in Radarr or Sonarr: search, look at downloads, give up dead releases."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from ..clients.arr import ArrClient, Candidate, QueueRecord
from ..clients.errors import ClientError
from ..clients.radarr import Movie
from ..clients.sonarr import Series
from ..lifecycle.facts import QueuePhase, Statement
from ..lifecycle.model import ItemKey, Stage, Subject
from .arr_downloads import Download, Record, downloads
from .arr_look import summed_up
from .base import Action, WantedTitle
from .cooldown import Cooldown
from .text import title_text

_SOUGHT = frozenset({Stage.SEARCHING, Stage.FAILED})
_FETCHED = frozenset({Stage.DOWNLOADED, Stage.IMPORTING})
_OPEN = _SOUGHT | _FETCHED | {Stage.GRABBING, Stage.DOWNLOADING}
# What the manager has to look at, or would have by the next minute.
_TO_CHECK = frozenset(
    {
        QueuePhase.COMPLETED,
        QueuePhase.IMPORT_PENDING,
        QueuePhase.IMPORT_BLOCKED,
        QueuePhase.CLIENT_UNAVAILABLE,
    }
)
_MANY = 3  # more episodes than this are named by the first and the last


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A film or an episode that is monitored and has no file, by the manager's own id."""

    own_id: int
    item: ItemKey
    stage: Stage
    season_size: int = 1  # monitored episodes of its season, with a file or without


# What a step that was taken found out; False when it was too late for it.
type Outcome = tuple[Statement, ...] | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How to see what the indexers have for parts of a title before it is searched for again."""

    parts: Sequence[Part]
    run: Callable[[], Awaitable[Sequence[Candidate]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to do; `keys` name what it is done to."""

    action: Action
    keys: tuple[str, ...]
    run: Callable[[], Awaitable[Outcome]]
    look: Look | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What is to be done about which parts, and about which of their downloads."""

    dead: Sequence[Download]
    sought: Sequence[Part]
    has_downloads: bool  # that the manager should look at
    has_strays: bool  # fetched, and the queue does not have them: the files may be there


class ArrRetry[C: ArrClient, T: Movie | Series](ABC):
    """What one Radarr or Sonarr can do for a title that waits."""

    def __init__(self, client: C, cooldown: Cooldown) -> None:
        """Initialize with the client and what was done a moment ago."""
        self._client = client
        self._cooldown = cooldown

    @abstractmethod
    async def _parts(self, title: T, wanted: WantedTitle) -> Sequence[Part]:
        """Return what of a request is monitored and has no file; raise `ClientError`."""

    @abstractmethod
    def _own_id(self, record: Record) -> int | None:
        """Return the own id of the part that a queue entry is for."""

    @abstractmethod
    def _searches(self, title: T, sought: Sequence[Part]) -> Iterator[Step]:
        """Yield the searches for exactly these parts of a title."""

    @abstractmethod
    async def _rescan(self, title: T) -> None:
        """Have the title's folder looked through; raise `ClientError`."""

    async def retry(self, title: T, wanted: WantedTitle, *, dry_run: bool) -> tuple[Action, ...]:
        """Do what the stages of the parts and the queue call for; raise `ClientError`.

        Calls: the queue, a series' episodes, one for each action, one slow look at indexers.
        """
        parts = [part for part in await self._parts(title, wanted) if part.stage in _OPEN]
        if not parts:
            return ()
        plan = self._plan(title, wanted, parts, await self._client.queue())
        actions: list[Action] = []
        for step in _with_look(self._steps(title, plan), wanted):
            if not all(map(self._cooldown.is_over, step.keys)):
                continue
            if not dry_run:
                with self._cooldown.begun(step.keys):
                    outcome = await step.run()
                if outcome is False:
                    continue
                if isinstance(outcome, tuple):
                    step = replace(step, action=replace(step.action, learned=outcome))
            actions.append(step.action)
        return tuple(actions)

    def _plan(
        self, title: T, wanted: WantedTitle, parts: Sequence[Part], queue: Iterable[QueueRecord]
    ) -> _Plan:
        known = list(downloads(queue, ()).values())
        shared = {download.key for download in known if download.title_id != title.id}
        ours = {part.own_id for part in parts}
        dead: list[Download] = []
        busy: set[int] = set()
        to_check = False
        for download in known:
            if download.title_id != title.id:
                continue
            served = {self._own_id(record) for record in download.queued}
            # What others wait for, or have got from it, is not given up for one request.
            if download.key not in shared and served <= ours and _is_dead(download, wanted):
                dead.append(download)
                continue
            if download.phase is QueuePhase.FAILED:
                continue  # it keeps nothing from being searched
            mine = ours.intersection(number for number in served if number is not None)
            busy |= mine
            to_check |= bool(mine) and download.phase in _TO_CHECK
        free = [part for part in parts if part.own_id not in busy]
        given_up = {self._own_id(record) for download in dead for record in download.queued}
        sought = [part for part in free if part.stage in _SOUGHT or part.own_id in given_up]
        lost = [part for part in free if part not in sought]
        return _Plan(
            dead=dead,
            sought=sought,
            has_downloads=to_check or bool(lost),
            has_strays=any(part.stage in _FETCHED for part in lost),
        )

    def _steps(self, title: T, plan: _Plan) -> Iterator[Step]:
        """Yield what a plan means, in the order in which it is to be done."""
        name = title_text(title.title) or str(title.id)
        for download in plan.dead:
            first = download.queued[0]
            yield Step(
                action=Action(code="block_release", target=title_text(first.title) or name),
                keys=(f"release:{download.key}",),
                run=partial(self._client.block_release, first.id),
            )
        fresh = [part for part in plan.sought if self._cooldown.is_over(search_key(part))]
        if fresh:
            yield from self._searches(title, fresh)
        if plan.has_downloads:
            yield Step(
                action=Action(code="check_downloads", target=name),
                keys=(f"downloads:{title.id}",),
                run=self._client.refresh_downloads,
            )
        if plan.has_strays:
            yield Step(
                action=Action(code="rescan_title", target=name),
                keys=(f"files:{title.id}",),
                run=partial(self._rescan, title),
            )


def _with_look(steps: Iterable[Step], wanted: WantedTitle) -> Iterator[Step]:
    """Yield the steps; the first search for what was sought in vain shows what there is."""
    has_looked = False
    for step in steps:
        look = step.look
        is_vain = look and any(part.item in wanted.long_sought for part in look.parts)
        if look is None or not is_vain or has_looked:
            yield step
            continue
        has_looked = True
        action = replace(step.action, code="look_for_releases")
        yield replace(step, action=action, run=partial(_look, step, look))


async def _look(step: Step, look: Look) -> Outcome:
    """Return what the indexers have; search only when some of it is wanted, or nobody knows."""
    try:
        found = summed_up(await look.run())
    except ClientError:
        return await step.run()
    if found.rejected < found.found:
        await step.run()
    subjects = (Subject(item=part.item) for part in look.parts)
    return tuple(Statement(value=found, subject=subject) for subject in subjects)


def search_step(
    title: Movie | Series,
    parts: Sequence[Part],
    run: Callable[[], Awaitable[None]],
    look: Look | None = None,
) -> Step:
    """Return a search for parts of a title."""
    name = title_text(title.title) or str(title.id)
    labels = [part.item.label for part in parts]
    if len(labels) > _MANY:
        labels = [f"{labels[0]} … {labels[-1]} ({len(labels)})"]
    episodes = "" if isinstance(title, Movie) else f" {', '.join(labels)}"
    return Step(
        action=Action(code="search_title", target=f"{name}{episodes}"),
        keys=tuple(search_key(part) for part in parts),
        run=run,
        look=look,
    )


def search_key(part: Part) -> str:
    """Return what a search for a part is remembered by."""
    return f"search:{part.own_id}"


def _is_dead(download: Download, wanted: WantedTitle) -> bool:
    """Return whether a download has failed, or has had nobody to come from for hours."""
    if any(record.download_id is None for record in download.queued):
        return False
    if download.phase is QueuePhase.FAILED:
        return True
    # The manager must see the trouble too: what it could not read lately may move again.
    return (
        download.key in wanted.stalled
        and download.phase is QueuePhase.WARNING
        and all(
            record.tracked_state.casefold() == "downloading" and (record.size_left or 0) > 0
            for record in download.queued
        )
    )
