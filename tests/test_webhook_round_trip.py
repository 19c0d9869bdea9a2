"""The round trip: a service is asked for a test push, and we say whether it got here."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.media_status import webhook_keeper
from custom_components.media_status.const import WEBHOOK_PATH
from custom_components.media_status.serialize import connection_json
from custom_components.media_status.webhook_keeper import TripResult
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from simulator import Simulator

from .repository import PACKAGE, read_table, under
from .twin import SECRET, TwinHousehold, twin, webhook_id
from .webhook_owner import owner

pytestmark = pytest.mark.usefixtures("socket_enabled")

TESTABLE = ("seerr", "radarr", "sonarr")


@pytest.fixture
async def home(
    hass: HomeAssistant, tmp_path: Path, hass_client_no_auth: ClientSessionGenerator
) -> AsyncIterator[TwinHousehold]:
    """Return a household whose webhooks stand."""
    async with Simulator(seed=1) as sim, twin(hass, sim, tmp_path, hass_client_no_auth) as found:
        yield found


async def press(home: TwinHousehold, name: str) -> None:
    """Press the button of a connection."""
    await home.hass.services.async_call(
        "button", "press", {"entity_id": f"button.{name}_test_webhook"}, blocking=True
    )


async def refusal(home: TwinHousehold, name: str) -> HomeAssistantError:
    """Press the button of a connection and return what it says instead of nothing."""
    with pytest.raises(HomeAssistantError) as raised:
        await press(home, name)
    return raised.value


def last_test(home: TwinHousehold, name: str) -> Any:
    """Return how the last round trip ended, as everybody sees it."""
    return connection_json(home.hub.connections[name], is_admin=False)["last_test"]


@pytest.mark.parametrize("name", TESTABLE)
async def test_it_works(home: TwinHousehold, name: str) -> None:
    """The service called our address with our secret, and we heard it."""
    assert last_test(home, name) is None
    await press(home, name)
    shown = last_test(home, name)
    assert (shown["result"], shown["reason"]) == ("works", None)
    assert not home.hub.requests


async def test_only_where_a_test_can_be_sent(
    home: TwinHousehold, entity_registry: er.EntityRegistry
) -> None:
    """A button that cannot do anything is none; the others are diagnostic."""
    for name in home.sim.names():
        found = entity_registry.async_get(f"button.{name}_test_webhook")
        assert (found is not None) is (name in TESTABLE), name
        if found is not None:
            assert found.entity_category is EntityCategory.DIAGNOSTIC
            assert found.config_subentry_id == name


@pytest.mark.parametrize("name", TESTABLE)
async def test_the_service_cannot_reach_us(home: TwinHousehold, name: str) -> None:
    """What the service says is shown, without addresses and keys."""
    view = home.hub.connections.pop(name)  # from here on the view answers 503
    result = await view.webhooks.test()
    home.hub.connections[name] = view
    assert result.result == "refused"
    assert result.reason
    assert webhook_id(name) not in result.reason
    assert SECRET not in result.reason
    assert "127.0.0.1" not in result.reason


async def test_it_went_elsewhere(home: TwinHousehold, monkeypatch: pytest.MonkeyPatch) -> None:
    """A redirecting proxy eats the body and says 200: the service is content, we heard nothing."""
    monkeypatch.setattr(webhook_keeper, "_ARRIVAL_LIMIT", 0.01)
    async with owner() as proxy:
        url = proxy.url.replace("/api/webhook/core-secret-id", "")
        row = next(iter(home.sim.radarr.notifications.rows.values()))
        fields = row.body["fields"]
        assert isinstance(fields, list)
        for field in fields:
            if field["name"] == "url":
                field["value"] = f"{url}{WEBHOOK_PATH}/{webhook_id('radarr')}"
        error = await refusal(home, "radarr")
        assert error.translation_key == "webhook_test_not_arrived"
        assert proxy.letters
        assert last_test(home, "radarr")["result"] == "not_arrived"


async def test_there_is_no_webhook(home: TwinHousehold) -> None:
    """Removed by somebody, or another's: nothing of ours can be tested."""
    home.sim.radarr.notifications.rows.clear()
    assert (await refusal(home, "radarr")).translation_key == "webhook_test_missing"
    home.sim.seerr.slot.register("http://127.0.0.1:9/api/webhook/other")
    assert (await refusal(home, "seerr")).translation_key == "webhook_test_missing"


async def test_the_service_is_down(home: TwinHousehold) -> None:
    """Its own silence is the reason."""
    home.sim.radarr.faults.status = 503
    error = await refusal(home, "radarr")
    assert error.translation_key == "webhook_test_refused"
    assert error.translation_placeholders is not None
    assert error.translation_placeholders["reason"] != "-"


async def test_a_push_of_another_kind_is_no_test(
    home: TwinHousehold, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the test that was asked for counts, not whatever comes meanwhile."""
    monkeypatch.setattr(webhook_keeper, "_ARRIVAL_LIMIT", 0.01)
    coordinator = home.hub.connections["radarr"]

    async def grab(target: object) -> None:
        path = f"{WEBHOOK_PATH}/{webhook_id('radarr')}"
        headers = {"Authorization": f"Bearer {SECRET}"}
        async with home.client.post(path, headers=headers, json={"eventType": "Grab"}) as got:
            assert got.status == 200

    monkeypatch.setattr(coordinator.connection, "test_webhook", grab)
    assert (await coordinator.webhooks.test()).result == "not_arrived"


async def test_over_the_websocket(
    home: TwinHousehold,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_access_token: str,
) -> None:
    """Administrators get the result; Jellyfin and qBittorrent say that they have no test."""
    client = await hass_ws_client(home.hass)

    async def ask(name: str) -> Any:
        command = {"type": "media_status/test_webhook", "connection_id": name}
        await client.send_json_auto_id(command)
        return await client.receive_json()

    assert (await ask("sonarr"))["result"]["result"] == "works"
    assert (await ask("jellyfin"))["result"]["result"] == "unsupported"
    assert (await ask("qbittorrent"))["result"]["result"] == "unsupported"
    assert (await ask("nobody"))["error"]["code"] == "not_found"
    client = await hass_ws_client(home.hass, hass_read_only_access_token)
    assert (await ask("sonarr"))["error"]["code"] == "unauthorized"


def test_every_result_has_its_words() -> None:
    """Whatever did not work is said in a sentence of its own."""
    spoken = under(read_table(PACKAGE / "translations" / "en.json"), "exceptions")
    wanted = {f"webhook_test_{result.value}" for result in TripResult} - {"webhook_test_works"}
    assert {key for key in spoken if key.startswith("webhook_test_")} == wanted
