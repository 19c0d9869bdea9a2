"""Keep our webhook in Radarr and Sonarr: create it, repair it, never twice, never another's."""

from dataclasses import replace
from urllib.parse import urlsplit

from ..clients.arr import ArrClient, Notification
from ..clients.errors import NotFound
from ..clients.readers import as_int, as_objects, as_str
from ..lifecycle.model import JsonObject, JsonValue
from .base import WebhookState, WebhookTarget

WEBHOOK_NAME = "Home Assistant (Media Status)"
WEBHOOK_USER = "media_status"
WEBHOOK_PATH = "/api/media_status/webhook/"

# Everything that moves a request. Left out: health and updates, which our own surveys notice,
# and deletions that only make room for an upgrade.
_FLAGS = frozenset(
    {
        "onGrab",
        "onDownload",
        "onUpgrade",
        "onImportComplete",
        "onRename",
        "onManualInteractionRequired",
        "onMovieAdded",
        "onMovieDelete",
        "onMovieFileDelete",
        "onSeriesAdd",
        "onSeriesDelete",
        "onEpisodeFileDelete",
    }
)
_POST = 1


def webhook_id(url: str | None) -> str | None:
    """Return the id in an address of our webhook view, None for any other address."""
    try:
        path = urlsplit(url or "").path
    except ValueError:
        return None
    _, marker, rest = path.rpartition(WEBHOOK_PATH)
    return rest.strip("/") or None if marker else None


async def state(client: ArrClient, target: WebhookTarget) -> WebhookState:
    """Return how our webhook stands."""
    return _judged(_ours(await client.notifications(), target), target)


async def ensure(client: ArrClient, target: WebhookTarget) -> WebhookState:
    """Create or repair our webhook.

    It is stored without events first and switched on by a forced save: otherwise the service
    would call us before it stores, and refuse when we cannot answer yet.
    """
    entries = await client.notifications()
    ours = _ours(entries, target)
    for extra in ours[1:]:
        await _delete(client, extra)
    if not ours:
        schema = await client.notification_schema()
        blank = {**schema, "name": _free_name(entries), **dict.fromkeys(_flags_of(schema), False)}
        ours = [await client.create_notification(_body(blank, target))]
    first = ours[0]
    # A stored password cannot be compared, so it is always written; the service notices no change.
    if target.secret is not None or _judged([first], target) is not WebhookState.OURS:
        flags = dict.fromkeys(_wanted_flags(first.raw), True)
        body = _body({**first.raw, **flags}, target)
        first = await client.update_notification(first.id, body, force_save=True)
    return _judged([first], target)


async def remove(client: ArrClient, target: WebhookTarget) -> None:
    """Delete our webhook."""
    for entry in _ours(await client.notifications(), target):
        await _delete(client, entry)


async def test(client: ArrClient, target: WebhookTarget) -> None:
    """Have the service call our webhook as it is stored; the password alone it does not show."""
    ours = _ours(await client.notifications(), target)
    if not ours:
        raise NotFound("the webhook is not there")
    stored = replace(target, url=ours[0].url or target.url)
    await client.test_notification(_body(ours[0].raw, stored))


async def _delete(client: ArrClient, entry: Notification) -> None:
    try:
        await client.delete_notification(entry.id)
    except NotFound:
        return


def _ours(entries: list[Notification], target: WebhookTarget) -> list[Notification]:
    """Return the webhooks that lead to our view with our id, whatever the host in the address."""
    mine = webhook_id(target.url)
    return [
        entry
        for entry in entries
        if entry.implementation.casefold() == "webhook"
        and mine is not None
        and webhook_id(entry.url) == mine
    ]


def _judged(ours: list[Notification], target: WebhookTarget) -> WebhookState:
    if not ours:
        return WebhookState.MISSING
    first = ours[0]
    fields = _fields(first.raw)
    is_whole = (
        len(ours) == 1
        and first.url == target.url
        and as_int(fields.get("method")) in {None, _POST}
        and _wanted_flags(first.raw) <= first.enabled_flags
        and not first.raw.get("tags")
        and (target.secret is None or _has_secret(fields))
    )
    return WebhookState.OURS if is_whole else WebhookState.BROKEN


def _has_secret(fields: dict[str, JsonValue]) -> bool:
    return as_str(fields.get("username")) == WEBHOOK_USER and bool(as_str(fields.get("password")))


def _fields(raw: JsonObject) -> dict[str, JsonValue]:
    return {
        name: field.get("value")
        for field in as_objects(raw.get("fields"))
        if (name := as_str(field.get("name"))) is not None
    }


def _flags_of(raw: JsonObject) -> frozenset[str]:
    """Return all event switches of a connection's form."""
    return frozenset(key for key in raw if key.startswith("on")) | _wanted_flags(raw)


def _wanted_flags(raw: JsonObject) -> frozenset[str]:
    """Return the events we want and this version can send."""
    supported = {flag: raw.get(f"supportsO{flag[1:]}") for flag in _FLAGS}
    if not any(isinstance(value, bool) for value in supported.values()):
        return frozenset(flag for flag in _FLAGS if flag in raw)
    return frozenset(flag for flag, value in supported.items() if value is True)


def _free_name(entries: list[Notification]) -> str:
    """Return a name that no other connection has; names are compared ignoring case."""
    taken = {entry.name.strip().casefold() for entry in entries}
    name, number = WEBHOOK_NAME, 2
    while name.casefold() in taken:
        name, number = f"{WEBHOOK_NAME} {number}", number + 1
    return name


def _body(raw: JsonObject, target: WebhookTarget) -> JsonObject:
    """Return a connection that sends to our view; what else it holds stays."""
    fields = _fields(raw)
    fields |= {"url": target.url, "method": _POST}
    if target.secret is not None:
        fields |= {"username": WEBHOOK_USER, "password": target.secret}
    written: list[JsonValue] = [
        {"name": name, "value": value} for name, value in fields.items() if value is not None
    ]
    return {
        **raw,
        "implementation": "Webhook",
        "configContract": "WebhookSettings",
        "fields": written,
        "tags": [],
    }
