"""Derive a request's whole status from its facts. A pure function of facts, time and setup."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from .deadlines import Overdue, overdue
from .evidence import Evidence
from .explain import Setup, explain
from .explain_downloads import next_hour
from .facts import File, Grab, Origin
from .forecast import Forecast, forecast
from .found import Found
from .model import MOVIE, ItemKey, MediaType, Service, Stage, Subject
from .progress import measure
from .request import Explanation, Request, Status
from .rollup import count, request_stage
from .stages import Base, DownloadView, ItemView, base, download_view, item_view

DEFAULT_SETUP = Setup()
_WITH_FILE = frozenset({Stage.ANIME_MATCHING, Stage.SYNCING_LIBRARY, Stage.AVAILABLE})


def derive(
    request: Request, now: datetime, setup: Setup = DEFAULT_SETUP
) -> tuple[Status, datetime | None]:
    """Return the status, and when it can change by time alone."""
    evidence = Evidence(request.facts.values())
    found, late = _found(request, evidence, setup, now)
    stages = {item: view.stage for item, view in found.items.items()}
    done = frozenset(item for item, stage in stages.items() if stage in _WITH_FILE)
    progress = measure(evidence, found.downloads.values(), done)
    found = replace(found, progress=progress.share)
    explanation = explain(request, evidence, found, setup)
    ready = _ready(request, found.stage, progress.eta, setup, now)
    status = Status(
        stage=found.stage,
        items=stages,
        counts=found.counts,
        progress=progress.share,
        eta=progress.eta,
        ready=ready,
        speed=progress.speed,
        size=progress.size,
        stuck=_is_stuck(request, explanation),
        explanation=explanation,
        quality=_quality(evidence, stages, found.downloads),
    )
    moments = [late.next_at, next_hour(explanation, now)]
    moments += [ready.at, ready.latest] if ready is not None else []
    return status, _recheck(found, moments, now)


def _found(
    request: Request, evidence: Evidence, setup: Setup, now: datetime
) -> tuple[Found, Overdue]:
    """Return where everything of a request stands, and what of it takes too long."""
    ground = base(evidence, by_hand=request.origin is not Origin.SEERR)
    items = _items(request)
    downloads = _downloads(evidence, items)
    needs_match = request.is_anime and Service.SHOKO in setup.services
    views = {
        item: item_view(evidence, item, ground, downloads, now, needs_match=needs_match)
        for item in sorted(items)
    }
    stages = [view.stage for view in views.values()]
    stage = request_stage(stages, _ground_stage(ground))
    late = _overdue(request, evidence, ground, views or {MOVIE: ItemView(stage=stage)}, setup, now)
    found = Found(
        stage=stage,
        counts=count(stages),
        ground=ground,
        items=views,
        downloads=downloads,
        now=now,
        late=late.items,
    )
    return found, late


def _is_stuck(request: Request, explanation: Explanation) -> bool:
    """Return whether a person should look; while nobody answers, what was so is still so."""
    if explanation.code == "connection_down":
        return request.status.stuck
    return explanation.is_overdue or (explanation.needs_person and explanation.code in _STUCK)


def _ready(
    request: Request, stage: Stage, download_eta: datetime | None, setup: Setup, now: datetime
) -> Forecast | None:
    """Return when the request is likely to be ready, to the minute."""
    is_same = request.status.stage is stage and request.stage_since is not None
    return forecast(
        setup.habits,
        request.media_type,
        stage,
        is_anime=request.is_anime and Service.SHOKO in setup.services,
        since=request.stage_since if is_same and request.stage_since else now,
        download_eta=download_eta,
        now=now,
    )


def _overdue(
    request: Request,
    evidence: Evidence,
    ground: Base,
    views: dict[ItemKey, ItemView],
    setup: Setup,
    now: datetime,
) -> Overdue:
    """Return what takes too long, and when something else will."""
    if ground.decision is not None:
        return Overdue()
    before, times = request.status.items, request.item_since
    if not before and request.stage_since is not None:  # its items are not known yet
        before, times = {MOVIE: request.stage}, {MOVIE: request.stage_since}
    waiting = {
        item: view
        for item, view in views.items()
        # What the manager knows of and was told not to fetch is explained as that.
        if view.stage is not Stage.APPROVED or not ground.is_managed
    }
    since = {
        item: times[item]
        for item, view in waiting.items()
        if before.get(item) is view.stage and item in times
    }
    return overdue(evidence, waiting, since, request.media_type, setup.deadlines, now)


# A person must act, and it is not simply their turn (an approval is not a fault).
_STUCK = frozenset(
    {
        "client_error",
        "disk_full",
        "missing_files",
        "import_blocked",
        "no_space",
        "path_not_visible",
        "profile_missing",
        "folder_missing",
        "no_client",
        "no_indexer",
        "failed_request",
        "not_monitored",
        "no_library",
        "shoko_unmatched",
        "shokofin_unmapped",
        "shokofin_filtered",
        "title_guess",
    }
)


def _downloads(evidence: Evidence, items: set[ItemKey]) -> dict[str, DownloadView]:
    """Return the downloads that serve an item; others are of a former wish or connection."""
    return {
        key: download_view(evidence, key)
        for key, served in sorted(evidence.downloads.items())
        if not served.isdisjoint(items)
    }


def _items(request: Request) -> set[ItemKey]:
    return {MOVIE} if request.media_type is MediaType.MOVIE else request.items


def _ground_stage(ground: Base) -> Stage:
    """Return the stage of a request whose items are not known yet."""
    if ground.decision is not None:
        return Stage(ground.decision.value)
    if ground.stage is Stage.APPROVED and ground.is_managed:
        return Stage.SEARCHING
    return ground.stage


def _quality(
    evidence: Evidence, stages: dict[ItemKey, Stage], downloads: Mapping[str, DownloadView]
) -> str | None:
    """Return the quality of the files that are there, else of what is being fetched."""
    found = [
        value.quality
        for item in stages
        for value in evidence.about(File, Subject(item=item))
        if value.present and value.quality
    ] or [
        grab.quality
        for key, view in downloads.items()
        if view.stage is not None
        for grab in evidence.about(Grab, Subject(download=key))
        if grab.quality
    ]
    return max(sorted(set(found)), key=found.count, default=None)


def _recheck(found: Found, more: list[datetime | None], now: datetime) -> datetime | None:
    times = [view.release_at for view in found.items.values()] + more
    return min((time for time in times if time is not None and time > now), default=None)
