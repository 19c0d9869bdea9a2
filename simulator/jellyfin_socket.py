"""The `/socket` of the simulated Jellyfin."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from aiohttp import WSMsgType, web
import orjson

from .clock import Timer
from .jellyfin_items import Item
from .model import JsonObject, User

if TYPE_CHECKING:
    from .jellyfin import Jellyfin


@dataclass(slots=True, kw_only=True, eq=False)
class Connection:
    """One open socket."""

    socket: web.WebSocketResponse
    user: User | None
    tasks: bool = False
    heard: datetime


class SocketHub:
    """All open sockets of one server and what they are told."""

    def __init__(self, server: Jellyfin) -> None:
        """Have nobody connected."""
        self._server = server
        self._open: set[Connection] = set()
        self._added: list[str] = []
        self._removed: list[str] = []
        self._timer: Timer | None = None
        self.update_duration = 30.0

    @property
    def connected(self) -> int:
        """Return how many sockets are open."""
        return len(self._open)

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one socket until it closes."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        connection = Connection(
            socket=socket, user=self._server.auth.user(request), heard=self._server.clock.now()
        )
        self._open.add(connection)
        self._watch(connection)
        try:
            await self._tell(connection, "ForceKeepAlive", 60)
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await self._heard(connection, message.data)
        finally:
            self._open.discard(connection)
        return socket

    async def close(self, *, restarting: bool = False) -> None:
        """Close every socket, as a server does that stops."""
        for connection in tuple(self._open):
            name = "ServerRestarting" if restarting else "ServerShuttingDown"
            await self._tell(connection, name, None)
            await connection.socket.close()

    async def tasks_changed(self) -> None:
        """Tell the subscribers about the scheduled tasks."""
        for connection in tuple(self._open):
            if connection.tasks:
                await self._tell(connection, "ScheduledTasksInfo", self._server.tasks())

    def library_changed(self, added: list[Item], removed: list[Item]) -> None:
        """Note a change; it is told once the library was quiet for a while."""
        self._added += [item.id for item in added]
        self._removed += [item.id for item in removed]
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._server.clock.call_later(self.update_duration, self.flush)

    async def flush(self) -> None:
        """Tell the sockets of users what changed; API keys are never told."""
        added, removed = self._added, self._removed
        self._added, self._removed, self._timer = [], [], None
        if not added and not removed:
            return
        folder = self._server.folders[0]["ItemId"]
        data: JsonObject = {
            "FoldersAddedTo": [folder] if added else [],
            "FoldersRemovedFrom": [folder] if removed else [],
            "ItemsAdded": added,
            "ItemsRemoved": removed,
            "ItemsUpdated": [],
            "CollectionFolders": [folder],
            "IsEmpty": False,
        }
        for connection in tuple(self._open):
            if connection.user is not None:
                await self._tell(connection, "LibraryChanged", data)

    def _watch(self, connection: Connection) -> None:
        async def check() -> None:
            if connection not in self._open:
                return
            silence = (self._server.clock.now() - connection.heard).total_seconds()
            if silence >= 60:
                await connection.socket.close()
                return
            if silence >= 45:
                await self._tell(connection, "ForceKeepAlive", 60)
            self._watch(connection)

        self._server.clock.call_later(12, check)

    async def _heard(self, connection: Connection, text: str) -> None:
        try:
            message = orjson.loads(text)
        except orjson.JSONDecodeError:
            return
        kind = message.get("MessageType") if isinstance(message, dict) else None
        connection.heard = self._server.clock.now()
        if kind == "KeepAlive":
            await self._tell(connection, "KeepAlive", None)
        elif kind == "ScheduledTasksInfoStart":
            connection.tasks = True
            await self._tell(connection, "ScheduledTasksInfo", self._server.tasks())
        elif kind == "ScheduledTasksInfoStop":
            connection.tasks = False

    async def _tell(self, connection: Connection, kind: str, data: object) -> None:
        number = self._server.world.next_id(f"{self._server.name}:message")
        body: JsonObject = {"MessageId": self._server.world.hex(f"message:{number}", 32)}
        if data is not None:
            body["Data"] = data
        body["MessageType"] = kind
        if connection.socket.closed:
            return
        with suppress(ConnectionResetError):  # it has just hung up
            await connection.socket.send_str(orjson.dumps(body).decode())
