"""Let people say what only they know: that a loss is right, and that others shall follow."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, override

import voluptuous as vol

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.helpers import issue_registry as ir

from ..clients.errors import ClientError
from ..const import DOMAIN
from ..journal_schema import JournalError
from .brakes import DeletionRefused
from .refusals import refusal

if TYPE_CHECKING:
    from ..hub import Hub, MediaStatusConfigEntry


class _WatchRepairFlow(RepairsFlow, ABC):
    """Explain, then act on what a person confirms."""

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


class VanishedRepairFlow(_WatchRepairFlow):
    """Take what a service has now for all that it should have."""

    @override
    async def _act(self, hub: Hub) -> RepairsFlowResult:
        await hub.watch.accept(str((self.data or {}).get("connection_id")))
        return self.async_create_entry(data={})


class FollowRepairFlow(_WatchRepairFlow):
    """Let the other services follow, by a plan that is made anew."""

    @override
    async def _act(self, hub: Hub) -> RepairsFlowResult:
        try:
            job = await hub.watch.elsewhere.confirm(str((self.data or {}).get("request_id")))
        except DeletionRefused as err:
            if err.code == "title_is_back":
                ir.async_delete_issue(self.hass, DOMAIN, self.issue_id)
                return self.async_abort(reason="is_back")
            return self.async_abort(
                reason="refused", description_placeholders={"reason": str(refusal(err))}
            )
        except ClientError, TimeoutError:
            return self.async_abort(reason="no_answer")
        if job.is_dry_run:
            return self.async_abort(reason="rehearsed")
        return self.async_create_entry(data={})
