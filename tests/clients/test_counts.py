"""Count what services have, for noticing when much of it vanishes at once."""

import aiohttp
import pytest

from custom_components.media_status.clients.errors import BadAnswer
from custom_components.media_status.clients.jellyfin import JellyfinClient
from custom_components.media_status.clients.readers import JsonObject
from custom_components.media_status.clients.shoko import ShokoClient

from .fake import CANARY, FakeService


async def test_jellyfin_states_a_total(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """One item is read at most, whatever the size of the library."""
    service.answer("GET", "/Items", {"Items": [{"Id": "1" * 32}], "TotalRecordCount": 52000})
    jellyfin = JellyfinClient(session, service.url, CANARY)
    assert await jellyfin.item_count(("Movie", "Episode")) == 52000
    query = service.seen[0].query
    assert (query["limit"], query["includeItemTypes"]) == ("1", "Movie,Episode")
    assert (query["recursive"], query["isMissing"]) == ("true", "false")


async def test_shoko_states_a_total(service: FakeService, session: aiohttp.ClientSession) -> None:
    """It is in the statistics."""
    service.answer("GET", "/api/v3/Dashboard/Stats", {"FileCount": 7, "SeriesCount": 1})
    assert await ShokoClient(session, service.url, CANARY).file_count() == 7


@pytest.mark.parametrize("body", [{}, {"FileCount": None}, {"FileCount": -1}])
async def test_no_number_is_not_nothing(
    service: FakeService, session: aiohttp.ClientSession, body: JsonObject
) -> None:
    """A library that was not counted is not empty."""
    service.answer("GET", "/api/v3/Dashboard/Stats", body)
    with pytest.raises(BadAnswer):
        await ShokoClient(session, service.url, CANARY).file_count()
