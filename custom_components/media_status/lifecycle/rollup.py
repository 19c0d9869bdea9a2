"""Roll the items of a request up: counts and the request's stage."""

from collections.abc import Collection, Iterable

from .model import Stage
from .request import Counts
from .stages import MOVING, RANK

_COUNTED = {
    Stage.AVAILABLE: "available",
    Stage.SYNCING_LIBRARY: "imported",
    Stage.ANIME_MATCHING: "imported",
    Stage.IMPORTING: "downloaded",
    Stage.DOWNLOADED: "downloaded",
    Stage.DOWNLOADING: "downloading",
    Stage.GRABBING: "grabbed",
    Stage.UNRELEASED: "unreleased",
    Stage.FAILED: "failed",
}


# When nothing can come of any item, this is told first.
_ENDS = (Stage.DELETED, Stage.FAILED, Stage.DECLINED)


def count(stages: Iterable[Stage]) -> Counts:
    """Return how many items are how far; what was not grabbed counts as searching."""
    found: dict[str, int] = {}
    total = 0
    for stage in stages:
        total += 1
        name = _COUNTED.get(stage, "searching")
        found[name] = found.get(name, 0) + 1
    return Counts(total=total, **found)


def request_stage(stages: Collection[Stage], ground: Stage) -> Stage:
    """Return a request's stage from its items' (DESIGN section 4).

    `ground` is what is known without any item. Everything aired and available is available; some
    available and nothing moving is partial; otherwise the least advanced moving group decides.
    """
    if not stages:
        return ground
    due = [stage for stage in stages if stage is not Stage.UNRELEASED]
    if not due:
        return Stage.UNRELEASED
    unfinished = [stage for stage in due if stage is not Stage.AVAILABLE]
    if not unfinished:
        return Stage.AVAILABLE
    moving = [stage for stage in unfinished if stage in MOVING]
    if moving:
        return min(moving, key=RANK.__getitem__)
    if len(unfinished) < len(due):
        return Stage.PARTIALLY_AVAILABLE
    on_the_line = [stage for stage in unfinished if stage in RANK]
    if on_the_line:
        # Nothing moves: what is searched counts, not an episode that nobody wants searched.
        return max(on_the_line, key=RANK.__getitem__)
    return next((end for end in _ENDS if end in unfinished), ground)
