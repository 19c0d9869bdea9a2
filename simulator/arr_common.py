"""The small endpoints that Radarr and Sonarr answer alike."""

from typing import Protocol

from aiohttp import web

from .arr_disposal import Disposal
from .arr_shapes import found_release
from .clock import iso
from .downloads import DownloadClient
from .model import JsonObject
from .service import json_response, read_object
from .world import World


class CommonArr(Protocol):
    """What these endpoints need to know of their arr."""

    app_name: str
    version: str
    kind: str
    category: str
    labels: list[str]
    commands: list[str]
    has_offers: bool
    refused: list[tuple[str, ...]]
    looks: list[str]
    profile_ids: list[int]
    health_rows: list[JsonObject]
    client: DownloadClient
    world: World
    disposal: Disposal

    @property
    def instance_name(self) -> str:
        """Return the instance name."""

    @property
    def roots(self) -> tuple[str, ...]:
        """Return the root folders."""

    async def obey(self, name: str, body: JsonObject) -> None:
        """Carry a command out."""

    def label_id(self, label: str) -> int:
        """Return the id of a tag."""


def common_routes(arr: CommonArr) -> list[web.RouteDef]:
    """Return the routes of the small endpoints."""
    base = "/api/v3"
    desk = _Desk(arr)
    return [
        web.get("/ping", desk.ping),
        web.get("/api", desk.api),
        web.get(f"{base}/system/status", desk.status),
        web.get(f"{base}/health", desk.health),
        web.get(f"{base}/tag", desk.tags),
        web.post(f"{base}/tag", desk.add_tag),
        web.get(f"{base}/tag/detail", desk.tags),
        web.get(f"{base}/rootfolder", desk.roots),
        web.get(f"{base}/qualityprofile", desk.profiles),
        web.get(f"{base}/downloadclient", desk.clients),
        web.get(f"{base}/release", desk.releases),
        web.post(f"{base}/command", desk.command),
    ]


class _Desk:
    def __init__(self, arr: CommonArr) -> None:
        self._arr = arr

    async def ping(self, request: web.Request) -> web.Response:
        return json_response({"status": "OK"})

    async def api(self, request: web.Request) -> web.Response:
        if self._arr.version.startswith("5.") and self._arr.kind == "sonarr":
            return json_response({"current": "v5", "deprecated": ["v3"]})
        return json_response({"current": "v3", "deprecated": []})

    async def status(self, request: web.Request) -> web.Response:
        arr = self._arr
        return json_response(
            {
                "appName": arr.app_name,
                "instanceName": arr.instance_name,
                "version": arr.version,
                "buildTime": "2026-05-04T10:00:00Z",
                "isDebug": False,
                "isProduction": True,
                "isAdmin": False,
                "isUserInteractive": False,
                "startupPath": f"/app/{arr.kind}/bin",
                "appData": "/config",
                "osName": "alpine",
                "osVersion": "3.22.2",
                "isNetCore": True,
                "isLinux": True,
                "isOsx": False,
                "isWindows": False,
                "isDocker": True,
                "mode": "console",
                "branch": "master",
                "databaseType": "sqLite",
                "databaseVersion": "3.49.2",
                "authentication": "forms",
                "migrationVersion": 242,
                "urlBase": "",
                "runtimeVersion": "8.0.12",
                "runtimeName": ".NET",
                "startTime": iso(arr.world.epoch),
                "packageVersion": arr.version,
                "packageAuthor": "[linuxserver.io](https://linuxserver.io)",
                "packageUpdateMechanism": "docker",
            }
        )

    async def health(self, request: web.Request) -> web.Response:
        rows: list[JsonObject] = []
        for number, row in enumerate(self._arr.health_rows, start=1):
            rows.append(
                {
                    "source": row["type"],
                    "type": row["level"],
                    "message": row["message"],
                    "wikiUrl": row["wikiUrl"],
                    "id": number,
                }
            )
        return json_response(rows)

    async def tags(self, request: web.Request) -> web.Response:
        rows = [{"label": label, "id": i} for i, label in enumerate(self._arr.labels, start=1)]
        return json_response(rows)

    async def add_tag(self, request: web.Request) -> web.Response:
        label = str((await read_object(request)).get("label") or "").lower()
        return json_response({"label": label, "id": self._arr.label_id(label)}, 201)

    async def roots(self, request: web.Request) -> web.Response:
        rows: list[JsonObject] = [
            {
                "path": path,
                "accessible": self._arr.disposal.has_folder(path),
                "freeSpace": 2_000_000_000_000,
                "unmappedFolders": [],
                "id": number,
            }
            for number, path in enumerate(self._arr.roots, start=1)
        ]
        return json_response(rows)

    async def profiles(self, request: web.Request) -> web.Response:
        row: JsonObject = {"name": "HD-1080p", "upgradeAllowed": True, "cutoff": 9, "items": []}
        row |= {"minFormatScore": 0, "cutoffFormatScore": 0, "minUpgradeFormatScore": 1}
        row["formatItems"] = []
        return json_response([row | {"id": number} for number in self._arr.profile_ids])

    async def clients(self, request: web.Request) -> web.Response:
        client = self._arr.client
        row: JsonObject = {
            "enable": True,
            "protocol": client.protocol,
            "priority": 1,
            "removeCompletedDownloads": True,
            "removeFailedDownloads": True,
            "name": client.name,
            "fields": [{"order": 5, "name": "category", "value": self._arr.category}],
            "implementationName": client.implementation,
            "implementation": client.implementation,
            "configContract": f"{client.implementation}Settings",
            "tags": [],
            "id": 1,
        }
        return json_response([row])

    async def releases(self, request: web.Request) -> web.Response:
        arr = self._arr
        arr.looks.append(request.query_string)
        offers = [(), *arr.refused] if arr.has_offers else arr.refused
        return json_response([found_release(number, why) for number, why in enumerate(offers)])

    async def command(self, request: web.Request) -> web.Response:
        body = await read_object(request)
        name = str(body.get("name") or "")
        if not name:
            return json_response({"message": "The given command name is empty"}, 400)
        await self._arr.obey(name, body)
        now = iso(self._arr.world.clock.now())
        row: JsonObject = {"name": name, "commandName": name, "body": body, "priority": "normal"}
        row |= {"status": "queued", "result": "unknown", "queued": now, "trigger": "manual"}
        row |= {"stateChangeTime": now, "sendUpdatesToClient": True, "updateScheduledTask": True}
        return json_response(row | {"id": len(self._arr.commands)}, 201)
