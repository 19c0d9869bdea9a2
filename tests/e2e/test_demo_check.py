"""What `scripts/demo --check` does, passes."""

import asyncio
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


@pytest.mark.parametrize(("scenario", "titles"), [("household", HOUSEHOLD), ("anime", ANIME)])
async def test_check(scenario: str, titles: tuple[str, ...]) -> None:
    """Every title gets there, and nothing is shown that cannot be played."""
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
    assert "falsely available: 0" in told
    for title in titles:
        rows = [line for line in told.splitlines() if line.startswith(title)]
        assert ["> available; " in row for row in rows] == [True]
