"""Let people try again what a deletion could not do."""

from typing import TYPE_CHECKING, override

from homeassistant.components.repairs import RepairsFlowResult

from ..confirm_flow import ConfirmThenActFlow
from .brakes import DeletionRefused

if TYPE_CHECKING:
    from ..hub import Hub


class DeletionRepairFlow(ConfirmThenActFlow):
    """Try again for another day; the report stays until everything is gone."""

    @override
    async def _act(self, hub: Hub) -> RepairsFlowResult:
        job_id = str((self.data or {}).get("job_id"))
        try:
            await hub.deletions.retry(job_id, source="user")
        except DeletionRefused as err:
            return self.async_abort(reason=f"refused_{err.code}")
        return self.async_abort(reason="tried")
