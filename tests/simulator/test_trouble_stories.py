"""Stories of titles that get stuck: each stays so until it is mended, and then ends well."""

from collections.abc import AsyncGenerator, Awaitable, Callable

import aiohttp
import pytest

from simulator import Simulator, Title
from simulator.arr_pending import hand_over, pend
from simulator.scenario import Story
from simulator.server import DEFAULT
from simulator.trouble_stories import NO_MAPPING, NOT_A_SAMPLE, TroubleStories

from .test_arr import Client

type Tell = Callable[[TroubleStories, Title], Story]
type Help = Callable[[Simulator], Awaitable[None]]


@pytest.fixture
async def sim(socket_enabled: None) -> AsyncGenerator[Simulator]:
    """Return a household with a Shoko."""
    async with Simulator(profile="tiny", seed=1, services=(*DEFAULT, "shoko")) as simulator:
        yield simulator


def film(sim: Simulator) -> Title:
    """Let the metadata services know a film."""
    return sim.world.add_title_movie(title="Heat", year=1995, tmdb=949)


def series(sim: Simulator) -> Title:
    """Let the metadata services know a series."""
    return sim.world.add_title_series(
        title="Severance", year=2022, tmdb=95396, tvdb=371980, seasons={1: 3}
    )


@pytest.mark.parametrize(
    "tell",
    [
        TroubleStories.not_monitored,
        TroubleStories.unreachable_client,
        TroubleStories.no_sources,
        TroubleStories.missing_files,
        TroubleStories.full_disk,
    ],
)
async def test_a_person_mends_it(sim: Simulator, tell: Tell) -> None:
    """Nothing comes by itself, however long nobody does anything; then all goes well."""
    title = film(sim)
    story = tell(TroubleStories(sim), title)
    await sim.play(story, until="trouble")
    await sim.advance(86_400)
    assert sim.jellyfin.playable_files(title) == []
    await sim.play(story)
    assert story.seen[-1] == "available"
    assert len(sim.jellyfin.playable_files(title)) == 1
    assert sim.radarr.downloads == []


async def check_radarr(sim: Simulator) -> None:
    """Have Radarr look at its downloads."""
    await sim.radarr.obey("RefreshMonitoredDownloads", {})


async def scan_films(sim: Simulator) -> None:
    """Have Jellyfin look through the library of films."""
    assert sim.jellyfin.refresher.refresh(sim.jellyfin.library_id("Movies")) is not None


@pytest.mark.parametrize(
    ("tell", "assist"),
    [
        (TroubleStories.blocked, check_radarr),
        (TroubleStories.path_not_visible, check_radarr),
        (TroubleStories.unseen, scan_films),
    ],
)
async def test_somebody_has_to_ask_again(sim: Simulator, tell: Tell, assist: Help) -> None:
    """What a person put right is not noticed before the service is told to look."""
    title = film(sim)
    story = tell(TroubleStories(sim), title)
    await sim.play(story, until="put_right")
    await sim.advance(86_400)
    assert sim.jellyfin.playable_files(title) == []
    await assist(sim)
    await sim.play(story)
    assert story.seen[-2:] == ["mended", "available"]
    assert len(sim.jellyfin.playable_files(title)) == 1


async def test_a_story_does_not_wait_for_ever(sim: Simulator) -> None:
    """Where nobody tries again the story says so."""
    story = TroubleStories(sim, patience=60).unseen(film(sim))
    with pytest.raises(TimeoutError):
        await sim.play(story)
    assert story.seen[-1] == "put_right"


async def test_a_wish_is_handed_over_again(sim: Simulator) -> None:
    """Seerr has it as failed, and Sonarr nothing of it, until Seerr is told to send it again."""
    title = series(sim)
    story = TroubleStories(sim).never_handed_over(title)
    await sim.play(story, until="put_right")
    (request,) = sim.seerr.requests.values()
    assert request.status.name == "FAILED"
    assert sim.sonarr.find(title) is None
    await sim.seerr.retry(request)
    await sim.play(story)
    assert len(sim.jellyfin.playable_files(title)) == 3


async def test_an_overlooked_download_is_found_when_looked_for(
    sim: Simulator, http: aiohttp.ClientSession
) -> None:
    """It is in no queue although it is finished; told to look, Sonarr sorts it in."""
    title, client = series(sim), Client(sim, http, "sonarr")
    story = TroubleStories(sim).overlooked(title)
    await sim.play(story, until="put_right")
    assert await queue(client) == []
    (torrent,) = sim.qbittorrent.torrents.values()
    assert torrent.done(sim.clock.now())
    await client("POST", "/command", {"name": "RefreshMonitoredDownloads"})
    await sim.play(story)
    assert len(sim.jellyfin.playable_files(title)) == 3


async def test_a_file_that_anidb_does_not_know_is_linked(sim: Simulator) -> None:
    """The film is in no library before somebody links its file."""
    title = sim.world.add_anime_film(title="A Fox in Fog", year=2019, tmdb=9_500_001)
    story = TroubleStories(sim).unknown_to_shoko(title)
    await sim.play(story, until="trouble")
    assert not sim.shoko.file(title.title).links
    assert sim.jellyfin.playable_files(title) == []
    await sim.play(story)
    assert story.seen[-1] == "available"
    assert len(sim.jellyfin.playable_files(title)) == 1


async def test_what_no_client_takes_waits_in_the_queue(
    sim: Simulator, http: aiohttp.ClientSession
) -> None:
    """Without download id and history, as the contract has it, until it can be handed over."""
    client = Client(sim, http, "radarr")
    entry = sim.radarr.add(film(sim))
    pend(sim.radarr, entry)
    (row,) = await queue(client)
    assert row["status"] == "downloadClientUnavailable"
    assert not {"downloadId", "trackedDownloadState", "trackedDownloadStatus"} & row.keys()
    assert row["sizeleft"] == row["size"]
    assert sim.radarr.history == []
    download = hand_over(sim.radarr, entry)
    (row,) = await queue(client)
    assert row["downloadId"] == download.client_id
    assert row["title"] == download.release.title
    assert [line.event for line in sim.radarr.history] == ["grabbed"]


@pytest.mark.parametrize(
    ("tell", "message", "state"),
    [
        (TroubleStories.blocked, NOT_A_SAMPLE, "importBlocked"),
        (TroubleStories.path_not_visible, NO_MAPPING, "importPending"),
    ],
)
async def test_the_queue_says_why(
    sim: Simulator, http: aiohttp.ClientSession, tell: Tell, message: str, state: str
) -> None:
    """Only what needs a decision is called blocked; both have their reason."""
    await sim.play(tell(TroubleStories(sim), film(sim)), until="trouble")
    (row,) = await queue(Client(sim, http, "radarr"))
    assert (row["trackedDownloadStatus"], row["trackedDownloadState"]) == ("warning", state)
    assert row["statusMessages"] == [{"title": row["title"], "messages": [message]}]


async def queue(client: Client) -> list[dict[str, object]]:
    """Return what the queue of an arr shows."""
    status, body = await client("GET", "/queue?pageSize=100")
    assert status == 200
    assert isinstance(body, dict)
    records = body["records"]
    assert isinstance(records, list)
    return records
