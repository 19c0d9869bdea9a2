"""Say in the library's words what Seerr tells of titles and requests."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..clients.jellyfin_models import hex_id
from ..clients.readers import JsonObject, JsonValue, as_bool, as_dict, as_id, as_int, as_objects
from ..lifecycle.library import EntryKind, LibraryEntry
from ..lifecycle.model import MOVIE, ProviderIds
from .catalogue import Reading, Row

_KINDS = {"movie": EntryKind.MOVIE, "tv": EntryKind.SERIES}
# Old Overseerr says 6 for "deleted"; neither is there.
_STATUS = {
    1: "unknown",
    2: "pending",
    3: "processing",
    4: "partially_available",
    5: "available",
    6: "blocklisted",
    7: "deleted",
}
_THERE = frozenset({4, 5})
_AVAILABLE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRow:
    """A request: which title it is for."""

    number: int | None = None
    media: int | None = None
    is_4k: bool = False

    @property
    def key(self) -> str | None:
        """Return Seerr's number of it."""
        return str(self.number) if self.number is not None else None


def request_row(raw: JsonValue) -> RequestRow:
    """Return which title a request is for."""
    request = as_dict(raw)
    return RequestRow(
        number=as_id(request.get("id")),
        media=as_id(as_dict(request.get("media")).get("id")),
        is_4k=as_bool(request.get("is4k")) is True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """The numbers of all requests, by title and quality; `total` is what Seerr counts."""

    by_media: Mapping[tuple[int, bool], tuple[int, ...]]
    newest: int
    total: int

    @classmethod
    def of(cls, rows: Iterable[RequestRow], total: int) -> Wishes:
        """Return what a complete list of requests tells."""
        return cls(by_media={}, newest=0, total=0).plus(rows, total)

    def grown(self, rows: Sequence[RequestRow], total: int | None) -> Wishes | None:
        """Return what is known with the newest requests; None when others came or went, too."""
        new = [row for row in rows if row.number is not None and row.number > self.newest]
        if total != self.total + len(new):
            return None
        return self.plus(new, total)

    def plus(self, rows: Iterable[RequestRow], total: int) -> Wishes:
        """Return what is known with more requests."""
        found = dict(self.by_media)
        newest = self.newest
        for row in rows:
            if row.number is not None and row.media is not None:
                key = (row.media, row.is_4k)
                found[key] = (*found.get(key, ()), row.number)
                newest = max(newest, row.number)
        return replace(self, by_media=found, newest=newest, total=total)

    def listed(self, media: int, *, is_4k: bool) -> str:
        """Return the numbers of a title's requests in one quality."""
        return ",".join(map(str, sorted(self.by_media.get((media, is_4k), ()))))


def media_row(wishes: Wishes, raw: JsonValue) -> Row:
    """Return what Seerr says about a title."""
    reading = Reading(raw, "a title")
    media = reading.raw
    number = as_id(media.get("id"))
    reading.called(None, number)
    if number is None:
        return reading.unusable("it has no id")
    media_type = media.get("mediaType")
    kind = _KINDS.get(media_type) if isinstance(media_type, str) else None
    if kind is None:
        return reading.unusable("it is of an unknown kind")
    known = [as_int(media.get(name)) for name in ("status", "status4k")]
    is_there = any(status in _THERE for status in known)
    return reading.row(
        LibraryEntry(
            kind=kind,
            own_id=str(number),
            item=MOVIE if kind is EntryKind.MOVIE else None,
            ids=ProviderIds(
                tmdb=reading.number(media.get("tmdbId"), "TMDB"),
                tvdb=reading.number(media.get("tvdbId"), "TVDB"),
                imdb=reading.imdb(media.get("imdbId")),
            ),
            present=is_there if is_there or known[0] in _STATUS else None,
            details=_details(media, number, wishes),
        )
    )


def _details(media: JsonObject, number: int, wishes: Wishes) -> dict[str, str]:
    found: dict[str, str] = {}
    for suffix, ending in (("", ""), ("4k", "_4k")):
        status = as_int(media.get(f"status{suffix}"))
        server = as_int(media.get(f"serviceId{suffix}"))
        own_id = as_id(media.get(f"externalServiceId{suffix}"))
        told = {
            "status": _STATUS.get(status) if status is not None else None,
            # The first server has the number 0.
            "service": f"{server}:{own_id}" if server is not None and own_id else None,
            "jellyfin": hex_id(media.get(f"jellyfinMediaId{suffix}")),
            "requests": wishes.listed(number, is_4k=bool(suffix)),
        }
        found |= {f"{name}{ending}": text for name, text in told.items() if text}
    seasons = {
        season
        for row in as_objects(media.get("seasons"))
        if as_int(row.get("status")) == _AVAILABLE
        and (season := as_int(row.get("seasonNumber"))) is not None
    }
    if seasons:
        found["seasons"] = ",".join(map(str, sorted(seasons)))
    return found
