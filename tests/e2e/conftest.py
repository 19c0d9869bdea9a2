"""Skip what this machine cannot run, with the reason; REQUIRE_E2E=1 makes that a failure."""

import os
from pathlib import Path
import shutil
from typing import NoReturn

import pytest

from simulator import hass_process

# Parts of the names of tests, that of the one that takes longest first.
LONGEST = ("anime", "household", "trouble", "download", "person", "deletion", "library", "kill")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Take by turns the longest and the shortest: each worker begins with one of either."""
    mine = sorted((item for item in items if "tests/e2e" in item.nodeid), key=_rank)
    mixed = [mine.pop(-(turn % 2)) for turn in range(len(mine))]
    items[:] = [*(item for item in items if item not in mixed), *mixed]


def _rank(item: pytest.Item) -> int:
    return next((rank for rank, name in enumerate(LONGEST) if name in item.nodeid), len(LONGEST))


def lacking(reason: str) -> NoReturn:
    """Skip the test, or fail it where every end-to-end test must run."""
    if os.environ.get("REQUIRE_E2E") == "1":
        pytest.fail(f"REQUIRE_E2E=1, but {reason}", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(autouse=True)
def real_machine(socket_enabled: None) -> None:
    """Use real sockets, and a Home Assistant that is complete."""
    if (reason := hass_process.missing()) is not None:
        lacking(reason)


@pytest.fixture
def browser_path() -> str:
    """Return the system's Chromium."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        lacking("Chromium is not installed")
    return found


@pytest.fixture
def qbittorrent_path() -> str:
    """Return the system's qBittorrent without a window."""
    found = shutil.which("qbittorrent-nox")
    if found is None:
        lacking("qbittorrent-nox is not installed")
    return found


@pytest.fixture
def hass_folder(tmp_path: Path) -> Path:
    """Return the configuration folder of a Home Assistant that does not exist yet."""
    folder = tmp_path / "hass"
    folder.mkdir()
    return folder
