"""Test the connectivity sensors and the devices of connections."""

from datetime import timedelta
from pathlib import Path
from unittest.mock import AsyncMock, patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.media_status.clients.errors import (
    AuthError,
    BadAddress,
    BadAnswer,
    ClientError,
    Forbidden,
    NotFound,
    NotJson,
    RateLimited,
    ReadOnly,
    Redirected,
    Refused,
    ServerBusy,
    TlsError,
    TooOld,
    Unreachable,
    WrongService,
)
from custom_components.media_status.connections.base import WebhookState
from custom_components.media_status.errors import survey_error_key
from custom_components.media_status.lifecycle.model import Service
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util

from .household import KINDS, SECRET, running
from .repository import PACKAGE, read_table, under


async def test_every_connection_has_its_sensor_below_its_subentry(
    hass: HomeAssistant,
    tmp_path: Path,
    entity_registry: er.EntityRegistry,
    device_registry: dr.DeviceRegistry,
) -> None:
    """One diagnostic sensor on one service device per connection, with address and version."""
    async with running(hass, tmp_path) as home:
        for kind in KINDS:
            entity_id = f"binary_sensor.{kind.value}_connection"
            found = entity_registry.async_get(entity_id)
            assert found is not None
            assert found.config_subentry_id == kind.value
            assert found.entity_category is EntityCategory.DIAGNOSTIC
            assert found.device_id is not None
            device = device_registry.async_get(found.device_id)
            assert isinstance(device, dr.DeviceEntry)
            assert device.entry_type is dr.DeviceEntryType.SERVICE
            assert device.sw_version == "1.2.3"
            assert SECRET not in str(device.configuration_url)
        await home.tick()


async def test_devices_lead_to_the_address_people_use(
    hass: HomeAssistant, tmp_path: Path, device_registry: dr.DeviceRegistry
) -> None:
    """Jellyfin's device opens its public address, the others their own."""
    async with running(hass, tmp_path) as home:
        urls = {
            device.name: device.configuration_url
            for device in dr.async_entries_for_config_entry(device_registry, home.entry.entry_id)
        }
        assert urls["Jellyfin"] == "https://watch.example"
        assert urls["Radarr"] == "http://radarr.lan:8080/base"


async def test_it_shows_an_outage_and_its_end(hass: HomeAssistant, tmp_path: Path) -> None:
    """The sensor is off, not unavailable, while the service does not answer."""
    async with running(hass, tmp_path, kinds=(Service.RADARR,)) as home:
        entity_id = "binary_sensor.radarr_connection"

        def shown() -> tuple[str, object]:
            state = hass.states.get(entity_id)
            assert state is not None
            return state.state, state.attributes["error"]

        assert shown() == ("on", None)
        home.services["radarr"].error = Unreachable()
        await home.hear(Service.RADARR)
        assert shown() == ("off", "cannot_connect")
        home.services["radarr"].error = None
        await home.hear(Service.RADARR)
        assert shown() == ("on", None)


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (BadAnswer("the queue kept changing while it was read"), "bad_answer"),
        (NotJson("the answer is not JSON"), "wrong_service"),
        (Redirected("leads elsewhere"), "redirected"),
        (NotFound("not found"), "wrong_service"),
    ],
)
async def test_a_service_that_was_set_up_is_not_called_another(
    hass: HomeAssistant, tmp_path: Path, error: ClientError, shown: str
) -> None:
    """An answer that cannot be used does not make Radarr another program; a web page does."""
    async with running(hass, tmp_path, kinds=(Service.RADARR,)) as home:
        home.services["radarr"].error = error
        await home.hear(Service.RADARR)
        state = hass.states.get("binary_sensor.radarr_connection")
        assert state is not None
        assert (state.state, state.attributes["error"]) == ("off", shown)


def test_every_problem_has_a_text() -> None:
    """What the attribute can say is said in words."""
    spoken = under(
        read_table(PACKAGE / "translations" / "en.json"),
        "entity",
        "binary_sensor",
        "connectivity",
        "state_attributes",
        "error",
        "state",
    )
    kinds = [AuthError(), AuthError(banned=True), ServerBusy(), RateLimited(), TooOld("1.0")]
    plain = (BadAddress, BadAnswer, Forbidden, NotFound, NotJson, Redirected, TlsError)
    kinds += [kind("because") for kind in (*plain, Unreachable, WrongService, ReadOnly)]
    kinds.append(Refused(500))
    assert {survey_error_key(kind) for kind in kinds} == set(spoken)


async def test_a_survey_that_broke_is_not_called_fine(hass: HomeAssistant, tmp_path: Path) -> None:
    """A bug of ours must not look like a service that answers and has nothing to say."""
    async with running(hass, tmp_path, kinds=(Service.RADARR,)) as home:
        with patch.object(home.services["radarr"], "survey", side_effect=KeyError("bug")):
            assert await home.hub.survey() == {"radarr": "unknown"}
        state = hass.states.get("binary_sensor.radarr_connection")
        assert state is not None
        assert state.state == "off"
        assert await home.hub.survey() == {"radarr": "ok"}


async def test_a_webhook_that_went_missing_is_noticed_without_an_outage(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """Somebody removes it while the service goes on answering: a few hours later it shows."""
    options = {"webhook_base_url": "http://ha.lan:8123"}
    async with running(hass, tmp_path, kinds=(Service.RADARR,), options=options) as home:
        missing = AsyncMock(return_value=WebhookState.MISSING)
        with patch.object(home.services["radarr"], "webhook_state", missing):
            await home.hear(Service.RADARR)
            assert not missing.called
            freezer.tick(timedelta(hours=7))
            await home.hear(Service.RADARR)
            await hass.async_block_till_done(wait_background_tasks=True)
        state = hass.states.get("binary_sensor.radarr_connection")
        assert state is not None
        assert state.attributes["webhook"] == "missing"


async def test_attributes_are_few_and_calm(hass: HomeAssistant, tmp_path: Path) -> None:
    """Nothing that changes with every survey or push is an attribute."""
    async with running(hass, tmp_path, kinds=(Service.RADARR,)) as home:
        before = hass.states.get("binary_sensor.radarr_connection")
        await home.hear(Service.RADARR)
        after = hass.states.get("binary_sensor.radarr_connection")
        assert before is not None
        assert after is not None
        assert set(after.attributes) == {"device_class", "friendly_name", "webhook", "error"}
        assert after.last_updated == before.last_updated


async def test_a_service_that_nobody_waits_for_is_looked_after(
    hass: HomeAssistant, tmp_path: Path
) -> None:
    """With nothing on its way there is no doorbell; an outage of Jellyfin still shows."""
    async with running(hass, tmp_path, kinds=(Service.JELLYFIN,)) as home:
        home.services["jellyfin"].error = Unreachable()
        async_fire_time_changed(hass, dt_util.utcnow() + timedelta(minutes=6))
        await hass.async_block_till_done(wait_background_tasks=True)
        state = hass.states.get("binary_sensor.jellyfin_connection")
        assert state is not None
        assert state.state == "off"
