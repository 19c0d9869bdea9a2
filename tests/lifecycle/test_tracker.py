"""What the tracker says it changed; what people decide, and what a restart leaves."""

from dataclasses import replace

import pytest

from custom_components.media_status.lifecycle.explain import Setup
from custom_components.media_status.lifecycle.facts import (
    AskStatus,
    Decision,
    FactKind,
    File,
    Grab,
    Observation,
    Opening,
    Origin,
    Playable,
    Queue,
    QueuePhase,
    Statement,
    Title,
    Transfer,
    TransferPhase,
    Verdict,
    Wanted,
)
from custom_components.media_status.lifecycle.model import MOVIE, Service, Stage, Subject, Via
from custom_components.media_status.lifecycle.tracker import Tracker, TrackerOptions

from .wish import EPISODES, Wish, about
from .world import CLIENT, MANAGER, SEERR, House, Load, World, at

ONE, TWO, THREE = EPISODES


def _tracker() -> Tracker:
    numbers = iter(range(1, 100))
    return Tracker(new_id=lambda: f"r{next(numbers)}")


# --- changes -----------------------------------------------------------------------------------


def test_a_change_says_what_to_store_and_what_to_show() -> None:
    """New and changed facts, the former stage, and that a person can see it."""
    wish = Wish()
    (change,) = wish.says(1, about(Grab(items=frozenset({MOVIE}), at=at(1)), "a"))
    assert [(fact.kind, fact.subject) for fact in change.facts.values()] == [
        (FactKind.GRAB, Subject(download="a"))
    ]
    assert (change.before, change.is_stored, change.visible) == (Stage.APPROVED, True, True)
    assert (change.opened, change.ended, change.stuck, change.dropped) == (
        False,
        False,
        None,
        set(),
    )
    assert wish.request.stage_since == at(1)
    assert wish.request.download_names == {"a": "a"}


def test_progress_is_shown_and_not_stored() -> None:
    """Figures of a download change every few seconds."""
    wish = Wish()
    wish.says(1, about(Grab(items=frozenset({MOVIE}), at=at(1)), "a"))
    phase = TransferPhase.DOWNLOADING
    moving = Transfer(present=True, phase=phase, progress=0.1, speed=1, eta_seconds=9, seeds=2)
    (change,) = wish.client_says(2, about(moving, "a"))
    assert change.facts
    further = replace(moving, progress=0.2, speed=3, eta_seconds=8, seeds=4)
    (change,) = wish.client_says(3, about(further, "a"))
    assert not change.facts
    assert change.visible
    assert wish.status.progress == 0.2
    (change,) = wish.client_says(4, about(replace(further, size=7), "a"))
    assert change.facts
    queued = Queue(present=True, phase=QueuePhase.DOWNLOADING, size=10, left=5, eta=at(9))
    (change,) = wish.says(5, about(queued, "a"))
    assert change.facts
    assert not any(
        change.facts for change in wish.says(6, about(replace(queued, left=4, eta=at(8)), "a"))
    )
    (change,) = wish.says(7, about(replace(queued, client="qb"), "a"))
    assert change.facts


def test_a_file_that_differs_is_stored() -> None:
    """Whatever is no mere progress is, and what is said again is not."""
    wish = Wish(*EPISODES)
    file = File(present=True, path="/a.mkv")
    assert wish.says(1, about(file, ONE))[0].facts
    assert wish.says(2, about(file, ONE)) == []
    assert wish.says(3, about(replace(file, size=1), ONE))[0].facts


def test_what_a_person_cannot_see_may_still_be_stored() -> None:
    """Another name of a download; it comes without a word about it."""
    wish = Wish()
    wish.says(1, about(Grab(items=frozenset({MOVIE}), at=at(1)), "v1"))
    seen = Observation(
        connection_id=CLIENT,
        service=Service.QBITTORRENT,
        via=Via.SURVEY,
        seen_at=at(2),
        download_ids=frozenset({"v1", "v2"}),
    )
    (change,) = wish.house.push(seen, now=at(2))
    assert (change.is_stored, change.visible, change.facts) == (True, False, {})
    assert wish.house.push(seen, now=at(3)) == []


def test_an_item_that_moved_is_stored_although_nothing_else_did() -> None:
    """So is another reason at the same stage."""
    wish = Wish(*EPISODES)
    wish.says(1, about(Grab(items=frozenset({ONE}), at=at(1)), "a"))
    wish.says(1, about(Wanted(monitored=True, released=True), TWO))
    before = wish.status
    (change,) = wish.says(2, about(Wanted(monitored=True, released=False), TWO))
    assert (before.stage, before.explanation) == (wish.stage(), wish.explanation)
    assert (change.is_stored, change.visible, change.before) == (True, True, None)
    options = TrackerOptions(setup=Setup(down={Service.SONARR: at(3)}))
    ((change,),) = wish.house.tracker.reconsider(options, at(4))
    assert (change.is_stored, change.visible, change.before) == (True, True, None)
    ((change,),) = wish.house.tracker.reconsider(options, at(5))
    assert (change.is_stored, change.visible) == (False, False)


def test_a_stage_without_a_beginning_begins_now() -> None:
    """An older version did not note it."""
    wish = Wish()
    request = wish.request
    request.stage_since = None
    ((change,),) = wish.house.tracker.reconsider(TrackerOptions(), at(5))
    assert (wish.request.stage_since, change.is_stored) == (at(5), True)


def test_who_is_given_up_is_not_called_healed() -> None:
    """It was stuck, and is no more; but nothing came of it."""
    wish = Wish()
    (change,) = wish.says(1, about(Wanted(monitored=False, released=True), MOVIE))
    assert change.stuck is True
    (change,) = wish.says(2, about(Wanted(monitored=True, released=True), MOVIE))
    assert change.stuck is False
    wish.says(3, about(Wanted(monitored=False, released=True), MOVIE))
    (change,) = wish.house.tracker.decide(wish.request.id, Verdict.FAILED, None, at(4))
    assert (wish.status.stuck, change.stuck) == (False, None)


def test_changes_come_in_the_order_in_which_requests_were_made() -> None:
    """Whatever order they are named in."""
    worlds = [World(tmdb=number, request_id=str(number)) for number in (3, 1, 2)]
    house = House(*worlds)
    for minute, world in enumerate(worlds):
        house.push(world.seerr(at(minute), Via.PUSH), now=at(minute))
    changes = house.push(
        *(
            world.manager_says(at(9), Via.PUSH, about(Title(present=True)))
            for world in worlds[::-1]
        ),
        now=at(9),
    )
    assert [change.request.ids.tmdb for change in changes] == [3, 1, 2]


def test_of_requests_made_at_once_the_order_is_that_of_their_ids() -> None:
    """Of others it is not."""
    ids = iter("cab")
    tracker = Tracker(new_id=lambda: next(ids))
    worlds = [World(tmdb=number, request_id=str(number)) for number in (1, 2, 3)]
    for minutes, world in zip((0, 1, 1), worlds, strict=True):
        tracker.observe([world.seerr(at(minutes), Via.PUSH)], at(minutes))
    said = [world.manager_says(at(9), Via.PUSH, about(Title(present=True))) for world in worlds]
    changes = tracker.observe(said, at(9))
    assert [change.request.id for change in changes] == ["c", "a", "b"]


def test_when_it_was_available_first_is_kept() -> None:
    """An episode that airs later does not change it; the end is when nothing more will come."""
    wish = Wish(*EPISODES)
    later = about(Wanted(monitored=True, release_at=at(100)), TWO)
    wish.says(1, about(Wanted(monitored=True, released=True), ONE), later)
    wish.request.items.discard(THREE)
    wish.says(2, about(Playable(present=True), ONE), service=Service.JELLYFIN)
    request = wish.request
    assert (wish.stage(), request.available_at, request.ended_at) == (
        Stage.AVAILABLE,
        at(2),
        None,
    )
    (change,) = wish.says(101, about(Playable(present=True), TWO), service=Service.JELLYFIN)
    assert (change.ended, change.is_stored, request.ended_at) == (True, True, at(101))
    assert request.available_at == at(2)


def test_a_survey_takes_back_what_was_pushed_before_it_began() -> None:
    """Only what the same connection said, and what it now states or would have listed."""
    wish = Wish(*EPISODES)
    tracker, world = wish.house.tracker, wish.world
    grab = about(Grab(items=frozenset({ONE}), at=at(1)), "a")
    queued = about(Queue(present=True, phase=QueuePhase.DOWNLOADING), "a")
    file = about(File(present=True), ONE)
    other = about(File(present=True), TWO)
    wish.says(1, grab, queued, file, other, via=Via.PUSH)
    wish.says(1, file, service=Service.SONARR, connection="manager-2", via=Via.PUSH)
    seen = world.manager_says(at(2), Via.SURVEY, about(File(present=False), ONE))
    changes = tracker.survey(
        MANAGER, Service.SONARR, at(2), [seen], {FactKind.QUEUE, FactKind.GRAB}, at(3)
    )
    dropped = {key for change in changes for key in change.dropped}
    assert {(key[0], key[2]) for key in dropped} == {
        (Subject(download="a"), FactKind.GRAB),
        (Subject(download="a"), FactKind.QUEUE),
        (Subject(item=ONE), FactKind.FILE),
    }
    assert {key[1] for key in dropped} == {MANAGER}
    assert dropped.isdisjoint(wish.request.facts)
    assert wish.status.items[TWO] is Stage.SYNCING_LIBRARY


def test_a_push_during_a_survey_stays() -> None:
    """It may know more than the survey, which began before it."""
    wish = Wish()
    wish.says(2, about(File(present=True), MOVIE), via=Via.PUSH)
    seen = wish.world.manager_says(at(2), Via.SURVEY, about(File(present=False), MOVIE))
    wish.house.tracker.survey(MANAGER, Service.RADARR, at(2), [seen], (), at(3))
    pushed = (Subject(item=MOVIE), MANAGER, FactKind.FILE, Via.PUSH)
    assert pushed in wish.request.facts


# --- people ------------------------------------------------------------------------------------


def test_a_decision_is_a_persons_word() -> None:
    """Home Assistant's own; it ends the request."""
    wish = Wish()
    (change,) = wish.house.tracker.decide(wish.request.id, Verdict.FAILED, "why", at(5))
    (fact,) = change.facts.values()
    assert fact.value == Decision(verdict=Verdict.FAILED, reason="why")
    assert (fact.connection_id, fact.service, fact.via, fact.seen_at) == (
        "home_assistant",
        Service.HOME_ASSISTANT,
        Via.USER,
        at(5),
    )
    assert (change.ended, wish.request.ended_at, wish.stage()) == (True, at(5), Stage.FAILED)
    with pytest.raises(KeyError):
        wish.house.tracker.decide(wish.request.id, Verdict.FAILED, "why", at(6))


def test_a_person_knows_best_what_is_anime() -> None:
    """Until they leave it to the services again."""
    wish = Wish()
    tracker = wish.house.tracker
    for word, is_anime in ((True, True), (False, False), (None, False)):
        (change,) = tracker.set_anime(wish.request.id, word, at(1))
        assert (change.is_stored, change.visible) == (True, True)
        assert (wish.request.anime_override, wish.request.is_anime) == (word, is_anime)
    with pytest.raises(KeyError):
        tracker.set_anime("nobody", True, at(1))


def test_options_count_at_once() -> None:
    """A connection went down: every open request is told."""
    wish = Wish()
    options = TrackerOptions(setup=Setup(down={Service.RADARR: at(3)}))
    ((change,),) = wish.house.tracker.reconsider(options, at(4))
    assert change.visible
    assert wish.explanation.code == "connection_down"
    assert wish.house.tracker.options is options


# --- restarts ----------------------------------------------------------------------------------


def _brought() -> tuple[World, House]:
    world = World(status=AskStatus.APPROVED, managed=True, files={MOVIE}, playable={MOVIE})
    house = House(world)
    house.survey(at(1))
    assert house.of(world).ended_at is not None
    return world, house


def test_what_has_ended_stays_ended_over_a_restart() -> None:
    """Seerr goes on to list it; its ids are remembered, and only its own."""
    world, _ = _brought()
    tracker = _tracker()
    tracker.restore([], [(SEERR, world.request_id)], at(2))
    assert tracker.observe([world.seerr(at(3), Via.SURVEY)], at(3)) == []
    another = replace(world.seerr(at(3), Via.SURVEY), connection_id="seerr-2")
    assert len(tracker.observe([another], at(3))) == 1


def test_open_requests_go_on_after_a_restart() -> None:
    """Under all their names; nothing is told that was told before."""
    world = World(status=AskStatus.APPROVED, managed=True)
    world.loads["a"] = Load(key="a", items=frozenset({MOVIE}), grabbed=at(0), progress=0.2)
    house = House(world)
    house.survey(at(1))
    request = house.of(world)
    tracker = _tracker()
    tracker.restore([request], [], at(2))
    assert tracker.requests == {request.id: request}
    assert tracker.tick(at(2)) == []
    moving = Transfer(present=True, phase=TransferPhase.DOWNLOADING, progress=0.4)
    seen = Observation(
        connection_id=CLIENT,
        service=Service.QBITTORRENT,
        via=Via.SURVEY,
        seen_at=at(3),
        download_ids=frozenset({"a"}),
        statements=(Statement(value=moving),),
    )
    (change,) = tracker.observe([seen], at(3))
    assert change.request.status.progress == 0.4


def test_files_are_found_again_after_a_restart() -> None:
    """By folder and name, from the facts of the journal."""
    wish = Wish()
    wish.says(1, about(File(present=True, path="/films/f/f.mkv"), MOVIE))
    request = wish.request
    request.file_items.clear()
    _tracker().restore([request], [], at(2))
    assert request.file_items == {("f", "f.mkv"): {MOVIE}}


def test_of_connections_that_are_gone_nothing_is_believed_but_people_are() -> None:
    """A decision is nobody's connection."""
    wish = Wish(*EPISODES)
    wish.says(1, about(Playable(present=False), ONE), service=Service.JELLYFIN)
    wish.request.service_ids[MANAGER] = "5"
    wish.house.tracker.decide(wish.request.id, Verdict.AVAILABLE, None, at(2))
    wish.request.ended_at = None
    tracker = _tracker()
    tracker.restore([wish.request], [], at(3), connections={SEERR})
    assert {fact.connection_id for fact in wish.request.facts.values()} == {
        SEERR,
        "home_assistant",
    }
    assert wish.request.service_ids == {SEERR: wish.world.request_id}


def test_a_request_that_stood_elsewhere_is_told_by_the_next_tick() -> None:
    """What the journal stored is what was told; the next tick tells the rest."""
    wish = Wish()
    wish.says(1, about(Wanted(monitored=True, release_at=at(30)), MOVIE))
    stored = wish.status
    tracker = _tracker()
    tracker.restore([wish.request], [], at(60))
    assert wish.status is stored
    (change,) = tracker.tick(at(60))
    assert (change.before, wish.stage()) == (Stage.UNRELEASED, Stage.SEARCHING)


# --- forgetting --------------------------------------------------------------------------------


def test_what_is_forgotten_is_not_opened_anew() -> None:
    """Neither by Seerr, nor by a manager that goes on to fetch it."""
    world = World(status=AskStatus.APPROVED, managed=True)
    house = House(world)
    house.survey(at(1))
    request = house.of(world)
    left = house.tracker.forget(request, at(2))
    assert request.ended_at == at(2)
    assert left.ended_at is None
    assert house.tracker.requests == {}
    opening = Opening(origin=Origin.RADARR, created_at=at(9), items=frozenset({MOVIE}))
    by_hand = replace(world.manager_says(at(9), Via.PUSH), opening=opening)
    for tracker in (house.tracker, _tracker()):
        if tracker is not house.tracker:
            tracker.restore([], [], at(9), forgotten=[left])
        assert tracker.observe([world.seerr(at(9), Via.SURVEY), by_hand], at(9)) == []
        assert tracker.tick(at(10**6)) == []


def test_what_was_forgotten_and_added_anew_is_wanted_again() -> None:
    """The manager calls it by another own id: somebody fetches it once more."""
    world = World(status=AskStatus.APPROVED, managed=True)
    house = House(world)
    house.survey(at(1))
    house.tracker.forget(house.of(world), at(2))
    opening = Opening(origin=Origin.RADARR, created_at=at(9), items=frozenset({MOVIE}))
    for own_id, opened in (("m603", 0), ("m700", 1)):
        seen = replace(world.manager_says(at(9), Via.PUSH), opening=opening)
        seen = replace(seen, title=world.title(own_id))
        assert len(house.push(seen, now=at(9))) == opened


def test_what_had_ended_before_it_was_forgotten_may_come_again() -> None:
    """A grab after its end is a new request, and its end is not moved."""
    world, house = _brought()
    request = house.of(world)
    left = house.tracker.forget(request, at(50))
    assert (request.ended_at, left.ended_at) == (at(1), at(1))
    for minute, opened in ((1, 0), (2, 1)):
        opening = Opening(origin=Origin.RADARR, created_at=at(minute), items=frozenset({MOVIE}))
        seen = replace(world.manager_says(at(60), Via.PUSH), opening=opening)
        assert len(house.push(seen, now=at(60))) == opened
