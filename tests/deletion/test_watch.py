"""Test that what was deleted elsewhere is noticed, by two looks and never by less."""

from datetime import timedelta
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.media_status.connections.base import Removed
from custom_components.media_status.hub import HubEvent
from custom_components.media_status.journal_deletions import LogRow
from custom_components.media_status.lifecycle.model import MOVIE, ItemKey, Service, Stage
from homeassistant.core import HomeAssistant

from .estate import (
    DOWN,
    ELEVEN_MINUTES,
    Home,
    a_film,
    a_series,
    at_home,
    jellyfin_id,
    without_manager,
)


async def log(home: Home) -> list[LogRow]:
    """Return what the log says, newest first."""
    return [stored.row for stored in await home.hub.journal.deletions.log()]


async def test_a_film_that_is_gone_twice_is_deleted(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """Its history, the log and an event tell; one look tells nothing, nor two right after."""
    async with at_home(hass, tmp_path, freezer) as home:
        film = a_film()
        await home.know(film)
        told: list[HubEvent] = []
        home.hub.subscribe(told.append)
        await home.look_twice()
        assert await home.stage(film) is Stage.AVAILABLE
        home[Service.RADARR].lose(film)
        await home.look()
        await home.look(timedelta(minutes=9))
        assert await home.stage(film) is Stage.AVAILABLE
        await home.look(timedelta(minutes=2))
        assert await home.stage(film) is Stage.DELETED
        assert [fired.type for event in told for fired in event.fired] == ["deleted"]
        (entry,) = await home.hub.journal.timeline(film.id)
        assert (entry.code, entry.values["source"]) == ("deleted", "survey")
        (row,) = await log(home)
        assert (row.code, row.service, row.items, row.size) == ("deleted_elsewhere", None, 0, 0)
        assert row.document["source"] == "survey"
        assert (await home.hub.journal.deletions.verify_chain()).broken_at is None
        await home.look_twice()
        assert len(await log(home)) == 1
        assert await home.hub.journal.watches.sightings() == []


async def test_who_was_heard_first_is_the_source(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """A push makes us look at once and again ten minutes later; it decides nothing alone."""
    async with at_home(hass, tmp_path, freezer) as home:
        film, kept = a_film(1), a_film(2)
        await home.know(film, kept)
        home[Service.RADARR].lose(film)
        for one in (film, kept):
            removed = Removed(media_type=one.media_type, ids=one.ids, own_id="1")
            await home.push(Service.RADARR, removed)
        assert home[Service.RADARR].counts == 0
        await home.pass_time(timedelta(seconds=1))
        assert home[Service.RADARR].counts == 1
        assert await home.stage(film) is Stage.AVAILABLE
        await home.pass_time(ELEVEN_MINUTES)
        assert await home.stage(film) is Stage.DELETED
        assert await home.stage(kept) is Stage.AVAILABLE
        assert [row.service for row in await log(home)] == [Service.RADARR]


async def test_a_flood_of_pushes_is_one_look(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """However much is pushed, services are counted once a minute at most."""
    async with at_home(hass, tmp_path, freezer) as home:
        for _ in range(12):
            for _ in range(20):
                await home.push(Service.JELLYFIN, Removed(own_id="f00d"))
            await home.pass_time(timedelta(seconds=10))
        assert home[Service.RADARR].counts <= 3


async def test_added_again_in_between_is_no_loss(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """What a look finds again starts anew, also under another own id."""
    async with at_home(hass, tmp_path, freezer) as home:
        film = a_film()
        await home.know(film)
        radarr = home[Service.RADARR]
        radarr.lose(film)
        await home.look()
        radarr.hold(film, "77", frozenset({MOVIE}))
        await home.look(timedelta(minutes=5))
        del radarr.titles["77"]
        await home.look(timedelta(minutes=6))
        assert await home.stage(film) is Stage.AVAILABLE
        await home.look(timedelta(minutes=9))
        assert await home.stage(film) is Stage.AVAILABLE
        await home.look(timedelta(minutes=2))
        assert await home.stage(film) is Stage.DELETED


async def test_forgotten_by_radarr_is_not_gone(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """A film that was taken out of Radarr while its file stays can still be watched."""
    async with at_home(hass, tmp_path, freezer) as home:
        film = a_film()
        await home.know(film)
        radarr = home[Service.RADARR]
        on_disk = set(radarr.disk)
        radarr.lose(film)
        radarr.disk |= on_disk
        await home.look_twice()
        assert await home.stage(film) is Stage.AVAILABLE
        radarr.disk.clear()
        await home.look_twice()
        assert await home.stage(film) is Stage.AVAILABLE  # rests for a day
        await home.look(timedelta(days=1))
        await home.look(ELEVEN_MINUTES)
        assert await home.stage(film) is Stage.DELETED


@pytest.mark.parametrize("playing", [True, False], ids=["plays", "lost"])
async def test_where_no_disk_is_seen_jellyfin_decides(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory, playing: bool
) -> None:
    """What Radarr cannot see may still play; when Jellyfin does not answer, nobody knows."""
    async with at_home(hass, tmp_path, freezer) as home:
        film = a_film()
        await home.know(film)
        home[Service.RADARR].lose(film)
        home[Service.RADARR].is_blind = True
        home[Service.JELLYFIN].playing = {"other"}
        if playing:
            home[Service.JELLYFIN].playing.add(jellyfin_id(film, MOVIE))
        home[Service.JELLYFIN].trouble = DOWN
        await home.look_twice()
        assert await home.stage(film) is Stage.AVAILABLE
        home[Service.JELLYFIN].trouble = None
        await home.look_twice()
        assert await home.stage(film) is (Stage.AVAILABLE if playing else Stage.DELETED)


async def test_jellyfin_alone_means_nothing(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """While Radarr has the file, what Jellyfin lacks is no deletion."""
    async with at_home(hass, tmp_path, freezer) as home:
        film = a_film()
        await home.know(film)
        await home.push(Service.JELLYFIN, Removed(own_id=jellyfin_id(film, MOVIE)))
        await home.look_twice()
        assert await home.stage(film) is Stage.AVAILABLE


async def test_a_household_with_jellyfin_only(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """There Jellyfin's items tell; one that was renamed is found by its provider ids."""
    kinds = (Service.SEERR, Service.JELLYFIN)
    async with at_home(hass, tmp_path, freezer, kinds=kinds) as home:
        lost, renamed, kept = (without_manager(a_film(number)) for number in (1, 2, 3))
        await home.know(lost, renamed, kept)
        jellyfin = home[Service.JELLYFIN]
        jellyfin.playing = {jellyfin_id(kept, MOVIE), "new"}
        jellyfin.renamed = {renamed.id: "new"}
        await home.push(Service.JELLYFIN, Removed(own_id=jellyfin_id(lost, MOVIE)))
        await home.look_twice()
        stages = [await home.stage(one) for one in (lost, renamed, kept)]
        assert stages == [Stage.DELETED, Stage.AVAILABLE, Stage.AVAILABLE]
        assert [row.service for row in await log(home)] == [Service.JELLYFIN]


async def test_some_episodes_are_noted(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """The request stays with what it still has; the last episode ends it."""
    async with at_home(hass, tmp_path, freezer) as home:
        series = a_series()
        await home.know(series)
        sonarr = home[Service.SONARR]
        sonarr.lose(series, ItemKey(1, 2))
        await home.look_twice()
        found = await home.hub.journal.request(series.id)
        assert found is not None
        assert found.stage is Stage.PARTIALLY_AVAILABLE
        assert found.status.items[ItemKey(1, 2)] is Stage.DELETED
        (row,) = await log(home)
        assert row.document["items"] == ["S01E02"]
        sonarr.lose(series, ItemKey(1, 1), ItemKey(1, 3))
        await home.look_twice()
        assert await home.stage(series) is Stage.DELETED


async def test_another_episode_hides_no_lost_one(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """When the numbers agree all the same, a push makes us look at every single one."""
    async with at_home(hass, tmp_path, freezer) as home:
        series = a_series()
        await home.know(series)
        sonarr = home[Service.SONARR]
        sonarr.lose(series, ItemKey(1, 2))
        own_id = series.service_ids["sonarr"]
        sonarr.hold(series, own_id, sonarr.held[own_id] | {ItemKey(1, 4)})
        removed = Removed(media_type=series.media_type, own_id=own_id)
        await home.push(Service.SONARR, removed)
        await home.look_twice()
        found = await home.hub.journal.request(series.id)
        assert found is not None
        assert found.status.items[ItemKey(1, 2)] is Stage.DELETED
        assert found.status.items[ItemKey(1, 1)] is Stage.AVAILABLE


async def test_what_no_manager_ever_had_is_not_missed(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """Radarr cannot lose what somebody put into Jellyfin by hand."""
    async with at_home(hass, tmp_path, freezer) as home:
        film = without_manager(a_film())
        await home.know(film)
        await home.look_twice()
        assert await home.stage(film) is Stage.AVAILABLE


async def test_looks_before_and_after_a_restart_count(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """The first look is remembered, with its source."""
    film = a_film()
    async with at_home(hass, tmp_path, freezer) as home:
        await home.know(film)
        home[Service.RADARR].lose(film)
        await home.push(Service.RADARR, Removed(media_type=film.media_type, ids=film.ids))
        await home.look()
        services = home.services
    async with at_home(hass, tmp_path, freezer, services=services) as home:
        assert await home.stage(film) is Stage.AVAILABLE
        await home.pass_time(ELEVEN_MINUTES)
        assert await home.stage(film) is Stage.DELETED
        assert [row.service for row in await log(home)] == [Service.RADARR]
