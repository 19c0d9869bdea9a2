"""Getting into the simulated qBittorrent: cookies, API key, Basic, ban, Host and Origin checks."""

from base64 import b64decode
from binascii import Error as Base64Error
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from aiohttp import web

from .qbt_sync import SyncSession
from .service import json_response

if TYPE_CHECKING:
    from .qbittorrent import QBittorrent

_BANNED = "Your IP address has been banned after too many failed authentication attempts."


@dataclass(slots=True, kw_only=True, eq=False)
class WebSession:
    """One web session: a cookie, or the one an API key owns."""

    sync: SyncSession
    used: datetime


class QbtAuth:
    """The doors of one qBittorrent."""

    def __init__(self, client: QBittorrent) -> None:
        """Lock the doors: user `admin` with a password of this world."""
        self._client = client
        self.username = "admin"
        self.password = client.world.hex(f"password:{client.name}", 16)
        client.api_key = f"qbt_{client.world.hex(f'key:{client.name}', 28)}"
        self.session_timeout = 3600.0
        self.bypass = False
        self._sessions: dict[str, WebSession] = {}
        self._failures: dict[str, int] = {}
        self._banned: dict[str, datetime] = {}
        self._key_session: WebSession | None = None

    @property
    def cookie_name(self) -> str:
        """Return the name of the session cookie in this version."""
        return f"QBT_SID_{self._client.port}" if self._client.release >= (5, 2) else "SID"

    def lose_sessions(self) -> None:
        """Forget sessions, failures and bans, as a restart does."""
        self._sessions.clear()
        self._failures.clear()
        self._banned.clear()
        self._key_session = None

    def routes(self) -> list[web.RouteDef]:
        """Return the routes below `/auth`, and the key's."""
        return [
            web.post("/api/v2/auth/login", self._login),
            web.post("/api/v2/auth/logout", self._logout),
            web.post("/api/v2/app/rotateAPIKey", self._rotate),
        ]

    def refusal(self, request: web.Request) -> web.StreamResponse | None:
        """Return the refusal of a request, None to let it in."""
        if not self._host_is_right(request) or self._foreign_origin(request):
            return web.Response(status=401, text="Unauthorized")
        bearer = self._bearer(request)
        if request.path.startswith("/api/v2/auth/"):
            return _forbidden() if bearer else None
        new = self._client.release >= (5, 2)
        if bearer and new:
            return self._check_key(bearer)
        basic = request.headers.get("Authorization", "")
        if basic.startswith("Basic ") and new:
            return self._check_basic(request, basic)
        if self.bypass or self._by_cookie(request) is not None:
            return None
        return _forbidden()

    def _bearer(self, request: web.Request) -> str:
        header = request.headers.get("Authorization", "")
        return header.removeprefix("Bearer ") if header.startswith("Bearer ") else ""

    def _host_is_right(self, request: web.Request) -> bool:
        _, colon, port = request.host.rpartition(":")
        return not colon or port == str(self._client.port)

    def _foreign_origin(self, request: web.Request) -> bool:
        origin = request.headers.get("Origin") or request.headers.get("Referer")
        return bool(origin) and not str(origin).startswith(f"http://{request.host}")

    def _check_key(self, key: str) -> web.StreamResponse | None:
        if key != self._client.api_key:
            return _forbidden()
        if self._key_session is None:
            self._key_session = self._make()
        return None

    def _check_basic(self, request: web.Request, header: str) -> web.StreamResponse | None:
        try:
            text = b64decode(header.removeprefix("Basic ")).decode()
        except Base64Error, UnicodeDecodeError:
            text = ""
        if text == f"{self.username}:{self.password}":
            return None
        self._fail(request)
        return web.Response(status=401, text="Unauthorized")

    def _make(self) -> WebSession:
        sync = SyncSession(restarts=not self._client.modern)
        return WebSession(sync=sync, used=self._client.now())

    def _new(self) -> tuple[str, WebSession]:
        number = self._client.world.next_id(f"{self._client.name}:session")
        sid = self._client.world.hex(f"sid:{self._client.name}:{number}", 32)
        session = self._sessions[sid] = self._make()
        return sid, session

    def cookie(self, sid: str) -> str:
        """Return the Set-Cookie header of this version."""
        new = self._client.release >= (5, 2)
        shape = "HttpOnly; SameSite=Lax; path=/" if new else "HttpOnly; path=/; SameSite=Strict"
        return f"{self.cookie_name}={sid}; {shape}"

    def open(self, request: web.Request) -> tuple[WebSession, str | None]:
        """Return the session of a request and the cookie to set when it is a new one."""
        if self._bearer(request) and self._key_session is not None:
            return self._key_session, None
        if (known := self._by_cookie(request)) is not None:
            return known, None
        sid, session = self._new()
        return session, self.cookie(sid)

    def _by_cookie(self, request: web.Request) -> WebSession | None:
        sid = request.cookies.get(self.cookie_name, "")
        session = self._sessions.get(sid)
        now = self._client.now()
        if session is None or now - session.used > timedelta(seconds=self.session_timeout):
            self._sessions.pop(sid, None)
            return None
        session.used = now
        return session

    def _limit(self) -> int:
        value = self._client.preferences.get("web_ui_max_auth_fail_count", 5)
        return value if isinstance(value, int) else 5

    def _fail(self, request: web.Request) -> None:
        address = request.remote or ""
        self._failures[address] = self._failures.get(address, 0) + 1
        if self._limit() and self._failures[address] >= self._limit():
            self._banned[address] = self._client.now() + timedelta(hours=1)
            self._failures[address] = 0

    async def _login(self, request: web.Request) -> web.Response:
        new = self._client.release >= (5, 2)
        good = web.Response(status=204) if new else web.Response(text="Ok.")
        if self._by_cookie(request) is not None:
            return good
        until = self._banned.get(request.remote or "")
        if until is not None and until > self._client.now():
            return web.Response(status=403, text=_BANNED)
        form = await request.post()
        if (form.get("username"), form.get("password")) != (self.username, self.password):
            self._fail(request)
            if new:
                return web.Response(status=401, text="Unauthorized")
            return web.Response(text="Fails.")
        self._failures.pop(request.remote or "", None)
        good.headers["Set-Cookie"] = self.cookie(self._new()[0])
        return good

    async def _logout(self, request: web.Request) -> web.Response:
        self._sessions.pop(request.cookies.get(self.cookie_name, ""), None)
        response = web.Response(text="")
        response.headers["Set-Cookie"] = (
            f"{self.cookie_name}=; expires=Thu, 19-Nov-2020 21:20:27 GMT; path=/"
        )
        return response

    async def _rotate(self, request: web.Request) -> web.Response:
        if self._client.release < (5, 2):
            return web.Response(status=404, text="Not Found")
        number = self._client.world.next_id(f"{self._client.name}:key")
        self._client.api_key = f"qbt_{self._client.world.hex(f'key:{number}', 28)}"
        self._key_session = None
        return json_response({"apiKey": self._client.api_key})


def _forbidden() -> web.Response:
    return web.Response(status=403, text="Forbidden")
