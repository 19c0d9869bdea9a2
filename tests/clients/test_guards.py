"""What never leaves a client: changes in a dry run, ids that could hit too much."""

import aiohttp
import pytest

from custom_components.media_status.clients.errors import UnsafeId
from custom_components.media_status.clients.guard import DryRun, no_writes
from custom_components.media_status.clients.jellyfin import JellyfinClient
from custom_components.media_status.clients.radarr import RadarrClient
from custom_components.media_status.clients.seerr import SeerrClient
from custom_components.media_status.clients.sonarr import SonarrClient

from .fake import CANARY, FakeService


async def test_no_writes_stops_every_change(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """Within the block nothing that changes a service leaves the client; reading does."""
    url = service.url
    radarr, seerr = RadarrClient(session, url, CANARY), SeerrClient(session, url, CANARY)
    jellyfin = JellyfinClient(session, url, CANARY)
    sonarr = SonarrClient(session, url, CANARY)
    guid = "0" * 32
    for call in (
        radarr.create_notification({}),
        radarr.update_notification(1, {}),
        radarr.delete_notification(1),
        radarr.test_notification({}),
        radarr.command("RefreshMonitoredDownloads"),
        radarr.refresh_downloads(),
        radarr.block_release(1),
        radarr.search(1),
        radarr.rescan(1),
        sonarr.search_episodes([1]),
        sonarr.search_season(1, 1),
        sonarr.rescan(1),
        seerr.retry(1),
        seerr.save_webhook({}),
        seerr.test_webhook({}),
        jellyfin.save_plugin_configuration(guid, {}),
        jellyfin.refresh_item(guid),
    ):
        with no_writes(), pytest.raises(DryRun):
            await call
    assert service.seen == []
    service.answer("GET", "/api/v3/health", [])
    with no_writes():
        assert await radarr.health() == []


async def test_ids_that_could_widen_a_target_are_refused(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """Blank, `all`, lists, path pieces, zero and negative ids never leave the client."""
    url = service.url
    radarr, jellyfin = RadarrClient(session, url, CANARY), JellyfinClient(session, url, CANARY)
    sonarr, seerr = SonarrClient(session, url, CANARY), SeerrClient(session, url, CANARY)
    for number in (0, -1, True):
        with pytest.raises(UnsafeId):
            await radarr.delete_notification(number)
        with pytest.raises(UnsafeId):
            await radarr.movie(number)
        for change in (
            radarr.block_release(number),
            radarr.search(number),
            radarr.rescan(number),
            sonarr.search_episodes([1, number]),
            sonarr.search_season(number, 1),
            sonarr.search_season(1, number),
            sonarr.rescan(number),
            seerr.retry(number),
        ):
            with pytest.raises(UnsafeId):
                await change
    for item in ("", "all", "..", "../" + "a" * 32, "a" * 31, "a" * 32 + ",b"):
        with pytest.raises(UnsafeId):
            await jellyfin.episodes(item)
        with pytest.raises(UnsafeId):
            await jellyfin.plugin_configuration(item)
    assert service.seen == []
