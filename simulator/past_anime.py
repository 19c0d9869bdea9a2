"""The anime of an old shelf: what Shoko matched years ago."""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from .arr_state import SHELF_EPISODE_SIZE, episode_path
from .model import DiskFile, Title
from .shoko_files import ShokoFile, ShokoFolder, ShokoSeries

if TYPE_CHECKING:
    from .server import Simulator

_SHARE: Final = 10  # every tenth series is anime
_FOLDER: Final = "/data/media/tv"


def match_shelf(sim: Simulator) -> None:
    """Let Shoko know the files of every tenth series of the shelf."""
    shelf = sim.shoko.shelf
    folder = shelf.add_folder("Shows", _FOLDER, "/tv")
    series = [title for title in sim.world.library if title.kind == "tv"]
    for title in series[::_SHARE]:
        for anime in sim.world.anidb.add_series(title):
            made = ShokoSeries(
                id=shelf.next_id("series", 142),
                group=shelf.group_of(anime),
                anime=anime,
                has_tmdb=True,
            )
            made.episodes = {one: shelf.next_id("episode", 4105) for one in anime.episodes}
            shelf.series[made.id] = made
        _match(sim, folder, title, sim.world.epoch)


def _match(sim: Simulator, folder: ShokoFolder, title: Title, at: datetime) -> None:
    for episode in title.episodes:
        path = f"{_FOLDER}/{title.folder}/{episode_path(title, (episode,), 'WEBDL-1080p', 'NTb')}"
        media = DiskFile(
            path=path,
            title=title,
            episodes=(episode,),
            size=SHELF_EPISODE_SIZE,
            quality="WEBDL-1080p",
            created=at,
        )
        content = sim.world.hex(f"content:{path}", 80).upper()
        file = ShokoFile(
            id=sim.shoko.shelf.next_id("file", 812),
            location=sim.shoko.shelf.next_id("location", 940),
            folder=folder,
            relative=folder.relative(path) or "",
            source=path,
            media=media,
            created=at,
            updated=at,
            hashed=True,
            busy=False,
            imported=at,
            links=sim.world.anidb.episodes_of(media),
            ed2k=content[:32],
            sha1=content[32:72],
            crc32=content[72:80],
        )
        sim.shoko.shelf.files[file.id] = file
        sim.world.disk[path] = media  # so that it can be reached
