"""Check what each event of Shoko's hub becomes, and what odd ones do not break."""

import pytest

from custom_components.media_status.connections.base import Doorbell
from custom_components.media_status.lifecycle.facts import Anime, MatchPhase as Phase
from custom_components.media_status.lifecycle.model import JsonObject, JsonValue
from custom_components.media_status.lifecycle.paths import is_same_file

from .events import FOLDER, NAME, PATH, SAMPLES, matches, sent, waiting
from .twin import NOW, Shelf, TwinFile, context, event, manager_path, matches_of, shoko, title

LOOK = frozenset({Doorbell.SELF})
LIBRARY = frozenset({Doorbell.SELF, Doorbell.LIBRARY})
NONE: frozenset[Doorbell] = frozenset()


# With a wanted file that Shoko does not know yet: phase, episodes, who is called.
EXPECTED: dict[str, tuple[Phase | None, int, frozenset[Doorbell]]] = {
    "v5/episode-updated-anidb": (None, 0, NONE),
    "v5/episode-updated-shoko": (None, 0, NONE),
    "v5/episode-updated-tmdb": (None, 0, NONE),
    "v5/file-deleted": (Phase.UNSEEN, 0, LOOK),
    "v5/file-detected": (Phase.HASHING, 0, NONE),
    "v5/file-hashed": (Phase.WAITING, 0, NONE),
    "v5/file-matched-known-series": (Phase.MATCHED, 1, LIBRARY),
    "v5/file-matched-new-series": (Phase.MATCHED, 1, LIBRARY),
    "v5/file-matched-two-episodes": (Phase.MATCHED, 2, LIBRARY),
    "v5/file-moved": (Phase.MATCHED, 1, LIBRARY),
    "v5/file-not-matched": (Phase.UNMATCHED, 0, LOOK),
    "v5/file-not-matched-already-linked": (Phase.MATCHED, 1, LIBRARY),
    "v5/file-not-matched-udp-banned": (Phase.BANNED, 0, LOOK),
    "v5/file-renamed": (Phase.MATCHED, 1, LIBRARY),
    "v5/movie-updated-tmdb": (None, 0, NONE),
    "v5/network-availability-changed": (None, 0, NONE),
    "v5/queue-on-connected": (None, 0, NONE),
    "v5/queue-state-changed": (None, 0, NONE),
    "v5/series-updated-anidb-added": (None, 0, NONE),
    "v5/series-updated-image": (None, 0, NONE),
    "v5/series-updated-removed": (None, 0, NONE),
    "v5/series-updated-shoko-added": (None, 0, NONE),
    "v5/series-updated-tmdb": (None, 0, NONE),
    "v5/shoko-on-connected": (None, 0, NONE),
    "v6/file-deleted": (Phase.UNSEEN, 0, LOOK),
    "v6/file-detected": (Phase.HASHING, 0, NONE),
    "v6/file-hashed": (Phase.WAITING, 0, NONE),
    "v6/file-relocated": (Phase.MATCHED, 1, LIBRARY),
    "v6/managedfolder-updated": (None, 0, NONE),
    "v6/metadata-episode-added": (None, 0, NONE),
    "v6/metadata-movie-updated": (None, 0, NONE),
    "v6/metadata-series-added": (None, 0, NONE),
    "v6/metadata-series-removed": (None, 0, NONE),
    "v6/metadata-series-updated": (None, 0, NONE),
    "v6/queue-connected": (None, 0, NONE),
    "v6/queue-state-changed": (None, 0, NONE),
    "v6/release-removed": (None, 0, LOOK),
    "v6/release-removed-file-gone": (None, 0, NONE),
    "v6/release-saved": (Phase.MATCHED, 1, LIBRARY),
    "v6/release-saved-two-episodes": (Phase.MATCHED, 2, LIBRARY),
    "v6/release-search-completed-matched": (Phase.MATCHED, 1, LIBRARY),
    "v6/release-search-completed-not-matched": (Phase.UNMATCHED, 0, LOOK),
}


def test_every_sample_is_expected_to_mean_something() -> None:
    """The table below is complete, and has nothing that was never seen."""
    assert sorted(EXPECTED) == sorted(SAMPLES)


@pytest.mark.parametrize("name", sorted(EXPECTED))
async def test_what_an_event_means(name: str) -> None:
    """Each event of both versions is understood: a fact, a call, or nothing on purpose."""
    connection = await waiting()
    if name.startswith("v6/release"):
        # These tell the number only; an earlier event has told the path.
        connection.translate(SAMPLES["v6/file-hashed"], NOW)
    phase, episodes, doorbells = EXPECTED[name]
    push = connection.translate(SAMPLES[name], NOW)
    assert push.known
    assert push.event == SAMPLES[name]["target"]
    assert push.doorbells == doorbells
    said = {path: match for path, match in matches(push).items() if is_same_file(path, PATH)}
    if name == "v5/file-renamed":
        assert len(matches(push)) == 2
    if phase is None:
        assert not push.observations
        return
    (match,) = said.values()
    assert (match.phase, len(match.episodes)) == (phase, episodes)
    assert match.path == PATH  # as the manager says it


@pytest.mark.parametrize("name", sorted(EXPECTED))
async def test_files_that_nobody_waits_for_call_nobody(name: str) -> None:
    """Whatever happens in the rest of the collection is none of our business."""
    shelf = Shelf()
    shelf.put(TwinFile(1, "Other/x.mkv", episodes=((1, 1),)))
    connection = await waiting(shelf, manager_path("x.mkv", "Other"))
    if name.startswith("v6/release"):
        connection.translate(SAMPLES["v6/file-hashed"], NOW)
    assert not connection.translate(SAMPLES[name], NOW).doorbells


async def test_an_event_before_the_first_survey_is_told_by_path() -> None:
    """The file may have been imported a second ago: the tracker knows it, a survey does not."""
    connection = shoko(Shelf())
    push = connection.translate(SAMPLES["v5/file-matched-known-series"], NOW)
    (match,) = matches(push).values()
    assert match.phase is Phase.MATCHED
    assert is_same_file(match.path, PATH)
    assert any(
        statement.value == Anime(is_anime=True, source="shoko")
        for statement in push.observations[0].statements
    )


async def test_a_deleted_file_that_nobody_waits_for_says_nothing() -> None:
    """After an upgrade the former file of the episode goes: the episode has its new one."""
    connection = await waiting(None, manager_path("another.mkv"))
    assert not connection.translate(SAMPLES["v5/file-deleted"], NOW).observations


async def test_attempts_and_file_are_told() -> None:
    """How often AniDB was asked in vain, and under which number and name."""
    connection = await waiting()
    push = connection.translate(sent("ShokoEvent:FileNotMatched", AutoMatchAttempts=3), NOW)
    (match,) = matches(push).values()
    assert (match.attempts, match.file_id, match.name) == (3, "812", NAME)


async def test_hashing_again_forgets_no_match() -> None:
    """A known file that is hashed, or seen, once more stays what it is."""
    shelf = Shelf()
    shelf.put(TwinFile(812, f"Frieren/{FOLDER}/{NAME}", episodes=((17617, 271234),)))
    connection = await waiting(shelf)
    for target in ("ShokoEvent:FileDetected", "ShokoEvent:FileHashed", "file:hashed"):
        assert not connection.translate(sent(target), NOW).observations
    survey = await connection.survey(context(title(PATH)))
    assert [match.phase for match in matches_of(survey).values()] == [Phase.MATCHED]


@pytest.mark.parametrize("listed", [[], False, None, "odd", 0, {}])
async def test_matched_to_nothing_is_looked_up(listed: JsonValue) -> None:
    """The links may not be there yet, or were just taken away: only a look tells."""
    connection = await waiting()
    push = connection.translate(sent("ShokoEvent:FileMatched", CrossReferences=listed), NOW)
    assert not push.observations
    assert push.doorbells == LOOK


@pytest.mark.parametrize("listed", [True, [{"EpisodeID": 1}], [None], [17]])
async def test_matched_to_something_unsaid_is_matched(listed: JsonValue) -> None:
    """Other forms of the links say that there are some, not which."""
    connection = await waiting()
    push = connection.translate(sent("ShokoEvent:FileMatched", CrossReferences=listed), NOW)
    (match,) = matches(push).values()
    assert (match.phase, match.episodes) == (Phase.MATCHED, ())


@pytest.mark.parametrize(
    "arguments",
    [
        [[{"FileId": 812, "ManagedFolderId": 2, "relativePath": f"/Frieren/{FOLDER}/{NAME}",
           "CrossRefs": [{"AnidbEpisodeId": 271234, "AniDBAnimeID": 17617}]}]],
        [[[{"FILEID": "812", "RELATIVEPATH": f"\\Frieren\\{FOLDER}\\{NAME}",
            "CROSSREFERENCES": [{"ANIDBEPISODEID": "271234", "ANIDBANIMEID": "17617"}]}]]],
        [{"RelativePath": f"anime/Frieren/{FOLDER}/{NAME}",
          "CrossReferences": [{"AnidbEpisodeID": 271234, "AnidbAnimeID": 17617}]}],
    ],
)  # fmt: skip
async def test_other_forms_of_the_same_event(arguments: list[JsonValue]) -> None:
    """Lists in lists, other capitals, text for numbers, any separators, any folder in front."""
    connection = await waiting()
    push = connection.translate({"target": "ShokoEvent:FileMatched", "arguments": arguments}, NOW)
    (match,) = matches(push).values()
    assert (match.phase, match.path) == (Phase.MATCHED, PATH)
    assert [(found.anidb_anime, found.anidb_episode) for found in match.episodes] == [
        (17617, 271234)
    ]


async def test_an_event_without_a_path_is_about_the_known_file() -> None:
    """An empty path is filled from what was said of the number before."""
    connection = await waiting()
    connection.translate(sent("ShokoEvent:FileHashed"), NOW)
    push = connection.translate(sent("ShokoEvent:FileNotMatched", RelativePath=""), NOW)
    (match,) = matches(push).values()
    assert (match.phase, match.path) == (Phase.UNMATCHED, PATH)
    unknown = connection.translate(sent("ShokoEvent:FileMatched", RelativePath="", FileID=5), NOW)
    assert not unknown.observations


async def test_a_release_of_an_unknown_number_only_calls_for_a_look() -> None:
    """It may be the file that is waited for; once everything is matched, it is not."""
    shelf = Shelf()
    connection = await waiting(shelf)
    push = connection.translate(SAMPLES["v6/release-saved"], NOW)
    assert (push.observations, push.doorbells) == ((), LOOK)
    shelf.put(TwinFile(1, f"Frieren/{FOLDER}/{NAME}", episodes=((17617, 271234),)))
    await connection.survey(context(title(PATH), fresh=True))
    assert not connection.translate(SAMPLES["v6/release-saved"], NOW).doorbells


@pytest.mark.parametrize(
    "members",
    [
        {"IsCancelled": True},
        {"ExceptionMessage": "banned"},
        {"ReleaseInfo": {"CrossReferences": []}},
        {"ReleaseInfo": {"CrossReferences": [{"ProviderIDs": {"AniDB_Anime": "1"}}]},
         "IsSaved": True},
        {"ReleaseInfo": {"CrossReferences": [{"ProviderIDs": {"AniDB_Anime": "1",
                                                              "AniDB_Episode": "2"}}]}},
    ],
)  # fmt: skip
async def test_a_search_that_decides_nothing(members: JsonObject) -> None:
    """Cancelled, failed, only proposed, or without AniDB's numbers: a look tells."""
    connection = await waiting()
    connection.translate(SAMPLES["v6/file-hashed"], NOW)
    argument: JsonObject = {
        "FileID": 812,
        "IsSaved": False,
        "ReleaseInfo": None,
        "IsCancelled": False,
        "ExceptionMessage": None,
    }
    push = connection.translate(event("release:search.completed", {**argument, **members}), NOW)
    assert not push.observations
    assert push.doorbells == LOOK


async def test_a_renamed_file_is_still_the_one_that_sonarr_knows() -> None:
    """The fact is stated for the former path, too, and the file is found by its number."""
    shelf = Shelf()
    shelf.put(TwinFile(812, f"Frieren/{FOLDER}/{NAME}", is_hashed=True))
    connection = await waiting(shelf)
    shelf.put(TwinFile(812, f"Frieren/{FOLDER}/Frieren - S01E05.mkv", episodes=((17617, 271234),)))
    push = connection.translate(SAMPLES["v5/file-renamed"], NOW)
    said = matches(push)
    assert {match.phase for match in said.values()} == {Phase.MATCHED}
    assert any(is_same_file(path, PATH) for path in said)
    assert any(path.endswith("/Frieren - S01E05.mkv") for path in said)
    for fresh in (False, True):
        survey = await connection.survey(context(title(PATH), fresh=fresh))
        (match,) = matches_of(survey).values()
        assert (match.phase, match.path, match.name) == (
            Phase.MATCHED,
            PATH,
            "Frieren - S01E05.mkv",
        )


async def test_a_file_in_the_root_of_a_folder() -> None:
    """Only with the folder's own path it is clear which file that is."""
    shelf = Shelf()
    path = manager_path("Suzume.mkv", "anime", mount="/data/media")
    connection = await waiting(shelf, path)
    push = connection.translate(sent("ShokoEvent:FileHashed", RelativePath="/Suzume.mkv"), NOW)
    (match,) = matches(push).values()
    assert match.path == path
    elsewhere = sent("ShokoEvent:FileHashed", RelativePath="/Suzume.mkv", ImportFolderID=9)
    assert PATH not in matches(connection.translate(elsewhere, NOW))
    before = shelf.count("folders")
    await connection.survey(context(title(path)))
    assert shelf.count("folders") == before + 1


IDS: JsonObject = {
    "Source": "AniDB",
    "Reason": "Added",
    "SeriesID": 17617,
    "ShokoSeriesIDs": [],
    "Episodes": [],
}


@pytest.mark.parametrize(
    ("members", "doorbells"),
    [
        ({}, LOOK),
        ({"SeriesID": 4}, NONE),
        ({"Reason": "ImageAdded"}, NONE),
        ({"Source": "Shoko", "SeriesID": 18617, "ShokoSeriesIDs": [18617]}, LOOK),
        ({"Source": "TMDB"}, NONE),
    ],
)
async def test_metadata_calls_only_for_ids_that_are_awaited(
    members: JsonObject, doorbells: frozenset[Doorbell]
) -> None:
    """A match whose series does not exist yet is looked up when it may be there, once."""
    shelf = Shelf()
    file = TwinFile(812, f"Frieren/{FOLDER}/{NAME}", episodes=((17617, 271234),), has_series=False)
    shelf.put(file)
    connection = await waiting(shelf)
    payload = event("ShokoEvent:SeriesUpdated", {**IDS, **members})
    push = connection.translate(payload, NOW)
    assert (push.observations, push.doorbells) == ((), doorbells)
    file.has_series = True
    survey = await connection.survey(context(title(PATH)))
    (match,) = matches_of(survey).values()
    assert (match.episodes[0].shoko_series is not None) is (doorbells == LOOK)
    if doorbells:
        assert not connection.translate(payload, NOW).doorbells


async def test_a_removed_series_is_looked_at() -> None:
    """Its files are what they were, but Shoko's numbers are gone."""
    shelf = Shelf()
    shelf.put(TwinFile(812, f"Frieren/{FOLDER}/{NAME}", episodes=((17617, 271234),)))
    connection = await waiting(shelf)
    members: JsonObject = {"Source": "Shoko", "Reason": "Removed", "ShokoSeriesIDs": [18617]}
    shelf.files[812].has_series = False
    push = connection.translate(event("metadata:series.removed", members), NOW)
    assert push.doorbells == LOOK
    survey = await connection.survey(context(title(PATH)))
    (match,) = matches_of(survey).values()
    assert match.episodes[0].shoko_series is None
