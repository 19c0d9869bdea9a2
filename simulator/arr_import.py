"""How an arr takes a finished file into its library: a hard link, a copy, or a rename."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .arr_state import Download, Entry, MediaFile
from .disk import Transfer
from .model import Episode, Title

if TYPE_CHECKING:
    from .arr import ArrService


def source_of[E: Entry](arr: ArrService[E], download: Download, name: str) -> str:
    """Return where the file of a download lies: the one of that name, or its biggest."""
    volume, content = arr.world.volume, download.view().output_path
    expected = f"{content}/{name}"
    if not content or volume.stat(expected) is not None:
        return expected
    if volume.stat(content) is not None:
        return content
    sizes = {path: found.size for path in volume.below(content) if (found := volume.stat(path))}
    return max(sizes, key=lambda path: sizes[path], default=expected)


def size_of[E: Entry](arr: ArrService[E], source: str, wanted: int | None, usual: int) -> int:
    """Return how big the imported file is: as wanted, or as its source is."""
    if wanted is not None:
        return wanted
    found = arr.world.volume.stat(source)
    return found.size if found is not None else usual


def place[E: Entry](
    arr: ArrService[E],
    file: MediaFile,
    title: Title,
    episodes: Iterable[Episode] = (),
    *,
    source: str | None = None,
    how: Transfer | None = None,
) -> None:
    """Lay a file into the library, out of where it was imported from."""
    arr.world.put_file(
        file.path,
        title,
        episodes,
        size=file.size,
        quality=file.quality,
        source=source or file.source_path,
        how=how or ("link" if arr.hard_links else "copy"),
    )
