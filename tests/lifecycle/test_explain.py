"""Why it is not there yet: each reason, the facts that give it, and what comes before what."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from custom_components.media_status.lifecycle.advice import ADVISED, advice
from custom_components.media_status.lifecycle.explain import Setup
from custom_components.media_status.lifecycle.facts import (
    Ask,
    AskStatus,
    FactValue,
    File,
    Health,
    Observation,
    Playable,
    Queue,
    QueuePhase,
    Search,
    Sought,
    Statement,
    Transfer,
    TransferPhase,
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
from custom_components.media_status.lifecycle.request import Explanation, Status
from custom_components.media_status.lifecycle.tracker import TrackerOptions
from custom_components.media_status.lifecycle.troubles import Ailment, Block, Complaint, Hitch

from .world import CLIENT, LIBRARY, MANAGER, House, Load, World, at

FILM = Subject(item=MOVIE)
TORRENT = Subject(download="x")


def searched() -> tuple[World, House]:
    """Return a film that Radarr searches for."""
    world = World(status=AskStatus.APPROVED, managed=True)
    house = House(world)
    house.survey(at(0))
    assert house.of(world).stage is Stage.SEARCHING
    return world, house


def grabbed(progress: float = 0.2) -> tuple[World, House]:
    """Return a film whose torrent is under way."""
    world = World(status=AskStatus.APPROVED, managed=True)
    load = Load(key="x", items=frozenset({MOVIE}), grabbed=at(0), progress=progress)
    world.loads = {"x": load}
    house = House(world)
    house.survey(at(0))
    return world, house


def tell(
    house: House,
    world: World,
    values: Iterable[FactValue],
    subject: Subject,
    *,
    minutes: float = 1,
    via: Via = Via.SURVEY,
) -> Status:
    """Let Radarr say something; return how the request stands then."""
    said = tuple(Statement(value=value, subject=subject) for value in values)
    house.push(world.manager_says(at(minutes), via, *said), now=at(minutes))
    return house.of(world).status


def client_says(house: House, world: World, transfer: Transfer, *, minutes: float = 1) -> Status:
    """Let the download client say something; return how the request stands then."""
    seen = Observation(
        connection_id=CLIENT,
        service=Service.QBITTORRENT,
        via=Via.SURVEY,
        seen_at=at(minutes),
        download_ids=frozenset({"x"}),
        statements=(Statement(value=transfer),),
    )
    house.push(seen, now=at(minutes))
    return house.of(world).status


def why(status: Status) -> Explanation:
    """Return the explanation."""
    assert status.explanation is not None
    return status.explanation


def complaints(*found: Ailment, detail: str | None = None) -> Health:
    """Return what a manager complains about."""
    return Health(complaints=tuple(Complaint(ailment=one, detail=detail) for one in found))


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


@pytest.mark.parametrize(
    ("block", "code"),
    [
        (None, "import_blocked"),
        (Block.NO_SPACE, "no_space"),
        (Block.PATH_UNSEEN, "path_not_visible"),
        (Block.NO_FILES, "import_blocked"),
    ],
)
def test_why_it_is_not_sorted_in_is_told_apart(block: Block | None, code: str) -> None:
    """Each is stuck at once, and says the manager's own words."""
    world, house = grabbed(1.0)
    queue = Queue(
        present=True, phase=QueuePhase.IMPORT_BLOCKED, messages=("So it is", "b"), block=block
    )
    status = tell(house, world, [queue], TORRENT)
    assert (why(status).code, why(status).values) == (code, {"reason": "So it is"})
    assert status.stuck
    assert why(status).needs_person
    bare = replace(queue, messages=())
    assert why(tell(house, world, [bare], TORRENT, minutes=2)).values == {}


def test_no_files_where_the_path_is_out_of_sight() -> None:
    """The queue says that there is nothing, the manager's health says why."""
    world, house = grabbed(1.0)
    queue = Queue(
        present=True,
        phase=QueuePhase.IMPORT_BLOCKED,
        messages=("No files found are eligible",),
        block=Block.NO_FILES,
    )
    tell(house, world, [queue], TORRENT)
    unseen = complaints(Ailment.PATH_UNSEEN, detail="/downloads does not exist")
    status = tell(house, world, [unseen], Subject(), minutes=2)
    assert why(status).code == "path_not_visible"
    assert why(status).values == {"reason": "/downloads does not exist"}
    wordless = complaints(Ailment.PATH_UNSEEN)
    status = tell(house, world, [wordless], Subject(), minutes=3)
    assert why(status).values == {"reason": "No files found are eligible"}
    status = tell(house, world, [replace(queue, block=None)], TORRENT, minutes=4)
    assert why(status).code == "import_blocked"


def test_another_managers_paths_say_nothing() -> None:
    """A second Radarr that cannot see a folder does not explain what the first does not find."""
    world, house = grabbed(1.0)
    queue = Queue(present=True, phase=QueuePhase.IMPORT_BLOCKED, block=Block.NO_FILES)
    tell(house, world, [queue], TORRENT)
    other = replace(
        world.manager_says(at(2), Via.SURVEY, Statement(value=complaints(Ailment.PATH_UNSEEN))),
        connection_id=f"{MANAGER}-other",
    )
    house.push(other, now=at(2))
    assert why(house.of(world).status).code == "import_blocked"


@pytest.mark.parametrize(
    ("phase", "hitch", "code", "stuck"),
    [
        (TransferPhase.ERROR, Hitch.DISK_FULL, "disk_full", True),
        (TransferPhase.ERROR, None, "client_error", True),
        (TransferPhase.MISSING_FILES, Hitch.DISK_FULL, "missing_files", True),
        (TransferPhase.STALLED, Hitch.OFFLINE, "client_offline", False),
        (TransferPhase.METADATA, Hitch.OFFLINE, "client_offline", False),
        (TransferPhase.DOWNLOADING, Hitch.OFFLINE, "client_offline", False),
        (TransferPhase.DOWNLOADING, None, "downloading", False),
    ],
)
def test_what_the_client_lacks_is_said(
    phase: TransferPhase, hitch: Hitch | None, code: str, stuck: bool
) -> None:
    """A full disk and a missing network are no errors of the torrent."""
    world, house = grabbed()
    status = client_says(house, world, Transfer(present=True, phase=phase, hitch=hitch))
    assert (why(status).code, status.stuck) == (code, stuck)
    assert why(status).needs_person is stuck


def test_hours_without_a_source_are_counted() -> None:
    """From the first full hour on, and again with each other; a new source begins anew."""
    world, house = grabbed()
    stalled = Transfer(present=True, phase=TransferPhase.STALLED, seeds=0)
    assert why(client_says(house, world, stalled, minutes=1)).values == {"seeds": 0}
    house.keep(house.tracker.tick(at(60)))
    assert why(house.of(world).status).values == {"seeds": 0}
    (change,) = house.keep(house.tracker.tick(at(61)))
    assert change.visible
    assert why(house.of(world).status).values == {"seeds": 0, "hours": 1}
    assert house.tracker.tick(at(120)) == []
    house.keep(house.tracker.tick(at(121)))
    assert why(house.of(world).status).values == {"seeds": 0, "hours": 2}
    status = client_says(house, world, replace(stalled, seeds=1), minutes=125)
    assert why(status).values == {"seeds": 1}
    status = client_says(house, world, replace(stalled, seeds=None), minutes=126)
    assert why(status).values == {}


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


def test_an_item_without_a_file_is_told() -> None:
    """Jellyfin knows the film by its number, and there is nothing to play."""
    world, house = searched()
    world.files = {MOVIE}
    house.survey(at(1))
    assert why(house.of(world).status).code == "waiting_library"

    def jellyfin(minutes: float, playable: Playable) -> Status:
        seen = Observation(
            connection_id=LIBRARY,
            service=Service.JELLYFIN,
            via=Via.SURVEY,
            seen_at=at(minutes),
            request_id=house.of(world).id,
            statements=(Statement(value=playable, subject=FILM),),
        )
        house.push(seen, now=at(minutes))
        return house.of(world).status

    status = jellyfin(2, Playable(present=False, is_hollow=True))
    assert (why(status).code, why(status).since, status.stuck) == ("not_playable", at(2), False)
    house.keep(house.tracker.tick(at(61)))
    status = house.of(world).status
    assert (why(status).code, why(status).is_overdue, status.stuck) == ("not_playable", True, True)
    assert why(jellyfin(62, Playable(present=False))).code == "waiting_library"
    assert jellyfin(63, Playable(present=True, is_hollow=True)).stage is Stage.AVAILABLE


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


def test_advice_is_for_what_a_person_can_do() -> None:
    """While it may go on by itself there is none; without anybody to ask there is at once."""
    assert advice(Explanation(code="importing")) is None
    assert advice(Explanation(code="importing", is_overdue=True)) == "importing"
    assert advice(Explanation(code="disk_full", needs_person=True)) == "disk_full"
    assert advice(Explanation(code="connection_down")) == "connection_down"
    assert advice(Explanation(code="anidb_banned", is_overdue=True)) is None
    assert "available" not in ADVISED
