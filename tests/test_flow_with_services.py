"""Run the wizard against services that answer over HTTP as the real ones do."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from unittest.mock import patch

import pytest

from custom_components.media_status.const import DOMAIN
from homeassistant.config_entries import SOURCE_USER, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from simulator import Simulator

KINDS = ("seerr", "radarr", "sonarr", "qbittorrent", "shoko", "jellyfin")
OLD = {"radarr": "3.2.2.5080", "sonarr": "3.0.10.1567", "shoko": "4.2.2.0"}

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.fixture
async def sim(socket_enabled: None) -> AsyncIterator[Simulator]:
    """Run the six services."""
    async with Simulator(profile="tiny", seed=1, services=KINDS) as sim:
        yield sim


@pytest.fixture
async def flow(hass: HomeAssistant) -> AsyncIterator[str]:
    """Open the wizard's menu; the tracker that it makes does not run."""
    await hass.config.async_update(internal_url="http://127.0.0.1:8123")
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    await hass.config_entries.flow.async_configure(result["flow_id"], {})
    with (
        patch("custom_components.media_status.async_setup_entry", return_value=True),
        patch("custom_components.media_status.async_unload_entry", return_value=True),
    ):
        yield result["flow_id"]
        for entry in hass.config_entries.async_loaded_entries(DOMAIN):
            await hass.config_entries.async_unload(entry.entry_id)


async def add(
    hass: HomeAssistant, flow: str, kind: str, typed: dict[str, object]
) -> ConfigFlowResult:
    """Choose a service and submit its form; show the webhook's step as done."""
    await hass.config_entries.flow.async_configure(flow, {"next_step_id": kind})
    return await submit(hass, flow, typed)


async def submit(hass: HomeAssistant, flow: str, typed: dict[str, object]) -> ConfigFlowResult:
    """Submit the open form."""
    result = await hass.config_entries.flow.async_configure(flow, typed)
    if result["step_id"].startswith("webhook_"):
        result = await hass.config_entries.flow.async_configure(flow, {})
    return result


def form_of(sim: Simulator, kind: str) -> dict[str, object]:
    """Return what a user types for a service."""
    if kind == "qbittorrent":
        auth = sim.qbittorrent.auth
        return {"url": sim.url(kind), "username": auth.username, "password": auth.password}
    return {"url": sim.url(kind), "api_key": sim.api_key(kind)}


async def test_all_services(hass: HomeAssistant, flow: str, sim: Simulator) -> None:
    """Every real answer is accepted, and the server's own id is kept where there is one."""
    for kind in KINDS:
        result = await add(hass, flow, kind, form_of(sim, kind))
        assert result["type"] is FlowResultType.MENU, (kind, result.get("errors"))
    result = await hass.config_entries.flow.async_configure(flow, {"next_step_id": "finish"})

    found = {sub.subentry_type: sub.data for sub in result["result"].subentries.values()}
    assert set(found) == set(KINDS)
    assert found["jellyfin"]["identity"]


@pytest.mark.parametrize("kind", KINDS)
async def test_wrong_key(hass: HomeAssistant, flow: str, sim: Simulator, kind: str) -> None:
    """A wrong key or password is told as such."""
    secret = "password" if kind == "qbittorrent" else "api_key"
    result = await add(hass, flow, kind, {**form_of(sim, kind), secret: "0" * 32})
    assert result["errors"] == {"base": "invalid_auth"}

    result = await submit(hass, flow, form_of(sim, kind))
    assert result["type"] is FlowResultType.MENU


@pytest.mark.parametrize("kind", KINDS)
async def test_nobody_there(hass: HomeAssistant, flow: str, sim: Simulator, kind: str) -> None:
    """A service that is down is told as such."""
    typed = form_of(sim, kind)
    await sim.down(kind)
    assert (await add(hass, flow, kind, typed))["errors"] == {"base": "cannot_connect"}

    await sim.up(kind)
    assert (await submit(hass, flow, typed))["type"] is FlowResultType.MENU


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("other", KINDS)
async def test_another_service(
    hass: HomeAssistant, flow: str, sim: Simulator, kind: str, other: str
) -> None:
    """The address of another service is not taken for the right one, and may say so."""
    if kind == other:
        return
    typed = {**form_of(sim, kind), "url": sim.url(other)}
    result = await add(hass, flow, kind, typed)

    assert result["errors"] is not None
    assert result["errors"]["base"] in {"wrong_service", "invalid_auth", "forbidden"}
    assert (await submit(hass, flow, form_of(sim, kind)))["type"] is FlowResultType.MENU


@pytest.mark.parametrize("kind", KINDS)
async def test_no_tls(hass: HomeAssistant, flow: str, sim: Simulator, kind: str) -> None:
    """A secure address for a service without TLS is told as such."""
    typed = form_of(sim, kind)
    secure = {**typed, "url": str(typed["url"]).replace("http://", "https://")}
    assert (await add(hass, flow, kind, secure))["errors"] == {"base": "tls_error"}

    assert (await submit(hass, flow, typed))["type"] is FlowResultType.MENU


@pytest.mark.parametrize("kind", OLD)
async def test_too_old(hass: HomeAssistant, flow: str, sim: Simulator, kind: str) -> None:
    """A version that we do not speak to is named."""
    current = sim[kind].version
    sim[kind].version = OLD[kind]
    result = await add(hass, flow, kind, form_of(sim, kind))
    assert result["errors"] == {"base": "too_old"}
    assert result["description_placeholders"] is not None
    assert result["description_placeholders"]["version"] == OLD[kind]

    sim[kind].version = current
    assert (await submit(hass, flow, form_of(sim, kind)))["type"] is FlowResultType.MENU


async def test_qbittorrent_with_a_key(hass: HomeAssistant, flow: str, sim: Simulator) -> None:
    """From 5.2 on an API key serves instead of user and password."""
    typed: dict[str, object] = {
        "url": sim.url("qbittorrent"),
        "api_key": sim.api_key("qbittorrent"),
    }

    assert (await add(hass, flow, "qbittorrent", typed))["type"] is FlowResultType.MENU


async def test_keys_go_only_where_they_were_typed_for(
    hass: HomeAssistant, flow: str, sim: Simulator
) -> None:
    """Two connections of a kind use their own key each."""
    async with Simulator(profile="tiny", seed=2, services=["radarr"]) as second:
        for household in (sim, second):
            result = await add(hass, flow, "radarr", form_of(household, "radarr"))
            assert result["type"] is FlowResultType.MENU
    result = await hass.config_entries.flow.async_configure(flow, {"next_step_id": "finish"})

    found = [(sub.title, sub.data["api_key"]) for sub in result["result"].subentries.values()]
    assert found == [
        ("Radarr", sim.api_key("radarr")),
        ("Radarr 2", second.api_key("radarr")),
    ]


async def test_shoko_with_a_user(hass: HomeAssistant, flow: str, sim: Simulator) -> None:
    """A fresh Shoko has a user without a password; its key is all that is kept."""
    typed: dict[str, object] = {"url": sim.url("shoko"), "username": "Default", "password": "no"}
    assert (await add(hass, flow, "shoko", typed))["errors"] == {"base": "invalid_auth"}

    result = await submit(hass, flow, {**typed, "password": ""})
    assert result["type"] is FlowResultType.MENU
    result = await hass.config_entries.flow.async_configure(flow, {"next_step_id": "finish"})
    (found,) = result["result"].subentries.values()
    assert found.data.keys() == {"url", "verify_ssl", "api_key"}


@pytest.mark.parametrize("refusal", [HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.UNAUTHORIZED])
async def test_shoko_that_starts(
    hass: HomeAssistant, flow: str, sim: Simulator, refusal: HTTPStatus
) -> None:
    """While it starts it knows no keys: that is not a wrong one."""
    sim.faults("shoko").starting = True
    sim.shoko.refusal = refusal
    result = await add(hass, flow, "shoko", form_of(sim, "shoko"))
    assert result["errors"] == {"base": "busy"}

    sim.faults("shoko").starting = False
    result = await submit(hass, flow, form_of(sim, "shoko"))
    assert result["type"] is FlowResultType.MENU
