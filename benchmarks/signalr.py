"""Measure how fast a hub's events are taken, beside aiohttp receiving the same frames for nothing.

The hub runs in a process of its own. Rounds of our client and of a bare websocket alternate: what
disturbs the machine disturbs both alike. Three ways to send the same 10,000 events:

- `bursts`: by the hub, a frame for each, a thousand in a go. Measured by the clock.
- `flood`: a frame for each, encoded beforehand, so that nothing but the receiver limits them.
  Measured by the processor time of the loop's thread.
- `packed`: as `flood`, fifty in a frame. The bare websocket does not even look at them then.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter, thread_time

import aiohttp

from custom_components.media_status.clients.signalr import HubEvent, Invocation, SignalRClient

from .figures import Figures, median
from .house import free_port
from .signalr_hub import PATH
from .ticker import Gaps, ticking
from .worker import Worker

_EVENTS = 10_000
_ROUNDS = 15
_PACKED = 50  # events per frame
_HANDSHAKE = '{"protocol":"json","version":1}\x1e'
_RECORD_END = "\x1e"

type _Clock = Callable[[], float]


@dataclass(slots=True, kw_only=True)
class _Way:
    """A way to send, and what was measured with it."""

    command: str
    argument: str
    clock: _Clock
    target: float | None
    ours: list[float] = field(default_factory=list)  # events per second
    bare: list[float] = field(default_factory=list)
    gaps: list[Gaps] = field(default_factory=list)  # of our client


class _Counter:
    """The cheapest handler: count events, and note when the first and the last came."""

    def __init__(self, clock: _Clock) -> None:
        """Initialize without any."""
        self.events = 0
        self._clock = clock
        self._begun = self._ended = 0.0
        self.joined, self.done = asyncio.Event(), asyncio.Event()

    def on_event(self, event: HubEvent) -> None:
        """Count what our client reports."""
        if not isinstance(event, Invocation):
            self.joined.set()
            return
        self.events += 1
        if self.events == 1:
            self._begun = self._clock()
        elif self.events == _EVENTS:
            self._ended = self._clock()
            self.done.set()

    def count(self, events: int) -> None:
        """Count the events of a frame."""
        if not self.events:
            self._begun = self._clock()
        self.events += events
        if self.events == _EVENTS:
            self._ended = self._clock()
            self.done.set()

    @property
    def rate(self) -> float:
        """Return events per second between the first and the last."""
        return self.events / (self._ended - self._begun)


async def run(figures: Figures, _seed: int, _folder: Path) -> None:
    """Measure and print."""
    port, events = free_port(), str(_EVENTS)
    ways = {
        "bursts": _Way(command="bursts", argument=events, clock=perf_counter, target=0.5),
        "flood": _Way(command="flood", argument=f"{events} 1", clock=thread_time, target=None),
        "packed": _Way(
            command="flood", argument=f"{events} {_PACKED}", clock=thread_time, target=None
        ),
    }
    async with Worker("signalr_hub", str(port)) as hub, aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{port}{PATH}"
        for _ in range(_ROUNDS):
            for way in ways.values():
                await _round(hub, session, url, way)
    for name, way in ways.items():
        _report(figures, f"signalr.{name}", way)


async def _round(hub: Worker, session: aiohttp.ClientSession, url: str, way: _Way) -> None:
    """Let both receive the same."""
    async with ticking(), _bare(session, url, way.clock) as counter:
        await _receive(hub, counter, way)
    way.bare.append(counter.rate)
    async with ticking() as gaps, _client(session, url, way.clock) as counter:
        await _receive(hub, counter, way)
    way.ours.append(counter.rate)
    way.gaps.append(gaps)


async def _receive(hub: Worker, counter: _Counter, way: _Way) -> None:
    """Have everything sent, and wait until it came."""
    async with asyncio.timeout(60):
        await counter.joined.wait()
        await hub.ask(way.command, way.argument)
        await counter.done.wait()


@asynccontextmanager
async def _client(
    session: aiohttp.ClientSession, url: str, clock: _Clock
) -> AsyncIterator[_Counter]:
    """Run our client."""
    counter = _Counter(clock)
    client = SignalRClient(session, url, headers={})
    task = asyncio.create_task(client.run(counter.on_event))
    try:
        yield counter
    finally:
        task.cancel()
        await asyncio.wait((task,))


@asynccontextmanager
async def _bare(session: aiohttp.ClientSession, url: str, clock: _Clock) -> AsyncIterator[_Counter]:
    """Receive frames as anyone would and do nothing but count the events they must hold."""
    counter = _Counter(clock)
    async with session.ws_connect(url) as socket:
        await socket.send_str(_HANDSHAKE)
        await socket.receive()

        async def read() -> None:
            async for frame in socket:
                counter.count(frame.data.count(_RECORD_END))

        task = asyncio.create_task(read())
        counter.joined.set()
        try:
            yield counter
        finally:
            task.cancel()
            await asyncio.wait((task,))


def _report(figures: Figures, name: str, way: _Way) -> None:
    """Print the best round of each, which other processes disturbed least, and the worst stall."""
    ours, bare = max(way.ours), max(way.bare)
    figures.add(f"{name}.events_per_s", ours)
    figures.add(f"{name}.events_per_s_p50", median(way.ours))
    figures.add(f"{name}.bare_events_per_s", bare)
    figures.add(f"{name}.ratio", ours / bare, at_least=way.target)
    figures.add(f"{name}.us_per_event", 1e6 / ours, "us")
    figures.add(f"{name}.loop_stall_max", max(max(it.wall) for it in way.gaps) * 1000, "ms")
    busy = max(max(it.busy) for it in way.gaps) * 1000
    figures.add(f"{name}.loop_busy_max", busy, "ms", below=20)
