"""Running the SignalR client in a test: its time, and what it told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from aiohttp.test_utils import unused_port

from custom_components.media_status.clients.errors import ClientError
from custom_components.media_status.clients.signalr import (
    Disconnected,
    HubEvent,
    Invocation,
    SignalRClient,
)
from custom_components.media_status.clients.signalr_opening import Limits

from .fake import CANARY
from .signalr_process import GREETING, KEEP_ALIVE
from .signalr_rig import Rig

HASTY = Limits(first_delay=0.01, last_delay=0.02, connect=5.0)
GREETED = Invocation(GREETING, (None,))


class Sleeper:
    """A `sleep` that ends when the test says so."""

    def __init__(self) -> None:
        """Initialize with nobody asleep."""
        self.asked: list[float] = []
        self._sleeping: asyncio.Queue[tuple[float, asyncio.Event]] = asyncio.Queue()

    async def sleep(self, seconds: float) -> None:
        """Sleep until woken."""
        self.asked.append(seconds)
        woken = asyncio.Event()
        self._sleeping.put_nowait((seconds, woken))
        await woken.wait()

    async def wake(self) -> float:
        """Wait until somebody sleeps, wake them, and return for how long they meant to."""
        seconds, woken = await self._sleeping.get()
        woken.set()
        return seconds


class Listener:
    """What a client told."""

    def __init__(self) -> None:
        """Initialize without anything."""
        self.events: list[HubEvent] = []
        self._queue: asyncio.Queue[HubEvent] = asyncio.Queue()

    def on_event(self, event: HubEvent) -> None:
        """Hear an event."""
        self.events.append(event)
        self._queue.put_nowait(event)

    async def next(self) -> HubEvent:
        """Wait for the next event."""
        return await self._queue.get()

    async def reason(self) -> ClientError:
        """Wait for the next event, which must be the end of a connection, and return why."""
        event = await self.next()
        assert isinstance(event, Disconnected)
        return event.reason


@asynccontextmanager
async def running(client: SignalRClient) -> AsyncIterator[Listener]:
    """Run a client for the length of a block."""
    listener = Listener()
    task = asyncio.create_task(client.run(listener.on_event))
    try:
        async with asyncio.timeout(20):
            yield listener
    finally:
        task.cancel()
        await asyncio.wait((task,))
        assert task.cancelled()


def make(
    session: aiohttp.ClientSession,
    url: str,
    *,
    sleeper: Sleeper | None = None,
    negotiate: bool = False,
    limits: Limits = HASTY,
) -> SignalRClient:
    """Return a client; with a sleeper its time stands still."""
    return SignalRClient(
        session,
        url,
        headers={"apikey": CANARY},
        negotiate=negotiate,
        sleep=asyncio.sleep if sleeper is None else sleeper.sleep,
        limits=limits,
    )


@asynccontextmanager
async def serving(*, keep_alive: float = KEEP_ALIVE) -> AsyncIterator[Rig]:
    """Run a hub for the length of a block."""
    rig = Rig(unused_port(), keep_alive=keep_alive)
    await rig.start()
    try:
        yield rig
    finally:
        rig.hub.thaw()
        await rig.stop()
