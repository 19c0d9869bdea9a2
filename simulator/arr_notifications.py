"""The connections (`/notification`) of an arr: registering, testing, sending, backing off."""

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from aiohttp import web
import orjson

from .clock import SimClock
from .model import JsonObject
from .service import json_response, query_flag, read_object
from .webhooks import Courier, Push

_HIDDEN = "********"
_PAUSES = (60, 300, 900, 1800, 3600)
_GRACE = timedelta(minutes=5)


class Sender(Protocol):
    """What the book needs to know of the arr it belongs to."""

    courier: Courier
    clock: SimClock
    flags: tuple[str, ...]

    @property
    def user_agent(self) -> str:
        """Return the User-Agent of the arr."""

    def test_payload(self) -> JsonObject:
        """Return the fixed body of a Test."""


@dataclass(slots=True, kw_only=True, eq=False)
class Registration:
    """One connection of the arr to a webhook receiver."""

    id: int
    body: JsonObject
    failures: int = 0
    level: int = 0
    first_failure: datetime | None = None
    paused_until: datetime | None = None

    def wants(self, flags: Iterable[str]) -> bool:
        """Whether every one of these flags is on."""
        return all(self.body.get(flag) is True for flag in flags)

    def field(self, name: str) -> object:
        """Return the value of a settings field."""
        rows = self.body.get("fields")
        for row in rows if isinstance(rows, list) else []:
            if isinstance(row, dict) and row.get("name") == name:
                return row.get("value")
        return None


class NotificationBook:
    """The registrations of one arr and what is sent to them."""

    def __init__(self, arr: Sender) -> None:
        """Start empty, as a fresh installation."""
        self._arr = arr
        self._next = 1
        self.rows: dict[int, Registration] = {}

    def routes(self) -> list[web.RouteDef]:
        """Return the routes below `/notification`."""
        base = "/api/v3/notification"
        return [
            web.get(base, self._list),
            web.get(f"{base}/schema", self._schema),
            web.post(f"{base}/test", self._test),
            web.post(f"{base}/testall", self._test_all),
            web.get(f"{base}/{{id:\\d+}}", self._get),
            web.post(base, self._create),
            web.put(f"{base}/{{id:\\d+}}", self._update),
            web.delete(f"{base}/{{id:\\d+}}", self._delete),
        ]

    def register(self, url: str, **settings: object) -> Registration:
        """Register a receiver with every flag on, without the Test (for tests and demos)."""
        fields: list[JsonObject] = [{"name": "url", "value": url}, {"name": "method", "value": 1}]
        given = [name for name in ("username", "password", "headers") if name in settings]
        fields += [{"name": name, "value": settings.pop(name)} for name in given]
        body: JsonObject = {"name": f"Webhook {self._next}", "fields": fields, "tags": []}
        body |= dict.fromkeys(self._arr.flags, True) | settings
        return self._store(body)

    def send(self, payload: JsonObject, *flags: str) -> None:
        """Send an event to every registration whose flags are all on."""
        body = orjson.dumps(payload, option=orjson.OPT_INDENT_2)
        for row in self.rows.values():
            paused = row.paused_until is not None and row.paused_until > self._arr.clock.now()
            if row.wants(flags) and not paused:
                push = self._push(row, body)
                push.done = lambda status, row=row: self._note(row, status)
                self._arr.courier.post(push)

    def _push(self, row: Registration, body: bytes) -> Push:
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "User-Agent": self._arr.user_agent,
        }
        user, password = row.field("username"), row.field("password")
        if user or password:
            pair = f"{user or ''}:{password or ''}".encode("iso-8859-1")
            headers["Authorization"] = f"Basic {b64encode(pair).decode()}"
        extra = row.field("headers")
        for item in extra if isinstance(extra, list) else []:
            headers[str(item["key"])] = str(item["value"])
        method = "PUT" if row.field("method") == 2 else "POST"
        return Push(url=str(row.field("url")), body=body, headers=headers, method=method)

    def _note(self, row: Registration, status: int | None) -> None:
        now = self._arr.clock.now()
        if status is not None and status < 400:
            row.level, row.paused_until = max(0, row.level - 1), None
            row.first_failure = row.first_failure if row.level else None
            return
        row.failures += 1
        row.first_failure = row.first_failure or now
        if now - row.first_failure >= _GRACE:
            row.level = min(row.level + 1, len(_PAUSES))
            row.paused_until = now + timedelta(seconds=_PAUSES[row.level - 1])

    def _store(self, body: JsonObject) -> Registration:
        row = Registration(id=self._next, body=self._complete(body))
        self._next += 1
        self.rows[row.id] = row
        return row

    def _complete(self, body: JsonObject) -> JsonObject:
        kept: JsonObject = {flag: body.get(flag) is True for flag in self._arr.flags}
        kept |= {f"supports{flag[0].upper()}{flag[1:]}": True for flag in self._arr.flags}
        kept.pop("supportsIncludeHealthWarnings", None)
        name = body.get("name")
        fields = body.get("fields")
        return kept | {
            "includeHealthWarnings": body.get("includeHealthWarnings") is True,
            "name": name if isinstance(name, str) else "",
            "fields": _fields(fields if isinstance(fields, list) else []),
            "implementationName": "Webhook",
            "implementation": "Webhook",
            "configContract": "WebhookSettings",
            "infoLink": "https://wiki.servarr.com/supported#webhook",
            "tags": body.get("tags") or [],
        }

    async def _problem(self, body: JsonObject, known: int | None) -> web.Response | None:
        name = str(body.get("name") or "")
        for row in self.rows.values():
            if row.id != known and str(row.body["name"]).lower() == name.lower():
                return json_response([_failure("Name", "Should be unique", name)], 400)
        if not name:
            return json_response([_failure("Name", "'Name' must not be empty.", name)], 400)
        probe = Registration(id=0, body=self._complete(body))
        address = str(probe.field("url") or "")
        if not address.startswith(("http://", "https://")):
            return json_response([_failure("Url", "Invalid Url", address)], 400)
        return None

    async def _try(self, body: JsonObject) -> web.Response | None:
        probe = Registration(id=0, body=self._complete(body))
        payload = orjson.dumps(self._arr.test_payload(), option=orjson.OPT_INDENT_2)
        push = self._push(probe, payload)
        status = await self._arr.courier.deliver(push)
        if status is None:
            description = "System.Net.Http.HttpRequestException: Connection refused"
            return json_response({"message": "Connection refused", "description": description}, 500)
        if status >= 400:
            text = (
                "Unable to send test message: Unable to post to webhook: HTTP request failed: "
                f"[{status}:{_reason(status)}] [{push.method}] at [{push.url}]"
            )
            return json_response([_failure("Url", text, None)], 400)
        return None

    async def _list(self, request: web.Request) -> web.Response:
        return json_response([_shown(row) for row in self.rows.values()])

    async def _schema(self, request: web.Request) -> web.Response:
        body = self._complete({})
        body["fields"] = _fields([])
        body["presets"] = []
        body["id"] = 0
        return json_response([body])

    async def _get(self, request: web.Request) -> web.Response:
        row = self.rows.get(int(request.match_info["id"]))
        return json_response(_shown(row)) if row else not_found()

    async def _create(self, request: web.Request) -> web.Response:
        body = await read_object(request)
        problem = await self._problem(body, None)
        if problem is None and any(body.get(flag) is True for flag in self._arr.flags):
            problem = await self._try(body)
        return problem or json_response(_shown(self._store(body)), 201)

    async def _update(self, request: web.Request) -> web.Response:
        row = self.rows.get(int(request.match_info["id"]))
        if row is None:
            return not_found()
        body = await read_object(request)
        _keep_password(body, row)
        wanted = self._complete(body)
        if wanted == row.body:
            return json_response(_shown(row), 202)
        problem = await self._problem(body, row.id)
        active = any(body.get(flag) is True for flag in self._arr.flags)
        if problem is None and active and not query_flag(request, "forceSave"):
            problem = await self._try(body)
        if problem is not None:
            return problem
        row.body = wanted
        return json_response(_shown(row), 202)

    async def _delete(self, request: web.Request) -> web.Response:
        row = self.rows.pop(int(request.match_info["id"]), None)
        return json_response({}) if row else not_found()

    async def _test(self, request: web.Request) -> web.Response:
        body = await read_object(request)
        known = body.get("id")
        number = known if isinstance(known, int) else None
        if number is not None and (row := self.rows.get(number)):
            _keep_password(body, row)
        problem = await self._problem(body, number)
        return problem or await self._try(body) or json_response({})

    async def _test_all(self, request: web.Request) -> web.Response:
        results: list[JsonObject] = []
        for row in self.rows.values():
            problem = await self._try(row.body)
            results.append({"id": row.id, "isValid": problem is None, "validationFailures": []})
        return json_response(results)


_FIELDS: tuple[tuple[str, str, str, object], ...] = (
    ("url", "Webhook URL", "url", None),
    ("method", "Method", "select", 1),
    ("username", "Username", "textbox", None),
    ("password", "Password", "password", None),
    ("headers", "Headers", "keyValueList", []),
)


def _fields(given: list[object]) -> list[JsonObject]:
    values = {str(row.get("name")): row.get("value") for row in given if isinstance(row, dict)}
    result: list[JsonObject] = []
    for order, (name, label, kind, default) in enumerate(_FIELDS):
        row: JsonObject = {"order": order, "name": name, "label": label}
        value = values.get(name, default)
        if value is not None:
            row["value"] = value
        row |= {"type": kind, "advanced": name == "headers", "privacy": "normal"}
        if name in {"username", "password"}:
            row["privacy"] = "userName" if name == "username" else "password"
        result.append(row | {"isFloat": False})
    return result


def _shown(row: Registration) -> JsonObject:
    fields = row.body["fields"]
    shown = []
    for item in fields if isinstance(fields, list) else []:
        hide = item["name"] == "password" and item.get("value")
        shown.append(item | {"value": _HIDDEN} if hide else item)
    return row.body | {"fields": shown, "id": row.id}


def _keep_password(body: JsonObject, row: Registration) -> None:
    fields = body.get("fields")
    for item in fields if isinstance(fields, list) else []:
        if (
            isinstance(item, dict)
            and item.get("name") == "password"
            and item.get("value") == _HIDDEN
        ):
            item["value"] = row.field("password")


def _failure(name: str, text: str, value: object) -> JsonObject:
    failure: JsonObject = {"isWarning": False, "propertyName": name, "errorMessage": text}
    if value is not None:
        failure["attemptedValue"] = value
    return failure | {"severity": "error"}


def _reason(status: int) -> str:
    names = {401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 413: "RequestEntityTooLarge"}
    return names.get(status, "InternalServerError" if status >= 500 else "BadRequest")


def not_found() -> web.Response:
    """Answer as the arrs do for an unknown id."""
    return json_response({"message": "NotFound"}, 404)
