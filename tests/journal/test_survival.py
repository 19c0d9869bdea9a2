"""What the journal survives: being killed, damaged files, busy files, full disks."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from typing import IO

import pytest

from custom_components.media_status import journal_schema
from custom_components.media_status.journal import Batch, Journal, JournalError

from .builders import NOON, a_request, opened, opening, rows, run, set_aside, stated

ROOT = Path(__file__).parents[2]
PAGE = 4096


async def fill(path: Path, count: int = 300) -> None:
    """Make a journal of some megabytes' worth of requests."""
    async with opened(path) as (journal, _):
        requests = [a_request(number, overview="x" * 2000) for number in range(count)]
        await journal.write(Batch(changes=[opening(request) for request in requests]))


async def fold_the_log_in(journal: Journal) -> None:
    """Have all that was written in the file itself, as before and after a backup."""
    await journal.pause()
    await journal.resume()


def printed(process: subprocess.Popen[str], enough: int) -> list[str]:
    """Return what the writer said was durable, killing it once it said enough."""
    output = process.stdout
    assert output is not None
    lines = [line for line, _ in zip(output, range(enough), strict=False)]
    process.send_signal(signal.SIGKILL)
    return [line.strip() for line in (*lines, *_whole_lines(output))]


def _whole_lines(output: IO[str]) -> Iterator[str]:
    for line in output:
        if line.endswith("\n"):  # the last one may be cut off: it was not said
            yield line


def test_what_was_durable_survives_a_kill(tmp_path: Path) -> None:
    """Every batch whose write had returned is found after `kill -9`, again and again."""
    path = tmp_path / "j.db"
    said: list[str] = []
    for life, enough in enumerate((1, 40, 160)):
        command = [sys.executable, "-m", "tests.journal.writer", str(path), str(life)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
            said += printed(process, enough)
        assert process.returncode == -signal.SIGKILL
    assert len(said) >= 201

    async def found() -> set[str]:
        async with opened(path) as (_, start):
            assert start.set_aside is None
            assert all(len(request.facts) == 3 for request in start.requests)
            return {request.id for request in start.requests}

    assert set(said) <= asyncio.run(found())


def _cut(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def _cut_within_a_page(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - PAGE - 100)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _zeros(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def _text(path: Path) -> None:
    path.write_text("This is not a database.\n" * 1000)


def _another_database(path: Path) -> None:
    path.unlink()
    run(path, "CREATE TABLE stranger (id)")


def _noise(seed: int) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        """Overwrite some whole pages in the middle."""
        dice = random.Random(seed)
        pages = path.stat().st_size // PAGE
        with path.open("r+b") as file:
            for page in dice.sample(range(1, pages), 20):
                file.seek(page * PAGE)
                file.write(dice.randbytes(PAGE))

    return damage


@pytest.mark.parametrize(
    "damage",
    [
        _cut,
        _cut_within_a_page,
        _empty,
        _zeros,
        _text,
        _another_database,
        *(pytest.param(_noise(seed), id=f"_noise_{seed}") for seed in range(5)),
    ],
)
async def test_a_broken_file_is_set_aside(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    """A damaged journal is renamed as it is, said to be so, and a working one takes its place."""
    path = tmp_path / "j.db"
    await fill(path)
    damage(path)
    broken = path.read_bytes()
    async with opened(path) as (journal, start):
        assert start.requests == []
        assert start.set_aside is not None
        assert start.set_aside.name.startswith("j.db.broken-")
        assert start.set_aside.read_bytes() == broken
        await journal.write(Batch(changes=[opening(a_request())]))
    async with opened(path) as (_, start):
        assert start.set_aside is None
        assert start.requests == [opening(a_request()).request]


async def test_each_broken_file_is_kept(tmp_path: Path) -> None:
    """A second broken file, even in the same second, does not replace the first."""
    path = tmp_path / "j.db"
    for _ in range(3):
        path.write_text("broken")
        async with opened(path) as (_, start):
            assert start.set_aside is not None
    assert len(set_aside(path)) == 3


async def test_the_first_day_outlives_a_broken_file(tmp_path: Path) -> None:
    """Since when we track is read from the broken file where that is still possible."""
    path = tmp_path / "j.db"
    await fill(path)
    run(path, "UPDATE meta SET value = '2020-02-02T00:00:00+00:00' WHERE key = 'started_at'")
    _noise(1)(path)
    async with opened(path) as (_, start):
        assert start.set_aside is not None
        assert start.started_at.year == 2020


async def test_a_lost_log_costs_only_what_was_in_it(tmp_path: Path) -> None:
    """Without its write-ahead log the file is the whole journal of an earlier moment."""
    path, copy = tmp_path / "j.db", tmp_path / "copy.db"
    early, late = a_request(1), a_request(2)
    async with opened(path) as (journal, _):
        await journal.write(Batch(changes=[opening(early)]))
        await fold_the_log_in(journal)
        await journal.write(Batch(changes=[opening(late)]))
        shutil.copy(path, copy)
    async with opened(copy) as (_, start):
        assert start.set_aside is None
        assert start.requests == [early]


async def test_a_damaged_log_costs_only_what_was_in_it(tmp_path: Path) -> None:
    """Noise where the write-ahead log should be is not taken for changes."""
    path, copy = tmp_path / "j.db", tmp_path / "copy.db"
    early, late = a_request(1), a_request(2)
    async with opened(path) as (journal, _):
        await journal.write(Batch(changes=[opening(early)]))
        await fold_the_log_in(journal)
        await journal.write(Batch(changes=[opening(late)]))
        shutil.copy(path, copy)
        log = bytearray((tmp_path / "j.db-wal").read_bytes())
    log[200:] = random.Random(1).randbytes(len(log) - 200)
    (tmp_path / "copy.db-wal").write_bytes(log)
    async with opened(copy) as (_, start):
        assert start.set_aside is None
        assert start.requests == [early]


async def test_a_locked_file_is_not_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that another process holds stays where it is, and opens once it is let go."""
    monkeypatch.setattr(journal_schema, "BUSY_TIMEOUT_MS", 10)
    path = tmp_path / "j.db"
    await fill(path, 1)
    other = sqlite3.connect(path)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(JournalError, match="locked"):
        await Journal(path).open(NOON)
    other.rollback()
    other.close()
    assert set_aside(path) == []
    async with opened(path) as (_, start):
        assert len(start.requests) == 1


async def test_a_file_that_cannot_be_opened_is_not_broken(tmp_path: Path) -> None:
    """What is no file at all is an error that says so, and stays as it is."""
    path = tmp_path / "j.db"
    path.mkdir()
    with pytest.raises(JournalError, match=r"j\.db"):
        await Journal(path).open(NOON)
    assert path.is_dir()


async def test_a_failed_opening_leaves_no_thread(tmp_path: Path) -> None:
    """After a failure the same journal can be opened once the cause is gone."""
    path = tmp_path / "j.db"
    path.mkdir()
    journal = Journal(path)
    with pytest.raises(JournalError):
        await journal.open(NOON)
    path.rmdir()
    start = await journal.open(NOON)
    await journal.close()
    assert start.requests == []


async def test_a_full_disk_fails_what_does_not_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was durable before the disk filled up stays, and what did not fit says so."""
    path = tmp_path / "j.db"
    await fill(path, 3)
    connect = sqlite3.connect

    def limited(path: Path, isolation_level: None, cached_statements: int) -> sqlite3.Connection:
        connection = connect(
            path, isolation_level=isolation_level, cached_statements=cached_statements
        )
        connection.execute("PRAGMA max_page_count = 60")
        return connection

    monkeypatch.setattr(sqlite3, "connect", limited)
    requests = [a_request(number, overview="x" * 2000) for number in range(3, 103)]
    async with opened(path) as (journal, _):
        writers = [journal.write(Batch(changes=[opening(request)])) for request in requests]
        results = await asyncio.gather(*writers, return_exceptions=True)
    monkeypatch.undo()
    failed = [result for result in results if result is not None]
    assert failed
    assert all(isinstance(error, JournalError) and "full" in str(error) for error in failed)
    async with opened(path) as (_, start):
        assert start.set_aside is None
        assert len(start.requests) == 3 + len(requests) - len(failed)


async def test_an_unreadable_request_stays_in_the_journal(tmp_path: Path) -> None:
    """A document that this version does not understand is counted, never removed."""
    path = tmp_path / "j.db"
    await fill(path, 3)
    run(path, """UPDATE requests SET document = '{"id": 5}' WHERE id = 'request-1'""")
    async with opened(path) as (journal, start):
        assert [request.id for request in start.requests] == ["request-0", "request-2"]
        assert start.unreadable == 1
        assert start.set_aside is None
        assert await journal.request("request-1") is None
        assert len((await journal.requests()).items) == 2
    assert rows(path, "SELECT count(*) FROM requests") == [(3,)]


@pytest.mark.parametrize("status", ["", "{}", '{"stage": "beyond"}', "[]"])
async def test_an_unreadable_status_costs_only_itself(tmp_path: Path, status: str) -> None:
    """The stage that stands beside the status is enough for a request to come back."""
    path = tmp_path / "j.db"
    request = a_request()
    async with opened(path) as (journal, _):
        await journal.write(Batch(changes=[stated(request, opened=True)]))
    run(path, "UPDATE requests SET stage = 'importing', status = ?", values=(status,))
    async with opened(path) as (_, start):
        assert [found.stage.value for found in start.requests] == ["importing"]


async def test_unreadable_facts_and_entries_are_skipped(tmp_path: Path) -> None:
    """One unreadable fact or timeline entry does not hide the others."""
    path = tmp_path / "j.db"
    await fill(path, 1)
    run(
        path,
        "UPDATE facts SET value = 'x' WHERE kind = 'ask'",
        "DROP TRIGGER timeline_keeps_its_words",
        "UPDATE timeline SET at = 'soon' WHERE code = 'opened'",
    )
    async with opened(path) as (journal, start):
        kinds = {fact.kind.value for fact in start.requests[0].facts.values()}
        assert kinds == {"wanted", "grab"}
        found = await journal.timeline("request-0")
        assert [stored.code for stored in found] == ["approved"]


async def test_the_file_belongs_to_its_owner_alone(tmp_path: Path) -> None:
    """Titles and names are not for every user of the machine."""
    path = tmp_path / "folder" / "j.db"
    async with opened(path):
        assert path.stat().st_mode & 0o077 == 0


async def test_a_copy_made_during_a_backup_is_whole(tmp_path: Path) -> None:
    """While paused, writes go on durably, and file and log can be copied at any moment."""
    path = tmp_path / "j.db"
    copies = [tmp_path / f"copy-{number}.db" for number in range(3)]
    async with opened(path) as (journal, _):
        await journal.write(Batch(changes=[opening(a_request(0))]))
        await journal.pause()
        still = path.read_bytes()
        for number, copy in enumerate(copies):
            # The log is copied first and the file later: both orders have to do.
            shutil.copy(f"{path}-wal", f"{copy}-wal")
            many = [a_request(number * 1000 + each, overview="x" * 2000) for each in range(1, 800)]
            await journal.write(Batch(changes=[opening(request) for request in many]))
            shutil.copy(path, copy)
        assert path.read_bytes() == still
        await journal.resume()
        assert path.read_bytes() != still
    for number, copy in enumerate(copies):
        async with opened(copy) as (_, start):
            assert start.set_aside is None
            assert len(start.requests) == 1 + number * 799


async def test_closing_during_a_backup_leaves_the_file_alone(tmp_path: Path) -> None:
    """A reload in the middle of a backup changes nothing that is being copied."""
    path = tmp_path / "j.db"
    async with opened(path) as (journal, _):
        await journal.pause()
        still = path.read_bytes()
        await journal.write(Batch(changes=[opening(a_request())]))
    assert path.read_bytes() == still
    async with opened(path) as (_, start):
        assert len(start.requests) == 1
