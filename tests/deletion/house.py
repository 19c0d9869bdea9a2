"""Keep house for deletions without the rest of the integration: real journal, real tracker."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from freezegun.api import FrozenDateTimeFactory
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.media_status.const import DOMAIN
from custom_components.media_status.coordinator import ConnectionCoordinator
from custom_components.media_status.deletion.desk import DeletionDesk
from custom_components.media_status.deletion.house import DeletionChange
from custom_components.media_status.journal import Batch, Journal
from custom_components.media_status.journal_deletions import DeletionWrite
from custom_components.media_status.ledger import Ledger
from custom_components.media_status.lifecycle.deletion import (
    HeldFile,
    HeldItem,
    HeldTitle,
    HeldTorrent,
    HeldWish,
    Holdings,
    Served,
)
from custom_components.media_status.lifecycle.deletion_job import Job, next_due
from custom_components.media_status.lifecycle.facts import (
    Ask,
    AskStatus,
    Fact,
    File,
    Grab,
    Origin,
    Playable,
)
from custom_components.media_status.lifecycle.model import (
    MOVIE,
    ItemKey,
    MediaType,
    ProviderIds,
    Service,
    Stage,
    Subject,
    Via,
)
from custom_components.media_status.lifecycle.request import Change, Changes, Request, Status
from custom_components.media_status.lifecycle.tracker import Tracker
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .shelf import ShelfConnection

HASH = "ab" * 20
ON: Mapping[str, object] = {"deletion_mode": "on"}
GIGABYTE = 1_000_000_000


class House:
    """A household in one process; `services` outlive it, as services do."""

    def __init__(
        self,
        hass: HomeAssistant,
        path: Path,
        services: Mapping[str, ShelfConnection],
        options: Mapping[str, object],
    ) -> None:
        """Initialize without having read the journal."""
        self.hass = hass
        self.entry = MockConfigEntry(domain=DOMAIN, options=dict(options))
        self.entry.add_to_hass(hass)
        self.journal = Journal(path)
        self.tracker = Tracker(new_id=lambda: "new")
        self.connections = {
            key: cast(
                "ConnectionCoordinator",
                SimpleNamespace(
                    kind=Service(key.split("-", maxsplit=1)[0]),
                    subentry=SimpleNamespace(title=key.title()),
                    connection=found,
                    connection_id=key,
                    name=key.title(),
                ),
            )
            for key, found in services.items()
        }
        self.ledger = Ledger(self.journal)
        self.told: list[DeletionChange] = []
        self.deletions = DeletionDesk(self)

    async def record(self, changes: Changes, deletions: Sequence[DeletionWrite] = ()) -> None:
        """Store."""
        await self.ledger.write(changes, deletions=deletions)

    def tell_deletions(self, changes: Sequence[DeletionChange]) -> None:
        """Remember what was told."""
        self.told += changes

    async def know(self, *requests: Request) -> None:
        """Let the journal, and the tracker of open ones, know requests."""
        changes = [
            Change(
                request=one,
                opened=True,
                ended=not one.is_open,
                is_stored=True,
                facts=dict(one.facts),
            )
            for one in requests
        ]
        await self.journal.write(Batch(changes=changes))
        self.tracker.restore([one for one in requests if one.is_open], (), dt_util.utcnow())

    async def idle(self) -> None:
        """Wait until nothing is done any more before time goes on."""
        await self.hass.async_block_till_done(wait_background_tasks=True)

    async def until_over(self, freezer: FrozenDateTimeFactory, *, most: int = 500) -> None:
        """Let time go on from one due step to the next until there is none."""
        await self.idle()
        for _ in range(most):
            times = [at for job in self.deletions.jobs if (at := next_due(job)) is not None]
            if not times:
                return
            await self.pass_to(freezer, max(min(times), dt_util.utcnow()).timestamp())
        raise AssertionError("the deletions never end")

    async def pass_to(self, freezer: FrozenDateTimeFactory, timestamp: float) -> None:
        """Let the clock go to a moment, or some seconds on, and everything happen."""
        now = dt_util.utcnow()
        later = dt_util.utc_from_timestamp(max(timestamp, now.timestamp() + 31))
        freezer.move_to(later)
        async_fire_time_changed(self.hass, later)
        await self.idle()


@asynccontextmanager
async def housed(
    hass: HomeAssistant,
    path: Path,
    services: Mapping[str, ShelfConnection],
    options: Mapping[str, object] = ON,
    kind: type[House] | None = None,
) -> AsyncIterator[House]:
    """Live in a house for a while; entering it again goes on with what the journal holds."""
    house = (kind or House)(hass, path, services, options)
    start = await house.journal.open(dt_util.utcnow())
    house.tracker.restore(start.requests, start.closed_keys, dt_util.utcnow(), start.recent)
    try:
        await house.deletions.start()
        yield house
    finally:
        await house.deletions.stop()
        await house.journal.close()


def a_film(number: int = 1, *, ended: bool = False, stage: Stage = Stage.AVAILABLE) -> Request:
    """Return a film that was fetched by one torrent and can be played."""
    now = dt_util.utcnow()
    request = Request(
        id=f"film-{number}",
        media_type=MediaType.MOVIE,
        origin=Origin.SEERR,
        created_at=now,
        opened_at=now,
        ids=ProviderIds(tmdb=100 + number),
        title=f"Film {number}",
        year=2020,
        poster_url="https://image.example/p.jpg",
        requested_by="Anna",
        items={MOVIE},
        service_ids={"seerr": str(number), "radarr": str(10 + number)},
        download_names={HASH: HASH},
        ended_at=now if ended else None,
        available_at=now,
        status=Status(stage=stage, items={MOVIE: stage}),
    )
    add(request, "seerr", Ask(status=AskStatus.APPROVED))
    add(request, "radarr", Grab(items=frozenset({MOVIE}), at=now), Subject(download=HASH))
    add(request, "radarr", File(present=True, path="/media/f.mkv"), Subject(item=MOVIE))
    add(request, "jellyfin", Playable(present=True, item_id="j1"), Subject(item=MOVIE))
    return request


def a_series(
    *, number: int = 1, episodes: int = 3, season: int = 1, ended: bool = False
) -> Request:
    """Return a season whose episodes are all there."""
    now = dt_util.utcnow()
    items = {ItemKey(season, one + 1) for one in range(episodes)}
    request = Request(
        id=f"series-{number}-{season}",
        media_type=MediaType.SERIES,
        origin=Origin.SEERR,
        created_at=now,
        opened_at=now,
        ids=ProviderIds(tmdb=200 + number, tvdb=300 + number),
        title=f"Series {number}",
        seasons=frozenset({season}),
        items=items,
        service_ids={"seerr": str(50 + season), "sonarr": str(20 + number)},
        ended_at=now if ended else None,
        available_at=now,
        status=Status(stage=Stage.AVAILABLE, items=dict.fromkeys(items, Stage.AVAILABLE)),
    )
    add(request, "seerr", Ask(status=AskStatus.APPROVED))
    for item in items:
        add(request, "sonarr", File(present=True), Subject(item=item))
    return request


def add(
    request: Request,
    connection_id: str,
    value: Ask | Grab | File | Playable,
    subject: Subject | None = None,
) -> None:
    """Add a fact to a request."""
    fact = Fact(
        subject=subject or Subject(),
        connection_id=connection_id,
        service=Service(connection_id),
        value=value,
        seen_at=dt_util.utcnow(),
        since=dt_util.utcnow(),
        via=Via.SURVEY,
    )
    request.facts[fact.key] = fact


def services_with(*films: Request) -> dict[str, ShelfConnection]:
    """Return five services that have films, each with its torrent's name shared by none other."""
    found = {
        key: ShelfConnection(key)
        for key in ("qbittorrent", "radarr", "sonarr", "jellyfin", "seerr")
    }
    titles, torrents, items, wishes = [], [], [], []
    served: dict[str, frozenset[Served]] = {}
    for film in films:
        own, name = film.service_ids["radarr"], next(iter(film.download_names))
        file = HeldFile(
            file_id=f"f{own}", path=f"/media/{own}.mkv", size=GIGABYTE, items=frozenset({MOVIE})
        )
        titles.append(
            HeldTitle(
                request_id=film.id,
                own_id=own,
                ids=film.ids,
                title=film.name,
                files=(file,),
                downloads=frozenset({name}),
            )
        )
        torrents.append(
            HeldTorrent(
                torrent_id=name,
                names=frozenset({name}),
                name=film.name,
                size=GIGABYTE,
                is_private=False,
            )
        )
        served[name] = frozenset({Served(own, MOVIE)})
        items.append(HeldItem(request_id=film.id, item_id=f"j{own}", item=MOVIE, path=file.path))
        seerr = film.service_ids["seerr"]
        wishes.append(
            HeldWish(
                request_id=film.id,
                media_id=f"m{seerr}",
                requests=(seerr,),
                own=frozenset({seerr}),
            )
        )
        found["qbittorrent"].shelf.present.add(name)
        found["radarr"].shelf.present.add(own)
        found["seerr"].shelf.present |= {seerr, f"m{seerr}"}
    found["radarr"].shelf.holdings = Holdings(titles=tuple(titles), served=served)
    found["qbittorrent"].shelf.holdings = Holdings(torrents=tuple(torrents))
    found["jellyfin"].shelf.holdings = Holdings(items=tuple(items))
    found["seerr"].shelf.holdings = Holdings(wishes=tuple(wishes))
    return found


def statuses(job: Job) -> dict[str, str]:
    """Return how each service's steps stand: one word, or the words of several."""
    found: dict[str, set[str]] = {}
    for step in job.plan.steps:
        found.setdefault(step.service.value, set()).add(job.states[step.id].status.value)
    return {service: " ".join(sorted(words)) for service, words in found.items()}


def calls(services: Mapping[str, ShelfConnection]) -> dict[str, list[str]]:
    """Return what was really sent, by service."""
    return {key: found.shelf.calls for key, found in services.items() if found.shelf.calls}
