"""Know the household: which connections exist, answer, serve 4K, and what they are called."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Final

from homeassistant.const import CONF_URL

from .connections.shoko import ShokoConnection
from .const import (
    CONF_DEADLINES,
    CONF_IDENTITY,
    CONF_PUBLIC_URL,
    CONF_SERVES_4K,
    CONF_TRACK_MANUAL,
    DEFAULT_OPTIONS,
    KIND_NAMES,
)
from .coordinator import ConnectionCoordinator
from .lifecycle.deadlines import DEFAULTS, Deadlines
from .lifecycle.explain import Setup
from .lifecycle.habits import NO_HABITS, Habits
from .lifecycle.model import MediaType, Service, Stage
from .lifecycle.request import Request
from .lifecycle.tracker import TrackerOptions
from .serialize import without_userinfo

type Connections = Mapping[str, ConnectionCoordinator]

_SHOKOFIN: Final = "Shoko.Settings"
MANAGERS: Final = (Service.RADARR, Service.SONARR)


def tracker_options(
    connections: Connections, options: Mapping[str, object], habits: Habits = NO_HABITS
) -> TrackerOptions:
    """Return what the tracker must know: 4K and HD managers, what exists, what is down or usual."""
    variants = {
        key: _serves_4k(coordinator)
        for key, coordinator in connections.items()
        if coordinator.kind in MANAGERS and has_4k(connections.values(), coordinator.kind)
    }
    answering = {found.kind for found in connections.values() if found.data.error is None}
    down = {
        found.kind: found.data.since
        for found in connections.values()
        if found.kind not in answering and found.data.since is not None
    }
    services = frozenset(found.kind for found in connections.values())
    chosen = {**DEFAULT_OPTIONS, **options}
    return TrackerOptions(
        variants=variants,
        setup=Setup(
            services=services,
            down=down,
            deadlines=Deadlines(chosen=_chosen(chosen[CONF_DEADLINES]), usual=habits.usual()),
            habits=habits,
        ),
        track_manual=bool(chosen[CONF_TRACK_MANUAL]),
    )


def _chosen(minutes: object) -> dict[Stage, timedelta | None]:
    """Return the deadlines that the household set; 0 is none, and what is not set is learned."""
    chosen: dict[Stage, timedelta | None] = {}
    for stage in DEFAULTS:
        value = minutes.get(stage.value) if isinstance(minutes, Mapping) else None
        if isinstance(value, int | float):
            chosen[stage] = timedelta(minutes=value) if value > 0 else None
    return chosen


def has_4k(connections: Collection[ConnectionCoordinator], kind: Service) -> bool:
    """Return whether an instance of this kind serves 4K requests only."""
    return any(found.kind is kind and _serves_4k(found) for found in connections)


def has_manager(connections: Connections, request: Request) -> bool:
    """Return whether a Radarr or Sonarr is connected that would fetch the request."""
    kind = manager_of(request)
    return any(found.kind is kind for found in connections.values())


def has_variants(connections: Connections, request: Request) -> bool:
    """Return whether another copy of the title may live beside this request's."""
    return request.is_4k or has_4k(connections.values(), manager_of(request))


def manager_of(request: Request) -> Service:
    """Return which kind of manager fetches a request."""
    return Service.RADARR if request.media_type is MediaType.MOVIE else Service.SONARR


def service_name(connections: Connections, request: Request, service: Service) -> str:
    """Return what the household calls the service that has to do with a request."""
    named = [found for found in connections.values() if found.kind is service]
    linked = [found for found in named if found.connection_id in request.service_ids]
    if named:
        return (linked or named)[0].subentry.title
    return KIND_NAMES.get(service, "Home Assistant")


def watch_url(connections: Connections, request: Request) -> str | None:
    """Return the address of the title's page in Jellyfin for people's browsers."""
    if request.stage not in (Stage.AVAILABLE, Stage.PARTIALLY_AVAILABLE):
        return None
    for key, item_id in request.service_ids.items():
        found = connections.get(key)
        if found is not None and found.kind is Service.JELLYFIN:
            base = _address(found)
            server = found.data.identity or found.subentry.data.get(CONF_IDENTITY)
            return f"{base}/web/#/details?id={item_id}" + (f"&serverId={server}" if server else "")
    return None


def recognition_page(connections: Connections) -> str | None:
    """Return the address of the page on which people link files in Shoko."""
    for found in connections.values():
        if isinstance(found.connection, ShokoConnection):
            return _address(found) + found.connection.utilities_path
    return None


def shokofin_page(connections: Connections) -> str | None:
    """Return the address of the settings of Shoko's plugin in Jellyfin."""
    for found in connections.values():
        if found.kind is Service.JELLYFIN:
            return f"{_address(found)}/web/#/configurationpage?name={_SHOKOFIN}"
    return None


def _address(coordinator: ConnectionCoordinator) -> str:
    """Return where people reach a service with their browser."""
    data = coordinator.subentry.data
    return (without_userinfo(str(data.get(CONF_PUBLIC_URL) or data[CONF_URL])) or "").rstrip("/")


def _serves_4k(coordinator: ConnectionCoordinator) -> bool:
    return bool(coordinator.subentry.data.get(CONF_SERVES_4K))
