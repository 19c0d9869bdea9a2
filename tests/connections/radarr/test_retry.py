"""Check what trying again does in Radarr: never more than the film needs."""

from asyncio import gather
from dataclasses import replace

import pytest

from custom_components.media_status.clients.errors import ClientError
from custom_components.media_status.connections.base import Action, WantedTitle
from custom_components.media_status.lifecycle.model import MediaType, ProviderIds, Stage
from simulator import Title
from simulator.arr_state import Download, MovieEntry
from tests.connections.house import House, film as wanted_film, wanted_of

SEARCH = ("search_title", "Heat")
CHECK = ("check_downloads", "Heat")
RESCAN = ("rescan_title", "Heat")


@pytest.fixture
async def heat(house: House) -> Title:
    """Return a film that Radarr searches for."""
    title = house.sim.world.add_title_movie(title="Heat", year=1995, tmdb=949)
    await house.sim.seerr.request(title, user="alice")
    await house.settle()
    assert house.stage("Heat") is Stage.SEARCHING
    return title


def entry_of(house: House, title: Title) -> MovieEntry:
    """Return the film in Radarr."""
    entry = house.sim.radarr.find(title)
    assert entry is not None
    return entry


async def grabbed(house: House, title: Title) -> Download:
    """Let Radarr grab the film."""
    download = house.sim.radarr.grab(entry_of(house, title))
    await house.settle()
    return download


def wanted(house: House, *, stage: Stage | None = None, stalled: str = "") -> WantedTitle:
    """Return the request as a retry knows it."""
    known = wanted_of(house.request("Heat"), "radarr")
    dead = frozenset({stalled.lower()}) if stalled else frozenset()
    return replace(known, stage=stage or known.stage, stalled=dead)


async def test_what_was_not_found_is_searched(house: House, heat: Title) -> None:
    """A dry run says the same and does nothing; a search that finds something is seen."""
    radarr = house.sim.radarr
    radarr.has_offers = True
    assert await house.retry(house.radarr, "Heat", dry_run=True) == [SEARCH]
    assert (radarr.commands, radarr.searches) == ([], [])
    assert await house.retry(house.radarr, "Heat") == [SEARCH]
    assert radarr.searches == [("Heat", ())]
    await house.settle()
    assert house.stage("Heat") is Stage.DOWNLOADING
    assert await house.retry(house.radarr, "Heat") == []


async def test_a_film_is_searched_at_most_once_a_minute(house: House, heat: Title) -> None:
    """However often somebody asks; another film may be searched meanwhile."""
    other = house.sim.world.add_title_movie(title="Ronin", year=1998, tmdb=8195)
    await house.sim.seerr.request(other, user="alice")
    await house.settle()
    assert await house.retry(house.radarr, "Heat") == [SEARCH]
    house.ticks.seconds += 59
    assert await house.retry(house.radarr, "Heat") == []
    assert await house.retry(house.radarr, "Heat", dry_run=True) == []
    assert await house.retry(house.radarr, "Ronin") == [("search_title", "Ronin")]
    house.ticks.seconds += 1
    assert await house.retry(house.radarr, "Heat") == [SEARCH]
    assert len(house.sim.radarr.searches) == 3


async def test_two_who_ask_at_once(house: House, heat: Title) -> None:
    """Only one of them has it searched."""
    done = await gather(*(house.retry(house.radarr, "Heat") for _ in range(2)))
    assert sorted(done) == [[], [SEARCH]]
    assert house.sim.radarr.searches == [("Heat", ())]


async def test_what_failed_to_start_may_be_tried_at_once(house: House, heat: Title) -> None:
    """A Radarr that refuses is told, and counts as not asked."""
    faults = house.sim.faults("radarr")
    faults.status = 500
    with pytest.raises(ClientError):
        await house.retry(house.radarr, "Heat")
    faults.status = None
    assert await house.retry(house.radarr, "Heat") == [SEARCH]


async def test_a_blocked_import_is_looked_at_again(house: House, heat: Title) -> None:
    """Nothing is searched or given up; what is no longer in doubt is imported."""
    radarr = house.sim.radarr
    download = await grabbed(house, heat)
    radarr.block(download, "No files found are eligible for import")
    await house.settle()
    assert house.stage("Heat") is Stage.IMPORTING
    assert await house.retry(house.radarr, "Heat") == [CHECK]
    await house.settle()
    assert house.stage("Heat") is Stage.IMPORTING
    radarr.warn(download)
    house.ticks.seconds += 60
    assert await house.retry(house.radarr, "Heat") == [CHECK]
    await house.settle()
    assert house.stage("Heat") is Stage.SYNCING_LIBRARY
    assert (radarr.searches, radarr.blocklist) == ([], [])
    assert await house.retry(house.radarr, "Heat") == []


async def test_a_finished_download_that_radarr_has_not_seen(house: House, heat: Title) -> None:
    """The queue lacks it, or shows it as loading: the clients are read, the folder too."""
    download = await grabbed(house, heat)
    house.sim.radarr.complete(download)
    stage = wanted(house, stage=Stage.DOWNLOADED)
    assert await house.radarr.retry(stage, dry_run=True) == (Action(code=CHECK[0], target="Heat"),)
    house.sim.radarr.drop(download)
    lost = await house.radarr.retry(stage, dry_run=True)
    assert [(action.code, action.target) for action in lost] == [CHECK, RESCAN]


async def test_a_file_in_the_folder_is_found(house: House, heat: Title) -> None:
    """A scan tells nobody what it found, so the film is read anew."""
    entry = entry_of(house, heat)
    house.sim.world.put_file(f"{entry.path}/Heat.mkv", heat, (), size=7, quality="WEBDL-1080p")
    actions = await house.radarr.retry(wanted(house, stage=Stage.IMPORTING))
    assert [(action.code, action.target) for action in actions] == [CHECK, RESCAN]
    await house.settle()
    assert house.stage("Heat") is Stage.SYNCING_LIBRARY


async def test_a_failed_download_is_given_up(house: House, heat: Title) -> None:
    """Its release is blocked, and one search, ours, finds another."""
    radarr = house.sim.radarr
    radarr.has_offers = True
    download = await grabbed(house, heat)
    download.state = "failed"
    await house.settle()
    assert house.stage("Heat") is Stage.FAILED
    expected = [("block_release", download.release.title), SEARCH]
    assert await house.retry(house.radarr, "Heat", dry_run=True) == expected
    assert (radarr.downloads, radarr.commands) == ([download], [])
    assert await house.retry(house.radarr, "Heat") == expected
    assert radarr.blocklist == [download.release.title]
    assert radarr.searches == [("Heat", ())]
    (other,) = radarr.downloads
    assert other.release.title != download.release.title
    await house.settle()
    assert house.stage("Heat") is Stage.DOWNLOADING


async def test_what_failed_and_is_gone_is_only_searched(house: House, heat: Title) -> None:
    """Radarr has blocked it already."""
    house.sim.radarr.fail(await grabbed(house, heat))
    await house.settle()
    assert house.stage("Heat") is Stage.FAILED
    assert await house.retry(house.radarr, "Heat") == [SEARCH]
    assert house.sim.radarr.blocklist == []


async def test_only_what_stalls_for_hours_is_given_up(house: House, heat: Title) -> None:
    """And only while Radarr sees it stand still, too."""
    download = await grabbed(house, heat)
    key = download.client_id or ""
    stalled = wanted(house, stalled=key)
    assert await house.radarr.retry(stalled, dry_run=True) == ()
    house.sim.qbittorrent.stall(key)
    assert await house.radarr.retry(wanted(house), dry_run=True) == ()
    other = wanted(house, stalled="f" * 40)
    assert await house.radarr.retry(other, dry_run=True) == ()
    actions = await house.radarr.retry(stalled)
    assert [action.code for action in actions] == ["block_release", "search_title"]
    assert house.sim.radarr.blocklist == [download.release.title]
    assert house.sim.radarr.searches == [("Heat", ())]


async def test_a_finished_download_is_never_given_up(house: House, heat: Title) -> None:
    """Whatever was said of it before."""
    download = await grabbed(house, heat)
    house.sim.radarr.block(download)
    stalled = wanted(house, stalled=download.client_id or "")
    actions = await house.radarr.retry(stalled)
    assert [action.code for action in actions] == ["check_downloads"]
    assert house.sim.radarr.blocklist == []


async def test_what_nobody_wants_is_left_alone(house: House, heat: Title) -> None:
    """Not monitored, not released, there already, another type, or not in this Radarr."""
    radarr, entry = house.sim.radarr, entry_of(house, heat)
    now = house.now
    stranger = replace(wanted_film(1, tmdb=1, now=now), stage=Stage.SEARCHING)
    reused = replace(wanted_film(2, tmdb=1, now=now, own_id=entry.id), stage=Stage.SEARCHING)
    show = replace(wanted(house), media_type=MediaType.SERIES)
    nameless = replace(wanted(house), ids=ProviderIds(), service_id=None)
    for odd in (stranger, reused, show, nameless):
        assert await house.radarr.retry(odd) == ()
    for stage in (Stage.UNRELEASED, Stage.SYNCING_LIBRARY, Stage.REQUESTED, Stage.APPROVED):
        assert await house.radarr.retry(wanted(house, stage=stage)) == ()
    entry.monitored = False
    radarr.touch(entry)
    assert await house.retry(house.radarr, "Heat") == []
    entry.monitored = True
    radarr.find_existing(entry)
    assert await house.retry(house.radarr, "Heat") == []
    assert radarr.commands == []
