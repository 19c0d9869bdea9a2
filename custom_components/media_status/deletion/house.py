"""Say what deletions need of the hub, and what they tell it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from ..coordinator import ConnectionCoordinator
from ..journal import Journal
from ..journal_deletions import DeletionWrite
from ..lifecycle.deletion_job import Job
from ..lifecycle.request import Changes
from ..lifecycle.tracker import Tracker


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionChange:
    """What became of a deletion, in the log's codes, after the journal has it."""

    code: str  # "scheduled", "started", "step", "retried", "cancelled", "ended", "came_back"
    job: Job  # as it stands now
    step_id: str | None = None


class House(Protocol):
    """The hub, as deletions see it."""

    tracker: Tracker

    @property
    def hass(self) -> HomeAssistant:
        """Return Home Assistant."""

    @property
    def entry(self) -> ConfigEntry:
        """Return the config entry with its options."""

    @property
    def journal(self) -> Journal:
        """Return what remembers."""

    @property
    def connections(self) -> Mapping[str, ConnectionCoordinator]:
        """Return the connections by id."""

    async def record(self, changes: Changes, deletions: Sequence[DeletionWrite] = ()) -> None:
        """Store in one transaction, and tell what changed; JournalError if not stored yet."""

    def tell_deletions(self, changes: Sequence[DeletionChange]) -> None:
        """Tell everybody what became of deletions."""
