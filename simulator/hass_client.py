"""Talk to a real Home Assistant as its own frontend does: sign in, REST, websocket."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from types import TracebackType
from typing import Final, Self

import aiohttp

from .model import JsonObject

_LIMIT: Final = 60.0


class HassRefusedError(Exception):
    """Home Assistant refused a call."""


class HassClient:
    """One signed-in client."""

    def __init__(self, url: str) -> None:
        """Plan a client for the instance at `url`."""
        self._client_id = f"{url}/"
        self._session = aiohttp.ClientSession(
            base_url=url, timeout=aiohttp.ClientTimeout(total=_LIMIT)
        )
        self._token = ""

    async def __aenter__(self) -> Self:
        """Return the client."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        await self._session.close()

    # -- signing in ----------------------------------------------------------------------------

    async def onboard(self, username: str, password: str) -> None:
        """Create the first user and sign in."""
        answer = await self.call(
            "POST",
            "/api/onboarding/users",
            {
                "client_id": self._client_id,
                "name": username.title(),
                "username": username,
                "password": password,
                "language": "en",
            },
        )
        await self._redeem(str(answer["auth_code"]))

    async def sign_in(self, username: str, password: str) -> None:
        """Sign in with user name and password."""
        flow = await self.call(
            "POST",
            "/auth/login_flow",
            {
                "client_id": self._client_id,
                "handler": ["homeassistant", None],
                "redirect_uri": self._client_id,
            },
        )
        typed = {"client_id": self._client_id, "username": username, "password": password}
        answer = await self.call("POST", f"/auth/login_flow/{flow['flow_id']}", typed)
        await self._redeem(str(answer["result"]))

    async def _redeem(self, code: str) -> None:
        form = {"grant_type": "authorization_code", "code": code, "client_id": self._client_id}
        async with self._session.post("/auth/token", data=form) as response:
            response.raise_for_status()
            self._token = str((await response.json())["access_token"])

    # -- calls ---------------------------------------------------------------------------------

    async def call(
        self, method: str, path: str, body: Mapping[str, object] | None = None
    ) -> JsonObject:
        """Call the REST API; raise `HassRefusedError` for anything but success."""
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        async with self._session.request(method, path, json=body, headers=headers) as response:
            if response.status >= 400:
                reason = (await response.text())[:500]
                raise HassRefusedError(f"{method} {path}: {response.status} {reason}")
            answer: JsonObject = await response.json()
            return answer

    async def act(self, action: str, **data: object) -> JsonObject:
        """Call an action of the integration and return what it answers."""
        path = f"/api/services/media_status/{action}?return_response"
        answer = (await self.call("POST", path, data)).get("service_response")
        return answer if isinstance(answer, dict) else {}

    async def command(self, kind: str, **fields: object) -> object:
        """Send one websocket command and return its result."""
        async with self._session.ws_connect("/api/websocket", max_msg_size=0) as socket:
            await self._authenticate(socket)
            await socket.send_json({"id": 1, "type": kind, **fields})
            async with asyncio.timeout(_LIMIT):
                return _result(await socket.receive_json())

    async def events(
        self, kind: str, subscribed: asyncio.Event | None = None, **fields: object
    ) -> AsyncIterator[JsonObject]:
        """Subscribe to a websocket command, set `subscribed`, and yield its events."""
        async with self._session.ws_connect(
            "/api/websocket", max_msg_size=0, timeout=aiohttp.ClientWSTimeout(ws_close=1)
        ) as socket:
            await self._authenticate(socket)
            await socket.send_json({"id": 1, "type": kind, **fields})
            _result(await socket.receive_json())
            if subscribed is not None:
                subscribed.set()
            async for message in socket:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    return
                body = message.json()
                if body.get("type") == "event":
                    yield body["event"]

    async def _authenticate(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        await socket.receive_json()
        await socket.send_json({"type": "auth", "access_token": self._token})
        answer = await socket.receive_json()
        if answer.get("type") != "auth_ok":
            raise HassRefusedError("the websocket does not accept the token")

    async def states(self) -> dict[str, JsonObject]:
        """Return all states by entity id."""
        found = await self.command("get_states")
        rows = found if isinstance(found, list) else []
        return {str(row["entity_id"]): row for row in rows}


def _result(answer: JsonObject) -> object:
    if not answer.get("success"):
        raise HassRefusedError(str(answer.get("error")))
    return answer.get("result")
