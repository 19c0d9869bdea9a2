"""Each reason after the download, who is silent, and what takes too long."""

from datetime import datetime, timedelta

import pytest

from custom_components.media_status.lifecycle.explain import Setup
from custom_components.media_status.lifecycle.facts import (
    Anime,
    Ask,
    AskStatus,
    File,
    Grab,
    Match,
    MatchPhase,
    Observation,
    Obstacle,
    Outcome,
    Playable,
    Result,
    Verdict,
    Wanted,
)
from custom_components.media_status.lifecycle.model import (
    MOVIE,
    ItemKey,
    JsonValue,
    Service,
    Stage,
    Via,
)
from custom_components.media_status.lifecycle.request import Explanation
from custom_components.media_status.lifecycle.tracker import TrackerOptions
from custom_components.media_status.lifecycle.troubles import Hindrance

from .wish import EPISODES, Wish, about, fetched
from .world import at

ONE, TWO, THREE = EPISODES
SEERR, RADARR = Service.SEERR, Service.RADARR
LIBRARY, SHOKO = Service.JELLYFIN, Service.SHOKO
OUT = Wanted(monitored=True, released=True)


def _options(*missing: Service, **down: datetime) -> TrackerOptions:
    services = frozenset(Service) - set(missing)
    silent = {Service(name): since for name, since in down.items()}
    return TrackerOptions(setup=Setup(services=services, down=silent))


# --- after the download ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stage", "code"),
    [(Stage.DOWNLOADED, "downloaded_waiting_import"), (Stage.IMPORTING, "importing")],
)
def test_an_import_is_waited_for(stage: Stage, code: str) -> None:
    """The manager does it."""
    assert fetched(stage).explanation == Explanation(code=code, service=RADARR)


def _imported(*items: ItemKey, options: TrackerOptions | None = None) -> Wish:
    wish = Wish(*items, options=options)
    wish.says(1, *(about(File(present=True), item) for item in items or (MOVIE,)))
    return wish


def test_the_library_is_waited_for_if_there_is_one() -> None:
    """Without one nothing can prove that it is ready to watch."""
    assert _imported().explanation == Explanation(code="waiting_library", service=LIBRARY)
    without = _imported(options=_options(LIBRARY))
    assert without.explanation == Explanation(code="no_library", needs_person=True)


def test_an_item_without_a_file_is_not_playable() -> None:
    """Jellyfin knows of it only; one that can be played ends the wait."""
    wish = _imported(*EPISODES)
    wish.says(2, about(Playable(present=False), ONE), service=LIBRARY)
    assert wish.explanation.code == "waiting_library"
    wish.says(3, about(Playable(present=False, is_hollow=True), TWO), service=LIBRARY)
    assert wish.explanation == Explanation(code="not_playable", service=LIBRARY, since=at(3))
    wish.says(4, about(Playable(present=True, is_hollow=True), TWO), service=LIBRARY)
    assert wish.explanation.code == "waiting_library"


def test_what_has_the_same_title_proves_nothing_and_is_shown() -> None:
    """The first item that has such a twin, while it waits."""
    wish = _imported(ONE, TWO)
    twins = ((TWO, "Twin"), (ONE, None))
    for item, name in twins:
        wish.says(2, about(Playable(present=False, guess=name), item), service=LIBRARY)
    wish.says(3, about(Wanted(monitored=True, released=True), THREE))
    assert wish.explanation == Explanation(
        code="title_guess",
        values={"name": "Twin"},
        service=LIBRARY,
        since=at(2),
        needs_person=True,
    )


def test_a_twin_of_what_does_not_wait_is_not_shown() -> None:
    """The other episodes are further, or not so far."""
    wish = _imported(ONE, TWO)
    wish.says(1, about(Playable(present=True, guess="Old"), ONE), service=LIBRARY)
    wish.says(2, about(Playable(present=False, guess="Twin"), TWO), service=LIBRARY)
    assert wish.explanation.values == {"name": "Twin"}


@pytest.mark.parametrize(
    ("hindrance", "code", "needs_person"),
    [
        (Hindrance.SIGNALR_OFF, "shokofin_signalr_off", False),
        (Hindrance.UNMAPPED, "shokofin_unmapped", True),
        (Hindrance.FILTERED, "shokofin_filtered", True),
    ],
)
def test_what_keeps_files_out_of_jellyfin_is_said(
    hindrance: Hindrance, code: str, *, needs_person: bool
) -> None:
    """With who found it, and when."""
    wish = _imported()
    wish.says(4, about(Obstacle(hindrance=hindrance)), service=LIBRARY)
    assert wish.explanation == Explanation(
        code=code, service=LIBRARY, since=at(4), needs_person=needs_person
    )


def test_a_part_that_is_there_is_counted() -> None:
    """How many of how many."""
    wish = Wish(*EPISODES)
    wish.says(1, *(about(OUT, item) for item in EPISODES))
    wish.says(2, about(Playable(present=True), ONE), service=LIBRARY)
    assert wish.explanation == Explanation(
        code="partially_available", values={"available": 1, "total": 3}
    )
    said = [about(Playable(present=True), item) for item in EPISODES]
    wish.says(3, *said, service=LIBRARY)
    assert wish.explanation == Explanation(code="available", service=LIBRARY)


@pytest.mark.parametrize(
    ("verdict", "code"),
    [(Verdict.AVAILABLE, "marked_available"), (Verdict.FAILED, "marked_failed")],
)
def test_a_persons_word_is_told_as_theirs(verdict: Verdict, code: str) -> None:
    """Whatever the services say."""
    wish = _imported()
    wish.house.tracker.decide(wish.request.id, verdict, None, at(2))
    assert wish.explanation == Explanation(code=code, service=Service.HOME_ASSISTANT)


@pytest.mark.parametrize(("why", "values"), [("dead", {"reason": "dead"}), (None, {})])
def test_a_failed_download_says_why(why: str | None, values: dict[str, JsonValue]) -> None:
    """Where that is known; the manager will search again."""
    wish = fetched(Stage.DOWNLOADING)
    failed = Outcome(result=Result.FAILED, at=at(2), message=why)
    wish.says(2, about(failed, "a"))
    assert wish.explanation == Explanation(
        code="failed_download", values=dict(wish.explanation.values), service=RADARR
    )
    assert wish.explanation.values == values


@pytest.mark.parametrize(
    ("failed_at", "told"), [({"a": 5, "b": 3, "c": 4}, "a"), ({"a": 3, "b": 5, "c": 5}, "c")]
)
def test_the_last_failure_of_all_items_is_told(failed_at: dict[str, float], told: str) -> None:
    """Of two at the same time, always the same one."""
    wish = Wish(*EPISODES)
    for (key, minutes), item in zip(failed_at.items(), EPISODES, strict=True):
        grab = Grab(items=frozenset({item}), at=at(1))
        failed = Outcome(result=Result.FAILED, at=at(minutes), message=key)
        wish.says(1, about(grab, key), about(failed, key))
    assert wish.explanation.values == {"reason": told}


# --- Shoko -------------------------------------------------------------------------------------


def _anime(*items: ItemKey) -> Wish:
    wish = _imported(*items)
    wish.says(1, about(Anime(is_anime=True, source="tag")))
    assert wish.stage() is Stage.ANIME_MATCHING
    return wish


def test_before_shoko_says_a_word_it_is_waited_for() -> None:
    """It may be busy."""
    assert _anime().explanation == Explanation(code="shoko_waiting", service=SHOKO)


def test_the_furthest_from_its_end_explains_most() -> None:
    """Since the first file that is there; what is matched does not matter."""
    wish = _anime(*EPISODES)
    phases = (MatchPhase.HASHING, MatchPhase.WAITING, MatchPhase.HASHING)
    for minutes, (item, phase) in enumerate(zip(EPISODES, phases, strict=True), 2):
        wish.says(minutes, about(Match(phase=phase), item), service=SHOKO)
    assert wish.explanation == Explanation(code="shoko_hashing", service=SHOKO, since=at(2))
    wish.says(6, about(Match(phase=MatchPhase.BANNED), THREE), service=SHOKO)
    assert wish.explanation == Explanation(code="anidb_banned", service=SHOKO, since=at(6))


def test_files_that_nobody_knows_are_counted_and_one_is_named() -> None:
    """The first by its episode; files of the same id are one."""
    wish = _anime(*EPISODES)
    names = (("9", "b.mkv"), ("9", "b.mkv"), (None, None))
    for minutes, (item, (file_id, name)) in enumerate(zip(EPISODES, names, strict=True), 2):
        match = Match(phase=MatchPhase.UNMATCHED, file_id=file_id, name=name)
        wish.says(minutes, about(match, item), service=SHOKO)
    explanation = wish.explanation
    assert explanation.values["count"] == 2
    assert (explanation.code, explanation.service, explanation.needs_person) == (
        "shoko_unmatched",
        SHOKO,
        True,
    )
    assert explanation.values["file"] == "b.mkv"
    assert explanation.since == at(3)
    nameless = _anime(ONE)
    nameless.says(2, about(Match(phase=MatchPhase.UNMATCHED), ONE), service=SHOKO)
    assert nameless.explanation.values == {"count": 1, "file": "S01E01"}


@pytest.mark.parametrize(
    ("names", "count"),
    [
        (("1", "a.mkv", "2", "a.mkv"), 2),
        (("1", "a.mkv", "1", "b.mkv"), 1),
        ((None, "a.mkv", None, "a.mkv"), 1),
        ((None, "a.mkv", None, "b.mkv"), 2),
        ((None, None, None, None), 2),
    ],
)
def test_a_file_is_counted_by_its_id_else_by_its_name(
    names: tuple[str | None, str | None, str | None, str | None], count: int
) -> None:
    """Else it is another one for each episode; the first episode names it, not the first word."""
    wish = _anime(ONE, TWO)
    for minutes, item, (file_id, name) in ((2, TWO, names[2:]), (5, ONE, names[:2])):
        match = Match(phase=MatchPhase.UNMATCHED, file_id=file_id, name=name)
        wish.says(minutes, about(match, item), service=SHOKO)
    assert wish.explanation.values["count"] == count
    if count == 2:
        assert wish.explanation.values["file"] == (names[1] or ONE.label)
        assert wish.explanation.since == at(2)


def test_two_shokos_may_lack_a_match_for_the_same_episode() -> None:
    """Each for a file of its own."""
    wish = _anime(ONE)
    for number in ("1", "2"):
        match = Match(phase=MatchPhase.UNMATCHED, file_id=number, name="a.mkv")
        wish.says(2, about(match, ONE), service=SHOKO, connection=f"shoko-{number}")
    assert wish.explanation.values == {"count": 2, "file": "a.mkv"}


# --- who does not answer -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stage", "deciding"),
    [
        (Stage.SEARCHING, RADARR),
        (Stage.GRABBING, RADARR),
        (Stage.DOWNLOADING, Service.QBITTORRENT),
        (Stage.DOWNLOADED, RADARR),
        (Stage.IMPORTING, RADARR),
    ],
)
def test_who_decides_the_next_step_and_is_silent_is_named(stage: Stage, deciding: Service) -> None:
    """The others' silence says nothing about it."""
    wish = fetched(stage)
    before = wish.explanation
    everybody = {service.value: at(9) for service in Service}
    others = {name: since for name, since in everybody.items() if name != deciding.value}
    list(wish.house.tracker.reconsider(_options(**others), at(10)))
    assert wish.explanation == before
    list(wish.house.tracker.reconsider(_options(**everybody), at(10)))
    assert wish.explanation == Explanation(
        code="connection_down", values={"service": deciding.value}, service=deciding, since=at(9)
    )


def test_silence_of_seerr_shoko_and_jellyfin_matters_where_they_decide() -> None:
    """An approval, a match, the library."""
    silent = _options(seerr=at(9), shoko=at(9), jellyfin=at(9))
    pending = Wish(status=AskStatus.PENDING, managed=False)
    for wish, deciding in ((pending, SEERR), (_anime(), SHOKO), (_imported(), LIBRARY)):
        list(wish.house.tracker.reconsider(silent, at(10)))
        assert (wish.explanation.code, wish.explanation.service) == ("connection_down", deciding)


@pytest.mark.parametrize("status", [AskStatus.DECLINED, AskStatus.FAILED])
def test_nobody_needs_to_answer_for_what_is_given_up(status: AskStatus) -> None:
    """Neither its manager nor Seerr."""
    wish = Wish(managed=False)
    wish.says(1, about(Ask(status=status)), service=SEERR)
    before = wish.explanation
    list(wish.house.tracker.reconsider(_options(seerr=at(9), radarr=at(9)), at(10)))
    assert wish.explanation == before


def test_the_manager_of_a_series_is_sonarr() -> None:
    """Radarr's silence is none of its business."""
    wish = Wish(*EPISODES)
    wish.says(1, about(OUT, ONE))
    list(wish.house.tracker.reconsider(_options(radarr=at(9)), at(10)))
    assert wish.explanation.code == "searching"
    list(wish.house.tracker.reconsider(_options(sonarr=at(9)), at(10)))
    assert wish.explanation.values == {"service": "sonarr"}


def test_what_was_stuck_stays_so_while_nobody_answers() -> None:
    """Nothing was healed; nothing new is known to be wrong."""
    for wanted, is_stuck in ((Wanted(monitored=False, released=True), True), (OUT, False)):
        wish = Wish()
        wish.says(1, about(wanted, MOVIE))
        assert wish.status.stuck is is_stuck
        list(wish.house.tracker.reconsider(_options(radarr=at(9)), at(10)))
        assert (wish.explanation.code, wish.status.stuck) == ("connection_down", is_stuck)


# --- what takes too long -----------------------------------------------------------------------


def test_the_longest_waiting_item_explains_what_is_late() -> None:
    """By its own stage, with its own files; a silent service explains it all the same."""
    wish = _anime(*EPISODES)
    for minutes, item in ((2, ONE), (3, TWO)):
        wish.says(minutes, about(Match(phase=MatchPhase.HASHING), item), service=SHOKO)
    wish.says(4, about(Match(phase=MatchPhase.BANNED), THREE), service=SHOKO)
    wish.says(5, about(Match(phase=MatchPhase.MATCHED), ONE), service=SHOKO)
    wish.says(5, about(Playable(present=False, guess="Twin"), ONE), service=LIBRARY)
    minute = timedelta(minutes=1)
    wish.house.tracker.tick(at(31))
    assert wish.explanation == Explanation(
        code="anidb_banned", service=SHOKO, since=at(0) + 31 * minute, is_overdue=True
    )
    wish.says(32, about(File(present=False), TWO), about(File(present=False), THREE))
    wish.house.tracker.tick(at(65))
    explanation = wish.explanation
    assert (explanation.code, explanation.is_overdue, explanation.since) == (
        "title_guess",
        True,
        at(65),
    )
    list(wish.house.tracker.reconsider(_options(jellyfin=at(50)), at(66)))
    assert (wish.explanation.code, wish.explanation.is_overdue) == ("connection_down", False)


def test_of_late_items_the_one_that_is_late_first_is_told() -> None:
    """Not the first episode; of two at the same time the first one after all."""
    for order in ((TWO, ONE), (ONE, TWO)):
        wish = Wish(*EPISODES)
        for minutes, item in enumerate(order, 1):
            wish.says(minutes, about(File(present=True), item))
        wish.house.tracker.tick(at(62))
        assert wish.explanation.since == at(61)
    wish = _imported(ONE, TWO)
    wish.house.tracker.tick(at(61))
    assert (wish.explanation.code, wish.explanation.since) == ("waiting_library", at(61))


def test_what_is_not_late_yet_does_not_explain_what_is() -> None:
    """One episode waits for its hash too long; the other one has only just come to be banned."""
    wish = _anime(ONE)
    wish.says(2, about(Match(phase=MatchPhase.HASHING), ONE), service=SHOKO)
    wish.says(30, about(File(present=True), TWO))
    wish.says(30, about(Match(phase=MatchPhase.BANNED), TWO), service=SHOKO)
    assert wish.explanation.code == "anidb_banned"
    wish.house.tracker.tick(at(31))
    assert (wish.explanation.code, wish.explanation.is_overdue) == ("shoko_hashing", True)


def test_a_push_says_since_when_it_is_so() -> None:
    """The moment of the fact, whoever else said something meanwhile."""
    wish = _imported()
    seen = Observation(
        connection_id="jellyfin-2",
        service=LIBRARY,
        via=Via.PUSH,
        seen_at=at(3),
        request_id=wish.request.id,
        statements=(about(Obstacle(hindrance=Hindrance.UNMAPPED)),),
    )
    wish.house.push(seen, now=at(9))
    assert wish.explanation.since == at(3)
