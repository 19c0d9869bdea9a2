"""Serve cards and panels: pages of requests, one request in full, and everything as it changes."""

from typing import Final

import voluptuous as vol

from homeassistant.components import websocket_api
from homeassistant.core import HomeAssistant, callback

from .const import DOMAIN
from .deletion.pages import jobs_page, log_page
from .habits_json import statistics_json
from .journal import JournalError
from .library.websocket import handle_library
from .queries import (
    DEFAULT_LIMIT,
    FILTER_FIELDS,
    MAX_LIMIT,
    Reader,
    RequestFilter,
    history_unavailable,
    loaded_entry,
)
from .serialize import round_trip_json
from .subscription import Subscription

TYPE_SUBSCRIBE: Final = f"{DOMAIN}/subscribe"
TYPE_REQUESTS: Final = f"{DOMAIN}/requests"
TYPE_REQUEST: Final = f"{DOMAIN}/request"
TYPE_CONNECTIONS: Final = f"{DOMAIN}/connections"
TYPE_STATISTICS: Final = f"{DOMAIN}/statistics"
TYPE_DELETIONS: Final = f"{DOMAIN}/deletions"
TYPE_TEST_WEBHOOK: Final = f"{DOMAIN}/test_webhook"


@callback
def async_setup_websocket(hass: HomeAssistant) -> None:
    """Register the commands, once for all entries."""
    for command in (
        _subscribe,
        _requests,
        _request,
        _connections,
        _statistics,
        _deletions,
        handle_library,
        _test_webhook,
    ):
        websocket_api.async_register_command(hass, command)


@callback
@websocket_api.websocket_command({vol.Required("type"): TYPE_SUBSCRIBE})
def _subscribe(
    hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: dict[str, object]
) -> None:
    """Send all known requests and connections, then what changes, until unsubscribed."""
    message_id = _message_id(msg)
    subscription = Subscription(hass, connection, message_id)
    connection.subscriptions[message_id] = subscription.stop
    connection.send_result(message_id)
    subscription.start()


@websocket_api.websocket_command({vol.Required("type"): TYPE_REQUESTS, **FILTER_FIELDS})
@websocket_api.async_response
async def _requests(
    hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: dict[str, object]
) -> None:
    """Send a page of requests, newest first."""
    page = await _reader(hass, connection).page(RequestFilter.parse(msg))
    connection.send_result(_message_id(msg), page)


@websocket_api.websocket_command(
    {
        vol.Required("type"): TYPE_REQUEST,
        vol.Required("request_id"): vol.All(str, vol.Length(min=1, max=255)),
    }
)
@websocket_api.async_response
async def _request(
    hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: dict[str, object]
) -> None:
    """Send one request with its items, facts and timeline."""
    details = await _reader(hass, connection).details(str(msg["request_id"]))
    connection.send_result(_message_id(msg), details)


@callback
@websocket_api.websocket_command({vol.Required("type"): TYPE_CONNECTIONS})
def _connections(
    hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: dict[str, object]
) -> None:
    """Send how every connection stands."""
    connections = _reader(hass, connection).connections()
    connection.send_result(_message_id(msg), {"connections": connections})


@callback
@websocket_api.websocket_command({vol.Required("type"): TYPE_STATISTICS})
def _statistics(
    hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: dict[str, object]
) -> None:
    """Send how long every stage takes here, and how requests ended."""
    past = loaded_entry(hass).runtime_data.past
    connection.send_result(_message_id(msg), statistics_json(past.habits, past.totals))


@websocket_api.websocket_command(
    {
        vol.Required("type"): TYPE_DELETIONS,
        vol.Optional("log", default=False): bool,
        vol.Optional("job_id"): vol.All(str, vol.Length(min=1, max=255)),
        vol.Optional("request_id"): vol.All(str, vol.Length(min=1, max=255)),
        vol.Optional("before"): vol.Any(vol.All(str, vol.Length(max=255)), int),
        vol.Optional("limit", default=DEFAULT_LIMIT): vol.All(int, vol.Range(min=1, max=MAX_LIMIT)),
    }
)
@websocket_api.require_admin
@websocket_api.async_response
async def _deletions(
    hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: dict[str, object]
) -> None:
    """Send deletions, newest first, or with `log` all that was ever written down of them."""
    hub = loaded_entry(hass).runtime_data
    before, limit = msg.get("before"), int(str(msg["limit"]))
    job_id, request_id = _text(msg, "job_id"), _text(msg, "request_id")
    try:
        if msg["log"]:
            last = before if isinstance(before, int) else None
            answer = await log_page(hub, job_id=job_id, before=last, limit=limit)
        else:
            older = before if isinstance(before, str) else None
            answer = await jobs_page(hub, request_id=request_id, before=older, limit=limit)
    except JournalError as err:
        raise history_unavailable() from err
    connection.send_result(_message_id(msg), answer)


@websocket_api.websocket_command(
    {
        vol.Required("type"): TYPE_TEST_WEBHOOK,
        vol.Required("connection_id"): vol.All(str, vol.Length(min=1, max=255)),
    }
)
@websocket_api.require_admin
@websocket_api.async_response
async def _test_webhook(
    hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: dict[str, object]
) -> None:
    """Have a service send its test push; send whether it got here."""
    found = loaded_entry(hass).runtime_data.connections.get(str(msg["connection_id"]))
    if found is None:
        connection.send_error(_message_id(msg), websocket_api.ERR_NOT_FOUND, "no such connection")
        return
    trip = await found.webhooks.test()
    connection.send_result(_message_id(msg), round_trip_json(trip))


def _reader(hass: HomeAssistant, connection: websocket_api.ActiveConnection) -> Reader:
    return Reader(hass, loaded_entry(hass), is_admin=connection.user.is_admin)


def _message_id(msg: dict[str, object]) -> int:
    message_id = msg["id"]
    return message_id if isinstance(message_id, int) else 0


def _text(msg: dict[str, object], key: str) -> str | None:
    value = msg.get(key)
    return None if value is None else str(value)
