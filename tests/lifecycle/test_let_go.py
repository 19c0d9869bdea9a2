"""A manager lets go of a title: what it said of the parts goes with it, and nothing else."""

from dataclasses import replace

from custom_components.media_status.lifecycle.facts import (
    AskStatus,
    File,
    Grab,
    Observation,
    Opening,
    Origin,
    Result,
    Statement,
    Title,
    Wanted,
)
from custom_components.media_status.lifecycle.model import (
    MOVIE,
    ItemKey,
    MediaType,
    Stage,
    Subject,
    Via,
)
from custom_components.media_status.lifecycle.request import Request

from .world import MANAGER, House, Load, World, at

SEASON_1 = (ItemKey(1, 1), ItemKey(1, 2))


def _film() -> World:
    return World(status=AskStatus.APPROVED, managed=True)


def test_a_file_goes_with_its_title_after_two_looks() -> None:
    """What Radarr removed is not waited for in Jellyfin for ever; one look proves nothing."""
    world = _film()
    world.files = {MOVIE}
    house = House(world)
    house.survey(at(0))
    assert house.of(world).stage is Stage.SYNCING_LIBRARY
    world.managed, world.files = False, set()
    house.survey(at(1))
    assert house.of(world).stage is Stage.SYNCING_LIBRARY
    house.survey(at(12))
    assert house.of(world).stage is Stage.APPROVED


def test_what_is_pushed_of_a_missing_title_is_not_kept() -> None:
    """A late push that no survey can answer any more changes nothing in the end."""
    world = _film()
    world.files = {MOVIE}
    house, alone = House(world), House(world)
    for one in (house, alone):
        one.survey(at(0))
    late = world.manager_says(
        at(1), Via.PUSH, Statement(value=File(present=False), subject=Subject(item=MOVIE))
    )
    house.push(late, now=at(1))
    assert house.of(world).stage is not Stage.SYNCING_LIBRARY
    world.managed, world.files = False, set()
    for one in (house, alone):
        one.survey(at(2))
    assert house.stages(world) == alone.stages(world)
    assert house.of(world).stage is Stage.SYNCING_LIBRARY


def test_a_failed_download_goes_with_its_title() -> None:
    """A film that is gone from Radarr has not failed."""
    world = _film()
    world.loads["a" * 40] = Load(
        key="a" * 40,
        items=frozenset({MOVIE}),
        grabbed=at(0),
        in_queue=False,
        in_client=False,
        result=Result.FAILED,
        ended=at(1),
    )
    house = House(world)
    house.survey(at(2))
    assert house.of(world).stage is Stage.FAILED
    world.managed = False
    world.loads.clear()
    house.survey(at(3))
    house.survey(at(14))
    assert house.of(world).stage is Stage.APPROVED
    dropped = {fact.kind for fact in house.of(world).facts.values()}
    assert not {"grab", "outcome", "file", "wanted"} & dropped


def _titled(own_id: str, world: World, when: float, via: Via, *said: Statement) -> Observation:
    values = world.manager_says(at(when), via, *said)
    names = {name: getattr(values, name) for name in values.__slots__}
    return Observation(**{**names, "title": world.title(own_id)})


def test_a_title_added_again_begins_anew() -> None:
    """Its own id is another one: the failure of its former life is none of its business."""
    world = _film()
    house = House(world)
    house.survey(at(0))
    grab = Grab(items=frozenset({MOVIE}), at=at(1), protocol="torrent")
    download = Subject(download="a" * 40)
    there = (
        Statement(value=Title(present=True, monitored=True)),
        Statement(value=Wanted(monitored=True, released=True), subject=Subject(item=MOVIE)),
        Statement(value=File(present=False), subject=Subject(item=MOVIE)),
    )

    def survey(own_id: str, when: float, *more: Statement) -> None:
        seen = [_titled(own_id, world, when, Via.SURVEY, *there, *more)]
        house.keep(
            house.tracker.survey(MANAGER, world.manager_service, at(when), seen, (), at(when))
        )

    survey("m603", 2, Statement(value=grab, subject=download))
    assert house.of(world).stage is Stage.GRABBING
    late = _titled("m700", world, 3, Via.PUSH, there[0])
    house.push(late, now=at(3))
    assert house.of(world).service_ids[MANAGER] == "m603"  # only a survey knows
    survey("m700", 4)
    assert house.of(world).stage is Stage.SEARCHING
    assert house.of(world).service_ids[MANAGER] == "m700"


def _by_hand(world: World) -> Opening:
    return Opening(origin=Origin.SONARR, created_at=at(0), items=frozenset({world.items[0]}))


def test_a_wish_does_not_end_with_what_was_there_before_it() -> None:
    """One episode, fetched by hand, is no season: the manager is asked again first."""
    world = World(
        media_type=MediaType.SERIES,
        tmdb=95396,
        seasons=frozenset({1}),
        items=SEASON_1,
        managed=True,
        status=AskStatus.ABSENT,
        playable={SEASON_1[0]},
        files={SEASON_1[0]},
    )
    house = House(world)
    first = Subject(item=SEASON_1[0])
    said = _titled(
        "m95396", world, 0, Via.SURVEY, Statement(value=Title(present=True, monitored=True))
    )
    names = {name: getattr(said, name) for name in said.__slots__}
    opened = Observation(**{**names, "opening": _by_hand(world)})
    file = _titled(
        "m95396", world, 0, Via.SURVEY, Statement(value=File(present=True), subject=first)
    )
    house.push(opened, file, now=at(0))
    world.status = AskStatus.APPROVED
    house.push(world.seerr(at(1), Via.PUSH), now=at(1))
    adopted: Request = house.of(world)
    for seen in world.library_survey(at(2), house.tracker):
        one = {name: getattr(seen, name) for name in seen.__slots__}
        house.push(Observation(**{**one, "statements": seen.statements[:1]}), now=at(2))
    assert adopted.stage is Stage.AVAILABLE
    assert adopted.is_open
    house.survey(at(3))
    assert adopted.is_open
    assert adopted.status.items[SEASON_1[1]] is Stage.SEARCHING
    world.files, world.playable = set(SEASON_1), set(SEASON_1)
    house.survey(at(4))
    assert not adopted.is_open


def test_a_wish_for_what_is_there_already_ends_with_the_next_word() -> None:
    """The manager names nothing new, and that is enough."""
    world = World(
        media_type=MediaType.SERIES,
        tmdb=95396,
        seasons=frozenset({1}),
        items=SEASON_1[:1],
        managed=True,
        status=AskStatus.APPROVED,
        files={SEASON_1[0]},
        playable={SEASON_1[0]},
    )
    house = House(world)
    house.survey(at(1))
    house.survey(at(2))
    assert house.of(world).stage is Stage.AVAILABLE
    assert not house.of(world).is_open


def test_a_pending_wish_for_what_is_not_aired_is_unreleased() -> None:
    """Somebody monitors it already: nothing can be found before its day."""
    world = World(managed=True, release_at={MOVIE: at(10_000)})
    house = House(world)
    house.survey(at(0))
    assert house.of(world).stage is Stage.UNRELEASED


def test_a_wish_does_not_end_with_what_pushes_tell_of_it() -> None:
    """A push names its own episode: that it can be watched does not make a season whole."""
    world = World(
        media_type=MediaType.SERIES,
        tmdb=95396,
        seasons=frozenset({1}),
        items=SEASON_1,
        managed=True,
        status=AskStatus.APPROVED,
        files={SEASON_1[0]},
        playable={SEASON_1[0]},
    )
    house = House(world)
    house.push(world.seerr(at(0), Via.PUSH), now=at(0))
    first = Statement(value=File(present=True), subject=Subject(item=SEASON_1[0]))
    house.push(world.manager_says(at(1), Via.PUSH, first), now=at(1))
    for seen in world.library_survey(at(2), house.tracker):
        names = {name: getattr(seen, name) for name in seen.__slots__}
        house.push(Observation(**{**names, "statements": seen.statements[:1]}), now=at(2))
    assert house.of(world).stage is Stage.AVAILABLE
    assert house.of(world).is_open
    house.survey(at(3))
    assert house.of(world).status.items[SEASON_1[1]] is Stage.SEARCHING


def test_pushes_that_come_late_do_not_end_what_was_added_again() -> None:
    """That it was deleted is told twice, long after; only looks can make that certain."""
    world = World(status=AskStatus.ABSENT, managed=True)
    house = House(world)
    title = Statement(value=Title(present=True, monitored=True))
    said = _titled("m603", world, 0, Via.SURVEY, title)
    opening = Opening(origin=Origin.RADARR, created_at=at(0), items=frozenset({MOVIE}))
    house.push(replace(said, opening=opening), now=at(0))
    gone = Statement(value=Title(present=False))
    for minutes in (1, 12):
        house.push(_titled("m603", world, minutes, Via.PUSH, gone), now=at(minutes))
    (request,) = house.tracker.requests.values()
    assert request.is_open
    for minutes in (13, 24):
        house.survey(at(minutes))
    assert request.is_open
    world.managed = False
    for minutes in (25, 36):
        house.survey(at(minutes))
    assert request.stage is Stage.DELETED
    assert not request.is_open
