"""Journals of every old version open; newer ones, and failed steps, leave the file as it is."""

from pathlib import Path
import sqlite3

import pytest

from custom_components.media_status import journal_schema
from custom_components.media_status.journal import Batch, Journal, JournalError, JournalTooNewError
from custom_components.media_status.lifecycle.facts import Ask, AskStatus, Origin
from custom_components.media_status.lifecycle.model import (
    MOVIE,
    ItemKey,
    MediaType,
    Service,
    Stage,
    Via,
)
from custom_components.media_status.lifecycle.request import Counts

from .builders import NOON, a_request, ending, opened, opening, rows, run, set_aside

# What version 1 shipped, word for word: this text never follows the code.
VERSION_1 = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE requests (
    id TEXT PRIMARY KEY, open INTEGER NOT NULL, media_type TEXT NOT NULL, origin TEXT NOT NULL,
    title TEXT, title_search TEXT NOT NULL, year INTEGER, requested_by TEXT,
    is_4k INTEGER NOT NULL, stage TEXT NOT NULL, stage_since TEXT, opened_at TEXT NOT NULL,
    ended_at TEXT, available_at TEXT, document TEXT NOT NULL, status TEXT NOT NULL
);
CREATE INDEX requests_listed ON requests (
    opened_at, id, open, stage, media_type, requested_by, title_search
);
CREATE INDEX requests_open ON requests (opened_at) WHERE open = 1;
CREATE INDEX requests_ended ON requests (ended_at) WHERE open = 0;
CREATE TABLE request_keys (
    connection_id TEXT NOT NULL, service_id TEXT NOT NULL,
    request_id TEXT NOT NULL REFERENCES requests (id) ON DELETE CASCADE,
    PRIMARY KEY (connection_id, service_id, request_id)
) WITHOUT ROWID;
CREATE INDEX request_keys_request ON request_keys (request_id);
CREATE TABLE items (
    request_id TEXT NOT NULL REFERENCES requests (id) ON DELETE CASCADE,
    season INTEGER NOT NULL, number INTEGER NOT NULL, title TEXT, stage TEXT,
    PRIMARY KEY (request_id, season, number)
) WITHOUT ROWID;
CREATE TABLE downloads (
    request_id TEXT NOT NULL REFERENCES requests (id) ON DELETE CASCADE,
    download_id TEXT NOT NULL, items TEXT NOT NULL, size INTEGER, first_seen TEXT NOT NULL,
    PRIMARY KEY (request_id, download_id)
) WITHOUT ROWID;
CREATE TABLE facts (
    request_id TEXT NOT NULL REFERENCES requests (id) ON DELETE CASCADE,
    subject TEXT NOT NULL, connection_id TEXT NOT NULL, kind TEXT NOT NULL, via TEXT NOT NULL,
    service TEXT NOT NULL, value TEXT NOT NULL, seen_at TEXT NOT NULL, since TEXT NOT NULL,
    PRIMARY KEY (request_id, subject, connection_id, kind, via)
) WITHOUT ROWID;
CREATE TABLE timeline (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    request_id TEXT NOT NULL REFERENCES requests (id) ON DELETE CASCADE,
    at TEXT NOT NULL, service TEXT, code TEXT NOT NULL, details TEXT NOT NULL
);
CREATE INDEX timeline_request ON timeline (request_id, id);
CREATE TRIGGER timeline_keeps_its_words BEFORE UPDATE ON timeline BEGIN
    SELECT RAISE(ABORT, 'the timeline is append-only');
END;
CREATE TRIGGER timeline_keeps_its_places BEFORE INSERT ON timeline
    WHEN EXISTS (SELECT 1 FROM timeline WHERE id = NEW.id) BEGIN
    SELECT RAISE(ABORT, 'the timeline is append-only');
END;
CREATE TRIGGER timeline_keeps_its_entries BEFORE DELETE ON timeline
    WHEN EXISTS (SELECT 1 FROM requests WHERE id = OLD.request_id) BEGIN
    SELECT RAISE(ABORT, 'the timeline is append-only');
END;
CREATE TABLE cursors (
    connection_id TEXT PRIMARY KEY, cursor TEXT NOT NULL, survey_at TEXT NOT NULL
) WITHOUT ROWID;
PRAGMA user_version = 1;
"""

# A household of version 1: a series that waits and a film that is there.
HOUSEHOLD_1 = """
INSERT INTO meta VALUES ('started_at', '2025-12-24T18:00:00+00:00');
INSERT INTO requests VALUES (
    'a', 1, 'series', 'seerr', 'Ordeal', 'ordeal' || char(10), 2024, 'Ada', 0, 'searching',
    '2026-01-02T10:00:00+00:00', '2026-01-01T10:00:00+00:00', NULL, NULL,
    '{"id":"a","media_type":"series","origin":"seerr","created_at":"2026-01-01T09:59:58+00:00",
      "opened_at":"2026-01-01T10:00:00+00:00","ids":{"tmdb":1,"tvdb":2},"title":"Ordeal",
      "year":2024,"requested_by":"Ada","seasons":[1],"items":[[1,1],[1,2]],
      "item_titles":[[1,1,"Pilot"]],"service_ids":{"seerr":"7"},
      "stage_since":"2026-01-02T10:00:00+00:00"}',
    '{"stage":"searching","counts":{"total":2,"searching":2}}'
);
INSERT INTO request_keys VALUES ('seerr', '7', 'a');
INSERT INTO items VALUES ('a', 1, 1, 'Pilot', 'searching'), ('a', 1, 2, NULL, 'searching');
INSERT INTO facts VALUES (
    'a', '', 'seerr', 'ask', 'push', 'seerr', '{"status":"approved"}',
    '2026-01-01T10:00:00+00:00', '2026-01-01T10:00:00+00:00'
);
INSERT INTO timeline (request_id, at, service, code, details)
VALUES ('a', '2026-01-01T10:00:00+00:00', 'seerr', 'opened', '{"by":"Ada"}');
INSERT INTO requests VALUES (
    'b', 0, 'movie', 'seerr', 'Reed', 'reed' || char(10), NULL, NULL, 0, 'available',
    NULL, '2026-01-01T11:00:00+00:00', '2026-01-05T10:00:00+00:00', '2026-01-05T10:00:00+00:00',
    '{"id":"b","media_type":"movie","origin":"seerr","created_at":"2026-01-01T11:00:00+00:00",
      "opened_at":"2026-01-01T11:00:00+00:00","title":"Reed","items":[[-1,-1]],
      "service_ids":{"seerr":"8"},"available_at":"2026-01-05T10:00:00+00:00",
      "ended_at":"2026-01-05T10:00:00+00:00"}',
    '{"stage":"available"}'
);
INSERT INTO request_keys VALUES ('seerr', '8', 'b');
INSERT INTO items VALUES ('b', -1, -1, NULL, 'available');
INSERT INTO cursors VALUES ('seerr', '{"page":2}', '2026-01-05T10:00:00+00:00');
"""


def make(path: Path, *scripts: str) -> None:
    """Make a journal from the text of an old version."""
    connection = sqlite3.connect(path)
    for script in scripts:
        connection.executescript(script)
    connection.close()


def shape(path: Path) -> dict[str, str]:
    """Return the definition of every table, index and trigger, without its white space."""
    found = rows(path, "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {str(name): "".join(str(sql).split()) for name, sql in found}


async def test_version_1_opens(tmp_path: Path) -> None:
    """A journal that version 1 wrote is read whole."""
    path = tmp_path / "j.db"
    make(path, VERSION_1, HOUSEHOLD_1)
    async with opened(path, NOON.replace(month=1, day=1)) as (journal, start):
        (request,) = start.requests
        assert start.started_at.isoformat() == "2025-12-24T18:00:00+00:00"
        assert start.cursors == {"seerr": {"page": 2}}
        assert start.closed_keys == {("seerr", "8")}
        assert [found.title for found in start.recent] == ["Reed"]
        (stored,) = await journal.timeline("a")
        assert (await journal.requests(search="REED")).total == 1
    assert (request.media_type, request.origin) == (MediaType.SERIES, Origin.SEERR)
    assert request.item_titles == {ItemKey(1, 1): "Pilot"}
    assert request.status.counts == Counts(total=2, searching=2)
    assert request.status.items == dict.fromkeys(request.items, Stage.SEARCHING)
    assert request.item_since == dict.fromkeys(request.items, request.stage_since)
    (fact,) = request.facts.values()
    assert (fact.value, fact.via) == (Ask(status=AskStatus.APPROVED), Via.PUSH)
    assert (stored.service, stored.values) == (Service.SEERR, {"by": "Ada"})


async def test_version_1_goes_on(tmp_path: Path) -> None:
    """What version 1 began, this version carries on and ends."""
    path = tmp_path / "j.db"
    make(path, VERSION_1, HOUSEHOLD_1)
    async with opened(path) as (journal, start):
        await journal.write(Batch(changes=[ending(start.requests[0]), opening(a_request())]))
    async with opened(path) as (journal, start):
        assert [request.id for request in start.requests] == ["request-1"]
        assert start.requests[0].items == {MOVIE}
        codes = [stored.code for stored in await journal.timeline("a")]
        assert codes == ["opened", "available"]


async def test_a_new_journal_has_the_shape_of_a_migrated_one(tmp_path: Path) -> None:
    """Fresh and migrated journals are alike, and what shipped has not been edited."""
    make(tmp_path / "old.db", VERSION_1)
    for name in ("old.db", "new.db"):
        async with opened(tmp_path / name):
            pass
    assert shape(tmp_path / "old.db") == shape(tmp_path / "new.db")


async def test_a_step_runs_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A later version brings an old journal up to date, once, with all that it holds."""
    path = tmp_path / "j.db"
    make(path, VERSION_1, HOUSEHOLD_1)
    step = ("ALTER TABLE requests ADD COLUMN note TEXT", "UPDATE requests SET note = 'kept'")
    version = len(journal_schema.MIGRATIONS) + 1
    monkeypatch.setattr(journal_schema, "MIGRATIONS", (*journal_schema.MIGRATIONS, step))
    for _ in range(2):
        async with opened(path) as (_, start):
            assert [request.id for request in start.requests] == ["a"]
    assert rows(path, "SELECT note FROM requests") == [("kept",), ("kept",)]
    assert rows(path, "PRAGMA user_version") == [(version,)]


async def test_a_failed_step_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step that fails half-way leaves the old version as it was, and is no damage."""
    path = tmp_path / "j.db"
    make(path, VERSION_1, HOUSEHOLD_1)
    before = shape(path)
    version = rows(path, "PRAGMA user_version")
    step = ("ALTER TABLE requests ADD COLUMN note TEXT", "UPDATE nowhere SET note = 'lost'")
    monkeypatch.setattr(journal_schema, "MIGRATIONS", (*journal_schema.MIGRATIONS, step))
    with pytest.raises(JournalError, match="no such table"):
        await Journal(path).open(NOON)
    assert shape(path) == before
    assert rows(path, "PRAGMA user_version") == version
    monkeypatch.undo()
    async with opened(path) as (_, start):
        assert start.set_aside is None
        assert [request.id for request in start.requests] == ["a"]


async def test_a_newer_journal_is_left_alone(tmp_path: Path) -> None:
    """After going back to an older version the journal is refused, not changed or renamed."""
    path = tmp_path / "j.db"
    make(path, VERSION_1, HOUSEHOLD_1)
    run(path, "PRAGMA user_version = 4711")
    before = path.read_bytes()
    with pytest.raises(JournalTooNewError, match="4711"):
        await Journal(path).open(NOON)
    assert path.read_bytes() == before
    assert set_aside(path) == []
