"""Notice what takes longer than it should. Deadlines raise a flag; they never change a stage."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .evidence import Evidence
from .facts import Queue, QueuePhase, Transfer, TransferPhase
from .model import ItemKey, MediaType, Stage, Subject
from .stages import DownloadView, ItemView

# What a stage may take before anything is known about this household. A search, an approval and a
# release date take as long as they take.
DEFAULTS: Mapping[Stage, timedelta] = {
    Stage.APPROVED: timedelta(minutes=120),
    Stage.GRABBING: timedelta(minutes=60),
    Stage.DOWNLOADING: timedelta(minutes=1440),
    Stage.DOWNLOADED: timedelta(minutes=30),
    Stage.IMPORTING: timedelta(minutes=60),
    Stage.ANIME_MATCHING: timedelta(minutes=30),
    Stage.SYNCING_LIBRARY: timedelta(minutes=60),
}
# What always went quickly may take this long once without anybody being bothered.
_SHORTEST = timedelta(minutes=15)
# A queue that has not changed for so long does not move.
_STILL = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """How long a stage may take: what the household set, else what it usually takes, else ours.

    `chosen` holds None for a stage that shall have no deadline.
    """

    chosen: Mapping[Stage, timedelta | None] = field(default_factory=dict)
    usual: Mapping[tuple[MediaType, Stage], timedelta] = field(default_factory=dict)

    def limit(self, media_type: MediaType, stage: Stage) -> timedelta | None:
        """Return how long a stage may take, None when it may take for ever."""
        if stage in self.chosen:
            return self.chosen[stage]
        usual = self.usual.get((media_type, stage))
        default = DEFAULTS.get(stage)
        return default if usual is None or default is None else max(usual, _SHORTEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue:
    """What is late, and when something else will be."""

    items: Mapping[ItemKey, datetime] = field(default_factory=dict)  # since when it is late
    next_at: datetime | None = None


def overdue(
    evidence: Evidence,
    views: Mapping[ItemKey, ItemView],
    since: Mapping[ItemKey, datetime],
    media_type: MediaType,
    deadlines: Deadlines,
    now: datetime,
) -> Overdue:
    """Return which items are late; `since` is when each came into its stage."""
    late: dict[ItemKey, datetime] = {}
    times: list[datetime] = []
    for item, view in views.items():
        limit = deadlines.limit(media_type, view.stage)
        if limit is None:
            continue
        due = max((since.get(item, now) + limit, *_still_until(evidence, view, now)))
        if due <= now:
            late[item] = due
        else:
            times.append(due)
    return Overdue(items=late, next_at=min(times, default=None))


def _still_until(evidence: Evidence, view: ItemView, now: datetime) -> Iterator[datetime]:
    """Yield until when a download that moves, however slowly, is not late."""
    download: DownloadView | None = view.download
    if view.stage is not Stage.DOWNLOADING or download is None:
        return
    subject = Subject(download=download.key)
    for _, transfer in evidence.facts(Transfer, subject):
        if transfer.present and transfer.phase is TransferPhase.DOWNLOADING and transfer.speed:
            yield now + _STILL
    for fact, queue in evidence.facts(Queue, subject):
        if queue.present and queue.phase is QueuePhase.DOWNLOADING and queue.left:
            yield fact.since + _STILL
