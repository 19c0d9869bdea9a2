"""Write the template of Seerr's webhook so that we and who had it before both get their due."""

import json

from yarl import URL

from ..clients.readers import as_bool, as_dict, as_str
from ..lifecycle.model import JsonObject, JsonValue
from .seerr_push import OWN_BLOCK

# Ours is the factory's template without people's addresses: nothing that we do not use is sent.
_TEMPLATE: JsonObject = {
    "notification_type": "{{notification_type}}",
    "event": "{{event}}",
    "subject": "{{subject}}",
    "message": "{{message}}",
    "image": "{{image}}",
    "{{media}}": {
        "media_type": "{{media_type}}",
        "tmdbId": "{{media_tmdbid}}",
        "tvdbId": "{{media_tvdbid}}",
        "status": "{{media_status}}",
        "status4k": "{{media_status4k}}",
    },
    "{{request}}": {
        "request_id": "{{request_id}}",
        "requestedBy_username": "{{requestedBy_username}}",
    },
    "{{extra}}": [],
}
_NEEDED_WORDS = ("{{notification_type}}", "{{request_id}}", "{{media_tmdbid}}", "{{extra}}")


def text_for(previous: JsonObject | None) -> str:
    """Return the template to store: the previous owner's with what it lacks for us, else ours.

    A template that says all we need stays as it is, to the letter.
    """
    theirs = _object(_payload(previous))
    if theirs is None:
        return json.dumps(_TEMPLATE, indent=2)
    if _says_enough(theirs):
        return str(_payload(previous))
    return json.dumps({**theirs, OWN_BLOCK: _TEMPLATE}, indent=2, ensure_ascii=False)


def is_whole(payload: JsonValue, previous: JsonObject | None) -> bool:
    """Return whether a stored template is well encoded and says what is needed, or more."""
    stored = _object(payload)
    if stored is None or not all(word in str(payload) for word in _NEEDED_WORDS):
        return False
    if previous is None:
        return True
    wanted = _object(text_for(previous)) or {}
    return wanted.keys() <= stored.keys()


def is_shareable(settings: JsonObject) -> bool:
    """Return whether an owner's pushes can be passed on by us.

    Not when the address has variables, which only Seerr can fill in, nor when the body is a list,
    which has no room for what we need. A template that does not work misses nothing.
    """
    options = as_dict(settings.get("options"))
    url = as_str(options.get("webhookUrl")) or ""
    try:
        parsed = URL(url)
        is_web = parsed.scheme in {"http", "https"} and bool(parsed.host)
    except ValueError:
        return False
    has_variables = as_bool(options.get("supportVariables")) is True and "{{" in url
    return is_web and not has_variables and not isinstance(_parsed(_payload(settings)), list)


def _payload(settings: JsonObject | None) -> JsonValue:
    return as_dict((settings or {}).get("options")).get("jsonPayload")


def _parsed(payload: JsonValue) -> object:
    if not isinstance(payload, str):
        return None
    try:
        return json.loads(payload)
    except ValueError, RecursionError:
        return None


def _object(payload: JsonValue) -> JsonObject | None:
    """Return a well encoded template of the usual form."""
    parsed = _parsed(payload)
    return parsed if isinstance(parsed, dict) else None


def _says_enough(theirs: JsonObject) -> bool:
    """Return whether bodies of a template can be read as they are, whatever it calls the ids."""
    media, request = as_dict(theirs.get("{{media}}")), as_dict(theirs.get("{{request}}"))
    plain = ("notification_type", "event", "subject")
    return (
        all(theirs.get(name) == f"{{{{{name}}}}}" for name in plain)
        and media.get("media_type") == "{{media_type}}"
        and "{{media_tmdbid}}" in (media.get("tmdbId"), media.get("tmdb_id"))
        and request.get("request_id") == "{{request_id}}"
        and "{{extra}}" in theirs
    )
