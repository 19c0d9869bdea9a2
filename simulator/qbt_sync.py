"""The `sync/maindata` protocol: one per web session, with `rid` acknowledgements."""

from dataclasses import dataclass, field

from .model import JsonObject

_CYCLE = 1_000_000


@dataclass(slots=True, kw_only=True)
class Snapshot:
    """Everything maindata is about, at one moment."""

    torrents: dict[str, JsonObject] = field(default_factory=dict)
    generations: dict[str, int] = field(default_factory=dict)
    categories: dict[str, JsonObject] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    server_state: JsonObject = field(default_factory=dict)


class SyncSession:
    """What one web session was told and has acknowledged."""

    def __init__(self, *, restarts: bool) -> None:
        """Know nothing; `restarts`: this version counts from 1 again after `rid=0` (4.x)."""
        self._restarts = restarts
        self._sent_rid = 0
        self._accepted_rid = 0
        self._sent: Snapshot | None = None
        self._accepted: Snapshot | None = None

    def answer(self, rid: int, now: Snapshot) -> JsonObject:
        """Return what the session is told for the `rid` it names."""
        if rid and rid == self._sent_rid:
            self._accepted, self._accepted_rid = self._sent, rid
        known = bool(rid) and rid == self._accepted_rid and self._accepted is not None
        if rid == 0 and self._restarts:
            self._sent_rid = 0
        self._sent_rid = self._sent_rid % _CYCLE + 1
        self._sent = now
        if known and self._accepted is not None:
            return {"rid": self._sent_rid, **_changes(self._accepted, now)}
        self._accepted, self._accepted_rid = None, 0
        return {"full_update": True, "rid": self._sent_rid, **_everything(now, self._restarts)}


def _everything(now: Snapshot, keep_empty: bool) -> JsonObject:
    body: JsonObject = {
        "categories": now.categories,
        "server_state": now.server_state,
        "tags": now.tags,
        "torrents": now.torrents,
    }
    if keep_empty:
        return body | {"trackers": {}}
    return {key: value for key, value in body.items() if value}


def _changes(old: Snapshot, now: Snapshot) -> JsonObject:
    torrents: JsonObject = {}
    for key, torrent in now.torrents.items():
        before = old.torrents.get(key)
        if before is None or old.generations.get(key) != now.generations.get(key):
            torrents[key] = torrent
        elif changed := _members(before, torrent):
            torrents[key] = changed
    body: JsonObject = {
        "categories": {k: v for k, v in now.categories.items() if old.categories.get(k) != v},
        "categories_removed": [k for k in old.categories if k not in now.categories],
        "server_state": _members(old.server_state, now.server_state),
        "tags": [tag for tag in now.tags if tag not in old.tags],
        "tags_removed": [tag for tag in old.tags if tag not in now.tags],
        "torrents": torrents,
        "torrents_removed": [key for key in old.torrents if key not in now.torrents],
    }
    return {key: value for key, value in body.items() if value}


def _members(old: JsonObject, now: JsonObject) -> JsonObject:
    return {key: value for key, value in now.items() if key not in old or old[key] != value}
