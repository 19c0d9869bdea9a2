"""Say where a request's poster can be had, and give browsers a signed address of ours for it."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from homeassistant.components.http.auth import async_sign_path
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from .clients.pictures import public_address
from .const import DOMAIN
from .coordinator import ConnectionCoordinator
from .lifecycle.model import Service
from .lifecycle.request import Request

POSTER_PATH: Final = f"/api/{DOMAIN}/poster"
# Long, because a browser that shows an old address counts as a failed login.
LINK_LIFE: Final = timedelta(days=14)
# The same address for as long as possible: browsers keep pictures by their address.
_RENEW_BEFORE: Final = LINK_LIFE / 2
_MAX_LINKS: Final = 4096


class PosterSize(StrEnum):
    """How large a poster is wanted."""

    SMALL = "small"
    LARGE = "large"


@dataclass(frozen=True, slots=True, kw_only=True)
class PosterSource:
    """Where a poster can be had: by a connection's own id, or (None) at a public address."""

    connection_id: str | None
    reference: str


def poster_sources(
    connections: Mapping[str, ConnectionCoordinator], request: Request
) -> tuple[PosterSource, ...]:
    """Return the places to ask, in order: managers have it at hand, Jellyfin has to draw it."""
    known = [
        (found.kind is Service.JELLYFIN, PosterSource(connection_id=key, reference=own_id))
        for key, own_id in request.service_ids.items()
        if (found := connections.get(key)) is not None and found.connection.has_posters
    ]
    sources = [source for _, source in sorted(known, key=lambda pair: pair[0])]
    if request.poster_url and public_address(request.poster_url) is not None:
        sources.append(PosterSource(connection_id=None, reference=request.poster_url))
    return tuple(sources)


@dataclass(frozen=True, slots=True)
class _Link:
    path: str
    expires_at: float


_LINKS: HassKey[OrderedDict[tuple[str, PosterSize], _Link]] = HassKey(f"{DOMAIN}_poster_links")


@callback
def poster_link(
    hass: HomeAssistant,
    connections: Mapping[str, ConnectionCoordinator],
    request: Request,
    size: PosterSize = PosterSize.SMALL,
) -> str | None:
    """Return the signed path of a poster, good for a week at least; None if nobody has one.

    It is signed for Home Assistant's own reader of content, so that it tells nothing of anybody's
    session and one signature serves everybody.
    """
    if not poster_sources(connections, request):
        return None
    links = hass.data.setdefault(_LINKS, OrderedDict())
    key = (request.id, size)
    now = dt_util.utcnow().timestamp()
    link = links.get(key)
    if link is None or link.expires_at - now < _RENEW_BEFORE.total_seconds():
        path = f"{POSTER_PATH}/{request.id}/{size}"
        link = _Link(
            async_sign_path(hass, path, LINK_LIFE, use_content_user=True),
            now + LINK_LIFE.total_seconds(),
        )
        links[key] = link
        if len(links) > _MAX_LINKS:
            links.popitem(last=False)
    return link.path
