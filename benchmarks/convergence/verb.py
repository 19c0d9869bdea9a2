"""Name one thing that can happen in a household."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from simulator import Title

type Deed = Callable[[], Awaitable[object] | object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """One thing that can happen now; `loses` names what it takes away that was to be seen."""

    name: str
    deed: Deed
    weight: int = 1
    loses: Title | None = None
