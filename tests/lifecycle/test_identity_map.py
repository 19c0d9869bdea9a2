"""One thing under all its names, and where services do not agree about it."""

import pytest

from custom_components.media_status.lifecycle.facts import (
    AnimeEpisode,
    FactValue,
    File,
    Grab,
    Match,
    MatchPhase,
    Playable,
    Statement,
    Wanted,
)
from custom_components.media_status.lifecycle.identity_map import Mismatch, identity_map
from custom_components.media_status.lifecycle.model import MOVIE, ItemKey, Service

from .wish import EPISODES, Wish, about
from .world import at

ONE, TWO, THREE = EPISODES
SHOKO, LIBRARY = Service.SHOKO, Service.JELLYFIN


def _series() -> Wish:
    """Return a series whose episodes are all looked for."""
    wish = Wish(*EPISODES)
    wanted = Wanted(monitored=True, released=True)
    wish.says(1, *(about(wanted, item) for item in EPISODES))
    return wish


def _mismatches(wish: Wish) -> dict[str, dict[str, str | int]]:
    found = identity_map(wish.request).mismatches
    assert len({one.code for one in found}) == len(found)
    return {one.code: one.values for one in found}


def _match(phase: MatchPhase, *anidb: int, **named: str) -> Match:
    episodes = tuple(AnimeEpisode(anidb_anime=1, anidb_episode=number) for number in anidb)
    return Match(
        phase=phase, episodes=episodes, file_id=named.get("file_id"), path=named.get("path")
    )


def test_an_item_has_a_name_everywhere() -> None:
    """As asked for, as a file, for Shoko and in Jellyfin."""
    wish = Wish(ONE, TWO)
    file, match = File(present=True, path="/a/b.mkv"), _match(MatchPhase.MATCHED, 7, file_id="9")
    wish.says(1, about(Wanted(monitored=True, released=True, title="Pilot"), TWO), about(file, TWO))
    wish.says(1, about(match, TWO), service=SHOKO)
    wish.says(1, about(Wanted(monitored=True, released=True), ONE), about(File(present=False), ONE))
    playable = Playable(present=True, item_id="x")
    wish.says(1, about(playable, TWO), service=LIBRARY)
    first, second = identity_map(wish.request).items
    assert (first.item, first.title, first.file, first.match, first.playable) == (
        ONE,
        None,
        None,
        None,
        None,
    )
    assert first.episodes == ()
    assert (second.item, second.title, second.file, second.match, second.playable) == (
        TWO,
        "Pilot",
        file,
        match,
        playable,
    )
    assert [episode.anidb_episode for episode in second.episodes] == [7]


def test_a_film_is_its_only_item() -> None:
    """Whatever else it was told of."""
    wish = Wish()
    wish.says(1, about(File(present=True, path="/a/b.mkv"), MOVIE))
    wish.request.items.clear()
    (row,) = identity_map(wish.request).items
    assert row.item == MOVIE
    assert row.file is not None
    grab = Grab(items=frozenset({MOVIE, ONE}), at=at(1))
    wish.says(2, about(grab, "a"))
    assert _mismatches(wish) == {}


def test_the_best_word_of_several_is_shown() -> None:
    """Two Shokos, two libraries: a match before none, playable before not."""
    wish = _series()
    wish.says(2, about(File(present=True), ONE))
    said: dict[Service, tuple[FactValue, FactValue]] = {
        SHOKO: (_match(MatchPhase.UNMATCHED), _match(MatchPhase.MATCHED, 7)),
        LIBRARY: (Playable(present=False), Playable(present=True)),
    }
    for service, values in said.items():
        for number, value in enumerate(values):
            wish.says(3, about(value, ONE), service=service, connection=f"{service}-{number}")
    row = identity_map(wish.request).items[0]
    assert row.match == said[SHOKO][1]
    assert row.playable == said[LIBRARY][1]


def test_what_the_manager_looks_for_no_longer_is_noticed() -> None:
    """Unless it is there already: many people stop looking then."""
    wish = _series()
    assert _mismatches(wish) == {}
    off = Wanted(monitored=False, released=True)
    wish.says(2, about(off, ONE), about(off, TWO))
    assert _mismatches(wish) == {"monitors_fewer": {"requested": 3, "monitored": 1}}
    wish.says(3, about(File(present=True), ONE))
    assert _mismatches(wish) == {"monitors_fewer": {"requested": 3, "monitored": 2}}
    on = about(Wanted(monitored=True, released=True), TWO)
    wish.says(4, on, service=Service.SONARR, connection="manager-2")
    assert _mismatches(wish) == {}


def test_a_season_that_the_manager_does_not_have_is_noticed() -> None:
    """Each of them; while it has none at all it may not have been asked yet."""
    wish = _series()
    wish.request.seasons = frozenset({1, 4})
    assert _mismatches(wish) == {"season_unknown": {"season": 4}}
    wish.request.seasons = frozenset({1, 4, 3})
    found = identity_map(wish.request).mismatches
    assert found == tuple(
        Mismatch(code="season_unknown", values={"season": number}) for number in (3, 4)
    )
    fresh = Wish(ONE)
    fresh.says(1, about(File(present=True), ONE))
    assert _mismatches(fresh) == {}


@pytest.mark.parametrize(
    ("one", "other", "count"),
    [
        ({"file_id": "1"}, {"file_id": "2"}, 2),
        ({"file_id": "1"}, {"file_id": "1"}, 1),
        ({"file_id": "1", "path": "/a/b"}, {"file_id": "2", "path": "/a/b"}, 2),
        ({"path": "/a/b"}, {"path": "/a/b"}, 1),
        ({"path": "/a/b"}, {"path": "/a/c"}, 2),
        ({}, {}, 2),
    ],
)
def test_files_that_nobody_knows_are_counted(
    one: dict[str, str], other: dict[str, str], count: int
) -> None:
    """One file of two episodes is one file."""
    wish = _series()
    wish.says(2, *(about(File(present=True), item) for item in EPISODES))
    said = [
        about(_match(MatchPhase.UNMATCHED, **one), ONE),
        about(_match(MatchPhase.UNMATCHED, **other), TWO),
        about(_match(MatchPhase.WAITING), THREE),
    ]
    wish.says(3, *said, service=SHOKO)
    assert _mismatches(wish) == {"unmatched_files": {"count": count}}


def test_what_a_pack_brought_beyond_the_wish_is_counted() -> None:
    """Each episode once, however many downloads brought it."""
    wish = _series()
    extra = {ItemKey(2, 1), ItemKey(0, 1)}
    wish.says(2, about(Grab(items=frozenset({ONE} | extra), at=at(2)), "a"))
    wish.says(2, about(Grab(items=frozenset({TWO, ItemKey(2, 1)}), at=at(2)), "b"))
    assert _mismatches(wish) == {"extra_episodes": {"count": 2}}


@pytest.mark.parametrize(
    ("numbers", "count"),
    [
        (((7,), (8,), (9,)), 0),
        (((7,), (7,), (9,)), 1),
        (((7, 8), (8,), (7,)), 2),
        (((7,), (7,), (7,)), 1),
    ],
)
def test_files_of_the_same_anime_episode_are_noticed(
    numbers: tuple[tuple[int, ...], ...], count: int
) -> None:
    """What are several episodes here may be one for AniDB."""
    wish = _series()
    wish.says(2, *(about(File(present=True), item) for item in EPISODES))
    said: list[Statement] = [
        about(_match(MatchPhase.MATCHED, *found, file_id=str(item.number)), item)
        for item, found in zip(EPISODES, numbers, strict=True)
    ]
    wish.says(3, *said, service=SHOKO)
    assert _mismatches(wish) == ({"same_episode": {"count": count}} if count else {})


def test_one_file_of_two_episodes_is_no_mismatch() -> None:
    """It is the same file; without an id of it nobody can tell, and it is said."""
    wish = _series()
    wish.says(2, *(about(File(present=True), item) for item in EPISODES))
    same = _match(MatchPhase.MATCHED, 7, 8, file_id="1")
    wish.says(3, about(same, ONE), about(same, TWO), service=SHOKO)
    assert _mismatches(wish) == {}
    nameless = _match(MatchPhase.MATCHED, 7, 8)
    wish.says(4, about(nameless, ONE), about(nameless, TWO), service=SHOKO)
    assert _mismatches(wish) == {"same_episode": {"count": 2}}


def test_something_of_the_same_title_in_jellyfin_is_said_once() -> None:
    """It proves nothing, but a person can see why."""
    wish = _series()
    said = [
        about(Playable(present=False, guess=name), item)
        for item, name in ((TWO, "Twin"), (THREE, "Triplet"))
    ]
    wish.says(2, about(Playable(present=False), ONE), *said, service=LIBRARY)
    assert _mismatches(wish) == {"same_title": {"name": "Twin"}}
