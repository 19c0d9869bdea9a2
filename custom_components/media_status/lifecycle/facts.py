"""Define facts: what a service saw, when, and how facts merge.

A fact's value is one of the frozen classes below; its class is its kind. `None` as a value means
*unknown*: it is recorded nowhere and changes nothing. Absence is always said explicitly.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from .model import ItemKey, Service, Subject, TitleRef, Via

# Gone is what two healthy looks at least this far apart did not show.
GONE_AFTER = timedelta(minutes=10)


class FactKind(StrEnum):
    """Name the kinds of fact; each has one value class."""

    ASK = "ask"
    TITLE = "title"
    ANIME = "anime"
    DECISION = "decision"
    WANTED = "wanted"
    FILE = "file"
    PLAYABLE = "playable"
    GRAB = "grab"
    OUTCOME = "outcome"
    QUEUE = "queue"
    TRANSFER = "transfer"


class AskStatus(StrEnum):
    """Say what Seerr thinks of a request."""

    PENDING = "pending"
    APPROVED = "approved"
    DECLINED = "declined"
    FAILED = "failed"
    COMPLETED = "completed"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Seerr's word about the request (subject: request)."""

    kind: ClassVar[FactKind] = FactKind.ASK
    status: AskStatus
    available: bool = False  # Seerr believes the media is there; evidence only, never proof
    message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """Whether Radarr/Sonarr knows the title (subject: request)."""

    kind: ClassVar[FactKind] = FactKind.TITLE
    present: bool
    monitored: bool = False
    path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Anime:
    """A hint that the title is, or is not, anime (subject: request)."""

    kind: ClassVar[FactKind] = FactKind.ANIME
    is_anime: bool
    source: str  # "series type", "tag", "root folder", "keyword", "language and genre", "user"


class Verdict(StrEnum):
    """Say what a person decided about a request."""

    AVAILABLE = "available"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A person's word that ends the wait (subject: request)."""

    kind: ClassVar[FactKind] = FactKind.DECISION
    verdict: Verdict
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Whether Radarr/Sonarr looks for the item, and since when it can exist (subject: item)."""

    kind: ClassVar[FactKind] = FactKind.WANTED
    monitored: bool
    released: bool | None = None  # Radarr's own `isAvailable`; None where only the date tells
    release_at: datetime | None = None  # air date, or the release Radarr waits for
    title: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """Whether Radarr/Sonarr has imported a file for the item (subject: item)."""

    kind: ClassVar[FactKind] = FactKind.FILE
    present: bool
    path: str | None = None
    size: int | None = None  # bytes
    quality: str | None = None
    file_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Playable:
    """Whether Jellyfin has a playable item for exactly this item (subject: item)."""

    kind: ClassVar[FactKind] = FactKind.PLAYABLE
    present: bool
    item_id: str | None = None
    paths: tuple[str, ...] = ()
    proof: str | None = None  # what made it exact: "tmdb", "tvdb", "imdb", "series and episode"
    missed_at: datetime | None = None  # the first look since that did not find it


@dataclass(frozen=True, slots=True, kw_only=True)
class Grab:
    """Radarr/Sonarr handed a release to a download client (subject: download)."""

    kind: ClassVar[FactKind] = FactKind.GRAB
    items: frozenset[ItemKey]
    at: datetime
    release: str | None = None
    quality: str | None = None
    indexer: str | None = None
    size: int | None = None  # bytes
    protocol: str | None = None  # "torrent" or "usenet"


class Result(StrEnum):
    """Say how a download ended for Radarr/Sonarr."""

    IMPORTED = "imported"
    FAILED = "failed"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How Radarr/Sonarr finished with a download (subject: download)."""

    kind: ClassVar[FactKind] = FactKind.OUTCOME
    result: Result
    at: datetime
    message: str | None = None


class QueuePhase(StrEnum):
    """Say what Radarr/Sonarr does with a queued download, over all versions' words."""

    DELAYED = "delayed"
    QUEUED = "queued"
    PAUSED = "paused"
    DOWNLOADING = "downloading"
    COMPLETED = "completed"  # finished in the client, not yet looked at
    IMPORT_PENDING = "import_pending"
    IMPORT_BLOCKED = "import_blocked"
    IMPORTING = "importing"
    IMPORTED = "imported"
    FAILED = "failed"
    CLIENT_UNAVAILABLE = "client_unavailable"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A download's place in the queue of Radarr/Sonarr (subject: download)."""

    kind: ClassVar[FactKind] = FactKind.QUEUE
    present: bool
    phase: QueuePhase | None = None
    size: int | None = None  # bytes
    left: int | None = None  # bytes
    eta: datetime | None = None
    messages: tuple[str, ...] = ()
    client: str | None = None
    protocol: str | None = None


class TransferPhase(StrEnum):
    """Say what a download client does with a download, over all versions' words."""

    METADATA = "metadata"
    QUEUED = "queued"
    PAUSED = "paused"
    CHECKING = "checking"
    DOWNLOADING = "downloading"
    STALLED = "stalled"
    MOVING = "moving"
    DONE = "done"
    ERROR = "error"
    MISSING_FILES = "missing_files"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """A download as its client shows it (subject: download)."""

    kind: ClassVar[FactKind] = FactKind.TRANSFER
    present: bool
    phase: TransferPhase | None = None
    progress: float = 0.0  # 0..1 of the wanted data
    size: int | None = None  # bytes wanted; None while unknown
    speed: int = 0  # bytes per second
    eta_seconds: int | None = None
    seeds: int | None = None
    queue_position: int | None = None


type FactValue = (
    Ask | Title | Anime | Decision | Wanted | File | Playable | Grab | Outcome | Queue | Transfer
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One value about one subject, as a connection states it."""

    value: FactValue
    subject: Subject = field(default_factory=Subject)


class Origin(StrEnum):
    """Say where a request was made."""

    SEERR = "seerr"
    RADARR = "radarr"
    SONARR = "sonarr"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Permit an observation to open a request when none is found for it.

    `seasons` is what was asked for (empty: a movie); `items` limits the request to exactly these
    (grabs that nobody requested). `is_4k` keeps a 4K request beside the HD one.
    """

    origin: Origin
    created_at: datetime
    seasons: frozenset[int] = frozenset()
    items: frozenset[ItemKey] = frozenset()
    is_4k: bool = False
    requested_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What one connection saw about one title or download, not yet correlated.

    Correlation tries, in this order: `request_id` (a survey that answered a question about it),
    the service's own id, the download ids, provider ids, file path, title and year (a guess).
    """

    connection_id: str
    service: Service
    via: Via
    seen_at: datetime  # push: when received; survey: when the read *started*
    statements: tuple[Statement, ...] = ()
    title: TitleRef | None = None
    download_ids: frozenset[str] = frozenset()  # lower case; all names of the same download
    request_id: str | None = None
    opening: Opening | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One merged fact of one request. `since` is when this value was first seen."""

    subject: Subject
    connection_id: str
    service: Service
    value: FactValue
    seen_at: datetime
    since: datetime
    via: Via

    @property
    def kind(self) -> FactKind:
        """Return the kind of the value."""
        return self.value.kind

    @property
    def key(self) -> FactKey:
        """Return what this fact replaces: pushed and surveyed facts are kept apart."""
        return (self.subject, self.connection_id, self.value.kind, self.via)


type FactKey = tuple[Subject, str, FactKind, Via]


def merged(old: Fact | None, new: Fact) -> Fact:
    """Return what two facts about the same say together.

    The later one wins; on a tie the survey, then the larger text. A grab only ever gains items,
    an outcome is as old as its event, and what could be played is gone only when looks far enough
    apart have not found it. Idempotent and independent of order, so repeated and shuffled facts
    end the same.
    """
    if old is None:
        return new
    first, last = _in_order(old, new)
    value = last.value
    if isinstance(first.value, Grab) and isinstance(value, Grab):
        value = _united(first.value, value)
        same = True
    else:
        if isinstance(first.value, Playable) and isinstance(value, Playable):
            value = _outlasting(first.value, value, last.seen_at)
        same = first.value == value
    return Fact(
        # What is said again stays the same objects: surveys repeat tens of thousands of facts.
        subject=old.subject,
        value=old.value if old.value == value else value,
        connection_id=last.connection_id,
        service=last.service,
        seen_at=max(first.seen_at, last.seen_at),
        since=min(first.since, last.since) if same else last.since,
        via=last.via,
    )


def _united(first: Grab, last: Grab) -> Grab:
    return replace(last, items=first.items | last.items, at=max(first.at, last.at))


def _outlasting(first: Playable, last: Playable, seen_at: datetime) -> Playable:
    """Return what a second look says: one that misses what was there proves nothing yet."""
    if last.present or not first.present:
        return last
    missed_at = first.missed_at or seen_at
    return last if seen_at - missed_at >= GONE_AFTER else replace(first, missed_at=missed_at)


def _in_order(one: Fact, other: Fact) -> tuple[Fact, Fact]:
    """Return the earlier and the later of two facts; texts are made for a tie only."""
    first, second = _moment(one), _moment(other)
    is_later = _text(one) > _text(other) if first == second else first > second
    return (other, one) if is_later else (one, other)


def _moment(fact: Fact) -> tuple[datetime, bool]:
    at = fact.value.at if isinstance(fact.value, Outcome) else fact.seen_at
    return (at, fact.via is not Via.PUSH)


def _text(fact: Fact) -> str:
    value = fact.value
    if isinstance(value, Grab):
        value = replace(value, items=frozenset(), at=fact.seen_at)
    return repr(value)
