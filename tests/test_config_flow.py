"""Test the wizard that creates the tracker."""

from collections.abc import AsyncIterator

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.media_status.clients import errors
from custom_components.media_status.const import DEFAULT_OPTIONS, DOMAIN
from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from .connection_double import Household, household_without_setup, suggested
from .wizard import FORMS, KEY, WITH_WEBHOOK, choose, start, submit

FAILURES = [
    (errors.Unreachable("no connection"), "cannot_connect"),
    (errors.TlsError("the certificate is not trusted"), "tls_error"),
    (errors.WrongService("this is Sonarr"), "wrong_service"),
    (errors.NotFound("not found"), "wrong_service"),
    (errors.NotJson("the answer is not JSON"), "wrong_service"),
    (errors.AuthError(), "invalid_auth"),
    (errors.AuthError(banned=True), "banned"),
    (errors.Forbidden("not allowed"), "forbidden"),
    (errors.TooOld("3.2.2"), "too_old"),
    (errors.Redirected("redirects to https://radarr.example.org"), "redirected"),
    (errors.ServerBusy(), "busy"),
    (errors.RateLimited(), "busy"),
    (errors.Refused(500, "database is locked"), "refused"),
    (errors.BadAddress("the address is not valid"), "invalid_url"),
    (errors.ClientError("something new"), "unknown"),
    (RuntimeError(f"bug with {KEY}"), "unknown"),
]


@pytest.fixture
async def household(hass: HomeAssistant) -> AsyncIterator[Household]:
    """Answer for all services."""
    async with household_without_setup(hass) as household:
        yield household


@pytest.fixture(autouse=True)
async def address(hass: HomeAssistant) -> None:
    """Give Home Assistant an address that services can reach."""
    await hass.config.async_update(internal_url="http://192.168.1.5:8123")


async def test_all_services_in_one_wizard(hass: HomeAssistant, household: Household) -> None:
    """One pass through the wizard makes the tracker with a connection of every kind."""
    flow = await start(hass)
    assert flow["menu_options"] == [*FORMS, "finish"]
    for kind, typed in FORMS.items():
        form = await choose(hass, flow, kind)
        assert form["type"] is FlowResultType.FORM
        assert form["step_id"] == kind
        assert form["errors"] == {}
        assert (await submit(hass, flow, typed))["type"] is FlowResultType.MENU
    result = await choose(hass, flow, "finish")
    await hass.async_block_till_done()

    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry = result["result"]
    assert entry.title == "Media Status"
    assert entry.data == {}
    assert entry.options == dict(DEFAULT_OPTIONS)
    found = {sub.subentry_type: sub for sub in entry.subentries.values()}
    assert {kind: sub.title for kind, sub in found.items()} == {
        "seerr": "Seerr",
        "radarr": "Radarr",
        "sonarr": "Sonarr 4K",
        "qbittorrent": "qBittorrent",
        "shoko": "Shoko",
        "jellyfin": "Living room",
    }
    assert found["radarr"].data["url"] == "http://radarr.local:7878/radarr"
    assert found["radarr"].data["serves_4k"] is False
    assert found["sonarr"].data["serves_4k"] is True
    assert found["jellyfin"].data["public_url"] == "https://watch.example.org"
    assert found["qbittorrent"].data["password"] == KEY
    assert "api_key" not in found["qbittorrent"].data
    told = [found[kind].data for kind in WITH_WEBHOOK]
    assert len({data["webhook_id"] for data in told}) == len(told)
    assert all(len(data["webhook_id"]) == 64 for data in told)
    assert len({data["webhook_secret"] for data in told}) == len(told)
    assert "webhook_id" not in found["shoko"].data
    assert len(household.asked) == len(FORMS)


async def test_without_services(hass: HomeAssistant, household: Household) -> None:
    """The tracker can be created first and its connections later; choices are kept."""
    flow = await start(hass, track_manual=False, manage_webhooks=False)
    result = await choose(hass, flow, "finish")

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].subentries == {}
    assert result["result"].options["track_manual"] is False
    assert result["result"].options["manage_webhooks"] is False


async def test_only_one_tracker(hass: HomeAssistant, household: Household) -> None:
    """There is one tracker."""
    MockConfigEntry(domain=DOMAIN).add_to_hass(hass)
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})

    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "single_instance_allowed"


@pytest.mark.parametrize("kind", FORMS)
@pytest.mark.parametrize(
    ("failure", "key"), FAILURES, ids=[type(failure).__name__ for failure, _ in FAILURES]
)
async def test_failures_are_told_and_can_be_corrected(
    hass: HomeAssistant,
    household: Household,
    caplog: pytest.LogCaptureFixture,
    kind: str,
    failure: Exception,
    key: str,
) -> None:
    """Each failure has its own text, keeps what was typed but the secret, and is not the end."""
    flow = await start(hass)
    await choose(hass, flow, kind)
    household.failures.append(failure)
    form = await submit(hass, flow, FORMS[kind])

    assert form["type"] is FlowResultType.FORM
    assert form["errors"] == {"base": key}
    assert KEY not in suggested(form).values()
    assert suggested(form)["url"] == FORMS[kind]["url"]
    assert KEY not in str(form["description_placeholders"])
    assert KEY not in caplog.text

    assert (await submit(hass, flow, FORMS[kind]))["type"] is FlowResultType.MENU
    result = await choose(hass, flow, "finish")
    assert [sub.subentry_type for sub in result["result"].subentries.values()] == [kind]


async def test_texts_name_what_was_found(hass: HomeAssistant, household: Household) -> None:
    """The version that is too old and the address of a redirect reach the texts."""
    flow = await start(hass)
    await choose(hass, flow, "radarr")
    household.failures += [errors.TooOld("3.2.2"), errors.Redirected("redirects to https://a.b")]

    form = await submit(hass, flow, FORMS["radarr"])
    assert form["description_placeholders"] is not None
    assert form["description_placeholders"]["version"] == "3.2.2"
    form = await submit(hass, flow, FORMS["radarr"])
    assert form["description_placeholders"] is not None
    assert form["description_placeholders"]["detail"] == "redirects to https://a.b"
    assert form["description_placeholders"]["version"] == ""


@pytest.mark.parametrize(
    ("kind", "typed", "wrong"),
    [
        ("radarr", {"url": "ftp://radarr.local"}, {"url": "invalid_url"}),
        ("radarr", {"url": "  "}, {"url": "invalid_url"}),
        ("radarr", {"url": "http://radarr.local:port"}, {"url": "invalid_url"}),
        ("radarr", {"api_key": "   "}, {"api_key": "secret_needed"}),
        ("jellyfin", {"public_url": "https://"}, {"public_url": "invalid_url"}),
        ("qbittorrent", {"password": ""}, {"password": "secret_needed"}),
        ("qbittorrent", {"username": " "}, {"username": "username_needed"}),
        ("shoko", {"api_key": ""}, {"api_key": "sign_in_needed"}),
        ("shoko", {"api_key": "", "password": "x"}, {"username": "username_needed"}),
        ("shoko", {"public_url": "https://"}, {"public_url": "invalid_url"}),
    ],
)
async def test_mistakes_are_shown_at_their_field(
    hass: HomeAssistant,
    household: Household,
    kind: str,
    typed: dict[str, object],
    wrong: dict[str, str],
) -> None:
    """What cannot be right is refused before any service is asked, and can be corrected."""
    flow = await start(hass)
    await choose(hass, flow, kind)
    form = await submit(hass, flow, {**FORMS[kind], **typed})

    assert form["errors"] == wrong
    assert household.asked == []
    assert (await submit(hass, flow, FORMS[kind]))["type"] is FlowResultType.MENU
    assert (await choose(hass, flow, "finish"))["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("radarr.local:7878", "http://radarr.local:7878"),
        (" http://radarr.local:7878/ ", "http://radarr.local:7878"),
        ("https://Example.org/radarr/", "https://example.org/radarr"),
        ("http://me:pw@radarr.local:7878/?apikey=x#top", "http://radarr.local:7878"),
        ("http://[fd00::1]:7878", "http://[fd00::1]:7878"),
    ],
)
async def test_addresses_are_tidied(
    hass: HomeAssistant, household: Household, typed: str, stored: str
) -> None:
    """An address is stored in one form, without anything secret inside."""
    flow = await start(hass)
    await choose(hass, flow, "radarr")
    await submit(hass, flow, {"url": typed, "api_key": f" {KEY}\n"})

    assert household.asked[0]["url"] == stored
    assert household.asked[0]["api_key"] == KEY


@pytest.mark.parametrize(
    ("typed", "signs_in_with"),
    [
        ({"api_key": KEY}, {"api_key": KEY}),
        ({"api_key": KEY, "username": "me", "password": "pw"}, {"api_key": KEY}),
        ({"username": "me", "password": " p w "}, {"username": "me", "password": " p w "}),
        ({}, {}),
    ],
)
async def test_ways_to_sign_in_to_qbittorrent(
    hass: HomeAssistant,
    household: Household,
    typed: dict[str, object],
    signs_in_with: dict[str, object],
) -> None:
    """An API key, user and password, or nothing at all."""
    flow = await start(hass)
    await choose(hass, flow, "qbittorrent")
    result = await submit(hass, flow, {"url": "http://qbt.local:8080", **typed})

    assert result["type"] is FlowResultType.MENU
    asked = household.asked[0]
    secrets = {key: asked[key] for key in ("api_key", "username", "password") if key in asked}
    assert secrets == signs_in_with


async def test_names_stay_distinct(hass: HomeAssistant, household: Household) -> None:
    """Several instances of a kind are normal and get different names."""
    flow = await start(hass)
    for number, serves_4k in enumerate((False, True, False, True)):
        await choose(hass, flow, "radarr")
        url = f"http://radarr{number}.local:7878"
        await submit(hass, flow, {"url": url, "api_key": KEY, "serves_4k": serves_4k})
    result = await choose(hass, flow, "finish")

    titles = [sub.title for sub in result["result"].subentries.values()]
    assert titles == ["Radarr", "Radarr 4K", "Radarr 2", "Radarr 4K 2"]


@pytest.mark.parametrize("second", [FORMS["radarr"]["url"], "https://RADARR.local:7878/radarr/"])
async def test_the_same_service_is_not_added_twice(
    hass: HomeAssistant, household: Household, second: str
) -> None:
    """A double is refused without losing what was added before."""
    flow = await start(hass)
    await choose(hass, flow, "radarr")
    await submit(hass, flow, FORMS["radarr"])
    await choose(hass, flow, "radarr")
    form = await submit(hass, flow, {"url": second, "api_key": KEY})

    assert form["errors"] == {"base": "already_configured"}
    form = await submit(hass, flow, {"url": "http://other.local:7878", "api_key": KEY})
    assert form["type"] is FlowResultType.MENU
    result = await choose(hass, flow, "finish")
    assert len(result["result"].subentries) == 2


async def test_the_same_server_under_another_address(
    hass: HomeAssistant, household: Household
) -> None:
    """A server that says who it is is recognised under any address."""
    household.identity = "server-1"
    flow = await start(hass)
    await choose(hass, flow, "jellyfin")
    await submit(hass, flow, FORMS["jellyfin"])
    await choose(hass, flow, "jellyfin")
    form = await submit(hass, flow, {"url": "http://10.0.0.9:8096", "api_key": KEY})
    assert form["errors"] == {"base": "already_configured"}

    household.identity = "server-2"
    await submit(hass, flow, {"url": "http://10.0.0.9:8096", "api_key": KEY})
    result = await choose(hass, flow, "finish")
    unique_ids = {sub.unique_id for sub in result["result"].subentries.values()}
    assert unique_ids == {"jellyfin_server-1", "jellyfin_server-2"}
