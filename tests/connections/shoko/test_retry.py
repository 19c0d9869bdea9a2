"""Check what trying again does: AniDB is asked once more about the files it did not know."""

import pytest

from custom_components.media_status.clients.errors import Unreachable
from custom_components.media_status.connections.base import Action, WantedTitle
from custom_components.media_status.connections.shoko import ShokoConnection
from custom_components.media_status.lifecycle.facts import Match, MatchPhase as Phase

from .twin import Shelf, Twin, TwinFile, context, manager_path, matches_of, title

PATHS = tuple(manager_path(f"{number}.mkv") for number in range(1, 5))


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        """Start at some moment."""
        self.seconds = 5000.0

    def __call__(self) -> float:
        """Return the moment."""
        return self.seconds


def known(**phases: tuple[str, Phase]) -> WantedTitle:
    """Return a title with what Shoko said of its files."""
    return title(
        *PATHS,
        matches={
            path: Match(phase=phase, path=path, file_id=number)
            for path, (number, phase) in zip(PATHS, phases.values(), strict=False)
        },
    )


@pytest.fixture
def shelf() -> Shelf:
    """Return a Shoko with three files."""
    found = Shelf()
    found.put(*(TwinFile(number, f"Frieren/{number}.mkv") for number in (1, 2, 3)))
    return found


@pytest.fixture
def clock() -> Clock:
    """Return a clock."""
    return Clock()


@pytest.fixture
def connection(shelf: Shelf, clock: Clock) -> ShokoConnection:
    """Return a connection to it."""
    return ShokoConnection("shoko", Twin(shelf), monotonic=clock)


ASKED = known(
    a=("1", Phase.UNMATCHED), b=("2", Phase.MATCHED), c=("3", Phase.WAITING), d=("x", Phase.UNSEEN)
)


async def test_only_unknown_files_are_searched_again(
    connection: ShokoConnection, shelf: Shelf
) -> None:
    """A dry run says so and does nothing."""
    expected = (Action(code="rescan_file", target="1.mkv"),)
    assert await connection.retry(ASKED, dry_run=True) == expected
    assert shelf.rescanned == []
    assert await connection.retry(ASKED) == expected
    assert shelf.rescanned == [1]


async def test_a_file_is_searched_at_most_once_a_minute(
    connection: ShokoConnection, shelf: Shelf, clock: Clock
) -> None:
    """AniDB bans those who ask too often."""
    await connection.retry(ASKED)
    clock.seconds += 59
    assert await connection.retry(ASKED) == ()
    assert await connection.retry(ASKED, dry_run=True) == ()
    clock.seconds += 1
    assert len(await connection.retry(ASKED)) == 1
    assert shelf.rescanned == [1, 1]


async def test_a_file_that_is_gone_is_no_action(connection: ShokoConnection) -> None:
    """Shoko no longer has it."""
    assert await connection.retry(known(a=("77", Phase.UNMATCHED))) == ()


async def test_a_failed_try_may_be_repeated_at_once(
    connection: ShokoConnection, shelf: Shelf
) -> None:
    """Nothing was asked, so nothing has to wait."""
    shelf.error = Unreachable("no answer")
    with pytest.raises(Unreachable):
        await connection.retry(ASKED)
    shelf.error = None
    assert len(await connection.retry(ASKED)) == 1


async def test_an_odd_number_is_never_searched(connection: ShokoConnection, shelf: Shelf) -> None:
    """Only a number reaches an address."""
    for odd in ("", "all", "-1", "1|2", "²"):
        assert await connection.retry(known(a=(odd, Phase.UNMATCHED))) == ()
    assert shelf.rescanned == []


async def test_the_former_file_of_an_item_is_not_searched(
    connection: ShokoConnection, shelf: Shelf
) -> None:
    """The item has another file now."""
    former = Match(phase=Phase.UNMATCHED, path=manager_path("former.mkv"), file_id="1")
    assert await connection.retry(title(PATHS[0], matches={PATHS[0]: former})) == ()
    assert shelf.rescanned == []


async def test_after_a_search_the_file_is_looked_up(
    connection: ShokoConnection, shelf: Shelf
) -> None:
    """What it found is told by the next survey, however fresh the last answer is."""
    asked = known(a=("1", Phase.UNMATCHED))
    await connection.survey(context(asked))
    await connection.retry(asked)
    shelf.files[1].episodes = ((1, 1),)
    survey = await connection.survey(context(asked))
    assert matches_of(survey)[min(matches_of(survey))].phase is Phase.MATCHED
