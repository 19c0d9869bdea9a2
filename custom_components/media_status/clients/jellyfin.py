"""Jellyfin 10.9 to 12: items, plugins, tasks, libraries."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from http import HTTPStatus
from itertools import batched
from typing import NoReturn, override
from urllib.parse import quote

import aiohttp
from yarl import URL

from .answer import Answer
from .errors import (
    AuthError,
    BadAnswer,
    ClientError,
    Forbidden,
    NotFound,
    NotJson,
    TooOld,
    WrongService,
)
from .jellyfin_lists import ItemListClient, item_query
from .jellyfin_models import (
    ItemPage,
    JellyfinInfo,
    LibraryItem,
    Plugin,
    ScheduledTask,
    VirtualFolder,
    build_folder,
    build_item,
    build_plugin,
    build_task,
)
from .pictures import Picture, read_picture
from .readers import JsonObject, JsonValue, as_int, as_str, as_text, project
from .safety import clean_secret, safe_guid

__all__ = [
    "ItemPage",
    "JellyfinClient",
    "JellyfinInfo",
    "LibraryItem",
    "Plugin",
    "ScheduledTask",
    "VirtualFolder",
]

_OLDEST = (10, 9)
_PRODUCT = "Jellyfin Server"
_CLIENT_NAME = "Media Status"
_DEVICE_NAME = "Home Assistant"
_CLIENT_VERSION = "1"
_DEFAULT_FIELDS = ("ProviderIds", "Path")
# Longer addresses are refused by proxies.
_IDS_PER_CALL = 50
_MAX_PAGES = 10_000
_PAGE_TIMEOUT = 60.0


class JellyfinClient(ItemListClient):
    """Jellyfin, by an API key, which sees the whole server.

    No permit is good here: deleting an item would delete its files, and `removable` stays empty.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str | URL,
        api_key: str,
        *,
        device_id: str = "media_status",
        verify_ssl: bool = True,
    ) -> None:
        """Prepare calls with an API key.

        `device_id` must be unique per connection: sessions with the same one steal each other's
        messages.
        """
        super().__init__(session, url, verify_ssl=verify_ssl)
        self._api_key = clean_secret(api_key)
        self._device_id = device_id
        self._secrets = (self._api_key,)

    @override
    def _headers(self) -> dict[str, str]:
        """Add the key in the only form that every version accepts."""
        return {
            **super()._headers(),
            "Authorization": f'MediaBrowser Token="{_encoded(self._api_key)}"',
        }

    def _identity(self) -> str:
        """Return the long form of the `Authorization` header, which tells sessions apart."""
        members = {
            "Client": _CLIENT_NAME,
            "Device": _DEVICE_NAME,
            "DeviceId": self._device_id,
            "Version": _CLIENT_VERSION,
            "Token": self._api_key,
        }
        return "MediaBrowser " + ", ".join(f'{k}="{_encoded(v)}"' for k, v in members.items())

    @asynccontextmanager
    async def open_socket(self) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """Open the websocket for the length of a block; raises what aiohttp raises."""
        async with asyncio.timeout(self._timeout):
            socket = await self._session.ws_connect(
                self._base / "socket",
                headers={"Authorization": self._identity()},
                ssl=self._verify_ssl,
                timeout=aiohttp.ClientWSTimeout(ws_close=2.0),
            )
        try:
            yield socket
        finally:
            await socket.close()

    @override
    def _refuse_access(self, answer: Answer) -> NoReturn:
        """Tell a wrong key (401) from a missing right (403)."""
        if answer.status == HTTPStatus.FORBIDDEN:
            raise Forbidden("this needs an API key or an administrator")
        raise AuthError

    async def info(self) -> JellyfinInfo:
        """Check address and key; WrongService or TooOld when it is not ours to talk to."""
        try:
            raw = await self._get_object("System/Info")
        except AuthError:
            # Only a Jellyfin's word about the key counts.
            self._check_product(await self._public_info())
            raise
        except NotFound, NotJson:
            raw = {}
        self._check_product(raw)
        version = as_text(raw.get("Version"))
        major, minor = (as_int(part) for part in f"{version}..".split(".")[:2])
        if major is not None and (major, minor or 0) < _OLDEST:
            raise TooOld(version)
        return JellyfinInfo(
            id=as_text(raw.get("Id")), name=as_text(raw.get("ServerName")), version=version
        )

    async def _public_info(self) -> JsonObject:
        """Return what the server tells anybody, empty when it tells nothing."""
        try:
            return await self._get_object("System/Info/Public")
        except ClientError:
            return {}

    def _check_product(self, raw: JsonObject) -> None:
        """Raise WrongService unless this is what a Jellyfin answers."""
        if as_str(raw.get("ProductName")) != _PRODUCT:
            raise WrongService("this is not Jellyfin")

    async def items(
        self,
        *,
        types: Collection[str],
        changed_since: datetime | None = None,
        ids: Sequence[str] | None = None,
        fields: Collection[str] = _DEFAULT_FIELDS,
        page_size: int = 500,
        missing: bool = False,
    ) -> AsyncIterator[ItemPage]:
        """Yield items page by page, or those `missing` a file; a page that is cut off is BadAnswer.

        `changed_since` (aware) asks for what was saved since. With `ids` exactly these are looked
        up, 50 per call: an id that does not exist is simply not among the answers.
        """
        query = item_query(types, fields, changed_since)
        if missing:
            query["isMissing"] = "true"
        if ids is None:
            async for page in self._item_pages(query, page_size):
                yield page
            return
        wanted = dict.fromkeys(safe_guid(entry) for entry in ids)
        for batch in batched(wanted, _IDS_PER_CALL, strict=False):
            async for page in self._item_pages({**query, "ids": ",".join(batch)}, _IDS_PER_CALL):
                yield page

    async def _item_pages(self, query: dict[str, str], page_size: int) -> AsyncIterator[ItemPage]:
        """Yield all pages of one query."""
        start = 0
        total: int | None = None
        seen: set[str] = set()
        consistent = True
        for _ in range(_MAX_PAGES):
            paging = {"startIndex": str(start), "limit": str(page_size)}
            answer = await self._request(
                "GET",
                "Items",
                query={**query, "sortBy": "DateCreated,SortName", **paging},
                timeout=_PAGE_TIMEOUT,
            )
            rows, count = _rows(answer.json_object())
            items = await self._project(rows, build_item)
            ids = {item.id for item in items}
            consistent = consistent and total in {None, count} and not ids & seen
            total = count
            seen |= ids
            if not rows and start < count:
                raise BadAnswer("the list of items is cut off")
            yield ItemPage(
                items=tuple(items),
                total=count,
                server_time=answer.server_time,
                consistent=consistent,
            )
            start += len(rows)
            if start >= count:
                return
        raise BadAnswer("the list of items has too many pages")

    async def items_by_ids(self, ids: Sequence[str]) -> dict[str, LibraryItem]:
        """Return those of these items that the key sees; the others are not in the library.

        What is there but could not be read is BadAnswer, so that it never looks gone.
        """
        wanted = {safe_guid(entry) for entry in ids}
        found: dict[str, LibraryItem] = {}
        if not wanted:
            return found
        types = ("Movie", "Series", "Season", "Episode")
        async for page in self.items(types=types, ids=sorted(wanted)):
            if not page.consistent or len(page.items) != page.total:
                raise BadAnswer("the list of items changed or cannot be read")
            found |= {item.id: item for item in page.items if item.id in wanted}
        return found

    async def poster(self, item_id: str, width: int) -> Picture:
        """Return the poster of an item, at most so many pixels wide."""
        path = f"Items/{safe_guid(item_id)}/Images/Primary"
        return await read_picture(self._request, path, {"maxWidth": str(width), "quality": "90"})

    async def item_count(self, types: Collection[str]) -> int:
        """Return how many items of these types there are, by one short page."""
        kinds = {"includeItemTypes": ",".join(types), "isMissing": "false"}
        query = {"recursive": "true", **kinds, "limit": "1", "enableImages": "false"}
        answer = await self._request("GET", "Items", query=query, timeout=_PAGE_TIMEOUT)
        return _rows(answer.json_object())[1]

    async def episodes(self, series_id: str) -> list[LibraryItem]:
        """Return the episodes of a series that are there; none when the series is gone."""
        query = {
            "fields": ",".join(_DEFAULT_FIELDS),
            "isMissing": "false",
            "enableImages": "false",
            "enableUserData": "false",
        }
        try:
            answer = await self._request(
                "GET",
                f"Shows/{safe_guid(series_id)}/Episodes",
                query=query,
                timeout=_PAGE_TIMEOUT,
            )
        except NotFound:
            return []
        rows, count = _rows(answer.json_object())
        if len(rows) < count:
            raise BadAnswer("the list of episodes is cut off")
        return await self._project(rows, build_item)

    async def plugins(self) -> list[Plugin]:
        """Return the installed plugins."""
        return project(await self._get_objects("Plugins"), build_plugin)[0]

    async def plugin_configuration(self, guid: str) -> JsonObject | None:
        """Return a plugin's whole configuration, None when the plugin is not loaded."""
        try:
            return await self._get_object(f"Plugins/{safe_guid(guid)}/Configuration")
        except NotFound:
            return None

    async def save_plugin_configuration(self, guid: str, configuration: JsonObject) -> None:
        """Replace a plugin's whole configuration; in force at once."""
        path = f"Plugins/{safe_guid(guid)}/Configuration"
        await self._request("POST", path, json=configuration, mutating=True)

    async def scheduled_tasks(self) -> list[ScheduledTask]:
        """Return the scheduled tasks."""
        return project(await self._get_objects("ScheduledTasks"), build_task)[0]

    async def virtual_folders(self) -> list[VirtualFolder]:
        """Return the libraries."""
        return project(await self._get_objects("Library/VirtualFolders"), build_folder)[0]

    async def refresh_item(self, item_id: str, *, full: bool = False) -> None:
        """Have a library, series or other item looked through again; queued, done soon after.

        `full` reads all its metadata anew instead of only what is missing.
        """
        query = {
            "metadataRefreshMode": "FullRefresh" if full else "Default",
            "imageRefreshMode": "Default",
            "replaceAllMetadata": "true" if full else "false",
            "replaceAllImages": "false",
        }
        path = f"Items/{safe_guid(item_id)}/Refresh"
        await self._request("POST", path, query=query, mutating=True)


def _rows(raw: JsonObject) -> tuple[list[JsonValue], int]:
    """Return the rows of an item list and the count that the server states."""
    rows, count = raw.get("Items"), as_int(raw.get("TotalRecordCount"))
    if not isinstance(rows, list) or count is None or count < 0:
        raise BadAnswer("the list of items has an unknown form")
    return rows, count


def _encoded(value: str) -> str:
    """Return a member's value as the `Authorization` header wants it."""
    return quote(value, safe="")
