"""Promise 1: whatever happens to pushes, the next surveys end in what surveys alone end in."""

from copy import deepcopy
from datetime import datetime, timedelta

from hypothesis import assume, given, settings, strategies as st

from custom_components.media_status.lifecycle.facts import (
    AskStatus,
    File,
    Observation,
    Outcome,
    Result,
    Statement,
    Title,
)
from custom_components.media_status.lifecycle.model import MOVIE, ItemKey, MediaType, Subject, Via

from .world import House, Load, World, at

EPISODES = tuple(ItemKey(season, number) for season in (1, 2) for number in (1, 2, 3))


@st.composite
def lives(draw: st.DrawFn, media_type: MediaType) -> list[tuple[World, list[Observation]]]:
    """Return snapshots of a random life, each with the pushes sent since the one before."""
    items = (MOVIE,) if media_type is MediaType.MOVIE else EPISODES
    seasons = frozenset() if media_type is MediaType.MOVIE else frozenset({1, 2})
    world = World(media_type=media_type, items=items, seasons=seasons)
    life: list[tuple[World, list[Observation]]] = []
    for step in range(draw(st.integers(1, 8))):
        pushes: list[Observation] = []
        for _ in range(draw(st.integers(0, 4))):
            now = at(step * 20 + draw(st.integers(1, 15)))
            pushes += _event(draw, world, now)
        life.append((deepcopy(world), pushes))
    return life


def _event(draw: st.DrawFn, world: World, now: datetime) -> list[Observation]:
    """Let one thing happen; return what its service pushes about it."""
    verb = draw(
        st.sampled_from(
            [
                "approve",
                "decline",
                "add",
                "grab",
                "load",
                "import",
                "fail",
                "appear",
                "lose",
                "gone",
            ]
        )
    )
    loads = sorted(world.loads)
    load = world.loads[draw(st.sampled_from(loads))] if loads else None
    match verb:
        case "approve" | "decline":
            world.status = AskStatus.APPROVED if verb == "approve" else AskStatus.DECLINED
            return [world.seerr(now, Via.PUSH)]
        case "add":
            world.managed = True
            return [world.manager_says(now, Via.PUSH, Statement(value=Title(present=True)))]
        case "grab" if world.managed:
            items = draw(st.sets(st.sampled_from(world.items), min_size=1))
            key = f"{len(world.loads):040x}"
            new = world.loads.setdefault(key, Load(key=key, items=frozenset(items), grabbed=now))
            return [world.manager_says(now, Via.PUSH, world.grab(new))]
        case "load" if load is not None:
            load.progress = draw(st.floats(load.progress, 1.0))
        case "import" if load is not None and load.in_queue:
            load.progress, load.result, load.ended, load.in_queue = 1.0, Result.IMPORTED, now, False
            world.files |= load.items
            return [world.manager_says(now, Via.PUSH, *_import(load, now))]
        case "fail" if load is not None and load.in_queue:
            load.result, load.ended, load.in_queue, load.in_client = (
                Result.FAILED,
                now,
                False,
                False,
            )
        case "appear":
            world.playable |= world.files
        case "lose" if load is not None:
            load.in_client = False
        case "gone" if world.files:
            item = draw(st.sampled_from(sorted(world.files)))
            world.files.discard(item)
            gone = Statement(value=File(present=False), subject=Subject(item=item))
            return [world.manager_says(now, Via.PUSH, gone)]
    return []


def _import(load: Load, now: datetime) -> list[Statement]:
    said = [
        Statement(value=File(present=True, path="/elsewhere.mkv"), subject=Subject(item=item))
        for item in sorted(load.items)
    ]
    outcome = Outcome(result=Result.IMPORTED, at=now)
    return [*said, Statement(value=outcome, subject=Subject(download=load.key))]


def _live(
    life: list[tuple[World, list[Observation]]],
    pushed: list[list[Observation]],
    *,
    known_before: bool,
) -> House:
    """Live a life: before each survey the given pushes arrive, stamped with their arrival."""
    house = House(_asked(life[0][0]))
    if known_before:
        house.survey(at(-1))
    for step, (world, _) in enumerate(life):
        for number, push in enumerate(pushed[step]):
            arrival = at(step * 20 + 16) + timedelta(seconds=number)
            house.push(_arriving(push, arrival), now=arrival)
        house.worlds = [world]
        house.survey(at(step * 20 + 18))
    for settled in (1, 2):  # healthy surveys without news, far enough apart to settle absences
        house.survey(at(len(life) * 20 + settled * 20))
    return house


def _asked(world: World) -> World:
    """Return the world when the request had just been made."""
    return World(media_type=world.media_type, items=world.items, seasons=world.seasons)


def _arriving(push: Observation, arrival: datetime) -> Observation:
    values = {name: getattr(push, name) for name in push.__slots__}
    return Observation(**{**values, "seen_at": arrival})


@st.composite
def schedules(
    draw: st.DrawFn, media_type: MediaType
) -> tuple[list[tuple[World, list[Observation]]], list[list[Observation]]]:
    """Return a life and what of its pushes arrives when: lost, doubled, shuffled, late."""
    life = draw(lives(media_type))
    arrivals: list[list[Observation]] = [[] for _ in life]
    for step, (_, pushes) in enumerate(life):
        for push in pushes:
            for _ in range(draw(st.integers(0, 2))):
                arrivals[draw(st.integers(step, len(life) - 1))].append(push)
    return life, [draw(st.permutations(found)) for found in arrivals]


def _check(
    life: list[tuple[World, list[Observation]]],
    arrivals: list[list[Observation]],
    *,
    known_before: bool,
) -> None:
    """Compare; a request may be known before its life begins, or be opened by any push."""
    alone = _live(life, [[] for _ in life], known_before=known_before)
    pushed = _live(life, arrivals, known_before=known_before)
    world = life[-1][0]
    assume(alone.seen)  # declined before the first survey: surveys alone never know of it
    assert pushed.stages(world) == alone.stages(world)


@given(schedules(MediaType.MOVIE), st.booleans())
@settings(max_examples=4 * settings().max_examples, deadline=None)
def test_films_converge(
    schedule: tuple[list[tuple[World, list[Observation]]], list[list[Observation]]],
    known_before: bool,
) -> None:
    """A film ends where surveys alone end, however its pushes were treated."""
    _check(*schedule, known_before=known_before)


@given(schedules(MediaType.SERIES), st.booleans())
@settings(max_examples=4 * settings().max_examples, deadline=None)
def test_series_converge(
    schedule: tuple[list[tuple[World, list[Observation]]], list[list[Observation]]],
    known_before: bool,
) -> None:
    """So does a series of two seasons with packs and single episodes."""
    _check(*schedule, known_before=known_before)
