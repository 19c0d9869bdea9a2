"""Seerr's lists of requests: all open ones and the newest, page by page."""

import aiohttp
from aiohttp import web
import pytest

from custom_components.media_status.clients.errors import BadAnswer, Refused
from custom_components.media_status.clients.readers import JsonObject, JsonValue

from .fake import FakeService, Seen
from .test_seerr import API, row, say_hello, seerr

FILTERS = {"all": None, "pending": 1, "approved": 2, "failed": 4}


class PagedRequests:
    """Lists of requests that are paged by take and skip, and can change between pages."""

    def __init__(self, rows: list[JsonObject]) -> None:
        """Hold rows, newest first."""
        self.rows = rows
        self.after_page: list[list[JsonObject]] = []  # what the approved ones become
        self.knows_failed = True

    def __call__(self, seen: Seen) -> web.StreamResponse:
        """Answer one page."""
        wanted = seen.query["filter"]
        if wanted == "failed" and not self.knows_failed:
            return web.json_response({"message": "request.query.filter"}, status=400)
        take, skip = int(seen.query["take"]), int(seen.query["skip"])
        number = FILTERS[wanted]
        rows = [row for row in self.rows if number is None or row["status"] == number]
        body = {
            "pageInfo": {"pages": 1, "pageSize": take, "results": len(rows), "page": 1},
            "results": rows[skip : skip + take],
        }
        if self.after_page and wanted == "approved":
            self.rows = self.after_page.pop(0)
        return web.json_response(body)


def newest_first(count: int, first: int = 1, **more: JsonValue) -> list[JsonObject]:
    """Return rows with descending ids."""
    return [row(number, **more) for number in range(first + count - 1, first - 1, -1)]


def asked(service: FakeService, wanted: str) -> list[dict[str, str]]:
    """Return the queries for one list."""
    return [dict(seen.query) for seen in service.seen if seen.query.get("filter") == wanted]


@pytest.mark.parametrize("count", [0, 1, 1000, 1001, 2500])
async def test_open_requests_are_read_to_the_end(
    service: FakeService, session: aiohttp.ClientSession, count: int
) -> None:
    """All open requests are read, in as few calls as their number needs."""
    service.on("GET", f"{API}/request", PagedRequests(newest_first(count)))
    found = await seerr(service, session).requests()
    assert [request.id for request in found] == list(range(count, 0, -1))
    queries = asked(service, "approved")
    assert len(queries) == max(1, -(-count // 1000))
    assert queries[0] == {"take": "1000", "skip": "0", "filter": "approved", "sort": "added"}
    assert len(service.seen) == len(queries) + 3


async def test_history_costs_no_calls(service: FakeService, session: aiohttp.ClientSession) -> None:
    """Open requests are found below any number of finished ones, in four calls."""
    rows = newest_first(3000, first=4, status=5)
    rows += [row(3, status=4), row(2, status=1), row(1, status=2)]
    service.on("GET", f"{API}/request", PagedRequests(rows))
    found = await seerr(service, session).requests()
    assert [request.id for request in found] == [*range(3003, 2903, -1), 3, 2, 1]
    assert len(service.seen) == 4


@pytest.mark.parametrize("repaired", [False, True])
async def test_a_filter_that_an_old_server_refuses_is_asked_once(
    service: FakeService, session: aiohttp.ClientSession, repaired: bool
) -> None:
    """Overseerr without failed requests is read like the others, and asked anew when probed."""
    paged = PagedRequests([row(1)])
    paged.knows_failed = False
    service.on("GET", f"{API}/request", paged)
    client = seerr(service, session)
    for _ in range(3):
        assert [request.id for request in await client.requests()] == [1]
    assert len(asked(service, "failed")) == 1
    say_hello(service)
    await client.status()
    paged.knows_failed = repaired
    paged.rows.insert(0, row(2, status=4))
    assert [request.id for request in await client.requests()] == [2, 1]
    assert len(asked(service, "failed")) == 2


async def test_a_list_that_fails_is_not_taken_for_an_unknown_filter(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """Only 400 says that there is no such filter."""

    def answer(seen: Seen) -> web.StreamResponse:
        status = 500 if seen.query["filter"] == "failed" else 200
        return web.json_response({"pageInfo": {"results": 0}, "results": []}, status=status)

    service.on("GET", f"{API}/request", answer)
    with pytest.raises(Refused):
        await seerr(service, session).requests()


@pytest.mark.parametrize(
    "after",
    [newest_first(1251), newest_first(1249, first=2), newest_first(1250, first=2)],
    ids=["one more", "one fewer", "one more and one fewer"],
)
async def test_requests_that_change_are_read_again(
    service: FakeService, session: aiohttp.ClientSession, after: list[JsonObject]
) -> None:
    """A list that shifts between two pages is read again, not returned with a hole."""
    paged = PagedRequests(newest_first(1250))
    paged.after_page = [after]
    service.on("GET", f"{API}/request", paged)
    found = await seerr(service, session).requests()
    assert [request.id for request in found] == [entry["id"] for entry in after]


async def test_a_restless_list_is_a_bad_answer(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """A list that never stands still is unknown."""
    paged = PagedRequests(newest_first(1250))
    paged.after_page = [newest_first(1250 + number) for number in range(1, 20)]
    service.on("GET", f"{API}/request", paged)
    with pytest.raises(BadAnswer):
        await seerr(service, session).requests()


async def test_a_request_that_moves_on_meanwhile_is_told_as_it_is(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """Of two lists that mention it, the later one is right."""
    paged = PagedRequests([row(1)])
    paged.after_page = [[row(1, status=5)]]
    service.on("GET", f"{API}/request", paged)
    found = await seerr(service, session).requests()
    assert [(request.id, request.status) for request in found] == [(1, 5)]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"pageInfo": {}, "results": []},
        {"pageInfo": {"results": 3}, "results": []},
        {"pageInfo": {"results": 1}, "results": None},
        {"pageInfo": {"results": 1}, "results": [{"id": 1}]},
    ],
)
async def test_a_list_of_unknown_form(
    service: FakeService, session: aiohttp.ClientSession, body: JsonValue
) -> None:
    """An answer that does not account for its rows is refused."""
    service.answer("GET", f"{API}/request", body)
    with pytest.raises(BadAnswer):
        await seerr(service, session).requests()


@pytest.mark.parametrize(("last_id", "pages"), [(3000, 1), (2950, 1), (2750, 3), (0, 20)])
async def test_newer_requests_are_read_as_far_as_they_go(
    service: FakeService, session: aiohttp.ClientSession, last_id: int, pages: int
) -> None:
    """What was made since the last survey is found although it is finished, within bounds."""
    service.on("GET", f"{API}/request", PagedRequests(newest_first(3000, status=5)))
    found = await seerr(service, session).requests(last_id=last_id)
    assert [request.id for request in found] == list(range(3000, 3000 - pages * 100, -1))
    assert len(asked(service, "all")) == pages


async def test_an_unusable_request_is_counted(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """One broken row costs itself; the count says that the list was not whole."""
    rows: JsonValue = [row(3), {"id": 2, "status": 2, "type": "book"}, row(1)]
    service.answer("GET", f"{API}/request", {"pageInfo": {"results": 3}, "results": rows})
    client = seerr(service, session)
    assert [request.id for request in await client.requests()] == [3, 1]
    assert client.dropped == 1
