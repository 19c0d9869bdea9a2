"""Check when episodes count as watchable."""

import pytest

from custom_components.media_status.connections.base import WantedItem
from custom_components.media_status.connections.jellyfin import JellyfinConnection
from custom_components.media_status.lifecycle.model import ItemKey, JsonObject, Stage

from .asking import THERE, WAITING, about, absent, page_ids, present, read, series
from .twin import START, Twin, sample_object

E1, E2, E3 = ItemKey(1, 1), ItemKey(1, 2), ItemKey(1, 3)


def rows(name: str) -> list[JsonObject]:
    """Return the items of a sample."""
    found = sample_object(name)["Items"]
    assert isinstance(found, list)
    return [row for row in found if isinstance(row, dict)]


async def test_the_sample_series_has_one_episode_and_one_missing_one(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """The list of a series contains unaired episodes; they are not there."""
    for row in rows("items-series.json") + rows("shows-episodes-with-missing.json"):
        twin.items[str(row["Id"])] = row
        twin.saved[str(row["Id"])] = START
    survey = await connection.survey(about(series(items=[E1, E2], tvdb=371980)))
    found = read(survey)
    assert found["series", E1].item_id == "3c4d5e6f708192a3b4c5d6e7f8091a2b"
    assert found["series", E1].proof == "series and episode"
    assert absent(survey) == {("series", E2)}
    assert page_ids(survey) == {"series": "1a2b3c4d5e6f708192a3b4c5d6e7f809"}


async def test_an_episodes_own_ids_are_never_the_series(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """An episode with the number of the wanted series belongs to another one."""
    other = twin.add_series(Tvdb="1")
    twin.add(
        "Episode",
        "/x/y.mkv",
        SeriesId=other,
        ParentIndexNumber=1,
        IndexNumber=1,
        ProviderIds={"Tvdb": "42"},
    )
    assert absent(await connection.survey(about(series(items=[E1], tvdb=42)))) == {("series", E1)}


@pytest.mark.parametrize(
    ("season", "number", "end", "found"),
    [
        (1, 1, None, {E1}),
        (1, 1, 2, {E1, E2}),
        (1, 1, 3, {E1, E2, E3}),
        (1, 2, 1, {E2}),  # an end before the start is no range
        (1, 1, 900, {E1}),  # and neither is the year of a file name
        (0, 1, None, {ItemKey(0, 1)}),
        (2, 1, None, set()),
        (None, 1, None, set()),
        (1, None, None, set()),
    ],
)
async def test_season_and_number_decide(
    connection: JellyfinConnection,
    twin: Twin,
    season: int | None,
    number: int | None,
    end: int | None,
    found: set[ItemKey],
) -> None:
    """A file with several episodes serves each of them; specials are season 0."""
    twin.add_episode(twin.add_series(Tvdb="42"), season, number, end)
    items = [ItemKey(0, 1), E1, E2, E3]
    survey = await connection.survey(about(series(items=items, tvdb=42)))
    assert present(survey) == {("series", key) for key in found}
    assert absent(survey) == {("series", key) for key in set(items) - found}


async def test_the_page_is_known_before_anything_can_be_watched(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """A series without items yet still gets its link."""
    number = twin.add_series(Tvdb="42")
    survey = await connection.survey(about(series(tvdb=42)))
    assert page_ids(survey) == {"series": number}
    assert read(survey) == {}


async def test_an_unknown_series_is_missing_with_all_items(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """The index is complete: what is not in it is not in Jellyfin."""
    twin.add_series(Tvdb="1")
    survey = await connection.survey(about(series(items=[E1, E2], tvdb=42)))
    assert absent(survey) == {("series", E1), ("series", E2)}


async def test_a_series_in_two_libraries(connection: JellyfinConnection, twin: Twin) -> None:
    """The episodes of both count; the page is that of the one that plays."""
    empty = twin.add_series("/a", Tvdb="42")
    full = twin.add_series("/b", Tvdb="42")
    twin.add_episode(full, 1, 1)
    survey = await connection.survey(about(series(items=[E1], tvdb=42)))
    assert present(survey) == {("series", E1)}
    assert page_ids(survey) == {"series": full}
    assert empty != full


async def test_versions_of_an_episode_are_told_apart_by_path(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """A series in HD and 4K: only the library with the imported file counts."""
    hd, uhd = twin.add_series("/hd", Tvdb="42"), twin.add_series("/uhd", Tvdb="42")
    twin.add_episode(hd, 1, 1, path="/data/tv/Season 1/A S01E01 1080p.mkv")
    path = "/tv4k/A Series/Season 1/A S01E01 2160p.mkv"
    items = {E1: WantedItem(stage=Stage.SYNCING_LIBRARY, has_file=True, file_path=path)}
    title = series(items=items, tvdb=42, has_variants=True)
    assert absent(await connection.survey(about(title))) == {("series", E1)}
    number = twin.add_episode(uhd, 1, 1, path="/mnt/Season 1/A S01E01 2160p.mkv")
    survey = await connection.survey(about(title))
    assert read(survey)["series", E1].item_id == number
    assert page_ids(survey) == {"series": uhd}


async def test_an_episode_that_arrives_is_found_without_any_push(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """A survey alone sees what was added, changed and renumbered since the last one."""
    number = twin.add_series(Tvdb="42")
    title = series(items=[E1, E2], tvdb=42)
    assert present(await connection.survey(about(title))) == set()
    now = twin.advance(minutes=2)
    episode = twin.add_episode(number, 1, 1)
    assert present(await connection.survey(about(title, now=now))) == {("series", E1)}
    now = twin.advance(minutes=2)
    twin.items[episode]["IndexNumber"] = 2
    twin.saved[episode] = now
    survey = await connection.survey(about(title, now=now))
    assert present(survey) == {("series", E2)}
    assert absent(survey) == {("series", E1)}


async def test_an_episode_that_vanishes_is_missed(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """Deletions leave no trace in the changes: what is relied on is looked up."""
    number = twin.add_series(Tvdb="42")
    episode = twin.add_episode(number, 1, 1)
    title = series(items={E1: THERE, E2: WAITING}, tvdb=42)
    assert present(await connection.survey(about(title))) == {("series", E1)}
    twin.remove(episode)
    now = twin.advance(minutes=2)
    survey = await connection.survey(about(title, now=now))
    assert absent(survey) == {("series", E1), ("series", E2)}
    assert not survey.backlog


async def test_a_renamed_episode_is_never_missing(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """A rename is a deletion and an addition under another id."""
    number = twin.add_series(Tvdb="42")
    episode = twin.add_episode(number, 1, 1)
    title = series(items={E1: THERE}, tvdb=42)
    await connection.survey(about(title))
    now = twin.advance(minutes=2)
    twin.remove(episode)
    renamed = twin.add_episode(number, 1, 1, path="/data/tv/A Series/Season 1/new.mkv")
    survey = await connection.survey(about(title, now=now))
    assert read(survey)["series", E1].item_id == renamed


async def test_a_rename_in_the_middle_of_a_survey(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """An id that is gone may live on under another one: the list is read before that is said."""
    number = twin.add_series(Tvdb="42")
    episode = twin.add_episode(number, 1, 1)
    twin.settle()
    title = series(items={E1: THERE}, tvdb=42)
    await connection.survey(about(title))
    renamed: list[str] = []

    def rename() -> None:
        twin.remove(episode)
        renamed.append(twin.add_episode(number, 1, 1, path="/data/tv/new.mkv"))
        twin.before_ids = lambda: None

    twin.before_ids = rename
    survey = await connection.survey(about(title, now=twin.advance(minutes=2)))
    assert read(survey)["series", E1].item_id == renamed[0]


async def test_episodes_of_a_merged_series_stay_with_their_own(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """Jellyfin may show two series as one; the ids of each still count."""
    twin.is_merging = True
    twin.add_series("/wanted", Tvdb="42")
    twin.add_episode(twin.add_series("/other", Tvdb="7"), 1, 1)
    survey = await connection.survey(about(series(items=[E1], tvdb=42)))
    assert absent(survey) == {("series", E1)}
