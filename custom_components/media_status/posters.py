"""Serve posters to browsers: (request id, size) in, a picture out.

Browsers learn neither keys nor addresses of the household, and nothing they send becomes an
address, a path or a header of ours: posters come from where a configured service has them.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
import logging
from pathlib import Path
import re
from typing import Final

from aiohttp import web
from aiohttp.hdrs import CACHE_CONTROL, ETAG

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.http import KEY_HASS, HomeAssistantView
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from .clients.errors import BadAnswer, ClientError, NotFound, Unreachable, UnsafeId
from .clients.pictures import Picture, PublicPictures
from .const import DOMAIN
from .hub import Hub, HubEvent, MediaStatusConfigEntry
from .journal import JournalError
from .lifecycle.request import Request
from .poster_cache import PosterCache, StoredPoster
from .poster_links import POSTER_PATH, PosterSize, PosterSource, poster_sources

_LOGGER = logging.getLogger(__name__)

FRESH: Final = timedelta(days=7)
_MISSING_WAIT: Final = timedelta(hours=1)
_TROUBLE_WAIT: Final = timedelta(minutes=1)
_AT_ONCE: Final = 4
_MAX_MISSES: Final = 4096
_WIDTHS: Final = {PosterSize.SMALL: 160, PosterSize.LARGE: 500}
_ID = re.compile(r"[\w-]{1,64}", re.ASCII)
_HEADERS: Final = {
    CACHE_CONTROL: "private, max-age=86400",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}

type _Key = tuple[str, PosterSize]


@callback
def async_setup_posters(hass: HomeAssistant) -> None:
    """Register the one view, and what keeps the posters."""
    hass.data[DATA_POSTERS] = Posters(hass)
    hass.http.register_view(PosterView())


async def async_remove_posters(hass: HomeAssistant) -> None:
    """Remove all posters from the disk."""
    posters = hass.data.get(DATA_POSTERS) or Posters(hass)
    await posters.clear()


@dataclass(frozen=True, slots=True)
class _Miss:
    """Who had no poster, and until when nobody is asked again."""

    sources: tuple[PosterSource, ...]
    until: float


class Posters:
    """Fetch each poster once, for however many browsers, and keep it on disk."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Initialize; nothing is read or fetched yet."""
        self._hass = hass
        self._cache = PosterCache(Path(hass.config.cache_path(DOMAIN, "posters")))
        self._public = PublicPictures(async_get_clientsession(hass))
        self._gate = asyncio.Semaphore(_AT_ONCE)
        self._flights: dict[_Key, asyncio.Task[StoredPoster | None]] = {}
        self._misses: OrderedDict[_Key, _Miss] = OrderedDict()
        self._down: dict[str | None, float] = {}  # who did not answer, and until when that is so
        self._is_full = False

    @callback
    def attach(self, hub: Hub) -> None:
        """Let go of posters with their requests; begin anew when connections change."""
        self._misses.clear()
        self._down.clear()
        hub.entry.async_on_unload(hub.subscribe(self._handle))

    async def get(self, hub: Hub, request: Request, size: PosterSize) -> StoredPoster | None:
        """Return a poster; None when nobody has one, or nobody answers."""
        key = (request.id, size)
        flight = self._flights.get(key)
        if flight is None:
            # With the entry it ends; with the browser that asked first it does not.
            flight = hub.entry.async_create_background_task(
                self._hass, self._find(hub, request, size), "poster"
            )
            self._flights[key] = flight
            flight.add_done_callback(lambda _: self._flights.pop(key, None))
        try:
            return await asyncio.shield(flight)
        except asyncio.CancelledError:
            if flight.cancelled():
                return None
            raise

    async def clear(self) -> None:
        """Forget everything, also on the disk."""
        self._misses.clear()
        await self._hass.async_add_executor_job(self._cache.clear)

    async def _find(self, hub: Hub, request: Request, size: PosterSize) -> StoredPoster | None:
        """Return what is stored while it is fresh, else what is fetched, else what is stored."""
        run = self._hass.async_add_executor_job
        stored = await run(self._cache.read, request.id, size)
        now = dt_util.utcnow().timestamp()
        if stored is not None and 0 <= now - stored.stored_at < FRESH.total_seconds():
            return stored
        key, sources = (request.id, size), poster_sources(hub.connections, request)
        miss = self._misses.get(key)
        if miss is not None and miss.until > now and miss.sources == sources:
            return stored
        found = await self._fetch(hub, sources, size)
        if isinstance(found, Picture):
            self._misses.pop(key, None)
            return await run(self._keep, key, found, now)
        self._misses[key] = _Miss(sources, now + found.total_seconds())
        if len(self._misses) > _MAX_MISSES:
            self._misses.popitem(last=False)
        return stored

    async def _fetch(
        self, hub: Hub, sources: tuple[PosterSource, ...], size: PosterSize
    ) -> Picture | timedelta:
        """Return the first picture that any source has, or for how long not to ask again."""
        wait = _MISSING_WAIT
        for source in sources:
            try:
                async with self._gate:
                    return await self._ask(hub, source, _WIDTHS[size])
            except NotFound, BadAnswer, UnsafeId:
                continue
            except ClientError:
                wait = _TROUBLE_WAIT
        return wait

    async def _ask(self, hub: Hub, source: PosterSource, width: int) -> Picture:
        """Ask one source, unless it is known not to answer."""
        key = source.connection_id
        now = dt_util.utcnow().timestamp()
        coordinator = None if key is None else hub.connections[key]
        is_down = coordinator is not None and coordinator.data.error is not None
        if is_down or self._down.get(key, 0) > now:
            raise Unreachable("not asked")
        try:
            if coordinator is None:
                return await self._public.picture(source.reference, width)
            return await coordinator.connection.poster(source.reference, width)
        except Unreachable:
            # So that a page full of posters does not wait for each of them.
            self._down[key] = now + _TROUBLE_WAIT.total_seconds()
            raise

    def _keep(self, key: _Key, picture: Picture, now: float) -> StoredPoster:
        """Store a picture; one that cannot be stored is shown all the same (not in the loop)."""
        try:
            self._cache.write(*key, picture.data, now)
        except OSError as err:
            if not self._is_full:
                _LOGGER.warning("Posters cannot be stored: %s", err.strerror)
            self._is_full = True
        else:
            self._is_full = False
        return StoredPoster.of(picture.data, picture.content_type, now)

    @callback
    def _handle(self, event: HubEvent) -> None:
        for request_id in event.removed:
            self._hass.async_add_executor_job(self._cache.forget, request_id, tuple(PosterSize))


DATA_POSTERS: HassKey[Posters] = HassKey(f"{DOMAIN}_posters")


class PosterView(HomeAssistantView):
    """Show posters to whoever is logged in or has a signed path."""

    url = POSTER_PATH + "/{request_id}/{size}"
    name = "api:media_status:poster"
    requires_auth = True

    async def get(self, request: web.Request, request_id: str, size: str) -> web.Response:
        """Answer with the picture: 404 for unknown ids and sizes, and where there is none."""
        hass = request.app[KEY_HASS]
        hub = _hub(hass)
        if hub is None:
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
        if size not in PosterSize or not _ID.fullmatch(request_id):
            return web.Response(status=HTTPStatus.NOT_FOUND)
        try:
            wish = hub.requests.get(request_id) or await hub.journal.request(request_id)
        except JournalError:
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
        if wish is None:
            return web.Response(status=HTTPStatus.NOT_FOUND)
        poster = await hass.data[DATA_POSTERS].get(hub, wish, PosterSize(size))
        if poster is None:
            return web.Response(status=HTTPStatus.NOT_FOUND)
        headers = {**_HEADERS, ETAG: f'"{poster.etag}"'}
        if any(tag.value in {poster.etag, "*"} for tag in request.if_none_match or ()):
            return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
        return web.Response(body=poster.data, content_type=poster.content_type, headers=headers)


def _hub(hass: HomeAssistant) -> Hub | None:
    """Return the running hub; None while we are starting or reloading."""
    entries: list[MediaStatusConfigEntry] = hass.config_entries.async_entries(DOMAIN)
    running = [entry for entry in entries if entry.state is ConfigEntryState.LOADED]
    return running[0].runtime_data if running else None
