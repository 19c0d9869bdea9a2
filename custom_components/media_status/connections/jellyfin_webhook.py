"""Keep our entry in Jellyfin's webhook plugin: read, change only ours, write back."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from ..clients.errors import BadAnswer
from ..clients.jellyfin import JellyfinClient
from ..lifecycle.model import JsonObject, JsonValue
from .base import WebhookState, WebhookTarget

PLUGIN_ID = "71552a5a5c5c4350a2aeebe451a30173"
WEBHOOK_NAME = "Home Assistant (Media Status)"
_PATH = "/api/media_status/webhook/"
_OPTIONS = "GenericOptions"
_EVENTS = ("ItemAdded", "ItemDeleted")
_CONTENT_TYPE = "Content-Type"
_AUTHORIZATION = "Authorization"
# These states mean that no version of the plugin runs; "Restart" keeps running until then.
_NOT_RUNNING = frozenset({"Disabled", "NotSupported", "Malfunctioned", "Superceded", "Deleted"})

# What an entry must say to send us what we need. All other members are the user's.
_SETTINGS: Mapping[str, bool] = {
    "EnableWebhook": True,
    "EnableMovies": True,
    "EnableEpisodes": True,
    "EnableSeries": True,
    "EnableSeasons": True,
    "SendAllProperties": True,
}
_NEW_ENTRY: JsonObject = {
    "WebhookName": WEBHOOK_NAME,
    "EnableAlbums": False,
    "EnableSongs": False,
    "EnableVideos": False,
    "TrimWhitespace": False,
    "SkipEmptyMessageBody": False,
    "Template": "",
    "UserFilter": [],
    "Headers": [],
    "Fields": [],
}


class PluginWebhook:
    """Our entry among the plugin's generic destinations."""

    def __init__(self, client: JellyfinClient) -> None:
        """Initialize with the client that speaks to the server."""
        self._client = client

    async def state(self, target: WebhookTarget) -> WebhookState:
        """Return how our entry stands; raise `ClientError`."""
        configuration = await self._read()
        if configuration is None:
            return WebhookState.UNSUPPORTED
        ours = [entry for entry in _entries(configuration) if _is_ours(entry, target)]
        if not ours:
            return WebhookState.MISSING
        is_good = len(ours) == 1 and _repaired(ours[0], target) == ours[0]
        return WebhookState.OURS if is_good else WebhookState.BROKEN

    async def ensure(self, target: WebhookTarget) -> WebhookState:
        """Create or repair our entry, and read back whether it holds; raise `ClientError`."""
        configuration = await self._read()
        if configuration is None:
            return WebhookState.UNSUPPORTED
        entries = _entries(configuration)
        ours = next((entry for entry in entries if _is_ours(entry, target)), None)
        wanted = _repaired(_NEW_ENTRY if ours is None else ours, target)
        kept: list[JsonValue] = []
        for entry in entries:
            if entry is ours:
                kept.append(wanted)
            elif not _is_ours(entry, target):
                kept.append(entry)
        if ours is None:
            kept.append(wanted)
        if kept == entries:
            return WebhookState.OURS
        await self._client.save_plugin_configuration(PLUGIN_ID, {**configuration, _OPTIONS: kept})
        return await self.state(target)

    async def remove(self, target: WebhookTarget) -> None:
        """Remove our entry and nothing else; raise `ClientError`."""
        configuration = await self._read()
        if configuration is None:
            return
        entries = _entries(configuration)
        kept = [entry for entry in entries if not _is_ours(entry, target)]
        if kept != entries:
            await self._client.save_plugin_configuration(
                PLUGIN_ID, {**configuration, _OPTIONS: kept}
            )

    async def _read(self) -> JsonObject | None:
        """Return the plugin's whole configuration, None when it is not there or does not run."""
        plugins = [plugin for plugin in await self._client.plugins() if plugin.id == PLUGIN_ID]
        if all(plugin.status in _NOT_RUNNING for plugin in plugins):
            return None
        return await self._client.plugin_configuration(PLUGIN_ID)


def _entries(configuration: JsonObject) -> list[JsonValue]:
    """Return all generic destinations; what has another form must not be written over."""
    entries = configuration.get(_OPTIONS)
    if entries is None:
        return []
    if not isinstance(entries, list):
        raise BadAnswer("the webhook plugin's configuration has an unknown form")
    return entries


def _is_ours(entry: JsonValue, target: WebhookTarget) -> bool:
    """Return whether an entry sends to our webhook, at whatever address."""
    address = entry.get("WebhookUri") if isinstance(entry, dict) else None
    webhook_id = _webhook_id(address) if isinstance(address, str) else None
    return webhook_id is not None and webhook_id == _webhook_id(target.url)


def _webhook_id(address: str) -> str | None:
    """Return the id of one of our webhooks from its address."""
    try:
        path = urlsplit(address.strip()).path
    except ValueError:
        return None
    _, found, webhook_id = path.rstrip("/").rpartition(_PATH)
    return webhook_id if found and webhook_id else None


def _repaired(entry: JsonValue, target: WebhookTarget) -> JsonObject:
    """Return the entry with everything in order that we need; equal to it when all is."""
    good: JsonObject = dict(entry) if isinstance(entry, dict) else {}
    good |= {"WebhookUri": target.url, **_SETTINGS}
    events = good.get("NotificationTypes")
    if not isinstance(events, list) or sorted(map(str, events)) != sorted(_EVENTS):
        good["NotificationTypes"] = list(_EVENTS)
    headers = {_CONTENT_TYPE: "application/json"}
    if target.secret is not None:
        headers[_AUTHORIZATION] = f"Bearer {target.secret}"
    good["Headers"] = _with_headers(good.get("Headers"), headers)
    return good


def _with_headers(present: JsonValue, wanted: Mapping[str, str]) -> list[JsonValue]:
    """Return the headers with each wanted one exactly once; others stay as they are."""
    names = {name.casefold() for name in wanted}
    pairs: list[JsonValue] = [{"Key": name, "Value": value} for name, value in wanted.items()]
    if not isinstance(present, list):
        return pairs
    own = [header for header in present if _header_name(header) in names]
    if len(own) == len(pairs) and all(pair in own for pair in pairs):
        return present
    return [*(header for header in present if _header_name(header) not in names), *pairs]


def _header_name(header: JsonValue) -> str | None:
    name = header.get("Key") if isinstance(header, dict) else None
    return name.strip().casefold() if isinstance(name, str) else None
