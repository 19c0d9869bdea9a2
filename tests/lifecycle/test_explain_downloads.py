"""Why a download is not there yet: each reason, and the facts that give it."""

from dataclasses import replace

import pytest

from custom_components.media_status.lifecycle.facts import (
    File,
    Queue,
    QueuePhase,
    Statement,
    Transfer,
    TransferPhase,
)
from custom_components.media_status.lifecycle.model import MOVIE, Stage, Subject, Via
from custom_components.media_status.lifecycle.troubles import Ailment, Block, Hitch

from .reasons import TORRENT, client_says, complaints, grabbed, tell, why
from .world import MANAGER, at


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


def test_a_file_that_is_there_is_not_waited_for() -> None:
    """The queue still calls it blocked when the import is told: nobody is needed any more."""
    world, house = grabbed(1.0)
    queue = Queue(present=True, phase=QueuePhase.IMPORT_BLOCKED, messages=("So it is",))
    assert tell(house, world, [queue], TORRENT).stuck
    status = tell(house, world, [File(present=True)], Subject(item=MOVIE), minutes=2)
    assert status.stage is Stage.SYNCING_LIBRARY
    assert not status.stuck
    assert why(status).code == "waiting_library"


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
