"""What `scripts/demo --check` does, passes."""

import asyncio
import re
import signal
import sys

import pytest

from simulator.hass_process import ROOT

pytestmark = pytest.mark.e2e

HOUSEHOLD = ("The Lantern Coast", "Northern Signal", "Paper Orchard", "Silent Empire")
ANIME = (
    "Paper Fireworks",
    "Letter House Memories",
    "Thirteen Winters",
    "Tides of Glass",
    "A Fox in Snow",
    "Harbour Lights",
    "Seven Umbrellas",
)
STUCK = (
    "The Lost Letter",
    "Quiet Harbour",
    "Broken Bridge",
    "The Last Sharer",
    "Hollow House",
    "Full Cellar",
    "Forgotten Parcel",
    "Locked Gate",
    "Wrong Address",
    "A Fox in Fog",
    "Invisible Garden",
)


DISAGREEMENTS = (
    "missing_in_library",
    "episodes_missing_in_library",
    "unknown_to_managers",
    "seerr_wrong",
    "seerr_behind",
    "shoko_unmatched",
    "duplicate",
    "id_conflict",
)

# What is done, how qBittorrent's step ends, how many services end like that, and what was seen.
DELETED = (
    ("preview", "pending", 4, "; nothing changed"),
    ("dry run", "skipped (dry_run)", 4, "disk, torrents and call log as before"),
    ("run", "verified", 4, "disk empty, torrent gone"),
    ("kill -9", "verified", 4, "Radarr called 1 time; disk empty, torrent gone"),
    ("file elsewhere", "verified", 4, "min, repair, confirmed; disk empty, torrent gone"),
    ("film elsewhere", "verified", 3, "min, repair, confirmed; disk empty, torrent gone"),
    ("200, files stay", "verified", 4, "failed (files_left), repair, retried; disk empty"),
)


@pytest.mark.parametrize(("scenario", "titles"), [("household", HOUSEHOLD), ("anime", ANIME)])
async def test_check(scenario: str, titles: tuple[str, ...]) -> None:
    """Every title gets there, and nothing is shown that cannot be played."""
    told = await checked(scenario)
    assert "falsely available: 0" in told
    for title in titles:
        assert ["> available; " in row for row in rows_of(told, title)] == [True]


async def test_trouble() -> None:
    """Eleven titles say why they are stuck, each for a reason of its own; all are healed."""
    told = await checked("trouble")
    assert "falsely available: 0" in told
    reasons = []
    for title in STUCK:
        trouble, end = rows_of(told, title)
        assert re.search(r" \d+\.\d s; \w.*\.$|s; .*: \w", trouble), trouble
        assert "> available; " in end
        reasons.append(trouble.split()[len(title.split()) + 1])
    assert len(set(reasons)) == len(STUCK)


async def test_deletion(qbittorrent_path: str) -> None:
    """Real torrents and files go, and only they; a rehearsal changes nothing."""
    told = await checked("deletion")
    assert "qBittorrent is real" in told
    for act, status, services, seen in DELETED:
        (row,) = rows_of(told, f"{act}  ")
        assert row.count(f"  {status}  ") == services, row
        assert seen in row
    (spared,) = rows_of(told, "untouched  ")
    assert "same inode and links, torrent still there" in spared


async def test_library() -> None:
    """Finished requests get what they lack, every disagreement is told, and nothing is invented."""
    told = await checked("library")
    assert "new requests: 0" in told
    for title in ("The Glass Orchard", "Winter Machine"):
        (row,) = rows_of(told, title)
        before, after = row.split("->")
        assert "watch link" not in before
        assert after.endswith("watch link")
    for code in DISAGREEMENTS:
        (row,) = rows_of(told, f"{code}  ")
        assert re.search(r"[.:] \S", row), row


def rows_of(told: str, title: str) -> list[str]:
    """Return the rows of the tables that are about a title."""
    return [line for line in told.splitlines() if line.startswith(title)]


async def checked(scenario: str) -> str:
    """Return what the check of a scenario that passes tells."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "simulator.demo",
        "--check",
        "--scenario",
        scenario,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        told = (await process.communicate())[0].decode()
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            await process.wait()
    assert process.returncode == 0, told
    return told
