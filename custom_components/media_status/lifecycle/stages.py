"""Derive the stage of an item from its facts: the furthest point that they prove."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from .evidence import Evidence
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
    Title,
    Transfer,
    TransferPhase,
    Verdict,
    Wanted,
)
from .merge import GONE_AFTER
from .model import REQUEST, ItemKey, Stage, Subject, Via
from .paths import is_same_file

# The line of DESIGN section 4; a later stage is further.
LINE = (
    Stage.REQUESTED,
    Stage.APPROVED,
    Stage.SEARCHING,
    Stage.GRABBING,
    Stage.DOWNLOADING,
    Stage.DOWNLOADED,
    Stage.IMPORTING,
    Stage.ANIME_MATCHING,
    Stage.SYNCING_LIBRARY,
    Stage.AVAILABLE,
)
RANK = {stage: rank for rank, stage in enumerate(LINE)}
MOVING = frozenset(LINE[RANK[Stage.GRABBING] : RANK[Stage.AVAILABLE]])

# A manager's queue may lack a download for a moment after the grab; only then is it gone.
GRAB_GRACE = timedelta(minutes=3)
_QUEUE_STAGE = {
    QueuePhase.DELAYED: Stage.SEARCHING,
    QueuePhase.QUEUED: Stage.GRABBING,
    QueuePhase.CLIENT_UNAVAILABLE: Stage.GRABBING,
    QueuePhase.PAUSED: Stage.DOWNLOADING,
    QueuePhase.DOWNLOADING: Stage.DOWNLOADING,
    QueuePhase.WARNING: Stage.DOWNLOADING,
    QueuePhase.COMPLETED: Stage.DOWNLOADED,
    QueuePhase.IMPORT_PENDING: Stage.IMPORTING,
    QueuePhase.IMPORT_BLOCKED: Stage.IMPORTING,
    QueuePhase.IMPORTING: Stage.IMPORTING,
    QueuePhase.IMPORTED: Stage.IMPORTING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadView:
    """Say how far one download is. `stage` is None when it leads nowhere any more."""

    key: str
    stage: Stage | None
    failed: bool = False
    failed_at: datetime | None = None
    message: str | None = None


def download_view(evidence: Evidence, key: str) -> DownloadView:
    """Return how far a download that was grabbed is.

    From the manager's queue and history, and from its client.
    """
    subject = Subject(download=key)
    grabbed_at = max(grab.at for grab in evidence.about(Grab, subject))
    outcome = max(evidence.about(Outcome, subject), key=lambda found: found.at, default=None)
    queues = evidence.about(Queue, subject)
    queued = [value for value in queues if value.present]
    in_queue = [value for value in queued if value.phase is not QueuePhase.FAILED]
    moving = [value for value in evidence.about(Transfer, subject) if value.present]
    if outcome is not None and outcome.at < grabbed_at:
        outcome = None  # grabbed again since
    if outcome is not None and outcome.result is not Result.IMPORTED:
        failed = outcome.result is Result.FAILED
        return DownloadView(
            key=key,
            stage=None,
            failed=failed,
            failed_at=outcome.at,
            message=outcome.message,
        )
    if queued and not in_queue:
        return DownloadView(
            key=key,
            stage=None,
            failed=True,
            failed_at=grabbed_at,
            message=next((text for value in queued for text in value.messages), None),
        )
    stages = [_QUEUE_STAGE[value.phase] for value in in_queue if value.phase is not None]
    if outcome is None or in_queue:
        stages += [transfer_stage(value) for value in moving]
    elif not queues:
        stages.append(Stage.IMPORTING)  # other files of it are imported; the queue is not known yet
    stage = max(stages, key=RANK.__getitem__, default=None)
    if stage is None and outcome is None:
        stage = _only_grabbed(evidence, subject, grabbed_at)
    return DownloadView(key=key, stage=stage)


def transfer_stage(transfer: Transfer) -> Stage:
    """Return the stage that a download client's word proves."""
    if transfer.phase is TransferPhase.DONE:
        return Stage.DOWNLOADED
    return Stage.GRABBING if transfer.phase is TransferPhase.METADATA else Stage.DOWNLOADING


def _only_grabbed(evidence: Evidence, subject: Subject, grabbed_at: datetime) -> Stage | None:
    """Return GRABBING until the manager's queue has had time to show the download, and does not."""
    absent = [fact for fact, value in evidence.facts(Queue, subject) if not value.present]
    is_gone = any(_missed_for(fact, grabbed_at) >= GRAB_GRACE for fact in absent)
    return None if is_gone else Stage.GRABBING


def _missed_for(absent: Fact, grabbed_at: datetime) -> timedelta:
    """Return how long after a grab the queue still lacked it; the manager's clock may be ahead."""
    is_ahead = grabbed_at > absent.seen_at
    return absent.seen_at - (absent.since if is_ahead else grabbed_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What the request-level facts say about every item that has not moved yet."""

    stage: Stage
    is_managed: bool  # Radarr/Sonarr knows the title
    decision: Verdict | None = None


def base(evidence: Evidence, *, by_hand: bool) -> Base:
    """Return the stage before anything is grabbed, from Seerr's and the managers' word."""
    decision = max(
        ((fact.seen_at, value.verdict) for fact, value in evidence.facts(Decision, REQUEST)),
        default=None,
    )
    titles = [(fact, value) for fact, value in evidence.facts(Title, REQUEST)]
    is_managed = any(value.present for _, value in titles)
    is_gone = bool(titles) and all(not v.present and _is_settled(f) for f, v in titles)
    asks = list(evidence.facts(Ask, REQUEST))
    ask = max(asks, key=lambda found: found[0].seen_at, default=None)
    stage = Stage.APPROVED if by_hand else Stage.REQUESTED
    if ask is not None:
        stage = _asked(ask, is_managed=is_managed, is_gone=is_gone or not titles)
    elif by_hand and is_gone:
        stage = Stage.DELETED
    return Base(stage=stage, is_managed=is_managed, decision=decision[1] if decision else None)


def _asked(ask: tuple[Fact, Ask], *, is_managed: bool, is_gone: bool) -> Stage:
    fact, value = ask
    if value.status is AskStatus.PENDING:
        return Stage.REQUESTED
    if value.status is AskStatus.DECLINED:
        return Stage.DECLINED
    if value.status is AskStatus.FAILED and not is_managed:
        return Stage.FAILED
    if value.status is AskStatus.ABSENT and is_gone and _is_settled(fact):
        return Stage.DELETED
    return Stage.APPROVED


def _is_settled(fact: Fact) -> bool:
    """Return whether looks far enough apart agree; a push may come late, and twice."""
    return fact.via is not Via.PUSH and fact.seen_at - fact.since >= GONE_AFTER


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemView:
    """Say where one item stands."""

    stage: Stage
    download: DownloadView | None = None  # the one that decided
    release_at: datetime | None = None  # of what is not out: by then time alone can move it


def item_view(
    evidence: Evidence,
    item: ItemKey,
    ground: Base,
    downloads: dict[str, DownloadView],
    now: datetime,
    *,
    needs_match: bool,
) -> ItemView:
    """Return where an item stands. Facts may skip stages; later ones prove earlier ones.

    With `needs_match` a file counts for Jellyfin only once Shoko has matched it.
    """
    subject = Subject(item=item)
    if ground.decision is Verdict.DELETED:
        return ItemView(stage=Stage.DELETED)
    is_playable = any(value.present for value in evidence.about(Playable, subject))
    if is_playable or ground.decision is Verdict.AVAILABLE:
        return ItemView(stage=Stage.AVAILABLE)
    if ground.decision is Verdict.FAILED:
        return ItemView(stage=Stage.FAILED)
    if any(value.present for value in evidence.about(File, subject)):
        is_ready = not needs_match or is_matched(evidence, subject)
        return ItemView(stage=Stage.SYNCING_LIBRARY if is_ready else Stage.ANIME_MATCHING)
    serving = [downloads[key] for key in evidence.serving(item)]
    live = [view for view in serving if view.stage is not None]
    if live:
        best = max(live, key=lambda view: RANK[view.stage or Stage.REQUESTED])
        return ItemView(stage=best.stage or Stage.GRABBING, download=best)
    if _is_deleted(evidence, subject):
        return ItemView(stage=Stage.DELETED)
    failed = [view for view in serving if view.failed]
    if failed and ground.stage not in (Stage.DECLINED, Stage.DELETED):
        newest = max(failed, key=lambda view: (view.failed_at or now, view.key))
        return ItemView(stage=Stage.FAILED, download=newest)
    return _still(evidence, subject, ground, now)


def _is_deleted(evidence: Evidence, subject: Subject) -> bool:
    """Return whether this item was deleted and nobody has looked for it anew since."""
    deleted = [fact for fact, _ in evidence.facts(Decision, subject)]
    return bool(deleted) and not any(
        wanted.monitored and fact.since > max(found.seen_at for found in deleted)
        for fact, wanted in evidence.facts(Wanted, subject)
    )


def matches(evidence: Evidence, subject: Subject) -> list[tuple[Fact, Match]]:
    """Return what Shoko says about the files that an item has now."""
    files = [value for value in evidence.about(File, subject) if value.present]
    return [
        (fact, match)
        for fact, match in evidence.facts(Match, subject)
        if match.path is None
        or any(file.path is None or is_same_file(file.path, match.path) for file in files)
    ]


def is_matched(evidence: Evidence, subject: Subject) -> bool:
    """Return whether Shoko knows what an item's file is."""
    return any(match.phase is MatchPhase.MATCHED for _, match in matches(evidence, subject))


def _still(evidence: Evidence, subject: Subject, ground: Base, now: datetime) -> ItemView:
    """Return the stage of an item for which nothing was grabbed."""
    if ground.stage in (Stage.DECLINED, Stage.DELETED, Stage.FAILED):
        return ItemView(stage=ground.stage)
    wanted = evidence.about(Wanted, subject)
    is_sought = ground.is_managed and any(value.monitored for value in wanted)
    if wanted and (is_sought or ground.stage is not Stage.REQUESTED):
        if not any(is_released(value, now) for value in wanted):
            dates = [value.release_at for value in wanted if value.release_at is not None]
            return ItemView(stage=Stage.UNRELEASED, release_at=min(dates, default=None))
    return ItemView(stage=Stage.SEARCHING if is_sought else ground.stage)


def is_released(wanted: Wanted, now: datetime) -> bool:
    """Return whether an item can exist: Radarr's own word, else its date, else not yet."""
    if wanted.released is not None:
        return wanted.released
    return wanted.release_at is not None and wanted.release_at <= now
