"""Test which torrents go: those of which nobody needs anything any more, and no other one."""

from dataclasses import replace

import pytest

from custom_components.media_status.lifecycle.deletion import (
    DeletionOptions,
    DeletionTarget,
    HeldTorrent,
    Holder,
    Holdings,
    Plan,
    Served,
    Step,
    StepStatus,
    Verb,
)
from custom_components.media_status.lifecycle.model import MOVIE, Service

from .deletion_house import (
    E1,
    E2,
    E3,
    FILES_STAY,
    FILM,
    HELD_FILM,
    PART,
    SHOW,
    SINGLE,
    TORRENT,
    file,
    holder,
    planned,
    radarr,
    remarks,
    show,
    sonarr,
    steps,
)

BROUGHT = {"bb": frozenset({Served("7", MOVIE)})}
KNOWN = replace(FILM, own_downloads=frozenset({"aa"}), downloads=frozenset({"aa"}))


def client(*torrents: HeldTorrent, name: str = "qbittorrent") -> Holder:
    """Return a download client with its torrents."""
    return holder(Service.QBITTORRENT, Holdings(torrents=torrents), name)


def radarr_that_knows(served: dict[str, frozenset[Served]]) -> Holder:
    """Return a Radarr with the film, and what downloads brought of it."""
    title = replace(HELD_FILM, downloads=frozenset(served))
    return holder(Service.RADARR, Holdings(titles=(title,), served=served))


def torrent(plan: Plan) -> Step:
    """Return the only torrent's step."""
    (step,) = steps(plan, Verb.REMOVE_TORRENT)
    return step


def reasons(plan: Plan) -> dict[str, str | None]:
    """Return why each torrent stays."""
    return {step.target: step.reason for step in steps(plan, Verb.REMOVE_TORRENT)}


def named(torrent_id: str, *shares_with: str, **changes: bool) -> HeldTorrent:
    """Return a torrent of the film that shares its data."""
    return HeldTorrent(
        torrent_id=torrent_id,
        names=frozenset({"bb"}),
        name=torrent_id,
        size=5,
        is_private=changes.get("is_private", False),
        shares_with=shares_with,
    )


def test_a_torrent_goes_as_it_was_seen() -> None:
    """Known by any of its names; the title waits until it has gone."""
    plan = planned(FILM, radarr_that_knows(BROUGHT), client(TORRENT))
    assert torrent(plan) == Step(
        id="qbittorrent:torrent:t1",
        connection_id="qbittorrent",
        service=Service.QBITTORRENT,
        verb=Verb.REMOVE_TORRENT,
        request_ids=("film",),
        target="t1",
        name="Dune.2021",
        size=70,
        delete_files=True,
        expects={"name": "Dune.2021", "shares_with": ""},
    )
    assert plan.pending[1].after == ("qbittorrent:torrent:t1",)
    assert plan.warnings == plan.blockers == ()


def test_a_torrent_can_go_without_its_data() -> None:
    """Then it frees nothing."""
    step = torrent(planned(FILM, radarr_that_knows(BROUGHT), client(TORRENT), options=FILES_STAY))
    assert (step.status, step.size, step.delete_files) == (StepStatus.PENDING, 0, False)


def test_torrents_stay_when_told_so() -> None:
    """Whatever else could be said of them."""
    options = DeletionOptions(delete_torrents=False)
    stranger = replace(TORRENT, torrent_id="t2", names=frozenset({"cc"}), name="Other")
    plan = planned(FILM, radarr_that_knows(BROUGHT), client(TORRENT, stranger), options=options)
    assert reasons(plan) == {"t1": "torrents_kept", "t2": "torrents_kept"}
    found = steps(plan, Verb.REMOVE_TORRENT)
    assert {(step.status, step.size, step.delete_files) for step in found} == {
        (StepStatus.SKIPPED, 0, False)
    }
    assert remarks(plan.warnings) == [
        ("torrents_kept", {"name": "Dune.2021"}),
        ("torrents_kept", {"name": "Other"}),
    ]


@pytest.mark.parametrize(
    ("is_private", "has_seeded", "may_go"),
    [
        (False, None, True),
        (False, False, True),
        (True, True, True),
        (None, True, True),
        (True, False, False),
        (True, None, False),
        (None, None, False),
        (None, False, False),
    ],
)
def test_what_may_have_to_seed_stays(
    is_private: bool | None, has_seeded: bool | None, may_go: bool
) -> None:
    """Unless that was asked for, too: a tracker may punish it, and unknown is not public."""
    client_ = client(replace(TORRENT, is_private=is_private, has_seeded=has_seeded))
    plan = planned(FILM, radarr_that_knows(BROUGHT), client_)
    assert torrent(plan).reason == (None if may_go else "torrent_seeding")
    options = DeletionOptions(delete_seeding=True)
    assert (
        torrent(planned(FILM, radarr_that_knows(BROUGHT), client_, options=options)).reason is None
    )


@pytest.mark.parametrize(
    "more",
    [
        Served("8", MOVIE),  # another film
        Served("7", E1),  # whatever that is, it goes with the title
    ],
)
def test_what_a_torrent_brought_besides_keeps_it(more: Served) -> None:
    """All that it brought must go."""
    served = {"bb": frozenset({Served("7", MOVIE), more})}
    reason = torrent(planned(FILM, radarr_that_knows(served), client(TORRENT))).reason
    assert reason == (None if more.title_id == "7" else "torrent_shared")


def test_another_manager_can_need_a_torrent() -> None:
    """Be it of the same kind, with a title of the same number, or one that has no target at all."""
    own = radarr_that_knows(BROUGHT)
    second = holder(Service.RADARR, Holdings(served=BROUGHT), "second")
    series = holder(Service.SONARR, Holdings(served={"aa": frozenset({Served("7", E1)})}))
    for other in (second, series):
        plan = planned(FILM, own, other, client(TORRENT))
        assert torrent(plan).reason == "torrent_shared"
    # Both names of it are looked up, in every manager.
    quiet = holder(Service.SONARR, Holdings(served={"zz": frozenset({Served("7", E1)})}))
    assert torrent(planned(FILM, own, quiet, client(TORRENT))).reason is None


def test_what_nobody_remembers_stays() -> None:
    """A torrent that only looks as if it belonged to the film is not taken."""
    for served in ({}, {"bb": frozenset[Served]()}, {"cc": frozenset({Served("7", MOVIE)})}):
        plan = planned(FILM, radarr_that_knows(served), client(TORRENT))
        assert torrent(plan).reason == "origin_unknown"
        assert remarks(plan.warnings) == [("origin_unknown", {"name": "Dune.2021"})]


def test_our_own_word_counts_only_when_the_managers_have_forgotten() -> None:
    """They forget with a title what brought it."""
    assert torrent(planned(KNOWN, radarr(), client(TORRENT))).status is StepStatus.PENDING
    held = planned(KNOWN, radarr(HELD_FILM), client(TORRENT))
    assert torrent(held).reason == "origin_unknown"
    for target in (
        replace(KNOWN, is_whole=False),
        replace(KNOWN, own_downloads=frozenset()),
        replace(KNOWN, own_downloads=frozenset({"zz"})),
    ):
        assert torrent(planned(target, radarr(), client(TORRENT))).reason == "origin_unknown"


def test_a_title_of_another_request_is_not_ours() -> None:
    """That a manager has something else does not mean that it remembers this."""
    plan = planned((KNOWN, SHOW), radarr(), sonarr(show(*SINGLE)), client(TORRENT))
    assert torrent(plan).status is StepStatus.PENDING
    assert torrent(plan).request_ids == ("film",)


def test_a_torrent_is_of_all_who_name_it() -> None:
    """By our own word, or by the manager's list of what it downloaded for the title."""
    ours: list[DeletionTarget] = [replace(SHOW, downloads=frozenset({"aa"})), FILM]
    plan = planned(ours, radarr_that_knows(BROUGHT), sonarr(show(*SINGLE)), client(TORRENT))
    assert torrent(plan).request_ids == ("film", "show")
    assert torrent(planned(FILM, radarr(), client(TORRENT))).request_ids == ()


def pack(*items: str, title_files: int = 3) -> Plan:
    """Return the plan for the first episode, and a torrent that brought these."""
    keys = {"E1": E1, "E2": E2, "E3": E3}
    manager = sonarr(show(*SINGLE[:title_files]), served={"aa": {keys[one] for one in items}})
    return planned(PART, manager, client(TORRENT))


def test_a_pack_goes_only_with_all_its_episodes() -> None:
    """One chosen episode does not take the others' seeding data along."""
    assert torrent(pack("E1")).reason is None
    assert torrent(pack("E1", "E2")).reason == "torrent_shared"
    assert torrent(pack("E2")).reason == "torrent_shared"


def test_what_has_no_file_any_more_goes_with_what_was_asked() -> None:
    """An upgrade replaced it, or it was deleted by hand: its torrent is of no use to anybody."""
    part = replace(PART, items=frozenset({E1, E3}))
    manager = sonarr(show(file(1, E1), file(2, E2)), served={"aa": {E1, E3}})
    assert torrent(planned(part, manager, client(TORRENT))).reason is None


def test_a_file_that_stays_keeps_its_torrent() -> None:
    """It holds an episode that was not asked for, or no file was to go at all."""
    shared = sonarr(show(file(4, E1, E2)), served={"aa": {E1}})
    assert torrent(planned(PART, shared, client(TORRENT))).reason == "torrent_shared"
    kept = sonarr(show(*SINGLE), served={"aa": {E1}})
    plan = planned(PART, kept, client(TORRENT), options=FILES_STAY)
    assert torrent(plan).reason == "torrent_shared"


def test_a_torrent_of_what_was_kept_before_stays() -> None:
    """Of a title that goes, one must have asked for something that the torrent brought."""
    target = replace(SHOW, items=frozenset({E2}))
    manager = sonarr(show(file(2, E2)), served={"aa": {E1}})
    assert torrent(planned(target, manager, client(TORRENT))).reason == "torrent_shared"


# --- Data that several torrents use --------------------------------------------------------------


def shared(*torrents: HeldTorrent) -> Plan:
    """Return the plan for the film and torrents that share data."""
    return planned(FILM, radarr_that_knows(BROUGHT), client(*torrents))


def test_torrents_that_share_their_data_go_together() -> None:
    """Each names the others, so that a new one is noticed before it goes."""
    plan = shared(named("a", "b", "c"), named("b", "a"), named("c", "b"))
    assert reasons(plan) == {"a": None, "b": None, "c": None}
    assert steps(plan, Verb.REMOVE_TORRENT)[0].expects["shares_with"] == "b c"


def test_data_that_another_torrent_needs_stays() -> None:
    """And so on: what shares with one that stays now, stays too."""
    plan = shared(named("a", "b"), named("b", "c"), named("c", "stranger"), named("d"))
    kept = "torrent_cross_seeded"
    assert reasons(plan) == {"a": kept, "b": kept, "c": kept, "d": None}
    left = steps(plan, Verb.REMOVE_TORRENT)[0]
    assert (left.status, left.size, left.delete_files) == (StepStatus.SKIPPED, 0, False)


def test_a_reason_that_was_there_before_remains() -> None:
    """A torrent that seeds keeps those that use its data; why it stays itself does not change."""
    plan = shared(named("a", "b"), named("b", "a", is_private=True))
    assert reasons(plan) == {"a": "torrent_cross_seeded", "b": "torrent_seeding"}


def test_another_clients_torrent_of_that_name_is_not_the_one() -> None:
    """What goes from one client says nothing of another one's data."""
    one, two = client(named("a", "b"), name="one"), client(named("b"), name="two")
    plan = planned(FILM, radarr_that_knows(BROUGHT), one, two)
    assert reasons(plan) == {"a": "torrent_cross_seeded", "b": None}


def test_shared_data_is_no_matter_when_it_stays() -> None:
    """Only the torrents go then."""
    holders = (radarr_that_knows(BROUGHT), client(named("a", "stranger")))
    assert reasons(planned(FILM, *holders, options=FILES_STAY)) == {"a": None}


# --- Files that are a torrent's own data ---------------------------------------------------------


def test_a_file_that_a_torrent_seeds_keeps_the_plan() -> None:
    """It would go with the title, and the torrent would be broken."""
    holds = ("/downloads/else/x.mkv", "/data/dune/DUNE.mkv")
    plan = shared(replace(named("a", is_private=True), holds=holds), named("b"))
    assert remarks(plan.blockers) == [("file_seeding", {"name": "a"})]


def test_a_torrent_that_goes_or_has_other_data_keeps_nothing() -> None:
    """Nor one whose data is not what goes."""
    own = ("/data/Dune/Dune.mkv",)
    assert shared(replace(named("a"), holds=own)).blockers == ()
    other = replace(named("a", is_private=True), holds=("/data/Dune/Extra.mkv",))
    assert shared(other).blockers == ()
    stays = replace(named("a", is_private=True), holds=own)
    plan = planned(FILM, radarr_that_knows(BROUGHT), client(stays), options=FILES_STAY)
    assert plan.blockers == ()


def test_a_silent_client_keeps_the_plan() -> None:
    """Nothing is said of its torrents, and nothing goes."""
    plan = planned(FILM, radarr_that_knows(BROUGHT), holder(Service.QBITTORRENT, None))
    assert steps(plan, Verb.REMOVE_TORRENT) == []
    assert remarks(plan.blockers) == [("unknown", {"name": "Qbittorrent"})]


def test_a_silent_manager_keeps_the_plan_of_anything() -> None:
    """A torrent of the film may have brought something to a Sonarr that did not answer."""
    silent = holder(Service.SONARR, None)
    plan = planned(FILM, silent, radarr_that_knows(BROUGHT), client(TORRENT))
    assert remarks(plan.blockers) == [("unknown", {"name": "Sonarr"})]
