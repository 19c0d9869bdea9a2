"""The fault dial: what can go wrong between a service and whoever talks to it."""

from dataclasses import dataclass, field
from datetime import timedelta
import random

from .call_log import Call, Trouble


@dataclass(slots=True, kw_only=True, eq=False)
class WriteFault:
    """What befalls calls that change something.

    `refused`: `status` before any effect. `cut`: the connection ends before any effect. `failed`:
    the effect is there, but `status` is answered. `lost`: the effect is there, and the connection
    ends without an answer. `hang`: the effect is there, and no answer comes until the caller
    leaves. `stays`: the answer is as always, but the files stay.
    """

    trouble: Trouble
    match: str = ""  # a part of "METHOD /path"; all changes when empty
    times: int | None = 1  # how often, None for always
    skip: int = 0  # how many fitting calls pass unharmed before
    chance: float = 1.0
    status: int = 500
    struck: int = 0

    def fits(self, call: Call) -> bool:
        """Whether it may strike this call; counts those it lets pass."""
        if self.match.lower() not in call.name.lower():
            return False
        if self.times is not None and self.struck >= self.times:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        return True


@dataclass(slots=True, kw_only=True)
class Faults:
    """The faults of one service; everything is off until a test turns it on.

    Pushes (probabilities 0 to 1): `drop`, `duplicate`, `reorder` (held back behind the next push),
    `delay` (at most this many simulated seconds). Answers: `status` (every call gets it), `errors`
    (probability of a 500), `slow` (real seconds before an answer), `slow_pages` (the same for each
    page of a Jellyfin library, as 10.11 takes for big ones), `half` (body cut in the middle, with
    `half_path` only of that path, and not of the first `whole` answers to it), `short_pages` (a
    page has fewer rows than it says, so a reader never reaches the total). `skew` moves the
    service's own clock by so many seconds. Calls that change something have faults of their own:
    `on_write("lost", "DELETE /api/v3/movie")`, see `WriteFault`.
    """

    rng: random.Random = field(default_factory=lambda: random.Random(0))
    drop: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    delay: float = 0.0
    status: int | None = None
    errors: float = 0.0
    slow: float = 0.0
    slow_pages: float = 0.0
    half: bool = False
    half_path: str = ""
    whole: int = 0
    short_pages: bool = False
    starting: bool = False
    skew: float = 0.0
    writes: list[WriteFault] = field(default_factory=list)

    def on_write(
        self,
        trouble: Trouble,
        match: str = "",
        *,
        times: int | None = 1,
        skip: int = 0,
        chance: float = 1.0,
        status: int = 500,
    ) -> WriteFault:
        """Let a fault befall the next calls that change something (see `WriteFault`)."""
        fault = WriteFault(
            trouble=trouble, match=match, times=times, skip=skip, chance=chance, status=status
        )
        self.writes.append(fault)
        return fault

    def strike(self, call: Call) -> WriteFault | None:
        """Return the first fault that befalls a call, None when it goes through."""
        for fault in self.writes:
            if fault.fits(call) and (fault.chance >= 1 or self.chance(fault.chance)):
                fault.struck += 1
                return fault
        return None

    def clear(self) -> None:
        """Turn every fault off."""
        self.drop = self.duplicate = self.reorder = self.delay = 0.0
        self.errors = self.slow = self.slow_pages = self.skew = 0.0
        self.status = None
        self.half_path, self.whole = "", 0
        self.half = self.short_pages = self.starting = False
        self.writes.clear()

    def is_halved(self, path: str) -> bool:
        """Decide whether an answer is cut; counts those that are not yet."""
        if not self.half or self.half_path not in {"", path}:
            return False
        self.whole -= 1
        return self.whole < 0

    @property
    def clock_skew(self) -> timedelta:
        """Return how far the service's clock is off."""
        return timedelta(seconds=self.skew)

    def chance(self, probability: float) -> bool:
        """Decide by the seeded dice whether a fault of this probability strikes."""
        return probability > 0 and self.rng.random() < probability

    def failing_status(self) -> int | None:
        """Return the status that replaces the answer, if any."""
        if self.status is not None:
            return self.status
        return 500 if self.chance(self.errors) else None
