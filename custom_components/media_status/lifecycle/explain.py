"""Say in one sentence's worth of code and values why a request is not there yet."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from .deadlines import Deadlines
from .evidence import Evidence
from .explain_anime import hindered, matching, unmatched
from .facts import Ask, Grab, Queue, QueuePhase, Title, Transfer, TransferPhase, Verdict, Wanted
from .habits import NO_HABITS, Habits
from .model import ItemKey, MediaType, Service, Stage, Subject
from .request import Counts, Explanation, Request
from .stages import Base, DownloadView, ItemView


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What the household has connected, and since when which service does not answer."""

    services: frozenset[Service] = frozenset(Service)
    down: Mapping[Service, datetime] = field(default_factory=dict)
    deadlines: Deadlines = field(default_factory=Deadlines)
    habits: Habits = NO_HABITS


@dataclass(frozen=True, slots=True)
class Found:
    """What was derived before the explanation."""

    stage: Stage
    counts: Counts
    ground: Base
    items: Mapping[ItemKey, ItemView]
    downloads: Mapping[str, DownloadView]
    progress: float | None
    late: Mapping[ItemKey, datetime] = field(default_factory=dict)  # what takes too long


_DECIDED = {Verdict.AVAILABLE: "marked_available", Verdict.FAILED: "marked_failed"}


def explain(request: Request, evidence: Evidence, found: Found, setup: Setup) -> Explanation:
    """Return why the request stands where it stands; deterministic for the same facts."""
    if found.ground.decision is not None:
        return Explanation(code=_DECIDED[found.ground.decision], service=Service.HOME_ASSISTANT)
    if found.stage is Stage.AVAILABLE:
        return Explanation(code="available", service=Service.JELLYFIN)
    trouble = _trouble(evidence, found) or unmatched(evidence, found.items)
    if trouble is not None:
        return trouble
    unanswered = _unanswered(request, evidence, found, setup)
    if unanswered is None and found.late:
        return _overdue(request, evidence, found, setup)
    return unanswered or _by_stage(request, evidence, found, setup)


def _overdue(request: Request, evidence: Evidence, found: Found, setup: Setup) -> Explanation:
    """Return why the items that are late are where they are, the longest waiting first."""
    first, since = min(found.late.items(), key=lambda entry: (entry[1], entry[0]))
    stage = found.items[first].stage if first in found.items else found.stage
    views = {
        item: view
        for item, view in found.items.items()
        if item in found.late and view.stage is stage
    }
    late = replace(found, stage=stage, items=views)
    why = _unanswered(request, evidence, late, setup) or _by_stage(request, evidence, late, setup)
    return replace(why, is_overdue=True, since=since)


def _manager(request: Request) -> Service:
    return Service.RADARR if request.media_type is MediaType.MOVIE else Service.SONARR


def _unanswered(
    request: Request, evidence: Evidence, found: Found, setup: Setup
) -> Explanation | None:
    """Return that we cannot know, when the service that decides the next step is down."""
    stage = found.stage
    deciding = {
        Stage.REQUESTED: Service.SEERR,
        Stage.DOWNLOADING: Service.QBITTORRENT,
        Stage.ANIME_MATCHING: Service.SHOKO,
        Stage.SYNCING_LIBRARY: Service.JELLYFIN,
    }.get(stage, _manager(request))
    if deciding is Service.QBITTORRENT and _is_usenet(evidence, found):
        deciding = _manager(request)
    since = setup.down.get(deciding)
    if since is None or stage in (Stage.DECLINED, Stage.DELETED, Stage.FAILED):
        return None
    return Explanation(
        code="connection_down", values={"service": deciding.value}, service=deciding, since=since
    )


def _is_usenet(evidence: Evidence, found: Found) -> bool:
    """Return whether no torrent client has to do with what is being fetched."""
    live = [key for key, view in found.downloads.items() if view.stage is found.stage]
    protocols = [
        {value.protocol for value in evidence.about(Grab, Subject(download=key))}
        | {value.protocol for value in evidence.about(Queue, Subject(download=key))}
        for key in live
    ]
    return bool(live) and all("usenet" in found for found in protocols)


def _trouble(evidence: Evidence, found: Found) -> Explanation | None:
    """Return the first download that needs a person, in a fixed order."""
    for key in sorted(found.downloads):
        if found.downloads[key].stage is None:
            continue
        subject = Subject(download=key)
        for fact, queue in evidence.facts(Queue, subject):
            if queue.present and queue.phase is QueuePhase.IMPORT_BLOCKED:
                reason = queue.messages[0] if queue.messages else ""
                return Explanation(
                    code="import_blocked",
                    values={"reason": reason} if reason else {},
                    service=fact.service,
                    since=fact.since,
                    needs_person=True,
                )
        for fact, transfer in evidence.facts(Transfer, subject):
            code = _TRANSFER_TROUBLE.get(transfer.phase) if transfer.phase else None
            if transfer.present and code:
                return Explanation(
                    code=code, service=fact.service, since=fact.since, needs_person=True
                )
    return None


_TRANSFER_TROUBLE = {
    TransferPhase.ERROR: "client_error",
    TransferPhase.MISSING_FILES: "missing_files",
}
_TRANSFER_WAIT = {
    TransferPhase.METADATA: "metadata",
    TransferPhase.QUEUED: "queued",
    TransferPhase.PAUSED: "paused",
    TransferPhase.STALLED: "stalled",
}


def _by_stage(request: Request, evidence: Evidence, found: Found, setup: Setup) -> Explanation:
    manager = _manager(request)
    match found.stage:
        case Stage.REQUESTED:
            return Explanation(code="waiting_approval", service=Service.SEERR, needs_person=True)
        case Stage.DECLINED:
            return Explanation(code="declined", service=Service.SEERR)
        case Stage.DELETED:
            return Explanation(code="removed")
        case Stage.APPROVED:
            return _approved(evidence, found, manager)
        case Stage.SEARCHING:
            return Explanation(code="searching", service=manager)
        case Stage.UNRELEASED:
            return _unreleased(found, manager)
        case Stage.PARTIALLY_AVAILABLE:
            return Explanation(
                code="partially_available",
                values={"available": found.counts.available, "total": found.counts.total},
            )
        case Stage.FAILED:
            return _failed(evidence, found, manager)
        case Stage.GRABBING | Stage.DOWNLOADING:
            return _downloading(evidence, found)
        case Stage.DOWNLOADED:
            return Explanation(code="downloaded_waiting_import", service=manager)
        case Stage.IMPORTING:
            return Explanation(code="importing", service=manager)
        case Stage.ANIME_MATCHING:
            return matching(evidence, found.items)
        case _:
            if Service.JELLYFIN not in setup.services:
                return Explanation(code="no_library", needs_person=True)
            hidden = hindered(evidence, found.items)
            return hidden or Explanation(code="waiting_library", service=Service.JELLYFIN)


def _approved(evidence: Evidence, found: Found, manager: Service) -> Explanation:
    if not found.ground.is_managed:
        titles = evidence.about(Title)
        code = "not_in_manager" if titles else "approved"
        return Explanation(code=code, values={"service": manager.value}, service=manager)
    if not _is_unwanted(evidence, found):
        return Explanation(code="approved", values={"service": manager.value}, service=manager)
    return Explanation(
        code="not_monitored",
        values={"service": manager.value},
        service=manager,
        needs_person=True,
    )


def _is_unwanted(evidence: Evidence, found: Found) -> bool:
    """Return whether the manager said that it does not look; a fresh title is merely unread."""
    if any(title.present and not title.monitored for title in evidence.about(Title)):
        return True
    return any(evidence.about(Wanted, Subject(item=item)) for item in found.items)


def _unreleased(found: Found, manager: Service) -> Explanation:
    dates = [view.release_at for view in found.items.values() if view.release_at]
    if not dates:
        return Explanation(code="unreleased", service=manager)
    return Explanation(
        code="unreleased", values={"date": min(dates).date().isoformat()}, service=manager
    )


def _failed(evidence: Evidence, found: Found, manager: Service) -> Explanation:
    views = [view.download for view in found.items.values() if view.download is not None]
    if views:
        newest = max(views, key=lambda view: (str(view.failed_at), view.key))
        if newest.message:
            values: dict[str, str | int] = {"reason": newest.message}
            return Explanation(code="failed_download", values=values, service=manager)
        return Explanation(code="failed_download", service=manager)
    message = next((ask.message for ask in evidence.about(Ask) if ask.message), None)
    return Explanation(
        code="failed_request",
        values={"reason": message} if message else {},
        service=Service.SEERR,
        needs_person=True,
    )


def _downloading(evidence: Evidence, found: Found) -> Explanation:
    """Return the state of the least advanced download that is under way."""
    live = sorted(key for key, view in found.downloads.items() if view.stage is found.stage)
    waits: list[Explanation] = []
    for key in live:
        for fact, transfer in evidence.facts(Transfer, Subject(download=key)):
            if not transfer.present or transfer.phase is None:
                continue
            code = _TRANSFER_WAIT.get(transfer.phase)
            if code is None:
                return _moving(found, fact.service)
            values: dict[str, str | int] = {}
            if code == "queued" and transfer.queue_position:
                values = {"position": transfer.queue_position}
            if code == "stalled" and transfer.seeds is not None:
                values = {"seeds": transfer.seeds}
            waits.append(
                Explanation(code=code, values=values, service=fact.service, since=fact.since)
            )
    if waits:
        return waits[0]
    if found.stage is Stage.GRABBING:
        return _grabbing(evidence, live)
    return _moving(found, None)


def _moving(found: Found, service: Service | None) -> Explanation:
    percent = int((found.progress or 0.0) * 100)
    return Explanation(code="downloading", values={"percent": percent}, service=service)


def _grabbing(evidence: Evidence, live: list[str]) -> Explanation:
    for key in live:
        for fact, queue in evidence.facts(Queue, Subject(download=key)):
            if queue.present and queue.phase is QueuePhase.CLIENT_UNAVAILABLE:
                return Explanation(
                    code="client_unavailable",
                    values={"client": queue.client} if queue.client else {},
                    service=fact.service,
                    since=fact.since,
                )
    since = [fact.since for key in live for fact, _ in evidence.facts(Grab, Subject(download=key))]
    return Explanation(code="grabbed_not_in_client", since=min(since, default=None))
