"""Paths as two services see them."""

import pytest

from custom_components.media_status.wanted import mapped, prefix_pairs


@pytest.mark.parametrize(
    ("lines", "path", "seen"),
    [
        (["/data/media => /media"], "/data/media/films/a.mkv", "/media/films/a.mkv"),
        (["/a => /b", "/data => /media"], "/data/a.mkv", "/media/a.mkv"),
        (["/data => /media"], "/other/a.mkv", "/other/a.mkv"),
        (["no arrow"], "/data/a.mkv", "/data/a.mkv"),
        (None, "/data/a.mkv", "/data/a.mkv"),
    ],
)
def test_path_prefixes(lines: object, path: str, seen: str) -> None:
    """The first prefix that fits is replaced; lines that say nothing are passed over."""
    assert mapped(path, prefix_pairs(lines)) == seen
