"""Measure how far a request's downloads are, weighted by size."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from .evidence import Evidence
from .facts import Grab, Queue, QueuePhase, Transfer, TransferPhase
from .model import ItemKey, Subject
from .stages import DownloadView

_FINISHED_IN_QUEUE = frozenset(
    {
        QueuePhase.COMPLETED,
        QueuePhase.IMPORT_PENDING,
        QueuePhase.IMPORT_BLOCKED,
        QueuePhase.IMPORTING,
        QueuePhase.IMPORTED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Say how far all downloads together are. `share` is None without any."""

    share: float | None = None  # 0..1
    size: int | None = None  # bytes
    speed: int = 0  # bytes per second
    eta: datetime | None = None  # when the last one ends; None when any is unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    share: float
    size: int | None
    speed: int = 0
    eta: datetime | None = None
    is_moving: bool = False


def measure(
    evidence: Evidence, downloads: Iterable[DownloadView], done: frozenset[ItemKey]
) -> Progress:
    """Return the progress over the downloads that lead somewhere or have led to a finished item.

    Finished downloads keep their weight, so the figure never jumps back when one of several ends.
    A download of unknown size weighs as much as the average of the others.
    """
    parts: list[_Part] = []
    for view in downloads:
        if view.stage is not None:
            parts.append(_part(evidence, view.key))
        elif not view.failed and evidence.downloads[view.key] & done:
            parts.append(_Part(share=1.0, size=_grabbed_size(evidence, view.key)))
    if not parts:
        return Progress()
    sizes = [part.size for part in parts if part.size]
    usual = sum(sizes) / len(sizes) if sizes else 1.0
    weights = [float(part.size or usual) for part in parts]
    share = sum(part.share * weight for part, weight in zip(parts, weights, strict=True))
    moving = [part for part in parts if part.is_moving]
    etas = [part.eta for part in moving if part.eta is not None]
    return Progress(
        share=min(1.0, share / sum(weights)),
        size=sum(sizes) if sizes else None,
        speed=sum(part.speed for part in parts),
        eta=max(etas) if etas and len(etas) == len(moving) else None,
    )


def _part(evidence: Evidence, key: str) -> _Part:
    """Return one download's part: the client's word, else the manager's queue, else nothing yet."""
    subject = Subject(download=key)
    size = _grabbed_size(evidence, key)
    seen = [(f, v) for f, v in evidence.facts(Transfer, subject) if v.present]
    if seen:
        fact, value = max(seen, key=lambda found: found[1].progress)
        if value.phase is TransferPhase.DONE:
            return _Part(share=1.0, size=value.size or size)
        eta = None
        if value.eta_seconds is not None:
            eta = fact.seen_at + timedelta(seconds=value.eta_seconds)
        return _Part(
            share=min(1.0, max(0.0, value.progress)),
            size=value.size or size,
            speed=value.speed,
            eta=eta,
            is_moving=True,
        )
    for queue in evidence.about(Queue, subject):
        if not queue.present:
            continue
        if queue.phase in _FINISHED_IN_QUEUE:
            return _Part(share=1.0, size=queue.size or size)
        share = 1 - (queue.left or 0) / queue.size if queue.size else 0.0
        return _Part(
            share=min(1.0, max(0.0, share)),
            size=queue.size or size,
            eta=queue.eta,
            is_moving=True,
        )
    return _Part(share=0.0, size=size, is_moving=True)


def _grabbed_size(evidence: Evidence, key: str) -> int | None:
    sizes = [grab.size for grab in evidence.about(Grab, Subject(download=key)) if grab.size]
    return max(sizes, default=None)
