"""Let people try again what a deletion could not do."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import voluptuous as vol

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN
from ..journal_schema import JournalError
from .brakes import DeletionRefused

if TYPE_CHECKING:
    from ..hub import MediaStatusConfigEntry


class DeletionRepairFlow(RepairsFlow):
    """Try again for another day; the report stays until everything is gone."""

    async def async_step_init(
        self, user_input: Mapping[str, object] | None = None
    ) -> RepairsFlowResult:
        """Start with what is left and why."""
        return await self.async_step_confirm()

    async def async_step_confirm(
        self, user_input: Mapping[str, object] | None = None
    ) -> RepairsFlowResult:
        """Explain, then let the deletion go on."""
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
        job_id = str((self.data or {}).get("job_id"))
        try:
            for entry in entries:  # there is one; only administrators get here
                await entry.runtime_data.deletions.retry(job_id, source="user")
        except DeletionRefused as err:
            return self.async_abort(reason=f"refused_{err.code}")
        except JournalError:
            return self.async_abort(reason="refused_history")
        return self.async_abort(reason="tried")
