"""The REST endpoints for films of the simulated Radarr."""

from typing import TYPE_CHECKING

from aiohttp import web
import orjson

from . import radarr_shapes as shapes
from .arr_deletion_api import conflict, numbers, switch
from .arr_notifications import not_found
from .arr_queue import history_record
from .arr_state import MovieEntry
from .model import JsonObject
from .service import json_response, query_int, raw_json, read_object

if TYPE_CHECKING:
    from .radarr import Radarr


class RadarrApi:
    """The handlers of one instance, with its serialised lists."""

    def __init__(self, radarr: Radarr) -> None:
        """Answer for this instance."""
        self._radarr = radarr
        self._bodies: dict[int, bytes] = {}
        self._list: bytes | None = None

    def forget(self, entry_id: int | None = None) -> None:
        """Drop what was serialised of a film that changed."""
        self._list = None
        if entry_id is not None:
            self._bodies.pop(entry_id, None)

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        base = "/api/v3"
        return [
            web.get(f"{base}/movie", self._movies),
            web.post(f"{base}/movie", self._post_movie),
            web.get(f"{base}/movie/lookup", self._lookup),
            web.put(f"{base}/movie/editor", self._edit),
            web.delete(f"{base}/movie/editor", self._delete_movies),
            web.get(f"{base}/movie/{{id:\\d+}}", self._movie),
            web.put(f"{base}/movie/{{id:\\d+}}", self._put_movie),
            web.delete(f"{base}/movie/{{id:\\d+}}", self._delete_movie),
            web.get(f"{base}/moviefile", self._files),
            web.delete(f"{base}/moviefile/bulk", self._delete_files),
            web.get(f"{base}/moviefile/{{id:\\d+}}", self._file),
            web.delete(f"{base}/moviefile/{{id:\\d+}}", self._delete_file),
            web.get(f"{base}/history/movie", self._history),
        ]

    def _body(self, entry: MovieEntry) -> bytes:
        body = self._bodies.get(entry.id)
        if body is None:
            body = self._bodies[entry.id] = orjson.dumps(self._radarr.resource(entry))
        return body

    def _asked(self, request: web.Request) -> MovieEntry | None:
        return self._radarr.entries.get(int(request.match_info["id"]))

    # -- films ---------------------------------------------------------------------------------

    async def _movies(self, request: web.Request) -> web.Response:
        entries = self._radarr.entries.values()
        if "tmdbId" in request.query:
            tmdb = query_int(request, "tmdbId", 0)
            found = [entry for entry in entries if entry.title.tmdb == tmdb]
            return raw_json(b"[" + b",".join(map(self._body, found)) + b"]")
        if self._list is None:
            self._list = b"[" + b",".join(map(self._body, entries)) + b"]"
        return raw_json(self._list)

    async def _movie(self, request: web.Request) -> web.Response:
        entry = self._asked(request)
        return raw_json(self._body(entry)) if entry else not_found()

    async def _post_movie(self, request: web.Request) -> web.Response:
        body = await read_object(request)
        tmdb = body.get("tmdbId")
        title = self._radarr.world.title("movie", tmdb) if isinstance(tmdb, int) else None
        if title is None:
            return json_response([{"propertyName": "TmdbId", "errorMessage": "not found"}], 400)
        entry = self._radarr.add(title, monitored=body.get("monitored") is not False)
        return raw_json(self._body(entry), 201)

    async def _lookup(self, request: web.Request) -> web.Response:
        term = request.query.get("term", "").lower()
        number = term.removeprefix("tmdb:")
        rows: list[JsonObject] = []
        for title in self._radarr.world.titles.values():
            exact = term.startswith("tmdb:") and str(title.tmdb) == number
            if title.kind == "movie" and (exact or title.title.lower() == term):
                known = self._radarr.find(title)
                body: JsonObject = {"title": title.title, "year": title.year, "tmdbId": title.tmdb}
                rows.append(self._radarr.resource(known) if known else body)
        return json_response(rows)

    async def _put_movie(self, request: web.Request) -> web.Response:
        """Replace a film's settings: what the body does not name is off."""
        entry = self._asked(request)
        if entry is None:
            return not_found()
        body = await read_object(request)
        if body.get("path") != entry.path or not body.get("qualityProfileId"):
            problem = {"propertyName": "QualityProfileId", "errorMessage": "must not be empty"}
            return json_response([problem], 400)
        entry.monitored = body.get("monitored") is True
        self._radarr.touch(entry)
        return raw_json(self._body(entry), 202)

    async def _edit(self, request: web.Request) -> web.Response:
        body = await read_object(request)
        found = self._known(body.get("movieIds"))
        if found is None:
            return _wrong_number()
        for entry in found:
            if isinstance(wanted := body.get("monitored"), bool):
                entry.monitored = wanted
            self._radarr.touch(entry)
        return json_response([self._radarr.resource(entry) for entry in found], 202)

    async def _delete_movie(self, request: web.Request) -> web.Response:
        files = switch(request, "deleteFiles")
        exclude = switch(request, "addImportExclusion")
        entry = self._asked(request)
        if entry is None:
            return not_found()
        self._radarr.delete(entry, files=files, exclude=exclude)
        return json_response({})

    async def _delete_movies(self, request: web.Request) -> web.Response:
        body = await read_object(request)
        found = self._known(body.get("movieIds"))
        if found is None:
            return _wrong_number()
        exclude = body.get("addImportExclusion") is True
        self._radarr.delete_many(found, files=body.get("deleteFiles") is True, exclude=exclude)
        return json_response({})

    def _known(self, ids: object) -> list[MovieEntry] | None:
        """Return the films of these ids, None when one of them is unknown."""
        wanted = numbers(ids)
        found = [self._radarr.entries[key] for key in wanted if key in self._radarr.entries]
        return found if len(found) == len(wanted) else None

    # -- files ---------------------------------------------------------------------------------

    def _owner(self, number: int) -> MovieEntry | None:
        entries = self._radarr.entries.values()
        return next((e for e in entries if e.file is not None and e.file.id == number), None)

    def _shown(self, entry: MovieEntry | None) -> list[JsonObject]:
        if entry is None or entry.file is None:
            return []
        return [shapes.file_resource(entry, entry.file)]

    async def _files(self, request: web.Request) -> web.Response:
        if "movieFileIds" in request.query:
            text = ",".join(request.query.getall("movieFileIds"))
            wanted = [int(part) for part in text.split(",") if part.isdigit()]
            return json_response([row for n in wanted for row in self._shown(self._owner(n))])
        if "movieId" not in request.query:
            return json_response({"message": "movieId or movieFileIds must be provided"}, 400)
        numbers_asked = [int(text) for text in request.query.getall("movieId") if text.isdigit()]
        entries = [self._radarr.entries.get(number) for number in numbers_asked]
        return json_response([row for entry in entries for row in self._shown(entry)])

    async def _file(self, request: web.Request) -> web.Response:
        rows = self._shown(self._owner(int(request.match_info["id"])))
        return json_response(rows[0]) if rows else not_found()

    async def _delete_file(self, request: web.Request) -> web.Response:
        entry = self._owner(int(request.match_info["id"]))
        if entry is None:
            return not_found()
        if (refusal := self._radarr.disposal.refusal(entry)) is not None:
            return conflict(refusal)
        self._radarr.delete_file(entry)
        return json_response({})

    async def _delete_files(self, request: web.Request) -> web.Response:
        wanted = numbers((await read_object(request)).get("movieFileIds"))
        found = [entry for number in wanted if (entry := self._owner(number)) is not None]
        if not found or len(found) != len(wanted):
            return _wrong_number()
        if (refusal := self._radarr.disposal.refusal(found[0])) is not None:
            return conflict(refusal)
        for entry in found:
            self._radarr.delete_file(entry)
        return json_response({})

    async def _history(self, request: web.Request) -> web.Response:
        wanted = query_int(request, "movieId", 0)
        rows = [row for row in self._radarr.history if row.entry.id == wanted]
        return json_response([history_record(row, radarr=True) for row in rows])


def _wrong_number() -> web.Response:
    """Answer as the arrs do when not every id of a list is known."""
    return json_response({"message": "Expected query to return other rows"}, 500)
