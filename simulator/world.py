"""The truth that all simulated services share: titles, users, disk, clock and dice."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
import hashlib
import random

from .anime import Anidb, EpisodeKind
from .arr_state import SHELF_EPISODE_SIZE, SHELF_MOVIE_SIZE, episode_path, movie_file_name
from .call_log import Call
from .catalogue import PROFILES, Profile, library_titles
from .clock import SimClock
from .disk import Disk
from .model import Episode, Title, User
from .volume import Volume

AUTO_APPROVE = 160
REQUEST_ONLY = 4_195_360
ADMIN = 2
ANIME_KEYWORD = 210_024


class World(Disk):
    """One household: what exists, who lives there, and what lies on its disk."""

    def __init__(
        self,
        clock: SimClock,
        *,
        profile: str = "tiny",
        seed: int = 0,
        volume: Volume | None = None,
    ) -> None:
        """Make the household of a profile; the same seed gives the same ids."""
        super().__init__(clock, volume)
        self.log: list[Call] = []
        self.seed = seed
        self.profile: Profile = PROFILES[profile]
        self.epoch = clock.now()
        self._counters: dict[str, int] = {}
        self.titles: dict[tuple[str, int], Title] = {}
        self.anidb = Anidb(self)
        self.users: dict[str, User] = {}
        self.library: list[Title] = library_titles(self.profile, self.epoch)
        for title in self.library:
            self.titles[title.kind, title.tmdb] = title
            self._shelve(title)
        for name, permissions in (("owner", ADMIN), ("alice", AUTO_APPROVE), ("bob", REQUEST_ONLY)):
            self.add_user(name, permissions=permissions)

    def _shelve(self, title: Title) -> None:
        """Let the files of an old title lie on the disk, made when somebody looks."""
        if title.kind == "movie":
            folder = f"/data/media/movies/{title.folder}"
            film = f"{folder}/{movie_file_name(title, 'WEBDL-1080p', 'FLUX')}"
            self.volume.promise(folder, lambda: [(film, SHELF_MOVIE_SIZE)])
            return
        folder = f"/data/media/tv/{title.folder}"

        def episodes() -> list[tuple[str, int]]:
            names = (episode_path(title, (e,), "WEBDL-1080p", "NTb") for e in title.episodes)
            return [(f"{folder}/{name}", SHELF_EPISODE_SIZE) for name in names]

        self.volume.promise(folder, episodes)

    def dice(self, purpose: str) -> random.Random:
        """Return seeded dice of their own for one purpose."""
        return random.Random(f"{self.seed}:{purpose}")

    def hex(self, purpose: str, digits: int) -> str:
        """Return a stable hexadecimal id for a purpose."""
        text = f"{self.seed}:{purpose}".encode()
        return hashlib.sha512(text).hexdigest()[:digits]

    def next_id(self, space: str, first: int = 1) -> int:
        """Return the next number of an id space."""
        value = self._counters.get(space, first - 1) + 1
        self._counters[space] = value
        return value

    def new_hash(self) -> str:
        """Return a fresh 40-digit torrent hash."""
        return self.hex(f"torrent:{self.next_id('torrent')}", 40)

    def add_user(self, name: str, *, permissions: int = AUTO_APPROVE) -> User:
        """Let a person move in."""
        user = User(
            id=len(self.users) + 1,
            name=name,
            auto_approve=permissions in {ADMIN, AUTO_APPROVE},
            permissions=permissions,
            jellyfin_id=self.hex(f"user:{name}", 32),
            created=self.epoch,
        )
        self.users[name] = user
        return user

    def add_title_movie(
        self,
        *,
        title: str,
        year: int,
        tmdb: int,
        imdb: str = "",
        released: datetime | None = None,
        anime: bool = False,
        genres: Iterable[str] = ("Science Fiction",),
        overview: str = "",
    ) -> Title:
        """Let the metadata services know a film."""
        film = Title(
            kind="movie",
            title=title,
            year=year,
            tmdb=tmdb,
            imdb=imdb or f"tt{tmdb:08d}",
            overview=overview or f"The story of {title}.",
            genres=("Animation",) if anime else tuple(genres),
            language="ja" if anime else "en",
            keywords=(ANIME_KEYWORD,) if anime else (),
            released=released or datetime(max(year, 1970), 3, 1, tzinfo=UTC),
        )
        self.titles["movie", tmdb] = film
        return film

    def add_title_series(
        self,
        *,
        title: str,
        year: int,
        tmdb: int,
        tvdb: int,
        seasons: dict[int, int],
        unaired: int = 0,
        imdb: str = "",
        anime: bool = False,
        genres: Iterable[str] = ("Drama",),
        overview: str = "",
    ) -> Title:
        """Let the metadata services know a series; its last `unaired` episodes lie ahead."""
        series = Title(
            kind="tv",
            title=title,
            year=year,
            tmdb=tmdb,
            tvdb=tvdb,
            imdb=imdb or f"tt{tmdb:08d}",
            overview=overview or f"The story of {title}.",
            genres=("Animation", "Anime") if anime else tuple(genres),
            language="ja" if anime else "en",
            series_type="anime" if anime else "standard",
            keywords=(ANIME_KEYWORD,) if anime else (),
            runtime=50,
            season_counts=dict(seasons),
            first_aired=datetime(year, 2, 1, 2, tzinfo=UTC),
        )
        self._postpone(series, unaired)
        self.titles["tv", tmdb] = series
        return series

    def add_anime_film(
        self,
        *,
        title: str,
        year: int,
        tmdb: int,
        romaji: str = "",
        anidb: int | None = None,
        linked: bool = True,
        filed_under: Title | None = None,
        filed_as: EpisodeKind = "Special",
    ) -> Title:
        """Let AniDB know a film too: by itself, or as an episode of another series (`filed_under`).

        `linked=False` leaves out AniDB's link to TMDB.
        """
        film = self.add_title_movie(title=title, year=year, tmdb=tmdb, anime=True)
        self.anidb.add_film(
            film,
            romaji=romaji,
            anidb=anidb,
            linked=linked,
            filed_under=filed_under,
            filed_as=filed_as,
        )
        return film

    def add_anime_series(
        self,
        *,
        title: str,
        year: int,
        tmdb: int,
        tvdb: int,
        seasons: dict[int, int],
        romaji: str = "",
        cours: Mapping[int, Sequence[int]] | None = None,
        unaired: int = 0,
        linked: bool = True,
    ) -> Title:
        """Let AniDB know a series too; `cours` splits a season into several anime."""
        series = self.add_title_series(
            title=title,
            year=year,
            tmdb=tmdb,
            tvdb=tvdb,
            seasons=seasons,
            unaired=unaired,
            anime=True,
        )
        self.anidb.add_series(series, romaji=romaji, cours=cours, linked=linked)
        return series

    def title(self, kind: str, tmdb: int) -> Title | None:
        """Return what the metadata services know under an id."""
        return self.titles.get((kind, tmdb))

    def aired(self, episode: Episode) -> bool:
        """Whether an episode has been broadcast by now."""
        return episode.air <= self.clock.now()

    def _postpone(self, series: Title, unaired: int) -> None:
        for index, episode in enumerate(series.episodes[len(series.episodes) - unaired :]):
            episode.air = self.epoch + timedelta(days=7 * (index + 1))
