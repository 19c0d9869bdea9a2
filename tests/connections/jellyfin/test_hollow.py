"""Check what is said of films that Jellyfin knows and has no file of."""

from dataclasses import replace

import pytest

from custom_components.media_status.connections.jellyfin import JellyfinConnection
from custom_components.media_status.lifecycle.facts import Playable

from .asking import MOVIE, WAITING, about, film, read
from .twin import Twin

LATE = replace(WAITING, is_overdue=True)
HOLLOW = Playable(present=False, is_hollow=True)
ABSENT = Playable(present=False)


@pytest.mark.parametrize("location", ["Virtual", "FileSystem"])
async def test_an_item_without_a_file_is_noticed(
    connection: JellyfinConnection, twin: Twin, location: str
) -> None:
    """Whether Jellyfin calls it missing or not; the file ends it."""
    number = twin.add_movie(None, Tmdb="42")
    twin.items[number]["LocationType"] = location
    survey = await connection.survey(about(film(tmdb=42, item=LATE)))
    assert read(survey)["film", MOVIE] == HOLLOW
    twin.advance(minutes=1)
    twin.add_movie(Tmdb="42")
    survey = await connection.survey(about(film(tmdb=42, item=LATE), now=twin.clock))
    assert read(survey)["film", MOVIE].present


async def test_another_films_item_says_nothing(connection: JellyfinConnection, twin: Twin) -> None:
    """The number has to be exactly the film's."""
    twin.add_movie(None, Tmdb="43")
    survey = await connection.survey(about(film(tmdb=42, item=LATE)))
    assert read(survey)["film", MOVIE] == ABSENT


async def test_it_is_asked_for_rarely_and_late(connection: JellyfinConnection, twin: Twin) -> None:
    """Nobody asks before Jellyfin should play the film, and then once in five minutes."""
    twin.add_movie(None, Tmdb="42")
    survey = await connection.survey(about(film(tmdb=42)))
    assert read(survey)["film", MOVIE] == ABSENT

    def hollow_calls() -> int:
        count = sum(query.get("isMissing") == "true" for _, query in twin.calls)
        twin.calls.clear()
        return count

    assert hollow_calls() == 0
    asked = []
    for minute in range(7):
        now = twin.advance(minutes=1 if minute else 0)
        survey = await connection.survey(about(film(tmdb=42, item=LATE), now=now))
        assert read(survey)["film", MOVIE] == HOLLOW
        asked.append(hollow_calls())
    assert asked == [1, 0, 0, 0, 0, 1, 0]
