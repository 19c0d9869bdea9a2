"""Answer questions about requests and connections, for actions and websocket commands alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

import voluptuous as vol

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv, entity_registry as er
from homeassistant.helpers.service import async_get_config_entry

from .const import DOMAIN
from .entity import request_entity_id, shown_request_id
from .hub import Hub, MediaStatusConfigEntry
from .identity_json import identity_json
from .journal import JournalError
from .lifecycle.model import JsonObject, MediaType, Stage
from .lifecycle.request import Request
from .poster_links import PosterSize, poster_link
from .serialize import connection_json, facts_json, items_json, request_json, timeline_json

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 200
TIMELINE_LIMIT: Final = 500
# A page far behind the end is empty; numbers beyond SQLite's integers would be an error.
_MAX_OFFSET: Final = 2**31

FILTER_FIELDS: Final = {
    vol.Optional("open"): cv.boolean,
    vol.Optional("stage"): vol.All(
        lambda value: value if isinstance(value, list) else [value],
        [vol.In([stage.value for stage in Stage])],
    ),
    vol.Optional("media_type"): vol.In([kind.value for kind in MediaType]),
    vol.Optional("requested_by"): vol.All(cv.string, vol.Length(max=255)),
    vol.Optional("search"): vol.All(cv.string, vol.Length(max=255)),
    vol.Optional("limit", default=DEFAULT_LIMIT): vol.All(
        vol.Coerce(int), vol.Range(min=1, max=MAX_LIMIT)
    ),
    vol.Optional("offset", default=0): vol.All(vol.Coerce(int), vol.Range(min=0, max=_MAX_OFFSET)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFilter:
    """Say which requests are wanted; None means all."""

    is_open: bool | None = None
    stages: frozenset[str] | None = None
    media_type: str | None = None
    requested_by: str | None = None
    search: str | None = None
    limit: int = DEFAULT_LIMIT
    offset: int = 0

    @classmethod
    def parse(cls, data: Mapping[str, object]) -> Self:
        """Return the filter that validated fields (`FILTER_FIELDS`) describe."""
        stages = data.get("stage")
        limit, offset = data.get("limit"), data.get("offset")
        return cls(
            is_open=None if data.get("open") is None else bool(data["open"]),
            stages=frozenset(map(str, stages)) if isinstance(stages, list) and stages else None,
            media_type=_text(data.get("media_type")),
            requested_by=_text(data.get("requested_by")),
            search=_text(data.get("search")),
            limit=limit if isinstance(limit, int) else DEFAULT_LIMIT,
            offset=offset if isinstance(offset, int) else 0,
        )


class Reader:
    """Read for one person: administrators also see addresses and paths."""

    def __init__(
        self, hass: HomeAssistant, entry: MediaStatusConfigEntry, *, is_admin: bool
    ) -> None:
        """Initialize for a loaded entry."""
        self._hass = hass
        self._entry = entry
        self._hub = entry.runtime_data
        self._is_admin = is_admin

    def summary(self, request: Request) -> JsonObject:
        """Return a request as lists show it."""
        told = self._hub.explained(request)
        shown = request_json(
            request,
            sentence=told.sentence,
            advice=told.advice,
            next_check=told.next_check,
            watch_url=self._hub.watch_url(request),
            entity_id=request_entity_id(self._hass, self._entry, request.id),
            is_admin=self._is_admin,
        )
        return shown | {"poster_url": poster_link(self._hass, self._hub.connections, request)}

    def connections(self) -> list[JsonObject]:
        """Return how every connection stands."""
        return [
            connection_json(connection, is_admin=self._is_admin)
            for connection in self._hub.connections.values()
        ]

    def connection(self, connection_id: str) -> JsonObject | None:
        """Return how one connection stands; None when it is gone."""
        found = self._hub.connections.get(connection_id)
        return None if found is None else connection_json(found, is_admin=self._is_admin)

    async def page(self, wanted: RequestFilter) -> JsonObject:
        """Return a page of requests, newest first, and how many there are in all."""
        try:
            page = await self._hub.journal.requests(
                open=wanted.is_open,
                stage=wanted.stages,
                media_type=wanted.media_type,
                requested_by=wanted.requested_by,
                search=wanted.search,
                limit=wanted.limit,
                offset=wanted.offset,
            )
        except JournalError as err:
            raise history_unavailable() from err
        # What is in memory is never older than the row, and it knows the moment's explanation.
        live = self._hub.requests
        return {
            "requests": [self.summary(live.get(found.id, found)) for found in page.items],
            "total": page.total,
        }

    async def details(self, request_id: str) -> JsonObject:
        """Return a request with its items, their names everywhere, facts and timeline."""
        request = self._hub.requests.get(request_id)
        try:
            # Facts of ended requests are on disk only.
            stored = (
                None
                if request is not None and request.is_open
                else await self._hub.journal.request(request_id)
            )
            timeline = await self._hub.journal.timeline(request_id, limit=TIMELINE_LIMIT)
        except JournalError as err:
            raise history_unavailable() from err
        shown = request or stored
        if shown is None:
            raise request_not_found(request_id)
        known = stored or shown  # with its facts
        names = identity_json(known, self._hub.texts, is_admin=self._is_admin)
        return (
            self.summary(shown)
            | names
            | {
                "overview": shown.overview,
                "poster_url_large": poster_link(
                    self._hass, self._hub.connections, shown, PosterSize.LARGE
                ),
                "items": items_json(shown if shown.items else known),
                "facts": facts_json(known.facts.values(), is_admin=self._is_admin),
                "timeline": [
                    timeline_json(entry, self._hub.texts.happening(entry), is_admin=self._is_admin)
                    for entry in timeline
                ],
            }
        )


def loaded_entry(hass: HomeAssistant) -> MediaStatusConfigEntry:
    """Return the tracker's entry; raise `ServiceValidationError` while it is not set up."""
    entry: MediaStatusConfigEntry = async_get_config_entry(hass, DOMAIN, None)
    return entry


def request_of_entity(hass: HomeAssistant, entry: MediaStatusConfigEntry, entity_id: str) -> str:
    """Return the request that a sensor shows; raise `ServiceValidationError` for other entities."""
    found = er.async_get(hass).async_get(entity_id)
    request_id = None if found is None else shown_request_id(entry, found)
    if request_id is None:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="not_a_request",
            translation_placeholders={"entity_id": entity_id},
        )
    return request_id


def request_not_found(request_id: str) -> ServiceValidationError:
    """Return the error for an id that no request has."""
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="request_not_found",
        translation_placeholders={"request_id": request_id},
    )


async def async_journal_counts(hub: Hub) -> dict[str, int]:
    """Return the rows per table and the size of the journal; nothing when it cannot be read."""
    try:
        return dict(await hub.journal.counts())
    except JournalError:
        return {}


def history_unavailable() -> HomeAssistantError:
    """Return the error for a journal that cannot be read or written."""
    return HomeAssistantError(translation_domain=DOMAIN, translation_key="history_unavailable")


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
