"""Explain a report, and act on it once a person has confirmed."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING

import voluptuous as vol

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .journal_schema import JournalError

if TYPE_CHECKING:
    from .hub import Hub, MediaStatusConfigEntry


class ConfirmThenActFlow(RepairsFlow, ABC):
    """Show a report's own words, then act; only administrators get here."""

    async def async_step_init(
        self, user_input: Mapping[str, object] | None = None
    ) -> RepairsFlowResult:
        """Start with the explanation."""
        return await self.async_step_confirm()

    async def async_step_confirm(
        self, user_input: Mapping[str, object] | None = None
    ) -> RepairsFlowResult:
        """Explain, then act."""
        if user_input is None:
            issue = ir.async_get(self.hass).async_get_issue(DOMAIN, self.issue_id)
            return self.async_show_form(
                step_id="confirm",
                data_schema=vol.Schema({}),
                description_placeholders=None if issue is None else issue.translation_placeholders,
            )
        entries: list[MediaStatusConfigEntry] = self.hass.config_entries.async_loaded_entries(
            DOMAIN
        )
        if not entries:
            return self.async_abort(reason="unavailable")
        try:
            return await self._act(entries[0].runtime_data)
        except JournalError:
            return self.async_abort(reason="unavailable")

    @abstractmethod
    async def _act(self, hub: Hub) -> RepairsFlowResult:
        """Do what was confirmed; raise JournalError."""
