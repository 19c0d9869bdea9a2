"""What qBittorrent answers: torrents and the state of the client."""

from collections.abc import Mapping
from dataclasses import dataclass

from .readers import JsonObject, JsonValue, as_bool, as_float, as_int, as_str, as_text

_ETA_UNKNOWN = 8640000


@dataclass(frozen=True, slots=True, kw_only=True)
class QbtVersion:
    """The version of the program (`5.1.0`)."""

    app: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Torrent:
    """One torrent; `state` is qBittorrent's own word, `progress` 0 to 1 of the wanted data."""

    hash: str
    infohash_v1: str | None
    infohash_v2: str | None
    name: str
    state: str
    progress: float
    size: int
    amount_left: int
    eta: int | None
    dlspeed: int  # bytes per second
    save_path: str | None
    content_path: str | None
    priority: int
    has_metadata: bool
    num_seeds: int
    ratio: float | None

    @property
    def ids(self) -> frozenset[str]:
        """Return every id by which Radarr or Sonarr may call this torrent."""
        v2 = self.infohash_v2
        names = (self.hash, self.infohash_v1, v2, v2[:40] if v2 else None)
        return frozenset(name for name in names if name)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerState:
    """The client as a whole."""

    free_space: int | None
    connection_status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MainData:
    """All torrents as of now, and the client."""

    torrents: Mapping[str, Torrent]
    server: ServerState


def build_torrent(key: str, raw: JsonObject) -> Torrent:
    """Build a torrent from its merged members."""
    eta = as_int(raw.get("eta"))
    has_metadata = as_bool(raw.get("has_metadata"))
    return Torrent(
        hash=key,
        infohash_v1=_lower(raw.get("infohash_v1")),
        infohash_v2=_lower(raw.get("infohash_v2")),
        name=as_text(raw.get("name")),
        state=as_str(raw.get("state")) or "unknown",
        progress=min(max(as_float(raw.get("progress")) or 0.0, 0.0), 1.0),
        size=max(as_int(raw.get("size")) or 0, 0),
        amount_left=max(as_int(raw.get("amount_left")) or 0, 0),
        eta=eta if eta is not None and 0 <= eta < _ETA_UNKNOWN else None,
        dlspeed=max(as_int(raw.get("dlspeed")) or 0, 0),
        save_path=as_str(raw.get("save_path")),
        content_path=as_str(raw.get("content_path")),
        priority=max(as_int(raw.get("priority")) or 0, 0),
        # Before 5.0 the member does not exist; without metadata the total size is -1.
        has_metadata=(
            (as_int(raw.get("total_size")) or 0) > 0 if has_metadata is None else has_metadata
        ),
        num_seeds=as_int(raw.get("num_seeds")) or 0,
        ratio=as_float(raw.get("ratio")),
    )


def build_server_state(raw: JsonObject) -> ServerState:
    """Build the state of the client as a whole."""
    # -1 while qBittorrent does not know the disk.
    free_space = as_int(raw.get("free_space_on_disk"))
    return ServerState(
        free_space=free_space if free_space is not None and free_space >= 0 else None,
        connection_status=as_text(raw.get("connection_status")),
    )


def _lower(value: JsonValue) -> str | None:
    """Return a hash in lower case, None when it is empty."""
    text = as_str(value)
    return text.lower() if text else None
