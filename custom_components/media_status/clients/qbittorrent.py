"""qBittorrent 4.1 to 5.3: sign-in, the incremental list of torrents, deletion."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
import re
from typing import ClassVar, NoReturn, override

import aiohttp
from yarl import URL

from .answer import Answer
from .base import BaseClient, Form, Query
from .errors import AuthError, BadAnswer, Forbidden, NotFound, TooOld, WrongService
from .guard import Permit, Removal, Target, TargetKind
from .json_stream import load_json_object
from .qbittorrent_details import (
    ListedTorrent,
    SeedingLimits,
    TorrentDetails,
    TorrentFile,
    build_file,
    build_listed,
    file_paths,
    limits_of,
    private_flag,
    suspects,
)
from .qbittorrent_models import MainData, QbtVersion, ServerState, Torrent
from .qbittorrent_state import SyncState, fits, merge
from .readers import JsonObject, as_dict, as_int
from .safety import clean_secret, safe_torrent_id

__all__ = [
    "MainData",
    "QBittorrentClient",
    "QbtVersion",
    "SeedingLimits",
    "ServerState",
    "Torrent",
    "TorrentDetails",
    "TorrentFile",
]

_API = "api/v2"
_VERSION = re.compile(r"v?(\d+\.\d+\S*)")
_BANNED = "banned"
# Beyond these a full list is read and merged in a worker thread.
_BIG_ANSWER = 128 * 1024
_MANY_TORRENTS = 50


class _SessionRefused(AuthError):
    """A call was refused for want of a valid session (403)."""


class QBittorrentClient(BaseClient):
    """qBittorrent over Web API v2, by API key, by sign-in, or with neither (bypass)."""

    removable: ClassVar[frozenset[TargetKind]] = frozenset({TargetKind.TORRENT})

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str | URL,
        *,
        username: str | None = None,
        password: str | None = None,
        api_key: str | None = None,
        verify_ssl: bool = True,
    ) -> None:
        """Prepare calls; an API key (5.2 and later) wins over user name and password."""
        super().__init__(session, url, verify_ssl=verify_ssl)
        self._api_key = clean_secret(api_key) if api_key else None
        self._username = None if self._api_key else username
        self._password = password or ""
        self._secrets = tuple(text for text in (self._api_key, password) if text)
        self._cookies: dict[str, str] = {}
        self._session_number = 0
        self._sign_in_lock = asyncio.Lock()
        self._sync_lock = asyncio.Lock()
        self._signed_in = False
        self._rejected = False
        self._state = SyncState()

    @override
    def _headers(self) -> dict[str, str]:
        """Add the key or the session's cookies, whatever their names."""
        headers = super()._headers()
        if self._api_key:
            headers["Authorization"] = f"Bearer {self._api_key}"
        elif self._cookies:
            headers["Cookie"] = "; ".join(f"{k}={v}" for k, v in self._cookies.items())
        return headers

    @override
    def _refuse_access(self, answer: Answer) -> NoReturn:
        """Tell a missing session from a ban and from Host header protection."""
        if answer.status == HTTPStatus.UNAUTHORIZED:
            raise Forbidden(
                "qBittorrent refuses this address: its Host header validation wants its own port"
            )
        if _BANNED in answer.text:
            raise AuthError("too many failed sign-ins: shut out for a while", banned=True)
        raise _SessionRefused("the sign-in was not accepted")

    async def _call(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        form: Form | None = None,
        removes: Removal | None = None,
    ) -> Answer:
        """Make a call in a session; when the session is over, sign in once and repeat."""
        number = await self._ensure_session(None)
        try:
            return await self._call_once(method, path, query, form, removes)
        except _SessionRefused:
            if self._username is None:
                raise
        await self._ensure_session(number)
        return await self._call_once(method, path, query, form, removes)

    async def _call_once(
        self,
        method: str,
        path: str,
        query: Query | None,
        form: Form | None,
        removes: Removal | None,
    ) -> Answer:
        """Make a call and keep the cookies of its answer (the session's name and age change)."""
        number = self._session_number
        answer = await self._request(method, path, query=query, form=form, removes=removes)
        if answer.cookies and not self._api_key and number == self._session_number:
            self._keep(answer.cookies)
        return answer

    def _keep(self, cookies: Mapping[str, str]) -> None:
        """Keep the cookies of an answer."""
        self._cookies |= {name: value for name, value in cookies.items() if value}

    async def _ensure_session(self, refused: int | None) -> int:
        """Sign in when there is no session, or when session number `refused` is over."""
        if self._username is None:
            return self._session_number
        async with self._sign_in_lock:
            if not self._signed_in or refused == self._session_number:
                await self._sign_in()
            return self._session_number

    async def _sign_in(self) -> None:
        """Sign in; a rejected password is never tried a second time (five tries are a ban)."""
        if self._rejected:
            raise AuthError("user name or password was not accepted")
        self._cookies = {}
        self._signed_in = False
        self._session_number += 1
        self._state = replace(self._state, rid=0)
        form = {"username": self._username or "", "password": self._password}
        try:
            answer = await self._request("POST", f"{_API}/auth/login", form=form, mutating=False)
            refused = answer.text.strip() == "Fails."
        except Forbidden:
            refused = True
            await self._check_address()
        except _SessionRefused:
            refused = True
        if refused:
            self._rejected = True
            raise AuthError("user name or password was not accepted")
        self._keep(answer.cookies)
        self._signed_in = True

    async def _check_address(self) -> None:
        """Raise Forbidden when not the password but the address is refused (also 401)."""
        try:
            await self._request("GET", f"{_API}/app/version")
        except _SessionRefused:
            return

    async def version(self) -> QbtVersion:
        """Return the version; WrongService or TooOld when it is not ours to talk to."""
        try:
            app = (await self._call("GET", f"{_API}/app/version")).text.strip()
            web_api = (await self._call("GET", f"{_API}/app/webapiVersion")).text.strip()
        except NotFound:
            app, web_api = "", ""
        match = _VERSION.fullmatch(app)
        if match is None or _VERSION.fullmatch(web_api) is None:
            raise WrongService("this is not qBittorrent")
        if (as_int(web_api.partition(".")[0]) or 0) < 2:
            raise TooOld(match[1])
        return QbtVersion(app=match[1])

    async def maindata(self) -> MainData:
        """Return all torrents; only what changed since the previous call goes over the wire."""
        async with self._sync_lock:
            answer = await self._sync()
            if not fits(self._state, answer):
                # Changes to a state that we do not have: start over.
                self._state = replace(self._state, rid=0)
                answer = await self._sync()
            if len(as_dict(answer.get("torrents"))) > _MANY_TORRENTS:
                merged = await asyncio.to_thread(merge, self._state, answer, threaded=True)
            else:
                merged = merge(self._state, answer)
            self._state = merged.state
            self.dropped += merged.dropped
            return merged.data

    async def _sync(self) -> JsonObject:
        """Ask for the changes since the last answer; refuse what is no such answer."""
        await self._ensure_session(None)
        query = {"rid": str(self._state.rid)}
        answer = await self._call("GET", f"{_API}/sync/maindata", query=query)
        raw = (
            answer.json_object()
            if sum(map(len, answer.chunks)) < _BIG_ANSWER
            else await asyncio.to_thread(load_json_object, answer.chunks, "torrents")
        )
        torrents, removed = raw.get("torrents", {}), raw.get("torrents_removed", [])
        if (
            as_int(raw.get("rid")) is None
            or not isinstance(torrents, dict)
            or not isinstance(removed, list)
        ):
            raise BadAnswer("the list of torrents has an unknown form")
        return raw

    async def details_of(self, names: Collection[str]) -> list[TorrentDetails]:
        """Return the torrents that bear one of these ids or hashes, with all a deletion must know.

        One list of all torrents; then for each that is meant, and each that may share its data,
        its files. A torrent that vanishes meanwhile is left out.
        """
        wanted = {name.lower() for name in names if name.strip()}
        if not wanted:
            return []
        answer = await self._call("GET", f"{_API}/torrents/info")
        rows = await self._project(answer.json_list(), build_listed)
        everybody = {row.torrent.hash: row for row in rows}
        meant = [row for row in rows if row.torrent.ids & wanted]
        if not meant:
            return []
        answered = answer.server_time or datetime.now(UTC)
        preferences = (await self._call("GET", f"{_API}/app/preferences")).json_object()
        found = [await self._details(row, everybody, preferences, answered) for row in meant]
        return [details for details in found if details is not None]

    async def torrent_details(self, torrent_id: str) -> TorrentDetails | None:
        """Return one torrent with all a deletion must know, None when it is not there."""
        name = safe_torrent_id(torrent_id)
        found = await self.details_of([name])
        return next((details for details in found if details.torrent.hash == name), None)

    async def _details(
        self,
        listed: ListedTorrent,
        everybody: Mapping[str, ListedTorrent],
        preferences: JsonObject,
        now: datetime,
    ) -> TorrentDetails | None:
        """Look closely at one torrent of the list; None when it vanished meanwhile."""
        key = listed.torrent.hash
        files, properties = await self._files(key), await self._properties(listed)
        if files is None or properties is None:
            return None
        paths = file_paths(listed, files)
        sharers, unsure = suspects(listed, paths, everybody)
        for other in sorted(unsure):
            theirs = await self._files(other)
            if theirs is not None and file_paths(everybody[other], theirs) & paths:
                sharers |= {other}
        active = as_int(listed.raw.get("last_activity"))
        return TorrentDetails(
            torrent=listed.torrent,
            private=private_flag(listed.raw, properties),
            seeding_seconds=max(as_int(listed.raw.get("seeding_time")) or 0, 0),
            idle_seconds=max(int(now.timestamp()) - active, 0) if active else None,
            limits=limits_of(listed.raw, preferences),
            files=files,
            shares_with=sharers,
        )

    async def _files(self, key: str) -> tuple[TorrentFile, ...] | None:
        """Return a torrent's files, None when there is no such torrent."""
        query = {"hash": safe_torrent_id(key)}
        try:
            answer = await self._call("GET", f"{_API}/torrents/files", query=query)
        except NotFound:
            return None
        return tuple(await self._project(answer.json_list(), build_file))

    async def _properties(self, listed: ListedTorrent) -> JsonObject | None:
        """Return what only the torrent's own page says, None when there is no such torrent.

        The list says itself whether a torrent is private from 5.0 on.
        """
        if private_flag(listed.raw) is not None:
            return {}
        query = {"hash": safe_torrent_id(listed.torrent.hash)}
        try:
            answer = await self._call("GET", f"{_API}/torrents/properties", query=query)
        except NotFound:
            return None
        return answer.json_object()

    async def delete_torrent(self, permit: Permit, torrent_id: str, *, delete_files: bool) -> None:
        """Delete one torrent, with or without its data; an unknown one is no error here.

        `torrent_id` is its id in qBittorrent: the first 40 hex digits, whatever the torrent's kind.
        """
        name = safe_torrent_id(torrent_id)
        form = {"hashes": name, "deleteFiles": "true" if delete_files else "false"}
        target = Target(kind=TargetKind.TORRENT, id=name)
        removes = Removal(permit=permit, targets=(target,), files=delete_files)
        try:
            await self._call("POST", f"{_API}/torrents/delete", form=form, removes=removes)
        except NotFound:
            # It answers so for no torrent: the address is not qBittorrent's any more.
            raise BadAnswer("qBittorrent does not know this call") from None
