"""Every webhook we send has the keys, the order and the types of the contract's samples."""

import json

from simulator import Simulator, UsenetClient

from .conftest import Receiver
from .shapes import differences, sample

# What the real senders leave out when they do not know it, or what only some files have.
OPTIONAL = {"overview", "recycleBinPath", "sourcePath", "releaseGroup", "sceneName", "imdbId"}


def check(
    receiver: Receiver, word: str, service: str, name: str, free: set[str] = OPTIONAL
) -> None:
    """Compare the last event of a kind with a sample."""
    assert differences(receiver.last(word), sample(service, name), free=free) == []


async def test_a_film_in_radarr(listening: Simulator, receiver: Receiver) -> None:
    """MovieAdded, Grab and Download are Radarr's."""
    film = listening.world.add_title_movie(title="Dune: Part Two", year=2024, tmdb=693134)
    entry = listening.radarr.add(film, tags=["7-alice"])
    download = listening.radarr.grab(entry)
    listening.radarr.complete(download)
    listening.radarr.import_download(download)
    await listening.settle()
    check(receiver, "MovieAdded", "radarr", "radarr-movie-added-manual")
    check(receiver, "Grab", "radarr", "radarr-grab")
    check(receiver, "Download", "radarr", "radarr-download")
    grabbed, imported = receiver.last("Grab"), receiver.last("Download")
    assert grabbed["downloadId"] == imported["downloadId"] == str(grabbed["downloadId"]).upper()
    assert receiver.received[-1].headers["User-Agent"].startswith("Radarr/6.")
    assert b'\n  "movie": {' in receiver.received[-1].raw


async def test_an_upgrade_in_radarr(listening: Simulator, receiver: Receiver) -> None:
    """The old file's deletion comes first, then Download with the list of deleted files."""
    entry = listening.radarr.entries[1]
    await listening.play(listening.stories.upgrade(entry), until="imported")
    check(receiver, "MovieFileDelete", "radarr", "radarr-movie-file-delete-upgrade")
    check(receiver, "Download", "radarr", "radarr-download-upgrade")
    words = [row.body.get("eventType") for row in receiver.received]
    assert words == ["Grab", "MovieFileDelete", "Download"]


async def test_the_other_events_of_radarr(listening: Simulator, receiver: Receiver) -> None:
    """Rename, manual import, block, delete and health are Radarr's."""
    radarr = listening.radarr
    entry = radarr.entries[1]
    radarr.rename(entry, "Renamed.mkv")
    radarr.delete_file(entry)
    radarr.import_file(entry, quality="HDTV-720p")
    radarr.block(radarr.grab(entry))
    radarr.health("Indexers unavailable due to failures")
    radarr.health_restored()
    await listening.settle()
    check(receiver, "Rename", "radarr", "radarr-rename")
    check(receiver, "MovieFileDelete", "radarr", "radarr-movie-file-delete-manual")
    check(receiver, "Download", "radarr", "radarr-download-manual-import-no-id")
    check(receiver, "ManualInteractionRequired", "radarr", "radarr-manual-interaction")
    check(receiver, "Health", "radarr", "radarr-health")
    check(receiver, "HealthRestored", "radarr", "radarr-health-restored")
    radarr.block(radarr.track_unknown("Unknown.Film.2020"))
    radarr.delete(entry)
    await listening.settle()
    name = "radarr-manual-interaction-unknown-movie"
    check(receiver, "ManualInteractionRequired", "radarr", name)
    check(receiver, "MovieDelete", "radarr", "radarr-movie-delete-with-files")


async def test_other_download_clients(listening: Simulator, receiver: Receiver) -> None:
    """SABnzbd has ids of its own form, a blackhole has none."""
    entry = listening.radarr.entries[1]
    listening.radarr.grab(entry, client=UsenetClient(listening.clock))
    await listening.settle()
    check(receiver, "Grab", "radarr", "radarr-grab-usenet")
    assert str(receiver.last("Grab")["downloadId"]).startswith("SABnzbd_nzo_")
    listening.radarr.grab(entry, client=UsenetClient(listening.clock, blackhole=True))
    await listening.settle()
    check(receiver, "Grab", "radarr", "radarr-grab-no-download-id")


async def test_episodes_in_sonarr(listening: Simulator, receiver: Receiver) -> None:
    """A release of two episodes: one Grab, one file, one Import Complete."""
    show = listening.world.add_title_series(
        title="Severance", year=2022, tmdb=95396, tvdb=371980, seasons={1: 9, 2: 10}
    )
    entry = listening.sonarr.add(show, tags=["7-alice"])
    download = listening.sonarr.grab(entry, entry.season(2)[:2])
    listening.sonarr.complete(download)
    listening.sonarr.import_download(download)
    await listening.settle()
    check(receiver, "SeriesAdd", "sonarr", "sonarr-series-add-anime")
    check(receiver, "Grab", "sonarr", "sonarr-grab-multi-episode")
    per_file, complete = receiver.bodies("Download")
    multi = sample("sonarr", "sonarr-download-multi-episode-file")
    assert differences(per_file, multi, free=OPTIONAL) == []
    single = sample("sonarr", "sonarr-import-complete-single")
    assert differences(complete, single, free=OPTIONAL) == []
    assert complete["fileCount"] == 1


async def test_flags_choose_the_import_shape(sim: Simulator, receiver: Receiver) -> None:
    """With one flag only one of the two import bodies comes."""
    row = sim.sonarr.notifications.register(receiver.url, onImportComplete=False)
    entry = sim.sonarr.entries[1]
    for flag, key in (("onDownload", "episodeFile"), ("onImportComplete", "episodeFiles")):
        row.body |= {"onDownload": False, "onImportComplete": False, flag: True}
        sim.sonarr.delete_file(entry.episodes[0])
        await sim.settle()
        receiver.received.clear()
        download = sim.sonarr.grab(entry, entry.episodes[:1])
        sim.sonarr.complete(download)
        sim.sonarr.import_download(download)
        await sim.settle()
        assert [key in body for body in receiver.bodies("Download")] == [True]


async def test_the_other_events_of_sonarr(listening: Simulator, receiver: Receiver) -> None:
    """Upgrade, manual import, rename, block, delete and health are Sonarr's."""
    sonarr = listening.sonarr
    entry = sonarr.entries[1]
    first = entry.episodes[0]
    download = sonarr.grab(entry, [first], quality="WEBDL-2160p")
    sonarr.complete(download)
    sonarr.import_download(download)
    await listening.settle()
    check(receiver, "EpisodeFileDelete", "sonarr", "sonarr-episode-file-delete-upgrade")
    upgrade = sample("sonarr", "sonarr-download-upgrade")
    assert differences(receiver.bodies("Download")[0], upgrade, free=OPTIONAL) == []
    sonarr.rename(first, "Season 01/Renamed.mkv")
    sonarr.delete_file(first)
    sonarr.import_by_hand([first])
    sonarr.block(sonarr.track_unknown("Unknown.Show.S01E01"))
    sonarr.health("Indexers unavailable due to failures")
    sonarr.health_restored()
    sonarr.delete(entry, files=False)
    await listening.settle()
    check(receiver, "Rename", "sonarr", "sonarr-rename")
    check(receiver, "EpisodeFileDelete", "sonarr", "sonarr-episode-file-delete-manual")
    by_hand = sample("sonarr", "sonarr-download-manual-import-no-id")
    assert differences(receiver.bodies("Download")[-2], by_hand, free=OPTIONAL) == []
    check(receiver, "Download", "sonarr", "sonarr-import-complete-manual-untracked")
    name = "sonarr-manual-interaction-unknown-series"
    check(receiver, "ManualInteractionRequired", "sonarr", name)
    check(receiver, "Health", "sonarr", "sonarr-health")
    check(receiver, "HealthRestored", "sonarr", "sonarr-health-restored")
    check(receiver, "SeriesDelete", "sonarr", "sonarr-series-delete-keep-files")


async def test_requests_in_seerr(listening: Simulator, receiver: Receiver) -> None:
    """Every request event has the recorded keys; every value is a string."""
    world, seerr = listening.world, listening.seerr
    film = world.add_title_movie(title="Dune: Part Two", year=2024, tmdb=693134)
    request = await seerr.request(film, user="bob")
    await listening.play(request, until="available")
    show = world.add_title_series(title="Fallout", year=2024, tmdb=1, tvdb=2, seasons={1: 2, 2: 2})
    await seerr.request(show)
    other = world.add_title_movie(title="Alien", year=1979, tmdb=348)
    await seerr.decline(await seerr.request(other, user="bob"))
    await listening.down("radarr")
    lost = world.add_title_movie(title="Heat", year=1995, tmdb=949)
    await seerr.request(lost)
    await listening.settle()
    for word, name in (
        ("MEDIA_PENDING", "webhook-pending-movie"),
        ("MEDIA_APPROVED", "webhook-approved-movie"),
        ("MEDIA_AVAILABLE", "webhook-available-movie"),
        ("MEDIA_DECLINED", "webhook-declined-movie"),
        ("MEDIA_FAILED", "webhook-failed-movie"),
    ):
        check(receiver, word, "seerr", name)
    series = receiver.bodies("MEDIA_AUTO_APPROVED")[0]
    recorded = sample("seerr", "webhook-auto-approved-tv-two-seasons")
    assert differences(series, recorded) == []
    assert series["extra"] == [{"name": "Requested Seasons", "value": "1, 2"}]
    assert series["media"] == {
        "media_type": "tv",
        "tmdbId": "1",
        "tvdbId": "2",
        "status": "PENDING",
        "status4k": "UNKNOWN",
    }


async def test_4k_only_shows_in_the_event_text(listening: Simulator, receiver: Receiver) -> None:
    """A 4K request goes to the 4K server and says so only in `event` and `status4k`."""
    film = listening.world.add_title_movie(title="Dune: Part Two", year=2024, tmdb=693134)
    await listening.seerr.request(film, is_4k=True, user="bob")
    await listening.settle()
    body = receiver.last("MEDIA_PENDING")
    assert differences(body, sample("seerr", "webhook-pending-movie-4k")) == []
    assert body["event"] == "New 4K Movie Request"


async def test_items_in_jellyfin(listening: Simulator, receiver: Receiver) -> None:
    """Additions come as text/plain after the plugin's 30 seconds, deletions without streams."""
    world = listening.world
    film = world.add_title_movie(title="Dune: Part Two", year=2024, tmdb=693134)
    await listening.play(await listening.seerr.request(film), until="available")
    show = world.add_title_series(title="Fallout", year=2024, tmdb=1, tvdb=2, seasons={1: 2})
    await listening.play(await listening.seerr.request(show), until="available")
    await listening.advance(30)
    streams = {key for key in receiver.last("ItemAdded") if key.startswith(("Video_", "Audio_"))}
    assert streams
    by_type = {str(body["ItemType"]): body for body in receiver.bodies("ItemAdded")}
    free = {"Provider_tmdbcollection", "Provider_imdb"}
    for kind in ("Movie", "Series", "Season", "Episode"):
        recorded = sample("jellyfin", f"item-added-{kind.lower()}")
        assert differences(by_type[kind], recorded, free=free) == []
    assert receiver.received[-1].headers["Content-Type"] == "text/plain; charset=utf-8"
    entry = listening.radarr.find(film)
    assert entry is not None
    listening.radarr.delete(entry)
    await listening.jellyfin.scan()
    await listening.advance(30)
    check(receiver, "ItemDeleted", "jellyfin", "item-deleted-movie", free)


async def test_quotes_reach_jellyfins_receiver_escaped_twice(
    listening: Simulator, receiver: Receiver
) -> None:
    """The plugin escapes quotes before it encodes JSON, and writes apostrophes as escapes."""
    film = listening.world.add_title_movie(title='The "Best" Man\'s Film', year=2020, tmdb=77)
    await listening.play(await listening.seerr.request(film), until="available")
    await listening.advance(30)
    assert receiver.last("ItemAdded")["Name"] == 'The \\"Best\\" Man\'s Film'
    raw = next(row.raw for row in receiver.received if b"ItemAdded" in row.raw)
    assert b"\\u0027" in raw
    assert json.loads(raw)["ItemType"] == "Movie"


async def test_test_calls_have_the_fixed_bodies(listening: Simulator, receiver: Receiver) -> None:
    """Radarr's, Sonarr's and Seerr's Test equal the samples value by value."""
    for arr, service in ((listening.radarr, "radarr"), (listening.sonarr, "sonarr")):
        assert arr.test_payload() == sample(service, f"{service}-test")
