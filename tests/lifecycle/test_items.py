"""Where an item stands, before anything is grabbed for it and whatever came of it."""

import pytest

from custom_components.media_status.lifecycle.facts import (
    Ask,
    AskStatus,
    Decision,
    File,
    Grab,
    Observation,
    Outcome,
    Playable,
    Result,
    Title,
    Verdict,
    Wanted,
)
from custom_components.media_status.lifecycle.model import MOVIE, ItemKey, Service, Stage, Via

from .wish import EPISODES, Wish, about
from .world import at

ONE, TWO, THREE = EPISODES
S = Stage
SEERR, RADARR = Service.SEERR, Service.RADARR


def _grabbed(*items: ItemKey, when: float = 1, key: str = "a") -> Wish:
    wish = Wish(*items)
    grab = Grab(items=frozenset(items or {MOVIE}), at=at(when))
    wanted = [about(Wanted(monitored=True, released=True), item) for item in items or (MOVIE,)]
    wish.says(1, about(grab, key), *wanted)
    return wish


def _ended(result: Result, when: float, why: str | None = None) -> Outcome:
    return Outcome(result=result, at=at(when), message=why)


# --- before anything is grabbed ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "managed", "stage"),
    [
        (AskStatus.PENDING, False, S.REQUESTED),
        (AskStatus.APPROVED, False, S.APPROVED),
        (AskStatus.COMPLETED, False, S.APPROVED),
        (AskStatus.DECLINED, True, S.DECLINED),
        (AskStatus.FAILED, False, S.FAILED),
        (AskStatus.FAILED, True, S.APPROVED),
        (AskStatus.ABSENT, False, S.APPROVED),
        (AskStatus.ABSENT, True, S.APPROVED),
    ],
)
def test_what_seerr_says_before_anything_is_grabbed(
    status: AskStatus, stage: Stage, *, managed: bool
) -> None:
    """The manager's word is more than Seerr's, and one look that misses a wish is none."""
    wish = Wish(managed=managed)
    wish.says(1, about(Ask(status=status)), service=SEERR)
    if managed:
        wish.says(1, about(Wanted(monitored=False, released=True), MOVIE))
    assert wish.stage() is stage
    assert wish.status.items == {MOVIE: stage}


@pytest.mark.parametrize(("minutes", "stage"), [(10, S.DELETED), (9, S.APPROVED)])
def test_a_wish_is_withdrawn_when_two_looks_missed_it(minutes: float, stage: Stage) -> None:
    """And the manager has let go of it as well, or never had it."""
    wish = Wish(managed=False)
    for when in (1, 1 + minutes):
        wish.says(when, about(Ask(status=AskStatus.ABSENT)), service=SEERR)
    assert wish.stage() is stage


def test_a_withdrawn_wish_that_the_manager_keeps_is_followed() -> None:
    """Until the manager has missed it twice, too."""
    wish = Wish()
    for when in (1, 12):
        wish.says(when, about(Ask(status=AskStatus.ABSENT)), service=SEERR)
    assert wish.stage() is S.APPROVED
    wish.says(13, about(Title(present=False)))
    assert wish.stage() is S.APPROVED
    wish.says(23, about(Title(present=False)))
    assert wish.stage() is S.DELETED


def test_of_two_seerrs_the_later_word_counts() -> None:
    """Somebody moved from one to the other."""
    wish = Wish(managed=False)
    wish.says(2, about(Ask(status=AskStatus.DECLINED)), service=SEERR, connection="seerr-2")
    assert wish.stage() is S.DECLINED
    wish.says(3, about(Ask(status=AskStatus.PENDING)), service=SEERR)
    assert wish.stage() is S.REQUESTED


def test_the_last_decision_counts() -> None:
    """Two people may say different things at the same time."""
    wish = Wish(*EPISODES)
    words = ((2, Verdict.AVAILABLE), (1, Verdict.FAILED))
    seen = [
        Observation(
            connection_id=f"person at {minute}",
            service=Service.HOME_ASSISTANT,
            via=Via.USER,
            seen_at=at(minute),
            request_id=wish.request.id,
            statements=(about(Decision(verdict=verdict)),),
        )
        for minute, verdict in words
    ]
    wish.house.push(*seen, now=at(3))
    assert (wish.stage(), wish.explanation.code) == (S.AVAILABLE, "marked_available")


def test_a_decision_counts_before_the_items_are_known() -> None:
    """For a series that never reached its manager, too."""
    for verdict, stage in ((Verdict.AVAILABLE, S.AVAILABLE), (Verdict.FAILED, S.FAILED)):
        wish = Wish(ONE, managed=False)
        wish.house.tracker.decide(wish.request.id, verdict, None, at(1))
        assert (wish.stage(), wish.status.items) == (stage, {})


def test_a_decision_is_of_every_item() -> None:
    """Each of them stands where a person said."""
    for verdict, stage in ((Verdict.AVAILABLE, S.AVAILABLE), (Verdict.FAILED, S.FAILED)):
        wish = _grabbed(*EPISODES)
        wish.house.tracker.decide(wish.request.id, verdict, None, at(2))
        assert wish.status.items == dict.fromkeys(EPISODES, stage)


# --- items -------------------------------------------------------------------------------------


def test_what_can_be_played_is_available_whatever_else_is_said() -> None:
    """Proof of one library is enough."""
    wish = _grabbed(*EPISODES)
    library = Service.JELLYFIN
    wish.says(2, about(Playable(present=True), ONE), service=library)
    wish.says(2, about(Playable(present=False), ONE), service=library, connection="library-2")
    wish.says(2, about(File(present=False), ONE))
    assert wish.status.items[ONE] is S.AVAILABLE


def test_a_file_of_one_manager_is_enough() -> None:
    """The other one has none."""
    wish = _grabbed(*EPISODES)
    wish.says(2, about(File(present=True), ONE))
    sonarr = Service.SONARR
    wish.says(2, about(File(present=False), ONE), service=sonarr, connection="manager-2")
    assert wish.status.items[ONE] is S.SYNCING_LIBRARY


def test_a_failure_gives_way_to_a_withdrawal() -> None:
    """Nobody waits for what was declined."""
    wish = _grabbed()
    wish.says(2, about(_ended(Result.FAILED, 2), "a"))
    wish.says(3, about(Ask(status=AskStatus.DECLINED)), service=SEERR)
    assert wish.stage() is S.DECLINED


def test_the_newest_failure_is_the_news() -> None:
    """Of several that failed, the last one says why."""
    wish = _grabbed()
    wish.says(2, about(Grab(items=frozenset({MOVIE}), at=at(2)), "0"))
    wish.says(4, about(_ended(Result.FAILED, 3, "first"), "a"))
    wish.says(4, about(_ended(Result.FAILED, 4, "last"), "0"))
    assert wish.explanation.values == {"reason": "last"}


@pytest.mark.parametrize(
    ("wanted", "stage"),
    [
        (Wanted(monitored=True, released=True), S.SEARCHING),
        (Wanted(monitored=True, released=False), S.UNRELEASED),
        (Wanted(monitored=True), S.UNRELEASED),
        (Wanted(monitored=True, release_at=at(5)), S.SEARCHING),
        (Wanted(monitored=True, release_at=at(6)), S.UNRELEASED),
        (Wanted(monitored=True, release_at=at(60), released=True), S.SEARCHING),
        (Wanted(monitored=True, release_at=at(-60), released=False), S.UNRELEASED),
        (Wanted(monitored=False, released=True), S.APPROVED),
        (Wanted(monitored=False, released=False), S.UNRELEASED),
    ],
)
def test_what_is_wanted_is_searched_once_it_is_out(wanted: Wanted, stage: Stage) -> None:
    """The manager's own word about the release counts more than a date."""
    wish = Wish(*EPISODES)
    wish.says(5, about(wanted, ONE))
    assert wish.status.items[ONE] is stage


def test_a_pending_wish_is_not_searched_unless_somebody_looks() -> None:
    """What is not out, and nobody looks for, still waits for its approval."""
    wish = Wish(*EPISODES, status=AskStatus.PENDING)
    wish.says(1, about(Wanted(monitored=False, released=False), ONE))
    assert wish.status.items[ONE] is S.REQUESTED
    wish.says(2, about(Wanted(monitored=True, released=False), ONE))
    assert wish.status.items[ONE] is S.UNRELEASED
    wish.says(3, about(Wanted(monitored=True, released=True), ONE))
    assert wish.status.items[ONE] is S.SEARCHING


def test_out_for_one_manager_is_out() -> None:
    """And the earlier of two dates is when it comes."""
    wish = Wish()
    wish.says(1, about(Wanted(monitored=True, release_at=at(3000)), MOVIE))
    early = about(Wanted(monitored=True, release_at=at(1500)), MOVIE)
    wish.says(2, early, service=RADARR, connection="manager-2")
    assert wish.explanation.values == {"date": at(1500).date().isoformat()}
    out = about(Wanted(monitored=False, released=True), MOVIE)
    wish.says(3, out, service=RADARR, connection="manager-2")
    assert wish.stage() is S.SEARCHING


def test_a_release_comes_by_time_alone() -> None:
    """At its moment, not before."""
    wish = Wish()
    wish.says(1, about(Wanted(monitored=True, release_at=at(30)), MOVIE))
    assert wish.house.tracker.tick(at(29)) == []
    (change,) = wish.house.tracker.tick(at(30))
    assert (change.before, change.request.stage) == (S.UNRELEASED, S.SEARCHING)


def test_without_a_manager_nothing_is_searched() -> None:
    """A monitored episode of a series that its manager has let go of."""
    wish = Wish(managed=False)
    wish.says(1, about(Wanted(monitored=True, released=True), MOVIE))
    assert wish.stage() is S.APPROVED
