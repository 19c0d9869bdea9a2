"""Understand Radarr and Sonarr: what their pushes and their surveys have in common."""

from abc import abstractmethod
import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar, override

from ..clients.arr_deletion import DeletingArrClient
from ..clients.guard import Permit
from ..clients.pictures import Picture
from ..clients.radarr import Movie
from ..clients.readers import as_id
from ..clients.sonarr import Series
from ..lifecycle.deletion import Holdings, Inspection, Served, Step
from ..lifecycle.deletion_job import Sight
from ..lifecycle.facts import Observation, Opening, Origin, Statement, Title
from ..lifecycle.model import ItemKey, JsonObject, TitleRef, Via
from . import autopilot
from .arr_cursor import ArrCursor
from .arr_deletion import ArrDeletion
from .arr_downloads import Download, DownloadId, replaced, statements
from .arr_health import HealthWatch, is_waiting
from .arr_items import Items, lacking
from .arr_memory import TitleMemory
from .arr_push import ArrPush
from .arr_retry import ArrRetry
from .arr_round import Round, news_of, sorted_out
from .arr_shelf import Finder, Found, Shelf, fit_single_reads
from .arr_words import AnimeSigns, anime_hint
from .base import (
    Action,
    Connection,
    Push,
    ServiceInfo,
    Survey,
    SurveyContext,
    WantedTitle,
    WebhookState,
    WebhookTarget,
)
from .text import name_text, path_text

_HEALTH_EVENTS = frozenset({"health", "healthrestored"})


class ArrConnection[C: DeletingArrClient, T: Movie | Series](Connection):
    """One Radarr or Sonarr. `serves_4k` marks an instance that is only there for 4K."""

    origin: ClassVar[Origin]
    can_test_webhook: ClassVar[bool] = True
    has_posters: ClassVar[bool] = True

    def __init__(
        self,
        connection_id: str,
        client: C,
        *,
        shelf: Shelf[T],
        push: ArrPush,
        retry: ArrRetry[C, T],
        deletion: ArrDeletion[C, T],
        serves_4k: bool = False,
    ) -> None:
        """Initialize with the subentry's id, the client, and what is the service's own."""
        super().__init__(connection_id)
        self._client = client
        self._push = push
        self._retry = retry
        self._deletion = deletion
        self._finder = Finder(shelf)
        self._memory = TitleMemory(self._finder.agrees)
        self._shelf = shelf
        self._health = HealthWatch(client)
        self._serves_4k = serves_4k
        self._touched: set[int] = set()  # titles that something was pushed about
        self._granted: dict[DownloadId, frozenset[str]] = {}  # requests that know the grab
        self._tags: dict[int, str] = {}
        self._readings = 0

    @abstractmethod
    async def _read_items(self, round_: Round[T], judged: Sequence[Download]) -> Items[T]:
        """Return what one cycle knows about the items of the found titles.

        Of the `judged` downloads the files that are already there matter too.
        """

    @abstractmethod
    def _ref(self, title: T) -> TitleRef:
        """Return how the service names a title."""

    @abstractmethod
    def _series_type(self, title: T) -> str | None:
        """Return the kind of series, where there is one."""

    def _forget(self) -> None:
        """Forget what the process remembered of earlier cycles."""
        self._granted.clear()
        self._tags.clear()
        self._finder.forget()
        self._memory.forget()
        self._health.forget()

    @override
    async def probe(self) -> ServiceInfo:
        """Return who answers."""
        status = await self._client.status()
        name = name_text(status.instance_name) or status.app_name
        return ServiceInfo(name=name, version=name_text(status.version) or "")

    @override
    def translate(self, payload: JsonObject, seen_at: datetime) -> Push:
        """Return what a pushed message says, and remember which titles to look at again."""
        push = self._push.read(payload, seen_at)
        title = self._push.title(payload) if push.known else None
        own_id = as_id(title.service_id) if title else None
        if own_id is not None and push.doorbells:
            self._touched.add(own_id)
        if push.event.casefold() in _HEALTH_EVENTS:
            self._health.ring()
        return push

    @override
    async def poster(self, own_id: str, width: int) -> Picture:
        """Return the poster that it has downloaded; raise `ClientError`."""
        return await self._client.poster(as_id(own_id) or 0, width)

    @override
    async def webhook_state(self, target: WebhookTarget) -> WebhookState:
        """Return how our webhook stands in the service."""
        return await autopilot.state(self._client, target)

    @override
    async def ensure_webhook(
        self, target: WebhookTarget, *, take_over: bool = False
    ) -> WebhookState:
        """Create or repair our webhook; there is room for many, so nobody's is taken."""
        return await autopilot.ensure(self._client, target)

    @override
    async def remove_webhook(self, target: WebhookTarget) -> None:
        """Remove our webhook and no other."""
        await autopilot.remove(self._client, target)

    @override
    async def test_webhook(self, target: WebhookTarget) -> None:
        """Have the service send its test push."""
        await autopilot.test(self._client, target)

    @override
    async def retry(self, title: WantedTitle, *, dry_run: bool = False) -> tuple[Action, ...]:
        """Search, look at downloads or give up dead ones, for a title that is managed here."""
        if title.media_type is not self._push.media_type:
            return ()
        found = await self._finder.own(title)
        if found is None:
            return ()
        actions = await self._retry.retry(found, title, dry_run=dry_run)
        if actions and not dry_run:
            self._touched.add(found.id)  # what a scan finds, no event tells
        return actions

    @override
    async def inspect(self, inspection: Inspection) -> Holdings:
        """Return what is here of the targets, exactly by their provider ids."""
        return await self._deletion.inspect(inspection)

    @override
    async def trace(self, downloads: frozenset[str]) -> Mapping[str, frozenset[Served]]:
        """Return all that torrents brought here, of whatever title."""
        return await self._deletion.trace(downloads)

    @override
    async def remove(self, step: Step, permit: Permit) -> None:
        """Remove a title or a file, or look for episodes no more."""
        await self._deletion.remove(step, permit)

    @override
    async def look(self, step: Step) -> Sight:
        """Return whether a title or file is gone from the list and from the disk."""
        return await self._deletion.look(step)

    @override
    async def survey(self, context: SurveyContext) -> Survey:
        """Return the facts about all wanted titles and about grabs that nobody requested.

        Read in this order (queue, history, titles, episodes) a download that moves on meanwhile
        is seen twice rather than not at all. Of titles that are not due nothing is stated.
        """
        dropped = self._client.dropped
        cursor = ArrCursor.load(context.cursor)
        if context.fresh or cursor.readings != self._readings:
            self._forget()
        touched = frozenset(self._touched)
        if self._memory.strangers(touched):
            self._finder.forget()
        queue = await self._client.queue()
        history = await self._client.history_since(cursor.since(context))
        # After a long absence there is much history; the loop must not stop for it.
        known, judged = await asyncio.to_thread(sorted_out, queue, history, context, cursor)
        moved = self._memory.moved(known)
        news = touched | moved | news_of(history, cursor)
        found = await self._find(context, judged, news)
        round_ = Round(context, cursor, history, known, found, touched)
        items = await self._read_items(round_, judged)
        await self._learn_tags(found.read.values())
        lost = self._client.dropped - dropped
        await self._health.read(round_.titles_of(is_waiting), context.now)
        survey = await asyncio.to_thread(self._told, round_, items, judged)
        self._touched -= touched
        return replace(
            survey,
            # What could not be read is unknown, so nothing can be called absent.
            complete=frozenset() if lost else survey.complete,
            cursor=survey.cursor | {"readings": self._commit(round_, items, moved)},
            dropped=lost,
        )

    async def _find(
        self, context: SurveyContext, judged: Sequence[Download], news: frozenset[int]
    ) -> Found[T]:
        """Return all titles, having read those that are due; if they are few, all are."""
        others = {download.title_id for download in judged if download.title_id is not None}
        due: Sequence[WantedTitle] = context.wanted
        if not fit_single_reads(due, others):
            due = self._memory.due(due, news | others, context.now)
            if not fit_single_reads(due, others):
                due = context.wanted  # a list tells of the rest too
        found = await self._finder.find(due, others, context.now)
        self._memory.recall(found, context.wanted)
        return found

    def _told(self, round_: Round[T], items: Items[T], judged: Sequence[Download]) -> Survey:
        """Return what follows from everything that was read. Runs in a worker thread."""
        ready = [one for one in judged if not any(map(items.is_pending, one.records))]
        rewind = round_.rewind()
        # What a request asked for is decided, too: it shall open nothing when that has ended.
        cursor = round_.next_cursor(items, [*round_.needed, *judged], ready)
        by_hand = [one for one in ready if not round_.is_requested(one, items)]
        return Survey(
            started_at=round_.context.now,
            observations=(
                *self._of_requests(round_, items),
                *self._of_grabs(round_, items, by_hand),
            ),
            complete=round_.complete(items),
            cursor=replace(cursor, rewind=rewind).dump(),
            backlog=items.is_behind or rewind is not None,
        )

    def _commit(self, round_: Round[T], items: Items[T], moved: frozenset[int]) -> int:
        """Remember what this cycle stated; the count tells the next one that it was kept."""
        granted = {
            download.id: round_.requests_for(download.title_id)
            for download in round_.needed
            if download.is_grabbed and download.items(items.item_of)
        }
        is_new = any(self._granted.get(key) != value for key, value in granted.items())
        self._granted = {
            key: value
            for key, value in (self._granted | granted).items()
            if key in round_.known and round_.known[key].queued
        }
        context = round_.context
        is_new |= bool(round_.touched or moved)
        is_new |= self._memory.commit(round_.found, context.wanted, round_.known, context.now)
        is_new |= items.commit()
        is_new |= self._health.commit(context.wanted)
        self._readings = round_.cursor.readings + (1 if is_new else 0)
        return self._readings

    async def _learn_tags(self, titles: Iterable[T]) -> None:
        """Read the labels when a title carries one that is not known."""
        used = frozenset[int]().union(*(title.tag_ids for title in titles))
        if not used <= self._tags.keys():
            self._tags = dict.fromkeys(used, "") | await self._client.tags()

    def _of_requests(self, round_: Round[T], items: Items[T]) -> Iterator[Observation]:
        """Yield what is known about the wanted titles and their downloads."""
        for wanted in round_.context.wanted:
            if wanted.ids.pairs() or as_id(wanted.service_id) is not None:
                seen = self._of_request(round_, items, wanted)
                if seen.statements:
                    yield seen
        for download in round_.needed:
            known_to = self._granted.get(download.id, frozenset())
            stated = statements(
                download,
                items.item_of,
                seen_at=round_.context.now,
                with_grab=not round_.requests_for(download.title_id) <= known_to,
            )
            title = round_.found.by_id.get(download.title_id or 0)
            if stated:
                yield self._of_download(round_, download, stated, title)

    def _of_grabs(
        self, round_: Round[T], items: Items[T], judged: Sequence[Download]
    ) -> Iterator[Observation]:
        """Yield the openings for grabs that nobody requested and that are no mere upgrades."""
        made_room = replaced(round_.history)
        for download in judged:
            title = round_.found.by_id.get(download.title_id or 0)
            fresh = lacking(download, items, made_room) if title is not None else frozenset()
            if title is not None and fresh:
                yield self._opened(round_, items, download, title, fresh)

    def _of_request(self, round_: Round[T], items: Items[T], wanted: WantedTitle) -> Observation:
        title = round_.found.titles.get(wanted.request_id)
        stated: list[Statement] = []
        if wanted.request_id not in round_.found.recalled:
            absent = Statement(value=Title(present=False))
            stated = self._of_title(title) if title is not None else [absent]
        if title is not None:
            stated += items.of_request(wanted, title)
            if is_waiting(wanted) and (health := self._health.about(wanted.request_id, title)):
                stated.append(Statement(value=health))
        return Observation(
            connection_id=self.connection_id,
            service=self.service,
            via=Via.SURVEY,
            seen_at=round_.context.now,
            statements=tuple(stated),
            title=self._ref(title) if title is not None else None,
            request_id=wanted.request_id,
        )

    def _of_title(self, title: T) -> list[Statement]:
        path = path_text(title.path)
        signs = AnimeSigns(
            series_type=self._series_type(title),
            tags=tuple(self._tags.get(tag, "") for tag in sorted(title.tag_ids)),
            path=path,
            genres=title.genres,
            language=title.original_language,
        )
        stated: list[Statement] = []
        if title.monitored is not None:
            found = Title(present=True, monitored=title.monitored, path=path)
            stated.append(Statement(value=found))
        hint = anime_hint(signs)
        return [*stated, Statement(value=hint)] if hint else stated

    def _of_download(
        self,
        round_: Round[T],
        download: Download,
        stated: Sequence[Statement],
        title: T | None,
        opening: Opening | None = None,
    ) -> Observation:
        return Observation(
            connection_id=self.connection_id,
            service=self.service,
            via=Via.SURVEY,
            seen_at=round_.context.now,
            statements=tuple(stated),
            title=self._ref(title) if title is not None else None,
            download_ids=frozenset({download.key}),
            opening=opening,
        )

    def _opened(
        self,
        round_: Round[T],
        items: Items[T],
        download: Download,
        title: T,
        fresh: frozenset[ItemKey],
    ) -> Observation:
        """Return the observation that opens a request for a grab that nobody requested."""
        now = round_.context.now
        times = [record.date for record in download.grabs]
        times += [entry.added for entry in download.queued if entry.added]
        opening = Opening(
            origin=self.origin,
            created_at=min(times, default=now),
            items=fresh,
            is_4k=self._serves_4k,
        )
        stated = [
            *self._of_title(title),
            *items.of_items(title, fresh),
            *statements(download, items.item_of, seen_at=now, with_grab=True),
        ]
        return self._of_download(round_, download, stated, title, opening)
