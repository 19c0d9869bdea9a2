"""Test what follows in the other services: nothing, a question, or a job with all its brakes."""

from datetime import timedelta
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.media_status.connections.base import Removed
from custom_components.media_status.deletion.wishes import Wish
from custom_components.media_status.lifecycle.deletion import DeletionOptions
from custom_components.media_status.lifecycle.model import MOVIE, ItemKey, Service, Stage
from custom_components.media_status.lifecycle.request import Request
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from .estate import DOWN, Home, a_film, a_series, at_home
from .test_watch_frozen import confirmed, issues

ON = {"deletion_mode": "on"}
RUN = {**ON, "follow_external_deletions": "run"}
SEERRS = ["s1", "ms1"]  # the request, then the record of the title
ISSUE = "deleted_elsewhere_movie-1"


async def lost(home: Home, film: Request) -> None:
    """Have a film that was asked for in Seerr, and lose it in Radarr."""
    await home.know(film)
    await home.look()
    home[Service.RADARR].lose(film)
    await home.push(Service.RADARR, Removed(media_type=film.media_type, ids=film.ids))
    await home.look_twice()
    await home.pass_time(timedelta(seconds=40))
    assert await home.stage(film) is Stage.DELETED


async def test_off_only_notes_it(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """With the option off, or with deletions off, nobody is asked."""
    for name, options in (
        ("a", {**ON, "follow_external_deletions": "off"}),
        ("b", {"deletion_mode": "off", "follow_external_deletions": "run"}),
    ):
        path = tmp_path / name
        path.mkdir()
        async with at_home(hass, path, freezer, options=options) as home:
            await lost(home, a_film())
            assert ISSUE not in issues(hass)
            assert home[Service.SEERR].removed == []
        for entry in hass.config_entries.async_entries("media_status"):
            await hass.config_entries.async_remove(entry.entry_id)


async def test_a_person_is_asked_and_confirms(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """By default there is a question; the plan is made anew, and only then something goes."""
    async with at_home(hass, tmp_path, freezer, options=ON) as home:
        await lost(home, a_film())
        assert ISSUE in issues(hass)
        assert home[Service.SEERR].removed == []
        assert await confirmed(hass, ISSUE) == (FlowResultType.CREATE_ENTRY, None)
        await home.pass_time(timedelta(seconds=40))
        assert home[Service.SEERR].removed == SEERRS
        (job,) = await home.hub.journal.deletions.jobs()
        assert (job.source, job.user) == ("user", None)


async def test_nothing_left_is_no_question(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """When no service has anything of it any more, there is nothing to ask."""
    async with at_home(hass, tmp_path, freezer, options=ON) as home:
        film = a_film()
        await home.know(film)
        home[Service.SEERR].removed = SEERRS
        home[Service.RADARR].lose(film)
        await home.look_twice()
        assert await home.stage(film) is Stage.DELETED
        assert ISSUE not in issues(hass)


async def test_a_rehearsal_deletes_nothing(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """While only rehearsals are allowed, a confirmed question says so."""
    async with at_home(hass, tmp_path, freezer) as home:
        await lost(home, a_film())
        assert await confirmed(hass, ISSUE) == (FlowResultType.ABORT, "rehearsed")
        await home.pass_time(timedelta(seconds=40))
        assert home[Service.SEERR].removed == []


@pytest.mark.parametrize("trouble", ["back", "asked", "down"])
async def test_a_question_that_is_too_old_deletes_nothing(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory, trouble: str
) -> None:
    """It is there again, asked for again, or nobody knows: an old plan harms nothing new."""
    async with at_home(hass, tmp_path, freezer, options=ON) as home:
        film = a_film()
        await lost(home, film)
        reason = "is_back"
        if trouble == "back":
            home[Service.RADARR].hold(film, "77", frozenset({MOVIE}))
        elif trouble == "asked":
            again = a_film()
            again.id, again.ids = "again", film.ids
            await home.know(again)
            home[Service.RADARR].titles.pop("1")
        else:
            home[Service.RADARR].trouble = DOWN
            reason = "no_answer"
        assert await confirmed(hass, ISSUE) == (FlowResultType.ABORT, reason)
        assert home[Service.SEERR].removed == []
        await home.look()
        assert (ISSUE in issues(hass)) is (trouble == "down")


async def test_a_question_outlives_a_restart(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """And is taken back as soon as the title is there again."""
    film = a_film()
    async with at_home(hass, tmp_path, freezer, options=ON) as home:
        await lost(home, film)
        services = home.services
    async with at_home(hass, tmp_path, freezer, options=ON, services=services) as home:
        assert ISSUE in issues(hass)
        home[Service.RADARR].hold(film, "77", frozenset({MOVIE}))
        await home.look()
        assert ISSUE not in issues(hass)


async def test_run_follows_by_itself(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """The job names the service that told first, and no user."""
    async with at_home(hass, tmp_path, freezer, options=RUN) as home:
        await lost(home, a_film())
        assert home[Service.SEERR].removed == SEERRS
        (job,) = await home.hub.journal.deletions.jobs()
        assert (job.source, job.user) == ("radarr", None)
        assert ISSUE not in issues(hass)


async def test_run_only_rehearsing_asks(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """Nothing runs by itself unless deletions are on."""
    options = {"deletion_mode": "dry_run", "follow_external_deletions": "run"}
    async with at_home(hass, tmp_path, freezer, options=options) as home:
        await lost(home, a_film())
        assert await home.hub.journal.deletions.jobs() == []
        assert ISSUE in issues(hass)


async def test_brakes_hold_what_runs_by_itself(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """What is too much at once waits for a person."""
    async with at_home(hass, tmp_path, freezer, options={**RUN, "deletion_max_items": 2}) as home:
        series = a_series(1)
        await home.know(series)
        home[Service.SONARR].hold(a_series(9), "9", frozenset({ItemKey(1, 1)}))
        home[Service.SONARR].lose(series)
        await home.look_twice()
        await home.pass_time(timedelta(seconds=40))
        assert await home.stage(series) is Stage.DELETED
        assert home[Service.SEERR].removed == []
        assert "deleted_elsewhere_series-1" in issues(hass)


async def test_what_radarr_looks_for_again_waits_for_a_person(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """A broken file that somebody deletes to get a better one is no wish to lose the film."""
    async with at_home(hass, tmp_path, freezer, options=RUN) as home:
        film = a_film()
        await home.know(film)
        radarr = home[Service.RADARR]
        radarr.lose(film, MOVIE)
        radarr.sought["1"] = frozenset({MOVIE})
        await home.look_twice()
        await home.pass_time(timedelta(seconds=40))
        assert await home.stage(film) is Stage.DELETED
        assert await home.hub.journal.deletions.jobs() == []
        assert ISSUE in issues(hass)


@pytest.mark.parametrize("is_stuck", [False, True], ids=["ended", "under way"])
async def test_our_own_deletions_are_not_elsewhere(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory, is_stuck: bool
) -> None:
    """What a job of ours removes is told by the job, however its pushes sound."""
    async with at_home(hass, tmp_path, freezer, options=ON) as home:
        film = a_film()
        await home.know(film)
        plan = await home.hub.deletions.preview([Wish(request_id=film.id)], DeletionOptions())
        home[Service.SEERR].trouble = None
        await home.hub.deletions.run(plan.id, source="user", user="Anna")
        if is_stuck:
            home[Service.SEERR].trouble = DOWN
        await home.pass_time(timedelta(seconds=40))
        assert home[Service.RADARR].removed == ["1"]
        home[Service.RADARR].lose(film)
        await home.push(Service.RADARR, Removed(media_type=film.media_type, ids=film.ids))
        await home.look_twice()
        assert await home.stage(film) is Stage.DELETED
        codes = {stored.row.code for stored in await home.hub.journal.deletions.log()}
        assert "deleted_elsewhere" not in codes
        assert ISSUE not in issues(hass)
