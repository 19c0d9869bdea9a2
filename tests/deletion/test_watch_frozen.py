"""Test that a service that lost much at once is not believed, and nothing goes that needs it."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.media_status.const import DOMAIN
from custom_components.media_status.deletion.watch_flow import FollowRepairFlow, VanishedRepairFlow
from custom_components.media_status.deletion.wishes import Wish
from custom_components.media_status.lifecycle.deletion import DeletionOptions
from custom_components.media_status.lifecycle.model import MOVIE, Service, Stage
from custom_components.media_status.lifecycle.request import Request
from custom_components.media_status.repairs import async_create_fix_flow
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir

from .estate import DOWN, ELEVEN_MINUTES, Home, a_film, at_home

ISSUE = "much_vanished_radarr"


def issues(hass: HomeAssistant) -> set[str]:
    """Return what people are asked."""
    return {issue_id for domain, issue_id in ir.async_get(hass).issues if domain == DOMAIN}


async def fix_flow(hass: HomeAssistant, issue_id: str) -> VanishedRepairFlow | FollowRepairFlow:
    """Return the flow of an issue."""
    issue = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
    assert issue is not None
    flow = await async_create_fix_flow(hass, issue_id, issue.data)
    assert isinstance(flow, VanishedRepairFlow | FollowRepairFlow)
    flow.hass, flow.issue_id, flow.data = hass, issue_id, issue.data
    return flow


async def confirmed(hass: HomeAssistant, issue_id: str) -> tuple[FlowResultType, str | None]:
    """Confirm an issue; return how its flow ended."""
    flow = await fix_flow(hass, issue_id)
    form = await flow.async_step_init()
    assert form["type"] is FlowResultType.FORM
    result = await flow.async_step_confirm({})
    return result["type"], result.get("reason")


async def stages(home: Home, films: Sequence[Request]) -> set[Stage]:
    """Return where films stand."""
    return {await home.stage(film) for film in films}


async def test_much_at_once_is_not_believed(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """It blocks plans, deletes nothing, survives a restart, and ends when all is back."""
    films = [a_film(number) for number in range(1, 11)]
    async with at_home(hass, tmp_path, freezer) as home:
        await home.know(*films)
        await home.look()
        before = dict(home[Service.RADARR].titles)
        for film in films:
            home[Service.RADARR].lose(film)
        for _ in range(5):
            await home.look(ELEVEN_MINUTES)
        assert await stages(home, films) == {Stage.AVAILABLE}
        assert ISSUE in issues(hass)
        assert home.hub.deletions.frozen == {"radarr"}
        plan = await home.hub.deletions.preview([Wish(request_id=films[0].id)], DeletionOptions())
        assert "frozen" in {remark.code for remark in plan.blockers}
        services = home.services
    async with at_home(hass, tmp_path, freezer, services=services, others=0) as home:
        assert home.hub.deletions.frozen == {"radarr"}
        assert ISSUE in issues(hass)
        await home.look(timedelta(days=3))
        assert home.hub.deletions.frozen == {"radarr"}
        home[Service.RADARR].titles |= before
        await home.look_twice()
        assert home.hub.deletions.frozen == set()
        assert ISSUE not in issues(hass)
        assert await stages(home, films) == {Stage.AVAILABLE}


async def test_a_person_says_that_it_is_right(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """Then what is missing counts, by two looks as ever."""
    films = [a_film(number) for number in range(1, 11)]
    async with at_home(hass, tmp_path, freezer) as home:
        await home.know(*films)
        await home.look()
        for film in films:
            home[Service.RADARR].lose(film)
        await home.look()
        assert await confirmed(hass, ISSUE) == (FlowResultType.CREATE_ENTRY, None)
        assert home.hub.deletions.frozen == set()
        assert ISSUE not in issues(hass)
        await home.look()
        assert await stages(home, films) == {Stage.AVAILABLE}
        await home.look(ELEVEN_MINUTES)
        assert await stages(home, films) == {Stage.DELETED}


@pytest.mark.parametrize(("others", "lost"), [(96, 10), (7, 4), (50, 5)])
async def test_a_tenth_or_a_few_are_no_mass(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory, others: int, lost: int
) -> None:
    """Up to a tenth, and up to four of a small library, may go."""
    films = [a_film(number) for number in range(1, lost + 1)]
    async with at_home(hass, tmp_path, freezer, others=others) as home:
        await home.know(*films)
        await home.look()
        for film in films:
            home[Service.RADARR].lose(film)
        await home.look_twice()
        assert home.hub.deletions.frozen == set()
        assert await stages(home, films) == {Stage.DELETED}


async def test_bit_by_bit_is_much_as_well(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """A dying disk loses one film after another: a day's loss counts together."""
    films = [a_film(number) for number in range(1, 21)]
    async with at_home(hass, tmp_path, freezer) as home:
        await home.know(*films)
        await home.look()
        for film in films:
            home[Service.RADARR].lose(film)
            await home.look(timedelta(minutes=2))
        await home.look_twice()
        assert home.hub.deletions.frozen == {"radarr"}
        gone = [film for film in films if await home.stage(film) is Stage.DELETED]
        assert len(gone) <= 6  # of 60


async def test_files_count_and_not_only_titles(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """When a disk is not mounted, Radarr keeps its films and lacks their files."""
    films = [a_film(number) for number in range(1, 11)]
    async with at_home(hass, tmp_path, freezer) as home:
        await home.know(*films)
        await home.look()
        for film in films:
            home[Service.RADARR].lose(film, MOVIE)
        await home.look_twice()
        assert home.hub.deletions.frozen == {"radarr"}
        assert await stages(home, films) == {Stage.AVAILABLE}


async def test_a_loss_elsewhere_freezes_only_there(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """Torrents that are tidied up keep no film from being noticed."""
    film = a_film()
    async with at_home(hass, tmp_path, freezer) as home:
        await home.know(film)
        torrents = home[Service.QBITTORRENT]
        torrents.size = 20
        await home.look()
        torrents.size = 0
        home[Service.RADARR].lose(film)
        await home.pass_time(ELEVEN_MINUTES)
        await home.look_twice()
        assert home.hub.deletions.frozen == {"qbittorrent"}
        assert await home.stage(film) is Stage.DELETED


async def test_a_service_that_starts_is_empty_at_first(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """Too small a library for much to vanish; still an empty answer after an outage is none."""
    film = a_film()
    async with at_home(hass, tmp_path, freezer, others=0) as home:
        await home.know(film)
        await home.look(ELEVEN_MINUTES)
        radarr = home[Service.RADARR]
        before = dict(radarr.titles)
        coordinator = home.hub.connections["radarr"]
        radarr.error = DOWN
        await home.hub.survey(["radarr"])
        radarr.error, radarr.titles, radarr.disk = None, {}, set()
        await home.hub.survey(["radarr"])
        assert coordinator.is_healthy
        await home.look()
        await home.look(timedelta(minutes=9))
        assert await home.hub.journal.watches.sightings() == []
        radarr.titles = before
        await home.look_twice()
        assert await home.stage(film) is Stage.AVAILABLE


async def test_what_we_deleted_ourselves_is_no_loss(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """A person may delete a quarter of a library here; what goes beyond that is looked at."""
    films = [a_film(number) for number in range(1, 11)]
    options = {"deletion_mode": "on"}
    async with at_home(hass, tmp_path, freezer, options=options, others=30) as home:
        await home.know(*films)
        await home.look()
        plan = await home.hub.deletions.preview(
            [Wish(request_id=film.id) for film in films], DeletionOptions()
        )
        await home.hub.deletions.run(plan.id, source="user")
        await home.pass_time(timedelta(seconds=40))
        assert len(home[Service.RADARR].titles) == 30
        await home.look()
        assert home.hub.deletions.frozen == set()
        for number in range(5):
            del home[Service.RADARR].titles[str(1000 + number)]
        await home.look()
        assert home.hub.deletions.frozen == {"radarr"}
