"""Seerr's single webhook slot: its settings, its template and its sender."""

from base64 import b64decode, b64encode
from dataclasses import dataclass
import logging
from typing import Protocol
from urllib.parse import quote

from aiohttp import web
import orjson

from .model import JsonObject
from .service import json_response, read_object
from .webhooks import Courier, Push

_LOGGER = logging.getLogger(__name__)

TYPES = {
    "MEDIA_PENDING": 2,
    "MEDIA_APPROVED": 4,
    "MEDIA_AVAILABLE": 8,
    "MEDIA_FAILED": 16,
    "TEST_NOTIFICATION": 32,
    "MEDIA_DECLINED": 64,
    "MEDIA_AUTO_APPROVED": 128,
    "ISSUE_CREATED": 256,
    "ISSUE_COMMENT": 512,
    "ISSUE_RESOLVED": 1024,
    "ISSUE_REOPENED": 2048,
}

_PERSON = ("email", "username", "avatar", "settings_discordId", "settings_telegramChatId")


def _block(prefix: str, *first: tuple[str, str]) -> JsonObject:
    body: JsonObject = {key: f"{{{{{variable}}}}}" for key, variable in first}
    return body | {f"{prefix}_{part}": f"{{{{{prefix}_{part}}}}}" for part in _PERSON}


FACTORY_TEMPLATE: JsonObject = {
    **{
        name: f"{{{{{name}}}}}"
        for name in ("notification_type", "event", "subject", "message", "image")
    },
    "{{media}}": {
        "media_type": "{{media_type}}",
        "tmdbId": "{{media_tmdbid}}",
        "tvdbId": "{{media_tvdbid}}",
        "status": "{{media_status}}",
        "status4k": "{{media_status4k}}",
    },
    "{{request}}": _block("requestedBy", ("request_id", "request_id")),
    "{{issue}}": _block(
        "reportedBy",
        ("issue_id", "issue_id"),
        ("issue_type", "issue_type"),
        ("issue_status", "issue_status"),
    ),
    "{{comment}}": _block("commentedBy", ("comment_message", "comment_message")),
    "{{extra}}": [],
}
FACTORY_TEXT = orjson.dumps(FACTORY_TEMPLATE, option=orjson.OPT_INDENT_2).decode()


@dataclass(slots=True, kw_only=True)
class Notice:
    """One event: which blocks it has and what the variables stand for."""

    kind: str
    variables: dict[str, str]
    blocks: frozenset[str] = frozenset()
    extra: tuple[tuple[str, str], ...] = ()


class Host(Protocol):
    """What the slot needs to know of its Seerr."""

    courier: Courier

    @property
    def plain_template(self) -> bool:
        """Whether the server encodes the template itself (3.2 and newer)."""

    def test_notice(self) -> Notice:
        """Return the event of the test call."""


class WebhookSlot:
    """The one webhook agent of the server."""

    def __init__(self, host: Host) -> None:
        """Start as a fresh server does: off, with the factory template."""
        self._host = host
        self.enabled = False
        self.types = 0
        self.options: JsonObject = {"webhookUrl": "", "supportVariables": False}
        self.stored = _encode(FACTORY_TEXT)

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of the webhook settings."""
        base = "/api/v1/settings/notifications/webhook"
        return [
            web.get(base, self._get),
            web.post(base, self._post),
            web.post(f"{base}/test", self._test),
        ]

    def register(
        self, url: str, *, types: int = 4062, auth: str = "", template: str = FACTORY_TEXT
    ) -> None:
        """Point the slot at a receiver (for tests and demos)."""
        self.enabled, self.types = True, types
        self.options = {"webhookUrl": url, "authHeader": auth, "supportVariables": False}
        self.stored = _encode(template)

    def send(self, notice: Notice) -> None:
        """Send an event when the slot is on and wants its type."""
        if self.enabled and self.types & TYPES[notice.kind]:
            push = self._push(notice, self.options, self.stored)
            if push is not None:
                self._host.courier.post(push)

    def _push(self, notice: Notice, options: JsonObject, stored: str) -> Push | None:
        template = decode(stored)
        if not isinstance(template, dict | list):
            _LOGGER.debug("Error sending webhook notification: the template is not usable")
            return None
        headers = {
            "Accept": "application/json, text/plain, */*",
            "Content-Type": "application/json",
            "User-Agent": "axios/1.13.3",
            "Accept-Encoding": "gzip, compress, deflate, br",
        }
        custom = options.get("customHeaders")
        for row in custom if isinstance(custom, list) else []:
            headers[str(row["key"])] = str(row["value"])
        if auth := options.get("authHeader"):
            headers["Authorization"] = str(auth)
        url = str(options.get("webhookUrl") or "")
        if options.get("supportVariables") is True:
            url = _expand_url(url, notice)
        return Push(url=url, body=orjson.dumps(render(template, notice)), headers=headers)

    async def _get(self, request: web.Request) -> web.Response:
        shown = self.options | {"jsonPayload": orjson.loads(b64decode(self.stored))}
        return json_response(self._settings(shown))

    async def _post(self, request: web.Request) -> web.Response:
        body = await read_object(request)
        parsed = self._read(body)
        if isinstance(parsed, web.Response):
            return parsed
        self.options, self.stored = parsed
        self.enabled = body.get("enabled") is True
        types = body.get("types")
        self.types = types if isinstance(types, int) else 0
        return json_response(self._settings({"jsonPayload": self.stored} | self.options))

    async def _test(self, request: web.Request) -> web.Response:
        parsed = self._read(await read_object(request))
        if isinstance(parsed, web.Response):
            return parsed
        push = self._push(self._host.test_notice(), *parsed)
        status = await self._host.courier.deliver(push) if push and push.url else None
        if status is not None and 200 <= status < 300:
            return web.Response(status=204)
        return json_response({"message": "Failed to send webhook notification."}, 500)

    def _settings(self, options: JsonObject) -> JsonObject:
        return {
            "enabled": self.enabled,
            "embedPoster": True,
            "types": self.types,
            "options": options,
        }

    def _read(self, body: JsonObject) -> tuple[JsonObject, str] | web.Response:
        given = body.get("options")
        given = given if isinstance(given, dict) else {}
        payload, auth = given.get("jsonPayload"), given.get("authHeader", "")
        for name, value in (("jsonPayload", payload), ("authHeader", auth)):
            if not isinstance(value, str) and not (name == "jsonPayload" and value is None):
                return _invalid(f"request.body.options.{name} should be string")
        try:
            orjson.loads(str(payload))
        except orjson.JSONDecodeError:
            return json_response({"message": "Unexpected token in JSON at position 0"}, 500)
        options: JsonObject = {"webhookUrl": str(given.get("webhookUrl") or "")}
        if "authHeader" in given:
            options["authHeader"] = auth
        options["supportVariables"] = given.get("supportVariables") is True
        if self._host.plain_template:
            options["customHeaders"] = given.get("customHeaders") or []
            return options, _encode(str(payload))
        return options, b64encode(str(payload).encode()).decode()


def _invalid(message: str) -> web.Response:
    return json_response({"message": message, "errors": [{"message": message}]}, 400)


def _encode(text: str) -> str:
    return b64encode(orjson.dumps(text)).decode()


def decode(stored: str) -> object:
    """Decode a stored template with two JSON parses; None when that does not work."""
    try:
        inner = orjson.loads(b64decode(stored))
        return orjson.loads(inner) if isinstance(inner, str) else None
    except orjson.JSONDecodeError:
        return None


def render(template: object, notice: Notice) -> object:
    """Fill a template by Seerr's rules: block keys renamed, every value a string."""
    if isinstance(template, dict):
        result: JsonObject = {}
        for key, value in template.items():
            name = key.removeprefix("{{").removesuffix("}}")
            if key == "{{extra}}":
                result[name] = [{"name": n, "value": v} for n, v in notice.extra]
            elif key in {"{{media}}", "{{request}}", "{{issue}}", "{{comment}}"}:
                result[name] = render(value, notice) if name in notice.blocks else None
            else:
                result[key] = render(value, notice)
        return result
    if isinstance(template, list):
        return [render(item, notice) for item in template]
    return _fill(template, notice) if isinstance(template, str) else template


def _fill(text: str, notice: Notice) -> str:
    for name, value in notice.variables.items():
        token = f"{{{{{name}}}}}"
        if token in text:
            # The sender uses JavaScript's replace: first hit only, and `$&` is the hit itself.
            text = text.replace(token, value.replace("$&", token).replace("$$", "$"), 1)
    return text


def _expand_url(url: str, notice: Notice) -> str:
    for name, value in notice.variables.items():
        text = "test" if notice.kind == "TEST_NOTIFICATION" or not value else value
        url = url.replace(f"{{{{{name}}}}}", quote(text, safe=""))
    return url
