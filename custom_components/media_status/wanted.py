"""Tell a survey what is wanted from its connection."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from homeassistant.util import dt as dt_util

from .connections.base import SurveyContext, WantedItem, WantedTitle
from .const import CONF_PATH_PREFIXES, CONF_TRACK_MANUAL, DEFAULT_OPTIONS
from .lifecycle.facts import Ask, AskStatus, File
from .lifecycle.model import ItemKey, JsonObject, MediaType, Service, Stage
from .lifecycle.request import Request
from .lifecycle.stages import MOVING
from .lifecycle.tracker import Tracker

_STEP: Final = 50  # requests prepared before others may run
_WITH_FILE: Final = frozenset({Stage.SYNCING_LIBRARY, Stage.ANIME_MATCHING, Stage.AVAILABLE})
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
    wanted: list[WantedTitle] = []
    for count, request in enumerate(list(asker.tracker.requests.values()), 1):
        if concerns(asker, request):
            wanted.append(_title(asker, request))
        if count % _STEP == 0:
            await asyncio.sleep(0)
    return SurveyContext(
        now=dt_util.utcnow(),
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
    if asker.kind in _MEDIA_TYPES and request.media_type is not _MEDIA_TYPES[asker.kind]:
        return False
    return asker.tracker.fits(request, asker.connection_id)


def _title(asker: Asker, request: Request) -> WantedTitle:
    is_library = asker.kind is Service.JELLYFIN
    has_variants = is_library and asker.has_variants(request)
    items: dict[ItemKey, WantedItem] = {}
    if is_library or asker.kind is Service.SONARR:
        paths = _paths(asker.options, request) if has_variants else {}
        known = _UNPROVEN if is_library and _is_unproven(asker, request) else _ITEMS
        items = {
            item: _item(known[request.status.items.get(item, Stage.APPROVED)], paths.get(item))
            for item in request.items
        }
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
        has_variants=has_variants,
    )


def _is_unproven(asker: Asker, request: Request) -> bool:
    """Return whether what Jellyfin shows can only be ours once a manager has the file.

    It still shows for a while what was deleted; asked for again, that must not end the new request.
    Seerr calls nothing available that was deleted through it.
    """
    if not asker.has_manager(request):
        return False
    asks = [fact.value for fact in request.facts.values() if isinstance(fact.value, Ask)]
    return not any(ask.available or ask.status is AskStatus.COMPLETED for ask in asks)


def _item(found: WantedItem, file_path: str | None) -> WantedItem:
    return replace(found, file_path=file_path) if file_path else found


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


def _paths(options: Mapping[str, object], request: Request) -> dict[ItemKey, str]:
    """Return where the managers say the files are, as Jellyfin would see them."""
    prefixes = prefix_pairs(options.get(CONF_PATH_PREFIXES, ()))
    paths: dict[ItemKey, str] = {}
    for fact in request.facts.values():
        value, item = fact.value, fact.subject.item
        if item is not None and isinstance(value, File) and value.present and value.path:
            paths[item] = mapped(value.path, prefixes)
    return paths


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
