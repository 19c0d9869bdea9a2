"""Somebody changes or removes our webhook: noticed, repaired, reported, never fought over."""

from collections.abc import AsyncIterator
from datetime import timedelta
import json
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.media_status.connections.base import WebhookState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from simulator import Simulator

from .household import Household, running
from .twin import TwinHousehold, twin, webhook_id
from .webhook_owner import AUTH, core_template, owner

URLS = {"webhook_base_url": "http://ha.lan:8123"}


class Slot:
    """A service's webhook: how it stands, and how often it was looked at and put back."""

    def __init__(self, home: Household, monkeypatch: pytest.MonkeyPatch) -> None:
        """Stand in for Radarr's."""
        self.state = WebhookState.MISSING
        self.looks = self.repairs = 0
        connection = home.services["radarr"]
        monkeypatch.setattr(connection, "webhook_state", self._look)
        monkeypatch.setattr(connection, "ensure_webhook", self._ensure)

    async def _look(self, target: object) -> WebhookState:
        self.looks += 1
        return self.state

    async def _ensure(self, target: object, *, take_over: bool = False) -> WebhookState:
        self.repairs += self.state is not WebhookState.OURS
        self.state = WebhookState.OURS
        return self.state


def reports(hass: HomeAssistant) -> set[str]:
    """Return the reports that stand."""
    return {key for domain, key in ir.async_get(hass).issues if domain == "media_status"}


async def an_hour_later(home: Household, freezer: FrozenDateTimeFactory, hours: float = 1) -> None:
    """Let time pass, and the surveys that belong to it."""
    freezer.tick(timedelta(hours=hours, seconds=1))
    await home.hub.survey(["radarr"])
    await home.hass.async_block_till_done(wait_background_tasks=True)


async def test_it_is_put_back_within_an_hour(
    hass: HomeAssistant,
    tmp_path: Path,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without an outage and a restart, and not with every survey."""
    async with running(hass, tmp_path, options={**URLS, "manage_webhooks": True}) as home:
        slot = Slot(home, monkeypatch)
        await an_hour_later(home, freezer)
        assert (slot.state, slot.repairs) == (WebhookState.OURS, 1)
        slot.state, looks = WebhookState.MISSING, slot.looks
        await home.hub.survey(["radarr"])
        await hass.async_block_till_done(wait_background_tasks=True)
        assert slot.looks == looks
        await an_hour_later(home, freezer)
        assert (slot.state, slot.repairs) == (WebhookState.OURS, 2)
        assert reports(hass) == set()


async def test_what_happened_without_it_is_asked_for(
    hass: HomeAssistant,
    tmp_path: Path,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Until it stood, nobody told us; once it stands, the next survey can wait."""
    async with running(hass, tmp_path, options={**URLS, "manage_webhooks": True}) as home:
        slot, radarr = Slot(home, monkeypatch), home.hub.connections["radarr"]

        def wait() -> timedelta:
            assert radarr.next_survey_at is not None
            return radarr.next_survey_at - dt_util.utcnow()

        await an_hour_later(home, freezer)
        assert (slot.repairs, wait()) == (1, timedelta(seconds=1))
        freezer.tick(timedelta(seconds=2))
        async_fire_time_changed(hass)
        await hass.async_block_till_done(wait_background_tasks=True)
        assert wait() > timedelta(seconds=20)
        await an_hour_later(home, freezer)
        assert (slot.repairs, wait() > timedelta(seconds=20)) == (1, True)


async def test_what_does_not_stay_is_reported(
    hass: HomeAssistant,
    tmp_path: Path,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Three times within a day; the report goes when it has stayed for a day."""
    async with running(hass, tmp_path, options={**URLS, "manage_webhooks": True}) as home:
        slot = Slot(home, monkeypatch)
        await an_hour_later(home, freezer)
        for state in (WebhookState.MISSING, WebhookState.BROKEN, WebhookState.MISSING):
            assert reports(hass) == set()
            slot.state = state
            await an_hour_later(home, freezer)
        assert reports(hass) == {"webhook_drift_radarr"}
        await an_hour_later(home, freezer)
        assert reports(hass) == {"webhook_drift_radarr"}
        await an_hour_later(home, freezer, 24)
        assert reports(hass) == set()


async def test_slow_drift_is_no_report(
    hass: HomeAssistant,
    tmp_path: Path,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Somebody who tries something every other day is not a fight."""
    async with running(hass, tmp_path, options={**URLS, "manage_webhooks": True}) as home:
        slot = Slot(home, monkeypatch)
        await an_hour_later(home, freezer)
        for _ in range(5):
            slot.state = WebhookState.MISSING
            await an_hour_later(home, freezer, 48)
            assert slot.state is WebhookState.OURS
        assert reports(hass) == set()


@pytest.fixture
async def home(
    hass: HomeAssistant,
    tmp_path: Path,
    hass_client_no_auth: ClientSessionGenerator,
    socket_enabled: None,
) -> AsyncIterator[TwinHousehold]:
    """Return a household whose webhooks stand."""
    assert await async_setup_component(hass, "diagnostics", {})
    sim = Simulator(seed=1, services=("seerr", "radarr"))
    async with sim, twin(hass, sim, tmp_path, hass_client_no_auth) as found:
        yield found


async def test_a_moved_service_is_left_tidy(home: TwinHousehold) -> None:
    """Reconfigured to another address, the old server calls us no more."""
    row = next(iter(home.sim.radarr.notifications.rows.values()))
    assert webhook_id("radarr") in str(row.field("url"))
    subentry = home.entry.subentries["radarr"]
    home.hass.config_entries.async_update_subentry(
        home.entry, subentry, data={**subentry.data, "url": "http://127.0.0.1:9"}
    )
    await home.hass.async_block_till_done(wait_background_tasks=True)
    assert not home.sim.radarr.notifications.rows


async def test_a_free_webhook_taken_later_is_left_to_the_person(home: TwinHousehold) -> None:
    """Nobody was asked about the newcomer, so it is not touched."""
    slot = home.sim.seerr.slot
    slot.register("http://127.0.0.1:9/api/webhook/core", types=222, template=core_template())
    stored = slot.stored
    coordinator = home.hub.connections["seerr"]
    await coordinator.keep_webhook()
    assert coordinator.data.webhook is WebhookState.FOREIGN
    assert (slot.options["webhookUrl"], slot.stored) == (
        "http://127.0.0.1:9/api/webhook/core",
        stored,
    )
    assert reports(home.hass) == {"webhook_foreign_seerr"}


async def test_a_bug_report_holds_nothing_of_the_owner(
    hass: HomeAssistant, home: TwinHousehold, hass_client: ClientSessionGenerator
) -> None:
    """How passing on goes is told; the owner's address and key are not."""
    async with owner() as before:
        home.sim.seerr.slot.register(before.url, auth=AUTH, template=core_template())
        subentry = home.entry.subentries["seerr"]
        hass.config_entries.async_update_subentry(
            home.entry, subentry, data={**subentry.data, "take_over_webhook": True}
        )
        await hass.async_block_till_done()
        await home.survey()
        found = await get_diagnostics_for_config_entry(hass, hass_client, home.entry)
        text = json.dumps(found)
        for secret in (
            "canary-of-the-owner",
            "core-secret-id",
            str(before.url),
            webhook_id("seerr"),
        ):
            assert secret not in text
        assert '"forwarding": {"forwarded": 0' in text
