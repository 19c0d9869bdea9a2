"""Test carrying deletions out: in order, once, noted before, looked at after, and to the end."""

from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.media_status.deletion.brakes import DeletionRefused
from custom_components.media_status.deletion.wishes import Wish
from custom_components.media_status.lifecycle.deletion import DeletionOptions, StepStatus
from custom_components.media_status.lifecycle.deletion_job import Job, JobStatus
from custom_components.media_status.lifecycle.model import Stage
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .house import HASH, House, a_film, calls, housed, services_with, statuses
from .shelf import Fault

ALL_GONE = {
    "qbittorrent": "verified",
    "radarr": "verified",
    "sonarr": "not_applicable",
    "shoko": "not_applicable",
    "jellyfin": "verified",
    "seerr": "verified",
}


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Return where the journal is."""
    return tmp_path / "journal.db"


async def order(house: House, *request_ids: str, dry_run: bool = False) -> Job:
    """Preview a deletion and run it."""
    wishes = [Wish(request_id=one) for one in request_ids]
    plan = await house.deletions.preview(wishes, DeletionOptions())
    assert plan.blockers == ()
    return await house.deletions.run(plan.id, source="user", user="Anna", dry_run=dry_run)


async def stored(house: House, job: Job) -> Job:
    """Return a job as the journal has it."""
    found = await house.journal.deletions.job(job.id)
    assert found is not None
    return found


async def test_everything_goes_in_order(
    hass: HomeAssistant, journal: Path, freezer: FrozenDateTimeFactory
) -> None:
    """Torrent, film with its files, library, wish: each called once and seen to be gone."""
    services = services_with(a_film())
    async with housed(hass, journal, services) as house:
        await house.know(a_film())
        job = await order(house, "film-1")
        await house.until_over(freezer)
        job = await stored(house, job)
        assert statuses(job) == ALL_GONE
        assert job.status_at(dt_util.utcnow()) is JobStatus.COMPLETE
        assert calls(services) == {
            "qbittorrent": [f"qbittorrent:torrent:{HASH}"],
            "radarr": ["radarr:title:11"],
            "jellyfin": ["jellyfin:refresh:film-1"],
            "seerr": ["seerr:request:1", "seerr:media:m1"],
        }
        request = await house.journal.request("film-1")
        assert request is not None
        assert (request.stage, request.is_open) == (Stage.DELETED, False)
        (entry,) = [one for one in await house.journal.timeline("film-1") if one.code == "deleted"]
        assert entry.values == {"source": "user", "user": "Anna"}
        assert [change.code for change in house.told if change.code != "step"] == [
            "started",
            "ended",
        ]
        assert (await house.journal.deletions.verify_chain()).broken_at is None


async def test_a_dry_run_sends_nothing(
    hass: HomeAssistant, journal: Path, freezer: FrozenDateTimeFactory
) -> None:
    """Every step is rehearsed, its call is in the log, and the request goes on."""
    services = services_with(a_film())
    async with housed(hass, journal, services, {}) as house:
        await house.know(a_film())
        job = await order(house, "film-1")
        await house.until_over(freezer)
        job = await stored(house, job)
        assert calls(services) == {}
        assert job.is_dry_run
        assert set(statuses(job).values()) == {"skipped", "not_applicable"}
        assert {job.states[step.id].reason for step in job.plan.pending} == {"dry_run"}
        rows = await house.journal.deletions.log(job_id=job.id)
        assert {row.row.document.get("call") for row in rows if row.row.code == "step"} >= {
            f"DELETE api/{HASH}?a=b"
        }
        assert "film-1" in house.tracker.requests
        assert (await house.journal.deletions.done_since(job.created_at)).items == 0


@pytest.mark.parametrize("fault", [Fault.BEFORE, Fault.AFTER])
async def test_what_may_have_worked_is_looked_at_first(
    hass: HomeAssistant, journal: Path, freezer: FrozenDateTimeFactory, fault: Fault
) -> None:
    """After a lost answer it is called again only when the target is still there."""
    services = services_with(a_film())
    async with housed(hass, journal, services) as house:
        await house.know(a_film())
        job = await order(house, "film-1")
        services["radarr"].shelf.faults = [fault]
        await house.until_over(freezer)
        assert statuses(await stored(house, job)) == ALL_GONE
        assert len(services["radarr"].shelf.calls) == (2 if fault is Fault.BEFORE else 1)


async def test_an_answer_proves_nothing(
    hass: HomeAssistant, journal: Path, freezer: FrozenDateTimeFactory
) -> None:
    """Accepted and still there is a failure, which is tried again after a while."""
    services = services_with(a_film())
    async with housed(hass, journal, services) as house:
        await house.know(a_film())
        job = await order(house, "film-1")
        services["radarr"].shelf.faults = [Fault.IGNORED]
        await house.until_over(freezer)
        assert statuses(await stored(house, job)) == ALL_GONE
        rows = await house.journal.deletions.log(job_id=job.id)
        assert "still_there" in {row.row.document.get("reason") for row in rows}


async def test_another_target_stops_what_depends_on_it(
    hass: HomeAssistant, journal: Path, freezer: FrozenDateTimeFactory
) -> None:
    """Nothing is removed that is not what was planned; everything is accounted; a retry helps."""
    services = services_with(a_film())
    async with housed(hass, journal, services) as house:
        await house.know(a_film())
        job = await order(house, "film-1")
        services["radarr"].shelf.faults = [Fault.CHANGED]
        await house.until_over(freezer)
        job = await stored(house, job)
        assert job.status_at(dt_util.utcnow()) is JobStatus.INCOMPLETE
        reasons = {key: state.reason for key, state in job.states.items()}
        assert reasons["radarr:title:11"] == "target_changed"
        assert reasons["seerr:media:m1"] == reasons["jellyfin:refresh:film-1"] == "stopped"
        assert "radarr" not in calls(services)
        assert "film-1" in house.tracker.requests

        await house.deletions.retry(job.id, user="Anna")
        await house.until_over(freezer)
        assert statuses(await stored(house, job)) == ALL_GONE
        assert len(services["qbittorrent"].shelf.calls) == 1
        assert "film-1" not in house.tracker.requests


async def test_it_gives_up_after_a_day(
    hass: HomeAssistant, journal: Path, freezer: FrozenDateTimeFactory
) -> None:
    """A service that never answers is asked ever more rarely; the job ends with all accounted."""
    services = services_with(a_film())
    async with housed(hass, journal, services) as house:
        await house.know(a_film())
        job = await order(house, "film-1")
        services["qbittorrent"].shelf.faults = [Fault.BEFORE, *[Fault.BLIND] * 1000]
        await house.until_over(freezer)
        job = await stored(house, job)
        assert not job.is_open
        assert {state.status for state in job.states.values()} <= {
            StepStatus.FAILED,
            StepStatus.NOT_APPLICABLE,
        }
        assert len(services["qbittorrent"].shelf.looked) < 50
        assert len(services["qbittorrent"].shelf.calls) == 1


async def test_what_comes_back_is_told(
    hass: HomeAssistant, journal: Path, freezer: FrozenDateTimeFactory
) -> None:
    """An hour later everything is looked at once more."""
    services = services_with(a_film())
    async with housed(hass, journal, services) as house:
        await house.know(a_film())
        job = await order(house, "film-1")
        await house.until_over(freezer)
        services["radarr"].shelf.present.add("11")
        await house.pass_to(freezer, dt_util.utcnow().timestamp() + 3700)
        assert [change.step_id for change in house.told if change.code == "came_back"] == [
            "radarr:title:11"
        ]
        job = await stored(house, job)
        assert job.states["radarr:title:11"].reason == "came_back"
        assert job.again_at is None


async def test_grace(hass: HomeAssistant, journal: Path, freezer: FrozenDateTimeFactory) -> None:
    """A scheduled deletion waits, can be cancelled, and not any more once it has begun."""
    services = services_with(a_film())
    options = {"deletion_mode": "on", "grace_minutes": 5}
    async with housed(hass, journal, services, options) as house:
        await house.know(a_film())
        job = await order(house, "film-1")
        await house.idle()
        assert calls(services) == {}
        found = house.deletions.job_of("film-1")
        assert found is not None
        assert found.status_at(dt_util.utcnow()) is JobStatus.SCHEDULED
        await house.deletions.cancel(job.id, user="Ben")
        await house.pass_to(freezer, dt_util.utcnow().timestamp() + 400)
        assert calls(services) == {}
        assert (await stored(house, job)).status_at(dt_util.utcnow()) is JobStatus.CANCELLED

        second = await order(house, "film-1")
        await house.pass_to(freezer, dt_util.utcnow().timestamp() + 301)
        await house.until_over(freezer)
        assert statuses(await stored(house, second)) == ALL_GONE
        with pytest.raises(DeletionRefused, match="has_begun"):
            await house.deletions.cancel(second.id)
        codes = [row.row.code for row in await house.journal.deletions.log()]
        assert [code for code in reversed(codes) if code != "step"] == [
            "scheduled",
            "cancelled",
            "scheduled",
            "started",
            "ended",
        ]
