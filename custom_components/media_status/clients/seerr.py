"""Seerr (also Jellyseerr and Overseerr): requests, titles, its single webhook slot."""

from http import HTTPStatus
from typing import ClassVar, Literal, NoReturn, override
from urllib.parse import unquote

import aiohttp
from yarl import URL

from .base import Answer, BaseClient, Query, message_text
from .errors import (
    AuthError,
    BadAnswer,
    ClientError,
    Forbidden,
    NotFound,
    NotJson,
    Refused,
    WrongService,
)
from .readers import JsonObject, JsonValue, as_dict, as_id, as_int, as_text
from .safety import clean_message, clean_secret, safe_number
from .seerr_models import (
    SeerrDetails,
    SeerrMedia,
    SeerrRequest,
    SeerrSeason,
    SeerrServer,
    SeerrStatus,
    build_application,
    build_details,
    build_request,
    build_server,
)

__all__ = [
    "CsrfRefused",
    "SeerrClient",
    "SeerrDetails",
    "SeerrMedia",
    "SeerrRequest",
    "SeerrSeason",
    "SeerrServer",
    "SeerrStatus",
]

_API = "api/v1"
_WEBHOOK = f"{_API}/settings/notifications/webhook"
_READ_TRIES = 3
_MAX_PAGES = 1000
# The list asks every Radarr and Sonarr first; one that hangs costs 10 s each.
_LIST_TIMEOUT = 60.0
# `/status` asks GitHub without a time limit of its own.
_STATUS_TIMEOUT = 5.0
# A test waits for our own answer to Seerr's call.
_TEST_TIMEOUT = 60.0


class CsrfRefused(Forbidden):
    """Seerr's CSRF protection is on and wants its token."""


class SeerrClient(BaseClient):
    """Seerr 3, Jellyseerr, Overseerr over API v1."""

    service: ClassVar[str] = "seerr"

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str | URL,
        api_key: str,
        *,
        verify_ssl: bool = True,
    ) -> None:
        """Prepare calls with the API key, which acts as the owner."""
        super().__init__(session, url, verify_ssl=verify_ssl)
        self._api_key = clean_secret(api_key)
        self._secrets = (self._api_key,)
        self._csrf: dict[str, str] = {}

    @override
    def _headers(self) -> dict[str, str]:
        """Add the key."""
        return {**super()._headers(), "X-Api-Key": self._api_key}

    @override
    def _refuse_access(self, answer: Answer) -> NoReturn:
        """Tell a wrong key from a missing right and from CSRF protection."""
        try:
            raw = as_dict(answer.json())
        except BadAnswer:
            raw = {}
        text = message_text(raw)
        if answer.status == HTTPStatus.FORBIDDEN and "csrf" in text.lower():
            raise CsrfRefused("CSRF protection refused the call")
        if "message" in raw and "connect.sid" not in text:
            raise Forbidden(clean_message(text, self._secrets))
        raise AuthError

    async def _change(
        self, method: str, path: str, json: JsonValue = None, timeout: float | None = None
    ) -> Answer:
        """Make a changing call; when CSRF protection is on, fetch its token and repeat once."""
        try:
            return await self._send_change(method, path, json, timeout)
        except CsrfRefused:
            self._csrf = {}
        # Both cookies are marked Secure, so a cookie jar on plain http would keep them back.
        answer = await self._request("GET", f"{_API}/settings/public")
        self._csrf = dict(answer.cookies)
        return await self._send_change(method, path, json, timeout)

    async def _send_change(
        self, method: str, path: str, json: JsonValue, timeout: float | None
    ) -> Answer:
        """Send a changing call with the CSRF token, if there is one."""
        headers: dict[str, str] = {}
        if self._csrf:
            headers["Cookie"] = "; ".join(f"{key}={value}" for key, value in self._csrf.items())
            headers["X-XSRF-TOKEN"] = unquote(self._csrf.get("XSRF-TOKEN", ""))
        return await self._request(
            method, path, json=json, headers=headers, mutating=True, timeout=timeout
        )

    async def status(self) -> SeerrStatus:
        """Check address and key; return program and version as far as they can be told."""
        try:
            public = await self._get_object(f"{_API}/settings/public")
        except NotFound, NotJson:
            public = {}
        if "initialized" not in public:
            raise WrongService("this is not Seerr, Jellyseerr or Overseerr")
        me = await self._get_object(f"{_API}/auth/me")
        version = await self._version()
        return SeerrStatus(
            version=version,
            application=build_application(version, public),
            title=as_text(public.get("applicationTitle")),
            user_id=as_id(me.get("id")),
        )

    async def _version(self) -> str:
        """Return the version, empty when the server waits for GitHub."""
        try:
            answer = await self._request("GET", f"{_API}/status", timeout=_STATUS_TIMEOUT)
            return as_text(answer.json_object().get("version"))
        except AuthError:
            raise
        except ClientError:
            return ""

    async def requests(self, *, take: int = 200, since_id: int | None = None) -> list[SeerrRequest]:
        """Return all requests, newest first; never a part of them.

        With `since_id` only newer ones are read, as far as their pages go.
        """
        for _ in range(_READ_TRIES):
            rows = await self._request_rows(take, since_id)
            if rows is not None:
                found = await self._project(rows, build_request)
                return found if since_id is None else [r for r in found if r.id > since_id]
        raise BadAnswer("the requests kept changing while they were read")

    async def _request_rows(self, take: int, since_id: int | None) -> list[JsonValue] | None:
        """Read the pages; None when the list changed between two of them."""
        rows: list[JsonValue] = []
        seen: set[int] = set()
        total: int | None = None
        for _ in range(_MAX_PAGES):
            count, page = await self._request_page(take, len(rows))
            ids = {key for row in page if (key := as_id(as_dict(row).get("id"))) is not None}
            if (total is not None and count != total) or ids & seen:
                return None
            total = count
            seen |= ids
            rows += page
            if len(rows) >= total or (since_id is not None and ids and min(ids) <= since_id):
                return rows
            if not page:
                return None
        raise BadAnswer("the list of requests has too many pages")

    async def _request_page(self, take: int, skip: int) -> tuple[int, list[JsonValue]]:
        """Read one page; return the total count and the page's rows."""
        # `sortDirection` is left out: Overseerr refuses it, and descending is the default.
        query: Query = {"take": str(take), "skip": str(skip), "filter": "all", "sort": "added"}
        answer = await self._request("GET", f"{_API}/request", query=query, timeout=_LIST_TIMEOUT)
        raw = answer.json_object()
        count = as_int(as_dict(raw.get("pageInfo")).get("results"))
        results = raw.get("results")
        if count is None or count < 0 or not isinstance(results, list):
            raise BadAnswer("the list of requests has an unknown form")
        return count, results

    async def request(self, request_id: int) -> SeerrRequest | None:
        """Return one request, None when it does not exist (any more)."""
        try:
            raw = await self._get_object(f"{_API}/request/{safe_number(request_id)}")
        except NotFound:
            return None
        found = build_request(raw)
        if found is None:
            raise BadAnswer("the request has an unknown form")
        return found

    async def details(self, media_type: Literal["movie", "tv"], tmdb_id: int) -> SeerrDetails:
        """Return a title's details; NotFound when TMDB does not have it."""
        kind = "tv" if media_type == "tv" else "movie"
        return build_details(await self._get_object(f"{_API}/{kind}/{safe_number(tmdb_id)}"))

    async def webhook_settings(self) -> JsonObject:
        """Return the webhook slot as it is (holds secrets)."""
        return await self._get_object(_WEBHOOK)

    async def save_webhook(self, settings: JsonObject) -> JsonObject:
        """Replace the webhook slot; return what was stored."""
        return (await self._change("POST", _WEBHOOK, settings)).json_object()

    async def test_webhook(self, settings: JsonObject) -> bool:
        """Let Seerr send a test with these settings; False when the receiver did not take it."""
        try:
            await self._change("POST", f"{_WEBHOOK}/test", settings, _TEST_TIMEOUT)
        except Refused as err:
            if err.status == HTTPStatus.INTERNAL_SERVER_ERROR:
                return False
            raise
        return True

    async def servers(self, kind: Literal["radarr", "sonarr"]) -> list[SeerrServer]:
        """Return the configured Radarr or Sonarr servers without their keys."""
        rows = await self._get_objects(f"{_API}/settings/{kind}")
        return [server for row in rows if (server := build_server(row)) is not None]
