"""Keep things from being done again at once, however often somebody asks."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
import time
from typing import Final

PAUSE: Final = 60.0  # seconds between two times


class Cooldown:
    """Know what was done a moment ago."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Initialize with a clock that is never set back."""
        self._monotonic = monotonic
        self._done: dict[str, float] = {}

    def is_over(self, key: str) -> bool:
        """Return whether a thing may be done (again)."""
        done = self._done.get(key)
        return done is None or self._monotonic() - done >= PAUSE

    @contextmanager
    def begun(self, keys: Iterable[str]) -> Iterator[None]:
        """Count things as done from now on; what fails may be tried again at once."""
        now = self._monotonic()
        self._done = {key: at for key, at in self._done.items() if now - at < PAUSE}
        new = tuple(keys)
        self._done |= dict.fromkeys(new, now)
        try:
            yield
        except BaseException:  # cancelled, too: what was not done may be tried again
            for key in new:
                self._done.pop(key, None)
            raise
