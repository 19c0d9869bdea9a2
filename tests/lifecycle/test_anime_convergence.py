"""Promises 1 and 3 with Shoko in the house: its events may be lost, late, doubled or shuffled."""

from copy import deepcopy
from datetime import datetime, timedelta

from hypothesis import given, settings, strategies as st

from custom_components.media_status.lifecycle.facts import (
    AskStatus,
    File,
    MatchPhase,
    Observation,
    Outcome,
    Result,
    Statement,
)
from custom_components.media_status.lifecycle.model import (
    MOVIE,
    ItemKey,
    MediaType,
    Stage,
    Subject,
    Via,
)
from custom_components.media_status.lifecycle.paths import is_same_file, tail

from .anime_world import AnimeHouse, AnimeWorld
from .world import Load, at

EPISODES = tuple(ItemKey(1, number) for number in range(1, 5))
STEP = 20  # minutes from one survey to the next
type Life = list[tuple[AnimeWorld, list[Observation]]]

VERBS = ("grab", "import", "replace", "shoko", "shoko", "shoko", "unlink", "appear", "gone")


@st.composite
def lives(draw: st.DrawFn) -> Life:
    """Return snapshots of a random life, each with the pushes sent since the one before."""
    is_film = draw(st.booleans())
    world = AnimeWorld(
        media_type=MediaType.MOVIE if is_film else MediaType.SERIES,
        items=(MOVIE,) if is_film else EPISODES,
        seasons=frozenset() if is_film else frozenset({1}),
        status=AskStatus.APPROVED,
        managed=True,
        is_flagged=draw(st.booleans()),
    )
    life: Life = []
    for step in range(draw(st.integers(1, 7))):
        pushes: list[Observation] = []
        for _ in range(draw(st.integers(0, 5))):
            pushes += _event(draw, world, at(step * STEP + draw(st.integers(1, 15))))
        life.append((deepcopy(world), pushes))
    return life


def _event(draw: st.DrawFn, world: AnimeWorld, now: datetime) -> list[Observation]:
    """Let one thing happen; return what its service pushes about it."""
    loads = sorted(key for key, load in world.loads.items() if load.in_queue)
    item = draw(st.sampled_from(sorted(world.files))) if world.files else None
    match draw(st.sampled_from(VERBS)):
        case "grab":
            items = frozenset(draw(st.sets(st.sampled_from(world.items), min_size=1)))
            load = Load(key=f"{len(world.loads):040x}", items=items, grabbed=now)
            world.loads[load.key] = load
            return [world.manager_says(now, Via.PUSH, world.grab(load))]
        case "import" if loads:
            return [_import(world, world.loads[loads[0]], now)]
        case "replace" if item is not None:
            # An upgrade: another file, of which Shoko knows nothing yet.
            world.edition[item] = world.edition.get(item, 0) + 1
            world.phases.pop(item, None)
            return [world.manager_says(now, Via.PUSH, _file(world, item))]
        case "shoko" if item is not None:
            world.phases[item] = draw(st.sampled_from(MatchPhase))
            return [world.shoko_pushes(now, item)]
        case "unlink" if item is not None and world.phase(item) is MatchPhase.MATCHED:
            world.phases[item] = MatchPhase.UNMATCHED
            return [world.shoko_pushes(now, item)]
        case "appear":
            world.playable |= {one for one in world.files if world.phase(one) is MatchPhase.MATCHED}
        case "gone" if item is not None:
            world.files.discard(item)
            gone = Statement(value=File(present=False), subject=Subject(item=item))
            return [world.manager_says(now, Via.PUSH, gone)]
    return []


def _import(world: AnimeWorld, load: Load, now: datetime) -> Observation:
    load.progress, load.result, load.ended, load.in_queue = 1.0, Result.IMPORTED, now, False
    world.files |= load.items
    outcome = Outcome(result=Result.IMPORTED, at=now)
    said = [_file(world, item) for item in sorted(load.items)]
    done = Statement(value=outcome, subject=Subject(download=load.key))
    return world.manager_says(now, Via.PUSH, *said, done)


def _file(world: AnimeWorld, item: ItemKey) -> Statement:
    return Statement(
        value=File(present=True, path=world.path(item, "/elsewhere")), subject=Subject(item=item)
    )


@st.composite
def schedules(draw: st.DrawFn) -> tuple[Life, list[list[Observation]]]:
    """Return a life and what of its pushes arrives when: lost, doubled, shuffled, late."""
    life = draw(lives())
    arrivals: list[list[Observation]] = [[] for _ in life]
    for step, (_, pushes) in enumerate(life):
        for push in pushes:
            for _ in range(draw(st.integers(0, 2))):
                arrivals[draw(st.integers(step, len(life) - 1))].append(push)
    return life, [draw(st.permutations(found)) for found in arrivals]


def _live(life: Life, pushed: list[list[Observation]]) -> AnimeHouse:
    first = life[0][0]
    house = AnimeHouse(
        AnimeWorld(media_type=first.media_type, items=first.items, seasons=first.seasons)
    )
    house.survey(at(-1))
    for step, (world, _) in enumerate(life):
        for number, push in enumerate(pushed[step]):
            arrival = at(step * STEP + 16) + timedelta(seconds=number)
            house.push(_arriving(push, arrival), now=arrival)
        house.worlds = [world]
        house.survey(at(step * STEP + 18))
        _check_order(house, world)
    for settled in (1, 2):
        house.survey(at(len(life) * STEP + settled * STEP))
    return house


def _arriving(push: Observation, arrival: datetime) -> Observation:
    values = {name: getattr(push, name) for name in push.__slots__}
    return Observation(**{**values, "seen_at": arrival})


def _check_order(house: AnimeHouse, world: AnimeWorld) -> None:
    """After a survey a stage says what is true of its item, and nothing more."""
    request = house.of(world)
    if not request.is_open:
        return
    for item, stage in request.status.items.items():
        if stage is Stage.AVAILABLE:
            continue  # what could be played is gone only after two looks
        if stage is Stage.ANIME_MATCHING:
            assert item in world.files
            assert request.is_anime
            assert world.phase(item) is not MatchPhase.MATCHED
        if stage is Stage.SYNCING_LIBRARY:
            assert item in world.files
            assert world.phase(item) is MatchPhase.MATCHED or not request.is_anime


@given(schedules())
@settings(max_examples=6 * settings().max_examples, deadline=None)
def test_anime_converges(schedule: tuple[Life, list[list[Observation]]]) -> None:
    """An anime ends where surveys alone end, however the pushes of all services were treated."""
    life, arrivals = schedule
    alone = _live(life, [[] for _ in life])
    pushed = _live(life, arrivals)
    world = life[-1][0]
    assert pushed.stages(world) == alone.stages(world)
    if alone.of(world).is_open:  # history hears nothing more: Shoko may come too late for it
        assert pushed.of(world).is_anime == alone.of(world).is_anime


PARTS = st.text(st.characters(codec="utf-8", exclude_characters="/\\"), min_size=1, max_size=30)


@given(
    st.lists(PARTS, max_size=4), st.lists(PARTS, max_size=4), PARTS, PARTS, st.sampled_from("/\\")
)
def test_a_file_is_the_same_under_every_mount(
    mount: list[str], other: list[str], folder: str, name: str, separator: str
) -> None:
    """Only folder and name count, however the path is written."""
    one = "/" + "/".join([*mount, folder, name])
    two = separator + separator.join([*other, folder, name])
    assert is_same_file(one, two)
    assert is_same_file(one, two.upper()) or folder.upper().casefold() != folder.casefold()


@given(PARTS, PARTS, PARTS)
def test_another_file_is_never_the_same(folder: str, name: str, more: str) -> None:
    """A longer name that ends alike is another file; a bare name proves nothing."""
    path = f"/media/{folder}/{name}"
    assert not is_same_file(path, f"/media/{folder}/{more}{name}")
    assert not is_same_file(name, name)
    assert not is_same_file(path, None)
    assert len(tail("x" * 4000 + path)) == 2
