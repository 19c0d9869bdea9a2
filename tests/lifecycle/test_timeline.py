"""What is told about a request: each thing once, in order, with what is known of it."""

from dataclasses import replace

import pytest

from custom_components.media_status.lifecycle.facts import (
    Ask,
    AskStatus,
    Decision,
    File,
    Grab,
    Match,
    MatchPhase,
    Outcome,
    Playable,
    Queue,
    QueuePhase,
    Result,
    Statement,
    Transfer,
    TransferPhase,
    Verdict,
)
from custom_components.media_status.lifecycle.model import (
    MOVIE,
    ItemKey,
    JsonValue,
    Service,
    Stage,
    Via,
)
from custom_components.media_status.lifecycle.request import Changes, TimelineEntry

from .wish import EPISODES, Wish, about
from .world import House, World, at

ONE, TWO, THREE = EPISODES
SEERR, RADARR, SONARR = Service.SEERR, Service.RADARR, Service.SONARR
CLIENT, LIBRARY, SHOKO = Service.QBITTORRENT, Service.JELLYFIN, Service.SHOKO

type Told = tuple[str, Service | None, dict[str, JsonValue]]


def _entries(changes: Changes) -> list[TimelineEntry]:
    return [entry for change in changes for entry in change.timeline]


def _told(changes: Changes) -> list[Told]:
    """Return what was told, but for moves from stage to stage."""
    return [
        (entry.code, entry.service, entry.values)
        for entry in _entries(changes)
        if entry.code != "stage"
    ]


def _grab(*items: ItemKey) -> Grab:
    return Grab(items=frozenset(items or {MOVIE}), at=at(1))


def test_every_entry_says_whose_it_is_and_when() -> None:
    """The request's id and our time: services' clocks differ."""
    wish = Wish()
    changes = wish.says(7, about(_grab(), "a"))
    assert {(entry.request_id, entry.at) for entry in _entries(changes)} == {
        (wish.request.id, at(7))
    }


def test_a_new_request_is_told_first() -> None:
    """By whom it was asked, where that is known; then what Seerr says of it."""
    world = World(status=AskStatus.PENDING)
    changes = House(world).push(world.seerr(at(0), Via.PUSH), now=at(0))
    assert _told(changes) == [("opened", SEERR, {}), ("asked", SEERR, {})]


def test_who_asked_is_told() -> None:
    """Where Seerr says it."""
    world = World(status=AskStatus.PENDING)
    seen = world.seerr(at(0), Via.PUSH)
    assert seen.opening is not None
    opened = replace(seen, opening=replace(seen.opening, requested_by="Neo"))
    told = _told(House(world).push(opened, now=at(0)))
    assert told[0] == ("opened", SEERR, {"requested_by": "Neo"})


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (AskStatus.PENDING, "asked"),
        (AskStatus.DECLINED, "declined"),
        (AskStatus.FAILED, "request_failed"),
        (AskStatus.ABSENT, "withdrawn"),
    ],
)
def test_what_seerr_says_is_told_once(status: AskStatus, code: str) -> None:
    """With its reason; the same status with other words is no news."""
    wish = Wish()
    said = wish.says(1, about(Ask(status=status, message="why")), service=SEERR)
    assert _told(said)[0] == (code, SEERR, {"reason": "why"})
    again = about(Ask(status=status, message="why not", available=True))
    assert code not in [told[0] for told in _told(wish.says(2, again, service=SEERR))]


def test_that_seerr_calls_it_complete_is_not_told() -> None:
    """Only Jellyfin knows."""
    wish = Wish()
    done = about(Ask(status=AskStatus.COMPLETED, available=True))
    assert _told(wish.says(1, done, service=SEERR)) == []


def test_a_move_is_told_with_where_it_came_from() -> None:
    """And without a service: it follows from all of them."""
    wish = Wish()
    entries = _entries(wish.says(1, about(_grab(), "a")))
    assert [(entry.code, entry.service, entry.values) for entry in entries if entry.code == "stage"]
    assert (entries[-1].service, entries[-1].values) == (
        None,
        {"before": "approved", "stage": "grabbing"},
    )


def test_a_grab_is_told_with_all_that_is_known() -> None:
    """Whatever is unknown is left out."""
    wish = Wish(*EPISODES)
    grab = Grab(
        items=frozenset({TWO, ONE}), at=at(1), quality="1080p", indexer="Nyaa", size=5, release="x"
    )
    known: dict[str, JsonValue] = {"quality": "1080p", "indexer": "Nyaa", "size": 5}
    items: list[JsonValue] = ["S01E01", "S01E02"]
    assert _told(wish.says(1, about(grab, "a"))) == [
        ("grabbed", SONARR, {**known, "items": items, "count": 2})
    ]
    assert _told(wish.says(2, about(_grab(THREE), "b"))) == [
        ("grabbed", SONARR, {"items": ["S01E03"], "count": 1})
    ]


def test_a_grab_is_told_once_by_whomever() -> None:
    """Two connections, or the history after the webhook, tell of the same one."""
    wish = Wish()
    second = about(_grab(), "a")
    wish.house.push(
        wish.world.manager_says(at(1), Via.PUSH, about(_grab(), "a")),
        wish.world.manager_says(at(1), Via.SURVEY, second),
        now=at(1),
    )
    assert _told(wish.says(2, second)) == []
    assert _told(wish.says(3, second, service=RADARR, connection="manager-2")) == []


def test_two_words_about_one_grab_in_a_batch_are_one_entry() -> None:
    """So are the push and the survey that arrive together."""
    wish = Wish()
    changes = wish.house.push(
        wish.world.manager_says(at(1), Via.PUSH, about(_grab(), "a"), about(_grab(), "b")),
        wish.world.manager_says(at(2), Via.SURVEY, about(_grab(), "a")),
        now=at(2),
    )
    assert [code for code, _, _ in _told(changes)] == ["grabbed", "grabbed"]


def test_a_download_begins_and_ends_once() -> None:
    """What it does in between is progress, not news; gone and back it begins anew."""
    wish = Wish()
    wish.says(1, about(_grab(), "a"))

    def client(minutes: float, value: Transfer) -> list[Told]:
        return _told(wish.client_says(minutes, about(value, "a")))

    moving = Transfer(present=True, phase=TransferPhase.DOWNLOADING, size=9, progress=0.1)
    assert client(2, moving) == [("download_started", CLIENT, {"size": 9})]
    paused = Transfer(present=True, phase=TransferPhase.PAUSED, size=9, progress=0.2)
    assert client(3, paused) == []
    done = Transfer(present=True, phase=TransferPhase.DONE, size=9, progress=1.0)
    assert client(4, done) == [("downloaded", CLIENT, {"size": 9})]
    assert client(5, Transfer(present=True, phase=TransferPhase.DONE, size=8)) == []
    assert client(6, Transfer(present=False)) == []
    assert client(7, done) == [
        ("download_started", CLIENT, {"size": 9}),
        ("downloaded", CLIENT, {"size": 9}),
    ]


def test_a_failed_download_is_told_with_its_reason() -> None:
    """Once; failed again after another grab it is told again. An import is told by its file."""
    wish = Wish()
    wish.says(1, about(_grab(), "a"))

    def ends(minutes: float, at_minute: float, result: Result, why: str | None) -> list[Told]:
        value = Outcome(result=result, at=at(at_minute), message=why)
        return [told for told in _told(wish.says(minutes, about(value, "a"))) if told[1]]

    assert ends(2, 2, Result.FAILED, "dead") == [("download_failed", RADARR, {"reason": "dead"})]
    assert ends(3, 2, Result.FAILED, "really dead") == []
    assert ends(4, 4, Result.FAILED, None) == [("download_failed", RADARR, {})]
    assert ends(5, 5, Result.IMPORTED, None) == []
    assert ends(5, 5.5, Result.IGNORED, None) == []
    assert ends(6, 6, Result.FAILED, None) == [("download_failed", RADARR, {})]


def test_a_blocked_import_is_told_once() -> None:
    """With the first of its reasons; blocked again it is told again, and it makes it stuck."""
    wish = Wish()
    wish.says(1, about(_grab(), "a"))

    def queue(minutes: float, phase: QueuePhase, *why: str) -> list[Told]:
        value = Queue(present=True, phase=phase, messages=why)
        return _told(wish.says(minutes, about(value, "a")))

    assert queue(2, QueuePhase.IMPORT_BLOCKED, "no room", "no luck") == [
        ("import_blocked", RADARR, {"reason": "no room"}),
        ("stuck", None, {"reason": "import_blocked"}),
    ]
    assert queue(3, QueuePhase.IMPORT_BLOCKED, "still no room") == []
    assert queue(4, QueuePhase.IMPORTING) == [("healed", None, {})]
    assert queue(5, QueuePhase.IMPORT_BLOCKED)[0] == ("import_blocked", RADARR, {})


def test_files_of_a_batch_are_told_together() -> None:
    """A season is imported in one line, in order of its episodes."""
    wish = Wish(*EPISODES)
    there = [about(File(present=True, file_id="1"), item) for item in (TWO, ONE, ONE)]
    items: list[JsonValue] = ["S01E01", "S01E02"]
    wish.says(0, *(about(File(present=False), item) for item in EPISODES))
    assert _told(wish.says(1, *there)) == [("imported", SONARR, {"items": items, "count": 2})]
    assert _told(wish.says(2, *there)) == []
    assert _told(wish.says(3, about(File(present=False), ONE))) == []
    assert _told(wish.says(4, there[1])) == [
        ("imported", SONARR, {"items": ["S01E01"], "count": 1})
    ]


@pytest.mark.parametrize(("minutes", "is_older"), [(-11, True), (-10, False), (1, False)])
def test_a_release_that_was_chosen_before_is_no_news(minutes: int, is_older: bool) -> None:
    """Who asks for what was fetched long ago hears nothing of that; clocks may differ a little."""
    wish = Wish()
    grab = Grab(items=frozenset({MOVIE}), at=at(minutes))
    transfer = Transfer(present=True, phase=TransferPhase.DONE, progress=1.0)
    told = [code for code, *_ in _told(wish.says(1, about(grab, "a")))]
    told += [code for code, *_ in _told(wish.says(2, about(transfer, "a")))]
    told += [code for code, *_ in _told(wish.says(3, about(File(present=True), MOVIE)))]
    assert told == (
        ["already_imported"]
        if is_older
        else ["grabbed", "download_started", "downloaded", "imported"]
    )


def test_what_is_pushed_has_just_happened() -> None:
    """Although nobody saw it missing, or being grabbed."""
    wish = Wish()
    told = _told(wish.says(1, about(File(present=True), MOVIE), via=Via.PUSH))
    assert [code for code, *_ in told] == ["imported"]


def test_what_never_was_missing_was_there_already() -> None:
    """Only items that the first look finds, and that nobody grabbed, were there before."""
    wish = Wish(*EPISODES)
    wish.says(0, about(File(present=False), TWO))
    items: list[JsonValue] = ["S01E01"]
    assert _told(wish.says(1, *(about(File(present=True), item) for item in (ONE, TWO)))) == [
        ("already_imported", SONARR, {"items": items, "count": 1}),
        ("imported", SONARR, {"items": ["S01E02"], "count": 1}),
    ]
    wish.says(2, about(Playable(present=False), TWO))
    assert _told(wish.says(2, about(Playable(present=True), ONE))) == [
        ("already_playable", SONARR, {"items": items, "count": 1})
    ]
    assert _told(wish.says(3, about(Playable(present=True), TWO))) == [
        ("playable", SONARR, {"items": ["S01E02"], "count": 1})
    ]


@pytest.mark.parametrize(
    ("before", "after", "is_told"),
    [("1", "2", True), ("1", "1", False), ("1", None, False), (None, "2", False)],
)
def test_a_better_file_is_an_upgrade(before: str | None, after: str | None, is_told: bool) -> None:
    """Another file in place of one; whether it is another, only its id tells."""
    wish = Wish()
    wish.says(1, about(File(present=True, file_id=before, quality="720p"), MOVIE))
    better = about(File(present=True, file_id=after, quality="1080p"), MOVIE)
    upgraded: list[Told] = [("upgraded", RADARR, {"items": ["movie"], "count": 1})]
    assert _told(wish.says(2, better)) == (upgraded if is_told else [])


def test_a_file_that_two_managers_have_is_told_once() -> None:
    """And it is an upgrade only when it is another one for both."""
    wish = Wish()
    wish.says(1, about(File(present=True, file_id="1"), MOVIE))
    again = about(File(present=True, file_id="2"), MOVIE)
    told = _told(wish.says(2, again, service=RADARR, connection="manager-2"))
    assert [code for code, _, _ in told] == ["upgraded"]
    third = about(File(present=True, file_id="1", quality="x"), MOVIE)
    assert _told(wish.says(3, third, service=RADARR, connection="manager-3")) == []


def test_what_shoko_finds_is_told_once() -> None:
    """Matched, or not to be matched; what it is still about is not told."""
    wish = Wish(*EPISODES)
    wish.says(1, about(File(present=True), ONE), about(File(present=True), TWO))

    def shoko(minutes: float, phase: MatchPhase, *items: ItemKey, path: str = "/a") -> list[Told]:
        said = [about(Match(phase=phase, path=path), item) for item in items]
        return [told for told in _told(wish.says(minutes, *said, service=SHOKO)) if told[1]]

    assert shoko(2, MatchPhase.HASHING, ONE, TWO) == []
    assert shoko(3, MatchPhase.UNMATCHED, ONE) == [
        ("unmatched", SHOKO, {"items": ["S01E01"], "count": 1})
    ]
    assert shoko(4, MatchPhase.UNMATCHED, ONE, path="/b") == []
    both: list[JsonValue] = ["S01E01", "S01E02"]
    assert shoko(5, MatchPhase.MATCHED, TWO, ONE) == [
        ("matched", SHOKO, {"items": both, "count": 2})
    ]
    assert shoko(6, MatchPhase.MATCHED, ONE, path="/c") == []


def test_what_can_be_played_is_told_once() -> None:
    """However often Jellyfin looks, and whatever else it learns of it."""
    wish = Wish(*EPISODES)

    def library(minutes: float, value: Playable) -> list[Told]:
        return _told(wish.says(minutes, about(value, ONE), service=LIBRARY))

    playable: list[Told] = [("playable", LIBRARY, {"items": ["S01E01"], "count": 1})]
    assert library(1, Playable(present=False)) == []
    assert library(2, Playable(present=True, item_id="x")) == playable
    assert library(3, Playable(present=True, item_id="y")) == []


def test_a_decision_is_told_with_its_reason() -> None:
    """A person said so."""
    wish = Wish()
    decision = about(Decision(verdict=Verdict.FAILED, reason="too old"))
    changes = wish.says(1, decision, service=Service.HOME_ASSISTANT, connection="home_assistant")
    assert _told(changes) == [
        ("decided", Service.HOME_ASSISTANT, {"verdict": "failed", "reason": "too old"})
    ]
    assert wish.stage() is Stage.FAILED


def test_entries_of_a_batch_stand_in_order_of_what_they_are_about() -> None:
    """The request, its downloads, then what was gathered, by code."""
    wish = Wish(*EPISODES)
    said: list[Statement] = [
        about(File(present=True), TWO),
        about(_grab(ONE), "b"),
        about(_grab(TWO), "a"),
        about(Ask(status=AskStatus.PENDING)),
    ]
    playable = about(Playable(present=True), TWO)
    changes = wish.house.push(
        wish.world.manager_says(at(1), Via.SURVEY, *said),
        wish.world.manager_says(at(1), Via.PUSH, playable),
        now=at(1),
    )
    told = [(code, values.get("items")) for code, _, values in _told(changes)]
    assert told == [
        ("asked", None),
        ("grabbed", ["S01E02"]),
        ("grabbed", ["S01E01"]),
        ("imported", ["S01E02"]),
        ("playable", ["S01E02"]),
    ]
