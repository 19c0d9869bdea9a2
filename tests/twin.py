"""Set up the integration against the simulator, over real sockets, webhooks included."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestClient
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.media_status.const import DOMAIN, KINDS, KINDS_WITHOUT_WEBHOOK
from custom_components.media_status.hub import Hub
from custom_components.media_status.lifecycle.model import Stage
from custom_components.media_status.lifecycle.request import Request
from homeassistant.config_entries import ConfigEntryState, ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from simulator import Simulator, Title

SECRET = "webhook-canary-77"


class TwinHousehold:
    """The integration and the simulator it is connected to."""

    def __init__(
        self,
        hass: HomeAssistant,
        sim: Simulator,
        client: TestClient[web.Request, web.Application],
        entry: MockConfigEntry,
    ) -> None:
        """Initialize before the setup."""
        self.hass = hass
        self.sim = sim
        self.client = client
        self.entry = entry

    @property
    def hub(self) -> Hub:
        """Return the running hub."""
        hub = self.entry.runtime_data
        assert isinstance(hub, Hub)
        return hub

    def request_for(self, title: Title) -> Request:
        """Return the newest request for a title."""
        found = [r for r in self.hub.requests.values() if r.ids.tmdb == title.tmdb]
        assert found, f"no request for {title.title}"
        return max(found, key=lambda request: request.opened_at)

    def stage(self, title: Title) -> Stage:
        """Return where the newest request for a title stands."""
        return self.request_for(title).stage

    async def settle(self) -> None:
        """Let every push arrive and everything begun end."""
        await self.sim.settle()
        await self.hass.async_block_till_done()

    async def survey(self) -> dict[str, str]:
        """Ask all services until nothing is left to read."""
        await self.settle()
        results = await self.hub.survey()
        for found in self.hub.connections.values():
            if found.is_healthy:
                await found.keep_webhook()
        while any(
            found.update_interval is not None and found.update_interval.total_seconds() <= 1
            for found in self.hub.connections.values()
        ):
            results = await self.hub.survey()
        await self.settle()
        return results


def webhook_id(name: str) -> str:
    """Return the webhook id that a connection of this name gets."""
    return name.encode().hex().ljust(64, "0")[:64]


def subentry(sim: Simulator, name: str) -> ConfigSubentryDataWithId:
    """Return the stored data of a connection to one of the simulator's services."""
    kind = next(kind for kind in KINDS if name.startswith(kind))
    data: dict[str, object] = {"url": sim.url(name), "verify_ssl": True}
    if kind == "qbittorrent":
        doors = sim.qbittorrent.auth
        data |= {"username": doors.username, "password": doors.password}
    else:
        data["api_key"] = sim.api_key(name)
    if kind not in KINDS_WITHOUT_WEBHOOK:
        data["webhook_id"] = webhook_id(name)
        if kind != "qbittorrent":
            data["webhook_secret"] = SECRET
    if name.endswith("4k"):
        data["serves_4k"] = True
    return ConfigSubentryDataWithId(
        subentry_id=name, subentry_type=kind, title=name.title(), unique_id=None, data=data
    )


@asynccontextmanager
async def twin(
    hass: HomeAssistant,
    sim: Simulator,
    path: Path,
    make_client: ClientSessionGenerator,
    options: Mapping[str, object] | None = None,
) -> AsyncIterator[TwinHousehold]:
    """Set the integration up with every service of the simulator; unload it in the end."""
    hass.config.config_dir = str(path)
    assert await async_setup_component(hass, DOMAIN, {})
    client = await make_client()
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Media Status",
        options={"webhook_base_url": str(client.make_url("")), **(options or {})},
        subentries_data=[subentry(sim, name) for name in sim.names()],
    )
    entry.add_to_hass(hass)
    home = TwinHousehold(hass, sim, client, entry)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await home.survey()
    try:
        yield home
    finally:
        if entry.state is ConfigEntryState.LOADED:
            await hass.config_entries.async_unload(entry.entry_id)
        await hass.async_block_till_done()
