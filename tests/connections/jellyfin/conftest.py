"""A real client of a small Jellyfin."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from custom_components.media_status.clients.jellyfin import JellyfinClient
from custom_components.media_status.connections.jellyfin import JellyfinConnection

from .twin import Twin


@pytest.fixture
async def twin(socket_enabled: None) -> AsyncIterator[Twin]:
    """Run the small Jellyfin."""
    server = Twin()
    await server.server.start_server()
    yield server
    await server.server.close()


@pytest.fixture
async def connection(twin: Twin) -> AsyncIterator[JellyfinConnection]:
    """Connect to it."""
    async with aiohttp.ClientSession() as session:
        client = JellyfinClient(session, str(twin.server.make_url("/")), "key")
        yield JellyfinConnection("jelly", client)
