"""Progress, time left and completion come from a real qBittorrent."""

import asyncio
import os
from pathlib import Path

import pytest

from simulator import ExternalClient, Simulator
from simulator.arr_state import Download
from simulator.hass_client import HassClient
from simulator.hass_process import running_hass
from simulator.hass_wizard import add_tracker
from simulator.model import JsonObject
from simulator.qbt_process import PASSWORD, USER, QBittorrentProcess
from simulator.torrent_file import Torrent, make_torrent

pytestmark = pytest.mark.e2e

TITLE = "Dune: Part Two"
SIZE = 12 * 1024 * 1024
RATE = 400 * 1024  # about thirty seconds: several looks of five seconds
SEEDING = {"stalledUP", "uploading", "queuedUP", "forcedUP"}


async def share(seeder: QBittorrentProcess, file: Path) -> Torrent:
    """Let the seeder have the data and wait until it has checked it."""
    await asyncio.to_thread(file.write_bytes, os.urandom(SIZE))
    torrent = await asyncio.to_thread(make_torrent, file)
    await seeder.add(torrent, savepath=str(file.parent))
    async with asyncio.timeout(60):
        while await seeder.state(torrent) not in SEEDING:
            await asyncio.sleep(0.2)
    return torrent


class Follower:
    """What the sensor's figures were, in order."""

    def __init__(self) -> None:
        """Start without any."""
        self.stages: list[str] = []
        self.progress: list[float] = []
        self.has_eta = False
        self.downloaded = asyncio.Event()

    async def follow(self, client: HassClient) -> None:
        """Take in every change until the film is available."""
        async for event in client.events("media_status/subscribe"):
            requests = event.get("requests")
            for request in requests if isinstance(requests, list) else ():
                self._take(request)
                if request["stage"] == "available":
                    return

    def _take(self, request: JsonObject) -> None:
        stage, progress = str(request["stage"]), request["progress"]
        if not self.stages or self.stages[-1] != stage:
            self.stages.append(stage)
        if stage == "downloaded":
            self.downloaded.set()
        if stage != "downloading" or not isinstance(progress, int | float):
            return
        self.has_eta |= request["eta"] is not None
        if not self.progress or self.progress[-1] != progress:
            self.progress.append(float(progress))


async def test_a_real_download(tmp_path: Path, hass_folder: Path, qbittorrent_path: str) -> None:
    """A film that the leecher really fetches from the seeder moves the sensor to available."""
    async with (
        QBittorrentProcess(qbittorrent_path, tmp_path / "seeder") as seeder,
        QBittorrentProcess(qbittorrent_path, tmp_path / "leecher") as leecher,
        Simulator(stepped=False, seed=2) as sim,
        running_hass(hass_folder) as (hass, client),
    ):
        torrent = await share(seeder, seeder.downloads / "Dune.Part.Two.2024.1080p.mkv")
        form = {"url": leecher.url, "username": USER, "password": PASSWORD, "verify_ssl": True}
        await add_tracker(client, sim, forms={"qbittorrent": form})
        follower = Follower()
        following = asyncio.create_task(follower.follow(client))
        film = sim.world.add_title_movie(title=TITLE, year=2024, tmdb=693134)
        await sim.seerr.request(film)

        download = await fetch(sim, leecher, torrent, peer=f"127.0.0.1:{seeder.peer_port}")
        async with asyncio.timeout(120):
            await follower.downloaded.wait()
            sim.radarr.import_download(download)
            await sim.jellyfin.scan()
            await following

        assert len(follower.progress) >= 3
        assert follower.progress == sorted(follower.progress)
        assert 0 < follower.progress[1] < 100
        assert follower.has_eta
        order = ["downloading", "downloaded", "syncing_library", "available"]
        assert [stage for stage in follower.stages if stage in order] == order
    assert hass.complaints() == []


async def fetch(
    sim: Simulator, leecher: QBittorrentProcess, torrent: Torrent, *, peer: str
) -> Download:
    """Hand the torrent to the leecher as Radarr does, and let it find the seeder."""
    entry = next(entry for entry in sim.radarr.entries.values() if entry.title.title == TITLE)
    await leecher.add(torrent, dlLimit=str(RATE), category="radarr")
    async with asyncio.timeout(30):
        while not await leecher.state(torrent):
            await asyncio.sleep(0.1)
    await leecher.post("torrents/addPeers", hashes=torrent.hash, peers=peer)
    client = ExternalClient(leecher.url, USER, PASSWORD)
    return sim.radarr.grab(entry, client=client, download_id=torrent.hash, size=SIZE)
