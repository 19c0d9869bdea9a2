"""A started Shoko 5 for tests of its client."""

import aiohttp

from custom_components.media_status.clients.readers import JsonObject
from custom_components.media_status.clients.shoko import ShokoClient

from .fake import CANARY, FakeService, sample

STATUS, VERSION = "/api/v3/Init/Status", "/api/v3/Init/Version"
STARTED = "shoko/rest/init-status-started-v5.json"


def version(text: str) -> JsonObject:
    """Return what `Init/Version` answers for a version of the server."""
    return {"Server": {"Version": text, "ReleaseChannel": "Stable"}, "Commons": {"Version": text}}


def started(service: FakeService, session: aiohttp.ClientSession) -> ShokoClient:
    """Return a client of a started Shoko 5."""
    service.answer("GET", VERSION, sample("shoko/rest/init-version-v5.json"))
    service.answer("GET", STATUS, sample(STARTED))
    service.answer("GET", "/api/v3/ImportFolder", sample("shoko/rest/v5-import-folders.json"))
    service.answer("GET", "/api/v3/ManagedFolder", sample("shoko/rest/v5-import-folders.json"))
    return ShokoClient(session, service.url, CANARY)
