"""Stand in for services that say in surveys, and tell by a hub, what a test lets them say."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import override

from aiohttp import ClientSession

from custom_components.media_status.clients.errors import ClientError
from custom_components.media_status.clients.shoko import ShokoClient
from custom_components.media_status.clients.signalr import HubEvent, OnEvent, SignalRClient
from custom_components.media_status.connections.base import (
    Action,
    Connection,
    Push,
    ServiceInfo,
    Survey,
    SurveyContext,
    WantedTitle,
)
from custom_components.media_status.connections.shoko import ShokoConnection
from custom_components.media_status.lifecycle.facts import Observation
from custom_components.media_status.lifecycle.model import JsonObject, Service


class ScriptedConnection(Connection):
    """A service that says in every survey what a test put into its mouth."""

    service = Service.SEERR

    def __init__(self, connection_id: str) -> None:
        """Initialize with nothing to say."""
        super().__init__(connection_id)
        self.fall_silent()

    def fall_silent(self) -> None:
        """Say nothing, and remember nothing that was asked."""
        self.words: tuple[Observation, ...] = ()
        self.error: ClientError | None = None
        self.download_rate: int | None = None
        self.asked: list[SurveyContext] = []
        self.nudged: list[SurveyContext] = []
        self.retried: list[tuple[WantedTitle, bool]] = []
        self.actions: tuple[Action, ...] = ()
        self.action_error: ClientError | None = None

    @override
    async def probe(self) -> ServiceInfo:
        if self.error is not None:
            raise self.error
        return ServiceInfo(name="Twin", version="1.2.3")

    @override
    async def nudge(self, context: SurveyContext) -> tuple[Action, ...]:
        self.nudged.append(context)
        if self.action_error is not None:
            raise self.action_error
        return self.actions

    @override
    async def retry(self, title: WantedTitle, *, dry_run: bool = False) -> tuple[Action, ...]:
        self.retried.append((title, dry_run))
        if self.action_error is not None:
            raise self.action_error
        return self.actions

    @override
    async def survey(self, context: SurveyContext) -> Survey:
        self.asked.append(context)
        if self.error is not None:
            raise self.error
        return Survey(
            started_at=context.now,
            observations=tuple(replace(word, seen_at=context.now) for word in self.words),
            cursor=context.cursor,
            download_rate=self.download_rate,
        )


class ScriptedHub(SignalRClient):
    """A hub that tells what a test lets it tell, while somebody listens."""

    tell: OnEvent | None = None

    @override
    async def run(self, on_event: OnEvent) -> None:
        self.tell = on_event
        try:
            await asyncio.Event().wait()
        finally:
            self.tell = None


class ScriptedShokoClient(ShokoClient):
    """A client of Shoko that has a scripted hub."""

    def __init__(self, session: ClientSession, url: str) -> None:
        """Initialize without a server."""
        super().__init__(session, url)
        self.scripted = ScriptedHub(session, url, headers={})

    @override
    def hub(self) -> SignalRClient:
        return self.scripted


class ScriptedShoko(ScriptedConnection, ShokoConnection):
    """A Shoko that says in surveys, and tells by its hub, what a test lets it say."""

    service = Service.SHOKO

    def __init__(self, connection_id: str, client: ScriptedShokoClient) -> None:
        """Initialize with nothing to say."""
        ShokoConnection.__init__(self, connection_id, client)
        self.fall_silent()
        self.scripted = client.scripted
        self.heard: list[JsonObject] = []
        self.meaning: Callable[[JsonObject], Push] = lambda payload: Push(event="test")
        self.reconnections = 0

    @override
    def translate(self, payload: JsonObject, seen_at: datetime) -> Push:
        self.heard.append(payload)
        return self.meaning(payload)

    @override
    def reconnected(self) -> None:
        self.reconnections += 1

    def is_listened_to(self) -> bool:
        """Return whether somebody listens to its hub."""
        return self.scripted.tell is not None

    def tell(self, *events: HubEvent) -> None:
        """Let the hub tell this."""
        assert self.scripted.tell is not None, "nobody listens"
        for event in events:
            self.scripted.tell(event)
