"""The list of torrents as qBittorrent's incremental answers leave it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from .errors import BadAnswer
from .json_stream import paced
from .qbittorrent_models import MainData, Torrent, build_server_state, build_torrent
from .readers import JsonObject, as_dict, as_int, as_list, as_text


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncState:
    """What is known after an answer; a new one replaces it whole, so no answer counts by half."""

    rid: int = 0
    raw: Mapping[str, JsonObject] = field(default_factory=dict)
    torrents: Mapping[str, Torrent] = field(default_factory=dict)
    server: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """A merged answer: the new state, what to tell, and how many torrents were unusable."""

    state: SyncState
    data: MainData
    dropped: int


def is_full(answer: JsonObject) -> bool:
    """Tell whether an answer holds everything instead of the changes."""
    return answer.get("full_update") is True


def fits(state: SyncState, answer: JsonObject) -> bool:
    """Tell whether an answer is full or changes only torrents that are known."""
    if is_full(answer):
        return True
    return state.rid != 0 and all(
        key.lower() in state.raw or "name" in as_dict(members)
        for key, members in as_dict(answer.get("torrents")).items()
    )


def merge(state: SyncState, answer: JsonObject, *, threaded: bool = False) -> Merged:
    """Merge an answer into a state; `threaded` lets the event loop in while it works."""
    if not fits(state, answer):
        raise BadAnswer("the list of torrents is not complete")
    base = SyncState() if is_full(answer) else state
    raw, torrents, dropped = dict(base.raw), dict(base.torrents), 0
    for entry in as_list(answer.get("torrents_removed")):
        key = as_text(entry).lower()
        raw.pop(key, None)
        torrents.pop(key, None)
    members_of = as_dict(answer.get("torrents")).items()
    for name, members in paced(members_of) if threaded else members_of:
        if not isinstance(members, dict):
            dropped += 1
            continue
        key = name.lower()
        raw[key] = {**raw.get(key, {}), **members}
        torrents[key] = build_torrent(key, raw[key])
    server = {**base.server, **as_dict(answer.get("server_state"))}
    rid = as_int(answer.get("rid")) or 0
    data = MainData(torrents=MappingProxyType(torrents), server=build_server_state(server))
    return Merged(
        state=SyncState(rid=rid, raw=raw, torrents=torrents, server=server),
        data=data,
        dropped=dropped,
    )
