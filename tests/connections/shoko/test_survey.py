"""Check what a survey says of the files that wait."""

from datetime import timedelta

import pytest

from custom_components.media_status.clients.shoko import ShokoFile
from custom_components.media_status.connections.shoko import ShokoConnection
from custom_components.media_status.lifecycle.facts import Match, MatchPhase as Phase
from custom_components.media_status.lifecycle.model import ItemKey, JsonObject, Service, Via

from .twin import (
    ANIME,
    NAMES,
    NOW,
    Shelf,
    Twin,
    TwinFile,
    context,
    event,
    is_anime,
    manager_path,
    matches_of,
    pack,
    paths,
    shoko,
    title,
)


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


async def test_an_event_that_overtakes_an_answer_is_not_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
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

    monkeypatch.setattr(twin, "files_by_path", overtaken)
    assert not matches_of(await connection.survey(context(asked)))
    monkeypatch.setattr(twin, "files_by_path", ask)
    survey = await connection.survey(context(asked))
    assert [match.phase for match in matches_of(survey).values()] == [Phase.MATCHED]


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


async def test_who_answers() -> None:
    """Name and version, for the device."""
    info = await shoko(Shelf()).probe()
    assert (info.name, info.version) == ("Shoko", "5.3.3.0")
    assert ShokoConnection.utilities_path.startswith("/webui/")
