"""Define what every connection offers: pushes translated, surveys made, webhooks kept in order."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from ..clients.errors import ClientError
from ..clients.guard import Permit
from ..clients.pictures import Picture
from ..lifecycle.deletion import Holdings, Inspection, Served, Step
from ..lifecycle.deletion_job import Sight
from ..lifecycle.facts import FactKind, Match, Observation, Statement
from ..lifecycle.library import CataloguePage
from ..lifecycle.model import ItemKey, JsonObject, MediaType, ProviderIds, Service, Stage


class Doorbell(StrEnum):
    """Name the surveys that a push makes urgent."""

    SELF = "self"  # the connection that pushed
    MANAGERS = "managers"  # Radarr and Sonarr
    CLIENTS = "clients"  # download clients
    MATCHERS = "matchers"  # Shoko
    LIBRARY = "library"  # Jellyfin


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What a push says was removed, as far as it says: a hint where to look, never a fact."""

    media_type: MediaType | None = None
    ids: ProviderIds = field(default_factory=ProviderIds)
    own_id: str | None = None
    path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """A pushed message, understood.

    `event` is the sender's own name of it; `known` is False for types we have never heard of.
    """

    event: str
    known: bool = True
    observations: tuple[Observation, ...] = ()
    doorbells: frozenset[Doorbell] = frozenset()
    removed: tuple[Removed, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedItem:
    """An item of an open request, as a survey needs to know it."""

    stage: Stage
    file_path: str | None = None  # as Radarr/Sonarr know it
    has_file: bool | None = None
    is_live: bool = False  # a download that serves it is under way
    match: Match | None = None  # what Shoko says about this file, where one is connected
    is_overdue: bool = False  # Jellyfin should have shown it by now; for `retry`: it shall now
    item_id: str | None = None  # Jellyfin's, proven by the match of a file that was replaced


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedTitle:
    """An open request, as a survey of one connection needs to know it."""

    request_id: str
    media_type: MediaType
    ids: ProviderIds
    opened_at: datetime
    stage: Stage
    is_4k: bool = False
    title: str | None = None
    original_title: str | None = None
    year: int | None = None
    has_details: bool = False  # title, year and poster are known
    service_id: str | None = None  # this connection's own id of it, once known
    seasons: frozenset[int] = frozenset()
    items: Mapping[ItemKey, WantedItem] = field(default_factory=dict)
    downloads: frozenset[str] = frozenset()
    is_anime: bool = False
    has_variants: bool = False  # the same title is known in HD and 4K, or by several instances
    has_matcher: bool = False  # what its files are Shoko tells, should they be anime
    stalled: frozenset[str] = frozenset()  # downloads without a source for hours; for `retry` only
    long_sought: frozenset[ItemKey] = frozenset()  # searched for in vain by now; for `retry` only


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyContext:
    """What a survey is asked.

    `cursor` is what the connection returned last time (persisted, JSON). `fresh` is True for the
    first survey after start or reconnect: nothing that the process remembered can be trusted.
    """

    now: datetime
    wanted: tuple[WantedTitle, ...] = ()
    cursor: JsonObject = field(default_factory=dict)
    fresh: bool = False
    track_manual: bool = True  # open requests for grabs that nobody requested
    tracking_since: datetime | None = None  # when the household installed us

    @property
    def downloads(self) -> frozenset[str]:
        """Return all download ids of open requests."""
        return frozenset().union(*(title.downloads for title in self.wanted))


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What a healthy survey found.

    `complete` names the kinds of which this is *everything*: what is not mentioned is absent.
    A survey that could not be completed raises a `ClientError` instead and changes nothing.
    `backlog` asks for another survey at once (bounded reads per cycle are not yet through).
    """

    started_at: datetime
    observations: tuple[Observation, ...] = ()
    complete: frozenset[FactKind] = frozenset()
    cursor: JsonObject = field(default_factory=dict)
    backlog: bool = False
    dropped: int = 0  # malformed elements that were left out
    download_rate: int | None = None  # bytes per second, download clients only


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceInfo:
    """Who answered at the address."""

    name: str
    version: str
    identity: str | None = None  # an id that survives address changes, where there is one


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing that was done in a service to get a request moving, or that would be done."""

    code: str  # "search_title", "refresh_library": the sentences are in the translations
    target: str  # what it was done to, in words for people
    learned: tuple[Statement, ...] = field(default=(), compare=False)  # what it found out


class WebhookState(StrEnum):
    """Say how our webhook stands in a service."""

    OURS = "ours"
    MISSING = "missing"
    FOREIGN = "foreign"  # the only slot belongs to another address
    BROKEN = "broken"  # ours, but it needs repair
    UNSUPPORTED = "unsupported"  # this service or version has none


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookTarget:
    """Where a service shall send its pushes."""

    url: str
    secret: str | None = field(default=None, repr=False)  # the password, or a bearer token
    # Who had the only slot before us, in the service's own words: gets every push, and the slot
    # back in the end. It holds that owner's secrets.
    previous: JsonObject | None = field(default=None, repr=False)


class TargetChanged(ClientError):
    """What a step of a deletion is about is not what was planned any more; nothing was done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """A title that a service has, for noticing what disappears: its ids, and what is there."""

    media_type: MediaType
    ids: ProviderIds
    own_id: str
    files: int = 0
    seasons: Mapping[int, int] = field(default_factory=dict)  # episodes with files, by season


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """Which items of a title a manager has files for, and which it looks for again."""

    held: frozenset[ItemKey]
    sought: frozenset[ItemKey]


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """All that a service has, from a complete and healthy read."""

    size: int  # titles with files, torrents, files or items: whatever the service counts
    titles: tuple[Owned, ...] | None = None  # managers only


@dataclass(slots=True, kw_only=True)
class CatalogueTask:
    """A read of all that a service has, or only of what changed; `cursor` is JSON and stored.

    With `since` (what `cursor` was after the last complete read) only changes are read, as far as
    the service can tell them; a service that cannot reads everything and says so by `is_full`.
    The reader keeps `cursor` up to date before it yields a page, so that an interrupted read goes
    on behind the last page that was stored (`resume`).
    """

    now: datetime
    since: JsonObject | None = None
    resume: JsonObject | None = None
    cursor: JsonObject = field(default_factory=dict)
    is_full: bool = True


class Connection(ABC):
    """One configured service instance: translates pushes, makes surveys, keeps the webhook."""

    service: ClassVar[Service]
    can_test_webhook: ClassVar[bool] = False  # whether the service sends a push for a test
    has_posters: ClassVar[bool] = False

    def __init__(self, connection_id: str) -> None:
        """Initialize with the subentry's id."""
        self.connection_id = connection_id

    @abstractmethod
    async def probe(self) -> ServiceInfo:
        """Return who answers; raise `ClientError` (unreachable, TLS, wrong service or key, old)."""

    @abstractmethod
    async def survey(self, context: SurveyContext) -> Survey:
        """Return the facts about all wanted titles; raise `ClientError` when they are unknown."""

    def translate(self, payload: JsonObject, seen_at: datetime) -> Push:
        """Return what a pushed message says; never raise for odd content."""
        return Push(event="unknown", known=False)

    async def nudge(self, context: SurveyContext) -> tuple[Action, ...]:
        """Push along what is overdue, rarely; raise `ClientError`. Called after a survey."""
        return ()

    async def retry(self, title: WantedTitle, *, dry_run: bool = False) -> tuple[Action, ...]:
        """Do what gets a title moving that waits for a person; raise `ClientError`."""
        return ()

    async def inspect(self, inspection: Inspection) -> Holdings:
        """Return what the service has of what shall be deleted; raise `ClientError` if unknown."""
        return Holdings()

    async def trace(self, downloads: frozenset[str]) -> Mapping[str, frozenset[Served]]:
        """Return all that these downloads brought here, of whatever title; raise `ClientError`."""
        return {}

    async def remove(self, step: Step, permit: Permit) -> None:
        """Do one step, after making sure that its target is still the one that was planned.

        Raises `TargetChanged`, `NotFound` when it is gone already, `DryRun` in rehearsals, and
        other `ClientError`s after which the effect is unknown.
        """
        raise TargetChanged("this service removes nothing")

    async def look(self, step: Step) -> Sight:
        """Return whether what a step removes is gone, by a healthy read; raise `ClientError`."""
        raise TargetChanged("this service removes nothing")

    async def census(self) -> Census | None:
        """Return all that the service has; None where it cannot be counted cheaply."""
        return None

    async def holding(self, own_id: str) -> Holding | None:
        """Return what a manager has of a title; None when it is gone; raise `ClientError`."""
        return None

    async def files_left(self, paths: Collection[str]) -> frozenset[str]:
        """Return which files a manager still sees on its disk; `ClientError` if that is unknown."""
        raise ClientError("this service sees no disk")

    async def playable(self, item_ids: Collection[str]) -> frozenset[str]:
        """Return which of its items a library can still play; `ClientError` if that is unknown."""
        raise ClientError("this service plays nothing")

    async def poster(self, own_id: str, width: int) -> Picture:
        """Return the poster of a title, about so many pixels wide; raise `ClientError`."""
        raise ClientError("this service has no posters")

    async def catalogue(self, task: CatalogueTask) -> AsyncIterator[CataloguePage]:
        """Yield everything that the service has, or what changed since; raise `ClientError`.

        A full read that ends without an error was complete: what it did not name is not there.
        """
        nothing: tuple[CataloguePage, ...] = ()
        for page in nothing:
            yield page

    async def webhook_state(self, target: WebhookTarget) -> WebhookState:
        """Return how our webhook stands in the service."""
        return WebhookState.UNSUPPORTED

    async def ensure_webhook(
        self, target: WebhookTarget, *, take_over: bool = False
    ) -> WebhookState:
        """Create or repair our webhook; never take a foreign slot unless told to."""
        return WebhookState.UNSUPPORTED

    async def remove_webhook(self, target: WebhookTarget) -> None:
        """Remove our webhook; leave everything else as it is, or as it was before us."""
        return

    async def webhook_owner(self, target: WebhookTarget) -> JsonObject | None:
        """Return who else has the only slot, for `WebhookTarget.previous`.

        None when nobody has it, or when what it gets cannot be passed on.
        """
        return None

    def is_wanted(self, previous: JsonObject, event: str) -> bool:
        """Return whether who had the slot before us asked for this event, too."""
        return True

    async def test_webhook(self, target: WebhookTarget) -> None:
        """Have the service send its test push; raise `ClientError` when it says it could not."""
        return
