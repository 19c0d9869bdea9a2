"""qBittorrent's sessions and list of torrents, as far as the client needs them."""

import aiohttp
from aiohttp import web

from custom_components.media_status.clients.qbittorrent import QBittorrentClient
from custom_components.media_status.clients.readers import JsonValue

from .fake import CANARY, FakeService, Seen

API = "/api/v2"
LOGIN = f"{API}/auth/login"
VERSION = f"{API}/app/version"
MAINDATA = f"{API}/sync/maindata"
BAN = "Your IP address has been banned after too many failed authentication attempts."


class FakeQbittorrent:
    """qBittorrent's sessions: cookie, key or bypass, and the list of torrents behind them."""

    def __init__(self, service: FakeService, *, modern: bool = True, cookie: str = "SID") -> None:
        """Answer as 5.2 and later (`modern`) or as 5.1 and before."""
        self.modern = modern
        self.cookie = cookie
        self.password = CANARY
        self.key: str | None = None
        self.bypass = False
        self.banned = False
        self.bad_host = False
        self.sessions: set[str] = set()
        self.logins = 0
        self.failures = 0
        self.answers: list[JsonValue] = [{"rid": 1, "full_update": True}]
        self.rids: list[str] = []
        service.on("POST", LOGIN, self.login)
        service.on("GET", VERSION, self.version)
        service.on("GET", f"{API}/app/webapiVersion", self.web_api_version)
        service.on("GET", MAINDATA, self.maindata)
        service.on("POST", f"{API}/torrents/delete", self.delete)

    def login(self, seen: Seen) -> web.StreamResponse:
        """Sign in as the version does it."""
        if self.bad_host:
            return web.Response(status=401, text="Unauthorized")
        if self.banned:
            return web.Response(status=403, text=BAN)
        if seen.form != {"username": "admin", "password": self.password}:
            self.failures += 1
            self.banned = self.failures >= 5
            return web.Response(status=401 if self.modern else 200, text=self.failed)
        self.logins += 1
        response = web.Response(
            status=204 if self.modern else 200, text="" if self.modern else "Ok."
        )
        self.open_session(response)
        return response

    @property
    def failed(self) -> str:
        """Return the body of a failed sign-in."""
        return "Unauthorized" if self.modern else "Fails."

    def open_session(self, response: web.Response) -> None:
        """Set the cookie of a new session."""
        value = f"ab/c+{len(self.sessions)}=="
        self.sessions.add(value)
        response.headers.add("Set-Cookie", f"{self.cookie}={value}; HttpOnly; path=/")

    def refusal(self, seen: Seen) -> web.Response | None:
        """Return why a call is refused, None when it is not."""
        if self.bad_host:
            return web.Response(status=401, text="Unauthorized")
        if self.bypass:
            return None
        if self.key is not None and seen.headers.get("Authorization") == f"Bearer {self.key}":
            return None
        if self.banned:
            return web.Response(status=403, text=BAN)
        sent = dict(
            part.split("=", 1) for part in seen.headers.get("Cookie", "").split("; ") if part
        )
        if sent.get(self.cookie) in self.sessions:
            return None
        return web.Response(status=403, text="Forbidden")

    def version(self, seen: Seen) -> web.StreamResponse:
        """Tell the version."""
        return self.refusal(seen) or web.Response(text="v5.3.0" if self.modern else "v4.5.2")

    def web_api_version(self, seen: Seen) -> web.StreamResponse:
        """Tell the version of the interface."""
        return self.refusal(seen) or web.Response(text="2.16.2" if self.modern else "2.8.19")

    def maindata(self, seen: Seen) -> web.StreamResponse:
        """Tell the torrents: the answers in order, the last one stays."""
        refused = self.refusal(seen)
        if refused is not None:
            return refused
        self.rids.append(seen.query["rid"])
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        response = web.json_response(answer)
        if self.bypass and self.cookie not in seen.headers.get("Cookie", ""):
            self.open_session(response)
        return response

    def delete(self, seen: Seen) -> web.StreamResponse:
        """Delete torrents."""
        return self.refusal(seen) or web.Response()


def by_password(
    service: FakeService, session: aiohttp.ClientSession, password: str = CANARY
) -> QBittorrentClient:
    """Return a client that signs in."""
    return QBittorrentClient(session, service.url, username="admin", password=password)
