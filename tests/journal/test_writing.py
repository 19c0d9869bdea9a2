"""What is written together stays together, shares commits, and fails alone."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
import sqlite3

import pytest

from custom_components.media_status import journal_schema
from custom_components.media_status.journal import Batch, Journal, JournalError
from custom_components.media_status.lifecycle.ended import remains
from custom_components.media_status.lifecycle.facts import Ask, AskStatus, Grab, Origin, Transfer
from custom_components.media_status.lifecycle.model import MOVIE, ItemKey, Stage, Subject
from custom_components.media_status.lifecycle.request import Change, Status, TimelineEntry

from .builders import (
    NOON,
    Watch,
    a_fact,
    a_request,
    ending,
    opened,
    opening,
    rows,
    run,
    stated,
    three_facts,
)


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    """Watch the journals of a test; none is left standing still."""
    watch = Watch.install(monkeypatch)
    yield watch
    watch.release()


def a_bad_change() -> Change:
    """Return a change whose timeline belongs to a request that does not exist."""
    change = opening(a_request(99))
    change.timeline.append(TimelineEntry(request_id="nobody", at=NOON, code="opened"))
    return change


async def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    """An open request comes back with its facts, items, status and cursors."""
    request = a_request(status=Status(stage=Stage.SEARCHING, items={MOVIE: Stage.SEARCHING}))
    async with opened(tmp_path / "j.db") as (journal, _):
        await journal.write(Batch(changes=[opening(request)], cursors={"seerr": {"page": 3}}))
    async with opened(tmp_path / "j.db") as (journal, start):
        assert start.requests == [request]
        assert start.cursors == {"seerr": {"page": 3}}
        assert start.recent == []
        assert start.set_aside is None
        assert start.unreadable == 0
        found = await journal.timeline(request.id)
        assert [stored.code for stored in found] == ["opened", "approved"]


async def test_the_start_remembers_since_when_we_track(tmp_path: Path) -> None:
    """The moment of the first start stays, whatever comes later."""
    async with opened(tmp_path / "j.db") as (_, first):
        pass
    async with opened(tmp_path / "j.db") as (_, second):
        assert second.started_at == first.started_at


async def test_rows_are_made_when_write_is_called(tmp_path: Path) -> None:
    """A request may change as soon as `write` has been called."""
    request = a_request()
    async with opened(tmp_path / "j.db") as (journal, _):
        written = journal.write(Batch(changes=[opening(request)]))
        request.title = "Another"
        request.items.add(ItemKey(1, 1))
        await written
        stored = await journal.request(request.id)
    assert stored is not None
    assert stored.title == "Film 1"
    assert stored.items == {MOVIE}


async def test_queued_writers_share_one_commit(tmp_path: Path, watch: Watch) -> None:
    """All batches that queue up while a commit runs go into the next one."""
    requests = [a_request(number) for number in range(51)]
    async with opened(tmp_path / "j.db") as (journal, _):
        before = watch.commits
        watch.hold_next_transaction()
        first = journal.write(Batch(changes=[opening(requests[0])]))
        await watch.held()
        others = [journal.write(Batch(changes=[opening(request)])) for request in requests[1:]]
        watch.release()
        await asyncio.gather(first, *others)
        assert watch.commits - before == 2
    async with opened(tmp_path / "j.db") as (_, start):
        assert start.requests == requests


async def test_a_bad_batch_fails_alone(tmp_path: Path, watch: Watch) -> None:
    """A batch that cannot be written fails for its own writer, and leaves nothing behind."""
    good = [a_request(number) for number in range(4)]
    async with opened(tmp_path / "j.db") as (journal, _):
        watch.hold_next_transaction()
        writers = [journal.write(Batch(changes=[opening(good[0])]))]
        await watch.held()
        writers.append(journal.write(Batch(changes=[opening(good[1])])))
        writers.append(journal.write(Batch(changes=[opening(good[2]), a_bad_change()])))
        writers.append(journal.write(Batch(changes=[opening(good[3])])))
        watch.release()
        results = await asyncio.gather(*writers, return_exceptions=True)
    assert [type(result) for result in results] == [
        type(None),
        type(None),
        JournalError,
        type(None),
    ]
    async with opened(tmp_path / "j.db") as (_, start):
        assert start.requests == [good[0], good[1], good[3]]


async def test_the_next_change_makes_a_failed_batch_good(tmp_path: Path) -> None:
    """After a failure the request is written whole with its next change, however small."""
    request = a_request()
    change = opening(request)
    change.timeline.append(TimelineEntry(request_id="nobody", at=NOON, code="opened"))
    async with opened(tmp_path / "j.db") as (journal, _):
        with pytest.raises(JournalError):
            await journal.write(Batch(changes=[change]))
        small = stated(request, [a_fact(Ask(status=AskStatus.COMPLETED))])
        await journal.write(Batch(changes=[small]))
    async with opened(tmp_path / "j.db") as (_, start):
        assert start.requests == [request]
        assert len(start.requests[0].facts) == 3


async def test_a_cancelled_writer_is_still_written(tmp_path: Path, watch: Watch) -> None:
    """Giving up the wait does not take the batch back, nor disturb the others."""
    requests = [a_request(1), a_request(2)]
    async with opened(tmp_path / "j.db") as (journal, _):
        watch.hold_next_transaction()
        given_up = asyncio.ensure_future(journal.write(Batch(changes=[opening(requests[0])])))
        await watch.held()
        given_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given_up
        other = journal.write(Batch(changes=[opening(requests[1])]))
        watch.release()
        await other
    async with opened(tmp_path / "j.db") as (_, start):
        assert start.requests == requests


async def test_closing_writes_what_is_queued(tmp_path: Path, watch: Watch) -> None:
    """Nothing that was handed over is lost by closing, and closing twice is harmless."""
    requests = [a_request(number) for number in range(5)]
    journal = Journal(tmp_path / "j.db")
    await journal.open(NOON)
    watch.hold_next_transaction()
    writers = [journal.write(Batch(changes=[opening(requests[0])]))]
    await watch.held()
    writers += [journal.write(Batch(changes=[opening(request)])) for request in requests[1:]]
    closing = asyncio.ensure_future(journal.close())
    watch.release()
    await asyncio.gather(*writers, closing)
    await journal.close()
    async with opened(tmp_path / "j.db") as (_, start):
        assert start.requests == requests


async def test_a_closed_journal_says_so(tmp_path: Path) -> None:
    """Neither writing nor reading a closed journal hangs or passes for success."""
    async with opened(tmp_path / "j.db") as (journal, _):
        pass
    with pytest.raises(JournalError):
        await journal.write(Batch(changes=[opening(a_request())]))
    with pytest.raises(JournalError):
        await journal.request("request-1")


async def test_a_locked_file_fails_the_batch_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While another process holds the file, writing fails; afterwards it works again."""
    monkeypatch.setattr(journal_schema, "BUSY_TIMEOUT_MS", 10)
    request = a_request()
    async with opened(tmp_path / "j.db") as (journal, _):
        other = sqlite3.connect(tmp_path / "j.db")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(JournalError, match="locked"):
            await journal.write(Batch(changes=[opening(request)]))
        other.rollback()
        other.close()
        await journal.write(Batch(changes=[stated(request, is_stored=True)]))
    async with opened(tmp_path / "j.db") as (_, start):
        assert start.requests == [request]


async def test_facts_are_replaced_and_dropped(tmp_path: Path) -> None:
    """A fact replaces the one with its key; a dropped one is gone; the rest stays."""
    request = a_request()
    async with opened(tmp_path / "j.db") as (journal, _):
        await journal.write(Batch(changes=[opening(request)]))
        change = stated(request, [a_fact(Ask(status=AskStatus.COMPLETED))])
        key = a_fact(Grab(items=frozenset(), at=NOON), Subject(download="abc")).key
        del request.facts[key]
        change.dropped.add(key)
        await journal.write(Batch(changes=[change]))
        assert (await journal.counts())["downloads"] == 0
    async with opened(tmp_path / "j.db") as (_, start):
        assert start.requests[0].facts == request.facts
        assert len(request.facts) == 2


async def test_a_fact_that_was_dropped_and_stated_again_stays(tmp_path: Path) -> None:
    """A survey may supersede a fact and state it anew in one batch."""
    request = a_request()
    async with opened(tmp_path / "j.db") as (journal, _):
        await journal.write(Batch(changes=[opening(request)]))
        fact = a_fact(Ask(status=AskStatus.COMPLETED))
        change = stated(request, [fact])
        change.dropped.add(fact.key)
        await journal.write(Batch(changes=[change]))
        stored = await journal.request(request.id)
    assert stored is not None
    assert stored.facts[fact.key] == fact


async def test_downloads_are_kept_by_their_id(tmp_path: Path) -> None:
    """A download's row says which items it serves, how large it is and since when it is known."""
    request = a_request(items={ItemKey(1, 1), ItemKey(1, 2)})
    subject = Subject(download="abc")
    grab = Grab(items=frozenset({ItemKey(1, 1), ItemKey(9, 9)}), at=NOON, size=900)
    later = NOON + timedelta(hours=1)
    async with opened(tmp_path / "j.db") as (journal, _):
        await journal.write(Batch(changes=[stated(request, [a_fact(grab, subject)], opened=True)]))
        transfer = a_fact(Transfer(present=True, size=1000), subject, seen_at=later)
        await journal.write(Batch(changes=[stated(request, [transfer])]))
    assert rows(tmp_path / "j.db", "SELECT * FROM downloads") == [
        (request.id, "abc", "[[1,1]]", 1000, NOON.isoformat())
    ]


async def test_items_and_keys_follow_the_request(tmp_path: Path) -> None:
    """Items and keys that a request no longer has leave its tables too."""
    items = {ItemKey(1, number) for number in range(1, 4)}
    request = a_request(items=set(items), item_titles={ItemKey(1, 1): "Pilot"})
    async with opened(tmp_path / "j.db") as (journal, _):
        await journal.write(Batch(changes=[opening(request)]))
        request.items -= {ItemKey(1, 3)}
        request.status = Status(stage=Stage.SEARCHING, items={ItemKey(1, 2): Stage.GRABBING})
        request.service_ids = {"seerr": "1", "sonarr": "77"}
        await journal.write(Batch(changes=[stated(request, is_stored=True)]))
    assert rows(tmp_path / "j.db", "SELECT connection_id, service_id FROM request_keys") == [
        ("seerr", "1"),
        ("sonarr", "77"),
    ]
    assert rows(tmp_path / "j.db", "SELECT season, number, title, stage FROM items") == [
        (1, 1, "Pilot", None),
        (1, 2, None, "grabbing"),
    ]


async def test_ended_requests_leave_the_start(tmp_path: Path) -> None:
    """What ended recently comes without facts, what ended earlier not at all; both stay on disk."""
    old, recent, live = (a_request(number) for number in range(3))
    by_hand = a_request(3, origin=Origin.RADARR, service_ids={"radarr": "5"})
    async with opened(tmp_path / "j.db") as (journal, _):
        requests = (old, recent, live, by_hand)
        await journal.write(Batch(changes=[opening(request) for request in requests]))
        changes = [ending(old, NOON - timedelta(days=40)), ending(recent), ending(by_hand)]
        await journal.write(Batch(changes=changes))
    async with opened(tmp_path / "j.db", NOON - timedelta(days=30)) as (journal, start):
        assert [request.id for request in start.requests] == [live.id]
        assert [request.id for request in start.recent] == [recent.id, by_hand.id]
        assert all(not request.facts for request in start.recent)
        assert start.recent[0].status.stage is Stage.AVAILABLE
        assert start.closed_keys == {("seerr", "0"), ("seerr", "1")}
        assert await journal.request(old.id) == old


async def test_a_word_about_an_ended_request_keeps_its_history(tmp_path: Path) -> None:
    """Changing a request that was read without its facts erases none of them."""
    request = a_request()
    async with opened(tmp_path / "j.db") as (journal, _):
        await journal.write(Batch(changes=[opening(request)]))
        await journal.write(Batch(changes=[ending(request)]))
    async with opened(tmp_path / "j.db") as (journal, start):
        (bare,) = start.recent
        bare.anime_override = True
        await journal.write(Batch(changes=[stated(bare, codes=("anime",), is_stored=True)]))
        stored = await journal.request(request.id)
    assert stored is not None
    assert stored.anime_override is True
    assert len(stored.facts) == len(three_facts())
    assert stored.status.items == {MOVIE: Stage.AVAILABLE}


async def test_forgetting_removes_everything(tmp_path: Path) -> None:
    """A forgotten request leaves no row behind; others keep theirs."""
    gone, kept = a_request(1), a_request(2)
    async with opened(tmp_path / "j.db") as (journal, _):
        await journal.write(Batch(changes=[opening(gone), opening(kept)]))
        await journal.write(Batch(forgotten=[gone]))
        assert await journal.request(gone.id) is None
        assert await journal.request(kept.id) == kept
        counts = await journal.counts()
    assert counts.pop("bytes") > 0
    assert counts == {
        "requests": 1,
        "request_keys": 1,
        "items": 1,
        "downloads": 1,
        "facts": 3,
        "timeline": 2,
        "cursors": 0,
    }


async def test_what_is_left_of_a_forgotten_request_comes_back(tmp_path: Path) -> None:
    """It is no request any more, but known at every start, in the order of forgetting."""
    path = tmp_path / "j.db"
    first, second = a_request(1), a_request(2)
    second.ended_at = second.available_at = NOON
    async with opened(path) as (journal, _):
        await journal.write(Batch(changes=[opening(first), opening(second)]))
        await journal.write(Batch(forgotten=[remains(second)]))
        await journal.write(Batch(forgotten=[remains(first)]))
        _, totals = await journal.past()
    assert (totals.ended, totals.completed) == (0, 1)
    async with opened(path) as (_, start):
        assert start.requests == start.recent == []
        assert start.forgotten == [remains(second), remains(first)]
        assert start.forgotten[0].title is None


async def test_a_forgotten_request_is_not_written_again_in_part(tmp_path: Path) -> None:
    """Forgetting and what came before it share a commit; nothing of the request survives."""
    gone = a_request()
    async with opened(tmp_path / "j.db") as (journal, _):
        last = journal.write(Batch(changes=[opening(gone)]))
        await journal.write(Batch(forgotten=[remains(gone)]))
        await last
        counts = await journal.counts()
    assert {counts[table] for table in ("requests", "items", "facts", "timeline")} == {0}


async def test_cursors_are_replaced(tmp_path: Path) -> None:
    """Each connection has one cursor: the last."""
    async with opened(tmp_path / "j.db") as (journal, _):
        await journal.write(Batch(cursors={"radarr": {"since": "a"}}))
        await journal.write(Batch(cursors={"sonarr": {"since": "b", "deep": [1, {"x": None}]}}))
        await journal.write(Batch(cursors={"radarr": {"since": "c"}}))
    async with opened(tmp_path / "j.db") as (_, start):
        assert start.cursors == {
            "radarr": {"since": "c"},
            "sonarr": {"since": "b", "deep": [1, {"x": None}]},
        }


async def test_odd_texts_and_numbers_are_stored(tmp_path: Path) -> None:
    """Half characters and endless numbers are replaced; they never cost the rest."""
    request = a_request(
        title="Half \ud83d, zero \0, quote ' and \u202eright to left",
        original_title="x" * 65536,
        year=10**30,
        service_ids={"seerr": "\udc00"},
    )
    subject = Subject(download="\ud800")
    grab = Grab(items=frozenset({MOVIE}), at=NOON, size=10**30, release="\ud800")
    async with opened(tmp_path / "j.db") as (journal, _):
        await journal.write(Batch(changes=[stated(request, [a_fact(grab, subject)], opened=True)]))
    async with opened(tmp_path / "j.db") as (_, start):
        (stored,) = start.requests
    assert stored.title == "Half ?, zero \0, quote ' and \u202eright to left"
    assert stored.original_title == "x" * 65536
    assert stored.year is None
    (fact,) = stored.facts.values()
    assert fact.subject == Subject(download="?")
    assert fact.value == Grab(items=frozenset({MOVIE}), at=NOON, release="?")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE timeline SET code = 'other'",
        "DELETE FROM timeline",
        "REPLACE INTO timeline SELECT id, request_id, at, service, 'other', details FROM timeline",
    ],
)
async def test_the_timeline_is_append_only(tmp_path: Path, statement: str) -> None:
    """The database itself refuses to change what was said."""
    async with opened(tmp_path / "j.db") as (journal, _):
        await journal.write(Batch(changes=[opening(a_request())]))
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        run(tmp_path / "j.db", statement)
    found = rows(tmp_path / "j.db", "SELECT code FROM timeline ORDER BY id")
    assert found == [("opened",), ("approved",)]
