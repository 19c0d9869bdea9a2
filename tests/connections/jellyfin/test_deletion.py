"""Delete in Jellyfin: it is told where to look again, and asked whether what is gone has gone."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

import pytest

from custom_components.media_status.clients.errors import BadAnswer, ClientError, NotFound
from custom_components.media_status.clients.guard import DryRun
from custom_components.media_status.connections.base import SurveyContext, TargetChanged
from custom_components.media_status.connections.jellyfin import JellyfinConnection
from custom_components.media_status.deletion.permits import permit
from custom_components.media_status.lifecycle.deletion import (
    DeletionTarget,
    HeldFile,
    HeldItem,
    HeldTitle,
    Inspection,
    Step,
    Verb,
)
from custom_components.media_status.lifecycle.deletion_job import Sight
from custom_components.media_status.lifecycle.model import (
    MOVIE,
    ItemKey,
    MediaType,
    ProviderIds,
    Service,
)

from .asking import film
from .twin import START, Twin

FILM = DeletionTarget(
    request_id="r1",
    media_type=MediaType.MOVIE,
    ids=ProviderIds(tmdb=949, imdb="tt0113277"),
    title="Heat",
    items=frozenset({MOVIE}),
)
SHOW = DeletionTarget(
    request_id="r1",
    media_type=MediaType.SERIES,
    ids=ProviderIds(tmdb=949, tvdb=371980),
    title="Severance",
    items=frozenset({ItemKey(1, 1), ItemKey(1, 2)}),
)
MOVIES, ANIME = "d6e7f8091a2b3c4d5e6f708192031425", "c5d6e7f8091a2b3c4d5e6f7081920314"
VIRTUAL = f"/config/data/Shokofin/VFS/{ANIME}/Frieren [Shoko Series=7]/Season 01"


def held_title(files: Iterable[HeldFile], request_id: str = "r1") -> HeldTitle:
    """Return a title as a manager has it."""
    return HeldTitle(
        request_id=request_id, own_id="5", ids=ProviderIds(), title="", files=tuple(files)
    )


def held_file(path: str, *items: ItemKey) -> HeldFile:
    """Return a file as a manager has it."""
    return HeldFile(file_id=path, path=path, size=1, items=frozenset(items))


async def held(
    connection: JellyfinConnection,
    target: DeletionTarget,
    *titles: HeldTitle,
    now: datetime = START,
) -> dict[str, ItemKey | None]:
    """Return what Jellyfin has of a target, by its ids."""
    asked = Inspection(now=now, targets=(target,), titles=titles)
    found: tuple[HeldItem, ...] = (await connection.inspect(asked)).items
    assert len({one.item_id for one in found}) == len(found)
    return {one.item_id: one.item for one in found}


def refresh(target: str, paths: dict[str, str | None], **members: str) -> Step:
    """Return the step that has something looked at again from which `paths` vanish."""
    return Step(
        id=members.get("id", "jelly:refresh:r1"),
        connection_id="jelly",
        service=Service.JELLYFIN,
        verb=Verb.REFRESH,
        request_ids=("r1",),
        target=target,
        expects={key: path for key, path in paths.items() if path is not None},
        vanishes=tuple(sorted(paths)),
    )


async def run(connection: JellyfinConnection, step: Step, *, dry_run: bool = False) -> None:
    """Do a step."""
    await connection.remove(step, permit(step, dry_run=dry_run))


def refreshed(twin: Twin) -> list[str]:
    """Return what was looked through since the last look."""
    found = [item_id for item_id, _ in twin.refreshed]
    twin.refreshed.clear()
    return found


async def test_a_film_is_found_by_its_numbers_alone(
    twin: Twin, connection: JellyfinConnection
) -> None:
    """A series of the same number, a namesake, a contradiction and what has no file are not it."""
    own = twin.add_movie("/data/movies/Heat/Heat.mkv", Tmdb="949")
    other_quality = twin.add_movie("/data/movies/Heat 4K/Heat.mkv", Imdb="tt0113277")
    twin.add_series("/data/tv/Severance", Tmdb="949")
    twin.add_movie("/data/movies/Heat (1986)/Heat.mkv", Tmdb="950")
    twin.add_movie("/data/movies/Odd/Odd.mkv", Tmdb="950", Imdb="tt0113277")
    twin.add_movie(None, Tmdb="949")
    assert await held(connection, FILM) == {own: MOVIE, other_quality: MOVIE}
    assert await held(connection, replace(FILM, ids=ProviderIds())) == {}


async def test_a_series_is_found_with_what_is_meant_of_it(
    twin: Twin, connection: JellyfinConnection
) -> None:
    """Its page, and the files that hold chosen episodes and nothing else."""
    twin.add_movie("/data/movies/Heat/Heat.mkv", Tmdb="949")
    page = twin.add_series("/data/tv/Severance", Tvdb="371980")
    first, second = (twin.add_episode(page, 1, number) for number in (1, 2))
    twin.add_episode(page, 1, 3)
    both = twin.add_episode(page, 1, 1, 2, path="/data/tv/Severance/S01E01-02.mkv")
    twin.add_episode(page, 1, 2, 3, path="/data/tv/Severance/S01E02-03.mkv")
    twin.add_episode(page, 1, 2, path=None)
    twin.add_episode(page, None, None, path="/data/tv/Severance/Making of.mkv")
    assert await held(connection, SHOW) == {
        page: None,
        first: ItemKey(1, 1),
        second: ItemKey(1, 2),
        both: ItemKey(1, 1),
    }


async def test_a_merged_series_keeps_to_itself(twin: Twin, connection: JellyfinConnection) -> None:
    """Jellyfin shows series of one name as one, with everybody's episodes."""
    page = twin.add_series("/data/tv/Severance", Tvdb="371980")
    other = twin.add_series("/data/tv/Severance (1990)", Tvdb="5")
    own = twin.add_episode(page, 1, 1)
    twin.add_episode(other, 1, 2, path="/data/tv/Severance (1990)/S01E02.mkv")
    twin.is_merging = True
    assert await held(connection, SHOW) == {page: None, own: ItemKey(1, 1)}


async def test_what_was_proven_is_found_under_other_numbers(
    twin: Twin, connection: JellyfinConnection
) -> None:
    """Shokofin's page has none of the target's ids, and counts in its own way."""
    page = twin.add_series(f"{VIRTUAL}/..", Shoko_Series="7")
    mine = twin.add_episode(page, 5, 9, path=f"{VIRTUAL}/S05E09 [Shoko File=1].mkv")
    twin.add_episode(page, 1, 1, path=f"{VIRTUAL}/S01E01 [Shoko File=2].mkv")
    target = replace(SHOW, library_ids=frozenset({mine}))
    assert await held(connection, target) == {page: None, mine: ItemKey(1, 1)}
    as_film = replace(FILM, library_ids=frozenset({mine}))
    assert await held(connection, as_film) == {mine: MOVIE}


async def test_what_was_proven_may_be_something_else_by_now(
    twin: Twin, connection: JellyfinConnection
) -> None:
    """A film that was identified anew is another film; one without a file is nothing."""
    renamed = twin.add_movie("/data/movies/Heat/Heat.mkv", Tmdb="950")
    empty = twin.add_movie(None, Tmdb="951")
    gone = "0" * 32
    target = replace(FILM, library_ids=frozenset({renamed, empty, gone}))
    assert await held(connection, target) == {}


async def test_a_proven_file_that_holds_more_stays(
    twin: Twin, connection: JellyfinConnection
) -> None:
    """By the manager's word where the paths agree, else by Jellyfin's numbers."""
    page = twin.add_series("/data/tv/Severance", Tvdb="1")
    by_path = twin.add_episode(page, 1, 1, path="/data/tv/Season 1/A.mkv")
    by_number = twin.add_episode(page, 1, 2, 3, path="/data/tv/Season 1/B.mkv")
    own = twin.add_episode(page, 1, 2, path="/data/tv/Season 1/C.mkv")
    target = replace(SHOW, library_ids=frozenset({by_path, by_number, own}))
    title = held_title(
        [
            held_file("/srv/Season 1/A.mkv", ItemKey(1, 1), ItemKey(1, 9)),
            held_file("/srv/Season 1/C.mkv", ItemKey(1, 2)),
        ]
    )
    assert await held(connection, target, title) == {page: None, own: ItemKey(1, 2)}


async def test_a_library_that_shifts_proves_nothing(
    twin: Twin, connection: JellyfinConnection
) -> None:
    """Then it is unknown what there is."""
    for number in range(1200):
        twin.add_movie(f"/data/movies/{number}/{number}.mkv", Tmdb=str(number + 5000))
    twin.shift_during_paging = 9
    with pytest.raises(BadAnswer):
        await held(connection, FILM)


def readings(twin: Twin) -> list[str]:
    """Return how lists of items were asked for since the last look."""
    asked = [query for path, query in twin.calls if path == "/Items"]
    twin.calls.clear()
    words = {"minDateLastSaved": "changes", "ids": "by id"}
    return [next((words[name] for name in words if name in query), "all") for query in asked]


async def test_what_a_survey_has_read_is_not_read_again(
    twin: Twin, connection: JellyfinConnection
) -> None:
    """Not even when the question was asked a moment before the survey that came first."""
    own = twin.add_movie("/data/movies/Heat/Heat.mkv", Tmdb="949")
    twin.settle()
    later = twin.advance(seconds=30)
    await connection.survey(SurveyContext(now=later, wanted=(film(tmdb=949),)))
    assert readings(twin)[0] == "all"
    assert await held(connection, FILM, now=START) == {own: MOVIE}
    assert readings(twin) == ["changes", "by id"]
    await connection.survey(SurveyContext(now=later, wanted=(film(tmdb=949),)))
    assert readings(twin) == ["changes", "by id"]


async def test_a_survey_and_a_question_wait_for_each_other(
    twin: Twin, connection: JellyfinConnection
) -> None:
    """Together they read everything once."""
    own = twin.add_movie("/data/movies/Heat/Heat.mkv", Tmdb="949")
    twin.settle()
    found, _ = await asyncio.gather(
        held(connection, FILM),
        connection.survey(SurveyContext(now=START, wanted=(film(tmdb=949),))),
    )
    assert found == {own: MOVIE}
    assert readings(twin).count("all") == 1


async def test_a_film_has_its_library_looked_through(
    twin: Twin, connection: JellyfinConnection
) -> None:
    """A film's own refresh would not notice that its folder is gone; nothing else is touched."""
    path = "/data/movies/Heat/Heat.mkv"
    own = twin.add_movie(path, Tmdb="949")
    step = refresh(own, {own: path})
    with pytest.raises(DryRun) as rehearsal:
        await run(connection, step, dry_run=True)
    assert rehearsal.value.call.path == f"Items/{MOVIES}/Refresh"
    assert refreshed(twin) == []
    await run(connection, step)
    assert refreshed(twin) == [MOVIES]


async def test_a_series_that_stays_looks_at_itself(
    twin: Twin, connection: JellyfinConnection
) -> None:
    """Its library is looked through only when that did not help, or nothing of it stays."""
    twin.folders = [{"Name": "TV", "ItemId": "f" * 32, "Locations": ["/data/tv"]}]
    page = twin.add_series("/data/tv/A Series")
    first, second = (twin.add_episode(page, 1, number) for number in (1, 2))
    path = str(twin.items[first]["Path"])
    step = refresh(page, {first: path})
    with pytest.raises(DryRun):
        await run(connection, step, dry_run=True)
    await run(connection, step)
    await run(connection, step)
    assert refreshed(twin) == [page, "f" * 32]
    whole = refresh(page, {first: path, second: str(twin.items[second]["Path"])}, id="other")
    await run(connection, whole)
    assert refreshed(twin) == ["f" * 32]


async def test_what_shokofin_made_up_lies_in_its_library(
    twin: Twin, connection: JellyfinConnection
) -> None:
    """Its paths name the library; a look at the series alone would not rebuild them."""
    page = twin.add_series(f"{VIRTUAL}/..")
    first = twin.add_episode(page, 1, 1, path=f"{VIRTUAL}/S01E01.mkv")
    twin.add_episode(page, 1, 2, path=f"{VIRTUAL}/S01E02.mkv")
    await run(connection, refresh(page, {first: f"{VIRTUAL}/S01E01.mkv"}))
    assert refreshed(twin) == [ANIME]


async def test_with_nothing_known_of_the_place_the_item_is_refreshed(
    twin: Twin, connection: JellyfinConnection
) -> None:
    """Or the first of them, where no page is known either."""
    own = twin.add_movie("/elsewhere/Heat.mkv", Tmdb="949")
    await run(connection, refresh(own, {own: "/elsewhere/Heat.mkv"}))
    await run(connection, refresh("", {own: None}))
    assert refreshed(twin) == [own, own]


async def test_only_what_can_be_played_is_there(twin: Twin, connection: JellyfinConnection) -> None:
    """Every file must have gone; a page or an entry without a file may stay."""
    page = twin.add_series("/data/tv/A Series")
    first, second = (twin.add_episode(page, 1, number) for number in (1, 2))
    step = refresh(page, {first: None, second: None})
    assert await connection.look(step) is Sight.PRESENT
    twin.remove(first)
    assert await connection.look(step) is Sight.PRESENT
    twin.items[second]["LocationType"] = "Virtual"
    assert await connection.look(step) is Sight.GONE
    with pytest.raises(NotFound):
        await run(connection, step)
    assert refreshed(twin) == []


async def test_an_error_is_no_answer(twin: Twin, connection: JellyfinConnection) -> None:
    """Neither about what there is, nor about what has gone."""
    own = twin.add_movie("/data/movies/Heat/Heat.mkv", Tmdb="949")
    step = refresh(own, {own: "/data/movies/Heat/Heat.mkv"})
    twin.failing["/Items"] = 503
    with pytest.raises(ClientError):
        await held(connection, FILM)
    with pytest.raises(ClientError):
        await connection.look(step)
    with pytest.raises(ClientError):
        await run(connection, step)
    with pytest.raises(ClientError):
        await connection.census()


@pytest.mark.parametrize("verb", [verb for verb in Verb if verb is not Verb.REFRESH])
async def test_nothing_is_ever_removed_through_it(
    twin: Twin, connection: JellyfinConnection, verb: Verb
) -> None:
    """Its own deletion would take files along."""
    own = twin.add_movie("/data/movies/Heat/Heat.mkv", Tmdb="949")
    with pytest.raises(TargetChanged):
        await run(connection, replace(refresh(own, {own: None}), verb=verb))
    assert twin.calls == []


async def test_films_and_episodes_are_counted(twin: Twin, connection: JellyfinConnection) -> None:
    """Pages and what has no file do not count."""
    page = twin.add_series()
    twin.add_movie()
    twin.add_movie(None, Tmdb="5")
    twin.add_episode(page, 1, 1)
    twin.add_episode(page, 1, 2, path=None)
    census = await connection.census()
    assert census is not None and census.size == 2
