"""Lists of any length are built in a thread while they arrive; half of one is none."""

import json
import threading

import aiohttp
from aiohttp import web
import pytest

from custom_components.media_status.clients.errors import (
    BadAnswer,
    ClientError,
    NotJson,
    Unreachable,
)
from custom_components.media_status.clients.radarr import RadarrClient
from custom_components.media_status.clients.readers import JsonValue, as_dict, as_id
from custom_components.media_status.clients.seerr import SeerrClient

from .fake import CANARY, FakeService, Seen

FILMS = "/api/v3/movie"
LONG: list[JsonValue] = [{"id": number, "title": "ü" * 500} for number in range(1, 3001)]


def number_of(raw: JsonValue) -> int | None:
    """Return the id of an element."""
    return as_id(as_dict(raw).get("id"))


@pytest.fixture
def radarr(service: FakeService, session: aiohttp.ClientSession) -> RadarrClient:
    """Return a client of the fake."""
    return RadarrClient(session, service.url, CANARY)


@pytest.mark.parametrize("count", [0, 1, 3000])
@pytest.mark.parametrize("indent", [None, 2])
async def test_every_element_is_built(
    radarr: RadarrClient, service: FakeService, count: int, indent: int | None
) -> None:
    """A row per element, in order, however long and however it is written."""
    service.text("GET", FILMS, json.dumps(LONG[:count], indent=indent, ensure_ascii=False))
    part = await radarr.movie_rows(number_of)
    assert part.rows == list(range(1, count + 1))


async def test_unusable_elements_have_rows_too(radarr: RadarrClient, service: FakeService) -> None:
    """What cannot be used is for the builder to say."""
    service.answer("GET", FILMS, [{"id": 1}, None, "x", {"id": -2}, []])
    assert (await radarr.movie_rows(number_of)).rows == [1, None, None, None, None]


async def test_it_is_built_in_a_thread(radarr: RadarrClient, service: FakeService) -> None:
    """The event loop has no part in it."""
    service.answer("GET", FILMS, LONG)
    part = await radarr.movie_rows(lambda _: threading.get_ident())
    assert threading.get_ident() not in part.rows


@pytest.mark.parametrize("text", ["", "<html>"])
async def test_no_json(radarr: RadarrClient, service: FakeService, text: str) -> None:
    """What is no JSON is told apart."""
    service.text("GET", FILMS, text)
    with pytest.raises(NotJson):
        await radarr.movie_rows(number_of)


@pytest.mark.parametrize(
    "text", ["{}", "null", "[1", json.dumps(LONG)[:-1], json.dumps(LONG)[:-400]]
)
async def test_half_a_list(radarr: RadarrClient, service: FakeService, text: str) -> None:
    """Half a list, or none, is refused as a whole."""
    service.text("GET", FILMS, text)
    with pytest.raises(BadAnswer):
        await radarr.movie_rows(number_of)


async def test_a_connection_that_ends_midway(radarr: RadarrClient, service: FakeService) -> None:
    """A cut connection is one, and the thread does not wait for the rest."""

    async def cut(seen: Seen) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(seen.request)
        await response.write(json.dumps(LONG).encode()[:2_500_000])
        assert seen.request.transport is not None
        seen.request.transport.abort()
        return response

    service.on("GET", FILMS, cut)
    with pytest.raises(Unreachable):
        await radarr.movie_rows(number_of)


async def test_a_refusal_is_no_list(radarr: RadarrClient, service: FakeService) -> None:
    """The body of an error is not taken for elements."""
    service.answer("GET", FILMS, [{"id": 1}], status=500)
    with pytest.raises(ClientError):
        await radarr.movie_rows(number_of)


@pytest.mark.parametrize("results", [LONG, LONG[:2], []])
async def test_a_list_in_an_object(
    service: FakeService, session: aiohttp.ClientSession, results: list[JsonValue]
) -> None:
    """The count beside the list is told, whether it stands ahead of it or behind."""
    client = SeerrClient(session, service.url, CANARY)
    before: JsonValue = {"pageInfo": {"results": 7}, "results": results}
    behind: JsonValue = {"results": results, "pageInfo": {"results": 7}}
    service.answer("GET", "/api/v1/media", before, behind)
    for _ in range(2):
        part = await client.media_rows(number_of, take=10_000, skip=0)
        assert (len(part.rows), part.total) == (len(results), 7)


@pytest.mark.parametrize("body", [{"pageInfo": {"results": 0}}, {"results": {}}, []])
async def test_an_object_without_its_list(
    service: FakeService, session: aiohttp.ClientSession, body: JsonValue
) -> None:
    """Another form is no empty list."""
    client = SeerrClient(session, service.url, CANARY)
    service.answer("GET", "/api/v1/media", body)
    with pytest.raises(BadAnswer):
        await client.media_rows(number_of, take=10, skip=0)
