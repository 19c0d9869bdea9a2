"""Send HTTP posts over kept connections, as fast as they are answered."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from time import perf_counter


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What sending many posts took."""

    seconds: float
    latencies: list[float]  # seconds, one for each post

    @property
    def rate(self) -> float:
        """Return posts per second."""
        return len(self.latencies) / self.seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One post, ready to be written to a socket."""

    raw: bytes

    @classmethod
    def of(cls, path: str, body: bytes, secret: str) -> Post:
        """Return the post of a JSON body."""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {secret}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return cls(raw=head.encode() + body)


async def send(port: int, posts: Iterable[Post], senders: int) -> Load:
    """Send posts in their order by so many senders; raise if one is not answered 200."""
    queue = iter(posts)
    latencies: list[float] = []
    doors = [await asyncio.open_connection("127.0.0.1", port) for _ in range(senders)]
    begun = perf_counter()
    async with asyncio.TaskGroup() as group:
        for reader, writer in doors:
            group.create_task(_sender(reader, writer, queue, latencies))
    seconds = perf_counter() - begun
    for _, writer in doors:
        writer.close()
        await writer.wait_closed()
    return Load(seconds=seconds, latencies=latencies)


async def _sender(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    posts: Iterable[Post],
    latencies: list[float],
) -> None:
    for post in posts:
        begun = perf_counter()
        writer.write(post.raw)
        head = await reader.readuntil(b"\r\n\r\n")
        latencies.append(perf_counter() - begun)
        if not head.startswith(b"HTTP/1.1 200") or b"Content-Length: 0\r\n" not in head:
            raise RuntimeError(f"not an empty 200: {head[:200]!r}")
