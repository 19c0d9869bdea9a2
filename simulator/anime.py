"""What AniDB knows: anime and episodes in its own numbering, and what those are elsewhere.

AniDB has one anime per season or cour, each beginning at episode 1; specials are S1, S2...; a film
is an anime with the single episode "Complete Movie", unless AniDB files it under another anime.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from .model import DiskFile, Episode, Title

if TYPE_CHECKING:
    from .world import World

type AnidbKind = Literal["TV", "Movie", "OVA"]
type EpisodeKind = Literal["Normal", "Special"]

FIRST_ANIME = 17_617
FIRST_EPISODE = 271_234
FILM_FOLDER = "/data/media/anime-movies"
SERIES_FOLDER = "/data/media/anime"


@dataclass(slots=True, kw_only=True, eq=False)
class AnidbEpisode:
    """One episode as AniDB counts it; `tmdb_*` are its links, empty when nobody made them."""

    id: int
    anime: AnidbAnime
    kind: EpisodeKind
    number: int
    title: str
    air: datetime
    tmdb_episode: int | None = None
    tmdb_movie: int | None = None
    tvdb: int | None = None

    @property
    def label(self) -> str:
        """Return the number as AniDB writes it: `5`, `S1`."""
        return f"S{self.number}" if self.kind == "Special" else str(self.number)


@dataclass(slots=True, kw_only=True, eq=False)
class AnidbAnime:
    """One anime: a season, a cour, a film."""

    id: int
    title: str
    kind: AnidbKind
    year: int
    runtime: int
    family: Title
    linked: bool = True
    season: int = 1
    episodes: list[AnidbEpisode] = field(default_factory=list)

    @property
    def show_ids(self) -> list[int]:
        """Return the TMDB shows it is linked to."""
        return [self.family.tmdb] if self.linked and self.family.kind == "tv" else []

    @property
    def movie_ids(self) -> list[int]:
        """Return the TMDB films it is linked to."""
        return sorted({e.tmdb_movie for e in self.episodes if e.tmdb_movie is not None})

    def of_kind(self, kind: EpisodeKind) -> list[AnidbEpisode]:
        """Return the ordinary episodes, or the specials, in order."""
        return [episode for episode in self.episodes if episode.kind == kind]


class Anidb:
    """The anime database of a world: what every file of an anime title really is."""

    def __init__(self, world: World) -> None:
        """Know nothing yet."""
        self._world = world
        self.anime: list[AnidbAnime] = []
        self._films: dict[Title, AnidbEpisode] = {}
        self._episodes: dict[Episode, AnidbEpisode] = {}

    @property
    def has_films(self) -> bool:
        """Whether any anime film is known, so that the household keeps a folder for them."""
        return bool(self._films)

    def knows(self, title: Title) -> bool:
        """Whether a title is anime."""
        return title in self._films or any(anime.family is title for anime in self.anime)

    def keeps_film(self, title: Title) -> bool:
        """Whether a film belongs into the folder of anime films."""
        return title in self._films

    def of(self, title: Title) -> list[AnidbAnime]:
        """Return the anime that make up a series, in order, or the one that holds a film."""
        if title in self._films:
            return [self._films[title].anime]
        return [anime for anime in self.anime if anime.family is title]

    def film(self, title: Title) -> AnidbEpisode:
        """Return the episode that a film is."""
        return self._films[title]

    def episode(self, episode: Episode) -> AnidbEpisode | None:
        """Return what AniDB calls an episode."""
        return self._episodes.get(episode)

    def episodes_of(self, file: DiskFile) -> tuple[AnidbEpisode, ...]:
        """Return what a file holds; nothing for a file that is no anime."""
        if file.title.kind == "movie":
            film = self._films.get(file.title)
            return (film,) if film is not None else ()
        found = (self._episodes.get(episode) for episode in file.episodes)
        return tuple(episode for episode in found if episode is not None)

    # -- making --------------------------------------------------------------------------------

    def add_film(
        self,
        film: Title,
        *,
        romaji: str = "",
        anidb: int | None = None,
        linked: bool = True,
        filed_under: Title | None = None,
        filed_as: EpisodeKind = "Special",
    ) -> AnidbEpisode:
        """Let AniDB know a film: an anime of its own, or an episode of another series' anime."""
        air = film.released or self._world.epoch
        if filed_under is not None:
            anime = self.of(filed_under)[0]
            name = romaji or film.title
        else:
            name = "Complete Movie"
            anime = self._anime(film, romaji or film.title, anidb, "Movie", linked=linked)
        episode = self._episode(anime, "Normal" if filed_under is None else filed_as, name, air)
        episode.tmdb_movie = film.tmdb if linked else None
        self._films[film] = episode
        return episode

    def add_series(
        self,
        series: Title,
        *,
        romaji: str = "",
        cours: Mapping[int, Sequence[int]] | None = None,
        linked: bool = True,
    ) -> list[AnidbAnime]:
        """Let AniDB know a series: one anime per season, or per cour where `cours` splits it."""
        name = romaji or series.title
        made: list[AnidbAnime] = []
        for season in sorted(number for number in series.season_counts if number):
            rest = series.season(season)
            sizes = list((cours or {}).get(season, (len(rest),)))
            for part, size in enumerate(sizes, start=1):
                words = [name] + ([f"Season {season}"] if season > 1 else [])
                words += [f"Part {part}"] if part > 1 else []
                anime = self._anime(series, " ".join(words), None, "TV", linked=linked)
                anime.season = len(made) + 1
                made.append(anime)
                self._fill(anime, rest[:size], "Normal")
                rest = rest[size:]
        if made:
            self._fill(made[0], series.season(0), "Special")
        return made

    def _fill(self, anime: AnidbAnime, infos: Iterable[Episode], kind: EpisodeKind) -> None:
        for info in infos:
            episode = self._episode(anime, kind, info.title, info.air)
            if anime.linked:
                episode.tmdb_episode, episode.tvdb = info.tmdb, info.tvdb
            self._episodes[info] = episode

    def _anime(
        self, family: Title, name: str, anidb: int | None, kind: AnidbKind, *, linked: bool
    ) -> AnidbAnime:
        anime = AnidbAnime(
            id=anidb or self._world.next_id("anidb:anime", FIRST_ANIME),
            title=name,
            kind=kind,
            year=family.year,
            runtime=24 if family.kind == "tv" else family.runtime,
            family=family,
            linked=linked,
        )
        self.anime.append(anime)
        return anime

    def _episode(
        self, anime: AnidbAnime, kind: EpisodeKind, title: str, air: datetime
    ) -> AnidbEpisode:
        episode = AnidbEpisode(
            id=self._world.next_id("anidb:episode", FIRST_EPISODE),
            anime=anime,
            kind=kind,
            number=len(anime.of_kind(kind)) + 1,
            title=title,
            air=air,
        )
        anime.episodes.append(episode)
        return episode
