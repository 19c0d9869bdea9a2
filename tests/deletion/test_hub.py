"""Test deletions in the whole integration: set up, told, reloaded, unloaded."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import override

from custom_components.media_status.clients.guard import Removals
from custom_components.media_status.connections.shoko import ShokoConnection
from custom_components.media_status.connections_factory import create_connection
from custom_components.media_status.deletion.wishes import Wish
from custom_components.media_status.hub import HubEvent
from custom_components.media_status.lifecycle.deletion import DeletionOptions
from custom_components.media_status.lifecycle.model import Service, Stage
from homeassistant.core import HomeAssistant
from tests.household import Household, asked, managed, playable, running, settled
from tests.scripted import ScriptedConnection

from .house import a_film, services_with
from .shelf import ShelfConnection


class ShelfHousehold(Household):
    """A household whose services have a film on their shelves."""

    removals: set[Removals]

    @override
    def create(
        self,
        hass: HomeAssistant,
        kind: str,
        connection_id: str,
        data: Mapping[str, object],
        removals: Removals = Removals.OFF,
    ) -> ScriptedConnection:
        self.removals = {removals}
        if connection_id not in self.services:
            self.services[connection_id] = ShelfConnection(connection_id)
        return super().create(hass, kind, connection_id, data, removals)

    def fill(self, request_id: str) -> None:
        """Put the film of a request onto the shelves."""
        film = a_film()
        film.id = request_id
        film.service_ids = {"seerr": "11", "radarr": "7"}
        film.ids = self.request.ids
        for key, found in services_with(film).items():
            service = self.services[key]
            assert isinstance(service, ShelfConnection)
            service.shelf = found.shelf


async def deletions_done(hass: HomeAssistant) -> None:
    """Wait until nobody deletes anything."""
    while begun := [task for task in asyncio.all_tasks() if task.get_name() == "deletions"]:
        await asyncio.wait(begun)
    await settled(hass)


async def test_a_film_is_deleted_and_told(hass: HomeAssistant, tmp_path: Path) -> None:
    """Its sensor, the event and the listeners say so; it stays so after a reload."""
    options = {"deletion_mode": "on"}
    async with running(hass, tmp_path, options=options, household=ShelfHousehold) as home:
        assert isinstance(home, ShelfHousehold)
        assert home.removals == {Removals.ON}
        await home.hear(Service.SEERR, asked())
        await home.hear(Service.RADARR, managed())
        await home.hear(Service.JELLYFIN, playable())
        request_id = home.request.id
        assert not home.request.is_open
        home.fill(request_id)
        heard: list[HubEvent] = []
        home.hub.subscribe(heard.append)
        plan = await home.hub.deletions.preview([Wish(request_id=request_id)], DeletionOptions())
        assert plan.blockers == ()
        await home.hub.deletions.run(plan.id, source="user", user="Anna")
        await deletions_done(hass)
        codes = [change.code for event in heard for change in event.deletions]
        assert (codes[0], codes[-1]) == ("started", "ended")
        fired = [one.request.id for event in heard for one in event.fired if one.type == "deleted"]
        assert fired == [request_id]
        state = hass.states.get("sensor.media_status_dune")
        assert state is not None
        assert state.state == "deleted"
        await hass.config_entries.async_reload(home.entry.entry_id)
        await settled(hass)
        assert home.request.stage is Stage.DELETED


async def test_reloading_leaves_nothing_behind(hass: HomeAssistant, tmp_path: Path) -> None:
    """A job in its grace time goes over to the next life, with one timer."""
    options = {"deletion_mode": "on", "grace_minutes": 5}
    async with running(hass, tmp_path, options=options, household=ShelfHousehold) as home:
        assert isinstance(home, ShelfHousehold)
        await home.hear(Service.SEERR, asked())
        await home.hear(Service.RADARR, managed())
        home.fill(home.request.id)
        plan = await home.hub.deletions.preview(
            [Wish(request_id=home.request.id)], DeletionOptions()
        )
        job = await home.hub.deletions.run(plan.id, source="user")
        for _ in range(3):
            await hass.config_entries.async_reload(home.entry.entry_id)
            await settled(hass)
            found = home.hub.deletions.job_of(home.request.id)
            assert found == job
        await hass.config_entries.async_unload(home.entry.entry_id)
        await settled(hass)
        assert not [task for task in asyncio.all_tasks() if task.get_name() == "deletions"]


async def test_clients_are_armed_by_the_option(hass: HomeAssistant) -> None:
    """By default nothing can be removed, and never on behalf of another connection."""
    data: dict[str, object] = {"url": "http://service.local:1234", "api_key": "key"}
    for removals in Removals:
        connection = create_connection(hass, "shoko", "mine", data, removals)
        assert isinstance(connection, ShokoConnection)
        assert connection.client.removals is removals
        assert connection.client.instance == "mine"
    unarmed = create_connection(hass, "shoko", "mine", data)
    assert isinstance(unarmed, ShokoConnection)
    assert unarmed.client.removals is Removals.OFF
