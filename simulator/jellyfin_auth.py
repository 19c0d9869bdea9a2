"""Getting into the simulated Jellyfin: API key, user tokens, Quick Connect."""

from dataclasses import dataclass
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from aiohttp import web

from .clock import iso
from .model import JsonObject, User
from .service import json_response, read_object

if TYPE_CHECKING:
    from .jellyfin import Jellyfin

_MEMBER = re.compile(r'(\w+)="([^"]*)"')
_ANONYMOUS = {
    "/System/Info/Public",
    "/System/Ping",
    "/health",
    "/QuickConnect/Enabled",
    "/QuickConnect/Initiate",
    "/QuickConnect/Connect",
    "/Users/AuthenticateByName",
    "/Users/AuthenticateWithQuickConnect",
}


@dataclass(slots=True, kw_only=True)
class Wish:
    """A Quick Connect code that waits for somebody to allow it."""

    secret: str
    code: str
    device: dict[str, str]
    user: User | None = None


class JellyfinAuth:
    """The doors of one server."""

    def __init__(self, server: Jellyfin) -> None:
        """Know the API key and no tokens."""
        self._server = server
        self.quick_connect = True
        self._tokens: dict[str, User] = {}
        self._wishes: dict[str, Wish] = {}

    def routes(self) -> list[web.RouteDef]:
        """Return the routes that hand out tokens."""
        return [
            web.post("/Users/AuthenticateByName", self._by_name),
            web.get("/QuickConnect/Enabled", self._enabled),
            web.post("/QuickConnect/Initiate", self._initiate),
            web.get("/QuickConnect/Connect", self._connect),
            web.post("/QuickConnect/Authorize", self._authorize),
            web.post("/Users/AuthenticateWithQuickConnect", self._with_quick_connect),
        ]

    def password(self, name: str) -> str:
        """Return a user's password."""
        return self._server.world.hex(f"jellyfin-password:{name}", 12)

    def members(self, request: web.Request) -> dict[str, str]:
        """Return the members of the `MediaBrowser` header."""
        header = request.headers.get("Authorization", "")
        legacy = self._server.major < 12
        if not header.startswith("MediaBrowser ") and legacy:
            header = request.headers.get("X-Emby-Authorization", header)
        if not header.startswith(("MediaBrowser ", "Emby ") if legacy else "MediaBrowser "):
            return {}
        return {key: unquote(value) for key, value in _MEMBER.findall(header)}

    def token(self, request: web.Request) -> str:
        """Return the token of a request, by any of the ways this version knows."""
        given = self.members(request).get("Token") or request.query.get("ApiKey", "")
        if not given and self._server.major < 12:
            headers = request.headers
            given = headers.get("X-Emby-Token") or headers.get("X-MediaBrowser-Token") or ""
            given = given or request.query.get("api_key", "")
        return given

    def user(self, request: web.Request) -> User | None:
        """Return the user of a token, None for the API key."""
        return self._tokens.get(self.token(request))

    def known(self, request: web.Request) -> bool:
        """Whether the request carries a valid key or token."""
        token = self.token(request)
        return token == self._server.api_key or token in self._tokens

    def refusal(self, request: web.Request) -> web.StreamResponse | None:
        """Return the refusal of a request, None to let it in."""
        if request.path in _ANONYMOUS or request.path.endswith("/Images/Primary"):
            return None
        if self.known(request):
            return None
        if request.path == "/socket":
            return web.Response(status=403, text="Token is required.")
        return web.Response(status=401)

    def _sign_in(self, user: User, device: dict[str, str]) -> web.Response:
        server = self._server
        token = server.world.hex(f"token:{user.name}:{device.get('DeviceId')}", 32)
        self._tokens[token] = user
        session: JsonObject = {
            "Id": server.world.hex(f"session:{token}", 32),
            "UserId": user.jellyfin_id,
            "UserName": user.name,
            "Client": device.get("Client"),
            "DeviceName": device.get("Device"),
            "DeviceId": device.get("DeviceId"),
            "ApplicationVersion": device.get("Version"),
            "IsActive": True,
            "ServerId": server.server_id,
        }
        body = {"User": self.user_json(user), "SessionInfo": session, "AccessToken": token}
        return json_response(body | {"ServerId": server.server_id})

    def user_json(self, user: User) -> JsonObject:
        """Return a UserDto."""
        return {
            "Name": user.name,
            "ServerId": self._server.server_id,
            "Id": user.jellyfin_id,
            "HasPassword": True,
            "HasConfiguredPassword": True,
            "HasConfiguredEasyPassword": False,
            "EnableAutoLogin": False,
            "Policy": {
                "IsAdministrator": user.permissions == 2,
                "IsHidden": True,
                "IsDisabled": False,
                "EnableAllFolders": True,
                "AuthenticationProviderId": "Default",
                "PasswordResetProviderId": "Default",
            },
        }

    def _device(self, request: web.Request) -> dict[str, str] | None:
        members = self.members(request)
        complete = all(members.get(key) for key in ("Client", "Device", "DeviceId", "Version"))
        return members if complete else None

    async def _by_name(self, request: web.Request) -> web.Response:
        device = self._device(request)
        if device is None:
            return web.Response(status=400, text="Error processing request.")
        body = await read_object(request)
        user = self._server.world.users.get(str(body.get("Username")))
        if user is None or body.get("Pw") != self.password(user.name):
            return web.Response(status=401)
        return self._sign_in(user, device)

    async def _enabled(self, request: web.Request) -> web.Response:
        return json_response(self.quick_connect)

    def _wish_json(self, wish: Wish) -> JsonObject:
        return {
            "Authenticated": wish.user is not None,
            "Secret": wish.secret,
            "Code": wish.code,
            "DeviceId": wish.device.get("DeviceId"),
            "DeviceName": wish.device.get("Device"),
            "AppName": wish.device.get("Client"),
            "AppVersion": wish.device.get("Version"),
            "DateAdded": iso(self._server.now(), 7),
        }

    async def _initiate(self, request: web.Request) -> web.Response:
        device = self._device(request)
        if not self.quick_connect:
            return web.Response(status=401)
        if device is None:
            return web.Response(status=400, text="Error processing request.")
        number = self._server.world.next_id(f"{self._server.name}:quick-connect", 123456)
        secret = self._server.world.hex(f"quick-connect:{number}", 64)
        self._wishes[secret] = Wish(secret=secret, code=str(number), device=device)
        return json_response(self._wish_json(self._wishes[secret]))

    async def _connect(self, request: web.Request) -> web.Response:
        wish = self._wishes.get(request.query.get("secret", ""))
        return json_response(self._wish_json(wish)) if wish else web.Response(status=404)

    async def _authorize(self, request: web.Request) -> web.Response:
        wanted = request.query.get("userId", "").replace("-", "")
        users = self._server.world.users.values()
        user = next((u for u in users if u.jellyfin_id == wanted), self.user(request))
        codes = {wish.code: wish for wish in self._wishes.values()}
        wish = codes.get(request.query.get("code", ""))
        if wish is None or user is None:
            return web.Response(status=404)
        wish.user = user
        return json_response(True)

    async def _with_quick_connect(self, request: web.Request) -> web.Response:
        body = await read_object(request)
        wish = self._wishes.get(str(body.get("Secret")))
        device = self._device(request)
        if device is None:
            return web.Response(status=400, text="Error processing request.")
        if wish is None or wish.user is None:
            return web.Response(status=401)
        del self._wishes[wish.secret]
        return self._sign_in(wish.user, device)
