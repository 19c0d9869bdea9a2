"""When a request is history, and what is remembered of it then."""

from dataclasses import replace

import pytest

from custom_components.media_status.lifecycle.ended import Ended, remains
from custom_components.media_status.lifecycle.ending import DECLINED_FOR, is_given_up, is_over
from custom_components.media_status.lifecycle.facts import (
    Ask,
    AskStatus,
    Opening,
    Origin,
    Playable,
    Title,
    Verdict,
    Wanted,
)
from custom_components.media_status.lifecycle.model import (
    MOVIE,
    ItemKey,
    MediaType,
    ProviderIds,
    Service,
    Stage,
    TitleRef,
    Via,
)
from custom_components.media_status.lifecycle.request import Request, Status

from .wish import EPISODES, Wish, about
from .world import at

ONE, TWO, THREE = EPISODES
HOUR = 60


def _plays(wish: Wish, minutes: float, *items: ItemKey) -> None:
    said = [about(Playable(present=True), item) for item in items]
    wish.says(minutes, *said, service=Service.JELLYFIN)


@pytest.mark.parametrize(
    ("stage", "given_up"),
    [
        (Stage.DECLINED, True),
        (Stage.DELETED, True),
        (Stage.FAILED, True),
        (Stage.AVAILABLE, False),
        (Stage.SEARCHING, False),
    ],
)
def test_what_nobody_waits_for_is_given_up(stage: Stage, *, given_up: bool) -> None:
    """What is there, or still comes, is not."""
    wish = Wish()
    wish.request.status = Status(stage=stage)
    assert is_given_up(wish.request) is given_up
    wish.house.tracker.decide(wish.request.id, Verdict.AVAILABLE, None, at(1))
    assert is_given_up(wish.request)


def test_a_withdrawn_wish_is_over_at_once_and_a_failed_one_is_not() -> None:
    """Somebody may yet try it again."""
    wish = Wish()
    for stage, over in ((Stage.DELETED, True), (Stage.FAILED, False), (Stage.SEARCHING, False)):
        wish.request.status = Status(stage=stage)
        assert is_over(wish.request) is over


@pytest.mark.parametrize(
    ("hours", "later", "is_ended"),
    [
        (DECLINED_FOR.total_seconds() / 3600, AskStatus.DECLINED, True),
        (DECLINED_FOR.total_seconds() / 3600 - 1, AskStatus.DECLINED, False),
        (DECLINED_FOR.total_seconds() / 3600, AskStatus.PENDING, False),
    ],
)
def test_whoever_declined_may_change_their_mind_for_a_day(
    hours: float, later: AskStatus, *, is_ended: bool
) -> None:
    """Counted between the looks that saw it."""
    wish = Wish(status=AskStatus.PENDING, managed=False)
    wish.says(1, about(Ask(status=AskStatus.DECLINED)), service=Service.SEERR)
    wish.says(1 + hours * HOUR, about(Ask(status=later)), service=Service.SEERR)
    assert (wish.request.ended_at is not None) is is_ended


@pytest.mark.parametrize(
    ("wanted", "goes_on"),
    [
        (Wanted(monitored=True, release_at=at(9999)), True),
        (Wanted(monitored=True), True),
        (Wanted(monitored=False, release_at=at(9999)), True),
        (Wanted(monitored=False), False),
    ],
)
def test_it_goes_on_while_more_will_come(wanted: Wanted, *, goes_on: bool) -> None:
    """What is looked for, or has a date; the rest will be fetched by nobody."""
    wish = Wish(ONE)
    wish.says(1, about(Wanted(monitored=True, released=True), ONE), about(wanted, TWO))
    _plays(wish, 2, ONE)
    assert wish.stage() is Stage.AVAILABLE
    assert wish.request.is_open is goes_on


@pytest.mark.parametrize(
    ("status", "goes_on"),
    [
        (AskStatus.PENDING, True),
        (AskStatus.APPROVED, True),
        (AskStatus.COMPLETED, False),
        (AskStatus.FAILED, False),
    ],
)
def test_it_goes_on_while_seerr_waits_for_a_season_that_nobody_knows(
    status: AskStatus, *, goes_on: bool
) -> None:
    """Season 2 has no episodes yet."""
    wish = Wish(ONE)
    wish.request.seasons = frozenset({1, 2})
    wish.says(1, about(Ask(status=status)), service=Service.SEERR)
    wish.says(1, about(Wanted(monitored=True, released=True), ONE))
    _plays(wish, 2, ONE)
    assert wish.stage() is Stage.AVAILABLE
    assert wish.request.is_open is goes_on


def test_it_goes_on_until_the_manager_was_asked_since_the_wish_grew() -> None:
    """A push names its own episode only; a survey knows the whole season."""
    wish = Wish(ONE, managed=False)
    wish.request.widened_at = at(5)
    wish.says(4, about(Title(present=True)), about(Wanted(monitored=True, released=True), ONE))
    _plays(wish, 6, ONE)
    assert wish.stage() is Stage.AVAILABLE
    assert wish.request.is_open
    wish.says(6, about(Title(present=True)), via=Via.PUSH)
    assert wish.request.is_open
    wish.says(7, about(Title(present=True, monitored=True)))
    assert not wish.request.is_open


def test_it_ends_when_no_manager_could_know_more() -> None:
    """Nobody else will ever tell of the season; nor of a wish of unknown age."""
    wish = Wish(ONE, managed=False)
    wish.request.items = {ONE}
    wish.house.push(now=at(1))
    _plays(wish, 2, ONE)
    assert not wish.request.is_open
    old = Wish(ONE)
    old.request.widened_at = None
    old.says(1, about(Wanted(monitored=True, released=True), ONE))
    _plays(old, 2, ONE)
    assert not old.request.is_open


# --- what is remembered ------------------------------------------------------------------------


def _ended(**more: object) -> Request:
    request = Request(
        id="r1",
        media_type=MediaType.SERIES,
        origin=Origin.SEERR,
        created_at=at(-5),
        opened_at=at(-4),
        ids=ProviderIds(tmdb=1, tvdb=2),
        title="Show",
        seasons=frozenset({1}),
        items={ONE, TWO},
        is_4k=True,
        limited_to_items=True,
        service_ids={"sonarr": "5"},
        available_at=at(3),
        ended_at=at(4),
    )
    for name, value in more.items():
        setattr(request, name, value)
    return request


def test_what_is_left_of_a_request_is_what_was_asked() -> None:
    """Nothing that a person could read in it, and none of its facts."""
    request = _ended()
    left = remains(request)
    assert left == replace(request, title=None)
    left.items.add(THREE)
    left.service_ids["sonarr"] = "6"
    assert request.items == {ONE, TWO}
    assert request.service_ids == {"sonarr": "5"}


def _opening(*items: ItemKey, minutes: float = 0, is_4k: bool = True) -> Opening:
    return Opening(
        origin=Origin.SONARR, created_at=at(minutes), items=frozenset(items), is_4k=is_4k
    )


TITLE = TitleRef(media_type=MediaType.SERIES, ids=ProviderIds(tvdb=2), service_id="5")


@pytest.mark.parametrize(
    ("opening", "is_covered"),
    [
        (_opening(ONE), True),
        (_opening(ONE, TWO), True),
        (_opening(ONE, minutes=4), True),
        (_opening(ONE, minutes=4.1), False),
        (_opening(THREE), False),
        (_opening(ONE, THREE), False),
        (_opening(), False),
        (_opening(ONE, is_4k=False), False),
    ],
)
def test_what_was_grabbed_before_the_end_was_brought_by_it(
    opening: Opening, *, is_covered: bool
) -> None:
    """All of it, in the same variant."""
    ended = Ended()
    ended.add(_ended())
    assert ended.covers(TITLE, opening, "sonarr") is is_covered
    assert ended.covers(TITLE, opening, "another") is is_covered


def test_several_requests_cover_together() -> None:
    """One brought the first episode, the other one the second."""
    ended = Ended()
    ended.add(_ended(items={ONE}))
    ended.add(_ended(items={TWO}))
    assert ended.covers(TITLE, _opening(ONE, TWO), "sonarr")


@pytest.mark.parametrize(
    "title",
    [
        replace(TITLE, ids=ProviderIds(tvdb=3)),
        replace(TITLE, ids=ProviderIds(tmdb=2)),
        replace(TITLE, ids=ProviderIds()),
        replace(TITLE, media_type=MediaType.MOVIE),
    ],
)
def test_another_title_was_not_brought_by_it(title: TitleRef) -> None:
    """Its numbers tell."""
    ended = Ended()
    ended.add(_ended())
    assert not ended.covers(title, _opening(ONE), "sonarr")


@pytest.mark.parametrize(
    ("own_id", "connection", "is_covered"),
    [
        ("5", "sonarr", True),
        ("6", "sonarr", False),
        ("6", "another", True),
        (None, "sonarr", False),
    ],
)
def test_what_was_forgotten_before_its_end_stays_so_while_it_is_the_same_title(
    own_id: str | None, connection: str, *, is_covered: bool
) -> None:
    """Added anew under another own id, somebody wants it again."""
    ended = Ended()
    ended.keep(_ended(ended_at=None))
    title = replace(TITLE, service_id=own_id)
    assert ended.covers(title, _opening(ONE, minutes=10**6), connection) is is_covered


def test_requests_of_one_title_are_forgotten_one_by_one() -> None:
    """Who came first goes first; the other one is still remembered."""
    ended = Ended()
    first, second = _ended(items={ONE}), _ended(items={TWO})
    for request in (first, second):
        ended.add(request)
    for number in range(10, 1009):
        ended.add(_ended(ids=ProviderIds(tmdb=number)))
    assert not ended.covers(TITLE, _opening(ONE), "sonarr")
    assert ended.covers(TITLE, _opening(TWO), "sonarr")
    ended.add(_ended(ids=ProviderIds(tmdb=9)))
    assert not ended.covers(TITLE, _opening(TWO), "sonarr")
    ended.add(first)
    assert ended.covers(TITLE, _opening(ONE), "sonarr")


def test_a_film_is_covered_as_a_whole() -> None:
    """It is its own only item."""
    film = _ended(media_type=MediaType.MOVIE, items={MOVIE}, seasons=frozenset())
    ended = Ended()
    ended.add(film)
    title = replace(TITLE, media_type=MediaType.MOVIE)
    assert ended.covers(title, _opening(MOVIE), "radarr")
