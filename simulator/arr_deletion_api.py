"""The endpoints around deletion that Radarr and Sonarr answer alike."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aiohttp import web

from .arr_notifications import not_found
from .arr_state import Entry
from .clock import iso
from .model import JsonObject, Title
from .service import json_response, read_object

if TYPE_CHECKING:
    from .arr import ArrService

_BASE = "/api/v3"
# Folders that the real look-up leaves out.
_UNSEEN = {"boot", "cache", "caches", "recycler", "windows", "trash", ".trashes", "@eadir"}


class DeletionDesk:
    """The handlers of one instance: its view of the disk, its exclusions, its settings."""

    def __init__[E: Entry](self, arr: ArrService[E], *, exclusions: str, file: str) -> None:
        """Answer for this instance; `exclusions` and `file` are the words in its paths."""
        self._arr = arr
        self._word, self._file = exclusions, file
        self.exclusions: dict[int, Title] = {}

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        word = f"{_BASE}/{self._word}"
        return [
            web.get(f"{_BASE}/filesystem", self._filesystem),
            web.get(f"{_BASE}/filesystem/type", self._type),
            web.get(f"{_BASE}/filesystem/mediafiles", self._media_files),
            web.get(f"{_BASE}/config/mediamanagement", self._management),
            web.get(word, self._listed),
            web.post(word, self._add),
            web.get(f"{word}/{{id:\\d+}}", self._one),
            web.delete(f"{word}/{{id:\\d+}}", self._delete),
        ]

    # -- the disk ------------------------------------------------------------------------------

    async def _filesystem(self, request: web.Request) -> web.Response:
        """List a folder: a missing, an empty and an unreadable one look alike."""
        query = lowered(request)
        path = query.get("path", "").strip() or "/"
        trailing = query.get("allowfolderswithouttrailingslashes", "").lower() == "true"
        if not (trailing and self._arr.disposal.has_folder(path)):
            path = path[: path.rfind("/") + 1]  # what stands after the last slash is ignored
        if not path:
            return json_response({"directories": [], "files": []})
        folders, files = self._arr.disposal.listing(path)
        base = "/" + path.strip("/") + "/" if path.strip("/") else "/"
        body: JsonObject = {}
        if base != "/":
            body["parent"] = base.rstrip("/").rpartition("/")[0] + "/"
        body["directories"] = [
            self._row(base, name, folder=True) for name in folders if name.lower() not in _UNSEEN
        ]
        wanted = query.get("includefiles", "").lower() == "true"
        body["files"] = [self._row(base, name) for name in files] if wanted else []
        return json_response(body)

    def _row(self, base: str, name: str, *, folder: bool = False) -> JsonObject:
        body: JsonObject = {"type": "folder" if folder else "file", "name": name}
        body["path"] = f"{base}{name}/" if folder else f"{base}{name}"
        if not folder:
            stem, dot, ending = name.rpartition(".")
            body["extension"] = f"{dot}{ending}" if stem else ""
        body["size"] = 0 if folder else self._arr.disposal.size(f"{base}{name}")
        return body | {"lastModified": iso(self._arr.world.epoch)}

    async def _type(self, request: web.Request) -> web.Response:
        is_file = self._arr.disposal.has_file(lowered(request).get("path", ""))
        return json_response({"type": "file" if is_file else "folder"})

    async def _media_files(self, request: web.Request) -> web.Response:
        folder = lowered(request).get("path", "").rstrip("/")
        if not self._arr.disposal.has_folder(folder):
            return json_response([])
        found = self._arr.world.volume.below(folder)
        return json_response(
            [
                {
                    "path": path,
                    "relativePath": path.removeprefix(f"{folder}/"),
                    "name": path.rpartition("/")[2],
                }
                for path in found
                if path.endswith((".mkv", ".mp4", ".avi"))
            ]
        )

    async def _management(self, request: web.Request) -> web.Response:
        disposal = self._arr.disposal
        return json_response(
            {
                f"autoUnmonitorPreviouslyDownloaded{self._file}": False,
                "recycleBin": disposal.recycle_bin,
                "recycleBinCleanupDays": 7,
                "downloadPropersAndRepacks": "preferAndUpgrade",
                "deleteEmptyFolders": disposal.deletes_empty_folders,
                "fileDate": "none",
                "rescanAfterRefresh": "always",
                "copyUsingHardlinks": self._arr.hard_links,
                "importExtraFiles": False,
                "extraFileExtensions": "srt",
                "enableMediaInfo": True,
                "id": 1,
            }
        )

    # -- exclusions ----------------------------------------------------------------------------

    def exclude(self, title: Title) -> int:
        """Keep import lists from adding a title; once is enough."""
        for number, known in self.exclusions.items():
            if known is title:
                return number
        number = self._arr.world.next_id(f"{self._arr.name}:exclusion")
        self.exclusions[number] = title
        return number

    def is_excluded(self, title: Title) -> bool:
        """Whether import lists must not add a title."""
        return any(known is title for known in self.exclusions.values())

    def _json(self, number: int) -> JsonObject:
        title = self.exclusions[number]
        if title.kind == "movie":
            body: JsonObject = {"tmdbId": title.tmdb, "movieTitle": title.title}
            return body | {"movieYear": title.year, "id": number}
        return {"tvdbId": title.tvdb, "title": title.title, "id": number}

    async def _listed(self, request: web.Request) -> web.Response:
        return json_response([self._json(number) for number in self.exclusions])

    async def _one(self, request: web.Request) -> web.Response:
        number = int(request.match_info["id"])
        return json_response(self._json(number)) if number in self.exclusions else not_found()

    async def _add(self, request: web.Request) -> web.Response:
        body = await read_object(request)
        for title in self._arr.world.titles.values():
            mine = (title.kind == "movie") == (self._arr.kind == "radarr")
            key = ("tmdbId", title.tmdb) if title.kind == "movie" else ("tvdbId", title.tvdb)
            if mine and body.get(key[0]) == key[1]:
                return json_response(self._json(self.exclude(title)), 201)
        return json_response([{"propertyName": "Id", "errorMessage": "not found"}], 400)

    async def _delete(self, request: web.Request) -> web.Response:
        # An unknown id is no error: a row that is not there is deleted.
        self.exclusions.pop(int(request.match_info["id"]), None)
        return json_response({})


def lowered(request: web.Request) -> Mapping[str, str]:
    """Return the query with lower-case names: ASP.NET does not mind the case of a name."""
    return {name.lower(): value for name, value in request.query.items()}


def switch(request: web.Request, name: str) -> bool:
    """Read a boolean from the query that is off by default; other names are ignored."""
    text = lowered(request).get(name.lower(), "false").strip().lower()
    if text not in {"true", "false"}:
        raise web.HTTPBadRequest(text=f"The value '{text}' is not valid for {name}.")
    return text == "true"


def conflict(text: str) -> web.Response:
    """Answer that a file cannot be deleted now."""
    return json_response({"message": text, "description": ""}, 409)


def numbers(value: object) -> list[int]:
    """Return the numbers of a list in a body."""
    found = value if isinstance(value, list) else []
    return [number for number in found if type(number) is int]
