"""Read what Radarr and Sonarr push; the parts in which they differ are left to them."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import ClassVar

from ..clients.readers import as_dict, as_id, as_int, as_objects, as_str, as_texts
from ..lifecycle.facts import (
    FactValue,
    File,
    Grab,
    Observation,
    Outcome,
    Queue,
    QueuePhase,
    Result,
    Statement,
    Title,
)
from ..lifecycle.model import (
    ItemKey,
    JsonObject,
    JsonValue,
    MediaType,
    ProviderIds,
    Service,
    Subject,
    TitleRef,
    Via,
)
from .arr_words import (
    AnimeSigns,
    anime_hint,
    block_of,
    download_of,
    imdb_id,
    joined_path,
    picture_url,
    protocol_of,
)
from .base import Doorbell, Push, Removed
from .text import message_text, name_text, path_text, title_text

_MAX_MESSAGES = 10
# A file that makes room for a better one is no loss; its successor follows at once.
_REPLACED = frozenset({"upgrade", "manualoverride"})

type Handler = Callable[[JsonObject, datetime], tuple[list[Statement], frozenset[Doorbell]]]

_SELF = frozenset({Doorbell.SELF})
_NOBODY: frozenset[Doorbell] = frozenset()


class ArrPush(ABC):
    """Translate one service's webhook bodies; never raises for what a body contains."""

    media_type: ClassVar[MediaType]
    service: ClassVar[Service]
    title_member: ClassVar[str]  # the member that holds the title
    folder_member: ClassVar[str]  # the title's member that holds its folder
    file_member: ClassVar[str]
    files_member: ClassVar[str]
    renamed_member: ClassVar[str]
    own_events: ClassVar[Mapping[str, str]]  # "added", "deleted", "file deleted" in its words

    def __init__(self, connection_id: str) -> None:
        """Initialize with the subentry's id."""
        self._connection_id = connection_id

    @abstractmethod
    def items(self, payload: JsonObject) -> tuple[ItemKey, ...]:
        """Return the items that a body names."""

    @abstractmethod
    def files(self, payload: JsonObject) -> dict[ItemKey, JsonObject]:
        """Return the imported file of each item, as far as a body makes it certain."""

    @abstractmethod
    def renamed(self, file: JsonObject) -> tuple[ItemKey, ...]:
        """Return the items of a renamed file."""

    def read(self, payload: JsonObject, seen_at: datetime) -> Push:
        """Return what a body says."""
        event = name_text(payload.get("eventType")) or "unknown"
        handlers: dict[str, Handler | None] = {
            "grab": self._grab,
            "download": self._download,
            "manualinteractionrequired": self._blocked,
            "rename": self._renamed,
            self.own_events["added"]: self._added,
            self.own_events["deleted"]: self._deleted,
            self.own_events["file deleted"]: self._file_deleted,
            "health": self._health,
            "healthrestored": self._health,
            "applicationupdate": None,
            "test": None,
        }
        name = event.casefold()
        if name not in handlers:
            return Push(event=event, known=False)
        handler = handlers[name]
        if handler is None:
            return Push(event=event)
        statements, doorbells = handler(payload, seen_at)
        seen = self._observation(payload, statements, seen_at)
        return Push(
            event=event,
            observations=(seen,) if seen else (),
            doorbells=doorbells,
            removed=self._removed(name, payload) if doorbells else (),
        )

    def _removed(self, event: str, payload: JsonObject) -> tuple[Removed, ...]:
        """Return the title of which something was removed; what makes room for better is not."""
        if event not in (self.own_events["deleted"], self.own_events["file deleted"]):
            return ()
        title = self.title(payload)
        if title is None:
            return ()
        return (Removed(media_type=title.media_type, ids=title.ids, own_id=title.service_id),)

    def _observation(
        self, payload: JsonObject, statements: list[Statement], seen_at: datetime
    ) -> Observation | None:
        """Return the observation, unless there is nothing to say or nobody to say it of."""
        title = self.title(payload)
        names = {statement.subject.download for statement in statements} - {None}
        if not statements or (title is None and not names):
            return None
        if title is not None:
            hint = anime_hint(self._signs(payload))
            statements = [*([Statement(value=hint)] if hint else []), *statements]
        return Observation(
            connection_id=self._connection_id,
            service=self.service,
            via=Via.PUSH,
            seen_at=seen_at,
            statements=tuple(statements),
            title=title,
            download_ids=frozenset(name for name in names if name),
        )

    def title(self, payload: JsonObject) -> TitleRef | None:
        """Return the title of a body, or None when it names none."""
        raw = as_dict(payload.get(self.title_member))
        own_id = as_id(raw.get("id"))
        ids = ProviderIds(
            tmdb=as_id(raw.get("tmdbId")),
            tvdb=as_id(raw.get("tvdbId")),
            imdb=imdb_id(raw.get("imdbId")),
        )
        if own_id is None and not ids.pairs():
            return None
        posters = [
            picture_url(image.get("remoteUrl"))
            for image in as_objects(raw.get("images"))
            if image.get("coverType") == "poster"
        ]
        return TitleRef(
            media_type=self.media_type,
            ids=ids,
            service_id=str(own_id) if own_id is not None else None,
            title=title_text(raw.get("title")),
            year=as_id(raw.get("year")),
            overview=title_text(raw.get("overview")),
            poster_url=next((url for url in posters if url), None),
        )

    def _signs(self, payload: JsonObject) -> AnimeSigns:
        raw = as_dict(payload.get(self.title_member))
        return AnimeSigns(
            series_type=name_text(raw.get("type")),
            tags=as_texts(raw.get("tags")),
            path=self._folder(payload),
            genres=as_texts(raw.get("genres")),
            language=name_text(as_dict(raw.get("originalLanguage")).get("name")),
        )

    def _folder(self, payload: JsonObject) -> str | None:
        return path_text(as_dict(payload.get(self.title_member)).get(self.folder_member))

    def _grab(
        self, payload: JsonObject, seen_at: datetime
    ) -> tuple[list[Statement], frozenset[Doorbell]]:
        release = as_dict(payload.get("release"))
        key = download_of(payload.get("downloadId"), release.get("releaseTitle"))
        doorbells = frozenset({Doorbell.SELF, Doorbell.CLIENTS})
        if key is None:
            return [], doorbells
        grab = Grab(
            items=frozenset(self.items(payload)),
            at=seen_at,
            release=title_text(release.get("releaseTitle")),
            quality=name_text(release.get("quality")),
            indexer=name_text(release.get("indexer")),
            size=_bytes(release.get("size")),
            protocol=protocol_of(payload.get("downloadClientType")),
        )
        return [Statement(value=grab, subject=Subject(download=key))], doorbells

    def _download(
        self, payload: JsonObject, seen_at: datetime
    ) -> tuple[list[Statement], frozenset[Doorbell]]:
        release = as_dict(payload.get("release"))
        key = download_of(payload.get("downloadId"), release.get("releaseTitle"))
        statements = [
            Statement(value=self._file(payload, raw), subject=Subject(item=item))
            for item, raw in self.files(payload).items()
        ]
        if key is not None:
            done = Outcome(result=Result.IMPORTED, at=seen_at)
            statements.append(Statement(value=done, subject=Subject(download=key)))
        return statements, frozenset({Doorbell.SELF, Doorbell.LIBRARY})

    def _file(self, payload: JsonObject, raw: JsonObject) -> File:
        """Return a file; its `path` member was the source path in older versions."""
        folder = self._folder(payload)
        file_id = as_id(raw.get("id"))
        return File(
            present=True,
            path=joined_path(folder, path_text(raw.get("relativePath"))),
            size=_bytes(raw.get("size")),
            quality=name_text(raw.get("quality")),
            file_id=str(file_id) if file_id is not None else None,
        )

    def _blocked(
        self, payload: JsonObject, seen_at: datetime
    ) -> tuple[list[Statement], frozenset[Doorbell]]:
        info = as_dict(payload.get("downloadInfo"))
        key = download_of(payload.get("downloadId"), info.get("title"))
        if key is None:
            return [], _SELF
        messages = _messages(payload)
        queue = Queue(
            present=True,
            phase=QueuePhase.IMPORT_BLOCKED,
            size=_bytes(info.get("size")),
            messages=messages,
            client=name_text(payload.get("downloadClient")),
            protocol=protocol_of(payload.get("downloadClientType")),
            block=block_of(messages),
        )
        return [Statement(value=queue, subject=Subject(download=key))], _SELF

    def _renamed(
        self, payload: JsonObject, seen_at: datetime
    ) -> tuple[list[Statement], frozenset[Doorbell]]:
        statements = [
            Statement(value=self._file(payload, raw), subject=Subject(item=item))
            for raw in as_objects(payload.get(self.renamed_member))
            for item in self.renamed(raw)
        ]
        return statements, _SELF

    def _added(
        self, payload: JsonObject, seen_at: datetime
    ) -> tuple[list[Statement], frozenset[Doorbell]]:
        # The body does not tell whether it is monitored; whoever adds a title means to watch it.
        return _about_title(Title(present=True, monitored=True, path=self._folder(payload))), _SELF

    def _deleted(
        self, payload: JsonObject, seen_at: datetime
    ) -> tuple[list[Statement], frozenset[Doorbell]]:
        return _about_title(Title(present=False)), _SELF

    def _file_deleted(
        self, payload: JsonObject, seen_at: datetime
    ) -> tuple[list[Statement], frozenset[Doorbell]]:
        if (as_str(payload.get("deleteReason")) or "").casefold() in _REPLACED:
            return [], _NOBODY
        gone = File(present=False)
        return [
            Statement(value=gone, subject=Subject(item=item)) for item in self.items(payload)
        ], _SELF

    def _health(
        self, payload: JsonObject, seen_at: datetime
    ) -> tuple[list[Statement], frozenset[Doorbell]]:
        return [], _SELF


def _about_title(value: FactValue) -> list[Statement]:
    return [Statement(value=value)]


def _bytes(value: JsonValue) -> int | None:
    """Return a size; the services write 0 for unknown."""
    size = as_int(value)
    return size if size is not None and size > 0 else None


def _messages(payload: JsonObject) -> tuple[str, ...]:
    """Return the complaints about a download, each once; a bare title is one too."""
    found: dict[str, None] = {}
    for group in as_objects(payload.get("downloadStatusMessages")):
        texts = [text for entry in as_texts(group.get("messages")) if (text := message_text(entry))]
        title = message_text(group.get("title"))
        for text in texts or ([title] if title else []):
            found[text] = None
    return tuple(found)[:_MAX_MESSAGES]
