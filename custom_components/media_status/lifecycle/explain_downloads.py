"""Say why a download is not there yet: what its client and Radarr/Sonarr's queue tell of it."""

from datetime import datetime, timedelta

from .evidence import Evidence
from .explain_managers import ailing, complaint
from .facts import Fact, Grab, Queue, QueuePhase, Transfer, TransferPhase
from .found import Found
from .model import Service, Stage, Subject
from .request import Explanation
from .troubles import Ailment, Block, Hitch

_STOPPED = {
    TransferPhase.ERROR: "client_error",
    TransferPhase.MISSING_FILES: "missing_files",
}
_WAITING = {
    TransferPhase.METADATA: "metadata",
    TransferPhase.QUEUED: "queued",
    TransferPhase.PAUSED: "paused",
    TransferPhase.STALLED: "stalled",
}
_BLOCKED = {
    Block.NO_SPACE: "no_space",
    Block.PATH_UNSEEN: "path_not_visible",
}
_HOUR = timedelta(hours=1)


def trouble(evidence: Evidence, found: Found) -> Explanation | None:
    """Return the first download that needs a person, of those that something still waits for."""
    deciding = {view.download.key for view in found.items.values() if view.download is not None}
    for key in sorted(deciding):
        if found.downloads[key].stage is None:
            continue
        subject = Subject(download=key)
        for fact, queue in evidence.facts(Queue, subject):
            if queue.present and queue.phase is QueuePhase.IMPORT_BLOCKED:
                return _blocked(evidence, fact, queue)
        for fact, transfer in evidence.facts(Transfer, subject):
            code = _STOPPED.get(transfer.phase) if transfer.phase else None
            if code == "client_error" and transfer.hitch is Hitch.DISK_FULL:
                code = "disk_full"
            if transfer.present and code:
                return Explanation(
                    code=code, service=fact.service, since=fact.since, needs_person=True
                )
    return None


def _blocked(evidence: Evidence, fact: Fact, queue: Queue) -> Explanation:
    """Return why a finished download cannot be sorted in."""
    code = _BLOCKED.get(queue.block, "import_blocked") if queue.block else "import_blocked"
    reason = queue.messages[0] if queue.messages else None
    # The queue says only that nothing was found; that the folder is out of sight, health says.
    unseen = complaint(evidence, Ailment.PATH_UNSEEN, fact.connection_id)
    if queue.block is Block.NO_FILES and unseen is not None:
        code, reason = "path_not_visible", unseen[1].detail or reason
    return Explanation(
        code=code,
        values={"reason": reason} if reason else {},
        service=fact.service,
        since=fact.since,
        needs_person=True,
    )


def is_usenet(evidence: Evidence, found: Found) -> bool:
    """Return whether no torrent client has to do with what is being fetched."""
    live = found.moving()
    protocols = [
        {value.protocol for value in evidence.about(Grab, Subject(download=key))}
        | {value.protocol for value in evidence.about(Queue, Subject(download=key))}
        for key in live
    ]
    return bool(live) and all("usenet" in said for said in protocols)


def downloading(evidence: Evidence, found: Found) -> Explanation:
    """Return the state of the least advanced download that is under way."""
    waits: list[Explanation] = []
    for key in found.moving():
        for fact, transfer in evidence.facts(Transfer, Subject(download=key)):
            if not transfer.present or transfer.phase is None:
                continue
            wait = _waiting(fact, transfer, found.now)
            if wait is None:
                return _moving(found, fact.service)
            waits.append(wait)
    if waits:
        return waits[0]
    if found.stage is Stage.GRABBING:
        return _grabbing(evidence, found)
    return _moving(found, None)


def _waiting(fact: Fact, transfer: Transfer, now: datetime) -> Explanation | None:
    """Return what a download waits for in its client; None while it moves."""
    code = _WAITING.get(transfer.phase) if transfer.phase else None
    if transfer.hitch is Hitch.OFFLINE:
        code = "client_offline"
    if code is None:
        return None
    values: dict[str, str | int] = {}
    if code == "queued" and transfer.queue_position:
        values = {"position": transfer.queue_position}
    if code == "stalled":
        values = {} if transfer.seeds is None else {"seeds": transfer.seeds}
        if (hours := (now - fact.since) // _HOUR) > 0:
            values["hours"] = hours
    return Explanation(code=code, values=values, service=fact.service, since=fact.since)


def next_hour(explanation: Explanation, now: datetime) -> datetime | None:
    """Return when an explanation that counts hours says something else."""
    if explanation.code != "stalled" or explanation.since is None:
        return None
    return explanation.since + _HOUR * ((now - explanation.since) // _HOUR + 1)


def _moving(found: Found, service: Service | None) -> Explanation:
    percent = int((found.progress or 0.0) * 100)
    return Explanation(code="downloading", values={"percent": percent}, service=service)


def _grabbing(evidence: Evidence, found: Found) -> Explanation:
    live = found.moving()
    for key in live:
        for fact, queue in evidence.facts(Queue, Subject(download=key)):
            if queue.present and queue.phase is QueuePhase.CLIENT_UNAVAILABLE:
                return Explanation(
                    code="client_unavailable",
                    values={"client": queue.client} if queue.client else {},
                    service=fact.service,
                    since=fact.since,
                )
    if (said := ailing(evidence, found.stage)) is not None:
        return said
    since = [fact.since for key in live for fact, _ in evidence.facts(Grab, Subject(download=key))]
    return Explanation(code="grabbed_not_in_client", since=min(since, default=None))
