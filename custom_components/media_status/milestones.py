"""Tell which steps of a request are worth an event, each once."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from .lifecycle.model import Stage
from .lifecycle.request import Change, Request

# What an event entity tells when a request reaches a stage.
_REACHED: Final[Mapping[Stage, str]] = {
    Stage.REQUESTED: "requested",
    Stage.APPROVED: "approved",
    Stage.DECLINED: "declined",
    Stage.GRABBING: "grabbed",
    Stage.DOWNLOADED: "downloaded",
    Stage.AVAILABLE: "available",
    Stage.PARTIALLY_AVAILABLE: "partially_available",
    Stage.FAILED: "failed",
    Stage.DELETED: "deleted",
}
# With files, not yet watchable: anime goes through both of them, everything else through one.
_IMPORTED: Final = frozenset({Stage.ANIME_MATCHING, Stage.SYNCING_LIBRARY})
_MATCHED: Final = frozenset({Stage.SYNCING_LIBRARY, Stage.PARTIALLY_AVAILABLE, Stage.AVAILABLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestEvent:
    """Something worth an automation happened to a request."""

    type: str
    request: Request


def milestones(changes: Iterable[Change]) -> tuple[RequestEvent, ...]:
    """Return the events of a batch of changes, in order."""
    return tuple(
        RequestEvent(type=name, request=change.request)
        for change in changes
        for name in _names(change)
    )


def _names(change: Change) -> Iterator[str]:
    before, stage = change.before, change.request.stage
    if change.stuck is not None:
        yield "stuck" if change.stuck else "healed"
    if not change.opened and before is None:
        return
    if stage in _IMPORTED and before not in _IMPORTED | {Stage.AVAILABLE}:
        yield "imported"
    if before is Stage.ANIME_MATCHING and stage in _MATCHED:
        yield "matched"
    if (name := _REACHED.get(stage)) is not None:
        yield name
