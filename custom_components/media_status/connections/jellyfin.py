"""Understand Jellyfin: what of the open requests can be watched there."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from datetime import datetime
import time
from typing import ClassVar, override

from ..clients.guard import Permit
from ..clients.jellyfin import JellyfinClient
from ..clients.pictures import Picture
from ..lifecycle.deletion import Holdings, Inspection, Step
from ..lifecycle.deletion_job import Sight
from ..lifecycle.facts import Observation, Statement
from ..lifecycle.library import CataloguePage
from ..lifecycle.model import JsonObject, JsonValue, Service, TitleRef, Via
from .base import (
    Action,
    CatalogueTask,
    Census,
    Connection,
    Doorbell,
    Push,
    Removed,
    ServiceInfo,
    Survey,
    SurveyContext,
    WantedTitle,
    WebhookState,
    WebhookTarget,
)
from .cooldown import Cooldown
from .jellyfin_anime import is_matched
from .jellyfin_catalogue import JellyfinCatalogue
from .jellyfin_deletion import LibraryDeletion
from .jellyfin_library import Library
from .jellyfin_match import (
    Lookup,
    answers,
    is_due,
    is_waiting,
    lists_that_matter,
    look_up,
    to_confirm,
)
from .jellyfin_nudge import Nudger
from .jellyfin_shokofin import ShokofinDiagnosis
from .jellyfin_webhook import PluginWebhook
from .text import name_text

_LIBRARY_EVENTS = frozenset({"ItemAdded", "ItemDeleted"})
_WATCHABLE = frozenset({"Movie", "Episode", "Season", "Series"})
# Everything else that the webhook plugin can send.
_IGNORED_EVENTS = frozenset(
    {
        "None",
        "Generic",
        "PlaybackStart",
        "PlaybackProgress",
        "PlaybackStop",
        "SubtitleDownloadFailure",
        "AuthenticationFailure",
        "AuthenticationSuccess",
        "SessionStart",
        "PendingRestart",
        "TaskCompleted",
        "PluginInstallationCancelled",
        "PluginInstallationFailed",
        "PluginInstalled",
        "PluginInstalling",
        "PluginUninstalled",
        "PluginUpdated",
        "UserCreated",
        "UserDeleted",
        "UserLockedOut",
        "UserPasswordChanged",
        "UserUpdated",
        "UserDataSaved",
    }
)


class JellyfinConnection(Connection):
    """One Jellyfin. Pushes only ring: available needs a look at playable files and exact ids."""

    service: ClassVar[Service] = Service.JELLYFIN
    has_posters: ClassVar[bool] = True

    def __init__(
        self,
        connection_id: str,
        client: JellyfinClient,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Initialize with the subentry's id and the client that speaks to it."""
        super().__init__(connection_id)
        self.client = client
        self._library = Library(client)
        self._nudger = Nudger(client, self._library, Cooldown(monotonic))
        self._shokofin = ShokofinDiagnosis(client)
        self._webhook = PluginWebhook(client)
        self._deletion = LibraryDeletion(client, self._library)
        self._catalogue = JellyfinCatalogue(client)
        self._reading = asyncio.Lock()  # what the library is known to hold is one reader's

    @override
    async def probe(self) -> ServiceInfo:
        """Return who answers; raise `ClientError`."""
        info = await self.client.info()
        return ServiceInfo(name=info.name or "Jellyfin", version=info.version, identity=info.id)

    @override
    async def poster(self, own_id: str, width: int) -> Picture:
        """Return the poster of a film or series; raise `ClientError`."""
        return await self.client.poster(own_id, width)

    @override
    def translate(self, payload: JsonObject, seen_at: datetime) -> Push:
        """Return the doorbell that an added or deleted item rings."""
        event = name_text(payload.get("NotificationType")) or "unknown"
        if event in _IGNORED_EVENTS:
            return Push(event=event)
        if event not in _LIBRARY_EVENTS:
            return Push(event=event, known=False)
        # A template of the user's own may leave the type out.
        item_type = name_text(payload.get("ItemType"))
        if item_type is not None and item_type not in _WATCHABLE:
            return Push(event=event)
        own_id = _item_id(payload.get("ItemId"))
        series_id = own_id if item_type == "Series" else _item_id(payload.get("SeriesId"))
        self._library.mark_stale(series_id, own_id)
        removed = (Removed(own_id=own_id),) if event == "ItemDeleted" and own_id else ()
        return Push(event=event, doorbells=frozenset({Doorbell.SELF}), removed=removed)

    @override
    async def survey(self, context: SurveyContext) -> Survey:
        """Return which items of the open requests can be watched; raise `ClientError`.

        Calls: the changes (first: the library in pages), at most 16 episode lists, one look-up by
        id, rarely Shokofin's settings; however many titles are wanted.
        """
        async with self._reading:
            if context.fresh:
                self._library.forget()
            if not context.wanted:
                # Nothing to find out but whether it answers.
                await self.client.info()
                return Survey(started_at=context.now)
            return await self._survey(context)

    async def _survey(self, context: SurveyContext) -> Survey:
        seasons = any(is_matched(title) for title in context.wanted)
        await self._library.refresh(context.now, seasons=seasons)
        unread = await self._read_episodes(context)
        unconfirmed = await self._confirm(context)
        if self._library.is_any_stale and not unread:
            # An episode is gone, or has another id now: its series' list tells which.
            unread = await self._read_episodes(context)
        if any(map(is_due, context.wanted)):
            await self._library.read_hollow(context.now)
        await self._shokofin.look(context.now, context.wanted)
        observations: list[Observation] = []
        for title in context.wanted:
            # Hundreds of long series take a while; everything else goes on meanwhile.
            await asyncio.sleep(0)
            if observation := self._observe(context.now, look_up(self._library, title)):
                observations.append(observation)
        return Survey(
            started_at=context.now,
            observations=tuple(observations),
            backlog=unread or unconfirmed,
        )

    async def _read_episodes(self, context: SurveyContext) -> bool:
        """Read the episode lists that matter; return whether some are left."""
        matter: set[str] = set()
        waiting: set[str] = set()
        for title in context.wanted:
            if title.items and (lists := lists_that_matter(self._library, title)):
                matter.update(lists)
                waiting.update(lists if is_waiting(title) else ())
        return await self._library.read_episodes(context.now, matter, waiting)

    async def _confirm(self, context: SurveyContext) -> bool:
        """Make sure that what was found is still there; return whether some is left."""
        questions: list[tuple[str, bool, bool]] = []
        for title in context.wanted:
            await asyncio.sleep(0)
            questions += to_confirm(self._library, look_up(self._library, title))
        urgent = {item_id for item_id, is_urgent, _ in questions if is_urgent}
        return await self._library.confirm(
            context.now,
            urgent,
            {item_id for item_id, _, _ in questions} - urgent,
            versions=any(needs_paths for _, _, needs_paths in questions),
        )

    def _observe(self, now: datetime, lookup: Lookup) -> Observation | None:
        """Return what was found about a title; None when that is nothing."""
        statements, page_id = answers(self._library, lookup)
        was_refreshed = self._nudger.was_refreshed(lookup.title, now)
        if obstacle := self._shokofin.obstacle(lookup.title, was_refreshed=was_refreshed):
            statements += (Statement(value=obstacle),)
        if not statements and page_id is None:
            return None
        return Observation(
            connection_id=self.connection_id,
            service=self.service,
            via=Via.SURVEY,
            seen_at=now,
            statements=statements,
            title=TitleRef(media_type=lookup.title.media_type, service_id=page_id),
            request_id=lookup.title.request_id,
        )

    @override
    async def nudge(self, context: SurveyContext) -> tuple[Action, ...]:
        """Have the series or libraries looked through that owe something for too long."""
        return await self._nudger.nudge(context.now, context.wanted)

    @override
    async def retry(self, title: WantedTitle, *, dry_run: bool = False) -> tuple[Action, ...]:
        """Have the series or library looked through that owes a title something."""
        return await self._nudger.at_once(title, dry_run=dry_run)

    @override
    async def inspect(self, inspection: Inspection) -> Holdings:
        """Return what can be watched of what shall be deleted."""
        async with self._reading:
            return await self._deletion.inspect(inspection)

    @override
    async def remove(self, step: Step, permit: Permit) -> None:
        """Have Jellyfin look again where files have gone; it never removes anything for us."""
        await self._deletion.remove(step, permit)

    @override
    async def look(self, step: Step) -> Sight:
        """Return whether nothing that should vanish can be played any more."""
        return await self._deletion.look(step)

    @override
    async def census(self) -> Census:
        """Return how many films and episodes there are."""
        return await self._deletion.census()

    @override
    async def playable(self, item_ids: Collection[str]) -> frozenset[str]:
        """Return which of these items can still be played."""
        return await self._deletion.playable(item_ids)

    @override
    def catalogue(self, task: CatalogueTask) -> AsyncIterator[CataloguePage]:
        """Yield all films, series and episodes, or what changed."""
        return self._catalogue.pages(task)

    @override
    async def webhook_state(self, target: WebhookTarget) -> WebhookState:
        """Return how our entry in the webhook plugin stands."""
        return await self._webhook.state(target)

    @override
    async def ensure_webhook(
        self, target: WebhookTarget, *, take_over: bool = False
    ) -> WebhookState:
        """Create or repair our entry; the plugin has room for many, so none is taken over."""
        return await self._webhook.ensure(target)

    @override
    async def remove_webhook(self, target: WebhookTarget) -> None:
        """Remove our entry; leave all others."""
        await self._webhook.remove(target)


def _item_id(value: JsonValue) -> str | None:
    text = name_text(value)
    return text.replace("-", "").lower() if text else None
