"""Items over REST: the simulated Jellyfin's `/Items` and `/Shows`."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aiohttp import web
import orjson

from .jellyfin_items import Item, item_json
from .service import raw_json

if TYPE_CHECKING:
    from .jellyfin import Jellyfin

_ALL_TYPES = ("Movie", "Series", "Season", "Episode")


class ItemsApi:
    """The item handlers of one server, with every item serialised at most once."""

    def __init__(self, server: Jellyfin) -> None:
        """Answer for this server."""
        self._server = server
        self._bodies: dict[tuple[str, frozenset[str]], tuple[datetime, bytes]] = {}

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.get("/Items", self._items),
            web.delete("/Items", self._delete_many),
            web.get("/Items/{id}", self._item),
            web.delete("/Items/{id}", self._delete),
            web.get("/Items/{id}/Images/Primary", self._image),
            web.get("/Shows/{id}/Episodes", self._episodes),
            web.get("/Shows/{id}/Seasons", self._seasons),
        ]

    def _answer(self, request: web.Request, items: list[Item]) -> web.Response:
        query = _lowered(request)
        start, total = _int(query, "startindex", 0), len(items)
        limit = _int(query, "limit", total)
        page = items[start : start + limit]
        if self._server.faults.short_pages:
            page = page[: len(page) // 2]
        fields = frozenset(part.lower() for part in query.get("fields", "").split(",") if part)
        count = 0 if query.get("enabletotalrecordcount", "").lower() == "false" else total
        rows = b",".join(self._body(item, fields) for item in page)
        ending = f'],"TotalRecordCount":{count},"StartIndex":{start}}}'.encode()
        return raw_json(b'{"Items":[' + rows + ending)

    def _body(self, item: Item, fields: frozenset[str]) -> bytes:
        known = self._bodies.get((item.id, fields))
        if known is not None and known[0] == item.saved:
            return known[1]
        body = orjson.dumps(item_json(item, self._server.server_id, fields))
        self._bodies[item.id, fields] = (item.saved, body)
        return body

    async def _items(self, request: web.Request) -> web.Response:
        query = _lowered(request)
        if "ids" in query:
            wanted = [part.replace("-", "") for part in query["ids"].split(",") if part]
            items = self._server.library.items
            return self._answer(request, [items[key] for key in wanted if key in items])
        if self._server.faults.slow_pages and query.get("limit") != "0":
            await asyncio.sleep(self._server.faults.slow_pages)
        return self._answer(request, self._select(query))

    def _select(self, query: Mapping[str, str]) -> list[Item]:
        library = self._server.library
        types = {part.strip().lower() for part in query.get("includeitemtypes", "").split(",")}
        kinds = {kind for kind in _ALL_TYPES if types == {""} or kind.lower() in types}
        parent = query.get("parentid", "").replace("-", "")
        if query.get("recursive", "").lower() != "true" and not parent:
            return []
        since = _moment(query.get("mindatelastsaved", ""))
        if kinds & {"Season", "Episode"}:
            if parent in library.items:
                library.wake(parent)
            elif since is None or since <= self._server.world.epoch:
                library.wake()
        rows = [item for item in library.items.values() if item.type in kinds]
        if parent:
            rows = [item for item in rows if self._below(item, parent)]
        if since is not None:
            rows = [item for item in rows if item.saved >= since]
        return _sorted(_narrowed(rows, query), query)

    def _below(self, item: Item, parent: str) -> bool:
        if parent in {item.series_id, item.season_id}:
            return True
        if self._server.shokofin.is_below(item, parent):
            return True
        for folder in self._server.folders:
            if folder["ItemId"] == parent:
                places = folder["Locations"]
                path = item.path or ""
                below = places if isinstance(places, list) else []
                return any(path.startswith(f"{place}/") for place in below)
        return False

    async def _item(self, request: web.Request) -> web.Response:
        if "userid" not in _lowered(request) and self._server.auth.user(request) is None:
            return web.Response(status=400, text="Error processing request.")
        item = self._server.library.items.get(request.match_info["id"].replace("-", ""))
        if item is None:
            return web.Response(status=404, text="Error processing request.")
        return raw_json(self._body(item, frozenset({"path", "providerids", "datecreated"})))

    async def _delete(self, request: web.Request) -> web.Response:
        return self._deleted(request, [request.match_info["id"]])

    async def _delete_many(self, request: web.Request) -> web.Response:
        return self._deleted(request, _lowered(request).get("ids", "").split(","))

    def _deleted(self, request: web.Request, ids: list[str]) -> web.Response:
        """Delete items together with their files; an API key may since 10.9."""
        server = self._server
        release = tuple(int(part) for part in server.version.split(".")[:2])
        if server.auth.user(request) is None and release < (10, 9):
            return web.Response(status=500, text="Error processing request.")  # Guid can't be empty
        found = [server.library.items.get(key.replace("-", "").lower()) for key in ids if key]
        if None in found:
            return web.Response(status=404, text="Error processing request.")
        for item in found:
            if item is not None and item.id in server.library.items:
                server.remove(item)
        return web.Response(status=204)

    async def _image(self, request: web.Request) -> web.Response:
        return web.Response(body=_PIXEL, content_type="image/png")

    def _children(self, request: web.Request, kind: str) -> list[Item]:
        series = request.match_info["id"].replace("-", "")
        library = self._server.library
        library.wake(series)
        rows = [i for i in library.items.values() if i.series_id == series and i.type == kind]
        query = _lowered(request)
        if "season" in query:
            rows = [item for item in rows if str(item.season) == query["season"]]
        if "seasonid" in query:
            rows = [item for item in rows if item.season_id == query["seasonid"]]
        rows.sort(key=lambda i: (i.season or 0, i.numbers[0]))
        return _narrowed(rows, query)

    async def _episodes(self, request: web.Request) -> web.Response:
        if request.match_info["id"].replace("-", "") not in self._server.library.items:
            return web.Response(status=404, text="Error processing request.")
        return self._answer(request, self._children(request, "Episode"))

    async def _seasons(self, request: web.Request) -> web.Response:
        return self._answer(request, self._children(request, "Season"))


def _narrowed(rows: list[Item], query: Mapping[str, str]) -> list[Item]:
    virtual = "virtual" in query.get("excludelocationtypes", "").lower()
    if query.get("ismissing", "").lower() == "false" or virtual:
        rows = [item for item in rows if item.path is not None]
    elif query.get("ismissing", "").lower() == "true":
        rows = [item for item in rows if item.path is None]
    if term := query.get("searchterm", "").lower():
        rows = [item for item in rows if term in item.name.lower()]
    if start := query.get("namestartswith", "").lower():
        rows = [item for item in rows if item.name.lower().startswith(start)]
    if years := query.get("years"):
        rows = [item for item in rows if str(item.year) in years.split(",")]
    for name, key in (("hastmdbid", "Tmdb"), ("hastvdbid", "Tvdb"), ("hasimdbid", "Imdb")):
        if name in query:
            wanted = query[name].lower() == "true"
            rows = [item for item in rows if (key in item.provider_ids) == wanted]
    return rows


def _sorted(rows: list[Item], query: Mapping[str, str]) -> list[Item]:
    descending = query.get("sortorder", "").lower().startswith("desc")
    by = query.get("sortby", "").lower()
    if by.startswith("datecreated"):
        return sorted(rows, key=lambda item: (item.created, item.id), reverse=descending)
    if by.startswith(("sortname", "name")):
        return sorted(rows, key=lambda item: (item.name.lower(), item.id), reverse=descending)
    return rows


def _lowered(request: web.Request) -> dict[str, str]:
    result: dict[str, str] = {}
    for key, value in request.query.items():
        name = key.lower()
        result[name] = f"{result[name]},{value}" if name in result else value
    return result


def _int(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, "")
    return int(text) if text.isdigit() else default


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f64540"
    "0000000049454e44ae426082"
)
