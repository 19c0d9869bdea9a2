"""Test what the wizard asks and shows about webhooks."""

from collections.abc import AsyncIterator

import pytest

from custom_components.media_status.clients import errors
from custom_components.media_status.connections.base import WebhookState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from .connection_double import Household, fields, household_without_setup
from .wizard import FORMS, WITH_WEBHOOK, choose, start, submit


@pytest.fixture
async def household(hass: HomeAssistant) -> AsyncIterator[Household]:
    """Answer for all services."""
    async with household_without_setup(hass) as household:
        yield household


@pytest.fixture(autouse=True)
async def address(hass: HomeAssistant) -> None:
    """Give Home Assistant an address that services can reach."""
    await hass.config.async_update(internal_url="http://192.168.1.5:8123")


@pytest.mark.parametrize("kind", WITH_WEBHOOK)
async def test_webhook_by_hand(hass: HomeAssistant, household: Household, kind: str) -> None:
    """Without the user's consent to manage webhooks the flow shows address and secret."""
    flow = await start(hass, manage_webhooks=False)
    await choose(hass, flow, kind)
    shown = await submit(hass, flow, FORMS[kind])

    assert shown["type"] is FlowResultType.FORM
    assert shown["step_id"] == f"webhook_{kind}"
    assert fields(shown) == []
    assert household.targets == []
    assert (await submit(hass, flow, {}))["type"] is FlowResultType.MENU
    result = await choose(hass, flow, "finish")
    data = next(iter(result["result"].subentries.values())).data
    placeholders = shown["description_placeholders"]
    assert placeholders is not None
    url = f"http://192.168.1.5:8123/api/media_status/webhook/{data['webhook_id']}"
    assert placeholders["url"] == url
    assert placeholders["secret"] == data["webhook_secret"]
    # Tried with a real qBittorrent 4.5.2: quotes inside a word stay, there is no shell.
    assert placeholders["command"].endswith(f' -d {{"hash":"%K"}} {url}')
    assert f'"Authorization: Bearer {data["webhook_secret"]}"' in placeholders["command"]


async def test_webhook_that_a_service_does_not_offer(
    hass: HomeAssistant, household: Household
) -> None:
    """Where we cannot set the webhook up, the flow says how."""
    household.webhook = WebhookState.UNSUPPORTED
    flow = await start(hass)
    await choose(hass, flow, "jellyfin")
    shown = await submit(hass, flow, FORMS["jellyfin"])

    assert shown["step_id"] == "webhook_jellyfin"
    assert household.targets[0].url.startswith("http://192.168.1.5:8123/api/media_status/webhook/")


async def test_home_assistant_without_an_address(hass: HomeAssistant, household: Household) -> None:
    """Without an address of its own, Home Assistant shows the path at least."""
    await hass.config.async_update(internal_url=None)
    flow = await start(hass)
    hass.config.api = None
    await choose(hass, flow, "radarr")
    shown = await submit(hass, flow, FORMS["radarr"])

    assert shown["step_id"] == "webhook_radarr"
    assert shown["description_placeholders"] is not None
    assert "/api/media_status/webhook/" in shown["description_placeholders"]["url"]
    assert household.targets == []


async def test_webhook_that_cannot_be_read(hass: HomeAssistant, household: Household) -> None:
    """A service that answers is accepted, even when its webhooks cannot be read now."""
    household.webhook = errors.ServerBusy()
    flow = await start(hass)
    await choose(hass, flow, "radarr")

    assert (await submit(hass, flow, FORMS["radarr"]))["type"] is FlowResultType.MENU


@pytest.mark.parametrize("take_over", [True, False])
async def test_foreign_webhook(hass: HomeAssistant, household: Household, take_over: bool) -> None:
    """A webhook of somebody else is taken over by an explicit choice only."""
    household.webhook = WebhookState.FOREIGN
    flow = await start(hass)
    await choose(hass, flow, "seerr")
    asked = await submit(hass, flow, FORMS["seerr"])
    assert asked["step_id"] == "take_over"
    assert asked["data_schema"] is not None
    assert asked["data_schema"]({}) == {"take_over_webhook": False}

    await submit(hass, flow, {"take_over_webhook": take_over})
    result = await choose(hass, flow, "finish")
    data = next(iter(result["result"].subentries.values())).data
    assert data["take_over_webhook"] is take_over


async def test_foreign_webhook_that_cannot_be_shared(
    hass: HomeAssistant, household: Household
) -> None:
    """Where messages cannot be passed on, the form says so and waits for the other choice."""
    household.webhook, household.is_shareable = WebhookState.FOREIGN, False
    flow = await start(hass)
    await choose(hass, flow, "seerr")
    await submit(hass, flow, FORMS["seerr"])
    again = await submit(hass, flow, {"take_over_webhook": True})
    assert again["step_id"] == "take_over"
    assert again["errors"] == {"base": "cannot_forward"}
    menu = await submit(hass, flow, {"take_over_webhook": False})
    assert menu["type"] is FlowResultType.MENU


async def test_a_free_webhook_needs_no_choice(hass: HomeAssistant, household: Household) -> None:
    """Nobody is asked about a webhook that is free."""
    flow = await start(hass)
    await choose(hass, flow, "seerr")
    await submit(hass, flow, FORMS["seerr"])
    result = await choose(hass, flow, "finish")

    assert "take_over_webhook" not in next(iter(result["result"].subentries.values())).data
