"""Draw from one tape of numbers: a whole schedule follows from a seed, or can be shrunk."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, repeat
import random


class Dice:
    """Choose; an exhausted tape always chooses the first."""

    def __init__(self, tape: Iterable[int]) -> None:
        """Draw from the given numbers."""
        self._tape: Iterator[int]
        self.feed(tape)

    def feed(self, tape: Iterable[int]) -> None:
        """Go on with other numbers."""
        self._tape = chain(tape, repeat(0))

    @classmethod
    def of(cls, seed: int) -> Dice:
        """Return dice that never run out."""
        rng = random.Random(f"convergence:{seed}")  # noqa: S311 - the same each time is the point
        return cls(iter(lambda: rng.randrange(1 << 16), -1))

    def below(self, limit: int) -> int:
        """Return a number from 0 to less than the limit."""
        return next(self._tape) % limit

    def chance(self, percent: int) -> bool:
        """Return True so often; an exhausted tape says no."""
        return self.below(100) >= 100 - percent

    def one[T](self, choices: Sequence[T]) -> T:
        """Return one of the choices."""
        return choices[self.below(len(choices))]

    def some[T](self, choices: Sequence[T]) -> list[T]:
        """Return at least one of the choices, in their order."""
        kept = [choice for choice in choices if self.chance(50)]
        return kept or [self.one(choices)]
