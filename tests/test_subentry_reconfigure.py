"""Test changing the connections of a tracker."""

from collections.abc import AsyncIterator

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.media_status.clients import errors
from custom_components.media_status.connections.base import WebhookState
from custom_components.media_status.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from .connection_double import Household, fields, household_without_setup, suggested
from .subentries import FORMS, KEY, NEW_KEY, TITLES, WITH_WEBHOOK, change, connect, only, submit


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
async def test_reconfigure_keeps_what_is_not_typed(
    hass: HomeAssistant, household: Household, entry: MockConfigEntry, kind: str
) -> None:
    """An empty secret means the stored one; the webhook and its secret never change."""
    subentry = connect(hass, entry, kind)
    form = await change(hass, entry, subentry)
    assert form["step_id"] == "reconfigure"
    shown = suggested(form)
    assert shown["name"] == TITLES[kind]
    assert KEY not in shown.values()
    assert "kept-secret" not in shown.values()
    typed = {key: value for key, value in shown.items() if key in fields(form)}
    result = await submit(hass, form, {**typed, "verify_ssl": False, "name": "Renamed"})

    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reconfigure_successful"
    changed = only(entry)
    assert changed.subentry_id == subentry.subentry_id
    assert changed.title == "Renamed"
    assert changed.data["verify_ssl"] is False
    assert FORMS[kind].items() <= changed.data.items()
    if kind in WITH_WEBHOOK:
        assert changed.data["webhook_id"] == "0" * 64
        assert changed.data["webhook_secret"] == "kept-secret"


@pytest.mark.parametrize("kind", FORMS)
async def test_reconfigure_with_a_new_secret(
    hass: HomeAssistant, household: Household, entry: MockConfigEntry, kind: str
) -> None:
    """A new secret replaces the stored one once the service accepts it."""
    subentry = connect(hass, entry, kind)
    secret = "password" if kind == "qbittorrent" else "api_key"
    form = await change(hass, entry, subentry)
    household.failures.append(errors.AuthError())
    form = await submit(hass, form, {**FORMS[kind], secret: "wrong"})
    assert form["errors"] == {"base": "invalid_auth"}
    assert "wrong" not in suggested(form).values()
    assert only(entry).data[secret] == KEY

    result = await submit(hass, form, {**FORMS[kind], secret: NEW_KEY})
    assert result["reason"] == "reconfigure_successful"
    assert only(entry).data[secret] == NEW_KEY
    assert household.asked[-1][secret] == NEW_KEY


@pytest.mark.parametrize("kind", FORMS)
async def test_a_stored_secret_stays_on_its_host(
    hass: HomeAssistant, household: Household, entry: MockConfigEntry, kind: str
) -> None:
    """With another host the secret must be typed again; it is never sent there unasked."""
    subentry = connect(hass, entry, kind)
    secret = "password" if kind == "qbittorrent" else "api_key"
    typed = {key: value for key, value in FORMS[kind].items() if key != secret}
    form = await change(hass, entry, subentry)
    form = await submit(hass, form, {**typed, "url": "http://elsewhere.example:1234"})
    assert form["errors"] == {secret: "secret_needed"}
    assert household.asked == []

    await submit(hass, form, {**typed, "url": "http://elsewhere.example:1234", secret: NEW_KEY})
    assert only(entry).data["url"] == "http://elsewhere.example:1234"
    assert only(entry).data[secret] == NEW_KEY


async def test_a_stored_secret_serves_another_port(
    hass: HomeAssistant, household: Household, entry: MockConfigEntry
) -> None:
    """Port, path and scheme may change without typing the key again."""
    subentry = connect(hass, entry, "radarr")
    form = await change(hass, entry, subentry)
    await submit(hass, form, {"url": "https://radarr.local:8443/radarr", "serves_4k": True})

    assert only(entry).data["url"] == "https://radarr.local:8443/radarr"
    assert only(entry).data["api_key"] == KEY


@pytest.mark.parametrize(
    ("stored", "typed", "expected"),
    [
        ({"api_key": KEY}, {}, {"api_key": KEY}),
        ({"api_key": KEY}, {"username": "me", "password": NEW_KEY}, {"password": NEW_KEY}),
        ({"username": "me", "password": KEY}, {"api_key": NEW_KEY}, {"api_key": NEW_KEY}),
        ({"username": "me", "password": KEY}, {}, {}),
    ],
)
async def test_changing_how_to_sign_in_to_qbittorrent(
    hass: HomeAssistant,
    household: Household,
    entry: MockConfigEntry,
    stored: dict[str, object],
    typed: dict[str, object],
    expected: dict[str, object],
) -> None:
    """One way to sign in replaces the other; the old secret is forgotten."""
    blank: dict[str, object] = {"username": "", "password": ""}
    subentry = connect(hass, entry, "qbittorrent", **blank | stored)
    form = await change(hass, entry, subentry)
    result = await submit(hass, form, {"url": "http://qbt.local:8080", **typed})

    assert result["reason"] == "reconfigure_successful"
    data = only(entry).data
    assert {key: data[key] for key in ("api_key", "password") if key in data} == expected


async def test_another_user_needs_a_password(
    hass: HomeAssistant, household: Household, entry: MockConfigEntry
) -> None:
    """The stored password belongs to the stored user."""
    subentry = connect(hass, entry, "qbittorrent")
    form = await change(hass, entry, subentry)
    form = await submit(hass, form, {"url": "http://qbt.local:8080", "username": "you"})
    assert form["errors"] == {"password": "secret_needed"}

    typed = {"url": "http://qbt.local:8080", "username": "you", "password": NEW_KEY}
    assert (await submit(hass, form, typed))["reason"] == "reconfigure_successful"
    assert only(entry).data["username"] == "you"


async def test_not_silently_another_server(
    hass: HomeAssistant, household: Household, entry: MockConfigEntry
) -> None:
    """A connection stays with its server; another server is another connection."""
    subentry = connect(hass, entry, "jellyfin", identity="server-1")
    household.identity = "server-2"
    form = await change(hass, entry, subentry)
    form = await submit(hass, form, FORMS["jellyfin"])
    assert form["errors"] == {"base": "another_server"}
    assert only(entry).data["identity"] == "server-1"

    household.identity = "server-1"
    moved = {**FORMS["jellyfin"], "url": "http://new.local:8096"}
    assert (await submit(hass, form, moved))["reason"] == "reconfigure_successful"
    assert only(entry).data["url"] == "http://new.local:8096"
    assert only(entry).data["identity"] == "server-1"
    assert only(entry).unique_id == "jellyfin_server-1"


async def test_reconfigure_onto_another_connection(
    hass: HomeAssistant, household: Household, entry: MockConfigEntry
) -> None:
    """Two connections cannot end at the same address."""
    first = connect(hass, entry, "radarr")
    connect(hass, entry, "radarr", url="http://other.local:7878")
    form = await change(hass, entry, first)
    result = await submit(hass, form, {"url": "http://other.local:7878", "api_key": KEY})

    assert result["reason"] == "already_configured"
    assert entry.subentries[first.subentry_id].data["url"] == "http://radarr.local:7878"


async def test_reconfigure_shows_the_webhook_again(
    hass: HomeAssistant, household: Household, entry: MockConfigEntry
) -> None:
    """Who lost the webhook's address finds it in the same place."""
    household.webhook = WebhookState.UNSUPPORTED
    subentry = connect(hass, entry, "jellyfin")
    form = await change(hass, entry, subentry)
    shown = await submit(hass, form, FORMS["jellyfin"])
    assert shown["step_id"] == "webhook"
    assert shown["description_placeholders"] is not None
    assert shown["description_placeholders"]["secret"] == "kept-secret"

    assert (await submit(hass, shown, {}))["reason"] == "reconfigure_successful"


async def test_a_decision_about_the_webhook_is_kept(
    hass: HomeAssistant, household: Household, entry: MockConfigEntry
) -> None:
    """Once taken over, the webhook needs no second question."""
    household.webhook = WebhookState.OURS
    subentry = connect(hass, entry, "seerr", take_over_webhook=True)
    form = await change(hass, entry, subentry)
    result = await submit(hass, form, {**FORMS["seerr"], "api_key": NEW_KEY})

    assert result["reason"] == "reconfigure_successful"
    assert only(entry).data["take_over_webhook"] is True


@pytest.mark.parametrize("take_over", [True, False])
async def test_a_shared_webhook_can_be_given_back(
    hass: HomeAssistant, household: Household, entry: MockConfigEntry, take_over: bool
) -> None:
    """The form asks again, starts with what was decided, and keeps what we noted."""
    household.webhook = WebhookState.OURS
    notes = {"webhook_previous": {"types": 222}, "webhook_held": True}
    subentry = connect(
        hass, entry, "seerr", take_over_webhook=True, webhook_losses=["2026-11-21"], **notes
    )
    form = await change(hass, entry, subentry)
    asked = await submit(hass, form, {**FORMS["seerr"], "api_key": ""})
    assert asked["step_id"] == "take_over"
    assert asked["data_schema"] is not None
    assert asked["data_schema"]({}) == {"take_over_webhook": True}
    result = await submit(hass, asked, {"take_over_webhook": take_over})

    assert result["reason"] == "reconfigure_successful"
    data = only(entry).data
    assert data["take_over_webhook"] is take_over
    assert {key: data[key] for key in notes} == notes
    assert "webhook_losses" not in data


async def test_another_address_knows_no_owner(
    hass: HomeAssistant, household: Household, entry: MockConfigEntry
) -> None:
    """Who had the webhook of the old server is nobody on the new one."""
    household.webhook = WebhookState.MISSING
    notes = {"webhook_previous": {"types": 222}, "webhook_held": True}
    subentry = connect(hass, entry, "seerr", take_over_webhook=True, **notes)
    form = await change(hass, entry, subentry)
    typed = {**FORMS["seerr"], "url": "http://other.local:5055", "api_key": NEW_KEY}

    assert (await submit(hass, form, typed))["reason"] == "reconfigure_successful"
    assert not notes.keys() & only(entry).data.keys()


async def test_confirming_without_a_change_starts_afresh(
    hass: HomeAssistant, household: Household, entry: MockConfigEntry
) -> None:
    """A key that works again lets the tracker sign in again, though nothing was changed."""
    subentry = connect(hass, entry, "radarr")
    entry.runtime_data = before = object()
    form = await change(hass, entry, subentry)
    await submit(hass, form, {**FORMS["radarr"], "name": "Radarr 4K"})
    await hass.async_block_till_done()

    assert getattr(entry, "runtime_data", None) is not before
