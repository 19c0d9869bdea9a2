"""Pair imported files with their episodes, as far as it is certain."""

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


def numbered_items(path: str, known: frozenset[ItemKey] | None = None) -> tuple[ItemKey, ...]:
    """Return the episodes that a path names as `S01E02`, `S01E02E03`, `S01E02-E03`, `S01E02-03`.

    With `known`, only those count, and what lies between the first and the last is included.
    """
    matches = list(_SEASON_EPISODE.finditer(path[:_MAX_TEXT]))
    if not matches:
        return ()
    # The file's own name comes last; folders and release names come before.
    match = matches[-1]
    season = int(match[1])
    numbers = [int(text) for text in _NUMBER.findall(match[2] + match[3])]
    if known is None:
        return tuple(ItemKey(season, number) for number in dict.fromkeys(numbers))
    low, high = min(numbers), max(numbers)
    return tuple(
        item for item in sorted(known) if item.season == season and low <= item.number <= high
    )


def paired(
    episodes: Sequence[tuple[ItemKey, str | None]], files: Sequence[JsonObject]
) -> dict[ItemKey, JsonObject]:
    """Return each episode's file. `episodes` carry their air date (`yyyy-mm-dd`).

    One file serves all episodes. Several are paired by `S01E02` or by date in their path; what
    is left is paired by order when the counts agree. What stays doubtful is left out.
    """
    if len(files) == 1:
        return {item: files[0] for item, _ in episodes}
    found: dict[ItemKey, JsonObject] = {}
    doubtful: set[ItemKey] = set()
    unread: list[JsonObject] = []
    for file in files:
        items = _named_items(episodes, as_str(file.get("relativePath")) or "")
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


def _named_items(episodes: Sequence[tuple[ItemKey, str | None]], path: str) -> tuple[ItemKey, ...]:
    known = frozenset(item for item, _ in episodes)
    items = numbered_items(path, known)
    if items:
        return items
    dates = {"-".join(match.groups()) for match in _DATE.finditer(path[:_MAX_TEXT])}
    return tuple(item for item, aired in episodes if aired in dates)
