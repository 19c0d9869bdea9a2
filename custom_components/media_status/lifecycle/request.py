"""Define an open request: what was asked, its facts, and what is derived from them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .facts import Anime, Ask, Fact, FactKey, File, Grab, Origin
from .forecast import Forecast
from .model import MOVIE, ItemKey, JsonValue, MediaType, ProviderIds, Service, Stage
from .paths import tail


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Count a request's items by how far they are; `total` includes unreleased ones."""

    total: int = 0
    available: int = 0
    imported: int = 0  # with Radarr/Sonarr's file, not yet in Jellyfin
    downloaded: int = 0  # downloaded or being imported
    downloading: int = 0
    grabbed: int = 0
    searching: int = 0  # nothing grabbed yet
    unreleased: int = 0
    failed: int = 0

    def as_dict(self) -> dict[str, int]:
        """Return the counts for attributes and the websocket."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Say why a request is not there yet: a translatable code with its values.

    `needs_person` is True when nothing will happen without somebody.
    """

    code: str
    values: dict[str, str | int] = field(default_factory=dict)
    service: Service | None = None
    since: datetime | None = None
    needs_person: bool = False
    is_overdue: bool = False  # it takes longer than it should
    at: datetime | None = None  # when what it tells happened last


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What follows from a request's facts at a moment."""

    stage: Stage
    items: dict[ItemKey, Stage] = field(default_factory=dict)
    counts: Counts = field(default_factory=Counts)
    progress: float | None = None  # 0..1, weighted by size over the downloads
    eta: datetime | None = None  # when the downloads end
    ready: Forecast | None = None  # when it is likely to be ready; None rather than wrong
    speed: int = 0  # bytes per second
    size: int | None = None  # bytes of all downloads
    stuck: bool = False
    explanation: Explanation | None = None
    quality: str | None = None


@dataclass(slots=True, kw_only=True)
class Request:
    """One wish for a movie or for seasons of a series, with every fact known about it.

    Only the tracker changes it; everybody else reads.
    """

    id: str
    media_type: MediaType
    origin: Origin
    created_at: datetime  # when it was asked
    opened_at: datetime  # when we learned of it
    ids: ProviderIds = field(default_factory=ProviderIds)
    title: str | None = None
    original_title: str | None = None
    year: int | None = None
    overview: str | None = None
    poster_url: str | None = None
    requested_by: str | None = None
    is_4k: bool = False
    is_guess: bool = False  # some fact was attached by title alone
    seasons: frozenset[int] = frozenset()
    items: set[ItemKey] = field(default_factory=set)
    item_titles: dict[ItemKey, str] = field(default_factory=dict)
    item_since: dict[ItemKey, datetime] = field(default_factory=dict)  # when its stage began
    limited_to_items: bool = False  # hand-added: exactly what was grabbed, not whole seasons
    service_ids: dict[str, str] = field(default_factory=dict)  # connection -> its own id
    download_names: dict[str, str] = field(default_factory=dict)  # any id of a download -> its key
    facts: dict[FactKey, Fact] = field(default_factory=dict)
    # Folder and name of every file that an item ever had: how Shoko's words find it.
    file_items: dict[tuple[str, ...], set[ItemKey]] = field(default_factory=dict)
    anime_override: bool | None = None
    widened_at: datetime | None = None  # when more was asked for, last
    stage_since: datetime | None = None
    available_at: datetime | None = None
    ended_at: datetime | None = None
    status: Status = field(default_factory=lambda: Status(stage=Stage.REQUESTED))

    @property
    def stage(self) -> Stage:
        """Return the derived stage."""
        return self.status.stage

    @property
    def is_open(self) -> bool:
        """Return True while the request still receives facts."""
        return self.ended_at is None

    @property
    def is_anime(self) -> bool:
        """Return what a person said, else whether any service calls it anime."""
        if self.anime_override is not None:
            return self.anime_override
        return any(
            fact.value.is_anime for fact in self.facts.values() if isinstance(fact.value, Anime)
        )

    @property
    def name(self) -> str:
        """Return the title, or what is known instead of it."""
        if self.title:
            return self.title
        known = self.ids.pairs()
        return f"{known[0][0].upper()} {known[0][1]}" if known else self.id

    @property
    def downloads(self) -> dict[str, frozenset[ItemKey]]:
        """Return the known downloads with the items of this request that each serves."""
        serves: dict[str, frozenset[ItemKey]] = {}
        for fact in self.facts.values():
            key = fact.subject.download
            if key is None:
                continue
            found = fact.value.items if isinstance(fact.value, Grab) else frozenset()
            serves[key] = serves.get(key, frozenset()) | (found & self.items)
        return serves

    def note_stages(self, before: Mapping[ItemKey, Stage], now: datetime) -> None:
        """Remember since when each item is where it is, after another status was derived."""
        items = self.status.items
        for item, stage in items.items():
            if before.get(item) is not stage or item not in self.item_since:
                self.item_since[item] = now
        for item in self.item_since.keys() - items.keys():
            del self.item_since[item]

    def learn_file(self, fact: Fact) -> None:
        """Remember which items a file belongs to."""
        value, item = fact.value, fact.subject.item
        if item is not None and isinstance(value, File) and value.present and value.path:
            self.file_items.setdefault(tail(value.path), set()).add(item)

    @property
    def is_asked(self) -> bool:
        """Return whether a Seerr that is still connected has said anything about it."""
        return any(isinstance(fact.value, Ask) for fact in self.facts.values())

    def keep_only(self, connections: Collection[str]) -> None:
        """Forget what other connections have said, and their own ids."""
        self.facts = {
            key: fact for key, fact in self.facts.items() if fact.connection_id in connections
        }
        self.service_ids = {key: own for key, own in self.service_ids.items() if key in connections}

    def wants(self, item: ItemKey) -> bool:
        """Return whether the item belongs to what was asked."""
        if self.media_type is MediaType.MOVIE:
            return item == MOVIE
        if self.limited_to_items:
            return item in self.items
        return item != MOVIE and item.season in self.seasons


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One thing that happened to a request, in words that can be translated."""

    request_id: str
    at: datetime
    code: str  # e.g. "opened", "approved", "grabbed", "imported", "available"
    service: Service | None = None
    values: dict[str, JsonValue] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Change:
    """What one batch of observations did to one request."""

    request: Request
    opened: bool = False
    ended: bool = False
    before: Stage | None = None  # the stage before, when it changed
    stuck: bool | None = None  # whether it is stuck now, when that changed
    visible: bool = False  # something a person can see changed
    facts: dict[FactKey, Fact] = field(default_factory=dict)  # new or changed
    dropped: set[FactKey] = field(default_factory=set)
    timeline: list[TimelineEntry] = field(default_factory=list)
    is_stored: bool = False  # the request's own row changed


type Changes = list[Change]
