"""Offer the actions of the library: read everything, and show where services disagree."""

from typing import Final, cast

import voluptuous as vol

from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_register_admin_service

from ..const import DOMAIN
from ..hub import Hub
from ..journal import JournalError
from ..journal_library_report import read_report
from ..lifecycle.model import JsonObject
from ..queries import DEFAULT_LIMIT, MAX_LIMIT, history_unavailable, loaded_entry
from .sync import SyncResult, SyncRunningError, SyncStoppedError
from .words import connection_name, report_json, result_json

SERVICE_SYNC_LIBRARY: Final = "sync_library"
SERVICE_GET_LIBRARY_REPORT: Final = "get_library_report"
ATTR_FULL: Final = "full"
ATTR_DRY_RUN: Final = "dry_run"

FINDINGS: Final = (
    "missing_in_library",
    "episodes_missing_in_library",
    "unknown_to_managers",
    "seerr_wrong",
    "seerr_behind",
    "shoko_unmatched",
    "duplicate",
    "id_conflict",
    "request_differs",
)
REPORT_FIELDS: Final = {
    vol.Optional("code"): vol.In(FINDINGS),
    vol.Optional("after", default=0): vol.All(vol.Coerce(int), vol.Range(min=0, max=2**31)),
    vol.Optional("limit", default=DEFAULT_LIMIT): vol.All(
        vol.Coerce(int), vol.Range(min=1, max=MAX_LIMIT)
    ),
}
_SYNC_SCHEMA: Final = vol.Schema(
    {
        vol.Optional(ATTR_FULL, default=False): cv.boolean,
        vol.Optional(ATTR_DRY_RUN, default=False): cv.boolean,
    }
)
_REPORT_SCHEMA: Final = vol.Schema(REPORT_FIELDS)


async def async_sync(hub: Hub, *, is_full: bool = False, is_dry_run: bool = False) -> SyncResult:
    """Sync; raise HomeAssistantError in words for people when it cannot be done."""
    try:
        return await hub.library.run(is_full=is_full, is_dry_run=is_dry_run)
    except SyncRunningError as err:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="sync_running"
        ) from err
    except SyncStoppedError as err:
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="sync_stopped") from err
    except JournalError as err:
        raise history_unavailable() from err


def raise_unread(hub: Hub, result: SyncResult) -> None:
    """Raise HomeAssistantError naming the services that could not be read to the end."""
    names = [connection_name(hub, key) for key, source in result.sources.items() if source.error]
    if names:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="sync_incomplete",
            translation_placeholders={"services": ", ".join(sorted(names))},
        )


async def async_report(hub: Hub, code: str | None, after: int, limit: int) -> JsonObject:
    """Return a page of the last report."""
    try:
        page = await read_report(hub.journal.library, code=code, after=after, limit=limit)
    except JournalError as err:
        raise history_unavailable() from err
    return report_json(hub, page, limit)


async def _async_sync_library(call: ServiceCall) -> ServiceResponse:
    """Read what the services have; return what came of it, service by service."""
    hub = loaded_entry(call.hass).runtime_data
    result = await async_sync(
        hub, is_full=bool(call.data[ATTR_FULL]), is_dry_run=bool(call.data[ATTR_DRY_RUN])
    )
    return cast("ServiceResponse", result_json(hub, result))


async def _async_get_library_report(call: ServiceCall) -> ServiceResponse:
    """Return where the services disagree."""
    hub = loaded_entry(call.hass).runtime_data
    data = call.data
    report = await async_report(hub, data.get("code"), data["after"], data["limit"])
    return cast("ServiceResponse", report)


@callback
def async_setup_library_services(hass: HomeAssistant) -> None:
    """Register the actions, once for all entries."""
    for name, handler, schema, response in (
        (SERVICE_SYNC_LIBRARY, _async_sync_library, _SYNC_SCHEMA, SupportsResponse.OPTIONAL),
        (
            SERVICE_GET_LIBRARY_REPORT,
            _async_get_library_report,
            _REPORT_SCHEMA,
            SupportsResponse.ONLY,
        ),
    ):
        async_register_admin_service(hass, DOMAIN, name, handler, schema, response)
