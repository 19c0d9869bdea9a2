"""Listen where news comes without a webhook of ours: sockets that we open, another integration."""

import asyncio
from collections import deque
from datetime import datetime
import logging
from typing import Final

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from .clients.jellyfin_socket import JellyfinSocket, SocketEvent
from .clients.signalr import Connected, Disconnected, HubEvent, Invocation
from .connections.base import Doorbell, Push
from .connections.jellyfin import JellyfinConnection
from .connections.shoko import ShokoConnection
from .coordinator import ConnectionCoordinator
from .core_doorbell import CoreDoorbell
from .hub import Hub
from .journal import JournalError
from .lifecycle.model import Service

_LOGGER = logging.getLogger(__name__)

MOST_WAITING: Final = 10_000
"""More messages than this are not kept: the next survey tells what they would have."""
_BATCH: Final = 50  # messages understood before others may run


def start_listener(hub: Hub, coordinator: ConnectionCoordinator) -> None:
    """Start the connection's listener, if its kind has one; it ends with the entry."""
    connection = coordinator.connection
    if isinstance(connection, JellyfinConnection):
        _listen_to_jellyfin(coordinator, connection)
    elif isinstance(connection, ShokoConnection):
        ShokoListener(hub, coordinator, connection).start()
    elif coordinator.kind is Service.SEERR:
        CoreDoorbell(coordinator).start()


def _listen_to_jellyfin(coordinator: ConnectionCoordinator, connection: JellyfinConnection) -> None:
    def on_event(_: SocketEvent) -> None:
        coordinator.ring()

    socket = JellyfinSocket(connection.client)
    coordinator.config_entry.async_create_background_task(
        coordinator.hass, socket.run(on_event), f"socket of {coordinator.name}"
    )


class ShokoListener:
    """Take in what a Shoko says, in order, many messages in one write to the journal."""

    def __init__(
        self, hub: Hub, coordinator: ConnectionCoordinator, connection: ShokoConnection
    ) -> None:
        """Initialize for one connection; nothing is opened before `start`."""
        self._hub = hub
        self._coordinator = coordinator
        self._connection = connection
        self._waiting: deque[tuple[Invocation, datetime]] = deque()
        self._arrived = asyncio.Event()
        self._is_flooded = False
        self._is_failing = False

    @callback
    def start(self) -> None:
        """Listen, and take in what is heard, until the entry is unloaded."""
        entry, name = self._coordinator.config_entry, self._coordinator.name
        hass = self._coordinator.hass
        socket = self._connection.client.hub()
        entry.async_create_background_task(hass, self._take_in(), f"messages of {name}")
        entry.async_create_background_task(hass, socket.run(self._heard), f"socket of {name}")

    @callback
    def _heard(self, event: HubEvent) -> None:
        match event:
            case Invocation():
                self._keep(event)
            case Connected():
                # Nobody repeats what was said in the meantime.
                self._connection.reconnected()
                self._coordinator.note_listening(True)
                self._coordinator.ring()
            case Disconnected():
                self._coordinator.note_listening(False)

    def _keep(self, message: Invocation) -> None:
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append((message, dt_util.utcnow()))
            self._arrived.set()
        elif not self._is_flooded:
            self._is_flooded = True
            _LOGGER.warning("%s says more than can be taken in", self._coordinator.name)

    async def _take_in(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._waiting:
                count = min(_BATCH, len(self._waiting))
                await self._take([self._waiting.popleft() for _ in range(count)])
                await asyncio.sleep(0)
            if self._is_flooded:
                self._is_flooded = False
                self._connection.reconnected()
                self._coordinator.ring()

    async def _take(self, messages: list[tuple[Invocation, datetime]]) -> None:
        """Hand a batch on; what cannot be stored now is known, and stored later."""
        pushes = [self._understood(message, at) for message, at in messages]
        if self._hub.is_closed:
            return
        try:
            tell = await self._hub.take_push(self._coordinator, _together(pushes))
        except JournalError as err:
            if not self._is_failing:
                _LOGGER.error(
                    "What %s says could not be stored yet: %s", self._coordinator.name, err
                )
            self._is_failing = True
        except Exception:  # a bug of ours must not end the listening; the survey tells it again
            _LOGGER.exception("What %s says could not be taken in", self._coordinator.name)
            self._coordinator.ring()
        else:
            self._is_failing = False
            tell()

    def _understood(self, message: Invocation, at: datetime) -> Push:
        """Translate a message; should that ever fail, the next survey tells what it said."""
        try:
            return self._connection.translate(
                {"target": message.target, "arguments": list(message.arguments)}, at
            )
        except Exception:  # a bug of ours must not end the listening
            _LOGGER.exception("A message of %s was not understood", self._coordinator.name)
            return Push(event="unreadable", known=False, doorbells=frozenset({Doorbell.SELF}))


def _together(pushes: list[Push]) -> Push:
    """Return several pushes as one, named like the last."""
    return Push(
        event=pushes[-1].event,
        known=all(push.known for push in pushes),
        observations=tuple(seen for push in pushes for seen in push.observations),
        doorbells=frozenset().union(*(push.doorbells for push in pushes)),
        removed=tuple(one for push in pushes for one in push.removed),
    )
