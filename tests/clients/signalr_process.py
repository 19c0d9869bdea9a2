"""A simulated hub in a process of its own, to be killed and frozen.

`python -m tests.clients.signalr_process PORT PATH` greets whoever joins; each line on its standard
input is sent to all as the number of one more event.
"""

import asyncio
from pathlib import Path
import signal
import sys
from typing import Self

from aiohttp import web

from simulator.signalr_hub import SignalRHub

ROOT = Path(__file__).parents[2]
GREETING, EVENT = "ShokoEvent:OnConnected", "ShokoEvent:FileMatched"
KEEP_ALIVE = 0.2
BOOM = -1  # the number of the event at which a handler fails


class HubProcess:
    """The process, from the side of the test: started, hurt, and always reaped."""

    def __init__(self, port: int, path: str) -> None:
        """Plan to listen on a loopback port."""
        self._arguments = ("-m", "tests.clients.signalr_process", str(port), path)
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        """Start it and wait until it listens."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *self._arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
        )
        assert self._process.stdout is not None
        try:
            assert await self._process.stdout.readline() == b"ready\n"
        except BaseException:
            await self.kill()
            raise
        return self

    async def __aexit__(self, *_details: object) -> None:
        """Kill it, however it is."""
        await self.kill()

    async def send(self, number: int) -> None:
        """Let it tell an event."""
        assert self._process is not None and self._process.stdin is not None
        self._process.stdin.write(f"{number}\n".encode())
        await self._process.stdin.drain()

    async def kill(self) -> None:
        """End it as a crash does."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        await process.communicate()

    def freeze(self) -> None:
        """Stop it in its tracks, connections open."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)


async def serve(hub: SignalRHub, port: int, path: str) -> web.AppRunner:
    """Serve a hub on a loopback port."""
    app = web.Application()
    app.router.add_get(path, hub.handle)
    app.router.add_post(f"{path}/negotiate", hub.negotiate)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, reuse_address=True).start()
    return runner


async def _main(port: int, path: str) -> None:
    hub = SignalRHub(on_join=lambda _: [(GREETING, None)], keep_alive=KEEP_ALIVE)
    runner = await serve(hub, port, path)
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while line := await reader.readline():
        await hub.send(EVENT, {"n": int(line)})
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), sys.argv[2]))
