"""Check how little a survey asks, however many files wait."""

from datetime import timedelta

import pytest

from custom_components.media_status.clients.errors import Unreachable
from custom_components.media_status.connections.base import Survey, WantedTitle
from custom_components.media_status.connections.shoko import ShokoConnection
from custom_components.media_status.lifecycle.facts import MatchPhase as Phase
from custom_components.media_status.lifecycle.model import ItemKey, Stage

from .twin import (
    ANIME,
    LOOK_UPS,
    NAMES,
    NOW,
    Shelf,
    TwinFile,
    context,
    is_anime,
    manager_path,
    matches_of,
    pack,
    paths,
    shoko,
    title,
)


async def until_done(connection: ShokoConnection, *titles: WantedTitle) -> Survey:
    """Survey as the coordinator does until nothing is left to read."""
    for _ in range(200):
        survey = await connection.survey(context(*titles))
        if not survey.backlog:
            return survey
    raise AssertionError("the backlog never ends")


async def test_a_pack_costs_a_look_and_its_series() -> None:
    """26 episodes: one file leads to the series, the series to all the others."""
    shelf = Shelf()
    shelf.put(*pack())
    survey = await shoko(shelf).survey(context(title(*paths())))
    found = matches_of(survey)
    assert len(found) == 26
    assert {match.phase for match in found.values()} == {Phase.MATCHED}
    assert {match.file_id for match in found.values()} == {str(801 + n) for n in range(26)}
    assert found[ItemKey(1, 7)].episodes[0].label == "7"
    assert shelf.count(*LOOK_UPS) == 2
    assert len(shelf.calls) <= 4
    assert not survey.backlog


async def test_a_pack_of_two_series_costs_one_more_each() -> None:
    """TVDB's one season may be two series in AniDB."""
    shelf = Shelf()
    for file in pack():
        file.episodes = ((ANIME + (file.id > 813), file.id),)
        shelf.put(file)
    survey = await shoko(shelf).survey(context(title(*paths())))
    assert {match.phase for match in matches_of(survey).values()} == {Phase.MATCHED}
    assert len(matches_of(survey)) == 26
    assert shelf.count(*LOOK_UPS) == 4


async def test_a_pack_of_many_series_is_read_in_turns() -> None:
    """However it is cut up, no survey asks more than sixteen questions about files."""
    shelf = Shelf()
    for file in pack():
        file.episodes = ((ANIME + file.id, file.id),)
        shelf.put(file)
    connection = shoko(shelf)
    for _ in range(10):
        before = shelf.count(*LOOK_UPS)
        survey = await connection.survey(context(title(*paths())))
        assert shelf.count(*LOOK_UPS) - before <= 16
        if not survey.backlog:
            break
    assert {match.phase for match in matches_of(survey).values()} == {Phase.MATCHED}
    assert len(matches_of(survey)) == 26


async def test_a_file_of_many_series_stays_within_bounds() -> None:
    """Whatever a file is said to hold, no survey asks more than sixteen questions about files."""
    shelf = Shelf()
    files = pack(NAMES[:2])
    files[0].episodes = tuple((number, number) for number in range(1, 31))
    shelf.put(*files)
    await shoko(shelf).survey(context(title(*paths(NAMES[:2]))))
    assert shelf.count(*LOOK_UPS) <= 16


async def test_an_unknown_pack_costs_one_list() -> None:
    """What AniDB does not know comes as one list."""
    shelf = Shelf()
    for file in pack():
        file.episodes = ()
        shelf.put(file)
    survey = await shoko(shelf).survey(context(title(*paths())))
    assert {match.phase for match in matches_of(survey).values()} == {Phase.UNMATCHED}
    assert len(matches_of(survey)) == 26
    assert shelf.count(*LOOK_UPS) == 0
    assert is_anime(survey) is False


async def test_the_numbering_of_anidb_is_read_once() -> None:
    """Only a list of episodes tells it; a survey later it is still known."""
    shelf = Shelf()
    shelf.put(*pack(NAMES[:1]))
    connection = shoko(shelf)
    for minutes in (0, 6, 12):
        now = NOW + timedelta(minutes=minutes)
        survey = await connection.survey(context(title(*paths(NAMES[:1])), now=now))
        (match,) = matches_of(survey).values()
        assert match.episodes[0].label == "1"
    assert shelf.count("series") == 1


async def test_a_thousand_files_are_read_a_few_at_a_time() -> None:
    """Every survey asks a bounded number of questions, and all of them get their turn."""
    shelf = Shelf()
    titles = [
        title(manager_path(f"{number}.mkv", f"Film {number}"), request_id=f"r{number}")
        for number in range(1000)
    ]
    shelf.put(
        *(
            TwinFile(number, f"Film {number}/{number}.mkv", episodes=((number, number),))
            for number in range(1, 1000)
        )
    )
    connection = shoko(shelf)
    stated: set[str | None] = set()
    for _ in range(100):
        before, unrecognised = shelf.count(*LOOK_UPS), shelf.count("unrecognised")
        survey = await connection.survey(context(*titles))
        stated |= {seen.request_id for seen in survey.observations}
        assert shelf.count(*LOOK_UPS) - before <= 16
        assert shelf.count("unrecognised") - unrecognised <= 1
        if not survey.backlog:
            break
    assert len(stated) == 1000
    assert not survey.backlog
    assert len(survey.observations) == 1000  # what was answered before is said again
    assert shelf.count("folders") == 1


async def test_the_oldest_answer_is_renewed_first() -> None:
    """After five minutes answers are read anew, none before all others had their turn."""
    shelf = Shelf()
    titles = [
        title(manager_path(f"{number}.mkv", f"Film {number}"), request_id=f"r{number}")
        for number in range(1, 41)
    ]
    files = [
        TwinFile(number, f"Film {number}/{number}.mkv", episodes=((number, number),))
        for number in range(1, 41)
    ]
    shelf.put(*files)
    connection = shoko(shelf)
    await until_done(connection, *titles)
    for file in files:
        file.episodes = ()
    later = NOW + timedelta(minutes=4)
    survey = await connection.survey(context(*titles, now=later))
    assert {
        match.phase for n in range(1, 41) for match in matches_of(survey, f"r{n}").values()
    } == {Phase.MATCHED}
    now = NOW + timedelta(minutes=6)
    phases: list[Phase] = []
    for _ in range(5):
        survey = await connection.survey(context(*titles, now=now))
        phases = [
            match.phase for n in range(1, 41) for match in matches_of(survey, f"r{n}").values()
        ]
    assert phases == [Phase.UNMATCHED] * 40


async def test_what_was_answered_is_said_again_without_asking() -> None:
    """A survey a moment later costs one cheap call that shows that Shoko answers."""
    shelf = Shelf()
    shelf.put(*pack(NAMES[:1]))
    connection = shoko(shelf)
    first = await connection.survey(context(title(*paths(NAMES[:1]))))
    shelf.calls.clear()
    second = await connection.survey(context(title(*paths(NAMES[:1]))))
    assert shelf.calls == ["status"]
    assert matches_of(first) == matches_of(second)
    assert is_anime(second)


async def test_nobody_waits_for_an_anime() -> None:
    """Only health is asked for."""
    shelf = Shelf()
    gone = title(manager_path("x.mkv"), stage=Stage.AVAILABLE)
    survey = await shoko(shelf).survey(context(gone))
    assert shelf.calls == ["status"]
    assert not survey.observations
    shelf.error = Unreachable("no answer")
    with pytest.raises(Unreachable):
        await shoko(shelf).survey(context())


async def test_an_ordinary_film_is_asked_about_now_and_then() -> None:
    """Of what nobody calls anime it is asked whether Shoko knows it, once a minute."""
    shelf = Shelf()
    asked = title(*paths(NAMES[:1]), is_anime=False, stage=Stage.SYNCING_LIBRARY)
    connection = shoko(shelf)
    for seconds, look_ups in ((0, 1), (50, 1), (70, 2), (100, 2)):
        now = NOW + timedelta(seconds=seconds)
        survey = await connection.survey(context(asked, now=now))
        assert (shelf.count(*LOOK_UPS), is_anime(survey)) == (look_ups, False)


async def test_an_ordinary_series_is_asked_about_file_by_file() -> None:
    """Another file each minute; when Shoko knows one, all are asked about at once."""
    shelf = Shelf()
    asked = title(*paths(), is_anime=False, stage=Stage.SYNCING_LIBRARY)
    connection = shoko(shelf)
    for minute in range(26):
        survey = await connection.survey(context(asked, now=NOW + timedelta(minutes=minute)))
        assert is_anime(survey) is (False if minute == 25 else None)
        assert len(matches_of(survey)) == minute + 1
    assert shelf.count(*LOOK_UPS) == 26
    shelf.put(*pack())
    survey = await connection.survey(context(asked, now=NOW + timedelta(minutes=27)))
    assert is_anime(survey)
    assert {match.phase for match in matches_of(survey).values()} == {Phase.MATCHED}
    assert len(matches_of(survey)) == 26
    assert shelf.count(*LOOK_UPS) == 28
