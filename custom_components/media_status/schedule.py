"""Choose when a connection is surveyed next: often while it matters, rarely otherwise."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from .const import CONF_POLL_ACTIVE_SECONDS, CONF_POLL_IDLE_SECONDS, DEFAULT_OPTIONS
from .lifecycle.model import Service, Stage

if TYPE_CHECKING:
    from .coordinator import ConnectionCoordinator

_CLIENT_ACTIVE: Final = 5
_CLIENT_IDLE: Final = 30
AFTER_IMPORT: Final = 10  # seconds from an import to the first look into Jellyfin
# While something waits for Jellyfin: (age of the newest import, seconds between looks).
_LIBRARY: Final = ((timedelta(minutes=3), 15), (timedelta(minutes=15), 30))
_LIBRARY_LATE: Final = 300

_FETCHING: Final = frozenset({Stage.GRABBING, Stage.DOWNLOADING})


def interval(coordinator: ConnectionCoordinator, now: datetime) -> int:
    """Return the seconds to the next survey; 0 when only a doorbell shall cause one."""
    hub = coordinator.hub
    options = {**DEFAULT_OPTIONS, **hub.entry.options}
    match coordinator.kind:
        case Service.QBITTORRENT:
            return _CLIENT_ACTIVE if hub.has_items_in(_FETCHING) else _CLIENT_IDLE
        case Service.JELLYFIN:
            return _library_interval(coordinator, now)
        case _:
            name = CONF_POLL_ACTIVE_SECONDS if hub.tracker.requests else CONF_POLL_IDLE_SECONDS
            return int(str(options[name]))


def _library_interval(coordinator: ConnectionCoordinator, now: datetime) -> int:
    if not coordinator.hub.has_items_in({Stage.SYNCING_LIBRARY}):
        return 0
    newest = coordinator.newest_import
    for age, seconds in _LIBRARY:
        if newest is not None and now - newest < age:
            return seconds
    return _LIBRARY_LATE
