"""Test how titles of several services become one: by the same id or file, and by nothing else."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations
from random import Random

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.media_status.lifecycle.library import (
    EntryKind,
    JoinedTitle,
    LibraryEntry,
    Source,
    TitleRow,
    file_key,
    joined,
)
from custom_components.media_status.lifecycle.model import MediaType, ProviderIds, Service

SMALL = st.none() | st.integers(1, 4)
CONTENTS = st.builds(
    TitleRow,
    source=st.just(Source("", Service.RADARR, "")),
    media_type=st.sampled_from(MediaType),
    ids=st.builds(
        ProviderIds, tmdb=SMALL, tvdb=SMALL, imdb=st.none() | st.sampled_from(["tt1", "tt2"])
    ),
    anidb=SMALL,
    shoko=SMALL,
    files=st.lists(st.sampled_from([("a", "1"), ("a", "2"), ("b", "1")]), max_size=2).map(tuple),
)


@st.composite
def rows(draw: st.DrawFn) -> list[TitleRow]:
    """Return rows of some services, each with an id of its own."""
    found = draw(st.lists(CONTENTS, max_size=8))
    return [
        replace(row, source=source(draw(st.sampled_from(["one", "two"])), str(number)))
        for number, row in enumerate(found)
    ]


def source(connection_id: str, own_id: str = "1") -> Source:
    """Return where a row is from."""
    return Source(connection_id, Service.RADARR, own_id)


def row(
    connection_id: str,
    *files: tuple[str, ...],
    anidb: int | None = None,
    shoko: int | None = None,
    **ids: int,
) -> TitleRow:
    """Return a series of a connection."""
    return TitleRow(
        source=source(connection_id),
        media_type=MediaType.SERIES,
        ids=ProviderIds(tmdb=ids.get("tmdb"), tvdb=ids.get("tvdb")),
        anidb=anidb,
        shoko=shoko,
        files=files,
    )


def groups(found: Iterable[JoinedTitle]) -> list[list[str]]:
    """Return which connections' rows became one."""
    return [[one.connection_id for one in title.sources] for title in found]


def are_linked(one: TitleRow, other: TitleRow) -> bool:
    """Return whether two rows are the same thing by themselves."""
    ids = [
        (one.ids.tmdb, other.ids.tmdb),
        (one.ids.tvdb, other.ids.tvdb),
        (one.ids.imdb, other.ids.imdb),
        (one.anidb, other.anidb),
        (one.shoko, other.shoko),
    ]
    is_same_id = any(mine is not None and mine == theirs for mine, theirs in ids)
    is_same_file = not set(one.files).isdisjoint(other.files)
    return one.media_type is other.media_type and (is_same_id or is_same_file)


@settings(max_examples=200, deadline=None)
@given(rows(), st.randoms(use_true_random=False))
def test_the_order_of_rows_is_all_one(found: list[TitleRow], random: Random) -> None:
    """Services are read in any order."""
    expected = joined(found)
    shuffled = list(found)
    random.shuffle(shuffled)
    assert joined(shuffled) == expected
    assert joined(found[::-1]) == expected


@settings(max_examples=200, deadline=None)
@given(rows())
def test_what_is_linked_is_one_title_and_nothing_else_is(found: list[TitleRow]) -> None:
    """Each row is in exactly one title, with all that it is linked to, be it through others."""
    titles = joined(found)
    by_source = {one.source: one for one in found}
    placed = {where: number for number, title in enumerate(titles) for where in title.sources}
    assert sorted(map(str, placed)) == sorted(map(str, by_source))
    assert sum(len(title.sources) for title in titles) == len(found)
    for one, other in combinations(found, 2):
        assert not are_linked(one, other) or placed[one.source] == placed[other.source]
    for title in titles:
        reached, left = [], [by_source[where] for where in title.sources]
        reached.append(left.pop())
        while near := [one for one in left if any(are_linked(one, two) for two in reached)]:
            reached += near
            left = [one for one in left if one not in near]
        assert not left


@settings(max_examples=200, deadline=None)
@given(rows())
def test_only_ids_that_nobody_disputes_are_taken(found: list[TitleRow]) -> None:
    """The others are named, and none of them is believed."""
    by_source = {one.source: one for one in found}
    for title in joined(found):
        members = [by_source[where] for where in title.sources]
        assert {one.media_type for one in members} == {title.media_type}
        for name in ("tmdb", "tvdb", "imdb"):
            said = {getattr(one.ids, name) for one in members} - {None}
            assert (name in title.conflicts) is (len(said) > 1)
            assert getattr(title.ids, name) == (min(said) if len(said) == 1 else None)


def test_a_film_is_never_a_series() -> None:
    """Their numbers are separate, and a file of both proves nothing."""
    series = row("b", ("x", "y"), anidb=1, shoko=1, tmdb=1, tvdb=1)
    film = replace(series, source=source("a"), media_type=MediaType.MOVIE)
    assert groups(joined([film, series])) == [["a"], ["b"]]
    assert [title.media_type for title in joined([film, series])] == [
        MediaType.MOVIE,
        MediaType.SERIES,
    ]


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        (row("a", tmdb=1), row("b", tmdb=1), True),
        (row("a", tmdb=1), row("b", tmdb=2), False),
        (row("a", tmdb=1), row("b", tvdb=1), False),
        (row("a", anidb=1), row("b", anidb=1), True),
        (row("a", anidb=1), row("b", shoko=1), False),
        (row("a", anidb=1), row("b", tmdb=1), False),
        (row("a", shoko=1), row("b", shoko=1), True),
        (row("a", shoko=1), row("b", shoko=2), False),
        (row("a", ("x", "1")), row("b", ("x", "2"), ("x", "1")), True),
        (row("a", ("x", "1")), row("b", ("y", "1")), False),
        (row("a"), row("b"), False),
    ],
)
def test_two_rows_are_one_by_the_same_id_or_file(
    one: TitleRow, other: TitleRow, is_same: bool
) -> None:
    """What is not known is no match, and a number counts only among its own kind."""
    assert groups(joined([one, other])) == ([["a", "b"]] if is_same else [["a"], ["b"]])


def test_a_chain_of_services_is_one_title() -> None:
    """Sonarr and Shoko share a file, Shoko and Jellyfin a number; all three are one."""
    sonarr = row("sonarr", ("x", "1"), tvdb=7)
    shoko = row("shoko", ("x", "1"), shoko=3)
    jellyfin = row("jellyfin", shoko=3, tmdb=9)
    (title,) = joined([jellyfin, sonarr, shoko])
    assert title == JoinedTitle(
        media_type=MediaType.SERIES,
        ids=ProviderIds(tmdb=9, tvdb=7),
        sources=[source("jellyfin"), source("shoko"), source("sonarr")],
    )


def test_services_that_disagree_are_named() -> None:
    """By the number on which they do; what they agree on is taken."""
    titles = joined([row("a", tmdb=1, tvdb=5), row("b", tmdb=2, tvdb=5), row("c", tvdb=5)])
    assert [(one.ids, one.conflicts) for one in titles] == [(ProviderIds(tvdb=5), ["tmdb"])]


def test_two_rows_of_one_service_can_be_one_title() -> None:
    """It lists a film twice; both are kept, in its order."""
    twice = [replace(row("a", tmdb=1), source=source("a", number)) for number in ("2", "1")]
    assert joined(twice)[0].sources == [source("a", "1"), source("a", "2")]
    assert joined([]) == []


def test_titles_come_in_the_order_of_their_first_source() -> None:
    """So that a report reads the same every time."""
    found = [row("d", tmdb=1), row("c", tmdb=2), row("b", tmdb=1), row("a", tmdb=3)]
    assert groups(joined(found)) == [["a"], ["b", "d"], ["c"]]


def test_a_file_is_told_by_folder_and_name() -> None:
    """Wherever the library is mounted; what has no path is no file."""
    assert file_key("/tv/Show/1.mkv") == file_key("D:\\media\\show\\1.MKV") == ("show", "1.mkv")
    assert file_key(None) == file_key("") == ()


@pytest.mark.parametrize("kind", EntryKind)
def test_the_numbers_of_a_film_are_a_films(kind: EntryKind) -> None:
    """Episodes and files of Shoko are told by their series."""
    expected = MediaType.MOVIE if kind is EntryKind.MOVIE else MediaType.SERIES
    assert LibraryEntry(kind=kind, own_id="1").media_type is expected
