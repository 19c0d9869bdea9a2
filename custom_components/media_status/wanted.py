"""Tell a survey what is wanted from its connection."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from homeassistant.util import dt as dt_util

from .connections.base import SurveyContext, WantedItem, WantedTitle
from .const import CONF_NUDGE_AFTER_MINUTES, CONF_PATH_PREFIXES, CONF_TRACK_MANUAL, DEFAULT_OPTIONS
from .lifecycle.facts import Ask, AskStatus, Transfer, TransferPhase
from .lifecycle.model import ItemKey, JsonObject, MediaType, Service, Stage
from .lifecycle.request import Request
from .lifecycle.stages import MOVING
from .lifecycle.tracker import Tracker
from .wanted_files import has_matches, hearsay, known_files, proven_items

_STEP: Final = 1000  # facts looked at before others may run
_OVERHEAD: Final = 40  # what a request costs beside its facts, in facts
_WITH_FILE: Final = frozenset({Stage.SYNCING_LIBRARY, Stage.ANIME_MATCHING, Stage.AVAILABLE})
# A torrent without a source for so long is given up when somebody wants to try again.
_HOPELESS: Final = timedelta(hours=6)
# A search takes minutes; what is still sought after this time was sought in vain.
_IN_VAIN: Final = timedelta(hours=1)
_KNOWS_ANIME: Final = frozenset({Service.SHOKO, Service.JELLYFIN})
_MEDIA_TYPES: Final = {Service.RADARR: MediaType.MOVIE, Service.SONARR: MediaType.SERIES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """The connection that is surveyed, as far as what it is asked depends on it."""

    connection_id: str
    kind: Service
    cursor: JsonObject
    is_fresh: bool
    tracker: Tracker
    options: Mapping[str, object]
    tracking_since: datetime
    has_variants: Callable[[Request], bool]  # another copy may live beside the request's
    has_manager: Callable[[Request], bool]  # a Radarr or Sonarr tells when a file is there


async def survey_context(asker: Asker) -> SurveyContext:
    """Return what the next survey of a connection shall answer."""
    now = dt_util.utcnow()
    wanted: list[WantedTitle] = []
    work = 0
    for request in list(asker.tracker.requests.values()):
        if concerns(asker, request):
            wanted.append(wanted_title(asker, request, now))
        work += _OVERHEAD + len(request.facts)
        if work >= _STEP:
            work = 0
            await asyncio.sleep(0)
    return SurveyContext(
        now=now,
        wanted=tuple(wanted),
        cursor=asker.cursor,
        fresh=asker.is_fresh,
        track_manual=bool({**DEFAULT_OPTIONS, **asker.options}[CONF_TRACK_MANUAL]),
        tracking_since=asker.tracking_since,
    )


def concerns(asker: Asker, request: Request) -> bool:
    """Return whether a connection can know something about a request."""
    if asker.kind is Service.SEERR:
        return asker.connection_id in request.service_ids
    if asker.kind is Service.QBITTORRENT:
        return bool(request.download_names)
    if asker.kind is Service.SHOKO:
        return not _WITH_FILE.isdisjoint(request.status.items.values())
    if asker.kind in _MEDIA_TYPES and request.media_type is not _MEDIA_TYPES[asker.kind]:
        return False
    return asker.tracker.fits(request, asker.connection_id)


def wanted_title(
    asker: Asker, request: Request, now: datetime, *, is_urgent: bool = False
) -> WantedTitle:
    """Return a request as a connection needs to know it; what is urgent is overdue at once."""
    is_library = asker.kind is Service.JELLYFIN
    has_variants = is_library and asker.has_variants(request)
    is_managed = is_urgent and asker.kind in _MEDIA_TYPES
    items: dict[ItemKey, WantedItem] = {}
    if is_library:
        late = _syncing(request) if is_urgent else _overdue(asker.options, request, now)
        items = _library_items(asker, request, late, has_variants=has_variants)
    elif asker.kind is Service.SONARR:
        items = {item: _ITEMS[_stage(request, item)] for item in request.items}
    elif asker.kind is Service.SHOKO:
        items = _matcher_items(asker, request)
    return WantedTitle(
        request_id=request.id,
        media_type=request.media_type,
        ids=request.ids,
        opened_at=request.opened_at,
        stage=request.stage,
        is_4k=request.is_4k,
        title=request.title,
        original_title=request.original_title,
        year=request.year,
        has_details=bool(request.title and request.poster_url),
        service_id=request.service_ids.get(asker.connection_id),
        seasons=request.seasons,
        items=items,
        downloads=frozenset(request.download_names),
        is_anime=asker.kind in _KNOWS_ANIME and request.is_anime,
        has_variants=has_variants,
        has_matcher=is_library and _has_matcher(asker, request),
        stalled=_stalled(request, now) if is_managed else frozenset(),
        long_sought=_long_sought(request, now) if is_managed else frozenset(),
    )


def _stalled(request: Request, now: datetime) -> frozenset[str]:
    """Return the downloads that nobody has sent anything of for hours."""
    return frozenset(
        fact.subject.download
        for fact in request.facts.values()
        if isinstance(fact.value, Transfer)
        and fact.subject.download is not None
        and fact.value.present
        and fact.value.phase is TransferPhase.STALLED
        and fact.value.hitch is None  # a client that is offline finds nobody for any release
        and not fact.value.seeds
        and now - fact.since >= _HOPELESS
    )


def _long_sought(request: Request, now: datetime) -> frozenset[ItemKey]:
    """Return what a search should have found by now."""
    return frozenset(
        item
        for item, stage in request.status.items.items()
        if stage is Stage.SEARCHING and now - request.item_since.get(item, now) >= _IN_VAIN
    )


def _stage(request: Request, item: ItemKey) -> Stage:
    return request.status.items.get(item, Stage.APPROVED)


def _matcher_items(asker: Asker, request: Request) -> dict[ItemKey, WantedItem]:
    """Return the items whose file Shoko can be asked about, with what it said of it last."""
    with_file = [item for item, stage in request.status.items.items() if stage in _WITH_FILE]
    return {
        item: replace(
            _ITEMS[_stage(request, item)],
            file_path=file.path,
            match=file.word_of(asker.connection_id),
        )
        for item, file in known_files(request, with_file).items()
        if file.path is not None
    }


def _library_items(
    asker: Asker, request: Request, late: set[ItemKey], *, has_variants: bool
) -> dict[ItemKey, WantedItem]:
    """Return all items for Jellyfin; most need no more than what their stage says."""
    known = _UNPROVEN if _is_unproven(asker, request) else _ITEMS
    items = {item: known[_stage(request, item)] for item in request.items}
    for item in hearsay(request) & items.keys():
        items[item] = replace(items[item], has_file=False, is_live=True)
    for item in late & items.keys():
        items[item] = replace(items[item], is_overdue=True)
    if not (has_variants or late or has_matches(request)):
        return items
    prefixes = prefix_pairs(asker.options.get(CONF_PATH_PREFIXES, ()))
    for item, file in known_files(request, request.items).items():
        if file.match is not None or (file.path and (has_variants or item in late)):
            path = mapped(file.path, prefixes) if file.path else None
            items[item] = replace(items[item], file_path=path, match=file.match)
    if has_variants or has_matches(request):
        # Until Jellyfin has the new file of an upgrade, nothing else tells what is there.
        proven = proven_items(request, asker.connection_id, by_path=has_variants)
        for item, item_id in proven.items():
            known_item = items.get(item)
            if known_item and known_item.match is None and known_item.stage is Stage.AVAILABLE:
                items[item] = replace(known_item, item_id=item_id)
    return items


def _has_matcher(asker: Asker, request: Request) -> bool:
    """Return whether a Shoko is asked about the request's files once a manager names them."""
    return Service.SHOKO in asker.tracker.options.setup.services and asker.has_manager(request)


def _syncing(request: Request) -> set[ItemKey]:
    """Return the items that Jellyfin does not show yet."""
    return {item for item, stage in request.status.items.items() if stage is Stage.SYNCING_LIBRARY}


def _overdue(options: Mapping[str, object], request: Request, now: datetime) -> set[ItemKey]:
    """Return the items that Jellyfin should have shown by now."""
    patience = _patience(options)
    if patience is None:
        return set()
    return {
        item
        for item, stage in request.status.items.items()
        if stage is Stage.SYNCING_LIBRARY and now - request.item_since.get(item, now) >= patience
    }


def _patience(options: Mapping[str, object]) -> timedelta | None:
    """Return how long Jellyfin may take to show a file before it is asked to look; None: ever."""
    minutes = int(str({**DEFAULT_OPTIONS, **options}[CONF_NUDGE_AFTER_MINUTES]))
    return timedelta(minutes=minutes) if minutes > 0 else None


def _is_unproven(asker: Asker, request: Request) -> bool:
    """Return whether what Jellyfin shows can only be ours once a manager has the file.

    It still shows for a while what was deleted; asked for again, that must not end the new request.
    Seerr calls nothing available that was deleted through it.
    """
    if not asker.has_manager(request):
        return False
    asks = [fact.value for fact in request.facts.values() if isinstance(fact.value, Ask)]
    return not any(ask.available or ask.status is AskStatus.COMPLETED for ask in asks)


def _item_in(stage: Stage) -> WantedItem:
    is_live = stage in MOVING and stage not in _WITH_FILE
    has_file = True if stage in _WITH_FILE else (False if is_live else None)
    return WantedItem(stage=stage, has_file=has_file, is_live=is_live)


# Thousands of episodes share a few of these.
_ITEMS: Final = {stage: _item_in(stage) for stage in Stage}
_UNPROVEN: Final = {
    stage: found if stage in _WITH_FILE else WantedItem(stage=stage, has_file=False, is_live=True)
    for stage, found in _ITEMS.items()
}


def prefix_pairs(lines: object) -> tuple[tuple[str, str], ...]:
    """Return the configured path prefixes (`from => to`, one per line) as pairs."""
    if not isinstance(lines, list | tuple):
        return ()
    parts = (str(line).split("=>", 1) for line in lines)
    return tuple((pair[0].strip(), pair[1].strip()) for pair in parts if len(pair) == 2)


def mapped(path: str, prefixes: tuple[tuple[str, str], ...]) -> str:
    """Return a path with the first matching prefix replaced."""
    for source, target in prefixes:
        if path.startswith(source):
            return target + path[len(source) :]
    return path
