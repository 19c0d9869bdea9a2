"""The REST routes of a simulated Shoko: series, episodes, and looking up by foreign ids."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from aiohttp import web

from .anime import AnidbEpisode
from .model import JsonObject
from .service import FILES_STAY, json_response, query_flag, query_int
from .shoko_files import ShokoSeries
from .shoko_shapes import Include, episode_json, file_json, files_of, series_json

if TYPE_CHECKING:
    from .shoko import Shoko

_BASE = "/api/v3"
type Found = list[tuple[ShokoSeries, AnidbEpisode]]


class SeriesApi:
    """The handlers of one server."""

    def __init__(self, server: Shoko) -> None:
        """Answer for this server."""
        self._server = server

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        number = "{id:\\d+}"
        return [
            web.get(f"{_BASE}/Series/{number}", self._one),
            web.delete(f"{_BASE}/Series/{number}", self._delete),
            web.get(f"{_BASE}/Series/{number}/Episode", self._episodes),
            web.get(f"{_BASE}/Series/AniDB/{number}/Series", self._by_anime),
            web.get(f"{_BASE}/Episode/{number}", self._episode),
            web.get(f"{_BASE}/Episode/AniDB/{number}/Episode", self._by_anidb_episode),
            web.get(f"{_BASE}/Tmdb/{{kind}}/{number}/Shoko/{{what}}", self._by_tmdb),
            web.get(f"{_BASE}/Tmdb/{{kind}}/{number}/{{what:File}}", self._by_tmdb),
        ]

    @property
    def _new(self) -> bool:
        return self._server.major >= 6

    def _number(self, request: web.Request) -> int:
        return int(request.match_info["id"])

    def _pairs(self) -> Iterator[tuple[ShokoSeries, AnidbEpisode]]:
        for series in self._server.series:
            for episode in series.episodes:
                yield series, episode

    def _episode_json(
        self,
        series: ShokoSeries,
        episode: AnidbEpisode,
        *,
        anidb: bool = False,
        files: Include | None = None,
    ) -> JsonObject:
        shelf = self._server.shelf
        return episode_json(shelf, series, episode, new=self._new, anidb=anidb, files=files)

    async def _one(self, request: web.Request) -> web.Response:
        series = self._server.shelf.series.get(self._number(request))
        return (
            _no_series()
            if series is None
            else json_response(series_json(self._server.shelf, series))
        )

    async def _episodes(self, request: web.Request) -> web.Response:
        shelf = self._server.shelf
        series = shelf.series.get(self._number(request))
        if series is None:
            return _no_series()
        missing = request.query.get("includeMissing", "false").lower()
        rows = [
            episode
            for episode in series.episodes
            if missing == "true" or bool(files_of(shelf, episode)) == (missing != "only")
        ]
        size = query_int(request, "pageSize", 100)
        start = (query_int(request, "page", 1) - 1) * size
        page = rows[start : start + size] if size else rows
        if self._server.faults.short_pages:
            page = page[: len(page) // 2]
        include = Include(
            references=query_flag(request, "includeXRefs"),
            absolute=query_flag(request, "includeAbsolutePaths"),
        )
        listed = [
            self._episode_json(
                series,
                episode,
                anidb="anidb" in request.query.get("includeDataFrom", "").lower(),
                files=include if query_flag(request, "includeFiles") else None,
            )
            for episode in page
        ]
        return json_response({"Total": len(rows), "List": listed})

    async def _by_anime(self, request: web.Request) -> web.Response:
        shelf = self._server.shelf
        for series in self._server.series:
            if series.anime.id == self._number(request):
                return json_response(series_json(shelf, series))
        return json_response("No Series entry for the given anidbID", 404)

    async def _episode(self, request: web.Request) -> web.Response:
        for series, episode in self._pairs():
            if series.episodes[episode] == self._number(request):
                return json_response(self._episode_json(series, episode))
        return _no_episode()

    async def _by_anidb_episode(self, request: web.Request) -> web.Response:
        for series, episode in self._pairs():
            if episode.id == self._number(request):
                return json_response(self._episode_json(series, episode))
        return _no_episode()

    async def _delete(self, request: web.Request) -> web.Response:
        if refusal := self._server.auth.needs_admin(request):
            return refusal
        server = self._server
        series = server.shelf.series.pop(self._number(request), None)
        if series is None:
            return _no_series()
        for file in server.files:
            if any(episode.anime is series.anime for episode in file.links):
                if query_flag(request, "deleteFiles"):
                    server.importer.forget(file)
                    if not FILES_STAY.get():
                        server.world.remove_file(file.source, by=server.name)
                else:
                    server.importer.clear(file)
        server.events.series_removed(series)
        return web.Response()

    # -- TMDB ----------------------------------------------------------------------------------

    async def _by_tmdb(self, request: web.Request) -> web.Response:
        kind, what = request.match_info["kind"], request.match_info["what"]
        found = self._linked(kind, self._number(request))
        if not found or what not in {"Series", "Episode", "File"}:
            # Not linked and not fetched yet look alike.
            return json_response("A TMDB entry by the given id was not found", 404)
        shelf = self._server.shelf
        if what == "Series":
            made = {series.id: series for series, _ in found}
            return json_response([series_json(shelf, series) for series in made.values()])
        if what == "Episode":
            return json_response([self._episode_json(series, e) for series, e in found])
        files = {file.id: file for _, e in found for file in files_of(shelf, e)}
        include = Include()
        rows = [file_json(shelf, file, include, new=self._new) for file in files.values()]
        return json_response(rows)

    def _linked(self, kind: str, number: int) -> Found:
        found: Found = []
        for series, episode in self._pairs():
            show = series.anime.show_ids
            ids: dict[str, int | None] = {
                "Movie": episode.tmdb_movie,
                "Show": show[0] if show else None,
                "Episode": episode.tmdb_episode,
                "Season": show[0] * 100 + series.anime.season if show else None,
            }
            if series.has_tmdb and ids.get(kind) == number:
                found.append((series, episode))
        return found


def _no_series() -> web.Response:
    return json_response("No Series entry for the given seriesID", 404)


def _no_episode() -> web.Response:
    return json_response("No Episode entry for the given episodeID", 404)
