"""What a deletion must know of a torrent: its files, its seeding duties, who shares its data."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
import unicodedata

from .qbittorrent_models import Torrent, build_torrent
from .readers import JsonObject, as_bool, as_float, as_int, as_str, as_text

_GLOBAL = -2
_MINUTE = 60
_UNFINISHED = ".!qb"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedingLimits:
    """Until when a torrent has to seed; None for what sets no limit.

    `needs_all` is True when it stops only after the last of the limits instead of the first.
    """

    ratio: float | None = None
    seconds: int | None = None
    idle_seconds: int | None = None
    needs_all: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TorrentFile:
    """A file of a torrent; `path` begins at the save path, `size` is in bytes."""

    path: str
    size: int
    is_wanted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TorrentDetails:
    """One torrent before it is deleted; `private` is None when the client cannot tell.

    `shares_with` are the ids of other torrents that have files of it: without these files they
    are broken. Links of the file system (two names of one file) cannot be seen here.
    """

    torrent: Torrent
    private: bool | None
    seeding_seconds: int
    idle_seconds: int | None
    limits: SeedingLimits
    files: tuple[TorrentFile, ...]
    shares_with: frozenset[str]

    @property
    def has_seeded(self) -> bool | None:
        """Return whether it has reached its limits; None when it has none."""
        reached = [
            *_reached(self.torrent.ratio, self.limits.ratio),
            *_reached(self.seeding_seconds, self.limits.seconds),
            *_reached(self.idle_seconds, self.limits.idle_seconds),
        ]
        if not reached:
            return None
        if self.torrent.progress < 1:
            return False
        return all(reached) if self.limits.needs_all else any(reached)


def _reached(value: float | None, limit: float | None) -> list[bool]:
    """Return whether a limit is reached, nothing when there is none."""
    return [] if limit is None else [value is not None and value >= limit]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedTorrent:
    """A torrent of the full list, with what only this tells."""

    torrent: Torrent
    raw: JsonObject

    @property
    def roots(self) -> tuple[str, ...]:
        """Return the folders below which its files can lie, as they are compared."""
        paths = (as_text(self.raw.get(name)) for name in ("save_path", "download_path"))
        return tuple(comparable(path) for path in paths if path)

    @property
    def content(self) -> str:
        """Return the path of its one file or its folder, as it is compared."""
        return comparable(self.torrent.content_path or "")


def build_listed(raw: JsonObject) -> ListedTorrent | None:
    """Build a torrent of the full list; None without an id."""
    key = as_str(raw.get("hash"))
    if key is None:
        return None
    return ListedTorrent(torrent=build_torrent(key.lower(), raw), raw=raw)


def build_file(raw: JsonObject) -> TorrentFile | None:
    """Build a file of a torrent; None without a name."""
    name = as_str(raw.get("name"))
    if name is None:
        return None
    return TorrentFile(
        path=name, size=max(as_int(raw.get("size")) or 0, 0), is_wanted=raw.get("priority") != 0
    )


def limits_of(raw: JsonObject, preferences: JsonObject) -> SeedingLimits:
    """Return until when a torrent seeds: what is in force, its own limits, or those of all."""
    mode = as_text(raw.get("share_limits_mode"))
    if mode.lower() == "default":
        mode = as_text(preferences.get("share_limits_mode"))
    return SeedingLimits(
        ratio=_limit(raw, preferences, "max_ratio", "ratio_limit"),
        seconds=_seconds(_limit(raw, preferences, "max_seeding_time", "seeding_time_limit")),
        idle_seconds=_seconds(
            _limit(raw, preferences, "max_inactive_seeding_time", "inactive_seeding_time_limit")
        ),
        # Before 5.3 there was no choice; of a mode that we do not know, the stricter reading.
        needs_all=mode.lower() not in {"", "matchany"},
    )


def _limit(raw: JsonObject, preferences: JsonObject, effective: str, own: str) -> float | None:
    """Return a limit, None when there is none; every version names at least one of the three."""
    value = as_float(raw.get(effective))
    if value is None:
        value = as_float(raw.get(own))
        if value is None or value == _GLOBAL:
            is_on = as_bool(preferences.get(f"{effective}_enabled")) is not False
            value = as_float(preferences.get(effective)) if is_on else None
    return value if value is not None and value >= 0 else None


def _seconds(minutes: float | None) -> int | None:
    return None if minutes is None else int(minutes * _MINUTE)


def private_flag(*sources: JsonObject) -> bool | None:
    """Return whether a torrent is private, from the first source that says so."""
    for source in sources:
        for name in ("private", "is_private"):
            flag = as_bool(source.get(name))
            if flag is not None:
                return flag
    return None


def comparable(path: str) -> str:
    """Return a path in the form in which paths are compared: too many hits, never too few."""
    text = unicodedata.normalize("NFC", path).casefold().replace("\\", "/").rstrip("/")
    return text.removesuffix(_UNFINISHED)


def file_paths(listed: ListedTorrent, files: Iterable[TorrentFile]) -> frozenset[str]:
    """Return all paths at which a torrent's files can lie."""
    names = [comparable(file.path) for file in files]
    return frozenset(f"{root}/{name}" for root in listed.roots for name in names)


def suspects(
    own: ListedTorrent, paths: frozenset[str], everybody: Mapping[str, ListedTorrent]
) -> tuple[frozenset[str], frozenset[str]]:
    """Return who certainly shares a torrent's data, and whose files must be looked at for that."""
    sure: set[str] = set()
    unsure: set[str] = set()
    for key, other in everybody.items():
        if key == own.torrent.hash or not other.torrent.has_metadata:
            continue
        content = other.content
        is_absolute = content.startswith("/") or content[1:2] == ":"
        is_around = content == own.content or any(path.startswith(f"{content}/") for path in paths)
        if content in paths:
            sure.add(key)
        elif is_around or not is_absolute:
            unsure.add(key)
    return frozenset(sure), frozenset(unsure)
