"""Understand Radarr: films."""

from collections.abc import Mapping
from typing import ClassVar, override

from ..clients.readers import as_dict
from ..lifecycle.model import MOVIE, ItemKey, JsonObject, MediaType, Service
from .arr_push import ArrPush


class RadarrPush(ArrPush):
    """Translate Radarr's webhook bodies."""

    media_type: ClassVar[MediaType] = MediaType.MOVIE
    service: ClassVar[Service] = Service.RADARR
    title_member: ClassVar[str] = "movie"
    folder_member: ClassVar[str] = "folderPath"
    file_member: ClassVar[str] = "movieFile"
    renamed_member: ClassVar[str] = "renamedMovieFiles"
    own_events: ClassVar[Mapping[str, str]] = {
        "added": "movieadded",
        "deleted": "moviedelete",
        "file deleted": "moviefiledelete",
    }

    @override
    def items(self, payload: JsonObject) -> tuple[ItemKey, ...]:
        """Return the film, if the body names one."""
        return (MOVIE,) if self.title(payload) is not None else ()

    @override
    def files(self, payload: JsonObject) -> dict[ItemKey, JsonObject]:
        """Return the film's new file."""
        file = as_dict(payload.get(self.file_member))
        return {MOVIE: file} if file and self.items(payload) else {}

    @override
    def renamed(self, file: JsonObject) -> tuple[ItemKey, ...]:
        """Return the film: Radarr keeps one file for it."""
        return (MOVIE,)
