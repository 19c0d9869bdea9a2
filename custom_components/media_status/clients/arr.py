"""What Radarr and Sonarr have in common: queue, history, connections to webhooks, small lists."""

from collections.abc import Mapping
from datetime import UTC, datetime
import re
from typing import ClassVar, override

import aiohttp
from yarl import URL

from .arr_models import (
    ArrStatus,
    Candidate,
    HealthMessage,
    HistoryRecord,
    MediaFile,
    Notification,
    QueueRecord,
    RootFolder,
    candidate,
    history_record,
    notification,
    queue_record,
)
from .base import BaseClient
from .errors import BadAnswer, NotFound, NotJson, TooOld, WrongService
from .pictures import Picture, read_picture
from .readers import JsonObject, JsonValue, as_bool, as_dict, as_id, as_int, as_str, as_text
from .safety import clean_secret, safe_number, safe_torrent_id

__all__ = [
    "ArrClient",
    "ArrStatus",
    "Candidate",
    "HealthMessage",
    "HistoryRecord",
    "MediaFile",
    "Notification",
    "QueueRecord",
    "RootFolder",
]

_API = "api/v3"
_NOTIFICATION = re.compile(r"api/v3/notification/\d+", re.ASCII)
_QUEUE_ENTRY = re.compile(r"api/v3/queue/\d+", re.ASCII)
_OLDEST_MAJOR = 4
_READ_TRIES = 3
_MAX_PAGES = 500
# They keep posters 250 and 500 pixels high, which is half as much again as they are wide.
_SMALL_POSTER = 166
# Creating or testing a webhook makes the service call us first; it waits up to 100 s for that.
_TEST_TIMEOUT = 110.0
# A search waits for the slowest indexer.
_SEARCH_TIMEOUT = 100.0


class ArrClient(BaseClient):
    """Radarr or Sonarr over API v3."""

    app_name: ClassVar[str]
    title_key: ClassVar[str]
    unknown_items_key: ClassVar[str]
    page_size: ClassVar[int] = 1000

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str | URL,
        api_key: str,
        *,
        verify_ssl: bool = True,
    ) -> None:
        """Prepare calls with an API key."""
        super().__init__(session, url, verify_ssl=verify_ssl)
        self._api_key = clean_secret(api_key)
        self._secrets = (self._api_key,)

    @override
    def _is_harmless(self, method: str, path: str, query: Mapping[str, str]) -> bool:
        """Tell our own webhook, and a queue entry whose download stays, from the library."""
        if method != "DELETE":
            return False
        if _NOTIFICATION.fullmatch(path):
            return True
        return _QUEUE_ENTRY.fullmatch(path) is not None and query.get("removeFromClient") == "false"

    @override
    def _headers(self) -> dict[str, str]:
        """Add the key."""
        return {**super()._headers(), "X-Api-Key": self._api_key}

    async def poster(self, title_id: int, width: int) -> Picture:
        """Return the poster of a title, in the smaller of two sizes if that is wide enough."""
        name = "poster-250.jpg" if width <= _SMALL_POSTER else "poster-500.jpg"
        path = f"{_API}/MediaCover/{safe_number(title_id)}/{name}"
        return await read_picture(self._request, path)

    async def status(self) -> ArrStatus:
        """Return program and version; WrongService or TooOld when it is not ours to talk to."""
        try:
            raw = await self._get_object(f"{_API}/system/status")
        except NotFound, NotJson:
            raw = {}
        app_name = as_text(raw.get("appName"))
        if app_name.casefold() != self.app_name.casefold():
            raise WrongService(f"this is not {self.app_name}")
        version = as_text(raw.get("version"))
        major = as_int(version.partition(".")[0])
        if major is not None and major < _OLDEST_MAJOR:
            raise TooOld(version)
        return ArrStatus(
            app_name=app_name,
            instance_name=as_str(raw.get("instanceName")) or app_name,
            version=version,
        )

    async def queue(self) -> list[QueueRecord]:
        """Return the whole queue, entries of unknown titles too; never a part of it."""
        for _ in range(_READ_TRIES):
            rows = await self._queue_rows()
            if rows is not None:
                return await self._project(rows, lambda raw: queue_record(raw, self.title_key))
        raise BadAnswer("the queue kept changing while it was read")

    async def _queue_rows(self) -> list[JsonValue] | None:
        """Read all pages; None when the queue changed between two of them."""
        rows: list[JsonValue] = []
        seen: set[int] = set()
        total: int | None = None
        for page in range(1, _MAX_PAGES + 1):
            answer = await self._get_object(
                f"{_API}/queue",
                {
                    "page": str(page),
                    "pageSize": str(self.page_size),
                    "sortKey": "title",
                    "sortDirection": "ascending",
                    self.unknown_items_key: "true",
                },
            )
            count = as_int(answer.get("totalRecords"))
            records = answer.get("records")
            if count is None or count < 0 or not isinstance(records, list):
                raise BadAnswer("the queue has an unknown form")
            ids = {key for row in records if (key := as_int(as_dict(row).get("id"))) is not None}
            if (total is not None and count != total) or ids & seen:
                return None
            total = count
            seen |= ids
            rows += records
            if len(rows) >= total:
                return rows
            if not records:
                return None
        raise BadAnswer("the queue has too many pages")

    async def history_since(self, date: datetime) -> list[HistoryRecord]:
        """Return what happened from `date` (aware, inclusive) on, oldest first."""
        moment = date.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        records = await self._get_projected(
            f"{_API}/history/since",
            lambda raw: history_record(raw, self.title_key),
            query={"date": moment},
        )
        return sorted(records, key=lambda record: (record.date, record.id))

    async def history_of_title(self, title_id: int) -> list[HistoryRecord]:
        """Return all that ever happened to one title, oldest first."""
        name = self.title_key.removesuffix("Id")
        records = await self._get_projected(
            f"{_API}/history/{name}",
            lambda raw: history_record(raw, self.title_key),
            query={self.title_key: safe_number(title_id)},
        )
        own = [record for record in records if record.title_id == title_id]
        return sorted(own, key=lambda record: (record.date, record.id))

    async def history_of_download(self, download_id: str) -> list[HistoryRecord]:
        """Return all that happened through one torrent, to any title, newest first.

        The service compares ids as they are written, and writes hashes in capitals.
        """
        wanted = safe_torrent_id(download_id)
        found: dict[int, HistoryRecord] = {}
        for page in range(1, _MAX_PAGES + 1):
            answer = await self._get_object(
                f"{_API}/history",
                {
                    "page": str(page),
                    "pageSize": str(self.page_size),
                    "sortKey": "date",
                    "sortDirection": "descending",
                    "downloadId": wanted.upper(),
                },
            )
            total, rows = as_int(answer.get("totalRecords")), answer.get("records")
            if total is None or not isinstance(rows, list):
                raise BadAnswer("the history has an unknown form")
            records = await self._project(rows, lambda raw: history_record(raw, self.title_key))
            found |= {one.id: one for one in records if one.download_id == wanted}
            if page * self.page_size >= total:
                return list(found.values())
            if not rows:
                break
        raise BadAnswer("the history changed while it was read")

    async def notifications(self) -> list[Notification]:
        """Return the configured connections."""
        rows = await self._get_objects(f"{_API}/notification")
        return [entry for row in rows if (entry := notification(row)) is not None]

    async def notification_schema(self) -> JsonObject:
        """Return the empty form of a webhook connection, with its `supportsOn...` members."""
        for row in await self._get_objects(f"{_API}/notification/schema"):
            if row.get("implementation") == "Webhook":
                return row
        raise BadAnswer("the service offers no webhook")

    async def create_notification(self, body: JsonObject) -> Notification:
        """Create a connection; the service calls its address first when any event is on."""
        return await self._save_notification("POST", f"{_API}/notification", body, force=False)

    async def update_notification(
        self, notification_id: int, body: JsonObject, force_save: bool = False
    ) -> Notification:
        """Replace a connection; with `force_save` the service does not call its address first."""
        path = f"{_API}/notification/{safe_number(notification_id)}"
        return await self._save_notification("PUT", path, body, force=force_save)

    async def _save_notification(
        self, method: str, path: str, body: JsonObject, *, force: bool
    ) -> Notification:
        """Send a connection and return what was stored."""
        query = {"forceSave": "true"} if force else None
        answer = await self._request(
            method, path, query=query, json=body, mutating=True, timeout=_TEST_TIMEOUT
        )
        saved = notification(answer.json_object())
        if saved is None:
            raise BadAnswer("the stored connection has no id")
        return saved

    async def delete_notification(self, notification_id: int) -> None:
        """Delete one connection; NotFound when it is gone already."""
        path = f"{_API}/notification/{safe_number(notification_id)}"
        await self._request("DELETE", path, mutating=True)

    async def test_notification(self, body: JsonObject) -> None:
        """Let the service call a connection's address; Refused carries what went wrong."""
        path = f"{_API}/notification/test"
        await self._request("POST", path, json=body, mutating=True, timeout=_TEST_TIMEOUT)

    async def tags(self) -> dict[int, str]:
        """Return the labels by id."""
        rows = await self._get_objects(f"{_API}/tag")
        return {
            number: as_text(row.get("label"))
            for row in rows
            if (number := as_id(row.get("id"))) is not None
        }

    async def root_folders(self) -> list[RootFolder]:
        """Return the library folders."""
        return [
            RootFolder(path=path, accessible=as_bool(row.get("accessible")) is not False)
            for row in await self._get_objects(f"{_API}/rootfolder")
            if (path := as_str(row.get("path")))
        ]

    async def command(self, name: str, **body: JsonValue) -> int | None:
        """Start a task such as `RefreshMonitoredDownloads`; return its id."""
        answer = await self._request(
            "POST", f"{_API}/command", json={"name": name, **body}, mutating=True
        )
        return as_id(answer.json_object().get("id"))

    async def refresh_downloads(self) -> None:
        """Have the download clients asked at once, and what they finished imported."""
        await self.command("RefreshMonitoredDownloads")

    async def block_release(self, queue_id: int) -> bool:
        """Give a queue entry up for good; return False when it is not in the queue any more.

        We do not have the client's data removed, and start the next search ourselves.
        """
        query = {
            "removeFromClient": "false",
            "blocklist": "true",
            "skipRedownload": "true",
            "changeCategory": "false",
        }
        try:
            path = f"{_API}/queue/{safe_number(queue_id)}"
            await self._request("DELETE", path, query=query, mutating=True)
        except NotFound:
            return False
        return True

    async def health(self) -> list[HealthMessage]:
        """Return the service's complaints about itself."""
        return [
            HealthMessage(
                source=as_text(row.get("source")),
                type=as_text(row.get("type")),
                message=as_text(row.get("message")),
                wiki_url=as_text(row.get("wikiUrl")),
            )
            for row in await self._get_objects(f"{_API}/health")
        ]

    async def profiles(self) -> frozenset[int]:
        """Return the ids of the quality profiles."""
        rows = await self._get_objects(f"{_API}/qualityprofile")
        return frozenset(number for row in rows if (number := as_id(row.get("id"))) is not None)

    async def _candidates(self, **query: str) -> list[Candidate]:
        """Have the indexers asked now, which takes up to a minute; take nothing of it."""
        return await self._get_projected(
            f"{_API}/release", candidate, query=query, timeout=_SEARCH_TIMEOUT
        )
