"""A tiny household for tests of the tracker: its truth, what surveys see, what pushes say."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from custom_components.media_status.lifecycle.facts import (
    Ask,
    AskStatus,
    FactKind,
    File,
    Grab,
    Observation,
    Opening,
    Origin,
    Outcome,
    Playable,
    Queue,
    QueuePhase,
    Result,
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
    Stage,
    Subject,
    TitleRef,
    Via,
)
from custom_components.media_status.lifecycle.request import Changes, Request
from custom_components.media_status.lifecycle.tracker import Tracker, TrackerOptions

START = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
SEERR, MANAGER, CLIENT, LIBRARY = "seerr-1", "manager-1", "client-1", "library-1"


def at(minutes: float) -> datetime:
    """Return a moment after the start."""
    return START + timedelta(minutes=minutes)


@dataclass
class Load:
    """A download of the world."""

    key: str
    items: frozenset[ItemKey]
    grabbed: datetime
    progress: float = 0.0
    in_queue: bool = True
    in_client: bool = True
    result: Result | None = None
    ended: datetime | None = None


@dataclass
class World:
    """The truth about one title, from which surveys and pushes are made."""

    media_type: MediaType = MediaType.MOVIE
    tmdb: int = 603
    seasons: frozenset[int] = frozenset()
    items: tuple[ItemKey, ...] = (MOVIE,)
    request_id: str = "41"
    is_4k: bool = False
    manager: str = MANAGER
    status: AskStatus = AskStatus.PENDING
    managed: bool = False
    loads: dict[str, Load] = field(default_factory=dict)
    files: set[ItemKey] = field(default_factory=set)
    playable: set[ItemKey] = field(default_factory=set)
    release_at: dict[ItemKey, datetime] = field(default_factory=dict)

    @property
    def manager_service(self) -> Service:
        """Return which manager looks after the title."""
        return Service.RADARR if self.media_type is MediaType.MOVIE else Service.SONARR

    def title(self, service_id: str | None = None) -> TitleRef:
        """Return the title as a service names it."""
        return TitleRef(
            media_type=self.media_type,
            ids=ProviderIds(tmdb=self.tmdb),
            service_id=service_id,
            title=f"Title {self.tmdb}",
            year=1999,
        )

    def opening(self) -> Opening:
        """Return what Seerr's request permits to open."""
        return Opening(
            origin=Origin.SEERR, created_at=START, seasons=self.seasons, is_4k=self.is_4k
        )

    def seerr(self, when: datetime, via: Via, status: AskStatus | None = None) -> Observation:
        """Return Seerr's word about the request."""
        said = status or self.status
        opens = said in (AskStatus.PENDING, AskStatus.APPROVED, AskStatus.FAILED)
        return Observation(
            connection_id=SEERR,
            service=Service.SEERR,
            via=via,
            seen_at=when,
            title=self.title(self.request_id),
            statements=(Statement(value=Ask(status=said)),),
            opening=self.opening() if opens else None,
        )

    def manager_says(self, when: datetime, via: Via, *said: Statement) -> Observation:
        """Return a word of Radarr/Sonarr about the title."""
        return Observation(
            connection_id=self.manager,
            service=self.manager_service,
            via=via,
            seen_at=when,
            title=self.title(f"m{self.tmdb}"),
            statements=said,
        )

    def grab(self, load: Load) -> Statement:
        """Return the statement that a download was grabbed."""
        value = Grab(items=load.items, at=load.grabbed, size=1000, protocol="torrent")
        return Statement(value=value, subject=Subject(download=load.key))

    def manager_survey(self, when: datetime) -> Iterator[Observation]:
        """Yield all that Radarr/Sonarr shows: title, files, history, queue."""
        said = [Statement(value=Title(present=self.managed, monitored=self.managed))]
        for item in self.items if self.managed else ():
            subject = Subject(item=item)
            release_at = self.release_at.get(item, at(-1000))
            said.append(
                Statement(value=Wanted(monitored=True, release_at=release_at), subject=subject)
            )
            there = item in self.files
            path = f"/films/{self.tmdb}/{item.label}.mkv" if there else None
            said.append(Statement(value=File(present=there, path=path), subject=subject))
        for load in self.loads.values():
            subject = Subject(download=load.key)
            said.append(self.grab(load))
            if load.result and load.ended:
                said.append(
                    Statement(value=Outcome(result=load.result, at=load.ended), subject=subject)
                )
            if load.in_queue:
                done = load.progress >= 1
                phase = QueuePhase.IMPORT_PENDING if done else QueuePhase.DOWNLOADING
                said.append(
                    Statement(
                        value=Queue(
                            present=True,
                            phase=phase,
                            size=1000,
                            left=int(1000 * (1 - load.progress)),
                        ),
                        subject=subject,
                    )
                )
        yield self.manager_says(when, Via.SURVEY, *said)

    def client_survey(self, when: datetime) -> Iterator[Observation]:
        """Yield all torrents that the client shows."""
        for load in self.loads.values():
            if load.in_client:
                phase = TransferPhase.DONE if load.progress >= 1 else TransferPhase.DOWNLOADING
                value = Transfer(present=True, phase=phase, progress=load.progress, size=1000)
                yield Observation(
                    connection_id=CLIENT,
                    service=Service.QBITTORRENT,
                    via=Via.SURVEY,
                    seen_at=when,
                    download_ids=frozenset({load.key}),
                    statements=(Statement(value=value),),
                )

    def library_survey(self, when: datetime, tracker: Tracker) -> Iterator[Observation]:
        """Yield what Jellyfin has for each open request of the title."""
        for request in tracker.requests.values():
            if request.media_type is not self.media_type or request.ids.tmdb != self.tmdb:
                continue
            said = tuple(
                Statement(value=Playable(present=item in self.playable), subject=Subject(item=item))
                for item in self.items
            )
            yield Observation(
                connection_id=LIBRARY,
                service=Service.JELLYFIN,
                via=Via.SURVEY,
                seen_at=when,
                request_id=request.id,
                statements=said,
            )


class House:
    """A tracker with a world around it."""

    def __init__(self, *worlds: World, options: TrackerOptions | None = None) -> None:
        """Initialize with the titles of the world."""
        numbers = count(1)
        self.tracker = Tracker(new_id=lambda: f"r{next(numbers):03d}", options=options)
        self.worlds = list(worlds)
        self.seen: dict[str, Request] = {}

    def keep(self, changes: Changes) -> Changes:
        """Remember every request that ever was, as the journal does."""
        for change in changes:
            self.seen[change.request.id] = change.request
        return changes

    def push(self, *observations: Observation, now: datetime) -> Changes:
        """Let pushes arrive."""
        return self.keep(self.tracker.observe(observations, now))

    def survey(self, when: datetime) -> Changes:
        """Survey every service, all healthy and complete."""
        changes = self._survey(
            SEERR,
            Service.SEERR,
            when,
            {FactKind.ASK},
            [
                world.seerr(when, Via.SURVEY)
                for world in self.worlds
                if world.status is not AskStatus.ABSENT
            ],
        )
        for manager in sorted({world.manager for world in self.worlds}):
            said = [w for w in self.worlds if w.manager == manager]
            changes += self._survey(
                manager,
                said[0].manager_service,
                when,
                {FactKind.QUEUE, FactKind.GRAB, FactKind.OUTCOME},
                [seen for world in said for seen in world.manager_survey(when)],
            )
        changes += self._survey(
            CLIENT,
            Service.QBITTORRENT,
            when,
            {FactKind.TRANSFER},
            [seen for world in self.worlds for seen in world.client_survey(when)],
        )
        changes += self._survey(
            LIBRARY,
            Service.JELLYFIN,
            when,
            set(),
            [seen for world in self.worlds for seen in world.library_survey(when, self.tracker)],
        )
        return changes

    def _survey(
        self,
        connection: str,
        service: Service,
        when: datetime,
        complete: set[FactKind],
        seen: list[Observation],
    ) -> Changes:
        return self.keep(self.tracker.survey(connection, service, when, seen, complete, when))

    def of(self, world: World) -> Request:
        """Return the request of a title, open or ended."""
        found = [
            request
            for request in self.seen.values()
            if request.service_ids.get(SEERR) == world.request_id
        ]
        assert len(found) == 1, f"{len(found)} requests for Seerr's {world.request_id}"
        return found[0]

    def stages(self, world: World) -> tuple[Stage, dict[ItemKey, Stage]]:
        """Return the stage of a request and of its items."""
        request = self.of(world)
        return request.stage, dict(request.status.items)
