"""The library a household already has: made from a profile, the same every time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from .model import Title

_FIRST = ("Silent", "Broken", "Golden", "Distant", "Hidden", "Crimson", "Last", "Paper", "Northern")
_SECOND = (
    "Harbor",
    "Signal",
    "Orchard",
    "Empire",
    "River",
    "Lantern",
    "Winter",
    "Machine",
    "Coast",
)
_FILM_IDS = 1_000_000
_SERIES_IDS = 1_500_000


@dataclass(slots=True, frozen=True, kw_only=True)
class Profile:
    """How big a household's library is."""

    movies: int
    series: int
    episodes: int


PROFILES = {
    "empty": Profile(movies=0, series=0, episodes=0),
    "tiny": Profile(movies=3, series=2, episodes=12),
    "S": Profile(movies=100, series=20, episodes=600),
    "M": Profile(movies=1_000, series=200, episodes=10_000),
    "L": Profile(movies=5_000, series=1_000, episodes=50_000),
}


def library_titles(profile: Profile, now: datetime) -> list[Title]:
    """Return the titles that are complete on disk before anything happens."""
    films = [_film(number) for number in range(1, profile.movies + 1)]
    share = profile.episodes // profile.series if profile.series else 0
    return films + [_series(number, share) for number in range(1, profile.series + 1)]


def _name(number: int) -> str:
    first = _FIRST[number % len(_FIRST)]
    second = _SECOND[number // len(_FIRST) % len(_SECOND)]
    return f"{first} {second} {number}"


def _film(number: int) -> Title:
    year = 1970 + number % 50
    return Title(
        kind="movie",
        title=_name(number),
        year=year,
        tmdb=_FILM_IDS + number,
        imdb=f"tt1{number:07d}",
        overview="A film from the shelf.",
        released=datetime(year, 5, 4, tzinfo=UTC),
    )


def _series(number: int, episodes: int) -> Title:
    year = 1990 + number % 30
    first = episodes // 2
    seasons = {1: first, 2: episodes - first} if first else {1: episodes}
    return Title(
        kind="tv",
        title=f"{_name(number)} Stories",
        year=year,
        tmdb=_SERIES_IDS + number,
        tvdb=1_700_000 + number,
        imdb=f"tt2{number:07d}",
        overview="A series from the shelf.",
        runtime=45,
        season_counts=seasons,
        first_aired=datetime(year, 1, 10, 1, tzinfo=UTC) + timedelta(days=number % 90),
    )
