"""A household for the demonstration of deleting: its disk is real, and so are its torrents."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
import os
from pathlib import Path
import shutil
from typing import Final, Protocol

from .arr_state import MovieEntry
from .downloads import DownloadClient, ExternalClient
from .hass_wizard import form_of
from .model import JsonObject, Title
from .qbt_process import PASSWORD, USER, QBittorrentProcess
from .server import Simulator
from .torrent_file import make_torrent
from .volume_real import RealVolume

PROGRAM: Final = "qbittorrent-nox"
_SIZE: Final = 2 * 1024 * 1024  # bytes; what is seeded are real bytes
_SEEDING: Final = frozenset({"stalledUP", "uploading", "queuedUP", "forcedUP"})
_LIMIT: Final = 60.0

type Traces = dict[str, tuple[int, int, int]]  # path -> inode, size, links


class Torrents(Protocol):
    """The torrents of the household, in a real qBittorrent or in the simulated one."""

    is_real: bool

    @property
    def form(self) -> JsonObject:
        """Return what a person types to connect it."""

    async def seed(self, name: str) -> tuple[DownloadClient, str]:
        """Let a torrent of one file be seeded; return who downloads it under which hash."""

    async def names(self) -> set[str]:
        """Return the names of all torrents."""


class _RealTorrents:
    is_real = True

    def __init__(self, server: QBittorrentProcess) -> None:
        self._server = server

    @property
    def form(self) -> JsonObject:
        """Return what a person types to connect it."""
        url = self._server.url
        return {"url": url, "username": USER, "password": PASSWORD, "verify_ssl": True}

    async def seed(self, name: str) -> tuple[DownloadClient, str]:
        """Let a torrent of one file be seeded; return who downloads it under which hash."""
        file = self._server.downloads / name
        await asyncio.to_thread(file.write_bytes, os.urandom(_SIZE))
        torrent = await asyncio.to_thread(make_torrent, file)
        await self._server.add(torrent, savepath=str(file.parent), category="radarr")
        async with asyncio.timeout(_LIMIT):
            while await self._server.state(torrent) not in _SEEDING:
                await asyncio.sleep(0.1)
        client = ExternalClient(self._server.url, USER, PASSWORD)
        await client.refresh()
        return client, torrent.hash

    async def names(self) -> set[str]:
        """Return the names of all torrents."""
        return await self._server.names()


class _SimulatedTorrents:
    is_real = False

    def __init__(self, simulator: Simulator) -> None:
        self._sim = simulator

    @property
    def form(self) -> JsonObject:
        """Return what a person types to connect it."""
        return form_of(self._sim, "qbittorrent")

    async def seed(self, name: str) -> tuple[DownloadClient, str]:
        """Let a torrent of one file be seeded; return who downloads it under which hash."""
        client = self._sim.qbittorrent
        key, files = self._sim.world.new_hash(), [(name, _SIZE)]
        torrent = client.add_torrent(key, name, _SIZE, category="radarr", files=files)
        torrent.private = False
        client.finish(torrent.id)
        return client, torrent.id

    async def names(self) -> set[str]:
        """Return the names of all torrents."""
        return {torrent.name for torrent in self._sim.qbittorrent.torrents.values()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Film:
    """A film that the household has: in Radarr, on the disk, as a torrent."""

    title: Title
    entry: MovieEntry
    path: str  # as Radarr says it
    torrent: str
    real: Path
    inode: int
    size: int  # bytes


class RealHome:
    """The disk, the torrents and the simulated services around them."""

    def __init__(self, simulator: Simulator, volume: RealVolume, torrents: Torrents) -> None:
        """Begin with nothing on the disk."""
        self.sim = simulator
        self.torrents = torrents
        self._volume = volume
        self._number = 9_700_000

    async def has(self, name: str, year: int) -> Film:
        """Let somebody ask for a film and get it: seeded, hard-linked, in Jellyfin."""
        self._number += 1
        title = self.sim.world.add_title_movie(title=name, year=year, tmdb=self._number)
        await self.sim.seerr.request(title, user="alice")
        entry = self.sim.radarr.add(title)
        torrent = f"{name.replace(' ', '.')}.{year}.1080p.WEB-DL.mkv"
        client, key = await self.torrents.seed(torrent)
        radarr = self.sim.radarr
        release = radarr.make_release(title, (), "WEBDL-1080p", _SIZE)
        download = radarr.follow(entry, client=client, release=release, client_id=key.upper())
        file = radarr.import_download(download)
        real = self._volume.place(file.path)
        found = await asyncio.to_thread(real.stat)
        return Film(
            title=title,
            entry=entry,
            path=file.path,
            torrent=torrent,
            real=real,
            inode=found.st_ino,
            size=found.st_size,
        )

    async def noticed(self) -> None:
        """Let Jellyfin and Seerr see what is there."""
        await self.sim.jellyfin.scan()
        await self.sim.seerr.scan_arrs()
        await self.sim.seerr.scan()
        await self.sim.settle()

    async def traces(self) -> Traces:
        """Return every file that lies on the real disk."""
        return await asyncio.to_thread(_traces, self._volume.root)


def _traces(root: Path) -> Traces:
    found: Traces = {}
    for here, _, names in root.walk():
        for name in names:
            stat = (here / name).stat()
            found[str((here / name).relative_to(root))] = (stat.st_ino, stat.st_size, stat.st_nlink)
    return found


@asynccontextmanager
async def real_home(folder: Path) -> AsyncIterator[RealHome]:
    """Run a household with a real qBittorrent if there is one, all data below the folder."""
    disk = folder / "disk"
    volume = RealVolume(disk)
    async with Simulator(stepped=False, seed=5, volume=volume) as simulator:
        program = shutil.which(PROGRAM)
        if program is None:
            yield RealHome(simulator, volume, _SimulatedTorrents(simulator))
            return
        downloads = disk / "data" / "torrents"
        async with QBittorrentProcess(program, folder / "qbt", downloads) as server:
            yield RealHome(simulator, volume, _RealTorrents(server))
