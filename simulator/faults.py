"""The fault dial: what can go wrong between a service and whoever talks to it."""

from dataclasses import dataclass, field
from datetime import timedelta
import random


@dataclass(slots=True, kw_only=True)
class Faults:
    """The faults of one service; everything is off until a test turns it on.

    Pushes (probabilities 0 to 1): `drop`, `duplicate`, `reorder` (held back behind the next push),
    `delay` (at most this many simulated seconds). Answers: `status` (every call gets it), `errors`
    (probability of a 500), `slow` (real seconds before an answer), `half` (body cut in the middle),
    `short_pages` (a page has fewer rows than it says, so a reader never reaches the total).
    `skew` moves the service's own clock by so many seconds.
    """

    rng: random.Random = field(default_factory=lambda: random.Random(0))
    drop: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    delay: float = 0.0
    status: int | None = None
    errors: float = 0.0
    slow: float = 0.0
    half: bool = False
    short_pages: bool = False
    starting: bool = False
    skew: float = 0.0

    def clear(self) -> None:
        """Turn every fault off."""
        self.drop = self.duplicate = self.reorder = self.delay = 0.0
        self.errors = self.slow = self.skew = 0.0
        self.status = None
        self.half = self.short_pages = self.starting = False

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
