"""Run a household that shares Seerr's only webhook with whoever had it before."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.media_status.connections.base import WebhookState
from custom_components.media_status.lifecycle.model import JsonObject
from custom_components.media_status.serialize import connection_json
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from simulator import Simulator, Title
from simulator.webhooks import Push as Sent

from .twin import TwinHousehold, twin, webhook_id
from .webhook_owner import AUTH, Owner, core_template

SERVICES = ("seerr", "radarr")

type Share = Callable[..., AbstractAsyncContextManager[TwinHousehold]]


@asynccontextmanager
async def shared(
    hass: HomeAssistant,
    path: Path,
    make_client: ClientSessionGenerator,
    before: Owner,
    *,
    version: str = "3.1.0",
    template: str | None = None,
    types: int = 4062,
) -> AsyncIterator[TwinHousehold]:
    """Run a household whose Seerr called `before`, which we have taken over by the user's word."""
    sim = Simulator(seed=1, services=SERVICES, versions={"seerr": version})
    async with sim:
        text = template or core_template()
        sim.seerr.slot.register(before.url, types=types, auth=AUTH, template=text)
        async with twin(hass, sim, path, make_client) as home:
            await decide(home, take_over=True)
            assert state(home) is WebhookState.OURS
            yield home


def seerr(home: TwinHousehold) -> ConfigSubentry:
    """Return the stored connection to Seerr."""
    return home.entry.subentries["seerr"]


def state(home: TwinHousehold) -> WebhookState:
    """Return how our webhook in Seerr stands."""
    return home.hub.connections["seerr"].data.webhook


def forwarding(home: TwinHousehold, *, is_admin: bool = True) -> JsonObject:
    """Return how passing on goes, as an administrator sees it."""
    found = connection_json(home.hub.connections["seerr"], is_admin=is_admin)["forwarding"]
    assert isinstance(found, dict)
    return found


def reports(home: TwinHousehold) -> dict[str, str | None]:
    """Return the reports about Seerr's webhook, with the texts they show."""
    issues = ir.async_get(home.hass).issues.items()
    return {key: issue.translation_key for (_, key), issue in issues if "webhook" in key}


def slot(sim: Simulator) -> tuple[object, int, bool, str]:
    """Return address, events, whether it is on, and template of Seerr's slot."""
    found = sim.seerr.slot
    return found.options["webhookUrl"], found.types, found.enabled, found.stored


async def decide(home: TwinHousehold, *, take_over: bool) -> None:
    """Let the user decide, as the form and the report do, and wait for what follows."""
    kept = {key: value for key, value in seerr(home).data.items() if key != "webhook_losses"}
    home.hass.config_entries.async_update_subentry(
        home.entry, seerr(home), data={**kept, "take_over_webhook": take_over}
    )
    await home.hass.async_block_till_done()
    await home.survey()


async def look(home: TwinHousehold) -> None:
    """Look at Seerr's webhook now, as it is done every hour."""
    await home.hub.connections["seerr"].keep_webhook()
    await home.settle()


def heat(home: TwinHousehold) -> Title:
    """Return a film to ask for."""
    return home.sim.world.add_title_movie(title="Heat", year=1995, tmdb=949)


def sent_to_us(home: TwinHousehold) -> list[Sent]:
    """Return what Seerr sent to our view."""
    ours = webhook_id("seerr")
    return [push for push, _ in home.sim.seerr.courier.sent if ours in push.url]
