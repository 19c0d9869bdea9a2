"""Check what the commands that qBittorrent runs are understood as."""

from datetime import UTC, datetime, timedelta
from typing import cast

from hypothesis import given, strategies as st
import pytest

from custom_components.media_status.clients.qbittorrent import QBittorrentClient
from custom_components.media_status.connections.base import Doorbell
from custom_components.media_status.connections.qbittorrent import QBittorrentConnection
from custom_components.media_status.lifecycle.model import JsonObject

NOW = datetime(2026, 9, 20, 19, 0, tzinfo=UTC)
HASH = "cf1f2b1537d3dc45562353f023543de975465fc7"
FINISHED = {Doorbell.SELF, Doorbell.MANAGERS}
# A push is understood without asking anybody: there is no client to ask.
CONNECTION = QBittorrentConnection("qbit", cast("QBittorrentClient", None))

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("payload", "event", "doorbells"),
    [
        ({"hash": HASH}, "finished", FINISHED),
        ({"hash": HASH.upper()}, "finished", FINISHED),
        ({"hash": "0" * 64}, "finished", FINISHED),
        ({"id": HASH, "event": "finished"}, "finished", FINISHED),
        ({"id": HASH, "event": " Finished "}, "finished", FINISHED),
        ({"id": HASH, "event": "added"}, "added", {Doorbell.SELF}),
        ({"hash": "-", "hash_v2": "a" * 64}, "finished", FINISHED),
    ],
)
def test_known_pushes_ring_and_state_nothing(
    payload: JsonObject, event: str, doorbells: set[Doorbell]
) -> None:
    """A push is a doorbell: how the torrent stands is asked."""
    push = CONNECTION.translate(payload, NOW)
    assert (push.event, push.known) == (event, True)
    assert push.doorbells == frozenset(doorbells)
    assert push.observations == ()


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"hash": ""},
        {"hash": "-"},
        {"hash": "all"},
        {"hash": f"{HASH}|{HASH}"},
        {"hash": HASH[:39]},
        {"hash": 7},
        {"id": HASH, "event": "exploded"},
        {"id": HASH, "event": None},
    ],
)
def test_other_bodies_are_unknown(payload: JsonObject) -> None:
    """What is not about exactly one torrent rings nothing."""
    push = CONNECTION.translate(payload, NOW)
    assert not push.known
    assert push.doorbells == frozenset()


@given(st.dictionaries(st.sampled_from(["hash", "id", "event", "x"]), json_values))
def test_odd_content_never_raises_and_never_states(payload: JsonObject) -> None:
    """Whatever is sent: no exception, no facts, and the same again for the same."""
    push = CONNECTION.translate(payload, NOW)
    assert push == CONNECTION.translate(payload, NOW + timedelta(hours=1))
    assert push.observations == ()
    assert len(push.event) <= 40
    assert push.known or not push.doorbells
