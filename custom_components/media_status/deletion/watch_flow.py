"""Let people say what only they know: that a loss is right, and that others shall follow."""

from typing import TYPE_CHECKING, override

from homeassistant.components.repairs import RepairsFlowResult
from homeassistant.helpers import issue_registry as ir

from ..clients.errors import ClientError
from ..confirm_flow import ConfirmThenActFlow
from ..const import DOMAIN
from .brakes import DeletionRefused
from .refusals import refusal

if TYPE_CHECKING:
    from ..hub import Hub


class VanishedRepairFlow(ConfirmThenActFlow):
    """Take what a service has now for all that it should have."""

    @override
    async def _act(self, hub: Hub) -> RepairsFlowResult:
        await hub.watch.accept(str((self.data or {}).get("connection_id")))
        return self.async_create_entry(data={})


class FollowRepairFlow(ConfirmThenActFlow):
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
