"""Every REST answer has the keys and the types of the contract's samples and documents."""

import json

import aiohttp
import pytest

from simulator import Simulator
from simulator.seerr_state import SeerrRequest
from simulator.validate import available, problems

from .conftest import Reader
from .shapes import differences, sample

HISTORY = "/api/v3/history/since?date=2020-01-01T00:00:00Z"


async def busy(sim: Simulator) -> tuple[SeerrRequest, SeerrRequest]:
    """Let a film and a season be on their way."""
    film = sim.world.add_title_movie(title="Dune: Part Two", year=2024, tmdb=693134)
    show = sim.world.add_title_series(
        title="Severance", year=2022, tmdb=95396, tvdb=371980, seasons={1: 9, 2: 10}
    )
    first = await sim.seerr.request(film, user="bob")
    await sim.play(first, until="downloading")
    second = await sim.seerr.request(show)
    await sim.play(second, until="downloading")
    return first, second


async def test_the_queues(sim: Simulator, read: Reader) -> None:
    """One record for a film, one per episode of a pack with the full size in each."""
    await busy(sim)
    radarr = await read.get("radarr", "/api/v3/queue?sortDirection=ascending")
    sonarr = await read.get("sonarr", "/api/v3/queue?sortDirection=ascending")
    assert differences(radarr, sample("radarr", "radarr-api-queue-page")) == []
    assert differences(sonarr, sample("sonarr", "sonarr-api-queue-page-season-pack")) == []
    assert isinstance(sonarr, dict)
    assert (sonarr["totalRecords"], len(sonarr["records"])) == (19, 10)
    everything = await read.get("sonarr", "/api/v3/queue?pageSize=1000")
    assert isinstance(everything, dict)
    pack = [row for row in everything["records"] if row["seasonNumber"] == 1]
    assert len({row["downloadId"] for row in pack}) == 1
    assert len({row["size"] for row in pack}) == 1
    assert len({row["id"] for row in everything["records"]}) == 19


async def test_a_blocked_record(sim: Simulator, read: Reader) -> None:
    """A blocked import shows in the queue with its messages."""
    entry = sim.sonarr.entries[1]
    sim.sonarr.block(sim.sonarr.grab(entry, entry.episodes[:1]))
    page = await read.get("sonarr", "/api/v3/queue")
    blocked = sample("sonarr", "sonarr-api-queue-page-import-blocked")
    assert differences(page, blocked, free={"estimatedCompletionTime", "timeleft"}) == []
    assert isinstance(page, dict)
    record = page["records"][0]
    assert (record["trackedDownloadState"], record["sizeleft"]) == ("importBlocked", 0)


async def test_unknown_downloads_only_on_demand(sim: Simulator, read: Reader) -> None:
    """Downloads of unknown titles stand in the queue only for those who ask."""
    sim.radarr.track_unknown("Unknown.Film.2020")
    hidden = await read.get("radarr", "/api/v3/queue")
    shown = await read.get("radarr", "/api/v3/queue?includeUnknownMovieItems=true")
    assert isinstance(hidden, dict)
    assert isinstance(shown, dict)
    assert (hidden["totalRecords"], shown["totalRecords"]) == (0, 1)
    assert "movieId" not in shown["records"][0]


async def test_the_histories(sim: Simulator, read: Reader) -> None:
    """Grabbed, imported and failed lines have the samples' keys."""
    first, second = await busy(sim)
    await sim.play(first, until="imported")
    await sim.play(second, until="imported")
    entry = sim.sonarr.entries[1]
    sim.sonarr.fail(sim.sonarr.grab(entry, entry.episodes[:1]))
    samples = {
        "radarr": sample("radarr", "radarr-api-history-since"),
        "sonarr": sample("sonarr", "sonarr-api-history-since"),
    }
    for name, theirs in samples.items():
        rows = await read.get(name, HISTORY)
        assert isinstance(rows, list)
        assert isinstance(theirs, list)
        assert rows == sorted(rows, key=lambda row: (row["date"], row["id"]))
        for recorded in theirs:
            ours = [row for row in rows if row["eventType"] == recorded["eventType"]]
            assert differences(ours[-1], recorded) == []


async def test_seerrs_answers(sim: Simulator, read: Reader) -> None:
    """The request list and its relatives have the recorded keys."""
    await busy(sim)
    free = {"serviceUrl", "serviceUrl4k", "mediaUrl", "plexUsername", "episode", "modifiedBy"}
    for path, name in (
        ("/request?take=3&filter=all&sort=added", "api-request-list"),
        ("/request/1", "api-request-get-downloading-movie"),
        ("/request/2", "api-request-get-tv-partial"),
        ("/request/count", "api-request-count"),
        ("/user", "api-user-list"),
        ("/auth/me", "api-auth-me"),
        ("/status", "api-status"),
        ("/settings/public", "api-settings-public"),
        ("/settings/radarr", "api-settings-radarr"),
        ("/settings/sonarr", "api-settings-sonarr"),
        ("/settings/jobs", "api-jobs"),
        ("/media", "api-media-list"),
    ):
        ours = await read.get("seerr", f"/api/v1{path}")
        found = differences(_sorted(ours), _sorted(sample("seerr", name)), free=free)
        assert (name, found) == (name, [])


async def test_seerrs_titles(sim: Simulator, read: Reader) -> None:
    """Title details have the recorded keys and Seerr's own knowledge of them."""
    await busy(sim)
    free = {"serviceUrl", "mediaUrl", "issues", "watchlists", "modifiedBy", "tagline"}
    for path, name in (
        ("/movie/693134", "api-movie-with-processing-request"),
        ("/tv/95396", "api-tv-partially-available"),
    ):
        ours = await read.get("seerr", f"/api/v1{path}")
        found = differences(_sorted(ours), _sorted(sample("seerr", name)), free=free)
        assert (name, found) == (name, [])


def _sorted(body: object) -> object:
    """Sort keys: Seerr's order follows its database, nobody relies on it."""
    return json.loads(json.dumps(body, sort_keys=True))


async def test_jellyfins_answers(sim: Simulator, read: Reader) -> None:
    """Items, libraries, tasks and plugins have the samples' keys."""
    await busy(sim)
    sim.jellyfin.library.show_missing = True
    await sim.jellyfin.scan()
    query = "?recursive=true&fields=ProviderIds,Path,DateCreated&includeItemTypes="
    optional = {"OfficialRating", "CommunityRating", "TmdbCollection", "Imdb", "Status", "AirDays"}
    optional |= {"EndDate", "Primary"}
    series = sim.jellyfin.library.of(sim.sonarr.entries[1].title)[0]
    for path, name in (
        (f"/Items{query}Movie", "items-movie"),
        (f"/Items{query}Series", "items-series"),
        (
            f"/Shows/{series.id}/Episodes?fields=ProviderIds,Path,DateCreated",
            "shows-episodes-with-missing",
        ),
        ("/Library/VirtualFolders", "virtual-folders"),
        ("/ScheduledTasks", "scheduled-tasks"),
        ("/Plugins", "plugins-get"),
        ("/System/Info/Public", "system-info-public"),
    ):
        ours = await read.get("jellyfin", path)
        free = optional | {"CurrentProgressPercentage", "RefreshProgress"}
        found = differences(ours, sample("jellyfin", name), free=free)
        assert (name, found) == (name, [])


@pytest.mark.skipif(not available(), reason="the OpenAPI documents are not at hand")
async def test_answers_agree_with_the_openapi_documents(read: Reader, sim: Simulator) -> None:
    """No answer breaks the service's own document."""
    await busy(sim)
    found: list[str] = []
    checked = 0
    for name, route, path in (
        ("radarr", "/api/v3/movie", "/api/v3/movie"),
        ("radarr", "/api/v3/movie/{}", "/api/v3/movie/1"),
        ("radarr", "/api/v3/queue", "/api/v3/queue"),
        ("radarr", "/api/v3/history/since", HISTORY),
        ("radarr", "/api/v3/notification", "/api/v3/notification"),
        ("radarr", "/api/v3/notification/schema", "/api/v3/notification/schema"),
        ("radarr", "/api/v3/system/status", "/api/v3/system/status"),
        ("radarr", "/api/v3/rootfolder", "/api/v3/rootfolder"),
        ("radarr", "/api/v3/tag", "/api/v3/tag"),
        ("radarr", "/api/v3/moviefile", "/api/v3/moviefile?movieId=1"),
        ("radarr", "/api/v3/downloadclient", "/api/v3/downloadclient"),
        ("sonarr", "/api/v3/series", "/api/v3/series"),
        ("sonarr", "/api/v3/series/{}", "/api/v3/series/1"),
        ("sonarr", "/api/v3/episode", "/api/v3/episode?seriesId=1&includeEpisodeFile=true"),
        ("sonarr", "/api/v3/queue", "/api/v3/queue"),
        ("sonarr", "/api/v3/history/since", HISTORY),
        ("sonarr", "/api/v3/notification/schema", "/api/v3/notification/schema"),
        ("seerr", "/api/v1/request", "/api/v1/request"),
        ("seerr", "/api/v1/movie/{}", "/api/v1/movie/693134"),
        ("seerr", "/api/v1/settings/radarr", "/api/v1/settings/radarr"),
        ("jellyfin", "/Items", "/Items?recursive=true&fields=Path,ProviderIds,MediaSources"),
        ("jellyfin", "/System/Info", "/System/Info"),
        ("jellyfin", "/Users", "/Users"),
        ("jellyfin", "/Library/VirtualFolders", "/Library/VirtualFolders"),
        ("jellyfin", "/ScheduledTasks", "/ScheduledTasks"),
        ("jellyfin", "/Plugins", "/Plugins"),
    ):
        result = problems(name, "GET", route, await read.get(name, path))
        checked += result is not None
        found += [f"{name} {path}: {text}" for text in result or ()]
    assert found == []
    assert checked == 26


@pytest.mark.skipif(not available(), reason="the OpenAPI documents are not at hand")
async def test_a_household_can_watch_itself(http: aiohttp.ClientSession) -> None:
    """`validate=True` checks every answer while it runs and collects what is wrong."""
    async with Simulator(services=["radarr"], validate=True) as sim:
        read = Reader(sim, http)
        await read.get("radarr", "/api/v3/movie")
        assert sim.violations == []
        sim.radarr.labels.append(4)  # type: ignore[arg-type]  # the mistake to be found
        await read.get("radarr", "/api/v3/tag")
        assert len(sim.violations) == 1
        assert "/api/v3/tag" in sim.violations[0]


@pytest.mark.skipif(not available(), reason="the OpenAPI documents are not at hand")
def test_the_validator_can_find_something() -> None:
    """A wrong type is found, and the recorded answers pass."""
    wrong = {"records": [{"movieId": "four hundred"}]}
    assert problems("radarr", "GET", "/api/v3/queue", wrong)
    recorded = sample("radarr", "radarr-api-queue-page")
    assert problems("radarr", "GET", "/api/v3/queue", recorded) == []
    requests = sample("seerr", "api-request-list")
    assert problems("seerr", "GET", "/api/v1/request", requests) == []
    assert problems("radarr", "GET", "/api/v3/nonsense", {}) is None
