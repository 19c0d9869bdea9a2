"""Test how Shoko is added and changed: with a key, or with a user whose key is fetched once."""

from collections.abc import AsyncIterator

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.media_status.clients import errors
from custom_components.media_status.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from .connection_double import Household, fields, household_without_setup, suggested
from .subentries import KEY, NEW_KEY, add, change, connect, only, submit

URL = "http://shoko.local:8111"


@pytest.fixture
async def household(hass: HomeAssistant) -> AsyncIterator[Household]:
    """Answer for all services."""
    async with household_without_setup(hass) as household:
        yield household


@pytest.fixture
async def entry(hass: HomeAssistant, household: Household) -> MockConfigEntry:
    """Return a tracker whose user sets webhooks up by hand: Shoko has none."""
    await hass.config.async_update(internal_url="http://192.168.1.5:8123")
    entry = MockConfigEntry(domain=DOMAIN, title="Media Status", options={"manage_webhooks": False})
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    return entry


async def test_the_form(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Home Assistant has no integration of Shoko whose address it could suggest."""
    form = await add(hass, entry, "shoko")
    assert suggested(form) == {}
    names = ["url", "api_key", "username", "password", "public_url", "verify_ssl", "name"]
    assert fields(form) == names


@pytest.mark.parametrize("password", ["secret", ""])
async def test_a_user_is_exchanged_for_a_key(
    hass: HomeAssistant, household: Household, entry: MockConfigEntry, password: str
) -> None:
    """Only the key is stored and used; a fresh Shoko has a user without a password."""
    form = await add(hass, entry, "shoko")
    typed = {"url": URL, "username": "Default", "password": password, "public_url": "https://a.b"}
    result = await submit(hass, form, typed)

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert household.signed_in == [("Default", password)]
    assert dict(only(entry).data) == {
        "url": URL,
        "verify_ssl": True,
        "api_key": "key-of-the-user",
        "public_url": "https://a.b",
    }
    assert household.asked[0]["api_key"] == "key-of-the-user"


async def test_a_key_needs_no_user(
    hass: HomeAssistant, household: Household, entry: MockConfigEntry
) -> None:
    """Who typed both is taken at the key."""
    form = await add(hass, entry, "shoko")
    await submit(hass, form, {"url": URL, "api_key": KEY, "username": "Default"})
    assert household.signed_in == []
    assert only(entry).data["api_key"] == KEY


@pytest.mark.parametrize(
    ("failure", "key"),
    [
        (errors.AuthError(), "invalid_auth"),
        (errors.ServerBusy(), "busy"),
        (errors.WrongService("this is not Shoko"), "wrong_service"),
        (errors.Unreachable("no connection"), "cannot_connect"),
    ],
)
async def test_a_refused_user_can_be_corrected(
    hass: HomeAssistant,
    household: Household,
    entry: MockConfigEntry,
    failure: errors.ClientError,
    key: str,
) -> None:
    """The form keeps the name, never the password, and the next try can succeed."""
    form = await add(hass, entry, "shoko")
    household.key = failure
    typed = {"url": URL, "username": "anna", "password": KEY}
    form = await submit(hass, form, typed)
    assert form["errors"] == {"base": key}
    assert suggested(form)["username"] == "anna"
    assert KEY not in suggested(form).values()
    assert household.asked == []

    household.key = NEW_KEY
    await submit(hass, form, typed)
    assert only(entry).data["api_key"] == NEW_KEY


async def test_a_new_user_replaces_the_key(
    hass: HomeAssistant, household: Household, entry: MockConfigEntry
) -> None:
    """The key that was refused is changed in the same form."""
    form = await change(hass, entry, connect(hass, entry, "shoko"))
    assert form["step_id"] == "reconfigure"
    result = await submit(hass, form, {"url": URL, "username": "anna", "password": "x"})
    assert result["reason"] == "reconfigure_successful"
    assert only(entry).data["api_key"] == "key-of-the-user"
    assert "username" not in only(entry).data


async def test_a_user_goes_to_another_host_only_when_typed(
    hass: HomeAssistant, household: Household, entry: MockConfigEntry
) -> None:
    """The stored key is for the host it was given by."""
    form = await change(hass, entry, connect(hass, entry, "shoko"))
    form = await submit(hass, form, {"url": "http://elsewhere.example:8111"})
    assert form["errors"] == {"api_key": "secret_needed"}
    assert household.asked == []
    typed = {"url": "http://elsewhere.example:8111", "username": "anna"}
    assert (await submit(hass, form, typed))["reason"] == "reconfigure_successful"
