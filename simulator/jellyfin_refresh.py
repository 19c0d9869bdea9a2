"""Refreshing one item or library of the simulated Jellyfin, and nothing beside it."""

from typing import TYPE_CHECKING

from aiohttp import web

from .jellyfin_items import Item
from .jellyfin_library import Change

if TYPE_CHECKING:
    from .jellyfin import Jellyfin


class Refresher:
    """The handler of `POST /Items/{id}/Refresh`; `asked` keeps every id with its query."""

    def __init__(self, server: Jellyfin) -> None:
        """Refresh this server's items."""
        self._server = server
        self.asked: list[tuple[str, dict[str, str]]] = []

    def routes(self) -> list[web.RouteDef]:
        """Return the route."""
        return [web.post("/Items/{id}/Refresh", self._refresh)]

    async def _refresh(self, request: web.Request) -> web.Response:
        key = request.match_info["id"].replace("-", "").lower()
        query = {name.lower(): value for name, value in request.query.items()}
        full = (
            query.get("metadatarefreshmode", "").lower() == "fullrefresh"
            and query.get("replaceallmetadata", "").lower() == "true"
        )
        change = self.refresh(key, full=full)
        if change is None:
            return web.Response(status=404, text="Error processing request.")
        self.asked.append((key, dict(request.query)))
        self._server.announce(change)
        return web.Response(status=204)

    def refresh(self, key: str, *, full: bool = False) -> Change | None:
        """Look through a library or below an item; None for an unknown id."""
        server, now = self._server, self._server.now()
        server.world.look()
        for name, _, paths in server.libraries():
            if server.library_id(name) == key:
                change = server.library.scan(now, below=paths)
                change.extend(server.shokofin.sync(now, library=key))
                return change
        item = server.library.items.get(key)
        if item is None:
            return None
        if item.id in server.library.foreign:
            return server.shokofin.refresh(item, now, full=full)
        return server.library.scan(now, below=(self._place(item),))

    def look_at(self, path: str) -> None:
        """Look through the library folder that a path lies in; other paths are dropped."""
        server = self._server
        server.world.look()
        for name, _, places in server.libraries():
            for place in places:
                seen = server.library.where(place)
                if path.rstrip("/") == seen or path.startswith(f"{seen}/"):
                    change = server.library.scan(server.now(), below=(place,))
                    key = server.library_id(name)
                    change.extend(server.shokofin.sync(server.now(), library=key))
                    server.announce(change)

    def _place(self, item: Item) -> str:
        path = item.path or ""
        if item.playable:
            path = path.rpartition("/")[0]
        return self._server.library.source_of(path)
