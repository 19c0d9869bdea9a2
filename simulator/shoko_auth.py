"""Users and keys of a simulated Shoko, and what is told without any."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from .model import JsonObject
from .service import json_response, read_object

if TYPE_CHECKING:
    from .shoko import Shoko

_OPEN = ("/api/auth", "/api/v3/Init/")


@dataclass(slots=True, kw_only=True)
class Account:
    """A user of the server."""

    name: str
    password: str
    admin: bool


class ShokoAuth:
    """The accounts of one server."""

    def __init__(self, server: Shoko) -> None:
        """Have the user of a fresh install, who has no password."""
        self._server = server
        self.accounts = [
            Account(name="Default", password="", admin=True),
            Account(name="family", password="movies", admin=False),
        ]
        self._keys: dict[str, Account] = {}
        self.open_hub = True  # before v6 the hub asked nobody for a key

    def add_key(self, device: str, *, admin: bool = True) -> str:
        """Return a key for an administrator or somebody else; a device keeps its key."""
        account = next(account for account in self.accounts if account.admin is admin)
        return self._key(account, device)

    def _key(self, account: Account, device: str) -> str:
        text = self._server.world.hex(f"{self._server.name}:{account.name}:{device}", 32)
        key = "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
        self._keys[key] = account
        return key

    def routes(self) -> list[web.RouteDef]:
        """Return the routes that need no key."""
        return [
            web.post("/api/auth", self._sign_in),
            web.get("/api/v3/Init/Version", self._version),
            web.get("/api/v3/Init/Status", self._status),
        ]

    def account(self, request: web.Request) -> Account | None:
        """Return who asks."""
        key = request.headers.get("apikey") or request.query.get("apikey", "")
        if not key and self._server.major >= 6:
            scheme, _, key = request.headers.get("Authorization", "").partition(" ")
            key = key if scheme == "Bearer" else ""
            if request.path.startswith("/signalr/"):
                key = key or request.query.get("access_token", "")
        return self._keys.get(key.lower())

    def refusal(self, request: web.Request) -> web.Response | None:
        """Return the refusal for a request without a key, None to let it pass."""
        if request.path.startswith(_OPEN) or self.account(request) is not None:
            return None
        if request.path.startswith("/signalr/") and self._server.major < 6 and self.open_hub:
            return None
        return web.Response(status=401)

    def needs_admin(self, request: web.Request) -> web.Response | None:
        """Return the refusal for somebody who is no administrator."""
        account = self.account(request)
        return None if account is not None and account.admin else web.Response(status=403)

    async def _sign_in(self, request: web.Request) -> web.Response:
        body = await read_object(request)
        name, password = str(body.get("user") or ""), str(body.get("pass") or "")
        device = str(body.get("device") or "").strip()
        if not name or not device:
            return web.Response(status=400)
        for account in self.accounts:
            if account.name.lower() == name.lower() and account.password == password:
                return json_response({"apikey": self._key(account, device)})
        return web.Response(status=401)

    async def _status(self, request: web.Request) -> web.Response:
        full = self.account(request) is not None
        return json_response(self._server.init_status(full=full))

    async def _version(self, request: web.Request) -> web.Response:
        server = self._server
        number = server.version
        plain = f"{number}.0" if number.count(".") == 2 and "-" not in number else number
        body: JsonObject = {
            "Version": plain,
            "ReleaseChannel": "Dev" if "-dev" in number else "Stable",
            "Commit": server.world.hex("commit", 40),
            "Tag": f"v{number}",
            "ReleaseDate": "2026-03-27T10:00:00Z",
        }
        return json_response(
            {
                "Server": body,
                "Commons": {"Version": plain},
                "Models": {"Version": plain},
                "MediaInfo": {"Version": None},
                "WebUI": {"Version": "2.4.1", "ReleaseChannel": "Stable"},
            }
        )
