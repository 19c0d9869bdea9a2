"""Anime: what Shoko says stands between the import and the library."""

from dataclasses import replace

import pytest

from custom_components.media_status.lifecycle.explain import Setup
from custom_components.media_status.lifecycle.facts import (
    AskStatus,
    File,
    Grab,
    Match,
    MatchPhase,
    Observation,
    Obstacle,
    Playable,
    Statement,
    Wanted,
)
from custom_components.media_status.lifecycle.identity_map import identity_map
from custom_components.media_status.lifecycle.model import (
    MOVIE,
    ItemKey,
    MediaType,
    Service,
    Stage,
    Subject,
    Via,
)
from custom_components.media_status.lifecycle.request import Changes
from custom_components.media_status.lifecycle.tracker import TrackerOptions
from custom_components.media_status.lifecycle.troubles import Hindrance

from .anime_world import AnimeHouse, AnimeWorld
from .world import LIBRARY, Load, at

SEASON = tuple(ItemKey(1, number) for number in range(1, 5))


def _film(**more: object) -> AnimeWorld:
    world = AnimeWorld(status=AskStatus.APPROVED, managed=True, files={MOVIE})
    for name, value in more.items():
        setattr(world, name, value)
    return world


def _series(**more: object) -> AnimeWorld:
    world = AnimeWorld(
        media_type=MediaType.SERIES,
        items=SEASON,
        seasons=frozenset({1}),
        status=AskStatus.APPROVED,
        managed=True,
    )
    for name, value in more.items():
        setattr(world, name, value)
    return world


def _jellyfin_says(house: AnimeHouse, world: AnimeWorld, minutes: float, *said: Statement) -> None:
    house.push(
        Observation(
            connection_id=LIBRARY,
            service=Service.JELLYFIN,
            via=Via.SURVEY,
            seen_at=at(minutes),
            request_id=house.of(world).id,
            statements=said,
        ),
        now=at(minutes),
    )


def _told(changes: Changes) -> list[str]:
    return [entry.code for change in changes for entry in change.timeline]


def test_a_film_is_matched_before_the_library_is_waited_for() -> None:
    """Imported, it waits for Shoko; matched, for Jellyfin; played there, it is available."""
    world = _film()
    house = AnimeHouse(world)
    house.survey(at(0))
    assert house.of(world).stage is Stage.ANIME_MATCHING
    world.phases[MOVIE] = MatchPhase.MATCHED
    told = _told(house.push(world.shoko_pushes(at(1), MOVIE), now=at(1)))
    assert house.of(world).stage is Stage.SYNCING_LIBRARY
    assert "matched" in told
    assert "matched" not in _told(house.survey(at(2)))  # each thing once
    world.playable = {MOVIE}
    house.survey(at(3))
    assert house.of(world).stage is Stage.AVAILABLE


def test_an_event_before_the_import_is_made_up_for() -> None:
    """Shoko may be done before the manager has told us of a file (P39)."""
    world = _film(files=set(), phases={MOVIE: MatchPhase.MATCHED})
    house = AnimeHouse(world)
    house.survey(at(0))
    assert not house.push(world.shoko_pushes(at(1), MOVIE), now=at(1))
    world.files = {MOVIE}
    house.survey(at(2))
    assert house.of(world).stage is Stage.SYNCING_LIBRARY


def test_another_file_must_be_matched_again() -> None:
    """What Shoko said of a file says nothing about the one that replaced it."""
    world = _film(phases={MOVIE: MatchPhase.MATCHED})
    house = AnimeHouse(world)
    house.survey(at(0))
    assert house.of(world).stage is Stage.SYNCING_LIBRARY
    better = Statement(
        value=File(present=True, path="/m/f/better.mkv"), subject=Subject(item=MOVIE)
    )
    house.push(world.manager_says(at(1), Via.PUSH, better), now=at(1))
    assert house.of(world).stage is Stage.ANIME_MATCHING


def test_what_shoko_knows_is_anime() -> None:
    """Nobody else called it anime; Shoko's match does, and a person may overrule it."""
    world = _film(is_flagged=False)
    house = AnimeHouse(world)
    house.survey(at(0))
    request = house.of(world)
    assert (request.is_anime, request.stage) == (False, Stage.SYNCING_LIBRARY)
    world.phases[MOVIE] = MatchPhase.MATCHED
    house.survey(at(1))
    assert request.is_anime
    world.phases[MOVIE] = MatchPhase.UNMATCHED
    world.is_flagged = True
    house.survey(at(2))
    assert house.of(world).stage is Stage.ANIME_MATCHING
    house.tracker.set_anime(request.id, False, at(3))
    assert house.of(world).stage is Stage.SYNCING_LIBRARY


def test_without_shoko_anime_is_like_everything_else() -> None:
    """Nobody is waited for who is not there."""
    setup = Setup(services=frozenset(Service) - {Service.SHOKO})
    world = _film()
    house = AnimeHouse(world, options=TrackerOptions(setup=setup))
    house.survey(at(0))
    assert house.of(world).is_anime
    assert house.of(world).stage is Stage.SYNCING_LIBRARY


@pytest.mark.parametrize(
    ("phase", "code", "is_stuck"),
    [
        (MatchPhase.UNSEEN, "shoko_unseen", False),
        (MatchPhase.HASHING, "shoko_hashing", False),
        (MatchPhase.WAITING, "shoko_waiting", False),
        (MatchPhase.BANNED, "anidb_banned", False),
        (MatchPhase.UNMATCHED, "shoko_unmatched", True),
    ],
)
def test_why_it_is_not_matched_is_said(phase: MatchPhase, code: str, *, is_stuck: bool) -> None:
    """Each state of Shoko has its sentence; only what no program can match needs a person."""
    world = _film(phases={MOVIE: phase})
    house = AnimeHouse(world)
    house.survey(at(0))
    status = house.of(world).status
    assert status.explanation is not None
    assert (status.explanation.code, status.stuck) == (code, is_stuck)
    assert status.explanation.service is Service.SHOKO
    assert status.explanation.since == at(0)


def test_one_unmatched_file_of_a_pack_is_named_while_others_move() -> None:
    """Shoko, not the slowest download, needs a person."""
    world = _series(files={SEASON[0], SEASON[1], SEASON[2]})
    world.phases = dict.fromkeys(SEASON[:2], MatchPhase.MATCHED) | {SEASON[2]: MatchPhase.UNMATCHED}
    world.loads["a" * 40] = Load(key="a" * 40, items=frozenset({SEASON[3]}), grabbed=at(0))
    house = AnimeHouse(world)
    house.survey(at(0))
    status = house.of(world).status
    assert status.stage is Stage.DOWNLOADING
    assert status.counts.imported == 3
    assert status.stuck
    assert status.explanation is not None
    assert status.explanation.values == {"count": 1, "file": "S01E03 v0.mkv"}
    world.phases[SEASON[2]] = MatchPhase.MATCHED
    house.survey(at(1))
    assert not house.of(world).status.stuck


def test_a_silent_shoko_is_said() -> None:
    """While it does not answer, nobody knows; what it said before still holds."""
    world = _film()
    house = AnimeHouse(world)
    house.survey(at(0))
    setup = Setup(down={Service.SHOKO: at(1)})
    list(house.tracker.reconsider(TrackerOptions(setup=setup), at(2)))
    explanation = house.of(world).status.explanation
    assert explanation is not None
    assert (explanation.code, explanation.since) == ("connection_down", at(1))
    assert house.of(world).stage is Stage.ANIME_MATCHING


@pytest.mark.parametrize(
    ("said", "code", "is_stuck"),
    [
        (Statement(value=Obstacle(hindrance=Hindrance.SIGNALR_OFF)), "shokofin_signalr_off", False),
        (Statement(value=Obstacle(hindrance=Hindrance.UNMAPPED)), "shokofin_unmapped", True),
        (Statement(value=Obstacle(hindrance=Hindrance.FILTERED)), "shokofin_filtered", True),
        (
            Statement(value=Playable(present=False, guess="Twin"), subject=Subject(item=MOVIE)),
            "title_guess",
            True,
        ),
        (Statement(value=Obstacle()), "waiting_library", False),
    ],
)
def test_what_keeps_it_out_of_jellyfin_is_said(
    said: Statement, code: str, *, is_stuck: bool
) -> None:
    """A reason in Shokofin's settings, or a look-alike, explains the wait; it proves nothing."""
    world = _film(phases={MOVIE: MatchPhase.MATCHED})
    house = AnimeHouse(world)
    house.survey(at(0))
    _jellyfin_says(house, world, 1, said)
    request = house.of(world)
    assert request.stage is Stage.SYNCING_LIBRARY
    assert request.status.explanation is not None
    assert request.status.explanation.code == code
    assert request.status.explanation.needs_person is is_stuck
    assert request.status.stuck is is_stuck


def test_the_identity_map_names_each_item_everywhere() -> None:
    """Asked for, as a file, for AniDB and in Jellyfin."""
    world = _series(files={SEASON[0]}, phases={SEASON[0]: MatchPhase.MATCHED})
    house = AnimeHouse(world)
    house.survey(at(0))
    _jellyfin_says(
        house,
        world,
        1,
        Statement(
            value=Playable(present=True, item_id="f00d", proof="shoko file"),
            subject=Subject(item=SEASON[0]),
        ),
    )
    first, *others = identity_map(house.of(world)).items
    assert first.item == SEASON[0]
    assert first.file is not None
    assert [episode.anidb_episode for episode in first.episodes] == [1001]
    assert first.playable is not None
    assert first.playable.item_id == "f00d"
    assert [other.file for other in others] == [None, None, None]


def test_the_identity_map_says_what_does_not_add_up() -> None:
    """Fewer episodes wanted than asked for, files nobody knows, more brought than wished."""
    world = _series(
        files={SEASON[0], SEASON[1]}, phases=dict.fromkeys(SEASON, MatchPhase.UNMATCHED)
    )
    house = AnimeHouse(world)
    house.survey(at(0))
    pack = frozenset(SEASON) | {ItemKey(2, 1), ItemKey(0, 1)}
    house.push(
        world.manager_says(
            at(1),
            Via.SURVEY,
            Statement(value=Grab(items=pack, at=at(1)), subject=Subject(download="b" * 40)),
            Statement(value=Wanted(monitored=False), subject=Subject(item=SEASON[3])),
        ),
        now=at(1),
    )
    found = {one.code: one.values for one in identity_map(house.of(world)).mismatches}
    assert found == {
        "monitors_fewer": {"requested": 4, "monitored": 3},
        "unmatched_files": {"count": 2},
        "extra_episodes": {"count": 2},
    }


def test_two_files_of_one_anime_episode_are_noticed() -> None:
    """AniDB numbers otherwise: what are two episodes here may be one there."""
    world = _series(files={SEASON[0], SEASON[1]}, phases=dict.fromkeys(SEASON, MatchPhase.MATCHED))
    house = AnimeHouse(world)
    house.survey(at(0))
    match = world.match(SEASON[1])
    same = replace(match, episodes=world.match(SEASON[0]).episodes)
    seen = world.shoko_pushes(at(1), SEASON[1])
    house.push(replace(seen, statements=(Statement(value=same),)), now=at(1))
    found = identity_map(house.of(world)).mismatches
    assert [(one.code, one.values) for one in found] == [("same_episode", {"count": 1})]


def test_one_file_of_two_episodes_is_found_by_both() -> None:
    """One file serves two items; an event about it is about both."""
    world = _series()
    house = AnimeHouse(world)
    house.survey(at(0))
    double = File(present=True, path="/tv/Title/S01E01-E02.mkv")
    house.push(
        world.manager_says(
            at(1),
            Via.PUSH,
            *(Statement(value=double, subject=Subject(item=item)) for item in SEASON[:2]),
        ),
        now=at(1),
    )
    found = Match(phase=MatchPhase.MATCHED, path="/anime/Title/S01E01-E02.mkv")
    seen = world.shoko_pushes(at(2), SEASON[0])
    heard = replace(seen, file_path=found.path, statements=(Statement(value=found),))
    house.push(heard, now=at(2))
    stages = house.of(world).status.items
    assert [stages[item] for item in SEASON[:2]] == [Stage.SYNCING_LIBRARY] * 2
