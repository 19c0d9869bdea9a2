"""What the SignalR client does not put up with."""

from collections.abc import AsyncIterator
import ssl

import aiohttp
from aiohttp import web
from aiohttp.test_utils import unused_port
import pytest

from custom_components.media_status.clients.errors import (
    BadAnswer,
    ClientError,
    Redirected,
    TlsError,
)
from custom_components.media_status.clients.signalr import Connected, SignalRClient
from custom_components.media_status.clients.signalr_opening import Limits

from .fake import CANARY, FakeService
from .signalr_listener import make, running, serving
from .signalr_rig import PATH, Rig


@pytest.fixture
async def rig(socket_enabled: None) -> AsyncIterator[Rig]:
    """Run a hub."""
    async with serving() as rig:
        yield rig


@pytest.mark.parametrize("negotiate", [False, True])
async def test_takes_the_key_to_no_other_address(
    session: aiohttp.ClientSession, service: FakeService, rig: Rig, negotiate: bool
) -> None:
    """A redirect is not followed."""
    for method, path in (("GET", PATH), ("POST", f"{PATH}/negotiate")):
        service.on(method, path, lambda _: web.Response(status=307, headers={"Location": rig.url}))
    client = make(session, service.url + PATH[1:], negotiate=negotiate)
    async with running(client) as listener:
        assert isinstance(await listener.reason(), Redirected)
    assert not rig.seen


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"url": "http://elsewhere.example/hub", "accessToken": CANARY}, Redirected),
        ({"error": f"no: {CANARY}"}, BadAnswer),
        ({"negotiateVersion": 1, "connectionId": "x"}, BadAnswer),
        ([], BadAnswer),
    ],
)
async def test_refuses_a_negotiation_it_cannot_use(
    session: aiohttp.ClientSession,
    service: FakeService,
    answer: dict[str, object],
    kind: type[ClientError],
) -> None:
    """Another hub, an error, or nothing usable; no secret in what is told."""
    service.on("POST", f"{PATH}/negotiate", lambda _: web.json_response(answer))
    async with running(make(session, service.url + PATH[1:], negotiate=True)) as listener:
        reason = await listener.reason()
    assert type(reason) is kind
    assert CANARY not in str(reason)


@pytest.mark.parametrize("answer", [b'{"error":"no such protocol"}\x1e', b"[]\x1e", b"hello\x1e"])
async def test_refuses_a_handshake_that_is_none(
    session: aiohttp.ClientSession, service: FakeService, answer: bytes
) -> None:
    """Something else than a hub answers, or the hub refuses."""

    async def shake(request: web.BaseRequest) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str(answer.decode())
        await socket.receive()
        await socket.close()
        return socket

    service.on("GET", PATH, lambda seen: shake(seen.request))
    async with running(make(session, service.url + PATH[1:])) as listener:
        assert isinstance(await listener.reason(), BadAnswer)


async def test_refuses_a_certificate_nobody_vouches_for(
    session: aiohttp.ClientSession, self_signed: ssl.SSLContext
) -> None:
    """The certificate is checked unless the user says otherwise."""
    rig = Rig(unused_port())
    await rig.start(self_signed)
    url = rig.url.replace("http:", "https:")
    async with running(make(session, url)) as listener:
        assert isinstance(await listener.reason(), TlsError)
    client = SignalRClient(session, url, headers={}, verify_ssl=False)
    async with running(client) as listener:
        assert await listener.next() == Connected(first=True)
    await rig.stop()


@pytest.mark.parametrize("pieces", [1, 3])
async def test_a_message_beyond_the_limit_ends_the_connection(
    session: aiohttp.ClientSession, rig: Rig, pieces: int
) -> None:
    """In one frame or in many: memory is bounded, and the next connection works."""
    limits = Limits(first_delay=0.01, last_delay=0.02, message=10_000)
    async with running(make(session, rig.url, limits=limits)) as listener:
        await listener.next()
        await listener.next()
        for _ in range(pieces):
            await rig.hub.send_frame(b"x" * (12_000 // pieces))
        assert isinstance(await listener.reason(), BadAnswer)
        assert await listener.next() == Connected(first=False)
