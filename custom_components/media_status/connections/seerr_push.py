"""Read what Seerr pushes: a body built from a template that anybody may have edited."""

from datetime import datetime
import re

from ..clients.readers import as_dict, as_id, as_objects, as_str
from ..lifecycle.facts import Ask, AskStatus, Observation, Opening, Origin, Statement
from ..lifecycle.model import JsonObject, JsonValue, MediaType, ProviderIds, Service, TitleRef, Via
from .arr_words import imdb_id, picture_url
from .base import Doorbell, Push
from .text import name_text, title_text

OWN_BLOCK = "home_assistant_media_status"
_YEAR = re.compile(r"^(.*\S)\s*\((\d{4})\)\s*$", re.DOTALL)
_IN_4K = re.compile(r"\b4K\b")
_NUMBER = re.compile(r"\d{1,5}", re.ASCII)
_MAX_SEASON = 100_000

_ASKS = {
    "MEDIA_PENDING": Ask(status=AskStatus.PENDING),
    "MEDIA_APPROVED": Ask(status=AskStatus.APPROVED),
    "MEDIA_AUTO_APPROVED": Ask(status=AskStatus.APPROVED),
    "MEDIA_DECLINED": Ask(status=AskStatus.DECLINED),
    "MEDIA_FAILED": Ask(status=AskStatus.FAILED),
    "MEDIA_AVAILABLE": Ask(status=AskStatus.COMPLETED, available=True),
}
# Known, and without meaning for a request's way.
_OTHERS = frozenset(
    {
        "TEST_NOTIFICATION",
        "MEDIA_AUTO_REQUESTED",
        "ISSUE_CREATED",
        "ISSUE_COMMENT",
        "ISSUE_RESOLVED",
        "ISSUE_REOPENED",
    }
)
_OPENING = frozenset({"MEDIA_PENDING", "MEDIA_APPROVED", "MEDIA_AUTO_APPROVED", "MEDIA_FAILED"})
_APPROVED = frozenset({"MEDIA_APPROVED", "MEDIA_AUTO_APPROVED"})
_TYPES = {
    "movie": MediaType.MOVIE,
    "tv": MediaType.SERIES,
    "series": MediaType.SERIES,
    "show": MediaType.SERIES,
}


def read_push(connection_id: str, payload: JsonObject, seen_at: datetime) -> Push:
    """Return what a body says; never raises for what it contains.

    Where the template is another's, what we need stands in a block of our own.
    """
    payload = as_dict(payload.get(OWN_BLOCK)) or payload
    event = name_text(payload.get("notification_type")) or "unknown"
    name = event.upper()
    ask = _ASKS.get(name)
    if ask is None:
        return Push(event=event, known=name in _OTHERS)
    title = _title(payload)
    observations: tuple[Observation, ...] = ()
    if title is not None:
        seen = Observation(
            connection_id=connection_id,
            service=Service.SEERR,
            via=Via.PUSH,
            seen_at=seen_at,
            statements=(Statement(value=ask),),
            title=title,
            opening=_opening(payload, title, seen_at) if name in _OPENING else None,
        )
        observations = (seen,)
    doorbells = {Doorbell.SELF}
    if name in _APPROVED:
        doorbells.add(Doorbell.MANAGERS)
    if ask.available:
        doorbells.add(Doorbell.LIBRARY)
    return Push(event=event, observations=observations, doorbells=frozenset(doorbells))


def _plain(value: JsonValue) -> str | None:
    """Return a template's value; what the sender did not know stays there as `{{...}}`."""
    text = as_str(value)
    return None if text is None or text.startswith("{{") else text


def _value(payload: JsonObject, block: str, *names: str) -> str | None:
    """Return the first known spelling of a value, from its block or from the top level."""
    for source in (as_dict(payload.get(block)), payload):
        for name in names:
            if (text := _plain(source.get(name))) is not None:
                return text
    return None


def _title(payload: JsonObject) -> TitleRef | None:
    """Return the title and Seerr's request id; None when a body does not tell the request.

    A title alone may mean several requests (4K beside HD, two seasons): only the bell rings then.
    """
    media_type = _media_type(payload)
    request_id = as_id(_value(payload, "request", "request_id", "requestId"))
    ids = ProviderIds(
        tmdb=as_id(_value(payload, "media", "tmdbId", "tmdb_id", "media_tmdbid")),
        tvdb=as_id(_value(payload, "media", "tvdbId", "tvdb_id", "media_tvdbid")),
        imdb=imdb_id(_value(payload, "media", "imdbId", "imdb_id", "media_imdbid")),
    )
    if media_type is None or request_id is None:
        return None
    title, year = split_subject(_plain(payload.get("subject")))
    image = picture_url(payload.get("image"))
    return TitleRef(
        media_type=media_type,
        ids=ids,
        service_id=str(request_id),
        title=title,
        year=year,
        overview=title_text(_plain(payload.get("message"))),
        poster_url=image if image and not image.endswith("null") else None,
    )


def _media_type(payload: JsonObject) -> MediaType | None:
    """Return the kind of title, guessed from the event's words when the template left it out."""
    said = _value(payload, "media", "media_type", "mediaType")
    if said is not None:
        return _TYPES.get(said.casefold())
    event = (_plain(payload.get("event")) or "").casefold()
    found = {kind for word, kind in _TYPES.items() if word in event.split()}
    return found.pop() if len(found) == 1 else None


def split_subject(subject: str | None) -> tuple[str | None, int | None]:
    """Return title and year of `Title (YYYY)`."""
    text = title_text(subject)
    match = _YEAR.match(text) if text else None
    if match is None:
        return text, None
    return match[1].strip(), as_id(match[2])


def _opening(payload: JsonObject, title: TitleRef, seen_at: datetime) -> Opening | None:
    """Return what was asked for; None when the template does not tell it all (the survey will)."""
    event = _plain(payload.get("event"))
    seasons = _seasons(payload)
    is_series = title.media_type is MediaType.SERIES
    if event is None or (is_series and not seasons):
        return None
    return Opening(
        origin=Origin.SEERR,
        created_at=seen_at,
        seasons=seasons if is_series else frozenset(),
        # Only the event's words tell it.
        is_4k=_IN_4K.search(event) is not None,
        requested_by=name_text(
            _value(payload, "request", "requestedBy_username", "requested_by_username")
        ),
    )


def _seasons(payload: JsonObject) -> frozenset[int]:
    for entry in as_objects(payload.get("extra")):
        if (as_str(entry.get("name")) or "").casefold() == "requested seasons":
            numbers = _NUMBER.findall((as_str(entry.get("value")) or "")[:_MAX_SEASON])
            return frozenset(int(number) for number in numbers)
    return frozenset()
