"""Check that no library, however confusing, makes available what is not there (promise 3)."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from hypothesis import event, given, settings, strategies as st

from custom_components.media_status.connections.base import WantedTitle
from custom_components.media_status.connections.jellyfin import JellyfinConnection
from custom_components.media_status.lifecycle.model import MOVIE, ItemKey, JsonValue

from .asking import Answers, about, episode_of, film, marks, matched_to, read, series, vfs_path
from .test_convergence import InMemory
from .twin import Twin

# What is asked for: three episodes and a film. Sonarr's numbers are not AniDB's.
EPISODES = {ItemKey(2, 1): 5, ItemKey(2, 2): 6, ItemKey(0, 1): 7}
FILM = 9
FILES = {5: 805, 6: 806, 7: 807, FILM: 809}
SERIES_TVDB, FILM_TMDB = 42, 42  # the same number, in two spaces
FOREIGN_ANIDB = 7000
PLACE = st.tuples(st.integers(0, 2), st.integers(1, 7))
NUMBER = st.sampled_from([*FILES])


@dataclass(kw_only=True)
class Shelf:
    """A library, with what every item in it really is."""

    twin: Twin = field(default_factory=Twin)
    truth: dict[str, int] = field(default_factory=dict)
    certain: set[int] = field(default_factory=set)  # what has to be found

    def series(self, how: str, count: int) -> str:
        """Add a page of Shokofin's, which says in one of several ways what it is of."""
        ids: dict[str, JsonValue] = {
            "marked": {"Shoko Series": "157", "AniDB": "17", "Tvdb": str(SERIES_TVDB)},
            "merged": {"Shoko Series": "1", "AniDB": "1"},
            "named": {"Shoko Series": "t5"},
        }
        page = self.twin.add("Series", f"/vfs/{count}", ProviderIds=ids[how])
        if how == "merged":
            self.twin.add_season(page, 2, Shoko_Series="157", AniDB="17")
        return page


class Builder:
    """Put items on a shelf."""

    def __init__(self) -> None:
        """Start with an empty shelf."""
        self.shelf = Shelf()
        self.count = 0

    def add(self, kind: str, path: str | None, **members: JsonValue) -> str:
        """Add an item with a path of its own."""
        self.count += 1
        return self.shelf.twin.add(kind, path and f"/{self.count}{path}", **members)

    def genuine(self, how: str, number: int, place: tuple[int, int], told: str) -> None:
        """Add an item that is one of the files, as Shokofin shows it."""
        page = self.shelf.series(how, self.count)
        ids: JsonValue = dict(marks(FILES[number], number)) if told != "path" else {}
        if told == "no anidb" and isinstance(ids, dict):
            del ids["AniDB"]
        own = self.add(
            "Episode",
            vfs_path(FILES[number]),
            SeriesId=page,
            ParentIndexNumber=place[0],
            IndexNumber=place[1],
            ProviderIds=ids,
        )
        self.shelf.truth[own] = number
        # A film among episodes with nothing but a path has one proof only.
        if number != FILM or told != "path":
            self.shelf.certain.add(number)

    def foreign(self, number: int, place: tuple[int, int], is_film: bool) -> None:
        """Add an item of another Shoko that has the same numbers, but AniDB's."""
        page = self.shelf.series("marked", self.count)
        self.add(
            "Movie" if is_film else "Episode",
            vfs_path(FILES[number]),
            SeriesId=page,
            ParentIndexNumber=place[0],
            IndexNumber=place[1],
            ProviderIds=dict(marks(FILES[number], number, anidb=FOREIGN_ANIDB + number)),
        )

    def foreign_file(self, number: int) -> None:
        """Add an item of the other type that has only a file's number, of another Shoko."""
        ids: JsonValue = {"Shoko File": str(FILES[number])}
        if number != FILM:
            self.add("Movie", "/x/flat.mkv", ProviderIds=ids)
            return
        page = self.shelf.series("marked", self.count)
        self.add("Episode", "/x/flat.mkv", SeriesId=page, ProviderIds=ids)

    def genuine_film(self) -> None:
        """Add the film as Shokofin shows it in a library of films, without TMDB's number."""
        ids: JsonValue = {**marks(FILES[FILM], FILM), "AniDB": "17"}
        own = self.add("Movie", vfs_path(FILES[FILM]), ProviderIds=ids)
        self.shelf.truth[own] = FILM
        self.shelf.certain.add(FILM)

    def extra(self, number: int, place: tuple[int, int]) -> None:
        """Add another episode of the same anime where Sonarr's would stand."""
        page = self.shelf.series("marked", self.count)
        file_id = 900 + self.count
        self.add(
            "Episode",
            vfs_path(file_id),
            SeriesId=page,
            ParentIndexNumber=place[0],
            IndexNumber=place[1],
            ProviderIds=dict(marks(file_id, 20 + number)),
        )

    def missing(self, number: int, place: tuple[int, int]) -> None:
        """Add an episode, or the film, without a file, with the right numbers."""
        if number == FILM:
            self.add("Movie", None, ProviderIds=dict(marks(FILES[FILM], FILM) | {"AniDB": "17"}))
            return
        page = self.shelf.series("marked", self.count)
        self.add(
            "Episode",
            None,
            SeriesId=page,
            ParentIndexNumber=place[0],
            IndexNumber=place[1],
            ProviderIds=dict(marks(None, number)),
        )

    def stub(self, kind: str) -> None:
        """Add an entry with the right numbers and nothing behind it."""
        ids: JsonValue = {"Tmdb": str(FILM_TMDB), "Tvdb": str(SERIES_TVDB)}
        self.add(kind, None, ProviderIds=ids)

    def namesake(self, kind: str, numbers: Mapping[str, str]) -> None:
        """Add a film or series of the same title that is another one."""
        ids: JsonValue = dict(numbers)
        own = self.add(kind, "/x/y.mkv" if kind == "Movie" else "/x", ProviderIds=ids)
        if kind == "Movie":
            return
        for season, number in EPISODES:
            self.add(
                "Episode",
                f"/s{season}e{number}.mkv",
                SeriesId=own,
                ParentIndexNumber=season,
                IndexNumber=number,
            )

    def plain_film(self) -> None:
        """Add the film as every library has it."""
        ids: JsonValue = {"Tmdb": str(FILM_TMDB)}
        self.shelf.truth[self.add("Movie", "/x/y.mkv", ProviderIds=ids)] = FILM
        self.shelf.certain.add(FILM)


STEPS = st.lists(
    st.one_of(
        st.builds(
            lambda *args: lambda b: b.genuine(*args),
            st.sampled_from(["marked", "merged", "named"]),
            NUMBER,
            PLACE,
            st.sampled_from(["all", "path", "no anidb"]),
        ),
        st.builds(lambda *args: lambda b: b.foreign(*args), NUMBER, PLACE, st.booleans()),
        st.builds(lambda *args: lambda b: b.extra(*args), NUMBER, PLACE),
        st.builds(lambda *args: lambda b: b.missing(*args), NUMBER, PLACE),
        st.builds(lambda kind: lambda b: b.stub(kind), st.sampled_from(["Movie", "Series"])),
        st.builds(
            lambda kind, ids: lambda b: b.namesake(kind, ids),
            st.just("Movie"),
            st.sampled_from([{}, {"Tvdb": "4711"}, {"Tmdb": "43"}]),
        ),
        st.builds(
            lambda kind, ids: lambda b: b.namesake(kind, ids),
            st.just("Series"),
            # The film's number names another series here.
            st.sampled_from([{}, {"Tmdb": str(FILM_TMDB)}, {"Tvdb": "43"}]),
        ),
        st.builds(lambda number: lambda b: b.foreign_file(number), NUMBER),
        st.builds(lambda: lambda b: b.genuine_film()),
        st.builds(lambda: lambda b: b.plain_film()),
    ),
    max_size=12,
)


def wanted() -> tuple[WantedTitle, ...]:
    """Return what is asked for: all files are matched."""
    items = {key: matched_to(FILES[n], episode_of(n)) for key, n in EPISODES.items()}
    show = series(items=items, tvdb=SERIES_TVDB, tmdb=77, is_anime=True)
    item = matched_to(FILES[FILM], episode_of(FILM), path="/data/anime/A Film/A Film.mkv")
    return show, film(tmdb=FILM_TMDB, item=item, is_anime=True)


async def survey_all(connection: JellyfinConnection, twin: Twin) -> Answers:
    """Survey until nothing is left to read."""
    answers: Answers = {}
    backlog = True
    while backlog:
        survey = await connection.survey(about(*wanted(), now=twin.clock))
        answers |= read(survey)
        backlog = survey.backlog
    return answers


@settings(deadline=None, max_examples=300)
@given(STEPS)
def test_nothing_false_is_available_and_the_right_thing_is_found(steps: list[object]) -> None:
    """Same numbers in other spaces, same titles and places, entries without files: no luck."""
    builder = Builder()
    for step in steps:
        assert callable(step)
        step(builder)
    shelf = builder.shelf
    answers = asyncio.run(survey_all(JellyfinConnection("jelly", InMemory(shelf.twin)), shelf.twin))
    for key, number in [*EPISODES.items(), (MOVIE, FILM)]:
        answer = answers["film" if key == MOVIE else "series", key]
        event(f"present: {answer.present}")
        if answer.present:
            assert answer.item_id is not None
            assert shelf.truth.get(answer.item_id) == number, answer
        else:
            assert number not in shelf.certain, (key, number)
