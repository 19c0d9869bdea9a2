"""Offer the actions: read requests, ask now, try again, and say what a person knows better."""

from collections.abc import Awaitable, Callable
import logging
from typing import Final, cast

import voluptuous as vol

from homeassistant.const import ATTR_ENTITY_ID
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

from .const import DOMAIN
from .deletion.actions import async_setup_deletion_services
from .hub import MediaStatusConfigEntry
from .journal import JournalError
from .library.actions import async_setup_library_services
from .lifecycle.facts import Verdict
from .lifecycle.model import JsonObject
from .lifecycle.request import Request
from .queries import (
    FILTER_FIELDS,
    Reader,
    RequestFilter,
    history_unavailable,
    loaded_entry,
    request_not_found,
    request_of_entity,
)
from .retry import Attempt, async_retry, attempts_json
from .serialize import MAX_TITLE, clean

_LOGGER = logging.getLogger(__name__)

ATTR_REQUEST_ID: Final = "request_id"
ATTR_CONNECTIONS: Final = "connections"
ATTR_DRY_RUN: Final = "dry_run"
ATTR_IS_ANIME: Final = "is_anime"
ATTR_REASON: Final = "reason"

SERVICE_GET_REQUESTS: Final = "get_requests"
SERVICE_GET_REQUEST: Final = "get_request"
SERVICE_SURVEY: Final = "survey"
SERVICE_RETRY: Final = "retry"
SERVICE_MARK_AVAILABLE: Final = "mark_available"
SERVICE_MARK_FAILED: Final = "mark_failed"
SERVICE_SET_ANIME: Final = "set_anime"
SERVICE_FORGET: Final = "forget"

_REQUEST_FIELDS: Final = {
    vol.Exclusive(ATTR_REQUEST_ID, "request"): vol.All(cv.string, vol.Length(min=1, max=255)),
    vol.Exclusive(ATTR_ENTITY_ID, "request"): cv.entity_id,
}
GET_REQUESTS_SCHEMA: Final = vol.Schema(FILTER_FIELDS)
GET_REQUEST_SCHEMA: Final = vol.Schema(_REQUEST_FIELDS)
SURVEY_SCHEMA: Final = vol.Schema(
    {
        vol.Optional(ATTR_CONNECTIONS): vol.All(
            lambda value: value if isinstance(value, list) else [value], [cv.string]
        )
    }
)
RETRY_SCHEMA: Final = vol.Schema(
    {**_REQUEST_FIELDS, vol.Optional(ATTR_DRY_RUN, default=False): cv.boolean}
)
FORGET_SCHEMA: Final = vol.Schema(_REQUEST_FIELDS)
MARK_SCHEMA: Final = vol.Schema(
    {**_REQUEST_FIELDS, vol.Optional(ATTR_REASON): vol.All(cv.string, vol.Length(max=255))}
)
# Without a value the services decide again.
SET_ANIME_SCHEMA: Final = vol.Schema(
    {**_REQUEST_FIELDS, vol.Optional(ATTR_IS_ANIME): vol.Any(None, cv.boolean)}
)


async def _async_get_requests(call: ServiceCall) -> ServiceResponse:
    """Return a page of requests."""
    reader = await _async_reader(call, loaded_entry(call.hass))
    return _response(await reader.page(RequestFilter.parse(call.data)))


async def _async_get_request(call: ServiceCall) -> ServiceResponse:
    """Return one request with its items, facts and timeline."""
    entry = loaded_entry(call.hass)
    reader = await _async_reader(call, entry)
    return _response(await reader.details(_request_id(call, entry)))


async def _async_survey(call: ServiceCall) -> ServiceResponse:
    """Ask the services now; return how each answered."""
    hub = loaded_entry(call.hass).runtime_data
    names = call.data.get(ATTR_CONNECTIONS)
    wanted = None if names is None else _connection_ids(call, names)
    results = await hub.survey(wanted)
    return _response(
        {
            "connections": [
                {
                    "connection_id": connection_id,
                    "name": hub.connections[connection_id].subentry.title,
                    "kind": str(hub.connections[connection_id].kind),
                    "result": result,
                }
                for connection_id, result in results.items()
                if connection_id in hub.connections
            ]
        }
    )


async def _async_retry(call: ServiceCall) -> ServiceResponse:
    """Let the services do what gets a request moving; return what they did, or would do."""
    entry = loaded_entry(call.hass)
    hub = entry.runtime_data
    request_id = _request_id(call, entry)
    request = hub.tracker.requests.get(request_id)
    if request is None:
        raise _request_not_open(request_id)
    dry_run = bool(call.data[ATTR_DRY_RUN])
    attempts = await async_retry(hub, request, dry_run=dry_run)
    count = sum(len(attempt.actions) for attempt in attempts)
    if not count:
        raise _nothing_done(request, attempts)
    if not dry_run:
        user_id = call.context.user_id
        _LOGGER.info("User %s tried request %s again: %s actions", user_id, request_id, count)
    return _response(attempts_json(hub, attempts) | {"dry_run": dry_run})


def _nothing_done(request: Request, attempts: list[Attempt]) -> HomeAssistantError:
    """Return the error that says whether nothing can be done, or who did not answer."""
    silent = [found.coordinator.name for found in attempts if found.error is not None]
    if silent:
        return HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="survey_incomplete",
            translation_placeholders={"services": ", ".join(sorted(silent))},
        )
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="nothing_to_retry",
        translation_placeholders={"title": request.name},
    )


async def _async_mark_available(call: ServiceCall) -> ServiceResponse:
    """End the wait for a request because a person says that it is there."""
    return await _async_decide(call, Verdict.AVAILABLE)


async def _async_mark_failed(call: ServiceCall) -> ServiceResponse:
    """End the wait for a request because a person says that nothing will come of it."""
    return await _async_decide(call, Verdict.FAILED)


async def _async_decide(call: ServiceCall, verdict: Verdict) -> ServiceResponse:
    hub = loaded_entry(call.hass).runtime_data
    reason = call.data.get(ATTR_REASON)

    async def change(request_id: str) -> None:
        await hub.decide(request_id, verdict, reason, call.context.user_id)

    return await _async_change(call, change)


async def _async_forget(call: ServiceCall) -> ServiceResponse:
    """Remove a request with all that is known of it; return which it was."""
    entry = loaded_entry(call.hass)
    request_id = _request_id(call, entry)
    try:
        request = await entry.runtime_data.forget(request_id, call.context.user_id)
    except KeyError as err:
        raise request_not_found(request_id) from err
    except JournalError as err:
        raise history_unavailable() from err
    forgotten: JsonObject = {"request_id": request_id, "title": clean(request.name, MAX_TITLE)}
    return _response({"forgotten": forgotten})


async def _async_set_anime(call: ServiceCall) -> ServiceResponse:
    """Say whether a request is anime, or leave it to the services again."""
    hub = loaded_entry(call.hass).runtime_data

    async def change(request_id: str) -> None:
        await hub.set_anime(request_id, call.data.get(ATTR_IS_ANIME))

    return await _async_change(call, change)


async def _async_change(
    call: ServiceCall, change: Callable[[str], Awaitable[None]]
) -> ServiceResponse:
    """Change a request that is still known; return how it stands then."""
    entry = loaded_entry(call.hass)
    request_id = _request_id(call, entry)
    try:
        await change(request_id)
    except KeyError as err:
        raise _request_not_open(request_id) from err
    except JournalError as err:
        raise history_unavailable() from err
    request = entry.runtime_data.requests.get(request_id)
    reader = await _async_reader(call, entry)
    return _response({"request": None if request is None else reader.summary(request)})


def _request_not_open(request_id: str) -> ServiceValidationError:
    """Return the error for a request that is not, or no longer, open."""
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="request_not_open",
        translation_placeholders={"request_id": request_id},
    )


def _request_id(call: ServiceCall, entry: MediaStatusConfigEntry) -> str:
    """Return the request that the action is about."""
    if (request_id := call.data.get(ATTR_REQUEST_ID)) is not None:
        return str(request_id)
    if (entity_id := call.data.get(ATTR_ENTITY_ID)) is not None:
        return request_of_entity(call.hass, entry, str(entity_id))
    raise ServiceValidationError(translation_domain=DOMAIN, translation_key="request_missing")


def _connection_ids(call: ServiceCall, names: list[str]) -> list[str]:
    """Return the connections of these ids or names; a name may belong to several."""
    connections = loaded_entry(call.hass).runtime_data.connections
    found: dict[str, None] = {}
    for name in names:
        matching = [
            connection_id
            for connection_id, connection in connections.items()
            if name == connection_id or name.casefold() == connection.subentry.title.casefold()
        ]
        if not matching:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="connection_not_found",
                translation_placeholders={"name": name},
            )
        found.update(dict.fromkeys(matching))
    return list(found)


async def _async_reader(call: ServiceCall, entry: MediaStatusConfigEntry) -> Reader:
    """Return a reader for who called; automations are written by administrators."""
    user_id = call.context.user_id
    user = None if user_id is None else await call.hass.auth.async_get_user(user_id)
    is_admin = user_id is None or (user is not None and user.is_admin)
    return Reader(call.hass, entry, is_admin=is_admin)


def _response(answer: JsonObject) -> ServiceResponse:
    return cast("ServiceResponse", answer)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions, once for all entries."""
    for name, handler, schema, response in (
        (SERVICE_GET_REQUESTS, _async_get_requests, GET_REQUESTS_SCHEMA, SupportsResponse.ONLY),
        (SERVICE_GET_REQUEST, _async_get_request, GET_REQUEST_SCHEMA, SupportsResponse.ONLY),
        (SERVICE_SURVEY, _async_survey, SURVEY_SCHEMA, SupportsResponse.OPTIONAL),
    ):
        hass.services.async_register(DOMAIN, name, handler, schema, supports_response=response)
    for name, handler, schema in (
        (SERVICE_RETRY, _async_retry, RETRY_SCHEMA),
        (SERVICE_MARK_AVAILABLE, _async_mark_available, MARK_SCHEMA),
        (SERVICE_MARK_FAILED, _async_mark_failed, MARK_SCHEMA),
        (SERVICE_SET_ANIME, _async_set_anime, SET_ANIME_SCHEMA),
        (SERVICE_FORGET, _async_forget, FORGET_SCHEMA),
    ):
        async_register_admin_service(hass, DOMAIN, name, handler, schema, SupportsResponse.OPTIONAL)
    async_setup_deletion_services(hass)
    async_setup_library_services(hass)
