"""The REST endpoints for series and episodes of the simulated Sonarr."""

from typing import TYPE_CHECKING

from aiohttp import web
import orjson

from . import sonarr_shapes as shapes
from .arr_notifications import not_found
from .arr_queue import history_record
from .arr_state import SeriesEntry
from .model import JsonObject
from .service import json_response, query_flag, query_int, raw_json, read_object
from .sonarr_changes import SonarrChanges

if TYPE_CHECKING:
    from .sonarr import Sonarr


class SonarrApi:
    """The handlers of one instance, with its serialised lists."""

    def __init__(self, sonarr: Sonarr) -> None:
        """Answer for this instance."""
        self._sonarr = sonarr
        self._changes = SonarrChanges(sonarr)
        self._bodies: dict[int, bytes] = {}
        self._list: bytes | None = None

    def forget(self, entry_id: int | None = None) -> None:
        """Drop what was serialised of a series that changed."""
        self._list = None
        if entry_id is not None:
            self._bodies.pop(entry_id, None)

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        base = "/api/v3"
        return [
            web.get(f"{base}/series", self._series_list),
            web.post(f"{base}/series", self._post_series),
            web.get(f"{base}/series/lookup", self._lookup),
            web.get(f"{base}/series/{{id:\\d+}}", self._series),
            web.get(f"{base}/episode", self._episodes),
            web.get(f"{base}/episodefile", self._files),
            web.get(f"{base}/history/series", self._history),
            *self._changes.routes(),
        ]

    def _body(self, entry: SeriesEntry) -> bytes:
        body = self._bodies.get(entry.id)
        if body is None:
            body = self._bodies[entry.id] = orjson.dumps(self._sonarr.resource(entry))
        return body

    async def _series_list(self, request: web.Request) -> web.Response:
        entries = self._sonarr.entries.values()
        if "tvdbId" in request.query:
            tvdb = query_int(request, "tvdbId", 0)
            found = [entry for entry in entries if entry.title.tvdb == tvdb]
            return raw_json(b"[" + b",".join(map(self._body, found)) + b"]")
        if self._list is None:
            self._list = b"[" + b",".join(map(self._body, entries)) + b"]"
        return raw_json(self._list)

    async def _series(self, request: web.Request) -> web.Response:
        entry = self._sonarr.entries.get(int(request.match_info["id"]))
        return raw_json(self._body(entry)) if entry else not_found()

    async def _post_series(self, request: web.Request) -> web.Response:
        body = await read_object(request)
        titles = self._sonarr.world.titles.values()
        wanted = body.get("tvdbId")
        title = next((t for t in titles if t.kind == "tv" and t.tvdb == wanted), None)
        if title is None:
            return json_response([{"propertyName": "TvdbId", "errorMessage": "not found"}], 400)
        return raw_json(self._body(self._sonarr.add(title)), 201)

    async def _lookup(self, request: web.Request) -> web.Response:
        term = request.query.get("term", "").lower()
        kind, _, number = term.partition(":")
        rows: list[JsonObject] = []
        for title in self._sonarr.world.titles.values():
            ids = {"tvdb": str(title.tvdb), "tmdb": str(title.tmdb), "imdb": title.imdb}
            if title.kind == "tv" and (ids.get(kind) == number or title.title.lower() == term):
                known = self._sonarr.find(title)
                body: JsonObject = {"title": title.title, "year": title.year}
                body |= {"tvdbId": title.tvdb, "tmdbId": title.tmdb, "imdbId": title.imdb}
                rows.append(self._sonarr.resource(known) if known else body)
        return json_response(rows)

    async def _episodes(self, request: web.Request) -> web.Response:
        with_file = query_flag(request, "includeEpisodeFile")
        entry = self._sonarr.entries.get(query_int(request, "seriesId", 0))
        if "seriesId" not in request.query:
            return self._by_ids(request, with_file=with_file)
        items = entry.episodes if entry else []
        if "seasonNumber" in request.query:
            season = query_int(request, "seasonNumber", -1)
            items = [item for item in items if item.info.season == season]
        rows = [
            shapes.episode_resource(entry, item, with_file=with_file)
            for item in items
            if entry is not None
        ]
        return json_response(rows)

    def _by_ids(self, request: web.Request, *, with_file: bool) -> web.Response:
        text = ",".join(request.query.getall("episodeIds", []))
        wanted = {int(part) for part in text.split(",") if part.isdigit()}
        if not wanted:
            return json_response({"message": "seriesId or episodeIds must be provided"}, 400)
        rows: list[JsonObject] = []
        for entry in self._sonarr.entries.values():
            if any(number // 1000 == entry.id for number in wanted):
                rows += [
                    shapes.episode_resource(entry, item, with_file=with_file)
                    for item in entry.episodes
                    if item.id in wanted
                ]
        return json_response(rows)

    async def _files(self, request: web.Request) -> web.Response:
        if "seriesId" not in request.query and "episodeFileIds" not in request.query:
            text = "seriesId or episodeFileIds must be provided"
            return json_response({"message": text}, 400)
        if "episodeFileIds" in request.query:
            return self._changes.files(request)
        entry = self._sonarr.entries.get(query_int(request, "seriesId", 0))
        if entry is None:
            return json_response([])
        files = {item.file.id: item for item in entry.episodes if item.file is not None}
        rows = [
            shapes.file_resource(entry, item.info.season, item.file)
            for item in files.values()
            if item.file is not None
        ]
        return json_response(rows)

    async def _history(self, request: web.Request) -> web.Response:
        wanted = query_int(request, "seriesId", 0)
        rows = [row for row in self._sonarr.history if row.entry.id == wanted]
        return json_response([history_record(row, radarr=False) for row in rows])
