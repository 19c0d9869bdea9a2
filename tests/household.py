"""Set up a household: the integration with connections that say what a test lets them say."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from unittest.mock import patch

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.media_status.clients.guard import Removals
from custom_components.media_status.const import DOMAIN
from custom_components.media_status.hub import Hub
from custom_components.media_status.lifecycle.facts import (
    Anime,
    Ask,
    AskStatus,
    File,
    Grab,
    Match,
    MatchPhase,
    Observation,
    Opening,
    Origin,
    Playable,
    Statement,
    Title,
    Transfer,
    TransferPhase,
    Wanted,
)
from custom_components.media_status.lifecycle.model import (
    MOVIE,
    ItemKey,
    MediaType,
    ProviderIds,
    Service,
    Subject,
    TitleRef,
    Via,
)
from custom_components.media_status.lifecycle.request import Request
from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util import dt as dt_util

from .scripted import ScriptedConnection, ScriptedShoko, ScriptedShokoClient

KINDS = (
    Service.SEERR,
    Service.RADARR,
    Service.SONARR,
    Service.QBITTORRENT,
    Service.JELLYFIN,
)
WITH_SHOKO = (*KINDS, Service.SHOKO)
SECRET = "canary-secret-0f9a"
HASH = "c0ffee" + "0" * 34
FILM_PATH = "/media/films/Dune.mkv"

DUNE = TitleRef(
    media_type=MediaType.MOVIE,
    ids=ProviderIds(tmdb=438631),
    title="Dune",
    year=2021,
    overview="A duke's son goes to a desert.",
    poster_url="https://image.tmdb.org/t/p/w500/dune.jpg",
)
SEVERANCE = TitleRef(
    media_type=MediaType.SERIES,
    ids=ProviderIds(tmdb=95396, tvdb=371980),
    title="Severance",
    year=2022,
)


class Household:
    """The integration, set up, and its scripted services by kind."""

    def __init__(self, hass: HomeAssistant, entry: MockConfigEntry) -> None:
        """Initialize before the setup."""
        self.hass = hass
        self.entry = entry
        self.services: dict[str, ScriptedConnection] = {}

    @property
    def hub(self) -> Hub:
        """Return the running hub."""
        hub = self.entry.runtime_data
        assert isinstance(hub, Hub)
        return hub

    @property
    def request(self) -> Request:
        """Return the one known request."""
        (found,) = self.hub.requests.values()
        return found

    def create(
        self,
        hass: HomeAssistant,
        kind: str,
        connection_id: str,
        data: Mapping[str, object],
        removals: Removals = Removals.OFF,
    ) -> ScriptedConnection:
        """Stand in for `create_connection`."""
        if kind == Service.SHOKO and connection_id not in self.services:
            client = ScriptedShokoClient(async_get_clientsession(hass), str(data["url"]))
            self.services[connection_id] = ScriptedShoko(connection_id, client)
        return self.services.setdefault(connection_id, ScriptedConnection(connection_id))

    @property
    def shoko(self) -> ScriptedShoko:
        """Return the scripted Shoko."""
        found = self.services[Service.SHOKO]
        assert isinstance(found, ScriptedShoko)
        return found

    async def hear(self, kind: Service, *words: Observation) -> None:
        """Let a service say this in a survey that is made now."""
        self.services[kind].words = words
        await self.hub.survey([kind])
        await self.hass.async_block_till_done()

    async def tick(self) -> None:
        """Wait until everything that was begun is done."""
        await self.hass.async_block_till_done()


def subentry(kind: Service) -> ConfigSubentryDataWithId:
    """Return the stored data of a connection; its id is its kind."""
    return ConfigSubentryDataWithId(
        subentry_id=kind.value,
        subentry_type=kind.value,
        title=kind.value.title(),
        unique_id=None,
        data={
            "url": f"http://{kind.value}.lan:8080/base",
            "verify_ssl": True,
            "api_key": SECRET,
            "username": "anna",
            "password": SECRET,
            "webhook_id": kind.value.encode().hex().ljust(64, "0")[:64],
            "webhook_secret": SECRET,
            **({"public_url": "https://watch.example"} if kind is Service.JELLYFIN else {}),
        },
    )


async def settled(hass: HomeAssistant) -> None:
    """Wait until all that was begun is done, but for the listening, which has no end."""
    await hass.async_block_till_done()
    while begun := [
        task
        for task in asyncio.all_tasks()
        if task.get_name().startswith(("first survey", "survey of", "webhook of", "explain"))
    ]:
        await asyncio.wait(begun)
        await hass.async_block_till_done()


@asynccontextmanager
async def running(
    hass: HomeAssistant,
    path: Path,
    kinds: tuple[Service, ...] = KINDS,
    options: Mapping[str, object] | None = None,
    household: type[Household] | None = None,
) -> AsyncIterator[Household]:
    """Set the integration up with scripted services, and unload it in the end."""
    hass.config.config_dir = str(path)
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Media Status",
        entry_id="01JHOUSEHOLD00000000000000",
        options={"manage_webhooks": False, **(options or {})},
        subentries_data=[subentry(kind) for kind in kinds],
    )
    entry.add_to_hass(hass)
    home = (household or Household)(hass, entry)
    with patch("custom_components.media_status.create_connection", home.create):
        assert await hass.config_entries.async_setup(entry.entry_id)
        await settled(hass)
        try:
            yield home
        finally:
            await hass.config_entries.async_unload(entry.entry_id)
            await settled(hass)


# --- what services say -------------------------------------------------------------------------


def says(
    service: Service,
    title: TitleRef | None,
    *statements: Statement,
    opening: Opening | None = None,
    downloads: frozenset[str] = frozenset(),
) -> Observation:
    """Return an observation of a survey."""
    return Observation(
        connection_id=service.value,
        service=service,
        via=Via.SURVEY,
        seen_at=dt_util.utcnow(),
        title=title,
        statements=statements,
        opening=opening,
        download_ids=downloads,
    )


def asked(
    title: TitleRef = DUNE,
    *,
    number: str = "11",
    status: AskStatus = AskStatus.APPROVED,
    by: str | None = "Anna",
    seasons: frozenset[int] = frozenset(),
) -> Observation:
    """Return Seerr's word about a request."""
    return says(
        Service.SEERR,
        replace(title, service_id=number),
        Statement(value=Ask(status=status)),
        opening=Opening(
            origin=Origin.SEERR,
            created_at=datetime(2026, 11, 1, 12, tzinfo=dt_util.UTC),
            seasons=seasons,
            requested_by=by,
        ),
    )


def managed(title: TitleRef = DUNE, *items: ItemKey, number: str = "7") -> Observation:
    """Return that Radarr or Sonarr knows the title and looks for its items."""
    movie = title.media_type is MediaType.MOVIE
    return says(
        Service.RADARR if movie else Service.SONARR,
        replace(title, service_id=number),
        Statement(value=Title(present=True, monitored=True)),
        *(
            Statement(value=Wanted(monitored=True, released=True), subject=Subject(item=item))
            for item in (items or (MOVIE,))
        ),
    )


def grabbed(
    title: TitleRef = DUNE, *items: ItemKey, number: str = "7", download: str = HASH
) -> Observation:
    """Return that Radarr or Sonarr handed a release to the download client."""
    movie = title.media_type is MediaType.MOVIE
    grab = Grab(
        items=frozenset(items or (MOVIE,)),
        at=dt_util.utcnow(),
        release="A.Release",
        quality="WEBDL-1080p",
        size=1000,
    )
    return says(
        Service.RADARR if movie else Service.SONARR,
        replace(title, service_id=number),
        Statement(value=grab, subject=Subject(download=download)),
        downloads=frozenset({download}),
    )


def moving(
    progress: float, phase: TransferPhase = TransferPhase.DOWNLOADING, *, download: str = HASH
) -> Observation:
    """Return the download as qBittorrent shows it."""
    transfer = Transfer(
        present=True, phase=phase, progress=progress, size=1000, speed=10, eta_seconds=60
    )
    return says(
        Service.QBITTORRENT,
        None,
        Statement(value=transfer, subject=Subject(download=download)),
        downloads=frozenset({download}),
    )


def imported(title: TitleRef = DUNE, *items: ItemKey, number: str = "7") -> Observation:
    """Return that Radarr or Sonarr has the files."""
    movie = title.media_type is MediaType.MOVIE
    return says(
        Service.RADARR if movie else Service.SONARR,
        replace(title, service_id=number),
        *(
            Statement(
                value=File(present=True, path=FILM_PATH, quality="WEBDL-1080p"),
                subject=Subject(item=item),
            )
            for item in (items or (MOVIE,))
        ),
    )


def anime(title: TitleRef = DUNE, *, number: str = "7") -> Observation:
    """Return that Radarr or Sonarr calls it anime."""
    movie = title.media_type is MediaType.MOVIE
    return says(
        Service.RADARR if movie else Service.SONARR,
        replace(title, service_id=number),
        Statement(value=Anime(is_anime=True, source="tag")),
    )


def recognized(
    request: Request, match: Match | MatchPhase, *items: ItemKey, path: str = FILM_PATH
) -> Observation:
    """Return how far Shoko is with the file of items of a request."""
    word = match if isinstance(match, Match) else Match(phase=match, path=path)
    said = says(
        Service.SHOKO,
        None,
        *(Statement(value=word, subject=Subject(item=item)) for item in (items or (MOVIE,))),
    )
    return replace(said, request_id=request.id)


def playable(title: TitleRef = DUNE, *items: ItemKey, number: str = "f00d") -> Observation:
    """Return that Jellyfin can play it."""
    return says(
        Service.JELLYFIN,
        replace(title, service_id=number),
        *(
            Statement(
                value=Playable(present=True, item_id=number, proof="tmdb"),
                subject=Subject(item=item),
            )
            for item in (items or (MOVIE,))
        ),
    )
