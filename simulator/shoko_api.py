"""The REST routes of a simulated Shoko: files, folders, actions."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from aiohttp import web

from .anime import AnidbEpisode
from .model import JsonObject
from .service import FILES_STAY, json_response, query_flag, query_int, read_object
from .shoko_files import ShokoFile, ShokoFolder
from .shoko_series_api import SeriesApi
from .shoko_shapes import Include, file_json, folder_json

if TYPE_CHECKING:
    from .shoko import Shoko

_BASE = "/api/v3"
_ACTIONS = ("RunImport", "ImportNewFiles", "RemoveMissingFiles")


class ShokoApi:
    """The handlers of one server."""

    def __init__(self, server: Shoko) -> None:
        """Answer for this server."""
        self._server = server
        self._series = SeriesApi(server)

    def routes(self) -> list[web.RouteDef]:
        """Return the routes; the ones of another version answer 404."""
        rows: list[web.RouteDef] = [
            web.get(f"{_BASE}/Queue", self._queue),
            web.get(f"{_BASE}/Dashboard/Stats", self._stats),
            web.get(f"{_BASE}/File", self._files),
            web.delete(f"{_BASE}/File", self._delete_files),
            web.get(f"{_BASE}/File/PathEndsWith", self._path_ends_with),
            web.get(f"{_BASE}/File/PathEndsWith/{{path:.*}}", self._path_ends_with),
            web.delete(f"{_BASE}/File/Location/{{id:\\d+}}", self._delete_location),
            web.get(f"{_BASE}/File/{{id:\\d+}}", self._file),
            web.delete(f"{_BASE}/File/{{id:\\d+}}", self._delete_file),
            web.post(f"{_BASE}/File/{{id:\\d+}}/Rescan", self._rescan),
            web.post(f"{_BASE}/File/{{id:\\d+}}/Rehash", self._rehash),
            web.post(f"{_BASE}/File/{{id:\\d+}}/Link", self._link),
            web.delete(f"{_BASE}/File/{{id:\\d+}}/Link", self._unlink),
            web.get(f"{_BASE}/Action", self._actions),
            web.post(f"{_BASE}/Action/{{guid:[0-9a-f-]{{36}}}}", self._run_action),
            web.get(f"{_BASE}/Action/RunImport", self._run_import),
            web.get(f"{_BASE}/Action/ImportNewFiles", self._import_new),
            web.get(f"{_BASE}/Action/RemoveMissingFiles", self._remove_missing),
            web.get(f"{_BASE}/Action/RemoveMissingFiles/{{mylist}}", self._remove_missing),
        ]
        for word, is_new in (("ImportFolder", False), ("ManagedFolder", True)):
            rows += self._folder_routes(word, is_new=is_new)
        return [*rows, *self._series.routes()]

    def _folder_routes(self, word: str, *, is_new: bool) -> list[web.RouteDef]:
        base = f"{_BASE}/{word}"

        async def listed(request: web.Request) -> web.Response:
            return self._folders(request) if is_new == self._new else _no_route()

        async def one(request: web.Request) -> web.Response:
            return self._folder(request) if is_new == self._new else _no_route()

        async def scan(request: web.Request) -> web.Response:
            return self._scan(request) if is_new == self._new else _no_route()

        async def notify(request: web.Request) -> web.Response:
            return await self._notify(request) if self._new else _no_route()

        rows = [
            web.get(base, listed),
            web.get(f"{base}/{{id:\\d+}}", one),
            web.get(f"{base}/{{id:\\d+}}/Scan", scan),
        ]
        if is_new:
            rows.append(web.post(f"{base}/NotifyChangeDetected", notify))
            rows.append(web.post(f"{base}/{{id:\\d+}}/NotifyChangeDetected", notify))
        return rows

    @property
    def _new(self) -> bool:
        return self._server.major >= 6

    # -- reading -------------------------------------------------------------------------------

    def include(self, request: web.Request, *, references: bool = False) -> Include:
        """Read what the caller wants with a file; the versions ask in different words."""
        words = {
            part.strip().lower()
            for text in request.query.getall("include", [])
            for part in text.split(",")
        }
        told = "includeXRefs" in request.query and not self._new
        wanted = query_flag(request, "includeXRefs") if told else references and not self._new
        return Include(
            references=wanted or "xrefs" in words,
            absolute="absolutepaths" in words
            or (query_flag(request, "includeAbsolutePaths") and not self._new),
        )

    def _json(self, file: ShokoFile, include: Include) -> JsonObject:
        return file_json(self._server.shelf, file, include, new=self._new)

    def _listed(
        self, request: web.Request, files: Iterable[ShokoFile], include: Include
    ) -> web.Response:
        rows = list(files)
        size = query_int(request, "pageSize", 100)
        start = (query_int(request, "page", 1) - 1) * size
        page = rows[start : start + size] if size else rows
        if self._server.faults.short_pages:
            page = page[: len(page) // 2]
        listed = [self._json(file, include) for file in page]
        return json_response({"Total": len(rows), "List": listed})

    async def _files(self, request: web.Request) -> web.Response:
        files = self._server.files
        wanted = {word.lower() for word in request.query.getall("include_only", [])}
        if "unrecognized" in wanted:
            files = [file for file in files if not file.links]
        if "manuallinks" in wanted:
            files = [file for file in files if file.by_hand]
        order = request.query.get("sortOrder", "")
        if "createdat" in order.lower():
            files.sort(key=lambda file: file.created, reverse=order.startswith("-"))
        return self._listed(request, files, self.include(request))

    async def _path_ends_with(self, request: web.Request) -> web.Response:
        text = request.match_info.get("path") or request.query.get("path", "")
        wanted = text.replace("\\", "/").casefold()
        include = self.include(request, references=True)
        limit = query_int(request, "limit", 0)
        rows: list[ShokoFile] = []
        if wanted:
            shelf = self._server.shelf
            for file in self._server.files:
                path = shelf.absolute(file).replace("\\", "/").casefold()
                if path.endswith(wanted):
                    rows.append(file)
        return json_response([self._json(file, include) for file in rows[: limit or None]])

    def _asked(self, request: web.Request) -> ShokoFile | None:
        return self._server.shelf.files.get(int(request.match_info["id"]))

    async def _file(self, request: web.Request) -> web.Response:
        file = self._asked(request)
        if file is None:
            return _no_file()
        return json_response(self._json(file, self.include(request)))

    async def _queue(self, request: web.Request) -> web.Response:
        state = self._server.queue_state()
        if not self._new:
            state.pop("Running")
        return json_response(state)

    async def _stats(self, request: web.Request) -> web.Response:
        files = self._server.files
        return json_response(
            {
                "FileCount": len(files),
                "SeriesCount": len(self._server.series),
                "FileSize": sum(file.media.size for file in files),
                "UnrecognizedFiles": sum(not file.links for file in files),
            }
        )

    # -- changing a file -----------------------------------------------------------------------

    async def _rescan(self, request: web.Request) -> web.Response:
        if (file := self._asked(request)) is None:
            return _no_file()
        self._server.rescan(file)
        return web.Response()

    async def _rehash(self, request: web.Request) -> web.Response:
        if (file := self._asked(request)) is None:
            return _no_file()
        self._server.importer.rehash(file)
        return web.Response()

    async def _link(self, request: web.Request) -> web.Response:
        if refusal := self._server.auth.needs_admin(request):
            return refusal
        if (file := self._asked(request)) is None:
            return _no_file()
        ids = (await read_object(request)).get("EpisodeIDs")
        known: dict[int, AnidbEpisode] = {
            number: episode
            for series in self._server.series
            for episode, number in series.episodes.items()
        }
        numbers = ids if isinstance(ids, list) else []
        if not numbers or any(number not in known for number in numbers):
            return json_response({"errors": {"EpisodeIDs": ["Unable to find episode"]}}, 400)
        self._server.link(file, [known[number] for number in numbers])
        return web.Response()

    async def _unlink(self, request: web.Request) -> web.Response:
        if refusal := self._server.auth.needs_admin(request):
            return refusal
        if (file := self._asked(request)) is None:
            return _no_file()
        self._server.unlink(file)
        return web.Response()

    # -- deleting ------------------------------------------------------------------------------

    def _remove(self, file: ShokoFile, *, from_disk: bool, folder: bool) -> None:
        server = self._server
        server.mylist_removals.append(file.id)
        server.importer.forget(file)
        if from_disk and not FILES_STAY.get():
            server.world.remove_file(file.source, by=server.name)
            if folder:
                self._prune(file)

    def _prune(self, file: ShokoFile) -> None:
        """Remove the folders that are empty now, up to the import folder."""
        place = file.source.rpartition("/")[0]
        while place.startswith(f"{file.folder.source}/"):
            self._server.world.volume.prune(place)
            place = place.rpartition("/")[0]

    async def _delete_file(self, request: web.Request) -> web.Response:
        if refusal := self._server.auth.needs_admin(request):
            return refusal
        if (file := self._asked(request)) is None:
            return _no_file()
        folder = _unless_denied(request, "removeFolder")
        self._remove(file, from_disk=_unless_denied(request, "removeFiles"), folder=folder)
        return web.Response()

    async def _delete_location(self, request: web.Request) -> web.Response:
        if refusal := self._server.auth.needs_admin(request):
            return refusal
        wanted = int(request.match_info["id"])
        found = [file for file in self._server.files if file.location == wanted]
        if not found:
            return json_response("No File.Location entry for the given fileLocationID.", 404)
        folder = _unless_denied(request, "deleteFolder")
        self._remove(found[0], from_disk=_unless_denied(request, "deleteFile"), folder=folder)
        return web.Response()

    async def _delete_files(self, request: web.Request) -> web.Response:
        if refusal := self._server.auth.needs_admin(request):
            return refusal
        body = await read_object(request)
        numbers = body.get("fileIDs")
        files = self._server.shelf.files
        from_disk = body.get("removeFiles") is not False
        folder = body.get("removeFolders") is not False
        for number in numbers if isinstance(numbers, list) else []:
            if number in files:
                self._remove(files[number], from_disk=from_disk, folder=folder)
        return web.Response()

    # -- folders and actions -------------------------------------------------------------------

    def _folders(self, request: web.Request) -> web.Response:
        shelf = self._server.shelf
        return json_response([folder_json(shelf, folder) for folder in shelf.folders])

    def _known_folder(self, request: web.Request) -> ShokoFolder | None:
        number = int(request.match_info["id"])
        return next((f for f in self._server.shelf.folders if f.id == number), None)

    def _folder(self, request: web.Request) -> web.Response:
        folder = self._known_folder(request)
        return (
            _no_folder()
            if folder is None
            else json_response(folder_json(self._server.shelf, folder))
        )

    def _scan(self, request: web.Request) -> web.Response:
        if refusal := self._server.auth.needs_admin(request):
            return refusal
        folder = self._known_folder(request)
        if folder is None:
            return _no_folder()
        self._server.importer.scan(folder, missing=not query_flag(request, "onlyNewFiles"))
        return web.Response()

    async def _notify(self, request: web.Request) -> web.Response:
        if refusal := self._server.auth.needs_admin(request):
            return refusal
        self._server.importer.scan()
        return web.Response()

    async def _run_import(self, request: web.Request) -> web.Response:
        if refusal := self._server.auth.needs_admin(request):
            return refusal
        self._server.scan()
        return web.Response()

    async def _import_new(self, request: web.Request) -> web.Response:
        if refusal := self._server.auth.needs_admin(request):
            return refusal
        self._server.importer.scan(missing=False)
        return web.Response()

    async def _remove_missing(self, request: web.Request) -> web.Response:
        if refusal := self._server.auth.needs_admin(request):
            return refusal
        gone = [f for f in self._server.files if not self._server.shelf.is_accessible(f)]
        if request.match_info.get("mylist", "true").lower() != "false":
            self._server.mylist_removals += [file.id for file in gone]
        self._server.remove_missing()
        return web.Response()

    def _guid(self, name: str) -> str:
        text = self._server.world.hex(f"action:{name}", 32)
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))

    async def _actions(self, request: web.Request) -> web.Response:
        if not self._new:
            return _no_route()
        return json_response([{"ID": self._guid(name), "Name": name} for name in _ACTIONS])

    async def _run_action(self, request: web.Request) -> web.Response:
        handlers = (self._run_import, self._import_new, self._remove_missing)
        for name, handler in zip(_ACTIONS, handlers, strict=True):
            if self._new and request.match_info["guid"] == self._guid(name):
                return await handler(request)
        return _no_route()


def _unless_denied(request: web.Request, name: str) -> bool:
    """Read a switch that is on unless it is turned off: Shoko deletes files by default."""
    query = {key.lower(): value for key, value in request.query.items()}
    return query.get(name.lower(), "true").lower() != "false"


def _no_route() -> web.Response:
    return web.Response(status=404)


def _no_file() -> web.Response:
    return json_response("No File entry for the given fileID", 404)


def _no_folder() -> web.Response:
    return json_response("No ImportFolder entry for the given folderID", 404)
