"""Check when a film counts as watchable: playable, and exactly the one that was asked for."""

import pytest

from custom_components.media_status.connections.base import WantedItem
from custom_components.media_status.connections.jellyfin import JellyfinConnection
from custom_components.media_status.lifecycle.facts import Playable
from custom_components.media_status.lifecycle.model import JsonValue, MediaType, Service, Stage, Via

from .asking import MOVIE, about, absent, film, page_ids, present, read
from .twin import START, Twin, sample_object

HD = "/movies/A Film (2024)/A Film (2024) 1080p.mkv"
UHD = "/movies-4k/A Film (2024)/A Film (2024) 2160p.mkv"


async def test_the_sample_film_is_found(connection: JellyfinConnection, twin: Twin) -> None:
    """An item as Jellyfin answers it, with ids in mixed case keys."""
    rows = sample_object("items-movie.json")["Items"]
    assert isinstance(rows, list) and isinstance(rows[0], dict)
    twin.items["x"] = rows[0]
    twin.saved[str(rows[0]["Id"])] = START
    survey = await connection.survey(about(film(tmdb=693134)))
    (observation,) = survey.observations
    assert (observation.connection_id, observation.service) == ("jelly", Service.JELLYFIN)
    assert (observation.via, observation.seen_at) == (Via.SURVEY, START)
    assert observation.request_id == "film"
    assert observation.title is not None
    assert observation.title.media_type is MediaType.MOVIE
    assert observation.title.service_id == "0f6a1d2c3b4e5f60718293a4b5c6d7e8"
    assert read(survey) == {
        ("film", MOVIE): Playable(
            present=True,
            item_id="0f6a1d2c3b4e5f60718293a4b5c6d7e8",
            paths=("/data/movies/Dune Part Two (2024)/Dune Part Two (2024) [2160p].mkv",),
            proof="tmdb",
        )
    }


@pytest.mark.parametrize(
    ("ids", "proof"),
    [
        ({"Tmdb": "42"}, "tmdb"),
        ({"TMDB": "42"}, "tmdb"),
        ({"Imdb": "tt0042"}, "imdb"),
        ({"Imdb": "TT0042"}, "imdb"),
        ({"Tvdb": "4242"}, "tvdb"),
        ({"Tmdb": "42", "Imdb": "tt9999"}, "tmdb"),
        ({"Tmdb": " 042 "}, "tmdb"),
    ],
)
async def test_any_exact_id_proves(
    connection: JellyfinConnection, twin: Twin, ids: dict[str, str], proof: str
) -> None:
    """The best number space that the item has decides."""
    twin.add_movie(**ids)
    survey = await connection.survey(about(film(tmdb=42, imdb="tt0042", tvdb=4242)))
    assert read(survey)["film", MOVIE].proof == proof


@pytest.mark.parametrize(
    "ids",
    [
        {},
        {"Tmdb": "421"},
        {"Tmdb": "4"},
        {"TmdbCollection": "42"},
        {"Tvdb": "42"},
        {"Tmdb": "43", "Imdb": "tt0042"},  # agrees in one, contradicts in a better one
    ],
)
async def test_names_and_other_numbers_prove_nothing(
    connection: JellyfinConnection, twin: Twin, ids: dict[str, str]
) -> None:
    """All items here have the same name: only ids count, and only in their own space."""
    twin.add_movie(**ids)
    survey = await connection.survey(about(film(tmdb=42, imdb="tt0042")))
    assert absent(survey) == {("film", MOVIE)}
    assert page_ids(survey) == {"film": None}


async def test_a_series_with_the_same_number_is_not_the_film(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """Films and series have separate number spaces."""
    twin.add_series(Tmdb="42")
    assert absent(await connection.survey(about(film(tmdb=42)))) == {("film", MOVIE)}


async def test_metadata_without_a_file_is_not_watchable(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """A film that only exists as an entry does not count."""
    twin.add_movie(None, Tmdb="42")
    assert absent(await connection.survey(about(film(tmdb=42)))) == {("film", MOVIE)}


async def test_a_film_without_any_id_is_only_missing_when_everything_was_read(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """Nothing to compare means not found."""
    twin.add_movie(Tmdb="42")
    assert absent(await connection.survey(about(film()))) == {("film", MOVIE)}


async def test_a_copy_that_is_being_replaced_is_not_the_new_file(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """While Radarr has no file and fetches one, what Jellyfin has is an older copy."""
    twin.add_movie(Tmdb="42")
    fetching = WantedItem(stage=Stage.DOWNLOADING, has_file=False, is_live=True)
    assert absent(await connection.survey(about(film(tmdb=42, item=fetching)))) == {("film", MOVIE)}
    # Nothing on its way: then the copy is what there is to watch.
    idle = WantedItem(stage=Stage.SEARCHING, has_file=False)
    assert present(await connection.survey(about(film(tmdb=42, item=idle)))) == {("film", MOVIE)}
    # An upgrade of what could be watched already takes nothing away.
    upgrading = WantedItem(stage=Stage.AVAILABLE, has_file=False, is_live=True)
    survey = await connection.survey(about(film(tmdb=42, item=upgrading)))
    assert present(survey) == {("film", MOVIE)}


@pytest.mark.parametrize("is_4k", [True, False])
async def test_versions_are_told_apart_by_path(
    connection: JellyfinConnection, twin: Twin, is_4k: bool
) -> None:
    """The HD copy does not make the 4K request available, whatever the mount points are."""
    twin.add_movie("/data/films/A Film (2024)/A Film (2024) 1080p.mkv", Tmdb="42")
    wanted = WantedItem(stage=Stage.SYNCING_LIBRARY, has_file=True, file_path=UHD)
    title = film(tmdb=42, item=wanted, is_4k=is_4k, has_variants=not is_4k)
    survey = await connection.survey(about(title))
    assert absent(survey) == {("film", MOVIE)}
    assert page_ids(survey) == {"film": None}
    number = twin.add_movie("/data/uhd/a film (2024)/A Film (2024) 2160P.mkv", Tmdb="42")
    survey = await connection.survey(about(title))
    assert read(survey)["film", MOVIE].item_id == number
    assert page_ids(survey) == {"film": number}


async def test_a_second_version_inside_one_item_counts(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """Jellyfin merges versions: the 4K file is one of the item's sources."""
    twin.add(
        "Movie",
        HD,
        ProviderIds={"Tmdb": "42"},
        MediaSources=[{"Path": HD}, {"Path": f"/media{UHD}"}, {"Name": "no path"}],
    )
    wanted = WantedItem(stage=Stage.SYNCING_LIBRARY, has_file=True, file_path=UHD)
    survey = await connection.survey(about(film(tmdb=42, item=wanted, is_4k=True)))
    assert read(survey)["film", MOVIE].paths == (HD, f"/media{UHD}")


async def test_versions_without_a_known_path_stay_unknown(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """Which file it is cannot be told: neither there nor missing."""
    twin.add_movie(HD, Tmdb="42")
    waiting = WantedItem(stage=Stage.SYNCING_LIBRARY, has_file=True)
    survey = await connection.survey(about(film(tmdb=42, item=waiting, is_4k=True)))
    assert read(survey) == {}


async def test_a_path_known_to_one_request_says_nothing_about_another(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """The HD request knows its file; which file the 4K request waits for is still unknown."""
    twin.add_movie(HD, Tmdb="42")
    known = WantedItem(stage=Stage.SYNCING_LIBRARY, has_file=True, file_path=UHD)
    unknown = WantedItem(stage=Stage.SYNCING_LIBRARY, has_file=True)
    survey = await connection.survey(
        about(
            film("known", tmdb=42, item=known, has_variants=True),
            film("unknown", tmdb=42, item=unknown, is_4k=True),
        )
    )
    assert absent(survey) == {("known", MOVIE)}
    assert ("unknown", MOVIE) not in read(survey)


async def test_versions_that_were_not_looked_at_are_unknown(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """All paths of an item are asked for, for 50 items at a time: the others wait."""
    titles = []
    for number in range(1, 61):
        source = f"/media/{number}/uhd.mkv"
        paths: list[JsonValue] = [{"Path": source}]
        twin.add(
            "Movie", f"/m/{number}/hd.mkv", ProviderIds={"Tmdb": str(number)}, MediaSources=paths
        )
        item = WantedItem(stage=Stage.SYNCING_LIBRARY, has_file=True, file_path=source)
        titles.append(film(f"film{number}", tmdb=number, item=item, is_4k=True))
    survey = await connection.survey(about(*titles))
    assert len(present(survey)) == 50
    assert absent(survey) == set()
    assert survey.backlog


async def test_windows_paths_are_compared_like_others(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """Radarr on Windows and Jellyfin on Linux share folder and file name."""
    twin.add_movie("/nas/A Film (2024)/A Film (2024) 2160p.mkv", Tmdb="42")
    path = "D:\\films\\A Film (2024)\\A Film (2024) 2160p.mkv"
    wanted = WantedItem(stage=Stage.SYNCING_LIBRARY, has_file=True, file_path=path)
    survey = await connection.survey(about(film(tmdb=42, item=wanted, is_4k=True)))
    assert present(survey) == {("film", MOVIE)}


async def test_of_several_copies_the_imported_one_is_linked(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """Two copies, no variants asked for: the one with Radarr's path is preferred."""
    twin.add_movie("/a/x/other.mkv", Tmdb="42")
    numbers = {
        twin.add_movie(f"/b/y{n}/copy.mkv", Tmdb="42"): f"/z/y{n}/copy.mkv" for n in range(4)
    }
    for number, path in numbers.items():
        wanted = WantedItem(stage=Stage.SYNCING_LIBRARY, has_file=True, file_path=path)
        survey = await connection.survey(about(film(tmdb=42, item=wanted)))
        assert read(survey)["film", MOVIE].item_id == number
        assert page_ids(survey) == {"film": number}
