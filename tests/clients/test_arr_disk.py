"""Radarr's and Sonarr's own view of their disk, and what it proves."""

from collections.abc import Mapping

import aiohttp
from aiohttp import web
from hypothesis import given, strategies as st
import pytest

from custom_components.media_status.clients.arr_disk import (
    DiskReader,
    FolderView,
    PathState,
    Presence,
    folded,
)
from custom_components.media_status.clients.errors import BadAnswer, UnsafeId
from custom_components.media_status.clients.radarr import RadarrClient
from custom_components.media_status.clients.readers import JsonObject, JsonValue

from .fake import CANARY, FakeService, Seen

ROOT = "/data/films"
FILM = f"{ROOT}/Arrival (2016)"
FILE = f"{FILM}/Arrival (2016).mkv"
ABSENT = PathState(presence=Presence.ABSENT)


def unknown(reason: str) -> PathState:
    """Return a path of which nothing is known."""
    return PathState(presence=Presence.UNKNOWN, reason=reason)


class Disk:
    """Folders with names and sizes; a folder's size is None. Answers as the program does."""

    def __init__(self, folders: Mapping[str, Mapping[str, int | None]]) -> None:
        """Hold folders by their path."""
        self.folders = folders
        self.looked: list[str] = []

    def __call__(self, seen: Seen) -> web.StreamResponse:
        """Answer the view of a folder; a missing one looks like an empty one."""
        assert seen.query["includeFiles"] == "true"
        path = seen.query["path"]
        assert path.endswith(("/", "\\"))
        self.looked.append(path)
        inside = self.folders.get(path[:-1], {})
        folders: list[JsonValue] = [
            {"type": "folder", "name": name, "path": f"{path}{name}/"}
            for name, size in inside.items()
            if size is None and name != "cache"
        ]
        files: list[JsonValue] = [
            {"type": "file", "name": name, "path": f"{path}{name}", "size": size}
            for name, size in inside.items()
            if size is not None
        ]
        return web.json_response({"parent": "/", "directories": folders, "files": files})


@pytest.mark.parametrize(
    ("folders", "path", "state"),
    [
        (
            {FILM: {"Arrival (2016).mkv": 9}},
            FILE,
            PathState(presence=Presence.PRESENT, size=9),
        ),
        (
            {FILM: {"ARRIVAL (2016).MKV": 9}},
            FILE,
            PathState(presence=Presence.PRESENT, size=9),
        ),
        ({FILM: {"Arrival (2016).nfo": 1}}, FILE, ABSENT),
        ({FILM: {}, ROOT: {"Arrival (2016)": None}}, FILE, ABSENT),
        ({ROOT: {"Dune (2021)": None}}, FILE, ABSENT),
        ({ROOT: {"Dune (2021)": None}}, FILM, ABSENT),
        (
            {ROOT: {"Arrival (2016)": None}},
            FILM,
            PathState(presence=Presence.PRESENT),
        ),
        ({ROOT: {}}, FILE, unknown("root_empty")),
        ({}, FILE, unknown("root_empty")),
        ({"/data": {"films": None}}, FILM, unknown("root_empty")),
        ({"/data": {"films": None}}, ROOT, unknown("outside_root")),
        ({"/data": {"other": None}}, "/data/other/x.mkv", unknown("outside_root")),
        ({"/data": {"other": None}}, f"{ROOT}/../other/x.mkv", unknown("outside_root")),
        ({ROOT: {"Dune": None}}, f"{ROOT}/cache", unknown("hidden_name")),
        (
            {ROOT: {"Dune": None}, f"{ROOT}/cache": {"a": 1}},
            f"{ROOT}/cache",
            PathState(presence=Presence.PRESENT),
        ),
        ({ROOT: {"Dune": None}}, f"{ROOT}/cache/a.mkv", unknown("hidden_name")),
    ],
)
async def test_gone_is_what_was_looked_for_among_other_things(
    service: FakeService,
    session: aiohttp.ClientSession,
    folders: Mapping[str, Mapping[str, int | None]],
    path: str,
    state: PathState,
) -> None:
    """A missing name counts beside others; an empty root can be a disk that is not mounted."""
    service.on("GET", "/api/v3/filesystem", Disk(folders))
    radarr = RadarrClient(session, service.url, CANARY)
    assert await radarr.path_states([path], ROOT) == {path: state}
    assert await radarr.path_states([path], f"{ROOT}/") == {path: state}


async def test_paths_of_windows_are_read_in_its_words(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """Drive letters and the other separator."""
    disk = Disk({r"D:\Films\Dune": {"Dune.mkv": 3}})
    service.on("GET", "/api/v3/filesystem", disk)
    radarr = RadarrClient(session, service.url, CANARY)
    found = await radarr.path_states(
        [r"D:\Films\Dune\dune.mkv", r"D:\Films\Dune\Other.mkv"], "D:\\Films\\"
    )
    assert [state.presence for state in found.values()] == [Presence.PRESENT, Presence.ABSENT]
    assert disk.looked == ["D:\\Films\\Dune\\"]


@pytest.mark.parametrize(
    ("root", "was_alone", "state"),
    [
        ({"path": f"{ROOT}/", "accessible": True}, True, ABSENT),
        ({"path": ROOT, "accessible": True}, False, unknown("root_empty")),
        ({"path": ROOT, "accessible": False}, True, unknown("root_empty")),
        ({"path": "/data/other", "accessible": True}, True, unknown("root_empty")),
    ],
)
async def test_the_last_title_leaves_an_empty_root_folder(
    service: FakeService,
    session: aiohttp.ClientSession,
    root: JsonObject,
    was_alone: bool,
    state: PathState,
) -> None:
    """When nothing else lay there before, an empty folder that is there is what must be left."""
    service.on("GET", "/api/v3/filesystem", Disk({}))
    service.answer("GET", "/api/v3/rootfolder", [{"id": 1, **root}])
    radarr = RadarrClient(session, service.url, CANARY)
    assert await radarr.path_states([FILE], ROOT, was_alone=was_alone) == {FILE: state}


@pytest.mark.parametrize(
    ("inside", "alone"),
    [
        ({"arrival (2016)": None}, True),
        ({"Arrival (2016)": None, "Dune (2021)": None}, False),
        ({"Arrival (2016)": None, "x.txt": 1}, False),
        ({"Dune (2021)": None}, False),
        ({}, False),
    ],
)
async def test_a_title_alone_in_its_root_folder_is_known_as_such(
    service: FakeService,
    session: aiohttp.ClientSession,
    inside: Mapping[str, int | None],
    alone: bool,
) -> None:
    """Asked before the deletion."""
    service.on("GET", "/api/v3/filesystem", Disk({ROOT: inside}))
    radarr = RadarrClient(session, service.url, CANARY)
    assert await radarr.lies_alone([FILE], ROOT) is alone
    together = await radarr.lies_alone([FILE, f"{ROOT}/Dune (2021)"], ROOT)
    assert together is (bool(inside) and "x.txt" not in inside)
    assert await radarr.lies_alone([ROOT], ROOT) is False
    assert await radarr.lies_alone(["/data/other/x"], ROOT) is False


async def test_no_folder_is_looked_at_twice(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """A season of files costs one look at its folder, and those above only when it is empty."""
    disk = Disk({ROOT: {"Dune": None}})
    service.on("GET", "/api/v3/filesystem", disk)
    radarr = RadarrClient(session, service.url, CANARY)
    found = await radarr.path_states([f"{FILM}/{number}.mkv" for number in range(24)], ROOT)
    assert set(found.values()) == {ABSENT}
    assert len(found) == 24
    assert disk.looked == [f"{FILM}/", f"{ROOT}/"]


@pytest.mark.parametrize(
    "answer",
    [{}, {"parent": "/"}, {"directories": [], "files": None}, {"directories": {}, "files": []}],
)
async def test_another_form_proves_nothing(
    service: FakeService, session: aiohttp.ClientSession, answer: JsonObject
) -> None:
    """An answer without the lists is no empty folder."""
    service.answer("GET", "/api/v3/filesystem", answer)
    radarr = RadarrClient(session, service.url, CANARY)
    with pytest.raises(BadAnswer):
        await radarr.path_states([FILE], ROOT)
    with pytest.raises(UnsafeId):
        await radarr.folder(" ")


asked = st.text("aAbÄ.", min_size=1, max_size=2).filter(lambda name: set(name) != {"."})
# On one disk no two names differ by case alone.
names = asked.map(folded)
trees = st.recursive(
    st.integers(min_value=0, max_value=9),
    lambda children: st.dictionaries(names, children, max_size=3),
    max_leaves=12,
)
type Tree = int | dict[str, Tree]


@given(tree=st.dictionaries(names, trees, max_size=3), path=st.lists(asked, min_size=1, max_size=4))
def test_nothing_that_is_there_looks_gone(tree: dict[str, Tree], path: list[str]) -> None:
    """Over any tree: absent is only what no spelling of the name leads to."""

    def inside(parts: list[str]) -> Tree | None:
        here: Tree | None = tree
        for part in parts:
            known = (
                {folded(name): below for name, below in here.items()}
                if isinstance(here, dict)
                else {}
            )
            here = known.get(folded(part))
        return here

    async def look(folder: str) -> FolderView:
        here = inside([part for part in folder.removeprefix("/r").split("/") if part])
        below = here if isinstance(here, dict) else {}
        return FolderView(
            folders=frozenset(folded(name) for name in below if isinstance(below[name], dict)),
            files={folded(name): size for name, size in below.items() if isinstance(size, int)},
        )

    steps = DiskReader("/r", look).state("/r/" + "/".join(path))
    try:
        steps.send(None)
    except StopIteration as done:
        state: PathState = done.value
    found = inside(path)
    if found is None:
        assert state.presence is (Presence.ABSENT if tree else Presence.UNKNOWN)
    else:
        assert state.presence is Presence.PRESENT
