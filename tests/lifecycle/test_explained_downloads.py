"""Each reason why a download is not there yet, as its client and the queue tell it."""

from dataclasses import replace

import pytest

from custom_components.media_status.lifecycle.explain import Setup
from custom_components.media_status.lifecycle.facts import (
    Grab,
    Health,
    Outcome,
    Queue,
    QueuePhase,
    Result,
    Transfer,
    TransferPhase,
)
from custom_components.media_status.lifecycle.model import MOVIE, JsonValue, Service, Stage
from custom_components.media_status.lifecycle.request import Explanation
from custom_components.media_status.lifecycle.tracker import TrackerOptions
from custom_components.media_status.lifecycle.troubles import Ailment, Block, Complaint, Hitch

from .wish import EPISODES, Wish, about, fetched
from .world import at

ONE, TWO, THREE = EPISODES
RADARR, SONARR, CLIENT = Service.RADARR, Service.SONARR, Service.QBITTORRENT
BLOCKED = Queue(present=True, phase=QueuePhase.IMPORT_BLOCKED)


def _transfer(phase: TransferPhase | None, **more: int | Hitch) -> Transfer:
    value = Transfer(present=True, phase=phase, progress=0.995)
    return replace(value, **more)  # type: ignore[arg-type] # names and types as given


def _in_client(value: Transfer, stage: Stage = Stage.DOWNLOADING) -> Wish:
    """Return a film whose download a client shows since minute 3."""
    wish = fetched(Stage.GRABBING)
    wish.client_says(3, about(value, "a"))
    assert wish.stage() is stage
    return wish


# --- who must act ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (_transfer(TransferPhase.ERROR), "client_error"),
        (_transfer(TransferPhase.ERROR, hitch=Hitch.DISK_FULL), "disk_full"),
        (_transfer(TransferPhase.ERROR, hitch=Hitch.OFFLINE), "client_error"),
        (_transfer(TransferPhase.MISSING_FILES), "missing_files"),
        (_transfer(TransferPhase.MISSING_FILES, hitch=Hitch.DISK_FULL), "missing_files"),
    ],
)
def test_a_stopped_download_needs_a_person(value: Transfer, code: str) -> None:
    """Since it stopped; its client says so."""
    wish = _in_client(value)
    assert wish.explanation == Explanation(
        code=code, service=CLIENT, since=at(3), needs_person=True
    )
    assert wish.status.stuck
    wish.client_says(4, about(replace(value, present=False), "a"))
    assert wish.explanation.code != code


@pytest.mark.parametrize(
    ("block", "messages", "code", "values"),
    [
        (None, (), "import_blocked", {}),
        (None, ("no room", "no luck"), "import_blocked", {"reason": "no room"}),
        (Block.NO_SPACE, ("no room",), "no_space", {"reason": "no room"}),
        (Block.PATH_UNSEEN, (), "path_not_visible", {}),
        (Block.NO_FILES, ("empty",), "import_blocked", {"reason": "empty"}),
    ],
)
def test_a_blocked_import_needs_a_person(
    block: Block | None, messages: tuple[str, ...], code: str, values: dict[str, JsonValue]
) -> None:
    """In the manager's words, where it has some."""
    wish = fetched(Stage.DOWNLOADED)
    wish.says(4, about(replace(BLOCKED, block=block, messages=messages), "a"))
    assert wish.explanation.values == values
    assert replace(wish.explanation, values={}) == Explanation(
        code=code, service=RADARR, since=at(4), needs_person=True
    )
    assert wish.status.stuck


@pytest.mark.parametrize(
    ("block", "manager", "detail", "code", "reason"),
    [
        (Block.NO_FILES, None, "/downloads", "path_not_visible", "/downloads"),
        (Block.NO_FILES, None, None, "path_not_visible", "empty"),
        (Block.NO_FILES, "manager-2", "/downloads", "import_blocked", "empty"),
        (Block.NO_SPACE, None, "/downloads", "no_space", "empty"),
        (None, None, "/downloads", "import_blocked", "empty"),
    ],
)
def test_a_folder_out_of_sight_explains_that_nothing_was_found_in_it(
    block: Block | None, manager: str | None, detail: str | None, code: str, reason: str
) -> None:
    """If this manager itself complains of it."""
    wish = fetched(Stage.DOWNLOADED)
    wish.says(4, about(replace(BLOCKED, block=block, messages=("empty",)), "a"))
    complaint = Complaint(ailment=Ailment.PATH_UNSEEN, detail=detail)
    health = about(Health(complaints=(complaint,)))
    if manager is None:
        wish.says(5, health)
    else:
        wish.says(5, health, service=RADARR, connection=manager)
    assert (wish.explanation.code, wish.explanation.values) == (code, {"reason": reason})
    assert wish.explanation.since == at(4)


def test_a_download_that_leads_nowhere_needs_nobody() -> None:
    """It was blocked, and is gone from the queue, or has failed for good."""
    wish = fetched(Stage.DOWNLOADED)
    wish.says(4, about(BLOCKED, "a"))
    wish.says(5, about(replace(BLOCKED, present=False), "a"))
    assert wish.explanation.code == "searching"
    wish.says(6, about(BLOCKED, "a"), about(Outcome(result=Result.IGNORED, at=at(6)), "a"))
    assert wish.explanation.code == "searching"


def test_one_that_leads_nowhere_hides_no_other() -> None:
    """It failed and comes first by its name; that of the next episode is blocked."""
    wish = Wish(*EPISODES)
    for key, item in (("a", ONE), ("b", TWO)):
        wish.says(1, about(Grab(items=frozenset({item}), at=at(1)), key))
    wish.says(2, about(Outcome(result=Result.FAILED, at=at(2)), "a"), about(BLOCKED, "b"))
    assert wish.status.items == {ONE: Stage.FAILED, TWO: Stage.IMPORTING}
    assert wish.explanation.code == "import_blocked"


def test_the_first_download_in_order_is_named() -> None:
    """Whichever of two managers blocks it, and whatever moves beside it."""
    wish = Wish(*EPISODES)
    for key, item in (("b", ONE), ("a", TWO), ("0", THREE)):
        wish.says(1, about(Grab(items=frozenset({item}), at=at(1)), key))
    wish.client_says(2, about(_transfer(TransferPhase.DOWNLOADING), "0"))
    wish.says(3, about(replace(BLOCKED, messages=("b",)), "b"))
    wish.says(4, about(replace(BLOCKED, messages=("a",)), "a"))
    assert (wish.stage(), wish.explanation.values) == (Stage.DOWNLOADING, {"reason": "a"})
    wish.says(5, about(Queue(present=True, phase=QueuePhase.IMPORTING), "a"))
    assert wish.explanation.values == {"reason": "b"}


# --- what is waited for ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "code", "values"),
    [
        (_transfer(TransferPhase.QUEUED), "queued", {}),
        (_transfer(TransferPhase.QUEUED, queue_position=3), "queued", {"position": 3}),
        (_transfer(TransferPhase.PAUSED, queue_position=3, seeds=1), "paused", {}),
        (_transfer(TransferPhase.STALLED), "stalled", {}),
        (_transfer(TransferPhase.STALLED, seeds=0, queue_position=3), "stalled", {"seeds": 0}),
        (_transfer(TransferPhase.DOWNLOADING, hitch=Hitch.OFFLINE), "client_offline", {}),
        (_transfer(TransferPhase.STALLED, hitch=Hitch.OFFLINE, seeds=1), "client_offline", {}),
    ],
)
def test_a_client_says_what_it_waits_for(
    value: Transfer, code: str, values: dict[str, JsonValue]
) -> None:
    """Since when; that needs nobody yet."""
    wish = _in_client(value)
    assert wish.explanation.values == values
    assert replace(wish.explanation, values={}) == Explanation(
        code=code, service=CLIENT, since=at(3)
    )


def test_metadata_is_waited_for() -> None:
    """Of a magnet link nothing else is known."""
    wish = _in_client(_transfer(TransferPhase.METADATA), Stage.GRABBING)
    assert wish.explanation == Explanation(code="metadata", service=CLIENT, since=at(3))


@pytest.mark.parametrize("phase", [TransferPhase.DOWNLOADING, TransferPhase.CHECKING])
def test_what_moves_says_how_far_it_is(phase: TransferPhase) -> None:
    """In whole percent; a queue's figure says no less."""
    moving = Explanation(code="downloading", values={"percent": 99}, service=CLIENT)
    assert _in_client(_transfer(phase)).explanation == moving
    wish = fetched(Stage.GRABBING)
    queued = Queue(present=True, phase=QueuePhase.DOWNLOADING, size=1000, left=5)
    wish.says(2, about(queued, "a"))
    assert wish.explanation == replace(moving, service=None)


def test_what_is_not_begun_is_at_nothing() -> None:
    """A queue without figures."""
    wish = fetched(Stage.DOWNLOADING)
    assert wish.explanation == Explanation(code="downloading", values={"percent": 0})


def test_hours_without_seeds_are_counted() -> None:
    """They are told as they pass, by time alone."""
    wish = _in_client(_transfer(TransferPhase.STALLED, seeds=0))
    tracker = wish.house.tracker
    assert tracker.tick(at(62)) == []
    assert wish.explanation.values == {"seeds": 0}
    for minutes, hours in ((63, 1), (123, 2), (183, 3)):
        assert tracker.tick(at(minutes - 1)) == []
        (change,) = tracker.tick(at(minutes))
        assert change.visible
        assert wish.explanation.values == {"seeds": 0, "hours": hours}
        wish.says(minutes + 20, about(Queue(present=True, phase=QueuePhase.DOWNLOADING), "a"))
        assert wish.explanation.values == {"seeds": 0, "hours": hours}
    wish.client_says(200, about(_transfer(TransferPhase.DOWNLOADING), "a"))
    assert tracker.tick(at(300)) == []


def test_only_hours_without_seeds_are_counted() -> None:
    """Nothing is told anew because something else lasts."""
    wish = _in_client(_transfer(TransferPhase.PAUSED))
    assert wish.house.tracker.tick(at(63)) == []


def test_one_that_moves_is_the_news() -> None:
    """Of several the first that waits is told only when none moves."""
    wish = Wish(*EPISODES)
    for key, item in (("b", ONE), ("a", TWO)):
        wish.says(1, about(Grab(items=frozenset({item}), at=at(1)), key))
    wish.client_says(2, about(_transfer(TransferPhase.PAUSED), "b"))
    wish.client_says(3, about(_transfer(TransferPhase.STALLED), "a"))
    assert wish.explanation.code == "stalled"
    wish.client_says(4, about(_transfer(TransferPhase.DOWNLOADING), "b"))
    assert (wish.explanation.code, wish.explanation.service) == ("downloading", CLIENT)


def test_a_client_without_words_leaves_it_to_the_queue() -> None:
    """It shows the download and not what it does; another one does not have it."""
    wish = fetched(Stage.DOWNLOADING)
    wish.client_says(3, about(_transfer(None), "a"))
    gone = replace(_transfer(TransferPhase.PAUSED), present=False)
    wish.says(3, about(gone, "a"), service=CLIENT, connection="client-2")
    assert wish.explanation == Explanation(code="downloading", values={"percent": 99})
    paused = about(_transfer(TransferPhase.PAUSED), "a")
    wish.says(4, paused, service=CLIENT, connection="client-3")
    assert wish.explanation.code == "paused"


# --- between manager and client ----------------------------------------------------------------


def test_a_grab_that_no_client_shows_is_said_so() -> None:
    """Since the first of them; of a request that was only grabbed."""
    wish = Wish(*EPISODES)
    for minutes, key in ((2, "b"), (3, "a")):
        wish.says(minutes, about(Grab(items=frozenset({ONE}), at=at(minutes)), key))
    assert wish.explanation == Explanation(code="grabbed_not_in_client", since=at(2))


@pytest.mark.parametrize(("client", "values"), [("SAB", {"client": "SAB"}), (None, {})])
def test_a_client_that_the_manager_cannot_reach_is_named(
    client: str | None, values: dict[str, JsonValue]
) -> None:
    """If its name is known. Whatever the manager complains of besides."""
    wish = fetched(Stage.GRABBING)
    down = Queue(present=True, phase=QueuePhase.CLIENT_UNAVAILABLE, client=client)
    wish.says(
        4, about(down, "a"), about(Health(complaints=(Complaint(ailment=Ailment.NO_CLIENT),)))
    )
    assert wish.explanation.values == values
    assert replace(wish.explanation, values={}) == Explanation(
        code="client_unavailable", service=RADARR, since=at(4)
    )
    wish.says(5, about(replace(down, present=False), "a"))
    assert wish.explanation.code != "client_unavailable"


# --- usenet ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("grabbed", "queued", "deciding"),
    [
        ("usenet", None, SONARR),
        (None, "usenet", SONARR),
        ("torrent", "torrent", CLIENT),
        (None, None, CLIENT),
    ],
)
def test_a_silent_torrent_client_matters_to_torrents(
    grabbed: str | None, queued: str | None, deciding: Service
) -> None:
    """As grab or queue call it; of what is neither, it may be one."""
    wish = Wish(*EPISODES)
    grab = Grab(items=frozenset({ONE}), at=at(1), protocol=grabbed)
    queue = Queue(present=True, phase=QueuePhase.DOWNLOADING, protocol=queued)
    wish.says(1, about(grab, "a"), about(queue, "a"))
    down = {CLIENT: at(2), SONARR: at(2)}
    list(wish.house.tracker.reconsider(TrackerOptions(setup=Setup(down=down)), at(3)))
    assert wish.explanation.service is deciding


def test_one_torrent_among_usenet_downloads_is_enough() -> None:
    """What the client would say of it is not known; others that are further do not matter."""
    wish = Wish(*EPISODES)
    for key, item, protocol, phase in (
        ("a", ONE, "usenet", QueuePhase.DOWNLOADING),
        ("b", TWO, "torrent", QueuePhase.COMPLETED),
    ):
        grab = Grab(items=frozenset({item}), at=at(1), protocol=protocol)
        wish.says(1, about(grab, key), about(Queue(present=True, phase=phase), key))
    down = TrackerOptions(setup=Setup(down={CLIENT: at(2)}))
    list(wish.house.tracker.reconsider(down, at(3)))
    assert wish.explanation.code == "downloading"
    third = Grab(items=frozenset({THREE}), at=at(3), protocol="torrent")
    queued = Queue(present=True, phase=QueuePhase.DOWNLOADING)
    wish.says(4, about(third, "c"), about(queued, "c"))
    assert wish.explanation.code == "connection_down"


def test_a_film_that_only_was_grabbed_asks_its_manager() -> None:
    """No client decides yet."""
    down = TrackerOptions(setup=Setup(down={CLIENT: at(2)}))
    wish = fetched(Stage.GRABBING)
    list(wish.house.tracker.reconsider(down, at(3)))
    assert wish.explanation.code == "grabbed_not_in_client"
    assert wish.request.items == {MOVIE}
