"""A simulated qBittorrent, version 4.x or 5.x by choice."""

from collections import Counter
from collections.abc import Sequence
from typing import override

from aiohttp import web
import orjson

from .downloads import ClientView, DownloadRefusedError, Protocols, Release, Transfer, arr_status
from .model import JsonObject
from .qbt_auth import QbtAuth
from .qbt_content import Content
from .qbt_sync import Snapshot
from .qbt_torrents import Torrent, category_json, server_state, torrent_json
from .service import Service, json_response, query_int
from .webhooks import Push
from .world import World

_WEB_API = {"4.5": "2.8.19", "4.6": "2.9.3", "5.0": "2.11.2", "5.1": "2.11.4", "5.2": "2.15.1"}
_FOLDERS = {"radarr": "movies", "tv-sonarr": "tv"}
_MAINDATA_ONLY = {"has_other_announce_error", "has_tracker_error", "has_tracker_warning"}
# What an arr says of a state; of one that merely begins it says nothing yet.
_COMPLAINTS = {
    "stalledDL": "The download is stalled with no connections",
    "error": "qBittorrent is reporting an error",
    "missingFiles": "qBittorrent is reporting missing files",
}
_LOADING = {"downloading", "metaDL", "stalledDL", "queuedDL", "forcedDL", "checkingDL"}


class QBittorrent(Service):
    """One qBittorrent; for the arrs it is a download client."""

    kind = "qbittorrent"
    version = "5.3.0"
    implementation = "qBittorrent"
    protocol: Protocols = "torrent"

    def __init__(self, world: World, name: str, *, calls: Counter[tuple[str, str]]) -> None:
        """Start empty; `rate` is the speed of new torrents in bytes per second."""
        super().__init__(world, name, calls=calls)
        self.rate = 50_000_000.0
        self.free_space = 74_374_942_720
        self.connection = "firewalled"  # or connected, disconnected
        self.torrents: dict[str, Torrent] = {}
        self.categories: list[str] = []
        self.tags: list[str] = []
        self.preferences: JsonObject = {
            "web_ui_max_auth_fail_count": 5,
            "queueing_enabled": False,
            "max_ratio_enabled": False,
            "max_ratio": -1,
            "max_ratio_act": 0,
            "max_seeding_time_enabled": False,
            "max_seeding_time": -1,
            "save_path": "/data/downloads",
        }
        self.completion_url: str | None = None
        self.auth = QbtAuth(self)
        self.content = Content(self)

    @property
    def release(self) -> tuple[int, int]:
        """Return major and minor version."""
        major, minor = self.version.split(".")[:2]
        return int(major), int(minor)

    @property
    def modern(self) -> bool:
        """Whether this is 5.0 or newer (stopped instead of paused)."""
        return self.release >= (5, 0)

    # -- download client of the arrs -----------------------------------------------------------

    def add(self, release: Release, download_id: str, category: str) -> str | None:
        """Take a release from an arr; a torrent that is there already is refused."""
        key = download_id.lower()
        if key in self.torrents or not self.running:
            raise DownloadRefusedError("qBittorrent did not take the torrent")
        files = [(f"{release.title}/{name}", size) for name, size in release.files]
        self.add_torrent(key, release.title, release.size, category=category, files=files)
        return download_id.upper()

    def view(self, download_id: str) -> ClientView | None:
        """Return what an arr reads about a torrent."""
        torrent = self.torrents.get(download_id.lower())
        if torrent is None:
            return None
        now = self.now()
        state = torrent.state(now, modern=self.modern)
        stalled = state == "stalledDL" and torrent.stalled
        return ClientView(
            size=torrent.transfer.size,
            size_left=torrent.transfer.left(now),
            status="downloading" if state == "stalledDL" and not stalled else arr_status(state),
            eta_seconds=torrent.transfer.eta(now),
            output_path=torrent.content_path or f"{torrent.save_path}/{torrent.name}",
            error=_COMPLAINTS.get(state) if stalled or state != "stalledDL" else None,
        )

    def finish(self, download_id: str) -> None:
        """Let a torrent be complete now."""
        torrent = self.torrents[download_id.lower()]
        if not torrent.done(self.now()):
            torrent.transfer.finish()
            torrent.finished = self.now()
            self._announce(torrent)

    def remove(self, download_id: str, *, delete_data: bool) -> None:
        """Delete a torrent, and with `delete_data` its files as well."""
        torrent = self.torrents.pop(download_id.lower(), None)
        if torrent is not None and delete_data:
            self.content.delete(torrent)

    async def refresh(self) -> None:
        """Do nothing: `view` is always current."""

    # -- verbs ---------------------------------------------------------------------------------

    def add_torrent(
        self,
        key: str,
        name: str,
        size: int,
        *,
        category: str = "",
        v1: str | None = None,
        v2: str = "",
        metadata: bool = True,
        files: Sequence[tuple[str, int]] = (),
        save_path: str | None = None,
    ) -> Torrent:
        """Add a torrent; without `metadata` it is a magnet link that looks for peers.

        `files` are paths below `save_path` with sizes (default: one file in a folder). Files that
        lie there already are taken as they are: that is how a cross-seed shares its content.
        """
        if category and category not in self.categories:
            self.categories.append(category)
        transfer = Transfer(size=size, rate=self.rate, since=self.now(), running=metadata)
        torrent = Torrent(
            id=key,
            name=name,
            transfer=transfer,
            added=self.now(),
            category=category,
            save_path=save_path or f"/data/downloads/{_FOLDERS.get(category, 'other')}",
            files=tuple(files) or ((f"{name}/{name}.mkv", size),),
            v1=key if v1 is None else v1,
            v2=v2,
            has_metadata=metadata,
            generation=self.world.next_id(f"{self.name}:torrent"),
        )
        self.torrents[key] = torrent
        self.content.write(torrent)
        self._plan(torrent)
        return torrent

    def cross_seed(
        self, torrent: Torrent, *, linked: bool = False, category: str = "cross-seed"
    ) -> Torrent:
        """Seed the same data a second time under another id, complete at once.

        It has the same content path, or (`linked`) a folder of its own with hard links.
        """
        folder = f"/data/downloads/{category}" if linked else torrent.save_path
        for name, _ in torrent.files if linked else ():
            self.world.volume.link(f"{torrent.save_path}/{name}", f"{folder}/{name}")
        twin = self.add_torrent(
            self.world.new_hash(),
            torrent.name,
            torrent.transfer.size,
            category=category,
            files=torrent.files,
            save_path=folder,
        )
        self.finish(twin.id)
        return twin

    def stall(self, key: str) -> None:
        """Let nothing arrive any more."""
        torrent = self.torrents[key.lower()]
        torrent.transfer.hold(self.now())
        torrent.stalled = True

    def pause(self, key: str) -> None:
        """Stop a torrent by hand."""
        torrent = self.torrents[key.lower()]
        torrent.transfer.hold(self.now())
        torrent.paused = True

    def resume(self, key: str, *, rate: float | None = None) -> None:
        """Let a torrent go on, perhaps at another speed."""
        torrent = self.torrents[key.lower()]
        torrent.paused = torrent.stalled = False
        torrent.has_metadata, torrent.forced_state = True, None
        self.content.write(torrent)
        torrent.transfer.go_on(self.now(), rate=rate)
        self._plan(torrent)

    def force_state(self, key: str, state: str | None) -> None:
        """Show a state that the simulation does not come to by itself (error, moving, ...)."""
        torrent = self.torrents[key.lower()]
        torrent.forced_state = state
        if state in {"error", "missingFiles"}:
            torrent.transfer.hold(self.now())

    def fill_disk(self, key: str) -> None:
        """Let the disk be full; that torrent is the first to notice."""
        self.free_space = 0
        self.force_state(key, "error")

    def _plan(self, torrent: Torrent) -> None:
        eta = torrent.transfer.eta(self.now())
        if eta is None:
            return

        async def check() -> None:
            known = self.torrents.get(torrent.id) is torrent
            if known and torrent.finished is None and torrent.done(self.now()):
                torrent.finished = torrent.transfer.finished_at()
                self._announce(torrent)

        self.clock.call_later(eta + 1, check)

    def _announce(self, torrent: Torrent) -> None:
        if self.completion_url is not None:
            body = orjson.dumps({"hash": torrent.id})
            headers = {"Content-Type": "application/json", "User-Agent": "curl/8.14.1"}
            self.courier.post(Push(url=self.completion_url, body=body, headers=headers))

    # -- service -------------------------------------------------------------------------------

    @override
    def lose_sessions(self) -> None:
        self.auth.lose_sessions()
        self.content.look()

    @override
    async def authorize(self, request: web.Request) -> web.StreamResponse | None:
        return self.auth.refusal(request)

    @override
    def unknown_route(self, request: web.Request) -> web.Response:
        return web.Response(status=404, text="Not Found")

    @override
    def routes(self) -> list[web.RouteDef]:
        base = "/api/v2"
        stop, start = ("stop", "start") if self.modern else ("pause", "resume")
        return [
            *self.auth.routes(),
            web.get(f"{base}/app/version", self._version),
            web.get(f"{base}/app/webapiVersion", self._web_api),
            web.get(f"{base}/app/buildInfo", self._build_info),
            web.get(f"{base}/app/preferences", self._preferences),
            web.post(f"{base}/app/setPreferences", self._set_preferences),
            web.get(f"{base}/sync/maindata", self._maindata),
            web.get(f"{base}/transfer/info", self._transfer_info),
            web.get(f"{base}/torrents/info", self._info),
            *self.content.routes(),
            web.get(f"{base}/torrents/categories", self._categories),
            web.post(f"{base}/torrents/createCategory", self._create_category),
            web.post(f"{base}/torrents/delete", self._delete),
            web.post(f"{base}/torrents/{stop}", self._stop),
            web.post(f"{base}/torrents/{start}", self._start),
        ]

    def row(self, torrent: Torrent) -> JsonObject:
        """Return a torrent as the list shows it."""
        return self._json(torrent, with_hash=True)

    def _json(self, torrent: Torrent, *, with_hash: bool) -> JsonObject:
        body = torrent_json(torrent, self.now(), self.release, self.preferences)
        if not with_hash:
            return body
        shown = {key: value for key, value in body.items() if key not in _MAINDATA_ONLY}
        return dict(sorted({**shown, "hash": torrent.id}.items()))

    def _totals(self) -> tuple[int, int]:
        now = self.now()
        speed = sum(torrent.speed(now) for torrent in self.torrents.values())
        return speed, sum(torrent.transfer.received(now) for torrent in self.torrents.values())

    async def _version(self, request: web.Request) -> web.Response:
        return web.Response(text=f"v{self.version}")

    async def _web_api(self, request: web.Request) -> web.Response:
        short = ".".join(self.version.split(".")[:2])
        return web.Response(text=_WEB_API.get(short, "2.16.2"))

    async def _build_info(self, request: web.Request) -> web.Response:
        return json_response({"bitness": 64, "boost": "1.92.0", "libtorrent": "2.0.14.0"})

    async def _preferences(self, request: web.Request) -> web.Response:
        return json_response(self.preferences)

    async def _set_preferences(self, request: web.Request) -> web.Response:
        changes = orjson.loads(str((await request.post()).get("json", "{}")))
        self.preferences |= changes
        return web.Response(text="")

    async def _maindata(self, request: web.Request) -> web.Response:
        speed, received = self._totals()
        now = Snapshot(
            torrents={key: self._json(t, with_hash=False) for key, t in self.torrents.items()},
            generations={key: torrent.generation for key, torrent in self.torrents.items()},
            categories={name: category_json(name, self.release) for name in self.categories},
            tags=list(self.tags),
            server_state=server_state(
                self.release,
                speed,
                received,
                connection=self.connection,
                free_space=self.free_space,
            ),
        )
        session, cookie = self.auth.open(request)
        body = session.sync.answer(query_int(request, "rid", 0), now)
        response = json_response(dict(sorted(body.items())))
        if cookie is not None:
            response.headers["Set-Cookie"] = cookie
        return response

    async def _transfer_info(self, request: web.Request) -> web.Response:
        speed, received = self._totals()
        body: JsonObject = {"connection_status": "firewalled", "dht_nodes": 0}
        body |= {"dl_info_data": received, "dl_info_speed": speed, "dl_rate_limit": 0}
        return json_response(body | {"up_info_data": 0, "up_info_speed": 0, "up_rate_limit": 0})

    async def _info(self, request: web.Request) -> web.Response:
        rows = [self._json(torrent, with_hash=True) for torrent in self.torrents.values()]
        query = request.query
        if "hashes" in query:
            wanted = set(query["hashes"].lower().split("|"))
            rows = [row for row in rows if row["hash"] in wanted or "all" in wanted]
        if "category" in query:
            rows = [row for row in rows if row["category"] == query["category"]]
        if (state := query.get("filter")) == "completed":
            rows = [row for row in rows if row["progress"] == 1]
        elif state == "downloading":
            rows = [row for row in rows if row["state"] in _LOADING]
        return json_response(rows)

    async def _categories(self, request: web.Request) -> web.Response:
        return json_response({n: category_json(n, self.release) for n in self.categories})

    async def _create_category(self, request: web.Request) -> web.Response:
        name = str((await request.post()).get("category", ""))
        if not name or name in self.categories:
            return web.Response(status=409, text="Unable to create category")
        self.categories.append(name)
        return web.Response(text="")

    async def _hashes(self, request: web.Request) -> list[str]:
        text = str((await request.post()).get("hashes", ""))
        wanted = text.lower().split("|")
        return (
            list(self.torrents) if wanted == ["all"] else [k for k in wanted if k in self.torrents]
        )

    async def _delete(self, request: web.Request) -> web.Response:
        form = await request.post()
        missing = [name for name in ("hashes", "deleteFiles") if name not in form]
        if missing:
            text = f"Missing required parameters: {', '.join(missing)}"
            return web.Response(status=400, text=text if self.modern else "Bad Request")
        for key in await self._hashes(request):
            self.remove(key, delete_data=str(form["deleteFiles"]).lower() == "true")
        return web.Response(text="")

    async def _stop(self, request: web.Request) -> web.Response:
        for key in await self._hashes(request):
            self.pause(key)
        return web.Response(text="")

    async def _start(self, request: web.Request) -> web.Response:
        for key in await self._hashes(request):
            self.resume(key)
        return web.Response(text="")
