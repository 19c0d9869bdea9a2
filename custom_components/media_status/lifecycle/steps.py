"""Cut long work into steps of a few milliseconds, so that a caller can let others run."""

from collections.abc import Callable, Iterable, Iterator

_MOST = 12
_HEAVIEST = 400  # facts or statements; a single long series may be heavier


def steps[T](things: Iterable[T], weight: Callable[[T], int]) -> Iterator[list[T]]:
    """Yield the things in order, as many at once as are light together."""
    step: list[T] = []
    heaviness = 0
    for thing in things:
        heavy = weight(thing)
        if step and (len(step) >= _MOST or heaviness + heavy > _HEAVIEST):
            yield step
            step, heaviness = [], 0
        step.append(thing)
        heaviness += heavy
    if step:
        yield step
