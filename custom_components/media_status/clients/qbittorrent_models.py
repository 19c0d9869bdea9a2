"""What qBittorrent answers: torrents and the state of the client."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from .readers import JsonObject, JsonValue, as_bool, as_epoch, as_float, as_int, as_str, as_text

_ETA_UNKNOWN = 8640000


@dataclass(frozen=True, slots=True, kw_only=True)
class QbtVersion:
    """Versions of the program (`5.1.0`) and of its Web API (`2.11.4`)."""

    app: str
    web_api: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Torrent:
    """One torrent; `added_on` and `completion_on` are Unix seconds, speeds bytes per second.

    `state` is qBittorrent's own word, `progress` 0 to 1 of the wanted data.
    """

    hash: str
    infohash_v1: str | None
    infohash_v2: str | None
    name: str
    state: str
    progress: float
    size: int
    total_size: int
    amount_left: int
    eta: int | None
    dlspeed: int
    upspeed: int
    added_on: int | None
    completion_on: int | None
    save_path: str | None
    content_path: str | None
    category: str
    tags: tuple[str, ...]
    priority: int
    has_metadata: bool
    private: bool | None
    num_seeds: int
    num_leechs: int
    availability: float | None
    ratio: float | None

    @property
    def ids(self) -> frozenset[str]:
        """Return every id by which Radarr or Sonarr may call this torrent."""
        v2 = self.infohash_v2
        names = (self.hash, self.infohash_v1, v2, v2[:40] if v2 else None)
        return frozenset(name for name in names if name)

    @property
    def added(self) -> datetime | None:
        """Return when it was added."""
        return as_epoch(self.added_on)

    @property
    def completed(self) -> datetime | None:
        """Return when it was complete for the first time."""
        return as_epoch(self.completion_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerState:
    """The client as a whole."""

    dl_speed: int
    up_speed: int
    free_space: int | None
    connection_status: str
    refresh_interval_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MainData:
    """All torrents as of now; `removed` are those gone since the previous answer."""

    full: bool
    rid: int
    torrents: Mapping[str, Torrent]
    removed: frozenset[str]
    changed: frozenset[str]
    server: ServerState


def build_torrent(key: str, raw: JsonObject) -> Torrent:
    """Build a torrent from its merged members."""
    eta, completion = as_int(raw.get("eta")), as_int(raw.get("completion_on"))
    added = as_int(raw.get("added_on"))
    has_metadata = as_bool(raw.get("has_metadata"))
    total_size = as_int(raw.get("total_size"))
    return Torrent(
        hash=key,
        infohash_v1=_lower(raw.get("infohash_v1")),
        infohash_v2=_lower(raw.get("infohash_v2")),
        name=as_text(raw.get("name")),
        state=as_str(raw.get("state")) or "unknown",
        progress=min(max(as_float(raw.get("progress")) or 0.0, 0.0), 1.0),
        size=max(as_int(raw.get("size")) or 0, 0),
        total_size=max(total_size or 0, 0),
        amount_left=max(as_int(raw.get("amount_left")) or 0, 0),
        eta=eta if eta is not None and 0 <= eta < _ETA_UNKNOWN else None,
        dlspeed=max(as_int(raw.get("dlspeed")) or 0, 0),
        upspeed=max(as_int(raw.get("upspeed")) or 0, 0),
        added_on=added if added and added > 0 else None,
        completion_on=completion if completion and completion > 0 else None,
        save_path=as_str(raw.get("save_path")),
        content_path=as_str(raw.get("content_path")),
        category=as_text(raw.get("category")),
        tags=tuple(tag for part in as_text(raw.get("tags")).split(",") if (tag := part.strip())),
        priority=max(as_int(raw.get("priority")) or 0, 0),
        # Before 5.0 the member does not exist; without metadata the total size is -1.
        has_metadata=(total_size or 0) > 0 if has_metadata is None else has_metadata,
        private=as_bool(raw.get("private")),
        num_seeds=as_int(raw.get("num_seeds")) or 0,
        num_leechs=as_int(raw.get("num_leechs")) or 0,
        availability=as_float(raw.get("availability")),
        ratio=as_float(raw.get("ratio")),
    )


def build_server_state(raw: JsonObject) -> ServerState:
    """Build the state of the client as a whole."""
    # -1 while qBittorrent does not know the disk.
    free_space = as_int(raw.get("free_space_on_disk"))
    return ServerState(
        dl_speed=as_int(raw.get("dl_info_speed")) or 0,
        up_speed=as_int(raw.get("up_info_speed")) or 0,
        free_space=free_space if free_space is not None and free_space >= 0 else None,
        connection_status=as_text(raw.get("connection_status")),
        refresh_interval_ms=as_int(raw.get("refresh_interval")),
    )


def _lower(value: JsonValue) -> str | None:
    """Return a hash in lower case, None when it is empty."""
    text = as_str(value)
    return text.lower() if text else None
