"""Put together what a manager's queue and history say about each download."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ..clients.arr import HistoryRecord, QueueRecord
from ..clients.readers import as_int
from ..lifecycle.facts import Grab, Outcome, Queue, QueuePhase, Result, Statement
from ..lifecycle.model import ItemKey, Subject
from .arr_words import block_of, download_of, queue_phase
from .text import message_text, name_text, title_text

_RESULTS = {
    "downloadfolderimported": Result.IMPORTED,
    "downloadfailed": Result.FAILED,
    "downloadignored": Result.IGNORED,
}
_REPLACING = frozenset({"episodefiledeleted", "moviefiledeleted"})
_PROTOCOLS = {"1": "usenet", "2": "torrent", "usenet": "usenet", "torrent": "torrent"}
_MAX_MESSAGES = 10

type Record = QueueRecord | HistoryRecord
type ItemOf = Callable[[Record], ItemKey | None]
type DownloadId = tuple[int | None, str]  # the manager's id of the title, and the download's key


@dataclass(slots=True, kw_only=True)
class Download:
    """One download of one title, as queue and history show it."""

    key: str
    title_id: int | None
    queued: list[QueueRecord] = field(default_factory=list)
    grabs: list[HistoryRecord] = field(default_factory=list)
    ends: list[HistoryRecord] = field(default_factory=list)  # imported, failed, ignored

    @property
    def id(self) -> DownloadId:
        """Return what tells it from others."""
        return (self.title_id, self.key)

    @property
    def phase(self) -> QueuePhase | None:
        """Return where the queue has it; None when it is not there."""
        if not self.queued:
            return None
        first = self.queued[0]
        return queue_phase(first.status, first.tracked_status, first.tracked_state)

    @property
    def is_grabbed(self) -> bool:
        """Return whether the release is with a download client, or was."""
        return bool(self.grabs) or self.phase not in {None, QueuePhase.DELAYED}

    @property
    def result(self) -> Result | None:
        """Return how it ended; None while it has not, or when it was grabbed again since."""
        if self.queued or not self.ends:
            return None
        last = max(self.ends, key=lambda record: (record.date, record.id))
        if any(record.date > last.date for record in self.grabs):
            return None
        return _RESULTS[last.event.casefold()]

    @property
    def imports(self) -> Sequence[HistoryRecord]:
        """Return the records of imported files."""
        return [r for r in self.ends if _RESULTS[r.event.casefold()] is Result.IMPORTED]

    @property
    def records(self) -> Sequence[Record]:
        """Return the records that say what it is for."""
        return [*self.queued, *self.grabs]

    def items(self, item_of: ItemOf) -> frozenset[ItemKey]:
        """Return the items it serves, as far as they are known."""
        found = (item_of(record) for record in self.records)
        return frozenset(item for item in found if item is not None)


def downloads(
    queue: Iterable[QueueRecord], history: Iterable[HistoryRecord]
) -> dict[DownloadId, Download]:
    """Return all downloads that queue and history name."""
    found: dict[DownloadId, Download] = {}

    def of(title_id: int | None, key: str) -> Download:
        return found.setdefault((title_id, key), Download(key=key, title_id=title_id))

    for entry in queue:
        if (key := download_of(entry.download_id, entry.title)) is not None:
            of(entry.title_id, key).queued.append(entry)
    for record in history:
        key = download_of(record.download_id, record.source_title)
        event = record.event.casefold()
        if key is None or record.title_id is None:
            continue
        if event == "grabbed":
            of(record.title_id, key).grabs.append(record)
        elif event in _RESULTS:
            of(record.title_id, key).ends.append(record)
    return found


def replaced(history: Iterable[HistoryRecord]) -> frozenset[tuple[int | None, int | None]]:
    """Return (title id, episode id) of what made room for a better file."""
    return frozenset(
        (record.title_id, record.episode_id)
        for record in history
        if record.event.casefold() in _REPLACING
        and record.data.get("reason", "").casefold() == "upgrade"
    )


def statements(
    download: Download, item_of: ItemOf, *, seen_at: datetime, with_grab: bool
) -> list[Statement]:
    """Return what is known about a download.

    A queue entry proves a grab; `with_grab` says so when the history of it was not read.
    """
    subject = Subject(download=download.key)
    found: list[Statement] = []
    grab = _grab(download, item_of)
    if grab is None and with_grab:
        grab = _grab_of_queue(download, item_of, seen_at)
    if grab is not None:
        found.append(Statement(value=grab, subject=subject))
    if download.ends:
        found.append(Statement(value=_outcome(download.ends), subject=subject))
    if download.queued:
        found.append(Statement(value=_queue(download, seen_at), subject=subject))
    return found


def _grab(download: Download, item_of: ItemOf) -> Grab | None:
    items = download.items(item_of)
    if not download.grabs or not items:
        return None
    last = max(download.grabs, key=lambda record: (record.date, record.id))
    return Grab(
        items=items,
        at=last.date,
        release=title_text(last.source_title),
        quality=name_text(last.quality),
        indexer=name_text(last.data.get("indexer")),
        size=_bytes(as_int(last.data.get("size"))),
        protocol=_PROTOCOLS.get(last.data.get("protocol", "").casefold()),
    )


def _grab_of_queue(download: Download, item_of: ItemOf, seen_at: datetime) -> Grab | None:
    items = download.items(item_of)
    if not items or download.phase in {None, QueuePhase.DELAYED}:
        return None
    first = download.queued[0]
    return Grab(
        items=items,
        at=min((entry.added for entry in download.queued if entry.added), default=seen_at),
        release=title_text(first.title),
        quality=name_text(first.quality),
        indexer=name_text(first.indexer),
        size=_bytes(first.size),
        protocol=_PROTOCOLS.get(first.protocol.casefold()),
    )


def _outcome(ends: Sequence[HistoryRecord]) -> Outcome:
    last = max(ends, key=lambda record: (record.date, record.id))
    result = _RESULTS[last.event.casefold()]
    message = None if result is Result.IMPORTED else message_text(last.data.get("message"))
    return Outcome(result=result, at=last.date, message=message)


def _queue(download: Download, seen_at: datetime) -> Queue:
    """Return the place in the queue; size and rest are the whole download's in every entry.

    The time left is worth more than the time of the end, which is by the manager's own clock.
    """
    first = download.queued[0]
    left = first.time_left_seconds
    texts = [message_text(text) for entry in download.queued for text in entry.messages]
    messages = tuple(dict.fromkeys(text for text in texts if text))
    phase = download.phase
    return Queue(
        present=True,
        phase=phase,
        size=_bytes(max((entry.size or 0 for entry in download.queued), default=0)),
        left=max((e.size_left for e in download.queued if e.size_left is not None), default=None),
        eta=first.eta if left is None else seen_at + timedelta(seconds=left),
        messages=messages[:_MAX_MESSAGES],
        client=name_text(first.client),
        protocol=_PROTOCOLS.get(first.protocol.casefold()),
        block=block_of(messages) if phase is QueuePhase.IMPORT_BLOCKED else None,
    )


def _bytes(size: int | None) -> int | None:
    return size if size is not None and size > 0 else None
