"""Check what Jellyfin is asked to look through for what it owes, and how rarely."""

from dataclasses import replace

import pytest

from custom_components.media_status.clients.errors import ServerBusy
from custom_components.media_status.connections.base import Action, WantedItem, WantedTitle
from custom_components.media_status.connections.jellyfin import JellyfinConnection
from custom_components.media_status.lifecycle.model import ItemKey, JsonValue, Stage

from .asking import about, episode_of, film, marks, matched_to, series, vfs_path
from .twin import Twin

E1, E2 = ItemKey(1, 1), ItemKey(1, 2)
ANIME, MOVIES = "c5d6e7f8091a2b3c4d5e6f7081920314", "d6e7f8091a2b3c4d5e6f708192031425"
FULL = {
    "metadataRefreshMode": "FullRefresh",
    "imageRefreshMode": "Default",
    "replaceAllMetadata": "true",
    "replaceAllImages": "false",
}
LOOK = FULL | {"metadataRefreshMode": "Default", "replaceAllMetadata": "false"}
SERIES_IDS: JsonValue = {"Shoko Series": "157", "AniDB": "17"}


def late(path: str = "/media/anime/A Series/Season 1/A Series - 01.mkv") -> WantedItem:
    """Return a matched item that Jellyfin should have shown by now."""
    return matched_to(812, episode_of(1), path=path, is_overdue=True)


async def nudged(
    connection: JellyfinConnection, twin: Twin, *titles: WantedTitle, minutes: float = 0
) -> tuple[Action, ...]:
    """Survey, then nudge, as the coordinator does; first let time pass."""
    context = about(*titles, now=twin.advance(minutes=minutes))
    await connection.survey(context)
    twin.paths()
    return await connection.nudge(context)


async def test_an_empty_series_is_read_anew(connection: JellyfinConnection, twin: Twin) -> None:
    """The page is there and has no episodes; when that does not help, the library follows."""
    page = twin.add("Series", "/data/anime/A Series", Name="Shirizu", ProviderIds=SERIES_IDS)
    title = series(items={E1: late()}, is_anime=True)
    assert await nudged(connection, twin, title) == (
        Action(code="refresh_series", target="Shirizu"),
    )
    assert twin.refreshed == [(page, FULL)]
    assert await nudged(connection, twin, title, minutes=9) == ()
    assert twin.paths() == []
    assert await nudged(connection, twin, title, minutes=1) == (
        Action(code="refresh_library", target="Anime"),
    )
    assert twin.refreshed[1:] == [(ANIME, LOOK)]


async def test_a_series_with_other_episodes_is_left_alone(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """A file that no link leads to yet is found by its library, here by its virtual path."""
    page = twin.add("Series", vfs_path(1), ProviderIds=SERIES_IDS)
    ids: JsonValue = dict(marks(700, 30))
    twin.add_episode(page, None, None, path=vfs_path(700), ProviderIds=ids)
    title = series(items={E1: late("/unknown/mount/e.mkv")}, is_anime=True)
    assert [action.target for action in await nudged(connection, twin, title)] == ["Anime"]


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/data/anime/A Series/e.mkv", "Anime"),  # the same mount
        ("/DATA/Anime/A Series/e.mkv", "Anime"),
        ("D:\\media\\anime\\A Series\\e.mkv", "Anime"),  # the folder's name
        ("/mnt/movies/A Film/f.mkv", "Movies"),
        ("/data/anime-hd/A Series/e.mkv", None),
        ("/mnt/movies/anime/A Series/e.mkv", "Anime"),  # two: the one for series
        ("/mnt/other/A Series/anime", None),  # a file's name is no folder
        ("/data", None),
    ],
)
async def test_the_library_of_a_file(
    connection: JellyfinConnection, twin: Twin, path: str, target: str | None
) -> None:
    """By the path, or the only one whose folder's name occurs in it; else none."""
    title = series(items={E1: late(path)}, is_anime=True)
    actions = await nudged(connection, twin, title)
    assert [action.target for action in actions] == ([target] if target else [])
    assert len(twin.refreshed) == len(actions)


async def test_two_equal_libraries_are_no_answer(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """Nothing is looked through on a guess."""
    twin.folders = [
        {"ItemId": f"{n:032x}", "Name": f"{n}", "Locations": [f"/{n}/anime"]} for n in (1, 2)
    ]
    title = series(items={E1: late()}, is_anime=True)
    assert await nudged(connection, twin, title) == ()
    # It is not asked about with every survey, either.
    assert await nudged(connection, twin, title, minutes=1) == ()
    assert twin.paths() == []


async def test_what_is_no_anime_needs_the_right_mount(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """A film whose path begins with a library's folder; a folder's name alone says too little."""
    item = WantedItem(
        stage=Stage.SYNCING_LIBRARY,
        has_file=True,
        file_path="/data/movies/A Film/f.mkv",
        is_overdue=True,
    )
    title = film(tmdb=42, item=item)
    assert [action.target for action in await nudged(connection, twin, title)] == ["Movies"]
    assert twin.refreshed == [(MOVIES, LOOK)]
    elsewhere = replace(item, file_path="/mnt/movies/A Film/f.mkv")
    assert await nudged(connection, twin, film("other", tmdb=43, item=elsewhere)) == ()
    nowhere = replace(item, file_path=None)
    assert await nudged(connection, twin, film("nowhere", tmdb=44, item=nowhere)) == ()


async def test_many_wait_for_one_look(connection: JellyfinConnection, twin: Twin) -> None:
    """Thirty requests in one library are one refresh, and none more within ten minutes."""
    titles = [series(f"s{n}", {E1: late()}, is_anime=True, title=f"{n}") for n in range(30)]
    assert len(await nudged(connection, twin, *titles)) == 1
    more = series("more", {E1: late()}, is_anime=True, title="more")
    assert await nudged(connection, twin, *titles, more, minutes=5) == ()
    assert len(await nudged(connection, twin, *titles, more, minutes=5)) == 1
    assert len(twin.refreshed) == 2


async def test_what_does_not_help_is_tried_more_rarely(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """A file that never appears does not have the library looked through all day."""
    title = series(items={E1: late()}, is_anime=True)
    for _ in range(24 * 6):
        await nudged(connection, twin, title, minutes=10)
    assert 5 < len(twin.refreshed) < 20


async def test_at_most_four_at_once(connection: JellyfinConnection, twin: Twin) -> None:
    """The rest follows with the next survey."""
    twin.folders = [
        {"ItemId": f"{n:032x}", "Name": f"{n}", "Locations": [f"/data/{n}"]} for n in range(10)
    ]
    titles = [
        series(f"s{n}", {E1: late(f"/data/{n}/s/e.mkv")}, is_anime=True, title=f"{n}")
        for n in range(10)
    ]
    counts = [len(await nudged(connection, twin, *titles, minutes=1)) for _ in range(4)]
    assert counts == [4, 4, 2, 0]
    assert len({item for item, _ in twin.refreshed}) == 10


@pytest.mark.parametrize("state", ["Running", "Cancelling"])
async def test_a_running_scan_is_not_disturbed(
    connection: JellyfinConnection, twin: Twin, state: str
) -> None:
    """It may find everything; afterwards is soon enough."""
    twin.scan_state = state
    title = series(items={E1: late()}, is_anime=True)
    assert await nudged(connection, twin, title) == ()
    assert twin.refreshed == []
    twin.scan_state = "Idle"
    assert len(await nudged(connection, twin, title, minutes=1)) == 1


async def test_only_what_is_late_is_asked_for(connection: JellyfinConnection, twin: Twin) -> None:
    """Nothing late costs no call, whatever else is waiting or there."""
    items = {
        E1: replace(late(), is_overdue=False),
        E2: replace(late(), stage=Stage.AVAILABLE),
        ItemKey(1, 3): replace(late(), stage=Stage.ANIME_MATCHING),
    }
    assert await nudged(connection, twin, series(items=items, is_anime=True)) == ()
    assert twin.paths() == []


async def test_a_server_that_refuses_is_left_alone_for_a_while(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """A failure is told, and not repeated with every survey."""
    twin.failing["/ScheduledTasks"] = 503
    title = series(items={E1: late()}, is_anime=True)
    with pytest.raises(ServerBusy):
        await nudged(connection, twin, title)
    twin.failing.clear()
    assert await nudged(connection, twin, title, minutes=1) == ()
    assert len(await nudged(connection, twin, title, minutes=9)) == 1
