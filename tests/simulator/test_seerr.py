"""Seerr as the recordings have it: refusals, states, the webhook slot and its encodings."""

from base64 import b64decode
import json

import aiohttp
import pytest

from simulator import Simulator, Title
from simulator.seerr_state import MediaStatus, RequestStatus, SeerrRefusedError

from .conftest import Reader, Receiver
from .shapes import sample

BASE = "/api/v1"
SLOT = f"{BASE}/settings/notifications/webhook"
type Body = dict[str, object]


async def call(
    sim: Simulator,
    http: aiohttp.ClientSession,
    method: str,
    path: str,
    body: object = None,
    **headers: str,
) -> tuple[int, object]:
    """Return status and parsed body of a call with the right key."""
    sent = {"X-Api-Key": sim.api_key("seerr")} | {
        k.replace("_", "-"): v for k, v in headers.items()
    }
    url = f"{sim.url('seerr')}{path}"
    async with http.request(method, url, json=body, headers=sent) as answer:
        text = await answer.text()
        return answer.status, json.loads(text) if text else None


@pytest.fixture
def film(sim: Simulator) -> Title:
    """Return a film nobody has."""
    return sim.world.add_title_movie(title="Dune: Part Two", year=2024, tmdb=693134)


@pytest.fixture
def show(sim: Simulator) -> Title:
    """Return a series nobody has."""
    return sim.world.add_title_series(
        title="Severance", year=2022, tmdb=95396, tvdb=371980, seasons={1: 3, 2: 2}
    )


@pytest.mark.parametrize(
    ("path", "headers", "case"),
    [
        ("/auth/me", {"X_Api_Key": ""}, "no-key"),
        ("/auth/me", {"X_Api_Key": "wrong"}, "wrong-key"),
        ("/auth/me", {"X_API_User": "99"}, "unknown-api-user"),
        ("/settings/notifications/webhook", {"X_API_User": "2"}, "missing-permission"),
        ("/request?foo=1", {}, "unknown-query-parameter"),
        ("/request?filter=nonsense", {}, "bad-enum"),
        ("/nonsense", {}, "unknown-path"),
        ("/request/9999", {}, "request-404"),
        ("/request/abc", {}, "request-not-a-number"),
        ("/movie/99999999", {}, "movie-unknown-tmdb"),
        ("/tv/99999999", {}, "tv-unknown-tmdb"),
    ],
)
async def test_refusals_are_the_recorded_ones(
    sim: Simulator, http: aiohttp.ClientSession, path: str, headers: dict[str, str], case: str
) -> None:
    """Status and message of a refusal equal the recording."""
    recorded = sample("seerr", "api-errors")
    assert isinstance(recorded, dict)
    wanted = recorded["cases"][case]["response"]
    status, body = await call(sim, http, "GET", f"{BASE}{path}", **headers)
    assert status == wanted["status"]
    assert isinstance(body, dict)
    for key in ("message", "status", "error"):
        assert body.get(key) == wanted["body"].get(key)


async def test_a_request_goes_to_the_right_server(sim: Simulator, film: Title) -> None:
    """A plain request reaches Radarr, a 4K one the 4K Radarr; both stand side by side."""
    plain = await sim.seerr.request(film)
    better = await sim.seerr.request(film, is_4k=True)
    assert (plain.side.service_id, better.side.service_id) == (0, 1)
    assert plain.media is better.media
    assert sim.radarr.find(film) is not None
    assert [entry.title for entry in sim.seerr.radarrs[1].entries.values()] == [film]


async def test_a_second_request_is_refused(sim: Simulator, film: Title, show: Title) -> None:
    """The same film gives 409; only seasons nobody asked for are taken, else 202."""
    await sim.seerr.request(film)
    with pytest.raises(SeerrRefusedError) as refusal:
        await sim.seerr.request(film)
    assert refusal.value.status == 409
    await sim.seerr.request(show, seasons=[1])
    rest = await sim.seerr.request(show)
    assert rest.season_numbers == [2]
    with pytest.raises(SeerrRefusedError) as refusal:
        await sim.seerr.request(show)
    assert refusal.value.status == 202


async def test_requests_over_the_api(
    sim: Simulator, http: aiohttp.ClientSession, film: Title
) -> None:
    """POST creates, approve hands over, delete removes the row and nothing else."""
    body: Body = {"mediaType": "movie", "mediaId": film.tmdb, "is4k": False}
    status, made = await call(sim, http, "POST", f"{BASE}/request", body, X_API_User="3")
    assert isinstance(made, dict)
    assert (status, made["status"], made["media"]["status"]) == (201, 1, 2)
    assert (await call(sim, http, "POST", f"{BASE}/request", body))[0] == 409
    unchecked = {key: value for key, value in body.items() if key != "is4k"}
    status, twin = await call(sim, http, "POST", f"{BASE}/request", unchecked, X_API_User="3")
    assert isinstance(twin, dict)
    assert (status, twin["id"]) == (201, made["id"] + 1)
    path = f"{BASE}/request/{made['id']}"
    _, approved = await call(sim, http, "POST", f"{path}/approve")
    assert isinstance(approved, dict)
    assert (approved["status"], approved["media"]["status"]) == (2, 3)
    assert approved["media"]["externalServiceId"] == 4
    assert (await call(sim, http, "DELETE", path))[0] == 204
    assert (await call(sim, http, "GET", path))[0] == 404
    assert sim.radarr.find(film) is not None


async def test_a_failed_hand_over_can_be_retried(
    listening: Simulator, receiver: Receiver, film: Title
) -> None:
    """Radarr down: AUTO_APPROVED, then FAILED; a retry after it is back succeeds."""
    await listening.down("radarr")
    request = await listening.seerr.request(film)
    assert request.status is RequestStatus.FAILED
    await listening.up("radarr")
    await listening.seerr.retry(request)
    await listening.settle()
    words = sorted(str(row.body.get("notification_type")) for row in receiver.received)
    assert words.count("MEDIA_FAILED") == 1
    assert words.count("MEDIA_APPROVED") == 1
    assert (request.status, request.side.status) == (2, 3)


async def test_a_pending_request_overtaken_by_a_scan(
    listening: Simulator, receiver: Receiver, film: Title
) -> None:
    """It becomes APPROVED for ever and nobody is told."""
    request = await listening.seerr.request(film, user="bob")
    listening.radarr.find_existing(listening.radarr.add(film))
    await listening.jellyfin.scan()
    await listening.seerr.scan()
    await listening.settle()
    assert request.status is RequestStatus.APPROVED
    assert request.side.status is MediaStatus.AVAILABLE
    assert receiver.bodies("MEDIA_AVAILABLE") == []


async def test_a_show_is_partly_available(sim: Simulator, show: Title) -> None:
    """One of two seasons there: the request stays, its season is done, the show is partial."""
    request = await sim.seerr.request(show)
    entry = sim.sonarr.find(show)
    assert entry is not None
    sim.sonarr.find_existing(entry.season(1))
    await sim.jellyfin.scan()
    await sim.seerr.scan()
    assert request.status is RequestStatus.APPROVED
    assert [season.status for season in request.seasons] == [5, 2]
    assert request.side.status is MediaStatus.PARTIALLY_AVAILABLE


async def test_only_availability_sync_notices_a_deletion(sim: Simulator, film: Title) -> None:
    """After it the media is DELETED, without server; asking again says so."""
    request = await sim.seerr.request(film)
    await sim.play(request, until="available")
    entry = sim.radarr.find(film)
    assert entry is not None
    sim.radarr.delete(entry)
    await sim.jellyfin.scan()
    await sim.seerr.scan()
    await sim.seerr.scan_arrs()
    assert request.side.status.name == "AVAILABLE"
    await sim.seerr.sync_availability()
    assert request.side.status.name == "DELETED"
    assert (request.status, request.side.external_id) == (RequestStatus.COMPLETED, None)


async def test_csrf_refuses_and_can_be_passed(
    sim: Simulator, http: aiohttp.ClientSession, film: Title
) -> None:
    """With the protection on a POST needs both cookies and the header."""
    sim.seerr.csrf = True
    request = await sim.seerr.request(film, user="bob")
    path = f"{BASE}/request/{request.id}/approve"
    assert await call(sim, http, "POST", path) == (403, {"message": "invalid csrf token"})
    headers = {"X-Api-Key": sim.api_key("seerr")}
    async with http.get(f"{sim.url('seerr')}{BASE}/auth/me", headers=headers) as answer:
        cookies = {name: morsel.value for name, morsel in answer.cookies.items()}
    assert set(cookies) == {"_csrf", "XSRF-TOKEN"}
    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
    token = cookies["XSRF-TOKEN"]
    status, _ = await call(sim, http, "POST", path, Cookie=cookie, X_XSRF_TOKEN=token)
    assert status == 200


# -- the webhook slot --------------------------------------------------------------------------


def settings(receiver: Receiver, payload: object) -> Body:
    """Return the body of a POST of the slot's settings."""
    options: Body = {"webhookUrl": receiver.url, "jsonPayload": payload, "authHeader": "Bearer x"}
    return {"enabled": True, "types": 4062, "options": options}


async def template(read: Reader) -> str:
    """Return the template that is stored."""
    body = await read.get("seerr", SLOT)
    assert isinstance(body, dict)
    text = body["options"]["jsonPayload"]
    assert isinstance(text, str)
    return text


async def test_the_factory_slot_is_the_recorded_one(read: Reader) -> None:
    """A fresh server's settings equal the recording, template text and all."""
    ours = await read.get("seerr", SLOT)
    assert ours == sample("seerr", "api-webhook-settings-get-factory-default")


@pytest.mark.parametrize(
    ("version", "double", "works"),
    [
        ("3.1.0", True, True),
        ("3.1.0", False, False),
        ("3.2.0", False, True),
        ("3.2.0", True, False),
    ],
)
async def test_each_version_wants_its_own_encoding(
    sim: Simulator,
    http: aiohttp.ClientSession,
    read: Reader,
    receiver: Receiver,
    version: str,
    double: bool,
    works: bool,
) -> None:
    """The wrong form is stored without a word, then every send fails."""
    sim.seerr.version = version
    text = await template(read)
    body = settings(receiver, json.dumps(text) if double else text)
    status, _ = await call(sim, http, "POST", f"{SLOT}/test", body)
    assert status == (204 if works else 500)
    status, stored = await call(sim, http, "POST", SLOT, body)
    assert status == 200
    assert isinstance(stored, dict)
    assert b64decode(stored["options"]["jsonPayload"])
    film = sim.world.add_title_movie(title="Heat", year=1995, tmdb=949)
    await sim.seerr.request(film)
    await sim.settle()
    assert len(receiver.bodies("MEDIA_AUTO_APPROVED")) == int(works)
    shown = await read.get("seerr", SLOT)
    assert isinstance(shown, dict)
    usable = shown["options"]["jsonPayload"]
    parsed = json.loads(usable) if isinstance(usable, str) else None
    assert isinstance(parsed, dict) == works


async def test_the_test_call_reports_what_the_receiver_said(
    sim: Simulator, http: aiohttp.ClientSession, read: Reader, receiver: Receiver
) -> None:
    """204 for 2xx with the recorded body and header, else 500; nothing is stored."""
    body = settings(receiver, json.dumps(await template(read)))
    assert (await call(sim, http, "POST", f"{SLOT}/test", body))[0] == 204
    assert receiver.received[0].body == sample("seerr", "webhook-test")
    assert receiver.received[0].headers["Authorization"] == "Bearer x"
    receiver.status = 404
    failed = {"message": "Failed to send webhook notification."}
    assert await call(sim, http, "POST", f"{SLOT}/test", body) == (500, failed)
    assert sim.seerr.slot.enabled is False


@pytest.mark.parametrize(
    ("change", "status"),
    [({"authHeader": None}, 400), ({"jsonPayload": {}}, 400), ({"jsonPayload": "no json"}, 500)],
)
async def test_wrong_settings_are_refused(
    sim: Simulator, http: aiohttp.ClientSession, receiver: Receiver, change: Body, status: int
) -> None:
    """A null header and an object are 400, text that is no JSON is 500."""
    options: Body = {"webhookUrl": receiver.url, "jsonPayload": '"{}"'} | change
    body: Body = {"enabled": True, "types": 0, "options": options}
    assert (await call(sim, http, "POST", SLOT, body))[0] == status


async def test_the_type_mask_filters(listening: Simulator, receiver: Receiver, film: Title) -> None:
    """Only types whose bit is set are sent."""
    listening.seerr.slot.types = 8
    request = await listening.seerr.request(film)
    await listening.play(request, until="available")
    words = [w for row in receiver.received if (w := row.body.get("notification_type"))]
    assert words == ["MEDIA_AVAILABLE"]
