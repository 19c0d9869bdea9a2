"""Shoko: the server and its two dialects, files, lists, signing in."""

import asyncio
from collections.abc import Awaitable, Callable

import aiohttp
from aiohttp import web
import pytest

from custom_components.media_status.clients.errors import (
    AuthError,
    BadAnswer,
    ClientError,
    Forbidden,
    NotJson,
    ReadOnly,
    Refused,
    ServerBusy,
    TooOld,
    UnsafeId,
    WrongService,
)
from custom_components.media_status.clients.readers import JsonObject, JsonValue
from custom_components.media_status.clients.shoko import (
    CrossReference,
    Dialect,
    FileLocation,
    ShokoClient,
    ShokoFile,
)

from .fake import CANARY, FakeService, Seen, sample

STATUS, VERSION = "/api/v3/Init/Status", "/api/v3/Init/Version"
STARTED = "shoko/rest/init-status-started-v5.json"
FRIEREN = (
    CrossReference(anidb_anime=17617, anidb_episode=271234, series=142, episode=4105,
                   tmdb=(4530112,)),
)  # fmt: skip


def version(text: str) -> JsonObject:
    """Return what `Init/Version` answers for a version of the server."""
    return {"Server": {"Version": text, "ReleaseChannel": "Stable"}, "Commons": {"Version": text}}


@pytest.fixture
def shoko(service: FakeService, session: aiohttp.ClientSession) -> ShokoClient:
    """Return a client of a started Shoko 5."""
    service.answer("GET", VERSION, sample("shoko/rest/init-version-v5.json"))
    service.answer("GET", STATUS, sample(STARTED))
    service.answer("GET", "/api/v3/ImportFolder", sample("shoko/rest/v5-import-folders.json"))
    service.answer("GET", "/api/v3/ManagedFolder", sample("shoko/rest/v5-import-folders.json"))
    return ShokoClient(session, service.url, CANARY)


async def test_a_shoko_5_is_recognised(service: FakeService, shoko: ShokoClient) -> None:
    """Version, state and key are asked for; the key goes in its header and nowhere else."""
    info = await shoko.info()
    assert (info.version, info.dialect, info.is_admin) == ("5.3.3.0", Dialect.V5, True)
    assert service.paths() == [VERSION, STATUS, "/api/v3/ImportFolder"]
    assert all(seen.headers["apikey"] == CANARY for seen in service.seen)
    assert all(CANARY not in str(seen.request.rel_url) for seen in service.seen)


@pytest.mark.parametrize("text", ["6.0.0-dev.425", "v6.1.0.0", "7.2.0"])
async def test_later_versions_are_spoken_to_in_the_newer_words(
    service: FakeService, shoko: ShokoClient, text: str
) -> None:
    """Version 6 and whatever follows has managed folders."""
    service.answer("GET", VERSION, version(text))
    service.answer("GET", STATUS, sample("shoko/rest/init-status-started-v6-anonymous.json"))
    assert (await shoko.info()).dialect is Dialect.V6
    assert service.paths()[-1] == "/api/v3/ManagedFolder"


async def test_an_upgrade_of_the_server_changes_the_dialect(
    service: FakeService, shoko: ShokoClient
) -> None:
    """What is spoken is decided by the last answer to `info`."""
    await shoko.info()
    service.answer("GET", VERSION, version("6.0.0"))
    await shoko.info()
    await shoko.folders()
    assert service.paths()[-1] == "/api/v3/ManagedFolder"


@pytest.mark.parametrize(
    "answer",
    [
        version("4.2.2.0"),
        [{"Name": "Server", "Version": "4.1.2.0"}, {"Name": "Commons", "Version": "4.1.2.0"}],
    ],
)
async def test_version_4_is_too_old(
    service: FakeService, shoko: ShokoClient, answer: JsonValue
) -> None:
    """Both forms in which version 4 says so are understood."""
    service.answer("GET", VERSION, answer)
    with pytest.raises(TooOld, match=r"version 4\.\d\.2\.0 is too old"):
        await shoko.info()


@pytest.mark.parametrize(
    "answer",
    [{}, {"version": "10.10.3"}, [], "5.3.3", {"Server": None}, {"Server": {"Version": None}}],
)
async def test_another_program_is_not_shoko(
    service: FakeService, shoko: ShokoClient, answer: JsonValue
) -> None:
    """Whatever does not say the version of a Shoko server is something else."""
    service.answer("GET", VERSION, answer)
    with pytest.raises(WrongService):
        await shoko.info()


async def test_a_web_page_or_nothing_is_not_shoko(service: FakeService, shoko: ShokoClient) -> None:
    """A web page, and an address that does not exist, are something else."""
    service.text("GET", VERSION, "<html>Welcome</html>")
    with pytest.raises(WrongService):
        await shoko.info()
    service.text("GET", VERSION, "no", status=404)
    with pytest.raises(WrongService):
        await shoko.info()


async def test_a_version_without_a_number_is_refused(
    service: FakeService, shoko: ShokoClient
) -> None:
    """Nothing is guessed of a Shoko whose version cannot be read."""
    service.answer("GET", VERSION, version("nightly"))
    with pytest.raises(BadAnswer, match="version"):
        await shoko.info()


@pytest.mark.parametrize("state", ["Waiting", "Starting"])
@pytest.mark.parametrize("status", [401, 403, 503])
async def test_while_it_starts_no_key_is_called_wrong(
    service: FakeService, shoko: ShokoClient, state: str, status: int
) -> None:
    """A starting Shoko accepts no key: that is a server that is busy."""
    service.answer("GET", STATUS, {"State": state, "StartupMessage": "Initializing Database..."})
    service.answer("GET", "/api/v3/ImportFolder", None, status=status)
    service.answer("GET", "/api/v3/File/812", None, status=status)
    service.answer("POST", "/api/auth", None, status=status)
    calls: list[Callable[[], Awaitable[object]]] = [
        shoko.info,
        shoko.folders,
        lambda: shoko.file(812),
        lambda: shoko.sign_in("Default", ""),
    ]
    for call in calls:
        with pytest.raises(ServerBusy):
            await call()


async def test_the_sample_of_a_starting_server_is_busy(
    service: FakeService, shoko: ShokoClient
) -> None:
    """What a real server says while its database is prepared."""
    service.answer("GET", STATUS, sample("shoko/rest/init-status-starting.json"))
    with pytest.raises(ServerBusy):
        await shoko.check_started()


async def test_a_failed_start_is_told_in_its_own_words(
    service: FakeService, shoko: ShokoClient
) -> None:
    """The message is one line, and an address in it is cut to its origin."""
    message = f"Failed\nto open mysql://shoko:{CANARY}@db/shoko"
    service.answer("GET", STATUS, {"State": "Failed", "StartupMessage": message})
    with pytest.raises(Refused, match="Failed to open") as caught:
        await shoko.info()
    assert CANARY not in str(caught.value)
    service.answer("GET", STATUS, {"State": "Failed", "StartupMessage": None})
    with pytest.raises(Refused, match="could not start"):
        await shoko.info()


@pytest.mark.parametrize("answer", [{}, {"State": None}, {"State": "Sleeping"}, {"State": 3}])
async def test_an_unknown_state_is_no_health(
    service: FakeService, shoko: ShokoClient, answer: JsonObject
) -> None:
    """Only a Shoko that says it has started has."""
    service.answer("GET", STATUS, answer)
    with pytest.raises(BadAnswer):
        await shoko.check_started()


async def test_a_wrong_key_is_told_from_a_missing_right(
    service: FakeService, shoko: ShokoClient
) -> None:
    """A started server means what it says: 401 is the key, 403 is what the user may do."""
    service.answer("GET", "/api/v3/ImportFolder", None, status=401)
    with pytest.raises(AuthError):
        await shoko.info()
    service.answer("GET", "/api/v3/ImportFolder", None, status=403)
    assert not (await shoko.info()).is_admin
    with pytest.raises(Forbidden, match="administrator"):
        await shoko.folders()


async def test_folders_have_paths_as_shoko_sees_them(shoko: ShokoClient) -> None:
    """A folder without a path is no folder."""
    assert [(folder.id, folder.path) for folder in await shoko.folders()] == [
        (1, "/mnt/incoming/"),
        (2, "/mnt/anime/"),
    ]


async def test_signing_in_gives_the_key(
    service: FakeService, session: aiohttp.ClientSession, shoko: ShokoClient
) -> None:
    """Name and password go in the body, an empty password too; no key is needed before."""
    service.answer("POST", "/api/auth", sample("shoko/rest/auth-response.json"))
    client = ShokoClient(session, service.url)
    assert await client.sign_in("Default", "") == "d5e6f708-1929-4a3b-8c4d-5e6f70819293"
    assert service.seen[-1].json() == {"user": "Default", "pass": "", "device": "Home Assistant"}
    assert "apikey" not in service.seen[-1].headers


async def test_a_wrong_password_is_an_auth_error(service: FakeService, shoko: ShokoClient) -> None:
    """Neither name nor password is in the text."""
    service.answer("POST", "/api/auth", "Unauthorized", status=401)
    with pytest.raises(AuthError) as caught:
        await shoko.sign_in("somebody", "hunter2hunter2")
    assert "hunter2" not in str(caught.value)
    assert "somebody" not in str(caught.value)


@pytest.mark.parametrize("answer", [{}, {"apikey": None}, {"apikey": ""}, []])
async def test_signing_in_without_a_key_is_no_success(
    service: FakeService, shoko: ShokoClient, answer: JsonValue
) -> None:
    """An answer without a key is not one."""
    service.answer("POST", "/api/auth", answer)
    with pytest.raises(BadAnswer):
        await shoko.sign_in("Default", "")


async def test_signing_in_elsewhere_is_the_wrong_service(
    service: FakeService, shoko: ShokoClient
) -> None:
    """A web page, and an address that does not exist, are something else."""
    service.text("POST", "/api/auth", "<html></html>")
    with pytest.raises(WrongService):
        await shoko.sign_in("Default", "")
    service.text("POST", "/api/auth", "no", status=404)
    with pytest.raises(WrongService):
        await shoko.sign_in("Default", "")


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
    shoko.read_only = True
    with pytest.raises(ReadOnly):
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


async def test_the_hub_is_asked_with_the_key_in_a_header(
    service: FakeService, shoko: ShokoClient
) -> None:
    """All feeds are joined at once, under the names of both versions; the address holds no key."""
    arrived = asyncio.Event()

    def refuse(seen: Seen) -> web.StreamResponse:
        arrived.set()
        return web.Response(status=404)

    service.on("GET", "/signalr/aggregate", refuse)
    listening = asyncio.create_task(shoko.hub().run(lambda _: None))
    try:
        async with asyncio.timeout(10):
            await arrived.wait()
    finally:
        listening.cancel()
        await asyncio.wait([listening])
    (seen,) = service.seen
    assert seen.headers["apikey"] == CANARY
    assert dict(seen.query) == {"feeds": "shoko,metadata,file,release,queue"}
