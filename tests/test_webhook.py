"""The webhook view: what it answers, and that nothing sent to it does harm."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
import logging
from pathlib import Path

import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.media_status.const import WEBHOOK_PATH
from custom_components.media_status.journal import Journal, JournalError
from custom_components.media_status.lifecycle.model import Stage
from homeassistant.core import HomeAssistant
from simulator import Simulator

from .twin import SECRET, TwinHousehold, twin, webhook_id

pytestmark = pytest.mark.usefixtures("socket_enabled")

MEBIBYTE = 1024 * 1024
BEARER = {"Authorization": f"Bearer {SECRET}"}


@pytest.fixture
async def home(
    hass: HomeAssistant, tmp_path: Path, hass_client_no_auth: ClientSessionGenerator
) -> AsyncIterator[TwinHousehold]:
    """Return a household whose services do not send by themselves."""
    options = {"manage_webhooks": False}
    async with (
        Simulator(seed=1) as sim,
        twin(hass, sim, tmp_path, hass_client_no_auth, options) as found,
    ):
        yield found


def asked(number: str = "41", title: str = "Dune: Part Two (2024)") -> dict[str, object]:
    """Return the body that Seerr sends for an approved film."""
    return {
        "notification_type": "MEDIA_AUTO_APPROVED",
        "event": "Movie Request Automatically Approved",
        "subject": title,
        "message": "",
        "image": "https://image.tmdb.org/t/p/w600_and_h900_bestv2/dune.jpg",
        "media": {"media_type": "movie", "tmdbId": "693134", "tvdbId": "", "status": "PENDING"},
        "request": {"request_id": number, "requestedBy_username": "alice"},
        "issue": None,
        "comment": None,
        "extra": [],
    }


async def post(
    home: TwinHousehold,
    body: object = None,
    *,
    data: bytes | None = None,
    name: str = "seerr",
    headers: dict[str, str] | None = None,
) -> int:
    """Post to a connection's webhook and return the status."""
    path = f"{WEBHOOK_PATH}/{webhook_id(name)}"
    sent = {"data": data} if data is not None else {"json": body}
    async with home.client.post(
        path, headers=BEARER if headers is None else headers, **sent
    ) as got:
        return got.status


async def test_understood_is_answered_and_seen(home: TwinHousehold) -> None:
    """An approved film becomes a request with a sensor."""
    assert await post(home, asked()) == 200
    await home.hass.async_block_till_done()
    state = home.hass.states.get("sensor.media_status_dune_part_two")
    assert state is not None
    assert state.state == Stage.APPROVED
    assert state.attributes["requested_by"] == "alice"
    assert state.attributes["entity_picture"].startswith("/api/media_status/poster/")


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", 400),
        (b"\xff\xfe not json", 400),
        (b"[1, 2]", 400),
        (b'"text"', 400),
        (b"null", 400),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, 400),
        (b"[" * 100_000, 400),
        (b'{"a": "' + b"x" * MEBIBYTE + b'"}', 413),
        (b'{"notification_type": "SOMETHING_NEW"}', 200),
        (b'{"notification_type": 17, "media": [], "request": "x", "extra": {"a": 1}}', 200),
        (b"{}", 200),
    ],
    ids=[
        "empty",
        "not text",
        "list",
        "string",
        "null",
        "deep object",
        "deep list",
        "too large",
        "unknown event",
        "wrong types",
        "empty object",
    ],
)
async def test_bad_input_gets_a_clear_status(
    home: TwinHousehold, data: bytes, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """No body makes noise, opens a request, or stops the next one."""
    caplog.set_level(logging.INFO, logger="custom_components.media_status")
    caplog.clear()
    assert await post(home, data=data) == status
    assert len([r for r in caplog.records if "media_status" in r.name]) <= 1
    assert not home.hub.requests
    assert await post(home, asked()) == 200
    assert len(home.hub.requests) == 1


async def test_a_large_body_without_a_length_is_cut_off(home: TwinHousehold) -> None:
    """A sender that does not tell the size is stopped at the limit."""

    async def chunks() -> AsyncIterator[bytes]:
        yield b'{"a": "'
        for _ in range(40):
            yield b"x" * 65536
        yield b'"}'

    path = f"{WEBHOOK_PATH}/{webhook_id('seerr')}"
    async with home.client.post(path, headers=BEARER, data=chunks()) as got:
        assert got.status == 413


@pytest.mark.parametrize(
    "title",
    [
        "x" * 65536,
        "<script>alert(1)</script>",
        "\u202eevil \u0000 مرحبا 🎬",
        "$& %s {0} {title}",
    ],
    ids=["64 KiB", "HTML", "RTL and emoji", "placeholders"],
)
async def test_odd_titles_stay_text(home: TwinHousehold, title: str) -> None:
    """Hostile titles are kept short and harmless."""
    assert await post(home, asked(title=f"{title} (2024)")) == 200
    await home.hass.async_block_till_done()
    (request,) = home.hub.requests.values()
    assert request.title is not None
    assert len(request.title) <= 500
    assert "\x00" not in request.title
    states = [s for s in home.hass.states.async_all("sensor") if "request_id" in s.attributes]
    assert len(states) == 1


async def test_ids_and_methods(home: TwinHousehold) -> None:
    """Unknown ids are not found; only POST is answered."""
    async with home.client.post(f"{WEBHOOK_PATH}/{'0' * 64}", json={}) as got:
        assert got.status == 404
    async with home.client.get(f"{WEBHOOK_PATH}/{webhook_id('seerr')}") as got:
        assert got.status == 405


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (None, 401),
        ("", 401),
        ("Bearer wrong", 401),
        ("Basic !!!", 401),
        ("Basic ñandú", 401),
        ("Basic " + b64encode(b"x:wrong").decode(), 401),
        ("Basic " + b64encode(f"x:{SECRET}".encode()).decode(), 200),
        (f"Bearer {SECRET}", 200),
        (SECRET, 200),
    ],
)
async def test_the_secret_is_asked_for(
    home: TwinHousehold, header: str | None, status: int
) -> None:
    """Senders that can carry a secret must."""
    headers = {} if header is None else {"Authorization": header}
    assert await post(home, asked(), headers=headers) == status
    assert bool(home.hub.requests) is (status == 200)


async def test_a_secret_that_is_no_text_is_wrong(home: TwinHousehold) -> None:
    """Header bytes that are no UTF-8 are refused like any other wrong secret."""
    reader, writer = await asyncio.open_connection(home.client.host, home.client.port)
    path = f"{WEBHOOK_PATH}/{webhook_id('seerr')}"
    writer.write(
        f"POST {path} HTTP/1.1\r\nHost: ha\r\nContent-Length: 2\r\n".encode()
        + b"Authorization: \xff\xfe\r\nConnection: close\r\n\r\n{}"
    )
    assert b" 401 " in await reader.readline()
    writer.close()
    await writer.wait_closed()


async def test_a_body_that_is_not_what_it_claims_to_be_is_refused(home: TwinHousehold) -> None:
    """Called gzip, it is not: that is the sender's error, not ours."""
    headers = BEARER | {"Content-Encoding": "gzip"}
    assert await post(home, data=b"plain text", headers=headers) == 400


async def test_qbittorrent_needs_no_secret(home: TwinHousehold) -> None:
    """Its call on completion can carry none; it is a mere doorbell."""
    assert await post(home, {"hash": "a" * 40}, name="qbittorrent", headers={}) == 200


async def test_while_it_is_unloaded_it_is_busy(home: TwinHousehold) -> None:
    """A known id is not 404 while we restart; senders may try again or not, nothing is claimed."""
    await home.hass.config_entries.async_unload(home.entry.entry_id)
    assert await post(home, asked()) == 503
    assert await home.hass.config_entries.async_setup(home.entry.entry_id)


async def test_a_thousand_of_the_same_are_one(home: TwinHousehold) -> None:
    """P03: repeated and parallel deliveries open one request and tell each thing once."""
    film = home.sim.world.add_title_movie(title="Dune: Part Two", year=2024, tmdb=693134)
    row = await home.sim.seerr.request(film, user="alice")
    for _ in range(20):
        found = await asyncio.gather(*(post(home, asked(str(row.id))) for _ in range(50)))
        assert set(found) == {200}
    (request,) = home.hub.requests.values()
    told = [e.code for e in await home.hub.journal.timeline(request.id)]
    assert told.count("opened") == told.count("approved") == 1


async def test_not_stored_is_not_promised(
    home: TwinHousehold, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the journal cannot write, the sender is not told that all is well."""

    async def refuse(self: Journal, batch: object) -> None:
        raise JournalError("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(Journal, "write", refuse)
        assert await post(home, asked()) == 503
        assert await post(home, asked()) == 503  # nothing new, but still not stored
    assert await post(home, asked()) == 200
    page = await home.hub.journal.requests(open=True, limit=10)
    assert page.total == 1


async def test_a_bug_of_ours_does_not_stop_the_sender(
    home: TwinHousehold, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Should translating fail, the sender gets 200, the log one line, and a survey is due."""

    def fail(*_: object) -> None:
        raise RuntimeError("a bug")

    coordinator = home.hub.connections["seerr"]
    monkeypatch.setattr(coordinator.connection, "translate", fail)
    rung: list[float] = []
    monkeypatch.setattr(coordinator, "ring", lambda delay=1.0: rung.append(delay))
    assert await post(home, asked()) == 200
    await home.hass.async_block_till_done()
    assert rung
    assert "was not understood" in caplog.text
