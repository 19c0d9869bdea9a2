"""Define the words of deletion: what is asked, what services hold, and the steps of a plan."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from .model import ItemKey, MediaType, ProviderIds, Service

PLAN_LIFETIME = timedelta(minutes=15)


class StepStatus(StrEnum):
    """Say how a step stands; every service of the household always has at least one."""

    PENDING = "pending"
    DONE = "done"  # the service accepted it; not looked at again yet
    VERIFIED = "verified"  # a healthy, complete read showed that it is gone
    FAILED = "failed"
    SKIPPED = "skipped"  # left on purpose, for a reason
    NOT_NEEDED = "not_needed"  # the service has nothing of it
    NOT_APPLICABLE = "not_applicable"  # the service has nothing to do with such a title


class Verb(StrEnum):
    """Name what a step does."""

    REMOVE_TORRENT = "remove_torrent"
    UNMONITOR = "unmonitor"
    REMOVE_TITLE = "remove_title"
    REMOVE_FILE = "remove_file"
    REMOVE_RECORD = "remove_record"  # of a file, in Shoko
    REFRESH = "refresh"  # of one place in Jellyfin, which then sees that files are gone
    REMOVE_REQUEST = "remove_request"
    REMOVE_MEDIA = "remove_media"
    NOTHING = "nothing"  # only says why a service has nothing to do


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionOptions:
    """Say what shall go along with a request."""

    delete_files: bool = True
    delete_torrents: bool = True
    delete_seeding: bool = False  # torrents of private trackers that still have to seed, too
    add_import_exclusion: bool = False
    remove_from_seerr: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionTarget:
    """One request of which all, or chosen items, shall be deleted."""

    request_id: str
    media_type: MediaType
    ids: ProviderIds
    title: str
    year: int | None = None
    is_4k: bool = False
    is_anime: bool = False
    is_whole: bool = True  # everything that was asked for, not chosen episodes
    items: frozenset[ItemKey] = frozenset()
    service_ids: Mapping[str, str] = field(default_factory=dict)  # connection -> its own id
    downloads: frozenset[str] = frozenset()  # all names of downloads that served the items
    own_downloads: frozenset[str] = frozenset()  # of these: what no other request knows of
    library_ids: frozenset[str] = frozenset()  # Jellyfin's items that we proved
    kept_items: frozenset[ItemKey] = frozenset()  # what other requests of the title hold


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldFile:
    """A file that Radarr or Sonarr manages."""

    file_id: str
    path: str
    size: int  # bytes
    items: frozenset[ItemKey]


@dataclass(frozen=True, slots=True)
class Served:
    """An item that a download brought, in the words of one Radarr or Sonarr."""

    title_id: str
    item: ItemKey


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldTitle:
    """A title in Radarr or Sonarr, with its files and the names of all its downloads ever."""

    request_id: str
    own_id: str
    ids: ProviderIds
    title: str
    path: str | None = None
    root: str | None = None  # the library folder that it lies in
    is_alone: bool = False  # nothing but what was asked for lies in that folder
    files: tuple[HeldFile, ...] = ()
    monitored: frozenset[ItemKey] = frozenset()
    item_ids: Mapping[ItemKey, str] = field(default_factory=dict)  # its own ids of episodes
    downloads: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldTorrent:
    """A torrent in the download client that has to do with a target."""

    torrent_id: str
    names: frozenset[str]  # every id of it, lower case
    name: str
    size: int  # bytes
    path: str | None = None  # its content
    is_private: bool | None = None  # None: the client cannot tell
    has_seeded: bool | None = None  # has reached its limits; None: there are none
    shares_with: tuple[str, ...] = ()  # ids of other torrents that use the same data
    holds: tuple[str, ...] = ()  # library files that are its own data, not copies or links


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRecord:
    """A file that Shoko knows."""

    file_id: str
    path: str  # as the manager says it
    name: str | None = None
    is_accessible: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldItem:
    """An item that Jellyfin has."""

    request_id: str
    item_id: str
    item: ItemKey | None = None  # None: the series itself
    path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldWish:
    """What Seerr knows of a title: its own record of the media and all requests for it."""

    request_id: str  # ours
    media_id: str
    tmdb: int | None = None  # as Seerr knows the title
    requests: tuple[str, ...] = ()  # Seerr's ids of all requests of it, HD and 4K
    own: frozenset[str] = frozenset()  # those that are the target's


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """What one connection has of the targets: a complete, healthy read, or a `ClientError`.

    `served` names all that the targets' downloads brought in a Radarr or Sonarr, of other titles
    too.
    """

    titles: tuple[HeldTitle, ...] = ()
    has_recycle_bin: bool = False  # files are moved there instead of being deleted
    served: Mapping[str, frozenset[Served]] = field(default_factory=dict)
    torrents: tuple[HeldTorrent, ...] = ()
    records: tuple[HeldRecord, ...] = ()
    items: tuple[HeldItem, ...] = ()
    wishes: tuple[HeldWish, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What a connection is asked before a plan is made.

    Radarr and Sonarr are asked first; what they hold is known when the others are asked.
    """

    now: datetime
    targets: tuple[DeletionTarget, ...]
    titles: tuple[HeldTitle, ...] = ()

    @property
    def downloads(self) -> frozenset[str]:
        """Return all names of the downloads that have to do with the targets."""
        named = (target.downloads for target in self.targets)
        listed = (title.downloads for title in self.titles)
        return frozenset().union(*named, *listed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """One connection with what it holds; None when it could not be asked."""

    connection_id: str
    service: Service
    name: str  # as the household calls it
    holdings: Holdings | None
    is_4k: bool | None = None  # a manager beside another one that serves the other variant
    is_frozen: bool = False  # much of its library vanished at once


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFile:
    """A file that a step removes."""

    path: str
    size: int  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that is done in one service; the same in the plan, the job and the log.

    `target` is the service's own id of exactly one thing. `expects` is what must still be true of
    it right before it is removed, in the service's own words. A step begins when all steps that it
    comes `after` are verified.
    """

    id: str
    connection_id: str | None
    service: Service
    verb: Verb
    request_ids: tuple[str, ...]
    target: str = ""
    name: str = ""  # for people
    items: tuple[ItemKey, ...] = ()
    files: tuple[PlannedFile, ...] = ()
    size: int = 0  # bytes that it removes
    delete_files: bool = False
    add_import_exclusion: bool = False
    expects: Mapping[str, str] = field(default_factory=dict)
    vanishes: tuple[str, ...] = ()  # what else must be gone afterwards: ids of Jellyfin's items
    after: tuple[str, ...] = ()
    status: StepStatus = StepStatus.PENDING
    reason: str | None = None  # code: why it is left, or why there is nothing to do


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A warning, or what keeps a plan from being run: a code with values for its sentence."""

    code: str
    values: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that would be done, and what would not."""

    id: str
    made_at: datetime
    options: DeletionOptions
    targets: tuple[DeletionTarget, ...]
    steps: tuple[Step, ...]
    warnings: tuple[Remark, ...] = ()
    blockers: tuple[Remark, ...] = ()
    calls: Mapping[str, str] = field(default_factory=dict)  # by step: what would be sent

    @property
    def expires_at(self) -> datetime:
        """Return when the plan is too old to be run."""
        return self.made_at + PLAN_LIFETIME

    @property
    def pending(self) -> tuple[Step, ...]:
        """Return the steps that would change something."""
        return tuple(step for step in self.steps if step.status is StepStatus.PENDING)

    @property
    def item_count(self) -> int:
        """Return how many films and episodes it is about."""
        return sum(len(target.items) for target in self.targets)

    @property
    def size(self) -> int:
        """Return the bytes that go: of library files or of torrents, which may be the same ones."""
        library = sum(step.size for step in self.pending if step.service is not Service.QBITTORRENT)
        torrents = sum(step.size for step in self.pending) - library
        return max(library, torrents)
