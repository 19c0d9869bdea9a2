"""Turns that real households take: wishes edited, services replaced, ids given anew."""

from dataclasses import replace

from custom_components.media_status.lifecycle.explain import Setup
from custom_components.media_status.lifecycle.facts import (
    AskStatus,
    FactKind,
    File,
    Grab,
    Observation,
    Opening,
    Origin,
    Queue,
    QueuePhase,
    Statement,
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
from custom_components.media_status.lifecycle.request import Request
from custom_components.media_status.lifecycle.tracker import Tracker, TrackerOptions

from .world import CLIENT, MANAGER, SEERR, House, Load, World, at

ONE = tuple(ItemKey(1, number) for number in (1, 2))
TWO = tuple(ItemKey(2, number) for number in (1, 2))
DAY = 24 * 60


def _series(**more: object) -> World:
    world = World(
        media_type=MediaType.SERIES,
        tmdb=95396,
        seasons=frozenset({1}),
        items=ONE,
        status=AskStatus.APPROVED,
        managed=True,
    )
    for name, value in more.items():
        setattr(world, name, value)
    return world


def _film(**more: object) -> World:
    world = World(status=AskStatus.APPROVED, managed=True)
    for name, value in more.items():
        setattr(world, name, value)
    return world


def _restored(request: Request, *, connections: frozenset[str] | None = None) -> Tracker:
    tracker = Tracker(new_id=lambda: "new")
    tracker.restore([request], [], at(60), connections=connections)
    return tracker


def test_a_pushed_body_takes_no_season_away() -> None:
    """What the survey listed stays until a survey lists something else."""
    world = _series(seasons=frozenset({1, 2}), items=ONE + TWO)
    house = House(world)
    house.survey(at(1))
    world.seasons = frozenset({1})
    house.push(world.seerr(at(2), Via.PUSH), now=at(2))
    assert house.of(world).seasons == {1, 2}


def test_an_episode_that_was_taken_off_the_list_is_not_waited_for() -> None:
    """TVDB counts anew; Sonarr no longer knows the last episode, and nothing will bring it."""
    world = _series(files={ONE[0]}, playable={ONE[0]})
    house = House(world)
    house.survey(at(1))
    gone = Subject(item=ONE[1])
    said = world.manager_says(
        at(2),
        Via.SURVEY,
        Statement(value=Wanted(monitored=False, released=False), subject=gone),
        Statement(value=File(present=False), subject=gone),
    )
    house.push(said, now=at(2))
    assert house.of(world).stage is Stage.AVAILABLE
    assert not house.of(world).is_open


def test_a_season_that_the_manager_does_not_know_yet_keeps_the_wish_open() -> None:
    """Season 2 is announced, without episodes; when they come they belong to the request."""
    world = _series(seasons=frozenset({1, 2}))
    world.files = world.playable = set(ONE)
    house = House(world)
    house.survey(at(1))
    assert house.of(world).is_open
    world.items = ONE + TWO
    house.survey(at(2))
    assert house.of(world).stage is Stage.PARTIALLY_AVAILABLE
    world.files = world.playable = set(ONE + TWO)
    house.survey(at(3))
    assert not house.of(world).is_open


def test_seerr_calling_it_complete_ends_the_wait_for_an_unknown_season() -> None:
    """Seerr counts seasons as TMDB does; when it has all it asked for, nothing is missing."""
    world = _series(seasons=frozenset({1, 2}), status=AskStatus.APPROVED)
    world.files = world.playable = set(ONE)
    house = House(world)
    house.survey(at(1))
    world.status = AskStatus.COMPLETED
    house.survey(at(2))
    assert not house.of(world).is_open


def test_declined_becomes_history_after_a_while() -> None:
    """Nobody comes back to it for a day: it ends, and does not come back by itself."""
    world = World(status=AskStatus.DECLINED)
    house = House(world)
    house.push(world.seerr(at(0), Via.PUSH, AskStatus.PENDING), now=at(0))
    house.survey(at(1))
    house.survey(at(DAY / 2))
    assert house.of(world).is_open
    house.survey(at(DAY + 2))
    assert house.of(world).stage is Stage.DECLINED
    assert not house.of(world).is_open
    house.survey(at(DAY + 10))
    assert len(house.seen) == 1


def test_approved_long_after_it_was_declined_is_followed() -> None:
    """The ended request stays history; the wish lives on in a new one."""
    world = World(status=AskStatus.DECLINED)
    house = House(world)
    house.push(world.seerr(at(0), Via.PUSH, AskStatus.PENDING), now=at(0))
    house.survey(at(1))
    house.survey(at(DAY + 2))
    world.status = AskStatus.APPROVED
    house.survey(at(DAY + 20))
    (request,) = house.tracker.requests.values()
    assert request.stage is Stage.APPROVED


def test_a_wish_that_is_there_again_after_it_was_gone_is_followed() -> None:
    """Seerr showed an empty list for a while (another key, a restored backup)."""
    world = World(status=AskStatus.PENDING)
    house = House(world)
    house.survey(at(0))
    world.status = AskStatus.ABSENT
    house.survey(at(1))
    house.survey(at(20))
    assert house.of(world).stage is Stage.DELETED
    world.status = AskStatus.APPROVED
    house.survey(at(30))
    (request,) = house.tracker.requests.values()
    assert request.stage is Stage.APPROVED


def test_an_own_id_that_was_given_anew_means_the_other_title() -> None:
    """A manager's database was rebuilt: its number 5 is another film now."""
    world = _film()
    house = House(world)
    house.survey(at(1))
    own_id = house.of(world).service_ids[MANAGER]
    other = Observation(
        connection_id=MANAGER,
        service=Service.RADARR,
        via=Via.PUSH,
        seen_at=at(2),
        title=TitleRef(
            media_type=MediaType.MOVIE, ids=ProviderIds(tmdb=11), service_id=own_id, title="Other"
        ),
        statements=(Statement(value=File(present=True), subject=Subject(item=MOVIE)),),
        opening=Opening(origin=Origin.RADARR, created_at=at(2), items=frozenset({MOVIE})),
    )
    house.push(other, now=at(2))
    assert house.of(world).stage is Stage.SEARCHING
    assert {request.ids.tmdb for request in house.tracker.requests.values()} == {603, 11}


def test_one_unmonitored_episode_does_not_stop_the_search() -> None:
    """Sonarr looks for the other one: the season is searched, and nobody has to act."""
    world = _series()
    house = House(world)
    house.survey(at(1))
    switched_off = Statement(
        value=Wanted(monitored=False, release_at=at(-1000)), subject=Subject(item=ONE[0])
    )
    house.push(world.manager_says(at(2), Via.SURVEY, switched_off), now=at(2))
    assert house.of(world).stage is Stage.SEARCHING
    assert not house.of(world).status.stuck


def test_a_connection_that_was_removed_says_nothing_any_more() -> None:
    """Its last words would hold the request where it stood for ever."""
    load = Load(key="q", items=frozenset({MOVIE}), grabbed=at(0), progress=0.5)
    world = _film(loads={"q": load})
    house = House(world)
    house.survey(at(1))
    request = house.of(world)
    assert request.stage is Stage.DOWNLOADING
    tracker = _restored(request, connections=frozenset({SEERR, CLIENT}))
    tracker.tick(at(60))
    assert tracker.requests[request.id].stage is Stage.APPROVED
    assert request.status.progress is None
    assert MANAGER not in request.service_ids


def test_a_seerr_that_was_added_anew_finds_its_requests() -> None:
    """The connection has another id; the wish is the same and stays one request."""
    world = _film()
    house = House(world)
    house.survey(at(1))
    request = house.of(world)
    tracker = _restored(request, connections=frozenset({"seerr-2", MANAGER}))
    again = replace(world.seerr(at(61), Via.SURVEY), connection_id="seerr-2")
    tracker.survey("seerr-2", Service.SEERR, at(61), [again], {FactKind.ASK}, at(61))
    assert list(tracker.requests) == [request.id]
    assert request.service_ids["seerr-2"] == world.request_id


def test_two_wishes_for_one_film_stay_two() -> None:
    """Another request id is another wish: the first one is somebody's own."""
    house = House(World(request_id="1"), World(request_id="2"))
    house.survey(at(0))
    house.survey(at(1))
    assert len(house.tracker.requests) == 2


def test_what_changed_by_time_alone_while_we_were_away_is_told() -> None:
    """An episode aired while Home Assistant was down: the next tick says so."""
    world = _series()
    world.release_at = dict.fromkeys(ONE, at(30))
    house = House(world)
    house.survey(at(1))
    request = house.of(world)
    assert request.stage is Stage.UNRELEASED
    (change,) = _restored(request).tick(at(60))
    assert change.before is Stage.UNRELEASED
    assert change.request.stage is Stage.SEARCHING


def test_a_request_whose_end_was_not_stored_ends_after_the_restart() -> None:
    """The journal holds it as open although everything is there."""
    world = _film(files={MOVIE}, playable={MOVIE})
    house = House(world)
    house.survey(at(1))
    request = house.of(world)
    request.ended_at = None
    tracker = _restored(request)
    (change,) = tracker.tick(at(60))
    assert change.ended
    assert not tracker.requests


def test_a_silent_torrent_client_does_not_explain_a_usenet_download() -> None:
    """What qBittorrent does not say matters only to what it downloads."""
    world = _film()
    house = House(world, options=TrackerOptions(setup=Setup(down={Service.QBITTORRENT: at(0)})))
    house.survey(at(1))
    subject = Subject(download="sab-1")
    grab = Grab(items=frozenset({MOVIE}), at=at(1), protocol="usenet")
    queue = Queue(present=True, phase=QueuePhase.DOWNLOADING, size=100, left=50)
    said = (Statement(value=grab, subject=subject), Statement(value=queue, subject=subject))
    house.push(world.manager_says(at(2), Via.SURVEY, *said), now=at(2))
    explanation = house.of(world).status.explanation
    assert explanation is not None
    assert explanation.code == "downloading"


def test_long_series_are_taken_in_small_steps() -> None:
    """Promise 5: a step's work is bounded by what is known, not by the number of requests."""
    items = tuple(ItemKey(1, number) for number in range(1, 101))
    worlds = [
        _series(tmdb=1000 + number, request_id=str(number), items=items) for number in range(25)
    ]
    house = House(*worlds)
    house.survey(at(1))
    facts = sum(len(request.facts) for request in house.tracker.requests.values())
    steps = list(house.tracker.reconsider(TrackerOptions(), at(2)))
    assert len(steps) >= facts / 2000


def test_since_when_each_item_is_where_it_is() -> None:
    """Every episode has its own time; what another one does changes nothing about it."""
    first, second = ItemKey(1, 1), ItemKey(1, 2)
    world = World(
        media_type=MediaType.SERIES,
        items=(first, second),
        seasons=frozenset({1}),
        status=AskStatus.APPROVED,
        managed=True,
    )
    house = House(world)
    house.survey(at(0))
    world.files = {first}
    house.survey(at(5))
    world.files = {first, second}
    house.survey(at(9))
    house.survey(at(12))
    assert house.of(world).item_since == {first: at(5), second: at(9)}
