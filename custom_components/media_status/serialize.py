"""Turn requests, facts, timelines and connections into JSON for people and programs.

Text from services is cut to a length here, and everything that shows the household's network or
disks is left to administrators.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
import re
from typing import TYPE_CHECKING, Final

from yarl import URL

from homeassistant.util import dt as dt_util

from .connections.text import clean_text
from .lifecycle.facts import Fact
from .lifecycle.forecast import Forecast
from .lifecycle.model import MOVIE, ItemKey, JsonObject, JsonValue, MediaType, Stage, Subject
from .lifecycle.request import Explanation, Request, TimelineEntry

if TYPE_CHECKING:
    from .coordinator import ConnectionCoordinator
    from .webhook_keeper import RoundTrip

MAX_TITLE: Final = 255
MAX_SENTENCE: Final = 255
MAX_WORD: Final = 64
MAX_URL: Final = 300  # bytes
MAX_MESSAGE: Final = 512
POSTER_HOSTS: Final = frozenset({"image.tmdb.org", "artworks.thetvdb.com"})
# While it stands there, the end of the download is news of its own.
DOWNLOADING: Final = frozenset({Stage.GRABBING, Stage.DOWNLOADING})
HIDDEN: Final = "…"
# Fields of facts that show the disks of the household.
_PATH_FIELDS: Final = frozenset({"path", "paths"})
# Bounded, so that no text makes the search slow.
_ADDRESS = re.compile(
    r"\b[a-z][a-z0-9+.-]{0,20}://[^\s\"'<>]+"  # any URL
    r"|\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b"  # IPv4
    r"|\[?\b(?:[0-9a-f]{1,4}:){4,}[0-9a-f:]+\]?(?::\d+)?"  # IPv6
    r"|\[?\b[0-9a-f]{1,4}(?::[0-9a-f]{1,4})*::[0-9a-f:]*\]?(?::\d+)?"  # IPv6, shortened
    r"|\b\d{0,8}[a-z][\w-]{0,62}(?:\.[\w-]{1,63}){0,8}:\d{2,5}\b",  # host:port
    re.IGNORECASE,
)
_PATH = re.compile(r"(?<![\w/])(?:[a-z]:\\|\\\\|/)[^\s\"'<>:|]*[^\s\"'<>:|\])]", re.IGNORECASE)


def clean(text: str, limit: int) -> str:
    """Return `text` on one line, encodable, and at most `limit` characters long."""
    return clean_text(text, limit) or ""


def clean_or_none(text: str | None, limit: int) -> str | None:
    """Return the cleaned text, or None where nothing is left of it."""
    return clean_text(text, limit)


def scrub(text: str) -> str:
    """Return `text` without addresses and paths of the household."""
    return _PATH.sub(HIDDEN, _ADDRESS.sub(HIDDEN, text))


def percent(progress: float | None) -> float | None:
    """Return a share of 0..1 as per cent with one decimal; 100 only when it is complete."""
    if progress is None:
        return None
    bounded = min(max(progress, 0.0), 1.0)
    return 100.0 if bounded == 1.0 else min(round(bounded * 100, 1), 99.9)


def timestamp(moment: datetime | None) -> str | None:
    """Return a moment in ISO form."""
    return None if moment is None else moment.isoformat()


def poster_url(request: Request) -> str | None:
    """Return the poster's address when it is on one of the two public picture hosts."""
    url = request.poster_url
    if not url or len(url) > MAX_URL:
        return None
    try:
        parsed = URL(url)
        is_public = parsed.scheme == "https" and parsed.host in POSTER_HOSTS
        has_extras = parsed.user is not None or parsed.explicit_port is not None
    except ValueError:
        return None
    return _short_url(str(parsed)) if is_public and not has_extras else None


def _short_url(url: str) -> str | None:
    """Return an address that is not too long; half an address would lead nowhere."""
    return url if len(url.encode("utf-8", "replace")) <= MAX_URL else None


def episodes(request: Request) -> JsonObject | None:
    """Return the counts of a series; None for a film."""
    if request.media_type is MediaType.MOVIE:
        return None
    return dict(request.status.counts.as_dict())


def request_attributes(
    request: Request, *, sentence: str | None, watch_url: str | None
) -> JsonObject:
    """Return the attributes of a request's sensor: small, stable, below 4 KiB together."""
    status = request.status
    return {
        "request_id": request.id,
        "media_type": request.media_type.value,
        "is_anime": request.is_anime,
        "year": request.year,
        "progress": percent(status.progress),
        "eta": timestamp(_eta(request)),
        "requested_by": clean_or_none(request.requested_by, MAX_WORD),
        "quality": clean_or_none(status.quality, MAX_WORD),
        "episodes": episodes(request),
        "stuck": status.stuck,
        # Everybody who may see the entity sees this, so reasons given by services are scrubbed.
        "explanation": clean_or_none(scrub(sentence), MAX_SENTENCE) if sentence else None,
        "jellyfin_url": _short_url(watch_url) if watch_url else None,
    }


def _eta(request: Request) -> datetime | None:
    """Return when it is likely to be ready; too little known of this household, the download."""
    status = request.status
    if status.ready is not None:
        return status.ready.at
    return status.eta if request.stage in DOWNLOADING else None


def request_json(
    request: Request,
    *,
    sentence: str | None,
    watch_url: str | None,
    entity_id: str | None,
    is_admin: bool,
    advice: str | None = None,
    next_check: datetime | None = None,
) -> JsonObject:
    """Return a request as lists show it."""
    if sentence and not is_admin:
        sentence = scrub(sentence)
    status = request.status
    attributes = request_attributes(request, sentence=sentence, watch_url=watch_url)
    reason = explanation_json(
        status.explanation, sentence, is_admin=is_admin, advice=advice, next_check=next_check
    )
    answer: JsonObject = {
        "title": clean(request.name, MAX_TITLE),
        "original_title": clean_or_none(request.original_title, MAX_TITLE),
        "origin": request.origin.value,
        "ids": {"tmdb": request.ids.tmdb, "tvdb": request.ids.tvdb, "imdb": request.ids.imdb},
        "seasons": list[JsonValue](sorted(request.seasons)),
        "is_4k": request.is_4k,
        "is_guess": request.is_guess,
        "is_open": request.is_open,
        "stage": request.stage.value,
        "stage_since": timestamp(request.stage_since),
        "created_at": timestamp(request.created_at),
        "opened_at": timestamp(request.opened_at),
        "available_at": timestamp(request.available_at),
        "ended_at": timestamp(request.ended_at),
        "forecast": _forecast(status.ready),
        "speed": status.speed,
        "size": status.size,
        "explanation": reason,
        "entity_id": entity_id,
    }
    return attributes | answer


def _forecast(ready: Forecast | None) -> JsonObject | None:
    """Return when a request is likely to be ready, with its range."""
    if ready is None:
        return None
    return {
        "at": timestamp(ready.at),
        "earliest": timestamp(ready.earliest),
        "latest": timestamp(ready.latest),
    }


def explanation_json(
    explanation: Explanation | None,
    sentence: str | None,
    *,
    is_admin: bool,
    advice: str | None = None,
    next_check: datetime | None = None,
) -> JsonObject | None:
    """Return an explanation with its sentence in the language of Home Assistant."""
    if explanation is None:
        return None
    return {
        "code": explanation.code,
        "sentence": clean_or_none(sentence, MAX_SENTENCE),
        "values": _values(explanation.values, is_admin=is_admin),
        "service": None if explanation.service is None else explanation.service.value,
        "since": timestamp(explanation.since),
        "at": timestamp(explanation.at),
        "needs_person": explanation.needs_person,
        "is_overdue": explanation.is_overdue,
        "advice": clean_or_none(advice, MAX_SENTENCE),
        "next_check": timestamp(next_check),
    }


def items_json(request: Request) -> list[JsonValue]:
    """Return what becomes watchable, in order, each with its stage."""
    stages = request.status.items
    return [
        {
            "item": key.label,
            "season": None if key == MOVIE else key.season,
            "number": None if key == MOVIE else key.number,
            "title": clean_or_none(request.item_titles.get(key), MAX_TITLE),
            "stage": stages[key].value if key in stages else None,
        }
        for key in sorted(request.items)
    ]


def facts_json(facts: Iterable[Fact], *, is_admin: bool) -> list[JsonValue]:
    """Return facts, oldest first; paths and addresses are for administrators."""
    ordered = sorted(facts, key=lambda fact: (fact.seen_at, fact.subject.key, fact.kind))
    return [
        {
            "subject": _subject(fact.subject),
            "connection_id": fact.connection_id,
            "service": fact.service.value,
            "kind": fact.kind.value,
            "value": _fields(fact.value, is_admin=is_admin),
            "seen_at": timestamp(fact.seen_at),
            "since": timestamp(fact.since),
            "via": fact.via.value,
        }
        for fact in ordered
    ]


def timeline_json(
    entry: TimelineEntry, sentence: str | None = None, *, is_admin: bool
) -> JsonObject:
    """Return one thing that happened to a request, with its sentence."""
    if sentence and not is_admin:
        sentence = scrub(sentence)
    return {
        "at": timestamp(entry.at),
        "code": entry.code,
        "sentence": clean_or_none(sentence, MAX_SENTENCE),
        "service": None if entry.service is None else entry.service.value,
        "values": _values(entry.values, is_admin=is_admin),
    }


def connection_json(coordinator: ConnectionCoordinator, *, is_admin: bool) -> JsonObject:
    """Return how a connection stands; its address is for administrators."""
    state = coordinator.data
    answer: JsonObject = {
        "connection_id": coordinator.connection_id,
        "name": clean(coordinator.subentry.title, MAX_TITLE),
        "kind": str(coordinator.kind),
        "is_healthy": coordinator.is_healthy,
        "version": state.version,
        "last_survey": _json(state.last_survey, is_admin=is_admin),
        "last_push_at": timestamp(state.last_push_at),
        "last_event": clean_or_none(state.last_event, MAX_WORD),
        "webhook": None if state.webhook is None else state.webhook.value,
        "listening": state.listening,
        "listening_since": timestamp(state.listening_since),
        "download_rate": state.download_rate,
        "error": state.error,
        "since": timestamp(state.since),
        "pushes_missed": coordinator.missed.count(dt_util.utcnow()),
        "forwarding": _forwarding_json(coordinator, is_admin=is_admin),
        "last_test": _test_json(coordinator),
    }
    if is_admin:
        answer["url"] = without_userinfo(str(coordinator.subentry.data.get("url", "")))
    return answer


def _forwarding_json(coordinator: ConnectionCoordinator, *, is_admin: bool) -> JsonObject | None:
    """Return how passing pushes on goes; None where nobody else gets them."""
    keeper = coordinator.webhooks
    if not keeper.is_sharing:
        return None
    state = keeper.forwarder.state
    answer: JsonObject = {
        "forwarded": state.forwarded,
        "failed": state.failed,
        "last_at": timestamp(state.last_at),
        "last_error": state.last_error,
    }
    if is_admin:
        answer["to"] = keeper.receiver
    return answer


def _test_json(coordinator: ConnectionCoordinator) -> JsonObject | None:
    """Return how the last round trip ended; None before the first."""
    trip = coordinator.webhooks.last_test
    return None if trip is None else round_trip_json(trip)


def round_trip_json(trip: RoundTrip) -> JsonObject:
    """Return how a round trip ended."""
    return {"at": timestamp(trip.at), "result": trip.result.value, "reason": trip.reason}


def without_userinfo(url: str) -> str | None:
    """Return a web address without user name, password, query and fragment; None for no address."""
    try:
        parsed = URL(url)
    except ValueError:
        return None
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        return None
    return str(parsed.with_user(None).with_query(None).with_fragment(None))


def _subject(subject: Subject) -> JsonObject:
    if subject.item is not None:
        return {"item": subject.item.label}
    return {} if subject.download is None else {"download": subject.download}


def _fields(value: object, *, is_admin: bool) -> JsonObject:
    """Return the fields of a frozen value class."""
    if not is_dataclass(value):
        return {}
    return {
        entry.name: _json(getattr(value, entry.name), is_admin=is_admin)
        for entry in fields(value)
        if is_admin or entry.name not in _PATH_FIELDS
    }


def _values(
    values: Mapping[str, JsonValue] | Mapping[str, str | int], *, is_admin: bool
) -> JsonObject:
    return {
        key: _json(value, is_admin=is_admin)
        for key, value in values.items()
        if is_admin or key not in _PATH_FIELDS
    }


def _json(value: object, *, is_admin: bool) -> JsonValue:
    """Return any value of ours as JSON."""
    match value:
        case None | bool() | int() | float():
            return value
        case Enum():
            return str(value.value)
        case str():
            return clean(value if is_admin else scrub(value[:MAX_MESSAGE]), MAX_MESSAGE)
        case datetime():
            return value.isoformat()
        case ItemKey():
            return value.label
        case Mapping():
            return {str(key): _json(entry, is_admin=is_admin) for key, entry in value.items()}
        case frozenset() | set():
            return [_json(entry, is_admin=is_admin) for entry in sorted(value)]
        case list() | tuple():
            return [_json(entry, is_admin=is_admin) for entry in value]
        case _:
            return str(value)
