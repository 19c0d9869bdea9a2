"""Releases, and the download clients an arr can hand them to."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol

import aiohttp

from .clock import SimClock
from .model import JsonObject

type Protocols = Literal["torrent", "usenet"]
type ReleaseKind = Literal["unknown", "singleEpisode", "multiEpisode", "seasonPack"]


@dataclass(slots=True, kw_only=True, eq=False)
class Release:
    """What an indexer offers and an arr grabs."""

    title: str
    quality: str
    size: int
    group: str = "FLUX"
    indexer: str = "Prowlarr - Indexer A"
    protocol: Protocols = "torrent"
    score: int = 50
    formats: tuple[tuple[int, str], ...] = ((31, "WEB Tier 01"),)
    kind: ReleaseKind = "unknown"
    files: tuple[tuple[str, int], ...] = ()  # names in its folder and sizes; one file when empty


@dataclass(slots=True, kw_only=True)
class ClientView:
    """What a download client says about one download."""

    size: int
    size_left: int
    status: str
    eta_seconds: int | None
    output_path: str
    error: str | None = None


class DownloadRefusedError(Exception):
    """The client did not take the release (for example because it has it already)."""


class DownloadClient(Protocol):
    """A download client as an arr sees it."""

    name: str
    implementation: str
    protocol: Protocols

    def add(self, release: Release, download_id: str, category: str) -> str | None:
        """Take a release and return its download id, None for clients that have none."""

    def view(self, download_id: str) -> ClientView | None:
        """Return the present state of a download, None when it is gone."""

    def finish(self, download_id: str) -> None:
        """Let a download be complete now."""

    def remove(self, download_id: str, *, delete_data: bool) -> None:
        """Forget a download."""

    async def refresh(self) -> None:
        """Bring what `view` answers up to date."""


@dataclass(slots=True, kw_only=True, eq=False)
class Transfer:
    """Bytes that arrive at a rate: progress is a function of the simulated time."""

    size: int
    rate: float
    since: datetime
    done: int = 0
    running: bool = True

    def received(self, now: datetime) -> int:
        """Return the bytes that are here at `now`."""
        if not self.running:
            return min(self.size, self.done)
        seconds = max(0.0, (now - self.since).total_seconds())
        return min(self.size, self.done + int(seconds * self.rate))

    def left(self, now: datetime) -> int:
        """Return the bytes still missing at `now`."""
        return self.size - self.received(now)

    def eta(self, now: datetime) -> int | None:
        """Return the seconds to go, None when nothing moves."""
        left = self.left(now)
        if not self.running or self.rate <= 0:
            return None
        return int(left / self.rate)

    def hold(self, now: datetime) -> None:
        """Stop where it is."""
        self.done, self.running = self.received(now), False

    def go_on(self, now: datetime, *, rate: float | None = None) -> None:
        """Continue, perhaps at another rate."""
        self.done, self.since, self.running = self.received(now), now, True
        self.rate = self.rate if rate is None else rate

    def finish(self) -> None:
        """Have every byte at once."""
        self.done = self.size

    def finished_at(self) -> datetime:
        """Return when the last byte comes if nothing changes."""
        return self.since + timedelta(seconds=(self.size - self.done) / max(self.rate, 1.0))


class UsenetClient:
    """A SABnzbd that only the arr talks to; `blackhole=True` gives no download ids."""

    protocol: Protocols = "usenet"

    def __init__(
        self,
        clock: SimClock,
        *,
        rate: float = 20_000_000,
        name: str = "SABnzbd",
        blackhole: bool = False,
    ) -> None:
        """Download at `rate` bytes per second."""
        self.name = name
        self.implementation = "UsenetBlackhole" if blackhole else "SABnzbd"
        self._clock = clock
        self._rate = rate
        self._blackhole = blackhole
        self._jobs: dict[str, tuple[Release, Transfer]] = {}

    def add(self, release: Release, download_id: str, category: str) -> str | None:
        """Take a release; the id has SABnzbd's form."""
        job = f"SABnzbd_nzo_{download_id[:8].lower()}"
        transfer = Transfer(size=release.size, rate=self._rate, since=self._clock.now())
        self._jobs[job] = (release, transfer)
        return None if self._blackhole else job

    def view(self, download_id: str) -> ClientView | None:
        """Return the state of a job."""
        job = self._jobs.get(download_id)
        if job is None:
            return None
        release, transfer = job
        left = transfer.left(self._clock.now())
        return ClientView(
            size=release.size,
            size_left=left,
            status="downloading" if left else "completed",
            eta_seconds=transfer.eta(self._clock.now()),
            output_path=f"/data/usenet/complete/{release.title}",
        )

    def finish(self, download_id: str) -> None:
        """Let a job be complete now."""
        if job := self._jobs.get(download_id):
            job[1].finish()

    def remove(self, download_id: str, *, delete_data: bool) -> None:
        """Forget a job."""
        self._jobs.pop(download_id, None)

    async def refresh(self) -> None:
        """Do nothing: `view` is always current."""


@dataclass(slots=True, kw_only=True)
class _Login:
    url: str
    username: str
    password: str
    cookie: str = ""
    torrents: dict[str, JsonObject] = field(default_factory=dict)


class ExternalClient:
    """A real qBittorrent, so that the simulated arr reads true progress of a true hash.

    The torrent is added by whoever runs the real client; `grab(..., download_id=<hash>)` names it.
    Instead of an address a callable may be given: `read(hash)` returns a `ClientView` or None.
    """

    implementation = "qBittorrent"
    protocol: Protocols = "torrent"

    def __init__(
        self,
        url: str = "",
        username: str = "",
        password: str = "",
        *,
        name: str = "qBittorrent",
        read: Callable[[str], ClientView | None] | None = None,
    ) -> None:
        """Read from the address, or from the callable."""
        self.name = name
        self._read = read
        self._login = _Login(url=url.rstrip("/"), username=username, password=password)
        self._busy = asyncio.Lock()

    def add(self, release: Release, download_id: str, category: str) -> str | None:
        """Accept the hash that was handed over."""
        return download_id.upper()

    def view(self, download_id: str) -> ClientView | None:
        """Return what the real client last said."""
        if self._read is not None:
            return self._read(download_id.lower())
        torrent = self._login.torrents.get(download_id.lower())
        return None if torrent is None else _external_view(torrent)

    def finish(self, download_id: str) -> None:
        """Do nothing: the real client finishes by itself."""

    def remove(self, download_id: str, *, delete_data: bool) -> None:
        """Leave the torrent alone: the arr only stops following it."""

    async def refresh(self) -> None:
        """Read the torrent list of the real client."""
        if self._read is not None or not self._login.url:
            return
        async with self._busy, aiohttp.ClientSession() as session:
            if not await self._fetch(session):
                await self._sign_in(session)
                await self._fetch(session)

    async def _fetch(self, session: aiohttp.ClientSession) -> bool:
        headers = {"Cookie": self._login.cookie}
        address = f"{self._login.url}/api/v2/torrents/info"
        async with session.get(address, headers=headers) as response:
            if response.status != 200:
                return False
            rows = await response.json()
        self._login.torrents = {str(row["hash"]): row for row in rows}
        return True

    async def _sign_in(self, session: aiohttp.ClientSession) -> None:
        form = {"username": self._login.username, "password": self._login.password}
        async with session.post(f"{self._login.url}/api/v2/auth/login", data=form) as response:
            await response.read()
            self._login.cookie = "; ".join(
                f"{name}={morsel.value}" for name, morsel in response.cookies.items()
            )


def _external_view(torrent: JsonObject) -> ClientView:
    def number(key: str) -> int:
        value = torrent.get(key)
        return int(value) if isinstance(value, int | float) else 0

    state = str(torrent.get("state"))
    left, size = number("amount_left"), number("size")
    eta = number("eta")
    return ClientView(
        size=size,
        size_left=left,
        status="completed" if size and not left else arr_status(state),
        eta_seconds=None if eta >= 8_640_000 else eta,
        output_path=str(torrent.get("content_path") or ""),
        error="The download is stalled with no connections" if state == "stalledDL" else None,
    )


def arr_status(state: str) -> str:
    """Map a qBittorrent state to the queue status an arr shows for it."""
    if state in {"error", "stalledDL", "missingFiles"}:
        return "warning"
    if state in {"pausedDL", "stoppedDL"}:
        return "paused"
    if state in {"queuedDL", "metaDL", "forcedMetaDL"} or state.startswith("checking"):
        return "queued"
    return "completed" if state.endswith("UP") or state == "uploading" else "downloading"
