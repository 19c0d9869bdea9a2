"""One start of Home Assistant, with or without our entry (a process of its own)."""

import asyncio
from pathlib import Path
import resource
import sys
from time import perf_counter, thread_time

from .house import connection, free_port, home_assistant, set_up
from .ticker import ticking
from .worker import Answer, serve

_KINDS = ("seerr", "radarr", "sonarr", "qbittorrent", "jellyfin")


def _memory() -> float:
    """Return the MiB of this process that are in memory (Linux)."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


async def _main(folder: Path, is_with_entry: bool) -> None:
    async with home_assistant(folder, free_port()) as hass:
        answer: Answer = {}
        if is_with_entry:
            nowhere = {"url": f"http://127.0.0.1:{free_port()}", "api_key": "0" * 32}
            begun, worked = perf_counter(), thread_time()
            async with ticking() as gaps:
                hub = await set_up(hass, [connection(kind, nowhere) for kind in _KINDS])
                answer["seconds"] = perf_counter() - begun
            answer["busy"] = thread_time() - worked
            answer["stall"] = max(gaps.busy)
            answer["open"] = len(hub.tracker.requests)
            answer["sensors"] = len(hass.states.async_entity_ids("sensor"))
        await hass.async_block_till_done()

        async def figures(_argument: str) -> Answer:
            return answer | {"memory": await asyncio.to_thread(_memory)}

        await serve({"figures": figures})


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1]), sys.argv[2] == "with"))
