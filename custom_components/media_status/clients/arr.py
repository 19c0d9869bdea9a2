"""What Radarr and Sonarr have in common: queue, history, connections to webhooks, small lists."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar, override

import aiohttp
from yarl import URL

from .base import BaseClient
from .errors import BadAnswer, NotFound, NotJson, TooOld, WrongService
from .readers import (
    JsonObject,
    JsonValue,
    as_bool,
    as_datetime,
    as_dict,
    as_download_id,
    as_id,
    as_int,
    as_list,
    as_objects,
    as_seconds,
    as_str,
    as_text,
    as_texts,
    as_web_url,
    project,
)
from .safety import clean_secret, safe_number

_API = "api/v3"
_OLDEST_MAJOR = 4
_READ_TRIES = 3
_MAX_PAGES = 500
# Creating or testing a webhook makes the service call us first; it waits up to 100 s for that.
_TEST_TIMEOUT = 110.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrStatus:
    """Which program answers."""

    app_name: str
    instance_name: str
    version: str
    url_base: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRecord:
    """One queue entry: a film, or one episode of a download (same `download_id` for all of a pack)."""

    id: int
    title_id: int | None
    episode_id: int | None
    season_number: int | None
    download_id: str | None
    title: str
    status: str
    tracked_status: str
    tracked_state: str
    messages: tuple[str, ...]
    size: int | None
    size_left: int | None
    time_left_seconds: int | None
    eta: datetime | None
    protocol: str
    client: str
    indexer: str
    quality: str
    output_path: str | None
    added: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRecord:
    """One thing that happened to a film or an episode; `event` is the service's own word."""

    id: int
    title_id: int | None
    episode_id: int | None
    event: str
    download_id: str | None
    date: datetime
    source_title: str
    quality: str
    data: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFile:
    """A file that the service manages."""

    id: int
    path: str | None
    relative_path: str | None
    size: int | None
    quality: str
    date_added: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """A configured connection of the service; address and raw form can hold secrets."""

    id: int
    name: str
    implementation: str
    url: str | None = field(repr=False)
    enabled_flags: frozenset[str]
    raw: JsonObject = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RootFolder:
    """A folder in which the service keeps its library."""

    id: int
    path: str
    accessible: bool
    free_space: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthMessage:
    """A complaint of the service about itself; `type` is its level."""

    source: str
    type: str
    message: str


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
    def _headers(self) -> dict[str, str]:
        """Add the key."""
        return {**super()._headers(), "X-Api-Key": self._api_key}

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
            url_base=as_text(raw.get("urlBase")),
        )

    async def queue(self) -> list[QueueRecord]:
        """Return the whole queue, entries of unknown titles too; never a part of it."""
        for _ in range(_READ_TRIES):
            rows = await self._queue_rows()
            if rows is not None:
                records, dropped = project(rows, self._queue_record)
                self._count_dropped(dropped, len(rows))
                return records
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

    def _queue_record(self, raw: JsonObject) -> QueueRecord | None:
        """Build a queue record; None without an id."""
        number = as_int(raw.get("id"))
        if number is None:
            return None
        return QueueRecord(
            id=number,
            title_id=as_id(raw.get(self.title_key)),
            episode_id=as_id(raw.get("episodeId")),
            season_number=as_int(raw.get("seasonNumber")),
            download_id=as_download_id(raw.get("downloadId")),
            title=as_text(raw.get("title")),
            status=as_text(raw.get("status")),
            tracked_status=as_text(raw.get("trackedDownloadStatus")),
            tracked_state=as_text(raw.get("trackedDownloadState")),
            messages=_messages(raw),
            size=as_int(raw.get("size")),
            size_left=as_int(raw.get("sizeleft", raw.get("sizeLeft"))),
            time_left_seconds=as_seconds(raw.get("timeleft", raw.get("timeLeft"))),
            eta=as_datetime(raw.get("estimatedCompletionTime")),
            protocol=as_text(raw.get("protocol")),
            client=as_text(raw.get("downloadClient")),
            indexer=as_text(raw.get("indexer")),
            quality=quality_name(raw),
            output_path=as_str(raw.get("outputPath")),
            added=as_datetime(raw.get("added")),
        )

    async def history_since(self, date: datetime) -> list[HistoryRecord]:
        """Return what happened from `date` (aware, inclusive) on, oldest first."""
        moment = date.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        records = await self._get_projected(
            f"{_API}/history/since", self._history_record, query={"date": moment}
        )
        return sorted(records, key=lambda record: (record.date, record.id))

    def _history_record(self, raw: JsonObject) -> HistoryRecord | None:
        """Build a history record; None without id or date."""
        number, date = as_int(raw.get("id")), as_datetime(raw.get("date"))
        if number is None or date is None:
            return None
        data = as_dict(raw.get("data"))
        return HistoryRecord(
            id=number,
            title_id=as_id(raw.get(self.title_key)),
            episode_id=as_id(raw.get("episodeId")),
            event=as_text(raw.get("eventType")),
            download_id=as_download_id(raw.get("downloadId")),
            date=date,
            source_title=as_text(raw.get("sourceTitle")),
            quality=quality_name(raw),
            data={key: text for key, value in data.items() if (text := as_str(value)) is not None},
        )

    async def notifications(self) -> list[Notification]:
        """Return the configured connections."""
        rows = await self._get_objects(f"{_API}/notification")
        return [entry for row in rows if (entry := _notification(row)) is not None]

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
        saved = _notification(answer.json_object())
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
            RootFolder(
                id=number,
                path=path,
                accessible=as_bool(row.get("accessible")) is not False,
                free_space=as_int(row.get("freeSpace")),
            )
            for row in await self._get_objects(f"{_API}/rootfolder")
            if (number := as_id(row.get("id"))) is not None and (path := as_str(row.get("path")))
        ]

    async def command(self, name: str, **body: JsonValue) -> int | None:
        """Start a task such as `RefreshMonitoredDownloads`; return its id."""
        answer = await self._request(
            "POST", f"{_API}/command", json={"name": name, **body}, mutating=True
        )
        return as_id(answer.json_object().get("id"))

    async def health(self) -> list[HealthMessage]:
        """Return the service's complaints about itself."""
        return [
            HealthMessage(
                source=as_text(row.get("source")),
                type=as_text(row.get("type")),
                message=as_text(row.get("message")),
            )
            for row in await self._get_objects(f"{_API}/health")
        ]


def media_file(value: JsonValue) -> MediaFile | None:
    """Build a file from `movieFile` or `episodeFile`; None when there is none."""
    raw = as_dict(value)
    number = as_id(raw.get("id"))
    if number is None:
        return None
    return MediaFile(
        id=number,
        path=as_str(raw.get("path")),
        relative_path=as_str(raw.get("relativePath")),
        size=as_int(raw.get("size")),
        quality=quality_name(raw),
        date_added=as_datetime(raw.get("dateAdded")),
    )


def quality_name(raw: JsonObject) -> str:
    """Return the name in `quality.quality.name`."""
    return as_text(as_dict(as_dict(raw.get("quality")).get("quality")).get("name"))


def poster(raw: JsonObject) -> str | None:
    """Return the public address of the poster."""
    for image in as_objects(raw.get("images")):
        if image.get("coverType") == "poster" and (url := as_web_url(image.get("remoteUrl"))):
            return url
    return as_web_url(raw.get("remotePoster"))


def language_name(raw: JsonObject) -> str | None:
    """Return the name of the original language."""
    return as_str(as_dict(raw.get("originalLanguage")).get("name"))


def _messages(raw: JsonObject) -> tuple[str, ...]:
    """Return the complaints about a queue entry, each once, in order."""
    found: dict[str, None] = {}
    for group in as_objects(raw.get("statusMessages")):
        texts = as_texts(group.get("messages"))
        for text in texts or as_texts([group.get("title")]):
            found[text] = None
    if error := as_str(raw.get("errorMessage")):
        found[error] = None
    return tuple(found)


def _notification(raw: JsonObject) -> Notification | None:
    """Build a connection; None without an id."""
    number = as_id(raw.get("id"))
    if number is None:
        return None
    fields = {as_str(entry.get("name")): entry.get("value") for entry in as_objects(raw.get("fields"))}
    flags = {key for key, value in raw.items() if key.startswith(("on", "include")) and value is True}
    return Notification(
        id=number,
        name=as_text(raw.get("name")),
        implementation=as_text(raw.get("implementation")),
        url=as_str(fields.get("url")),
        enabled_flags=frozenset(flags),
        raw=raw,
    )
