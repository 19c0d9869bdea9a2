"""Pair imported files with their episodes, as far as it is certain."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
import re

from ..clients.readers import as_str
from ..lifecycle.model import ItemKey, JsonObject

_SEASON_EPISODE = re.compile(
    r"(?<![A-Za-z0-9])s(\d{1,4})[ ._-]?((?:[ ._-]?e\d{1,4})+)((?:-\d{1,3}(?![\dpi]))*)",
    re.ASCII | re.IGNORECASE,
)
_NUMBER = re.compile(r"\d+", re.ASCII)
_DATE = re.compile(r"(?<!\d)(\d{4})[ ._-](\d{2})[ ._-](\d{2})(?!\d)", re.ASCII)
_MAX_TEXT = 4096


def numbered_items(path: str) -> tuple[ItemKey, ...]:
    """Return the episodes that a path names as `S01E02`, `S01E02E03`, `S01E02-E03`, `S01E02-03`."""
    matches = list(_SEASON_EPISODE.finditer(path[:_MAX_TEXT]))
    if not matches:
        return ()
    # The file's own name comes last; folders and release names come before.
    match = matches[-1]
    numbers = [int(text) for text in _NUMBER.findall(match[2] + match[3])]
    return tuple(ItemKey(int(match[1]), number) for number in dict.fromkeys(numbers))


def paired(
    episodes: Sequence[tuple[ItemKey, str | None]], files: Sequence[JsonObject]
) -> dict[ItemKey, JsonObject]:
    """Return each episode's file. `episodes` carry their air date (`yyyy-mm-dd`).

    One file serves all episodes. Several are paired by `S01E02` or by date in their path; what
    is left is paired by order when the counts agree. What stays doubtful is left out.
    """
    if len(files) == 1:
        return {item: files[0] for item, _ in episodes}
    index = _Index(episodes)
    found: dict[ItemKey, JsonObject] = {}
    doubtful: set[ItemKey] = set()
    unread: list[JsonObject] = []
    for file in files:
        items = index.named(as_str(file.get("relativePath")) or "")
        if not items:
            unread.append(file)
        for item in items:
            if item in found:
                doubtful.add(item)
            found[item] = file
    left = [item for item, _ in episodes if item not in found]
    if unread and len(unread) == len(left):
        found.update(zip(left, unread, strict=True))
    return {item: file for item, file in found.items() if item not in doubtful}


class _Index:
    """Find the episodes of a body that a path means."""

    def __init__(self, episodes: Sequence[tuple[ItemKey, str | None]]) -> None:
        self._items = sorted(item for item, _ in episodes)
        self._by_date: dict[str | None, list[ItemKey]] = {}
        for item, aired in episodes:
            self._by_date.setdefault(aired, []).append(item)

    def named(self, path: str) -> list[ItemKey]:
        """Return the episodes by number, with what lies between first and last, else by date."""
        items = numbered_items(path)
        if items:
            start = bisect_left(self._items, min(items))
            end = bisect_right(self._items, max(items))
            if start < end:
                return self._items[start:end]
        dates = ("-".join(match.groups()) for match in _DATE.finditer(path[:_MAX_TEXT]))
        return [item for date in dict.fromkeys(dates) for item in self._by_date.get(date, ())]
