"""Promise 2 in a real Home Assistant: what was answered 2xx survives `kill -9` the next instant."""

import asyncio
from pathlib import Path
import sqlite3

import orjson
import pytest

from simulator import Simulator
from simulator.hass_client import HassClient, HassRefusedError
from simulator.hass_process import PASSWORD, USER, HassProcess
from simulator.hass_wizard import add_tracker

pytestmark = pytest.mark.e2e

WISHES = 200
ENOUGH = 20  # answered before the power goes


def answered(sim: Simulator) -> set[str]:
    """Return the titles of the webhooks that Home Assistant answered with 200."""
    return {
        str(orjson.loads(push.body)["subject"])
        for push, status in sim.seerr.courier.sent
        if status == 200 and b"AUTO_APPROVED" in push.body
    }


async def kill_amid(sim: Simulator, hass: HassProcess) -> set[str]:
    """Let many ask at once, kill Home Assistant while it answers; return what it answered."""
    for number in range(WISHES):
        film = sim.world.add_title_movie(title=f"Wish {number}", year=2024, tmdb=5_000_000 + number)
        await sim.seerr.request(film, user="alice")
    async with asyncio.timeout(60):
        while len(answered(sim)) < ENOUGH:
            await asyncio.sleep(0)
    await hass.kill()
    await sim.settle()
    return answered(sim)


async def remembered(client: HassClient) -> set[str]:
    """Return the titles that the restarted Home Assistant knows, once it has set itself up."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await all_titles(client)
            except HassRefusedError:
                await asyncio.sleep(0.2)


async def all_titles(client: HassClient) -> set[str]:
    """Read every page of requests."""
    found: set[str] = set()
    while True:
        page = await client.command("media_status/requests", limit=100, offset=len(found))
        assert isinstance(page, dict)
        if not page["requests"]:
            return found
        found |= {f"{row['title']} ({row['year']})" for row in page["requests"]}


async def test_what_was_answered_survives(hass_folder: Path) -> None:
    """After the kill no service answers: only the journal can know what was asked."""
    hass = HassProcess(hass_folder)
    async with Simulator(stepped=False, seed=4) as sim:
        try:
            await hass.start()
            async with HassClient(hass.url) as client:
                await client.onboard(USER, PASSWORD)
                await add_tracker(client, sim, ["seerr"])
                await is_settled(client, hass_folder)
            promised = await kill_amid(sim, hass)
            await sim.down("seerr")

            await hass.start()
            async with HassClient(hass.url) as client:
                await client.sign_in(USER, PASSWORD)
                known = await remembered(client)
        finally:
            await hass.stop()
    assert len(promised) >= ENOUGH
    assert promised - known == set()
    assert "damaged" not in hass.log()
    await asyncio.to_thread(check_file, hass_folder / "media_status.db")


async def is_settled(client: HassClient, folder: Path) -> None:
    """Wait until Seerr has our webhook and Home Assistant has stored that the tracker exists."""
    entries = folder / ".storage" / "core.config_entries"
    async with asyncio.timeout(60):
        while True:
            found = await client.command("media_status/connections")
            assert isinstance(found, dict)
            is_set = all(row["webhook"] == "ours" for row in found["connections"])
            stored = await asyncio.to_thread(entries.read_text) if entries.exists() else ""
            if is_set and "media_status" in stored:
                return
            await asyncio.sleep(0.2)


def check_file(path: Path) -> None:
    """Ask SQLite whether the file is sound."""
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
