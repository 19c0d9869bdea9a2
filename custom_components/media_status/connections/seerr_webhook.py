"""Keep our webhook in Seerr's only slot: filled in the form its version understands."""

import json

from ..clients.readers import as_bool, as_dict, as_int, as_str
from ..clients.seerr import SeerrClient
from ..lifecycle.model import JsonObject, JsonValue
from .autopilot import webhook_id
from .base import WebhookState, WebhookTarget

# Pending, approved, available, failed, declined, approved automatically.
_TYPES = 222

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
_TEMPLATE_TEXT = json.dumps(_TEMPLATE, indent=2)
_NEEDED_WORDS = ("{{notification_type}}", "{{request_id}}", "{{media_tmdbid}}", "{{extra}}")


async def state(client: SeerrClient, target: WebhookTarget) -> WebhookState:
    """Return whose the slot is, and whether it works if it is ours."""
    return _judged(await client.webhook_settings(), target)


async def ensure(client: SeerrClient, target: WebhookTarget, *, take_over: bool) -> WebhookState:
    """Fill or repair the slot; leave another's alone unless told to take it over."""
    found = _judged(await client.webhook_settings(), target)
    if found is WebhookState.OURS or (found is WebhookState.FOREIGN and not take_over):
        return found
    forms = await _forms(client)
    chosen = forms[0]
    for form in forms:
        # Seerr stores a wrongly encoded template without a word; only a test shows it.
        if await client.test_webhook(_settings(target, form)):
            chosen = form
            break
    await client.save_webhook(_settings(target, chosen))
    return _judged(await client.webhook_settings(), target)


async def remove(client: SeerrClient, target: WebhookTarget) -> None:
    """Switch the slot off and clear our address, if it is ours."""
    settings = await client.webhook_settings()
    if not _is_ours(settings, target):
        return
    form = (await _forms(client))[0]
    blank = _settings(WebhookTarget(url=""), form)
    await client.save_webhook({**blank, "enabled": False, "types": 0})


async def _forms(client: SeerrClient) -> tuple[str, str]:
    """Return the template in both encodings, the one this version should want first.

    Up to 3.1 Seerr wants a JSON string literal; from 3.2 on the plain text.
    """
    plain, literal = _TEMPLATE_TEXT, json.dumps(_TEMPLATE_TEXT)
    version = (await client.status()).version
    numbers = [as_int(part) for part in version.lstrip("v").split(".")[:2]]
    is_new = len(numbers) == 2 and None not in numbers and _pair(numbers) >= (3, 2)
    return (plain, literal) if is_new else (literal, plain)


def _pair(numbers: list[int | None]) -> tuple[int, int]:
    return (numbers[0] or 0, numbers[1] or 0)


def _settings(target: WebhookTarget, form: str) -> JsonObject:
    options: JsonObject = {
        "webhookUrl": target.url,
        "jsonPayload": form,
        "authHeader": _auth_header(target),
        "supportVariables": False,
    }
    return {"enabled": True, "embedPoster": True, "types": _TYPES, "options": options}


def _auth_header(target: WebhookTarget) -> str:
    return f"Bearer {target.secret}" if target.secret else ""


def _is_ours(settings: JsonObject, target: WebhookTarget) -> bool:
    url = as_str(as_dict(settings.get("options")).get("webhookUrl"))
    mine = webhook_id(target.url)
    return mine is not None and webhook_id(url) == mine


def _judged(settings: JsonObject, target: WebhookTarget) -> WebhookState:
    options = as_dict(settings.get("options"))
    url = as_str(options.get("webhookUrl"))
    if not _is_ours(settings, target):
        in_use = as_bool(settings.get("enabled")) is True and url is not None
        return WebhookState.FOREIGN if in_use else WebhookState.MISSING
    types = as_int(settings.get("types")) or 0
    is_whole = (
        as_bool(settings.get("enabled")) is True
        and url == target.url
        and types & _TYPES == _TYPES
        and (as_str(options.get("authHeader")) or "") == _auth_header(target)
        and _is_template(options.get("jsonPayload"))
    )
    return WebhookState.OURS if is_whole else WebhookState.BROKEN


def _is_template(payload: JsonValue) -> bool:
    """Return whether a stored template is well encoded and says what we need; it may say more."""
    if not isinstance(payload, str):
        return False
    try:
        parsed = json.loads(payload)
    except ValueError, RecursionError:
        return False
    return isinstance(parsed, dict) and all(word in payload for word in _NEEDED_WORDS)
