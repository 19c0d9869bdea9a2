"""Keep our webhook in Seerr's only slot, and keep faith with whoever had it before."""

import json

from ..clients.errors import NotFound, Refused
from ..clients.readers import as_bool, as_dict, as_int, as_str
from ..clients.seerr import SeerrClient
from ..lifecycle.model import JsonObject, JsonValue
from .autopilot import webhook_id
from .base import WebhookState, WebhookTarget
from .seerr_template import is_shareable, is_whole, text_for

# Every event by its bit in the slot's mask.
_BITS = {
    "MEDIA_PENDING": 2,
    "MEDIA_APPROVED": 4,
    "MEDIA_AVAILABLE": 8,
    "MEDIA_FAILED": 16,
    "MEDIA_DECLINED": 64,
    "MEDIA_AUTO_APPROVED": 128,
    "ISSUE_CREATED": 256,
    "ISSUE_COMMENT": 512,
    "ISSUE_RESOLVED": 1024,
    "ISSUE_REOPENED": 2048,
}
_TYPES = sum(bit for event, bit in _BITS.items() if event.startswith("MEDIA_"))
_KEPT = ("webhookUrl", "jsonPayload", "authHeader", "supportVariables", "customHeaders")


async def state(client: SeerrClient, target: WebhookTarget) -> WebhookState:
    """Return whose the slot is, and whether it works if it is ours."""
    return _judged(await client.webhook_settings(), target)


async def owner(client: SeerrClient, target: WebhookTarget) -> JsonObject | None:
    """Return the slot as another has set it up; None when that cannot be shared."""
    settings = await client.webhook_settings()
    if _judged(settings, target) is not WebhookState.FOREIGN or not is_shareable(settings):
        return None
    options = as_dict(settings.get("options"))
    kept: JsonObject = {key: options[key] for key in _KEPT if options.get(key) is not None}
    return {
        "enabled": True,
        "embedPoster": as_bool(settings.get("embedPoster")) is not False,
        "types": as_int(settings.get("types")) or 0,
        "options": kept,
    }


async def ensure(client: SeerrClient, target: WebhookTarget, *, take_over: bool) -> WebhookState:
    """Fill or repair the slot; leave another's alone unless told to take it over."""
    found = _judged(await client.webhook_settings(), target)
    if found is WebhookState.OURS or (found is WebhookState.FOREIGN and not take_over):
        return found
    forms = await _forms(client, text_for(target.previous))
    chosen = forms[0]
    for form in forms:
        # Seerr stores a wrongly encoded template without a word; only a test shows it.
        if await client.test_webhook(_settings(target, form)):
            chosen = form
            break
    await client.save_webhook(_settings(target, chosen))
    return _judged(await client.webhook_settings(), target)


async def remove(client: SeerrClient, target: WebhookTarget) -> None:
    """Give the slot back as it was, or switch it off and clear our address; if it is ours."""
    settings = await client.webhook_settings()
    if not _is_ours(settings, target):
        return
    if target.previous is not None:
        await _restore(client, target.previous)
        return
    form = (await _forms(client, text_for(None)))[0]
    blank = _settings(WebhookTarget(url=""), form)
    await client.save_webhook({**blank, "enabled": False, "types": 0})


async def test(client: SeerrClient, target: WebhookTarget) -> None:
    """Have Seerr send its test with the slot as it is stored."""
    settings = await client.webhook_settings()
    if not _is_ours(settings, target):
        raise NotFound("the webhook is not there")
    for form in await _forms(client, _stored_text(settings)):
        if await client.test_webhook(_with_form(settings, form)):
            return
    raise Refused(500, "it could not send the test, its log says why")


def is_wanted(previous: JsonObject, event: str) -> bool:
    """Return whether who had the slot before wants an event; a test needs no bit."""
    bit = _BITS.get(event.upper())
    return bit is None or bool((as_int(previous.get("types")) or 0) & bit)


async def _restore(client: SeerrClient, previous: JsonObject) -> None:
    """Write the slot back; that it is well encoded is read back, so its owner gets no test."""
    text = _stored_text(previous)
    forms = await _forms(client, text)
    for form in (*forms, forms[0]):
        await client.save_webhook(_with_form(previous, form))
        stored = as_dict((await client.webhook_settings()).get("options")).get("jsonPayload")
        if stored == text:
            return


def _stored_text(settings: JsonObject) -> str:
    """Return a slot's template; Seerr shows one that was stored wrongly as an object."""
    payload = as_dict(settings.get("options")).get("jsonPayload")
    return payload if isinstance(payload, str) else json.dumps(payload or {})


def _with_form(settings: JsonObject, form: str) -> JsonObject:
    options: JsonObject = {
        key: value
        for key, value in as_dict(settings.get("options")).items()
        if key in _KEPT and value is not None  # null is refused
    }
    return {
        "enabled": as_bool(settings.get("enabled")) is True,
        "embedPoster": as_bool(settings.get("embedPoster")) is not False,
        "types": as_int(settings.get("types")) or 0,
        "options": {**options, "jsonPayload": form},
    }


async def _forms(client: SeerrClient, text: str) -> tuple[str, str]:
    """Return a template in both encodings, the one this version should want first.

    Up to 3.1 Seerr wants a JSON string literal; from 3.2 on the plain text.
    """
    plain, literal = text, json.dumps(text)
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
    return {"enabled": True, "embedPoster": True, "types": _types(target), "options": options}


def _types(target: WebhookTarget) -> int:
    """Return the events that we or the owner before us want."""
    return _TYPES | (as_int((target.previous or {}).get("types")) or 0)


def _auth_header(target: WebhookTarget) -> str:
    return f"Bearer {target.secret}" if target.secret else ""


def _is_ours(settings: JsonObject, target: WebhookTarget) -> bool:
    url = as_str(as_dict(settings.get("options")).get("webhookUrl"))
    mine = webhook_id(target.url)
    return mine is not None and webhook_id(url) == mine


def _is_stale(url: str | None, target: WebhookTarget) -> bool:
    """Return whether an address is of our own view, for a connection that is gone.

    Two connections to one Seerr are refused, so nobody waits for its pushes.
    """
    ours, _, _ = target.url.rpartition("/")
    return webhook_id(url) is not None and (url or "").rpartition("/")[0] == ours


def _judged(settings: JsonObject, target: WebhookTarget) -> WebhookState:
    options = as_dict(settings.get("options"))
    url = as_str(options.get("webhookUrl"))
    if not _is_ours(settings, target):
        is_on = as_bool(settings.get("enabled")) is True
        in_use = is_on and url is not None and not _is_stale(url, target)
        return WebhookState.FOREIGN if in_use else WebhookState.MISSING
    types, wanted = as_int(settings.get("types")) or 0, _types(target)
    payload: JsonValue = options.get("jsonPayload")
    works = (
        as_bool(settings.get("enabled")) is True
        and url == target.url
        and types & wanted == wanted
        and (as_str(options.get("authHeader")) or "") == _auth_header(target)
        and is_whole(payload, target.previous)
    )
    return WebhookState.OURS if works else WebhookState.BROKEN
