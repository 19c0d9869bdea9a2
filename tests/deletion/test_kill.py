"""Kill the process at every step of a deletion, and go on with what the journal holds."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import override

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.media_status.clients.guard import Permit
from custom_components.media_status.deletion.wishes import Wish
from custom_components.media_status.journal_deletions import DeletionWrite
from custom_components.media_status.lifecycle.deletion import DeletionOptions, Step, StepStatus
from custom_components.media_status.lifecycle.deletion_job import Job, JobStatus, Sight
from custom_components.media_status.lifecycle.model import Stage
from custom_components.media_status.lifecycle.request import Changes
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .house import ON, House, a_film, housed, services_with
from .shelf import Killed, ShelfConnection


class Reaper:
    """Kill at the n-th place where a process can die."""

    def __init__(self, at: int) -> None:
        """Initialize with the place; a high one is never reached."""
        self.places = iter(range(at + 1))
        self.has_struck = False

    def pass_by(self) -> None:
        """Die here, if it is time."""
        if next(self.places, None) is None and not self.has_struck:
            self.has_struck = True
            raise Killed


class MortalConnection(ShelfConnection):
    """A service whose caller may die before or after every call and look."""

    reaper = Reaper(10**6)

    @override
    async def remove(self, step: Step, permit: Permit) -> None:
        if not permit.dry_run:
            self.reaper.pass_by()
        await super().remove(step, permit)
        self.reaper.pass_by()

    @override
    async def look(self, step: Step) -> Sight:
        self.reaper.pass_by()
        sight = await super().look(step)
        self.reaper.pass_by()
        return sight


class MortalHouse(House):
    """A house whose owner may die before or after everything that is stored."""

    reaper = Reaper(10**6)

    @override
    async def record(self, changes: Changes, deletions: Sequence[DeletionWrite] = ()) -> None:
        self.reaper.pass_by()
        await super().record(changes, deletions)
        self.reaper.pass_by()


def mortal() -> dict[str, ShelfConnection]:
    """Return services with a film, whose callers are mortal."""
    found: dict[str, ShelfConnection] = {}
    for key, service in services_with(a_film()).items():
        found[key] = MortalConnection(key)
        found[key].shelf = service.shelf
    return found


def places() -> Iterator[int]:
    """Return more places than a whole deletion has."""
    yield from range(60)


@pytest.mark.parametrize("at", places())
async def test_killed_at_any_step(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory, at: int
) -> None:
    """Whatever was done is not done again, and everything is accounted in the end."""
    services = mortal()
    path = tmp_path / "journal.db"
    reaper = Reaper(at)
    job = await _live_until_killed(hass, path, services, reaper)
    async with housed(hass, path, services) as house:
        for waiting in house.deletions.jobs:
            assert waiting.id == job.id
        await house.until_over(freezer)
        await _check(house, job, services)


async def _live_until_killed(
    hass: HomeAssistant, path: Path, services: Mapping[str, ShelfConnection], reaper: Reaper
) -> Job:
    async with housed(hass, path, services, ON, MortalHouse) as house:
        await house.know(a_film())
        plan = await house.deletions.preview([Wish(request_id="film-1")], DeletionOptions())
        job = await house.deletions.run(plan.id, source="user", user="Anna")
        assert isinstance(house, MortalHouse)
        house.reaper = reaper
        for service in services.values():
            assert isinstance(service, MortalConnection)
            service.reaper = reaper
        await house.idle()
    for service in services.values():
        assert isinstance(service, MortalConnection)
        service.reaper = Reaper(10**6)
    return job


async def _check(house: House, job: Job, services: Mapping[str, ShelfConnection]) -> None:
    found = await house.journal.deletions.job(job.id)
    assert found is not None
    assert found.status_at(dt_util.utcnow()) is JobStatus.COMPLETE
    assert {state.status for state in found.states.values()} == {
        StepStatus.VERIFIED,
        StepStatus.NOT_APPLICABLE,
    }
    for key, service in services.items():
        # Only what may be asked twice without harm is: Jellyfin looks at a place again.
        if key != "jellyfin":
            assert len(service.shelf.calls) == len(set(service.shelf.calls))
    request = await house.journal.request("film-1")
    assert request is not None
    assert request.stage is Stage.DELETED
    codes = [stored.code for stored in await house.journal.timeline("film-1")]
    assert codes.count("deleted") == 1
    log = [row.row for row in await house.journal.deletions.log(limit=1000)]
    assert [row.code for row in log].count("ended") == 1
    verified = [row.document["step"] for row in log if row.document.get("status") == "verified"]
    assert len(verified) == len(set(verified)) == 5
    assert (await house.journal.deletions.verify_chain()).broken_at is None
    done = await house.journal.deletions.done_since(found.created_at)
    assert (done.items, done.library, done.torrents) == (1, 10**9, 10**9)


async def test_the_reaper_reaches_every_place(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """The places above are more than there are: the last one is never reached."""
    reapers = [Reaper(0), Reaper(59)]
    for number, reaper in enumerate(reapers):
        await _live_until_killed(hass, tmp_path / f"{number}.db", mortal(), reaper)
    assert [reaper.has_struck for reaper in reapers] == [True, False]
