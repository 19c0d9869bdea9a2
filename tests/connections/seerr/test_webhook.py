"""Test that Seerr's only webhook slot is filled rightly, and never taken from another."""

from collections.abc import AsyncIterator
import json

import aiohttp
import pytest

from custom_components.media_status.clients.seerr import SeerrClient
from custom_components.media_status.connections.base import WebhookState, WebhookTarget
from custom_components.media_status.connections.seerr import SeerrConnection
from custom_components.media_status.lifecycle.model import JsonObject
from simulator import Simulator

ID = "0123456789abcdef" * 4
URL = f"http://127.0.0.1:9/api/media_status/webhook/{ID}"
TARGET = WebhookTarget(url=URL, secret="s3cret-canary")


class Setup:
    """A Seerr of some version, and our connection to it."""

    def __init__(self, sim: Simulator, session: aiohttp.ClientSession) -> None:
        """Connect."""
        self.client = SeerrClient(session, sim.url("seerr"), sim.api_key("seerr"))
        self.connection = SeerrConnection("seerr", self.client)

    async def options(self) -> JsonObject:
        """Return the options of the slot."""
        options = (await self.client.webhook_settings())["options"]
        assert isinstance(options, dict)
        return options

    async def store(self, url: str, *, enabled: bool = True) -> None:
        """Let somebody else use the slot."""
        payload = json.dumps('{"notification_type": "{{notification_type}}"}')
        await self.client.save_webhook(
            {
                "enabled": enabled,
                "embedPoster": True,
                "types": 222,
                "options": {"webhookUrl": url, "jsonPayload": payload, "authHeader": ""},
            }
        )


@pytest.fixture(params=["3.1.0", "3.2.0"])
async def setup(request: pytest.FixtureRequest, socket_enabled: None) -> AsyncIterator[Setup]:
    """Run a Seerr of each encoding."""
    sim = Simulator(services=["seerr"], versions={"seerr": str(request.param)})
    async with sim, aiohttp.ClientSession() as session:
        yield Setup(sim, session)


async def test_an_empty_slot_is_filled(setup: Setup) -> None:
    """In the right form for the version: what is read back is a template."""
    connection = setup.connection
    assert await connection.webhook_state(TARGET) is WebhookState.MISSING
    assert await connection.ensure_webhook(TARGET) is WebhookState.OURS
    assert await connection.webhook_state(TARGET) is WebhookState.OURS
    options = await setup.options()
    assert options["webhookUrl"] == URL
    assert options["authHeader"] == "Bearer s3cret-canary"
    template = options["jsonPayload"]
    assert isinstance(template, str)
    assert json.loads(template)["{{request}}"]["request_id"] == "{{request_id}}"


async def test_anothers_slot_is_never_taken_unasked(setup: Setup) -> None:
    """There is only one; the person decides."""
    await setup.store("http://homeassistant/api/webhook/core")
    before = await setup.options()
    assert await setup.connection.webhook_state(TARGET) is WebhookState.FOREIGN
    assert await setup.connection.ensure_webhook(TARGET) is WebhookState.FOREIGN
    await setup.connection.remove_webhook(TARGET)
    assert await setup.options() == before
    assert await setup.connection.ensure_webhook(TARGET, take_over=True) is WebhookState.OURS


async def test_an_unused_address_is_no_owner(setup: Setup) -> None:
    """A slot that is switched off is free."""
    await setup.store("http://old/hook", enabled=False)
    assert await setup.connection.webhook_state(TARGET) is WebhookState.MISSING
    assert await setup.connection.ensure_webhook(TARGET) is WebhookState.OURS


async def test_our_own_old_address_is_no_owner(setup: Setup) -> None:
    """Left behind by a connection that could not be taken apart; another house's is foreign."""
    await setup.store(URL.replace("127.0.0.1:9", "neighbour.lan:8123").replace(ID, "e" * 64))
    assert await setup.connection.webhook_state(TARGET) is WebhookState.FOREIGN
    await setup.store(URL.replace(ID, "e" * 64))
    assert await setup.connection.webhook_state(TARGET) is WebhookState.MISSING
    assert await setup.connection.ensure_webhook(TARGET) is WebhookState.OURS


@pytest.mark.parametrize(
    "target",
    [
        WebhookTarget(url=URL.replace("127.0.0.1:9", "moved.local"), secret="s3cret-canary"),
        WebhookTarget(url=URL, secret="another"),
        WebhookTarget(url=URL),
    ],
)
async def test_what_drifted_is_repaired(setup: Setup, target: WebhookTarget) -> None:
    """Address and secret follow ours."""
    await setup.connection.ensure_webhook(TARGET)
    assert await setup.connection.webhook_state(target) is WebhookState.BROKEN
    assert await setup.connection.ensure_webhook(target) is WebhookState.OURS


async def test_a_broken_template_is_noticed_and_repaired(setup: Setup) -> None:
    """A template stored in the wrong form, or one that lacks what we need."""
    await setup.store(URL)
    assert await setup.connection.webhook_state(TARGET) is WebhookState.BROKEN
    assert await setup.connection.ensure_webhook(TARGET) is WebhookState.OURS


async def test_it_is_removed_and_only_ours(setup: Setup) -> None:
    """The slot is switched off and forgets our address."""
    await setup.connection.ensure_webhook(TARGET)
    neighbour = WebhookTarget(url=URL.replace(ID, "f" * 64))
    await setup.connection.remove_webhook(neighbour)
    assert await setup.connection.webhook_state(TARGET) is WebhookState.OURS
    await setup.connection.remove_webhook(TARGET)
    assert await setup.connection.webhook_state(TARGET) is WebhookState.MISSING
    assert (await setup.options())["webhookUrl"] == ""
