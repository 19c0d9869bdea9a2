"""Servers and jobs: the settings of the simulated Seerr that a client reads."""

from typing import TYPE_CHECKING

from aiohttp import web

from .clock import iso
from .model import JsonObject
from .seerr_shapes import AnyArr
from .service import json_response

if TYPE_CHECKING:
    from .seerr import Seerr
    from .seerr_api import SeerrApi

_JOBS: tuple[tuple[str, str], ...] = (
    ("jellyfin-recently-added-scan", "Jellyfin Recently Added Scan"),
    ("jellyfin-full-scan", "Jellyfin Full Library Scan"),
    ("radarr-scan", "Radarr Scan"),
    ("sonarr-scan", "Sonarr Scan"),
    ("availability-sync", "Media Availability Sync"),
    ("download-sync", "Download Sync"),
    ("download-sync-reset", "Download Sync Reset"),
    ("image-cache-cleanup", "Image Cache Cleanup"),
    ("process-blocklisted-tags", "Process Blocklisted Tags"),
)


class SeerrSettings:
    """The settings handlers of one server."""

    def __init__(self, seerr: Seerr, api: SeerrApi) -> None:
        """Answer for this server."""
        self._seerr = seerr
        self._api = api

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        base = "/api/v1/settings"
        return [
            web.get(f"{base}/radarr", self._radarrs),
            web.get(f"{base}/sonarr", self._sonarrs),
            web.get(f"{base}/jobs", self._jobs),
            web.post(f"{base}/jobs/{{id}}/run", self._run_job),
        ]

    async def _radarrs(self, request: web.Request) -> web.Response:
        rows = [self._server(i, arr) for i, arr in enumerate(self._seerr.radarrs)]
        return self._api.signed([row | {"minimumAvailability": "released"} for row in rows])

    async def _sonarrs(self, request: web.Request) -> web.Response:
        extra: JsonObject = {
            "activeAnimeDirectory": "/data/media/anime",
            "activeAnimeProfileId": 4,
            "activeAnimeProfileName": "HD-1080p",
            "animeSeriesType": "anime",
            "seriesType": "standard",
            "animeTags": [],
            "enableSeasonFolders": True,
            "activeLanguageProfileId": 1,
            "activeAnimeLanguageProfileId": 1,
        }
        rows = [self._server(i, arr) | extra for i, arr in enumerate(self._seerr.sonarrs)]
        return self._api.signed(rows)

    def _server(self, index: int, arr: AnyArr) -> JsonObject:
        return {
            "id": index,
            "name": arr.instance_name,
            "hostname": arr.host,
            "port": arr.port,
            "apiKey": arr.api_key,
            "useSsl": False,
            "baseUrl": "",
            "activeProfileId": 4,
            "activeProfileName": "HD-1080p",
            "activeDirectory": arr.root,
            "tags": [],
            "is4k": arr.is_4k,
            "isDefault": True,
            "externalUrl": "",
            "syncEnabled": True,
            "preventSearch": False,
            "tagRequests": self._seerr.tag_requests,
            "overrideRule": [],
        }

    async def _jobs(self, request: web.Request) -> web.Response:
        return self._api.signed([self._job(*job) for job in _JOBS])

    def _job(self, name: str, label: str) -> JsonObject:
        return {
            "id": name,
            "name": label,
            "type": "command" if name.startswith("download") else "process",
            "interval": "hours",
            "cronSchedule": "0 0 3 * * *",
            "nextExecutionTime": iso(self._seerr.now(), 3).replace("Z", "+00:00"),
            "running": False,
        }

    async def _run_job(self, request: web.Request) -> web.Response:
        name = request.match_info["id"]
        labels = dict(_JOBS)
        if name not in labels:
            return json_response({"message": "Job not found."}, 404)
        if name.startswith("jellyfin"):
            await self._seerr.scan()
        elif name in {"radarr-scan", "sonarr-scan"}:
            await self._seerr.scan_arrs()
        elif name == "availability-sync":
            await self._seerr.sync_availability()
        return self._api.signed(self._job(name, labels[name]))
