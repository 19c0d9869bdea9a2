"""The REST API of the simulated Seerr."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from aiohttp import web

from . import seerr_shapes as shapes
from .model import JsonObject, Title, User
from .seerr_state import MediaStatus, RequestStatus, SeerrMedia, SeerrRefusedError, SeerrRequest
from .service import json_response, query_int, read_object

if TYPE_CHECKING:
    from .seerr import Seerr

_PUBLIC = {"/api/v1/status", "/api/v1/settings/public"}
_FILTERS: dict[str, Callable[[SeerrRequest], bool]] = {
    "all": lambda row: True,
    "approved": lambda row: row.status is RequestStatus.APPROVED,
    "available": lambda row: (
        row.status is RequestStatus.COMPLETED and row.side.status is MediaStatus.AVAILABLE
    ),
    "pending": lambda row: row.status is RequestStatus.PENDING,
    "processing": lambda row: (
        row.status is RequestStatus.APPROVED and row.side.status is MediaStatus.PROCESSING
    ),
    "unavailable": lambda row: (
        row.status in {RequestStatus.PENDING, RequestStatus.APPROVED}
        and row.side.status not in {MediaStatus.AVAILABLE, MediaStatus.DELETED}
    ),
    "failed": lambda row: row.status is RequestStatus.FAILED,
    "deleted": lambda row: (
        row.status is RequestStatus.COMPLETED and row.side.status is MediaStatus.DELETED
    ),
    "completed": lambda row: row.status is RequestStatus.COMPLETED,
}
_LIST_QUERY = {"take", "skip", "filter", "sort", "sortDirection", "requestedBy", "mediaType"}


class SeerrApi:
    """The handlers of one server."""

    def __init__(self, seerr: Seerr) -> None:
        """Answer for this server."""
        self._seerr = seerr

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of the API."""
        base = "/api/v1"
        return [
            web.get(f"{base}/status", self._status),
            web.get(f"{base}/settings/public", self._public),
            web.get(f"{base}/auth/me", self._me),
            web.get(f"{base}/user", self._users),
            web.get(f"{base}/request", self._list),
            web.post(f"{base}/request", self._create),
            web.get(f"{base}/request/count", self._count),
            web.get(f"{base}/request/{{id}}", self._get),
            web.delete(f"{base}/request/{{id}}", self._delete),
            web.post(f"{base}/request/{{id}}/{{verb:approve|decline|retry}}", self._act),
            web.get(f"{base}/media", self._media_list),
            web.post(f"{base}/media/{{id}}/available", self._available),
            web.delete(f"{base}/media/{{id}}", self._delete_media),
            web.delete(f"{base}/media/{{id}}/file", self._delete_media_file),
            web.get(f"{base}/movie/{{id}}", self._details),
            web.get(f"{base}/tv/{{id}}", self._details),
            web.get(f"{base}/blocklist", self._blocklist),
        ]

    def refusal(self, request: web.Request) -> web.StreamResponse | None:
        """Return the refusal of a request without the right key."""
        if request.path in _PUBLIC:
            return None
        key = request.headers.get("X-Api-Key", "")
        if not key:
            text = "cookie 'connect.sid' required"
            errors = [{"path": request.path, "message": text}]
            return json_response({"message": text, "errors": errors}, 401)
        if key != self._seerr.api_key or self._acting(request) is None:
            return _forbidden()
        admin = request.path.startswith("/api/v1/settings")
        if admin and self._person(request).permissions != 2:
            return _forbidden()
        if self._seerr.csrf and request.method not in {"GET", "HEAD"}:
            return self._csrf(request)
        return None

    def _csrf(self, request: web.Request) -> web.StreamResponse | None:
        token = self._seerr.world.hex(f"csrf:{self._seerr.name}", 32)
        sent = request.headers.get("X-XSRF-TOKEN")
        if sent == token and request.cookies.get("XSRF-TOKEN") == token:
            return None
        response = json_response({"message": "invalid csrf token"}, 403)
        response.headers["Set-Cookie"] = f"_csrf={token}; Path=/; HttpOnly; Secure; SameSite=Strict"
        return response

    def _acting(self, request: web.Request) -> User | None:
        wanted = request.headers.get("X-API-User", "1")
        users = self._seerr.world.users.values()
        return next((user for user in users if str(user.id) == wanted), None)

    def _person(self, request: web.Request) -> User:
        return self._acting(request) or self._seerr.world.users["owner"]

    def signed(self, body: object) -> web.Response:
        """Answer JSON, with the CSRF cookies when that protection is on."""
        response = json_response(body)
        if self._seerr.csrf:
            token = self._seerr.world.hex(f"csrf:{self._seerr.name}", 32)
            suffix = "Secure; SameSite=Strict"
            response.headers.add("Set-Cookie", f"_csrf={token}; Path=/; HttpOnly; {suffix}")
            response.headers.add("Set-Cookie", f"XSRF-TOKEN={token}; Path=/; {suffix}")
        return response

    # -- basics --------------------------------------------------------------------------------

    async def _status(self, request: web.Request) -> web.Response:
        return json_response(
            {
                "version": self._seerr.version,
                "commitTag": self._seerr.world.hex("commit", 40),
                "updateAvailable": False,
                "commitsBehind": 0,
                "restartRequired": False,
            }
        )

    async def _public(self, request: web.Request) -> web.Response:
        four_k = any(arr.is_4k for arr in self._seerr.radarrs)
        return self.signed(
            {
                "initialized": True,
                "applicationTitle": "Seerr",
                "applicationUrl": "",
                "hideAvailable": False,
                "hideBlocklisted": False,
                "localLogin": True,
                "mediaServerLogin": True,
                "jellyfinExternalHost": "http://jellyfin.example.com",
                "jellyfinForgotPasswordUrl": "",
                "movie4kEnabled": four_k,
                "series4kEnabled": False,
                "discoverRegion": "",
                "streamingRegion": "US",
                "originalLanguage": "",
                "mediaServerType": 2,
                "partialRequestsEnabled": True,
                "enableSpecialEpisodes": False,
                "cacheImages": False,
                "vapidPublic": "",
                "enablePushRegistration": False,
                "locale": "en",
                "emailEnabled": False,
                "userEmailRequired": False,
                "newPlexLogin": True,
                "youtubeUrl": "",
            }
        )

    async def _me(self, request: web.Request) -> web.Response:
        return self.signed(shapes.user(self._person(request), settings=True))

    async def _users(self, request: web.Request) -> web.Response:
        users = list(self._seerr.world.users.values())
        rows = [shapes.user(user, settings=False) for user in users]
        return self._page(request, rows)

    def _page(
        self, request: web.Request, rows: list[JsonObject], extra: JsonObject | None = None
    ) -> web.Response:
        take = query_int(request, "take", 10) or 10
        skip = query_int(request, "skip", 0)
        shown = rows[skip : skip + take]
        if self._seerr.faults.short_pages:
            shown = shown[: len(shown) // 2]
        info = {
            "pages": -(-len(rows) // take),
            "pageSize": take,
            "results": len(rows),
            "page": skip // take + 1,
        }
        return self.signed({"pageInfo": info, "results": shown} | (extra or {}))

    # -- requests ------------------------------------------------------------------------------

    async def _list(self, request: web.Request) -> web.Response:
        for name in request.query:
            if name not in _LIST_QUERY:
                return _bad(f"Unknown query parameter '{name}'", f".query.{name}")
        wanted = request.query.get("filter", "all")
        sort = request.query.get("sort", "added")
        if wanted not in _FILTERS:
            return _bad(_one_of("filter", list(_FILTERS)), ".query.filter")
        if sort not in {"added", "modified"}:
            return _bad(_one_of("sort", ["added", "modified"]), ".query.sort")
        hidden = MediaStatus.BLOCKLISTED
        rows = [row for row in self._seerr.requests.values() if row.side.status is not hidden]
        rows = [row for row in rows if _FILTERS[wanted](row)]
        if by := request.query.get("requestedBy"):
            rows = [row for row in rows if str(row.requested_by.id) == by]
        kind = request.query.get("mediaType", "all")
        rows = [row for row in rows if kind in {"all", row.title.kind}]
        rows.sort(key=lambda row: row.id, reverse=request.query.get("sortDirection") != "asc")
        return self._request_page(request, rows)

    def _request_page(self, request: web.Request, rows: list[SeerrRequest]) -> web.Response:
        take = query_int(request, "take", 10) or 10
        skip = query_int(request, "skip", 0)
        page: list[JsonObject] = [{} for _ in rows]
        for index in range(skip, min(skip + take, len(rows))):
            page[index] = self._shown(rows[index], listed=True)
        errors = {"radarr": _unreachable(self._seerr.radarrs)}
        errors["sonarr"] = _unreachable(self._seerr.sonarrs)
        return self._page(request, page, {"serviceErrors": errors})

    def _shown(self, row: SeerrRequest, *, listed: bool = False) -> JsonObject:
        servers = self._seerr.servers(row.title)
        return shapes.request(row, servers, listed=listed, removable=listed)

    def _request(self, request: web.Request) -> SeerrRequest | None:
        text = request.match_info["id"]
        return self._seerr.requests.get(int(text)) if text.isdigit() else None

    async def _get(self, request: web.Request) -> web.Response:
        row = self._request(request)
        return self.signed(self._shown(row)) if row else _missing("Request not found.")

    async def _count(self, request: web.Request) -> web.Response:
        rows = self._seerr.requests.values()

        def count(test: Callable[[SeerrRequest], bool]) -> int:
            return sum(1 for row in rows if test(row))

        approved = RequestStatus.APPROVED
        return self.signed(
            {
                "total": len(rows),
                "movie": count(lambda row: row.title.kind == "movie"),
                "tv": count(lambda row: row.title.kind == "tv"),
                "pending": count(_FILTERS["pending"]),
                "approved": count(_FILTERS["approved"]),
                "declined": count(lambda row: row.status is RequestStatus.DECLINED),
                "processing": count(_FILTERS["processing"]),
                "available": count(lambda r: r.status is approved and r.side.status == 5),
                "completed": count(_FILTERS["completed"]),
            }
        )

    async def _create(self, request: web.Request) -> web.Response:
        body = await read_object(request)
        kind, tmdb = str(body.get("mediaType")), body.get("mediaId")
        if not isinstance(tmdb, int):
            text = "request.body should have required property 'mediaId'"
            return _bad(text, ".body.mediaId")
        title = self._seerr.world.title(kind, tmdb)
        if title is None:
            return json_response({"message": "[TMDB] Failed to fetch movie details"}, 500)
        seasons = body.get("seasons")
        wanted = [int(n) for n in seasons] if isinstance(seasons, list) else None
        if title.kind == "tv" and seasons is None:
            return json_response({"message": "seasons is not iterable"}, 500)
        try:
            row = await self._seerr.request(
                title,
                user=self._person(request).name,
                seasons=wanted,
                is_4k=body.get("is4k") is True,
                unchecked="is4k" not in body,
            )
        except SeerrRefusedError as refusal:
            return json_response({"message": refusal.message}, refusal.status)
        return json_response(self._shown(row), 201)

    async def _act(self, request: web.Request) -> web.Response:
        row = self._request(request)
        if row is None:
            return _missing("Request not found.")
        verb = request.match_info["verb"]
        if verb == "decline":
            await self._seerr.decline(row)
        else:
            await self._seerr.approve(row)
        return self.signed(self._shown(row))

    async def _delete(self, request: web.Request) -> web.Response:
        row = self._request(request)
        if row is None:
            return _missing("Request not found.")
        await self._seerr.delete_request(row)
        return web.Response(status=204)

    # -- media ---------------------------------------------------------------------------------

    def _media_of(self, request: web.Request) -> SeerrMedia | None:
        wanted = request.match_info["id"]
        rows = self._seerr.media.values()
        return next((media for media in rows if str(media.id) == wanted), None)

    async def _media_list(self, request: web.Request) -> web.Response:
        rows = sorted(self._seerr.media.values(), key=lambda media: -media.id)
        states = {"available": {5}, "partial": {4}, "allavailable": {4, 5}}
        states |= {"processing": {3}, "pending": {2}}
        wanted = states.get(request.query.get("filter", "all"))
        shown = [row for row in rows if wanted is None or int(row.standard.status) in wanted]
        servers = self._seerr.servers
        page = [shapes.media(row, servers(row.title), seasons=True) for row in shown]
        return self._page(request, page)

    async def _available(self, request: web.Request) -> web.Response:
        media = self._media_of(request)
        if media is None:
            return _missing("Media does not exist.")
        body = await read_object(request)
        seasons = body.get("seasons")
        numbers = [s["seasonNumber"] for s in seasons] if isinstance(seasons, list) else []
        self._seerr.mark_available(media, is_4k=body.get("is4k") is True, seasons=numbers)
        return self.signed(shapes.media(media, self._seerr.servers(media.title), seasons=True))

    async def _delete_media(self, request: web.Request) -> web.Response:
        media = self._media_of(request)
        if media is None:
            return _missing("Media not found")
        await self._seerr.delete_media(media)
        return web.Response(status=204)

    async def _delete_media_file(self, request: web.Request) -> web.Response:
        media = self._media_of(request)
        is_4k = request.query.get("is4k", "").lower() == "true"
        if media is None or not self._seerr.delete_media_file(media, is_4k=is_4k):
            return _missing("Media not found")  # also what it says of a server that is down
        return web.Response(status=204)

    async def _details(self, request: web.Request) -> web.Response:
        kind = "movie" if "/movie/" in request.path else "tv"
        number = request.match_info["id"]
        title = self._seerr.world.title(kind, int(number)) if number.isdigit() else None
        if title is None:
            noun = "movie" if kind == "movie" else "series"
            return json_response({"message": f"Unable to retrieve {noun}."}, 500)
        make = shapes.movie_details if kind == "movie" else shapes.tv_details
        body = make(title)
        media = self._seerr.media.get((kind, title.tmdb))
        return self.signed(body | ({"mediaInfo": self._media_info(media, title)} if media else {}))

    def _media_info(self, media: SeerrMedia, title: Title) -> JsonObject:
        servers = self._seerr.servers(title)
        rows = [r for r in self._seerr.requests.values() if r.media is media]
        body = shapes.media(media, servers, seasons=True)
        requests = [shapes.request(row, servers, listed=True) for row in rows]
        return body | {"requests": requests, "issues": [], "watchlists": []}

    async def _blocklist(self, request: web.Request) -> web.Response:
        return self._page(request, [])


def _forbidden() -> web.Response:
    text = "You do not have permission to access this endpoint"
    return json_response({"status": 403, "error": text}, 403)


def _unreachable(servers: Sequence[shapes.AnyArr]) -> list[JsonObject]:
    return [
        {"id": index, "name": arr.instance_name}
        for index, arr in enumerate(servers)
        if not arr.running
    ]


def _missing(message: str) -> web.Response:
    return json_response({"message": message}, 404)


def _one_of(name: str, allowed: list[str]) -> str:
    values = ", ".join(allowed)
    return f"request.query.{name} should be equal to one of the allowed values: {values}"


def _bad(message: str, path: str) -> web.Response:
    return json_response({"message": message, "errors": [{"path": path, "message": message}]}, 400)
