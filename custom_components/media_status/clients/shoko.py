"""Shoko 5 and 6: files and what they are; the event hub of it is in `signalr`."""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import ClassVar, NoReturn, override

import aiohttp
from yarl import URL

from .answer import Answer
from .base import BaseClient, Query
from .errors import (
    AuthError,
    BadAnswer,
    Forbidden,
    NotFound,
    NotJson,
    Refused,
    ServerBusy,
    TooOld,
    WrongService,
)
from .guard import Permit, Removal, Target, TargetKind
from .long_list import ListPart
from .readers import JsonObject, JsonValue, as_int, as_str, as_text, project
from .safety import clean_message, clean_secret, safe_number
from .shoko_models import (
    CrossReference,
    Dialect,
    FileList,
    FileLocation,
    FileState,
    ShokoEpisode,
    ShokoFile,
    ShokoFolder,
    ShokoInfo,
    ShokoQueue,
    build_episode,
    build_file,
    build_folder,
    build_queue,
    major_version,
    server_version,
)
from .signalr import SignalRClient

__all__ = [
    "CrossReference",
    "Dialect",
    "FileList",
    "FileLocation",
    "FileState",
    "ShokoClient",
    "ShokoEpisode",
    "ShokoFile",
    "ShokoFolder",
    "ShokoInfo",
    "ShokoQueue",
]

_OLDEST = 5
_DEVICE = "Home Assistant"
# Each version knows some of them and ignores the others.
_FEEDS = "shoko,metadata,file,release,queue"
_LIST_LIMIT = 1000
_LIST_TIMEOUT = 60.0
_STATES = frozenset({"Waiting", "Starting", "Started", "Failed"})


class ShokoClient(BaseClient):
    """Shoko with the key of one of its users."""

    removable: ClassVar[frozenset[TargetKind]] = frozenset({TargetKind.SHOKO_FILE})

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str | URL,
        api_key: str = "",
        *,
        verify_ssl: bool = True,
    ) -> None:
        """Prepare calls; without a key only `sign_in` makes sense."""
        super().__init__(session, url, verify_ssl=verify_ssl)
        self._key = clean_secret(api_key)
        self._secrets = (self._key,)
        self._dialect: Dialect | None = None

    @override
    def _headers(self) -> dict[str, str]:
        """Add the key in the only header that every version accepts."""
        return {**super()._headers(), **self._key_header()}

    def _key_header(self) -> dict[str, str]:
        return {"apikey": self._key} if self._key else {}

    @override
    def _refuse_access(self, answer: Answer) -> NoReturn:
        """Tell a wrong key (401) from a missing right (403)."""
        if answer.status == HTTPStatus.FORBIDDEN:
            raise Forbidden("this needs the key of an administrator of Shoko")
        raise AuthError

    def hub(self) -> SignalRClient:
        """Return what listens to Shoko's events; the key goes in a header, never in the address."""
        url = (self._base / "signalr/aggregate").with_query(feeds=_FEEDS)
        return SignalRClient(
            self._session, url, headers=self._key_header(), verify_ssl=self._verify_ssl
        )

    async def info(self) -> ShokoInfo:
        """Check address, version and key; WrongService or TooOld when it is not ours to talk to.

        While it starts this is ServerBusy, and a failed start is Refused with Shoko's own words.
        """
        version, dialect = await self._read_version()
        await self.check_started()
        is_admin = True
        try:
            await self.folders()
        except Forbidden:
            is_admin = False
        return ShokoInfo(version=version, dialect=dialect, is_admin=is_admin)

    async def check_started(self) -> None:
        """Raise ServerBusy or Refused unless Shoko has started; the cheapest call there is."""
        try:
            raw = await self._get_object("api/v3/Init/Status")
        except NotFound, NotJson:
            raise WrongService("this is not Shoko") from None
        state = as_str(raw.get("State"))
        if state not in _STATES:
            raise BadAnswer("the state of the server has an unknown form")
        if state == "Failed":
            text = clean_message(as_text(raw.get("StartupMessage")), self._secrets)
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, text or "Shoko could not start")
        if state != "Started":
            raise ServerBusy

    async def _read_version(self) -> tuple[str, Dialect]:
        """Ask for the version, which needs no key, and speak accordingly from now on."""
        try:
            answer = await self._request("GET", "api/v3/Init/Version")
            version = server_version(answer.json())
        except NotFound, NotJson:
            version = None
        if version is None:
            raise WrongService("this is not Shoko")
        major = major_version(version)
        if major is None:
            raise BadAnswer("the version of Shoko has an unknown form")
        if major < _OLDEST:
            raise TooOld(clean_message(version))
        self._dialect = Dialect.V5 if major == _OLDEST else Dialect.V6
        return clean_message(version), self._dialect

    async def _is_v6(self) -> bool:
        """Return whether the newer words are spoken."""
        dialect = self._dialect or (await self._read_version())[1]
        return dialect is Dialect.V6

    async def sign_in(self, user: str, password: str) -> str:
        """Return the key of a user for this device; AuthError for a wrong name or password.

        The same device always has the same key, so signing in again locks nobody out.
        """
        body: JsonObject = {"user": user, "pass": password, "device": _DEVICE}
        try:
            answer = await self._call("POST", "api/auth", json=body)
            raw = answer.json_object()
        except NotFound, NotJson:
            raise WrongService("this is not Shoko") from None
        key = as_str(raw.get("apikey"))
        if key is None:
            raise BadAnswer("signing in gave no key")
        return key

    async def _call(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        json: JsonValue = None,
        removes: Removal | None = None,
        timeout: float | None = None,
    ) -> Answer:
        """Make a call that needs a key.

        While Shoko starts it knows no keys at all: then a refused one says nothing about the key.
        """
        try:
            return await self._request(
                method, path, query=query, json=json, removes=removes, timeout=timeout
            )
        except (AuthError, Forbidden) as err:
            refusal = err
        await self.check_started()
        raise refusal

    async def folders(self) -> list[ShokoFolder]:
        """Return the folders that Shoko watches."""
        path = "api/v3/ManagedFolder" if await self._is_v6() else "api/v3/ImportFolder"
        rows = (await self._call("GET", path)).json_list()
        return await self._project(rows, build_folder)

    async def files_by_path(self, suffix: str, limit: int = 10) -> list[ShokoFile]:
        """Return the files whose path ends so, whatever its case.

        The end of a path is compared letter by letter: begin with a separator.
        """
        query = {"path": suffix, "limit": str(limit), **await self._with_references()}
        rows = (await self._call("GET", "api/v3/File/PathEndsWith", query=query)).json_list()
        return await self._project(rows, build_file)

    async def file(self, file_id: int) -> ShokoFile | None:
        """Return a file with what it is, None when there is no such file."""
        path = f"api/v3/File/{safe_number(file_id)}"
        try:
            answer = await self._call("GET", path, query=await self._with_references())
        except NotFound:
            return None
        file = build_file(answer.json_object())
        if file is None:
            raise BadAnswer("the file has an unknown form")
        return file

    async def _with_references(self) -> dict[str, str]:
        return {"include": "XRefs"} if await self._is_v6() else {"includeXRefs": "true"}

    async def unrecognised(self) -> FileList:
        """Return the newest files that AniDB does not know (or not yet), at most a thousand."""
        query = {
            "include_only": "Unrecognized",
            "pageSize": str(_LIST_LIMIT),
            "sortOrder": "-CreatedAt",
        }
        answer = await self._call("GET", "api/v3/File", query=query, timeout=_LIST_TIMEOUT)
        files, total, count = await asyncio.to_thread(_read_files, answer)
        self._count_dropped(count - len(files), count)
        return FileList(files=tuple(files), is_complete=count >= total)

    async def file_rows[T](
        self, build: Callable[[JsonValue], T], *, page: int, size: int, newest_first: bool = False
    ) -> ListPart[T]:
        """Return what `build` (in a worker thread) makes of a page of files with what they are.

        Pages are counted from 1 and hold at most a thousand.
        """
        query = {
            "include": "XRefs,AbsolutePaths",
            "pageSize": str(size),
            "page": str(page),
            "sortOrder": "-CreatedAt" if newest_first else "CreatedAt",
        }
        return await self._rows_of_files(build, query)

    async def unrecognised_rows[T](self, build: Callable[[JsonValue], T]) -> ListPart[T]:
        """Return what `build` makes of the newest files that are not matched: a thousand."""
        query = {
            "include_only": "Unrecognized",
            "pageSize": str(_LIST_LIMIT),
            "sortOrder": "-CreatedAt",
        }
        return await self._rows_of_files(build, query)

    async def file_row[T](self, file_id: int, build: Callable[[JsonValue], T]) -> T | None:
        """Return what `build` makes of one file with what it is; None when it is gone."""
        query = {"include": "XRefs,AbsolutePaths", "includeXRefs": "true"}
        try:
            answer = await self._call("GET", f"api/v3/File/{safe_number(file_id)}", query=query)
        except NotFound:
            return None
        return build(answer.json())

    async def _rows_of_files[T](self, build: Callable[[JsonValue], T], query: Query) -> ListPart[T]:
        try:
            return await self._get_list(
                "api/v3/File", build, query=query, member="List", total=("Total",)
            )
        except (AuthError, Forbidden) as err:
            refusal = err
        await self.check_started()
        raise refusal

    async def series_episodes(self, series_id: int) -> list[ShokoEpisode] | None:
        """Return the episodes of a series that have files, with these.

        None when there is no such series, or none that the key's user may see.
        """
        query = {
            "pageSize": "0",
            "includeMissing": "false",
            "includeHidden": "true",
            "includeUnaired": "true",  # a file of one that airs tomorrow, or nobody knows when
            "includeFiles": "true",
            "includeXRefs": "true",
            "includeDataFrom": "AniDB",
        }
        path = f"api/v3/Series/{safe_number(series_id)}/Episode"
        try:
            answer = await self._call("GET", path, query=query, timeout=_LIST_TIMEOUT)
        except NotFound, Forbidden:
            return None
        episodes, total, count = await asyncio.to_thread(_read_episodes, answer)
        if count < total:
            raise BadAnswer("the list of episodes is cut off")
        self._count_dropped(count - len(episodes), count)
        return episodes

    async def queue(self) -> ShokoQueue:
        """Return how much Shoko still has to do."""
        raw = (await self._call("GET", "api/v3/Queue")).json_object()
        queue = build_queue(raw)
        if queue is None:
            raise BadAnswer("the queue has an unknown form")
        return queue

    async def file_state(self, file_id: int) -> FileState:
        """Return whether Shoko knows a file, and how many of its places it can reach.

        A look at one record starts no scan: a place counts as reachable as long as it is there.
        """
        file = await self.file(file_id)
        if file is None:
            return FileState(is_known=False, places=0, reachable=0)
        return FileState(
            is_known=True,
            places=len(file.locations),
            reachable=sum(location.is_accessible for location in file.locations),
        )

    async def file_count(self) -> int:
        """Return how many files of series Shoko counts."""
        raw = (await self._call("GET", "api/v3/Dashboard/Stats")).json_object()
        count = as_int(raw.get("FileCount"))
        if count is None or count < 0:
            raise BadAnswer("the statistics have an unknown form")
        return count

    async def delete_file_record(self, permit: Permit, file_id: int) -> None:
        """Forget one file; NotFound when it is forgotten already. The disk is never touched.

        Shoko deletes from the disk by default, so both parameters are always sent. What becomes of
        AniDB's MyList is Shoko's own setting.
        """
        name = safe_number(file_id)
        target = Target(kind=TargetKind.SHOKO_FILE, id=name)
        await self._call(
            "DELETE",
            f"api/v3/File/{name}",
            query={"removeFiles": "false", "removeFolder": "false"},
            removes=Removal(permit=permit, targets=(target,)),
            timeout=_LIST_TIMEOUT,
        )

    async def rescan(self, file_id: int) -> bool:
        """Let Shoko ask AniDB about a file once more; False when there is no such file."""
        try:
            await self._call("POST", f"api/v3/File/{safe_number(file_id)}/Rescan")
        except NotFound:
            return False
        return True


def _read_files(answer: Answer) -> tuple[list[ShokoFile], int, int]:
    """Return the files of a list, how many there are in all, and how many rows came."""
    rows, total = _rows(answer)
    return project(rows, build_file)[0], total, len(rows)


def _read_episodes(answer: Answer) -> tuple[list[ShokoEpisode], int, int]:
    """Return the episodes of a list, how many there are in all, and how many rows came."""
    rows, total = _rows(answer)
    return project(rows, build_episode)[0], total, len(rows)


def _rows(answer: Answer) -> tuple[list[JsonValue], int]:
    """Return the rows of a list and the count that Shoko states."""
    raw = answer.json_object()
    rows, total = raw.get("List"), as_int(raw.get("Total"))
    if not isinstance(rows, list) or total is None or total < 0:
        raise BadAnswer("the list has an unknown form")
    return rows, total
