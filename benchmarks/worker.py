"""Run a part of a benchmark in a process of its own, driven by JSON lines over its pipes."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
import json
from pathlib import Path
import sys
from types import TracebackType
from typing import Self

_LINE_LIMIT = 16 * 1024 * 1024
_ROOT = Path(__file__).parents[1]

type Answer = dict[str, float]
type Handler = Callable[[str], Awaitable[Answer]]


class Worker:
    """A child process that answers one command at a time."""

    def __init__(self, module: str, *arguments: str) -> None:
        """Plan to run a module of this package."""
        self._command = ("-m", f"benchmarks.{module}", *arguments)
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        """Start the process and wait until it is ready."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=_ROOT,
            limit=_LINE_LIMIT,
        )
        await self._answer()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the process."""
        assert self._process is not None and self._process.stdin is not None
        self._process.stdin.close()
        try:
            async with asyncio.timeout(20):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def ask(self, command: str, argument: str = "") -> Answer:
        """Let the process do something and return the figures that it answers."""
        assert self._process is not None and self._process.stdin is not None
        self._process.stdin.write(json.dumps([command, argument]).encode() + b"\n")
        await self._process.stdin.drain()
        return await self._answer()

    async def _answer(self) -> Answer:
        assert self._process is not None and self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{' '.join(self._command)} ended by itself")
        answer: Answer = json.loads(line)
        return answer


async def serve(handlers: Mapping[str, Handler]) -> None:
    """Answer the parent's commands until it closes the pipe."""
    reader = asyncio.StreamReader(limit=_LINE_LIMIT)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    print("{}", flush=True)
    while line := await reader.readline():
        command, argument = json.loads(line)
        print(json.dumps(await handlers[command](argument)), flush=True)
