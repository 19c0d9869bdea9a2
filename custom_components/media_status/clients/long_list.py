"""Read a list of any length in a worker thread while it arrives, never holding all of its text."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
import queue
import threading

import orjson

from .errors import BadAnswer
from .json_stream import iter_json_array, iter_json_member, paced
from .readers import JsonObject, JsonValue, as_dict, as_int

# Up to here the fast parser does not hold the interpreter long enough to be felt.
_SMALL = 1024 * 1024
_PIECE = 128 * 1024
_ROOM = 8  # pieces that wait for the thread
# A thread whose feeder is gone without a word must not stay for ever (seconds).
_PATIENCE = 900.0
_LONGEST = 1024 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPart[T]:
    """A list, or a page of one: one row per element, in order.

    `total` is how many there are in all, where the service says so; `server_time` its own clock.
    """

    rows: list[T]
    total: int | None
    server_time: datetime | None


class _Feed:
    """The pieces of a body on their way to the thread: few at a time."""

    def __init__(self) -> None:
        """Start empty."""
        self._loop = asyncio.get_running_loop()
        self._pieces: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._room = asyncio.Semaphore(_ROOM)
        self._is_cut = threading.Event()
        self.is_over = False  # the thread takes no more

    async def put(self, piece: bytes) -> None:
        """Hand over a piece, waiting while the thread is behind."""
        await self._room.acquire()
        if self.is_over:
            self._room.release()
        else:
            self._pieces.put(piece)

    def leave(self) -> None:
        """Stop waiting: the thread takes no more."""
        self.is_over = True
        self._room.release()

    def end(self, *, is_cut: bool = False) -> None:
        """Say that nothing more comes; a body that is cut is none."""
        if is_cut:
            self._is_cut.set()
        self._pieces.put(None)

    def __iter__(self) -> Iterator[bytes]:
        """Yield the pieces; for the thread."""
        while True:
            try:
                piece = self._pieces.get(timeout=_PATIENCE)
            except queue.Empty:
                raise BadAnswer("the list stopped arriving") from None
            if self._is_cut.is_set():
                raise BadAnswer("the list is cut off")
            if piece is None:
                return
            self._loop.call_soon_threadsafe(self._room.release)
            yield piece


class ListReader[T]:
    """Build one row per element of a list, which is the answer itself or its `member`."""

    def __init__(self, build: Callable[[JsonValue], T], *, member: str | None = None) -> None:
        """Prepare for one answer."""
        self._build = build
        self._member = member
        self._buffer = bytearray()
        self._size = 0
        self._feed: _Feed | None = None
        self._job: asyncio.Future[tuple[list[T], JsonObject]] | None = None

    async def write(self, chunk: bytes) -> None:
        """Take what has arrived."""
        self._size += len(chunk)
        if self._size > _LONGEST:
            raise BadAnswer("the answer is too large")
        self._buffer += chunk
        if self._feed is None and len(self._buffer) > _SMALL:
            self._feed = self._start(_Feed())
        if self._feed is not None and len(self._buffer) >= _PIECE:
            piece, self._buffer = bytes(self._buffer), bytearray()
            await self._feed.put(piece)

    def _start(self, feed: _Feed) -> _Feed:
        job = asyncio.ensure_future(asyncio.to_thread(self._parsed, feed))
        job.add_done_callback(lambda _: feed.leave())
        self._job = job
        return feed

    async def result(self) -> tuple[list[T], JsonObject]:
        """Return the rows and the other members; BadAnswer for half a list."""
        body = bytes(self._buffer)
        self._buffer = bytearray()
        if self._feed is None or self._job is None:
            return await asyncio.to_thread(self._parsed_at_once, body)
        await self._feed.put(body)
        self._feed.end()
        self._feed = None
        return await self._job

    def close(self) -> None:
        """Let the thread end when the answer was not read to its end."""
        if self._feed is not None:
            self._feed.end(is_cut=True)
        if self._job is not None:
            # Nobody asks for it any more.
            self._job.add_done_callback(lambda job: job.cancelled() or job.exception())

    def _parsed_at_once(self, body: bytes) -> tuple[list[T], JsonObject]:
        try:
            value: JsonValue = orjson.loads(body)
        except orjson.JSONDecodeError:
            # The slower parser says what is wrong, and takes what the standard does not forbid.
            return self._parsed((body,))
        others = as_dict(value)
        rows = others.pop(self._member, None) if self._member is not None else value
        if not isinstance(rows, list):
            raise BadAnswer("the answer is not a list")
        return [self._build(row) for row in paced(rows)], others

    def _parsed(self, pieces: Iterable[bytes]) -> tuple[list[T], JsonObject]:
        others: JsonObject = {}
        elements = (
            iter_json_array(pieces)
            if self._member is None
            else iter_json_member(pieces, self._member, others)
        )
        return [self._build(element) for element in paced(elements)], others


def count_in(others: JsonObject, path: Iterable[str]) -> int | None:
    """Return the count that an answer states in a member, or in a member of a member."""
    value: JsonValue = others
    for name in path:
        value = as_dict(value).get(name)
    count = as_int(value)
    return count if count is not None and count >= 0 else None
