"""Shoko over REST: both dialects, keys, starting, and what deleting does."""

import json

import pytest

from simulator import Simulator

from .anime_house import V5, V6, ask, film, household, import_film, import_series, rows, show
from .shapes import differences, sample

pytestmark = pytest.mark.usefixtures("socket_enabled")

LATEST = "/api/v3/File/PathEndsWith?path=.mkv"


def _sorted(body: object) -> object:
    return json.loads(json.dumps(body, sort_keys=True))


async def _matched(sim: Simulator) -> None:
    import_series(sim, show(sim))
    await sim.advance(60)


async def test_a_matched_file_has_the_sample_s_shape() -> None:
    """PathEndsWith answers v5's form of a file, with Shoko's and TMDB's ids."""
    async with household() as sim:
        await _matched(sim)
        ours = await rows(sim, LATEST)
        assert len(ours) == 2
        assert differences(ours, sample("shoko", "v5-file-path-ends-with")) == []
        one = await ask(sim, "/api/v3/File/812?includeXRefs=true")
        assert isinstance(one, dict)
        title = sim.world.titles["tv", 209867]
        assert one["SeriesIDs"][0]["SeriesID"] == {
            "ID": 142,
            "AniDB": 17617,
            "TMDB": {"Movie": [], "Show": [209867]},
        }
        assert one["SeriesIDs"][0]["EpisodeIDs"][0]["TMDB"]["Episode"] == [title.episodes[0].tmdb]
        (plain,) = await rows(sim, "/api/v3/File?pageSize=1")
        assert "SeriesIDs" not in plain


async def test_a_matched_file_in_version_6() -> None:
    """Hashes are a list, the folder has another name, references only come when asked for."""
    async with household(V6) as sim:
        await _matched(sim)
        ours = await ask(sim, "/api/v3/File/812?include=XRefs,AbsolutePaths")
        assert isinstance(ours, dict)
        assert ours["Locations"][0].pop("AbsolutePath").startswith("/anime/Frieren")
        assert differences(ours, sample("shoko", "v6-file-with-xrefs")) == []
        plain = await rows(sim, LATEST)
        assert len(plain) == 2
        assert all("SeriesIDs" not in row for row in plain)
        await ask(sim, "/api/v3/ImportFolder", status=404)
        assert len(await rows(sim, "/api/v3/ManagedFolder")) == 2


async def test_a_file_between_match_and_series() -> None:
    """AniDB's ids are there first; Shoko's own are null and TMDB's empty."""
    async with household() as sim:
        import_series(sim, show(sim), 1)
        await sim.advance(13)
        one = await ask(sim, "/api/v3/File/812?includeXRefs=true")
        assert isinstance(one, dict)
        theirs = sample("shoko", "v5-file-matched-series-not-created-yet")
        assert differences(one, theirs) == []
        reference = one["SeriesIDs"][0]
        assert reference["SeriesID"]["ID"] is None
        assert reference["EpisodeIDs"][0]["ID"] is None
        assert reference["EpisodeIDs"][0]["AniDB"] == 271234
        await ask(sim, "/api/v3/Tmdb/Show/209867/Shoko/Series", status=404)
        await sim.advance(30)
        found = await rows(sim, "/api/v3/Tmdb/Show/209867/Shoko/Series")
        theirs = sample("shoko", "v5-tmdb-show-shoko-series-trimmed")
        assert differences(_sorted(found), _sorted(theirs)) == []


async def test_a_file_on_its_way() -> None:
    """Detected without a hash, hashed without references, at last imported."""
    async with household() as sim:
        import_series(sim, show(sim), 1)
        assert await rows(sim, LATEST) == []
        await sim.advance(3)
        (row,) = await rows(sim, LATEST)
        assert row["Hashes"] == {"ED2K": "", "SHA1": None, "CRC32": None, "MD5": None}
        await sim.advance(7)
        (row,) = await rows(sim, "/api/v3/File?include_only=Unrecognized&pageSize=0&include=XRefs")
        assert row["SeriesIDs"] == []
        assert row["Imported"] is None
        assert differences([row], sample("shoko", "v5-file-unrecognized")) == []
        await sim.advance(10)
        assert await rows(sim, "/api/v3/File?include_only=Unrecognized") == []


async def test_paths_end_without_case_and_with_any_separator() -> None:
    """The suffix is compared letter by letter; nothing matches nothing."""
    async with household() as sim:
        await _matched(sim)
        path = sim.shoko.files[0].relative
        assert len(await rows(sim, f"/api/v3/File/PathEndsWith?path=/{path.upper()}")) == 1
        assert len(await rows(sim, f"/api/v3/File/PathEndsWith/{path}")) == 1
        backward = path.replace("/", "\\")
        assert len(await rows(sim, f"/api/v3/File/PathEndsWith?path=\\{backward}")) == 1
        assert await rows(sim, "/api/v3/File/PathEndsWith?path=") == []
        assert await rows(sim, "/api/v3/File/PathEndsWith?path=/rieren") == []
        assert len(await rows(sim, "/api/v3/File/PathEndsWith?path=.mkv&limit=1")) == 1


async def test_windows() -> None:
    """Drive letters and backslashes, in folders and in files."""
    async with household() as sim:
        sim.shoko.windows = True
        await _matched(sim)
        folders = await rows(sim, "/api/v3/ImportFolder")
        assert [folder["Path"] for folder in folders] == ["D:\\anime\\", "D:\\anime-movies\\"]
        suffix = "/season 01/frieren"
        assert await rows(sim, f"/api/v3/File/PathEndsWith?path={suffix}") == []
        place = (await rows(sim, f"{LATEST}&includeAbsolutePaths=true"))[0]["Locations"]
        assert isinstance(place, list)
        assert place[0]["RelativePath"].startswith("Frieren")
        assert "\\Season 01\\" in place[0]["RelativePath"]
        assert place[0]["AbsolutePath"].startswith("D:\\anime\\Frieren")


async def test_folders_queue_and_start() -> None:
    """What is asked for health has the samples' keys."""
    async with household() as sim:
        folders = await ask(sim, "/api/v3/ImportFolder")
        assert differences(folders, sample("shoko", "v5-import-folders")) == []
        version = await ask(sim, "/api/v3/Init/Version", key="")
        assert differences(version, sample("shoko", "init-version-v5")) == []
        status = await ask(sim, "/api/v3/Init/Status", key="")
        assert differences(status, sample("shoko", "init-status-started-v5")) == []
        import_series(sim, show(sim))
        await sim.advance(3)
        queue = await ask(sim, "/api/v3/Queue")
        assert isinstance(queue, dict)
        assert queue["TotalCount"] == 2
        assert queue["CurrentlyExecuting"][0]["Type"] == "HashFileJob"
    async with household(V6) as sim:
        status = await ask(sim, "/api/v3/Init/Status", key="")
        assert status == {"State": "Started", "StartupMessage": None}
        assert await ask(sim, "/api/v3/Init/Status") != status


@pytest.mark.parametrize("refusal", [503, 401])
async def test_starting(refusal: int) -> None:
    """While it starts it answers only how far it is; keys say nothing then."""
    async with household() as sim:
        sim.shoko.refusal = refusal
        await sim.restart("shoko", starting=True)
        status = await ask(sim, "/api/v3/Init/Status", key="")
        assert differences(status, sample("shoko", "init-status-starting")) == []
        await ask(sim, "/api/v3/Queue", status=refusal)
        await ask(sim, "/signalr/aggregate", status=refusal)
        import_series(sim, show(sim))
        await sim.advance(60)
        assert sim.shoko.files == []
        sim.faults("shoko").starting = False
        await sim.advance(60)
        assert all(file.links for file in sim.shoko.files)
        assert len(sim.shoko.files) == 2


async def test_keys() -> None:
    """A device keeps its key; a wrong one is 401, one without rights 403."""
    async with household() as sim:
        body = {"user": "default", "pass": "", "device": "Home Assistant"}
        keys = [await ask(sim, "/api/auth", method="POST", body=body, key="") for _ in range(2)]
        assert keys[0] == keys[1]
        assert isinstance(keys[0], dict)
        assert differences(keys[0], sample("shoko", "auth-response")) == []
        await ask(sim, "/api/v3/Queue", key=keys[0]["apikey"])
        wrong = body | {"pass": "guess"}
        await ask(sim, "/api/auth", method="POST", body=wrong, key="", status=401)
        await ask(sim, "/api/v3/Queue", key="", status=401)
        family = sim.shoko.auth.add_key("tablet", admin=False)
        await ask(sim, "/api/v3/ImportFolder", key=family)
        await ask(sim, "/api/v3/Action/RunImport", key=family, status=403)


async def test_the_old_version_says_so() -> None:
    """4.2 tells its version, so that a client can refuse it."""
    async with household("4.2.2") as sim:
        version = await ask(sim, "/api/v3/Init/Version", key="")
        assert isinstance(version, dict)
        assert version["Server"]["Version"] == "4.2.2.0"


async def test_deleting_a_file_takes_it_from_the_disk_unless_denied() -> None:
    """Both switches are on by default, as in the real program."""
    async with household() as sim:
        await _matched(sim)
        first, second = sim.shoko.files
        await ask(sim, f"/api/v3/File/{first.id}?removeFiles=false", method="DELETE")
        assert first.source in sim.world.disk
        await ask(sim, f"/api/v3/File/Location/{second.location}", method="DELETE")
        assert second.source not in sim.world.disk
        assert sim.shoko.files == []
        await ask(sim, f"/api/v3/File/{first.id}", status=404)


async def test_a_file_that_is_gone_is_inaccessible_until_somebody_notices() -> None:
    """Without the watcher only RemoveMissingFiles (a GET) drops the record."""
    async with household() as sim:
        await _matched(sim)
        sim.shoko.watching = False
        entry = sim.sonarr.find(sim.world.titles["tv", 209867])
        assert entry is not None
        sim.sonarr.delete_file(entry.episodes[0])
        await sim.advance(30)
        found = await rows(sim, LATEST)
        places = [row["Locations"] for row in found]
        assert sorted(p[0]["IsAccessible"] for p in places if isinstance(p, list)) == [False, True]
        await ask(sim, "/api/v3/Action/RemoveMissingFiles/false")
        assert len(await rows(sim, LATEST)) == 1
        assert sim.shoko.mylist_removals == []


async def test_episodes_of_a_series() -> None:
    """Own numbering with AniDB's kind, files without references, missing ones when asked for."""
    async with household() as sim:
        title = show(sim, {0: 1, 1: 3}, unaired=1)
        import_series(sim, title, 3)
        await sim.advance(90)
        base = "/api/v3/Series/142/Episode?pageSize=0&includeDataFrom=AniDB&includeFiles=true"
        found = await rows(sim, f"{base}&includeXRefs=true")
        kinds = [row["AniDB"] for row in found]
        labels = [(k["Type"], k["EpisodeNumber"]) for k in kinds if isinstance(k, dict)]
        assert labels == [("Normal", 1), ("Normal", 2), ("Special", 1)]
        files = found[0]["Files"]
        assert isinstance(files, list)
        assert "SeriesIDs" not in files[0]
        assert len(await rows(sim, f"{base}&includeMissing=true")) == 4
        assert len(await rows(sim, f"{base}&includeMissing=only")) == 1
        plain = (await rows(sim, "/api/v3/Series/142/Episode"))[0]
        theirs = sample("shoko", "v5-episode-trimmed")
        extra = {"HasCustomName", "Duration", "ResumePosition", "WatchCount", "Watched"}
        assert differences(plain, theirs, free=extra) == []
        await ask(sim, "/api/v3/Series/9/Episode", status=404)


async def test_foreign_ids() -> None:
    """A film is found by AniDB's ids at once and by TMDB's once they are linked."""
    async with household() as sim:
        import_film(sim, film(sim))
        await sim.advance(120)
        series = await ask(sim, "/api/v3/Series/AniDB/17617/Series")
        episode = await ask(sim, "/api/v3/Episode/AniDB/271234/Episode")
        assert isinstance(series, dict)
        assert isinstance(episode, dict)
        assert series["Name"] == "Kaisou"
        assert episode["Name"] == "Complete Movie"
        assert episode["IDs"]["TMDB"] == {"Episode": [], "Movie": [1052946], "Show": []}
        assert len(await rows(sim, "/api/v3/Tmdb/Movie/1052946/Shoko/File")) == 1
        assert len(await rows(sim, "/api/v3/Tmdb/Movie/1052946/Shoko/Episode")) == 1


async def test_linking_over_the_api() -> None:
    """A file can be linked to an episode Shoko has, and lose the link again."""
    async with household() as sim:
        title = show(sim)
        sim.shoko.unmatched("E02")
        import_series(sim, title)
        await sim.advance(60)
        file = sim.shoko.file("E02")
        body = {"EpisodeIDs": [4106]}
        await ask(sim, f"/api/v3/File/{file.id}/Link", method="POST", body=body)
        assert [episode.label for episode in file.links] == ["2"]
        assert len(await rows(sim, "/api/v3/File?include_only=ManualLinks")) == 1
        wrong = {"EpisodeIDs": [1]}
        path = f"/api/v3/File/{file.id}/Link"
        await ask(sim, path, method="POST", body=wrong, status=400)
        await ask(sim, path, method="DELETE")
        assert file.links == ()


@pytest.mark.parametrize("version", [V5, V6])
async def test_faults_of_answers(version: str) -> None:
    """The dial works on Shoko as on everything else."""
    async with household(version) as sim:
        await _matched(sim)
        sim.faults("shoko").status = 500
        await ask(sim, "/api/v3/Queue", status=500)
        sim.faults("shoko").clear()
        sim.faults("shoko").short_pages = True
        body = await ask(sim, "/api/v3/File")
        assert isinstance(body, dict)
        assert (body["Total"], len(body["List"])) == (2, 1)
