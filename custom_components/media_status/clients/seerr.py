"""Seerr (also Jellyseerr and Overseerr): requests, titles, its single webhook slot."""

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import ClassVar, Literal, NoReturn, override
from urllib.parse import unquote

import aiohttp
from yarl import URL

from .answer import Answer, message_text
from .base import BaseClient, Query
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
from .guard import Permit, Removal, Target, TargetKind
from .long_list import ListPart
from .readers import JsonObject, JsonValue, as_dict, as_id, as_int, as_text
from .safety import clean_message, clean_secret, safe_number
from .seerr_models import (
    MediaInfo,
    MediaRequest,
    SeerrDetails,
    SeerrMedia,
    SeerrRequest,
    SeerrStatus,
    build_application,
    build_details,
    build_media_info,
    build_request,
)
from .seerr_pages import Page, merged, read_all, read_newest

__all__ = [
    "CsrfRefused",
    "MediaInfo",
    "MediaRequest",
    "SeerrClient",
    "SeerrDetails",
    "SeerrMedia",
    "SeerrRequest",
    "SeerrStatus",
]

_API = "api/v1"
_WEBHOOK = f"{_API}/settings/notifications/webhook"
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

    removable: ClassVar[frozenset[TargetKind]] = frozenset(
        {TargetKind.SEERR_REQUEST, TargetKind.SEERR_MEDIA}
    )

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
        self._has_failed = True  # whether failed requests can be asked for

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
        self,
        method: str,
        path: str,
        json: JsonValue = None,
        timeout: float | None = None,
        *,
        removes: Removal | None = None,
    ) -> Answer:
        """Make a changing call; when CSRF protection is on, fetch its token and repeat once."""
        try:
            return await self._send_change(method, path, json, timeout, removes)
        except CsrfRefused:
            self._csrf = {}
        # Both cookies are marked Secure, so a cookie jar on plain http would keep them back.
        answer = await self._request("GET", f"{_API}/settings/public")
        self._csrf = dict(answer.cookies)
        return await self._send_change(method, path, json, timeout, removes)

    async def _send_change(
        self,
        method: str,
        path: str,
        json: JsonValue,
        timeout: float | None,
        removes: Removal | None,
    ) -> Answer:
        """Send a changing call with the CSRF token, if there is one."""
        headers: dict[str, str] = {}
        if self._csrf:
            headers["Cookie"] = "; ".join(f"{key}={value}" for key, value in self._csrf.items())
            headers["X-XSRF-TOKEN"] = unquote(self._csrf.get("XSRF-TOKEN", ""))
        return await self._request(
            method,
            path,
            json=json,
            headers=headers,
            mutating=True,
            removes=removes,
            timeout=timeout,
        )

    async def status(self) -> SeerrStatus:
        """Check address and key; return program and version as far as they can be told."""
        try:
            public = await self._get_object(f"{_API}/settings/public")
        except NotFound, NotJson:
            public = {}
        if "initialized" not in public:
            raise WrongService("this is not Seerr, Jellyseerr or Overseerr")
        self._has_failed = True  # it may have been updated
        await self._get_object(f"{_API}/auth/me")  # what came before needs no key
        version = await self._version()
        return SeerrStatus(
            version=version,
            application=build_application(version, public),
            title=as_text(public.get("applicationTitle")),
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

    async def requests(self, *, last_id: int | None = None) -> list[SeerrRequest]:
        """Return all open requests and the newest of all, newest first; older ones are history.

        The newest are one page, and what else is newer than `last_id`.
        """
        # In the order in which a request moves on, so that it is not missed on its way.
        rows = await read_all(partial(self._request_page, "pending"))
        rows += await self._failed_rows()
        rows += await read_all(partial(self._request_page, "approved"))
        rows += await read_newest(partial(self._request_page, "all"), last_id)
        found = await self._project(merged(rows), build_request)
        return sorted(found, key=lambda request: request.id, reverse=True)

    async def _failed_rows(self) -> list[JsonValue]:
        """Return failed requests; an old Overseerr has neither them nor their filter."""
        if not self._has_failed:
            return []
        try:
            return await read_all(partial(self._request_page, "failed"))
        except Refused as err:
            if err.status != HTTPStatus.BAD_REQUEST:
                raise
        self._has_failed = False
        return []

    async def _request_page(self, wanted: str, take: int, skip: int) -> Page:
        """Read one page of a filtered list; return the total count and the page's rows."""
        # `sortDirection` is left out: Overseerr refuses it, and descending is the default.
        query: Query = {"take": str(take), "skip": str(skip), "filter": wanted, "sort": "added"}
        answer = await self._request("GET", f"{_API}/request", query=query, timeout=_LIST_TIMEOUT)
        raw = answer.json_object()
        count = as_int(as_dict(raw.get("pageInfo")).get("results"))
        results = raw.get("results")
        if count is None or count < 0 or not isinstance(results, list):
            raise BadAnswer("the list of requests has an unknown form")
        return count, results

    async def media_rows[T](
        self, build: Callable[[JsonValue], T], *, take: int, skip: int
    ) -> ListPart[T]:
        """Return what `build` (in a worker thread) makes of titles, newest first."""
        return await self._rows("media", build, take=take, skip=skip)

    async def request_rows[T](
        self, build: Callable[[JsonValue], T], *, take: int, skip: int
    ) -> ListPart[T]:
        """Return what `build` (in a worker thread) makes of requests, newest first."""
        return await self._rows("request", build, take=take, skip=skip)

    async def _rows[T](
        self, name: str, build: Callable[[JsonValue], T], *, take: int, skip: int
    ) -> ListPart[T]:
        query = {"take": str(take), "skip": str(skip), "filter": "all", "sort": "added"}
        path, total = f"{_API}/{name}", ("pageInfo", "results")
        return await self._get_list(path, build, query=query, member="results", total=total)

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

    async def retry(self, request_id: int) -> bool:
        """Have a failed request handed over again; return False when it does not exist any more.

        It is answered before Radarr or Sonarr was asked: whether they took it, a look tells.
        """
        try:
            await self._change("POST", f"{_API}/request/{safe_number(request_id)}/retry")
        except NotFound:
            return False
        return True

    async def details(self, media_type: Literal["movie", "tv"], tmdb_id: int) -> SeerrDetails:
        """Return a title's details; NotFound when TMDB does not have it."""
        kind = "tv" if media_type == "tv" else "movie"
        return build_details(await self._get_object(f"{_API}/{kind}/{safe_number(tmdb_id)}"))

    async def media_info(
        self, media_type: Literal["movie", "tv"], tmdb_id: int
    ) -> MediaInfo | None:
        """Return what Seerr has of a title: its record and all requests, HD and 4K.

        None when it has nothing, so that it can be requested; an unknown title is no answer.
        """
        kind = "tv" if media_type == "tv" else "movie"
        path = f"{_API}/{kind}/{safe_number(tmdb_id)}"
        try:
            raw = await self._get_object(path)
        except NotFound:
            raise BadAnswer("Seerr could not look the title up") from None
        info = raw.get("mediaInfo")
        if info is None and as_id(raw.get("id")) == tmdb_id:
            return None
        found = build_media_info(as_dict(info))
        if found is None or found.tmdb_id != tmdb_id:
            raise BadAnswer("the title has an unknown form")
        return found

    async def delete_request(self, permit: Permit, request_id: int) -> None:
        """Delete one request and nothing else; NotFound when it is gone already."""
        await self._delete(permit, TargetKind.SEERR_REQUEST, "request", request_id)

    async def delete_media(self, permit: Permit, media_id: int) -> None:
        """Delete the record of a title with ALL its requests and issues, HD and 4K.

        What the record must not take along, the caller sees in `media_info`. No file is touched,
        nothing happens in Radarr and Sonarr. NotFound when it is gone already.
        """
        await self._delete(permit, TargetKind.SEERR_MEDIA, "media", media_id)

    async def _delete(self, permit: Permit, kind: TargetKind, path: str, number: int) -> None:
        """Delete one thing by a permit; CsrfRefused when even the token does not help."""
        name = safe_number(number)
        removes = Removal(permit=permit, targets=(Target(kind=kind, id=name),))
        await self._change("DELETE", f"{_API}/{path}/{name}", removes=removes)

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
