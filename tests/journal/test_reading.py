"""Finished requests are paged from disk, newest first, however many there are."""

from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import batched
from pathlib import Path

import pytest

from custom_components.media_status.journal import Batch, Journal, Page
from custom_components.media_status.lifecycle.model import MOVIE, ItemKey, MediaType, Stage
from custom_components.media_status.lifecycle.request import Change, Request, Status

from .builders import NOON, Watch, a_request, ending, opened, opening, rows, stated


def ids(page: Page) -> list[str]:
    """Return the ids of a page's requests."""
    return [request.id for request in page.items]


def household() -> list[Request]:
    """Return six requests of different kinds, oldest first."""
    series = {"media_type": MediaType.SERIES, "items": {ItemKey(1, 1)}, "seasons": frozenset({1})}
    return [
        a_request(1, title="Straße der Ölsardinen", requested_by="Ada"),
        a_request(2, title="Night Train", requested_by="Bob", **series),
        a_request(3, title="The Night", original_title="Noc", requested_by="Ada"),
        a_request(4, title="100% Wolf_", requested_by="Cem"),
        a_request(5, title=None, requested_by=None),
        a_request(6, title="Night, Later", status=Status(stage=Stage.DOWNLOADING)),
    ]


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    """Open a journal with the household; the first two requests have ended."""
    requests = household()
    async with opened(tmp_path / "j.db") as (journal, _):
        await journal.write(Batch(changes=[opening(request) for request in requests]))
        await journal.write(Batch(changes=[ending(request) for request in requests[:2]]))
        yield journal


async def test_newest_come_first(journal: Journal) -> None:
    """Without filters every request is there, open or not, with its status."""
    page = await journal.requests()
    assert ids(page) == [f"request-{number}" for number in (6, 5, 4, 3, 2, 1)]
    assert page.total == 6
    assert page.items[0].stage is Stage.DOWNLOADING
    assert page.items[-1].stage is Stage.AVAILABLE


@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        ({"open": True}, [6, 5, 4, 3]),
        ({"open": False}, [2, 1]),
        ({"stage": ["available"]}, [2, 1]),
        ({"stage": {Stage.AVAILABLE, Stage.DOWNLOADING}}, [6, 2, 1]),
        ({"stage": []}, []),
        ({"media_type": MediaType.SERIES}, [2]),
        ({"media_type": "movie", "open": False}, [1]),
        ({"requested_by": "Ada"}, [3, 1]),
        ({"requested_by": "ada"}, []),
        ({"search": "night"}, [6, 3, 2]),
        ({"search": " NIGHT "}, [6, 3, 2]),
        ({"search": "noc"}, [3]),
        ({"search": "STRASSE"}, [1]),
        ({"search": "%"}, [4]),
        ({"search": "_"}, [4]),
        ({"search": "' OR 1=1 --"}, []),
        ({"search": "\ud800"}, []),
        ({"search": ""}, [6, 5, 4, 3, 2, 1]),
        ({"search": "night", "open": True, "stage": ["downloading"]}, [6]),
    ],
)
async def test_filters(journal: Journal, filters: dict[str, object], numbers: list[int]) -> None:
    """Each filter narrows the page and the total alike."""
    page = await journal.requests(**filters)  # type: ignore[arg-type] # one case each
    assert ids(page) == [f"request-{number}" for number in numbers]
    assert page.total == len(numbers)


async def test_pages_follow_each_other(journal: Journal) -> None:
    """By offset or after the last one seen, pages neither repeat nor skip."""
    first = await journal.requests(limit=4)
    assert (ids(first), first.total) == (ids(await journal.requests())[:4], 6)
    by_offset = await journal.requests(limit=4, offset=4)
    by_place = await journal.requests(limit=4, before=first.items[-1].id)
    assert ids(by_offset) == ids(by_place) == ["request-2", "request-1"]
    assert by_offset.total == by_place.total == 6
    assert ids(await journal.requests(offset=100)) == []
    assert ids(await journal.requests(limit=0)) == []


async def test_a_page_after_a_request_stands_still(journal: Journal) -> None:
    """What arrives meanwhile does not shift the pages that follow a request."""
    first = await journal.requests(limit=3)
    await journal.write(Batch(changes=[opening(a_request(7))]))
    rest = await journal.requests(before=first.items[-1].id)
    assert ids(rest) == ["request-3", "request-2", "request-1"]


async def test_requests_of_one_moment_have_an_order(tmp_path: Path) -> None:
    """A survey may open many requests at once; pages still neither repeat nor skip."""
    async with opened(tmp_path / "j.db") as (journal, _):
        requests = [a_request(number, opened_at=NOON) for number in range(9)]
        await journal.write(Batch(changes=[opening(request) for request in requests]))
        seen: list[str] = []
        before = None
        while page := ids(await journal.requests(limit=2, before=before)):
            seen += page
            before = page[-1]
    assert sorted(seen) == sorted(request.id for request in requests)


async def test_a_request_comes_with_all_that_is_known(journal: Journal) -> None:
    """One request is read with its facts and its items' stages; an unknown id gives None."""
    ended = await journal.request("request-2")
    assert ended is not None
    assert len(ended.facts) == 3
    assert ended.status.items == {ItemKey(1, 1): Stage.AVAILABLE}
    assert await journal.request("request-0") is None


async def test_a_timeline_is_read_from_its_end(journal: Journal) -> None:
    """Of a long timeline come the newest entries, in order."""
    request = a_request(3)
    codes = [f"step {number}" for number in range(10)]
    await journal.write(Batch(changes=[stated(request, codes=codes)]))
    last = await journal.timeline("request-3", limit=4)
    assert [stored.code for stored in last] == codes[-4:]
    whole = await journal.timeline("request-3")
    assert [stored.code for stored in whole] == ["opened", "approved", *codes]
    assert await journal.timeline("nobody") == []


async def test_twenty_thousand_requests_are_paged_by_the_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page reads the index and its own rows, never the other documents."""
    path = tmp_path / "j.db"
    watch = Watch.install(monkeypatch)
    async with opened(path) as (journal, _):
        for numbers in batched(range(20_000), 1000, strict=True):
            await journal.write(Batch(changes=[_ended(number) for number in numbers]))
        watch.statements.clear()
        page = await journal.requests(search="film 1234", open=False, limit=5)
        listing = list(watch.statements)
        deep = await journal.requests(limit=2, offset=19_990)
    assert (ids(page), page.total) == (
        [f"request-{number}" for number in (12349, 12348, 12347, 12346, 12345)],
        11,
    )
    assert ids(deep) == ["request-9", "request-8"]
    assert deep.total == 20_000
    assert len(listing) == 2
    monkeypatch.undo()
    for statement in listing:
        plan = [str(row[-1]) for row in rows(path, f"EXPLAIN QUERY PLAN {statement}")]
        scans = [step for step in plan if step.startswith("SCAN requests")]
        assert scans == ["SCAN requests USING COVERING INDEX requests_listed"]


def _ended(number: int) -> Change:
    request = a_request(number)
    request.ended_at = NOON + timedelta(days=number % 50)
    request.status = Status(stage=Stage.AVAILABLE, items={MOVIE: Stage.AVAILABLE})
    return stated(request, opened=True, ended=True, is_stored=True)
