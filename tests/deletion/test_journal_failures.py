"""Test what happens while the journal refuses, and what the log cannot be made to say."""

import asyncio
from pathlib import Path
import sqlite3

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.media_status import journal_schema
from custom_components.media_status.deletion.wishes import Wish
from custom_components.media_status.journal import Journal, JournalError
from custom_components.media_status.journal_deletions import DeletionWrite, LogRow
from custom_components.media_status.lifecycle.deletion import DeletionOptions
from custom_components.media_status.lifecycle.model import Service
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .house import House, a_film, calls, housed, services_with

REFUSE = """CREATE TRIGGER refuse BEFORE UPDATE ON deletion_jobs BEGIN
    SELECT RAISE(ABORT, 'the disk is full');
END"""


async def change(path: Path, *statements: str) -> None:
    """Change the file behind the journal's back."""

    def work() -> None:
        connection = sqlite3.connect(path)
        try:
            with connection:
                for statement in statements:
                    connection.execute(statement)
        finally:
            connection.close()

    await asyncio.get_running_loop().run_in_executor(None, work)


async def written(house: House, count: int) -> None:
    """Write rows without a job."""
    now = dt_util.utcnow()
    for number in range(count):
        row = LogRow(
            at=now,
            job_id="none",
            code="deleted_elsewhere",
            service=Service.RADARR,
            document={"number": number, "title": "Amélie"},
        )
        await house.record([], [DeletionWrite(log=[row])])


async def test_nothing_is_called_that_is_not_noted(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """While the journal refuses, no call is made; afterwards it goes on by itself."""
    services, path = services_with(a_film()), tmp_path / "j.db"
    async with housed(hass, path, services) as house:
        await house.know(a_film())
        plan = await house.deletions.preview([Wish(request_id="film-1")], DeletionOptions())
        await change(path, REFUSE)
        job = await house.deletions.run(plan.id, source="user")
        await house.idle()
        await house.pass_to(freezer, dt_util.utcnow().timestamp() + 60)
        assert calls(services) == {}
        await change(path, "DROP TRIGGER refuse")
        await house.until_over(freezer)
        found = await house.journal.deletions.job(job.id)
        assert found is not None
        assert not found.is_open
        assert len(services["radarr"].shelf.calls) == 1


async def test_a_job_that_is_not_stored_never_begins(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """Who ordered it is told, and nothing happens."""
    services, path = services_with(a_film()), tmp_path / "j.db"
    async with housed(hass, path, services) as house:
        await house.know(a_film())
        plan = await house.deletions.preview([Wish(request_id="film-1")], DeletionOptions())
        await change(path, REFUSE.replace("UPDATE", "INSERT"))
        with pytest.raises(JournalError):
            await house.deletions.run(plan.id, source="user")
        await house.idle()
        assert house.deletions.jobs == ()
        assert calls(services) == {}


async def test_an_outcome_is_stored_later(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """What was done while the journal refused is in the log in the end, once."""
    services, path = services_with(a_film()), tmp_path / "j.db"
    steps_only = "INSERT ON deletion_log WHEN NEW.code = 'step'"
    refuse = REFUSE.replace("UPDATE ON deletion_jobs", steps_only)
    async with housed(hass, path, services) as house:
        await house.know(a_film())
        plan = await house.deletions.preview([Wish(request_id="film-1")], DeletionOptions())
        await change(path, refuse)
        job = await house.deletions.run(plan.id, source="user")
        await house.idle()
        assert len(calls(services)) == 1  # nothing else is called before that is known
        await change(path, "DROP TRIGGER refuse")
        await house.until_over(freezer)
        rows = await house.journal.deletions.log(job_id=job.id, limit=100)
        steps = [
            (row.row.document["step"], row.row.document["status"])
            for row in rows
            if row.row.code == "step"
        ]
        assert len(steps) == len(set(steps)) == 10
        assert (await house.journal.deletions.verify_chain()).broken_at is None


async def test_an_ended_request_is_told_when_the_journal_is_back(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """What was removed and the end of the request come together, or wait together."""
    services, path = services_with(a_film()), tmp_path / "j.db"
    refuse = REFUSE.replace("UPDATE ON deletion_jobs", "UPDATE ON requests")
    async with housed(hass, path, services) as house:
        await house.know(a_film(ended=True))
        await change(path, refuse)
        plan = await house.deletions.preview([Wish(request_id="film-1")], DeletionOptions())
        job = await house.deletions.run(plan.id, source="user")
        await house.idle()
        for _ in range(5):
            await house.pass_to(freezer, dt_util.utcnow().timestamp() + 60)
        found = await house.journal.deletions.job(job.id)
        assert found is not None
        assert found.is_open
        request = await house.journal.request("film-1")
        assert request is not None
        assert request.stage == "available"
        await change(path, "DROP TRIGGER refuse")
        await house.until_over(freezer)
        found = await house.journal.deletions.job(job.id)
        request = await house.journal.request("film-1")
        assert found is not None
        assert request is not None
        assert not found.is_open
        assert request.stage == "deleted"


async def test_the_log_cannot_be_changed(hass: HomeAssistant, tmp_path: Path) -> None:
    """Not by ordinary means: rows are neither changed, nor removed, nor replaced."""
    path = tmp_path / "j.db"
    async with housed(hass, path, {}) as house:
        await written(house, 2)
        for statement in (
            "UPDATE deletion_log SET code = 'nothing' WHERE id = 1",
            "DELETE FROM deletion_log WHERE id = 2",
            "INSERT OR REPLACE INTO deletion_log SELECT * FROM deletion_log WHERE id = 1",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                await change(path, statement)


@pytest.mark.parametrize(
    ("statements", "broken_at"),
    [
        (("UPDATE deletion_log SET code = 'x' WHERE id = 3",), 3),
        (("UPDATE deletion_log SET at = '2020-01-01T00:00:00+00:00' WHERE id = 1",), 1),
        (("UPDATE deletion_log SET size = 7 WHERE id = 600",), 600),
        (("UPDATE deletion_log SET document = '{}' WHERE id = 700",), 700),
        (("DELETE FROM deletion_log WHERE id = 5",), 5),
        (("DELETE FROM deletion_log WHERE id = 700",), 700),  # the newest
        (("DELETE FROM deletion_log WHERE id = 1",), 1),
        (
            (
                "UPDATE deletion_log SET id = 9999 WHERE id = 8",
                "UPDATE deletion_log SET id = 8 WHERE id = 9",
                "UPDATE deletion_log SET id = 9 WHERE id = 9999",
            ),
            8,
        ),
        ((), None),
    ],
)
async def test_what_was_changed_by_force_shows(
    hass: HomeAssistant, tmp_path: Path, statements: tuple[str, ...], broken_at: int | None
) -> None:
    """Somebody takes the triggers away and rewrites history."""
    path = tmp_path / "j.db"
    async with housed(hass, path, {}) as house:
        now = dt_util.utcnow()
        rows = [
            LogRow(at=now, job_id="j", code="step", document={"n": number}) for number in range(700)
        ]
        await house.record([], [DeletionWrite(log=rows)])
        triggers = ("words", "places", "rows")
        await change(
            path, *(f"DROP TRIGGER deletion_log_keeps_its_{one}" for one in triggers), *statements
        )
        report = await house.journal.deletions.verify_chain()
        assert report.broken_at == broken_at
        assert report.rows == (broken_at - 1 if broken_at else 700)


async def test_the_log_is_read_in_pages_and_outlives_requests(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """Newest first; a request that is forgotten keeps its deletions."""
    services, path = services_with(a_film()), tmp_path / "j.db"
    async with housed(hass, path, services) as house:
        await house.know(a_film())
        plan = await house.deletions.preview([Wish(request_id="film-1")], DeletionOptions())
        job = await house.deletions.run(plan.id, source="user")
        await house.until_over(freezer)
        request = await house.journal.request("film-1")
        assert request is not None
        await house.ledger.forget(house.tracker.forget(request, dt_util.utcnow()))
        everything = await house.journal.deletions.log(limit=100)
        first = await house.journal.deletions.log(limit=4)
        second = await house.journal.deletions.log(limit=100, before_id=first[-1].id)
        assert [*first, *second] == everything
        begin = everything[-1].row
        assert begin.code == "started"
        assert begin.document["requests"] == [
            {
                "request_id": "film-1",
                "media_type": "movie",
                "title": "Film 1",
                "year": 2020,
                "poster_url": "https://image.example/p.jpg",
                "ids": {"tmdb": "101"},
                "is_4k": False,
                "requested_by": "Anna",
                "size": None,
                "stage": "available",
            }
        ]
        assert [one.id for one in await house.journal.deletions.jobs(request_id="film-1")] == [
            job.id
        ]
        assert await house.journal.deletions.jobs(request_id="film-2") == []


async def test_a_job_of_a_newer_version_rests(hass: HomeAssistant, tmp_path: Path) -> None:
    """What is not understood whole is not run, and stays in the journal."""
    services, path = services_with(a_film()), tmp_path / "j.db"
    options = {"deletion_mode": "on", "grace_minutes": 5}
    async with housed(hass, path, services, options) as house:
        await house.know(a_film())
        plan = await house.deletions.preview([Wish(request_id="film-1")], DeletionOptions())
        await house.deletions.run(plan.id, source="user")
    await change(path, "UPDATE deletion_jobs SET document = json_set(document, '$.colour', 'red')")
    async with housed(hass, path, services) as house:
        assert house.deletions.jobs == ()
        assert (await house.journal.deletions.waiting()).unreadable == 1


async def test_an_older_journal_gets_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tables of deletions come with a migration of their own."""
    journal = Journal(tmp_path / "j.db")
    with monkeypatch.context() as before:
        before.setattr(journal_schema, "MIGRATIONS", journal_schema.MIGRATIONS[:3])
        await journal.open(dt_util.utcnow())
        await journal.close()
    await journal.open(dt_util.utcnow())
    assert await journal.deletions.log() == []
    assert (await journal.deletions.waiting()).jobs == ()
    await journal.close()
