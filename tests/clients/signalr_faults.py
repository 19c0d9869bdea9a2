"""The fault table: what is done to the hub, and what must be true of a client afterwards.

Every row ends with an event that arrives, unless it says otherwise. A row that cannot be fulfilled
waits for ever: whoever plays it sets the limit.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import orjson

from simulator.signalr_hub import RECORD_END, invocation

from .fake import CANARY
from .signalr_parties import Heard, Party
from .signalr_process import BOOM, EVENT, KEEP_ALIVE, HubProcess
from .signalr_rig import PATH, Rig, listener

type MakeParty = Callable[[str, bool], Party]
type Play = Callable[[Stage], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What a row plays with."""

    rig: Rig
    party: Party

    @property
    def heard(self) -> Heard:
        """Return what the client heard."""
        return self.party.heard

    async def connect(self) -> None:
        """Start both, and wait for the first greeting."""
        await self.rig.start()
        await self.party.start()
        await self.heard.greeted(1)

    async def arrives(self, number: int = 1) -> None:
        """Tell an event and wait until it is heard."""
        await self.rig.send(number)
        await self.heard.hears(number)

    async def is_back(self) -> None:
        """Wait for another greeting, and for an event after it."""
        await self.heard.greeted(2)
        await self.arrives()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row; `proves` marks those that the independent client must pass, too."""

    name: str
    play: Play
    proves: bool = False
    negotiate: bool = False
    negotiate_version: int = 1
    keep_alive: float = KEEP_ALIVE

    @asynccontextmanager
    async def stage(self, port: int, make: MakeParty) -> AsyncIterator[Stage]:
        """Set the stage and clear it again."""
        rig = Rig(port, keep_alive=self.keep_alive, negotiate_version=self.negotiate_version)
        party = make(rig.url, self.negotiate)
        try:
            yield Stage(rig=rig, party=party)
        finally:
            rig.hub.thaw()
            await party.discard()
            await rig.stop()


async def _connect(stage: Stage) -> None:
    await stage.connect()
    await stage.rig.hub.send_frame(b"".join(_event(number) for number in range(10)))
    await stage.heard.hears(9)
    assert stage.heard.numbers == list(range(10))


async def _header(stage: Stage) -> None:
    stage.rig.key = CANARY
    await stage.connect()
    assert not any(CANARY in str(url) for url in stage.rig.seen)
    await stage.arrives()


async def _split(stage: Stage) -> None:
    await stage.connect()
    client = stage.rig.client
    frame = orjson.dumps({"type": 1, "target": EVENT, "arguments": [{"n": 1, "path": "/葬送"}]})
    for cut in (frame[:7], frame[7:-6], frame[-6:-4], frame[-4:] + RECORD_END + _event(2)):
        # The cuts go through a character: as binary frames, which need not be text each.
        await client.send_frame(cut, binary=True)
    await stage.heard.hears(2)
    assert stage.heard.numbers == [1, 2]


async def _huge(stage: Stage) -> None:
    await stage.connect()
    await stage.rig.hub.send(EVENT, {"n": 1, "pad": "x" * 15_000_000})
    await stage.heard.hears(1)
    await stage.arrives(2)
    assert stage.heard.greetings == 1


async def _closed(stage: Stage) -> None:
    await stage.connect()
    await stage.rig.client.socket.close()
    await stage.is_back()


async def _close_record(stage: Stage) -> None:
    await stage.connect()
    await stage.rig.client.close("The server is tired.", allow_reconnect=False)
    await stage.is_back()


async def _fin(stage: Stage) -> None:
    await stage.connect()
    stage.rig.hub.kick()
    await stage.is_back()


async def _reset(stage: Stage) -> None:
    await stage.connect()
    stage.rig.hub.abort()
    await stage.is_back()


async def _killed(stage: Stage) -> None:
    async with HubProcess(stage.rig.port, PATH) as process:
        await stage.party.start()
        await stage.heard.greeted(1)
        await process.kill()
    # Starting takes longer than several attempts: they are refused meanwhile.
    async with HubProcess(stage.rig.port, PATH) as process:
        await stage.heard.greeted(2)
        await process.send(1)
        await stage.heard.hears(1)


async def _starting(stage: Stage) -> None:
    await stage.connect()
    stage.rig.refuse(503, 3)
    stage.rig.hub.kick()
    await stage.is_back()


async def _keys_refused(stage: Stage) -> None:
    await stage.connect()
    stage.rig.refuse(401, 3)
    stage.rig.hub.kick()
    await stage.is_back()


async def _switched_off(stage: Stage) -> None:
    await stage.connect()
    stage.rig.refuse(404, 2)
    stage.rig.hub.kick()
    await stage.is_back()


async def _connection_forgotten(stage: Stage) -> None:
    stage.rig.hub.forget_tokens = 1
    await stage.connect()
    await stage.arrives()


async def _frozen(stage: Stage) -> None:
    async with HubProcess(stage.rig.port, PATH) as process:
        await stage.party.start()
        await stage.heard.greeted(1)
        process.freeze()
        try:
            await stage.heard.lost()
        finally:
            process.thaw()
        await stage.heard.greeted(2)
        await process.send(1)
        await stage.heard.hears(1)


async def _stop(stage: Stage) -> None:
    await stage.connect()
    client = stage.rig.client
    async with asyncio.timeout(1):
        await stage.party.stop()
    await stage.rig.left.wait()
    assert client.received[-1] == {"type": 7}
    assert stage.rig.codes == [1000]


async def _stop_frozen(stage: Stage) -> None:
    await stage.connect()
    stage.rig.hub.freeze()
    async with asyncio.timeout(1):
        await stage.party.stop()


async def _early(stage: Stage) -> None:
    tried = asyncio.Event()

    def accept(writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()
        tried.set()

    async with listener(stage.rig.port, accept):
        await stage.party.start()
        await tried.wait()
    await stage.rig.start()
    await stage.heard.greeted(1)
    await stage.arrives()


async def _mute(stage: Stage) -> None:
    attempts: list[asyncio.StreamWriter] = []
    again = asyncio.Event()

    def accept(writer: asyncio.StreamWriter) -> None:
        attempts.append(writer)
        if len(attempts) == 2:
            again.set()

    async with listener(stage.rig.port, accept):
        await stage.party.start()
        await again.wait()
    await stage.rig.start()
    await stage.heard.greeted(1)
    await stage.arrives()


async def _handler_fails(stage: Stage) -> None:
    await stage.connect()
    await stage.rig.send(BOOM)
    await stage.arrives()
    assert stage.heard.greetings == 1


async def _unknown(stage: Stage) -> None:
    await stage.connect()
    for record in (
        b'{"type":9,"sequenceId":1}',
        b'{"type":42,"news":[]}',
        b'{"type":1,"target":"ShokoEvent:Unheard","arguments":[]}',
        b'{"type":1,"target":"%s","arguments":[{"n":1}],"streamIds":[],"extra":1}' % EVENT.encode(),
    ):
        await stage.rig.hub.send_frame(record + RECORD_END)
    await stage.heard.hears(1)
    await stage.arrives(2)
    assert stage.heard.greetings == 1


async def _malformed(stage: Stage) -> None:
    await stage.connect()
    for record in (b"{", b"", b"[]", b"null", b'{"type":1}', b'{"type":1,"target":5}', b"{}"):
        await stage.rig.hub.send_frame(record + RECORD_END)
    await stage.arrives()
    assert stage.heard.greetings == 1


async def _websocket_ping(stage: Stage) -> None:
    await stage.connect()
    await stage.rig.client.socket.ping(b"8 octets")
    await stage.arrives()
    assert stage.heard.greetings == 1


def _event(number: int) -> bytes:
    return invocation(EVENT, {"n": number})


ROWS = (
    Row(
        name="connects; greeting in the handshake's frame, ten records in one",
        play=_connect,
        proves=True,
    ),
    Row(name="negotiates (version 1)", play=_connect, proves=True, negotiate=True),
    Row(
        name="negotiates (version 0)",
        play=_connect,
        proves=True,
        negotiate=True,
        negotiate_version=0,
    ),
    Row(name="key in a header, in no address", play=_header, proves=True),
    Row(name="key in a header, negotiated", play=_header, proves=True, negotiate=True),
    Row(name="record split over frames, within a character", play=_split),
    Row(name="message of 15 MB", play=_huge),
    Row(name="websocket closed by the server", play=_closed),
    Row(name="Close record with an error, no reconnect allowed", play=_close_record),
    Row(name="TCP connection ended (FIN)", play=_fin),
    Row(name="TCP connection broken (RST)", play=_reset),
    Row(name="server killed, refusing, back", play=_killed),
    Row(name="503 three times (Shoko starting)", play=_starting),
    Row(name="401 three times (Shoko starting)", play=_keys_refused),
    Row(name="404 (hubs switched off), then on again", play=_switched_off),
    Row(name="negotiated connection forgotten (404)", play=_connection_forgotten, negotiate=True),
    Row(name="server frozen: noticed; thawed: back", play=_frozen),
    Row(name="stop within 1 s, saying goodbye", play=_stop, keep_alive=15),
    Row(name="stop within 1 s, server frozen", play=_stop_frozen),
    Row(name="first attempt cut off", play=_early),
    Row(name="listener that never answers", play=_mute),
    Row(name="handler raises", play=_handler_fails),
    Row(name="unknown record types, targets and fields", play=_unknown),
    Row(name="malformed records", play=_malformed),
    Row(name="ping of the websocket layer", play=_websocket_ping),
)
