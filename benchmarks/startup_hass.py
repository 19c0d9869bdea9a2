"""One start of Home Assistant, with or without our entry (a process of its own)."""

import asyncio
from pathlib import Path
import sys
from time import perf_counter, thread_time

import psutil

from custom_components.media_status.const import KINDS

from .house import connection, free_port, home_assistant, set_up
from .ticker import ticking
from .worker import Answer, serve


async def _main(folder: Path, is_with_entry: bool) -> None:
    async with home_assistant(folder, free_port()) as hass:
        answer: Answer = {}
        if is_with_entry:
            nowhere = {"url": f"http://127.0.0.1:{free_port()}", "api_key": "0" * 32}
            begun, worked = perf_counter(), thread_time()
            async with ticking() as gaps:
                hub = await set_up(hass, [connection(kind.value, nowhere) for kind in KINDS])
                answer["seconds"] = perf_counter() - begun
            answer["busy"] = thread_time() - worked
            answer["stall"] = max(gaps.busy)
            answer["open"] = len(hub.tracker.requests)
            answer["sensors"] = len(hass.states.async_entity_ids("sensor"))
        await hass.async_block_till_done(wait_background_tasks=True)

        async def figures(_argument: str) -> Answer:
            return answer | {"memory": psutil.Process().memory_info().rss / 2**20}

        await serve({"figures": figures})


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1]), sys.argv[2] == "with"))
