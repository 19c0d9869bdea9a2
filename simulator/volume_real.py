"""Real folders in place of the simulated disk, for a demonstration with real programs."""

from collections.abc import Iterable
import os
from pathlib import Path

from .volume import Promise, Stat


class RealVolume:
    """The household's disk as real folders below `root`: `/data/x` lies at `root/data/x`.

    A path that lies below `root` already (as a real download client says it) is taken as it is.
    New files are sparse: they have the size they should have, and take no room.
    """

    def __init__(self, root: Path) -> None:
        """Work below this folder and nowhere else."""
        self.root = root.resolve()
        self._promises: dict[str, Promise] = {}

    def place(self, path: str) -> Path:
        """Return where a path of the household really lies; nothing is outside the root."""
        given = Path(path)
        below = given if given.is_relative_to(self.root) else self.root / path.lstrip("/")
        real = Path(os.path.normpath(below))
        if not real.is_relative_to(self.root):
            raise ValueError("a path leads out of the disk")
        return real

    def stat(self, path: str) -> Stat | None:
        """Return what is known about a file, None when there is none."""
        self._keep(path)
        real = self.place(path)
        if not real.is_file():
            return None
        found = real.stat()
        return Stat(inode=found.st_ino, size=found.st_size, links=found.st_nlink)

    def is_folder(self, path: str) -> bool:
        """Whether this is a folder."""
        return self.place(path).is_dir()

    def write(self, path: str, size: int) -> None:
        """Write a new file in place of whatever was there; folders are made as needed."""
        real = self._cleared(path)
        with real.open("wb") as file:
            file.truncate(size)

    def link(self, source: str, path: str) -> None:
        """Give a file another name (a hard link)."""
        self._keep(source)
        self._cleared(path).hardlink_to(self.place(source))

    def move(self, source: str, path: str) -> None:
        """Rename a file; its inode stays."""
        self._keep(source)
        if self.place(source) != self.place(path):
            self.place(source).rename(self._cleared(path))

    def remove(self, path: str) -> int:
        """Remove a name and return the bytes that are free now: 0 while a link is left."""
        found = self.stat(path)
        if found is None:
            return 0
        self.place(path).unlink()
        return found.size if found.links == 1 else 0

    def make_folder(self, path: str) -> None:
        """Make a folder and those above it."""
        self.place(path).mkdir(parents=True, exist_ok=True)

    def prune(self, folder: str) -> None:
        """Remove a folder and the folders in it, as far as no file is left in them."""
        top = self.place(folder)
        if top == self.root or not top.is_dir():
            return
        for here, _, _ in top.walk(top_down=False):
            if not any(here.iterdir()):
                here.rmdir()

    def listing(self, folder: str) -> tuple[list[str], list[str]]:
        """Return the names of the folders and of the files in a folder, sorted."""
        self._keep(f"{folder}/")
        real = self.place(folder)
        entries = list(real.iterdir()) if real.is_dir() else []
        folders = sorted(entry.name for entry in entries if entry.is_dir())
        return folders, sorted(entry.name for entry in entries if entry.is_file())

    def below(self, folder: str) -> list[str]:
        """Return the paths of all files below a folder, sorted."""
        self._keep(f"{folder}/")
        for promised in [key for key in self._promises if key.startswith(f"{folder}/")]:
            self._keep(f"{promised}/")
        top = self.place(folder)
        return sorted(self._seen(here / name) for here, _, names in top.walk() for name in names)

    def promise(self, folder: str, make: Promise) -> None:
        """Let a folder be filled (paths and sizes) when somebody first looks into it."""
        self.make_folder(folder)
        self._promises[folder] = make

    # -- inside --------------------------------------------------------------------------------

    def _seen(self, real: Path) -> str:
        return f"/{real.relative_to(self.root)}"

    def _cleared(self, path: str) -> Path:
        real = self.place(path)
        real.parent.mkdir(parents=True, exist_ok=True)
        real.unlink(missing_ok=True)
        return real

    def _keep(self, path: str) -> None:
        for folder in _parents(path) if self._promises else ():
            make = self._promises.pop(folder, None)
            for name, size in make() if make is not None else ():
                self.write(name, size)


def _parents(path: str) -> Iterable[str]:
    parts = path.split("/")
    return ["/".join(parts[:end]) for end in range(2, len(parts))]
