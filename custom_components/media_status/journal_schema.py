"""Open the journal's database: its tables, their migrations, and what to do with a broken file.

Broken means that SQLite itself says so (not a database, malformed, a failed integrity check), or
that a file which should hold our tables holds none. Such a file is renamed, never deleted, never
read as empty. A file that is locked, unreadable or on a full disk is *not* broken: opening fails
and the file stays as it is.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
import sqlite3

from .journal_library_tables import LIBRARY_TABLES

# How long a writer waits for another process (an inspecting person, a backup) to let go.
BUSY_TIMEOUT_MS = 5000
# Above this size the thorough check, which also compares the indexes, would delay the start.
THOROUGH_CHECK_LIMIT = 64 * 1024 * 1024

_BROKEN = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_SIDE_FILES = ("-wal", "-shm")

# Tables without rowid name the columns of their key first, in its order: SQLite 3.40 mixes columns
# up otherwise when it checks the file, and reports a healthy one as damaged.
_VERSION_1 = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE requests (
        id TEXT PRIMARY KEY,
        open INTEGER NOT NULL,
        media_type TEXT NOT NULL,
        origin TEXT NOT NULL,
        title TEXT,
        title_search TEXT NOT NULL,
        year INTEGER,
        requested_by TEXT,
        is_4k INTEGER NOT NULL,
        stage TEXT NOT NULL,
        stage_since TEXT,
        opened_at TEXT NOT NULL,
        ended_at TEXT,
        available_at TEXT,
        document TEXT NOT NULL,
        status TEXT NOT NULL
    )""",
    # Everything that a filtered page needs, so that listing never reads the documents it skips.
    """CREATE INDEX requests_listed ON requests (
        opened_at, id, open, stage, media_type, requested_by, title_search
    )""",
    "CREATE INDEX requests_open ON requests (opened_at) WHERE open = 1",
    "CREATE INDEX requests_ended ON requests (ended_at) WHERE open = 0",
    """CREATE TABLE request_keys (
        connection_id TEXT NOT NULL,
        service_id TEXT NOT NULL,
        request_id TEXT NOT NULL REFERENCES requests (id) ON DELETE CASCADE,
        PRIMARY KEY (connection_id, service_id, request_id)
    ) WITHOUT ROWID""",
    "CREATE INDEX request_keys_request ON request_keys (request_id)",
    """CREATE TABLE items (
        request_id TEXT NOT NULL REFERENCES requests (id) ON DELETE CASCADE,
        season INTEGER NOT NULL,
        number INTEGER NOT NULL,
        title TEXT,
        stage TEXT,
        PRIMARY KEY (request_id, season, number)
    ) WITHOUT ROWID""",
    """CREATE TABLE downloads (
        request_id TEXT NOT NULL REFERENCES requests (id) ON DELETE CASCADE,
        download_id TEXT NOT NULL,
        items TEXT NOT NULL,
        size INTEGER,
        first_seen TEXT NOT NULL,
        PRIMARY KEY (request_id, download_id)
    ) WITHOUT ROWID""",
    """CREATE TABLE facts (
        request_id TEXT NOT NULL REFERENCES requests (id) ON DELETE CASCADE,
        subject TEXT NOT NULL,
        connection_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        via TEXT NOT NULL,
        service TEXT NOT NULL,
        value TEXT NOT NULL,
        seen_at TEXT NOT NULL,
        since TEXT NOT NULL,
        PRIMARY KEY (request_id, subject, connection_id, kind, via)
    ) WITHOUT ROWID""",
    """CREATE TABLE timeline (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        request_id TEXT NOT NULL REFERENCES requests (id) ON DELETE CASCADE,
        at TEXT NOT NULL,
        service TEXT,
        code TEXT NOT NULL,
        details TEXT NOT NULL
    )""",
    "CREATE INDEX timeline_request ON timeline (request_id, id)",
    """CREATE TRIGGER timeline_keeps_its_words BEFORE UPDATE ON timeline BEGIN
        SELECT RAISE(ABORT, 'the timeline is append-only');
    END""",
    """CREATE TRIGGER timeline_keeps_its_places BEFORE INSERT ON timeline
        WHEN EXISTS (SELECT 1 FROM timeline WHERE id = NEW.id) BEGIN
        SELECT RAISE(ABORT, 'the timeline is append-only');
    END""",
    # Entries leave only with their request, whose row is gone by the time the cascade comes here.
    """CREATE TRIGGER timeline_keeps_its_entries BEFORE DELETE ON timeline
        WHEN EXISTS (SELECT 1 FROM requests WHERE id = OLD.request_id) BEGIN
        SELECT RAISE(ABORT, 'the timeline is append-only');
    END""",
    """CREATE TABLE cursors (
        connection_id TEXT PRIMARY KEY,
        cursor TEXT NOT NULL,
        survey_at TEXT NOT NULL
    ) WITHOUT ROWID""",
)

# Since when an item is in its stage; of items that waited already, as long as the request has.
_VERSION_2 = (
    "ALTER TABLE items ADD COLUMN since TEXT",
    """UPDATE items SET since = (
        SELECT coalesce(stage_since, opened_at) FROM requests WHERE id = items.request_id
    )""",
)

# What keeps a forgotten request from being opened anew, and counted.
_VERSION_3 = (
    """CREATE TABLE forgotten (
        request_id TEXT PRIMARY KEY,
        forgotten_at TEXT NOT NULL,
        available_at TEXT,
        document TEXT NOT NULL
    ) WITHOUT ROWID""",
)

# Deletions under way, and for ever what became of each: the log knows nothing of requests' rows,
# so that it outlives them. Every row holds the hash of the one before.
_VERSION_4 = (
    """CREATE TABLE deletion_jobs (
        id TEXT PRIMARY KEY,
        open INTEGER NOT NULL,
        next_at TEXT,
        plan TEXT NOT NULL,
        document TEXT NOT NULL
    )""",
    "CREATE INDEX deletion_jobs_waiting ON deletion_jobs (id) WHERE next_at IS NOT NULL",
    """CREATE TABLE deletion_log (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at TEXT NOT NULL,
        job_id TEXT NOT NULL,
        code TEXT NOT NULL,
        service TEXT,
        items INTEGER NOT NULL,
        size INTEGER NOT NULL,
        document TEXT NOT NULL,
        hash TEXT NOT NULL
    )""",
    "CREATE INDEX deletion_log_job ON deletion_log (job_id, id)",
    "CREATE INDEX deletion_log_at ON deletion_log (at, service, items, size)",
    """CREATE TRIGGER deletion_log_keeps_its_words BEFORE UPDATE ON deletion_log BEGIN
        SELECT RAISE(ABORT, 'the log of deletions is append-only');
    END""",
    """CREATE TRIGGER deletion_log_keeps_its_places BEFORE INSERT ON deletion_log
        WHEN EXISTS (SELECT 1 FROM deletion_log WHERE id = NEW.id) BEGIN
        SELECT RAISE(ABORT, 'the log of deletions is append-only');
    END""",
    """CREATE TRIGGER deletion_log_keeps_its_rows BEFORE DELETE ON deletion_log BEGIN
        SELECT RAISE(ABORT, 'the log of deletions is append-only');
    END""",
)

# How much each service had, and what of finished requests was missing when it was looked for.
_VERSION_5 = (
    """CREATE TABLE counted (
        connection_id TEXT PRIMARY KEY,
        taken_at TEXT NOT NULL,
        size INTEGER NOT NULL,
        peak INTEGER NOT NULL,
        peak_at TEXT NOT NULL,
        frozen INTEGER NOT NULL
    ) WITHOUT ROWID""",
    """CREATE TABLE sightings (
        request_id TEXT NOT NULL REFERENCES requests (id) ON DELETE CASCADE,
        season INTEGER NOT NULL,
        number INTEGER NOT NULL,
        first_at TEXT NOT NULL,
        source TEXT NOT NULL,
        PRIMARY KEY (request_id, season, number)
    ) WITHOUT ROWID""",
)

# Step n brings a database from version n to version n + 1. Steps that shipped never change.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    _VERSION_1,
    _VERSION_2,
    _VERSION_3,
    _VERSION_4,
    _VERSION_5,
    LIBRARY_TABLES,
)


class JournalError(Exception):
    """Say that the journal could not do what was asked; what it holds is unharmed."""


class JournalTooNewError(JournalError):
    """Say that a newer version of the integration wrote this journal."""


class _BrokenFileError(Exception):
    """Say that the file is not a usable journal and has to be set aside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """An open journal: its connection, when it was first made, and the broken file it replaces."""

    connection: sqlite3.Connection
    started_at: datetime
    set_aside: Path | None = None


def open_database(path: Path, now: datetime) -> Database:
    """Open or create the journal; set a broken file aside; raise `JournalError` otherwise."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        is_new = not path.exists()
        try:
            connection = _open_checked(path, is_new=is_new)
            set_aside = None
        except _BrokenFileError:
            started_at = _salvaged_start(path)
            set_aside = _set_aside(path, now)
            connection = _open_checked(path, is_new=True)
            _remember_start(connection, started_at or now)
        return Database(
            connection=connection,
            started_at=_remember_start(connection, now),
            set_aside=set_aside,
        )
    except sqlite3.Error as err:
        raise JournalError(f"cannot open {path.name}: {err}") from err
    except OSError as err:
        raise JournalError(f"cannot open {path.name}: {err.strerror}") from err


def is_broken(error: sqlite3.Error) -> bool:
    """Return whether SQLite says that the file itself is damaged."""
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF in _BROKEN


def _open_checked(path: Path, *, is_new: bool) -> sqlite3.Connection:
    """Open the file, check it and bring it to the current version; nothing stays open on error."""
    connection = sqlite3.connect(path, isolation_level=None, cached_statements=256)
    try:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        if not is_new:
            _check(connection, path)
        else:
            path.chmod(0o600)  # titles and names are the household's own
        _configure(connection)
        _migrate(connection)
    except sqlite3.Error as err:
        connection.close()
        if is_broken(err):
            raise _BrokenFileError from err
        raise
    except BaseException:  # whatever it is: nothing stays open
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection, path: Path) -> None:
    version = _version(connection)
    if version > len(MIGRATIONS):
        raise JournalTooNewError(
            f"{path.name} has version {version}; this version knows up to {len(MIGRATIONS)}"
        )
    if version == 0:
        # Our tables and their version come in one transaction, so these are not ours; nor is an
        # empty file, which SQLite takes for a new database: our rows would be "all gone".
        raise _BrokenFileError
    thorough = path.stat().st_size <= THOROUGH_CHECK_LIMIT
    check = "integrity_check" if thorough else "quick_check"
    if connection.execute(f"PRAGMA {check}(1)").fetchone()[0] != "ok":
        raise _BrokenFileError


def _configure(connection: sqlite3.Connection) -> None:
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if str(mode) != "wal":
        raise JournalError("this file system does not support write-ahead logging")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA cache_size = -4096")  # KiB
    connection.execute(f"PRAGMA journal_size_limit = {16 * 1024 * 1024}")
    connection.create_function("media_status_sha256", 1, _sha256, deterministic=True)
    # What a damaged file may hold is read as far as it can be; nothing raises half-way.
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")


def _sha256(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _migrate(connection: sqlite3.Connection) -> None:
    """Run the missing steps in one transaction: a database is at the old version or at the new."""
    if _version(connection) == len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statements in MIGRATIONS[_version(connection) :]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute("COMMIT")
        # Into the file itself, so that a lost log can never make it look like no journal at all.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except BaseException:  # whatever it is: half a migration is none
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _remember_start(connection: sqlite3.Connection, now: datetime) -> datetime:
    """Return when the journal was first made, after noting `now` in a new one."""
    connection.execute(
        "INSERT INTO meta VALUES ('started_at', ?) ON CONFLICT DO NOTHING",
        (now.astimezone(UTC).isoformat(),),
    )
    (text,) = connection.execute("SELECT value FROM meta WHERE key = 'started_at'").fetchone()
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return now


def _salvaged_start(path: Path) -> datetime | None:
    """Return when a broken journal was first made, where that can still be read."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        row = connection.execute("SELECT value FROM meta WHERE key = 'started_at'").fetchone()
        return None if row is None else datetime.fromisoformat(row[0])
    except sqlite3.Error, ValueError, TypeError:
        return None
    finally:
        connection.close()


def _set_aside(path: Path, now: datetime) -> Path:
    """Rename the file with what belongs to it, and return its new name."""
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    target = path.with_name(f"{path.name}.broken-{stamp}")
    count = 1
    while target.exists():
        count += 1
        target = path.with_name(f"{path.name}.broken-{stamp}-{count}")
    for suffix in _SIDE_FILES:
        side = path.with_name(path.name + suffix)
        if side.exists():
            side.rename(target.with_name(target.name + suffix))
    path.rename(target)
    return target
