"""Check which of Shokofin's settings are named as the reason that a file does not appear."""

from dataclasses import replace

import pytest

from custom_components.media_status.connections.base import WantedTitle
from custom_components.media_status.connections.jellyfin import JellyfinConnection
from custom_components.media_status.lifecycle.facts import Obstacle
from custom_components.media_status.lifecycle.model import ItemKey, JsonObject, JsonValue, Stage
from custom_components.media_status.lifecycle.troubles import Hindrance

from .asking import MOVIE, about, absent, episode_of, film, matched_to, obstacles, present, series
from .twin import SHOKOFIN, Twin

E1 = ItemKey(1, 1)
LATE = matched_to(812, episode_of(1), path="/media/anime/A Series/Season 1/e.mkv", is_overdue=True)
SHOW = series(items={E1: LATE}, is_anime=True)
FILM = film(tmdb=42, item=LATE, is_anime=True)

# As version 4 of the plugin answers, shortened; nothing in it hinders.
GOOD: JsonObject = {
    "Url": "http://shoko:8111",
    "ApiKey": "canary",
    "AddAniDBId": True,
    "SeparateMovies": False,
    "FilterMovieLibraries": False,
    "SignalR_AutoConnectEnabled": True,
    "SignalR_FileEvents": True,
    "MediaFolders": [
        {"MediaFolderPath": "/data/anime", "ImportFolderId": 1, "IsMapped": True},
        {"MediaFolderPath": "/config/Shokofin/VFS/x", "ImportFolderId": -1, "IsMapped": True},
    ],
}


def folders(**numbers: int | None) -> list[JsonValue]:
    """Return media folders with their numbers, as version 5 names them."""
    return [
        {"MediaFolderPath": f"/data/{name}", "ManagedFolderId": number}
        for name, number in numbers.items()
    ]


@pytest.mark.parametrize(
    ("settings", "title", "hindrance"),
    [
        ({}, SHOW, None),
        ({}, FILM, None),
        ({"SignalR_AutoConnectEnabled": False}, SHOW, Hindrance.SIGNALR_OFF),
        ({"SignalR_FileEvents": False}, SHOW, Hindrance.SIGNALR_OFF),
        ({"SignalR_AutoConnectEnabled": None}, SHOW, None),
        ({"FilterMovieLibraries": True}, SHOW, None),
        ({"FilterMovieLibraries": True}, FILM, Hindrance.FILTERED),
        ({"MediaFolders": folders(anime=0)}, SHOW, Hindrance.UNMAPPED),
        ({"MediaFolders": folders(anime=0, other=3)}, SHOW, Hindrance.UNMAPPED),
        ({"MediaFolders": folders(anime=3, other=0)}, SHOW, None),
        ({"MediaFolders": folders(one=3, other=0)}, SHOW, Hindrance.UNMAPPED),
        ({"MediaFolders": folders(anime=-1)}, SHOW, None),
        ({"MediaFolders": folders(anime=None)}, SHOW, None),
        ({"MediaFolders": [{"ImportFolderId": 0}]}, SHOW, Hindrance.UNMAPPED),
        ({"MediaFolders": [], "LibraryFolders": folders(anime=0)}, SHOW, Hindrance.UNMAPPED),
        ({"MediaFolders": "?", "SignalR_FileEvents": "?"}, SHOW, None),
        # The more certain explanation first.
        (
            {"MediaFolders": folders(anime=0), "SignalR_AutoConnectEnabled": False},
            SHOW,
            Hindrance.UNMAPPED,
        ),
        (
            {"FilterMovieLibraries": True, "SignalR_AutoConnectEnabled": False},
            FILM,
            Hindrance.SIGNALR_OFF,
        ),
    ],
)
async def test_what_hinders(
    connection: JellyfinConnection,
    twin: Twin,
    settings: JsonObject,
    title: WantedTitle,
    hindrance: Hindrance | None,
) -> None:
    """One reason, and only one that can be true of this title."""
    twin.shokofin = GOOD | settings
    survey = await connection.survey(about(title))
    assert obstacles(survey) == {title.request_id: Obstacle(hindrance=hindrance)}


async def test_a_film_that_a_look_does_not_find_is_filtered(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """Without events a look through the library finds it; if not, it is hidden there."""
    twin.shokofin = GOOD | {"FilterMovieLibraries": True, "SignalR_AutoConnectEnabled": False}
    said = []
    for _ in range(3):
        context = about(FILM, SHOW, now=twin.clock)
        said.append(obstacles(await connection.survey(context)))
        await connection.nudge(context)
        twin.advance(minutes=5)
    assert [entry["film"].hindrance for entry in said] == [
        Hindrance.SIGNALR_OFF,
        Hindrance.SIGNALR_OFF,
        Hindrance.FILTERED,
    ]
    assert {entry["series"].hindrance for entry in said} == {Hindrance.SIGNALR_OFF}


async def test_the_settings_are_read_rarely(connection: JellyfinConnection, twin: Twin) -> None:
    """Once in ten minutes, however many wait; in between what was read is said again."""
    twin.shokofin = GOOD | {"SignalR_AutoConnectEnabled": False}
    titles = [replace(SHOW, request_id=f"r{n}", title=f"{n}") for n in range(30)]
    for _ in range(10):
        survey = await connection.survey(about(*titles, now=twin.clock))
        assert len(obstacles(survey)) == 30
        twin.advance(minutes=1)
    assert twin.paths().count(SHOKOFIN) == 1
    twin.shokofin = GOOD
    survey = await connection.survey(about(SHOW, now=twin.clock))
    assert obstacles(survey) == {"series": Obstacle()}


async def test_nothing_is_read_while_nothing_is_late(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """What is not late is hindered by nothing; what Shoko has not matched is not its business."""
    twin.shokofin = GOOD | {"SignalR_AutoConnectEnabled": False}
    in_time = series("in time", {E1: replace(LATE, is_overdue=False)}, is_anime=True)
    there = series("there", {E1: replace(LATE, stage=Stage.AVAILABLE)}, is_anime=True)
    plain = film("plain", item=replace(LATE, match=None), tmdb=42)
    survey = await connection.survey(about(in_time, there, plain))
    assert obstacles(survey) == {"in time": Obstacle(), "there": Obstacle()}
    assert SHOKOFIN not in twin.paths()


async def test_without_the_plugin_nothing_hinders(
    connection: JellyfinConnection, twin: Twin
) -> None:
    """It is not installed: whatever it is, it is not that."""
    survey = await connection.survey(about(SHOW))
    assert obstacles(survey) == {"series": Obstacle()}


@pytest.mark.parametrize("status", [403, 500, 503])
async def test_settings_that_cannot_be_read_say_nothing(
    connection: JellyfinConnection, twin: Twin, status: int
) -> None:
    """The survey goes on; only the reason stays unknown, also where one was known before."""
    twin.shokofin = GOOD | {"SignalR_AutoConnectEnabled": False}
    await connection.survey(about(SHOW))
    twin.failing[SHOKOFIN] = status
    twin.add_movie(Tmdb="42")
    now = twin.advance(minutes=10)
    survey = await connection.survey(about(SHOW, FILM, now=now))
    assert obstacles(survey) == {}
    assert present(survey) == {("film", MOVIE)}
    assert absent(survey) == {("series", E1)}
