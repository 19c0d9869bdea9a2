"""Print figures as `name: value` lines, and remember which targets they miss."""

from collections.abc import Iterable, Sequence


class Figures:
    """The figures of one run."""

    def __init__(self) -> None:
        """Begin without any."""
        self.missed: list[str] = []

    def add(
        self,
        name: str,
        value: float,
        unit: str = "",
        *,
        at_least: float | None = None,
        below: float | None = None,
    ) -> None:
        """Print a figure; a target it misses is remembered by name."""
        shown = f"{value:.3f}" if abs(value) < 10 and value != int(value) else f"{value:.1f}"
        print(f"{name}: {shown.removesuffix('.0')}{f' {unit}' if unit else ''}", flush=True)
        if at_least is not None and value < at_least:
            self.missed.append(f"{name} is {shown}, at least {at_least:g} wanted")
        if below is not None and value >= below:
            self.missed.append(f"{name} is {shown}, less than {below:g} wanted")


def percentile(values: Iterable[float], share: float) -> float:
    """Return the value below which this share (0..1) of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def median(values: Sequence[float]) -> float:
    """Return the middle value."""
    return percentile(values, 0.5)
