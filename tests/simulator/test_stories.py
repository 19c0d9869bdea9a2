"""Stories run to their end, the same for every seed, and with real download clients."""

from datetime import UTC, datetime

import aiohttp
import pytest

from simulator import ExternalClient, Simulator, Title
from simulator.downloads import ClientView

from .conftest import Reader, Receiver

START = datetime(2026, 3, 3, 17, tzinfo=UTC)


def film(sim: Simulator) -> Title:
    """Let the metadata services know a film."""
    return sim.world.add_title_movie(title="Dune: Part Two", year=2024, tmdb=693134)


def show(sim: Simulator, *, unaired: int = 0) -> Title:
    """Let the metadata services know a series of two seasons."""
    return sim.world.add_title_series(
        title="Severance", year=2022, tmdb=95396, tvdb=371980, seasons={1: 3, 2: 3}, unaired=unaired
    )


async def test_a_film_from_asked_to_ready(sim: Simulator) -> None:
    """The beats come in the order of a life; `until` stops at the first of its name."""
    request = await sim.seerr.request(film(sim), user="bob")
    story = await sim.play(request, until="grabbed")
    assert story.seen == ["requested", "approved", "searching", "grabbed"]
    assert len(sim.qbittorrent.torrents) == 1
    assert await sim.step(request) == "downloading"
    await sim.play(request, until="available")
    assert story.seen[-3:] == ["downloaded", "imported", "available"]
    assert request.status.name == "COMPLETED"
    assert sim.radarr.downloads == []
    assert sim.jellyfin.item_id(request.title) is not None


async def test_a_series_with_a_pack_and_single_episodes(
    listening: Simulator, receiver: Receiver
) -> None:
    """Season 1 is one download, season 2 one per episode; Import Complete follows each."""
    request = await listening.seerr.request(show(listening))
    await listening.play(request)
    grabs = receiver.bodies("Grab")
    sizes = [len(body["episodes"]) for body in grabs if isinstance(body["episodes"], list)]
    assert sizes == [3, 1, 1, 1]
    imports = receiver.bodies("Download")
    assert sum("episodeFile" in body for body in imports) == 6
    complete = [body["fileCount"] for body in imports if "episodeFiles" in body]
    assert complete == [3, 1, 1, 1]
    assert request.status.name == "COMPLETED"


async def test_unaired_episodes_stay_open(sim: Simulator) -> None:
    """What has not aired is not grabbed; the season is not complete without it."""
    request = await sim.seerr.request(show(sim, unaired=1))
    await sim.play(request)
    entry = sim.sonarr.find(request.title)
    assert entry is not None
    assert [item.file is not None for item in entry.episodes] == [True] * 5 + [False]
    assert request.status.name == "APPROVED"
    assert request.side.status.name == "PARTIALLY_AVAILABLE"


async def test_hand_added_titles_never_meet_seerr(listening: Simulator, receiver: Receiver) -> None:
    """A film and a series added by hand reach the library without any request."""
    await listening.play(listening.stories.hand_added_film(film(listening)))
    await listening.play(listening.stories.hand_added_series(show(listening)))
    assert listening.seerr.requests == {}
    assert {"MovieAdded", "SeriesAdd"} <= {row.body.get("eventType") for row in receiver.received}
    assert listening.jellyfin.item_id(show(listening)) is None
    assert len(listening.sonarr.entries) == 3


async def test_a_failed_download_is_grabbed_again(listening: Simulator, receiver: Receiver) -> None:
    """Two grabs of two hashes, one import."""
    request = await listening.seerr.request(film(listening))
    story = await listening.play(listening.stories.failed_then_regrabbed(request))
    assert story.seen.count("grabbed") == 2
    assert len({body["downloadId"] for body in receiver.bodies("Grab")}) == 2
    assert len(receiver.bodies("Download")) == 1
    assert [row.event for row in listening.radarr.history] == [
        "grabbed",
        "downloadFailed",
        "grabbed",
        "downloadFolderImported",
    ]


async def test_an_existing_file_makes_no_noise(listening: Simulator, receiver: Receiver) -> None:
    """Found by a rescan: neither Grab nor Download, yet available."""
    request = await listening.seerr.request(film(listening))
    await listening.play(listening.stories.existing_file(request))
    assert receiver.bodies("Grab") == receiver.bodies("Download") == []
    assert request.status.name == "COMPLETED"


async def test_a_blocked_import_waits_for_a_person(
    listening: Simulator, receiver: Receiver
) -> None:
    """ManualInteractionRequired comes, later the import after all."""
    request = await listening.seerr.request(film(listening))
    await listening.play(listening.stories.blocked_import(request), until="available")
    assert len(receiver.bodies("ManualInteractionRequired")) == 1
    assert len(receiver.bodies("Download")) == 1


async def test_4k_beside_hd(sim: Simulator) -> None:
    """Both copies of a film lie on the disk, each request ends with its own."""
    title = film(sim)
    plain = await sim.seerr.request(title)
    better = await sim.seerr.request(title, is_4k=True)
    await sim.play(plain, until="available")
    assert (plain.status.name, better.status.name) == ("COMPLETED", "APPROVED")
    await sim.play(better, until="available")
    assert better.status.name == "COMPLETED"
    paths = [path for path, file in sim.world.disk.items() if file.title is title]
    assert {path.split("/")[3] for path in paths} == {"movies", "movies-4k"}


async def test_a_download_that_never_ends_is_an_error(
    sim: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stalled torrent stays in the queue with a warning; the story gives up at last."""
    monkeypatch.setattr("simulator.scenario.PATIENCE", 5)
    request = await sim.seerr.request(film(sim))
    story = await sim.play(request, until="downloading")
    sim.qbittorrent.stall(next(iter(sim.qbittorrent.torrents)))
    with pytest.raises(TimeoutError, match="does not end"):
        await sim.play(story)


async def test_anime_goes_to_its_own_folder(sim: Simulator, read: Reader) -> None:
    """Seerr knows the keyword, Sonarr the type and the folder, Radarr nothing."""
    title = sim.world.add_title_series(
        title="Frieren", year=2023, tmdb=209867, tvdb=424536, seasons={1: 2}, anime=True
    )
    await sim.play(await sim.seerr.request(title), until="available")
    details = await read.get("seerr", "/api/v1/tv/209867")
    assert isinstance(details, dict)
    assert [row["id"] for row in details["keywords"]] == [210024]
    entry = sim.sonarr.find(title)
    assert entry is not None
    assert (entry.series_type, entry.root) == ("anime", "/data/media/anime")


async def test_an_unknown_beat_is_an_error(sim: Simulator) -> None:
    """A story that never comes to the beat says so instead of pretending."""
    request = await sim.seerr.request(film(sim))
    with pytest.raises(LookupError, match="no beat"):
        await sim.play(request, until="married")


async def _life(receiver: Receiver, seed: int) -> list[bytes]:
    receiver.received.clear()
    async with Simulator(seed=seed, start=START) as sim:
        sim.radarr.notifications.register(receiver.url)
        sim.seerr.slot.register(receiver.url)
        sim.jellyfin.plugin.register(receiver.url)
        await sim.play(await sim.seerr.request(film(sim)), until="available")
        await sim.advance(30)
    return [row.raw for row in receiver.received]


async def test_a_life_is_determined_by_the_seed(receiver: Receiver) -> None:
    """Byte for byte the same webhooks for a seed, other ids for another."""
    first, again, other = [await _life(receiver, seed) for seed in (7, 7, 8)]
    assert first == again
    assert first != other
    assert len(first) == len(other)


async def test_a_story_beside_everything_else(socket_enabled: None) -> None:
    """In real time the story plays in the background, here very fast."""
    async with Simulator(stepped=False, speed=100_000) as sim:
        request = await sim.seerr.request(film(sim))
        await sim.stories.run(sim.follow(request))
    assert request.status.name == "COMPLETED"


async def test_progress_of_a_foreign_client_is_read_through(sim: Simulator, read: Reader) -> None:
    """The queue shows what the callable says about the hash that was handed over."""
    left = {"value": 600}

    def look(key: str) -> ClientView | None:
        assert key == "a" * 40
        return ClientView(
            size=1000,
            size_left=left["value"],
            status="downloading" if left["value"] else "completed",
            eta_seconds=12,
            output_path="/somewhere/film",
        )

    entry = sim.radarr.add(film(sim))
    client = ExternalClient(read=look)
    download = sim.radarr.grab(entry, client=client, download_id="a" * 40)
    assert download.client_id == "A" * 40

    async def record() -> dict[str, object]:
        page = await read.get("radarr", "/api/v3/queue")
        assert isinstance(page, dict)
        row = page["records"][0]
        assert isinstance(row, dict)
        return row

    row = await record()
    assert (row["size"], row["sizeleft"], row["timeleft"]) == (1000, 600, "00:00:12")
    left["value"] = 0
    row = await record()
    assert (row["status"], row["trackedDownloadState"]) == ("completed", "importPending")
    sim.radarr.import_download(download)
    assert entry.file is not None
    assert str(entry.file.source_path).startswith("/somewhere/film/")


@pytest.mark.parametrize("version", ["4.5.2", "5.3.0"])
async def test_a_client_at_an_address_is_read_over_http(socket_enabled: None, version: str) -> None:
    """A story waits for a qBittorrent that is only known by its address."""
    names = ["radarr", "jellyfin", "qbittorrent", "qbittorrent:outside"]
    async with Simulator(services=names, versions={"outside": version}) as sim:
        outside = sim.all_of(type(sim.qbittorrent))[1]
        outside.add_torrent("b" * 40, "Dune.Part.Two", 10**9)
        login = (outside.auth.username, outside.auth.password)
        client = ExternalClient(sim.url("outside"), *login)
        entry = sim.radarr.add(film(sim))
        download = sim.radarr.grab(entry, client=client, download_id="b" * 40)
        await client.refresh()
        assert download.view().size_left == 10**9
        await sim.advance(5)
        await client.refresh()
        assert download.view().size_left == 750_000_000
        await sim.advance(60)
        await client.refresh()
        assert (download.view().status, sim.qbittorrent.torrents) == ("completed", {})


async def test_a_big_household_is_served_whole(http: aiohttp.ClientSession) -> None:
    """Profile L has its 5,000 films, 1,000 series and 50,000 episodes everywhere."""
    async with Simulator(profile="L", services=["radarr", "sonarr", "jellyfin"]) as sim:
        read = Reader(sim, http)
        films = await read.get("radarr", "/api/v3/movie")
        series = await read.get("sonarr", "/api/v3/series")
        items = await read.get("jellyfin", "/Items?recursive=true&includeItemTypes=Episode&limit=1")
    assert isinstance(films, list)
    assert isinstance(series, list)
    assert isinstance(items, dict)
    assert (len(films), len(series)) == (5_000, 1_000)
    episodes = sum(row["statistics"]["totalEpisodeCount"] for row in series)
    assert episodes == items["TotalRecordCount"] == 50_000
