"""What an ended request has brought opens nothing anew; what comes later does."""

from datetime import datetime

from custom_components.media_status.lifecycle.facts import (
    AskStatus,
    Observation,
    Opening,
    Origin,
    Statement,
    Title,
)
from custom_components.media_status.lifecycle.model import MOVIE, Service, Stage, Via
from custom_components.media_status.lifecycle.tracker import Tracker

from .world import MANAGER, House, Load, World, at


def _brought() -> tuple[World, House]:
    """Return a film whose request has ended at minute 5, grabbed at minute 2."""
    world = World(status=AskStatus.APPROVED, managed=True)
    house = House(world)
    house.survey(at(1))
    world.loads["h"] = Load(key="h", items=frozenset({MOVIE}), grabbed=at(2), progress=1.0)
    world.files, world.playable = {MOVIE}, {MOVIE}
    house.survey(at(5))
    assert house.of(world).stage is Stage.AVAILABLE
    return world, house


def _history(world: World, grabbed: datetime, *, is_4k: bool = False) -> Observation:
    """Return a grab as a manager's history shows it, for which no request is open."""
    opening = Opening(
        origin=Origin.RADARR, created_at=grabbed, items=frozenset({MOVIE}), is_4k=is_4k
    )
    return Observation(
        connection_id=MANAGER,
        service=Service.RADARR,
        via=Via.SURVEY,
        seen_at=at(6),
        title=world.title("m603"),
        download_ids=frozenset({"h"}),
        statements=(world.grab(Load(key="h", items=frozenset({MOVIE}), grabbed=grabbed)),),
        opening=opening,
    )


def test_a_grab_of_an_ended_request_opens_nothing() -> None:
    """History is read with an overlap: what brought the film is no new wish."""
    world, house = _brought()
    assert house.push(_history(world, at(2)), now=at(6)) == []


def test_a_grab_after_the_end_is_a_new_request() -> None:
    """Somebody fetches the film again by hand: that is a request of its own."""
    world, house = _brought()
    changes = house.push(_history(world, at(5.5)), now=at(6))
    assert [change.opened for change in changes] == [True]


def test_the_other_variant_is_a_new_request() -> None:
    """The 4K copy beside the HD one was not brought by the HD request."""
    world, house = _brought()
    changes = house.push(_history(world, at(2), is_4k=True), now=at(6))
    assert [change.opened for change in changes] == [True]


def test_it_is_remembered_over_a_restart() -> None:
    """What the journal restores as ended counts as well."""
    world, house = _brought()
    tracker = Tracker(new_id=lambda: "new")
    tracker.restore([], [], at(6), [house.of(world)])
    assert tracker.observe([_history(world, at(2))], at(6)) == []


def test_a_title_that_was_only_pushed_is_not_called_unmonitored() -> None:
    """Radarr's message that it has the film comes before the look that tells more."""
    world = World(status=AskStatus.APPROVED)
    house = House(world)
    house.survey(at(1))
    added = Statement(value=Title(present=True, monitored=True))
    house.push(world.manager_says(at(2), Via.PUSH, added), now=at(2))
    status = house.of(world).status
    assert status.explanation is not None
    assert status.explanation.code == "approved"
    assert not status.stuck
