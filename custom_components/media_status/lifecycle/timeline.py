"""Tell what happened to a request: each thing once, however often and by whomever it is told."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from .absorb import Touched
from .facts import (
    Ask,
    AskStatus,
    Decision,
    Fact,
    File,
    Grab,
    Match,
    MatchPhase,
    Outcome,
    Playable,
    Queue,
    QueuePhase,
    Result,
    Transfer,
    TransferPhase,
    Verdict,
)
from .model import ItemKey, JsonValue, Service, Subject, Via
from .request import Request, TimelineEntry

# So far apart the clocks of two services may be.
CLOCKS_DIFFER = timedelta(minutes=10)
_ASK_CODES = {
    AskStatus.PENDING: "asked",
    AskStatus.APPROVED: "approved",
    AskStatus.DECLINED: "declined",
    AskStatus.FAILED: "request_failed",
    AskStatus.ABSENT: "withdrawn",
}


def entries(touched: Touched, now: datetime) -> list[TimelineEntry]:
    """Return what the batch adds to the request's timeline, in the order of the line."""
    change = touched.change
    before: dict[Subject, list[Fact]] = {}
    for fact in touched.before.values():
        before.setdefault(fact.subject, []).append(fact)
    told = _Teller(change.request, now)
    if change.opened:
        told.add(
            "opened", Service(change.request.origin.value), requested_by=change.request.requested_by
        )
    for fact in sorted(change.facts.values(), key=lambda found: found.subject.key):
        told.hear(fact, before.get(fact.subject, ()))
    told.close()
    if change.before is not None:
        told.add("stage", None, before=change.before.value, stage=change.request.stage.value)
    if change.stuck is not None:
        explanation = change.request.status.explanation
        reason = explanation.code if explanation is not None and change.stuck else None
        told.add("stuck" if change.stuck else "healed", None, reason=reason)
    return told.entries


class _Teller:
    """Collect entries; files and playable items of one batch are told together."""

    def __init__(self, request: Request, now: datetime) -> None:
        self.entries: list[TimelineEntry] = []
        self._request = request
        self._now = now
        self._items: dict[tuple[str, Service], list[ItemKey]] = {}
        self._told_grabs: set[Subject] = set()

    def add(self, code: str, service: Service | None, **values: JsonValue) -> None:
        known: dict[str, JsonValue] = {
            name: value for name, value in values.items() if value is not None
        }
        entry = TimelineEntry(
            request_id=self._request.id, at=self._now, code=code, service=service, values=known
        )
        self.entries.append(entry)

    def close(self) -> None:
        for (code, service), items in sorted(self._items.items()):
            labels: list[JsonValue] = [item.label for item in sorted(set(items))]
            self.add(code, service, items=labels, count=len(labels))

    def hear(self, fact: Fact, known: Sequence[Fact]) -> None:
        """Tell a fact unless something before already told the same milestone.

        `known` is all that was known of its subject.
        """
        value = fact.value
        before = [old for old in known if old.kind is fact.kind]
        match value:
            case Ask():
                self._ask(fact, value, before)
            case Decision(verdict=Verdict.DELETED):
                self._deleted(fact, value)
            case Decision():
                self.add("decided", fact.service, verdict=value.verdict.value, reason=value.reason)
            case Grab():
                self._grab(fact, value, before)
            case Outcome(result=Result.FAILED) if not _had(before, value):
                self.add("download_failed", fact.service, reason=value.message)
            case Queue(phase=QueuePhase.IMPORT_BLOCKED) if not any(
                isinstance(old.value, Queue) and old.value.phase is QueuePhase.IMPORT_BLOCKED
                for old in before
            ):
                reason = value.messages[0] if value.messages else None
                self.add("import_blocked", fact.service, reason=reason)
            case Transfer(present=True) if not self._is_of_older(fact):
                self._transfer(fact, value, before)
            case File(present=True):
                self._file(fact, value, before, was_there=self._was_there(fact, known))
            case Match(phase=MatchPhase.MATCHED | MatchPhase.UNMATCHED) if not any(
                isinstance(old.value, Match) and old.value.phase is value.phase for old in before
            ):
                self._gather(value.phase.value, fact)
            case Playable(present=True) if not any(
                isinstance(old.value, Playable) and old.value.present for old in before
            ):
                was_there = self._was_there(fact, known)
                self._gather("already_playable" if was_there else "playable", fact)

    def _deleted(self, fact: Fact, value: Decision) -> None:
        if fact.subject.item is not None:
            self._gather("deleted", fact)
        else:
            self.add("deleted", fact.service, source=value.reason, user=value.user)

    def _ask(self, fact: Fact, value: Ask, before: list[Fact]) -> None:
        code = _ASK_CODES.get(value.status)
        if code and not any(
            isinstance(old.value, Ask) and old.value.status is value.status for old in before
        ):
            self.add(code, fact.service, reason=value.message)

    def _grab(self, fact: Fact, value: Grab, before: list[Fact]) -> None:
        if before or fact.subject in self._told_grabs or self._is_older(value):
            return
        self._told_grabs.add(fact.subject)
        labels: list[JsonValue] = [item.label for item in sorted(value.items)]
        self.add(
            "grabbed",
            fact.service,
            quality=value.quality,
            indexer=value.indexer,
            size=value.size,
            items=labels,
            count=len(labels),
        )

    def _transfer(self, fact: Fact, value: Transfer, before: list[Fact]) -> None:
        old = [found.value for found in before if isinstance(found.value, Transfer)]
        if not any(found.present for found in old):
            self.add("download_started", fact.service, size=value.size)
        if value.phase is TransferPhase.DONE and not any(
            found.phase is TransferPhase.DONE for found in old
        ):
            self.add("downloaded", fact.service, size=value.size)

    def _was_there(self, fact: Fact, known: Iterable[Fact]) -> bool:
        """Return whether an item was there before anybody looked: it never was missing.

        What is pushed has just happened.
        """
        item = fact.subject.item
        if fact.via is Via.PUSH:
            return False
        was_missed = any(
            isinstance(old.value, File | Playable) and not old.value.present for old in known
        )
        return not was_missed and not any(
            item in value.items and not self._is_older(value)
            for found in self._request.facts.values()
            if isinstance(value := found.value, Grab)
        )

    def _is_older(self, grab: Grab) -> bool:
        """Return whether a release was chosen before anybody asked, and told then if at all."""
        return grab.at < self._request.created_at - CLOCKS_DIFFER

    def _is_of_older(self, fact: Fact) -> bool:
        """Return whether all grabs of a download are older than the request."""
        grabs = [
            found.value
            for found in self._request.facts.values()
            if found.subject == fact.subject and isinstance(found.value, Grab)
        ]
        return bool(grabs) and all(map(self._is_older, grabs))

    def _file(self, fact: Fact, value: File, before: list[Fact], *, was_there: bool) -> None:
        old = [found.value for found in before if isinstance(found.value, File)]
        there = [found for found in old if found.present]
        if not there:
            self._gather("already_imported" if was_there else "imported", fact)
        elif value.file_id and all(
            found.file_id and found.file_id != value.file_id for found in there
        ):
            self._gather("upgraded", fact)

    def _gather(self, code: str, fact: Fact) -> None:
        if fact.subject.item is not None:
            self._items.setdefault((code, fact.service), []).append(fact.subject.item)


def _had(before: Iterable[Fact], value: Outcome) -> bool:
    return any(
        isinstance(old.value, Outcome)
        and old.value.result is value.result
        and old.value.at == value.at
        for old in before
    )
