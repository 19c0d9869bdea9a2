"""Understand Sonarr: series, seasons, episodes."""

from collections.abc import Mapping
from typing import ClassVar, override

from ..clients.readers import as_dict, as_int, as_objects, as_str
from ..lifecycle.model import ItemKey, JsonObject, MediaType, Service
from .arr_files import numbered_items, paired
from .arr_push import ArrPush

_MAX_NUMBER = 100_000


class SonarrPush(ArrPush):
    """Translate Sonarr's webhook bodies."""

    media_type: ClassVar[MediaType] = MediaType.SERIES
    service: ClassVar[Service] = Service.SONARR
    title_member: ClassVar[str] = "series"
    folder_member: ClassVar[str] = "path"
    file_member: ClassVar[str] = "episodeFile"
    files_member: ClassVar[str] = "episodeFiles"
    renamed_member: ClassVar[str] = "renamedEpisodeFiles"
    own_events: ClassVar[Mapping[str, str]] = {
        "added": "seriesadd",
        "deleted": "seriesdelete",
        "file deleted": "episodefiledelete",
    }

    @override
    def items(self, payload: JsonObject) -> tuple[ItemKey, ...]:
        """Return the episodes of a body."""
        return tuple(item for item, _ in _episodes(payload))

    @override
    def files(self, payload: JsonObject) -> dict[ItemKey, JsonObject]:
        """Return each episode's new file, from a per-file body or from Import Complete."""
        episodes = _episodes(payload)
        single = as_dict(payload.get(self.file_member))
        if single:
            return {item: single for item, _ in episodes}
        return paired(episodes, as_objects(payload.get(self.files_member)))

    @override
    def renamed(self, file: JsonObject) -> tuple[ItemKey, ...]:
        """Return the episodes that the new name carries; the body lists none."""
        return numbered_items(as_str(file.get("relativePath")) or "")


def _episodes(payload: JsonObject) -> tuple[tuple[ItemKey, str | None], ...]:
    """Return the episodes with their air dates, each once."""
    found: dict[ItemKey, str | None] = {}
    for raw in as_objects(payload.get("episodes")):
        season, number = as_int(raw.get("seasonNumber")), as_int(raw.get("episodeNumber"))
        if season is None or number is None:
            continue
        if 0 <= season <= _MAX_NUMBER and 0 <= number <= _MAX_NUMBER:
            found.setdefault(ItemKey(season, number), as_str(raw.get("airDate")))
    return tuple(found.items())
