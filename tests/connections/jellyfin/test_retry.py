"""Check what trying again does in Jellyfin: one narrow look, at once."""

from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp
import pytest

from custom_components.media_status.clients.errors import ServerBusy
from custom_components.media_status.clients.jellyfin import JellyfinClient
from custom_components.media_status.connections.base import Action, WantedItem
from custom_components.media_status.connections.jellyfin import JellyfinConnection
from custom_components.media_status.lifecycle.model import ItemKey, JsonValue, Stage
from tests.connections.house import Ticks

from .asking import about, film, series
from .test_nudge import late
from .twin import Twin

LATE = WantedItem(
    stage=Stage.SYNCING_LIBRARY,
    has_file=True,
    file_path="/data/movies/A Film/f.mkv",
    is_overdue=True,
)
FILM = film(tmdb=42, item=LATE)
ANIME = series(items={ItemKey(1, 1): late()}, is_anime=True)
LIBRARY = Action(code="refresh_library", target="Movies")


@pytest.fixture
def ticks() -> Ticks:
    """Return a clock."""
    return Ticks()


@pytest.fixture
async def connection(twin: Twin, ticks: Ticks) -> AsyncIterator[JellyfinConnection]:
    """Connect to the small Jellyfin."""
    async with aiohttp.ClientSession() as session:
        client = JellyfinClient(session, str(twin.server.make_url("/")), "key")
        yield JellyfinConnection("jelly", client, monotonic=ticks)


async def test_the_library_of_the_file_is_looked_through(
    connection: JellyfinConnection, twin: Twin, ticks: Ticks
) -> None:
    """Even before the first survey; a dry run does nothing; at most once a minute."""
    assert await connection.retry(FILM, dry_run=True) == (LIBRARY,)
    assert twin.refreshed == []
    assert await connection.retry(FILM) == (LIBRARY,)
    assert len(twin.refreshed) == 1
    other = film("other", tmdb=43, item=LATE)
    for title in (FILM, other):
        assert await connection.retry(title) == ()
        assert await connection.retry(title, dry_run=True) == ()
    ticks.seconds += 60
    assert await connection.retry(other) == (LIBRARY,)


async def test_an_empty_series_comes_before_its_library(
    connection: JellyfinConnection, twin: Twin, ticks: Ticks
) -> None:
    """When that did not help, the library is next, and a minute later."""
    ids: JsonValue = {"Shoko Series": "157", "AniDB": "17"}
    twin.add("Series", "/data/anime/A Series", Name="Shirizu", ProviderIds=ids)
    await connection.survey(about(ANIME, now=twin.clock))
    series_first = (Action(code="refresh_series", target="Shirizu"),)
    assert await connection.retry(ANIME) == series_first
    assert await connection.retry(ANIME) == ()
    ticks.seconds += 60
    assert [action.code for action in await connection.retry(ANIME)] == ["refresh_library"]


async def test_the_next_nudge_knows_of_it(connection: JellyfinConnection, twin: Twin) -> None:
    """What was looked through by hand is not looked through again at once."""
    elsewhere = replace(LATE, file_path="/unknown/f.mkv")
    first = about(film("first", tmdb=44, item=elsewhere), now=twin.clock)
    await connection.survey(first)
    assert await connection.nudge(first) == ()
    assert await connection.retry(FILM) == (LIBRARY,)
    soon = about(FILM, now=twin.advance(minutes=5))
    await connection.survey(soon)
    assert await connection.nudge(soon) == ()
    later = about(FILM, now=twin.advance(minutes=5))
    await connection.survey(later)
    assert await connection.nudge(later) == (LIBRARY,)


async def test_a_running_scan_is_left_alone(connection: JellyfinConnection, twin: Twin) -> None:
    """It may find everything."""
    twin.scan_state = "Running"
    assert await connection.retry(FILM) == ()
    twin.scan_state = "Idle"
    assert await connection.retry(FILM) == (LIBRARY,)


async def test_a_refusal_is_told_and_not_counted(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """As soon as it answers, it may be asked."""
    twin.failing["/ScheduledTasks"] = 503
    with pytest.raises(ServerBusy):
        await connection.retry(FILM)
    twin.failing.clear()
    assert await connection.retry(FILM) == (LIBRARY,)


@pytest.mark.parametrize(
    "item",
    [
        replace(LATE, is_overdue=False),
        replace(LATE, stage=Stage.AVAILABLE),
        replace(LATE, stage=Stage.ANIME_MATCHING),
        replace(LATE, has_file=False),
    ],
)
async def test_what_jellyfin_does_not_owe(
    connection: JellyfinConnection, twin: Twin, item: WantedItem
) -> None:
    """It costs no call."""
    assert await connection.retry(film(tmdb=42, item=item)) == ()
    assert twin.paths() == []


async def test_no_library_is_looked_through_on_a_guess(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """A path that no library has."""
    assert await connection.retry(film(item=replace(LATE, file_path="/mnt/x/f.mkv"))) == ()
    assert twin.refreshed == []
