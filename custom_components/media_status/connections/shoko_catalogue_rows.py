"""Say in the library's words what Shoko tells of a file."""

from collections.abc import Iterable

from ..clients.readers import JsonObject, JsonValue, as_dict, as_ids, as_objects
from ..clients.shoko_models import FileLocation, ShokoFile, build_file
from ..lifecycle.library import EntryKind, LibraryEntry
from ..lifecycle.model import ProviderIds
from .catalogue import Reading, Row, size_of
from .shoko_words import file_name
from .text import path_text, title_text

MATCHED = "matched"
UNMATCHED = "unmatched"
_MAX_OTHER_PATHS = 4


def file_row(raw: JsonValue) -> Row:
    """Return what Shoko says about a file."""
    reading = Reading(raw, "a file")
    file = build_file(reading.raw)
    if file is None:
        return reading.unusable("it has no id")
    paths = [path for place in _best_first(file.locations) if (path := path_of(place))]
    title = title_text(file_name(paths[0])) if paths else None
    reading.called(title, file.id)
    entries = as_objects(reading.raw.get("SeriesIDs"))
    if file.references is None and reading.raw.get("SeriesIDs"):
        reading.flaw("what it is cannot be read")
    series = {one.series for one in file.references or () if one.series is not None}
    anime = {one.anidb_anime for one in file.references or ()}
    shows = _tmdb([as_dict(entry.get("SeriesID")) for entry in entries], "Show")
    number = _only(series)
    return reading.row(
        LibraryEntry(
            kind=EntryKind.FILE,
            own_id=str(file.id),
            series_id=str(number) if number is not None else None,
            ids=ProviderIds(tmdb=_only(shows)),
            anidb=_only(anime),
            shoko=number,
            title=title,
            path=paths[0] if paths else None,
            size=size_of(file.size),
            present=any(place.is_accessible for place in file.locations),
            details=_details(file, entries, paths[1 : 1 + _MAX_OTHER_PATHS]),
        )
    )


def _best_first(places: Iterable[FileLocation]) -> list[FileLocation]:
    return sorted(places, key=lambda place: not place.is_accessible)


def path_of(place: FileLocation) -> str | None:
    """Return where a file lies; from Shoko's folder on, where it does not say more."""
    return path_text(place.absolute) or path_text(place.path)


def _details(
    file: ShokoFile, entries: Iterable[JsonObject], other_paths: Iterable[str]
) -> dict[str, str]:
    if file.references is None:
        return {}
    found = {"match": MATCHED if file.references else UNMATCHED}
    episodes = [one for entry in entries for one in as_objects(entry.get("EpisodeIDs"))]
    numbers = {
        "anime": {one.anidb_anime for one in file.references},
        "anidb_episodes": {one.anidb_episode for one in file.references},
        "shoko_episodes": {one.episode for one in file.references if one.episode is not None},
        "tmdb_episodes": _tmdb(episodes, "Episode"),
        "tmdb_movies": _tmdb(episodes, "Movie"),
    }
    found |= {name: ",".join(map(str, sorted(some))) for name, some in numbers.items() if some}
    if others := "\n".join(other_paths):
        found["other_paths"] = others
    return found


def _tmdb(parts: Iterable[JsonObject], kind: str) -> set[int]:
    """Return TMDB's numbers of one kind; films and series have numbers of their own."""
    return {number for part in parts for number in as_ids(as_dict(part.get("TMDB")).get(kind))}


def _only(numbers: Iterable[int]) -> int | None:
    known = list(numbers)
    return known[0] if len(known) == 1 else None
