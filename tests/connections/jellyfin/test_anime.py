"""Check that anime counts as watchable by Shoko's and AniDB's numbers, and by nothing less."""

from dataclasses import replace

import pytest

from custom_components.media_status.connections.base import WantedItem
from custom_components.media_status.connections.jellyfin import JellyfinConnection
from custom_components.media_status.lifecycle.facts import Match, MatchPhase
from custom_components.media_status.lifecycle.model import ItemKey, JsonValue, Stage

from .asking import (
    MOVIE,
    WAITING,
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
from .twin import START, Twin, sample_object

E1, E2, E5, E6, E7 = (ItemKey(1, number) for number in (1, 2, 5, 6, 7))


def shoko_series(twin: Twin, path: str = "/vfs/A Series [Shoko Series=157]", **ids: str) -> str:
    """Add a series as Shokofin does."""
    return twin.add(
        "Series", path, ProviderIds={"Shoko Series": "157", "AniDB": "17", **ids}, Name="Shirizu"
    )


def shoko_episode(
    twin: Twin,
    series_id: str,
    season: int,
    number: int,
    ids: dict[str, str],
    *,
    path: str | None = None,
    end: int | None = None,
    **members: JsonValue,
) -> str:
    """Add an episode as Shokofin does."""
    provider: JsonValue = dict(ids)
    path = path or vfs_path(int(ids.get("Shoko File", "0")))
    return twin.add_episode(
        series_id, season, number, end, path=path, ProviderIds=provider, **members
    )


async def test_the_sample_files_are_found(connection: JellyfinConnection, twin: Twin) -> None:
    """Items as Shokofin makes them: one file, a file of two episodes, a missing episode."""
    rows = sample_object("items-episode-shokofin.json")["Items"]
    assert isinstance(rows, list)
    for row in rows:
        assert isinstance(row, dict)
        twin.items[str(row["Id"])] = row
        twin.saved[str(row["Id"])] = START
    page = twin.add(
        "Series",
        "/vfs/Frieren",
        Id="5e6f708192a3b4c5d6e7f8091a2b3c4d",
        ProviderIds={"Shoko Series": "142", "AniDB": "17617"},
    )

    def frieren(file_id: int, *numbers: int) -> WantedItem:
        episodes = [
            replace(
                episode_of(number, anime=17617),
                anidb_episode=271229 + number,
                shoko_series=142,
                shoko_episode=4100 + number,
            )
            for number in numbers
        ]
        return matched_to(file_id, *episodes)

    # Sonarr counts them on as season 2, and asks for one that is only announced.
    items = {
        ItemKey(2, 1): frieren(812, 5),
        ItemKey(2, 2): frieren(815, 6, 7),
        ItemKey(2, 3): frieren(815, 6, 7),
        ItemKey(2, 4): frieren(999, 8),
    }
    survey = await connection.survey(about(series(items=items, is_anime=True)))
    found = read(survey)
    assert present(survey) == {("series", ItemKey(2, number)) for number in (1, 2, 3)}
    assert absent(survey) == {("series", ItemKey(2, 4))}
    assert {found["series", key].proof for key in items} == {"shoko file", None}
    assert found["series", ItemKey(2, 2)].item_id == found["series", ItemKey(2, 3)].item_id
    assert page_ids(survey) == {"series": page}


@pytest.mark.parametrize(
    ("ids", "path", "proof"),
    [
        (marks(812, 5), vfs_path(812), "shoko file"),
        ({"Shoko File": "812"}, "/somewhere/else.mkv", "shoko file"),
        ({}, vfs_path(812), "shoko file"),  # before any metadata is there
        ({}, vfs_path(812).replace("=812]", "=811,812].pt1"), "shoko file"),
        ({"Custom": "shoko://file/812?seriesId=157&episodeIds=405&seasonId=1"}, "/x", "shoko file"),
        (marks(900, 5), vfs_path(900), "shoko episode"),  # another file of the same episode
        ({"AniDB": "2005"}, "/anime/by another plugin.mkv", "anidb episode"),
        # Numbers of another Shoko: AniDB's disagree.
        (marks(812, 5, anidb=7777), vfs_path(812), None),
        (marks(900, 5, anidb=7777), vfs_path(900), None),
        ({"Shoko File": "812", "Shoko Series": "3", "Shoko Episode": "9"}, "/x", None),
        ({"Shoko File": "812", "Shoko Series": "3"}, "/x", None),
        ({"Shoko File": "900", "Shoko Series": "3", "Shoko Episode": "405"}, "/x", None),
        ({"Shoko File": "900", "Shoko Episode": "405"}, "/x", None),
        # Another file, another episode, letters in front.
        (marks(8120, 6), vfs_path(8120), None),
        ({"Shoko File": "t812", "Shoko Episode": "T405", "AniDB": "a2005"}, "/x", None),
    ],
)
async def test_what_proves_an_episode(
    connection: JellyfinConnection, twin: Twin, ids: dict[str, str], path: str, proof: str | None
) -> None:
    """File before episode before AniDB; wherever it is numbered, and never against AniDB."""
    provider: JsonValue = dict(ids)
    number = twin.add_episode(shoko_series(twin), 7, 70, path=path, ProviderIds=provider)
    title = series(items={E5: matched_to(812, episode_of(5))}, is_anime=True)
    answer = read(await connection.survey(about(title)))["series", E5]
    assert (answer.present, answer.proof) == (proof is not None, proof)
    assert answer.item_id == (number if proof else None)


async def test_shokofins_places_say_nothing(connection: JellyfinConnection, twin: Twin) -> None:
    """An episode that stands where Sonarr's does is another one, unless its numbers say so."""
    page = shoko_series(twin, Tvdb="42")
    shoko_episode(twin, page, 1, 1, marks(901, 26))
    here = shoko_episode(twin, page, 2, 13, marks(812, 1))
    title = series(
        items={E1: matched_to(812, episode_of(1)), E2: matched_to(813, episode_of(2))},
        tvdb=42,
        is_anime=True,
    )
    survey = await connection.survey(about(title))
    assert read(survey)["series", E1].item_id == here
    assert absent(survey) == {("series", E2)}


async def test_a_file_that_shoko_cannot_match_waits(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """Another episode's match says that Shoko tells what files are: places prove nothing."""
    page = shoko_series(twin, Tvdb="42")
    shoko_episode(twin, page, 1, 2, marks(700, 2))
    items = {E1: matched_to(812, episode_of(1)), E2: WAITING}
    survey = await connection.survey(about(series(items=items, tvdb=42, is_anime=True)))
    assert absent(survey) == {("series", E1), ("series", E2)}


async def test_without_a_match_anime_is_like_everything_else(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """Shoko is not connected: series and number decide, and no seasons are read."""
    number = shoko_episode(twin, shoko_series(twin, Tvdb="42"), 1, 1, marks(812, 1))
    survey = await connection.survey(about(series(items=[E1], tvdb=42, is_anime=True)))
    assert read(survey)["series", E1].item_id == number
    assert read(survey)["series", E1].proof == "series and episode"
    assert not [query for _, query in twin.calls if query.get("includeItemTypes") == "Season"]


async def test_a_place_in_an_ordinary_library_still_counts(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """A second library without Shokofin: TVDB's series, Sonarr's numbers; unless AniDB differs."""
    page = twin.add_series(Tvdb="42")
    twin.add_episode(page, 1, 1)
    other: JsonValue = {"AniDB": "9999"}
    twin.add_episode(page, 1, 2, ProviderIds=other)
    items = {E1: matched_to(812, episode_of(1)), E2: matched_to(813, episode_of(2))}
    survey = await connection.survey(about(series(items=items, tvdb=42, is_anime=True)))
    assert read(survey)["series", E1].proof == "series and episode"
    assert absent(survey) == {("series", E2)}


async def test_a_merged_series_is_found_by_its_seasons(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """Several series of Shoko in one of Jellyfin: every season names its own."""
    page = twin.add("Series", "/vfs/x", ProviderIds={"Shoko Series": "1", "AniDB": "1"})
    twin.add_season(page, 1, Shoko_Series="1", AniDB="1")
    twin.add_season(page, 2, Shoko_Series="157", AniDB="17")
    number = shoko_episode(twin, page, 2, 1, marks(812, 5))
    twin.settle()
    title = series(items={E5: matched_to(812, episode_of(5))}, is_anime=True)
    survey = await connection.survey(about(title))
    assert read(survey)["series", E5].item_id == number
    assert page_ids(survey) == {"series": page}
    # Afterwards they are only read as they change.
    twin.paths()
    later = about(title, now=twin.advance(minutes=20))
    assert present(await connection.survey(later)) == {("series", E5)}
    assert len(twin.paths()) <= 3


async def test_a_season_that_comes_later(connection: JellyfinConnection, twin: Twin) -> None:
    """A new season of a merged series is noticed like any other change."""
    page = twin.add("Series", "/vfs/x", ProviderIds={"Shoko Series": "1", "AniDB": "1"})
    twin.settle()
    title = series(items={E5: matched_to(812, episode_of(5))}, is_anime=True)
    assert absent(await connection.survey(about(title))) == {("series", E5)}
    now = twin.advance(minutes=1)
    twin.add_season(page, 2, Shoko_Series="157", AniDB="17")
    number = shoko_episode(twin, page, 2, 1, marks(812, 5))
    assert read(await connection.survey(about(title, now=now)))["series", E5].item_id == number


async def test_a_series_of_another_shoko_is_not_read(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """Its number is the same, AniDB's is not: neither read nor linked."""
    other = shoko_series(twin, AniDB="999")
    shoko_episode(twin, other, 1, 1, marks(812, 5, anidb=7777))
    title = series(items={E5: matched_to(812, episode_of(5))}, is_anime=True, title="Other")
    survey = await connection.survey(about(title))
    assert absent(survey) == {("series", E5)}
    assert page_ids(survey) == {"series": None}
    assert f"/Shows/{other}/Episodes" not in twin.paths()


async def test_a_series_is_found_by_anidb_before_shoko_has_it(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """Just matched, Shoko's own numbers are not there yet; the file's is."""
    number = shoko_episode(twin, shoko_series(twin), 1, 5, marks(812, 5))
    items = {E5: matched_to(812, episode_of(5, shoko=False))}
    survey = await connection.survey(about(series(items=items, is_anime=True)))
    assert read(survey)["series", E5].item_id == number


async def test_a_series_that_only_its_name_leads_to(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """Structured by TMDB a series has no number of Shoko; what is in it has."""
    page = twin.add(
        "Series",
        "/vfs/x",
        Name="Shirizu",
        OriginalTitle="Same name: for all!",
        ProviderIds={"Shoko Series": "t81"},
    )
    number = shoko_episode(twin, page, 1, 5, {"Shoko File": "812", "Shoko Series": "t81"})
    items = {E5: matched_to(812, episode_of(5))}
    survey = await connection.survey(about(series(items=items, is_anime=True)))
    assert read(survey)["series", E5].item_id == number
    assert page_ids(survey) == {"series": page}


async def test_one_episode_does_not_stand_for_a_file_of_two(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """Which of the two our item is, nobody says: only the file, or an item of both, is it."""
    page = shoko_series(twin)
    shoko_episode(twin, page, 1, 7, marks(700, 7))
    both = matched_to(815, episode_of(6), episode_of(7))
    title = series(items={E6: both, E7: both}, is_anime=True)
    assert absent(await connection.survey(about(title))) == {("series", E6), ("series", E7)}
    ids = marks(701, 6) | {"Custom": "shoko://file/701?seriesId=157&episodeIds=406,407&seasonId=1"}
    number = shoko_episode(twin, page, 1, 6, ids, end=7)
    survey = await connection.survey(about(title, now=twin.advance(minutes=1)))
    assert {answer.item_id for answer in read(survey).values()} == {number}


async def test_versions_of_anime_are_told_apart_by_file(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """Shokofin links every file: the number in the link tells which one an item is."""
    page = shoko_series(twin)
    sources: JsonValue = [{"Path": vfs_path(700)}]
    number = shoko_episode(twin, page, 1, 5, marks(700, 5), MediaSources=sources)
    items = {E5: matched_to(812, episode_of(5))}
    title = series(items=items, is_anime=True, has_variants=True)
    assert absent(await connection.survey(about(title))) == {("series", E5)}
    sources = [{"Path": vfs_path(700)}, {"Path": vfs_path(812)}]
    twin.items[number]["MediaSources"] = sources
    now = twin.advance(minutes=1)
    assert present(await connection.survey(about(title, now=now))) == {("series", E5)}


async def test_a_series_that_is_known_is_no_guess(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """Its page is certain; only its episode is missing."""
    shoko_series(twin)
    twin.add("Series", "/vfs/namesake", ProviderIds={"AniDB": "55"})
    items = {E5: matched_to(812, episode_of(5))}
    survey = await connection.survey(about(series(items=items, is_anime=True)))
    assert read(survey)["series", E5].guess is None
    lost = series(items={E5: matched_to(9, episode_of(5, anime=60))}, is_anime=True)
    survey = await connection.survey(about(lost))
    assert read(survey)["series", E5].guess is None  # AniDB knows it as another anime
    twin.add("Series", "/tv/namesake")
    survey = await connection.survey(about(lost, now=twin.advance(minutes=1)))
    assert read(survey)["series", E5].guess == "Same Name For All"


async def test_a_file_that_shoko_has_not_matched_proves_nothing(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """Only what is matched is looked up by Shoko's numbers."""
    shoko_episode(twin, shoko_series(twin), 1, 5, marks(812, 5))
    unmatched = WantedItem(
        stage=Stage.ANIME_MATCHING,
        has_file=True,
        match=Match(phase=MatchPhase.UNMATCHED, file_id="812"),
    )
    survey = await connection.survey(about(series(items={E5: unmatched}, is_anime=True)))
    assert absent(survey) == {("series", E5)}


async def test_an_upgrade_leaves_what_plays_until_it_is_gone(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """The new file is not matched yet: the item that the old one was is still there to watch."""
    page = shoko_series(twin)
    number = shoko_episode(twin, page, 1, 5, marks(812, 5))
    twin.settle()
    there = WantedItem(stage=Stage.AVAILABLE, has_file=True, item_id=number)
    for title in (
        series(items={E5: there}, is_anime=True),
        series(items={E5: there, E6: matched_to(813, episode_of(6))}, is_anime=True),
        film("series", tmdb=42, item=there, is_anime=True),
    ):
        key = MOVIE if MOVIE in title.items else E5
        answer = read(await connection.survey(about(title, now=twin.advance(minutes=6))))
        assert answer["series", key].item_id == number
        assert answer["series", key].present
    twin.remove(number)
    for title in (series(items={E5: there}, is_anime=True), film("series", tmdb=42, item=there)):
        survey = await connection.survey(about(title, now=twin.advance(minutes=6)))
        assert len(absent(survey)) == 1


async def test_what_was_not_looked_up_yet_is_not_gone(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """Fifty items are looked up at a time: the others stay as they are."""
    page = shoko_series(twin)
    ids = [shoko_episode(twin, page, 1, n, marks(800 + n, n)) for n in range(1, 71)]
    twin.settle()
    titles = [
        film(f"film{n}", tmdb=n, item=WantedItem(stage=Stage.AVAILABLE, item_id=name))
        for n, name in enumerate(ids)
    ]
    survey = await connection.survey(about(*titles))
    assert len(present(survey)) == 50
    assert absent(survey) == set()


async def test_seasons_that_shift_while_they_are_read(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """Half a list of seasons does not say that a series is not there."""
    for number in range(600):
        ids: JsonValue = {"Shoko Series": f"9{number}"}
        page = twin.add("Series", f"/vfs/{number}", ProviderIds=ids, Name=f"Show {number}")
        twin.add_season(page, 1, Shoko_Series=f"9{number}")
    title = series(items={E5: matched_to(812, episode_of(5))}, is_anime=True)
    twin.shift_during_paging = 50
    assert read(await connection.survey(about(title))) == {}
    twin.shift_during_paging = 0
    for _ in range(2):
        survey = await connection.survey(about(title, now=twin.advance(minutes=6)))
    assert absent(survey) == {("series", E5)}
