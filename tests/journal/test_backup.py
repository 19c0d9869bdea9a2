"""Home Assistant's backups find a database that stands still and come to an end."""

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.media_status.backup import async_post_backup, async_pre_backup
from custom_components.media_status.const import DOMAIN
from custom_components.media_status.journal import Batch, Journal
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from .builders import a_request, opened, opening


@pytest.fixture
async def journal(hass: HomeAssistant, tmp_path: Path) -> AsyncIterator[Journal]:
    """Open a journal and load an entry that owns it."""
    entry = MockConfigEntry(domain=DOMAIN)
    entry.add_to_hass(hass)
    async with opened(tmp_path / "j.db") as (journal, _):
        entry.runtime_data = SimpleNamespace(journal=journal)
        entry.mock_state(hass, ConfigEntryState.LOADED)
        yield journal
        entry.mock_state(hass, ConfigEntryState.NOT_LOADED)


async def test_a_backup_copies_a_file_that_stands_still(
    hass: HomeAssistant, journal: Journal
) -> None:
    """From before to after the backup writes succeed and the file does not change."""
    await async_pre_backup(hass)
    still = journal.path.read_bytes()
    # SQLite would fold a log of this size into the file by itself.
    many = [a_request(number, overview="x" * 2000) for number in range(1, 1500)]
    await journal.write(Batch(changes=[opening(request) for request in many]))
    assert journal.path.read_bytes() == still
    await async_post_backup(hass)
    assert journal.path.read_bytes() != still
    assert await journal.request("request-1") is not None


async def test_a_backup_learns_of_a_journal_that_fails(
    hass: HomeAssistant, journal: Journal
) -> None:
    """A journal that cannot be held still fails the backup instead of spoiling it."""
    await journal.close()
    with pytest.raises(HomeAssistantError):
        await async_pre_backup(hass)
    with pytest.raises(HomeAssistantError):
        await async_post_backup(hass)


async def test_a_backup_without_a_journal_goes_on(hass: HomeAssistant) -> None:
    """Where the integration is not loaded there is nothing to hold still."""
    MockConfigEntry(domain=DOMAIN).add_to_hass(hass)
    await async_pre_backup(hass)
    await async_post_backup(hass)
