"""The disk of a household: inodes, links and bytes, in memory and on real folders."""

from pathlib import Path

import pytest

from simulator import ExternalClient, Simulator
from simulator.clock import SimClock
from simulator.disk import Disk
from simulator.downloads import ClientView
from simulator.volume import VirtualVolume, Volume
from simulator.volume_real import RealVolume


@pytest.fixture(params=["virtual", "real"])
def volume(request: pytest.FixtureRequest, tmp_path: Path) -> Volume:
    """Return an empty disk of either kind."""
    return VirtualVolume() if request.param == "virtual" else RealVolume(tmp_path)


def test_bytes_are_free_when_the_last_link_goes(volume: Volume) -> None:
    """Removing one of two names frees nothing."""
    volume.write("/data/a/one.mkv", 700)
    volume.link("/data/a/one.mkv", "/data/b/two.mkv")
    one, two = volume.stat("/data/a/one.mkv"), volume.stat("/data/b/two.mkv")
    assert one is not None
    assert one == two
    assert (one.size, one.links) == (700, 2)
    assert volume.remove("/data/a/one.mkv") == 0
    assert volume.stat("/data/a/one.mkv") is None
    assert volume.remove("/data/b/two.mkv") == 700
    assert volume.remove("/data/b/two.mkv") == 0


def test_a_move_keeps_the_inode_and_a_new_file_has_another(volume: Volume) -> None:
    """What is renamed is the same file, what is written in its place is not."""
    volume.write("/data/x.mkv", 5)
    before = volume.stat("/data/x.mkv")
    volume.move("/data/x.mkv", "/data/deep/y.mkv")
    assert volume.stat("/data/deep/y.mkv") == before
    assert volume.stat("/data/x.mkv") is None
    volume.link("/data/deep/y.mkv", "/data/z.mkv")
    volume.write("/data/deep/y.mkv", 6)
    old, new = volume.stat("/data/z.mkv"), volume.stat("/data/deep/y.mkv")
    assert old is not None
    assert new is not None
    assert (old.links, old.size, new.size) == (1, 5, 6)
    assert old.inode != new.inode


def test_folders_are_listed_and_pruned_only_when_nothing_is_left(volume: Volume) -> None:
    """A folder with a file somewhere below stays."""
    volume.write("/data/Show/Season 01/a.mkv", 1)
    volume.write("/data/Show/poster.jpg", 1)
    volume.make_folder("/data/Show/Season 02")
    assert volume.listing("/data/Show") == (["Season 01", "Season 02"], ["poster.jpg"])
    assert volume.below("/data") == ["/data/Show/Season 01/a.mkv", "/data/Show/poster.jpg"]
    volume.remove("/data/Show/Season 01/a.mkv")
    volume.prune("/data/Show")
    assert volume.listing("/data/Show")[1] == ["poster.jpg"]
    volume.remove("/data/Show/poster.jpg")
    volume.prune("/data/Show")
    assert not volume.is_folder("/data/Show")
    assert volume.is_folder("/data")


def test_a_promise_is_kept_when_somebody_looks(volume: Volume) -> None:
    """Files of the old shelf exist for everybody, and are made once."""
    made: list[str] = []

    def make() -> list[tuple[str, int]]:
        made.append("made")
        return [("/data/Old/film.mkv", 9)]

    volume.promise("/data/Old", make)
    assert volume.is_folder("/data/Old")
    assert volume.below("/data") == ["/data/Old/film.mkv"]
    assert volume.remove("/data/Old/film.mkv") == 9
    assert volume.listing("/data/Old") == ([], [])
    assert made == ["made"]


def test_a_real_disk_takes_paths_of_its_own_and_nothing_outside(tmp_path: Path) -> None:
    """What a real client says is understood; what leads out of the folder is refused."""
    volume = RealVolume(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "real.mkv").write_bytes(b"12345")
    volume.link(str(tmp_path / "data" / "real.mkv"), "/library/real.mkv")
    found = volume.stat("/library/real.mkv")
    assert found is not None
    assert (found.size, found.links) == (5, 2)
    with pytest.raises(ValueError, match="out of the disk"):
        volume.write("/../outside.mkv", 1)


async def test_who_removed_what_is_kept(volume: Volume) -> None:
    """Every name that goes is noted with its remover and the bytes that are free."""
    disk = Disk(SimClock(), volume)
    disk.lay("/data/downloads/film.mkv", 100)
    disk.lay("/data/media/film.en.srt", 3)
    volume.link("/data/downloads/film.mkv", "/data/media/film.mkv")
    assert disk.remove_tree("/data/media", by="radarr") == 3
    assert disk.remove_file("/data/downloads/film.mkv") == 100
    rows = [(row.path, row.size, row.freed, row.by) for row in disk.removed]
    assert rows == [
        ("/data/media/film.en.srt", 3, 3, "radarr"),
        ("/data/media/film.mkv", 100, 0, "radarr"),
        ("/data/downloads/film.mkv", 100, 100, ""),
    ]
    assert disk.freed == 103


async def test_a_recycle_bin_frees_nothing_and_overwrites_nothing(volume: Volume) -> None:
    """A second file of the same name gets a number."""
    disk = Disk(SimClock(), volume)
    for size in (1, 2):
        disk.lay("/data/media/film.mkv", size)
        disk.recycle("/data/media/film.mkv", "/data/bin/film.mkv")
    assert volume.below("/data") == ["/data/bin/film.mkv", "/data/bin/film_1.mkv"]
    assert disk.removed == []


async def test_a_real_download_is_linked_into_a_real_library(
    socket_enabled: None, tmp_path: Path
) -> None:
    """The simulated Radarr imports what a real client says lies somewhere below the disk."""
    content = tmp_path / "downloads" / "Heat.1995" / "heat.mkv"
    content.parent.mkdir(parents=True)
    content.write_bytes(b"x" * 1234)
    seen = ClientView(
        size=1234,
        size_left=0,
        status="completed",
        eta_seconds=None,
        output_path=str(content.parent),
    )
    client = ExternalClient(read=lambda _: seen)
    async with Simulator(profile="empty", services=["radarr"], volume=RealVolume(tmp_path)) as sim:
        entry = sim.radarr.add(sim.world.add_title_movie(title="Heat", year=1995, tmdb=949))
        file = sim.radarr.import_download(sim.radarr.grab(entry, client=client))
        there = tmp_path / file.path.lstrip("/")
        assert there.samefile(content)
        assert file.size == 1234
        there.unlink()
        assert sim.world.look() == [file.path]
        assert content.exists()
