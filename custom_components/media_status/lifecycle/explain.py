"""Say in one sentence's worth of code and values why a request is not there yet."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import itemgetter

from .deadlines import Deadlines
from .evidence import Evidence
from .explain_anime import hindered, matching, unmatched
from .explain_downloads import downloading, is_usenet, trouble
from .explain_managers import ailing, approved, failed, searching, unreleased
from .facts import Playable, Verdict
from .found import Found
from .habits import NO_HABITS, Habits
from .model import MediaType, Service, Stage
from .request import Explanation, Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What the household has connected, and since when which service does not answer."""

    services: frozenset[Service] = frozenset(Service)
    down: Mapping[Service, datetime] = field(default_factory=dict)
    deadlines: Deadlines = field(default_factory=Deadlines)
    habits: Habits = NO_HABITS


_DECIDED = {
    Verdict.AVAILABLE: "marked_available",
    Verdict.FAILED: "marked_failed",
    Verdict.DELETED: "removed",
}


def explain(request: Request, evidence: Evidence, found: Found, setup: Setup) -> Explanation:
    """Return why the request stands where it stands; deterministic for the same facts."""
    if found.ground.decision is not None:
        return Explanation(code=_DECIDED[found.ground.decision], service=Service.HOME_ASSISTANT)
    if found.stage is Stage.AVAILABLE:
        return Explanation(code="available", service=Service.JELLYFIN)
    stopped = trouble(evidence, found) or unmatched(evidence, found.items)
    if stopped is not None:
        return stopped
    unanswered = _unanswered(request, evidence, found, setup)
    if unanswered is None and found.late:
        return _overdue(request, evidence, found, setup)
    return unanswered or _by_stage(request, evidence, found, setup)


def _overdue(request: Request, evidence: Evidence, found: Found, setup: Setup) -> Explanation:
    """Return why the items that are late are where they are, the longest waiting first."""
    first, since = min(found.late.items(), key=itemgetter(1))  # of several the first item
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
    if deciding is Service.QBITTORRENT and is_usenet(evidence, found):
        deciding = _manager(request)
    since = setup.down.get(deciding)
    if since is None or stage in (Stage.DECLINED, Stage.DELETED, Stage.FAILED):
        return None
    return Explanation(
        code="connection_down", values={"service": deciding.value}, service=deciding, since=since
    )


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
            return approved(evidence, found, manager)
        case Stage.SEARCHING:
            return ailing(evidence, found.stage) or searching(evidence, found, manager)
        case Stage.UNRELEASED:
            return unreleased(found, manager)
        case Stage.PARTIALLY_AVAILABLE:
            return Explanation(
                code="partially_available",
                values={"available": found.counts.available, "total": found.counts.total},
            )
        case Stage.FAILED:
            return failed(evidence, found, manager)
        case Stage.GRABBING | Stage.DOWNLOADING:
            return downloading(evidence, found)
        case Stage.DOWNLOADED:
            said = ailing(evidence, found.stage)
            return said or Explanation(code="downloaded_waiting_import", service=manager)
        case Stage.IMPORTING:
            said = ailing(evidence, found.stage)
            return said or Explanation(code="importing", service=manager)
        case Stage.ANIME_MATCHING:
            return matching(evidence, found.items)
        case _:
            return _library(evidence, found, setup)


def _library(evidence: Evidence, found: Found, setup: Setup) -> Explanation:
    """Return why Jellyfin does not show what is imported."""
    if Service.JELLYFIN not in setup.services:
        return Explanation(code="no_library", needs_person=True)
    if (hidden := hindered(evidence, found.items)) is not None:
        return hidden
    for subject in found.subjects(Stage.SYNCING_LIBRARY):
        for fact, playable in evidence.facts(Playable, subject):
            if playable.is_hollow and not playable.present:
                return Explanation(code="not_playable", service=fact.service, since=fact.since)
    return Explanation(code="waiting_library", service=Service.JELLYFIN)
