"""A small Jellyfin: items as its REST interface shows them, its clock, its webhook plugin."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
import hashlib
import json
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestServer
from aiohttp.typedefs import Handler

from custom_components.media_status.lifecycle.model import JsonObject, JsonValue

FIXTURES = Path(__file__).parents[2] / "fixtures" / "jellyfin"
PLUGIN = "/Plugins/71552a5a5c5c4350a2aeebe451a30173/Configuration"
SHOKOFIN = "/Plugins/5216ccbfd24a4eb38a7e7da4230b7052/Configuration"
START = datetime(2026, 9, 20, 19, 0, tzinfo=UTC)


def sample(name: str) -> JsonValue:
    """Return a sample."""
    value: JsonValue = json.loads((FIXTURES / name).read_text("utf-8"))
    return value


def sample_object(name: str) -> JsonObject:
    """Return a sample that is an object."""
    value = sample(name)
    assert isinstance(value, dict)
    return value


class Twin:
    """Answers as the contract says: unknown parameters are ignored, fields come when asked for."""

    def __init__(self) -> None:
        """Start with an empty library."""
        self.clock = START
        self.items: dict[str, JsonObject] = {}
        self.saved: dict[str, datetime] = {}
        self.calls: list[tuple[str, dict[str, str]]] = []
        self.failing: dict[str, int] = {}
        self.configuration = sample_object("plugin-webhook-configuration-get-empty.json")
        self.plugins = sample("plugins-get.json")
        self.saves = 0
        self.shokofin: JsonObject | None = None
        self.scan_state = "Idle"
        self.folders = sample("virtual-folders.json")
        self.refreshed: list[tuple[str, dict[str, str]]] = []
        self.shift_during_paging = 0
        self.before_ids: Callable[[], object] = lambda: None
        self.is_merging = False
        app = web.Application(middlewares=[self._remember])
        app.router.add_get("/Items", self._items)
        app.router.add_get("/Shows/{id}/Episodes", self._episodes)
        app.router.add_get("/System/Info", self._info)
        app.router.add_get("/Plugins", self._plugins)
        app.router.add_get(PLUGIN, self._configuration)
        app.router.add_post(PLUGIN, self._save)
        app.router.add_get(SHOKOFIN, self._shokofin)
        app.router.add_get("/ScheduledTasks", self._tasks)
        app.router.add_get("/Library/VirtualFolders", self._folders)
        app.router.add_post("/Items/{id}/Refresh", self._refresh)
        self.server = TestServer(app)

    # What happens in the library.

    def advance(self, **delta: float) -> datetime:
        """Let time pass; return the time."""
        self.clock += timedelta(**delta)
        return self.clock

    def add(self, kind: str, path: str | None, **members: JsonValue) -> str:
        """Add or save an item; its id follows from type and path, as Jellyfin's do."""
        name = hashlib.md5(f"{kind}{path}{members}".encode(), usedforsecurity=False).hexdigest()
        number = str(members.pop("Id", name))
        self.items[number] = {
            "Id": number,
            "Type": kind,
            "Name": "Same Name For All",
            "IsFolder": kind in {"Series", "Season"},
            "LocationType": "Virtual" if path is None else "FileSystem",
            "Path": path,
            **members,
        }
        self.saved[number] = self.clock
        return number

    def add_movie(
        self, path: str | None = "/data/movies/A Film (2024)/A Film.mkv", **ids: str
    ) -> str:
        """Add a film with provider ids."""
        return self.add("Movie", path, ProviderIds=dict(ids))

    def add_series(self, path: str = "/data/tv/A Series", **ids: str) -> str:
        """Add a series with provider ids."""
        return self.add("Series", path, ProviderIds=dict(ids))

    def add_episode(
        self,
        series_id: str,
        season: int | None,
        number: int | None,
        end: int | None = None,
        path: str | None = "",
        **members: JsonValue,
    ) -> str:
        """Add an episode's file; a path of None is a missing episode."""
        if path == "":
            path = f"/data/tv/A Series/Season {season}/S{season}E{number}.mkv"
        return self.add(
            "Episode",
            path,
            SeriesId=series_id,
            ParentIndexNumber=season,
            IndexNumber=number,
            IndexNumberEnd=end,
            **members,
        )

    def add_season(self, series_id: str, season: int, **ids: str) -> str:
        """Add a season with provider ids, written with underscores for blanks."""
        return self.add(
            "Season",
            None,
            SeriesId=series_id,
            IndexNumber=season,
            ProviderIds={key.replace("_", " "): value for key, value in ids.items()},
        )

    def remove(self, number: str) -> None:
        """Delete an item, a series with its episodes; nothing tells that they were there."""
        inside = [key for key, item in self.items.items() if item.get("SeriesId") == number]
        for key in (number, *inside):
            del self.items[key]
            del self.saved[key]

    def settle(self) -> None:
        """Make everything old: nothing of it was saved lately."""
        self.saved = dict.fromkeys(self.saved, START - timedelta(days=365))

    # What it was asked.

    def paths(self) -> list[str]:
        """Return the paths that were asked for since the last look, and forget them."""
        paths = [path for path, _ in self.calls]
        self.calls.clear()
        return paths

    # How it answers.

    @web.middleware
    async def _remember(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.calls.append((request.path, dict(request.query)))
        status = next((s for path, s in self.failing.items() if request.path.startswith(path)), 0)
        if status:  # the service is there, and says so
            return web.json_response({}, status=status)
        answer = await handler(request)
        answer.headers["Date"] = format_datetime(self.clock, usegmt=True)
        return answer

    async def _items(self, request: web.Request) -> web.Response:
        query = request.query
        assert "anyProviderIdEquals" not in query
        types = query["includeItemTypes"].split(",")
        found = [item for item in self.items.values() if item["Type"] in types]
        if "ids" in query:
            self.before_ids()
            found = [item for item in self.items.values() if item["Type"] in types]
            found = [item for item in found if item["Id"] in query["ids"].split(",")]
        if "minDateLastSaved" in query:
            since = datetime.fromisoformat(query["minDateLastSaved"])
            found = [item for item in found if self.saved[str(item["Id"])] >= since]
        if query.get("isMissing") == "false":
            shown = ("Season", "Series")
            found = [i for i in found if i["LocationType"] != "Virtual" or i["Type"] in shown]
        elif query.get("isMissing") == "true":
            found = [item for item in found if item["LocationType"] == "Virtual"]
        found.sort(key=lambda item: str(item["Id"]))
        start, limit = int(query.get("startIndex", 0)), int(query.get("limit", 100))
        answer = self._listing(found, start, limit, query.get("fields", ""))
        if self.shift_during_paging and start + limit < len(found):
            self.shift_during_paging -= 1
            self.remove(str(found[0]["Id"]))
        return answer

    async def _episodes(self, request: web.Request) -> web.Response:
        series_id = request.match_info["id"]
        if series_id not in self.items:
            raise web.HTTPNotFound
        # Jellyfin can show series of one name as one, with everybody's episodes.
        found = [
            item
            for item in self.items.values()
            if item["Type"] == "Episode" and (self.is_merging or item["SeriesId"] == series_id)
        ]
        if request.query.get("isMissing") == "false":
            found = [item for item in found if item["LocationType"] != "Virtual"]
        return self._listing(found, 0, len(found), request.query.get("fields", ""))

    def _listing(
        self, found: list[JsonObject], start: int, limit: int, fields: str
    ) -> web.Response:
        optional = {"ProviderIds", "Path", "DateCreated", "MediaSources", "OriginalTitle"}
        optional -= set(fields.split(","))
        rows = [
            {key: value for key, value in item.items() if key not in optional}
            for item in found[start : start + limit]
        ]
        return web.json_response(
            {"Items": rows, "TotalRecordCount": len(found), "StartIndex": start}
        )

    async def _info(self, request: web.Request) -> web.Response:
        return web.json_response(sample_object("system-info-public.json"))

    async def _plugins(self, request: web.Request) -> web.Response:
        return web.json_response(self.plugins)

    async def _configuration(self, request: web.Request) -> web.Response:
        return web.json_response(self.configuration)

    async def _save(self, request: web.Request) -> web.Response:
        self.configuration = await request.json()
        self.saves += 1
        return web.Response(status=204)

    async def _shokofin(self, request: web.Request) -> web.Response:
        if self.shokofin is None:
            raise web.HTTPNotFound
        return web.json_response(self.shokofin)

    async def _tasks(self, request: web.Request) -> web.Response:
        task = {"Id": "1", "Key": "RefreshLibrary", "Name": "Scan", "State": self.scan_state}
        return web.json_response([{"Id": "2", "Key": "Other", "State": "Running"}, task])

    async def _folders(self, request: web.Request) -> web.Response:
        return web.json_response(self.folders)

    async def _refresh(self, request: web.Request) -> web.Response:
        self.refreshed.append((request.match_info["id"], dict(request.query)))
        return web.Response(status=204)
