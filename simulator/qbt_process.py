"""Run a real qBittorrent on loopback, as contracts/qbittorrent.md section 9 found it to work."""

import asyncio
from asyncio.subprocess import Process
import base64
import hashlib
import os
from pathlib import Path
import signal
from types import TracebackType
from typing import Self

import aiohttp

from .hass_process import free_port
from .torrent_file import Torrent

USER = "admin"
PASSWORD = "e2e-password"

_CONFIG = """\
[LegalNotice]
Accepted=true
[BitTorrent]
Session\\Port={peer_port}
Session\\Interface=lo
Session\\InterfaceName=lo
Session\\InterfaceAddress=127.0.0.1
Session\\DHTEnabled=false
Session\\LSDEnabled=false
Session\\PeXEnabled=false
Session\\QueueingSystemEnabled=false
Session\\DefaultSavePath={downloads}
Session\\DisableAutoTMMByDefault=true
[Network]
PortForwardingEnabled=false
[Preferences]
WebUI\\Address=127.0.0.1
WebUI\\Port={port}
WebUI\\UseUPnP=false
WebUI\\LocalHostAuth=true
WebUI\\Username={user}
WebUI\\Password_PBKDF2="@ByteArray({password})"
"""


def _hashed(password: str) -> str:
    salt = os.urandom(16)
    key = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, 100_000, 64)
    return f"{base64.b64encode(salt).decode()}:{base64.b64encode(key).decode()}"


class QBittorrentProcess:
    """One qBittorrent with a profile of its own."""

    def __init__(self, program: str, folder: Path, downloads: Path | None = None) -> None:
        """Plan an instance; its data lies in `folder`, what it downloads too unless told."""
        self.downloads = downloads or folder / "downloads"
        self.port = free_port()
        self.peer_port = free_port()
        self._program = program
        self._folder = folder
        self._process: Process | None = None
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))

    @property
    def url(self) -> str:
        """Return the address of the Web UI."""
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        """Start, wait for the Web UI, sign in."""
        await asyncio.to_thread(self._prepare)
        self._process = await asyncio.create_subprocess_exec(
            self._program,
            f"--profile={self._folder}",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with asyncio.timeout(30):
                while not await self._answers():
                    await asyncio.sleep(0.1)
            await self.post("auth/login", username=USER, password=PASSWORD)
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it in good order."""
        await self._end()

    def _prepare(self) -> None:
        config = self._folder / "qBittorrent" / "config"
        config.mkdir(parents=True)
        self.downloads.mkdir(parents=True, exist_ok=True)
        text = _CONFIG.format(
            peer_port=self.peer_port,
            downloads=self.downloads,
            port=self.port,
            user=USER,
            password=_hashed(PASSWORD),
        )
        (config / "qBittorrent.conf").write_text(text, encoding="utf-8")

    async def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.returncode is None, "qBittorrent ended by itself"
        try:
            async with self._session.get(f"{self.url}/api/v2/app/version") as response:
                return response.status in {200, 403}
        except aiohttp.ClientError:
            return False

    async def _end(self) -> None:
        await self._session.close()
        if self._process is None or self._process.returncode is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(15):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def post(self, path: str, **fields: str) -> None:
        """Call the Web API."""
        async with self._session.post(f"{self.url}/api/v2/{path}", data=fields) as response:
            response.raise_for_status()

    async def add(self, torrent: Torrent, **fields: str) -> None:
        """Add a torrent."""
        form = aiohttp.FormData()
        form.add_field("torrents", torrent.body, filename=f"{torrent.name}.torrent")
        for name, value in fields.items():
            form.add_field(name, value)
        async with self._session.post(f"{self.url}/api/v2/torrents/add", data=form) as response:
            response.raise_for_status()

    async def names(self) -> set[str]:
        """Return the names of all torrents."""
        async with self._session.get(f"{self.url}/api/v2/torrents/info") as response:
            response.raise_for_status()
            return {str(row["name"]) for row in await response.json()}

    async def state(self, torrent: Torrent) -> str:
        """Return the state of a torrent, empty while it is not there."""
        async with self._session.get(
            f"{self.url}/api/v2/torrents/info", params={"hashes": torrent.hash}
        ) as response:
            rows = await response.json()
        return str(rows[0]["state"]) if rows else ""
