"""Say in our words how far Shoko is with a file, and where a file lies."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
import re

from ..clients.shoko import CrossReference, FileLocation, ShokoFile
from ..lifecycle.facts import AnimeEpisode, Match, MatchPhase
from .text import title_text

# AniDB bans for half a day, sometimes a whole one.
BAN_LASTS = timedelta(hours=24)
# Hashed and looked up within minutes, unless much else is to be done.
_YOUNG = timedelta(minutes=15)
_SEPARATORS = re.compile(r"[/\\]+")


def phase_of(
    file: ShokoFile | None,
    now: datetime,
    *,
    searched: bool = False,
    is_banned: bool = False,
    is_busy: bool = False,
) -> MatchPhase | None:
    """Return how far Shoko is with a file; None when its answer does not tell.

    `searched` says that AniDB has answered that it does not know the file.
    """
    if file is None:
        return MatchPhase.UNSEEN
    if file.references is None:
        return None
    if file.references:
        return MatchPhase.MATCHED
    if not file.is_hashed:
        return MatchPhase.HASHING
    if searched or file.is_ignored:
        return MatchPhase.UNMATCHED
    if is_banned:
        return MatchPhase.BANNED
    return MatchPhase.WAITING if is_busy or _is_young(file, now) else MatchPhase.UNMATCHED


def _is_young(file: ShokoFile, now: datetime) -> bool:
    # The clocks of two machines may differ a little.
    return file.created is not None and abs(now - file.created) < _YOUNG


def match_of(
    phase: MatchPhase,
    path: str,
    *,
    file_id: int | None = None,
    name: str | None = None,
    attempts: int | None = None,
    references: Iterable[CrossReference] = (),
) -> Match:
    """Return what is said about the file at a path; `name` is its name in Shoko, if another."""
    return Match(
        phase=phase,
        path=path,
        file_id=str(file_id) if file_id is not None else None,
        name=title_text(name or file_name(path)),
        attempts=attempts,
        episodes=tuple(map(_episode, references)) if phase is MatchPhase.MATCHED else (),
    )


def _episode(reference: CrossReference) -> AnimeEpisode:
    return AnimeEpisode(
        anidb_anime=reference.anidb_anime,
        anidb_episode=reference.anidb_episode,
        shoko_series=reference.series,
        shoko_episode=reference.episode,
        label=reference.label,
        tmdb=reference.tmdb,
    )


def is_resolved(references: Iterable[CrossReference]) -> bool:
    """Return whether Shoko has made the series and episodes of a matched file."""
    return all(found.series is not None and found.episode is not None for found in references)


def parts(path: str) -> list[str]:
    """Return the names along a path, whatever its separators, without case."""
    return [part.casefold() for part in _SEPARATORS.split(path) if part]


def file_name(path: str) -> str:
    """Return the last name of a path."""
    names = [part for part in _SEPARATORS.split(path) if part]
    return names[-1] if names else path


def joined(folder: str | None, path: str) -> str:
    """Return the path of a file in a folder; alone, what is known of it."""
    inner = path.lstrip("/\\")
    return f"{folder.rstrip('/\\')}/{inner}" if folder else inner


def agreement(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many names two paths have in common, counted from the file."""
    count = 0
    for left, right in zip(reversed(one), reversed(other), strict=False):
        if left != right:
            break
        count += 1
    return count


def likeness(path: str, location: FileLocation, folder: str | None) -> int:
    """Return how many names a file's place shares with a path; 0 when it is another file's.

    Folder and name must agree. Of a file that lies directly in a folder of Shoko whose path is
    not known only the name can, so the caller must know it to be there.
    """
    place = parts(joined(folder, location.path))
    shared = agreement(parts(path), place)
    return shared if shared >= min(2, len(place)) else 0


def best_of(
    path: str, files: Iterable[ShokoFile], folders: dict[int, str]
) -> tuple[ShokoFile | None, bool]:
    """Return the file that lies at a path, and whether that is certain.

    Several may end alike (HD and 4K, incoming and done): the longest common end decides, then
    what is accessible; two that are left are no answer.
    """
    ranked: list[tuple[tuple[int, bool], ShokoFile]] = []
    for file in files:
        ranks = [
            (shared, location.is_accessible)
            for location in file.locations
            if (shared := likeness(path, location, folders.get(location.folder or 0)))
        ]
        if ranks:
            ranked.append((max(ranks), file))
    if not ranked:
        return None, True
    top = max(rank for rank, _ in ranked)
    best = {file.id: file for rank, file in ranked if rank == top}
    return next(iter(best.values())), len(best) == 1
