"""How an arr gets rid of files: root folders, recycle bin, folders that overlap, delays."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from .arr_state import Entry, MediaFile
from .service import FILES_STAY

if TYPE_CHECKING:
    from .arr import ArrService


class Disposal:
    """The rubbish of one arr, and its own view of the disk.

    Levers: `recycle_bin` (a path), `delay` (seconds until a title's folder is removed),
    `deletes_empty_folders`, `stuck` (everything is answered as always, but no file goes), `lost`
    (root folders that this arr cannot see: their disk is not mounted, or mounted empty).
    """

    def __init__[E: Entry](self, arr: ArrService[E]) -> None:
        """Delete at once and for ever."""
        self._arr = arr
        self.recycle_bin = ""
        self.delay = 0.0
        self.deletes_empty_folders = False
        self.stuck = False
        self.lost: dict[str, Literal["missing", "empty"]] = {}

    # -- what this arr sees --------------------------------------------------------------------

    def _hidden(self, path: str) -> bool:
        return any(path.startswith(f"{root}/") for root in self.lost)

    def has_folder(self, path: str) -> bool:
        """Whether this arr sees a folder."""
        path = path.rstrip("/") or "/"
        if self._hidden(path) or self.lost.get(path) == "missing":
            return False
        return self._arr.world.volume.is_folder(path)

    def has_file(self, path: str) -> bool:
        """Whether this arr sees a file."""
        return not self._hidden(path) and self._arr.world.volume.stat(path) is not None

    def size(self, path: str) -> int:
        """Return the size of a file, 0 when it is not seen."""
        found = None if self._hidden(path) else self._arr.world.volume.stat(path)
        return found.size if found is not None else 0

    def listing(self, folder: str) -> tuple[list[str], list[str]]:
        """Return the names of the folders and files that this arr sees in a folder."""
        folder = folder.rstrip("/") or "/"
        if not self.has_folder(folder) or folder in self.lost:
            return [], []
        folders, files = self._arr.world.volume.listing(folder)
        base = "" if folder == "/" else folder
        return [name for name in folders if self.has_folder(f"{base}/{name}")], files

    # -- deleting ------------------------------------------------------------------------------

    def refusal(self, entry: Entry) -> str | None:
        """Return why no single file of a title is deleted now (409), None when it can be."""
        root = entry.path.rpartition("/")[0]
        whose = "Movie's" if self._arr.kind == "radarr" else "Series'"
        if not self.has_folder(root):
            return f"{whose} root folder ({root}) doesn't exist."
        if not self.listing(root)[0]:
            return f"{whose} root folder ({root}) is empty."
        return None

    def file(self, entry: Entry, file: MediaFile) -> None:
        """Delete a file with the extras that were imported with it."""
        if self.stuck or FILES_STAY.get():
            return
        for path in (file.path, *file.extras):
            if not self._hidden(path):
                self._away(path, entry.path)
        if self.deletes_empty_folders:
            self._arr.world.volume.prune(file.path.rpartition("/")[0])
            self._arr.world.volume.prune(entry.path)

    def folders(self, gone: Iterable[Entry]) -> None:
        """Delete the folders of titles that are gone; after `delay`, when there is one."""
        doomed = list(gone)
        if self.stuck or FILES_STAY.get():
            return
        if not self.delay:
            self._folders(doomed)
            return

        async def later() -> None:
            self._folders(doomed)

        self._arr.clock.call_later(self.delay, later)

    def _folders(self, doomed: Iterable[Entry]) -> None:
        for entry in doomed:
            if self._overlaps(entry):
                return  # the real one gives up here, also on what is left of a bulk delete
            if self.has_folder(entry.path):
                self._folder(entry.path)

    def _overlaps(self, entry: Entry) -> bool:
        """Whether the folder of a title is, or lies around, the folder of another."""
        others = (other.path for other in self._arr.entries.values() if other is not entry)
        return any(path == entry.path or path.startswith(f"{entry.path}/") for path in others)

    def _folder(self, folder: str) -> None:
        world = self._arr.world
        if not self.recycle_bin:
            world.remove_tree(folder, by=self._arr.name)
            return
        for path in world.volume.below(folder):
            self._away(path, folder)
        world.volume.prune(folder)

    def _away(self, path: str, folder: str) -> None:
        """Delete a file, or move it into the bin under the folder of its title."""
        world = self._arr.world
        if self.recycle_bin and world.volume.stat(path) is not None:
            inside = path.removeprefix(f"{folder.rpartition('/')[0]}/")
            world.recycle(path, f"{self.recycle_bin}/{inside}")
        else:
            world.remove_file(path, by=self._arr.name)
