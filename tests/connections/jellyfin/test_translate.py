"""Check what the webhook plugin's messages are understood as."""

from datetime import UTC, datetime, timedelta
import json
from typing import cast

from hypothesis import given, strategies as st
import pytest

from custom_components.media_status.clients.jellyfin import JellyfinClient
from custom_components.media_status.connections.base import Doorbell, Push, Removed
from custom_components.media_status.connections.jellyfin import JellyfinConnection
from custom_components.media_status.lifecycle.model import JsonObject, JsonValue

from .twin import FIXTURES, sample_object

NOW = datetime(2026, 9, 20, 19, 0, tzinfo=UTC)
SAMPLES = sorted(path.name for path in (FIXTURES / "webhook").glob("*.json"))
RINGING = [name for name in SAMPLES if name.startswith(("item-", "template-"))]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
odd_values = json_values | st.sampled_from(["x" * 65536, "<b>html</b>", "\ud800", "{{ItemId}}", ""])


def translate(payload: JsonObject, seen_at: datetime = NOW) -> Push:
    """Understand a message; there is no client to ask meanwhile."""
    connection = JellyfinConnection("jelly", cast("JellyfinClient", None))
    return connection.translate(payload, seen_at)


def test_all_samples_are_here() -> None:
    """The test below would pass without any."""
    assert len(SAMPLES) == 19
    assert len(RINGING) == 18


@pytest.mark.parametrize("name", RINGING)
def test_added_and_deleted_items_ring(name: str) -> None:
    """Availability needs a look: a message about an item states nothing."""
    payload = sample_object(f"webhook/{name}")
    push = translate(payload)
    event = str(payload["NotificationType"])
    own_id = str(payload["ItemId"]).replace("-", "").lower()
    removed = (Removed(own_id=own_id),) if event == "ItemDeleted" else ()
    assert push == Push(event=event, doorbells=frozenset({Doorbell.SELF}), removed=removed)


@pytest.mark.parametrize(
    "payload",
    [
        sample_object("webhook/playback-start-episode.json"),
        {"NotificationType": "TaskCompleted"},
        {"NotificationType": "UserDataSaved", "ItemType": "Movie"},
        {"NotificationType": "ItemAdded", "ItemType": "Audio"},
        {"NotificationType": "ItemDeleted", "ItemType": "MusicAlbum"},
    ],
)
def test_everything_else_the_plugin_sends_is_ignored(payload: JsonObject) -> None:
    """Known, and none of our business."""
    push = translate(payload)
    assert push.known
    assert push.doorbells == frozenset()
    assert push.observations == ()


@pytest.mark.parametrize("payload", [{}, {"NotificationType": "ItemSung"}, {"Name": "x"}])
def test_unheard_of_events_are_unknown(payload: JsonObject) -> None:
    """A type that we have never heard of is told as such."""
    push = translate(payload)
    assert not push.known
    assert push.doorbells == frozenset()


def test_a_template_without_the_item_type_rings() -> None:
    """A template of the user's own may leave out everything but the event."""
    assert translate({"NotificationType": "ItemAdded"}).doorbells == {Doorbell.SELF}


@given(st.dictionaries(st.text(), odd_values))
def test_any_object_is_survived(payload: JsonObject) -> None:
    """Whatever is sent: no exception, no facts."""
    push = translate(payload)
    assert push == translate(payload, NOW + timedelta(hours=1))
    assert push.observations == ()


@given(st.sampled_from(SAMPLES), st.data())
def test_damaged_samples_are_survived(name: str, data: st.DataObject) -> None:
    """Members go missing or become something else; the event's name still is enough."""
    payload = sample_object(f"webhook/{name}")
    changes = st.dictionaries(st.sampled_from(sorted(payload)), odd_values, max_size=5)
    removed = data.draw(st.sets(st.sampled_from(sorted(payload)), max_size=5))
    damaged: dict[str, JsonValue] = {
        key: value for key, value in (payload | data.draw(changes)).items() if key not in removed
    }
    push = translate(damaged)
    assert push == translate(json.loads(json.dumps(damaged)))
    assert push.observations == ()
    assert len(push.event) <= 100
    assert push.known or not push.doorbells
