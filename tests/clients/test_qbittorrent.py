"""qBittorrent: the incremental list of torrents, and deletion."""

from collections.abc import Sequence
import copy
import json

import aiohttp
from hypothesis import given, strategies as st
import pytest

from custom_components.media_status.clients.errors import BadAnswer, Unreachable
from custom_components.media_status.clients.qbittorrent import QBittorrentClient
from custom_components.media_status.clients.qbittorrent_state import SyncState, merge
from custom_components.media_status.clients.readers import (
    JsonObject,
    JsonValue,
    as_dict,
    as_list,
    as_objects,
)

from .fake import FakeService, sample
from .fake_qbittorrent import MAINDATA, FakeQbittorrent

HASH = "cf1f2b1537d3dc45562353f023543de975465fc7"


def applied(frames: Sequence[JsonObject]) -> dict[str, JsonObject]:
    """Return the torrents after recorded answers, merged as the contract says."""
    state: dict[str, JsonObject] = {}
    for frame in frames:
        if frame.get("full_update"):
            state = {}
        for key in as_list(frame.get("torrents_removed")):
            state.pop(str(key), None)
        for key, members in as_dict(frame.get("torrents")).items():
            state.setdefault(key, {}).update(as_dict(members))
    return state


@pytest.mark.parametrize("version", ["4.5.2", "5.3.0"])
async def test_a_recorded_life(
    service: FakeService, session: aiohttp.ClientSession, version: str
) -> None:
    """Replaying a real client's answers gives the same torrents after each of them."""
    recorded = as_objects(sample(f"qbittorrent/real-{version}-maindata-lifecycle.json"))
    frames = [as_dict(frame["response"]) for frame in recorded]
    server = FakeQbittorrent(service)
    server.bypass = True
    server.answers = list(copy.deepcopy(frames))
    client = QBittorrentClient(session, service.url)
    for number in range(1, len(frames) + 1):
        data = await client.maindata()
        expected = applied(frames[:number])
        assert set(data.torrents) == set(expected)
        for key, raw in expected.items():
            torrent = data.torrents[key]
            assert torrent.state == raw["state"]
            assert torrent.progress == pytest.approx(raw["progress"])
            assert torrent.name == raw["name"]
            assert torrent.eta != 8640000
    assert client.dropped == 0
    assert server.rids[0] == "0"
    assert server.rids[1:] == [str(frame["rid"]) for frame in frames[:-1]]


async def test_a_full_update_at_any_time_replaces_everything(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """Torrents that are missing from a full update are gone, and so is what the client said."""
    server = FakeQbittorrent(service)
    server.bypass = True
    server.answers = [
        {
            "rid": 7,
            "full_update": True,
            "torrents": {HASH: {"name": "a"}, "b" * 40: {"name": "b"}},
            "server_state": {"connection_status": "connected", "free_space_on_disk": 9},
        },
        {"rid": 8, "server_state": {"connection_status": "firewalled"}},
        {"rid": 1, "full_update": True, "torrents": {HASH: {"name": "a", "dlspeed": 3}}},
        {"rid": 2, "full_update": True},
    ]
    client = QBittorrentClient(session, service.url)
    assert set((await client.maindata()).torrents) == {HASH, "b" * 40}
    data = await client.maindata()
    assert (data.server.connection_status, data.server.free_space) == ("firewalled", 9)
    data = await client.maindata()
    assert set(data.torrents) == {HASH}
    assert data.server.free_space is None
    assert data.torrents[HASH].dlspeed == 3
    data = await client.maindata()
    assert dict(data.torrents) == {}


async def test_removed_and_added_again_between_two_answers(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """A torrent that left and came back keeps nothing of its earlier life."""
    server = FakeQbittorrent(service)
    server.bypass = True
    old: JsonValue = {"name": "a", "progress": 1, "ratio": 99}
    server.answers = [
        {"rid": 1, "full_update": True, "torrents": {HASH: old}},
        {"rid": 2, "torrents_removed": [HASH], "torrents": {HASH: {"name": "a", "progress": 0}}},
    ]
    client = QBittorrentClient(session, service.url)
    await client.maindata()
    data = await client.maindata()
    assert (data.torrents[HASH].progress, data.torrents[HASH].ratio) == (0.0, None)


async def test_a_change_to_an_unknown_torrent_starts_over(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """Members of a torrent that we never saw whole are not taken for a torrent."""
    server = FakeQbittorrent(service)
    server.bypass = True
    whole: JsonValue = {"name": "b", "progress": 0.5}
    server.answers = [
        {"rid": 1, "full_update": True},
        {"rid": 2, "torrents": {HASH: {"progress": 0.5}}},
        {"rid": 3, "full_update": True, "torrents": {HASH: whole}},
    ]
    client = QBittorrentClient(session, service.url)
    await client.maindata()
    data = await client.maindata()
    assert data.torrents[HASH].name == "b"
    assert server.rids == ["0", "1", "0"]


@pytest.mark.parametrize(
    "answer",
    [
        {},
        [],
        {"full_update": True},
        {"rid": 9, "torrents": []},
        {"rid": 9, "torrents_removed": {}},
        {"rid": "x", "torrents": {}},
    ],
)
async def test_what_is_no_list_of_torrents_changes_nothing(
    service: FakeService, session: aiohttp.ClientSession, answer: JsonValue
) -> None:
    """A proxy's empty answer is not "all torrents are gone"; the next good one goes on."""
    server = FakeQbittorrent(service)
    server.bypass = True
    server.answers = [
        {"rid": 1, "full_update": True, "torrents": {HASH: {"name": "a"}}},
        answer,
        {"rid": 2, "torrents": {HASH: {"dlspeed": 7}}},
    ]
    client = QBittorrentClient(session, service.url)
    await client.maindata()
    with pytest.raises(BadAnswer):
        await client.maindata()
    data = await client.maindata()
    assert data.torrents[HASH].dlspeed == 7
    assert server.rids == ["0", "1", "1"]


async def test_a_partial_answer_to_the_first_question(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """Changes without a start are no state."""
    server = FakeQbittorrent(service)
    server.bypass = True
    server.answers = [{"rid": 5, "torrents": {}}]
    with pytest.raises(BadAnswer):
        await QBittorrentClient(session, service.url).maindata()


async def test_a_failed_call_keeps_the_place(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """After a failure the same changes are asked for again."""
    server = FakeQbittorrent(service)
    server.bypass = True
    server.answers = [{"rid": 3, "full_update": True}, {"rid": 4}]
    client = QBittorrentClient(session, service.url)
    await client.maindata()
    service.text("GET", MAINDATA, "", status=502)
    with pytest.raises(Unreachable):
        await client.maindata()
    service.on("GET", MAINDATA, server.maindata)
    await client.maindata()
    assert server.rids == ["0", "3"]


async def test_a_list_of_thousands(service: FakeService, session: aiohttp.ClientSession) -> None:
    """A full list of megabytes, changes to all of it, and half of it."""
    server = FakeQbittorrent(service)
    server.bypass = True
    keys = [f"{number:040x}" for number in range(2000)]
    every: JsonObject = {key: {"name": f"t{key}", "comment": "x" * 200} for key in keys}
    changes: JsonObject = {key: {"dlspeed": 5} for key in keys}
    server.answers = [
        {"rid": 1, "full_update": True, "torrents": every},
        {"rid": 2, "torrents": changes, "torrents_removed": [keys[0].replace("0", "f")]},
    ]
    client = QBittorrentClient(session, service.url)
    data = await client.maindata()
    assert list(data.torrents) == keys
    half = json.dumps({"rid": 3, "full_update": True, "torrents": every})[:-20]
    service.text("GET", MAINDATA, half)
    with pytest.raises(BadAnswer):
        await client.maindata()
    service.on("GET", MAINDATA, server.maindata)
    data = await client.maindata()
    assert {torrent.dlspeed for torrent in data.torrents.values()} == {5}
    assert data.torrents[keys[7]].name == f"t{keys[7]}"
    assert server.rids == ["0", "1"]


@given(st.data())
def test_increments_lead_where_a_full_update_leads(data: st.DataObject) -> None:
    """After any changes the merged state is that of a client that has just started."""
    keys = st.sampled_from(["a" * 40, "b" * 40, "c" * 40])
    members = st.dictionaries(
        st.sampled_from(["dlspeed", "num_seeds", "priority"]), st.integers(0, 9), min_size=1
    )
    server: dict[str, JsonObject] = {}
    state = SyncState()
    for rid in range(1, data.draw(st.integers(2, 8))):
        removed = data.draw(st.sets(keys)) & set(server)
        for key in removed:
            del server[key]
        changed: dict[str, JsonValue] = {}
        for key, part in data.draw(st.dictionaries(keys, members)).items():
            name: JsonObject = {} if key in server else {"name": key}
            whole: JsonObject = {**name, **part}
            server[key] = {**server.get(key, {}), **whole}
            changed[key] = whole
        answer: JsonObject = {"rid": rid, "torrents": changed, "torrents_removed": [*removed]}
        if rid == 1 or data.draw(st.booleans()):
            answer = {"rid": rid, "full_update": True, "torrents": {**server}}
        state = merge(state, answer).state
    fresh = merge(SyncState(), {"rid": 1, "full_update": True, "torrents": {**server}}).state
    assert state.torrents == fresh.torrents
    assert state.raw == fresh.raw


@pytest.mark.parametrize("version", ["4.5.2", "5.3.0"])
async def test_recorded_states(
    service: FakeService, session: aiohttp.ClientSession, version: str
) -> None:
    """Every recorded state is read with the traps of its version."""
    states = as_dict(sample(f"qbittorrent/real-{version}-states.json"))
    torrents: JsonObject = {}
    for number, entry in enumerate(states.values()):
        torrents[f"{number:040x}"] = as_dict(entry)["torrent"]
    server = FakeQbittorrent(service)
    server.bypass = True
    server.answers = [{"rid": 1, "full_update": True, "torrents": torrents}]
    data = await QBittorrentClient(session, service.url).maindata()
    found = {torrent.state: torrent for torrent in data.torrents.values()}
    magnet, missing = found["metaDL"], found["missingFiles"]
    assert not magnet.has_metadata
    assert (magnet.size, magnet.eta, magnet.content_path) == (0, None, None)
    assert missing.progress == 0
    assert found["stalledUP"].has_metadata


async def test_odd_torrents(service: FakeService, session: aiohttp.ClientSession) -> None:
    """Unknown states stay raw text, blanks and nonsense cost only themselves."""
    odd: JsonObject = {
        "name": 12,
        "state": "teleporting",
        "progress": "7",
        "size": "",
        "eta": -5,
        "infohash_v1": HASH.upper(),
        "infohash_v2": "d" * 64,
    }
    server = FakeQbittorrent(service)
    server.bypass = True
    server.answers = [{"rid": 1, "full_update": True, "torrents": {"D" * 40: odd, "e" * 40: None}}]
    client = QBittorrentClient(session, service.url)
    data = await client.maindata()
    (torrent,) = data.torrents.values()
    assert (torrent.name, torrent.state, torrent.progress) == ("12", "teleporting", 1.0)
    assert (torrent.size, torrent.eta) == (0, None)
    assert torrent.ids == {"d" * 40, HASH, "d" * 64}
    assert client.dropped == 1
