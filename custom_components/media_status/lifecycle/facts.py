"""Define facts: what a service saw, and when. A value's class is its kind.

What is *unknown* is recorded nowhere and changes nothing; absence is always said explicitly.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from .model import ItemKey, Service, Subject, TitleRef, Via
from .troubles import Block, Complaint, Hindrance, Hitch


class FactKind(StrEnum):
    """Name the kinds of fact; each has one value class."""

    ASK = "ask"
    TITLE = "title"
    ANIME = "anime"
    DECISION = "decision"
    WANTED = "wanted"
    FILE = "file"
    MATCH = "match"
    PLAYABLE = "playable"
    OBSTACLE = "obstacle"
    HEALTH = "health"
    SOUGHT = "sought"
    SEARCH = "search"
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
    is_stranded: bool = False  # approved, and Seerr gave it to no Radarr or Sonarr


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
    source: str  # "series type", "tag", "root folder", "keyword", "language and genre", "shoko"


class Verdict(StrEnum):
    """Say what a person decided about a request."""

    AVAILABLE = "available"
    FAILED = "failed"
    DELETED = "deleted"  # from every service, and seen to be gone; of an item, too


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A person's word that ends the wait (subject: request)."""

    kind: ClassVar[FactKind] = FactKind.DECISION
    verdict: Verdict
    reason: str | None = None  # of a deletion: where it came from
    user: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Whether Radarr/Sonarr looks for the item, and since when it can exist (subject: item)."""

    kind: ClassVar[FactKind] = FactKind.WANTED
    monitored: bool
    released: bool | None = None  # Radarr's own `isAvailable`; None where only the date tells
    release_at: datetime | None = None  # air date, or the release Radarr waits for
    title: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """When Radarr/Sonarr searched for an item last (subject: item)."""

    kind: ClassVar[FactKind] = FactKind.SOUGHT
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What the indexers had for an item when somebody wanted to see (subject: item)."""

    kind: ClassVar[FactKind] = FactKind.SEARCH
    found: int  # releases
    rejected: int = 0  # of these
    reason: str | None = None  # the most frequent one, in the manager's words
    count: int = 0  # releases that were rejected for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What Radarr/Sonarr complains about that concerns the title (subject: request)."""

    kind: ClassVar[FactKind] = FactKind.HEALTH
    complaints: tuple[Complaint, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """Whether Radarr/Sonarr has imported a file for the item (subject: item)."""

    kind: ClassVar[FactKind] = FactKind.FILE
    present: bool
    path: str | None = None
    size: int | None = None  # bytes
    quality: str | None = None
    file_id: str | None = None


class MatchPhase(StrEnum):
    """Say how far Shoko is with a file."""

    UNSEEN = "unseen"  # it does not know a file of this path
    HASHING = "hashing"
    WAITING = "waiting"  # for AniDB's answer
    BANNED = "banned"  # AniDB answers nothing for a while
    UNMATCHED = "unmatched"  # AniDB does not know it: a person must link it
    MATCHED = "matched"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnimeEpisode:
    """An episode that a file holds; Shoko's own ids are None until it has made the series."""

    anidb_anime: int
    anidb_episode: int
    shoko_series: int | None = None
    shoko_episode: int | None = None
    label: str | None = None  # AniDB's numbering: "5", "S1" (special), "C1" (credits)
    tmdb: tuple[int, ...] = ()  # TMDB's ids of it: episodes', or a film's own


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """How far Shoko is with the file of an item (subject: item); of no other file of it.

    `path` is the file's path as Radarr/Sonarr said it when Shoko was asked.
    """

    kind: ClassVar[FactKind] = FactKind.MATCH
    phase: MatchPhase
    path: str | None = None
    file_id: str | None = None  # Shoko's
    name: str | None = None  # the file's name in Shoko
    attempts: int | None = None  # how often it was looked up in vain
    episodes: tuple[AnimeEpisode, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """What in Jellyfin explains that matched files do not appear (subject: request)."""

    kind: ClassVar[FactKind] = FactKind.OBSTACLE
    hindrance: Hindrance | None = None  # None: nothing that we know of


@dataclass(frozen=True, slots=True, kw_only=True)
class Playable:
    """Whether Jellyfin has a playable item for exactly this item (subject: item)."""

    kind: ClassVar[FactKind] = FactKind.PLAYABLE
    present: bool
    item_id: str | None = None
    paths: tuple[str, ...] = ()
    proof: str | None = None  # what made it exact: "tmdb", "series and episode", "shoko file"...
    missed_at: datetime | None = None  # the first look since that did not find it
    guess: str | None = None  # the name of an item that has the same title, which proves nothing
    is_hollow: bool = False  # absent, but for an item of exactly this that has no file


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
    block: Block | None = None  # while it is blocked


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
    hitch: Hitch | None = None


type FactValue = (
    Ask
    | Title
    | Anime
    | Decision
    | Wanted
    | File
    | Match
    | Playable
    | Obstacle
    | Health
    | Sought
    | Search
    | Grab
    | Outcome
    | Queue
    | Transfer
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
    file_path: str | None = None  # statements about it are about the items whose file it is
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
