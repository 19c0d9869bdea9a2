"""Serve the report of the library to cards and panels, and the progress of a sync."""

from typing import Final

import voluptuous as vol

from homeassistant.components import websocket_api
from homeassistant.core import HomeAssistant, callback

from ..const import DOMAIN
from ..journal import JournalError
from ..lifecycle.model import JsonObject, MediaType, ProviderIds
from ..queries import history_unavailable, loaded_entry
from .actions import REPORT_FIELDS, async_report
from .lookup import look_up
from .progress import subscribe
from .words import connection_name, result_json

TYPE_LIBRARY: Final = f"{DOMAIN}/library"


@websocket_api.websocket_command(
    {
        vol.Required("type"): TYPE_LIBRARY,
        vol.Optional("subscribe", default=False): bool,
        vol.Optional("have"): {
            vol.Required("media_type"): vol.In([kind.value for kind in MediaType]),
            vol.Optional("tmdb"): vol.All(int, vol.Range(min=1, max=2**53)),
            vol.Optional("tvdb"): vol.All(int, vol.Range(min=1, max=2**53)),
            vol.Optional("imdb"): vol.All(str, vol.Length(min=1, max=32)),
        },
        **REPORT_FIELDS,
    }
)
@websocket_api.require_admin
@websocket_api.async_response
async def handle_library(
    hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: dict[str, object]
) -> None:
    """Send a page of the report with how a sync goes, then its progress until unsubscribed.

    With `have`, send instead who has a title.
    """
    hub = loaded_entry(hass).runtime_data
    message_id = int(str(msg["id"]))
    if isinstance(wanted := msg.get("have"), dict):
        ids = ProviderIds(tmdb=wanted.get("tmdb"), tvdb=wanted.get("tvdb"), imdb=wanted.get("imdb"))
        try:
            found = await look_up(hub.journal.library, MediaType(wanted["media_type"]), ids)
        except JournalError as err:
            raise history_unavailable() from err
        have: list[JsonObject] = [
            {
                "connection_id": one.source.connection_id,
                "name": connection_name(hub, one.source.connection_id),
                "own_id": one.source.own_id,
                "is_there": one.is_there,
            }
            for one in found
        ]
        connection.send_result(message_id, {"have": have})
        return
    code = msg.get("code")
    report = await async_report(
        hub, None if code is None else str(code), int(str(msg["after"])), int(str(msg["limit"]))
    )
    if msg["subscribe"]:

        @callback
        def told(progress: JsonObject) -> None:
            connection.send_event(message_id, progress)

        connection.subscriptions[message_id] = subscribe(hass, told)
    last = hub.library.last
    report["progress"] = hub.library.progress.as_json()
    report["last_sync"] = None if last is None else result_json(hub, last)
    connection.send_result(message_id, report)
