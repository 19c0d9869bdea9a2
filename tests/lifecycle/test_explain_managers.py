"""Why Radarr and Sonarr have nothing: each reason, its facts, and what comes before what."""

from dataclasses import replace

import pytest

from custom_components.media_status.lifecycle.explain import Setup
from custom_components.media_status.lifecycle.facts import (
    Ask,
    AskStatus,
    File,
    Health,
    Queue,
    QueuePhase,
    Search,
    Sought,
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
from custom_components.media_status.lifecycle.troubles import Ailment

from .reasons import FILM, TORRENT, complaints, grabbed, searched, tell, why
from .world import House, Load, World, at


@pytest.mark.parametrize(
    ("ailment", "code", "stuck"),
    [
        (Ailment.PROFILE_MISSING, "profile_missing", True),
        (Ailment.FOLDER_MISSING, "folder_missing", True),
        (Ailment.NO_CLIENT, "no_client", True),
        (Ailment.NO_INDEXER, "no_indexer", True),
        (Ailment.CLIENTS_DOWN, "client_unavailable", False),
        (Ailment.INDEXERS_DOWN, "indexers_down", False),
        (Ailment.PATH_UNSEEN, "searching", False),
    ],
)
def test_what_keeps_a_search_from_success_is_said(ailment: Ailment, code: str, stuck: bool) -> None:
    """Radarr's own complaint explains it, and is taken back with it."""
    world, house = searched()
    status = tell(house, world, [complaints(ailment)], Subject())
    assert (why(status).code, status.stuck) == (code, stuck)
    assert why(status).needs_person is stuck
    assert why(status).service is Service.RADARR
    status = tell(house, world, [Health()], Subject(), minutes=2)
    assert (why(status).code, status.stuck) == ("searching", False)


def test_what_only_a_person_ends_is_said_first() -> None:
    """Of several complaints the one that never goes by itself counts."""
    world, house = searched()
    every = [*reversed(Ailment)]
    assert why(tell(house, world, [complaints(*every)], Subject())).code == "profile_missing"
    every.remove(Ailment.PROFILE_MISSING)
    status = tell(house, world, [complaints(*every, detail="/films")], Subject(), minutes=2)
    assert (why(status).code, why(status).values) == ("folder_missing", {"path": "/films"})


@pytest.mark.parametrize(
    ("phase", "code"),
    [
        (QueuePhase.QUEUED, "folder_missing"),
        (QueuePhase.DOWNLOADING, "downloading"),
        (QueuePhase.COMPLETED, "folder_missing"),
        (QueuePhase.IMPORTING, "folder_missing"),
    ],
)
def test_a_missing_folder_matters_where_files_go(phase: QueuePhase, code: str) -> None:
    """A download goes on without it; nothing before and after does."""
    world, house = grabbed()
    world.loads["x"].in_client = False
    house.survey(at(1))
    tell(house, world, [complaints(Ailment.FOLDER_MISSING)], Subject(), minutes=2)
    status = tell(house, world, [Queue(present=True, phase=phase)], TORRENT, minutes=3)
    assert why(status).code == code


@pytest.mark.parametrize(
    ("phase", "code"),
    [
        (QueuePhase.QUEUED, "no_client"),
        (QueuePhase.CLIENT_UNAVAILABLE, "client_unavailable"),
        (QueuePhase.IMPORTING, "importing"),
    ],
)
def test_a_missing_client_matters_before_the_download(phase: QueuePhase, code: str) -> None:
    """What the queue says of this download says more than what ails the manager."""
    world, house = grabbed()
    world.loads["x"].in_client = False
    house.survey(at(1))
    tell(house, world, [complaints(Ailment.NO_CLIENT)], Subject(), minutes=2)
    status = tell(house, world, [Queue(present=True, phase=phase)], TORRENT, minutes=3)
    assert why(status).code == code


def test_the_last_search_is_told() -> None:
    """When Radarr says so, and until it finds something."""
    world, house = searched()
    assert why(house.of(world).status).at is None
    status = tell(house, world, [Sought(at=at(-30))], FILM)
    assert (why(status).code, why(status).at) == ("searching", at(-30))
    assert not why(status).needs_person
    status = tell(house, world, [Sought(at=at(62))], FILM, minutes=2)
    assert why(status).at == at(62)
    status = tell(house, world, [Sought(at=at(64))], FILM, minutes=3)
    assert why(status).at is None  # no clock is that wrong


def test_of_several_episodes_the_last_search_is_told() -> None:
    """And only of those that are searched for."""
    items = tuple(ItemKey(1, number) for number in (1, 2, 3))
    world = World(
        media_type=MediaType.SERIES,
        tmdb=95396,
        seasons=frozenset({1}),
        items=items,
        status=AskStatus.APPROVED,
        managed=True,
        release_at={items[2]: at(10_000)},
    )
    house = House(world)
    house.survey(at(0))
    for number, item in enumerate(items):
        tell(house, world, [Sought(at=at(-9 + number))], Subject(item=item), minutes=number + 1)
    status = house.of(world).status
    assert (status.stage, why(status).at) == (Stage.SEARCHING, at(-8))
    looks = (Search(found=5, rejected=5), Search(found=0), Search(found=7, rejected=7))
    for number, (item, look) in enumerate(zip(items, looks, strict=True)):
        subject = Subject(item=item)
        tell(house, world, [look], subject, minutes=number + 5, via=Via.USER)
    status = house.of(world).status
    assert (why(status).code, why(status).at) == ("no_releases", at(6))


def test_what_a_look_showed_is_told_with_its_time() -> None:
    """Whether there was nothing, or nothing that is wanted; the last look counts."""
    world, house = searched()
    tell(house, world, [Sought(at=at(1))], FILM)
    nothing = Search(found=0)
    status = tell(house, world, [nothing], FILM, minutes=2, via=Via.USER)
    assert (why(status).code, why(status).at, status.stuck) == ("no_releases", at(2), False)
    assert not why(status).needs_person
    unwanted = Search(found=14, rejected=14, reason="Not wanted", count=9)
    status = tell(house, world, [unwanted], FILM, minutes=3, via=Via.USER)
    assert (why(status).code, why(status).at, status.stuck) == ("all_rejected", at(3), False)
    assert why(status).values == {"found": 14, "reason": "Not wanted", "count": 9}
    assert why(status).needs_person
    house.survey(at(4))
    assert why(house.of(world).status).code == "all_rejected"
    silent = Search(found=3, rejected=3)
    status = tell(house, world, [silent], FILM, minutes=5, via=Via.USER)
    assert why(status).values == {"found": 3}
    some = Search(found=14, rejected=13, reason="Not wanted", count=9)
    status = tell(house, world, [some], FILM, minutes=6, via=Via.USER)
    assert (why(status).code, why(status).at) == ("searching", at(1))


@pytest.mark.parametrize(
    ("is_managed", "is_stranded", "code"),
    [
        (False, True, "not_passed_on"),
        (False, False, "not_in_manager"),
        (True, True, "searching"),
    ],
)
def test_who_never_got_the_request_is_told_apart(
    is_managed: bool, is_stranded: bool, code: str
) -> None:
    """Seerr itself says that it gave it to nobody; wherever it came from, Radarr may have it."""
    world = World(status=AskStatus.APPROVED, managed=is_managed)
    house = House(world)
    house.survey(at(0))
    asked = Ask(status=AskStatus.APPROVED, is_stranded=is_stranded)
    said = replace(world.seerr(at(1), Via.SURVEY), statements=(Statement(value=asked),))
    house.push(said, now=at(1))
    assert why(house.of(world).status).code == code
    house.keep(house.tracker.tick(at(121)))
    assert house.of(world).status.stuck is not is_managed


def test_a_look_is_over_when_something_is_grabbed() -> None:
    """What was rejected once does not explain what comes now."""
    world, house = searched()
    tell(house, world, [Search(found=2, rejected=2)], FILM, via=Via.USER)
    world.loads = {"x": Load(key="x", items=frozenset({MOVIE}), grabbed=at(2), progress=0.5)}
    house.survey(at(3))
    assert why(house.of(world).status).code == "downloading"


def test_what_a_silent_manager_complained_of_does_not_count() -> None:
    """While it does not answer, nobody knows whether it is still so."""
    world = World(status=AskStatus.APPROVED, managed=True)
    setup = Setup(down={Service.RADARR: at(2)})
    house = House(world)
    house.survey(at(0))
    tell(house, world, [complaints(Ailment.NO_CLIENT)], Subject())
    for changes in house.tracker.reconsider(TrackerOptions(setup=setup), at(2)):
        house.keep(changes)
    status = house.of(world).status
    assert (why(status).code, why(status).since) == ("connection_down", at(2))
    assert status.stuck  # as it was


def test_complaints_go_with_the_title() -> None:
    """Removed from Radarr, a film is not kept waiting by what ailed Radarr."""
    world, house = searched()
    found = [complaints(Ailment.NO_INDEXER)]
    tell(house, world, found, Subject())
    tell(house, world, [Sought(at=at(0)), Search(found=0)], FILM)
    world.managed = False
    house.survey(at(5))
    house.survey(at(20))
    kinds = {type(fact.value) for fact in house.of(world).facts.values()}
    assert kinds.isdisjoint({Health, Sought, Search, File})
