"""The log of calls that change something: who was told what, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
import re
from typing import Literal
from urllib.parse import parse_qsl

from aiohttp import web
import orjson

type Trouble = Literal["refused", "lost", "hang", "failed", "cut", "stays"]

# Getting in is no change; everything else that is sent is one.
_DOORS = re.compile(
    r"/auth/(login|logout)|/api/auth|/Users/AuthenticateByName|/QuickConnect|/negotiate",
    re.IGNORECASE,
)
# Shoko does things on GET.
_ACTING = re.compile(r"/Action/.|/(Import|Managed)Folder/\{[^}]*\}/Scan$")
_REMOVING = re.compile(r"/torrents/delete|/RemoveMissingFiles")
_HARMLESS = re.compile(r"/notification|/exclusions|/importlistexclusion|/Link$|/tag", re.IGNORECASE)


@dataclass(slots=True, kw_only=True, eq=False)
class Call:
    """One call that changes something.

    `reached`: the program acted on it. `status`: what was answered, None when the answer was lost.
    `trouble`: the fault that struck it, None for an honest answer.
    """

    service: str
    kind: str
    method: str
    path: str
    route: str
    query: Mapping[str, str]
    form: Mapping[str, str] = field(default_factory=dict)
    body: object = None
    reached: bool = False
    status: int | None = None
    trouble: Trouble | None = None

    @property
    def name(self) -> str:
        """Return method and path."""
        return f"{self.method} {self.path}"

    @property
    def removes(self) -> bool:
        """Whether this is a call that takes content, a record of it or a request away."""
        if self.method == "DELETE":
            return _HARMLESS.search(self.route) is None
        return _REMOVING.search(self.route) is not None


async def noted(request: web.Request, service: str, kind: str) -> Call | None:
    """Return the log's line for a request, None for one that changes nothing."""
    resource = request.match_info.route.resource
    route = resource.canonical if resource is not None else request.path
    is_read = request.method in {"GET", "HEAD", "OPTIONS"} and not _ACTING.search(route)
    if is_read or _DOORS.search(request.path):
        return None
    call = Call(
        service=service,
        kind=kind,
        method=request.method,
        path=request.path,
        route=route,
        query=dict(request.query),
    )
    if not request.content_type.startswith("multipart/"):
        _read(call, request.content_type, await request.read())
    return call


def _read(call: Call, content_type: str, raw: bytes) -> None:
    if content_type == "application/x-www-form-urlencoded":
        call.form = dict(parse_qsl(raw.decode(errors="replace"), keep_blank_values=True))
        return
    try:
        call.body = orjson.loads(raw) if raw else None
    except orjson.JSONDecodeError:
        call.body = raw.decode(errors="replace")
