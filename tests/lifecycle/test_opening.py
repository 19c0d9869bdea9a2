"""What opens a request, and what its description is made of."""

from dataclasses import replace

import pytest

from custom_components.media_status.lifecycle.facts import (
    AskStatus,
    File,
    Grab,
    Observation,
    Opening,
    Origin,
    Statement,
    Title,
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
from custom_components.media_status.lifecycle.tracker import Tracker, TrackerOptions

from .wish import EPISODES, Wish, about
from .world import MANAGER, SEERR, House, World, at

ONE, TWO, THREE = EPISODES


def _tracker(options: TrackerOptions | None = None) -> Tracker:
    numbers = iter(range(1, 100))
    return Tracker(new_id=lambda: f"r{next(numbers)}", options=options)


def _opens(
    opening: Opening, title: TitleRef, *said: Statement, connection: str = MANAGER
) -> Observation:
    service = Service.SEERR if opening.origin is Origin.SEERR else Service.RADARR
    return Observation(
        connection_id=connection,
        service=service,
        via=Via.PUSH,
        seen_at=at(1),
        title=title,
        statements=said,
        opening=opening,
    )


FILM = TitleRef(
    media_type=MediaType.MOVIE,
    ids=ProviderIds(tmdb=603),
    service_id="5",
    title="The Matrix",
    original_title="Matrix",
    year=1999,
    overview="A hacker.",
    poster_url="/m.jpg",
)
SHOW = replace(FILM, media_type=MediaType.SERIES)


# --- opening -----------------------------------------------------------------------------------


def test_a_wish_for_a_film_opens_a_request() -> None:
    """With all that Seerr says of it; when we learned of it is our own time."""
    tracker = _tracker()
    opening = Opening(
        origin=Origin.SEERR, created_at=at(-9), is_4k=True, requested_by="Neo", seasons=frozenset()
    )
    (change,) = tracker.observe([_opens(opening, FILM, connection=SEERR)], at(2))
    request = change.request
    assert tracker.requests == {"r1": request}
    assert (change.opened, change.is_stored, change.visible, change.before) == (
        True,
        True,
        True,
        None,
    )
    assert (request.id, request.origin, request.is_4k, request.requested_by) == (
        "r1",
        Origin.SEERR,
        True,
        "Neo",
    )
    assert (request.created_at, request.opened_at, request.widened_at) == (at(-9), at(2), at(2))
    assert (request.ids, request.service_ids) == (FILM.ids, {SEERR: "5"})
    assert (request.title, request.original_title, request.year) == ("The Matrix", "Matrix", 1999)
    assert (request.overview, request.poster_url) == ("A hacker.", "/m.jpg")
    assert (request.items, request.limited_to_items) == ({MOVIE}, False)
    assert (request.stage_since, request.available_at, request.ended_at) == (at(2), None, None)


def test_a_wish_for_seasons_opens_a_request_for_all_of_them() -> None:
    """Their episodes are not known yet."""
    tracker = _tracker()
    opening = Opening(origin=Origin.SEERR, created_at=at(0), seasons=frozenset({1, 3}))
    (change,) = tracker.observe([_opens(opening, SHOW)], at(2))
    request = change.request
    assert (set(request.seasons), request.items, request.limited_to_items) == ({1, 3}, set(), False)
    assert request.wants(ItemKey(3, 9))
    assert not request.wants(ItemKey(2, 1))
    assert not request.wants(MOVIE)


def test_a_grab_by_hand_opens_a_request_for_just_these_episodes() -> None:
    """Others of the season were not asked for, until they are grabbed as well."""
    tracker = _tracker()

    def grab(*items: ItemKey) -> Observation:
        opening = Opening(origin=Origin.SONARR, created_at=at(1), items=frozenset(items))
        value = Grab(items=frozenset(items), at=at(1))
        return _opens(opening, SHOW, about(value, str(items[0].number)))

    (change,) = tracker.observe([grab(ONE)], at(2))
    request = change.request
    assert (request.items, request.limited_to_items, request.origin) == ({ONE}, True, Origin.SONARR)
    assert not request.wants(TWO)
    (change,) = tracker.observe([grab(TWO, THREE)], at(3))
    assert (change.opened, change.is_stored, change.visible) == (False, True, True)
    assert list(tracker.requests) == ["r1"]
    assert request.items == {ONE, TWO, THREE}
    assert request.status.counts.grabbed == 3
    assert tracker.observe([grab(TWO, THREE)], at(4)) == []


def test_what_was_begun_by_hand_needs_no_approval() -> None:
    """Nobody but its manager speaks of it; when that has let go of it, it is gone."""
    tracker = _tracker()
    opening = Opening(origin=Origin.RADARR, created_at=at(1), items=frozenset({MOVIE}))
    (change,) = tracker.observe([_opens(opening, FILM)], at(1))
    request = change.request
    stages = []
    for minutes, present in ((2, True), (3, False), (12, False), (13, False)):
        seen = replace(_opens(opening, FILM, about(Title(present=present))), opening=None)
        seen = replace(seen, via=Via.SURVEY, seen_at=at(minutes))
        tracker.observe([seen], at(minutes))
        stages.append(request.stage)
    assert stages == [Stage.APPROVED] * 3 + [Stage.DELETED]
    assert request.ended_at == at(13)


def test_a_grab_for_a_wish_opens_nothing() -> None:
    """Somebody asked for this season; of another season it is a request of its own."""
    wish = Wish(ONE)
    for number, (item, opened) in enumerate(((ONE, False), (ItemKey(2, 1), True))):
        opening = Opening(origin=Origin.SONARR, created_at=at(1), items=frozenset({item}))
        value = about(Grab(items=frozenset({item}), at=at(1)), f"d{number}")
        seen = wish.world.manager_says(at(2), Via.PUSH, value)
        changes = wish.house.push(replace(seen, opening=opening), now=at(2))
        assert [change.opened for change in changes] == ([True] if opened else [False])


def test_grabs_of_two_managers_stay_apart() -> None:
    """What Radarr's user fetched by hand is not widened by Sonarr's."""
    tracker = _tracker()
    for origin, item in ((Origin.SONARR, ONE), (Origin.RADARR, TWO)):
        opening = Opening(origin=origin, created_at=at(1), items=frozenset({item}))
        tracker.observe([_opens(opening, SHOW)], at(2))
    assert [request.items for request in tracker.requests.values()] == [{ONE}, {TWO}]


def test_a_wish_takes_over_what_was_begun_by_hand() -> None:
    """It is Seerr's from then on, for all its seasons, and as old as the older of both."""
    tracker = _tracker()
    by_hand = Opening(
        origin=Origin.SONARR,
        created_at=at(1),
        items=frozenset({ONE, ItemKey(2, 1)}),
        requested_by=None,
    )
    tracker.observe([_opens(by_hand, SHOW)], at(2))
    wished = Opening(
        origin=Origin.SEERR, created_at=at(5), seasons=frozenset({1}), requested_by="Neo"
    )
    title = replace(SHOW, service_id="41")
    (change,) = tracker.observe([_opens(wished, title, connection=SEERR)], at(6))
    request = change.request
    assert (change.opened, change.is_stored, change.visible) == (False, True, True)
    assert (request.origin, request.requested_by) == (Origin.SEERR, "Neo")
    assert (set(request.seasons), request.items, request.limited_to_items) == ({1}, {ONE}, False)
    assert (request.created_at, request.widened_at) == (at(1), at(6))
    assert request.service_ids == {MANAGER: "5", SEERR: "41"}


@pytest.mark.parametrize(("seasons", "is_4k"), [(frozenset({2}), False), (frozenset({1}), True)])
def test_a_wish_for_something_else_takes_nothing_over(
    seasons: frozenset[int], *, is_4k: bool
) -> None:
    """Another season, or the other variant."""
    tracker = _tracker()
    by_hand = Opening(origin=Origin.SONARR, created_at=at(1), items=frozenset({ONE}))
    tracker.observe([_opens(by_hand, SHOW)], at(2))
    wished = Opening(origin=Origin.SEERR, created_at=at(5), seasons=seasons, is_4k=is_4k)
    tracker.observe([_opens(wished, SHOW, connection=SEERR)], at(6))
    assert len(tracker.requests) == 2


def test_a_wish_grows_and_shrinks_with_seerrs_list() -> None:
    """Pushes only add; that it grew is remembered, that somebody asked is filled in once."""
    world = World(
        media_type=MediaType.SERIES,
        seasons=frozenset({1}),
        items=EPISODES,
        managed=True,
        status=AskStatus.APPROVED,
    )
    house = House(world)
    house.survey(at(0))
    request = house.of(world)

    def listed(minutes: float, seasons: set[int], by: str | None, via: Via = Via.SURVEY) -> bool:
        seen = world.seerr(at(minutes), via)
        assert seen.opening is not None
        opening = replace(seen.opening, seasons=frozenset(seasons), requested_by=by)
        changes = house.push(replace(seen, opening=opening), now=at(minutes))
        return any(change.is_stored and change.visible for change in changes)

    assert request.widened_at == at(0)
    assert listed(1, {1, 2}, None)
    assert (set(request.seasons), request.widened_at) == ({1, 2}, at(1))
    assert listed(2, {1}, "Neo", Via.PUSH)
    assert (set(request.seasons), request.requested_by, request.widened_at) == (
        {1, 2},
        "Neo",
        at(1),
    )
    assert not listed(3, {1, 2}, "Smith")
    assert listed(4, {2}, "Smith")
    assert (set(request.seasons), request.requested_by, request.widened_at) == ({2}, "Neo", at(1))
    assert request.items == set()


def test_what_is_grabbed_by_hand_is_followed_only_if_that_is_wanted() -> None:
    """Not by a household that switched it off; a wish is always followed."""
    tracker = _tracker(TrackerOptions(track_manual=False))
    by_hand = Opening(origin=Origin.RADARR, created_at=at(1), items=frozenset({MOVIE}))
    assert tracker.observe([_opens(by_hand, FILM)], at(2)) == []
    wished = Opening(origin=Origin.SEERR, created_at=at(1))
    assert len(tracker.observe([_opens(wished, FILM, connection=SEERR)], at(3))) == 1


def test_without_a_title_nothing_is_opened() -> None:
    """Nobody could say what it is."""
    opening = Opening(origin=Origin.RADARR, created_at=at(1), items=frozenset({MOVIE}))
    assert _tracker().observe([replace(_opens(opening, FILM), title=None)], at(2)) == []


# --- descriptions ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "told",
    [
        TitleRef(media_type=MediaType.MOVIE, ids=ProviderIds(imdb="tt1")),
        TitleRef(media_type=MediaType.MOVIE, original_title="Matrix"),
        TitleRef(media_type=MediaType.MOVIE, overview="A hacker."),
        TitleRef(media_type=MediaType.MOVIE, poster_url="/m.jpg"),
        TitleRef(media_type=MediaType.MOVIE, service_id="6"),
    ],
)
def test_what_was_unknown_of_a_title_is_filled_in(told: TitleRef) -> None:
    """Once; that is to be stored and shown."""
    wish = Wish(managed=False)
    title = replace(told, ids=told.ids.filled_from(ProviderIds(tmdb=603)))
    seen = replace(wish.world.manager_says(at(1), Via.PUSH), title=title)
    (change,) = wish.house.push(seen, now=at(1))
    assert (change.is_stored, change.visible) == (True, True)
    assert wish.house.push(seen, now=at(2)) == []


def test_what_is_known_of_a_title_is_not_replaced() -> None:
    """The first word stays, whoever says something else."""
    tracker = _tracker()
    wished = Opening(origin=Origin.SEERR, created_at=at(1))
    tracker.observe([_opens(wished, FILM, connection=SEERR)], at(2))
    other = TitleRef(
        media_type=MediaType.MOVIE,
        ids=ProviderIds(tmdb=603),
        title="Other",
        original_title="Autre",
        year=2000,
        overview="Other.",
        poster_url="/o.jpg",
    )
    seen = replace(_opens(wished, other), opening=None)
    assert tracker.observe([seen], at(3)) == []
    request = tracker.requests["r1"]
    assert (request.title, request.original_title, request.year) == ("The Matrix", "Matrix", 1999)
    assert (request.overview, request.poster_url) == ("A hacker.", "/m.jpg")


@pytest.mark.parametrize(("via", "known"), [(Via.PUSH, "5"), (Via.SURVEY, "6")])
def test_only_a_survey_knows_that_a_title_has_another_own_id(via: Via, known: str) -> None:
    """It was removed and added again; pushes come late and in any order."""
    wish = Wish()
    for number, how in (("5", Via.SURVEY), ("6", via)):
        title = replace(wish.world.title(number), ids=ProviderIds(tmdb=603))
        wish.request.service_ids.setdefault(MANAGER, number)
        wish.house.push(
            replace(wish.world.manager_says(at(1), how), title=title, service=Service.RADARR),
            now=at(1),
        )
    assert wish.request.service_ids[MANAGER] == known


def test_episodes_get_their_names_from_the_manager() -> None:
    """A name that changed is stored; the same one again is no change."""
    wish = Wish(*EPISODES)
    for minute, name in ((1, "TBA"), (2, "Pilot"), (3, "Pilot"), (4, None)):
        wanted = Wanted(monitored=True, released=True, title=name)
        changes = wish.says(minute, about(wanted, ONE))
        assert bool(changes) is (minute != 3)
        assert wish.request.item_titles == {ONE: name or "Pilot"}
        if minute == 2:
            assert changes[0].is_stored


def test_a_guess_is_remembered_as_one() -> None:
    """Of several, the request that was made last is meant."""
    house = House(World(request_id="1"), World(request_id="2"))
    house.survey(at(0))
    title = TitleRef(media_type=MediaType.MOVIE, title="title 603", year=1999)
    seen = Observation(
        connection_id="radarr-2",
        service=Service.RADARR,
        via=Via.PUSH,
        seen_at=at(1),
        title=title,
        statements=(Statement(value=Title(present=True)),),
    )
    (change,) = house.push(seen, now=at(1))
    assert (change.request.id, change.request.is_guess, change.is_stored) == ("r002", True, True)
    assert not house.tracker.requests["r001"].is_guess


def test_all_wishes_for_a_title_hear_of_it() -> None:
    """Two people asked for the same film."""
    first, second = World(request_id="1"), World(request_id="2")
    house = House(first, second)
    house.survey(at(0))
    house.push(first.manager_says(at(1), Via.PUSH, about(File(present=True), MOVIE)), now=at(1))
    assert house.of(first).stage is house.of(second).stage is Stage.SYNCING_LIBRARY


# --- variants ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variant", "is_4k", "fits"),
    [
        (None, True, True),
        (None, False, True),
        (True, True, True),
        (True, False, False),
        (False, True, False),
        (False, False, True),
    ],
)
def test_a_manager_of_one_variant_speaks_of_it_alone(
    variant: bool | None, *, is_4k: bool, fits: bool
) -> None:
    """4K and HD live side by side; who serves both speaks of both."""
    world = World(is_4k=is_4k, status=AskStatus.APPROVED)
    house = House(world, options=TrackerOptions(variants={MANAGER: variant}))
    house.survey(at(0))
    assert house.tracker.fits(house.of(world), MANAGER) is fits
    assert house.tracker.fits(house.of(world), "another")
    there = Statement(value=File(present=True), subject=Subject(item=MOVIE))
    house.push(world.manager_says(at(1), Via.SURVEY, there), now=at(1))
    assert (house.of(world).stage is Stage.SYNCING_LIBRARY) is fits
