"""Learn from the journal what is usual in this household, and count how its requests ended."""

from datetime import datetime, timedelta
import logging
from typing import Final

from homeassistant.core import HomeAssistant

from .journal import Journal, JournalError
from .journal_lives import Totals
from .lifecycle.habits import NO_HABITS, Habits, learn

_LOGGER = logging.getLogger(__name__)

_AGAIN_AFTER: Final = timedelta(hours=6)


class Past:
    """What the requests teach that were followed to their end."""

    def __init__(self, hass: HomeAssistant, journal: Journal) -> None:
        """Initialize without knowing anything."""
        self._hass = hass
        self._journal = journal
        self._learned_at: datetime | None = None
        self.habits: Habits = NO_HABITS
        self.totals = Totals()

    def outdate(self) -> None:
        """Learn again when next asked: another request has ended."""
        self._learned_at = None

    async def learn(self, now: datetime) -> bool:
        """Read the journal when that is due; return whether anything may be different now."""
        if self._learned_at is not None and timedelta() <= now - self._learned_at < _AGAIN_AFTER:
            return False
        self._learned_at = now
        try:
            lives, totals = await self._journal.past()
        except JournalError as err:
            _LOGGER.debug("The history cannot be read yet: %s", err)
            self.outdate()
            return False
        self.totals = totals
        self.habits = await self._hass.async_add_executor_job(learn, lives)
        return True
