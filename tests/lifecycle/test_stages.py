"""Where the facts of a download and of an item put it."""

import pytest

from custom_components.media_status.lifecycle.facts import (
    Ask,
    AskStatus,
    Decision,
    File,
    Grab,
    Observation,
    Outcome,
    Playable,
    Queue,
    QueuePhase,
    Result,
    Title,
    Transfer,
    TransferPhase,
    Verdict,
    Wanted,
)
from custom_components.media_status.lifecycle.model import MOVIE, ItemKey, Service, Stage, Via
from custom_components.media_status.lifecycle.stages import GRAB_GRACE

from .wish import EPISODES, Wish, about
from .world import at

ONE, TWO, THREE = EPISODES
S = Stage
SEERR, RADARR, CLIENT = Service.SEERR, Service.RADARR, Service.QBITTORRENT
GRACE = GRAB_GRACE.total_seconds() / 60


def _grabbed(*items: ItemKey, when: float = 1, key: str = "a") -> Wish:
    wish = Wish(*items)
    grab = Grab(items=frozenset(items or {MOVIE}), at=at(when))
    wanted = [about(Wanted(monitored=True, released=True), item) for item in items or (MOVIE,)]
    wish.says(1, about(grab, key), *wanted)
    return wish


def _ended(result: Result, when: float, why: str | None = None) -> Outcome:
    return Outcome(result=result, at=at(when), message=why)


# --- downloads ---------------------------------------------------------------------------------


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


# --- before anything is grabbed ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "managed", "stage"),
    [
        (AskStatus.PENDING, False, S.REQUESTED),
        (AskStatus.APPROVED, False, S.APPROVED),
        (AskStatus.COMPLETED, False, S.APPROVED),
        (AskStatus.DECLINED, True, S.DECLINED),
        (AskStatus.FAILED, False, S.FAILED),
        (AskStatus.FAILED, True, S.APPROVED),
        (AskStatus.ABSENT, False, S.APPROVED),
        (AskStatus.ABSENT, True, S.APPROVED),
    ],
)
def test_what_seerr_says_before_anything_is_grabbed(
    status: AskStatus, stage: Stage, *, managed: bool
) -> None:
    """The manager's word is more than Seerr's, and one look that misses a wish is none."""
    wish = Wish(managed=managed)
    wish.says(1, about(Ask(status=status)), service=SEERR)
    if managed:
        wish.says(1, about(Wanted(monitored=False, released=True), MOVIE))
    assert wish.stage() is stage


@pytest.mark.parametrize(("minutes", "stage"), [(10, S.DELETED), (9, S.APPROVED)])
def test_a_wish_is_withdrawn_when_two_looks_missed_it(minutes: float, stage: Stage) -> None:
    """And the manager has let go of it as well, or never had it."""
    wish = Wish(managed=False)
    for when in (1, 1 + minutes):
        wish.says(when, about(Ask(status=AskStatus.ABSENT)), service=SEERR)
    assert wish.stage() is stage


def test_a_withdrawn_wish_that_the_manager_keeps_is_followed() -> None:
    """Until the manager has missed it twice, too."""
    wish = Wish()
    for when in (1, 12):
        wish.says(when, about(Ask(status=AskStatus.ABSENT)), service=SEERR)
    assert wish.stage() is S.APPROVED
    wish.says(13, about(Title(present=False)))
    assert wish.stage() is S.APPROVED
    wish.says(23, about(Title(present=False)))
    assert wish.stage() is S.DELETED


def test_of_two_seerrs_the_later_word_counts() -> None:
    """Somebody moved from one to the other."""
    wish = Wish(managed=False)
    wish.says(2, about(Ask(status=AskStatus.DECLINED)), service=SEERR, connection="seerr-2")
    assert wish.stage() is S.DECLINED
    wish.says(3, about(Ask(status=AskStatus.PENDING)), service=SEERR)
    assert wish.stage() is S.REQUESTED


def test_the_last_decision_counts() -> None:
    """Two people may say different things at the same time."""
    wish = Wish(*EPISODES)
    words = ((2, Verdict.AVAILABLE), (1, Verdict.FAILED))
    seen = [
        Observation(
            connection_id=f"person at {minute}",
            service=Service.HOME_ASSISTANT,
            via=Via.USER,
            seen_at=at(minute),
            request_id=wish.request.id,
            statements=(about(Decision(verdict=verdict)),),
        )
        for minute, verdict in words
    ]
    wish.house.push(*seen, now=at(3))
    assert (wish.stage(), wish.explanation.code) == (S.AVAILABLE, "marked_available")


def test_a_decision_counts_before_the_items_are_known() -> None:
    """For a series that never reached its manager, too."""
    for verdict, stage in ((Verdict.AVAILABLE, S.AVAILABLE), (Verdict.FAILED, S.FAILED)):
        wish = Wish(ONE, managed=False)
        wish.house.tracker.decide(wish.request.id, verdict, None, at(1))
        assert (wish.stage(), wish.status.items) == (stage, {})


# --- items -------------------------------------------------------------------------------------


def test_what_can_be_played_is_available_whatever_else_is_said() -> None:
    """Proof of one library is enough."""
    wish = _grabbed(*EPISODES)
    library = Service.JELLYFIN
    wish.says(2, about(Playable(present=True), ONE), service=library)
    wish.says(2, about(Playable(present=False), ONE), service=library, connection="library-2")
    wish.says(2, about(File(present=False), ONE))
    assert wish.status.items[ONE] is S.AVAILABLE


def test_a_file_of_one_manager_is_enough() -> None:
    """The other one has none."""
    wish = _grabbed(*EPISODES)
    wish.says(2, about(File(present=True), ONE))
    sonarr = Service.SONARR
    wish.says(2, about(File(present=False), ONE), service=sonarr, connection="manager-2")
    assert wish.status.items[ONE] is S.SYNCING_LIBRARY


def test_a_failure_gives_way_to_a_withdrawal() -> None:
    """Nobody waits for what was declined."""
    wish = _grabbed()
    wish.says(2, about(_ended(Result.FAILED, 2), "a"))
    wish.says(3, about(Ask(status=AskStatus.DECLINED)), service=SEERR)
    assert wish.stage() is S.DECLINED


def test_the_newest_failure_is_the_news() -> None:
    """Of several that failed, the last one says why."""
    wish = _grabbed()
    wish.says(2, about(Grab(items=frozenset({MOVIE}), at=at(2)), "0"))
    wish.says(4, about(_ended(Result.FAILED, 3, "first"), "a"))
    wish.says(4, about(_ended(Result.FAILED, 4, "last"), "0"))
    assert wish.explanation.values == {"reason": "last"}


@pytest.mark.parametrize(
    ("wanted", "stage"),
    [
        (Wanted(monitored=True, released=True), S.SEARCHING),
        (Wanted(monitored=True, released=False), S.UNRELEASED),
        (Wanted(monitored=True), S.UNRELEASED),
        (Wanted(monitored=True, release_at=at(5)), S.SEARCHING),
        (Wanted(monitored=True, release_at=at(6)), S.UNRELEASED),
        (Wanted(monitored=True, release_at=at(60), released=True), S.SEARCHING),
        (Wanted(monitored=True, release_at=at(-60), released=False), S.UNRELEASED),
        (Wanted(monitored=False, released=True), S.APPROVED),
        (Wanted(monitored=False, released=False), S.UNRELEASED),
    ],
)
def test_what_is_wanted_is_searched_once_it_is_out(wanted: Wanted, stage: Stage) -> None:
    """The manager's own word about the release counts more than a date."""
    wish = Wish(*EPISODES)
    wish.says(5, about(wanted, ONE))
    assert wish.status.items[ONE] is stage


def test_a_pending_wish_is_not_searched_unless_somebody_looks() -> None:
    """What is not out, and nobody looks for, still waits for its approval."""
    wish = Wish(*EPISODES, status=AskStatus.PENDING)
    wish.says(1, about(Wanted(monitored=False, released=False), ONE))
    assert wish.status.items[ONE] is S.REQUESTED
    wish.says(2, about(Wanted(monitored=True, released=False), ONE))
    assert wish.status.items[ONE] is S.UNRELEASED
    wish.says(3, about(Wanted(monitored=True, released=True), ONE))
    assert wish.status.items[ONE] is S.SEARCHING


def test_out_for_one_manager_is_out() -> None:
    """And the earlier of two dates is when it comes."""
    wish = Wish()
    wish.says(1, about(Wanted(monitored=True, release_at=at(3000)), MOVIE))
    early = about(Wanted(monitored=True, release_at=at(1500)), MOVIE)
    wish.says(2, early, service=RADARR, connection="manager-2")
    assert wish.explanation.values == {"date": at(1500).date().isoformat()}
    out = about(Wanted(monitored=False, released=True), MOVIE)
    wish.says(3, out, service=RADARR, connection="manager-2")
    assert wish.stage() is S.SEARCHING


def test_a_release_comes_by_time_alone() -> None:
    """At its moment, not before."""
    wish = Wish()
    wish.says(1, about(Wanted(monitored=True, release_at=at(30)), MOVIE))
    assert wish.house.tracker.tick(at(29)) == []
    (change,) = wish.house.tracker.tick(at(30))
    assert (change.before, change.request.stage) == (S.UNRELEASED, S.SEARCHING)


def test_without_a_manager_nothing_is_searched() -> None:
    """A monitored episode of a series that its manager has let go of."""
    wish = Wish(managed=False)
    wish.says(1, about(Wanted(monitored=True, released=True), MOVIE))
    assert wish.stage() is S.APPROVED
