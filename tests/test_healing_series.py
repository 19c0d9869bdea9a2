"""Series whose messages are lost or never sent: seasons, packs, upgrades, approvals in part."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.media_status.lifecycle.facts import Origin
from custom_components.media_status.lifecycle.model import Stage
from homeassistant.core import HomeAssistant
from simulator import Title
from simulator.arr_state import Download, EpisodeEntry, SeriesEntry
from simulator.downloads import Release, UsenetClient

from .healing import PUSHES, living, look, only_request, requests_of, stages, tracked
from .twin import TwinHousehold

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.fixture(params=PUSHES)
async def home(
    request: pytest.FixtureRequest,
    hass: HomeAssistant,
    tmp_path: Path,
    hass_client_no_auth: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[TwinHousehold]:
    """Return a household whose pushes are lost or twisted."""
    async with living(hass, tmp_path, hass_client_no_auth, monkeypatch, request.param) as found:
        yield found


@pytest.fixture
def show(home: TwinHousehold) -> Title:
    """Return a series of two seasons that exists."""
    return home.sim.world.add_title_series(
        title="Severance", year=2022, tmdb=95396, tvdb=371980, seasons={1: 4, 2: 3}
    )


def entry_of(home: TwinHousehold, show: Title) -> SeriesEntry:
    """Return the series in Sonarr."""
    entry = home.sim.sonarr.find(show)
    assert entry is not None
    return entry


def season(home: TwinHousehold, show: Title, number: int) -> list[EpisodeEntry]:
    """Return the episodes of a season in Sonarr."""
    return entry_of(home, show).season(number)


def by_seasons(home: TwinHousehold, show: Title) -> dict[tuple[int, ...], Stage]:
    """Return the stage of each request by its seasons; no two may have the same."""
    found = requests_of(home, show)
    stage_of = {tuple(sorted(request.seasons)): request.stage for request in found}
    assert len(stage_of) == len(found)
    return stage_of


def both_seasons(home: TwinHousehold, show: Title) -> Download:
    """Let Sonarr grab one pack of both seasons."""
    release = Release(
        title="Severance.S01-S02.1080p.WEB-DL-NTb",
        quality="WEBDL-1080p",
        size=20_000_000_000,
        kind="seasonPack",
    )
    episodes = [*season(home, show, 1), *season(home, show, 2)]
    return home.sim.sonarr.grab(entry_of(home, show), episodes, release=release)


async def test_files_that_were_there_already(home: TwinHousehold, show: Title) -> None:
    """P18: a rescan finds some episodes; neither a grab nor an import is ever told."""
    await home.sim.seerr.request(show, seasons=[1])
    await look(home)
    home.sim.sonarr.find_existing(season(home, show, 1)[:2])
    await look(home)
    found = stages(only_request(home, show))
    assert list(found.values()) == [Stage.SYNCING_LIBRARY] * 2 + [Stage.SEARCHING] * 2
    await home.sim.jellyfin.scan()
    await look(home)
    assert only_request(home, show).stage is Stage.PARTIALLY_AVAILABLE
    home.sim.sonarr.find_existing(season(home, show, 1)[2:])
    await home.sim.jellyfin.scan()
    await look(home)
    assert only_request(home, show).stage is Stage.AVAILABLE


async def test_a_pack_that_was_there_already(home: TwinHousehold, show: Title) -> None:
    """E12: Sonarr follows a complete pack that it never grabbed, and imports it in parts."""
    await home.sim.seerr.request(show, seasons=[1])
    sonarr = home.sim.sonarr
    download = tracked(sonarr, entry_of(home, show), season(home, show, 1))
    sonarr.complete(download)
    await look(home)
    assert only_request(home, show).stage is Stage.IMPORTING
    sonarr.import_download(download, episodes=season(home, show, 1)[:1])
    await look(home)
    found = stages(only_request(home, show))
    assert list(found.values()) == [Stage.SYNCING_LIBRARY] + [Stage.IMPORTING] * 3
    sonarr.import_download(download)
    await home.sim.jellyfin.scan()
    await look(home)
    assert only_request(home, show).stage is Stage.AVAILABLE


async def test_episodes_imported_by_hand(home: TwinHousehold, show: Title) -> None:
    """P10: files without any download, for some episodes."""
    await home.sim.seerr.request(show, seasons=[1])
    await look(home)
    home.sim.sonarr.import_by_hand(season(home, show, 1)[1:3])
    await home.sim.jellyfin.scan()
    await look(home)
    request = only_request(home, show)
    assert request.stage is Stage.PARTIALLY_AVAILABLE
    assert (request.status.counts.available, request.status.counts.searching) == (2, 2)


async def test_several_torrents_for_a_season(home: TwinHousehold, show: Title) -> None:
    """E2: one download for two episodes, one each for the others; each item has its own stage."""
    sonarr = home.sim.sonarr
    await home.sim.seerr.request(show, seasons=[1])
    entry, episodes = entry_of(home, show), season(home, show, 1)
    double = sonarr.grab(entry, episodes[:2], size=4_000_000_000)
    third = sonarr.grab(entry, episodes[2:3], size=2_000_000_000)
    sonarr.grab(entry, episodes[3:], size=2_000_000_000)
    await look(home)
    request = only_request(home, show)
    assert request.stage is Stage.DOWNLOADING
    assert (request.status.counts.downloading, len(request.download_names)) == (4, 3)
    sonarr.complete(third)
    sonarr.import_download(third)
    await home.sim.jellyfin.scan()
    await look(home)
    request = only_request(home, show)
    assert request.stage is Stage.DOWNLOADING
    assert (request.status.counts.available, request.status.counts.downloading) == (1, 3)
    before = request.status.progress or 0
    sonarr.complete(double)
    await look(home)
    request = only_request(home, show)
    assert request.status.counts.downloaded == 2
    assert (request.status.progress or 0) > max(before, 0.75)
    sonarr.import_download(double)
    await look(home)
    assert only_request(home, show).status.counts.imported == 2


async def test_a_pack_and_then_single_episodes(home: TwinHousehold, show: Title) -> None:
    """P08, E2: the pack fails; episodes are grabbed one by one; the pack's hash stays known."""
    sonarr = home.sim.sonarr
    await home.sim.seerr.request(show, seasons=[1])
    entry, episodes = entry_of(home, show), season(home, show, 1)
    pack = sonarr.grab(entry, episodes)
    await look(home)
    sonarr.fail(pack)
    await home.sim.advance(20)
    single = sonarr.grab(entry, episodes[:1])
    await look(home)
    request = only_request(home, show)
    assert request.stage is Stage.DOWNLOADING
    assert list(stages(request).values()) == [Stage.DOWNLOADING] + [Stage.FAILED] * 3
    sonarr.complete(single)
    sonarr.import_download(single)
    await home.sim.jellyfin.scan()
    again = sonarr.grab(entry, episodes[1:])
    await look(home)
    found = stages(only_request(home, show))
    assert list(found.values()) == [Stage.AVAILABLE] + [Stage.DOWNLOADING] * 3
    sonarr.complete(again)
    sonarr.import_download(again)
    await home.sim.jellyfin.scan()
    await look(home)
    assert only_request(home, show).stage is Stage.AVAILABLE


async def test_a_pack_without_download_id(home: TwinHousehold, show: Title) -> None:
    """A blackhole client names no download; all episodes of the release share one key."""
    sonarr = home.sim.sonarr
    await home.sim.seerr.request(show, seasons=[1])
    client = UsenetClient(home.sim.clock, blackhole=True)
    download = sonarr.grab(entry_of(home, show), season(home, show, 1), client=client)
    await look(home)
    request = only_request(home, show)
    assert (request.stage, len(request.download_names)) == (Stage.GRABBING, 1)
    sonarr.import_download(download)
    await home.sim.jellyfin.scan()
    await look(home)
    assert only_request(home, show).stage is Stage.AVAILABLE


async def test_added_without_search(home: TwinHousehold, show: Title) -> None:
    """Nothing is grabbed for days; then somebody starts a search."""
    await home.sim.seerr.request(show, seasons=[1])
    await look(home)
    assert only_request(home, show).stage is Stage.SEARCHING
    await look(home, after=3 * 86400)
    assert only_request(home, show).stage is Stage.SEARCHING
    download = home.sim.sonarr.grab(entry_of(home, show), season(home, show, 1))
    await look(home)
    assert only_request(home, show).stage is Stage.DOWNLOADING
    home.sim.sonarr.complete(download)
    home.sim.sonarr.import_download(download)
    await home.sim.jellyfin.scan()
    await look(home)
    assert only_request(home, show).stage is Stage.AVAILABLE


async def test_added_without_monitoring(home: TwinHousehold, show: Title) -> None:
    """Sonarr was told not to fetch the series; switched on, it is searched."""
    await home.sim.seerr.request(show, seasons=[1])
    entry = entry_of(home, show)
    entry.monitored = False
    home.sim.sonarr.touch(entry)
    await look(home)
    request = only_request(home, show)
    assert (request.stage, request.status.stuck) == (Stage.APPROVED, True)
    assert request.status.explanation is not None
    assert request.status.explanation.code == "not_monitored"
    entry.monitored = True
    home.sim.sonarr.touch(entry)
    await look(home)
    request = only_request(home, show)
    assert (request.stage, request.status.stuck) == (Stage.SEARCHING, False)


async def test_season_two_while_season_one_is_open(home: TwinHousehold, show: Title) -> None:
    """P05: two requests for one series; each grab, import and file goes to its own."""
    sonarr = home.sim.sonarr
    await home.sim.seerr.request(show, seasons=[1], user="alice")
    await look(home)
    entry = entry_of(home, show)
    first = sonarr.grab(entry, season(home, show, 1))
    await home.sim.seerr.request(show, seasons=[2], user="alice")
    await look(home)
    assert by_seasons(home, show) == {(1,): Stage.DOWNLOADING, (2,): Stage.SEARCHING}
    second = sonarr.grab(entry, season(home, show, 2))
    sonarr.complete(second)
    sonarr.import_download(second)
    await home.sim.jellyfin.scan()
    await look(home)
    assert by_seasons(home, show) == {(1,): Stage.DOWNLOADING, (2,): Stage.AVAILABLE}
    sonarr.complete(first)
    sonarr.import_download(first)
    await home.sim.jellyfin.scan()
    await look(home)
    assert by_seasons(home, show) == {(1,): Stage.AVAILABLE, (2,): Stage.AVAILABLE}


async def test_one_pack_for_two_requests(home: TwinHousehold, show: Title) -> None:
    """E19: both seasons come in one download; both requests follow it."""
    sonarr = home.sim.sonarr
    await home.sim.seerr.request(show, seasons=[1])
    await home.sim.seerr.request(show, seasons=[2])
    await look(home)
    both = both_seasons(home, show)
    await look(home)
    assert by_seasons(home, show) == {(1,): Stage.DOWNLOADING, (2,): Stage.DOWNLOADING}
    sonarr.complete(both)
    sonarr.import_download(both, episodes=season(home, show, 2))
    await home.sim.jellyfin.scan()
    await look(home)
    assert by_seasons(home, show) == {(1,): Stage.IMPORTING, (2,): Stage.AVAILABLE}


async def test_more_than_was_asked(home: TwinHousehold, show: Title) -> None:
    """P60: season 1 was asked, both are fetched; season 2 opens nothing and counts nothing."""
    sonarr = home.sim.sonarr
    await home.sim.seerr.request(show, seasons=[1])
    await look(home)
    both = both_seasons(home, show)
    await look(home)
    request = only_request(home, show)
    assert (request.stage, request.status.counts.total) == (Stage.DOWNLOADING, 4)
    sonarr.complete(both)
    sonarr.import_download(both)
    await home.sim.jellyfin.scan()
    await look(home)
    request = only_request(home, show)
    assert (request.stage, request.status.counts.total) == (Stage.AVAILABLE, 4)


async def test_an_upgrade_while_episodes_are_missing(home: TwinHousehold, show: Title) -> None:
    """P62: an available episode stays so while a better file of it is fetched."""
    sonarr = home.sim.sonarr
    await home.sim.seerr.request(show, seasons=[1])
    entry, episodes = entry_of(home, show), season(home, show, 1)
    first = sonarr.grab(entry, episodes[:1])
    sonarr.complete(first)
    sonarr.import_download(first)
    await home.sim.jellyfin.scan()
    await look(home)
    better = sonarr.grab(entry, episodes[:1], quality="Bluray-1080p")
    await look(home)
    request = only_request(home, show)
    assert stages(request)["S01E01"] is Stage.AVAILABLE
    assert request.stage is Stage.PARTIALLY_AVAILABLE
    sonarr.complete(better)
    sonarr.import_download(better)
    await look(home)
    request = only_request(home, show)
    assert stages(request)["S01E01"] is not Stage.SEARCHING
    await home.sim.jellyfin.scan()
    await look(home)
    assert stages(only_request(home, show))["S01E01"] is Stage.AVAILABLE


async def test_approved_in_part(home: TwinHousehold, show: Title) -> None:
    """An admin takes a season off the request before approving it."""
    row = await home.sim.seerr.request(show, user="bob")
    await look(home)
    assert by_seasons(home, show) == {(1, 2): Stage.REQUESTED}
    row.seasons = [found for found in row.seasons if found.number == 1]
    await home.sim.seerr.approve(row)
    await look(home)
    request = only_request(home, show)
    assert (request.stage, sorted(request.seasons)) == (Stage.SEARCHING, [1])
    assert {item.season for item in request.items} == {1}
    download = home.sim.sonarr.grab(entry_of(home, show), season(home, show, 1))
    home.sim.sonarr.complete(download)
    home.sim.sonarr.import_download(download)
    await home.sim.jellyfin.scan()
    await look(home)
    assert only_request(home, show).stage is Stage.AVAILABLE


async def test_one_of_two_requests_is_approved(home: TwinHousehold, show: Title) -> None:
    """Season 1 waits for approval, season 2 is declined, then approved."""
    one = await home.sim.seerr.request(show, seasons=[1], user="bob")
    two = await home.sim.seerr.request(show, seasons=[2], user="bob")
    await home.sim.seerr.decline(two)
    await home.sim.seerr.approve(one)
    await look(home)
    await home.sim.seerr.approve(two)
    await look(home)
    assert by_seasons(home, show) == {(1,): Stage.SEARCHING, (2,): Stage.SEARCHING}


async def test_added_by_hand_then_asked_for(home: TwinHousehold, show: Title) -> None:
    """A season that Sonarr fetches already becomes the request that somebody then makes."""
    sonarr = home.sim.sonarr
    entry = sonarr.add(show, seasons=[1])
    await look(home)
    download = sonarr.grab(entry, entry.season(1))
    await look(home)
    by_hand = only_request(home, show)
    assert (by_hand.origin, by_hand.stage) == (Origin.SONARR, Stage.DOWNLOADING)
    await home.sim.seerr.request(show, seasons=[1])
    await look(home)
    request = only_request(home, show)
    assert (request.id, request.origin) == (by_hand.id, Origin.SEERR)
    assert request.stage is Stage.DOWNLOADING
    sonarr.complete(download)
    sonarr.import_download(download)
    await home.sim.jellyfin.scan()
    await look(home)
    assert only_request(home, show).stage is Stage.AVAILABLE


async def test_a_file_that_was_deleted(home: TwinHousehold, show: Title) -> None:
    """Gone in Sonarr at once, in Jellyfin after two looks; fetched again, it is there again."""
    sonarr = home.sim.sonarr
    await home.sim.seerr.request(show, seasons=[1])
    first = season(home, show, 1)[0]
    sonarr.import_by_hand([first])
    await home.sim.jellyfin.scan()
    await look(home)
    assert stages(only_request(home, show))["S01E01"] is Stage.AVAILABLE
    sonarr.delete_file(first)
    await home.sim.jellyfin.scan()
    await home.sim.advance(120)
    await home.survey()
    assert stages(only_request(home, show))["S01E01"] is Stage.AVAILABLE
    await look(home, after=11 * 60)
    assert stages(only_request(home, show))["S01E01"] is Stage.SEARCHING
    sonarr.import_by_hand([first])
    await home.sim.jellyfin.scan()
    await look(home)
    assert stages(only_request(home, show))["S01E01"] is Stage.AVAILABLE


async def test_an_episode_that_airs(home: TwinHousehold) -> None:
    """E16: it is searched from its date on, which nobody pushes."""
    show = home.sim.world.add_title_series(
        title="Weekly", year=2026, tmdb=5, tvdb=6, seasons={1: 2}, unaired=1
    )
    await home.sim.seerr.request(show)
    await look(home)
    assert list(stages(only_request(home, show)).values()) == [Stage.SEARCHING, Stage.UNRELEASED]
    await look(home, after=8 * 86400)
    async_fire_time_changed(home.hass, datetime.now(UTC) + timedelta(minutes=1))
    await home.hass.async_block_till_done()
    assert list(stages(only_request(home, show)).values()) == [Stage.SEARCHING] * 2
