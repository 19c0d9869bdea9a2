"""Let calls fail in every way, services be away, disks be slow; and let the process die."""

import asyncio
from collections.abc import Sequence

from custom_components.media_status.hub import Hub
from custom_components.media_status.journal_deletions import DeletionWrite
from custom_components.media_status.lifecycle.request import Changes
from simulator import Simulator
from simulator.call_log import Trouble

from ..convergence.dice import Dice
from .estate import arrs

_TROUBLES: tuple[Trouble, ...] = ("refused", "cut", "failed", "lost", "hang", "stays")
_STATUSES = (500, 500, 502, 503, 504, 429, 401, 403, 409, 400)
_HEALED_AFTER = (5, 40, 200, 900, 3000, 8000)  # seconds


class Misfortune:
    """The fault dials of a household while something is deleted."""

    def __init__(self, sim: Simulator, dice: Dice) -> None:
        """Let all go well."""
        self._sim = sim
        self._dice = dice
        self.faults = 0

    async def strike(self) -> tuple[str, float]:
        """Turn some dials; return what was done, and after how many seconds it is over."""
        dice = self._dice
        told = [self._on_writes() for _ in range(dice.below(4))]
        if dice.chance(35):
            told.append(await self._on_all())
        if dice.chance(12):
            told.append(self._on_disk())
        self.faults += len(told)
        lasts = 90_000 if dice.chance(1) else dice.one(_HEALED_AFTER)
        return "; ".join(told) or "all goes well", lasts

    def _on_writes(self) -> str:
        dice = self._dice
        name = dice.one(self._sim.names())
        trouble = dice.one(_TROUBLES)
        times = dice.one((1, 1, 2, 2, 3, None))
        skip, status = dice.one((0, 0, 0, 1, 2)), dice.one(_STATUSES)
        self._sim.faults(name).on_write(trouble, times=times, skip=skip, status=status)
        return f"changes in {name}: {trouble} {status} {times} times after {skip}"

    async def _on_all(self) -> str:
        dice = self._dice
        name = dice.one(self._sim.names())
        faults = self._sim.faults(name)
        match dice.below(6):
            case 0:
                await self._sim.down(name)
                return f"{name} is away"
            case 1:
                faults.status = dice.one((500, 502, 503, 401, 429))
                return f"{name} answers {faults.status}"
            case 2:
                faults.errors = 0.4
                return f"{name} often answers 500"
            case 3:
                faults.slow = dice.one((2.0, 15.0, 40.0))
                return f"{name} takes {faults.slow:g} s"
            case 4:
                faults.half = True
                return f"{name} sends half bodies"
            case _:
                await self._sim.restart(name, starting=True)
                return f"{name} is starting"

    def _on_disk(self) -> str:
        dice = self._dice
        arr = dice.one(arrs(self._sim))
        match dice.below(7):
            case 0:
                arr.disposal.stuck = True
                return f"files stay in {arr.name}"
            case 1:
                arr.disposal.delay = dice.one((5.0, 30.0, 300.0))
                return f"{arr.name} is slow to remove folders"
            case 2:
                arr.disposal.recycle_bin = "/data/recycle"
                return f"{arr.name} has a recycle bin"
            case 3:
                lost = dice.one(("missing", "empty"))
                arr.disposal.lost[arr.root] = "missing" if lost == "missing" else "empty"
                return f"the disk of {arr.name} is {lost}"
            case 4:
                self._sim.qbittorrent.content.stuck = True
                return "qBittorrent leaves files"
            case 5:
                self._sim.qbittorrent.content.delay = dice.one((5.0, 60.0))
                return "qBittorrent is slow to remove files"
            case _:
                self._sim.jellyfin.library.keeps_ghosts = True
                return "Jellyfin keeps what is gone"

    async def heal(self) -> None:
        """Let all go well again."""
        for name in self._sim.names():
            service = self._sim[name]
            service.faults.clear()
            if not service.running:
                await self._sim.up(name)
        for arr in arrs(self._sim):
            arr.disposal.stuck, arr.disposal.delay, arr.disposal.recycle_bin = False, 0.0, ""
            arr.disposal.lost.clear()
        self._sim.qbittorrent.content.stuck, self._sim.qbittorrent.content.delay = False, 0.0
        self._sim.jellyfin.library.keeps_ghosts = False


class Reaper:
    """Let the process die at the n-th place: before or after a write of the journal, or a call."""

    def __init__(self) -> None:
        """Let it live."""
        self._left: int | None = None
        self.struck = asyncio.Event()
        self._died = asyncio.Event()

    def arm(self, places: int) -> None:
        """Let it die after so many places."""
        self._left = places

    def disarm(self) -> None:
        """Let it live, as it seems to come to no such place."""
        self._left = None

    def buried(self) -> None:
        """Let go of everything that died."""
        self.struck.clear()
        self._died.set()
        self._died = asyncio.Event()

    def pass_by(self) -> None:
        """Count a place that a call came to."""
        if self._left is None:
            return
        self._left -= 1
        if self._left < 0:
            self._left = None
            self.struck.set()

    async def _stop_here(self) -> None:
        """Let whoever is here go no further if this is where the process dies."""
        self.pass_by()
        if self.struck.is_set():
            await self._died.wait()
            raise asyncio.CancelledError

    def watch(self, hub: Hub) -> None:
        """Count what is written by a hub that has just started."""

        async def mortal(changes: Changes, deletions: Sequence[DeletionWrite] = ()) -> None:
            await self._stop_here()
            await Hub.record(hub, changes, deletions)
            await self._stop_here()

        hub.record = mortal  # type: ignore[method-assign]  # the only place all writes pass
