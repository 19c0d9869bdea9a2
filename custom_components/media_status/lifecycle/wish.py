"""Bring what was asked for up to date: seasons of a wish, items of grabs made by hand."""

from datetime import datetime

from .absorb import Touched
from .facts import Opening, Origin
from .request import Request


def is_same(request: Request, opening: Opening) -> bool:
    """Return whether a request turns out to be Seerr's wish: hand-added, or of a former Seerr."""
    if request.is_4k is not opening.is_4k:
        return False
    if request.origin is Origin.SEERR and request.is_asked:
        return False
    seasons = {item.season for item in request.items} | request.seasons
    return not opening.seasons or not seasons.isdisjoint(opening.seasons)


def adopt(touched: Touched, opening: Opening, now: datetime) -> None:
    """Make a request Seerr's."""
    request = touched.change.request
    request.origin = Origin.SEERR
    request.seasons = opening.seasons | request.seasons
    request.limited_to_items = False
    request.items = {item for item in request.items if request.wants(item)}
    request.requested_by = opening.requested_by or request.requested_by
    request.created_at = min(request.created_at, opening.created_at)
    request.widened_at = now
    _changed(touched)


def ask(touched: Touched, opening: Opening, now: datetime, *, is_listed: bool) -> None:
    """Take in what Seerr says was asked: seasons that it lists no longer are not."""
    request = touched.change.request
    seasons = opening.seasons if is_listed else request.seasons | opening.seasons
    by = request.requested_by or opening.requested_by
    if (seasons, by) != (request.seasons, request.requested_by):
        if not seasons <= request.seasons:
            request.widened_at = now
        request.seasons, request.requested_by = seasons, by
        request.items = {item for item in request.items if request.wants(item)}
        _changed(touched)


def widen(touched: Touched, opening: Opening) -> None:
    """Add the items of another grab to a request that was made by hand."""
    touched.change.request.items |= opening.items
    _changed(touched)


def _changed(touched: Touched) -> None:
    touched.change.is_stored = touched.change.visible = touched.is_stale = True
