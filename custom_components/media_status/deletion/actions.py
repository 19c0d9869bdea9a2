"""Offer the actions that delete: show a plan, carry it out, call it off, try again."""

from collections.abc import Iterable, Mapping
import re
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
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_register_admin_service
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..hub import Hub
from ..journal import JournalError
from ..lifecycle.deletion import DeletionOptions
from ..lifecycle.deletion_job import Job
from ..lifecycle.model import ItemKey, JsonObject
from ..lifecycle.request import Request
from ..queries import history_unavailable, loaded_entry, request_not_found, request_of_entity
from .brakes import AUTOMATION, DeletionRefused
from .pages import connection_names
from .refusals import refusal
from .wishes import Wish
from .words import job_json, plan_json

SERVICE_PREVIEW_DELETION: Final = "preview_deletion"
SERVICE_DELETE_REQUEST: Final = "delete_request"
SERVICE_CANCEL_DELETION: Final = "cancel_deletion"

ATTR_REQUEST_ID: Final = "request_id"
ATTR_SEASONS: Final = "seasons"
ATTR_EPISODES: Final = "episodes"
ATTR_PLAN_ID: Final = "plan_id"
ATTR_JOB_ID: Final = "job_id"
ATTR_CONFIRM: Final = "confirm"
ATTR_DRY_RUN: Final = "dry_run"
ATTR_RETRY: Final = "retry"
USER: Final = "user"

_EPISODE = re.compile(r"s(\d{1,5})e(\d{1,5})", re.IGNORECASE)
_ID = vol.All(cv.string, vol.Length(min=1, max=255))


def _many(one: object) -> object:
    """Return a validator for one value or a list of them."""
    return vol.All(
        lambda value: value if isinstance(value, list) else [value],
        [one],
        vol.Length(min=1, max=500),
    )


def _episode(value: object) -> ItemKey:
    """Return the episode that a text like `S01E02` means."""
    found = _EPISODE.fullmatch(str(value).strip())
    if found is None:
        raise vol.Invalid("expected an episode such as S01E02")
    return ItemKey(int(found[1]), int(found[2]))


_WHAT: Final = {
    vol.Optional(ATTR_REQUEST_ID): _many(_ID),
    vol.Optional(ATTR_ENTITY_ID): cv.entity_ids,
    vol.Optional(ATTR_SEASONS): _many(vol.All(vol.Coerce(int), vol.Range(min=0, max=99_999))),
    vol.Optional(ATTR_EPISODES): _many(_episode),
    vol.Optional("delete_files", default=True): cv.boolean,
    vol.Optional("delete_torrents", default=True): cv.boolean,
    vol.Optional("delete_seeding", default=False): cv.boolean,
    vol.Optional("add_import_exclusion", default=False): cv.boolean,
    vol.Optional("remove_from_seerr", default=True): cv.boolean,
}
PREVIEW_SCHEMA: Final = vol.Schema(_WHAT)
DELETE_SCHEMA: Final = vol.Schema(
    {
        **_WHAT,
        vol.Exclusive(ATTR_PLAN_ID, "how"): _ID,
        vol.Exclusive(ATTR_CONFIRM, "how"): cv.boolean,
        vol.Exclusive(ATTR_RETRY, "how"): _ID,
        vol.Optional(ATTR_DRY_RUN, default=False): cv.boolean,
    }
)
CANCEL_SCHEMA: Final = vol.Schema(
    {
        vol.Exclusive(ATTR_JOB_ID, "which"): _ID,
        vol.Exclusive(ATTR_REQUEST_ID, "which"): _ID,
        vol.Exclusive(ATTR_ENTITY_ID, "which"): cv.entity_id,
    }
)


async def _async_preview(call: ServiceCall) -> ServiceResponse:
    """Return what would be deleted where, with every call; change nothing."""
    hub = _hub(call)
    plan = await _planned(call, hub)
    return _response(plan)


async def _planned(call: ServiceCall, hub: Hub) -> JsonObject:
    wishes = await _wishes(call, hub)
    try:
        plan = await hub.deletions.preview(wishes, _options(call.data), source=_source(call))
    except DeletionRefused as err:
        raise refusal(err) from err
    except JournalError as err:
        raise history_unavailable() from err
    return plan_json(hub.texts, plan, connection_names(hub))


async def _async_delete(call: ServiceCall) -> ServiceResponse:
    """Carry out a plan that was shown, or plan and carry out; or try what failed again."""
    hub = _hub(call)
    source, user = _source(call), await _user_name(call)
    try:
        if (job_id := call.data.get(ATTR_RETRY)) is not None:
            job = await hub.deletions.retry(str(job_id), source=source, user=user)
        else:
            plan_id = await _plan_to_run(call, hub)
            dry_run = bool(call.data[ATTR_DRY_RUN])
            job = await hub.deletions.run(plan_id, source=source, user=user, dry_run=dry_run)
    except DeletionRefused as err:
        raise refusal(err) from err
    except JournalError as err:
        raise history_unavailable() from err
    return _response(_job(hub, job))


async def _plan_to_run(call: ServiceCall, hub: Hub) -> str:
    """Return the plan that was shown, or that of a call which says that it is meant."""
    if (plan_id := call.data.get(ATTR_PLAN_ID)) is not None:
        return str(plan_id)
    if not call.data.get(ATTR_CONFIRM) and not call.data[ATTR_DRY_RUN]:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="deletion_unconfirmed"
        )
    return str((await _planned(call, hub))["plan_id"])


async def _async_cancel(call: ServiceCall) -> ServiceResponse:
    """Call off a deletion whose time has not come."""
    hub = _hub(call)
    job_id = call.data.get(ATTR_JOB_ID)
    if job_id is None:
        (request_id,) = _request_ids(call)
        job = hub.deletions.job_of(request_id)
        job_id = "" if job is None else job.id
    try:
        job = await hub.deletions.cancel(str(job_id), user=await _user_name(call))
    except DeletionRefused as err:
        raise refusal(err) from err
    except JournalError as err:
        raise history_unavailable() from err
    return _response(_job(hub, job))


def _job(hub: Hub, job: Job) -> JsonObject:
    return {"job": job_json(hub.texts, job, dt_util.utcnow(), connection_names(hub))}


async def _wishes(call: ServiceCall, hub: Hub) -> list[Wish]:
    """Return which requests are meant, and of series which episodes if not all."""
    seasons, episodes = call.data.get(ATTR_SEASONS), call.data.get(ATTR_EPISODES)
    wishes: list[Wish] = []
    for request_id in _request_ids(call):
        items: frozenset[ItemKey] | None = None
        if seasons is not None or episodes is not None:
            request = await _request(hub, request_id)
            items = _chosen(request, seasons or (), episodes or ())
        wishes.append(Wish(request_id=request_id, items=items))
    return wishes


async def _request(hub: Hub, request_id: str) -> Request:
    """Return a request with all its items, which ended ones have in the journal only."""
    try:
        found = hub.tracker.requests.get(request_id) or await hub.journal.request(request_id)
    except JournalError as err:
        raise history_unavailable() from err
    if found is None:
        raise request_not_found(request_id)
    return found


def _chosen(
    request: Request, seasons: Iterable[int], episodes: Iterable[ItemKey]
) -> frozenset[ItemKey]:
    """Return the chosen episodes; a season that the request does not have is an error."""
    wanted = set(seasons)
    items = {item for item in request.items if item.season in wanted}
    for season in wanted - {item.season for item in items}:
        items.add(ItemKey(season, -1))  # which no request has: it is refused with its reason
    return frozenset(items | set(episodes))


def _request_ids(call: ServiceCall) -> list[str]:
    entry = loaded_entry(call.hass)
    ids = call.data.get(ATTR_REQUEST_ID, [])
    entities = call.data.get(ATTR_ENTITY_ID, [])
    found = [str(one) for one in (ids if isinstance(ids, list) else [ids])]
    found += [
        request_of_entity(call.hass, entry, str(one))
        for one in (entities if isinstance(entities, list) else [entities])
    ]
    if not found:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="request_missing")
    return list(dict.fromkeys(found))


def _options(data: Mapping[str, object]) -> DeletionOptions:
    return DeletionOptions(
        delete_files=bool(data["delete_files"]),
        delete_torrents=bool(data["delete_torrents"]),
        delete_seeding=bool(data["delete_seeding"]),
        add_import_exclusion=bool(data["add_import_exclusion"]),
        remove_from_seerr=bool(data["remove_from_seerr"]),
    )


def _source(call: ServiceCall) -> str:
    """Return whether a person or an automation calls: only a person's call has a user."""
    return AUTOMATION if call.context.user_id is None else USER


async def _user_name(call: ServiceCall) -> str | None:
    if call.context.user_id is None:
        return None
    user = await call.hass.auth.async_get_user(call.context.user_id)
    return None if user is None else user.name


def _hub(call: ServiceCall) -> Hub:
    return loaded_entry(call.hass).runtime_data


def _response(answer: JsonObject) -> ServiceResponse:
    return cast("ServiceResponse", answer)


@callback
def async_setup_deletion_services(hass: HomeAssistant) -> None:
    """Register the actions, once for all entries."""
    for name, handler, schema, response in (
        (SERVICE_PREVIEW_DELETION, _async_preview, PREVIEW_SCHEMA, SupportsResponse.ONLY),
        (SERVICE_DELETE_REQUEST, _async_delete, DELETE_SCHEMA, SupportsResponse.OPTIONAL),
        (SERVICE_CANCEL_DELETION, _async_cancel, CANCEL_SCHEMA, SupportsResponse.OPTIONAL),
    ):
        async_register_admin_service(hass, DOMAIN, name, handler, schema, response)
