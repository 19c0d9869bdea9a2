"""The webhook plugin of the simulated Jellyfin (Generic destinations)."""

from base64 import b64decode
from datetime import timedelta
import json
import re
from typing import TYPE_CHECKING

from aiohttp import web

from .clock import Timer, iso
from .jellyfin_items import Item, event_json
from .model import JsonObject
from .service import json_response, read_object
from .webhooks import Push

if TYPE_CHECKING:
    from .jellyfin import Jellyfin

GUID = "71552a5a5c5c4350a2aeebe451a30173"
_KINDS = {
    "Movie": "EnableMovies",
    "Series": "EnableSeries",
    "Season": "EnableSeasons",
    "Episode": "EnableEpisodes",
}
_LISTS = ("Discord", "Generic", "GenericForm", "Gotify", "Pushbullet", "Pushover", "Slack", "Smtp")
_VARIABLE = re.compile(r"\{\{\{?\s*(\w+)\s*\}?\}\}")


class WebhookPlugin:
    """The plugin: its configuration, its queues, its sender."""

    def __init__(self, server: Jellyfin) -> None:
        """Be installed and not configured."""
        self._server = server
        self.installed = True
        self.status = "Active"
        self.configuration: JsonObject = {"ServerUrl": ""}
        for name in (*_LISTS, "Mqtt"):
            self.configuration[f"{name}Options"] = []
        self._queue: list[tuple[str, Item]] = []
        self._timer: Timer | None = None

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of plugins and their configuration."""
        return [
            web.get("/Plugins", self._plugins),
            web.get("/Plugins/{id}/Configuration", self._get),
            web.post("/Plugins/{id}/Configuration", self._post),
        ]

    def register(self, url: str, *, headers: dict[str, str] | None = None) -> None:
        """Configure a Generic destination for additions and deletions (for tests and demos)."""
        option: JsonObject = {
            "Headers": [{"Key": key, "Value": value} for key, value in (headers or {}).items()],
            "Fields": [],
            "NotificationTypes": ["ItemAdded", "ItemDeleted"],
            "WebhookName": "Test",
            "WebhookUri": url,
            "SendAllProperties": True,
            "EnableWebhook": True,
            "Template": "",
        }
        option |= dict.fromkeys(_KINDS.values(), True)
        self.configuration["GenericOptions"] = [option]

    def queue(self, kind: str, items: list[Item]) -> None:
        """Queue items; the plugin's task runs every 30 seconds."""
        real = [item for item in items if item.path is not None]
        if not self.installed or not real:
            return
        self._queue += [(kind, item) for item in real]
        if self._timer is None:
            self._timer = self._server.clock.call_later(30, self.flush)

    async def flush(self) -> None:
        """Send what is queued."""
        queue, self._queue, self._timer = self._queue, [], None
        for index, (kind, item) in enumerate(queue):
            if kind == "ItemAdded" and item.id not in self._server.library.items:
                # An item that vanished ends the run; the others wait for the next one.
                self._queue = queue[index + 1 :]
                break
            self._send(kind, item)
        if self._queue:
            self._timer = self._server.clock.call_later(30, self.flush)

    def forget(self) -> None:
        """Lose the queue, as a restart does."""
        self._queue.clear()

    def _send(self, kind: str, item: Item) -> None:
        options = self.configuration.get("GenericOptions")
        for option in options if isinstance(options, list) else []:
            wanted = kind in option.get("NotificationTypes", [])
            on = option.get("EnableWebhook", True) and option.get(_KINDS[item.type], False)
            if wanted and on:
                self._server.courier.post(self._push(kind, item, option))

    def _push(self, kind: str, item: Item, option: JsonObject) -> Push:
        values = self._values(kind, item)
        if option.get("SendAllProperties") is True:
            text = _encode(values)
        else:
            template = b64decode(str(option.get("Template") or "")).decode()
            text = _VARIABLE.sub(lambda hit: str(values.get(hit[1], "")), template)
        headers = {
            "Content-Type": "text/plain; charset=utf-8",
            "User-Agent": f"Jellyfin-Server/{self._server.version}",
        }
        rows = option.get("Headers")
        for row in rows if isinstance(rows, list) else []:
            headers[str(row["Key"])] = str(row["Value"])
        return Push(url=str(option.get("WebhookUri")), body=text.encode(), headers=headers)

    def _values(self, kind: str, item: Item) -> JsonObject:
        now = self._server.now()
        local = (now + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%S.%f").rstrip("0").rstrip(".")
        return {
            "ServerId": self._server.server_id,
            "ServerName": self._server.server_name,
            "ServerVersion": self._server.version,
            "ServerUrl": self.configuration.get("ServerUrl", ""),
            "NotificationType": kind,
            "Timestamp": f"{local}+02:00",
            "UtcTimestamp": iso(now, 7),
            **event_json(item, streams=kind == "ItemAdded"),
        }

    async def _plugins(self, request: web.Request) -> web.Response:
        others = self._server.shokofin.plugin_rows()
        if not self.installed:
            return json_response(others)
        row: JsonObject = {
            "Name": "Webhook",
            "Version": "21.0.0.0",
            "ConfigurationFileName": "Jellyfin.Plugin.Webhook.xml",
            "Description": "Sends notifications to destinations via webhooks.\n",
            "Id": GUID,
            "CanUninstall": True,
            "HasImage": True,
            "Status": self.status,
        }
        return json_response([row, *others])

    def _ours(self, request: web.Request) -> bool:
        asked = request.match_info["id"].replace("-", "").lower()
        return self.installed and self.status == "Active" and asked == GUID

    async def _get(self, request: web.Request) -> web.Response:
        if self._ours(request):
            return json_response(self.configuration)
        other = self._server.shokofin.configuration(request.match_info["id"])
        return _missing() if other is None else json_response(other)

    async def _post(self, request: web.Request) -> web.Response:
        if not self._ours(request):
            body = await read_object(request)
            known = self._server.shokofin.configure(request.match_info["id"], body)
            return web.Response(status=204) if known else _missing()
        self.configuration = await read_object(request)
        return web.Response(status=204)


def _missing() -> web.Response:
    return web.Response(status=404, text="Error processing request.")


def _encode(values: JsonObject) -> str:
    text = json.dumps(values, separators=(",", ":"))
    for character in "'&<>+":
        text = text.replace(character, f"\\u{ord(character):04X}")
    return text
