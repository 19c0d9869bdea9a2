"""What an arr does by itself from time to time: notice lost files, read feeds and import lists."""

from typing import TYPE_CHECKING

from .arr_state import Entry, MediaFile, MovieEntry

if TYPE_CHECKING:
    from .arr import ArrService


def notice_lost[E: Entry](arr: ArrService[E], entry: E) -> None:
    """Let go of the files that are no longer on the disk (`missingFromDisk`).

    Nothing is noticed while the root folder is missing or empty: its disk is not mounted then.
    """
    if arr.disposal.refusal(entry) is not None:
        return
    for file in _files(entry):
        if not arr.disposal.has_file(file.path):
            arr.lose(entry, file)


def _files(entry: Entry) -> list[MediaFile]:
    if isinstance(entry, MovieEntry):
        return [entry.file] if entry.file is not None else []
    held = {item.file.id: item.file for item in entry.episodes if item.file is not None}
    return list(held.values())


def read_feed[E: Entry](arr: ArrService[E]) -> None:
    """Grab whatever is monitored and missing: what was deleted but left monitored comes back."""
    for entry in list(arr.entries.values()):
        if not entry.monitored:
            continue
        if isinstance(entry, MovieEntry):
            if entry.file is None:
                arr.search(entry, [])
        elif not entry.untouched:
            for item in entry.episodes:
                if item.monitored and item.file is None and arr.world.aired(item.info):
                    arr.search(entry, [item])


def read_lists[E: Entry](arr: ArrService[E]) -> None:
    """Add what the import lists name, but nothing that is excluded."""
    for title in arr.import_list:
        if arr.find(title) is None and not arr.desk.is_excluded(title):
            arr.add(title)
