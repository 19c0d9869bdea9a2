"""Let services say what keeps a film waiting, and read why it is not there yet."""

from collections.abc import Iterable

from custom_components.media_status.lifecycle.facts import (
    AskStatus,
    FactValue,
    Health,
    Observation,
    Statement,
    Transfer,
)
from custom_components.media_status.lifecycle.model import MOVIE, Service, Stage, Subject, Via
from custom_components.media_status.lifecycle.request import Explanation, Status
from custom_components.media_status.lifecycle.troubles import Ailment, Complaint

from .world import CLIENT, House, Load, World, at

FILM = Subject(item=MOVIE)
TORRENT = Subject(download="x")


def searched() -> tuple[World, House]:
    """Return a film that Radarr searches for."""
    world = World(status=AskStatus.APPROVED, managed=True)
    house = House(world)
    house.survey(at(0))
    assert house.of(world).stage is Stage.SEARCHING
    return world, house


def grabbed(progress: float = 0.2) -> tuple[World, House]:
    """Return a film whose torrent is under way."""
    world = World(status=AskStatus.APPROVED, managed=True)
    load = Load(key="x", items=frozenset({MOVIE}), grabbed=at(0), progress=progress)
    world.loads = {"x": load}
    house = House(world)
    house.survey(at(0))
    return world, house


def tell(
    house: House,
    world: World,
    values: Iterable[FactValue],
    subject: Subject,
    *,
    minutes: float = 1,
    via: Via = Via.SURVEY,
) -> Status:
    """Let Radarr say something; return how the request stands then."""
    said = tuple(Statement(value=value, subject=subject) for value in values)
    house.push(world.manager_says(at(minutes), via, *said), now=at(minutes))
    return house.of(world).status


def client_says(house: House, world: World, transfer: Transfer, *, minutes: float = 1) -> Status:
    """Let the download client say something; return how the request stands then."""
    seen = Observation(
        connection_id=CLIENT,
        service=Service.QBITTORRENT,
        via=Via.SURVEY,
        seen_at=at(minutes),
        download_ids=frozenset({"x"}),
        statements=(Statement(value=transfer),),
    )
    house.push(seen, now=at(minutes))
    return house.of(world).status


def why(status: Status) -> Explanation:
    """Return the explanation."""
    assert status.explanation is not None
    return status.explanation


def complaints(*found: Ailment, detail: str | None = None) -> Health:
    """Return what a manager complains about."""
    return Health(complaints=tuple(Complaint(ailment=one, detail=detail) for one in found))
