"""Stand in for everybody who has posters: Radarr and Jellyfin, and the public picture hosts."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
import socket
import ssl
from typing import override

import aiohttp
from aiohttp import ClientResponse, web
from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from custom_components.media_status.clients.guard import Removals
from custom_components.media_status.clients.pictures import PUBLIC_HOSTS, Picture
from custom_components.media_status.connections.base import Connection
from custom_components.media_status.connections_factory import create_connection
from custom_components.media_status.lifecycle.model import Service
from homeassistant.core import HomeAssistant

from .clients.fake import FakeService
from .household import Household
from .scripted import ScriptedConnection

JPEG = b"\xff\xd8\xff\xe0" + b"jpeg" * 100
PNG = b"\x89PNG\r\n\x1a\n" + b"png" * 100
WEBP = b"RIFF\x10\x00\x00\x00WEBP" + b"webp" * 100
RADARR = "/api/v3/MediaCover/7/poster-250.jpg"
JELLYFIN_ID = "f00d" * 8
JELLYFIN = f"/Items/{JELLYFIN_ID}/Images/Primary"
TMDB = "/t/p/w185/dune.jpg"
SENSOR = "sensor.media_status_dune"


class PicturedConnection(ScriptedConnection):
    """A service that says what a test lets it say, and is really asked for posters."""

    has_posters = True

    def __init__(self, connection_id: str, real: Connection) -> None:
        """Initialize with the connection that asks for posters."""
        super().__init__(connection_id)
        self.real = real

    @override
    async def poster(self, own_id: str, width: int) -> Picture:
        return await self.real.poster(own_id, width)


class PosterHouse(Household):
    """A household whose Radarr and Jellyfin have real addresses."""

    places: Mapping[str, FakeService]

    @override
    def create(
        self,
        hass: HomeAssistant,
        kind: str,
        connection_id: str,
        data: Mapping[str, object],
        removals: Removals = Removals.OFF,
    ) -> ScriptedConnection:
        """Stand in for `create_connection`."""
        place = self.places.get(kind)
        if place is None:
            return super().create(hass, kind, connection_id, data, removals)
        real = create_connection(hass, kind, connection_id, {**data, "url": place.url})
        found = self.services[connection_id] = PicturedConnection(connection_id, real)
        return found


class Upstream:
    """All services that are asked for posters, and what they were asked."""

    def __init__(self) -> None:
        """Initialize before any of them runs."""
        self.radarr = FakeService()
        self.jellyfin = FakeService()
        self.public = FakeService()
        self.elsewhere = FakeService()  # where redirects lead

    @property
    def house(self) -> type[PosterHouse]:
        """Return the kind of household that is connected to them."""
        places = {Service.RADARR: self.radarr, Service.JELLYFIN: self.jellyfin}
        return type("House", (PosterHouse,), {"places": places})

    def give(
        self, place: FakeService, path: str, body: bytes = JPEG, kind: str = "image/jpeg"
    ) -> None:
        """Let a service have a picture, or what it calls one."""
        place.on("GET", path, lambda _: web.Response(body=body, content_type=kind))

    @property
    def asked(self) -> list[str]:
        """Return everything that anybody was asked for."""
        return [path for place in self._all() for path in place.paths()]

    def _all(self) -> tuple[FakeService, ...]:
        return (self.radarr, self.jellyfin, self.public, self.elsewhere)

    @asynccontextmanager
    async def running(self, path: Path) -> AsyncIterator[aiohttp.ClientSession]:
        """Run all of them; return a session for which the public hosts are one of ours."""
        pem = certificate(path, *PUBLIC_HOSTS)
        server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), client_context()
        server.load_cert_chain(pem)
        client.load_verify_locations(pem)
        for place in self._all():
            await place.server.start_server(ssl=server if place is self.public else None)
        try:
            async with self.session(client) as opened:
                yield opened
        finally:
            for place in self._all():
                await place.server.close()

    def session(self, context: ssl.SSLContext) -> aiohttp.ClientSession:
        """Return a session for which every name leads to the public picture hosts' twin."""
        port = self.public.server.port
        assert port is not None
        connector = aiohttp.TCPConnector(resolver=_LeadsTo(port), ssl=context)
        return aiohttp.ClientSession(connector=connector)


class _LeadsTo(AbstractResolver):
    """Resolve every name to one port of this machine."""

    def __init__(self, port: int) -> None:
        self._port = port

    @override
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host="127.0.0.1",
                port=self._port,
                family=socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    @override
    async def close(self) -> None:
        """Hold nothing."""


def client_context() -> ssl.SSLContext:
    """Return a context that trusts nobody yet, and checks names."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def certificate(folder: Path, *names: str) -> Path:
    """Write a key and a certificate for some names."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "pictures")])
    now = datetime.now(UTC)
    alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
    signed = (
        x509.CertificateBuilder()
        .subject_name(issuer)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=400))
        .add_extension(alternatives, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "pictures.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    pem.write_bytes(signed.public_bytes(serialization.Encoding.PEM) + secret)
    return pem


def link(home: Household) -> str:
    """Return the address of the film's poster that browsers get."""
    state = home.hass.states.get(SENSOR)
    assert state is not None
    return str(state.attributes["entity_picture"])


async def shown(answer: ClientResponse) -> tuple[int, str, bytes]:
    """Return status, type and body."""
    return answer.status, answer.content_type, await answer.read()
