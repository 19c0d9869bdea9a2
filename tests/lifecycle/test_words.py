"""What a request says of itself: failures, waits, guesses and people's decisions."""

from datetime import timedelta

import pytest

from custom_components.media_status.lifecycle.explain import Setup
from custom_components.media_status.lifecycle.facts import (
    Ask,
    AskStatus,
    File,
    Observation,
    Outcome,
    Queue,
    QueuePhase,
    Result,
    Statement,
    Title,
    Transfer,
    TransferPhase,
    Verdict,
    Wanted,
)
from custom_components.media_status.lifecycle.model import (
    MOVIE,
    ItemKey,
    MediaType,
    ProviderIds,
    Service,
    Stage,
    Subject,
    TitleRef,
    Via,
)
from custom_components.media_status.lifecycle.tracker import TrackerOptions

from .world import CLIENT, LIBRARY, MANAGER, SEERR, House, Load, World, at

SEASON_1 = tuple(ItemKey(1, number) for number in range(1, 5))


def _series(**more: object) -> World:
    world = World(media_type=MediaType.SERIES, tmdb=95396, seasons=frozenset({1}), items=SEASON_1)
    for name, value in more.items():
        setattr(world, name, value)
    return world


def _approved_film(**more: object) -> World:
    world = World(status=AskStatus.APPROVED, managed=True)
    for name, value in more.items():
        setattr(world, name, value)
    return world


def test_withdrawn_is_believed_after_two_reads() -> None:
    """Promise 3: one read that lacks a request proves nothing; two, apart in time, do."""
    world = World()
    house = House(world)
    house.survey(at(0))
    world.status = AskStatus.ABSENT
    house.survey(at(1))
    assert house.of(world).stage is not Stage.DELETED
    house.survey(at(12))
    assert house.of(world).stage is Stage.DELETED


def test_a_failed_request_says_why() -> None:
    """Seerr could not hand the request on; later the manager has it all the same."""
    world = World(status=AskStatus.FAILED)
    house = House(world)
    house.survey(at(0))
    assert house.of(world).stage is Stage.FAILED
    assert house.of(world).status.stuck
    world.managed = True
    house.survey(at(1))
    assert house.of(world).stage is Stage.SEARCHING


def test_a_blocked_import_is_stuck_until_it_is_through() -> None:
    """The reason stands in the explanation; later facts clear the flag."""
    world = _approved_film()
    load = Load(key="x", items=frozenset({MOVIE}), grabbed=at(1), progress=1.0)
    world.loads = {"x": load}
    house = House(world)
    house.survey(at(2))
    blocked = Statement(
        value=Queue(present=True, phase=QueuePhase.IMPORT_BLOCKED, messages=("Not an upgrade",)),
        subject=Subject(download="x"),
    )
    house.push(world.manager_says(at(3), Via.PUSH, blocked), now=at(3))
    status = house.of(world).status
    assert status.stuck
    assert status.explanation is not None
    assert status.explanation.code == "import_blocked"
    assert status.explanation.values == {"reason": "Not an upgrade"}
    world.files = {MOVIE}
    house.survey(at(4))
    assert not house.of(world).status.stuck


@pytest.mark.parametrize(
    ("phase", "code", "stuck"),
    [
        (TransferPhase.METADATA, "metadata", False),
        (TransferPhase.QUEUED, "queued", False),
        (TransferPhase.PAUSED, "paused", False),
        (TransferPhase.STALLED, "stalled", False),
        (TransferPhase.ERROR, "client_error", True),
        (TransferPhase.MISSING_FILES, "missing_files", True),
        (TransferPhase.DOWNLOADING, "downloading", False),
    ],
)
def test_a_waiting_download_says_why(phase: TransferPhase, code: str, *, stuck: bool) -> None:
    """What the client says is what the request says."""
    world = _approved_film()
    world.loads = {"w": Load(key="w", items=frozenset({MOVIE}), grabbed=at(1), in_client=False)}
    house = House(world)
    house.survey(at(2))
    seen = Observation(
        connection_id=CLIENT,
        service=Service.QBITTORRENT,
        via=Via.SURVEY,
        seen_at=at(3),
        download_ids=frozenset({"w"}),
        statements=(Statement(value=Transfer(present=True, phase=phase, progress=0.1)),),
    )
    house.push(seen, now=at(3))
    status = house.of(world).status
    assert status.explanation is not None
    assert (status.explanation.code, status.stuck) == (code, stuck)


def test_a_download_has_several_names() -> None:
    """A hybrid torrent is grabbed under its v1 hash and listed under another."""
    world = _approved_film()
    world.loads = {"v1": Load(key="v1", items=frozenset({MOVIE}), grabbed=at(1), in_client=False)}
    house = House(world)
    house.survey(at(2))
    done = Transfer(present=True, phase=TransferPhase.DOWNLOADING, progress=0.7, size=1000)
    seen = Observation(
        connection_id=CLIENT,
        service=Service.QBITTORRENT,
        via=Via.SURVEY,
        seen_at=at(3),
        download_ids=frozenset({"v2", "v1"}),
        statements=(Statement(value=done),),
    )
    house.push(seen, now=at(3))
    assert house.of(world).status.progress == pytest.approx(0.7)
    assert house.of(world).download_names["v2"] == "v1"


def test_a_person_may_say_it_is_there() -> None:
    """`mark_available` ends the wait, and is told as a person's word."""
    world = _approved_film()
    house = House(world)
    house.survey(at(1))
    request = house.of(world)
    house.keep(house.tracker.decide(request.id, Verdict.AVAILABLE, "seen it", at(2)))
    assert request.stage is Stage.AVAILABLE
    assert request.status.explanation is not None
    assert request.status.explanation.code == "marked_available"


def test_a_connection_that_is_down_is_said() -> None:
    """Unknown is not gone: the stage stays, and the sentence says what we cannot know."""
    world = _approved_film(files={MOVIE})
    house = House(world)
    house.survey(at(1))
    setup = Setup(down={Service.JELLYFIN: at(2)})
    for changes in house.tracker.reconsider(TrackerOptions(setup=setup), at(3)):
        house.keep(changes)
    status = house.of(world).status
    assert status.stage is Stage.SYNCING_LIBRARY
    assert status.explanation is not None
    assert status.explanation.code == "connection_down"
    assert status.explanation.since == at(2)


def test_only_a_title_is_a_guess() -> None:
    """Without ids, equal title and year lead to the request, marked as a guess."""
    world = _approved_film()
    house = House(world)
    house.survey(at(1))
    title = TitleRef(media_type=MediaType.MOVIE, title="TITLE, 603!", year=1999)
    seen = Observation(
        connection_id="other",
        service=Service.RADARR,
        via=Via.PUSH,
        seen_at=at(2),
        title=title,
        statements=(Statement(value=Title(present=True, monitored=True)),),
    )
    house.push(seen, now=at(2))
    assert house.of(world).is_guess
    other_year = TitleRef(media_type=MediaType.MOVIE, title="Title 603", year=2003)
    assert (
        house.push(
            Observation(
                connection_id="other",
                service=Service.RADARR,
                via=Via.PUSH,
                seen_at=at(3),
                title=other_year,
            ),
            now=at(3),
        )
        == []
    )


def test_a_pushed_word_expires_with_the_next_survey() -> None:
    """A webhook is a doorbell: a survey that began later and knows nothing of it wins."""
    world = _approved_film()
    house = House(world)
    house.survey(at(1))
    said = Statement(value=File(present=True), subject=Subject(item=MOVIE))
    house.push(world.manager_says(at(2), Via.PUSH, said), now=at(2))
    assert house.of(world).stage is Stage.SYNCING_LIBRARY
    house.survey(at(3))
    assert house.of(world).stage is Stage.SEARCHING


def test_ids_are_learned_and_never_overwritten() -> None:
    """The manager fills what Seerr did not know; a different number is not believed."""
    world = _approved_film()
    house = House(world)
    house.survey(at(1))
    for imdb in ("tt0133093", "tt9999999"):
        title = TitleRef(
            media_type=MediaType.MOVIE, ids=ProviderIds(tmdb=603, imdb=imdb), service_id="m603"
        )
        house.push(
            Observation(
                connection_id=MANAGER,
                service=Service.RADARR,
                via=Via.SURVEY,
                seen_at=at(2) + timedelta(seconds=len(imdb)),
                title=title,
            ),
            now=at(2),
        )
    assert house.of(world).ids.imdb == "tt0133093"
    assert house.of(world).service_ids[MANAGER] == "m603"


def test_imported_elsewhere_does_not_ask_the_other_items_back() -> None:
    """A pack's first import by webhook does not send its other episodes back to searching."""
    world = _series(status=AskStatus.APPROVED, managed=True)
    house = House(world)
    house.survey(at(0))
    load = Load(key="p", items=frozenset(SEASON_1), grabbed=at(1))
    first = [
        world.grab(load),
        Statement(value=File(present=True), subject=Subject(item=SEASON_1[0])),
        Statement(value=Outcome(result=Result.IMPORTED, at=at(2)), subject=Subject(download="p")),
    ]
    house.push(world.manager_says(at(2), Via.PUSH, *first), now=at(2))
    stages = house.of(world).status.items
    assert stages[SEASON_1[0]] is Stage.SYNCING_LIBRARY
    assert {stages[item] for item in SEASON_1[1:]} == {Stage.IMPORTING}


def test_not_monitored_is_said() -> None:
    """Radarr has the film but does not look for it: a person has to act."""
    world = _approved_film()
    house = House(world)
    house.survey(at(1))
    off = Statement(value=Wanted(monitored=False, release_at=at(-100)), subject=Subject(item=MOVIE))
    house.push(world.manager_says(at(2), Via.SURVEY, off), now=at(2))
    status = house.of(world).status
    assert status.stage is Stage.APPROVED
    assert status.explanation is not None
    assert status.explanation.code == "not_monitored"
    assert status.stuck


def test_no_library_is_said() -> None:
    """Without Jellyfin nothing can prove that it is ready to watch."""
    world = _approved_film(files={MOVIE})
    setup = Setup(services=frozenset({Service.SEERR, Service.RADARR}))
    house = House(world, options=TrackerOptions(setup=setup))
    house.survey(at(1))
    explanation = house.of(world).status.explanation
    assert explanation is not None
    assert explanation.code == "no_library"


def test_seerr_saying_available_is_not_proof() -> None:
    """P33: only Jellyfin's playable item makes a request available."""
    world = _approved_film()
    house = House(world)
    house.survey(at(1))
    said = Observation(
        connection_id=SEERR,
        service=Service.SEERR,
        via=Via.PUSH,
        seen_at=at(2),
        title=world.title(world.request_id),
        statements=(Statement(value=Ask(status=AskStatus.COMPLETED, available=True)),),
    )
    house.push(said, now=at(2))
    assert house.of(world).stage is Stage.SEARCHING
    assert LIBRARY not in house.of(world).service_ids
