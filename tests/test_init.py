"""Setting up, and what can be wrong with the journal: promise 2 in a running Home Assistant."""

from contextlib import closing
from pathlib import Path
import sqlite3
import threading

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.media_status import JOURNAL_FILE, async_remove_config_entry_device
from custom_components.media_status.const import DOMAIN
from custom_components.media_status.deletion.desk import DeletionDesk
from custom_components.media_status.hub import Hub
from custom_components.media_status.journal import Journal, JournalError
from custom_components.media_status.lifecycle.model import Service, Stage
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from simulator import Simulator

from .household import asked, running
from .subentries import connect
from .twin import twin


def _damage(path: Path) -> None:
    """Overwrite the database with noise, as a dying disk does."""
    path.write_bytes(b"this was a database" * 4096)


def _age_forward(path: Path) -> None:
    """Let the database look as if a later version had written it."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 9999")


@pytest.mark.usefixtures("socket_enabled")
async def test_a_damaged_journal_is_rebuilt_from_the_services(
    hass: HomeAssistant, tmp_path: Path, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """It is set aside and reported; nothing is read as gone, and surveys find all again."""
    async with Simulator(seed=1) as sim, twin(hass, sim, tmp_path, hass_client_no_auth) as home:
        film = sim.world.add_title_movie(title="Heat", year=1995, tmdb=949)
        request = await sim.seerr.request(film, user="alice")
        await sim.play(request, until="downloading")
        await home.survey()
        assert home.stage(film) is Stage.DOWNLOADING
        await hass.config_entries.async_unload(home.entry.entry_id)
        await hass.async_add_executor_job(_damage, tmp_path / JOURNAL_FILE)
        assert await hass.config_entries.async_setup(home.entry.entry_id)
        await home.survey()
        assert home.stage(film) is Stage.DOWNLOADING
        assert ir.async_get(hass).async_get_issue(DOMAIN, "journal_set_aside") is not None
        kept = await hass.async_add_executor_job(_named, tmp_path, "*broken*")
        assert kept


def _named(path: Path, pattern: str) -> list[Path]:
    return list(path.glob(pattern))


async def test_a_journal_of_a_later_version_is_left_alone(
    hass: HomeAssistant, tmp_path: Path
) -> None:
    """Setting up fails with a clear reason, and the file stays as it is."""
    async with running(hass, tmp_path) as home:
        await hass.config_entries.async_unload(home.entry.entry_id)
        path = tmp_path / JOURNAL_FILE
        await hass.async_add_executor_job(_age_forward, path)
        before = await hass.async_add_executor_job(path.read_bytes)
        assert not await hass.config_entries.async_setup(home.entry.entry_id)
        assert home.entry.state is ConfigEntryState.SETUP_ERROR
        assert home.entry.error_reason_translation_key == "journal_too_new"
        assert await hass.async_add_executor_job(path.read_bytes) == before


async def test_a_journal_that_cannot_be_read_now_is_tried_again(
    hass: HomeAssistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A locked or unreadable file is not a damaged one."""

    async def locked(self: Journal, keep_since: object) -> None:
        raise JournalError("database is locked")

    hass.config.config_dir = str(tmp_path)
    monkeypatch.setattr(Journal, "open", locked)
    entry = MockConfigEntry(domain=DOMAIN, title="Media Status")
    entry.add_to_hass(hass)
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY


async def test_the_journal_is_closed_when_home_assistant_stops(
    hass: HomeAssistant, tmp_path: Path
) -> None:
    """Everything is in the one file then, so that a copy of it is whole."""
    async with running(hass, tmp_path) as home:
        await home.hear(Service.SEERR, asked())
        hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
        await hass.async_block_till_done()
        assert not await hass.async_add_executor_job(_named, tmp_path, f"{JOURNAL_FILE}-wal")


async def test_only_devices_of_former_connections_can_be_removed(
    hass: HomeAssistant, tmp_path: Path
) -> None:
    """The tracker's and the connections' own devices would come back."""
    async with running(hass, tmp_path) as home:
        devices = dr.async_get(hass)
        for device in dr.async_entries_for_config_entry(devices, home.entry.entry_id):
            assert not await async_remove_config_entry_device(hass, home.entry, device)
        former = devices.async_get_or_create(
            config_entry_id=home.entry.entry_id, identifiers={(DOMAIN, "a former connection")}
        )
        assert await async_remove_config_entry_device(hass, home.entry, former)


async def test_a_connection_that_cannot_be_called_does_not_stop_the_others(
    hass: HomeAssistant, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """An address that no request can carry is said once; the rest works."""
    hass.config.config_dir = str(tmp_path)
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Media Status",
        options={"manage_webhooks": False},
        subentries_data=[
            {
                "data": {"url": "not an address", "api_key": "x", "webhook_id": "0" * 64},
                "subentry_id": "radarr",
                "subentry_type": "radarr",
                "title": "Radarr",
                "unique_id": None,
            }
        ],
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert not entry.runtime_data.connections
    assert caplog.text.count("cannot be used") == 1
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_a_failed_setup_lets_go_of_the_journal(
    hass: HomeAssistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No thread and no open file outlive the attempt."""
    hass.config.config_dir = str(tmp_path)

    def fail(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(Hub, "restore", fail)
    entry = MockConfigEntry(domain=DOMAIN, title="Media Status")
    entry.add_to_hass(hass)
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert not [one for one in threading.enumerate() if "media_status" in one.name]


@pytest.mark.parametrize(
    ("part", "step"), [(Journal, "open"), (Hub, "restore"), (DeletionDesk, "start")]
)
async def test_a_connection_that_is_added_during_the_setup_is_not_lost(
    hass: HomeAssistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: type, step: str
) -> None:
    """People add one after the other, and each addition sets the entry up anew."""
    async with running(hass, tmp_path, (Service.SEERR,)) as home:
        proceed = getattr(part, step)
        added: list[str] = []

        async def add(*how: object) -> object:
            if not added:
                added.append(connect(hass, home.entry, "radarr").subentry_id)
            return await proceed(*how)

        monkeypatch.setattr(part, step, add)
        await hass.config_entries.async_reload(home.entry.entry_id)
        await hass.async_block_till_done()
        assert home.entry.state is ConfigEntryState.LOADED
        assert home.hub.connections.keys() == {"seerr", *added}
