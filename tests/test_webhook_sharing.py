"""Seerr's only webhook, shared with whoever had it before us, and given back."""

from collections.abc import AsyncIterator
from functools import partial
import json
from pathlib import Path

import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.media_status.connections.base import WebhookState
from custom_components.media_status.lifecycle.model import Stage
from homeassistant.core import HomeAssistant
from simulator import Simulator

from .twin import SECRET, twin
from .webhook_household import (
    SERVICES,
    Share,
    decide,
    forwarding,
    heat,
    look,
    reports,
    seerr,
    sent_to_us,
    shared,
    slot,
    state,
)
from .webhook_owner import AUTH, OWN_TEMPLATE, Owner, core_reads, core_template, owner

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.fixture
async def before() -> AsyncIterator[Owner]:
    """Return who had the webhook before us."""
    async with owner() as found:
        yield found


@pytest.fixture
def share(
    hass: HomeAssistant, tmp_path: Path, hass_client_no_auth: ClientSessionGenerator
) -> Share:
    """Return what runs a household that shares the webhook; see `shared`."""
    return partial(shared, hass, tmp_path, hass_client_no_auth)


@pytest.mark.parametrize("version", ["3.1.0", "3.2.0"])
async def test_the_owner_gets_every_byte(
    share: Share,
    before: Owner,
    version: str,
) -> None:
    """Home Assistant's own integration goes on reading what it asked for; we read the same."""
    async with share(before, version=version) as home:
        assert not before.letters  # our own tests are not passed on
        film = heat(home)
        await home.sim.seerr.request(film, user="alice")
        await home.settle()
        letter = await before.letter()
        assert letter.body == sent_to_us(home)[-1].body
        assert letter.path == "/api/webhook/core-secret-id"
        assert letter.headers["Content-Type"] == "application/json"
        assert letter.headers["Authorization"] == AUTH
        assert SECRET not in str(letter)
        read = core_reads(letter.body)
        assert read["media"]["tmdb_id"] == 949
        assert read["request"]["requested_by_username"] == "alice"
        assert home.stage(film) >= Stage.APPROVED
        assert home.request_for(film).requested_by == "alice"
        await home.hass.async_block_till_done(wait_background_tasks=True)
        assert forwarding(home)["forwarded"] == 1
        assert forwarding(home)["last_error"] is None


async def test_a_template_of_any_kind_is_kept(
    share: Share,
    before: Owner,
) -> None:
    """What we need stands beside it; the owner's own words stay what they were."""
    template = OWN_TEMPLATE
    async with share(before, template=template) as home:
        film = heat(home)
        await home.sim.seerr.request(film, user="alice")
        await home.settle()
        body = json.loads((await before.letter()).body)
        assert body["title"] == "Heat (1995)"
        assert body["event"] == "fixed"
        assert "@" in body["who"]
        assert home.request_for(film).title == "Heat"


async def test_only_what_the_owner_wanted(
    share: Share,
    before: Owner,
) -> None:
    """We need more events than the owner asked for; those are ours alone."""
    async with share(before, types=64) as home:
        bob = home.sim.world.add_user("bob", permissions=32)
        row = await home.sim.seerr.request(heat(home), user=bob.name)
        await home.settle()
        await home.sim.seerr.decline(row)
        await home.settle()
        assert json.loads((await before.letter()).body)["notification_type"] == "MEDIA_DECLINED"
        assert len(before.letters) == 1
        assert len(sent_to_us(home)) >= 2


async def test_a_test_from_seerrs_page_is_passed_on(
    share: Share,
    before: Owner,
) -> None:
    """Who presses the button there wants to know whether the owner still hears; ours stay here."""
    async with share(before) as home:
        trip = await home.hub.connections["seerr"].webhooks.test()
        assert trip.result == "works"
        assert not before.letters
        push = sent_to_us(home)[-1]
        assert await home.sim.seerr.courier.deliver(push) == 200
        assert (await before.letter()).body == push.body


@pytest.mark.parametrize("version", ["3.1.0", "3.2.0"])
@pytest.mark.parametrize("way", ["connection", "tracker", "decision"])
async def test_the_owner_gets_the_webhook_back(
    hass: HomeAssistant,
    tmp_path: Path,
    hass_client_no_auth: ClientSessionGenerator,
    before: Owner,
    way: str,
    version: str,
) -> None:
    """Address, key, events and template, when the connection goes or the user says so."""
    sim = Simulator(seed=1, services=SERVICES, versions={"seerr": version})
    async with sim:
        sim.seerr.slot.register(before.url, types=4062, auth=AUTH, template=OWN_TEMPLATE)
        found = (*slot(sim), sim.seerr.slot.options["authHeader"])
        async with twin(hass, sim, tmp_path, hass_client_no_auth) as home:
            await decide(home, take_over=True)
            assert slot(sim)[0] != before.url
            if way == "connection":
                hass.config_entries.async_remove_subentry(home.entry, "seerr")
                await hass.async_block_till_done(wait_background_tasks=True)
            elif way == "tracker":
                await hass.config_entries.async_remove(home.entry.entry_id)
            else:
                await decide(home, take_over=False)
                assert state(home) is WebhookState.FOREIGN
                assert "webhook_previous" not in seerr(home).data
                assert reports(home) == {}
            assert (*slot(sim), sim.seerr.slot.options["authHeader"]) == found
    assert not before.letters


async def test_a_restart_forgets_nobody(share: Share, before: Owner) -> None:
    """The first push after a start is passed on, before anything was checked."""
    async with share(before) as home:
        assert await home.hass.config_entries.async_reload(home.entry.entry_id)
        await home.sim.seerr.request(heat(home), user="alice")
        await home.settle()
        assert (await before.letter()).body == sent_to_us(home)[-1].body
        await home.survey()
        assert state(home) is WebhookState.OURS
        assert reports(home) == {}


async def test_it_is_noted_before_it_is_taken(
    hass: HomeAssistant,
    tmp_path: Path,
    hass_client_no_auth: ClientSessionGenerator,
    before: Owner,
) -> None:
    """Should we be killed in between, the owner is not lost; noting needs no reload."""
    sim = Simulator(seed=1, services=SERVICES)
    async with sim:
        sim.seerr.slot.register(before.url, auth=AUTH)
        async with twin(hass, sim, tmp_path, hass_client_no_auth) as home:
            sim.seerr.faults.on_write("refused", "/settings/notifications/webhook", times=None)
            await decide(home, take_over=True)
            hub = home.hub
            assert slot(sim)[0] == before.url
            assert seerr(home).data["webhook_previous"]["options"]["webhookUrl"] == before.url
            sim.seerr.faults.writes.clear()
            await look(home)
            assert state(home) is WebhookState.OURS
            assert home.hub is hub


async def test_it_is_not_fought_over(
    share: Share,
    before: Owner,
) -> None:
    """Taken from us once, it is taken back; twice, and the person decides anew."""
    async with share(before) as home:
        again = home.sim.seerr.slot
        again.register(before.url, types=222, template=core_template())
        await look(home)
        assert state(home) is WebhookState.OURS
        assert seerr(home).data["webhook_previous"]["types"] == 222
        assert reports(home) == {}

        again.register(before.url, types=222, template=core_template())
        left = slot(home.sim)
        await look(home)
        await home.survey()
        assert slot(home.sim) == left
        assert "take_over_webhook" not in seerr(home).data
        assert reports(home) == {"webhook_foreign_seerr": "webhook_contested"}

        await decide(home, take_over=True)
        assert state(home) is WebhookState.OURS
        assert reports(home) == {}


async def test_what_cannot_be_passed_on_is_not_taken(
    hass: HomeAssistant,
    tmp_path: Path,
    hass_client_no_auth: ClientSessionGenerator,
    before: Owner,
) -> None:
    """Only Seerr can fill in an address with variables; a list has no room for our part."""
    sim = Simulator(seed=1, services=SERVICES)
    async with sim:
        for address, variables, template in (
            (before.url + "/{{media_type}}", True, core_template()),
            (before.url, False, '["{{subject}}"]'),
            ("mailto:somebody", False, core_template()),
        ):
            sim.seerr.slot.register(address, template=template)
            sim.seerr.slot.options["supportVariables"] = variables
            found = slot(sim)
            async with twin(hass, sim, tmp_path, hass_client_no_auth) as home:
                await decide(home, take_over=True)
                assert state(home) is WebhookState.FOREIGN
                assert slot(sim) == found
                assert reports(home) == {"webhook_foreign_seerr": "webhook_unsharable"}
            await hass.config_entries.async_remove(home.entry.entry_id)
