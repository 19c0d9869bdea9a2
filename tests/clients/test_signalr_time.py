"""The beats of the SignalR client, and how long it waits before it tries again."""

from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web
import pytest

from custom_components.media_status.clients.errors import (
    AuthError,
    BadAnswer,
    ClientError,
    NotFound,
    Refused,
    ServerBusy,
    Unreachable,
)
from custom_components.media_status.clients.signalr import Connected, Disconnected
from custom_components.media_status.clients.signalr_opening import Limits

from .fake import FakeService
from .signalr_listener import Sleeper, make, running, serving
from .signalr_rig import PATH, Rig


@pytest.fixture
async def rig(socket_enabled: None) -> AsyncIterator[Rig]:
    """Run a hub."""
    async with serving() as rig:
        yield rig


async def test_pings_every_15_s(session: aiohttp.ClientSession, rig: Rig) -> None:
    """By the defaults every third beat of 5 s is a ping of ours."""
    sleeper = Sleeper()
    async with running(make(session, rig.url, sleeper=sleeper, limits=Limits())) as listener:
        await listener.next()
        await listener.next()
        for number in range(3):
            assert await sleeper.wake() == 5.0
            # An answer in between: the peer is alive.
            await rig.hub.send("Alive", number)
            await listener.next()
        while not rig.client.received:
            await rig.hub.send("Alive", 0)
            await listener.next()
        assert rig.client.received == [{"type": 6}]


async def test_notices_a_silent_peer_within_30_s(socket_enabled: None) -> None:
    """Without any frame the connection ends after five beats of 5 s; one frame is life enough."""
    sleeper = Sleeper()
    async with serving(keep_alive=3600) as rig, aiohttp.ClientSession() as session:
        client = make(session, rig.url, sleeper=sleeper, limits=Limits())
        async with running(client) as listener:
            await listener.next()
            await listener.next()
            for _ in range(4):
                assert await sleeper.wake() == 5.0
            await rig.client.socket.ping()  # of the websocket's own layer
            await rig.hub.send("Alive")
            await listener.next()
            for _ in range(4):
                assert await sleeper.wake() == 5.0
            assert client.connected
            await sleeper.wake()
            assert str(await listener.reason()) == "no answer in time"


async def test_waits_longer_each_time_until_a_handshake(
    session: aiohttp.ClientSession, rig: Rig
) -> None:
    """From 1 s to 60 s, a quarter less at most, and anew after a handshake."""
    sleeper = Sleeper()
    await rig.stop()
    async with running(make(session, rig.url, sleeper=sleeper, limits=Limits())) as listener:
        for expected in (1, 2, 4, 8, 16, 32, 60, 60):
            assert 0.75 * expected <= await sleeper.wake() <= expected
        await rig.start()
        await sleeper.wake()
        assert isinstance(await listener.reason(), Unreachable)
        assert await listener.next() == Connected(first=True)
        await listener.next()
        assert await sleeper.wake() == 5.0
        rig.hub.kick()
        await listener.reason()
        while (delay := await sleeper.wake()) == 5.0:
            continue  # the beat that was being slept when the connection ended
        assert 0.75 <= delay <= 1


async def test_accepting_the_socket_alone_does_not_reset_the_delay(
    session: aiohttp.ClientSession, service: FakeService
) -> None:
    """A peer that opens the websocket and hangs up is not a hub that is back."""

    async def hang_up(request: web.BaseRequest) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.close()
        return socket

    service.on("GET", PATH, lambda seen: hang_up(seen.request))
    sleeper = Sleeper()
    async with running(make(session, service.url + PATH[1:], sleeper=sleeper, limits=Limits())):
        for expected in (1, 2, 4):
            assert 0.75 * expected <= await sleeper.wake() <= expected


@pytest.mark.parametrize(
    ("status", "kind", "longest"),
    [
        (401, AuthError, True),
        (403, AuthError, True),
        (404, NotFound, True),
        (503, ServerBusy, False),
        (502, Unreachable, False),
        (500, Refused, False),
        (200, BadAnswer, False),
    ],
)
async def test_tells_once_why_it_cannot_connect(
    session: aiohttp.ClientSession,
    service: FakeService,
    status: int,
    kind: type[ClientError],
    longest: bool,
) -> None:
    """Each refusal is told once; a wrong key or a missing hub is not asked for every second."""
    service.text("GET", PATH, "no", status=status)
    sleeper = Sleeper()
    client = make(session, service.url + PATH[1:], sleeper=sleeper, limits=Limits())
    async with running(client) as listener:
        delay = await sleeper.wake()
        await sleeper.wake()
        assert [type(event) for event in listener.events] == [Disconnected]
        assert type(await listener.reason()) is kind
    assert (delay >= 45) is longest


async def test_a_key_refused_after_a_good_connection_is_tried_again_soon(
    session: aiohttp.ClientSession, rig: Rig
) -> None:
    """Shoko refuses all keys while it starts."""
    sleeper = Sleeper()
    async with running(make(session, rig.url, sleeper=sleeper, limits=Limits())) as listener:
        await listener.next()
        await listener.next()
        await sleeper.wake()
        rig.refuse(401, 1)
        rig.hub.kick()
        assert isinstance(await listener.reason(), Unreachable)
        while (delay := await sleeper.wake()) == 5.0:
            continue  # the beat that was being slept when the connection ended
        assert isinstance(await listener.reason(), AuthError)
        assert await sleeper.wake() <= 2
        assert delay <= 1
        assert await listener.next() == Connected(first=False)
