"""Test the websocket commands."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from custom_components.media_status import subscription
from custom_components.media_status.clients.errors import Unreachable
from custom_components.media_status.const import DOMAIN
from custom_components.media_status.lifecycle.facts import AskStatus
from custom_components.media_status.lifecycle.model import Service
from custom_components.media_status.subscription import BATCH
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util

from .household import (
    DUNE,
    KINDS,
    SECRET,
    SEVERANCE,
    Household,
    asked,
    grabbed,
    imported,
    managed,
    moving,
    playable,
    running,
)

# What a client receives is anything that JSON can say.
type Message = dict[str, Any]


async def ask(client: MockHAClientWebSocket, command: str, **fields: object) -> Message:
    """Send a command and return its whole answer."""
    await client.send_json_auto_id({"type": f"{DOMAIN}/{command}", **fields})
    answer: Message = await client.receive_json()
    return answer


async def subscribe(client: MockHAClientWebSocket) -> tuple[int, Message]:
    """Subscribe and return the subscription's id and its first event."""
    answer = await ask(client, "subscribe")
    assert answer["success"]
    return answer["id"], await event(client)


async def event(client: MockHAClientWebSocket) -> Message:
    """Return the next event."""
    message = await client.receive_json()
    assert message["type"] == "event"
    found: Message = message["event"]
    return found


async def until(client: MockHAClientWebSocket, done: Callable[[Message], bool]) -> list[Message]:
    """Return the events up to the first for which `done` says so."""
    events = [await event(client)]
    while not done(events[-1]):
        events.append(await event(client))
    return events


async def test_requests_and_request(
    hass: HomeAssistant, tmp_path: Path, hass_ws_client: WebSocketGenerator
) -> None:
    """Pages and details read as the actions do."""
    async with running(hass, tmp_path) as home:
        await home.hear(
            Service.SEERR, asked(), asked(SEVERANCE, number="12", seasons=frozenset({1}))
        )
        client = await hass_ws_client(hass)
        page = (await ask(client, "requests", search="dune"))["result"]
        assert page["total"] == 1
        (found,) = page["requests"]
        assert found["title"] == "Dune"
        details = (await ask(client, "request", request_id=found["request_id"]))["result"]
        assert details["title"] == "Dune"
        assert [entry["code"] for entry in details["timeline"]][0] == "opened"
        assert details["overview"] == DUNE.overview


@pytest.mark.parametrize(
    ("command", "fields", "code"),
    [
        ("request", {"request_id": "nothing"}, "home_assistant_error"),
        ("request", {"request_id": ""}, "invalid_format"),
        ("request", {"request_id": 5}, "invalid_format"),
        ("request", {}, "invalid_format"),
        ("requests", {"limit": 0}, "invalid_format"),
        ("requests", {"stage": "nowhere"}, "invalid_format"),
        ("requests", {"offset": 2**70}, "invalid_format"),
    ],
)
async def test_bad_questions_are_refused(
    hass: HomeAssistant,
    tmp_path: Path,
    hass_ws_client: WebSocketGenerator,
    command: str,
    fields: dict[str, object],
    code: str,
) -> None:
    """A bad question gets a clear error, and the connection goes on."""
    async with running(hass, tmp_path):
        client = await hass_ws_client(hass)
        answer = await ask(client, command, **fields)
        assert not answer["success"]
        assert answer["error"]["code"] == code
        assert (await ask(client, "requests"))["success"]


async def test_connections_show_addresses_to_administrators_only(
    hass: HomeAssistant,
    tmp_path: Path,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_access_token: str,
) -> None:
    """How services are is for everybody, where for administrators, keys for nobody."""
    async with running(hass, tmp_path) as home:
        home.services["radarr"].error = Unreachable()
        await home.hear(Service.RADARR)
        admin = await hass_ws_client(hass)
        other = await hass_ws_client(hass, hass_read_only_access_token)
        for_admin = (await ask(admin, "connections"))["result"]["connections"]
        for_other = (await ask(other, "connections"))["result"]["connections"]
        assert [row["kind"] for row in for_admin] == list(KINDS)
        radarr = for_admin[1]
        assert radarr["url"] == "http://radarr.lan:8080/base"
        assert radarr["is_healthy"] is False
        assert radarr["error"] == "cannot_connect"
        assert for_admin[0]["version"] == "1.2.3"
        assert ".lan" not in str(for_other)
        assert SECRET not in str(for_admin) + str(for_other)


async def test_a_subscriber_sees_everything_and_what_changes(
    hass: HomeAssistant, tmp_path: Path, hass_ws_client: WebSocketGenerator
) -> None:
    """First what is, then what changes: requests and connections."""
    async with running(hass, tmp_path) as home:
        await home.hear(Service.SEERR, asked())
        client = await hass_ws_client(hass)
        _, snapshot = await subscribe(client)
        assert snapshot["type"] == "snapshot"
        assert snapshot["total"] == 1
        assert [request["stage"] for request in snapshot["requests"]] == ["approved"]
        assert len(snapshot["connections"]) == len(KINDS)

        await home.hear(Service.RADARR, managed(), grabbed(), imported())
        await home.hear(Service.JELLYFIN, playable())
        changes = await until(
            client,
            lambda found: any(row["stage"] == "available" for row in found["requests"]),
        )
        assert {change["type"] for change in changes} == {"changed"}

        home.services["sonarr"].error = Unreachable()
        await home.hear(Service.SONARR)
        (*_, last) = await until(client, lambda found: bool(found["connections"]))
        assert [row["kind"] for row in last["connections"]] == ["sonarr"]
        assert last["connections"][0]["is_healthy"] is False


async def test_a_flood_is_sent_together(
    hass: HomeAssistant,
    tmp_path: Path,
    hass_ws_client: WebSocketGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first change is sent at once; all that follow before the next message share it."""
    monkeypatch.setattr(subscription, "COALESCE_SECONDS", 3600)
    async with running(hass, tmp_path) as home:
        await home.hear(Service.SEERR, asked())
        await home.hear(Service.RADARR, managed(), grabbed())
        client = await hass_ws_client(hass)
        await subscribe(client)
        await home.hear(Service.QBITTORRENT, moving(0.01))
        assert [row["progress"] for row in (await event(client))["requests"]] == [1.0]
        for step in range(2, 41):
            await home.hear(Service.QBITTORRENT, moving(step / 100))
        # Nothing lies between the question and its answer: no message was sent.
        assert (await ask(client, "requests"))["type"] == "result"
        async_fire_time_changed(hass, dt_util.utcnow() + timedelta(hours=2))
        together = await event(client)
        assert [row["progress"] for row in together["requests"]] == [40.0]


async def test_a_large_snapshot_comes_in_parts(
    hass: HomeAssistant, tmp_path: Path, hass_ws_client: WebSocketGenerator
) -> None:
    """Hundreds of requests arrive complete, and never in one huge message."""
    count = BATCH * 2 + 10
    async with running(hass, tmp_path) as home:
        await many(home, count)
        client = await hass_ws_client(hass)
        _, snapshot = await subscribe(client)
        assert snapshot["total"] == count
        seen = {row["request_id"] for row in snapshot["requests"]}
        while len(seen) < count:
            part = (await event(client))["requests"]
            assert 0 < len(part) <= BATCH
            seen |= {row["request_id"] for row in part}
        assert seen == set(home.hub.requests)


async def many(home: Household, count: int) -> None:
    """Open many requests."""
    titles = [
        DUNE.__class__(
            media_type=DUNE.media_type, ids=DUNE.ids.__class__(tmdb=number), title=f"Film {number}"
        )
        for number in range(1, count + 1)
    ]
    words = [
        asked(title, number=str(number), status=AskStatus.PENDING)
        for number, title in enumerate(titles, 1)
    ]
    await home.hear(Service.SEERR, *words)


async def test_a_subscription_outlives_a_reload(
    hass: HomeAssistant, tmp_path: Path, hass_ws_client: WebSocketGenerator
) -> None:
    """During a reload a subscriber is told to wait, and then gets a new snapshot."""
    async with running(hass, tmp_path) as home:
        await home.hear(Service.SEERR, asked())
        client = await hass_ws_client(hass)
        await subscribe(client)
        assert await hass.config_entries.async_reload(home.entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
        (*before, snapshot) = await until(client, lambda found: found["type"] == "snapshot")
        assert "unavailable" in {message["type"] for message in before}
        assert [row["title"] for row in snapshot["requests"]] == ["Dune"]
        await home.hear(Service.RADARR, managed())
        (*_, last) = await until(client, lambda found: bool(found.get("requests")))
        assert last["requests"][0]["stage"] == "searching"


async def test_unsubscribing_ends_it(
    hass: HomeAssistant, tmp_path: Path, hass_ws_client: WebSocketGenerator
) -> None:
    """After unsubscribing nothing is sent any more."""
    async with running(hass, tmp_path) as home:
        client = await hass_ws_client(hass)
        number, _ = await subscribe(client)
        await client.send_json_auto_id({"type": "unsubscribe_events", "subscription": number})
        assert (await client.receive_json())["success"]
        await home.hear(Service.SEERR, asked())
        answer = await ask(client, "requests")
        assert answer["type"] == "result"
        assert answer["result"]["total"] == 1


async def test_questions_before_the_setup(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator
) -> None:
    """Without the tracker questions are refused, and a subscriber waits."""
    assert await async_setup_component(hass, DOMAIN, {})
    client = await hass_ws_client(hass)
    assert not (await ask(client, "requests"))["success"]
    assert not (await ask(client, "connections"))["success"]
    _, first = await subscribe(client)
    assert first == {"type": "unavailable"}
