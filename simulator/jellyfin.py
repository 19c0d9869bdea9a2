"""A simulated Jellyfin."""

from collections import Counter
from typing import override

from aiohttp import web

from .anime import FILM_FOLDER, SERIES_FOLDER
from .clock import iso
from .jellyfin_api import ItemsApi
from .jellyfin_auth import JellyfinAuth
from .jellyfin_items import Item
from .jellyfin_library import Change, Library
from .jellyfin_plugin import WebhookPlugin
from .jellyfin_refresh import Refresher
from .jellyfin_socket import SocketHub
from .model import DiskFile, JsonObject, Title
from .service import Service, json_response, read_object
from .shokofin import Shokofin
from .world import World


class Jellyfin(Service):
    """One Jellyfin server."""

    kind = "jellyfin"
    version = "10.11.11"

    def __init__(self, world: World, name: str, *, calls: Counter[tuple[str, str]]) -> None:
        """Know the household's shelf."""
        super().__init__(world, name, calls=calls)
        self.server_id = world.hex(f"server:{name}", 32)
        self.server_name = "media"
        self.library = Library(world)
        self.auth = JellyfinAuth(self)
        self.plugin = WebhookPlugin(self)
        self.socket = SocketHub(self)
        self.shokofin = Shokofin(self)
        self.refresher = Refresher(self)
        self.refreshes = 0
        self.skips_empty = False  # since 10.10: an empty library folder counts as unreachable
        self.library.is_skipped = self._is_empty
        self._scanning = False
        self._last_scan = world.epoch
        self._items = ItemsApi(self)

    @property
    def major(self) -> int:
        """Return the major version."""
        return int(self.version.split(".")[0])

    @property
    def item_refreshes(self) -> list[tuple[str, dict[str, str]]]:
        """Return the refreshes of single items and libraries: id and query."""
        return self.refresher.asked

    def libraries(self) -> list[tuple[str, str, tuple[str, ...]]]:
        """Return name, kind and folders (on the world's disk) of every library."""
        movies: tuple[str, ...] = ("/data/media/movies", "/data/media/movies-4k")
        if self.world.anidb.has_films and not self.shokofin.installed:
            movies += (FILM_FOLDER,)
        rows = [
            ("Movies", "movies", movies),
            ("Shows", "tvshows", ("/data/media/tv", "/data/media/tv-4k")),
        ]
        return rows + (self.shokofin.libraries() or [("Anime", "tvshows", (SERIES_FOLDER,))])

    def library_id(self, name: str) -> str:
        """Return the id of a library."""
        return self.world.hex(f"folder:{self.name}:{name}", 32)

    @property
    def folders(self) -> list[JsonObject]:
        """Return the libraries as the API lists them."""
        rows: list[JsonObject] = []
        for name, kind, paths in self.libraries():
            key = self.library_id(name)
            rows.append(
                {
                    "Name": name,
                    "Locations": [self.library.where(path) for path in paths],
                    "CollectionType": kind,
                    "LibraryOptions": {"Enabled": True, "EnableRealtimeMonitor": True},
                    "ItemId": key,
                    "PrimaryImageItemId": key,
                    "RefreshStatus": "Active" if self._scanning else "Idle",
                }
            )
        return rows

    # -- verbs ---------------------------------------------------------------------------------

    async def scan(self) -> Change:
        """Run the library scan: what lies on the disk appears, what is gone disappears."""
        await self._set_scanning(True)
        self.world.look()
        change = self.library.scan(self.now())
        change.extend(self.shokofin.sync(self.now()))
        self.announce(change)
        self._last_scan = self.now()
        await self._set_scanning(False)
        return change

    def look(self, folder: str) -> None:
        """Look at one folder of the disk, as after the word of an arr that something is new."""
        self.announce(self.library.scan(self.now(), below=(folder,)))

    async def _set_scanning(self, scanning: bool) -> None:
        self._scanning = scanning
        await self.socket.tasks_changed()

    def announce(self, change: Change) -> None:
        """Tell plugin and sockets what changed."""
        if change.empty:
            return
        self.plugin.queue("ItemAdded", change.added)
        self.plugin.queue("ItemDeleted", change.removed)
        self.socket.library_changed(change.added, change.removed)

    def remove(self, item: Item) -> None:
        """Delete an item together with its files."""
        self.announce(Change(removed=self.library.delete(item, by=self.name)))

    def _is_empty(self, source: str) -> bool:
        """Whether the library folder of a path is empty, and left alone therefore."""
        places = [place for _, _, rows in self.libraries() for place in rows]
        mine = [place for place in places if source.startswith(f"{place}/")]
        return self.skips_empty and all(
            self.world.volume.listing(place) == ([], []) for place in mine
        )

    def touch(self, item: Item) -> None:
        """Save an item's metadata again."""
        item.saved = self.now()

    # -- what Seerr reads ----------------------------------------------------------------------

    def playable_files(self, title: Title) -> list[DiskFile]:
        """Return the files of a title that can be played here."""
        files = []
        for item in self.library.of(title):
            if item.playable and item.path is not None:
                known = self.world.disk.get(item.source or "")
                files.append(known or _shelf_file(item, item.path))
        return files

    def item_id(self, title: Title) -> str | None:
        """Return the id of the film or series item."""
        for item in self.library.of(title):
            if item.type in {"Movie", "Series"} and item.path is not None:
                return item.id
        return None

    # -- service -------------------------------------------------------------------------------

    @override
    def lose_sessions(self) -> None:
        self.plugin.forget()

    @override
    async def stop(self) -> None:
        await self.socket.close(restarting=self.running)
        await super().stop()

    @override
    async def authorize(self, request: web.Request) -> web.StreamResponse | None:
        return self.auth.refusal(request)

    @override
    def starting_response(self) -> web.Response:
        return web.Response(status=503, headers={"Retry-After": "5"}, text="Starting")

    @override
    def routes(self) -> list[web.RouteDef]:
        return [
            *self.auth.routes(),
            *self.plugin.routes(),
            *self._items.routes(),
            *self.refresher.routes(),
            web.get("/System/Info/Public", self._public),
            web.get("/System/Info", self._info),
            web.get("/System/Ping", self._ping),
            web.get("/health", self._health),
            web.get("/Users", self._users),
            web.get("/Users/Me", self._me),
            web.get("/ScheduledTasks", self._tasks),
            web.post("/ScheduledTasks/Running/{id}", self._run_task),
            web.get("/Library/VirtualFolders", self._folders),
            web.post("/Library/Refresh", self._refresh),
            web.post("/Library/Media/Updated", self._media_updated),
            web.get("/socket", self.socket.handle),
        ]

    def _public_info(self) -> JsonObject:
        return {
            "LocalAddress": self.url,
            "ServerName": self.server_name,
            "Version": self.version,
            "ProductName": "Jellyfin Server",
            "OperatingSystem": "",
            "Id": self.server_id,
            "StartupWizardCompleted": True,
        }

    async def _public(self, request: web.Request) -> web.Response:
        return json_response(self._public_info())

    async def _info(self, request: web.Request) -> web.Response:
        extra: JsonObject = {"HasPendingRestart": False, "IsShuttingDown": False}
        extra |= {"SupportsLibraryMonitor": True, "WebSocketPortNumber": self.port}
        extra |= {"CanSelfRestart": True, "HasUpdateAvailable": False}
        return json_response(self._public_info() | extra)

    async def _ping(self, request: web.Request) -> web.Response:
        return json_response("Jellyfin Server")

    async def _health(self, request: web.Request) -> web.Response:
        return web.Response(text="Healthy")

    async def _users(self, request: web.Request) -> web.Response:
        users = self.world.users.values()
        return json_response([self.auth.user_json(user) for user in users])

    async def _me(self, request: web.Request) -> web.Response:
        user = self.auth.user(request)
        if user is None:
            return web.Response(status=400, text="Error processing request.")
        return json_response(self.auth.user_json(user))

    def tasks(self) -> list[JsonObject]:
        """Return the scheduled tasks."""
        last = iso(self._last_scan, 7)
        rows: list[JsonObject] = []
        for name, key, active in (
            ("Scan Media Library", "RefreshLibrary", self._scanning),
            ("Webhook Item Added Notifier", "WebhookItemAdded", False),
        ):
            number = self.world.hex(f"task:{key}", 32)
            row: JsonObject = {"Name": name, "State": "Running" if active else "Idle"}
            if active:
                row["CurrentProgressPercentage"] = 37.5
            result: JsonObject = {"StartTimeUtc": last, "EndTimeUtc": last, "Status": "Completed"}
            row |= {
                "Id": number,
                "LastExecutionResult": result | {"Name": name, "Key": key, "Id": number},
            }
            row |= {"Triggers": [{"Type": "IntervalTrigger", "IntervalTicks": 432_000_000_000}]}
            row |= {"Description": name, "Category": "Library", "IsHidden": False, "Key": key}
            rows.append(row)
        return rows

    async def _tasks(self, request: web.Request) -> web.Response:
        return json_response(self.tasks())

    async def _run_task(self, request: web.Request) -> web.Response:
        if request.match_info["id"] == self.world.hex("task:RefreshLibrary", 32):
            await self.scan()
        return web.Response(status=204)

    async def _folders(self, request: web.Request) -> web.Response:
        return json_response(self.folders)

    async def _refresh(self, request: web.Request) -> web.Response:
        self.refreshes += 1
        await self.scan()
        return web.Response(status=204)

    async def _media_updated(self, request: web.Request) -> web.Response:
        updates = (await read_object(request)).get("Updates")
        rows = updates if isinstance(updates, list) else []
        if any(not row.get("Path") for row in rows):
            return web.Response(status=400, text="Error processing request.")

        async def look() -> None:
            for row in rows:
                self.refresher.look_at(str(row["Path"]))

        self.clock.call_later(60, look)
        return web.Response(status=204)


def _shelf_file(item: Item, path: str) -> DiskFile:
    return DiskFile(
        path=path,
        title=item.title,
        episodes=item.episodes,
        size=0,
        quality="WEBDL-1080p",
        created=item.created,
    )
