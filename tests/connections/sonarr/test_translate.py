"""Test what Sonarr's webhook bodies become."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.media_status.connections.arr_files import numbered_items, paired
from custom_components.media_status.connections.base import Doorbell, Push
from custom_components.media_status.connections.sonarr import SonarrPush
from custom_components.media_status.lifecycle.facts import (
    FactValue,
    File,
    Grab,
    Outcome,
    Queue,
    QueuePhase,
    Result,
    Title,
)
from custom_components.media_status.lifecycle.model import ItemKey, JsonObject, ProviderIds
from tests.connections.samples import JSON_VALUES, bodies, spoiled

SEEN = datetime(2026, 3, 4, 20, 0, tzinfo=UTC)
SAMPLES = bodies("sonarr")
READER = SonarrPush("sonarr")
PACK = "4b1f0d92c7e83a65f4d20b9e716ca835d0e94f7a"
DOUBLE = "9c3e5a71d0b84f26a1e7c95d3b6f80427e14ad59"
UPGRADE = "e07a6b3c19d54f8290b7e3a6c1d8f5240a9b6c7e"
BY_HAND = "1d7f34a8b2c6905e8f13d64ca70b2e95f8d0c3a1"
UNKNOWN = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"
SELF = {Doorbell.SELF}
IMPORTED = {Doorbell.SELF, Doorbell.LIBRARY}
GRABBED = {Doorbell.SELF, Doorbell.CLIENTS}
FRIEREN = [f"i:1:{number}" for number in range(1, 29)]


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


def files(push: Push) -> dict[str, str | None]:
    """Return the name of the file that each item got."""
    found: dict[str, str | None] = {}
    for key, facts in said(push).items():
        for value in facts:
            if isinstance(value, File):
                found[key] = value.path.rpartition("/")[2] if value.path else None
    return found


TABLE: list[tuple[str, str, set[Doorbell], list[str]]] = [
    ("application-update", "ApplicationUpdate", set(), []),
    ("download-manual-import-no-id", "Download", IMPORTED, ["i:2:1"]),
    ("download-multi-episode-file", "Download", IMPORTED, ["i:2:1", "i:2:2", f"d:{DOUBLE}"]),
    (
        "download-upgrade",
        "Download",
        IMPORTED,
        ["i:1:3", f"d:{UPGRADE}"],
    ),
    ("episode-file-delete-manual", "EpisodeFileDelete", SELF, ["", "i:1:5"]),
    ("episode-file-delete-missing-from-disk", "EpisodeFileDelete", SELF, ["i:2:1", "i:2:2"]),
    ("episode-file-delete-upgrade", "EpisodeFileDelete", set(), []),
    ("grab-multi-episode", "Grab", GRABBED, [f"d:{DOUBLE}"]),
    ("grab-no-download-id", "Grab", GRABBED, ["d:release:severance.s02e01.1080p.web.h264.group"]),
    ("grab-season-pack-anime", "Grab", GRABBED, ["", f"d:{PACK}"]),
    ("grab-season-pack-anime-v5", "Grab", GRABBED, ["", f"d:{PACK}"]),
    ("grab-single-usenet-daily", "Grab", GRABBED, ["d:sabnzbd_nzo_k3v9x1qz"]),
    ("grab-upgrade", "Grab", GRABBED, [f"d:{UPGRADE}"]),
    ("health", "Health", SELF, []),
    ("health-restored", "HealthRestored", SELF, []),
    ("import-complete-manual-untracked", "Download", IMPORTED, ["i:2:1"]),
    ("import-complete-not-grabbed", "Download", IMPORTED, ["", *FRIEREN[:4], f"d:{BY_HAND}"]),
    ("import-complete-season-pack-anime", "Download", IMPORTED, ["", *FRIEREN, f"d:{PACK}"]),
    ("import-complete-single", "Download", IMPORTED, ["i:2:1", "i:2:2", f"d:{DOUBLE}"]),
    ("manual-interaction-season-pack", "ManualInteractionRequired", SELF, ["", f"d:{PACK}"]),
    ("manual-interaction-unknown-series", "ManualInteractionRequired", SELF, [f"d:{UNKNOWN}"]),
    ("rename", "Rename", SELF, ["i:2:1", "i:2:2"]),
    ("series-add-anime", "SeriesAdd", SELF, [""]),
    ("series-delete-keep-files", "SeriesDelete", SELF, [""]),
    ("series-delete-with-files", "SeriesDelete", SELF, [""]),
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
    assert all(observation.opening is None for observation in push.observations)


def test_no_sample_is_left_out() -> None:
    """The table above lists every sample there is."""
    assert {row[0] for row in TABLE} == set(SAMPLES)


def test_a_season_pack_is_one_grab_for_all_its_episodes() -> None:
    """28 episodes, one download."""
    (observation,) = read("grab-season-pack-anime").observations
    assert observation.title is not None
    assert observation.title.service_id == "88"
    assert observation.title.ids == ProviderIds(tmdb=209867, tvdb=424536, imdb="tt22248376")
    grabs = [s.value for s in observation.statements if isinstance(s.value, Grab)]
    assert [grab.items for grab in grabs] == [frozenset(ItemKey(1, n) for n in range(1, 29))]
    assert (grabs[0].protocol, grabs[0].quality) == ("torrent", "Bluray-1080p")


def test_a_pack_is_paired_episode_by_episode() -> None:
    """Import Complete lists files and episodes apart; the names join them."""
    found = files(read("import-complete-season-pack-anime"))
    assert set(found) == set(FRIEREN)
    for number in range(1, 29):
        name = found[f"i:1:{number}"]
        assert name is not None and f"S01E{number:02d}" in name


def test_one_file_may_hold_two_episodes() -> None:
    """Both kinds of import say the same of a double episode."""
    single, complete = read("download-multi-episode-file"), read("import-complete-single")
    assert said(single) == said(complete)
    assert len(set(files(single).values())) == 1
    assert said(single)[f"d:{DOUBLE}"] == [Outcome(result=Result.IMPORTED, at=SEEN)]


def test_blocked_pack_keeps_every_reason() -> None:
    """A complaint without text is told by its title."""
    queue = said(read("manual-interaction-season-pack"))[f"d:{PACK}"][0]
    assert isinstance(queue, Queue)
    assert queue.phase is QueuePhase.IMPORT_BLOCKED
    assert len(queue.messages) > 1
    assert all(queue.messages)


@pytest.mark.parametrize("name", ["series-delete-keep-files", "series-delete-with-files"])
def test_a_deleted_series_is_gone_whatever_happens_to_its_files(name: str) -> None:
    """`deletedFiles` is a wish, not a result."""
    assert Title(present=False) in said(read(name))[""]


@pytest.mark.parametrize(
    ("path", "items"),
    [
        ("Season 02/Show - S02E01 - Title.mkv", [(2, 1)]),
        ("Season 02/Show - S02E01-E02 - Title [WEBDL-1080p].mkv", [(2, 1), (2, 2)]),
        ("Show.S02E01E02.1080p.mkv", [(2, 1), (2, 2)]),
        ("Show s02e01-02.mkv", [(2, 1), (2, 2)]),
        ("Show.S02E01-1080p.mkv", [(2, 1)]),
        ("Specials/Show - S00E05.mkv", [(0, 5)]),
        ("S01E01 folder/Show - S01E07.mkv", [(1, 7)]),
        ("Show - 2026-02-17.mkv", []),
        ("Show - 005 - Title.mkv", []),
        ("S99999E1", []),
        ("", []),
    ],
)
def test_episodes_in_names(path: str, items: list[tuple[int, int]]) -> None:
    """The usual styles are read; what is no episode number is not."""
    assert numbered_items(path) == tuple(ItemKey(*item) for item in items)


def file(name: str) -> JsonObject:
    """Return an imported file."""
    return {"relativePath": name}


ONE, TWO, THREE = (ItemKey(1, number) for number in (1, 2, 3))


@pytest.mark.parametrize(
    ("episodes", "names", "expected"),
    [
        ([ONE, TWO], ["b S01E02.mkv", "a S01E01.mkv"], {ONE: 1, TWO: 0}),
        ([ONE, TWO, THREE], ["S01E01-E03.mkv"], {ONE: 0, TWO: 0, THREE: 0}),
        ([ONE, TWO, THREE], ["x S01E01-E02.mkv", "x S01E03.mkv"], {ONE: 0, TWO: 0, THREE: 1}),
        ([ONE, TWO], ["first.mkv", "second.mkv"], {ONE: 0, TWO: 1}),
        ([ONE, TWO, THREE], ["S01E02.mkv", "a.mkv", "b.mkv"], {TWO: 0, ONE: 1, THREE: 2}),
        ([ONE, TWO, THREE], ["first.mkv", "second.mkv"], {}),
        ([ONE, TWO], ["S01E01.mkv", "S01E01 other.mkv"], {}),
        ([ONE, TWO], ["S09E09.mkv", "S09E10.mkv"], {ONE: 0, TWO: 1}),
        ([ONE], [], {}),
        ([], ["S01E01.mkv"], {}),
    ],
)
def test_only_certain_pairs_are_told(
    episodes: list[ItemKey], names: list[str], expected: dict[ItemKey, int]
) -> None:
    """By number, else by order when the counts agree, else not at all."""
    entries = [file(name) for name in names]
    assert paired([(item, None) for item in episodes], entries) == {
        item: entries[index] for item, index in expected.items()
    }


def test_daily_shows_are_paired_by_date() -> None:
    """A date in the name is as good as a number."""
    entries = [file("Show - 2026-02-18.mkv"), file("Show 2026.02.17.mkv")]
    found = paired([(ONE, "2026-02-17"), (TWO, "2026-02-18")], entries)
    assert found == {ONE: entries[1], TWO: entries[0]}


def test_a_huge_import_is_read_at_once() -> None:
    """The work grows with the body, not with its square: a hostile body blocks nobody."""
    count = 2000
    entries = [file(f"Show - S01E{number:04d}.mkv") for number in range(count)]
    found = paired([(ItemKey(1, number), None) for number in range(count)], entries)
    assert found == {ItemKey(1, number): entries[number] for number in range(count)}


@pytest.mark.parametrize("event", ["SeriesMystery", "", None, 7, {}])
def test_unknown_events_are_unknown(event: str | int | None) -> None:
    """What Sonarr may send one day is no error and says nothing."""
    push = READER.read({**SAMPLES["grab-upgrade"], "eventType": event}, SEEN)
    assert (push.known, push.observations) == (False, ())


@given(
    st.dictionaries(st.text(max_size=12), JSON_VALUES, max_size=6),
    st.sampled_from(sorted({row[1] for row in TABLE})),
)
def test_any_json_is_survived(payload: JsonObject, event: str) -> None:
    """No body makes the translation fail."""
    READER.read({**payload, "eventType": event}, SEEN)
    entries = list(payload.values())
    body: JsonObject = {"series": payload, "episodes": entries, "episodeFiles": entries}
    READER.read({**body, "eventType": event}, SEEN)


@given(spoiled(SAMPLES))
def test_spoiled_samples_are_survived_and_read_the_same_twice(payload: JsonObject) -> None:
    """Reading is pure: the same body says the same, only the time differs."""
    first = READER.read(payload, SEEN)
    assert READER.read(payload, SEEN) == first
    assert list(said(READER.read(payload, SEEN + timedelta(hours=1)))) == list(said(first))
    for observation in first.observations:
        assert observation.title is not None or observation.download_ids
        for statement in observation.statements:
            item = statement.subject.item
            assert item is None or (item.season >= 0 and item.number >= 0)
