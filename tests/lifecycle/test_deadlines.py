"""Deadlines raise a flag when a stage takes too long, and nothing but a flag."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.media_status.lifecycle.deadlines import DEFAULTS, Deadlines
from custom_components.media_status.lifecycle.explain import Setup
from custom_components.media_status.lifecycle.facts import (
    AskStatus,
    File,
    Grab,
    Playable,
    Queue,
    QueuePhase,
    Transfer,
    TransferPhase,
    Verdict,
    Wanted,
)
from custom_components.media_status.lifecycle.model import MOVIE, ItemKey, MediaType, Service, Stage
from custom_components.media_status.lifecycle.tracker import Tracker, TrackerOptions

from .anime_world import AnimeHouse, AnimeWorld
from .test_anime_convergence import STEP, Life, lives
from .wish import EPISODES, Wish, about
from .world import House, Load, World, at

LIMITS = st.none() | st.integers(0, 200).map(lambda minutes: timedelta(minutes=minutes))
DEADLINES = st.builds(
    Deadlines,
    chosen=st.dictionaries(st.sampled_from(Stage), LIMITS),
    usual=st.dictionaries(
        st.tuples(st.sampled_from(MediaType), st.sampled_from(Stage)),
        st.integers(0, 200).map(lambda minutes: timedelta(minutes=minutes)),
    ),
)


def _minutes(stage: Stage) -> float:
    return DEFAULTS[stage] / timedelta(minutes=1)


def _film(**more: object) -> World:
    world = World(status=AskStatus.APPROVED, managed=True)
    for name, value in more.items():
        setattr(world, name, value)
    return world


def _options(deadlines: Deadlines) -> TrackerOptions:
    services = frozenset(Service)
    return TrackerOptions(setup=Setup(services=services, deadlines=deadlines))


@given(lives(), DEADLINES)
def test_a_deadline_changes_no_stage(life: Life, deadlines: Deadlines) -> None:
    """Whatever is late, every item stands where its facts put it."""
    houses = [
        AnimeHouse(
            AnimeWorld(
                media_type=life[0][0].media_type, items=life[0][0].items, seasons=life[0][0].seasons
            ),
            options=options,
        )
        for options in (None, _options(deadlines))
    ]
    for step, (world, _) in enumerate(life):
        for house in houses:
            house.worlds = [world]
            house.survey(at(step * STEP))
            house.keep(house.tracker.tick(at(step * STEP + 10)))
        assert houses[0].stages(world) == houses[1].stages(world)


def test_what_waits_too_long_is_stuck_until_it_moves() -> None:
    """The flag comes by time alone, says since when, and goes with the next fact."""
    world = _film(files={MOVIE})
    house = House(world)
    house.survey(at(0))
    limit = _minutes(Stage.SYNCING_LIBRARY)
    assert house.tracker.tick(at(limit - 1)) == []
    (change,) = house.tracker.tick(at(limit))
    status = change.request.status
    assert change.visible
    assert change.before is None
    assert (status.stage, status.stuck) == (Stage.SYNCING_LIBRARY, True)
    assert status.explanation is not None
    assert (status.explanation.code, status.explanation.is_overdue) == ("waiting_library", True)
    assert status.explanation.since == at(limit)
    world.playable = {MOVIE}
    house.survey(at(limit + 1))
    assert (house.of(world).stage, house.of(world).status.stuck) == (Stage.AVAILABLE, False)


def test_a_search_has_no_deadline() -> None:
    """What nobody offers yet may take for ever; so may an approval and a release."""
    for world in (_film(), World(), _film(release_at={MOVIE: at(10**6)})):
        house = House(world)
        house.survey(at(0))
        assert house.tracker.tick(at(10**5)) == []
        assert not house.of(world).status.stuck


def test_a_slow_download_that_moves_is_not_late() -> None:
    """Only one that stands still is."""
    world = _film()
    load = Load(key="a" * 40, items=frozenset({MOVIE}), grabbed=at(0), progress=0.1)
    world.loads[load.key] = load
    house = House(world)
    minute = 0
    while minute < 3 * _minutes(Stage.DOWNLOADING):
        load.progress += 0.002
        house.survey(at(minute))
        minute += 30
    assert not house.of(world).status.stuck
    house.survey(at(minute + 120))
    house.keep(house.tracker.tick(at(minute + 120)))
    assert house.of(world).status.stuck


def test_a_request_that_never_reached_the_manager_is_late() -> None:
    """Its items are not known, so the request itself has the deadline."""
    world = World(
        media_type=MediaType.SERIES, items=(), seasons=frozenset({1}), status=AskStatus.APPROVED
    )
    house = House(world)
    house.survey(at(0))
    (change,) = house.tracker.tick(at(_minutes(Stage.APPROVED)))
    explanation = change.request.status.explanation
    assert explanation is not None
    assert (explanation.code, explanation.is_overdue) == ("not_in_manager", True)


def test_one_late_episode_is_explained_while_others_move() -> None:
    """The one that does not appear is the news, not the one that downloads."""
    first, second = ItemKey(1, 1), ItemKey(1, 2)
    world = World(
        media_type=MediaType.SERIES,
        items=(first, second),
        seasons=frozenset({1}),
        status=AskStatus.APPROVED,
        managed=True,
        files={first},
    )
    world.loads["a" * 40] = Load(key="a" * 40, items=frozenset({second}), grabbed=at(0))
    house = House(world)
    house.survey(at(0))
    limit = _minutes(Stage.SYNCING_LIBRARY)
    house.keep(house.tracker.tick(at(limit)))
    status = house.of(world).status
    assert (status.stage, status.stuck) == (Stage.DOWNLOADING, True)
    assert status.explanation is not None
    assert status.explanation.code == "waiting_library"


def test_what_is_usual_counts_and_what_was_chosen_counts_more() -> None:
    """The household's word wins over its history, its history over our guess."""
    hour = timedelta(hours=1)
    usual = {(MediaType.MOVIE, Stage.IMPORTING): hour / 2, (MediaType.MOVIE, Stage.SEARCHING): hour}
    deadlines = Deadlines(usual=usual)
    assert deadlines.limit(MediaType.MOVIE, Stage.IMPORTING) == hour / 2
    assert deadlines.limit(MediaType.SERIES, Stage.IMPORTING) == DEFAULTS[Stage.IMPORTING]
    assert deadlines.limit(MediaType.MOVIE, Stage.SEARCHING) is None
    chosen = Deadlines(usual=usual, chosen={Stage.IMPORTING: None, Stage.SEARCHING: hour})
    assert chosen.limit(MediaType.MOVIE, Stage.IMPORTING) is None
    assert chosen.limit(MediaType.MOVIE, Stage.SEARCHING) == hour


def test_what_always_went_quickly_may_take_a_quarter_of_an_hour() -> None:
    """Nobody is bothered for a minute."""
    quick = {(MediaType.MOVIE, Stage.IMPORTING): timedelta(seconds=20)}
    deadlines = Deadlines(usual=quick)
    assert deadlines.limit(MediaType.MOVIE, Stage.IMPORTING) == timedelta(minutes=15)


def _downloads(transfer: Transfer | None, queue: Queue | None) -> Wish:
    """Return a film that downloads from the start on."""
    wish = Wish()
    wish.says(0, about(Grab(items=frozenset({MOVIE}), at=at(0)), "a"))
    if transfer is not None:
        wish.client_says(0, about(transfer, "a"))
    if queue is not None:
        wish.says(0, about(queue, "a"))
    assert wish.stage() is Stage.DOWNLOADING
    return wish


_MOVES = Transfer(present=True, phase=TransferPhase.DOWNLOADING, speed=1)
_QUEUED = Queue(present=True, phase=QueuePhase.DOWNLOADING, size=9, left=5)


@pytest.mark.parametrize(
    ("transfer", "queue", "is_late"),
    [
        (_MOVES, None, False),
        (replace(_MOVES, speed=0), None, True),
        (replace(_MOVES, phase=TransferPhase.STALLED), None, True),
        (None, _QUEUED, True),
        (None, replace(_QUEUED, phase=QueuePhase.PAUSED), True),
        (replace(_MOVES, speed=0), _QUEUED, True),
        (_MOVES, _QUEUED, False),
    ],
)
def test_only_what_stands_still_is_late(
    transfer: Transfer | None, queue: Queue | None, *, is_late: bool
) -> None:
    """A queue that has not changed for so long does not move."""
    wish = _downloads(transfer, queue)
    wish.house.tracker.tick(at(_minutes(Stage.DOWNLOADING)))
    assert wish.status.stuck is is_late


@pytest.mark.parametrize(
    ("queue", "is_late"),
    [
        (_QUEUED, False),
        (replace(_QUEUED, left=0), True),
        (replace(_QUEUED, left=None), True),
        (replace(_QUEUED, phase=QueuePhase.PAUSED), True),
        (Queue(present=False), True),
    ],
)
def test_a_queue_that_moved_within_the_hour_moves(queue: Queue, *, is_late: bool) -> None:
    """For clients that only the manager sees."""
    limit = _minutes(Stage.DOWNLOADING)
    wish = _downloads(replace(_MOVES, speed=0), None)
    wish.says(limit - 30, about(queue, "a"))
    wish.house.tracker.tick(at(limit))
    assert wish.status.stuck is is_late
    wish.house.tracker.tick(at(limit + 29))
    assert wish.status.stuck is is_late
    wish.house.tracker.tick(at(limit + 30))
    assert wish.status.stuck


def test_a_client_without_the_download_moves_nothing() -> None:
    """Whatever it said of it before it was gone."""
    wish = _downloads(None, replace(_QUEUED, phase=QueuePhase.PAUSED))
    gone = Transfer(present=False, phase=TransferPhase.DOWNLOADING, speed=1)
    wish.client_says(1, about(gone, "a"))
    wish.house.tracker.tick(at(_minutes(Stage.DOWNLOADING)))
    assert wish.status.stuck


def test_a_client_that_moves_says_nothing_about_the_import() -> None:
    """The manager imports what is there; that takes as long as an import may take."""
    wish = _downloads(_MOVES, None)
    wish.says(1, about(Queue(present=True, phase=QueuePhase.IMPORT_PENDING), "a"))
    wish.house.tracker.tick(at(1 + _minutes(Stage.IMPORTING)))
    assert wish.status.stuck


def test_the_next_deadline_is_told_ahead() -> None:
    """Of several the first, and what has none does not matter."""
    first, second = EPISODES[:2]
    wish = Wish(*EPISODES)
    out = about(Wanted(monitored=True, released=True), EPISODES[2])
    wish.says(0, about(File(present=True), first), out)
    wish.says(5, about(File(present=True), second))
    limit = _minutes(Stage.SYNCING_LIBRARY)
    assert wish.house.tracker.tick(at(limit - 1)) == []
    (change,) = wish.house.tracker.tick(at(limit))
    assert change.stuck
    assert wish.explanation.since == at(limit)
    assert wish.house.tracker.tick(at(limit + 4)) == []
    wish.says(limit + 4, about(Playable(present=True), first), service=Service.JELLYFIN)
    assert not wish.status.stuck
    (change,) = wish.house.tracker.tick(at(limit + 5))
    assert change.stuck


def test_what_is_usual_for_films_counts_for_films() -> None:
    """Not for series, and only at its stage."""
    usual = {(MediaType.MOVIE, Stage.SYNCING_LIBRARY): timedelta(minutes=20)}
    for wish, is_late in ((Wish(), True), (Wish(*EPISODES), False)):
        item = MOVIE if is_late else EPISODES[0]
        wish.says(0, about(File(present=True), item))
        list(wish.house.tracker.reconsider(_options(Deadlines(usual=usual)), at(19)))
        assert not wish.status.stuck
        wish.house.tracker.tick(at(20))
        assert wish.status.stuck is is_late


def test_a_new_stage_has_all_its_time() -> None:
    """However long the one before took."""
    wish = Wish()
    wish.says(0, about(Wanted(monitored=True, released=True), MOVIE))
    wish.says(5000, about(Grab(items=frozenset({MOVIE}), at=at(5000)), "a"))
    assert not wish.status.stuck
    limit = 5000 + _minutes(Stage.GRABBING)
    assert wish.house.tracker.tick(at(limit - 1)) == []
    (change,) = wish.house.tracker.tick(at(limit))
    assert change.stuck


def test_what_a_person_decided_is_never_late() -> None:
    """They do not wait any more."""
    wish = Wish(*EPISODES, managed=False)
    wish.house.tracker.decide(wish.request.id, Verdict.AVAILABLE, None, at(1))
    wish.request.ended_at = None
    tracker = Tracker(new_id=lambda: "new")
    tracker.restore([wish.request], [], at(10**6))
    tracker.tick(at(10**6))
    assert not wish.status.stuck


def test_what_the_manager_was_told_not_to_fetch_is_not_late() -> None:
    """That is what is said, not how long it has been so."""
    wish = Wish()
    wish.says(0, about(Wanted(monitored=False, released=True), MOVIE))
    assert (wish.stage(), wish.explanation.code) == (Stage.APPROVED, "not_monitored")
    wish.house.tracker.tick(at(10**5))
    assert not wish.explanation.is_overdue


def test_what_has_ended_is_not_looked_at_again() -> None:
    """Decided or forgotten, although it would have been late by then."""
    for is_forgotten in (False, True):
        wish = Wish()
        tracker = wish.house.tracker
        wish.says(1, about(File(present=True), MOVIE))
        if is_forgotten:
            tracker.forget(wish.request, at(2))
        else:
            tracker.decide(wish.request.id, Verdict.AVAILABLE, None, at(2))
        assert tracker.tick(at(10**6)) == []
