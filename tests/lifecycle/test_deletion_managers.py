"""Test what Radarr and Sonarr are told to remove: the right title and files, nothing else."""

from dataclasses import replace

import pytest

from custom_components.media_status.lifecycle.deletion import (
    DeletionOptions,
    DeletionTarget,
    HeldTitle,
    Holdings,
    PlannedFile,
    Step,
    StepStatus,
    Verb,
)
from custom_components.media_status.lifecycle.model import MOVIE, ItemKey, ProviderIds, Service

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
    file,
    holder,
    planned,
    radarr,
    remarks,
    show,
    sonarr,
    steps,
)

IN_HD = replace(HELD_FILM, own_id="71")
IN_4K = replace(HELD_FILM, own_id="72")
KEPT_IN_4K = ("kept_in_instance", {"title": "Dune", "name": "Uhd"})


def gone(target: DeletionTarget, title: HeldTitle) -> set[Verb]:
    """Return what kinds of steps a series is removed with."""
    return {step.verb for step in planned(target, sonarr(title)).pending}


def test_the_requests_own_instance_is_meant() -> None:
    """What another one has of the same film is kept, and said."""
    target = replace(FILM, service_ids={"hd": "71", "seerr": "1"}, is_4k=True)
    plan = planned(target, radarr(IN_HD, name="hd", is_4k=False), radarr(IN_4K, name="uhd"))
    (step,) = plan.pending
    assert (step.connection_id, step.target) == ("hd", "71")
    assert remarks(plan.warnings) == [KEPT_IN_4K]
    assert plan.blockers == ()


def test_nothing_else_is_meant_when_the_own_instance_has_nothing() -> None:
    """It may have been deleted there by hand; the other copy is somebody else's."""
    target = replace(FILM, service_ids={"hd": "71"})
    plan = planned(target, radarr(name="hd"), radarr(IN_4K, name="uhd"))
    assert plan.pending == ()
    assert remarks(plan.warnings) == [KEPT_IN_4K]
    assert remarks(plan.blockers) == [("nothing_to_do", {})]


@pytest.mark.parametrize(("is_4k", "own_id"), [(False, "71"), (True, "72")])
def test_without_an_own_instance_the_variant_decides(is_4k: bool, own_id: str) -> None:
    """A 4K request never takes the HD copy, nor the other way round."""
    plan = planned(
        replace(FILM, is_4k=is_4k),
        radarr(IN_HD, name="hd", is_4k=False),
        radarr(IN_4K, name="uhd", is_4k=True),
    )
    assert [step.target for step in plan.pending] == [own_id]
    assert len(plan.warnings) == 1


def test_of_several_that_fit_none_is_guessed() -> None:
    """Nothing of the film goes; what else was asked for is still planned, and shown."""
    plan = planned(
        (FILM, SHOW),
        radarr(IN_HD, name="one"),
        radarr(IN_4K, name="a second"),
        sonarr(show(*SINGLE)),
    )
    assert [step.request_ids for step in plan.pending] == [("show",)]
    values = {"title": "Dune", "names": "A Second, One"}
    assert remarks(plan.blockers) == [("several_instances", values)]


CHANGED = [("identity_changed", {"title": "Dune", "name": "Radarr"})]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (ProviderIds(tmdb=10, imdb="tt10"), ProviderIds(tmdb=11, imdb="tt11")),
        (ProviderIds(tmdb=10, imdb="tt10"), ProviderIds(tmdb=10, imdb="tt11")),
        (ProviderIds(tmdb=10), ProviderIds(imdb="tt10")),
        (ProviderIds(tmdb=10), ProviderIds()),
        (ProviderIds(tmdb=10), ProviderIds(tvdb=10)),
    ],
)
def test_another_title_under_the_same_number_keeps_the_plan(
    asked: ProviderIds, found: ProviderIds
) -> None:
    """All ids that both know must agree, and there must be one."""
    plan = planned(replace(FILM, ids=asked), radarr(replace(HELD_FILM, ids=found)))
    assert remarks(plan.blockers)[:1] == CHANGED
    assert plan.pending == ()


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (ProviderIds(tmdb=10), ProviderIds(tmdb=10, imdb="tt10")),
        (ProviderIds(tmdb=10, imdb="tt10"), ProviderIds(imdb="tt10")),
    ],
)
def test_one_id_that_both_know_is_proof(asked: ProviderIds, found: ProviderIds) -> None:
    """Whatever the manager calls it now: it may have been added anew."""
    target = replace(FILM, ids=asked, service_ids={"radarr": "1"})
    plan = planned(target, radarr(replace(HELD_FILM, ids=found)))
    assert [step.target for step in plan.pending] == ["7"]
    assert plan.blockers == ()


def test_without_any_id_the_managers_own_one_must_be_the_same() -> None:
    """It is all that there is to tell it by."""
    bare = replace(FILM, ids=ProviderIds())
    same = planned(replace(bare, service_ids={"radarr": "7"}), radarr(HELD_FILM))
    assert [step.target for step in same.pending] == ["7"]
    for ids in ({"radarr": "8"}, {}):
        plan = planned(replace(bare, service_ids=ids), radarr(HELD_FILM))
        assert remarks(plan.blockers)[:1] == CHANGED
        assert plan.pending == ()


def test_a_title_is_removed_as_it_was_seen() -> None:
    """The step says all that is checked before, sent, and looked for afterwards."""
    options = DeletionOptions(add_import_exclusion=True)
    (step,) = planned(FILM, radarr(HELD_FILM), options=options).pending
    assert step == Step(
        id="radarr:title:7",
        connection_id="radarr",
        service=Service.RADARR,
        verb=Verb.REMOVE_TITLE,
        request_ids=("film",),
        target="7",
        name="Dune (2021)",
        items=(MOVIE,),
        files=(PlannedFile(path="/films/Dune/Dune.mkv", size=70),),
        size=70,
        delete_files=True,
        add_import_exclusion=True,
        expects={
            "tmdb": "10",
            "imdb": "tt10",
            "path": "/films/Dune",
            "root": "/films",
            "alone": "yes",
        },
    )


def test_a_title_can_go_without_its_files() -> None:
    """Then no file is named, and no byte counted."""
    (step,) = planned(FILM, radarr(HELD_FILM), options=FILES_STAY).pending
    assert (step.files, step.size, step.delete_files) == ((), 0, False)
    assert not step.add_import_exclusion


def test_a_folder_with_more_in_it_is_not_called_alone() -> None:
    """What is not known of the place is not said."""
    title = replace(HELD_FILM, is_alone=False, root=None)
    (step,) = planned(FILM, radarr(title)).pending
    assert step.expects == {"tmdb": "10", "imdb": "tt10", "path": "/films/Dune"}


def test_a_whole_series_goes_only_when_nothing_of_it_is_left() -> None:
    """An episode that somebody else holds, has a file of or looks for keeps it."""
    everything = {Verb.REMOVE_TITLE}
    assert gone(SHOW, show(*SINGLE, monitored=[E1])) == everything
    more = ItemKey(1, 4)
    piecewise = {Verb.REMOVE_FILE}
    assert gone(SHOW, show(*SINGLE, file(4, more))) == piecewise
    assert gone(SHOW, show(*SINGLE, monitored=[more])) == piecewise
    assert gone(replace(SHOW, kept_items=frozenset({more})), show(*SINGLE)) == piecewise
    assert gone(replace(SHOW, is_whole=False), show(*SINGLE)) == piecewise
    # What the request itself holds is not kept by it.
    assert gone(replace(SHOW, kept_items=frozenset({E1})), show(*SINGLE)) == everything


def test_of_two_requests_both_must_be_whole() -> None:
    """Chosen episodes do not grow to a series because another request goes too."""
    other = replace(SHOW, request_id="other", is_whole=False, items=frozenset({E3}))
    titles = (show(*SINGLE), replace(show(*SINGLE), request_id="other"))
    plan = planned((SHOW, other), sonarr(*titles))
    assert {step.verb for step in plan.pending} == {Verb.REMOVE_FILE}
    assert [step.request_ids for step in plan.pending] == [("show",), ("show",), ("other", "show")]


def test_only_a_chosen_part_of_a_film_leaves_it_there() -> None:
    """A film is one item: its file goes, its entry stays and is not looked for."""
    plan = planned(replace(FILM, is_whole=False), radarr(HELD_FILM))
    assert [step.verb for step in plan.pending] == [Verb.UNMONITOR, Verb.REMOVE_FILE]
    assert set(plan.pending[0].expects) == {"tmdb", "imdb"}


def test_a_chosen_episode_goes_as_it_was_seen() -> None:
    """First it is looked for no more, then its file goes; the others stay."""
    unmonitor, removal = planned(PART, sonarr(show(*SINGLE, monitored=[E1, E2]))).pending
    assert unmonitor == Step(
        id="sonarr:unmonitor:9",
        connection_id="sonarr",
        service=Service.SONARR,
        verb=Verb.UNMONITOR,
        request_ids=("show",),
        target="9",
        name="Severance (2022)",
        items=(E1,),
        expects={"tvdb": "300", "S01E01": "101"},
    )
    assert removal == Step(
        id="sonarr:file:e1",
        connection_id="sonarr",
        service=Service.SONARR,
        verb=Verb.REMOVE_FILE,
        request_ids=("show",),
        target="e1",
        name="Severance (2022)",
        items=(E1,),
        files=(PlannedFile(path="/tv/Severance/1.mkv", size=10),),
        size=10,
        delete_files=True,
        expects={"title": "9", "path": "/tv/Severance/1.mkv", "root": "/tv"},
        after=("sonarr:unmonitor:9",),
    )


def test_what_is_not_looked_for_needs_no_step() -> None:
    """It is still accounted, with the reason."""
    plan = planned(PART, sonarr(show(*SINGLE, monitored=[E2])))
    (step,) = steps(plan, Verb.UNMONITOR)
    assert (step.status, step.reason) == (StepStatus.NOT_NEEDED, "not_monitored")
    assert step.items == ()


def test_an_episode_without_a_number_of_its_own_is_not_named() -> None:
    """The manager has to know what it is asked to look for no more."""
    title = replace(show(*SINGLE, monitored=[E1]), item_ids={E2: "102"})
    (step,) = steps(planned(PART, sonarr(title)), Verb.UNMONITOR)
    assert step.expects == {"tvdb": "300"}


def test_a_season_is_named_when_all_of_it_was_asked_for() -> None:
    """Not for chosen episodes, and not while another request holds some of it."""
    special = ItemKey(0, 1)
    title = replace(show(*SINGLE, file(4, special)), monitored=frozenset({E1, special}))

    def seasons(target: DeletionTarget) -> dict[str, str]:
        (step,) = steps(planned(target, sonarr(title)), Verb.UNMONITOR)
        return {key: value for key, value in step.expects.items() if key.startswith("season")}

    assert seasons(SHOW) == {"season 1": "1"}
    assert seasons(replace(SHOW, is_whole=False)) == {}
    assert seasons(replace(SHOW, kept_items=frozenset({ItemKey(1, 9)}))) == {}
    assert seasons(replace(SHOW, items=frozenset({E1, E2}))) == {}


def test_a_file_with_more_in_it_stays_and_is_named() -> None:
    """The files after it are judged for themselves."""
    double = replace(file(4, E1, E2, E3), path="/tv/Severance/0.mkv")
    own = file(1, E1)
    plan = planned(PART, sonarr(show(own, double)))
    (left, going) = steps(plan, Verb.REMOVE_FILE)
    assert left == Step(
        id="sonarr:file:e4",
        connection_id="sonarr",
        service=Service.SONARR,
        verb=Verb.REMOVE_FILE,
        request_ids=("show",),
        target="e4",
        name="Severance (2022)",
        items=(E1, E2, E3),
        status=StepStatus.SKIPPED,
        reason="file_shared",
    )
    assert going.target == "e1"
    values = {"path": "/tv/Severance/0.mkv", "items": "S01E02, S01E03"}
    assert remarks(plan.warnings) == [("file_shared", values)]


def test_files_stay_when_only_the_request_goes() -> None:
    """Each is accounted with its reason, in the order of the paths."""
    title = show(file(3, E3), file(2, E2), file(1, E1), file(4, ItemKey(1, 4)), monitored=[E1])
    plan = planned(SHOW, sonarr(title), options=FILES_STAY)
    left = steps(plan, Verb.REMOVE_FILE)
    assert [step.target for step in left] == ["e1", "e2", "e3"]
    assert {(step.status, step.reason) for step in left} == {(StepStatus.SKIPPED, "files_kept")}
    assert [step.verb for step in plan.pending] == [Verb.UNMONITOR]


def test_a_manager_that_did_not_answer_has_nothing_planned() -> None:
    """The plan is kept from being run; those that answered are shown."""
    plan = planned((FILM, SHOW), holder(Service.RADARR, None), sonarr(show(*SINGLE)))
    assert [step.service for step in plan.pending] == [Service.SONARR]
    assert remarks(plan.blockers) == [("unknown", {"name": "Radarr"})]


def test_only_managers_are_asked_for_titles() -> None:
    """What another service calls a title is nothing that this may remove."""
    plan = planned(FILM, holder(Service.JELLYFIN, Holdings(titles=(HELD_FILM,))))
    assert plan.pending == ()
