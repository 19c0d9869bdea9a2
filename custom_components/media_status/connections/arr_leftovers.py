"""Find the files in a title's folder that Radarr or Sonarr do not count among its own.

They go with the folder when the title is deleted with its files, so a plan has to name them.
"""

from collections.abc import Collection

from ..clients.arr_deletion import DeletingArrClient
from ..clients.arr_disk import folded, parts_of, separator
from ..lifecycle.deletion import HeldFile


async def leftovers(
    client: DeletingArrClient, folder: str | None, known: Collection[HeldFile]
) -> tuple[HeldFile, ...]:
    """Return media files in a folder that are not known, without ids and items of their own."""
    if folder is None:
        return ()
    own = {parts_of(file.path) for file in known}
    found: list[HeldFile] = []
    for path in await client.media_files_below(folder):
        if parts_of(path) not in own:
            parent, _, name = path.rpartition(separator(path))
            size = (await client.folder(parent)).files.get(folded(name))
            found.append(HeldFile(file_id="", path=path, size=size or 0, items=frozenset()))
    return tuple(found)
