"""Deadlines raise a flag when a stage takes too long, and nothing but a flag."""

from datetime import timedelta

from hypothesis import given, strategies as st

from custom_components.media_status.lifecycle.deadlines import DEFAULTS, Deadlines
from custom_components.media_status.lifecycle.explain import Setup
from custom_components.media_status.lifecycle.facts import AskStatus
from custom_components.media_status.lifecycle.model import MOVIE, ItemKey, MediaType, Service, Stage
from custom_components.media_status.lifecycle.tracker import TrackerOptions

from .anime_world import AnimeHouse, AnimeWorld
from .test_anime_convergence import STEP, Life, lives
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
