"""What a complete survey did not mention, and what goes with a title that a manager let go of."""

from dataclasses import replace

import pytest

from custom_components.media_status.lifecycle.absence import absences, is_of_former_life
from custom_components.media_status.lifecycle.facts import (
    Ask,
    AskStatus,
    FactKind,
    File,
    Grab,
    Outcome,
    Queue,
    QueuePhase,
    Result,
    Statement,
    Title,
    Transfer,
    TransferPhase,
    Wanted,
)
from custom_components.media_status.lifecycle.merge import GONE_AFTER
from custom_components.media_status.lifecycle.model import (
    MOVIE,
    ItemKey,
    Service,
    Stage,
    Subject,
    Via,
)
from custom_components.media_status.lifecycle.request import Changes

from .wish import EPISODES, Wish, about
from .world import CLIENT, MANAGER, SEERR, at

ONE, TWO, THREE = EPISODES
RADARR, QBITTORRENT = Service.RADARR, Service.QBITTORRENT
GONE = GONE_AFTER.total_seconds() / 60


def _survey(
    wish: Wish,
    minutes: float,
    *said: Statement,
    complete: set[FactKind],
    service: Service = RADARR,
    connection: str = MANAGER,
) -> Changes:
    seen = wish.world.manager_says(at(minutes), Via.SURVEY, *said)
    observations = [seen] if said else []
    return wish.house.keep(
        wish.house.tracker.survey(
            connection, service, at(minutes), observations, complete, at(minutes)
        )
    )


def _values(wish: Wish, kind: FactKind) -> dict[tuple[str, str], bool]:
    """Return whether what connections say of a kind is there, by connection and subject."""
    return {
        (fact.connection_id, fact.subject.key): fact.value.present
        for fact in wish.request.facts.values()
        if isinstance(fact.value, Queue | Transfer) and fact.kind is kind
    }


def _grab(*items: ItemKey, protocol: str | None = "torrent") -> Grab:
    return Grab(items=frozenset(items or {MOVIE}), at=at(0), protocol=protocol)


def test_a_queue_speaks_for_what_its_manager_grabbed() -> None:
    """Or once had in its queue; not for another manager's."""
    wish = Wish()
    wish.says(1, about(_grab(), "a"), about(_grab(), "c"))
    wish.says(1, about(_grab(), "b"), service=RADARR, connection="manager-2")
    there = about(Queue(present=True), "c")
    wish.says(1, about(Queue(present=True), "b"))
    _survey(wish, 2, there, complete={FactKind.QUEUE})
    assert _values(wish, FactKind.QUEUE) == {
        (MANAGER, "d:a"): False,
        (MANAGER, "d:b"): False,
        (MANAGER, "d:c"): True,
    }
    _survey(wish, 3, complete={FactKind.QUEUE}, connection="manager-2")
    assert ("manager-2", "d:b") in _values(wish, FactKind.QUEUE)
    assert ("manager-2", "d:a") not in _values(wish, FactKind.QUEUE)


def test_a_torrent_client_speaks_for_every_torrent() -> None:
    """Not for what was sent to a usenet client."""
    wish = Wish()
    wish.says(1, about(_grab(), "a"), about(_grab(protocol="usenet"), "b"))
    wish.says(1, about(_grab(protocol=None), "c"), about(Queue(present=True), "d"))
    _survey(wish, 2, complete={FactKind.TRANSFER}, service=QBITTORRENT, connection=CLIENT)
    assert _values(wish, FactKind.TRANSFER) == {(CLIENT, "d:a"): False, (CLIENT, "d:c"): False}


def test_an_incomplete_survey_calls_nothing_absent() -> None:
    """Half a list proves nothing about the other half."""
    wish = Wish()
    wish.says(1, about(_grab(), "a"))
    _survey(wish, 2, complete={FactKind.GRAB})
    assert _values(wish, FactKind.QUEUE) == {}
    assert wish.stage() is Stage.GRABBING


def test_what_is_absent_was_seen_when_the_survey_began() -> None:
    """It is the survey's word, under the connection's own name."""
    wish = Wish()
    wish.says(1, about(_grab(), "a"))
    _survey(wish, 2, complete={FactKind.QUEUE})
    fact = wish.request.facts[Subject(download="a"), MANAGER, FactKind.QUEUE, Via.SURVEY]
    assert (fact.service, fact.seen_at, fact.value) == (RADARR, at(2), Queue(present=False))


def test_a_seerr_speaks_for_its_own_requests() -> None:
    """Another one, that never had it, does not miss it."""
    wish = Wish(managed=False)
    for connection in ("seerr-2", SEERR):
        assert wish.stage() is Stage.APPROVED
        for minutes in (1, 1 + GONE):
            _survey(
                wish,
                minutes,
                complete={FactKind.ASK},
                service=Service.SEERR,
                connection=connection,
            )
    assert wish.stage() is Stage.DELETED


def test_a_seerr_that_mentions_it_does_not_miss_it() -> None:
    """And one that was not asked for all of them misses none."""
    wish = Wish(managed=False)
    tracker, world = wish.house.tracker, wish.world
    for minutes in (1, 1 + GONE):
        seen = [world.seerr(at(minutes), Via.SURVEY)]
        tracker.survey(SEERR, Service.SEERR, at(minutes), seen, {FactKind.ASK}, at(minutes))
        tracker.survey(SEERR, Service.SEERR, at(minutes), [], set(), at(minutes))
    assert wish.stage() is Stage.APPROVED


def test_what_was_mentioned_is_not_called_absent() -> None:
    """Nor does anything else of it need to be said."""
    wish = Wish()
    wish.says(1, about(_grab(), "a"))
    complete = {FactKind.ASK, FactKind.QUEUE, FactKind.TRANSFER}
    for connection, kind, subject, value in (
        (SEERR, FactKind.ASK, Subject(), Ask(status=AskStatus.ABSENT)),
        (MANAGER, FactKind.QUEUE, Subject(download="a"), Queue(present=False)),
        (CLIENT, FactKind.TRANSFER, Subject(download="a"), Transfer(present=False)),
    ):
        key = (subject, connection, kind, Via.SURVEY)
        missing = list(absences(wish.request, connection, {kind}, set()))
        assert missing == [Statement(value=value, subject=subject)]
        found = absences(wish.request, connection, complete, {key})
        assert Statement(value=value, subject=subject) not in list(found)


def test_what_is_found_absent_is_stored_beside_what_is_taken_back() -> None:
    """A push before the survey, and a download that is missing, of the same request."""
    wish = Wish()
    queued = about(Queue(present=True, phase=QueuePhase.DOWNLOADING), "a")
    wish.says(1, about(_grab(), "a"))
    wish.says(1, queued, via=Via.PUSH)
    (change,) = _survey(wish, 2, complete={FactKind.QUEUE})
    key = (Subject(download="a"), MANAGER, FactKind.QUEUE)
    assert set(change.facts) == {(*key, Via.SURVEY)}
    assert change.dropped == {(*key, Via.PUSH)}


def test_what_goes_with_its_title_is_not_stored_on_the_way() -> None:
    """That its queue is empty means nothing any more."""
    wish = Wish()
    wish.says(1, about(_grab(), "a"))
    _survey(wish, 2, about(Title(present=False)), complete=set())
    changes = _survey(wish, 2 + GONE, about(Title(present=False)), complete={FactKind.QUEUE})
    stored = {key for change in changes for key in change.facts}
    dropped = {key for change in changes for key in change.dropped}
    assert {key[2] for key in dropped} == {FactKind.GRAB, FactKind.QUEUE}
    assert stored.isdisjoint(dropped)


def test_an_absence_that_a_push_contradicts_is_the_later_word() -> None:
    """A push that came during the survey stays; the one before is answered."""
    wish = Wish(managed=False)
    absent = about(Ask(status=AskStatus.DECLINED))
    wish.says(1, absent, service=Service.SEERR, via=Via.PUSH)
    assert wish.stage() is Stage.DECLINED
    _survey(wish, 2, complete={FactKind.ASK}, service=Service.SEERR, connection=SEERR)
    assert wish.stage() is Stage.APPROVED


# --- titles ------------------------------------------------------------------------------------


def _of_title() -> Wish:
    """Return a series of which its manager has said everything that goes with a title."""
    wish = Wish(*EPISODES)
    wish.says(
        1,
        about(Wanted(monitored=True, released=True), ONE),
        about(File(present=True), ONE),
        about(_grab(ONE), "a"),
        about(Queue(present=True, phase=QueuePhase.DOWNLOADING), "a"),
        about(Outcome(result=Result.IMPORTED, at=at(1)), "a"),
    )
    wish.says(1, about(File(present=True), TWO), service=Service.SONARR, connection="manager-2")
    moving = Transfer(present=True, phase=TransferPhase.DOWNLOADING)
    wish.client_says(1, about(moving, "a"))
    return wish


@pytest.mark.parametrize(("minutes", "is_gone"), [(GONE - 1, False), (GONE, True)])
def test_all_that_was_said_of_the_parts_goes_with_the_title(
    minutes: float, *, is_gone: bool
) -> None:
    """After two looks far enough apart; what others say stays."""
    wish = _of_title()
    kinds = {fact.kind for fact in wish.request.facts.values() if fact.connection_id == MANAGER}
    assert len(kinds) == 6
    for when in (2, 2 + minutes):
        _survey(wish, when, about(Title(present=False)), complete=set(), service=Service.SONARR)
    left = {fact.kind for fact in wish.request.facts.values() if fact.connection_id == MANAGER}
    assert left == ({FactKind.TITLE} if is_gone else kinds)
    others = {
        (fact.connection_id, fact.kind)
        for fact in wish.request.facts.values()
        if fact.connection_id not in {MANAGER, SEERR}
    }
    assert others == {("manager-2", FactKind.FILE), (CLIENT, FactKind.TRANSFER)}


def test_a_title_that_has_another_own_id_keeps_what_is_said_now() -> None:
    """It was added again: what the survey itself says is of its new life."""
    wish = _of_title()
    wish.request.service_ids[MANAGER] = "old"
    seen = wish.world.manager_says(
        at(2), Via.SURVEY, about(Title(present=True)), about(File(present=True), ONE)
    )
    wish.house.tracker.survey(MANAGER, Service.SONARR, at(2), [seen], set(), at(2))
    left = {fact.kind for fact in wish.request.facts.values() if fact.connection_id == MANAGER}
    assert left == {FactKind.TITLE, FactKind.FILE}


def test_a_title_that_is_still_there_keeps_everything() -> None:
    """Under the id that it had, or under the first one that is known."""
    wish = _of_title()
    before = dict(wish.request.facts)
    for when in (2, 20):
        _survey(wish, when, about(Title(present=True)), complete=set(), service=Service.SONARR)
    assert before.keys() == wish.request.facts.keys()


@pytest.mark.parametrize(
    ("via", "own_id", "known", "is_former"),
    [
        (Via.PUSH, "old", "new", True),
        (Via.PUSH, "new", "new", False),
        (Via.PUSH, "new", None, False),
        (Via.PUSH, None, "new", False),
        (Via.SURVEY, "old", "new", False),
    ],
)
def test_a_push_about_a_former_life_says_nothing(
    via: Via, own_id: str | None, known: str | None, *, is_former: bool
) -> None:
    """A title that was removed and added again is another one."""
    wish = Wish()
    wish.request.service_ids.pop(MANAGER, None)
    if known is not None:
        wish.request.service_ids[MANAGER] = known
    seen = wish.world.manager_says(at(1), via, about(File(present=True), MOVIE))
    seen = replace(seen, title=wish.world.title(own_id))
    assert is_of_former_life(wish.request, seen) is is_former
    assert not is_of_former_life(wish.request, replace(seen, title=None))
    wish.house.push(seen, now=at(1))
    assert (wish.stage() is Stage.SYNCING_LIBRARY) is not is_former
