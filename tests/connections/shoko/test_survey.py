"""Check what a survey says of the files that wait, and how little it asks for that."""

from datetime import timedelta

import pytest

from custom_components.media_status.clients.errors import Forbidden, Refused, Unreachable
from custom_components.media_status.clients.shoko import FileList, ShokoFile
from custom_components.media_status.connections.base import Survey, WantedTitle
from custom_components.media_status.connections.shoko import ShokoConnection
from custom_components.media_status.lifecycle.facts import Match, MatchPhase as Phase
from custom_components.media_status.lifecycle.model import ItemKey, JsonObject, Service, Stage, Via

from .twin import (
    NOW,
    Shelf,
    Twin,
    TwinFile,
    context,
    event,
    is_anime,
    manager_path,
    matches_of,
    shoko,
    title,
)

ANIME = 17617
NAMES = [f"Frieren - S01E{number:02d}.mkv" for number in range(1, 27)]
LOOK_UPS = ("path", "file", "series")


def pack(names: list[str] = NAMES) -> list[TwinFile]:
    """Return the files of a series in Shoko, matched."""
    return [
        TwinFile(800 + number, f"Frieren/{name}", episodes=((ANIME, 271200 + number),))
        for number, name in enumerate(names, 1)
    ]


def paths(names: list[str] = NAMES) -> tuple[str, ...]:
    """Return where Sonarr sees these files."""
    return tuple(manager_path(name) for name in names)


async def one(shelf: Shelf, file: TwinFile | None = None) -> Match | None:
    """Return what a survey says of one file."""
    if file is not None:
        shelf.put(file)
    survey = await shoko(shelf).survey(context(title(manager_path("x.mkv"))))
    return matches_of(survey).get(ItemKey(1, 1))


@pytest.mark.parametrize(
    ("file", "queue", "phase"),
    [
        (None, 0, Phase.UNSEEN),
        (None, 9, Phase.UNSEEN),
        (TwinFile(1, "Frieren/x.mkv", is_hashed=False), 0, Phase.HASHING),
        (TwinFile(1, "Frieren/x.mkv", created=NOW - timedelta(minutes=14)), 0, Phase.WAITING),
        (TwinFile(1, "Frieren/x.mkv", created=NOW + timedelta(minutes=2)), 0, Phase.WAITING),
        (TwinFile(1, "Frieren/x.mkv", created=NOW + timedelta(days=2)), 0, Phase.UNMATCHED),
        (TwinFile(1, "Frieren/x.mkv", created=NOW - timedelta(minutes=16)), 0, Phase.UNMATCHED),
        (TwinFile(1, "Frieren/x.mkv"), 4, Phase.WAITING),
        (TwinFile(1, "Frieren/x.mkv", is_ignored=True), 4, Phase.UNMATCHED),
        (TwinFile(1, "Frieren/x.mkv", episodes=((1, 2),)), 4, Phase.MATCHED),
        (TwinFile(1, "Frieren/x.mkv", episodes=((1, 2),), has_series=False), 0, Phase.MATCHED),
        (TwinFile(1, "frieren/X.MKV", episodes=((1, 2),)), 0, Phase.MATCHED),
        (TwinFile(1, "Other/x.mkv", episodes=((1, 2),)), 0, Phase.UNSEEN),
        (TwinFile(1, "Not Frieren/x.mkv", episodes=((1, 2),)), 0, Phase.UNSEEN),
        (TwinFile(1, "Frieren/xx.mkv", episodes=((1, 2),)), 0, Phase.UNSEEN),
    ],
)
async def test_how_far_shoko_is(file: TwinFile | None, queue: int, phase: Phase) -> None:
    """Not there, not hashed, not looked up, unknown to AniDB, or matched."""
    match = await one(Shelf(queue=queue), file)
    assert match is not None
    assert match.phase is phase
    assert match.path == manager_path("x.mkv")
    assert match.file_id == (None if phase is Phase.UNSEEN else "1")


async def test_a_match_says_every_number() -> None:
    """AniDB's and Shoko's, of every episode in the file; whoever asks finds them in one look."""
    shelf = Shelf()
    shelf.put(TwinFile(812, "Frieren/x.mkv", episodes=((ANIME, 271234), (ANIME, 271235))))
    survey = await shoko(shelf).survey(context(title(manager_path("x.mkv"))))
    (seen,) = survey.observations
    assert (seen.request_id, seen.service, seen.via) == ("r1", Service.SHOKO, Via.SURVEY)
    assert seen.seen_at == survey.started_at == NOW
    (match,) = matches_of(survey).values()
    assert [
        (found.anidb_anime, found.anidb_episode, found.shoko_series, found.shoko_episode)
        for found in match.episodes
    ] == [(ANIME, 271234, 18617, 272234), (ANIME, 271235, 18617, 272235)]
    assert is_anime(survey)
    assert not survey.complete


async def test_one_file_is_the_word_about_all_its_episodes() -> None:
    """Two episodes in one file are asked about once."""
    shelf = Shelf()
    shelf.put(TwinFile(812, "Frieren/x.mkv", episodes=((ANIME, 271234), (ANIME, 271235))))
    path = manager_path("x.mkv")
    survey = await shoko(shelf).survey(context(title(path, path)))
    assert set(matches_of(survey)) == {ItemKey(1, 1), ItemKey(1, 2)}
    assert shelf.count("path", "file") == 1


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


async def until_done(connection: ShokoConnection, *titles: WantedTitle) -> Survey:
    """Survey as the coordinator does until nothing is left to read."""
    for _ in range(200):
        survey = await connection.survey(context(*titles))
        if not survey.backlog:
            return survey
    raise AssertionError("the backlog never ends")


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


@pytest.mark.parametrize("what", ["push", "reconnected", "fresh", "time"])
async def test_what_makes_an_answer_doubtful(what: str) -> None:
    """An event about the file, a new connection, a new process, or time."""
    shelf = Shelf()
    file = TwinFile(801, "Frieren/x.mkv", episodes=((ANIME, 1),))
    shelf.put(file)
    connection = shoko(shelf)
    asked = title(manager_path("x.mkv"))
    await connection.survey(context(asked))
    file.episodes = ()
    now, fresh = NOW, False
    if what == "push":
        connection.translate(event("ShokoEvent:FileMatched", file.base()), NOW)
    elif what == "reconnected":
        connection.reconnected()
    elif what == "fresh":
        fresh = True
    else:
        now += timedelta(minutes=5)
    survey = await connection.survey(context(asked, now=now, fresh=fresh))
    assert [match.phase for match in matches_of(survey).values()] == [Phase.UNMATCHED]


async def test_an_event_that_overtakes_an_answer_is_not_lost() -> None:
    """What happens while an answer is under way makes that answer doubtful: nothing is stated."""
    shelf = Shelf()
    file = TwinFile(801, "Frieren/x.mkv")
    shelf.put(file)
    twin = Twin(shelf)
    connection = ShokoConnection("shoko", twin)
    asked = title(manager_path("x.mkv"))
    ask = twin.files_by_path

    async def overtaken(suffix: str, limit: int = 10) -> list[ShokoFile]:
        answer = await ask(suffix, limit)
        file.episodes = ((ANIME, 1),)
        connection.translate(event("ShokoEvent:FileMatched", file.base()), NOW)
        return answer

    twin.files_by_path = overtaken  # type: ignore[method-assign] # the moment is what matters
    assert not matches_of(await connection.survey(context(asked)))
    twin.files_by_path = ask  # type: ignore[method-assign] # back to normal
    survey = await connection.survey(context(asked))
    assert [match.phase for match in matches_of(survey).values()] == [Phase.MATCHED]


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


async def test_folders_that_may_not_be_read_are_done_without() -> None:
    """Folder and name are enough nearly always; the key need not be an administrator's."""
    shelf = Shelf()
    shelf.put(TwinFile(1, "Frieren/x.mkv", episodes=((ANIME, 1),)))
    twin = Twin(shelf)

    async def forbidden() -> list[object]:
        raise Forbidden("not for you")

    twin.folders = forbidden  # type: ignore[assignment,method-assign] # a plain user's key
    survey = await ShokoConnection("shoko", twin).survey(context(title(manager_path("x.mkv"))))
    assert [m.phase for m in matches_of(survey).values()] == [Phase.MATCHED]


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


async def test_an_episode_that_can_be_watched_shows_that_it_is_anime() -> None:
    """The new episode is not seen yet, but the one before was: the title is anime either way."""
    shelf = Shelf()
    shelf.put(*pack(NAMES[:1]))
    old, new = paths(NAMES[:2])
    for flagged in (False, True):
        connection = shoko(shelf)
        asked = title(new, available=(old,), is_anime=flagged)
        await connection.survey(context(asked))
        survey = await connection.survey(context(asked, now=NOW + timedelta(minutes=1)))
        assert is_anime(survey)
        assert {key: match.phase for key, match in matches_of(survey).items()} == {
            ItemKey(1, 2): Phase.UNSEEN
        }


async def test_a_ban_is_remembered_for_a_day() -> None:
    """AniDB answers nothing to anybody then; when it answers again, that is over."""
    shelf = Shelf()
    one_file, other = TwinFile(1, "Frieren/x.mkv"), TwinFile(2, "Frieren/y.mkv")
    shelf.put(one_file, other)
    connection = shoko(shelf)
    asked = title(manager_path("x.mkv"), manager_path("y.mkv"))

    async def phases(hours: float) -> list[Phase]:
        now = NOW + timedelta(hours=hours)
        survey = await connection.survey(context(asked, now=now, fresh=True))
        return [match.phase for _, match in sorted(matches_of(survey).items())]

    banned = {"IsUDPBanned": True, "HasCrossReferences": False, **one_file.base()}
    connection.translate(event("ShokoEvent:FileNotMatched", banned), NOW)
    assert await phases(1) == [Phase.BANNED, Phase.BANNED]
    assert await phases(25) == [Phase.UNMATCHED, Phase.UNMATCHED]
    connection.translate(event("ShokoEvent:FileNotMatched", banned), NOW)
    other.episodes = ((ANIME, 2),)
    assert await phases(1) == [Phase.BANNED, Phase.MATCHED]
    searched = {**banned, "IsUDPBanned": False}
    connection.translate(event("ShokoEvent:FileNotMatched", searched), NOW)
    assert await phases(1) == [Phase.UNMATCHED, Phase.MATCHED]


async def test_a_search_that_found_nothing_is_believed_at_once() -> None:
    """AniDB has answered: a young file or a busy queue changes nothing about that."""
    shelf = Shelf(queue=40)
    file = TwinFile(1, "Frieren/x.mkv", created=NOW)
    shelf.put(file)
    connection = shoko(shelf)
    asked = title(manager_path("x.mkv"))
    survey = await connection.survey(context(asked))
    assert [m.phase for m in matches_of(survey).values()] == [Phase.WAITING]
    said = {"AutoMatchAttempts": 2, "HasCrossReferences": False, **file.base()}
    connection.translate(event("ShokoEvent:FileNotMatched", said), NOW)
    survey = await connection.survey(context(asked, fresh=True))
    assert [(m.phase, m.attempts) for m in matches_of(survey).values()] == [(Phase.UNMATCHED, 2)]
    connection.translate(event("ShokoEvent:FileHashed", file.base()), NOW)
    survey = await connection.survey(context(asked))
    assert [m.phase for m in matches_of(survey).values()] == [Phase.WAITING]


async def test_the_hub_saves_asking_for_the_queue() -> None:
    """What it said of the queue a moment ago is true."""
    shelf = Shelf(queue=0)
    shelf.put(TwinFile(1, "Frieren/x.mkv"))
    connection = shoko(shelf)
    busy: JsonObject = {
        "WaitingCount": 3,
        "BlockedCount": 0,
        "TotalCount": 4,
        "CurrentlyExecuting": [],
    }
    connection.translate(event("Queue:QueueStateChanged", busy), NOW)
    survey = await connection.survey(context(title(manager_path("x.mkv"))))
    assert [m.phase for m in matches_of(survey).values()] == [Phase.WAITING]
    assert shelf.count("queue") == 0
    later = NOW + timedelta(minutes=1)
    survey = await connection.survey(context(title(manager_path("x.mkv")), now=later))
    assert [m.phase for m in matches_of(survey).values()] == [Phase.UNMATCHED]
    assert shelf.count("queue") == 1


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


async def test_a_refused_path_harms_no_other() -> None:
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

    twin.files_by_path = picky  # type: ignore[method-assign] # what a proxy may do
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


async def test_what_could_not_be_read_is_not_unseen() -> None:
    """An unreadable entry may have been the file: nothing is said."""
    shelf = Shelf()
    twin = Twin(shelf)

    async def garbled(suffix: str, limit: int = 10) -> list[ShokoFile]:
        twin.dropped += 1
        return []

    twin.files_by_path = garbled  # type: ignore[method-assign] # one entry without its number
    survey = await ShokoConnection("shoko", twin).survey(context(title(manager_path("x.mkv"))))
    assert not matches_of(survey)
    assert survey.dropped == 1


async def test_a_list_that_is_cut_short_decides_nothing() -> None:
    """What is not among the newest unknown files is looked up on its own."""
    shelf = Shelf()
    shelf.put(*pack(NAMES[:3]))
    twin = Twin(shelf)

    async def short() -> FileList:
        return FileList(files=(), is_complete=False)

    twin.unrecognised = short  # type: ignore[method-assign] # thousands of others are newer
    survey = await ShokoConnection("shoko", twin).survey(context(title(*paths(NAMES[:3]))))
    assert {m.phase for m in matches_of(survey).values()} == {Phase.MATCHED}


async def test_who_answers() -> None:
    """Name and version, for the device."""
    info = await shoko(Shelf()).probe()
    assert (info.name, info.version) == ("Shoko", "5.3.3.0")
    assert ShokoConnection.utilities_path.startswith("/webui/")
