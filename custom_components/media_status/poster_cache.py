"""Keep posters on disk, up to a limit: the oldest go first. Nothing here may run in the loop."""

from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
import hashlib
import os
from pathlib import Path
import re
import shutil
from threading import Lock
from typing import Final, Self

from .clients.pictures import PICTURE_LIMIT, picture_type

CACHE_LIMIT: Final = 64 * 1024 * 1024  # bytes
_NAME = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPoster:
    """A poster as it lies on the disk; `stored_at` is in seconds since 1970."""

    data: bytes
    content_type: str
    etag: str
    stored_at: float

    @classmethod
    def of(cls, data: bytes, content_type: str, stored_at: float) -> Self:
        """Return a poster with the mark that tells browsers whether they have it already."""
        etag = hashlib.sha256(data).hexdigest()[:32]
        return cls(data=data, content_type=content_type, etag=etag, stored_at=stored_at)


class PosterCache:
    """A folder of pictures. What it holds can be fetched again, so no trouble with it is fatal.

    Names of files are digests: nothing that anybody sends becomes a part of a path.
    """

    def __init__(self, folder: Path, *, limit: int = CACHE_LIMIT) -> None:
        """Initialize for a folder, which is read at the first use."""
        self._folder = folder
        self._limit = limit
        self._sizes: OrderedDict[str, int] | None = None  # oldest first
        self._lock = Lock()

    def read(self, request_id: str, size: str) -> StoredPoster | None:
        """Return a poster; None when it is not there, or not a picture any more."""
        path = self._folder / _name(request_id, size)
        try:
            with path.open("rb") as file:
                data = file.read(PICTURE_LIMIT + 1)
                stored_at = os.fstat(file.fileno()).st_mtime
        except OSError:
            return None
        content_type = picture_type(data) if len(data) <= PICTURE_LIMIT else None
        if content_type is None:
            self._drop([path.name])
            return None
        return StoredPoster.of(data, content_type, stored_at)

    def write(self, request_id: str, size: str, data: bytes, now: float) -> None:
        """Store a poster and let go of the oldest beyond the limit; raise OSError."""
        name = _name(request_id, size)
        with self._lock:
            sizes = self._known()
            path = self._folder / name
            scratch = path.with_suffix(".new")
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                scratch.write_bytes(data)
                os.utime(scratch, (now, now))
                scratch.replace(path)
            except OSError:
                with suppress(OSError):
                    scratch.unlink(missing_ok=True)
                raise
            sizes[name] = len(data)
            sizes.move_to_end(name)
            total = sum(sizes.values())
            while total > self._limit:
                oldest, length = sizes.popitem(last=False)
                total -= length
                with suppress(OSError):
                    (self._folder / oldest).unlink(missing_ok=True)

    def forget(self, request_id: str, sizes: tuple[str, ...]) -> None:
        """Remove the posters of a request."""
        self._drop([_name(request_id, size) for size in sizes])

    def clear(self) -> None:
        """Remove the folder with everything in it."""
        with self._lock:
            self._sizes = None
            shutil.rmtree(self._folder, ignore_errors=True)

    def _drop(self, names: list[str]) -> None:
        with self._lock:
            sizes = self._known()
            for name in names:
                sizes.pop(name, None)
                with suppress(OSError):
                    (self._folder / name).unlink(missing_ok=True)

    def _known(self) -> OrderedDict[str, int]:
        """Return the sizes of what is there, oldest first; remove what is none of ours."""
        if self._sizes is None:
            found: list[tuple[float, str, int]] = []
            with suppress(OSError):
                for path in self._folder.iterdir():
                    if not _NAME.fullmatch(path.name):  # half of one that was being written
                        path.unlink(missing_ok=True)
                        continue
                    stat = path.stat()
                    found.append((stat.st_mtime, path.name, stat.st_size))
            self._sizes = OrderedDict((name, size) for _, name, size in sorted(found))
        return self._sizes


def _name(request_id: str, size: str) -> str:
    return hashlib.sha256(f"{size}\n{request_id}".encode("utf-8", "replace")).hexdigest()
