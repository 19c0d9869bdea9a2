"""Check which file it is that lies at a path, and what is said when that is not certain."""

import pytest

from custom_components.media_status.clients.errors import Forbidden, Refused, Unreachable
from custom_components.media_status.clients.shoko import FileList, ShokoFile
from custom_components.media_status.connections.shoko import ShokoConnection
from custom_components.media_status.lifecycle.facts import Match, MatchPhase as Phase

from .twin import (
    ANIME,
    NAMES,
    Shelf,
    Twin,
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


async def test_a_known_number_saves_the_search_by_path() -> None:
    """What an earlier process found is asked for by its number, and still has to be there."""
    shelf = Shelf()
    path = manager_path("x.mkv")
    known = {path: Match(phase=Phase.MATCHED, path=path, file_id="801")}
    shelf.put(TwinFile(801, "Frieren/x.mkv", episodes=((ANIME, 1),)))
    await shoko(shelf).survey(context(title(path, matches=known)))
    assert shelf.count("file", "path") == shelf.count("file") == 1
    # Another file is there now: a better one, under the same name.
    shelf.files.clear()
    shelf.put(TwinFile(900, "Frieren/x.mkv"))
    survey = await shoko(shelf).survey(context(title(path, matches=known)))
    assert [(m.phase, m.file_id) for m in matches_of(survey).values()] == [(Phase.UNMATCHED, "900")]


async def test_the_number_of_a_former_file_is_not_used() -> None:
    """After an upgrade the item has another file; the old one's number says nothing of it."""
    shelf = Shelf()
    old, new = manager_path("old.mkv"), manager_path("new.mkv")
    shelf.put(TwinFile(801, "Frieren/old.mkv", episodes=((ANIME, 1),)))
    known = {new: Match(phase=Phase.MATCHED, path=old, file_id="801")}
    survey = await shoko(shelf).survey(context(title(new, matches=known)))
    assert [(m.phase, m.file_id) for m in matches_of(survey).values()] == [(Phase.UNSEEN, None)]


async def test_a_renamed_file_is_found_by_its_number() -> None:
    """Shoko renamed it: the number is what stays. When it is gone altogether, it is unseen."""
    shelf = Shelf()
    path = manager_path("x.mkv")
    known = {path: Match(phase=Phase.MATCHED, path=path, file_id="801")}
    file = TwinFile(801, "Sousou no Frieren/01.mkv", episodes=((ANIME, 1),))
    shelf.put(file)
    survey = await shoko(shelf).survey(context(title(path, matches=known)))
    assert [(m.phase, m.path, m.name) for m in matches_of(survey).values()] == [
        (Phase.MATCHED, path, "01.mkv")
    ]
    file.is_accessible = False
    survey = await shoko(shelf).survey(context(title(path, matches=known)))
    assert [m.phase for m in matches_of(survey).values()] == [Phase.UNSEEN]


async def test_of_two_with_the_same_end_the_longer_one_counts() -> None:
    """HD and 4K may have equal folders and names; the folder above tells them apart."""
    shelf = Shelf()
    shelf.put(
        TwinFile(1, "Frieren/x.mkv", folder=2, episodes=((ANIME, 1),)),
        TwinFile(2, "Frieren/x.mkv", folder=3),
    )
    hd = title(manager_path("x.mkv", mount="/data/anime"), request_id="hd")
    uhd = title(manager_path("x.mkv", mount="/data/anime4k"), request_id="4k")
    survey = await shoko(shelf).survey(context(hd, uhd))
    assert [m.file_id for m in matches_of(survey, "hd").values()] == ["1"]
    assert [m.file_id for m in matches_of(survey, "4k").values()] == ["2"]


async def test_two_that_cannot_be_told_apart_are_no_answer() -> None:
    """Nothing is said of the file, and the survey does not ask for ever."""
    shelf = Shelf()
    shelf.put(
        TwinFile(1, "Frieren/x.mkv", folder=2, episodes=((ANIME, 1),)),
        TwinFile(2, "Frieren/x.mkv", folder=3),
    )
    survey = await shoko(shelf).survey(context(title(manager_path("x.mkv", mount="/tv"))))
    assert not matches_of(survey)
    assert is_anime(survey) is None
    assert not survey.backlog


async def test_of_equal_places_the_accessible_one_counts() -> None:
    """A copy that is gone from the disk gives way."""
    shelf = Shelf()
    shelf.put(
        TwinFile(1, "Frieren/x.mkv", folder=2, episodes=((ANIME, 1),), is_accessible=False),
        TwinFile(2, "Frieren/x.mkv", folder=3),
    )
    survey = await shoko(shelf).survey(context(title(manager_path("x.mkv", mount="/tv"))))
    assert [m.file_id for m in matches_of(survey).values()] == ["2"]


async def test_folders_that_may_not_be_read_are_done_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Folder and name are enough nearly always; the key need not be an administrator's."""
    shelf = Shelf()
    shelf.put(TwinFile(1, "Frieren/x.mkv", episodes=((ANIME, 1),)))
    twin = Twin(shelf)

    async def forbidden() -> list[object]:
        raise Forbidden("not for you")

    monkeypatch.setattr(twin, "folders", forbidden)
    survey = await ShokoConnection("shoko", twin).survey(context(title(manager_path("x.mkv"))))
    assert [m.phase for m in matches_of(survey).values()] == [Phase.MATCHED]


async def test_an_outage_says_nothing() -> None:
    """A survey that could not be finished raises; what it found so far is not stated."""
    shelf = Shelf()
    shelf.put(*pack())
    connection = shoko(shelf)
    await connection.survey(context(title(*paths())))
    shelf.error = Unreachable("no answer")
    with pytest.raises(Unreachable):
        await connection.survey(context(title(*paths()), fresh=True))
    shelf.error = None
    survey = await connection.survey(context(title(*paths()), fresh=True))
    assert len(matches_of(survey)) == 26


async def test_a_refused_path_harms_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shoko may not like a path: of that file nothing is known, of the others all."""
    shelf = Shelf()
    shelf.put(TwinFile(1, "Frieren/x.mkv", episodes=((ANIME, 1),)))
    twin = Twin(shelf)
    ask = twin.files_by_path

    async def picky(suffix: str, limit: int = 10) -> list[ShokoFile]:
        if "odd" in suffix:
            raise Refused(400, "no such path")
        if "broken" in suffix:
            raise Refused(500, "it broke")
        return await ask(suffix, limit)

    monkeypatch.setattr(twin, "files_by_path", picky)
    connection = ShokoConnection("shoko", twin)
    asked = (
        title(manager_path("odd.mkv"), request_id="odd"),
        title(manager_path("x.mkv"), request_id="good"),
    )
    survey = await connection.survey(context(*asked))
    assert not matches_of(survey, "odd")
    assert is_anime(survey, "odd") is None
    assert [m.phase for m in matches_of(survey, "good").values()] == [Phase.MATCHED]
    assert not survey.backlog
    with pytest.raises(Refused):
        await connection.survey(context(title(manager_path("broken.mkv"))))


async def test_what_could_not_be_read_is_not_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    """An unreadable entry may have been the file: nothing is said."""
    shelf = Shelf()
    twin = Twin(shelf)

    async def garbled(suffix: str, limit: int = 10) -> list[ShokoFile]:
        twin.dropped += 1
        return []

    monkeypatch.setattr(twin, "files_by_path", garbled)
    survey = await ShokoConnection("shoko", twin).survey(context(title(manager_path("x.mkv"))))
    assert not matches_of(survey)
    assert survey.dropped == 1


async def test_a_list_that_is_cut_short_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not among the newest unknown files is looked up on its own."""
    shelf = Shelf()
    shelf.put(*pack(NAMES[:3]))
    twin = Twin(shelf)

    async def short() -> FileList:
        return FileList(files=(), is_complete=False)

    monkeypatch.setattr(twin, "unrecognised", short)
    survey = await ShokoConnection("shoko", twin).survey(context(title(*paths(NAMES[:3]))))
    assert {m.phase for m in matches_of(survey).values()} == {Phase.MATCHED}


async def test_a_name_in_another_folder_is_another_file() -> None:
    """In lists, too: many files of this world are called 01.mkv."""
    shelf = Shelf()
    names = [f"{number:02d}.mkv" for number in range(1, 5)]
    shelf.put(*(TwinFile(n, f"Other/{name}") for n, name in enumerate(names, 1)))
    survey = await shoko(shelf).survey(context(title(*paths(names))))
    assert {match.phase for match in matches_of(survey).values()} == {Phase.UNSEEN}
    other = TwinFile(9, "Other/02.mkv", episodes=((ANIME, 2),))
    shelf.put(TwinFile(8, "Frieren/01.mkv", episodes=((ANIME, 1),)), other)
    survey = await shoko(shelf).survey(context(title(*paths(names))))
    assert [match.phase for _, match in sorted(matches_of(survey).items())] == [
        Phase.MATCHED, Phase.UNSEEN, Phase.UNSEEN, Phase.UNSEEN,
    ]  # fmt: skip
