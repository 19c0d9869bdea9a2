"""Shoko: files and what they are, lists of them, episodes, the queue, searching again."""

import aiohttp
from aiohttp import web
import pytest

from custom_components.media_status.clients.errors import (
    BadAnswer,
    ClientError,
    NotJson,
    Refused,
    ServerBusy,
    UnsafeId,
)
from custom_components.media_status.clients.guard import DryRun, no_writes
from custom_components.media_status.clients.readers import JsonObject, JsonValue
from custom_components.media_status.clients.shoko import (
    CrossReference,
    FileLocation,
    ShokoClient,
    ShokoFile,
)

from .fake import CANARY, FakeService, sample
from .shoko_server import STATUS, VERSION, started, version

FRIEREN = (
    CrossReference(anidb_anime=17617, anidb_episode=271234, series=142, episode=4105,
                   tmdb=(4530112,)),
)  # fmt: skip


@pytest.fixture
def shoko(service: FakeService, session: aiohttp.ClientSession) -> ShokoClient:
    """Return a client of a started Shoko 5."""
    return started(service, session)


async def test_files_are_found_by_the_end_of_their_path(
    service: FakeService, shoko: ShokoClient
) -> None:
    """Whatever characters a path has, Shoko is asked for exactly these."""
    service.answer(
        "GET", "/api/v3/File/PathEndsWith", sample("shoko/rest/v5-file-path-ends-with.json")
    )
    suffix = "/100% Ⅱ/[Grp] 05 & 06 #1+2? (1080p).mkv"
    (found,) = await shoko.files_by_path(suffix, limit=4)
    query = service.seen[-1].query
    assert (query["path"], query["limit"], query["includeXRefs"]) == (suffix, "4", "true")
    assert found == ShokoFile(
        id=812,
        size=1441021183,
        is_hashed=True,
        locations=(
            FileLocation(
                folder=2,
                path="Frieren/Season 01/[SubsPlease] Sousou no Frieren - 05 (1080p) [0A1B2C3D].mkv",
                is_accessible=True,
            ),
        ),
        references=FRIEREN,
        created=found.created,
    )
    assert found.created is not None


async def test_version_6_says_the_same_of_a_file(service: FakeService, shoko: ShokoClient) -> None:
    """Hashes are a list and folders have another name; what is asked for has another, too."""
    service.answer("GET", VERSION, version("6.0.0-dev.425"))
    service.answer("GET", "/api/v3/File/812", sample("shoko/rest/v6-file-with-xrefs.json"))
    file = await shoko.file(812)
    assert file is not None
    assert (file.references, file.is_hashed, file.locations[0].folder) == (FRIEREN, True, 2)
    assert service.seen[-1].query["include"] == "XRefs"
    assert "includeXRefs" not in service.seen[-1].query


async def test_a_match_before_its_series_has_no_ids_of_shoko(
    service: FakeService, shoko: ShokoClient
) -> None:
    """AniDB's numbers are there, Shoko's are not yet."""
    name = "shoko/rest/v5-file-matched-series-not-created-yet.json"
    service.answer("GET", "/api/v3/File/812", sample(name))
    file = await shoko.file(812)
    assert file is not None
    assert file.references == (CrossReference(anidb_anime=17617, anidb_episode=271234),)


async def test_an_unknown_file_is_none(service: FakeService, shoko: ShokoClient) -> None:
    """404 is an answer, where a number was asked for."""
    service.text("GET", "/api/v3/File/9", "No File entry for the given fileID", status=404)
    assert await shoko.file(9) is None
    assert await shoko.series_episodes(9) is None


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        (None, None),
        ([], ()),
        ([{"SeriesID": {"AniDB": 1}, "EpisodeIDs": []}], None),
        ([{"SeriesID": None, "EpisodeIDs": [{"AniDB": 5}]}], None),
        ([17, "x"], None),
        ([{"SeriesID": {"ID": 0, "AniDB": 1}, "EpisodeIDs": [{"ID": None, "AniDB": "5"}, 3]}],
         (CrossReference(anidb_anime=1, anidb_episode=5),)),
        ([{"SeriesID": {"ID": 3, "AniDB": 1},
           "EpisodeIDs": [{"ID": 4, "AniDB": 5, "TMDB": {"Episode": [], "Movie": [9, 8]}}]}],
         (CrossReference(anidb_anime=1, anidb_episode=5, series=3, episode=4, tmdb=(8, 9)),)),
    ],
)  # fmt: skip
async def test_what_a_file_is(
    service: FakeService,
    shoko: ShokoClient,
    listed: JsonValue,
    expected: tuple[CrossReference, ...] | None,
) -> None:
    """Nothing is matched only when Shoko says so; what cannot be read is unknown."""
    service.answer("GET", "/api/v3/File/1", {"ID": 1, "SeriesIDs": listed})
    file = await shoko.file(1)
    assert file is not None
    assert file.references == expected


@pytest.mark.parametrize(
    ("hashes", "is_hashed"),
    [
        ({"ED2K": "F0D2", "CRC32": None}, True),
        ({"ED2K": "", "CRC32": None}, False),
        ({"ED2K": None}, False),
        ([{"Type": "CRC32", "Value": "1"}, {"Type": "ED2K", "Value": "F0D2"}], True),
        ([{"Type": "CRC32", "Value": "1"}], False),
        ([], False),
        ("odd", True),
    ],
)
async def test_whether_a_file_is_hashed(
    service: FakeService, shoko: ShokoClient, hashes: JsonValue, is_hashed: bool
) -> None:
    """Both forms of hashes are read; an answer in another form says nothing."""
    service.answer("GET", "/api/v3/File/1", {"ID": 1, "Hashes": hashes})
    file = await shoko.file(1)
    assert file is not None
    assert file.is_hashed is is_hashed


async def test_a_file_without_a_number_is_no_answer(
    service: FakeService, shoko: ShokoClient
) -> None:
    """What cannot be read is neither there nor gone."""
    service.answer("GET", "/api/v3/File/1", {"Size": 5})
    with pytest.raises(BadAnswer):
        await shoko.file(1)


@pytest.mark.parametrize("number", [0, -1, True])
async def test_only_numbers_reach_an_address(shoko: ShokoClient, number: int) -> None:
    """An id that is none never becomes part of a call."""
    for call in (shoko.file, shoko.series_episodes, shoko.rescan):
        with pytest.raises(UnsafeId):
            await call(number)


async def test_unrecognised_files_come_newest_first(
    service: FakeService, shoko: ShokoClient
) -> None:
    """One call, and whether there are more than it brought."""
    rows = sample("shoko/rest/v5-file-unrecognized.json")
    service.answer("GET", "/api/v3/File", {"Total": 1, "List": rows}, {"Total": 4000, "List": rows})
    listed = await shoko.unrecognised()
    assert [file.id for file in listed.files] == [812]
    assert listed.files[0].references == ()
    assert listed.is_complete
    assert not (await shoko.unrecognised()).is_complete
    query = service.seen[-1].query
    assert (query["include_only"], query["sortOrder"]) == ("Unrecognized", "-CreatedAt")


@pytest.mark.parametrize("answer", [[], {}, {"Total": 1}, {"List": []}, {"Total": -1, "List": []}])
async def test_a_list_of_another_form_is_no_list(
    service: FakeService, shoko: ShokoClient, answer: JsonValue
) -> None:
    """Half an answer is none."""
    service.answer("GET", "/api/v3/File", answer)
    service.answer("GET", "/api/v3/Series/142/Episode", answer)
    with pytest.raises(BadAnswer):
        await shoko.unrecognised()
    with pytest.raises(BadAnswer):
        await shoko.series_episodes(142)


async def test_a_list_that_is_no_json_is_told_so(service: FakeService, shoko: ShokoClient) -> None:
    """A page of a proxy is no empty list."""
    service.text("GET", "/api/v3/File", "<html></html>")
    with pytest.raises(NotJson):
        await shoko.unrecognised()


def episode(number: int, **more: JsonValue) -> JsonObject:
    """Return an episode as Shoko lists it, with one file."""
    references: JsonValue = [
        {
            "SeriesID": {"ID": 142, "AniDB": 17617},
            "EpisodeIDs": [{"ID": 4100 + number, "AniDB": 271229 + number}],
        }
    ]
    return {
        "IDs": {
            "ID": 4100 + number,
            "ParentSeries": 142,
            "AniDB": 271229 + number,
            "TMDB": {"Episode": [9000 + number], "Movie": [], "Show": [209867]},
        },
        "Files": [{"ID": 800 + number, "SeriesIDs": references}],
        **more,
    }


async def test_the_episodes_of_a_series_bring_their_files(
    service: FakeService, shoko: ShokoClient
) -> None:
    """Each says AniDB's numbering, with its letter for what is no ordinary episode."""
    rows: list[JsonValue] = [
        episode(1, AniDB={"Type": "Normal", "EpisodeNumber": 1}),
        episode(2, AniDB={"Type": "Special", "EpisodeNumber": 3}),
        episode(3, AniDB={"Type": "ThemeSong", "EpisodeNumber": 2}),
        episode(4, AniDB={"Type": "Mystery", "EpisodeNumber": 2}),
        sample("shoko/rest/v5-episode-trimmed.json"),
        {"IDs": {"ID": 5}},
    ]
    service.answer("GET", "/api/v3/Series/142/Episode", {"Total": 6, "List": rows})
    episodes = await shoko.series_episodes(142)
    assert episodes is not None
    assert [found.label for found in episodes] == ["1", "S3", "C2", None, None]
    assert [[file.id for file in found.files] for found in episodes] == [
        [801], [802], [803], [804], [],
    ]  # fmt: skip
    assert episodes[4].tmdb == (4530112,)
    assert episodes[0].files[0].references == (
        CrossReference(anidb_anime=17617, anidb_episode=271230, series=142, episode=4101),
    )
    assert shoko.dropped == 1
    assert service.seen[-1].query["pageSize"] == "0"


async def test_a_series_that_the_user_may_not_see_is_none(
    service: FakeService, shoko: ShokoClient
) -> None:
    """Shoko can hide series from users; the files of these are looked up one by one."""
    service.answer("GET", "/api/v3/Series/142/Episode", None, status=403)
    assert await shoko.series_episodes(142) is None
    service.answer("GET", STATUS, {"State": "Starting", "StartupMessage": None})
    with pytest.raises(ServerBusy):
        await shoko.series_episodes(142)


async def test_a_series_that_is_cut_off_is_no_series(
    service: FakeService, shoko: ShokoClient
) -> None:
    """Not all of its episodes are not its episodes."""
    service.answer("GET", "/api/v3/Series/142/Episode", {"Total": 2, "List": [episode(1)]})
    with pytest.raises(BadAnswer):
        await shoko.series_episodes(142)


@pytest.mark.parametrize(
    ("answer", "is_busy"),
    [
        ({"WaitingCount": 3, "BlockedCount": 0, "TotalCount": 4, "CurrentlyExecuting": [{}]}, True),
        ({"WaitingCount": 0, "BlockedCount": 2, "TotalCount": 0, "CurrentlyExecuting": []}, True),
        ({"WaitingCount": 0, "TotalCount": 0, "CurrentlyExecuting": [{"Key": "x"}]}, True),
        ({"WaitingCount": 0, "BlockedCount": 0, "TotalCount": 0, "CurrentlyExecuting": []}, False),
    ],
)
async def test_the_queue_is_busy_or_not(
    service: FakeService, shoko: ShokoClient, answer: JsonObject, is_busy: bool
) -> None:
    """Whatever runs, waits or is blocked is work."""
    service.answer("GET", "/api/v3/Queue", answer)
    assert (await shoko.queue()).is_busy is is_busy


async def test_a_queue_without_counts_is_no_queue(service: FakeService, shoko: ShokoClient) -> None:
    """Silence is not idleness."""
    service.answer("GET", "/api/v3/Queue", {"Running": True})
    with pytest.raises(BadAnswer):
        await shoko.queue()


async def test_a_rescan_names_one_file(service: FakeService, shoko: ShokoClient) -> None:
    """It changes something: not in read-only mode, and a file that is gone is told."""
    service.text("POST", "/api/v3/File/812/Rescan", "")
    assert await shoko.rescan(812)
    assert not await shoko.rescan(813)
    with no_writes(), pytest.raises(DryRun):
        await shoko.rescan(812)
    assert service.paths("POST") == ["/api/v3/File/812/Rescan", "/api/v3/File/813/Rescan"]


async def test_a_refused_rescan_is_told_in_its_own_words(
    service: FakeService, shoko: ShokoClient
) -> None:
    """Somebody may have switched matching off."""
    body: JsonObject = {"title": "Release auto-matching is currently disabled."}
    service.answer("POST", "/api/v3/File/812/Rescan", body, status=400)
    with pytest.raises(Refused, match="auto-matching"):
        await shoko.rescan(812)


async def test_an_error_of_the_server_never_shows_the_key(
    service: FakeService, shoko: ShokoClient
) -> None:
    """Whatever a server echoes, the text of an error is clean."""
    service.on(
        "GET",
        "/api/v3/Queue",
        lambda seen: web.json_response({"title": f"bad {seen.headers['apikey']}"}, status=500),
    )
    with pytest.raises(ClientError) as caught:
        await shoko.queue()
    assert CANARY not in str(caught.value)
