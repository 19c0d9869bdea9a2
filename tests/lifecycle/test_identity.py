"""Which request an observation is about: exact names first, a title only as a guess."""

from dataclasses import replace

from hypothesis import given, strategies as st
import pytest

from custom_components.media_status.lifecycle.facts import Observation, Origin
from custom_components.media_status.lifecycle.identity import NOTHING, Index, Match, normalised
from custom_components.media_status.lifecycle.model import (
    MOVIE,
    ItemKey,
    MediaType,
    ProviderIds,
    Service,
    Subject,
    TitleRef,
    Via,
    download_key,
)
from custom_components.media_status.lifecycle.paths import tail
from custom_components.media_status.lifecycle.request import Request

from .world import START

FILM, SERIES = MediaType.MOVIE, MediaType.SERIES


def _request(number: int = 1, media_type: MediaType = FILM, **ids: int | str) -> Request:
    return Request(
        id=f"r{number}",
        media_type=media_type,
        origin=Origin.SEERR,
        created_at=START,
        opened_at=START,
        ids=replace(ProviderIds(), **ids),  # type: ignore[arg-type] # names and types as given
        items={MOVIE},
    )


def _seen(service: Service = Service.RADARR, connection: str = "radarr") -> Observation:
    return Observation(connection_id=connection, service=service, via=Via.PUSH, seen_at=START)


def _index(*requests: Request) -> Index:
    index = Index()
    for request in requests:
        index.add(request)
    return index


def _titled(title: TitleRef, connection: str = "radarr") -> Observation:
    service = Service.SEERR if connection == "seerr" else Service.RADARR
    return replace(_seen(service, connection), title=title)


def _film(service_id: str | None = None, **ids: int | str) -> TitleRef:
    known = replace(ProviderIds(), **ids)  # type: ignore[arg-type] # names and types as given
    return TitleRef(media_type=FILM, ids=known, service_id=service_id)


def test_an_answer_is_about_what_was_asked() -> None:
    """Unless the request has ended meanwhile; then it is about nothing, whatever else it says."""
    index = _index(_request(1, tmdb=603))
    asked = _titled(_film(tmdb=603))
    assert index.find(replace(asked, request_id="r1")) == Match(request_ids=("r1",))
    assert index.find(replace(asked, request_id="r2")) == NOTHING


def test_an_own_id_is_the_connections() -> None:
    """Number 5 of one manager is not number 5 of another."""
    request = _request(1)
    request.service_ids["radarr"] = "5"
    index = _index(request)
    assert index.find(_titled(_film("5"))).request_ids == ("r1",)
    assert index.find(_titled(_film("5"), "radarr-4k")) == NOTHING
    assert index.by_service_id("radarr", "5") == ("r1",)
    assert index.by_service_id("radarr", "6") == ()


def test_an_id_of_seerr_is_one_request() -> None:
    """Another wish for the same film is another request, whatever the film's ids."""
    first, second = _request(1, tmdb=603), _request(2, tmdb=603)
    first.service_ids["seerr"], second.service_ids["seerr"] = "1", "2"
    index = _index(first, second)
    assert index.find(_titled(_film("2", tmdb=603), "seerr")) == Match(request_ids=("r2",))
    assert index.find(_titled(_film("3", tmdb=603), "seerr")) == NOTHING


def test_all_wishes_for_a_title_hear_of_it() -> None:
    """One is known under the manager's own id, the other one not yet."""
    first, second = _request(1, tmdb=603), _request(2, tmdb=603)
    second.service_ids["radarr"] = "5"
    found = _index(second, first).find(_titled(_film("5", tmdb=603)))
    assert found == Match(request_ids=("r1", "r2"))


def test_an_own_id_that_the_provider_ids_contradict_is_another_title() -> None:
    """Where they say nothing of the same provider they contradict nothing."""
    request = _request(1, tmdb=603, imdb="tt1")
    request.service_ids["radarr"] = "5"
    index = _index(request)
    for title, found in (
        (_film("5", tmdb=11), ()),
        (_film("5", tvdb=11), ("r1",)),
        (_film("5", tmdb=11, imdb="tt1"), ("r1",)),
        (_film("5"), ("r1",)),
    ):
        assert index.find(_titled(title)).request_ids == found


def test_one_equal_number_is_enough_to_be_the_same() -> None:
    """Another one leads to another request as well: both may be meant."""
    first, second = _request(1, imdb="tt1"), _request(2, tmdb=11)
    first.service_ids["radarr"] = "5"
    index = _index(first, second)
    assert index.find(_titled(_film("5", tmdb=11, imdb="tt1"))).request_ids == ("r1", "r2")


def test_films_and_series_have_numbers_of_their_own() -> None:
    """And so have the providers."""
    index = _index(_request(1, tmdb=603), _request(2, SERIES, tmdb=603), _request(3, tvdb=603))
    assert index.by_title(_film(tmdb=603)) == ("r1",)
    assert index.by_title(replace(_film(tmdb=603), media_type=SERIES)) == ("r2",)
    assert index.by_title(_film(tvdb=603)) == ("r3",)
    assert index.by_title(_film(imdb="603")) == ()


def test_the_first_provider_that_knows_it_counts() -> None:
    """A wrong number of another one leads to nobody else."""
    index = _index(_request(1, tmdb=603), _request(2, tvdb=11))
    assert index.by_title(_film(tmdb=603, tvdb=11)) == ("r1",)
    assert index.by_title(_film(tmdb=604, tvdb=11)) == ("r2",)


def test_a_download_is_known_by_any_of_its_names() -> None:
    """And may serve several requests."""
    first, second = _request(1), _request(2)
    first.download_names["a"] = second.download_names["b"] = second.download_names["c"] = "a"
    index = _index(second, first)
    for names, found in (
        ({"a"}, ("r1",)),
        ({"a", "b"}, ("r1", "r2")),
        ({"c", "x"}, ("r2",)),
        ({"x"}, ()),
        (set(), ()),
    ):
        seen = replace(_seen(Service.QBITTORRENT), download_ids=frozenset(names))
        assert index.find(seen) == Match(request_ids=found)


def test_a_file_is_known_under_every_mount() -> None:
    """By folder and name; a file that came later is known after the request was indexed again."""
    request = _request(1)
    index = _index(request)
    seen = replace(_seen(Service.SHOKO), file_path="X:\\anime\\Show\\01.mkv")
    assert index.find(seen) == NOTHING
    request.file_items[tail("/data/show/01.MKV")] = {MOVIE}
    index.add(request)
    assert index.find(seen) == Match(request_ids=("r1",))
    assert index.find(replace(seen, file_path="X:\\anime\\Show\\02.mkv")) == NOTHING


def test_a_title_is_a_guess() -> None:
    """Equal in title and year, of the same kind, and nothing exact known of it."""
    request = _request(1, tmdb=1)
    request.title, request.original_title, request.year = "Amélie", "Le Fabuleux Destin", 2001
    unnamed = _request(2)
    unnamed.title = "Amélie"
    index = _index(request, unnamed)
    guess = Match(request_ids=("r1",), is_guess=True)
    named = TitleRef(media_type=FILM, title="AMELIE!", year=2001)
    for title, found in (
        (named, guess),
        (replace(named, title=None, original_title="le fabuleux destin"), guess),
        (replace(named, title="Other", original_title="Amelie"), guess),
        (replace(named, year=2002), NOTHING),
        (replace(named, year=None), NOTHING),
        (replace(named, media_type=SERIES), NOTHING),
        (replace(named, ids=ProviderIds(tmdb=2)), NOTHING),
        (replace(named, title="Other"), NOTHING),
    ):
        assert index.find(_titled(title)) == found, title


def test_what_is_forgotten_is_found_no_more() -> None:
    """Under none of its names; who shares them stays."""
    first, second = _request(1, tmdb=603), _request(2, tmdb=603)
    for request in (first, second):
        request.download_names["a"] = "a"
        request.file_items[tail("/films/f.mkv")] = {MOVIE}
    index = _index(first, second)
    index.discard("r1")
    index.discard("r1")
    download = replace(_seen(Service.QBITTORRENT), download_ids=frozenset({"a"}))
    file = replace(_seen(Service.SHOKO), file_path="/films/f.mkv")
    for seen in (_titled(_film(tmdb=603)), download, file):
        assert index.find(seen).request_ids == ("r2",)
    index.discard("r2")
    for seen in (_titled(_film(tmdb=603)), download, file):
        assert index.find(seen) == NOTHING
    index.add(first)
    assert index.find(file).request_ids == ("r1",)


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        ("Amélie", "amelie"),
        ("  WALL·E ", "wall e"),
        ("Spider-Man: No Way_Home", "spider man no way home"),
        ("STRASSE Straße", "strasse strasse"),
        ("進撃の巨人", "進撃の巨人"),
        ("...", ""),
        ("x" * 600, "x" * 500),
    ],
)
def test_titles_are_compared_without_what_people_write_differently(title: str, plain: str) -> None:
    """Case, accents and punctuation."""
    assert normalised(title) == plain


@given(st.text(max_size=40))
def test_a_normalised_title_is_its_own(title: str) -> None:
    """Nothing changes when it is done twice, and writing it louder changes nothing."""
    plain = normalised(title)
    assert plain == plain.strip()
    assert normalised(f" -{title}- ") == plain


# --- the words of which names are made ----------------------------------------------------------


@given(st.integers(0, 99), st.integers(0, 999), st.text())
def test_a_subject_reads_back_from_its_text(season: int, number: int, download: str) -> None:
    """The journal knows subjects by these texts; no two have the same."""
    item = ItemKey(season, number)
    subjects = [Subject(), Subject(item=item), Subject(item=MOVIE), Subject(download=download)]
    assert [Subject.parse(subject.key) for subject in subjects] == subjects
    assert len({subject.key for subject in subjects}) == 4


def test_items_are_called_as_people_call_them() -> None:
    """Season and episode in two digits at least."""
    assert [item.label for item in (MOVIE, ItemKey(1, 2), ItemKey(0, 123))] == [
        "movie",
        "S01E02",
        "S00E123",
    ]


def test_torrent_hashes_are_compared_without_case() -> None:
    """Radarr writes them large, qBittorrent small."""
    assert download_key(" ABCdef0 ") == "abcdef0"


@given(
    st.builds(ProviderIds, tmdb=st.none() | st.integers(1, 3), imdb=st.sampled_from((None, "t")))
)
def test_known_ids_are_never_replaced(ids: ProviderIds) -> None:
    """Gaps are filled from another one; what is known stays."""
    other = ProviderIds(tmdb=9, tvdb=8, imdb="u")
    filled = ids.filled_from(other)
    assert filled == ProviderIds(tmdb=ids.tmdb or 9, tvdb=8, imdb=ids.imdb or "u")
    assert other.filled_from(ids) == other
    assert set(ids.pairs()) <= set(filled.pairs())
    assert [name for name, _ in filled.pairs()] == ["tmdb", "tvdb", "imdb"]
    assert all(isinstance(number, str) for _, number in filled.pairs())
