"""Prove that an item in Jellyfin is the file that Shoko matched, however either numbers it."""

from dataclasses import dataclass

from ..clients.jellyfin import LibraryItem
from ..lifecycle.facts import AnimeEpisode, Match, MatchPhase
from ..lifecycle.identity import normalised
from ..lifecycle.model import MediaType
from ..lifecycle.paths import is_same_file
from .base import WantedItem, WantedTitle
from .jellyfin_index import MOVIE_TYPE, SERIES_TYPE, Hit, LibraryIndex
from .jellyfin_shoko import EPISODE_TYPE, Mark, ShokoIds, shoko_ids
from .text import title_text

_FILE = "shoko file"
_EPISODE = "shoko episode"
_ANIDB = "anidb episode"
_RANKS = (_FILE, _EPISODE, _ANIDB)


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchIds:
    """The numbers by which Shoko and AniDB know a file, as text.

    Which of a file's several episodes an item of ours is, nobody says: they count together.
    """

    file: str | None
    episodes: frozenset[str]  # Shoko's; empty while it does not have them all
    series: frozenset[str]
    anidb: frozenset[str]
    animes: frozenset[str]

    @classmethod
    def of(cls, match: Match) -> MatchIds:
        """Return the numbers of a match."""
        shoko = [entry.shoko_episode for entry in match.episodes]
        return cls(
            file=match.file_id,
            episodes=frozenset(str(n) for n in shoko if n is not None and None not in shoko),
            series=frozenset(str(n) for e in match.episodes if (n := e.shoko_series) is not None),
            anidb=frozenset(str(entry.anidb_episode) for entry in match.episodes),
            animes=frozenset(str(entry.anidb_anime) for entry in match.episodes),
        )

    def marks(self) -> list[Mark]:
        """Return what an item with this file or its episodes would be marked with."""
        marks = [Mark("file", self.file)] if self.file else []
        marks += [Mark("episode", number) for number in self.episodes]
        return marks + [Mark("anidb", number) for number in self.anidb]


def matched(wanted: WantedItem) -> Match | None:
    """Return what Shoko has matched an item's file to."""
    match = wanted.match
    return match if match is not None and match.phase is MatchPhase.MATCHED else None


def is_file(proof: str) -> bool:
    """Return whether a proof is about the very file, and not about what is in it."""
    return proof.startswith(_FILE)


def is_matched(title: WantedTitle) -> bool:
    """Return whether Shoko has matched a file of a title."""
    return any(matched(wanted) is not None for wanted in title.items.values())


def exact_hits(index: LibraryIndex, title: WantedTitle, wanted: WantedItem) -> list[Hit]:
    """Return the items that are an item's file or episode by Shoko's and AniDB's numbers."""
    if (match := matched(wanted)) is None:
        return []
    ours = MatchIds.of(match)
    found = [
        Hit(item=item, proof=proof)
        for item in index.marked(ours.marks())
        if (proof := _prove(item, title, wanted, ours)) is not None
    ]
    if len(found) < 2:
        return found
    return sorted(found, key=lambda hit: (_rank(hit.proof), not is_own_type(hit.item, title)))


def _rank(proof: str) -> int:
    return next(rank for rank, name in enumerate(_RANKS) if proof.startswith(name))


def is_own_type(item: LibraryItem, title: WantedTitle) -> bool:
    """Return whether an item is a film as the title is, or neither is."""
    return (item.type == MOVIE_TYPE) is (title.media_type is MediaType.MOVIE)


def _prove(item: LibraryItem, title: WantedTitle, wanted: WantedItem, ours: MatchIds) -> str | None:
    """Return what proves that an item is the matched file, None when nothing does."""
    if not item.playable:
        return None
    theirs = shoko_ids(item)
    first = _first_proof(item, theirs, ours)
    if first is None or _contradicts(item, theirs, ours, first):
        return None
    if is_own_type(item, title):
        return first
    # A film among episodes, or the reverse: numbers of several spaces meet here.
    second = _second_proof(item, theirs, ours, title, wanted, first)
    return f"{first} and {second}" if second else None


def _first_proof(item: LibraryItem, theirs: ShokoIds, ours: MatchIds) -> str | None:
    if ours.file is not None and ours.file in theirs.files:
        return _FILE
    if ours.episodes and ours.episodes <= theirs.episodes:
        return _EPISODE
    # An episode's number says nothing about the others in a file of several.
    if item.type == EPISODE_TYPE and ours.anidb == {theirs.anidb}:
        return _ANIDB
    return None


def _contradicts(item: LibraryItem, theirs: ShokoIds, ours: MatchIds, first: str) -> bool:
    """Return whether the numbers agree by chance, as those of two Shokos do.

    AniDB's numbers are the same everywhere; without them, Shoko's own must agree among themselves.
    """
    if theirs.anidb is not None and ours.anidb:
        return not _is_anidb(item, theirs, ours)
    has_series = bool(ours.series & theirs.series)
    if first == _EPISODE:
        return not has_series
    other_episode = ours.episodes and theirs.episodes and not ours.episodes & theirs.episodes
    other_series = ours.series and theirs.series and not has_series
    is_episode = bool(ours.episodes & theirs.episodes)
    return bool(other_episode or (other_series and not is_episode))


def _is_anidb(item: LibraryItem, theirs: ShokoIds, ours: MatchIds) -> bool:
    """Return whether AniDB's number agrees: an episode's, on films the anime's in most versions."""
    known = ours.anidb if item.type == EPISODE_TYPE else ours.animes | ours.anidb
    return theirs.anidb in known


def _second_proof(
    item: LibraryItem,
    theirs: ShokoIds,
    ours: MatchIds,
    title: WantedTitle,
    wanted: WantedItem,
    first: str,
) -> str | None:
    """Return what else agrees; one statement made twice counts once."""
    if first == _FILE and ours.file in theirs.path_files and ours.file in theirs.told_files:
        return "path"
    own_path = wanted.match.path if wanted.match is not None else None
    if any(is_same_file(item.path, path) for path in (wanted.file_path, own_path)):
        return "path"
    if first != _ANIDB and _is_anidb(item, theirs, ours):
        return "anidb"
    if title.year is not None and item.year == title.year and _has_title(item, title):
        return "title and year"
    return None


def _has_title(item: LibraryItem, title: WantedTitle) -> bool:
    theirs = {
        normalised(name) for name in (item.name, item.original_title, item.series_name) if name
    }
    ours = {normalised(name) for name in (title.title, title.original_title) if name}
    return not theirs.isdisjoint(ours - {""})


def denies(item: LibraryItem, wanted: WantedItem) -> bool:
    """Return whether an episode's place in its series does not make it the wanted one.

    Shokofin numbers in its own way: where Shoko tells what the files are, its places say nothing.
    """
    theirs = shoko_ids(item)
    if theirs.is_marked:
        return True
    match = matched(wanted)
    if match is None or theirs.anidb is None or not match.episodes:
        return False
    return not _is_anidb(item, theirs, MatchIds.of(match))


def pages_of(index: LibraryIndex, title: WantedTitle) -> dict[str, None]:
    """Return the series in Jellyfin that the matched files of a title belong to, in order."""
    episodes = _episodes(title)
    animes = {str(entry.anidb_anime) for entry in episodes}
    series = {str(entry.shoko_series) for entry in episodes if entry.shoko_series is not None}
    marks = [Mark("series", number) for number in series]
    marks += [Mark("anime", number) for number in animes]
    pages: dict[str, None] = {}
    for page_id, said_by in index.pages(marks):
        anidb = shoko_ids(said_by).anidb
        if anidb is None or anidb in animes:
            pages[page_id] = None
    return pages


def _episodes(title: WantedTitle) -> list[AnimeEpisode]:
    """Return what is in a title's matched files."""
    matches = (matched(wanted) for wanted in title.items.values())
    return [entry for match in matches if match is not None for entry in match.episodes]


def namesakes(index: LibraryIndex, title: WantedTitle) -> list[LibraryItem]:
    """Return films and series of the same title, those of the title's own type first.

    That proves nothing; what is another title by year or number is left out.
    """
    types = (MOVIE_TYPE, SERIES_TYPE)
    own = MOVIE_TYPE if title.media_type is MediaType.MOVIE else SERIES_TYPE
    animes = {str(entry.anidb_anime) for entry in _episodes(title)}
    found: list[LibraryItem] = []
    for item_type in sorted(types, key=lambda name: name != own):
        for item in index.named(item_type, (title.title, title.original_title)):
            years = {year for year in (item.year, title.year) if year is not None}
            anidb = shoko_ids(item).anidb
            is_other = len(years) > 1 or bool(anidb and animes and anidb not in animes)
            if item_type == own and index.is_other(item, title.ids):
                is_other = True
            if not is_other and (item.playable or item_type == SERIES_TYPE):
                found.append(item)
    return found


def guess(index: LibraryIndex, title: WantedTitle, wanted: WantedItem) -> str | None:
    """Return the name of an item that may be it, for a person to look at."""
    if not title.is_anime or wanted.has_file is not True:
        return None
    return next((title_text(item.name) for item in namesakes(index, title)), None)
