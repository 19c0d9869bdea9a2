"""How a simulated Shoko writes files, series and episodes over REST, v5 and v6."""

from dataclasses import dataclass

from .anime import AnidbAnime, AnidbEpisode
from .clock import iso
from .model import JsonObject
from .shoko_files import Shelf, ShokoFile, ShokoFolder, ShokoSeries


@dataclass(slots=True, frozen=True, kw_only=True)
class Include:
    """What a caller asked to have with a file."""

    references: bool = False
    absolute: bool = False


def folder_json(shelf: Shelf, folder: ShokoFolder) -> JsonObject:
    """Return an import or managed folder."""
    files = [file for file in shelf.files.values() if file.folder is folder]
    return {
        "ID": folder.id,
        "WatchForNewFiles": folder.watched,
        "DropFolderType": "Destination",
        "Path": shelf.root(folder),
        "FileSize": sum(file.media.size for file in files),
        "Name": folder.name,
        "Size": len({episode.anime for file in files for episode in file.links}),
    }


def file_json(shelf: Shelf, file: ShokoFile, include: Include, *, new: bool) -> JsonObject:
    """Return a file; `new` is v6."""
    body: JsonObject = {"ID": file.id}
    if include.references:
        body["SeriesIDs"] = references(shelf, file)
    body |= {"Size": file.media.size, "IsVariation": False, "IsIgnored": False}
    body["Hashes"] = _hashes(file, new=new)
    body["Locations"] = [_location(shelf, file, include, new=new)]
    body["AVDump"] = {"Status": None, "LastDumpedAt": None, "LastVersion": None}
    minutes = file.media.title.runtime if file.media.title.kind == "movie" else 24
    duration = f"{minutes // 60:02d}:{minutes % 60:02d}:40.1230000"
    return body | {
        "Resolution": "2160p" if "2160p" in file.media.quality else "1080p",
        "Duration": duration if file.hashed else "00:00:00",
        "ResumePosition": None,
        "Viewed": None,
        "Watched": None,
        "Imported": iso(file.imported, 2) if file.imported else None,
        "Created": iso(file.created, 1),
        "Updated": iso(file.updated, 2),
    }


def _hashes(file: ShokoFile, *, new: bool) -> JsonObject | list[JsonObject]:
    if new:
        found = (("ED2K", file.ed2k), ("CRC32", file.crc32))
        return [{"Type": kind, "Value": value} for kind, value in found if value]
    if not file.hashed:
        return {"ED2K": "", "SHA1": None, "CRC32": None, "MD5": None}
    return {"ED2K": file.ed2k, "SHA1": file.sha1, "CRC32": file.crc32, "MD5": None}


def _location(shelf: Shelf, file: ShokoFile, include: Include, *, new: bool) -> JsonObject:
    # Since v6 the relative path has slashes everywhere.
    relative = file.relative if new else shelf.rest_path(file)
    body: JsonObject = {
        "ID": file.location,
        "FileID": file.id,
        "ManagedFolderID" if new else "ImportFolderID": file.folder.id,
        "RelativePath": relative,
    }
    if include.absolute:
        body["AbsolutePath"] = shelf.absolute(file)
    return body | {"IsAccessible": shelf.is_accessible(file)}


def references(shelf: Shelf, file: ShokoFile) -> list[JsonObject]:
    """Return what a file is, by series; Shoko's own ids are null until the series is made."""
    rows: list[JsonObject] = []
    for anime in {episode.anime: None for episode in file.links}:
        series = shelf.series_of(anime)
        told = series is not None and series.has_tmdb
        ids: JsonObject = {"ID": series.id if series else None, "AniDB": anime.id}
        ids["TMDB"] = {
            "Movie": anime.movie_ids if told else [],
            "Show": anime.show_ids if told else [],
        }
        episodes = [
            _reference(file, episode, series) for episode in file.links if episode.anime is anime
        ]
        rows.append({"SeriesID": ids, "EpisodeIDs": episodes})
    return rows


def _reference(file: ShokoFile, episode: AnidbEpisode, series: ShokoSeries | None) -> JsonObject:
    return {
        "ID": series.episodes.get(episode) if series else None,
        "AniDB": episode.id,
        "TMDB": episode_tmdb(episode, series),
        "ReleaseGroup": 16243,
        "ED2K": file.ed2k,
        "FileSize": file.media.size,
        "Percentage": {"Start": 0, "End": 100, "Size": 100, "Group": 1},
        "Source": "User" if file.by_hand else "AniDB",
    }


def episode_tmdb(episode: AnidbEpisode, series: ShokoSeries | None) -> JsonObject:
    """Return TMDB's ids of an episode, empty while Shoko has not fetched them."""
    told = series is not None and series.has_tmdb
    linked = told and episode.tmdb_episode is not None
    return {
        "Episode": [episode.tmdb_episode] if linked else [],
        "Movie": [episode.tmdb_movie] if told and episode.tmdb_movie is not None else [],
        "Show": episode.anime.show_ids if linked else [],
    }


def series_json(shelf: Shelf, series: ShokoSeries) -> JsonObject:
    """Return a series."""
    anime = series.anime
    told = series.has_tmdb
    local = _local(shelf, anime)
    return {
        "IDs": {
            "ID": series.id,
            "ParentGroup": series.group,
            "TopLevelGroup": series.group,
            "AniDB": anime.id,
            "TvDB": [anime.family.tvdb] if told and anime.show_ids else [],
            "IMDB": [anime.family.imdb] if told and anime.movie_ids else [],
            "TMDB": {
                "Movie": anime.movie_ids if told else [],
                "Show": anime.show_ids if told else [],
            },
            "MAL": [],
        },
        "Name": anime.title,
        "Size": local["Episodes"] + local["Specials"],
        "Sizes": {
            "Local": local,
            "Total": {
                "Episodes": len(anime.of_kind("Normal")),
                "Specials": len(anime.of_kind("Special")),
            },
        },
    }


def _local(shelf: Shelf, anime: AnidbAnime) -> dict[str, int]:
    here = {e for file in shelf.files.values() for e in file.links if e.anime is anime}
    specials = sum(episode.kind == "Special" for episode in here)
    return {"Episodes": len(here) - specials, "Specials": specials}


def files_of(shelf: Shelf, episode: AnidbEpisode) -> list[ShokoFile]:
    """Return the files that hold an episode."""
    return [file for file in shelf.files.values() if episode in file.links]


def episode_json(
    shelf: Shelf,
    series: ShokoSeries,
    episode: AnidbEpisode,
    *,
    new: bool,
    anidb: bool = False,
    files: Include | None = None,
) -> JsonObject:
    """Return an episode, with AniDB's own record and its files where asked for.

    The files in a list of episodes never carry references; those stand beside them.
    """
    body: JsonObject = {
        "IDs": {
            "ID": series.episodes[episode],
            "ParentSeries": series.id,
            "AniDB": episode.id,
            "TvDB": [episode.tvdb] if series.has_tmdb and episode.tvdb is not None else [],
            "IMDB": [],
            "TMDB": episode_tmdb(episode, series),
        },
        "Name": episode.title,
        "Size": len(files_of(shelf, episode)),
        "IsHidden": False,
        "HasCustomName": False,
        "Duration": f"00:{episode.anime.runtime % 60:02d}:00",
        "ResumePosition": None,
        "WatchCount": 0,
        "Watched": None,
    }
    if anidb:
        body["AniDB"] = _anidb_episode(episode)
    if files is not None:
        plain = Include(absolute=files.absolute)
        here = files_of(shelf, episode)
        body["Files"] = [file_json(shelf, file, plain, new=new) for file in here]
        if files.references:
            body["CrossReferences"] = [_reference(file, episode, series) for file in here]
    return body


def _anidb_episode(episode: AnidbEpisode) -> JsonObject:
    return {
        "ID": episode.id,
        "AnimeID": episode.anime.id,
        "Type": episode.kind,
        "EpisodeNumber": episode.number,
        "AirDate": episode.air.date().isoformat(),
        "Title": episode.title,
        "Titles": [{"Name": episode.title, "Language": "en", "Source": "AniDB"}],
        "Description": "",
    }
