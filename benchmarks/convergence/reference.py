"""Follow the same world by surveys alone: no pushes, restarts, faults, and no journal.

It reads the services through doors of their own, which no fault reaches, so it is in step with the
world. What both know in the end may differ by nothing.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import format_datetime
from itertools import count

from aiohttp import web

from custom_components.media_status.connections.base import Connection
from custom_components.media_status.connections_factory import create_connection
from custom_components.media_status.household import has_manager, has_variants
from custom_components.media_status.hub import Hub
from custom_components.media_status.lifecycle.model import JsonObject, Service as Kind
from custom_components.media_status.lifecycle.request import Changes, Request
from custom_components.media_status.lifecycle.tracker import Tracker
from custom_components.media_status.wanted import Asker, survey_context
from homeassistant.util import dt as dt_util
from simulator.faults import Faults
from simulator.service import Handler, Service


class ClearLine:
    """A second door to a simulated service, without its fault dial."""

    def __init__(self, service: Service) -> None:
        """Lead to a service."""
        self._service = service
        self._runner: web.AppRunner | None = None

    async def open(self) -> str:
        """Listen on a free port of loopback and return the base address."""
        app = web.Application(middlewares=[self._pass])
        app.add_routes(self._service.routes())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def close(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    @web.middleware
    async def _pass(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        # Some services check that they were called by their own address.
        known = request.clone(host=f"127.0.0.1:{self._service.port}")
        response = await self._service.authorize(known)
        if response is None:
            try:
                response = await handler(known)
            except web.HTTPNotFound:
                response = self._service.unknown_route(known)
        if not response.prepared:
            # The service's own clock, as on its front door.
            response.headers["Date"] = format_datetime(self._service.now(), usegmt=True)
        return response


class Reference:
    """What surveys alone know."""

    def __init__(
        self, hub: Hub, services: Mapping[str, Service], addresses: Mapping[str, str]
    ) -> None:
        """Know nothing yet; the addresses are those of the clear lines."""
        self._services = services
        numbers = count(1)
        self.tracker = Tracker(new_id=lambda: f"{next(numbers):032x}", options=hub.tracker.options)
        self.requests: dict[str, Request] = {}
        self._cursors: dict[str, JsonObject] = {}
        self._began = dt_util.utcnow()
        self._connections: dict[str, Connection] = {
            key: create_connection(
                hub.hass,
                subentry.subentry_type,
                key,
                {**subentry.data, "url": addresses[key]},
            )
            for key, subentry in hub.entry.subentries.items()
        }

    async def survey(self, hub: Hub) -> None:
        """Ask all services, those first that know the wishes, until nothing is left to read."""
        self.tracker.options = hub.tracker.options
        for key in self._connections:
            with _cleared(self._services[key].faults):
                while await self._ask(hub, key):
                    pass
        self._note(self.tracker.tick(dt_util.utcnow()))

    async def _ask(self, hub: Hub, key: str) -> bool:
        """Ask one service; return whether there is more to read at once."""
        connection = self._connections[key]
        asker = Asker(
            connection_id=key,
            kind=Kind(connection.service),
            cursor=self._cursors.get(key, {}),
            # Without its events, what was read of Shoko before may have become another thing.
            is_fresh=key not in self._cursors or connection.service is Kind.SHOKO,
            tracker=self.tracker,
            options=hub.entry.options,
            tracking_since=self._began,
            has_variants=lambda request: has_variants(hub.connections, request),
            has_manager=lambda request: has_manager(hub.connections, request),
        )
        survey = await connection.survey(await survey_context(asker))
        self._note(
            self.tracker.survey(
                key,
                connection.service,
                survey.started_at,
                survey.observations,
                survey.complete,
                dt_util.utcnow(),
            )
        )
        self._cursors[key] = survey.cursor
        return survey.backlog

    def _note(self, changes: Changes) -> None:
        for change in changes:
            self.requests[change.request.id] = change.request


@contextmanager
def _cleared(faults: Faults) -> Iterator[None]:
    """Turn off, for a moment, the faults that lie behind every door."""
    was = faults.short_pages, faults.starting
    faults.short_pages = faults.starting = False
    try:
        yield
    finally:
        faults.short_pages, faults.starting = was
