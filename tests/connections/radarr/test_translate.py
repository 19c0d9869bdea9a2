"""Test what Radarr's webhook bodies become."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.media_status.connections.base import Doorbell, Push
from custom_components.media_status.connections.radarr import RadarrPush
from custom_components.media_status.lifecycle.facts import (
    Anime,
    FactValue,
    File,
    Grab,
    Outcome,
    Queue,
    QueuePhase,
    Result,
    Statement,
    Title,
)
from custom_components.media_status.lifecycle.model import (
    MOVIE,
    JsonObject,
    MediaType,
    ProviderIds,
    Subject,
    Via,
)
from tests.connections.samples import JSON_VALUES, bodies, spoiled

SEEN = datetime(2026, 3, 3, 18, 0, tzinfo=UTC)
SAMPLES = bodies("radarr")
READER = RadarrPush("radarr-hd")
HASH = "c81e728d9d4c2f636f067f89cc14862c5b3a11d0"
FOLDER = "/data/media/movies/Dune - Part Two (2024)"
BLOCKED = (
    "Found matching movie via grab history, but release was matched to movie by ID. "
    "Manual Import required."
)
RELEASE = "Dune.Part.Two.2024.1080p.MAX.WEB-DL.DDP5.1.Atmos.H.264-FLUX"

SELF = {Doorbell.SELF}
IMPORTED = {Doorbell.SELF, Doorbell.LIBRARY}
GRABBED = {Doorbell.SELF, Doorbell.CLIENTS}


def read(name: str) -> Push:
    """Translate a sample."""
    return READER.read(SAMPLES[name], SEEN)


def said(push: Push) -> dict[str, list[FactValue]]:
    """Return what a push states, by the key of the subject."""
    found: dict[str, list[FactValue]] = {}
    for observation in push.observations:
        for statement in observation.statements:
            found.setdefault(statement.subject.key, []).append(statement.value)
    return found


TABLE: list[tuple[str, str, set[Doorbell], list[str]]] = [
    ("application-update", "ApplicationUpdate", set(), []),
    ("download", "Download", IMPORTED, ["i:-1:-1", f"d:{HASH}"]),
    (
        "download-anime-movie",
        "Download",
        IMPORTED,
        ["", "i:-1:-1", "d:a87ff679a2f3e71d9181a67b7542122c0d9e5b41"],
    ),
    ("download-manual-import-no-id", "Download", IMPORTED, ["i:-1:-1"]),
    (
        "download-upgrade",
        "Download",
        IMPORTED,
        ["i:-1:-1", "d:e4da3b7fbbce2345d7772b0674a318d55f0e1a2b"],
    ),
    ("grab", "Grab", GRABBED, [f"d:{HASH}"]),
    ("grab-anime-movie", "Grab", GRABBED, ["", "d:a87ff679a2f3e71d9181a67b7542122c0d9e5b41"]),
    (
        "grab-no-download-id",
        "Grab",
        GRABBED,
        ["d:release:dune.part.two.2024.1080p.max.web.dl.ddp5.1.atmos.h.264.flux"],
    ),
    ("grab-upgrade", "Grab", GRABBED, ["d:e4da3b7fbbce2345d7772b0674a318d55f0e1a2b"]),
    ("grab-usenet", "Grab", GRABBED, ["d:sabnzbd_nzo_8d2kq0zf"]),
    ("health", "Health", SELF, []),
    ("health-restored", "HealthRestored", SELF, []),
    ("manual-interaction", "ManualInteractionRequired", SELF, [f"d:{HASH}"]),
    (
        "manual-interaction-unknown-movie",
        "ManualInteractionRequired",
        SELF,
        ["d:0b1c2d3e4f5061728394a5b6c7d8e9f001234567"],
    ),
    ("movie-added-list-unreleased", "MovieAdded", SELF, [""]),
    ("movie-added-manual", "MovieAdded", SELF, [""]),
    ("movie-delete-keep-files", "MovieDelete", SELF, [""]),
    ("movie-delete-with-files", "MovieDelete", SELF, [""]),
    ("movie-delete-with-files-none-present", "MovieDelete", SELF, [""]),
    ("movie-file-delete-manual", "MovieFileDelete", SELF, ["i:-1:-1"]),
    ("movie-file-delete-missing-from-disk", "MovieFileDelete", SELF, ["", "i:-1:-1"]),
    ("movie-file-delete-upgrade", "MovieFileDelete", set(), []),
    ("rename", "Rename", SELF, ["i:-1:-1"]),
    ("test", "Test", set(), []),
]


@pytest.mark.parametrize(("name", "event", "doorbells", "subjects"), TABLE)
def test_every_sample_is_understood(
    name: str, event: str, doorbells: set[Doorbell], subjects: list[str]
) -> None:
    """Every event is known, rings the right bells and speaks of the right subjects."""
    push = read(name)
    assert (push.event, push.known, set(push.doorbells)) == (event, True, doorbells)
    assert list(said(push)) == subjects
    # Opening is the survey's business: an upgrade's grab looks like any other.
    assert all(observation.opening is None for observation in push.observations)


def test_no_sample_is_left_out() -> None:
    """The table above lists every sample there is."""
    assert {row[0] for row in TABLE} == set(SAMPLES)


def test_grab_tells_release_and_title() -> None:
    """A grab carries what Radarr knows of release, client and film."""
    (observation,) = read("grab").observations
    assert observation.title is not None
    assert observation.title.service_id == "412"
    assert observation.title.media_type is MediaType.MOVIE
    assert observation.title.ids == ProviderIds(tmdb=693134, imdb="tt15239678")
    assert observation.title.year == 2024
    assert (
        observation.title.poster_url
        == "https://image.tmdb.org/t/p/original/e05ea1865015bb9c87afc6f848d.jpg"
    )
    assert (observation.via, observation.seen_at, observation.connection_id) == (
        Via.PUSH,
        SEEN,
        "radarr-hd",
    )
    assert observation.download_ids == {HASH}
    assert observation.statements == (
        Statement(
            value=Grab(
                items=frozenset({MOVIE}),
                at=SEEN,
                release=RELEASE,
                quality="WEBDL-1080p",
                indexer="Prowlarr - Indexer A",
                size=9663676416,
                protocol="torrent",
            ),
            subject=Subject(download=HASH),
        ),
    )


def test_import_tells_file_and_end_of_download() -> None:
    """An import names the file below the film's folder and ends the download."""
    facts = said(read("download"))
    assert facts["i:-1:-1"] == [
        File(
            present=True,
            path=f"{FOLDER}/Dune - Part Two (2024) [WEBDL-1080p]-FLUX.mkv",
            size=9663441021,
            quality="WEBDL-1080p",
            file_id="388",
        )
    ]
    assert facts[f"d:{HASH}"] == [Outcome(result=Result.IMPORTED, at=SEEN)]


def test_old_versions_send_the_source_path() -> None:
    """The path is built from folder and relative path, whatever `path` says."""
    payload: JsonObject = {
        **SAMPLES["download"],
        "movieFile": {"id": 1, "relativePath": "Film.mkv", "path": "/downloads/x/Film.mkv"},
    }
    (file,) = said(READER.read(payload, SEEN))["i:-1:-1"]
    assert isinstance(file, File)
    assert file.path == "/data/media/movies/Dune - Part Two (2024)/Film.mkv"


def test_blocked_import_tells_why() -> None:
    """A blocked import keeps Radarr's own reason."""
    (queue,) = said(read("manual-interaction"))[f"d:{HASH}"]
    assert queue == Queue(
        present=True,
        phase=QueuePhase.IMPORT_BLOCKED,
        size=9663676416,
        messages=(BLOCKED,),
        client="qBittorrent",
        protocol="torrent",
    )


def test_blocked_import_of_an_unknown_film_is_known_by_its_download() -> None:
    """Without a film the download id alone tells what it is about."""
    (observation,) = read("manual-interaction-unknown-movie").observations
    assert observation.title is None
    assert observation.download_ids == {"0b1c2d3e4f5061728394a5b6c7d8e9f001234567"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "movie-added-manual",
            Title(present=True, monitored=True, path="/data/media/movies/Dune - Part Two (2024)"),
        ),
        ("movie-delete-with-files", Title(present=False)),
        ("movie-delete-keep-files", Title(present=False)),
    ],
)
def test_added_and_deleted_films(name: str, expected: Title) -> None:
    """Adding and deleting speak of the title, whatever happens to its files."""
    assert [value for value in said(read(name))[""] if isinstance(value, Title)] == [expected]


def test_a_lost_file_is_absent_but_a_replaced_one_is_not() -> None:
    """Only a file without successor is told to be gone."""
    assert said(read("movie-file-delete-manual"))["i:-1:-1"] == [File(present=False)]
    assert said(read("movie-file-delete-upgrade")) == {}


def test_rename_tells_the_new_path() -> None:
    """A rename moves the file."""
    (file,) = said(read("rename"))["i:-1:-1"]
    assert isinstance(file, File)
    assert file.path == "/data/media/movies/Dune - Part Two (2024)/Dune Part Two (2024).mkv"


@pytest.mark.parametrize(
    ("movie", "source"),
    [
        ({"tags": ["Anime"]}, "tag"),
        ({"tags": ["7-animefan"]}, None),  # Seerr's tag of a person
        ({"folderPath": "/data/Anime Movies/Film (2016)"}, "root folder"),
        ({"folderPath": "/data/movies/Anime Nere (2010)"}, None),  # the film's own folder
        ({"folderPath": "C:\\media\\anime\\Film"}, "root folder"),
        ({"genres": ["Anime"]}, "genre"),
        (
            {"genres": ["Animation"], "originalLanguage": {"id": 8, "name": "Japanese"}},
            "language and genre",
        ),
        ({"genres": ["Animation"], "originalLanguage": {"id": 1, "name": "English"}}, None),
        ({"genres": ["Drama"], "originalLanguage": {"id": 8, "name": "Japanese"}}, None),
    ],
)
def test_signs_of_anime(movie: JsonObject, source: str | None) -> None:
    """Only a real sign calls a film anime."""
    payload: JsonObject = {"eventType": "MovieAdded", "movie": {"id": 5, "tmdbId": 6, **movie}}
    hints = [value for value in said(READER.read(payload, SEEN))[""] if isinstance(value, Anime)]
    assert hints == ([Anime(is_anime=True, source=source)] if source else [])


@pytest.mark.parametrize("event", ["MovieMystery", "", None, 7, ["Grab"]])
def test_unknown_events_are_unknown(event: str | None) -> None:
    """What Radarr may send one day is no error and says nothing."""
    push = READER.read({**SAMPLES["grab"], "eventType": event}, SEEN)
    assert (push.known, push.observations, push.doorbells) == (False, (), frozenset())


def test_a_body_without_ids_says_nothing_of_a_film() -> None:
    """Nothing is attached by title alone, and nothing at all without any name."""
    payload: JsonObject = {
        "eventType": "Download",
        "movie": {"title": "Dune", "year": 2024},
        "movieFile": {"id": 3},
    }
    assert READER.read(payload, SEEN).observations == ()


def test_long_and_dirty_text_is_cut() -> None:
    """Titles are capped and printable."""
    movie: JsonObject = {"id": 1, "tmdbId": 2, "title": "A\x00\x1b[31m" + "x" * 65536}
    push = READER.read({"eventType": "MovieAdded", "movie": movie}, SEEN)
    (observation,) = push.observations
    assert observation.title is not None and observation.title.title is not None
    assert len(observation.title.title) == 500
    assert observation.title.title.isprintable()


@given(
    st.dictionaries(st.text(max_size=12), JSON_VALUES, max_size=6),
    st.sampled_from(sorted({str(body.get("eventType")) for body in SAMPLES.values()})),
)
def test_any_json_is_survived(payload: JsonObject, event: str) -> None:
    """No body makes the translation fail."""
    READER.read({**payload, "eventType": event}, SEEN)
    READER.read(
        {"movie": payload, "movieFile": payload, "release": payload, "eventType": event}, SEEN
    )


@given(spoiled(SAMPLES))
def test_spoiled_samples_are_survived_and_read_the_same_twice(payload: JsonObject) -> None:
    """Reading is pure: the same body says the same, only the time differs."""
    first = READER.read(payload, SEEN)
    assert READER.read(payload, SEEN) == first
    later = READER.read(payload, SEEN + timedelta(hours=1))
    assert list(said(later)) == list(said(first))
    for observation in first.observations:
        assert observation.title is not None or observation.download_ids
        assert all(name == name.lower() and name.isprintable() for name in observation.download_ids)
