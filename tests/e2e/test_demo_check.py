"""What `scripts/demo --check` does, passes."""

import asyncio
import signal
import sys

import pytest

from simulator.hass_process import ROOT

pytestmark = pytest.mark.e2e

TITLES = ("The Lantern Coast", "Northern Signal", "Paper Orchard", "Silent Empire")


async def test_check() -> None:
    """One film, one series, one by hand, and one with every webhook lost: all get there."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "simulator.demo",
        "--check",
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
    for title in TITLES:
        rows = [line for line in told.splitlines() if line.startswith(title)]
        assert ["> available; " in row for row in rows] == [True]
    assert "falsely available: 0" in told
