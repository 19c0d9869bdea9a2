"""Test that our webhook in Radarr and Sonarr is kept in order, and no other is touched."""

from collections.abc import Callable

import pytest

from custom_components.media_status.clients.errors import ClientError
from custom_components.media_status.connections.autopilot import WEBHOOK_NAME, webhook_id
from custom_components.media_status.connections.base import Connection, WebhookState, WebhookTarget
from simulator.arr_notifications import NotificationBook
from tests.connections.house import House

ID = "0123456789abcdef" * 4
URL = f"http://127.0.0.1:9/api/media_status/webhook/{ID}"  # nobody answers there
TARGET = WebhookTarget(url=URL, secret="s3cret-canary")

type Pair = Callable[[House], tuple[Connection, NotificationBook]]


def radarr(house: House) -> tuple[Connection, NotificationBook]:
    """Return our connection to Radarr, and Radarr's webhooks."""
    return house.radarr, house.sim.radarr.notifications


def sonarr(house: House) -> tuple[Connection, NotificationBook]:
    """Return our connection to Sonarr, and Sonarr's webhooks."""
    return house.sonarr, house.sim.sonarr.notifications


both = pytest.mark.parametrize("pair", [radarr, sonarr])


@both
async def test_it_is_created_although_nobody_answers_yet(house: House, pair: Pair) -> None:
    """No Test is sent to us, and all useful events are on."""
    connection, book = pair(house)
    assert await connection.webhook_state(TARGET) is WebhookState.MISSING
    assert await connection.ensure_webhook(TARGET) is WebhookState.OURS
    assert await connection.webhook_state(TARGET) is WebhookState.OURS
    (row,) = book.rows.values()
    assert row.body["name"] == WEBHOOK_NAME
    assert row.field("url") == URL
    assert row.field("username")
    assert row.field("password") == TARGET.secret
    assert row.wants(["onGrab", "onDownload", "onUpgrade", "onManualInteractionRequired"])
    assert not row.wants(["onApplicationUpdate"])
    assert row.body["tags"] == []


@both
async def test_it_is_created_only_once(house: House, pair: Pair) -> None:
    """Asking again changes nothing; doubles of ours are removed."""
    connection, book = pair(house)
    for _ in range(3):
        assert await connection.ensure_webhook(TARGET) is WebhookState.OURS
    assert len(book.rows) == 1
    book.register(URL, name="double")
    assert await connection.webhook_state(TARGET) is WebhookState.BROKEN
    assert await connection.ensure_webhook(TARGET) is WebhookState.OURS
    assert len(book.rows) == 1


@both
@pytest.mark.parametrize(
    "damage",
    [
        {"onGrab": False},
        {"tags": [3]},
        {"fields": [{"name": "url", "value": URL.replace("127.0.0.1:9", "old.local")}]},
        {"fields": [{"name": "url", "value": URL}, {"name": "method", "value": 2}]},
        {"fields": [{"name": "url", "value": URL}]},
    ],
)
async def test_what_drifted_is_repaired(
    house: House, pair: Pair, damage: dict[str, object]
) -> None:
    """Address, method, events, tags and secret are set right again; a new name stays."""
    connection, book = pair(house)
    await connection.ensure_webhook(TARGET)
    (row,) = book.rows.values()
    row.body = {**row.body, **damage, "name": "my tracker"}
    assert await connection.webhook_state(TARGET) is WebhookState.BROKEN
    assert await connection.ensure_webhook(TARGET) is WebhookState.OURS
    (row,) = book.rows.values()
    assert row.field("url") == URL
    assert row.field("password") == TARGET.secret
    assert row.body["name"] == "my tracker"
    assert row.wants(["onGrab"])


@both
async def test_a_new_secret_is_written(house: House, pair: Pair) -> None:
    """A password cannot be read back, so it is always written."""
    connection, book = pair(house)
    await connection.ensure_webhook(TARGET)
    await connection.ensure_webhook(WebhookTarget(url=URL, secret="next"))
    (row,) = book.rows.values()
    assert row.field("password") == "next"


@both
async def test_others_are_left_alone(house: House, pair: Pair) -> None:
    """Neither another webhook nor another Home Assistant's is changed or removed."""
    connection, book = pair(house)
    other = book.register("http://elsewhere/hook", name=WEBHOOK_NAME.upper())
    neighbour = book.register(URL.replace(ID, "f" * 64), name="neighbour")
    before = [dict(other.body), dict(neighbour.body)]
    assert await connection.webhook_state(TARGET) is WebhookState.MISSING
    assert await connection.ensure_webhook(TARGET, take_over=True) is WebhookState.OURS
    names = [row.body["name"] for row in book.rows.values()]
    assert names == [WEBHOOK_NAME.upper(), "neighbour", f"{WEBHOOK_NAME} 2"]
    await connection.remove_webhook(TARGET)
    await connection.remove_webhook(TARGET)
    assert [row.body for row in book.rows.values()] == before


@both
async def test_without_a_secret_none_is_sent(house: House, pair: Pair) -> None:
    """No credentials where none are wanted."""
    connection, book = pair(house)
    target = WebhookTarget(url=URL)
    assert await connection.ensure_webhook(target) is WebhookState.OURS
    (row,) = book.rows.values()
    assert row.field("username") is None
    assert row.field("password") is None


@both
async def test_the_secret_is_in_no_error(house: House, pair: Pair) -> None:
    """A refusal never repeats what was sent."""
    connection, _ = pair(house)
    house.sim.faults(connection.service.value).status = 400
    with pytest.raises(ClientError) as failure:
        await connection.ensure_webhook(TARGET)
    assert "canary" not in str(failure.value)
    assert ID not in str(failure.value)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (URL, ID),
        (f"https://ha.example/base/api/media_status/webhook/{ID}/", ID),
        ("http://ha/api/webhook/abc", None),
        ("http://ha/api/media_status/webhook/", None),
        ("http://[broken", None),
        ("", None),
        (None, None),
    ],
)
def test_our_addresses_are_recognised(url: str | None, expected: str | None) -> None:
    """Only the path counts: hosts change."""
    assert webhook_id(url) == expected
