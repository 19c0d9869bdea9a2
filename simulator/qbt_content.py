"""The content of a simulated qBittorrent's torrents, and what it tells about it."""

from typing import TYPE_CHECKING

from aiohttp import web

from .model import JsonObject
from .qbt_torrents import Torrent
from .service import FILES_STAY, json_response

if TYPE_CHECKING:
    from .qbittorrent import QBittorrent

# The first three rows of every list of trackers are none.
_PSEUDO = ("** [DHT] **", "** [PeX] **", "** [LSD] **")


class Content:
    """The files behind the torrents of one client.

    Levers: `stuck` (torrents go, and their files stay whatever is asked), `delay` (seconds until
    the files of a deleted torrent are gone; the answer comes before).
    """

    def __init__(self, client: QBittorrent) -> None:
        """Look after the files of this client."""
        self._client = client
        self.stuck = False
        self.delay = 0.0

    def write(self, torrent: Torrent) -> None:
        """Lay the files down, but what is there already is taken as it is (cross-seeds)."""
        volume = self._client.world.volume
        for name, size in torrent.files if torrent.has_metadata else ():
            if volume.stat(f"{torrent.save_path}/{name}") is None:
                volume.write(f"{torrent.save_path}/{name}", size)

    def delete(self, torrent: Torrent) -> None:
        """Remove the torrent's own files and the folders that are empty then, nothing beside."""
        if self.stuck or FILES_STAY.get() or not torrent.has_metadata:
            return
        if not self.delay:
            self._erase(torrent)
            return

        async def later() -> None:
            self._erase(torrent)

        self._client.clock.call_later(self.delay, later)

    def _erase(self, torrent: Torrent) -> None:
        world = self._client.world
        for name, _ in torrent.files:
            path = f"{torrent.save_path}/{name}"
            if world.volume.stat(path) is not None:
                world.remove_file(path, by=self._client.name)
        for top in {name.partition("/")[0] for name, _ in torrent.files if "/" in name}:
            world.volume.prune(f"{torrent.save_path}/{top}")

    def is_complete(self, torrent: Torrent) -> bool:
        """Whether every file is still on the disk."""
        volume, folder = self._client.world.volume, torrent.save_path
        return all(volume.stat(f"{folder}/{name}") is not None for name, _ in torrent.files)

    def look(self) -> None:
        """After a start: a torrent whose files somebody took away has missing files."""
        for torrent in self._client.torrents.values():
            done = torrent.done(self._client.now())
            if done and torrent.forced_state is None and not self.is_complete(torrent):
                torrent.forced_state = "missingFiles"

    # -- routes --------------------------------------------------------------------------------

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        base = "/api/v2/torrents"
        return [
            web.get(f"{base}/properties", self._properties),
            web.get(f"{base}/files", self._files),
            web.get(f"{base}/trackers", self._trackers),
            web.post(f"{base}/setShareLimits", self._set_limits),
        ]

    def _named(self, request: web.Request) -> Torrent:
        torrent = self._client.torrents.get(request.query.get("hash", "").lower())
        if torrent is None:
            raise web.HTTPNotFound
        return torrent

    async def _properties(self, request: web.Request) -> web.Response:
        torrent = self._named(request)
        row = self._client.row(torrent)
        body: JsonObject = {
            "addition_date": row["added_on"],
            "comment": "",
            "completion_date": row["completion_on"],
            "created_by": "",
            "creation_date": row["added_on"],
            "dl_speed": row["dlspeed"],
            "dl_speed_avg": row["dlspeed"],
            "is_private": torrent.private,
            "peers": 0,
            "seeding_time": row["seeding_time"],
            "seeds": row["num_seeds"],
            "share_ratio": torrent.ratio,
            "time_elapsed": row["time_active"],
            "total_downloaded": row["downloaded"],
            "total_uploaded": row["uploaded"],
        }
        if self._client.modern:
            body |= {"has_metadata": torrent.has_metadata, "private": row["private"]}
            body["progress"] = row["progress"]
        shared = ("download_path", "eta", "hash", "infohash_v1", "infohash_v2", "name")
        body |= {key: row[key] for key in (*shared, "save_path", "total_size", "up_limit")}
        return json_response(dict(sorted(body.items())))

    async def _files(self, request: web.Request) -> web.Response:
        torrent = self._named(request)
        row = self._client.row(torrent)
        rows: list[JsonObject] = []
        for index, (name, size) in enumerate(torrent.files if torrent.has_metadata else ()):
            file: JsonObject = {"availability": row["availability"], "index": index}
            if index == 0:
                file["is_seed"] = torrent.done(self._client.now())
            file |= {"name": name, "piece_range": [index, index], "priority": 1}
            rows.append(file | {"progress": row["progress"], "size": size})
        return json_response(rows)

    async def _trackers(self, request: web.Request) -> web.Response:
        torrent = self._named(request)
        message = "This torrent is private" if torrent.private else ""
        rows = [_tracker(name, -1, 0 if torrent.private else 2, message) for name in _PSEUDO]
        rows += [_tracker(url, tier, 2, "") for tier, url in enumerate(torrent.trackers)]
        return json_response(rows)

    async def _set_limits(self, request: web.Request) -> web.Response:
        form = await request.post()
        if not {"hashes", "ratioLimit", "seedingTimeLimit"} <= set(form):
            return web.Response(status=400, text="Bad Request")
        for key in str(form["hashes"]).lower().split("|"):
            if (torrent := self._client.torrents.get(key)) is not None:
                torrent.ratio_limit = float(str(form["ratioLimit"]))
                torrent.seeding_time_limit = int(str(form["seedingTimeLimit"]))
        return web.Response(text="")


def _tracker(url: str, tier: int, status: int, message: str) -> JsonObject:
    counts: JsonObject = {"num_downloaded": -1, "num_leeches": 0, "num_peers": 0, "num_seeds": 0}
    return {"msg": message, **counts, "status": status, "tier": tier, "url": url}
