"""What lies on a household's disk: the bytes, what they are, and who took which of them away."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from .clock import SimClock
from .model import DiskFile, Episode, Title
from .volume import VirtualVolume, Volume

type DiskWatcher = Callable[[str], None]
type Transfer = Literal["link", "copy", "move"]


@dataclass(slots=True, frozen=True, kw_only=True)
class Removed:
    """One name that was removed from the disk; `freed` is 0 while another link is left."""

    path: str
    size: int
    freed: int
    by: str  # the service's name, empty for a person


class Disk:
    """The disk of a household.

    `disk` says which paths are media files in a library and of what; `volume` holds all files:
    libraries, downloads, subtitles, recycle bins. `removed` keeps every removal for ever.
    """

    def __init__(self, clock: SimClock, volume: Volume | None = None) -> None:
        """Begin with an empty disk, in memory unless a volume is given."""
        self.clock = clock
        self.volume: Volume = volume or VirtualVolume()
        self.disk: dict[str, DiskFile] = {}
        self.removals: list[str] = []
        self.watchers: list[DiskWatcher] = []
        self.removed: list[Removed] = []

    @property
    def freed(self) -> int:
        """Return how many bytes were really removed so far."""
        return sum(row.freed for row in self.removed)

    def put_file(
        self,
        path: str,
        title: Title,
        episodes: Iterable[Episode],
        *,
        size: int,
        quality: str,
        source: str | None = None,
        how: Transfer = "link",
    ) -> DiskFile:
        """Lay a finished file into the library, out of a `source` on the same disk if it is there.

        A link has the inode of its source, a copy one of its own; a move takes the source away.
        """
        known = self.volume.stat(source) if source is not None else None
        if source is None or known is None or (how == "link" and known.size != size):
            self.volume.write(path, size)
        elif how == "link":
            self.volume.link(source, path)
        elif how == "move":
            self.volume.move(source, path)
            self._leave(source)
        else:
            self.volume.write(path, known.size)
        file = DiskFile(
            path=path,
            title=title,
            episodes=tuple(episodes),
            size=size,
            quality=quality,
            created=self.clock.now(),
        )
        self.disk[path] = file
        self._tell(path)
        return file

    def lay(self, path: str, size: int = 40_000) -> str:
        """Lay down a file that is no film or episode: a subtitle, a picture, a download."""
        self.volume.write(path, size)
        return path

    def remove_file(self, path: str, *, by: str = "") -> int:
        """Delete a file, be it one of the old shelf; return the bytes that are free now."""
        freed = self._erase(path, by)
        self._leave(path)
        return freed

    def remove_tree(self, folder: str, *, by: str = "") -> int:
        """Delete a folder with everything in it; return the bytes that are free now."""
        freed = sum(self.remove_file(path, by=by) for path in self.volume.below(folder))
        self.volume.prune(folder)
        return freed

    def recycle(self, path: str, into: str) -> None:
        """Move a file into a recycle bin: it is gone from the library and no byte is free."""
        if self.volume.stat(path) is not None:
            self.volume.move(path, self._unused(into))
        self._leave(path)

    def move_file(self, path: str, to: str) -> None:
        """Move a file without the arrs' knowledge."""
        self.volume.move(path, to)
        file = self.disk.pop(path)
        file.path = to
        self.disk[to] = file
        self.removals.append(path)
        self._tell(path)
        self._tell(to)

    def look(self) -> list[str]:
        """Notice library files that somebody removed behind our back (on real folders)."""
        gone = [path for path in self.disk if self.volume.stat(path) is None]
        for path in gone:
            self._leave(path)
        return gone

    def _erase(self, path: str, by: str) -> int:
        found = self.volume.stat(path)
        if found is None:
            return 0
        freed = self.volume.remove(path)
        self.removed.append(Removed(path=path, size=found.size, freed=freed, by=by))
        return freed

    def _leave(self, path: str) -> None:
        self.disk.pop(path, None)
        self.removals.append(path)
        self._tell(path)

    def _unused(self, path: str) -> str:
        """Return the path, or with `_1`, `_2`... when it is taken."""
        base, dot, ending = path.rpartition(".")
        number, found = 0, path
        while self.volume.stat(found) is not None:
            number += 1
            found = f"{base}_{number}{dot}{ending}"
        return found

    def _tell(self, path: str) -> None:
        for watcher in self.watchers:
            watcher(path)
