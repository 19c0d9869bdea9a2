"""What Jellyfin answers: server, items, plugins, tasks, libraries."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from .errors import UnsafeId
from .readers import (
    JsonObject,
    JsonValue,
    as_bool,
    as_dict,
    as_int,
    as_objects,
    as_str,
    as_text,
    as_texts,
)
from .safety import safe_guid


@dataclass(frozen=True, slots=True, kw_only=True)
class JellyfinInfo:
    """Which server answers; `id` is the `ServerId` of its webhooks."""

    id: str
    name: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryItem:
    """A film, series, season or episode; `playable` only with a file of its own.

    `id` and `series_id` are 32 hex digits in lower case. `provider_ids` has lower-case keys and
    holds the item's own ids (an episode's are never its series'). A file with several episodes
    is one item from `number` to `number_end`.
    """

    id: str
    type: str
    name: str
    provider_ids: Mapping[str, str]
    path: str | None
    playable: bool
    series_id: str | None
    series_name: str | None
    season: int | None
    number: int | None
    number_end: int | None
    year: int | None
    media_source_paths: tuple[str, ...]
    original_title: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemPage:
    """One page of items.

    `server_time` is the server's clock at the answer (the cursor for `changed_since` is that of
    the first page). `total` is the whole count as of this page. `consistent` turns False when the
    library changed while it was paged through: then something may be missing or doubled.
    """

    items: tuple[LibraryItem, ...]
    total: int
    server_time: datetime | None
    consistent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """An installed plugin; only one whose `status` is `Active` does anything."""

    id: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledTask:
    """A scheduled task; the library scan has the `key` `RefreshLibrary`."""

    key: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualFolder:
    """A library; its locations are paths as Jellyfin sees them."""

    id: str
    name: str
    locations: tuple[str, ...]
    collection_type: str | None


def hex_id(value: JsonValue) -> str | None:
    """Return an id as 32 lower-case hex digits, None when it is not one."""
    try:
        return safe_guid(as_text(value))
    except UnsafeId:
        return None


def provider_ids(raw: JsonObject) -> dict[str, str]:
    """Return an item's own ids by their names in lower case."""
    found = as_dict(raw.get("ProviderIds"))
    return {key.lower(): text for key, value in found.items() if (text := as_str(value))}


def is_playable(raw: JsonObject) -> bool:
    """Return whether an item has a file of its own; a folder can be there without any."""
    on_disk = raw.get("LocationType") == "FileSystem" and as_str(raw.get("Path")) is not None
    return on_disk and as_bool(raw.get("IsFolder")) is not True


def build_item(raw: JsonObject) -> LibraryItem | None:
    """Build an item; None without an id."""
    number = hex_id(raw.get("Id"))
    if number is None:
        return None
    return LibraryItem(
        id=number,
        type=as_text(raw.get("Type")),
        name=as_text(raw.get("Name")),
        original_title=as_str(raw.get("OriginalTitle")),
        provider_ids=provider_ids(raw),
        path=as_str(raw.get("Path")),
        playable=is_playable(raw),
        series_id=hex_id(raw.get("SeriesId")),
        series_name=as_str(raw.get("SeriesName")),
        season=as_int(raw.get("ParentIndexNumber")),
        number=as_int(raw.get("IndexNumber")),
        number_end=as_int(raw.get("IndexNumberEnd")),
        year=as_int(raw.get("ProductionYear")),
        media_source_paths=tuple(
            text
            for source in as_objects(raw.get("MediaSources"))
            if (text := as_str(source.get("Path")))
        ),
    )


def build_plugin(raw: JsonObject) -> Plugin | None:
    """Build a plugin; None without an id."""
    number = hex_id(raw.get("Id"))
    if number is None:
        return None
    return Plugin(id=number, status=as_text(raw.get("Status")))


def build_task(raw: JsonObject) -> ScheduledTask | None:
    """Build a scheduled task; None without a key."""
    key = as_str(raw.get("Key"))
    return None if key is None else ScheduledTask(key=key, state=as_text(raw.get("State")))


def build_folder(raw: JsonObject) -> VirtualFolder | None:
    """Build a library; None without an id."""
    number = as_str(raw.get("ItemId"))
    if number is None:
        return None
    return VirtualFolder(
        id=number,
        name=as_text(raw.get("Name")),
        locations=as_texts(raw.get("Locations")),
        collection_type=as_str(raw.get("CollectionType")),
    )
