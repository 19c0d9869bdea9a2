"""What services really list beside what they should: odd numbering, odd ids, rows without any.

`Simulator(profile="odd")` has the titles on its shelf; `make_odd(sim)` spoils what is said of them.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from .model import JsonObject, Title

if TYPE_CHECKING:
    from .server import Simulator

LONG_RUNNER: Final = 1_000  # episodes
NAMELESS: Final = "A Title Without Id"
_IDS: Final = 1_900_000
_TVDB: Final = 1_950_000

PLAIN: Final = "The Usual Film"
WITHOUT_IDS: Final = "A Film Nobody Described"
FOREIGN_IDS: Final = "A Film Somebody Described"
LONG: Final = "Ten Thousand Evenings"
BY_YEAR: Final = "The Evening Chronicle"
WITH_SPECIALS: Final = "House of Extras"
ABSOLUTE: Final = "Tides Without End"


def odd_titles() -> list[Title]:
    """Return the titles of the odd shelf."""
    films = [_film(number, name) for number, name in enumerate((PLAIN, WITHOUT_IDS, FOREIGN_IDS))]
    return [
        *films,
        _series(10, LONG, {1: LONG_RUNNER}),
        _series(20, BY_YEAR, {2019: 3, 2020: 3}),
        _series(30, WITH_SPECIALS, {0: 4, 1: 3}),
        _series(40, ABSOLUTE, {1: 12, 2: 12}),
    ]


def make_odd(sim: Simulator) -> None:
    """Let Jellyfin and the arrs say odd things of the odd shelf; its files are in order."""
    titles = {title.title: title for title in sim.world.library}
    shelf = sim.jellyfin.library
    shelf.wake()
    for item in shelf.of(titles[WITHOUT_IDS]):
        item.given_ids = {}
    for item in shelf.of(titles[FOREIGN_IDS]):
        item.given_ids = {"Tmdb": "not-a-number", "Imdb": "nm0000123", "Tvdb": "0", "AniList": "7"}
    _count_on(sim, titles[ABSOLUTE])
    sim.radarr.spoil["/api/v3/movie"] = _listed_oddly
    sim.sonarr.spoil["/api/v3/series"] = _listed_oddly


def _count_on(sim: Simulator, title: Title) -> None:
    """Let Jellyfin have a series as one long season, as folders without seasons make it."""
    number = 0
    for item in sim.jellyfin.library.of(title):
        if item.type == "Episode":
            number += 1
            item.season = 1
            item.episodes = tuple(replace(one, season=1, number=number) for one in item.episodes)


def _listed_oddly(answer: object) -> object:
    """List the first row twice, and one that has no id."""
    rows = list(answer) if isinstance(answer, list) else []
    nameless: JsonObject = {"title": NAMELESS}
    return [*rows, *rows[:1], nameless]


def _film(number: int, name: str) -> Title:
    return Title(
        kind="movie",
        title=name,
        year=2001,
        tmdb=_IDS + number,
        imdb=f"tt19{number:06d}",
        released=datetime(2001, 5, 4, tzinfo=UTC),
    )


def _series(number: int, name: str, seasons: dict[int, int]) -> Title:
    return Title(
        kind="tv",
        title=name,
        year=2001,
        tmdb=_IDS + number,
        tvdb=_TVDB + number,
        imdb=f"tt19{number:06d}",
        season_counts=seasons,
        first_aired=datetime(2001, 1, 10, 1, tzinfo=UTC),
    )
