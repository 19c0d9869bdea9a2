"""Radarr and Sonarr: queue, history, connections, and their lists of titles."""

from datetime import UTC, datetime, timedelta, timezone

import aiohttp
from aiohttp import web
import pytest

from custom_components.media_status.clients.errors import (
    AuthError,
    BadAnswer,
    NotFound,
    Refused,
    ServerBusy,
    TooOld,
    WrongService,
)
from custom_components.media_status.clients.radarr import RadarrClient
from custom_components.media_status.clients.readers import JsonObject, JsonValue, as_objects
from custom_components.media_status.clients.sonarr import SonarrClient

from .fake import CANARY, FakeService, Seen, sample

API = "/api/v3"


def radarr(service: FakeService, session: aiohttp.ClientSession) -> RadarrClient:
    """Return a Radarr client of the fake service."""
    return RadarrClient(session, service.url, CANARY)


def sonarr(service: FakeService, session: aiohttp.ClientSession) -> SonarrClient:
    """Return a Sonarr client of the fake service."""
    return SonarrClient(session, service.url, CANARY)


class PagedQueue:
    """A queue that is paged as the services page it, and can change between pages."""

    def __init__(self, rows: list[JsonObject], *, largest_page: int = 10**6) -> None:
        """Hold rows."""
        self.rows = rows
        self.largest_page = largest_page
        self.after_page: list[list[JsonObject]] = []

    def __call__(self, seen: Seen) -> web.StreamResponse:
        """Answer one page."""
        page = int(seen.query["page"])
        size = min(int(seen.query.get("pageSize", "10")), self.largest_page)
        body = {
            "page": page,
            "pageSize": size,
            "totalRecords": len(self.rows),
            "records": self.rows[(page - 1) * size : page * size],
        }
        if self.after_page:
            self.rows = self.after_page.pop(0)
        return web.json_response(body)


def rows(count: int, start: int = 1) -> list[JsonObject]:
    """Return queue rows with consecutive ids."""
    return [{"id": number, "title": f"t{number}"} for number in range(start, start + count)]


async def test_status_tells_program_and_version(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """The right program in a supported version is described; the key goes in its header."""
    body: JsonValue = {
        "appName": "Sonarr",
        "instanceName": "Anime",
        "version": "4.0.19.2979",
    }
    service.answer("GET", f"{API}/system/status", body)
    status = await sonarr(service, session).status()
    assert (status.app_name, status.instance_name, status.version) == (
        "Sonarr",
        "Anime",
        "4.0.19.2979",
    )
    assert service.seen[0].headers["X-Api-Key"] == CANARY


async def test_status_tells_another_program(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """Sonarr is not Radarr, and neither is a web page, an empty answer or a 404."""
    client = radarr(service, session)
    service.answer("GET", f"{API}/system/status", {"appName": "Sonarr", "version": "4.0"}, {})
    for _ in range(2):
        with pytest.raises(WrongService):
            await client.status()
    service.text("GET", f"{API}/system/status", "<html>")
    with pytest.raises(WrongService):
        await client.status()
    service.text("GET", f"{API}/system/status", "nothing here", status=404)
    with pytest.raises(WrongService):
        await client.status()


async def test_status_tells_an_old_version(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """Versions before 4 are refused by name."""
    service.answer("GET", f"{API}/system/status", {"appName": "Sonarr", "version": "3.0.10.1567"})
    with pytest.raises(TooOld) as caught:
        await sonarr(service, session).status()
    assert caught.value.version == "3.0.10.1567"


async def test_starting_and_wrong_key(service: FakeService, session: aiohttp.ClientSession) -> None:
    """Starting up is told from a wrong key (401 with an empty body)."""
    service.answer("GET", f"{API}/system/status", {"errorMessage": "starting up"}, status=503)
    with pytest.raises(ServerBusy):
        await radarr(service, session).status()
    service.text("GET", f"{API}/system/status", "", status=401)
    with pytest.raises(AuthError):
        await radarr(service, session).status()


@pytest.mark.parametrize("count", [0, 1, 10, 11, 200, 201, 1000, 1001, 2000])
@pytest.mark.parametrize("largest_page", [10**6, 50])
async def test_the_queue_is_read_to_its_end(
    service: FakeService, session: aiohttp.ClientSession, count: int, largest_page: int
) -> None:
    """Whatever the number of rows and the size of a page, all rows are read."""
    service.on("GET", f"{API}/queue", PagedQueue(rows(count), largest_page=largest_page))
    queue = await radarr(service, session).queue()
    assert [record.id for record in queue] == list(range(1, count + 1))
    assert service.seen[0].query["includeUnknownMovieItems"] == "true"


async def test_a_queue_that_changes_is_read_again(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """Rows that vanish between two pages lead to another reading, not to a hole."""
    before, after = rows(2000), rows(1800, start=201)
    paged = PagedQueue(before)
    paged.after_page = [after]
    service.on("GET", f"{API}/queue", paged)
    queue = await sonarr(service, session).queue()
    assert [record.id for record in queue] == list(range(201, 2001))


async def test_a_shifted_queue_of_the_same_length_is_read_again(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """Rows that come in front while others leave are noticed by their ids."""
    paged = PagedQueue(rows(1500, start=100))
    paged.after_page = [rows(1500, start=50)]
    service.on("GET", f"{API}/queue", paged)
    queue = await sonarr(service, session).queue()
    assert [record.id for record in queue] == list(range(50, 1550))


async def test_a_restless_queue_is_a_bad_answer(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """A queue that never stands still is unknown, not half known."""
    paged = PagedQueue(rows(1100))
    paged.after_page = [rows(1100 + number) for number in range(1, 20)]
    service.on("GET", f"{API}/queue", paged)
    with pytest.raises(BadAnswer):
        await radarr(service, session).queue()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"records": []},
        {"totalRecords": 3, "records": None},
        {"totalRecords": "x", "records": []},
        {"totalRecords": 5, "records": []},
        {"totalRecords": 2, "records": [None, "x"]},
        [],
    ],
)
async def test_a_queue_of_unknown_form(
    service: FakeService, session: aiohttp.ClientSession, body: JsonValue
) -> None:
    """An answer that does not account for its rows is refused."""
    service.answer("GET", f"{API}/queue", body)
    with pytest.raises(BadAnswer):
        await radarr(service, session).queue()


async def test_queue_records_of_films(service: FakeService, session: aiohttp.ClientSession) -> None:
    """Radarr's sample becomes a record with the hash in lower case."""
    service.answer("GET", f"{API}/queue", sample("radarr/radarr-api-queue-page.json"))
    (record,) = await radarr(service, session).queue()
    assert record.title_id == 412
    assert record.episode_id is None
    assert record.download_id == "c81e728d9d4c2f636f067f89cc14862c5b3a11d0"
    assert (record.status, record.tracked_state) == ("downloading", "downloading")
    assert (record.size, record.size_left) == (9663676416, 2415919104)
    assert record.time_left_seconds == 12 * 60 + 33
    assert record.eta == datetime(2026, 3, 3, 18, 55, tzinfo=UTC)
    assert record.quality == "WEBDL-1080p"
    assert record.messages == ()


async def test_queue_records_of_a_pack(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """A season pack is one record per episode with one download id."""
    page = sample("sonarr/sonarr-api-queue-page-season-pack.json")
    assert isinstance(page, dict)
    raw = as_objects(page["records"])
    # The sample shows the first rows of a longer queue.
    service.answer("GET", f"{API}/queue", {**page, "totalRecords": len(raw)})
    records = await sonarr(service, session).queue()
    assert len(records) == len(raw) > 1
    assert len({record.download_id for record in records}) == 1
    assert len({record.episode_id for record in records}) == len(records)


async def test_queue_messages_are_flat(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """Titles without messages, messages and the error text come out once each, in order."""
    page = sample("sonarr/sonarr-api-queue-page-import-blocked.json")
    assert isinstance(page, dict)
    blocked = as_objects(page["records"])[0]
    service.answer(
        "GET", f"{API}/queue", {"totalRecords": 1, "records": [{**blocked, "errorMessage": "No"}]}
    )
    (record,) = await sonarr(service, session).queue()
    assert record.tracked_state == "importBlocked"
    assert record.tracked_status == "warning"
    assert record.messages[0].startswith("One or more episodes expected")
    assert record.messages[1].startswith("Not a Custom Format upgrade")
    assert record.messages[2:] == ("No",)


async def test_odd_queue_values(service: FakeService, session: aiohttp.ClientSession) -> None:
    """Blanks, numbers as text, unknown words and missing keys cost only themselves."""
    odd: JsonValue = {
        "id": "7",
        "seriesId": "61",
        "episodeId": "",
        "downloadId": "",
        "size": "12.0",
        "sizeleft": "",
        "status": "quantum",
        "trackedDownloadState": 5,
        "estimatedCompletionTime": "",
        "statusMessages": [None, {"messages": "x"}],
        "quality": [],
    }
    service.answer("GET", f"{API}/queue", {"totalRecords": 2, "records": [odd, {"title": "?"}]})
    client = sonarr(service, session)
    (record,) = await client.queue()
    assert (record.id, record.title_id, record.episode_id) == (7, 61, None)
    assert (record.download_id, record.size, record.size_left) == (None, 12, None)
    assert (record.status, record.tracked_state, record.eta) == ("quantum", "5", None)
    assert record.messages == ()
    assert client.dropped == 1


async def test_history_is_sorted_and_typed(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """History comes oldest first with the service's own event words."""
    raw = sample("sonarr/sonarr-api-history-since.json")
    assert isinstance(raw, list)
    service.answer("GET", f"{API}/history/since", raw[::-1])
    since = datetime(2026, 3, 1, 2, 0, tzinfo=timezone(timedelta(hours=2)))
    records = await sonarr(service, session).history_since(since)
    assert len(records) == len(raw)
    assert [record.date for record in records] == sorted(record.date for record in records)
    assert service.seen[0].query["date"] == "2026-03-01T00:00:00Z"
    assert all(
        record.download_id == (record.download_id or "").lower() or None for record in records
    )
    assert {record.event for record in records} >= {"grabbed", "downloadFolderImported"}
    grabbed = next(record for record in records if record.event == "grabbed")
    assert all(isinstance(value, str) for value in grabbed.data.values())


async def test_films_of_the_history(service: FakeService, session: aiohttp.ClientSession) -> None:
    """Radarr's history names the film in its own key."""
    service.answer("GET", f"{API}/history/since", sample("radarr/radarr-api-history-since.json"))
    records = await radarr(service, session).history_since(datetime(2026, 1, 1, tzinfo=UTC))
    assert {record.title_id for record in records} == {412}
    assert {record.episode_id for record in records} == {None}


async def test_history_without_date_is_dropped(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """A record without a date cannot be placed; it is counted and left out."""
    good: JsonValue = {
        "id": 1,
        "date": "2026-03-03T17:31:30Z",
        "eventType": "new",
        "data": {"x": 5},
    }
    service.answer("GET", f"{API}/history/since", [good, {"id": 2, "date": ""}])
    client = radarr(service, session)
    (record,) = await client.history_since(datetime(2026, 1, 1, tzinfo=UTC))
    assert (record.event, dict(record.data)) == ("new", {"x": "5"})
    assert client.dropped == 1


async def test_webhook_connections(service: FakeService, session: aiohttp.ClientSession) -> None:
    """Connections are listed, created, replaced with and without test, and deleted."""
    body = sample("sonarr/sonarr-api-notification-create.json")
    assert isinstance(body, dict)
    stored: JsonObject = {**body, "id": 5}
    service.answer("GET", f"{API}/notification", [stored, {"id": 6, "name": "Mail"}])
    service.answer("POST", f"{API}/notification", stored, status=201)
    service.answer("PUT", f"{API}/notification/5", stored, status=202)
    service.answer("DELETE", f"{API}/notification/5", {})
    service.answer("POST", f"{API}/notification/test", {})
    client = sonarr(service, session)
    webhook, mail = await client.notifications()
    assert webhook.implementation == "Webhook"
    assert webhook.url is not None
    assert webhook.url not in repr(webhook)
    assert "onGrab" in webhook.enabled_flags
    assert (mail.url, mail.enabled_flags) == (None, frozenset())
    assert (await client.create_notification(body)).id == 5
    await client.update_notification(5, webhook.raw)
    await client.update_notification(5, webhook.raw, force_save=True)
    await client.test_notification(body)
    await client.delete_notification(5)
    assert service.paths("DELETE") == [f"{API}/notification/5"]
    puts = [seen for seen in service.seen if seen.method == "PUT"]
    assert [dict(seen.query) for seen in puts] == [{}, {"forceSave": "true"}]
    assert puts[0].json() == stored


async def test_a_failed_webhook_test_says_why(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """The service's words are kept, without the secret part of our address."""
    service.answer(
        "POST",
        f"{API}/notification",
        sample("sonarr/sonarr-api-error-400-webhook-test.json"),
        sample("sonarr/sonarr-api-error-400-name-not-unique.json"),
        status=400,
    )
    client = sonarr(service, session)
    with pytest.raises(Refused) as caught:
        await client.create_notification({})
    assert caught.value.status == 400
    assert "401:Unauthorized" in caught.value.message
    assert "http://homeassistant.example.com:8123" in caught.value.message
    assert "0123456789abcdef" not in str(caught.value)
    with pytest.raises(Refused, match="Should be unique"):
        await client.create_notification({})


async def test_messages_are_one_short_line(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """A page of text becomes one line of at most 200 characters."""
    service.answer(
        "POST", f"{API}/command", {"message": "a\nb\x1b[31m\t" + "word " * 100}, status=500
    )
    with pytest.raises(Refused) as caught:
        await radarr(service, session).command("x")
    assert len(caught.value.message) <= 200
    assert caught.value.message.isprintable()
    assert caught.value.message.startswith("a b")


async def test_the_schema_of_a_webhook(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """The webhook's schema is found among the others."""
    schemas: JsonValue = [
        {"implementation": "Email"},
        {"implementation": "Webhook", "supportsOnGrab": True},
    ]
    service.answer("GET", f"{API}/notification/schema", schemas, [])
    client = radarr(service, session)
    assert (await client.notification_schema())["supportsOnGrab"] is True
    with pytest.raises(BadAnswer):
        await client.notification_schema()


async def test_gone_while_deleting(service: FakeService, session: aiohttp.ClientSession) -> None:
    """Deleting a connection that is gone says so."""
    with pytest.raises(NotFound):
        await radarr(service, session).delete_notification(3)
