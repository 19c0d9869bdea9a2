"""The promises of the design that need the whole integration: secrets, clean unload, cost."""

import asyncio
import contextlib
import gc
import json
import logging
from pathlib import Path
import threading

import pytest
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.media_status.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from simulator import Simulator

from .twin import SECRET, twin, webhook_id

pytestmark = pytest.mark.usefixtures("socket_enabled")

SERVICES = ("seerr", "radarr", "sonarr", "qbittorrent", "shoko", "jellyfin")


async def test_twenty_reloads_leave_nothing_behind(
    hass: HomeAssistant, tmp_path: Path, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """Promise 7: no task, timer, listener, thread, file, socket or remote webhook is left."""
    async with (
        Simulator(seed=1, services=SERVICES) as sim,
        twin(hass, sim, tmp_path, hass_client_no_auth) as home,
    ):
        film = sim.world.add_title_movie(title="Heat", year=1995, tmdb=949)
        request = await sim.seerr.request(film, user="alice")
        await sim.play(request, until="downloading")
        await home.survey()

        async def reload() -> tuple[int, int, int, int, int]:
            await hass.config_entries.async_reload(home.entry.entry_id)
            await home.survey()
            gc.collect()
            handles = [
                handle
                for handle in getattr(hass.loop, "_scheduled")  # noqa: B009 - the loop's timers
                if not handle.cancelled() and "media_status" in repr(handle)
            ]
            return (
                len(asyncio.all_tasks()),
                len(handles),
                len([t for t in threading.enumerate() if "media_status" in t.name]),
                len([path for path in _open_files() if "media_status" in path]),
                sum(hass.bus.async_listeners().values()),
            )

        counts = [await reload() for _ in range(20)]
        # A task that is about to end may be counted any time; what is left would be counted always.
        before, after = zip(*counts[:5], strict=True), zip(*counts[-5:], strict=True)
        left = [min(now) - max(then) for now, then in zip(after, before, strict=True)]
        assert max(left) <= 0, counts
        for arr in (sim.radarr, sim.sonarr):
            assert len(arr.notifications.rows) == 1


async def test_removing_a_connection_takes_its_webhook_along(
    hass: HomeAssistant, tmp_path: Path, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """The service no longer sends to an address that nobody answers."""
    async with (
        Simulator(seed=1, services=SERVICES) as sim,
        twin(hass, sim, tmp_path, hass_client_no_auth) as home,
    ):
        assert len(sim.radarr.notifications.rows) == 1
        hass.config_entries.async_remove_subentry(home.entry, "radarr")
        await home.settle()
        assert not sim.radarr.notifications.rows
        assert len(sim.sonarr.notifications.rows) == 1
        assert set(home.hub.connections) == set(sim.names()) - {"radarr"}


async def test_removing_the_integration_takes_everything_along(
    hass: HomeAssistant, tmp_path: Path, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """Webhooks, the journal's files, entities and reports go."""
    async with (
        Simulator(seed=1, services=SERVICES) as sim,
        twin(hass, sim, tmp_path, hass_client_no_auth) as home,
    ):
        await hass.config_entries.async_remove(home.entry.entry_id)
        await home.settle()
        assert not sim.radarr.notifications.rows
        assert not sim.sonarr.notifications.rows
        assert not await hass.async_add_executor_job(_journal_files, tmp_path)
        assert not [i for i in ir.async_get(hass).issues if i[0] == DOMAIN]
        assert not hass.states.async_all("sensor")


async def test_secrets_never_leave(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    tmp_path: Path,
    hass_client_no_auth: ClientSessionGenerator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Promise 6: no key, password, webhook id or secret in logs, states, diagnostics, issues."""
    caplog.set_level(logging.DEBUG)
    await async_setup_component(hass, "diagnostics", {})
    async with (
        Simulator(seed=1, services=SERVICES) as sim,
        twin(hass, sim, tmp_path, hass_client_no_auth) as home,
    ):
        canaries = {sim.api_key(name) for name in sim.names()} | {
            sim.qbittorrent.auth.password,
            SECRET,
            *(webhook_id(name) for name in sim.names()),
        }
        film = sim.world.add_title_movie(title="Heat", year=1995, tmdb=949)
        request = await sim.seerr.request(film, user="alice")
        await sim.follow(request).play()
        await home.survey()
        for name in sim.names():
            sim.faults(name).status = 500
        await home.hub.survey()
        for name in sim.names():
            sim.faults(name).status = None
            await sim.down(name)
        await home.hub.survey()
        diagnostics = await get_diagnostics_for_config_entry(hass, hass_client, home.entry)
        formatter = logging.Formatter()
        lines = [
            formatter.format(record)  # with tracebacks
            for record in caplog.records
            if "media_status" in record.name
            or (record.name.startswith("homeassistant") and record.levelno >= logging.INFO)
        ]
        said = {
            "log": "\n".join(lines),
            "states": repr([state.as_dict() for state in hass.states.async_all()]),
            "diagnostics": json.dumps(diagnostics),
            "issues": repr(list(ir.async_get(hass).issues.values())),
        }
        for place, text in said.items():
            leaked = {canary for canary in canaries if canary in text}
            assert not leaked, f"{len(leaked)} secrets in {place}"


async def test_calls_do_not_grow_with_requests(
    hass: HomeAssistant, tmp_path: Path, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """Promise 5: a cycle with thirty open requests costs no more calls than one with ten."""
    async with (
        Simulator(seed=1, services=SERVICES) as sim,
        twin(hass, sim, tmp_path, hass_client_no_auth) as home,
    ):
        spent: list[int] = []
        numbers = iter(range(900_000, 900_100))
        for more in (10, 20):
            for _ in range(more):
                number = next(numbers)
                film = sim.world.add_title_movie(title=f"Film {number}", year=2020, tmdb=number)
                await sim.seerr.request(film, user="alice")
            await home.survey()
            await home.survey()
            before = sim.calls.total()
            await home.hub.survey()
            spent.append(sim.calls.total() - before)
        assert len(home.hub.requests) == 30
        assert spent[1] <= spent[0]


def _open_files() -> list[str]:
    """Return what this process holds open."""
    found = []
    for link in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):  # closed meanwhile
            found.append(str(link.readlink()))
    return found


def _journal_files(path: Path) -> list[Path]:
    return list(path.glob("media_status.db*"))
