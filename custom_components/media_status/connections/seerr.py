"""Understand Seerr (Jellyseerr, Overseerr): who asked for what, and whether it was approved."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import batched
import time
from typing import ClassVar, Final, Literal, override

from ..clients.errors import ClientError, NotFound, Refused
from ..clients.guard import Permit
from ..clients.readers import as_id, as_int
from ..clients.seerr import SeerrClient
from ..clients.seerr_models import SeerrDetails, SeerrRequest
from ..lifecycle.deletion import Holdings, Inspection, Step
from ..lifecycle.deletion_job import Sight
from ..lifecycle.facts import (
    Anime,
    Ask,
    AskStatus,
    FactKind,
    Observation,
    Opening,
    Origin,
    Statement,
)
from ..lifecycle.library import CataloguePage
from ..lifecycle.model import JsonObject, MediaType, ProviderIds, Service, TitleRef, Via
from . import seerr_webhook
from .arr_words import imdb_id, picture_url
from .base import (
    Action,
    CatalogueTask,
    Connection,
    Push,
    ServiceInfo,
    Survey,
    SurveyContext,
    WantedTitle,
    WebhookState,
    WebhookTarget,
)
from .cooldown import Cooldown
from .seerr_catalogue import SeerrCatalogue
from .seerr_deletion import WishDeletion
from .seerr_push import read_push
from .seerr_singles import SingleReader
from .text import name_text, title_text

MAX_DETAILS = 8
_STEP: Final = 100  # requests told before others may run
# TMDB may fail, and some titles have no poster for ever: ask again, but not in every cycle.
_ASK_AGAIN = timedelta(hours=1)
_ANIME_KEYWORD = 210024
_MEDIA_AVAILABLE = 5
_MEDIA_BLOCKLISTED = 6
_STATUS = {
    1: AskStatus.PENDING,
    2: AskStatus.APPROVED,
    3: AskStatus.DECLINED,
    4: AskStatus.FAILED,
    5: AskStatus.COMPLETED,
}
_OPEN = frozenset({AskStatus.PENDING, AskStatus.APPROVED, AskStatus.FAILED})

type TitleKey = tuple[Literal["movie", "tv"], int]


class SeerrConnection(Connection):
    """One Seerr, Jellyseerr or Overseerr."""

    service: ClassVar[Service] = Service.SEERR
    can_test_webhook: ClassVar[bool] = True

    def __init__(
        self,
        connection_id: str,
        client: SeerrClient,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Initialize with the subentry's id and the client."""
        super().__init__(connection_id)
        self._client = client
        self._singles = SingleReader(client)
        self._cooldown = Cooldown(monotonic)
        self._deletion = WishDeletion(connection_id, client)
        self._catalogue = SeerrCatalogue(client)
        self._asked: dict[TitleKey, datetime] = {}  # when details were asked for

    @override
    async def probe(self) -> ServiceInfo:
        """Return who answers."""
        status = await self._client.status()
        name = name_text(status.title) or status.application.capitalize()
        return ServiceInfo(name=name, version=name_text(status.version) or "")

    @override
    def translate(self, payload: JsonObject, seen_at: datetime) -> Push:
        """Return what a pushed message says."""
        push = read_push(self.connection_id, payload, seen_at)
        for observation in push.observations:
            if observation.title and (number := as_id(observation.title.service_id)):
                self._singles.forget(number)
        return push

    @override
    async def webhook_state(self, target: WebhookTarget) -> WebhookState:
        """Return whose the only webhook slot is."""
        return await seerr_webhook.state(self._client, target)

    @override
    async def ensure_webhook(
        self, target: WebhookTarget, *, take_over: bool = False
    ) -> WebhookState:
        """Fill or repair the slot; another's only when told to take it over."""
        return await seerr_webhook.ensure(self._client, target, take_over=take_over)

    @override
    async def remove_webhook(self, target: WebhookTarget) -> None:
        """Empty the slot if it is ours, or give it back to who had it."""
        await seerr_webhook.remove(self._client, target)

    @override
    async def webhook_owner(self, target: WebhookTarget) -> JsonObject | None:
        """Return who else has the slot, when its pushes can be passed on."""
        return await seerr_webhook.owner(self._client, target)

    @override
    def is_wanted(self, previous: JsonObject, event: str) -> bool:
        """Return whether the slot's types were set to include an event."""
        return seerr_webhook.is_wanted(previous, event)

    @override
    async def test_webhook(self, target: WebhookTarget) -> None:
        """Have Seerr send its test push."""
        await seerr_webhook.test(self._client, target)

    @override
    async def retry(self, title: WantedTitle, *, dry_run: bool = False) -> tuple[Action, ...]:
        """Have a request that Radarr or Sonarr did not take handed over again.

        Of what is approved and not there Seerr believes that it was: for that it does nothing.
        """
        number = as_id(title.service_id)
        request = await self._client.request(number) if number is not None else None
        if number is None or request is None or not self._cooldown.is_over(str(number)):
            return ()
        if _STATUS.get(request.status) is not AskStatus.FAILED:
            return ()
        if not dry_run:
            with self._cooldown.begun((str(number),)):
                is_there = await self._client.retry(number)
            self._singles.forget(number)
            if not is_there:
                return ()
        name = title_text(title.title) or f"#{number}"
        return (Action(code="resubmit_request", target=name),)

    @override
    async def inspect(self, inspection: Inspection) -> Holdings:
        """Return what Seerr knows of what shall be deleted."""
        return await self._deletion.inspect(inspection)

    @override
    async def remove(self, step: Step, permit: Permit) -> None:
        """Remove a request, or the record of a title."""
        await self._deletion.remove(step, permit)

    @override
    async def look(self, step: Step) -> Sight:
        """Return whether a request or a record is gone."""
        return await self._deletion.look(step)

    @override
    def catalogue(self, task: CatalogueTask) -> AsyncIterator[CataloguePage]:
        """Yield all titles that Seerr knows of."""
        return self._catalogue.pages(task)

    @override
    async def survey(self, context: SurveyContext) -> Survey:
        """Return Seerr's word about open, new and wanted requests; details a few at a time."""
        if context.fresh:
            self._asked.clear()
            self._singles.forget_all()
        dropped = self._client.dropped
        last_id = as_int(context.cursor.get("last_id"))
        listed = await self._client.requests(last_id=last_id)
        lost = self._client.dropped - dropped
        wanted = _wanted(context)
        singles = await self._singles.read(wanted.keys() - {request.id for request in listed})
        hidden = {request.id for request in singles.found if _is_hidden(request)}
        shown = [request for request in singles.found if request.id not in hidden]
        # Oldest first, so that requests are opened in the order in which they were made.
        told = [
            (request, opening)
            for request in sorted([*listed, *shown], key=lambda request: request.id)
            if (opening := _opening(request, context, last_id)) or request.id in wanted
        ]
        details, is_behind = await self._details([request for request, _ in told], context)
        # A status from the future and an entry that could not be read are no absence.
        is_known = not lost and all(request.status in _STATUS for request, _ in told)
        gone = [name for number in singles.gone | hidden for name in wanted[number]]
        observations = await self._observed(told, details, context.now)
        return Survey(
            started_at=context.now,
            observations=(*observations, *self._absences(gone, context.now)),
            complete=frozenset({FactKind.ASK}) if is_known and singles.is_whole else frozenset(),
            cursor={"last_id": max([last_id or 0, *(request.id for request in listed)])},
            backlog=is_behind or singles.is_behind,
            dropped=lost,
        )

    async def _details(
        self, requests: Sequence[SeerrRequest], context: SurveyContext
    ) -> tuple[dict[TitleKey, SeerrDetails], bool]:
        """Return details of titles that lack them, and whether more lack them."""
        described = {title.service_id for title in context.wanted if title.has_details}
        needed = dict.fromkeys(
            key
            for request in requests
            if str(request.id) not in described
            and (key := _title_key(request)) is not None
            and self._is_due(key, context.now)
        )
        found: dict[TitleKey, SeerrDetails] = {}
        for key in list(needed)[:MAX_DETAILS]:
            try:
                found[key] = await self._client.details(*key)
            except NotFound, Refused:
                pass  # TMDB does not know it or is out of order; the request itself is known
            except ClientError:
                # The list was read, so Seerr is there: what it has to fetch is too slow now.
                return found, False
            self._asked[key] = context.now
        return found, len(needed) > MAX_DETAILS

    def _is_due(self, key: TitleKey, now: datetime) -> bool:
        asked = self._asked.get(key)
        return asked is None or now - asked >= _ASK_AGAIN

    async def _observed(
        self,
        told: Sequence[tuple[SeerrRequest, Opening | None]],
        details: Mapping[TitleKey, SeerrDetails],
        seen_at: datetime,
    ) -> tuple[Observation, ...]:
        """Return all observations, letting others run in between."""
        found: list[Observation] = []
        for some in batched(told, _STEP, strict=False):
            found += self._observations(some, details, seen_at)
            await asyncio.sleep(0)
        return tuple(found)

    def _observations(
        self,
        told: Sequence[tuple[SeerrRequest, Opening | None]],
        details: Mapping[TitleKey, SeerrDetails],
        seen_at: datetime,
    ) -> Iterator[Observation]:
        for request, opening in told:
            key = _title_key(request)
            detail = details.get(key) if key is not None else None
            statements = [Statement(value=ask)] if (ask := _ask(request)) else []
            if detail is not None and _ANIME_KEYWORD in detail.keywords:
                statements.append(Statement(value=Anime(is_anime=True, source="keyword")))
            yield Observation(
                connection_id=self.connection_id,
                service=self.service,
                via=Via.SURVEY,
                seen_at=seen_at,
                statements=tuple(statements),
                title=_ref(request, detail),
                opening=opening,
            )

    def _absences(self, gone: Iterable[str], seen_at: datetime) -> Iterator[Observation]:
        """Yield the absence of requests, by our own ids: there is nothing left to recognise."""
        for request_id in gone:
            yield Observation(
                connection_id=self.connection_id,
                service=self.service,
                via=Via.SURVEY,
                seen_at=seen_at,
                statements=(Statement(value=Ask(status=AskStatus.ABSENT)),),
                request_id=request_id,
            )


def _wanted(context: SurveyContext) -> dict[int, list[str]]:
    """Return our ids of the wanted requests by Seerr's."""
    found: dict[int, list[str]] = {}
    for title in context.wanted:
        if (number := as_id(title.service_id)) is not None:
            found.setdefault(number, []).append(title.request_id)
    return found


def _is_hidden(request: SeerrRequest) -> bool:
    """Return whether an open request that no list mentions is one that Seerr shows to nobody.

    The lists leave out blocklisted titles; where 6 means "deleted", they do not.
    """
    is_open = _STATUS.get(request.status) in _OPEN
    return is_open and request.media.status == _MEDIA_BLOCKLISTED


def _title_key(request: SeerrRequest) -> TitleKey | None:
    if request.media.tmdb_id is None:
        return None
    return ("tv" if request.media_type == "tv" else "movie", request.media.tmdb_id)


def _ask(request: SeerrRequest) -> Ask | None:
    """Return Seerr's word; None for a status that is not known yet.

    A request overtaken by a library scan stays "approved" for ever although its title is there.
    Media status 6 and 7 mean other things in other versions, none of them "available".
    """
    status = _STATUS.get(request.status)
    if status is None:
        return None
    is_available = request.media.status == _MEDIA_AVAILABLE
    if status is AskStatus.APPROVED and is_available:
        status = AskStatus.COMPLETED
    is_handed_over = request.media.external_service_id is not None
    return Ask(
        status=status,
        available=is_available,
        is_stranded=status is AskStatus.APPROVED and not is_handed_over,
    )


def _opening(request: SeerrRequest, context: SurveyContext, last_id: int | None) -> Opening | None:
    """Return what was asked for, when the request is open or began and ended behind our back."""
    ask = _ask(request)
    if ask is None:
        return None
    is_series = request.media_type == "tv"
    if is_series and not request.seasons:
        return None
    if ask.status not in _OPEN and not _was_missed(request, context, last_id):
        return None
    return Opening(
        origin=Origin.SEERR,
        created_at=request.created_at or context.now,
        seasons=request.seasons if is_series else frozenset(),
        is_4k=request.is_4k,
        requested_by=name_text(request.requested_by),
    )


def _was_missed(request: SeerrRequest, context: SurveyContext, last_id: int | None) -> bool:
    """Return whether an ended request was made since we track, and after the last survey.

    Its number tells, whatever clock Seerr has; before the first survey only the date does.
    """
    if last_id is not None:
        return request.id > last_id
    if context.tracking_since is None or request.created_at is None:
        return False
    return request.created_at >= context.tracking_since


def _ref(request: SeerrRequest, detail: SeerrDetails | None) -> TitleRef:
    media = request.media
    ids = ProviderIds(tmdb=media.tmdb_id, tvdb=media.tvdb_id, imdb=imdb_id(media.imdb_id))
    ref = TitleRef(
        media_type=MediaType.SERIES if request.media_type == "tv" else MediaType.MOVIE,
        ids=ids,
        service_id=str(request.id),
    )
    if detail is None:
        return ref
    return TitleRef(
        media_type=ref.media_type,
        ids=ids.filled_from(ProviderIds(tvdb=detail.tvdb_id, imdb=imdb_id(detail.imdb_id))),
        service_id=ref.service_id,
        title=title_text(detail.title),
        original_title=title_text(detail.original_title),
        year=detail.year,
        overview=title_text(detail.overview),
        poster_url=picture_url(detail.poster_url),
    )
