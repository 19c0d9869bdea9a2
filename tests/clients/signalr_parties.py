"""Our client and signalrcore behind one face, so that one fault table serves both."""

import asyncio
from collections.abc import Callable
import json
import sys
from typing import Protocol

import aiohttp

from custom_components.media_status.clients.errors import ClientError
from custom_components.media_status.clients.readers import as_dict, as_int
from custom_components.media_status.clients.signalr import (
    Connected,
    Disconnected,
    HubEvent,
    SignalRClient,
)
from custom_components.media_status.clients.signalr_opening import Limits

from .fake import CANARY
from .signalr_process import BOOM, EVENT, GREETING, ROOT

# A sixtieth and less of the real ones; the hub's pings come in every beat.
LIMITS = Limits(beat=0.2, connect=0.5, close=0.4, first_delay=0.05, last_delay=0.2)


class Heard:
    """What a client heard, and waiting for it."""

    def __init__(self) -> None:
        """Initialize without anything."""
        self.greetings = 0
        self.numbers: list[int] = []
        self.reasons: list[ClientError | None] = []  # one for each lost connection
        self._news = asyncio.Event()

    def note(self, kind: str, number: int | None, reason: ClientError | None = None) -> None:
        """Remember one thing that was heard."""
        if kind == "greeting":
            self.greetings += 1
        elif kind == "number" and number is not None:
            self.numbers.append(number)
        elif kind == "lost":
            self.reasons.append(reason)
        self._news.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something is true of what was heard."""
        while not condition():
            self._news.clear()
            await self._news.wait()

    async def greeted(self, times: int) -> None:
        """Wait until so many connections were greeted."""
        await self.until(lambda: self.greetings >= times)

    async def hears(self, number: int) -> None:
        """Wait for an event."""
        await self.until(lambda: number in self.numbers)

    async def lost(self, kind: type[ClientError] = ClientError) -> None:
        """Wait until it says that there is no connection (ours says why)."""
        await self.until(lambda: any(isinstance(it, kind | None) for it in self.reasons))


class Party(Protocol):
    """A client that takes part in a row of the table."""

    heard: Heard

    async def start(self) -> None:
        """Begin to connect."""

    async def stop(self) -> None:
        """End, and return when that is done."""

    async def discard(self) -> None:
        """Leave nothing behind."""


class Ours:
    """Our client."""

    def __init__(self, url: str, *, negotiate: bool = False) -> None:
        """Prepare; a session of its own, so that leaks show."""
        self.heard = Heard()
        self._url, self._negotiate = url, negotiate
        self._session: aiohttp.ClientSession | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to connect."""
        self._session = aiohttp.ClientSession()
        client = SignalRClient(
            self._session,
            self._url,
            headers={"apikey": CANARY},
            negotiate=self._negotiate,
            limits=LIMITS,
        )
        self._task = asyncio.create_task(client.run(self._on_event))

    def _on_event(self, event: HubEvent) -> None:
        match event:
            case Disconnected(reason=reason):
                self.heard.note("lost", None, reason)
            case Connected():
                pass
            case (target, _) if target == GREETING:
                self.heard.note("greeting", None)
            case (target, arguments) if target == EVENT:
                number = as_int(as_dict(arguments[0]).get("n"))
                self.heard.note("number", number)
                if number == BOOM:
                    raise ValueError("the handler was told to fail")

    async def stop(self) -> None:
        """Cancel, as an unload does."""
        assert self._task is not None
        self._task.cancel()
        await asyncio.wait((self._task,))
        assert self._task.cancelled()

    async def discard(self) -> None:
        """Stop and close the session."""
        if self._task is not None and not self._task.done():
            await self.stop()
        if self._session is not None:
            await self._session.close()


class Witness:
    """signalrcore."""

    def __init__(self, url: str, *, negotiate: bool = False) -> None:
        """Prepare."""
        self.heard = Heard()
        self._arguments = (url, CANARY, str(negotiate))
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._stopped = asyncio.Event()

    async def start(self) -> None:
        """Start the process, which connects at once."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.clients.signalr_witness",
            *self._arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=ROOT,
        )
        self._reader = asyncio.create_task(self._read(self._process))

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            ((kind, value),) = json.loads(line).items()
            if kind == "stopped":
                self._stopped.set()
            else:
                self.heard.note(kind, value)

    async def stop(self) -> None:
        """Tell it to stop and wait until it did."""
        assert self._process is not None and self._process.stdin is not None
        self._process.stdin.write(b"stop\n")
        await self._process.stdin.drain()
        await self._stopped.wait()

    async def discard(self) -> None:
        """Kill the process."""
        if self._process is None or self._reader is None:
            return
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        await self._reader
