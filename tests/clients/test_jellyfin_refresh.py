"""Jellyfin: having one library or series looked through again."""

import aiohttp
from aiohttp import web
import pytest

from custom_components.media_status.clients.errors import UnsafeId
from custom_components.media_status.clients.guard import DryRun, no_writes

from .fake import FakeService
from .test_jellyfin import jellyfin


@pytest.mark.parametrize(("full", "mode"), [(False, "Default"), (True, "FullRefresh")])
async def test_an_item_is_looked_through_again(
    service: FakeService, session: aiohttp.ClientSession, full: bool, mode: str
) -> None:
    """One library or series; an id that could mean more never leaves, nor one in a dry run."""
    client = jellyfin(service, session)
    path = f"/Items/{1:032x}/Refresh"
    service.on("POST", path, lambda _: web.Response(status=204))
    await client.refresh_item(f"{1:032X}", full=full)
    assert dict(service.seen[-1].query) == {
        "metadataRefreshMode": mode,
        "imageRefreshMode": "Default",
        "replaceAllMetadata": str(full).lower(),
        "replaceAllImages": "false",
    }
    for item_id in ("", "all", "..", "a" * 31, f"{1:032x},{2:032x}"):
        with pytest.raises(UnsafeId):
            await client.refresh_item(item_id, full=full)
    with no_writes(), pytest.raises(DryRun):
        await client.refresh_item(f"{1:032x}", full=full)
    assert service.paths() == [path]
