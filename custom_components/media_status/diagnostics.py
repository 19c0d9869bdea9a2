"""Describe the tracker for a bug report, without secrets, addresses, paths and people."""

from typing import Final

from homeassistant.components.diagnostics import REDACTED, async_redact_data
from homeassistant.core import HomeAssistant

from .hub import MediaStatusConfigEntry
from .lifecycle.model import JsonObject, JsonValue
from .lifecycle.request import Request
from .queries import async_journal_counts
from .serialize import clean, connection_json, facts_json, items_json, request_attributes, timestamp

# Titles stay: without them no wrong match can be understood.
TO_REDACT: Final = frozenset(
    {
        "api_key",
        "username",
        "password",
        "webhook_id",
        "webhook_previous",
        "webhook_secret",
        "url",
        "public_url",
        "webhook_base_url",
        "path_prefixes",
        "requested_by",
        "jellyfin_url",
        "identity",
        "indexer",
    }
)
MAX_REQUESTS: Final = 50


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: MediaStatusConfigEntry
) -> JsonObject:
    """Return the entry, its connections, the journal's size and the newest open requests."""
    hub = entry.runtime_data
    requests = sorted(hub.requests.values(), key=lambda request: request.opened_at, reverse=True)
    stages: dict[str, int] = {}
    for request in requests:
        stages[request.stage.value] = stages.get(request.stage.value, 0) + 1
    open_requests = [request for request in requests if request.is_open]
    answer: JsonObject = {
        "entry": _entry(entry),
        "connections": [
            connection_json(connection, is_admin=False) for connection in hub.connections.values()
        ],
        "journal": dict(await async_journal_counts(hub)),
        "stages": dict(sorted(stages.items())),
        "open_requests": len(open_requests),
        "requests": [_request(request) for request in open_requests[:MAX_REQUESTS]],
    }
    redacted: JsonObject = async_redact_data(answer, TO_REDACT)
    return redacted


def _entry(entry: MediaStatusConfigEntry) -> JsonObject:
    """Return options and connections; an address is a secret wherever it stands."""
    return {
        "version": entry.version,
        "minor_version": entry.minor_version,
        "options": dict(entry.options),
        "subentries": [
            {"subentry_type": found.subentry_type, "data": dict(found.data)}
            for found in entry.subentries.values()
        ],
    }


def _request(request: Request) -> JsonObject:
    """Return what is needed to follow how the stage came about."""
    explanation = request.status.explanation
    facts: list[JsonValue] = facts_json(request.facts.values(), is_admin=False)
    return request_attributes(request, sentence=None, watch_url=None) | {
        "title": clean(request.name, 100),
        "ids": {"tmdb": request.ids.tmdb, "tvdb": request.ids.tvdb, "imdb": request.ids.imdb},
        "origin": request.origin.value,
        "stage": request.stage.value,
        "stage_since": timestamp(request.stage_since),
        "explanation": None if explanation is None else explanation.code,
        "is_guess": request.is_guess,
        "connections": dict.fromkeys(request.service_ids, REDACTED),
        "items": items_json(request),
        "facts": facts,
    }
