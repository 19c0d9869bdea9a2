"""Check when an anime film counts as watchable, wherever Jellyfin files it."""

from dataclasses import replace

import pytest

from custom_components.media_status.connections.base import WantedItem
from custom_components.media_status.connections.jellyfin import JellyfinConnection
from custom_components.media_status.lifecycle.model import ItemKey, JsonValue, Stage

from .asking import (
    MOVIE,
    about,
    absent,
    episode_of,
    film,
    marks,
    matched_to,
    page_ids,
    present,
    read,
    series,
    vfs_path,
)
from .twin import Twin

PAGE: JsonValue = {"Shoko Series": "157", "AniDB": "17"}


@pytest.mark.parametrize(
    ("ids", "path", "year", "proof"),
    [
        (marks(812, 5), vfs_path(812), None, "shoko file and path"),
        (marks(812, 5), "/vfs/flat.mkv", None, "shoko file and anidb"),
        ({"Shoko File": "812"}, "/links/A Film (2016)/A Film.mkv", None, "shoko file and path"),
        ({"Shoko File": "812"}, "/vfs/flat.mkv", 2016, "shoko file and title and year"),
        (marks(900, 5), vfs_path(900), None, "shoko episode and anidb"),
        ({"AniDB": "2005"}, "/links/A Film (2016)/A Film.mkv", None, "anidb episode and path"),
        # One proof is not enough, and neither is a second that the first one contains.
        ({"Shoko File": "812"}, "/vfs/flat.mkv", None, None),
        ({"Shoko File": "812"}, "/vfs/flat.mkv", 2017, None),
        ({}, vfs_path(812), None, None),
        ({"AniDB": "2005"}, "/vfs/flat.mkv", None, None),
        # Nor a number of films on an episode, whatever its title.
        ({"Tmdb": "42"}, "/vfs/flat.mkv", 2016, None),
        (marks(812, 5, anidb=7777) | {"Tmdb": "42"}, vfs_path(812), 2016, None),
    ],
)
async def test_a_film_among_episodes_needs_a_second_proof(
    connection: JellyfinConnection,
    twin: Twin,
    ids: dict[str, str],
    path: str,
    year: int | None,
    proof: str | None,
) -> None:
    """A film that is a special in Jellyfin; its link leads to the special."""
    page = twin.add("Series", "/vfs/A Series", Name="Shirizu", ProviderIds=PAGE)
    provider: JsonValue = dict(ids)
    number = twin.add_episode(
        page, 0, 3, path=path, ProviderIds=provider, Name="A Film", ProductionYear=year
    )
    item = matched_to(812, episode_of(5), path="/data/anime/movies/A Film (2016)/A Film.mkv")
    wanted = film(tmdb=42, item=item, is_anime=True, title="A Film", year=2016)
    survey = await connection.survey(about(wanted))
    answer = read(survey)["film", MOVIE]
    assert (answer.present, answer.proof) == (proof is not None, proof)
    assert page_ids(survey)["film"] == (number if proof else None)


async def test_an_episode_among_films_needs_a_second_proof(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """A special that is a film in Jellyfin: there AniDB's number is the anime's."""
    item = matched_to(812, episode_of(5))
    title = series(items={ItemKey(0, 1): item}, tvdb=42, is_anime=True)
    ids: JsonValue = {"Shoko File": "812"}
    twin.add("Movie", "/vfs/flat.mkv", ProviderIds=ids)
    assert absent(await connection.survey(about(title))) == {("series", ItemKey(0, 1))}
    ids = {**marks(812, 5), "AniDB": "17"}
    number = twin.add("Movie", "/vfs/film.mkv", ProviderIds=ids)
    survey = await connection.survey(about(title, now=twin.advance(minutes=1)))
    assert read(survey)["series", ItemKey(0, 1)].proof == "shoko file and anidb"
    assert page_ids(survey) == {"series": number}


async def test_an_anime_film_in_a_library_of_films(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """By Shoko's file where Shokofin gives no TMDB number, by TMDB's where it does."""
    ids: JsonValue = {**marks(1204, 5), "AniDB": "17"}
    number = twin.add("Movie", vfs_path(1204), ProviderIds=ids)
    title = film(tmdb=42, item=matched_to(1204, episode_of(5)), is_anime=True)
    survey = await connection.survey(about(title))
    assert read(survey)["film", MOVIE].proof == "shoko file"
    assert page_ids(survey) == {"film": number}
    other = film(tmdb=42, item=matched_to(77, episode_of(9, anime=3)), is_anime=True)
    assert absent(await connection.survey(about(other))) == {("film", MOVIE)}
    plain = twin.add_movie("/movies/plain.mkv", Tmdb="42")
    survey = await connection.survey(about(other, now=twin.advance(minutes=1)))
    assert read(survey)["film", MOVIE].item_id == plain
    assert read(survey)["film", MOVIE].proof == "tmdb"


async def test_a_title_is_only_a_guess(connection: JellyfinConnection, twin: Twin) -> None:
    """The same title is told to a person; it makes nothing available."""
    ids: JsonValue = {"Tmdb": "7"}
    twin.add("Movie", "/m/other.mkv", ProviderIds=ids)  # another film by its number
    twin.add("Movie", None)  # nothing to watch
    item = matched_to(1204, episode_of(5))
    title = film(tmdb=42, item=item, is_anime=True, original_title="Sono Namae", year=2016)
    survey = await connection.survey(about(title))
    assert read(survey)["film", MOVIE].guess is None
    twin.add("Series", "/vfs/Sono Namae", Name="SONO  namae!", ProductionYear=2016)
    survey = await connection.survey(about(title, now=twin.advance(minutes=1)))
    answer = read(survey)["film", MOVIE]
    assert (answer.present, answer.guess) == (False, "SONO namae!")
    twin.add("Movie", "/m/x.mkv", Name="Sono namae", ProductionYear=2011)
    twin.add("Movie", "/m/y.mkv", Name="Sono namae")
    survey = await connection.survey(about(title, now=twin.advance(minutes=1)))
    assert read(survey)["film", MOVIE].guess == "Sono namae"
    for other in (
        replace(title, is_anime=False),
        replace(title, items={MOVIE: WantedItem(stage=Stage.SEARCHING, has_file=False)}),
    ):
        survey = await connection.survey(about(other, now=twin.advance(minutes=1)))
        assert read(survey)["film", MOVIE].guess is None


async def test_lists_for_films_are_read_a_few_at_a_time(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """Forty films that may be specials cost no more at once than forty series."""
    titles = []
    for number in range(1, 41):
        anime = 1000 + number
        ids: JsonValue = {"AniDB": str(anime)}
        page = twin.add("Series", f"/vfs/{number}", ProviderIds=ids, Name=f"Show {number}")
        special: JsonValue = {"Shoko File": str(number), "AniDB": str(2000 + number)}
        twin.add_episode(page, 0, 1, path=vfs_path(number), ProviderIds=special)
        item = matched_to(number, episode_of(number, anime=anime, shoko=False))
        titles.append(film(f"film{number}", tmdb=number, item=item, is_anime=True))
    found = set()
    backlog = True
    while backlog:
        survey = await connection.survey(about(*titles, now=twin.clock))
        assert len([path for path in twin.paths() if path.startswith("/Shows/")]) <= 16
        found |= present(survey)
        assert absent(survey) == set()
        backlog = survey.backlog
    assert len(found) == 40
