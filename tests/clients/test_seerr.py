"""Seerr: requests, titles, the webhook slot, CSRF protection."""

from datetime import UTC, datetime

import aiohttp
import pytest

from custom_components.media_status.clients.errors import (
    AuthError,
    Forbidden,
    NotFound,
    Refused,
    WrongService,
)
from custom_components.media_status.clients.readers import (
    JsonObject,
    JsonValue,
    as_dict,
    as_objects,
)
from custom_components.media_status.clients.seerr import SeerrClient

from .fake import CANARY, FakeService, recorded, sample

API = "/api/v1"
WEBHOOK = f"{API}/settings/notifications/webhook"


def seerr(service: FakeService, session: aiohttp.ClientSession) -> SeerrClient:
    """Return a client of the fake service."""
    return SeerrClient(session, service.url, CANARY)


def row(number: int, **more: JsonValue) -> JsonObject:
    """Return a request as the list has it."""
    media: JsonObject = {"id": number, "mediaType": "movie", "tmdbId": 600 + number, "status": 3}
    return {"id": number, "status": 2, "type": "movie", "media": media, **more}


def say_hello(service: FakeService) -> None:
    """Let the fake service be the recorded Seerr 3.1.0."""
    service.answer("GET", f"{API}/settings/public", recorded("seerr/api-settings-public.json"))
    service.answer("GET", f"{API}/auth/me", recorded("seerr/api-auth-me.json"))
    service.answer("GET", f"{API}/status", recorded("seerr/api-status.json"))


async def test_status(service: FakeService, session: aiohttp.ClientSession) -> None:
    """The recorded server is told as Seerr with its version."""
    say_hello(service)
    status = await seerr(service, session).status()
    assert (status.application, status.version) == ("seerr", "3.1.0")
    assert {seen.headers["X-Api-Key"] for seen in service.seen} == {CANARY}


@pytest.mark.parametrize(
    ("public", "version", "application"),
    [
        ({"initialized": True, "mediaServerType": 2}, "2.5.0", "jellyseerr"),
        ({"initialized": True}, "1.33.2", "overseerr"),
        ({"initialized": True, "mediaServerType": 2, "hideBlocklisted": False}, "x", "seerr"),
    ],
)
async def test_relatives_are_told_apart(
    service: FakeService,
    session: aiohttp.ClientSession,
    public: JsonObject,
    version: str,
    application: str,
) -> None:
    """Overseerr and Jellyseerr are told by version and public settings."""
    say_hello(service)
    service.answer("GET", f"{API}/settings/public", public)
    service.answer("GET", f"{API}/status", {"version": version})
    assert (await seerr(service, session).status()).application == application


async def test_status_does_not_wait_for_github(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """A version that cannot be read costs only the version."""
    say_hello(service)
    service.answer("GET", f"{API}/status", {}, status=500)
    status = await seerr(service, session).status()
    assert (status.version, status.application) == ("", "seerr")


async def test_status_of_another_program(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """A page or another JSON is not Seerr."""
    client = seerr(service, session)
    service.text("GET", f"{API}/settings/public", "<html>")
    with pytest.raises(WrongService):
        await client.status()
    service.answer("GET", f"{API}/settings/public", {"hello": 1})
    with pytest.raises(WrongService):
        await client.status()


@pytest.mark.parametrize(
    ("name", "status", "error"),
    [
        ("seerr/seerr-api-error-401-no-key.json", 401, AuthError),
        ("seerr/seerr-api-error-403-wrong-key-or-permission.json", 403, AuthError),
    ],
)
async def test_a_wrong_key(
    service: FakeService,
    session: aiohttp.ClientSession,
    name: str,
    status: int,
    error: type[Exception],
) -> None:
    """Both answers to a bad key are AuthError."""
    service.answer("GET", WEBHOOK, sample(name), status=status)
    with pytest.raises(error):
        await seerr(service, session).webhook_settings()


@pytest.mark.parametrize("status", [401, 403])
async def test_a_missing_right_is_not_a_wrong_key(
    service: FakeService, session: aiohttp.ClientSession, status: int
) -> None:
    """A refusal with a message of its own is Forbidden: the key is good."""
    message = "You do not have permission to delete this request."
    service.answer("GET", f"{API}/request/3", {"message": message}, status=status)
    with pytest.raises(Forbidden, match="permission to delete"):
        await seerr(service, session).request(3)


async def test_recorded_requests(service: FakeService, session: aiohttp.ClientSession) -> None:
    """The recorded page: 4K requests carry the 4K fields of their title."""
    page = as_dict(recorded("seerr/api-request-list.json"))
    results = as_objects(page["results"])
    service.answer(
        "GET", f"{API}/request", {"pageInfo": {"results": len(results)}, "results": [*results]}
    )
    pending, approved, *_ = await seerr(service, session).requests()
    assert (pending.id, pending.status, pending.media_type) == (15, 1, "movie")
    assert pending.is_4k
    assert pending.media.status == 2
    assert pending.media.external_service_id is None
    assert approved.media.status == 3
    assert approved.media.external_service_id == 1
    assert pending.requested_by == "bob"
    assert pending.created_at == datetime(2026, 11, 20, 22, 25, 55, tzinfo=UTC)


async def test_one_recorded_request(service: FakeService, session: aiohttp.ClientSession) -> None:
    """A single series request with its seasons; None when it is gone."""
    body = as_dict(recorded("seerr/api-request-get-tv-partial.json"))
    number = body["id"]
    assert isinstance(number, int)
    service.answer("GET", f"{API}/request/{number}", body)
    client = seerr(service, session)
    request = await client.request(number)
    assert request is not None
    assert request.media_type == "tv"
    assert request.seasons == {season["seasonNumber"] for season in as_objects(body["seasons"])}
    assert request.media.tvdb_id is not None
    assert await client.request(999) is None


async def test_ids_of_the_other_quality_are_not_mixed_in(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """HD and 4K have each their own status and id."""
    media: JsonObject = {
        "id": 4,
        "tmdbId": "603",
        "status": 5,
        "status4k": 9,
        "externalServiceId": 413,
        "externalServiceId4k": 7,
    }
    service.answer(
        "GET", f"{API}/request/1", row(1, media=media), row(1, media=media, is4k=True, status=42)
    )
    client = seerr(service, session)
    plain, four_k = await client.request(1), await client.request(1)
    assert plain is not None
    assert four_k is not None
    assert (plain.media.status, plain.media.external_service_id) == (5, 413)
    assert plain.media.tmdb_id == 603
    assert (four_k.media.status, four_k.media.external_service_id) == (9, 7)
    assert four_k.status == 42


async def test_details_of_a_series(service: FakeService, session: aiohttp.ClientSession) -> None:
    """A recorded series: title, ids, poster."""
    service.answer("GET", f"{API}/tv/95396", recorded("seerr/api-tv-with-pending-request.json"))
    details = await seerr(service, session).details("tv", 95396)
    assert (details.title, details.year) == ("Severance", 2022)
    assert (details.imdb_id, details.tvdb_id) == ("tt11280740", 371980)
    assert details.poster_url is not None
    assert details.poster_url.endswith("/severance.jpg")


async def test_details_of_a_film(service: FakeService, session: aiohttp.ClientSession) -> None:
    """A film without poster, date and ids is a film all the same; keywords are numbers."""
    bare: JsonObject = {
        "title": "X",
        "posterPath": None,
        "releaseDate": "",
        "keywords": [{"id": 210024, "name": "anime"}, {"name": "?"}],
    }
    service.answer("GET", f"{API}/movie/5", bare)
    details = await seerr(service, session).details("movie", 5)
    assert (details.title, details.year, details.poster_url) == ("X", None, None)
    assert details.keywords == {210024}
    with pytest.raises(NotFound):
        await seerr(service, session).details("movie", 6)
    service.answer("GET", f"{API}/movie/7", {"message": "Unable to retrieve movie."}, status=500)
    with pytest.raises(Refused, match="Unable to retrieve"):
        await seerr(service, session).details("movie", 7)
