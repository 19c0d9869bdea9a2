"""Test how people start a sync, see how it goes, and read its report."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockUser, async_fire_time_changed
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.media_status.clients.errors import Unreachable
from custom_components.media_status.const import DOMAIN
from custom_components.media_status.library.progress import NOTIFICATION
from homeassistant.components.persistent_notification import _async_get_or_create_notifications
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.util import dt as dt_util

from ..test_services import Answer, call, rows
from .shelf import ShelfHousehold, film, shelves

FILMS = tuple(film(str(number), tmdb=1000 + number) for number in range(1, 6))
PRESS = ("button", "press", {"entity_id": "button.media_status_compare_libraries"})


async def test_the_action_answers_for_each_service(hass: HomeAssistant, tmp_path: Path) -> None:
    """It says what was read, linked and filled, and who could not be read."""
    async with shelves(hass, tmp_path) as home:
        home.put("radarr", *FILMS)
        shelf = home.shelf("jellyfin")
        shelf.fails_after, shelf.failure = 0, Unreachable()
        answer = await call(hass, "sync_library", full=True)
        told = {str(row["connection_id"]): row for row in rows(answer, "connections")}
        assert told["radarr"] | {"name": "Radarr", "scanned": 5, "errors": 0} == told["radarr"]
        assert (told["jellyfin"]["error"], told["jellyfin"]["errors"]) == ("cannot_connect", 1)
        assert answer["dry_run"] is False


async def test_the_report_is_read_in_pages(hass: HomeAssistant, tmp_path: Path) -> None:
    """Each finding once, with a sentence and what to do."""
    async with shelves(hass, tmp_path) as home:
        assert (await call(hass, "get_library_report"))["made_at"] is None
        home.put("radarr", *FILMS)
        await call(hass, "sync_library")
        seen: list[object] = []
        page: Answer = {"next": 0}
        while page["next"] is not None:
            page = await call(hass, "get_library_report", after=page["next"], limit=2)
            seen += [rows(finding, "sources")[0]["own_id"] for finding in rows(page, "findings")]
        assert seen == ["1", "2", "3", "4", "5"]
        assert page["counts"] == {"missing_in_library": 5}
        (finding,) = rows(page, "findings")
        assert finding["sentence"] == "Dune is in Radarr, and Jellyfin does not show it."
        assert finding["fix"] == {
            "kind": "look",
            "connection_id": "jellyfin",
            "sentence": "Have a look in Jellyfin.",
        }
        other = await call(hass, "get_library_report", code="duplicate")
        assert other["findings"] == []


async def test_what_nobody_named_is_told_by_its_number(hass: HomeAssistant, tmp_path: Path) -> None:
    """Seerr's list has no titles; the databases' own names are used for numbers."""
    async with shelves(hass, tmp_path) as home:
        home.put("seerr", film("1", tmdb=7, status="available", title=None))
        home.put("radarr", film("7", tmdb=8, imdb="tt0000001"))
        home.put("jellyfin", film("f", tmdb=8, imdb="tt0000002"))
        await call(hass, "sync_library")
        report = await call(hass, "get_library_report")
        assert {finding["sentence"] for finding in rows(report, "findings")} == {
            "Seerr calls the film with TMDB number 7 available, and nobody has it.",
            "The services disagree on the IMDb number of Dune: Radarr, Jellyfin",
            "Dune can be watched, and Seerr does not know that yet.",
        }


async def test_only_administrators_compare(
    hass: HomeAssistant, tmp_path: Path, hass_read_only_user: MockUser
) -> None:
    """Who may only look may not read everything that the household has."""
    async with shelves(hass, tmp_path):
        for action in ("sync_library", "get_library_report"):
            with pytest.raises(Unauthorized):
                await hass.services.async_call(
                    DOMAIN,
                    action,
                    {},
                    blocking=True,
                    return_response=True,
                    context=Context(user_id=hass_read_only_user.id),
                )


async def test_the_button_names_who_could_not_be_read(hass: HomeAssistant, tmp_path: Path) -> None:
    """Who pressed learns which services are missing; the others were read."""
    async with shelves(hass, tmp_path) as home:
        home.put("radarr", *FILMS)
        await hass.services.async_call(*PRESS, blocking=True)
        shelf = home.shelf("jellyfin")
        shelf.fails_after, shelf.failure = 0, Unreachable()
        with pytest.raises(HomeAssistantError) as raised:
            await hass.services.async_call(*PRESS, blocking=True)
        assert raised.value.translation_key == "sync_incomplete"
        assert raised.value.translation_placeholders == {"services": "Jellyfin"}


async def begun(home: ShelfHousehold) -> asyncio.Task[Answer]:
    """Let a sync begin that waits for Radarr's first page."""
    home.put("radarr", *FILMS)
    home.shelf("radarr").gate = asyncio.Event()
    task = asyncio.create_task(call(home.hass, "sync_library"))
    while (
        not all(
            read.is_over for key, read in home.hub.library.progress.reads.items() if key != "radarr"
        )
        or not home.hub.library.progress.reads
    ):
        await asyncio.sleep(0)
    return task


async def test_a_second_one_is_refused(hass: HomeAssistant, tmp_path: Path) -> None:
    """The first one goes on."""
    async with shelves(hass, tmp_path) as home:
        task = await begun(home)
        with pytest.raises(ServiceValidationError) as raised:
            await call(hass, "sync_library")
        assert raised.value.translation_key == "sync_running"
        gate = home.shelf("radarr").gate
        assert gate is not None
        gate.set()
        assert (await task)["dry_run"] is False


async def test_unloading_ends_a_sync(hass: HomeAssistant, tmp_path: Path) -> None:
    """Whoever waits is told; what was stored stays, and the next sync goes on from there."""
    async with shelves(hass, tmp_path) as home:
        task = await begun(home)
        assert await hass.config_entries.async_unload(home.entry.entry_id)
        with pytest.raises(HomeAssistantError) as raised:
            await task
        assert raised.value.translation_key == "sync_stopped"
        assert await hass.config_entries.async_setup(home.entry.entry_id)
        home.shelf("radarr").gate = None
        answer = await call(hass, "sync_library")
        assert sum(int(str(row["scanned"])) for row in rows(answer, "connections")) == len(FILMS)


async def test_a_long_sync_is_seen(
    hass: HomeAssistant,
    tmp_path: Path,
    hass_ws_client: WebSocketGenerator,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Subscribers are told each step; people see a notification, which goes away."""
    async with shelves(hass, tmp_path) as home:
        client = await hass_ws_client(hass)
        await client.send_json_auto_id({"type": "media_status/library", "subscribe": True})
        answer = await client.receive_json()
        assert answer["result"]["progress"]["running"] is False
        task = await begun(home)
        freezer.tick(timedelta(seconds=6))
        gate = home.shelf("radarr").gate
        assert gate is not None
        gate.set()
        shown = [""]
        while not task.done():
            known = _async_get_or_create_notifications(hass).get(NOTIFICATION)
            shown.append(known["message"] if known else "")
            await asyncio.sleep(0)
        assert any("Radarr: 2 of 5" in message for message in shown)
        assert NOTIFICATION not in _async_get_or_create_notifications(hass)
        phases: list[str | None] = []
        while not phases or phases[-1] is not None:
            phases.append((await client.receive_json())["event"]["phase"])
        assert list(dict.fromkeys(phases)) == ["reading", "joining", "filling", None]
        await client.send_json_auto_id(
            {"type": "media_status/library", "have": {"media_type": "movie", "tmdb": 1003}}
        )
        answer = await client.receive_json()
        assert answer["result"]["have"] == [
            {"connection_id": "radarr", "name": "Radarr", "own_id": "3", "is_there": True}
        ]


@pytest.mark.parametrize("is_wanted", [True, False])
async def test_every_night(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory, is_wanted: bool
) -> None:
    """At half past three, unless the household does not want it."""
    night = datetime(2026, 11, 22, 3, 29, 50, tzinfo=dt_util.get_default_time_zone())
    freezer.move_to(night)
    options = {"sync_library_nightly": is_wanted}
    async with shelves(hass, tmp_path, options=options) as home:
        home.put("radarr", *FILMS)
        freezer.tick(timedelta(seconds=20))
        async_fire_time_changed(hass, night + timedelta(seconds=20))
        await hass.async_block_till_done(wait_background_tasks=True)
        assert bool(home.shelf("radarr").tasks) is is_wanted
