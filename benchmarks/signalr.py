"""Measure how fast a hub's events are taken, beside aiohttp receiving the same frames for nothing.

The hub runs in a process of its own and writes frames that it encoded before. Rounds of our
client and of a bare websocket alternate: what disturbs the machine disturbs both alike.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import thread_time

import aiohttp

from custom_components.media_status.clients.signalr import HubEvent, Invocation, SignalRClient

from .figures import Figures, median
from .house import free_port
from .signalr_hub import PATH
from .ticker import Gaps, ticking
from .worker import Worker

_EVENTS = 10_000
_ROUNDS = 25
_PACKED = 50  # events per frame, in the second measurement
_HANDSHAKE = '{"protocol":"json","version":1}\x1e'
_RECORD_END = "\x1e"


@dataclass(slots=True, kw_only=True)
class _Rounds:
    """What was measured with one way of packing."""

    ours: list[float] = field(default_factory=list)  # events per second
    bare: list[float] = field(default_factory=list)
    gaps: list[Gaps] = field(default_factory=list)  # of our client


class _Counter:
    """The cheapest handler: count events, and note when the first and the last came."""

    def __init__(self) -> None:
        """Initialize without any."""
        self.events = 0
        self.begun = self.ended = 0.0
        self.joined, self.done = asyncio.Event(), asyncio.Event()

    def on_event(self, event: HubEvent) -> None:
        """Count what our client reports."""
        if not isinstance(event, Invocation):
            self.joined.set()
            return
        self.events += 1
        if self.events == 1:
            self.begun = thread_time()
        elif self.events == _EVENTS:
            self.ended = thread_time()
            self.done.set()

    def count(self, events: int) -> None:
        """Count events."""
        if not self.events:
            self.begun = thread_time()
        self.events += events
        if self.events >= _EVENTS:
            self.ended = thread_time()
            self.done.set()

    @property
    def rate(self) -> float:
        """Return events per second between the first and the last."""
        return self.events / (self.ended - self.begun)


async def run(figures: Figures, _seed: int, _folder: Path) -> None:
    """Measure and print."""
    port = free_port()
    single, packed = _Rounds(), _Rounds()
    async with Worker("signalr_hub", str(port)) as hub, aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{port}{PATH}"
        for _ in range(_ROUNDS):
            for per_frame, rounds in ((1, single), (_PACKED, packed)):
                await _round(hub, session, url, per_frame, rounds)
    _report(figures, single, packed)


async def _round(
    hub: Worker, session: aiohttp.ClientSession, url: str, per_frame: int, rounds: _Rounds
) -> None:
    """Let both receive the same."""
    async with ticking(), _bare(session, url) as counter:
        await _receive(hub, counter, per_frame)
    rounds.bare.append(counter.rate)
    async with ticking() as gaps, _client(session, url) as counter:
        await _receive(hub, counter, per_frame)
    rounds.ours.append(counter.rate)
    rounds.gaps.append(gaps)


async def _receive(hub: Worker, counter: _Counter, per_frame: int) -> None:
    """Have everything sent, and wait until it came."""
    async with asyncio.timeout(60):
        await counter.joined.wait()
        await hub.ask("burst", f"{_EVENTS} {per_frame}")
        await counter.done.wait()


@asynccontextmanager
async def _client(session: aiohttp.ClientSession, url: str) -> AsyncIterator[_Counter]:
    """Run our client."""
    counter = _Counter()
    client = SignalRClient(session, url, headers={})
    task = asyncio.create_task(client.run(counter.on_event))
    try:
        yield counter
    finally:
        task.cancel()
        await asyncio.wait((task,))


@asynccontextmanager
async def _bare(session: aiohttp.ClientSession, url: str) -> AsyncIterator[_Counter]:
    """Receive frames as anyone would and do nothing but count the events they must hold."""
    counter = _Counter()
    async with session.ws_connect(url, max_msg_size=1 << 24) as socket:
        await socket.send_str(_HANDSHAKE)
        await socket.receive()

        async def read() -> None:
            async for frame in socket:
                counter.count(frame.data.count(_RECORD_END))

        task = asyncio.create_task(read())
        counter.joined.set()
        yield counter
        task.cancel()
        await asyncio.wait((task,))


def _report(figures: Figures, single: _Rounds, packed: _Rounds) -> None:
    """Print the best round of each, which other processes disturbed least, and the worst stall.

    The target is for single records. Of packed ones the bare websocket looks at none: parsing
    them takes longer than receiving, whoever does it.
    """
    for name, rounds, target in (("single", single, 0.5), ("packed", packed, None)):
        ours, bare = max(rounds.ours), max(rounds.bare)
        figures.add(f"signalr.{name}.events_per_s", ours)
        figures.add(f"signalr.{name}.events_per_s_p50", median(rounds.ours))
        figures.add(f"signalr.{name}.bare_events_per_s", bare)
        figures.add(f"signalr.{name}.ratio", ours / bare, at_least=target)
        figures.add(f"signalr.{name}.us_per_event", 1e6 / ours, "us")
        stall = max(max(gaps.wall) for gaps in rounds.gaps) * 1000
        busy = max(max(gaps.busy) for gaps in rounds.gaps) * 1000
        figures.add(f"signalr.{name}.loop_stall_max", stall, "ms")
        figures.add(f"signalr.{name}.loop_busy_max", busy, "ms", below=20)
