"""Our client and signalrcore behind one face, so that one fault table serves both."""

import asyncio
from collections.abc import Callable
import json
import sys
from typing import Protocol, Self

import aiohttp

from custom_components.media_status.clients.errors import ClientError
from custom_components.media_status.clients.readers import JsonValue, as_dict, as_int
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


class Witnesses:
    """The process in which signalrcore runs, one connection or many."""

    def __init__(self) -> None:
        """Plan."""
        self._parties: dict[str, Witness] = {}
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Start the process."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "tests.clients.signalr_witness", GREETING, EVENT, str(BOOM)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=ROOT,
        )
        self._reader = asyncio.create_task(self._read(self._process))
        return self

    async def __aexit__(self, *_details: object) -> None:
        """Kill it: its threads may hang."""
        assert self._process is not None and self._reader is not None
        self._process.kill()
        await self._process.wait()
        await self._reader
        assert self._process.stdin is not None
        self._process.stdin.close()

    def party(self, url: str, negotiate: bool) -> Party:
        """Return one more client."""
        name = str(len(self._parties))
        self._parties[name] = Witness(self, name, url, negotiate=negotiate)
        return self._parties[name]

    async def command(self, *words: JsonValue) -> None:
        """Tell the process what to do."""
        assert self._process is not None and self._process.stdin is not None
        self._process.stdin.write(json.dumps(words).encode() + b"\n")
        await self._process.stdin.drain()

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            name, what, value = json.loads(line)
            party = self._parties[name]
            if what == "stopped":
                party.stopped.set()
            else:
                party.heard.note(what, value)


class Witness:
    """One connection of signalrcore."""

    def __init__(self, house: Witnesses, name: str, url: str, *, negotiate: bool) -> None:
        """Prepare."""
        self.heard = Heard()
        self.stopped = asyncio.Event()
        self._house, self._name, self._url, self._negotiate = house, name, url, negotiate

    async def start(self) -> None:
        """Begin to connect."""
        headers: JsonValue = {"apikey": CANARY}
        await self._house.command("open", self._name, self._url, headers, self._negotiate)

    async def stop(self) -> None:
        """Tell it to stop and wait until it did."""
        await self._house.command("stop", self._name)
        await self.stopped.wait()

    async def discard(self) -> None:
        """Leave it to the end of the process."""
