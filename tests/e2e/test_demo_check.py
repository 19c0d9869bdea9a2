"""What `scripts/demo --check` does, passes."""

import asyncio

import pytest

from simulator import demo

pytestmark = pytest.mark.e2e


async def test_check(capsys: pytest.CaptureFixture[str]) -> None:
    """One film, one series, one by hand, and one with every webhook lost: all get there."""
    code = await asyncio.to_thread(demo.main, ["--check"])
    told = capsys.readouterr().out
    assert code == 0, told
    for title in ("The Lantern Coast", "Northern Signal", "Paper Orchard", "Silent Empire"):
        assert any(
            line.startswith(title) and line.endswith("available") for line in told.splitlines()
        )
