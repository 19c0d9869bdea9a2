"""Test adding connections to a tracker."""

from collections.abc import AsyncIterator

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.media_status.clients import errors
from custom_components.media_status.connections.base import WebhookState
from custom_components.media_status.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from .connection_double import Household, fields, household_without_setup, suggested
from .subentries import FORMS, KEY, TITLES, WITH_WEBHOOK, add, connect, only, submit


@pytest.fixture
async def household(hass: HomeAssistant) -> AsyncIterator[Household]:
    """Answer for all services."""
    async with household_without_setup(hass) as household:
        yield household


@pytest.fixture
async def entry(hass: HomeAssistant, household: Household) -> MockConfigEntry:
    """Return a tracker without connections."""
    await hass.config.async_update(internal_url="http://192.168.1.5:8123")
    entry = MockConfigEntry(domain=DOMAIN, title="Media Status")
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    return entry


@pytest.mark.parametrize("kind", FORMS)
async def test_add(
    hass: HomeAssistant, household: Household, entry: MockConfigEntry, kind: str
) -> None:
    """A connection of every kind can be added."""
    form = await add(hass, entry, kind)
    assert form["type"] is FlowResultType.FORM
    assert form["step_id"] == "user"
    assert form["errors"] == {}
    result = await submit(hass, form, FORMS[kind])

    assert result["type"] is FlowResultType.CREATE_ENTRY
    subentry = only(entry)
    assert subentry.title == TITLES[kind]
    assert subentry.subentry_type == kind
    assert FORMS[kind].items() <= subentry.data.items()
    if kind in WITH_WEBHOOK:
        assert len(subentry.data["webhook_id"]) == 64
    assert household.asked[0]["kind"] == kind


@pytest.mark.parametrize("kind", FORMS)
@pytest.mark.parametrize(
    ("failure", "key"),
    [
        (errors.Unreachable("no connection"), "cannot_connect"),
        (errors.TlsError("the certificate is not trusted"), "tls_error"),
        (errors.WrongService("another"), "wrong_service"),
        (errors.AuthError(), "invalid_auth"),
        (errors.AuthError(banned=True), "banned"),
        (errors.TooOld("1.0"), "too_old"),
        (errors.Redirected("redirects to https://a.b"), "redirected"),
        (RuntimeError(KEY), "unknown"),
    ],
)
async def test_add_after_a_failure(
    hass: HomeAssistant,
    household: Household,
    entry: MockConfigEntry,
    kind: str,
    failure: Exception,
    key: str,
) -> None:
    """A failure keeps the form with what was typed, and the next try can succeed."""
    form = await add(hass, entry, kind)
    household.failures.append(failure)
    form = await submit(hass, form, FORMS[kind])

    assert form["step_id"] == "user"
    assert form["errors"] == {"base": key}
    assert suggested(form)["url"] == FORMS[kind]["url"]
    assert KEY not in suggested(form).values()
    assert entry.subentries == {}
    result = await submit(hass, form, FORMS[kind])
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert only(entry).subentry_type == kind


@pytest.mark.parametrize("kind", FORMS)
async def test_no_doubles(
    hass: HomeAssistant, household: Household, entry: MockConfigEntry, kind: str
) -> None:
    """The same service is not added twice, however its address is written."""
    connect(hass, entry, kind)
    form = await add(hass, entry, kind)
    address = str(FORMS[kind]["url"]).replace("http://", "https://").upper()
    result = await submit(hass, form, {**FORMS[kind], "url": f"{address}/"})

    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    assert household.asked == []
    assert len(entry.subentries) == 1


async def test_the_same_server_under_another_address(
    hass: HomeAssistant, household: Household, entry: MockConfigEntry
) -> None:
    """A Jellyfin that is known is recognised by its own id."""
    connect(hass, entry, "jellyfin", identity="server-1")
    household.identity = "server-1"
    form = await add(hass, entry, "jellyfin")
    result = await submit(hass, form, {"url": "http://10.0.0.9:8096", "api_key": KEY})

    assert result["reason"] == "already_configured"
    assert len(entry.subentries) == 1


async def test_two_kinds_on_one_address(
    hass: HomeAssistant, household: Household, entry: MockConfigEntry
) -> None:
    """Only connections of the same kind can be doubles."""
    connect(hass, entry, "sonarr", url="http://media.local")
    form = await add(hass, entry, "radarr")
    result = await submit(hass, form, {"url": "http://media.local", "api_key": KEY})

    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_second_instance_gets_its_own_name(
    hass: HomeAssistant, household: Household, entry: MockConfigEntry
) -> None:
    """A second instance is told apart by its name."""
    connect(hass, entry, "sonarr")
    form = await add(hass, entry, "sonarr")
    await submit(hass, form, {"url": "http://anime.local:8989", "api_key": KEY})

    assert [sub.title for sub in entry.subentries.values()] == ["Sonarr", "Sonarr 2"]


async def test_add_suggests_core_entries(
    hass: HomeAssistant, household: Household, entry: MockConfigEntry
) -> None:
    """The address of Home Assistant's own integration is suggested."""
    data = {"url": "http://10.0.0.2:7878", "api_key": KEY, "verify_ssl": False}
    MockConfigEntry(domain="radarr", data=data).add_to_hass(hass)
    form = await add(hass, entry, "radarr")

    assert suggested(form) == {"url": "http://10.0.0.2:7878", "verify_ssl": False}


@pytest.mark.parametrize("kind", WITH_WEBHOOK)
async def test_webhook_by_hand(
    hass: HomeAssistant, household: Household, entry: MockConfigEntry, kind: str
) -> None:
    """Address and secret are shown where the user keeps the webhooks."""
    hass.config_entries.async_update_entry(
        entry,
        options={"manage_webhooks": False, "webhook_base_url": "https://ha.example.org/base/"},
    )
    form = await add(hass, entry, kind)
    shown = await submit(hass, form, FORMS[kind])
    assert shown["step_id"] == "webhook"
    assert fields(shown) == []
    assert entry.subentries == {}
    await submit(hass, shown, {})

    data = only(entry).data
    placeholders = shown["description_placeholders"]
    assert placeholders is not None
    assert placeholders["secret"] == data["webhook_secret"]
    url = f"https://ha.example.org/base/api/media_status/webhook/{data['webhook_id']}"
    assert placeholders["url"] == url


@pytest.mark.parametrize("take_over", [True, False])
async def test_foreign_webhook(
    hass: HomeAssistant, household: Household, entry: MockConfigEntry, take_over: bool
) -> None:
    """A foreign webhook is taken over by an explicit choice only."""
    household.webhook = WebhookState.FOREIGN
    form = await add(hass, entry, "seerr")
    asked = await submit(hass, form, FORMS["seerr"])
    assert asked["step_id"] == "take_over"
    await submit(hass, asked, {"take_over_webhook": take_over})

    assert only(entry).data["take_over_webhook"] is take_over
