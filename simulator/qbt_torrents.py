"""Torrents of the simulated qBittorrent and how each version writes them."""

from dataclasses import dataclass
from datetime import datetime

from .downloads import Transfer
from .model import JsonObject

UNKNOWN_ETA = 8_640_000
GLOBAL = -2  # a limit as the preferences have it
NONE = -1


@dataclass(slots=True, kw_only=True, eq=False)
class Torrent:
    """One torrent; its progress is a function of the simulated time."""

    id: str
    name: str
    transfer: Transfer
    added: datetime
    category: str = ""
    tags: tuple[str, ...] = ()
    save_path: str = "/data/downloads"
    v1: str = ""
    v2: str = ""
    paused: bool = False
    stalled: bool = False
    has_metadata: bool = True
    forced_state: str | None = None
    finished: datetime | None = None
    generation: int = 0
    files: tuple[tuple[str, int], ...] = ()  # paths below `save_path` and sizes
    private: bool = False
    trackers: tuple[str, ...] = ()
    ratio: float = 0
    ratio_limit: float = GLOBAL
    seeding_time_limit: int = GLOBAL  # minutes

    @property
    def root_path(self) -> str:
        """Return the folder that holds everything of the torrent, empty when there is none."""
        if not self.has_metadata:
            return ""
        tops = {name.partition("/")[0] for name, _ in self.files}
        nested = all("/" in name for name, _ in self.files)
        return f"{self.save_path}/{tops.pop()}" if nested and len(tops) == 1 else ""

    @property
    def content_path(self) -> str:
        """Return the folder or file of the content; many files without a folder: where they lie."""
        if not self.has_metadata:
            return ""
        if len(self.files) == 1 and not self.root_path:
            return f"{self.save_path}/{self.files[0][0]}"
        return self.root_path or self.save_path

    def done(self, now: datetime) -> bool:
        """Whether all wanted bytes are here."""
        return self.has_metadata and self.transfer.left(now) == 0

    def speed(self, now: datetime) -> int:
        """Return the present download speed."""
        moving = self.transfer.running and self.has_metadata and not self.done(now)
        return int(self.transfer.rate) if moving else 0

    def completed_at(self, now: datetime) -> datetime | None:
        """Return when the last byte came."""
        if not self.done(now):
            return None
        return self.finished or min(now, self.transfer.finished_at())

    def state(self, now: datetime, *, modern: bool) -> str:
        """Return the state string (`modern`: 5.0 and newer say stopped, not paused)."""
        if self.forced_state is not None:
            return self.forced_state
        stop = "stopped" if modern else "paused"
        if self.done(now):
            return f"{stop}UP" if self.paused else "stalledUP"
        if self.paused:
            return f"{stop}DL"
        if not self.has_metadata:
            return "metaDL"
        if self.stalled or self.transfer.received(now) == 0:
            return "stalledDL"
        return "downloading"


def limits(torrent: Torrent, preferences: JsonObject) -> JsonObject:
    """Return the limits of seeding: a torrent's own, or (`max_`) what they come to."""
    ratio: object = torrent.ratio_limit
    if ratio == GLOBAL:
        ratio = preferences["max_ratio"] if preferences["max_ratio_enabled"] else NONE
    minutes: object = torrent.seeding_time_limit
    if minutes == GLOBAL:
        on = preferences["max_seeding_time_enabled"]
        minutes = preferences["max_seeding_time"] if on else NONE
    return {
        "max_ratio": ratio,
        "max_seeding_time": minutes,
        "ratio_limit": torrent.ratio_limit,
        "seeding_time_limit": torrent.seeding_time_limit,
    }


def torrent_json(
    torrent: Torrent, now: datetime, version: tuple[int, int], preferences: JsonObject
) -> JsonObject:
    """Return a full torrent object without `hash`, with exactly the members of a version."""
    modern = version >= (5, 0)
    body = _base(torrent, now, modern=modern) | limits(torrent, preferences)
    if modern:
        body |= _since_5_0(torrent)
    if version >= (5, 2):
        body |= _since_5_2(torrent, now)
    return dict(sorted(body.items()))


def _numbers(torrent: Torrent, now: datetime) -> JsonObject:
    size = torrent.transfer.size if torrent.has_metadata else 0
    received = torrent.transfer.received(now) if torrent.has_metadata else 0
    eta = torrent.transfer.eta(now)
    moving = torrent.speed(now) > 0
    return {
        "amount_left": size - received,
        "completed": received,
        "downloaded": received,
        "downloaded_session": received,
        "dlspeed": torrent.speed(now),
        "eta": eta if moving and eta is not None else UNKNOWN_ETA,
        "progress": received / size if size else 0,
        "size": size,
        "total_size": torrent.transfer.size if torrent.has_metadata else -1,
    }


_STILL: JsonObject = {
    "auto_tmm": False,
    "dl_limit": 0,
    "download_path": "",
    "f_l_piece_prio": False,
    "force_start": False,
    "num_complete": 1,
    "num_incomplete": 0,
    "num_leechs": 0,
    "priority": 0,
    "seq_dl": False,
    "super_seeding": False,
    "up_limit": 0,
    "uploaded_session": 0,
    "upspeed": 0,
}


def _base(torrent: Torrent, now: datetime, *, modern: bool) -> JsonObject:
    finished = torrent.completed_at(now)
    done = finished is not None
    magnet = f"magnet:?xt=urn:btih:{torrent.v1 or torrent.id}&dn={torrent.name}"
    started = int(torrent.added.timestamp())
    moving = torrent.speed(now) > 0
    missing = -1 if modern else 0
    return {
        **_numbers(torrent, now),
        "added_on": started,
        "availability": 1.5 if moving else -1 if done else 0,
        "category": torrent.category,
        "completion_on": int(finished.timestamp()) if finished else missing,
        "content_path": torrent.content_path,
        "infohash_v1": torrent.v1,
        "infohash_v2": torrent.v2,
        "last_activity": int(now.timestamp()) if moving else started,
        "magnet_uri": magnet,
        "name": torrent.name,
        "num_seeds": 1 if moving else 0,
        "save_path": torrent.save_path,
        "seeding_time": int((now - finished).total_seconds()) if finished else 0,
        "seen_complete": started,
        "state": torrent.state(now, modern=modern),
        "tags": ", ".join(torrent.tags),
        "time_active": int((now - torrent.added).total_seconds()),
        **_STILL,
        "ratio": torrent.ratio,
        "tracker": torrent.trackers[0] if torrent.trackers else "",
        "trackers_count": len(torrent.trackers),
        "uploaded": int(torrent.ratio * torrent.transfer.received(now)),
    }


def _since_5_0(torrent: Torrent) -> JsonObject:
    return {
        "comment": "",
        "has_metadata": torrent.has_metadata,
        "inactive_seeding_time_limit": -2,
        "max_inactive_seeding_time": -1,
        "popularity": 0,
        "private": torrent.private if torrent.has_metadata else None,
        "reannounce": 0,
        "root_path": torrent.root_path,
    }


def _since_5_2(torrent: Torrent, now: datetime) -> JsonObject:
    piece = 4_194_304
    return {
        "connections_count": 1 if torrent.speed(now) else 0,
        "connections_limit": 100,
        "created_by": "",
        "creation_date": int(torrent.added.timestamp()),
        "has_other_announce_error": False,
        "has_tracker_error": False,
        "has_tracker_warning": False,
        "piece_size": piece,
        "pieces_have": torrent.transfer.received(now) // piece,
        "pieces_num": -(-torrent.transfer.size // piece),
        "share_limit_action": "Default",
        "share_limits_mode": "Default",
        "total_wasted": 0,
    }


def category_json(name: str, version: tuple[int, int]) -> JsonObject:
    """Return a category as a version writes it."""
    body: JsonObject = {"name": name, "savePath": ""}
    if version >= (5, 2):
        body |= {"download_path": None, "inactive_seeding_time_limit": -2, "ratio_limit": -2}
        body |= {"seeding_time_limit": -2, "share_limit_action": "Default"}
        body["share_limits_mode"] = "Default"
    return dict(sorted(body.items()))


def server_state(
    version: tuple[int, int], speed: int, received: int, *, connection: str, free_space: int
) -> JsonObject:
    """Return `server_state` as a version writes it."""
    body: JsonObject = {
        "alltime_dl": received,
        "alltime_ul": 0,
        "average_time_queue": 0,
        "connection_status": connection,
        "dht_nodes": 0,
        "dl_info_data": received,
        "dl_info_speed": speed,
        "dl_rate_limit": 0,
        "free_space_on_disk": free_space,
        "global_ratio": "0.00" if received else "-",
        "queued_io_jobs": 0,
        "queueing": False,
        "read_cache_hits": "0",
        "read_cache_overload": "0",
        "refresh_interval": 1500,
        "total_buffers_size": 0,
        "total_peer_connections": 1 if speed else 0,
        "total_queued_size": 0,
        "total_wasted_session": 0,
        "up_info_data": 0,
        "up_info_speed": 0,
        "up_rate_limit": 0,
        "use_alt_speed_limits": False,
        "write_cache_overload": "0",
    }
    if version >= (5, 2):
        body |= {"last_external_address_v4": "", "last_external_address_v6": ""}
        body |= {"queued_tracker_announces": 0, "request_latency": 0, "session_state": False}
    return dict(sorted(body.items()))
