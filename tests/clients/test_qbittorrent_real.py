"""A real qBittorrent: what it tells of a torrent, and that exactly one is deleted."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
import os
from pathlib import Path
import shutil

import aiohttp
import pytest

from custom_components.media_status.clients.guard import DryRun, Removals, TargetKind
from custom_components.media_status.clients.qbittorrent import QBittorrentClient
from simulator.qbt_process import PASSWORD, USER, QBittorrentProcess
from simulator.torrent_file import Torrent, make_torrent

from .permits import opened, permit_for

pytestmark = pytest.mark.e2e

SIZE = 256 * 1024


@pytest.fixture
def program() -> str:
    """Return the system's qBittorrent without a window."""
    found = shutil.which("qbittorrent-nox")
    if found is None:
        if os.environ.get("REQUIRE_E2E") == "1":
            pytest.fail("REQUIRE_E2E=1, but qbittorrent-nox is not installed", pytrace=False)
        pytest.skip("qbittorrent-nox is not installed")
    return found


async def seeded(server: QBittorrentProcess, name: str, category: str) -> tuple[Torrent, Path]:
    """Let the server have a file and wait until it has checked it."""
    file = server.downloads / name
    await asyncio.to_thread(file.write_bytes, os.urandom(SIZE))
    torrent = await asyncio.to_thread(make_torrent, file)
    await server.add(torrent, savepath=str(file.parent), category=category)
    await until(partial(server.state, torrent), {"stalledUP", "uploading", "queuedUP"})
    return torrent, file


async def until[T](look: Callable[[], Awaitable[T]], wanted: set[T]) -> None:
    """Look again until what is wanted is seen."""
    async with asyncio.timeout(60):
        while await look() not in wanted:
            await asyncio.sleep(0.1)


async def test_exactly_one_torrent_goes_with_its_data(
    session: aiohttp.ClientSession, tmp_path: Path, program: str
) -> None:
    """Rehearsed first, then for real: one with its file, one without; the third stays whole."""
    async with QBittorrentProcess(program, tmp_path / "qbittorrent") as server:
        first, first_file = await seeded(server, "First.2024.mkv", "radarr")
        second, second_file = await seeded(server, "Second.2024.mkv", "radarr")
        third, third_file = await seeded(server, "Third.2024.mkv", "sonarr")
        await server.post(
            "torrents/setShareLimits",
            hashes=third.hash,
            ratioLimit="2",
            seedingTimeLimit="-1",
            inactiveSeedingTimeLimit="-1",
        )
        client = opened(
            QBittorrentClient(session, server.url, username=USER, password=PASSWORD),
            Removals.DRY,
        )
        found = await client.details_of([first.hash, third.hash])
        told = {entry.torrent.hash: entry for entry in found}
        assert [file.path for file in told[first.hash].files] == [first_file.name]
        assert [file.size for file in told[first.hash].files] == [SIZE]
        assert told[first.hash].torrent.content_path == str(first_file)
        assert [told[key.hash].has_seeded for key in (first, third)] == [None, False]
        assert [told[key.hash].private for key in (first, third)] == [False, False]
        assert [told[key.hash].shares_with for key in (first, third)] == [frozenset()] * 2

        permit = permit_for(TargetKind.TORRENT, first.hash, second.hash)
        with pytest.raises(DryRun):
            await client.delete_torrent(permit, first.hash, delete_files=True)
        assert await client.torrent_details(first.hash) is not None

        opened(client)
        await client.delete_torrent(permit, first.hash, delete_files=True)
        await client.delete_torrent(permit, second.hash, delete_files=False)
        await client.delete_torrent(permit, second.hash, delete_files=False)
        for torrent in (first, second):
            await until(partial(server.state, torrent), {""})
        await until(lambda: asyncio.to_thread(first_file.exists), {False})
        left = await client.details_of([first.hash, second.hash, third.hash])
        assert [entry.torrent.hash for entry in left] == [third.hash]
        assert await asyncio.to_thread(lambda: second_file.stat().st_size) == SIZE
        assert await asyncio.to_thread(lambda: third_file.stat().st_size) == SIZE
