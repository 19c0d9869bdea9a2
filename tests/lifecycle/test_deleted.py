"""What follows from a deletion that a person had made: of the whole, or of some episodes."""

import pytest

from custom_components.media_status.lifecycle.ending import is_over, may_come_back
from custom_components.media_status.lifecycle.facts import (
    AskStatus,
    Decision,
    File,
    Grab,
    Observation,
    Outcome,
    Playable,
    Queue,
    QueuePhase,
    Result,
    Statement,
    Verdict,
    Wanted,
)
from custom_components.media_status.lifecycle.model import MOVIE, ItemKey, Service, Stage, Via
from custom_components.media_status.lifecycle.request import Changes, Explanation

from .wish import EPISODES, Wish, about
from .world import at

ONE, TWO, THREE = EPISODES
FOUR = ItemKey(1, 4)
PERSON = Service.HOME_ASSISTANT
DELETED = Decision(verdict=Verdict.DELETED, reason="disk", user="Neo")


def _decision(wish: Wish, minutes: float, *items: ItemKey, by: str = "one") -> Observation:
    said: list[Statement] = [about(DELETED, item) for item in items] or [about(DELETED)]
    return Observation(
        connection_id=by,
        service=PERSON,
        via=Via.USER,
        seen_at=at(minutes),
        request_id=wish.request.id,
        statements=tuple(said),
    )


def _deletes(wish: Wish, minutes: float, *items: ItemKey, by: str = "one") -> Changes:
    return wish.house.push(_decision(wish, minutes, *items, by=by), now=at(minutes))


def _searched(*items: ItemKey) -> Wish:
    wish = Wish(*items)
    wanted = Wanted(monitored=True, released=True)
    wish.says(1, *(about(wanted, item) for item in items or (MOVIE,)))
    return wish


def test_what_was_deleted_is_history_whatever_services_still_say() -> None:
    """They may not have noticed yet."""
    wish = _searched()
    wish.says(2, about(File(present=True), MOVIE))
    still = about(Playable(present=True), MOVIE)
    (change,) = wish.house.push(
        wish.world.manager_says(at(3), Via.SURVEY, about(File(present=True, size=1), MOVIE), still),
        _decision(wish, 3),
        now=at(3),
    )
    assert (change.ended, wish.stage(), wish.status.items) == (
        True,
        Stage.DELETED,
        {MOVIE: Stage.DELETED},
    )
    assert wish.explanation == Explanation(code="removed", service=PERSON)
    told = [
        (entry.code, entry.service, entry.values)
        for entry in change.timeline
        if entry.code == "deleted"
    ]
    assert told == [("deleted", PERSON, {"source": "disk", "user": "Neo"})]


def test_what_we_deleted_does_not_come_back_by_itself() -> None:
    """Seerr goes on to list it; what merely disappeared may come back."""
    wish = _searched()
    _deletes(wish, 3)
    assert is_over(wish.request)
    assert not may_come_back(wish.request)
    assert wish.house.push(wish.world.seerr(at(9), Via.SURVEY), now=at(9)) == []
    gone = Wish(status=AskStatus.PENDING, managed=False)
    for minutes in (1, 20):
        gone.house.push(
            gone.world.seerr(at(minutes), Via.SURVEY, AskStatus.ABSENT), now=at(minutes)
        )
    assert gone.stage() is Stage.DELETED
    assert may_come_back(gone.request)
    gone.house.push(gone.world.seerr(at(30), Via.SURVEY), now=at(30))
    assert len(gone.house.seen) == 2


@pytest.mark.parametrize(
    ("stage", "may"),
    [(Stage.DECLINED, True), (Stage.AVAILABLE, False), (Stage.FAILED, False)],
)
def test_what_was_declined_may_come_back(stage: Stage, *, may: bool) -> None:
    """What is there, or has failed, has not gone."""
    wish = _searched()
    object.__setattr__(wish.status, "stage", stage)
    assert may_come_back(wish.request) is may


def test_one_deleted_episode_does_not_end_the_request() -> None:
    """The others are still waited for; it is told with its name."""
    wish = _searched(*EPISODES)
    (change,) = _deletes(wish, 2, TWO, ONE)
    assert wish.status.items == {ONE: Stage.DELETED, TWO: Stage.DELETED, THREE: Stage.SEARCHING}
    assert wish.request.is_open
    told = [(entry.code, entry.values) for entry in change.timeline if entry.code == "deleted"]
    assert told == [("deleted", {"items": ["S01E01", "S01E02"], "count": 2})]


def test_a_deleted_episode_that_is_there_again_is_there() -> None:
    """Its file, its download, its page: whatever came since."""
    wish = _searched(*EPISODES, FOUR)
    _deletes(wish, 2, *EPISODES)
    assert [wish.status.items[item] for item in EPISODES] == [Stage.DELETED] * 3
    wish.says(3, about(File(present=True), ONE))
    wish.says(3, about(Grab(items=frozenset({TWO}), at=at(3)), "a"))
    wish.says(3, about(Queue(present=True, phase=QueuePhase.DOWNLOADING), "a"))
    assert wish.status.items == {
        ONE: Stage.SYNCING_LIBRARY,
        TWO: Stage.DOWNLOADING,
        THREE: Stage.DELETED,
        FOUR: Stage.SEARCHING,
    }
    wish.says(4, about(Outcome(result=Result.FAILED, at=at(4)), "a"))
    assert wish.status.items[TWO] is Stage.DELETED


@pytest.mark.parametrize(
    ("minutes", "monitored", "stage"),
    [(3, True, Stage.SEARCHING), (3, False, Stage.DELETED), (1.5, True, Stage.DELETED)],
)
def test_a_deleted_episode_is_looked_for_only_if_somebody_says_so_since(
    minutes: float, stage: Stage, *, monitored: bool
) -> None:
    """The same word as before the deletion is no new wish."""
    wish = _searched(TWO)
    wish.says(1, about(Wanted(monitored=not monitored, released=True), ONE))
    for when in sorted((minutes, 2)):
        if when == 2:
            _deletes(wish, 2, ONE)
        else:
            wish.says(when, about(Wanted(monitored=monitored, released=True), ONE))
    assert wish.status.items[ONE] is stage
    wish.says(9, about(Wanted(monitored=monitored, released=True), ONE))
    assert wish.status.items[ONE] is stage


def test_a_word_of_the_moment_of_the_deletion_is_no_new_wish() -> None:
    """It was read while the deletion went on."""
    wish = _searched(TWO)
    wish.says(2, about(Wanted(monitored=True, released=True), ONE))
    _deletes(wish, 2, ONE)
    assert wish.status.items[ONE] is Stage.DELETED


def test_deleted_again_it_must_be_looked_for_again() -> None:
    """The last deletion counts, by whomever."""
    wish = _searched(ONE, TWO)
    _deletes(wish, 2, ONE)
    wish.says(2.5, about(Wanted(monitored=False, released=True), ONE))
    wish.says(3, about(Wanted(monitored=True, released=True), ONE))
    assert wish.status.items[ONE] is Stage.SEARCHING
    _deletes(wish, 4, ONE, by="another")
    assert wish.status.items[ONE] is Stage.DELETED
