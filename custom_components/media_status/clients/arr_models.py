"""What Radarr and Sonarr answer in common: queue, history, files, connections."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .readers import (
    JsonObject,
    JsonValue,
    as_bool,
    as_datetime,
    as_dict,
    as_download_id,
    as_id,
    as_int,
    as_objects,
    as_seconds,
    as_str,
    as_text,
    as_texts,
    as_web_url,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrStatus:
    """Which program answers."""

    app_name: str
    instance_name: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRecord:
    """One queue entry: a film or one episode; all of a pack share one `download_id`."""

    id: int
    title_id: int | None
    episode_id: int | None
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

    path: str
    accessible: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthMessage:
    """A complaint of the service about itself; `type` is its level."""

    source: str
    type: str
    message: str
    wiki_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A release that an interactive search found, and why it would not be taken."""

    rejections: tuple[str, ...]
    is_rejected: bool


def queue_record(raw: JsonObject, title_key: str) -> QueueRecord | None:
    """Build a queue record; None without an id."""
    number = as_int(raw.get("id"))
    if number is None:
        return None
    return QueueRecord(
        id=number,
        title_id=as_id(raw.get(title_key)),
        episode_id=as_id(raw.get("episodeId")),
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
        added=as_datetime(raw.get("added")),
    )


def candidate(raw: JsonObject) -> Candidate | None:
    """Build a found release; None without a title."""
    if as_str(raw.get("title")) is None:
        return None
    texts = as_texts(raw.get("rejections"))
    rejected = as_bool(raw.get("rejected"))
    return Candidate(
        rejections=tuple(dict.fromkeys(texts)),
        is_rejected=bool(texts) if rejected is None else rejected,
    )


def history_record(raw: JsonObject, title_key: str) -> HistoryRecord | None:
    """Build a history record; None without id or date."""
    number, date = as_int(raw.get("id")), as_datetime(raw.get("date"))
    if number is None or date is None:
        return None
    data = as_dict(raw.get("data"))
    return HistoryRecord(
        id=number,
        title_id=as_id(raw.get(title_key)),
        episode_id=as_id(raw.get("episodeId")),
        event=as_text(raw.get("eventType")),
        download_id=as_download_id(raw.get("downloadId")),
        date=date,
        source_title=as_text(raw.get("sourceTitle")),
        quality=quality_name(raw),
        data={key: text for key, value in data.items() if (text := as_str(value)) is not None},
    )


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


def has_media_file(raw: JsonObject, id_key: str, *, is_listed: bool) -> bool | None:
    """Return whether a film or an episode has a file, listed with it or not; None if unsaid."""
    has_file = as_bool(raw.get("hasFile"))
    if has_file is not None:
        return has_file
    if is_listed:
        return True
    number = as_int(raw.get(id_key))
    return None if number is None else number > 0


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


def notification(raw: JsonObject) -> Notification | None:
    """Build a connection; None without an id."""
    number = as_id(raw.get("id"))
    if number is None:
        return None
    fields = {
        as_str(entry.get("name")): entry.get("value") for entry in as_objects(raw.get("fields"))
    }
    flags = {
        key for key, value in raw.items() if key.startswith(("on", "include")) and value is True
    }
    return Notification(
        id=number,
        name=as_text(raw.get("name")),
        implementation=as_text(raw.get("implementation")),
        url=as_str(fields.get("url")),
        enabled_flags=frozenset(flags),
        raw=raw,
    )
