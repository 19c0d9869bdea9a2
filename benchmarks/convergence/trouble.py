"""Let services, pushes and clocks misbehave, and put everything right again."""

from dataclasses import replace

from simulator import Simulator
from simulator.service import Service
from simulator.shoko import Shoko

from .dice import Dice

_DELAYS = (5.0, 60.0, 400.0)  # seconds
_SKEWS = (-7200.0, -90.0, -2.0, 2.0, 90.0, 7200.0)


class Trouble:
    """The fault dials of a simulator."""

    def __init__(self, sim: Simulator, dice: Dice) -> None:
        """Turn nothing yet."""
        self._sim = sim
        self._dice = dice
        self._services: list[Service] = [sim[name] for name in sim.names()]
        self.struck: set[str] = set()  # the names of services that ever failed

    def clocks(self) -> str:
        """Let the clocks of some services be wrong, from now on."""
        told: list[str] = []
        for service in self._services:
            if self._dice.chance(25):
                service.faults.skew = self._dice.one(_SKEWS)
                told.append(f"{service.name} by {service.faults.skew:g} s")
        return f"clocks are wrong: {', '.join(told) or 'none'}"

    def pushes(self) -> str:
        """Choose how the pushes of every service fare."""
        told: list[str] = []
        for service in self._services:
            dice, faults = self._dice, service.faults
            faults.drop = dice.one((0.0, 0.0, 0.3, 1.0))
            faults.duplicate = dice.one((0.0, 0.5))
            faults.reorder = dice.one((0.0, 0.5))
            faults.delay = dice.one(_DELAYS) if dice.chance(40) else 0.0
            told.append(
                f"{service.name}: drop {faults.drop:g}, duplicate {faults.duplicate:g}, "
                f"reorder {faults.reorder:g}, delay {faults.delay:g}"
            )
        return f"pushes fare so: {'; '.join(told)}"

    async def echo(self) -> str:
        """Let some of all pushes that ever arrived or failed come again, in any order."""
        old = [(service, push) for service in self._services for push, _ in service.courier.sent]
        if not old:
            return "no push comes again"
        chosen = [self._dice.one(old) for _ in range(1 + self._dice.below(8))]
        for service, push in chosen:
            await service.courier.deliver(replace(push, done=None))
        return f"{len(chosen)} old pushes come again"

    async def strike(self) -> str:
        """Let one service misbehave in one way."""
        service = self._dice.one(self._services)
        self.struck.add(service.name)
        if isinstance(service, Shoko) and self._dice.chance(30):
            return self._cut(service)
        faults = service.faults
        match self._dice.below(8):
            case 0:
                await self._sim.down(service.name)
                return f"{service.name} refuses connections"
            case 1:
                faults.status = self._dice.one((500, 502, 503, 429, 401))
                return f"{service.name} answers {faults.status}"
            case 2:
                faults.errors = 0.4
                return f"{service.name} often answers 500"
            case 3:
                faults.slow = self._dice.one((3.0, 15.0, 100.0))
                return f"{service.name} takes {faults.slow:g} s"
            case 4:
                faults.half = True
                return f"{service.name} sends half bodies"
            case 5:
                faults.short_pages = True
                return f"{service.name} sends short pages"
            case 6:
                await self._sim.restart(service.name, starting=True)
                return f"{service.name} restarts and is starting"
            case _:
                if service.running:
                    await self._sim.restart(service.name)
                return f"{service.name} has restarted"

    def _cut(self, shoko: Shoko) -> str:
        """Let everybody lose the connection to the hub; what it tells meanwhile is lost."""
        if self._dice.chance(50):
            shoko.hub.abort()
            return "connections to Shoko's hub break"
        shoko.hub.kick()
        return "Shoko's hub hangs up"

    async def heal(self) -> str:
        """Let every service answer again; clocks and pushes stay as they are."""
        for service in self._services:
            faults = service.faults
            faults.errors = faults.slow = 0.0
            faults.status = None
            faults.half = faults.short_pages = faults.starting = False
            if not service.running:
                await self._sim.up(service.name)
        return "every service answers again"
