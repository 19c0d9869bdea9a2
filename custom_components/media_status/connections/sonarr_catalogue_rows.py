"""Say in the library's words what Sonarr tells of a series or an episode."""

from dataclasses import dataclass

from ..clients.arr_models import has_media_file
from ..clients.readers import JsonObject, JsonValue, as_dict, as_id, as_int
from ..lifecycle.library import EntryKind, LibraryEntry
from ..lifecycle.model import ProviderIds
from .catalogue import Reading, Row, item_key, size_of
from .radarr_catalogue import poster_of
from .text import path_text, title_text


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesRow:
    """A series: its row, how many episodes it has, and counts by which a change is told."""

    row: Row
    number: int = 0
    episodes: int = 0
    mark: str = ""


def series_row(raw: JsonValue) -> SeriesRow:
    """Return what Sonarr says about a series."""
    reading = Reading(raw, "a series")
    series = reading.raw
    number = as_id(series.get("id"))
    title = title_text(series.get("title"))
    reading.called(title, number)
    if number is None:
        return SeriesRow(row=reading.unusable("it has no id"))
    counts = as_dict(series.get("statistics"))
    files, episodes = (
        as_int(counts.get("episodeFileCount")),
        as_int(counts.get("totalEpisodeCount")),
    )
    size = size_of(counts.get("sizeOnDisk"))
    entry = LibraryEntry(
        kind=EntryKind.SERIES,
        own_id=str(number),
        ids=_ids(reading, series),
        title=title,
        year=as_id(series.get("year")),
        path=path_text(series.get("path")),
        size=size,
        present=files > 0 if files is not None else None,
        poster=poster_of(series, number),
    )
    return SeriesRow(
        row=reading.row(entry),
        number=number,
        episodes=max(episodes or 0, 0),
        mark=f"{episodes or 0}/{files or 0}/{size or 0}",
    )


def _ids(reading: Reading, series: JsonObject) -> ProviderIds:
    return ProviderIds(
        tmdb=reading.number(series.get("tmdbId"), "TMDB"),
        tvdb=reading.number(series.get("tvdbId"), "TVDB"),
        imdb=reading.imdb(series.get("imdbId")),
    )


def episode_row(raw: JsonValue) -> Row:
    """Return what Sonarr says about an episode, with or without a file."""
    reading = Reading(raw, "an episode")
    episode = reading.raw
    number, series = as_id(episode.get("id")), as_id(episode.get("seriesId"))
    title = title_text(episode.get("title"))
    reading.called(title, number)
    if number is None or series is None:
        return reading.unusable("it has no id" if number is None else "it belongs to no series")
    item = item_key(as_int(episode.get("seasonNumber")), as_int(episode.get("episodeNumber")))
    if item is None:
        reading.flaw("its season or number cannot be read")
    file = as_dict(episode.get("episodeFile"))
    is_listed = as_id(file.get("id")) is not None
    return reading.row(
        LibraryEntry(
            kind=EntryKind.EPISODE,
            own_id=str(number),
            series_id=str(series),
            item=item,
            ids=ProviderIds(tvdb=reading.number(episode.get("tvdbId"), "TVDB")),
            title=title,
            path=path_text(file.get("path")) if is_listed else None,
            size=size_of(file.get("size")) if is_listed else None,
            present=has_media_file(episode, "episodeFileId", is_listed=is_listed),
        )
    )
