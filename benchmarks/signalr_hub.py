"""The hub of the SignalR benchmark (a process of its own, so its work stalls nobody)."""

import asyncio
from itertools import batched
import struct
import sys

from aiohttp import web

from simulator.signalr_hub import HubClient, SignalRHub, invocation

from .worker import Answer, serve

PATH = "/signalr/aggregate"
_BURST = 1_000  # events
_PAUSE = 0.0005  # seconds
_FINAL_TEXT, _LENGTH_16 = 0x81, 126


class Levers:
    """What the parent may do with the hub."""

    def __init__(self, hub: SignalRHub) -> None:
        """Initialize with the running hub."""
        self._hub = hub

    async def bursts(self, argument: str) -> Answer:
        """Send so many events in bursts, each in a frame of its own, as a hub does."""
        records = [_file_matched(number) for number in range(int(argument))]
        await self._client()
        for burst in batched(records, _BURST, strict=False):
            for record in burst:
                await self._hub.send_frame(record)
            await asyncio.sleep(_PAUSE)
        return {"bytes": sum(map(len, records))}

    async def flood(self, argument: str) -> Answer:
        """Send `events per frame` (so many events, so many in a frame), encoded beforehand.

        Nothing but the other side's work is left to limit them.
        """
        events, per_frame = map(int, argument.split())
        records = [_file_matched(number) for number in range(events)]
        frames = [_frame(b"".join(group)) for group in batched(records, per_frame, strict=False)]
        transport = (await self._client()).request.transport
        assert transport is not None
        for burst in batched(frames, _BURST // per_frame, strict=False):
            transport.write(b"".join(burst))
            while transport.get_write_buffer_size():
                await asyncio.sleep(_PAUSE)
        return {"bytes": sum(map(len, frames))}

    async def _client(self) -> HubClient:
        """Return the only client; the one of the round before may still be leaving."""
        async with asyncio.timeout(10):
            while len(self._hub.clients) != 1:
                await asyncio.sleep(_PAUSE)
        return self._hub.clients[0]


def _file_matched(number: int) -> bytes:
    """Return what Shoko 5 tells about a matched file."""
    references = [
        {
            "EpisodeID": 4_000 + number,
            "AnidbEpisodeID": 270_000 + number,
            "SeriesID": 100 + number // 12,
            "AnidbAnimeID": 17_000 + number // 12,
            "GroupID": 90 + number // 12,
        }
    ]
    name = f"[Group] A Journey's End - {number % 12 + 1:02d} (1080p) [{number:08X}].mkv"
    matched = {
        "FileID": 800 + number,
        "FileLocationID": 900 + number,
        "ImportFolderID": 2,
        "RelativePath": f"/A Journey's End/Season {number // 12:02d}/{name}",
        "CrossReferences": references,
    }
    return invocation("ShokoEvent:FileMatched", matched)


def _frame(data: bytes) -> bytes:
    """Return a whole text frame as a server writes it."""
    size = len(data)
    if size < _LENGTH_16:
        return bytes((_FINAL_TEXT, size)) + data
    if size < 1 << 16:
        return struct.pack("!BBH", _FINAL_TEXT, _LENGTH_16, size) + data
    return struct.pack("!BBQ", _FINAL_TEXT, _LENGTH_16 + 1, size) + data


async def _main(port: int) -> None:
    hub = SignalRHub()
    app = web.Application()
    app.router.add_get(PATH, hub.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    levers = Levers(hub)
    await serve({"bursts": levers.bursts, "flood": levers.flood})
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1])))
