"""The library a household already has: made from a profile, the same every time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from .model import Title
from .oddities import odd_titles

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
    """How big a household is: its shelf, and what else its services remember.

    The shelf is there from the start; `simulator.past.live` brings the rest.
    """

    movies: int
    series: int
    episodes: int
    active: int = 0  # requests that are open
    history: int = 0  # requests that are done
    queue: int = 0  # rows
    torrents: int = 0  # those that seed
    users: int = 3
    is_odd: bool = False  # with the titles of `simulator.oddities`


# The sizes that are measured: a small computer, a usual household, what we aim at, and far more.
PROFILES = {
    "empty": Profile(movies=0, series=0, episodes=0),
    "tiny": Profile(movies=3, series=2, episodes=12),
    "odd": Profile(movies=0, series=0, episodes=0, is_odd=True),
    "S": Profile(
        movies=500,
        series=120,
        episodes=5_000,
        active=10,
        history=500,
        queue=15,
        torrents=100,
        users=4,
    ),
    "M": Profile(
        movies=2_000,
        series=400,
        episodes=20_000,
        active=40,
        history=3_000,
        queue=60,
        torrents=500,
        users=8,
    ),
    "L": Profile(
        movies=5_000,
        series=1_000,
        episodes=50_000,
        active=200,
        history=20_000,
        queue=300,
        torrents=2_000,
        users=20,
    ),
    "XL": Profile(
        movies=20_000,
        series=3_000,
        episodes=150_000,
        active=1_000,
        history=100_000,
        queue=2_000,
        torrents=10_000,
        users=50,
    ),
}


def library_titles(profile: Profile, now: datetime) -> list[Title]:
    """Return the titles that are complete on disk before anything happens."""
    films = [_film(number) for number in range(1, profile.movies + 1)]
    share, rest = divmod(profile.episodes, profile.series) if profile.series else (0, 0)
    series = [_series(number, share + (number <= rest)) for number in range(1, profile.series + 1)]
    return films + series + (odd_titles() if profile.is_odd else [])


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
