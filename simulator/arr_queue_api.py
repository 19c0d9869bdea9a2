"""The REST endpoints of an arr's queue."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aiohttp import web

from .arr_deletion_api import numbers
from .arr_queue import queue_status
from .arr_state import Download, Entry
from .model import JsonObject
from .service import json_response, read_object

if TYPE_CHECKING:
    from .arr import ArrService


class QueueDesk[E: Entry]:
    """The handlers of one instance."""

    def __init__(self, arr: ArrService[E]) -> None:
        """Answer for this instance."""
        self._arr = arr

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        base = "/api/v3/queue"
        return [
            web.get(base, self._queue),
            web.get(f"{base}/details", self._details),
            web.get(f"{base}/status", self._status),
            web.delete(f"{base}/bulk", self._delete_many),
            web.delete(f"{base}/{{id:\\d+}}", self._delete),
        ]

    async def _rows(self) -> list[tuple[Download, JsonObject]]:
        arr = self._arr
        for client in {id(d.client): d.client for d in arr.downloads}.values():
            await client.refresh()
        listed = [download for download in arr.downloads if download.listed]
        return [(download, record) for download in listed for record in arr.records(download)]

    async def _queue(self, request: web.Request) -> web.Response:
        unknown = request.query.get(self._arr.unknown_flag, "").lower() == "true"
        rows = [row for d, row in await self._rows() if unknown or d.entry is not None]
        return self._arr.pager.page(request, rows, default_key="timeleft")

    async def _details(self, request: web.Request) -> web.Response:
        rows = [row for d, row in await self._rows() if d.entry is not None]
        for query, key in (("movieId", "movieId"), ("seriesId", "seriesId")):
            if query in request.query:
                rows = [row for row in rows if str(row.get(key)) == request.query[query]]
        return json_response(rows)

    async def _status(self, request: web.Request) -> web.Response:
        rows = await self._rows()
        return json_response(queue_status(self._arr.downloads, [row for _, row in rows]))

    async def _delete(self, request: web.Request) -> web.Response:
        wanted = int(request.match_info["id"])
        for download, row in await self._rows():
            if row["id"] == wanted:
                self._remove(download, request.query)
                return json_response({})
        return json_response({"message": "NotFound"}, 404)

    async def _delete_many(self, request: web.Request) -> web.Response:
        wanted = numbers((await read_object(request)).get("ids"))
        doomed = {id(d): d for d, row in await self._rows() if row["id"] in wanted}
        for download in doomed.values():
            self._remove(download, request.query)
        return json_response({})

    def _remove(self, download: Download, query: Mapping[str, str]) -> None:
        """Take a download out of the queue; a blocked one failed, and is sought anew."""
        from_client = query.get("removeFromClient", "true").lower() != "false"
        if query.get("blocklist", "false").lower() != "true" or download.entry is None:
            self._arr.drop(download, delete_data=from_client)
            return
        self._arr.blocklist.append(download.release.title)
        self._arr.fail(download)  # "remove failed downloads" is on: this one leaves the client
        known = self._arr.entries.get(download.entry.id)
        if query.get("skipRedownload", "false").lower() != "true" and known is not None:
            self._arr.search(known, download.episodes)
