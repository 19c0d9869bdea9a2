"""One wish, and what the services say about it: for tests of single words."""

from datetime import datetime

from custom_components.media_status.lifecycle.facts import (
    AskStatus,
    FactValue,
    Grab,
    Observation,
    Queue,
    QueuePhase,
    Statement,
    Title,
    Wanted,
)
from custom_components.media_status.lifecycle.model import (
    MOVIE,
    ItemKey,
    MediaType,
    Service,
    Stage,
    Subject,
    Via,
)
from custom_components.media_status.lifecycle.request import Changes, Explanation, Request, Status
from custom_components.media_status.lifecycle.tracker import TrackerOptions

from .world import CLIENT, LIBRARY, SEERR, House, World, at

EPISODES = tuple(ItemKey(1, number) for number in (1, 2, 3))
_CONNECTIONS = {
    Service.SEERR: SEERR,
    Service.QBITTORRENT: CLIENT,
    Service.JELLYFIN: LIBRARY,
    Service.SHOKO: "shoko-1",
}


def about(value: FactValue, what: ItemKey | str | None = None) -> Statement:
    """Return a statement about an item, about a download, or about the request."""
    if isinstance(what, str):
        return Statement(value=value, subject=Subject(download=what))
    return Statement(value=value, subject=Subject(item=what))


class Wish:
    """An open request for a film, or for the episodes given, which its manager knows."""

    def __init__(
        self,
        *items: ItemKey,
        status: AskStatus = AskStatus.APPROVED,
        managed: bool = True,
        options: TrackerOptions | None = None,
    ) -> None:
        """Let Seerr ask for it and the manager know it, at the start."""
        self.world = World(status=status)
        if items:
            seasons = frozenset(item.season for item in items)
            self.world = World(
                media_type=MediaType.SERIES, items=items, seasons=seasons, status=status
            )
        self.house = House(self.world, options=options)
        self.house.push(self.world.seerr(at(0), Via.SURVEY), now=at(0))
        if managed:
            self.says(0, about(Title(present=True, monitored=True)))

    @property
    def request(self) -> Request:
        """Return the request, open or ended."""
        return self.house.of(self.world)

    @property
    def status(self) -> Status:
        """Return what is derived."""
        return self.request.status

    def stage(self) -> Stage:
        """Return where it stands."""
        return self.request.stage

    @property
    def explanation(self) -> Explanation:
        """Return why it stands there."""
        explanation = self.status.explanation
        assert explanation is not None
        return explanation

    def says(
        self,
        minutes: float,
        *said: Statement,
        service: Service | None = None,
        connection: str | None = None,
        via: Via = Via.SURVEY,
    ) -> Changes:
        """Let a service say something: the manager, unless another one is named."""
        when: datetime = at(minutes)
        if service is None:
            seen = self.world.manager_says(when, via, *said)
        else:
            seen = Observation(
                connection_id=connection or _CONNECTIONS[service],
                service=service,
                via=via,
                seen_at=when,
                request_id=self.request.id,
                statements=said,
            )
        return self.house.push(seen, now=when)

    def client_says(self, minutes: float, *said: Statement) -> Changes:
        """Let the torrent client say something."""
        return self.says(minutes, *said, service=Service.QBITTORRENT)


_PHASES = {
    Stage.GRABBING: QueuePhase.QUEUED,
    Stage.DOWNLOADING: QueuePhase.DOWNLOADING,
    Stage.DOWNLOADED: QueuePhase.COMPLETED,
    Stage.IMPORTING: QueuePhase.IMPORTING,
}


def fetched(stage: Stage) -> Wish:
    """Return a wish for a film that is searched, or has come so far as download `a`."""
    wish = Wish()
    wish.says(1, about(Wanted(monitored=True, released=True), MOVIE))
    if stage in _PHASES:
        grab = Grab(items=frozenset({MOVIE}), at=at(1))
        wish.says(1, about(grab, "a"), about(Queue(present=True, phase=_PHASES[stage]), "a"))
    assert wish.stage() is stage
    return wish
