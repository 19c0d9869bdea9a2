"""Where the facts of a download put the items that it serves."""

import pytest

from custom_components.media_status.lifecycle.facts import (
    File,
    Grab,
    Outcome,
    Queue,
    QueuePhase,
    Result,
    Transfer,
    TransferPhase,
    Wanted,
)
from custom_components.media_status.lifecycle.model import MOVIE, ItemKey, Service, Stage
from custom_components.media_status.lifecycle.stages import GRAB_GRACE

from .wish import EPISODES, Wish, about
from .world import at

ONE, TWO, THREE = EPISODES
S = Stage
RADARR, CLIENT = Service.RADARR, Service.QBITTORRENT
GRACE = GRAB_GRACE.total_seconds() / 60


def _grabbed(*items: ItemKey, when: float = 1, key: str = "a") -> Wish:
    wish = Wish(*items)
    grab = Grab(items=frozenset(items or {MOVIE}), at=at(when))
    wanted = [about(Wanted(monitored=True, released=True), item) for item in items or (MOVIE,)]
    wish.says(1, about(grab, key), *wanted)
    return wish


def _ended(result: Result, when: float, why: str | None = None) -> Outcome:
    return Outcome(result=result, at=at(when), message=why)


@pytest.mark.parametrize(
    ("phase", "stage"),
    [
        (QueuePhase.DELAYED, S.SEARCHING),
        (QueuePhase.QUEUED, S.GRABBING),
        (QueuePhase.CLIENT_UNAVAILABLE, S.GRABBING),
        (QueuePhase.PAUSED, S.DOWNLOADING),
        (QueuePhase.DOWNLOADING, S.DOWNLOADING),
        (QueuePhase.WARNING, S.DOWNLOADING),
        (QueuePhase.COMPLETED, S.DOWNLOADED),
        (QueuePhase.IMPORT_PENDING, S.IMPORTING),
        (QueuePhase.IMPORT_BLOCKED, S.IMPORTING),
        (QueuePhase.IMPORTING, S.IMPORTING),
        (QueuePhase.IMPORTED, S.IMPORTING),
        (QueuePhase.FAILED, S.FAILED),
        (None, S.GRABBING),
    ],
)
def test_what_a_queue_proves(phase: QueuePhase | None, stage: Stage) -> None:
    """Every word of a manager's queue has its place on the line."""
    wish = _grabbed()
    wish.says(2, about(Queue(present=True, phase=phase), "a"))
    assert wish.stage() is stage


_NOT_DOWNLOADING = {TransferPhase.METADATA: S.GRABBING, TransferPhase.DONE: S.DOWNLOADED}


@pytest.mark.parametrize("phase", TransferPhase)
def test_what_a_client_proves(phase: TransferPhase) -> None:
    """Whatever a torrent client does with it: it downloads, unless it has not begun or is done."""
    wish = _grabbed()
    wish.client_says(2, about(Transfer(present=True, phase=phase), "a"))
    assert wish.stage() is _NOT_DOWNLOADING.get(phase, S.DOWNLOADING)


def test_the_furthest_word_counts() -> None:
    """The client is done while the queue was read a moment earlier, or the reverse."""
    wish = _grabbed()
    wish.says(2, about(Queue(present=True, phase=QueuePhase.DOWNLOADING), "a"))
    wish.client_says(2, about(Transfer(present=True, phase=TransferPhase.DONE), "a"))
    assert wish.stage() is S.DOWNLOADED
    wish.says(3, about(Queue(present=True, phase=QueuePhase.IMPORTING), "a"))
    assert wish.stage() is S.IMPORTING


def test_what_another_client_does_not_have_is_not_gone() -> None:
    """One client shows it, the other one never had it."""
    wish = _grabbed()
    wish.client_says(2, about(Transfer(present=True, phase=TransferPhase.DOWNLOADING), "a"))
    wish.says(2, about(Transfer(present=False), "a"), service=CLIENT, connection="client-2")
    assert wish.stage() is S.DOWNLOADING


def test_a_grab_is_believed_until_the_queue_has_had_time() -> None:
    """Then nothing leads anywhere any more, and time alone says so."""
    wish = _grabbed()
    wish.says(1 + GRACE - 1, about(Queue(present=False), "a"))
    assert wish.stage() is S.GRABBING
    wish.says(1 + GRACE, about(Queue(present=False), "a"))
    assert wish.stage() is S.SEARCHING


def test_a_grab_of_a_clock_that_is_ahead_is_believed_as_long() -> None:
    """It counts from when we first missed it."""
    wish = _grabbed(when=60)
    wish.says(2, about(Queue(present=False), "a"))
    wish.says(2 + GRACE - 1, about(Queue(present=False), "a"))
    assert wish.stage() is S.GRABBING
    wish.says(2 + GRACE, about(Queue(present=False), "a"))
    assert wish.stage() is S.SEARCHING


def test_a_grab_at_the_moment_of_the_look_is_believed() -> None:
    """That the queue lacked it for long before was of a former grab."""
    wish = _grabbed()
    for minutes in (2, 10):
        wish.says(minutes, about(Queue(present=False), "a"))
    assert wish.stage() is S.SEARCHING
    wish.says(10, about(Grab(items=frozenset({MOVIE}), at=at(10)), "a"))
    assert wish.stage() is S.GRABBING


def test_one_manager_is_enough_to_miss_it() -> None:
    """The other one, which does not speak of it, holds nothing up."""
    wish = _grabbed()
    wish.says(2, about(Queue(present=False), "a"), service=RADARR, connection="manager-2")
    wish.says(2 + GRACE, about(Queue(present=False), "a"))
    assert wish.stage() is S.SEARCHING


def test_a_failed_download_fails_with_its_reason() -> None:
    """Whatever client and queue still show."""
    wish = _grabbed()
    wish.client_says(2, about(Transfer(present=True, phase=TransferPhase.DONE), "a"))
    wish.says(3, about(_ended(Result.FAILED, 3, "dead"), "a"))
    assert (wish.stage(), wish.explanation.values) == (S.FAILED, {"reason": "dead"})


def test_an_ignored_download_is_searched_again() -> None:
    """Somebody took it off the list: that is no failure."""
    wish = _grabbed()
    wish.says(3, about(_ended(Result.IGNORED, 3), "a"))
    assert wish.stage() is S.SEARCHING


def test_the_last_outcome_counts() -> None:
    """Failed at first for one manager, imported later by the other."""
    wish = _grabbed()
    wish.says(2, about(_ended(Result.FAILED, 2), "a"))
    wish.says(3, about(_ended(Result.IGNORED, 3), "a"), service=RADARR, connection="manager-2")
    assert wish.stage() is S.SEARCHING


@pytest.mark.parametrize(("grabbed", "stage"), [(4, S.GRABBING), (3, S.FAILED), (2, S.FAILED)])
def test_a_grab_after_the_failure_is_a_new_try(grabbed: float, stage: Stage) -> None:
    """The same release grabbed again: what was before says nothing about it."""
    wish = _grabbed()
    wish.says(3, about(_ended(Result.FAILED, 3), "a"))
    wish.says(4, about(Grab(items=frozenset({MOVIE}), at=at(grabbed)), "a"))
    assert wish.stage() is stage


def test_what_the_queue_calls_failed_has_failed() -> None:
    """Its message says why; while another manager still has it, it has not."""
    wish = _grabbed()
    failed = Queue(present=True, phase=QueuePhase.FAILED, messages=("no seeds", "no luck"))
    wish.says(2, about(failed, "a"))
    assert (wish.stage(), wish.explanation.values) == (S.FAILED, {"reason": "no seeds"})
    moving = about(Queue(present=True, phase=QueuePhase.DOWNLOADING), "a")
    wish.says(3, moving, service=RADARR, connection="manager-2")
    assert wish.stage() is S.DOWNLOADING


def test_what_failed_in_a_queue_failed_when_it_was_grabbed() -> None:
    """Nobody says when it did; of two at once, always the same one is told."""
    wish = _grabbed()
    wish.says(2, about(Queue(present=True, phase=QueuePhase.FAILED, messages=("a",)), "a"))
    for key, grabbed, told in (("0", 0.5, "a"), ("b", 1, "b")):
        wish.says(3, about(Grab(items=frozenset({MOVIE}), at=at(grabbed)), key))
        failed = Queue(present=True, phase=QueuePhase.FAILED, messages=(key,))
        wish.says(3, about(failed, key))
        assert wish.explanation.values == {"reason": told}
    wish.says(4, about(Grab(items=frozenset({MOVIE}), at=at(2)), "c"))
    wish.says(4, about(_ended(Result.FAILED, 3, "c"), "c"))
    assert wish.explanation.values == {"reason": "c"}


def test_the_first_manager_with_a_message_says_why_it_failed() -> None:
    """One that has none says nothing."""
    wish = _grabbed()
    wish.says(2, about(Queue(present=True, phase=QueuePhase.FAILED), "a"))
    assert wish.explanation.values == {}
    why = about(Queue(present=True, phase=QueuePhase.FAILED, messages=("why",)), "a")
    wish.says(3, why, service=RADARR, connection="manager-2")
    assert wish.explanation.values == {"reason": "why"}


def test_an_import_of_which_the_queue_says_nothing_is_under_way() -> None:
    """The webhook of the first episode came before any look at the queue."""
    wish = _grabbed(*EPISODES)
    wish.says(2, about(_ended(Result.IMPORTED, 2), "a"), about(File(present=True), ONE))
    assert wish.status.items == {ONE: S.SYNCING_LIBRARY, TWO: S.IMPORTING, THREE: S.IMPORTING}
    wish.says(3, about(Queue(present=False), "a"))
    assert wish.status.items == {ONE: S.SYNCING_LIBRARY, TWO: S.SEARCHING, THREE: S.SEARCHING}


def test_what_was_imported_may_go_on_seeding() -> None:
    """The torrent in the client brings nothing more, unless the queue still has it."""
    wish = _grabbed(*EPISODES)
    wish.says(2, about(_ended(Result.IMPORTED, 2), "a"), about(Queue(present=False), "a"))
    wish.client_says(2, about(Transfer(present=True, phase=TransferPhase.DONE), "a"))
    assert wish.stage() is S.SEARCHING
    wish.says(3, about(Queue(present=True, phase=QueuePhase.DOWNLOADING), "a"))
    assert wish.stage() is S.DOWNLOADED


def test_the_furthest_download_of_an_item_counts() -> None:
    """Two downloads serve the same film; one that leads nowhere does not count."""
    wish = _grabbed()
    wish.says(2, about(Grab(items=frozenset({MOVIE}), at=at(2)), "b"))
    wish.says(2, about(Queue(present=True, phase=QueuePhase.COMPLETED), "a"))
    wish.says(2, about(Queue(present=True, phase=QueuePhase.DOWNLOADING), "b"))
    assert wish.stage() is S.DOWNLOADED
    wish.says(3, about(_ended(Result.FAILED, 3), "a"))
    assert wish.stage() is S.DOWNLOADING
    wish.says(4, about(Grab(items=frozenset({MOVIE}), at=at(4)), "c"))
    wish.says(4, about(Queue(present=True, phase=QueuePhase.IMPORTING), "c"))
    assert wish.stage() is S.IMPORTING
