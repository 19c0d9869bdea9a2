"""The REST endpoints of the simulated Sonarr that edit and delete series, episodes and files."""

from typing import TYPE_CHECKING

from aiohttp import web

from . import sonarr_shapes as shapes
from .arr_deletion_api import conflict, numbers, switch
from .arr_notifications import not_found
from .arr_state import SHELF_FILES, EpisodeEntry, MediaFile, SeriesEntry
from .model import JsonObject
from .service import json_response, read_object

if TYPE_CHECKING:
    from .sonarr import Sonarr

type Held = tuple[SeriesEntry, EpisodeEntry, MediaFile]


class SonarrChanges:
    """The handlers of one instance."""

    def __init__(self, sonarr: Sonarr) -> None:
        """Answer for this instance."""
        self._sonarr = sonarr

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        base = "/api/v3"
        return [
            web.put(f"{base}/series/editor", self._edit),
            web.delete(f"{base}/series/editor", self._delete_many),
            web.put(f"{base}/series/{{id:\\d+}}", self._put),
            web.delete(f"{base}/series/{{id:\\d+}}", self._delete),
            web.post(f"{base}/seasonpass", self._season_pass),
            web.put(f"{base}/episode/monitor", self._monitor),
            web.delete(f"{base}/episodefile/bulk", self._delete_files),
            web.get(f"{base}/episodefile/{{id:\\d+}}", self._file),
            web.delete(f"{base}/episodefile/{{id:\\d+}}", self._delete_file),
        ]

    # -- series --------------------------------------------------------------------------------

    async def _put(self, request: web.Request) -> web.Response:
        """Replace a series' settings: a season that changes takes its episodes along."""
        entry = self._sonarr.entries.get(int(request.match_info["id"]))
        if entry is None:
            return not_found()
        body = await read_object(request)
        if body.get("path") != entry.path or not body.get("qualityProfileId"):
            problem = {"propertyName": "QualityProfileId", "errorMessage": "must not be empty"}
            return json_response([problem], 400)
        entry.monitored = body.get("monitored") is True
        self._seasons(entry, body.get("seasons"), with_episodes=True)
        return json_response(self._sonarr.resource(entry), 202)

    def _seasons(self, entry: SeriesEntry, rows: object, *, with_episodes: bool) -> None:
        for row in rows if isinstance(rows, list) else []:
            number, wanted = row.get("seasonNumber"), row.get("monitored") is True
            if number in entry.seasons and entry.seasons[number] != wanted:
                for item in entry.season(number) if with_episodes else ():
                    item.monitored = wanted
                entry.seasons[number] = wanted
        self._sonarr.touch(entry)

    async def _edit(self, request: web.Request) -> web.Response:
        body = await read_object(request)
        found = self._known(body.get("seriesIds"))
        if found is None:
            return _wrong_number()
        for entry in found:
            if isinstance(wanted := body.get("monitored"), bool):
                entry.monitored = wanted
            self._sonarr.touch(entry)
        return json_response([self._sonarr.resource(entry) for entry in found], 202)

    async def _season_pass(self, request: web.Request) -> web.Response:
        rows = (await read_object(request)).get("series")
        for row in rows if isinstance(rows, list) else []:
            entry = self._sonarr.entries.get(row.get("id"))
            if entry is None:
                return not_found()
            if isinstance(wanted := row.get("monitored"), bool):
                entry.monitored = wanted
            # Without `monitoringOptions` the episodes that are known keep what they have.
            self._seasons(entry, row.get("seasons"), with_episodes=False)
        return json_response({}, 202)

    async def _delete(self, request: web.Request) -> web.Response:
        files = switch(request, "deleteFiles")
        exclude = switch(request, "addImportListExclusion")
        entry = self._sonarr.entries.get(int(request.match_info["id"]))
        if entry is None:
            return _wrong_number()  # v4 asks for a list of one, and is told that none came
        self._sonarr.delete(entry, files=files, exclude=exclude)
        return json_response({})

    async def _delete_many(self, request: web.Request) -> web.Response:
        body = await read_object(request)
        found = self._known(body.get("seriesIds"))
        if found is None:
            return _wrong_number()
        exclude = body.get("addImportListExclusion") is True
        self._sonarr.delete_many(found, files=body.get("deleteFiles") is True, exclude=exclude)
        return json_response({})

    def _known(self, ids: object) -> list[SeriesEntry] | None:
        """Return the series of these ids, None when one of them is unknown."""
        wanted = numbers(ids)
        found = [self._sonarr.entries[key] for key in wanted if key in self._sonarr.entries]
        return found if len(found) == len(wanted) else None

    # -- episodes ------------------------------------------------------------------------------

    async def _monitor(self, request: web.Request) -> web.Response:
        body = await read_object(request)
        wanted = set(numbers(body.get("episodeIds")))
        rows: list[JsonObject] = []
        for entry in self._sonarr.entries.values():
            if not any(number // 1000 == entry.id for number in wanted):
                continue
            for item in entry.episodes:
                if item.id in wanted:
                    item.monitored = body.get("monitored") is True
                    rows.append(shapes.episode_resource(entry, item, with_file=False))
            self._sonarr.touch(entry)
        return json_response(rows, 202)

    # -- files ---------------------------------------------------------------------------------

    def _held(self, number: int) -> Held | None:
        """Return whose file this is."""
        for entry in self._sonarr.entries.values():
            if entry.untouched and (number - SHELF_FILES) // 1000 != entry.id:
                continue  # an old series: its files are numbered after its episodes
            for item in entry.episodes:
                if item.file is not None and item.file.id == number:
                    return entry, item, item.file
        return None

    def files(self, request: web.Request) -> web.Response:
        """Answer with the files of the given ids; unknown ones are left out."""
        text = ",".join(request.query.getall("episodeFileIds"))
        wanted = [int(part) for part in text.split(",") if part.isdigit()]
        found = [held for number in wanted if (held := self._held(number)) is not None]
        return json_response([_shown(held) for held in found])

    async def _file(self, request: web.Request) -> web.Response:
        held = self._held(int(request.match_info["id"]))
        return json_response(_shown(held)) if held is not None else not_found()

    async def _delete_file(self, request: web.Request) -> web.Response:
        held = self._held(int(request.match_info["id"]))
        if held is None:
            return not_found()
        if (refusal := self._sonarr.disposal.refusal(held[0])) is not None:
            return conflict(refusal)
        self._sonarr.delete_file(held[1])
        return json_response({})

    async def _delete_files(self, request: web.Request) -> web.Response:
        wanted = numbers((await read_object(request)).get("episodeFileIds"))
        found = [held for number in wanted if (held := self._held(number)) is not None]
        if not found or len(found) != len(wanted):
            return _wrong_number()
        if (refusal := self._sonarr.disposal.refusal(found[0][0])) is not None:
            return conflict(refusal)
        for _, item, _ in found:
            self._sonarr.delete_file(item)
        return json_response({})


def _shown(held: Held) -> JsonObject:
    entry, item, file = held
    return shapes.file_resource(entry, item.info.season, file)


def _wrong_number() -> web.Response:
    """Answer as v4 does when not every id is known: an error of the server, not 404."""
    text = "Expected query to return 1 rows but returned 0"
    return json_response({"message": text, "description": "System.ApplicationException"}, 500)
