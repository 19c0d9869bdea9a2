"""What gets a title moving in Radarr and Sonarr, as it goes over the wire."""

import aiohttp
import pytest

from custom_components.media_status.clients.errors import Refused
from custom_components.media_status.clients.radarr import RadarrClient
from custom_components.media_status.clients.seerr import SeerrClient
from custom_components.media_status.clients.sonarr import SonarrClient

from .fake import CANARY, FakeService

API = "/api/v3"


async def test_commands_name_exactly_what_is_meant(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """One film, these episodes, one season; without episodes nothing is sent."""
    service.answer("POST", f"{API}/command", {"id": 1})
    radarr = RadarrClient(session, service.url, CANARY)
    sonarr = SonarrClient(session, service.url, CANARY)
    await radarr.search(412)
    await radarr.rescan(412)
    await sonarr.search_episodes({9, 7, 8})
    await sonarr.search_episodes(())
    await sonarr.search_season(3, 2)
    await sonarr.rescan(3)
    await sonarr.refresh_downloads()
    assert [call.json() for call in service.seen] == [
        {"name": "MoviesSearch", "movieIds": [412]},
        {"name": "RescanMovie", "movieId": 412},
        {"name": "EpisodeSearch", "episodeIds": [7, 8, 9]},
        {"name": "SeasonSearch", "seriesId": 3, "seasonNumber": 2},
        {"name": "RescanSeries", "seriesId": 3},
        {"name": "RefreshMonitoredDownloads"},
    ]


async def test_a_blocked_release_keeps_its_data(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """Nothing is removed from the client on our word; an entry that is gone is no error."""
    service.answer("DELETE", f"{API}/queue/77", {})
    radarr = RadarrClient(session, service.url, CANARY)
    assert await radarr.block_release(77) is True
    assert dict(service.seen[0].query) == {
        "removeFromClient": "false",
        "blocklist": "true",
        "skipRedownload": "true",
        "changeCategory": "false",
    }
    service.answer("DELETE", f"{API}/queue/78", {"message": "NotFound"}, status=404)
    assert await radarr.block_release(78) is False
    service.answer("DELETE", f"{API}/queue/79", {"message": "busy"}, status=409)
    with pytest.raises(Refused):
        await radarr.block_release(79)


async def test_a_request_that_is_gone_cannot_be_retried(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """It is no error either."""
    seerr = SeerrClient(session, service.url, CANARY)
    service.answer("POST", "/api/v1/request/5/retry", {"id": 5, "status": 2})
    assert await seerr.retry(5) is True
    service.answer("POST", "/api/v1/request/6/retry", {"message": "gone"}, status=404)
    assert await seerr.retry(6) is False
