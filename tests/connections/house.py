"""A small house: real clients and connections on the simulator, their word told to a tracker."""

from collections.abc import Iterable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from itertools import count
from typing import Self

import aiohttp

from custom_components.media_status.clients.guard import Removals
from custom_components.media_status.clients.radarr import RadarrClient
from custom_components.media_status.clients.seerr import SeerrClient
from custom_components.media_status.clients.sonarr import SonarrClient
from custom_components.media_status.connections.base import (
    Connection,
    Survey,
    SurveyContext,
    WantedItem,
    WantedTitle,
)
from custom_components.media_status.connections.radarr import RadarrConnection
from custom_components.media_status.connections.seerr import SeerrConnection
from custom_components.media_status.connections.sonarr import SonarrConnection
from custom_components.media_status.lifecycle.facts import Origin, Statement
from custom_components.media_status.lifecycle.model import (
    MOVIE,
    ItemKey,
    JsonObject,
    MediaType,
    ProviderIds,
    Stage,
)
from custom_components.media_status.lifecycle.request import Request
from custom_components.media_status.lifecycle.tracker import Tracker
from simulator import Simulator


class Ticks:
    """A monotonic clock that stands still until it is moved."""

    def __init__(self) -> None:
        """Start at some moment."""
        self.seconds = 5000.0

    def __call__(self) -> float:
        """Return the moment."""
        return self.seconds


class House:
    """Radarr, Sonarr and Seerr of a simulator, surveyed by our connections."""

    def __init__(self, simulator: Simulator) -> None:
        """Initialize with a running simulator."""
        self.sim = simulator
        numbers = count(1)
        self.tracker = Tracker(new_id=lambda: f"request-{next(numbers)}")
        self.cursors: dict[str, JsonObject] = {}
        self.known: set[str] = set()
        self.since = simulator.clock.now()
        self.ticks = Ticks()
        self._stack = AsyncExitStack()
        self.session: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        """Open the session."""
        self.session = await self._stack.enter_async_context(aiohttp.ClientSession())
        seerr = SeerrClient(self.session, *self._access("seerr"))
        radarr = RadarrClient(self.session, *self._access("radarr"))
        sonarr = SonarrClient(self.session, *self._access("sonarr"))
        for name, client in (("seerr", seerr), ("radarr", radarr), ("sonarr", sonarr)):
            client.instance = name
            client.removals = Removals.ON  # a permit is needed all the same
        self.seerr = SeerrConnection("seerr", seerr, monotonic=self.ticks)
        self.radarr = RadarrConnection("radarr", radarr, monotonic=self.ticks)
        self.sonarr = SonarrConnection("sonarr", sonarr, monotonic=self.ticks)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the session."""
        await self._stack.aclose()

    def _access(self, name: str) -> tuple[str, str]:
        return self.sim.url(name), self.sim.api_key(name)

    @property
    def now(self) -> datetime:
        """Return the simulator's time."""
        return self.sim.clock.now()

    def forget(self, connection: Connection) -> None:
        """Let the process behind a connection start anew; the journal remembers."""
        self.known.discard(connection.connection_id)

    def context(self, connection: Connection) -> SurveyContext:
        """Return the question that a coordinator would ask."""
        key = connection.connection_id
        return SurveyContext(
            now=self.now,
            wanted=tuple(
                wanted_of(request, key)
                for request in self.tracker.requests.values()
                if concerns(request, connection)
            ),
            cursor=self.cursors.get(key, {}),
            fresh=key not in self.known,
            tracking_since=self.since,
        )

    async def survey(self, connection: Connection) -> Survey:
        """Make one survey and tell the tracker."""
        key = connection.connection_id
        survey = await connection.survey(self.context(connection))
        self.tracker.survey(
            key,
            connection.service,
            survey.started_at,
            survey.observations,
            survey.complete,
            self.now,
        )
        self.cursors[key] = survey.cursor
        self.known.add(key)
        return survey

    async def settle(self, *connections: Connection) -> None:
        """Survey until no connection has more to read."""
        for connection in connections or (self.seerr, self.radarr, self.sonarr):
            while (await self.survey(connection)).backlog:
                pass

    async def retry(
        self, connection: Connection, title: str, *, dry_run: bool = False
    ) -> list[tuple[str, str]]:
        """Try again with the only request with this title; return codes and targets."""
        wanted = wanted_of(self.request(title), connection.connection_id)
        actions = await connection.retry(wanted, dry_run=dry_run)
        return [(action.code, action.target) for action in actions]

    def request(self, title: str) -> Request:
        """Return the only request with this title."""
        (found,) = (r for r in self.tracker.requests.values() if r.title == title)
        return found

    def stage(self, title: str) -> Stage:
        """Return the stage of the only request with this title."""
        return self.request(title).stage


def concerns(request: Request, connection: Connection) -> bool:
    """Return whether a connection can know something about a request."""
    kinds = {"radarr": MediaType.MOVIE, "sonarr": MediaType.SERIES}
    kind = kinds.get(connection.service.value)
    return request.origin is Origin.SEERR if kind is None else request.media_type is kind


def wanted_of(request: Request, connection_id: str) -> WantedTitle:
    """Return a request as a survey is asked about it."""
    return WantedTitle(
        request_id=request.id,
        media_type=request.media_type,
        ids=request.ids,
        opened_at=request.opened_at,
        stage=request.stage,
        is_4k=request.is_4k,
        title=request.title,
        year=request.year,
        has_details=bool(request.title and request.year and request.poster_url),
        service_id=request.service_ids.get(connection_id),
        seasons=request.seasons,
        items={item: WantedItem(stage=stage) for item, stage in request.status.items.items()},
        downloads=frozenset(request.downloads),
    )


def film(number: int, *, tmdb: int | None, now: datetime, own_id: int | None = None) -> WantedTitle:
    """Return a wanted film."""
    return WantedTitle(
        request_id=f"r{number}",
        media_type=MediaType.MOVIE,
        ids=ProviderIds(tmdb=tmdb),
        opened_at=now - timedelta(minutes=1),
        stage=Stage.APPROVED,
        service_id=str(own_id) if own_id else None,
        items={MOVIE: WantedItem(stage=Stage.APPROVED)},
    )


def series(
    number: int,
    *,
    ids: ProviderIds,
    now: datetime,
    seasons: Iterable[int] = (1,),
    own_id: int | None = None,
) -> WantedTitle:
    """Return wanted seasons of a series."""
    return WantedTitle(
        request_id=f"r{number}",
        media_type=MediaType.SERIES,
        ids=ids,
        opened_at=now - timedelta(minutes=1),
        stage=Stage.APPROVED,
        service_id=str(own_id) if own_id else None,
        seasons=frozenset(seasons),
    )


def values[T](survey: Survey, kind: type[T], request_id: str | None = None) -> list[T]:
    """Return the values of one kind that a survey states, of one request or of all."""
    return [value for _, value in stated(survey, kind, request_id)]


def stated[T](
    survey: Survey, kind: type[T], request_id: str | None = None
) -> list[tuple[Statement, T]]:
    """Return the statements of one kind with their values."""
    return [
        (statement, statement.value)
        for observation in survey.observations
        if request_id is None or observation.request_id == request_id
        for statement in observation.statements
        if isinstance(statement.value, kind)
    ]


def items_with[T](survey: Survey, kind: type[T], *, present: bool) -> set[ItemKey]:
    """Return the items of which a survey states a present (or absent) value of a kind."""
    return {
        statement.subject.item
        for statement, value in stated(survey, kind)
        if statement.subject.item is not None and getattr(value, "present", None) is present
    }
