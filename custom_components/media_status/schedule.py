"""Choose when a connection is surveyed next: often while it matters, rarely otherwise."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

from .const import CONF_POLL_ACTIVE_SECONDS, CONF_POLL_IDLE_SECONDS, DEFAULT_OPTIONS
from .lifecycle.model import Service, Stage

AFTER_IMPORT: Final = 10  # seconds from an import to the first look into Jellyfin
TO_MATCHER: Final = 2  # seconds from an import to the first look into Shoko

_CLIENT_ACTIVE: Final = 5
_CLIENT_IDLE: Final = 30
# While something waits for Jellyfin: (age of the newest import, seconds between looks).
_LIBRARY: Final = ((timedelta(minutes=3), 15), (timedelta(minutes=15), 30))
_LIBRARY_LATE: Final = 300
_MATCHING: Final = 30  # while an anime waits for Shoko
_FETCHING: Final = frozenset({Stage.GRABBING, Stage.DOWNLOADING})


def interval(
    kind: Service,
    stages: Collection[Stage],
    options: Mapping[str, object],
    since_import: timedelta | None,
) -> int:
    """Return the seconds to the next survey.

    Even where nothing waits a look now and then is due: an outage rings no doorbell. `stages` are
    those of all open requests and their items; `since_import` is how long ago the last file came
    that Jellyfin can show: imported, for anime matched.
    """
    match kind:
        case Service.QBITTORRENT:
            return _CLIENT_IDLE if _FETCHING.isdisjoint(stages) else _CLIENT_ACTIVE
        case Service.JELLYFIN:
            if Stage.SYNCING_LIBRARY in stages:
                return _library_interval(since_import)
            return _chosen(options, CONF_POLL_IDLE_SECONDS)
        case Service.SHOKO if Stage.ANIME_MATCHING in stages:
            return _MATCHING
        case _:
            return _chosen(options, CONF_POLL_ACTIVE_SECONDS if stages else CONF_POLL_IDLE_SECONDS)


def _chosen(options: Mapping[str, object], name: str) -> int:
    return int(str({**DEFAULT_OPTIONS, **options}[name]))


def _library_interval(since_import: timedelta | None) -> int:
    for age, seconds in _LIBRARY:
        if since_import is not None and since_import < age:
            return seconds
    return _LIBRARY_LATE


def elapsed(since: datetime | None, now: datetime) -> timedelta | None:
    """Return how long ago something was, if it ever was."""
    return now - since if since is not None else None
