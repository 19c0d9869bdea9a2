"""Test adding and reconfiguring the connections of a tracker."""

from collections.abc import AsyncIterator, Mapping
from types import MappingProxyType

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.media_status.clients import errors
from custom_components.media_status.connections.base import WebhookState
from custom_components.media_status.const import DOMAIN
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigSubentry,
    SubentryFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from .connection_double import Household, fields, household_without_setup, suggested

KEY = "canary-0123456789abcdef0123456789abcdef"
NEW_KEY = "fresh-0123456789abcdef0123456789abcdef"
FORMS: dict[str, dict[str, object]] = {
    "seerr": {"url": "http://seerr.local:5055", "api_key": KEY},
    "radarr": {"url": "http://radarr.local:7878", "api_key": KEY, "serves_4k": True},
    "sonarr": {"url": "http://sonarr.local:8989", "api_key": KEY},
    "qbittorrent": {"url": "http://qbt.local:8080", "username": "me", "password": KEY},
    "jellyfin": {"url": "http://jf.local:8096", "api_key": KEY, "public_url": "https://tv.example"},
}
TITLES = {
    "seerr": "Seerr",
    "radarr": "Radarr 4K",
    "sonarr": "Sonarr",
    "qbittorrent": "qBittorrent",
    "jellyfin": "Jellyfin",
}


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


def connect(
    hass: HomeAssistant, entry: MockConfigEntry, kind: str, **changes: object
) -> ConfigSubentry:
    """Store a connection in the tracker."""
    data = {
        "verify_ssl": True,
        "webhook_id": "0" * 64,
        "webhook_secret": "kept-secret",
        **FORMS[kind],
        **changes,
    }
    if kind in {"radarr", "sonarr"}:
        data.setdefault("serves_4k", False)
    subentry = ConfigSubentry(
        data=MappingProxyType(data), subentry_type=kind, title=TITLES[kind], unique_id=None
    )
    hass.config_entries.async_add_subentry(entry, subentry)
    return subentry


async def add(hass: HomeAssistant, entry: MockConfigEntry, kind: str) -> SubentryFlowResult:
    """Open the form of a new connection."""
    return await hass.config_entries.subentries.async_init(
        (entry.entry_id, kind), context={"source": SOURCE_USER}
    )


async def change(
    hass: HomeAssistant, entry: MockConfigEntry, subentry: ConfigSubentry
) -> SubentryFlowResult:
    """Open the form of a stored connection."""
    return await hass.config_entries.subentries.async_init(
        (entry.entry_id, subentry.subentry_type),
        context={"source": SOURCE_RECONFIGURE, "subentry_id": subentry.subentry_id},
    )


async def submit(
    hass: HomeAssistant, flow: SubentryFlowResult, typed: Mapping[str, object]
) -> SubentryFlowResult:
    """Submit a form."""
    return await hass.config_entries.subentries.async_configure(flow["flow_id"], dict(typed))


def only(entry: MockConfigEntry) -> ConfigSubentry:
    """Return the tracker's only connection."""
    (subentry,) = entry.subentries.values()
    return subentry


# --- add ---------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("kind", FORMS)
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


# --- reconfigure -------------------------------------------------------------------------------


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
