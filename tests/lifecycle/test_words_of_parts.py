"""Whose words about items, files and downloads a request takes, and which it does not."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import given, strategies as st
import pytest

from custom_components.media_status.lifecycle.evidence import Evidence
from custom_components.media_status.lifecycle.facts import (
    Anime,
    Ask,
    AskStatus,
    FactKind,
    File,
    Grab,
    Match,
    MatchPhase,
    Observation,
    Outcome,
    Playable,
    Queue,
    QueuePhase,
    Result,
    Title,
    Transfer,
    TransferPhase,
    Wanted,
)
from custom_components.media_status.lifecycle.model import (
    MOVIE,
    ItemKey,
    Service,
    Stage,
    Subject,
    Via,
)
from custom_components.media_status.lifecycle.paths import is_same_file, tail
from custom_components.media_status.lifecycle.steps import steps

from .wish import EPISODES, Wish, about
from .world import CLIENT, MANAGER, at

ONE, TWO, THREE = EPISODES
OTHER = ItemKey(2, 1)


def _kinds(wish: Wish, connection: str = MANAGER) -> set[tuple[str, FactKind]]:
    return {
        (fact.subject.key, fact.kind)
        for fact in wish.request.facts.values()
        if fact.connection_id == connection and fact.kind is not FactKind.TITLE
    }


# --- items -------------------------------------------------------------------------------------


def test_only_what_was_asked_for_is_followed() -> None:
    """A series has many seasons; a film has no episodes, and an episode is no film."""
    wish = Wish(*EPISODES)
    wish.says(1, *(about(File(present=True), item) for item in (ONE, OTHER, MOVIE)))
    assert _kinds(wish) == {("i:1:1", FactKind.FILE)}
    assert wish.request.items == {ONE}
    film = Wish()
    film.says(1, about(File(present=True), ONE), about(File(present=True), MOVIE))
    assert _kinds(film) == {("i:-1:-1", FactKind.FILE)}
    assert film.request.items == {MOVIE}


def test_a_new_episode_belongs_to_the_wish() -> None:
    """It is stored with the request; one that is known already is not news."""
    wish = Wish(*EPISODES)
    (change,) = wish.says(1, about(Wanted(monitored=True, released=True), ONE))
    assert change.is_stored
    assert wish.request.items == {ONE}
    grab = Grab(items=frozenset({ONE, TWO, OTHER}), at=at(2))
    wish.says(2, about(grab, "a"))
    assert wish.request.items == {ONE, TWO}
    assert wish.request.downloads == {"a": frozenset({ONE, TWO})}


def test_a_grab_of_something_else_is_none_of_its() -> None:
    """Nor is whatever is said of that download."""
    wish = Wish(*EPISODES)
    wish.says(1, about(Grab(items=frozenset({OTHER}), at=at(1)), "a"))
    wish.says(
        2, about(Queue(present=True), "a"), about(Outcome(result=Result.FAILED, at=at(2)), "a")
    )
    assert _kinds(wish) == set()
    assert wish.request.download_names == {}


# --- downloads ---------------------------------------------------------------------------------


def _of_client(minutes: float, names: set[str], progress: float) -> Observation:
    value = Transfer(present=True, phase=TransferPhase.DOWNLOADING, progress=progress)
    return Observation(
        connection_id=CLIENT,
        service=Service.QBITTORRENT,
        via=Via.SURVEY,
        seen_at=at(minutes),
        download_ids=frozenset(names),
        statements=(about(value),),
    )


def test_a_download_has_one_key_and_several_names() -> None:
    """A hybrid torrent's second hash is learned from the client, and stored."""
    wish = Wish()
    wish.says(1, about(Grab(items=frozenset({MOVIE}), at=at(1)), "v1"))
    (change,) = wish.house.push(_of_client(2, {"v2", "v1", "v3"}, 0.5), now=at(2))
    assert change.is_stored
    assert wish.request.download_names == {"v1": "v1", "v2": "v1", "v3": "v1"}
    wish.house.push(_of_client(3, {"v2"}, 0.7), now=at(3))
    assert wish.status.progress == 0.7
    assert _kinds(wish, CLIENT) == {("d:v1", FactKind.TRANSFER)}
    assert wish.house.push(_of_client(4, {"v9"}, 0.8), now=at(4)) == []


def test_another_grab_is_stored_although_nothing_moves() -> None:
    """Under its name the client will tell of it."""
    wish = Wish()
    wish.says(1, about(Grab(items=frozenset({MOVIE}), at=at(1)), "a"))
    before = wish.status
    (change,) = wish.says(2, about(Grab(items=frozenset({MOVIE}), at=at(2)), "b"))
    assert (change.is_stored, wish.status) == (True, before)


def test_two_downloads_of_one_name_are_both_meant() -> None:
    """Whoever names several speaks of all of them."""
    wish = Wish(*EPISODES)
    wish.says(1, *(about(Grab(items=frozenset({ONE}), at=at(1)), key) for key in "ab"))
    wish.house.push(_of_client(2, {"a", "b"}, 0.5), now=at(2))
    assert _kinds(wish, CLIENT) == {("d:a", FactKind.TRANSFER), ("d:b", FactKind.TRANSFER)}


def test_of_a_grab_the_first_name_stays() -> None:
    """The same download under a name that the client taught us."""
    wish = Wish()
    wish.says(1, about(Grab(items=frozenset({MOVIE}), at=at(1)), "v1"))
    wish.house.push(_of_client(2, {"v1", "v2"}, 0.5), now=at(2))
    wish.says(3, about(Queue(present=True, phase=QueuePhase.COMPLETED), "v2"))
    assert _kinds(wish) == {("d:v1", FactKind.GRAB), ("d:v1", FactKind.QUEUE)}
    wish.says(4, about(Grab(items=frozenset({MOVIE}), at=at(4)), "v2"))
    assert wish.request.download_names == {"v1": "v1", "v2": "v1"}


def test_what_is_said_of_no_known_download_is_dropped() -> None:
    """An outcome without a grab is of another request, or of none."""
    wish = Wish()
    said = (Outcome(result=Result.FAILED, at=at(1)), Queue(present=True), Transfer(present=True))
    wish.says(1, *(about(value, "a") for value in said), *(about(value) for value in said))
    assert _kinds(wish) == set()


def test_downloads_are_linked_to_the_items_of_all_who_grabbed_them() -> None:
    """Two managers grabbed the same pack; what was never grabbed serves nothing."""
    wish = Wish(*EPISODES)
    wish.says(1, about(Grab(items=frozenset({ONE}), at=at(1)), "a"))
    second = about(Grab(items=frozenset({TWO}), at=at(1)), "a")
    wish.says(1, second, service=Service.SONARR, connection="manager-2")
    evidence = Evidence(wish.request.facts.values())
    assert evidence.downloads == {"a": frozenset({ONE, TWO})}
    assert (evidence.serving(ONE), evidence.serving(THREE)) == (["a"], [])


def test_of_a_push_and_a_survey_the_later_one_is_evidence() -> None:
    """Of each connection; and of every kind by itself."""
    wish = Wish(*EPISODES)
    wish.says(1, about(File(present=True, size=1), ONE), about(Wanted(monitored=True), ONE))
    wish.says(2, about(File(present=True, size=2), ONE), via=Via.PUSH)
    other = about(File(present=True, size=3), ONE)
    wish.says(0, other, service=Service.SONARR, connection="manager-2")
    evidence = Evidence(wish.request.facts.values())
    found = evidence.about(File, Subject(item=ONE))
    assert sorted(file.size or 0 for file in found) == [2, 3]
    wish.says(4, about(File(present=True, size=4), ONE))
    wish.says(3, about(File(present=True, size=5), ONE), via=Via.PUSH)
    later = Evidence(wish.request.facts.values()).about(File, Subject(item=ONE))
    assert sorted(file.size or 0 for file in later) == [3, 4]
    assert len(evidence.about(Wanted, Subject(item=ONE))) == 1
    assert evidence.about(File, Subject(item=TWO)) == []
    assert [value.present for value in evidence.about(Title)] == [True]


# --- files -------------------------------------------------------------------------------------


def _shoko(minutes: float, path: str | None, *said: Match | Anime) -> Observation:
    return Observation(
        connection_id="shoko-1",
        service=Service.SHOKO,
        via=Via.PUSH,
        seen_at=at(minutes),
        file_path=path,
        statements=tuple(about(value) for value in said),
    )


def test_a_word_about_a_file_is_about_its_items() -> None:
    """All of them, wherever Shoko sees it; of a file that nobody has it is about nothing."""
    wish = Wish(*EPISODES)
    double = File(present=True, path="/tv/Show/double.mkv")
    wish.says(1, about(double, ONE), about(double, TWO))
    wish.says(1, about(File(present=True, path="/tv/Show/three.mkv"), THREE))
    wish.says(1, about(File(present=False, path="/tv/Show/none.mkv"), THREE))
    match = Match(phase=MatchPhase.HASHING)
    wish.house.push(_shoko(2, "X:\\Show\\DOUBLE.mkv", match), now=at(2))
    assert _kinds(wish, "shoko-1") == {("i:1:1", FactKind.MATCH), ("i:1:2", FactKind.MATCH)}
    for path in ("/tv/Show/none.mkv", "/tv/Show/other.mkv"):
        assert wish.house.push(_shoko(3, path, match), now=at(3)) == []


def test_only_a_match_is_about_the_file_of_an_event() -> None:
    """What else comes with it is about the request."""
    wish = Wish(*EPISODES)
    wish.says(1, about(File(present=True, path="/tv/Show/one.mkv"), ONE))
    anime = Anime(is_anime=True, source="shoko")
    wish.house.push(_shoko(2, "/x/Show/one.mkv", anime), now=at(2))
    assert _kinds(wish, "shoko-1") == {("", FactKind.ANIME)}
    match = Match(phase=MatchPhase.HASHING)
    answer = replace(_shoko(3, None, match), request_id=wish.request.id)
    for path in ("/x/Show/two.mkv", None):
        wish.house.push(replace(answer, file_path=path), now=at(3))
        assert ("i:1:1", FactKind.MATCH) not in _kinds(wish, "shoko-1")


def test_a_match_is_of_the_file_that_an_item_has_now() -> None:
    """Of another file it says nothing; without a path it is of whatever is there."""
    wish = Wish()
    wish.house.tracker.set_anime(wish.request.id, True, at(0))
    wish.says(1, about(File(present=True, path="/f/film/one.mkv"), MOVIE))
    for minute, path, stage in (
        (2, "/g/film/one.mkv", Stage.SYNCING_LIBRARY),
        (3, "/g/film/two.mkv", Stage.ANIME_MATCHING),
        (4, None, Stage.SYNCING_LIBRARY),
    ):
        match = Match(phase=MatchPhase.MATCHED, path=path)
        wish.says(minute, about(match, MOVIE), service=Service.SHOKO)
        assert wish.stage() is stage
    wish.says(5, about(File(present=True), MOVIE))
    match = Match(phase=MatchPhase.MATCHED, path="/g/film/two.mkv")
    wish.says(6, about(match, MOVIE), service=Service.SHOKO)
    assert wish.stage() is Stage.SYNCING_LIBRARY  # nobody knows which file it is


def test_files_are_the_same_by_folder_and_name() -> None:
    """Whatever the mount, the separator and the case; one part alone proves nothing."""
    assert is_same_file("/a/b/Show/01.mkv", "z:\\show\\01.MKV")
    assert not is_same_file("/a/Show/01.mkv", "/a/Show 2/01.mkv")
    assert not is_same_file("01.mkv", "01.mkv")
    assert not is_same_file("", "")
    assert not is_same_file(None, "/a/b")
    assert tail("//server\\share//Film/") == ("share", "film")
    assert tail("") == ()
    assert tail("/" + "x" * 9000) == ("x" * 8192,)


# --- what grows with time ----------------------------------------------------------------------


def test_what_means_more_the_longer_it_is_so_is_looked_at_again() -> None:
    """Said a second time it counts, although for the journal it is no news."""
    wish = Wish(managed=False)
    for minutes, open_and_stored in ((1, (True, True)), (2, (True, False)), (12, (False, False))):
        changes = wish.says(minutes, about(Ask(status=AskStatus.ABSENT)), service=Service.SEERR)
        stored = any(change.facts for change in changes)
        assert (wish.request.is_open, stored) == open_and_stored


def test_the_managers_word_may_be_just_what_was_waited_for() -> None:
    """All is there; that it knows nothing more ends the request."""
    wish = Wish(ONE, managed=False)
    wish.request.widened_at = at(5)
    wish.says(4, about(Title(present=True)), about(Wanted(monitored=True, released=True), ONE))
    wish.says(6, about(Playable(present=True), ONE), service=Service.JELLYFIN)
    assert wish.request.is_open
    (change,) = wish.says(7, about(Title(present=True)))
    assert change.ended


# --- steps -------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 500), max_size=60))
def test_steps_hold_everything_in_order_and_little_at_once(weights: list[int]) -> None:
    """At most twelve things, at most four hundred in weight unless one alone is heavier."""
    found = list(steps(weights, lambda weight: weight))
    assert [one for step in found for one in step] == weights
    for step in found:
        assert 1 <= len(step) <= 12
        assert len(step) == 1 or sum(step) <= 400
    for step, after in pairwise(found):  # no step is smaller than it need be
        assert len(step) == 12 or sum(step) + after[0] > 400


@pytest.mark.parametrize(
    ("weights", "sizes"),
    [
        ([400], [1]),
        ([401, 1], [1, 1]),
        ([200, 200], [2]),
        ([200, 201], [1, 1]),
        ([400, 200, 200, 1], [1, 2, 1]),
        ([1] * 12, [12]),
        ([1] * 13, [12, 1]),
        ([0] * 25, [12, 12, 1]),
    ],
)
def test_a_step_is_as_large_as_it_may_be(weights: list[int], sizes: list[int]) -> None:
    """Four hundred together, twelve at once, and not one more."""
    assert [len(step) for step in steps(weights, lambda weight: weight)] == sizes


def test_a_request_counts_only_its_own_items_of_a_download() -> None:
    """A pack brings more; a word that is no grab brings none."""
    wish = Wish(*EPISODES)
    wish.says(1, about(Grab(items=frozenset({ONE, OTHER}), at=at(1)), "a"))
    wish.client_says(2, about(Transfer(present=True), "a"))
    assert wish.request.downloads == {"a": frozenset({ONE})}
