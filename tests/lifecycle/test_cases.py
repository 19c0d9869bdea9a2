"""The predecessor's recorded failures, and the real world's edge cases, one by one."""

import pytest

from custom_components.media_status.lifecycle.facts import (
    AskStatus,
    File,
    Observation,
    Opening,
    Origin,
    Result,
    Statement,
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
from custom_components.media_status.lifecycle.tracker import TrackerOptions

from .world import MANAGER, House, Load, World, at

SEASON_1 = tuple(ItemKey(1, number) for number in range(1, 5))


def _series(**more: object) -> World:
    world = World(media_type=MediaType.SERIES, tmdb=95396, seasons=frozenset({1}), items=SEASON_1)
    for name, value in more.items():
        setattr(world, name, value)
    return world


def _approved_film(**more: object) -> World:
    world = World(status=AskStatus.APPROVED, managed=True)
    for name, value in more.items():
        setattr(world, name, value)
    return world


def test_a_film_goes_through_every_stage() -> None:
    """Each survey proves the next stage, and the timeline tells each once."""
    world = World()
    house = House(world)
    house.survey(at(0))
    assert house.of(world).stage is Stage.REQUESTED
    world.status = AskStatus.APPROVED
    house.survey(at(1))
    assert house.of(world).stage is Stage.APPROVED
    world.managed = True
    house.survey(at(2))
    assert house.of(world).stage is Stage.SEARCHING
    load = Load(
        key="a" * 40, items=frozenset({MOVIE}), grabbed=at(3), in_queue=False, in_client=False
    )
    world.loads[load.key] = load
    house.survey(at(3))
    assert house.of(world).stage is Stage.GRABBING
    load.in_queue = load.in_client = True
    load.progress = 0.5
    house.survey(at(4))
    assert house.of(world).stage is Stage.DOWNLOADING
    assert house.of(world).status.progress == pytest.approx(0.5)
    load.progress = 1.0
    house.survey(at(5))
    assert house.of(world).stage is Stage.IMPORTING
    load.result, load.ended, load.in_queue = Result.IMPORTED, at(6), False
    world.files = {MOVIE}
    house.survey(at(6))
    assert house.of(world).stage is Stage.SYNCING_LIBRARY
    world.playable = {MOVIE}
    house.survey(at(7))
    assert house.of(world).stage is Stage.AVAILABLE
    assert house.of(world).ended_at == at(7)
    assert house.of(world).id not in house.tracker.requests


def test_a_repeated_survey_changes_nothing() -> None:
    """What is already known causes no change, no timeline and no write."""
    world = _approved_film(loads={"a": Load(key="a", items=frozenset({MOVIE}), grabbed=at(0))})
    house = House(world)
    house.survey(at(1))
    assert house.survey(at(2)) == []


@pytest.mark.parametrize("times", [2, 50])
def test_a_request_told_often_is_one_request(times: int) -> None:
    """P03: the same webhook any number of times opens one request, with one timeline."""
    world = World()
    house = House(world)
    told = [
        change
        for number in range(times)
        for change in house.push(world.seerr(at(number), Via.PUSH), now=at(number))
    ]
    assert len(house.seen) == 1
    assert [entry.code for change in told for entry in change.timeline] == ["opened", "asked"]


def test_film_and_series_of_one_number_never_meet() -> None:
    """P04: TMDB 603 the film and TMDB 603 the series are two things."""
    film = _approved_film(request_id="1")
    series = _series(tmdb=603, request_id="2", status=AskStatus.APPROVED, managed=True)
    series.manager = "sonarr-1"
    film.files = film.playable = {MOVIE}
    house = House(film, series)
    house.survey(at(1))
    assert house.of(film).stage is Stage.AVAILABLE
    assert house.of(series).stage is Stage.SEARCHING


def test_season_two_beside_season_one() -> None:
    """P05, P58: two requests for two seasons of one series keep apart."""
    one = _series(request_id="1", status=AskStatus.APPROVED, managed=True)
    one.files = one.playable = set(SEASON_1)
    two = _series(request_id="2", status=AskStatus.APPROVED, managed=True)
    two.seasons = frozenset({2})
    two.items = (ItemKey(2, 1), ItemKey(2, 2))
    house = House(one, two)
    house.survey(at(1))
    assert house.of(one).stage is Stage.AVAILABLE
    assert house.of(two).stage is Stage.SEARCHING
    assert set(house.of(two).status.items) == set(two.items)


def test_seasons_that_are_taken_out_of_a_request_are_not_waited_for() -> None:
    """Seerr lets whoever approves leave seasons out; its list says what is asked for now."""
    items = tuple(ItemKey(season, 1) for season in (1, 2))
    world = World(media_type=MediaType.SERIES, seasons=frozenset({1, 2}), items=items)
    house = House(world)
    house.push(world.seerr(at(0), Via.PUSH), now=at(0))
    world.managed, world.status = True, AskStatus.APPROVED
    house.survey(at(1))
    assert set(house.of(world).items) == set(items)
    world.seasons = frozenset({1})
    world.files = world.playable = {ItemKey(1, 1)}
    house.survey(at(2))
    assert house.stages(world) == (Stage.AVAILABLE, {ItemKey(1, 1): Stage.AVAILABLE})


def test_a_season_that_is_put_back_has_its_episodes_at_once() -> None:
    """The manager says nothing new of them: what it said before counts again."""
    items = tuple(ItemKey(season, 1) for season in (1, 2))
    world = _series(items=items, seasons=frozenset({1, 2}), managed=True, status=AskStatus.APPROVED)
    house = House(world)
    for minutes, seasons in enumerate(({1, 2}, {1}, {1, 2})):
        world.seasons = frozenset(seasons)
        house.survey(at(minutes))
        assert {item.season for item in house.of(world).status.items} == seasons


def test_4k_beside_hd() -> None:
    """A file of the 4K instance proves nothing about the HD request, and the reverse."""
    hd = _approved_film(request_id="1", manager="hd")
    uhd = _approved_film(request_id="2", manager="uhd", is_4k=True, files={MOVIE})
    house = House(hd, uhd, options=TrackerOptions(variants={"hd": False, "uhd": True}))
    house.survey(at(1))
    assert house.of(hd).stage is Stage.SEARCHING
    assert house.of(uhd).stage is Stage.SYNCING_LIBRARY


def test_a_request_again_after_the_end_is_a_new_one() -> None:
    """P01, E15: history is closed; the same film asked again lives its own life."""
    first = _approved_film(request_id="1", files={MOVIE}, playable={MOVIE})
    house = House(first)
    house.survey(at(1))
    again = _approved_film(request_id="2")
    house.worlds = [again]
    house.survey(at(60))
    assert house.of(first).stage is Stage.AVAILABLE
    assert house.of(again).stage is Stage.SEARCHING
    late = first.seerr(at(61), Via.PUSH, AskStatus.APPROVED)
    assert house.push(late, now=at(61)) == []


def test_an_import_may_come_first() -> None:
    """P12-P18: facts skip stages; an import without grab and without download is enough."""
    world = _approved_film(managed=False)
    house = House(world)
    house.survey(at(0))
    said = world.manager_says(
        at(1), Via.PUSH, Statement(value=File(present=True), subject=Subject(item=MOVIE))
    )
    house.push(said, now=at(1))
    assert house.of(world).stage is Stage.SYNCING_LIBRARY


def test_a_grab_while_pending_is_believed() -> None:
    """P16: the webhook of the approval was lost; what follows implies it."""
    world = World(managed=True)
    house = House(world)
    house.survey(at(0))
    load = Load(key="b", items=frozenset({MOVIE}), grabbed=at(1))
    house.push(world.manager_says(at(1), Via.PUSH, world.grab(load)), now=at(1))
    assert house.of(world).stage is Stage.GRABBING


def test_a_pack_and_single_episodes() -> None:
    """P08, P66: several downloads serve one season; progress is weighted by size."""
    world = _series(status=AskStatus.APPROVED, managed=True)
    pack = Load(key="p", items=frozenset(SEASON_1[:3]), grabbed=at(1), progress=1.0)
    single = Load(key="s", items=frozenset(SEASON_1[3:]), grabbed=at(1), progress=0.2)
    world.loads = {"p": pack, "s": single}
    house = House(world)
    house.survey(at(2))
    request = house.of(world)
    assert request.stage is Stage.DOWNLOADING
    assert request.status.progress == pytest.approx(0.6)
    pack.result, pack.ended, pack.in_queue = Result.IMPORTED, at(3), False
    world.files = set(pack.items)
    house.survey(at(3))
    assert house.of(world).status.progress == pytest.approx(0.6)
    assert house.of(world).status.counts.imported == 3
    assert house.of(world).status.counts.downloading == 1


def test_a_failed_download_fails_until_the_next_grab() -> None:
    """P11, P25: failed is said with its reason, and a new grab overcomes it."""
    world = _approved_film()
    load = Load(key="f", items=frozenset({MOVIE}), grabbed=at(1), in_queue=False, in_client=False)
    load.result, load.ended = Result.FAILED, at(2)
    world.loads = {"f": load}
    house = House(world)
    house.survey(at(3))
    assert house.of(world).stage is Stage.FAILED
    world.loads["g"] = Load(key="g", items=frozenset({MOVIE}), grabbed=at(4), progress=0.1)
    house.survey(at(5))
    assert house.of(world).stage is Stage.DOWNLOADING


def test_a_vanished_download_is_searched_again() -> None:
    """A download that neither queue nor client shows any more leads nowhere."""
    world = _approved_film()
    load = Load(key="v", items=frozenset({MOVIE}), grabbed=at(1), progress=0.3)
    world.loads = {"v": load}
    house = House(world)
    house.survey(at(2))
    load.in_queue = load.in_client = False
    house.survey(at(10))
    assert house.of(world).stage is Stage.SEARCHING


def test_what_is_not_aired_is_not_missing() -> None:
    """P57, E16: all aired episodes there is available; the next one airing opens it up again."""
    world = _series(status=AskStatus.APPROVED, managed=True)
    world.release_at = {SEASON_1[3]: at(100)}
    world.files = world.playable = set(SEASON_1[:3])
    house = House(world)
    house.survey(at(1))
    request = house.of(world)
    assert request.stage is Stage.AVAILABLE
    assert request.status.counts.unreleased == 1
    assert request.is_open
    house.keep(house.tracker.tick(at(101)))
    assert house.of(world).stage is Stage.PARTIALLY_AVAILABLE


def test_nothing_out_yet_is_unreleased_with_a_date() -> None:
    """Waiting for a release is neither searching nor stuck."""
    world = _approved_film()
    world.release_at = {MOVIE: at(60 * 24 * 30)}
    house = House(world)
    house.survey(at(1))
    status = house.of(world).status
    assert status.stage is Stage.UNRELEASED
    assert not status.stuck
    assert status.explanation is not None
    assert status.explanation.values == {"date": "2026-12-20"}


def test_an_upgrade_never_moves_an_available_episode_back() -> None:
    """P62: a new grab, download and import of what is there changes nothing a person sees."""
    world = _series(status=AskStatus.APPROVED, managed=True)
    world.release_at = {SEASON_1[3]: at(10_000)}
    world.files = world.playable = set(SEASON_1[:3])
    house = House(world)
    house.survey(at(1))
    world.loads["u"] = Load(key="u", items=frozenset(SEASON_1[:1]), grabbed=at(2), progress=0.4)
    house.survey(at(3))
    assert house.of(world).stage is Stage.AVAILABLE


def test_between_two_files_of_an_upgrade_it_stays_available() -> None:
    """P62, promise 3: one look that misses an episode proves nothing; looks far apart do."""
    world = _series(status=AskStatus.APPROVED, managed=True)
    world.release_at = {SEASON_1[3]: at(10_000)}
    world.files = world.playable = set(SEASON_1[:3])
    house = House(world)
    house.survey(at(1))
    world.playable = set(SEASON_1[1:3])
    house.survey(at(2))
    house.survey(at(8))
    assert house.of(world).stage is Stage.AVAILABLE
    world.playable = set(SEASON_1[:3])
    house.survey(at(9))
    world.playable = set(SEASON_1[1:3])
    house.survey(at(14))
    assert house.of(world).stage is Stage.AVAILABLE
    house.survey(at(25))
    assert house.of(world).status.items[SEASON_1[0]] is Stage.SYNCING_LIBRARY


def test_nobody_asked_but_it_was_grabbed() -> None:
    """P07: a film added by hand in Radarr opens a request, and Seerr may claim it later."""
    world = World(managed=True)
    opening = Opening(origin=Origin.RADARR, created_at=at(1), items=frozenset({MOVIE}))
    load = Load(key="h", items=frozenset({MOVIE}), grabbed=at(1))
    seen = Observation(
        connection_id=MANAGER,
        service=Service.RADARR,
        via=Via.SURVEY,
        seen_at=at(1),
        title=world.title("m603"),
        statements=(world.grab(load),),
        opening=opening,
    )
    house = House(world)
    house.push(seen, now=at(1))
    (request,) = house.seen.values()
    assert (request.origin, request.stage) == (Origin.RADARR, Stage.GRABBING)
    world.status = AskStatus.APPROVED
    house.push(world.seerr(at(2), Via.PUSH), now=at(2))
    assert [found.origin for found in house.seen.values()] == [Origin.SEERR]


def test_hand_added_requests_can_be_switched_off() -> None:
    """The option keeps grabs that nobody requested out."""
    world = World(managed=True)
    opening = Opening(origin=Origin.RADARR, created_at=at(1), items=frozenset({MOVIE}))
    seen = Observation(
        connection_id=MANAGER,
        service=Service.RADARR,
        via=Via.SURVEY,
        seen_at=at(1),
        title=world.title("m603"),
        opening=opening,
    )
    house = House(world, options=TrackerOptions(track_manual=False))
    assert house.push(seen, now=at(1)) == []
