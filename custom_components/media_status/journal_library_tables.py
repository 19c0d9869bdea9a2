"""Define the tables of the library: what every service has, and where they disagree."""

from typing import Final

# Titles, other than their episodes and files, have no series. Rows lie in the order in which the
# service lists them, so that reading it again goes through them from the first to the last.
LIBRARY_TABLES: Final = (
    """CREATE TABLE library_sources (
        id INTEGER PRIMARY KEY,
        connection_id TEXT NOT NULL UNIQUE,
        service TEXT NOT NULL,
        state TEXT NOT NULL
    )""",
    """CREATE TABLE library_entries (
        id INTEGER PRIMARY KEY,
        source INTEGER NOT NULL,
        kind TEXT NOT NULL,
        own_id TEXT NOT NULL,
        round INTEGER NOT NULL,
        series_id TEXT,
        season INTEGER,
        number INTEGER,
        tmdb INTEGER,
        tvdb INTEGER,
        imdb TEXT,
        anidb INTEGER,
        shoko INTEGER,
        title TEXT,
        year INTEGER,
        path TEXT,
        file TEXT,
        size INTEGER,
        present INTEGER,
        poster TEXT,
        details TEXT,
        UNIQUE (source, kind, own_id)
    )""",
    """CREATE INDEX library_series ON library_entries (source, series_id, present)
        WHERE series_id IS NOT NULL""",
    "CREATE INDEX library_files ON library_entries (file) WHERE file IS NOT NULL",
    """CREATE INDEX library_tmdb ON library_entries (tmdb)
        WHERE tmdb IS NOT NULL AND series_id IS NULL""",
    """CREATE INDEX library_tvdb ON library_entries (tvdb)
        WHERE tvdb IS NOT NULL AND series_id IS NULL""",
    """CREATE INDEX library_imdb ON library_entries (imdb)
        WHERE imdb IS NOT NULL AND series_id IS NULL""",
    """CREATE TABLE library_reports (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        made_at TEXT NOT NULL,
        document TEXT NOT NULL
    )""",
    """CREATE TABLE library_findings (
        report INTEGER NOT NULL,
        number INTEGER NOT NULL,
        code TEXT NOT NULL,
        document TEXT NOT NULL,
        PRIMARY KEY (report, number)
    ) WITHOUT ROWID""",
    "CREATE INDEX library_findings_code ON library_findings (report, code, number)",
)
