"""The disk that all services of a household share: files with inodes, folders, hard links."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

type Promise = Callable[[], Iterable[tuple[str, int]]]


@dataclass(slots=True, frozen=True, kw_only=True)
class Stat:
    """What the disk says about a file: `links` names share one inode."""

    inode: int
    size: int
    links: int


class Volume(Protocol):
    """A disk: simulated, or real folders below one of their own."""

    def stat(self, path: str) -> Stat | None:
        """Return what is known about a file, None when there is none."""

    def is_folder(self, path: str) -> bool:
        """Whether this is a folder."""

    def write(self, path: str, size: int) -> None:
        """Write a new file in place of whatever was there; folders are made as needed."""

    def link(self, source: str, path: str) -> None:
        """Give a file another name (a hard link)."""

    def move(self, source: str, path: str) -> None:
        """Rename a file; its inode stays."""

    def remove(self, path: str) -> int:
        """Remove a name and return the bytes that are free now: 0 while a link is left."""

    def make_folder(self, path: str) -> None:
        """Make a folder and those above it."""

    def prune(self, folder: str) -> None:
        """Remove a folder and the folders in it, as far as no file is left in them."""

    def listing(self, folder: str) -> tuple[list[str], list[str]]:
        """Return the names of the folders and of the files in a folder, sorted."""

    def below(self, folder: str) -> list[str]:
        """Return the paths of all files below a folder, sorted."""

    def promise(self, folder: str, make: Promise) -> None:
        """Let a folder be filled (paths and sizes) when somebody first looks into it."""


@dataclass(slots=True, kw_only=True, eq=False)
class _Inode:
    number: int
    size: int
    links: int = 1


@dataclass(slots=True, eq=False)
class _Folder:
    folders: dict[str, _Folder] = field(default_factory=dict)
    files: dict[str, _Inode] = field(default_factory=dict)
    promise: Promise | None = None


class VirtualVolume:
    """A disk in memory."""

    def __init__(self) -> None:
        """Be empty."""
        self._root = _Folder()
        self._last = 0

    def stat(self, path: str) -> Stat | None:
        """Return what is known about a file, None when there is none."""
        home, name = self._home(path)
        inode = home.files.get(name) if home is not None else None
        if inode is None:
            return None
        return Stat(inode=inode.number, size=inode.size, links=inode.links)

    def is_folder(self, path: str) -> bool:
        """Whether this is a folder."""
        return self._folder(path) is not None

    def write(self, path: str, size: int) -> None:
        """Write a new file in place of whatever was there; folders are made as needed."""
        self._last += 1
        self._place(path, _Inode(number=self._last, size=size))

    def link(self, source: str, path: str) -> None:
        """Give a file another name (a hard link)."""
        inode = self._inode(source)
        inode.links += 1
        self._place(path, inode)

    def move(self, source: str, path: str) -> None:
        """Rename a file; its inode stays."""
        if source == path:
            return
        inode = self._inode(source)
        home, name = self._home(source)
        if home is not None:
            del home.files[name]
        self._place(path, inode)

    def remove(self, path: str) -> int:
        """Remove a name and return the bytes that are free now: 0 while a link is left."""
        home, name = self._home(path)
        inode = home.files.pop(name, None) if home is not None else None
        if inode is None:
            return 0
        inode.links -= 1
        return 0 if inode.links else inode.size

    def make_folder(self, path: str) -> None:
        """Make a folder and those above it."""
        self._made(path)

    def prune(self, folder: str) -> None:
        """Remove a folder and the folders in it, as far as no file is left in them."""
        parent, name = self._home(folder)
        found = self._folder(folder)
        if found is not None and parent is not None and _is_bare(found):
            del parent.folders[name]

    def listing(self, folder: str) -> tuple[list[str], list[str]]:
        """Return the names of the folders and of the files in a folder, sorted."""
        found = self._folder(folder)
        if found is None:
            return [], []
        return sorted(found.folders), sorted(found.files)

    def below(self, folder: str) -> list[str]:
        """Return the paths of all files below a folder, sorted."""
        found = self._folder(folder)
        return sorted(self._walk(folder.rstrip("/"), found)) if found is not None else []

    def promise(self, folder: str, make: Promise) -> None:
        """Let a folder be filled (paths and sizes) when somebody first looks into it."""
        self._made(folder).promise = make

    # -- inside --------------------------------------------------------------------------------

    def _walk(self, path: str, folder: _Folder) -> Iterable[str]:
        yield from (f"{path}/{name}" for name in folder.files)
        for name in tuple(folder.folders):
            below = f"{path}/{name}"
            if (found := self._folder(below)) is not None:
                yield from self._walk(below, found)

    def _inode(self, path: str) -> _Inode:
        home, name = self._home(path)
        if home is None or name not in home.files:
            raise FileNotFoundError(path)
        return home.files[name]

    def _place(self, path: str, inode: _Inode) -> None:
        folder, _, name = path.rpartition("/")
        self.remove(path)
        self._made(folder).files[name] = inode

    def _home(self, path: str) -> tuple[_Folder | None, str]:
        folder, _, name = path.rstrip("/").rpartition("/")
        return self._folder(folder), name

    def _folder(self, path: str) -> _Folder | None:
        """Return a folder, with what was promised for it."""
        here: _Folder | None = self._root
        for name in filter(None, path.split("/")):
            here = here.folders.get(name) if here is not None else None
            if here is None:
                return None
            self._keep(here)
        return here

    def _keep(self, folder: _Folder) -> None:
        make, folder.promise = folder.promise, None
        for path, size in make() if make is not None else ():
            self.write(path, size)

    def _made(self, path: str) -> _Folder:
        here = self._root
        for name in filter(None, path.split("/")):
            here = here.folders.setdefault(name, _Folder())
            self._keep(here)
        return here


def _is_bare(folder: _Folder) -> bool:
    """Whether no file lies below; bare folders inside are removed on the way."""
    for name, inner in tuple(folder.folders.items()):
        if inner.promise is None and _is_bare(inner):
            del folder.folders[name]
    return not folder.files and not folder.folders and folder.promise is None
