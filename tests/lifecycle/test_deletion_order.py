"""Test the plan as a whole: what waits for what, who is accounted, what is said, what keeps it."""

from dataclasses import replace

from custom_components.media_status.lifecycle.deletion import (
    DeletionOptions,
    HeldItem,
    HeldRecord,
    HeldTitle,
    HeldWish,
    Holder,
    Holdings,
    Plan,
    Served,
    StepStatus,
    Verb,
)
from custom_components.media_status.lifecycle.deletion_plan import is_same
from custom_components.media_status.lifecycle.model import MOVIE, Service

from .deletion_house import (
    E1,
    FILES_STAY,
    FILM,
    HELD_FILM,
    PART,
    SHOW,
    SINGLE,
    TORRENT,
    holder,
    planned,
    radarr,
    remarks,
    show,
    sonarr,
)
from .deletion_world import NOON


def household(title: HeldTitle) -> list[Holder]:
    """Return all services, each with something of the series."""
    series = Service.SONARR
    held = replace(title, downloads=frozenset({"aa"}))
    served = {"aa": frozenset({Served("9", E1)})}
    record = HeldRecord(file_id="5", path=SINGLE[0].path)
    item = HeldItem(request_id="show", item_id="j1", item=E1, path=SINGLE[0].path)
    wish = HeldWish(request_id="show", media_id="m", requests=("1",), own=frozenset({"1"}))
    return [
        holder(Service.SEERR, Holdings(wishes=(wish,))),
        holder(Service.JELLYFIN, Holdings(items=(item,))),
        holder(Service.SHOKO, Holdings(records=(record,))),
        holder(series, Holdings(titles=(held,), served=served)),
        holder(Service.QBITTORRENT, Holdings(torrents=(TORRENT,))),
    ]


def order(plan: Plan) -> dict[Verb, set[Verb]]:
    """Return what each kind of step waits for, in the plan's order."""
    verbs = {step.id: step.verb for step in plan.steps}
    return {step.verb: {verbs[key] for key in step.after} for step in plan.pending}


def test_a_title_goes_in_the_order_of_what_would_bring_it_back() -> None:
    """Torrent, title, record, library, request, record of the title."""
    found = order(planned(SHOW, *household(show(*SINGLE))))
    before = {Verb.REMOVE_TORRENT, Verb.REMOVE_TITLE}
    assert list(found.items()) == [
        (Verb.REMOVE_TORRENT, set()),
        (Verb.REMOVE_TITLE, {Verb.REMOVE_TORRENT}),
        (Verb.REMOVE_RECORD, {Verb.REMOVE_TITLE}),
        (Verb.REFRESH, {Verb.REMOVE_TITLE, Verb.REMOVE_RECORD}),
        (Verb.REMOVE_REQUEST, before),
        (Verb.REMOVE_MEDIA, before | {Verb.REMOVE_REQUEST}),
    ]


def test_episodes_go_after_they_are_looked_for_no_more() -> None:
    """Otherwise the manager would fetch them again at once."""
    found = order(planned(PART, *household(show(*SINGLE, monitored=[E1]))))
    assert list(found.items()) == [
        (Verb.REMOVE_TORRENT, set()),
        (Verb.UNMONITOR, set()),
        (Verb.REMOVE_FILE, {Verb.REMOVE_TORRENT, Verb.UNMONITOR}),
        (Verb.REMOVE_RECORD, {Verb.REMOVE_FILE}),
        (Verb.REFRESH, {Verb.REMOVE_FILE, Verb.REMOVE_RECORD}),
    ]


def test_what_is_left_is_not_waited_for_and_waits_for_nothing() -> None:
    """It never ends, so whoever waited for it would not either."""
    options = DeletionOptions(delete_torrents=False, remove_from_seerr=False)
    plan = planned(SHOW, *household(show(*SINGLE)), options=options)
    assert Verb.REMOVE_TORRENT not in order(plan)
    assert order(plan)[Verb.REMOVE_TITLE] == set()
    left = [step for step in plan.steps if step.status is not StepStatus.PENDING]
    assert len(left) >= 3
    assert all(step.after == () for step in left)


def test_one_request_does_not_wait_for_another() -> None:
    """A film that cannot go does not keep the series."""
    wishes = [
        HeldWish(request_id=key, media_id=f"m{key}", requests=(key,), own=frozenset({key}))
        for key in ("film", "show")
    ]
    seerr = holder(Service.SEERR, Holdings(wishes=tuple(wishes)))
    plan = planned((FILM, SHOW), radarr(HELD_FILM), sonarr(show(*SINGLE)), seerr)
    for step in plan.pending:
        after = [one for one in plan.steps if one.id in step.after]
        assert all(one.request_ids == step.request_ids for one in after)
    assert sum(len(step.after) for step in plan.pending) == 2 * 3


def idle(plan: Plan) -> dict[Service, tuple[StepStatus, str | None]]:
    """Return who has nothing to do, and why."""
    found = [step for step in plan.steps if step.verb is Verb.NOTHING]
    assert all(step.connection_id is None for step in found)
    assert [step.id for step in found] == [f"{step.service}:nothing" for step in found]
    assert all(step.request_ids == tuple(t.request_id for t in plan.targets) for step in found)
    return {step.service: (step.status, step.reason) for step in found}


NOT_CONNECTED = (StepStatus.NOT_APPLICABLE, "not_connected")
NOTHING_THERE = (StepStatus.NOT_NEEDED, "nothing_there")
NOT_ANIME = (StepStatus.NOT_APPLICABLE, "not_anime")
OTHER_TYPE = (StepStatus.NOT_APPLICABLE, "other_media_type")


def test_every_service_says_why_it_has_nothing_to_do() -> None:
    """The title comes first: what it cannot have, no service is missing for."""
    assert idle(planned(FILM, radarr(HELD_FILM))) == {
        Service.QBITTORRENT: NOT_CONNECTED,
        Service.SONARR: OTHER_TYPE,
        Service.SHOKO: NOT_ANIME,
        Service.JELLYFIN: NOT_CONNECTED,
        Service.SEERR: NOT_CONNECTED,
    }
    everybody = [holder(kind, Holdings()) for kind in Service]
    anime = replace(SHOW, is_anime=True)
    assert idle(planned(anime, *everybody)) == {
        Service.QBITTORRENT: NOTHING_THERE,
        Service.RADARR: OTHER_TYPE,
        Service.SONARR: NOTHING_THERE,
        Service.SHOKO: NOTHING_THERE,
        Service.JELLYFIN: NOTHING_THERE,
        Service.SEERR: NOTHING_THERE,
    }


def test_one_target_of_the_kind_is_enough_to_be_concerned() -> None:
    """A film and an anime series together concern everybody."""
    both = (FILM, replace(SHOW, is_anime=True))
    found = idle(planned(both, radarr(), sonarr()))
    assert found[Service.RADARR] == found[Service.SONARR] == NOTHING_THERE
    assert found[Service.SHOKO] == NOT_CONNECTED


def test_a_manager_of_the_other_kind_has_no_part_in_it() -> None:
    """Even if it claims to have something of the request."""
    plan = planned(FILM, sonarr(replace(HELD_FILM, ids=FILM.ids)), radarr(HELD_FILM))
    assert [step.service for step in plan.pending] == [Service.RADARR]


def test_a_plan_says_what_it_was_made_of() -> None:
    """It is shown, compared and stored by that."""
    plan = planned((FILM, SHOW), radarr(HELD_FILM), sonarr(show(*SINGLE)), options=FILES_STAY)
    assert (plan.id, plan.made_at, plan.options) == ("plan", NOON, FILES_STAY)
    assert plan.targets == (FILM, SHOW)
    assert plan.item_count == 4


def test_a_plan_with_nothing_to_do_is_not_run() -> None:
    """Not even when there is much that stays."""
    wish = HeldWish(request_id="film", media_id="m", requests=("1",), own=frozenset({"1"}))
    seerr = holder(Service.SEERR, Holdings(wishes=(wish,)))
    keep = DeletionOptions(remove_from_seerr=False)
    assert remarks(planned(FILM, seerr, options=keep).blockers) == [("nothing_to_do", {})]
    assert planned(FILM, seerr).blockers == ()


def test_sudden_losses_make_a_word_doubtful() -> None:
    """Whoever lost much of its library at once, or did not answer, keeps the plan."""
    frozen = replace(holder(Service.JELLYFIN, Holdings()), is_frozen=True)
    silent = replace(holder(Service.SEERR, None), is_frozen=True)
    plan = planned(FILM, radarr(HELD_FILM), frozen, silent)
    assert remarks(plan.blockers) == [
        ("unknown", {"name": "Seerr"}),
        ("frozen", {"name": "Jellyfin"}),
        ("frozen", {"name": "Seerr"}),
    ]


def binned(manager: Holder) -> Holder:
    """Return a manager that moves files to a bin."""
    assert manager.holdings is not None
    return replace(manager, holdings=replace(manager.holdings, has_recycle_bin=True))


def test_a_recycle_bin_is_said_when_files_go_there() -> None:
    """Space is not freed then; where no file goes, there is nothing to say."""
    said = [("recycle_bin", {"name": "Radarr"})]
    assert remarks(planned(FILM, binned(radarr(HELD_FILM))).warnings) == said
    assert planned(FILM, radarr(HELD_FILM)).warnings == ()
    assert planned(FILM, binned(radarr(HELD_FILM)), options=FILES_STAY).warnings == ()
    other = binned(radarr(name="other"))
    assert planned(FILM, radarr(HELD_FILM), other).warnings == ()
    both = planned((FILM, SHOW), binned(radarr(HELD_FILM)), sonarr(show(*SINGLE)))
    assert remarks(both.warnings) == said


def test_a_plan_is_the_same_only_if_it_would_do_the_same() -> None:
    """Any other step, reason, option or doubt makes it another one; its age and words do not."""
    plan = planned(FILM, radarr(HELD_FILM))
    assert is_same(plan, replace(plan, id="other", warnings=(), made_at=plan.expires_at))
    assert not is_same(plan, replace(plan, options=FILES_STAY))
    assert not is_same(plan, replace(plan, steps=plan.steps[1:]))
    assert not is_same(plan, replace(plan, steps=(replace(plan.steps[0], size=1), *plan.steps[1:])))
    frozen = replace(radarr(HELD_FILM), is_frozen=True)
    assert not is_same(plan, planned(FILM, frozen))
    assert MOVIE in plan.steps[0].items
