"""Sending webhooks as the real programs do: once, without retry, through the fault dial."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
import logging

import aiohttp

from .clock import SimClock, Timer
from .faults import Faults

_LOGGER = logging.getLogger(__name__)

type Outcome = Callable[[int | None], None]


@dataclass(slots=True, kw_only=True)
class Push:
    """One webhook on its way."""

    url: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"
    done: Outcome | None = None


class Courier:
    """Deliver the pushes of one service; a failure is noted and forgotten."""

    def __init__(
        self, clock: SimClock, faults: Faults, *, ordered: bool = True, keep: int = 500
    ) -> None:
        """Deliver by the given clock and fault dial, one after the other when `ordered`."""
        self._clock = clock
        self._turn = asyncio.Lock() if ordered else None
        self._faults = faults
        self._session: aiohttp.ClientSession | None = None
        self._pending: set[asyncio.Task[None]] = set()
        self._held: list[Push] = []
        self._delayed: dict[Timer, Push] = {}
        self._keep = keep
        self.sent: list[tuple[Push, int | None]] = []
        self.dropped = 0

    def post(self, push: Push) -> None:
        """Send a push in the background, faults permitting."""
        if self._faults.chance(self._faults.drop):
            self.dropped += 1
            return
        if not self._held and self._faults.chance(self._faults.reorder):
            self._held.append(push)
            return
        copies = 2 if self._faults.chance(self._faults.duplicate) else 1
        for _ in range(copies):
            self._depart(push)
        while self._held:
            self._depart(self._held.pop())

    async def deliver(self, push: Push) -> int | None:
        """Send now and return the status, or None when the receiver was not reached."""
        status: int | None = None
        try:
            async with (
                asyncio.timeout(100),
                self._client().request(
                    push.method, push.url, data=push.body, headers=dict(push.headers)
                ) as response,
            ):
                await response.read()
                status = response.status
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            _LOGGER.debug("A push was not delivered: %s", type(error).__name__)
        self.sent.append((push, status))
        del self.sent[: -self._keep]
        if push.done is not None:
            push.done(status)
        return status

    async def settle(self, *, held: bool = True) -> None:
        """Wait until every push is answered; with `held` also those held back or delayed."""
        for timer, push in tuple(self._delayed.items()) if held else ():
            timer.cancel()
            del self._delayed[timer]
            self._start(push)
        while held and self._held:
            self._start(self._held.pop())
        while self._pending:
            await asyncio.gather(*self._pending)
            await asyncio.sleep(0)  # tasks that are done leave in the next turn

    async def close(self) -> None:
        """Give up on what is under way and close the connections."""
        for task in tuple(self._pending):
            task.cancel()
        await asyncio.gather(*self._pending, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _depart(self, push: Push) -> None:
        if self._faults.delay > 0:
            seconds = self._faults.rng.random() * self._faults.delay

            async def later() -> None:
                self._delayed.pop(timer, None)
                await self._send(push)

            timer = self._clock.call_later(seconds, later)
            self._delayed[timer] = push
            return
        self._start(push)

    def _start(self, push: Push) -> None:
        task = asyncio.get_running_loop().create_task(self._send(push))
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)

    async def _send(self, push: Push) -> None:
        if self._turn is None:
            await self.deliver(push)
            return
        async with self._turn:
            await self.deliver(push)

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            # The default headers of a client library would not be those of the real senders.
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        return self._session
