"""Find out how much memory this process takes at most (Linux)."""

import asyncio
import gc
from pathlib import Path
from typing import Self

_STATUS = Path("/proc/self/status")
_FORGET_PEAK = "5"


class Peak:
    """The most memory that was taken since a moment, beyond what was taken then."""

    def __init__(self, before: float) -> None:
        """Begin with what is taken now, in MiB."""
        self._before = before

    @classmethod
    async def begin(cls) -> Self:
        """Let the kernel forget the peak so far."""
        gc.collect()
        await asyncio.to_thread(Path("/proc/self/clear_refs").write_text, _FORGET_PEAK)
        return cls(await asyncio.to_thread(_read, "VmRSS"))

    async def added(self) -> float:
        """Return by how many MiB the most exceeds the beginning."""
        return await asyncio.to_thread(_read, "VmHWM") - self._before


def _read(name: str) -> float:
    for line in _STATUS.read_text(encoding="ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"the kernel does not tell {name}")
