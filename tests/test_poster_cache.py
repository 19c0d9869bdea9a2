"""The folder that holds posters: its limit, its order, and what else may lie there."""

from pathlib import Path

import pytest

from custom_components.media_status.clients.pictures import PICTURE_LIMIT
from custom_components.media_status.poster_cache import PosterCache

from .poster_house import JPEG, PNG, WEBP

SIZES = ("small", "large")


def held(cache: PosterCache, *names: str) -> list[str]:
    """Return which of the posters are there."""
    return [name for name in names if cache.read(name, "small") is not None]


def folder_size(folder: Path) -> int:
    """Return how much lies in a folder."""
    return sum(path.stat().st_size for path in folder.iterdir())


@pytest.mark.parametrize(
    ("data", "content_type"), [(JPEG, "image/jpeg"), (PNG, "image/png"), (WEBP, "image/webp")]
)
def test_what_is_written_is_read(tmp_path: Path, data: bytes, content_type: str) -> None:
    """A poster keeps its bytes, its time, and the type that its bytes tell."""
    cache = PosterCache(tmp_path / "posters")
    cache.write("a", "small", data, 1000.0)
    found = cache.read("a", "small")
    assert found is not None
    assert (found.data, found.content_type, found.stored_at) == (data, content_type, 1000.0)
    assert cache.read("a", "large") is None
    assert cache.read("b", "small") is None


def test_the_oldest_go_first(tmp_path: Path) -> None:
    """The folder never grows beyond its limit, also over restarts."""
    cache = PosterCache(tmp_path, limit=3 * len(JPEG))
    for number, name in enumerate("abc"):
        cache.write(name, "small", JPEG, 1000.0 + number)
    assert held(cache, *"abc") == ["a", "b", "c"]
    cache.write("a", "small", JPEG, 2000.0)  # renewed
    cache.write("d", "small", JPEG, 2001.0)
    assert held(cache, *"abcd") == ["a", "c", "d"]
    again = PosterCache(tmp_path, limit=3 * len(JPEG))
    again.write("e", "small", JPEG, 2002.0)
    assert held(again, *"acde") == ["a", "d", "e"]
    assert folder_size(tmp_path) == 3 * len(JPEG)
    smaller = PosterCache(tmp_path, limit=len(JPEG))
    smaller.write("f", "small", JPEG, 2003.0)
    assert held(smaller, *"acdef") == ["f"]


def test_a_renewed_poster_counts_once(tmp_path: Path) -> None:
    """Writing one poster many times drives no other out."""
    cache = PosterCache(tmp_path, limit=2 * len(JPEG))
    cache.write("a", "small", JPEG, 1000.0)
    for number in range(10):
        cache.write("b", "small", JPEG, 1001.0 + number)
    assert held(cache, "a", "b") == ["a", "b"]


@pytest.mark.parametrize("data", [b"", b"<svg/>", JPEG + b"0" * PICTURE_LIMIT])
def test_what_is_no_picture_any_more_is_removed(tmp_path: Path, data: bytes) -> None:
    """A damaged file is as good as none, and does not stay."""
    cache = PosterCache(tmp_path)
    cache.write("a", "small", JPEG, 1000.0)
    (path,) = tmp_path.iterdir()
    path.write_bytes(data)
    assert cache.read("a", "small") is None
    assert not path.exists()


def test_half_of_a_poster_is_cleaned_away(tmp_path: Path) -> None:
    """What a power cut left behind goes with the next write."""
    half = tmp_path / f"{'0' * 64}.new"
    half.write_bytes(JPEG)
    PosterCache(tmp_path).write("a", "small", JPEG, 1000.0)
    assert not half.exists()
    assert folder_size(tmp_path) == len(JPEG)


def test_no_id_leads_out_of_the_folder(tmp_path: Path) -> None:
    """Whatever an id looks like, it is a file right in the folder."""
    folder = tmp_path / "deep" / "posters"
    cache = PosterCache(folder)
    for name in ("../../x", "/etc/x", "a/b", "", "\x00", "\ud800", "x" * 5000):
        cache.write(name, "../small", JPEG, 1000.0)
        assert cache.read(name, "../small") is not None
    assert len(list(folder.iterdir())) == 7
    assert [path.name for path in tmp_path.iterdir()] == ["deep"]


def test_forgetting_and_clearing(tmp_path: Path) -> None:
    """A request's posters go together; clearing takes the folder; both can be repeated."""
    folder = tmp_path / "posters"
    cache = PosterCache(folder)
    cache.forget("a", SIZES)
    for size in SIZES:
        cache.write("a", size, JPEG, 1000.0)
    cache.write("b", "small", JPEG, 1000.0)
    cache.forget("a", SIZES)
    assert held(cache, "a", "b") == ["b"]
    assert folder_size(folder) == len(JPEG)
    for _ in range(2):
        cache.clear()
        assert not folder.exists()
    cache.write("c", "small", JPEG, 1000.0)
    assert held(cache, "c") == ["c"]
