"""Test what a plan may never do, whatever a household holds."""

from hypothesis import given, settings

from custom_components.media_status.lifecycle.deletion import Step, StepStatus, Verb
from custom_components.media_status.lifecycle.deletion_plan import is_same
from custom_components.media_status.lifecycle.model import ItemKey, Service

from .deletion_world import World, worlds

ANY = settings(max_examples=150, deadline=None)


def pending(world: World, verb: Verb) -> list[Step]:
    """Return the steps of a kind that would be done."""
    return [step for step in world.plan().pending if step.verb is verb]


def wanted(world: World) -> set[tuple[Service, str, ItemKey]]:
    """Return the items that may go, by the manager's word for their title."""
    return {
        (
            Service.RADARR if target.request_id == "r0" else Service.SONARR,
            "10" if target.request_id == "r0" else target.request_id[1:],
            item,
        )
        for target in world.targets
        for item in target.items
    }


@ANY
@given(worlds())
def test_only_what_was_asked_for_goes(world: World) -> None:
    """No file goes that holds an episode nobody asked to delete."""
    allowed = wanted(world)
    holdings = {one.service: one.holdings for one in world.holders}
    for step in [*pending(world, Verb.REMOVE_FILE), *pending(world, Verb.REMOVE_TITLE)]:
        held = holdings[step.service]
        assert held is not None
        (title,) = [
            one
            for one in held.titles
            if step.target == one.own_id or any(file.file_id == step.target for file in one.files)
        ]
        paths = {file.path for file in step.files}
        going = {item for file in title.files if file.path in paths for item in file.items}
        if step.verb is Verb.REMOVE_TITLE:
            going |= title.monitored
        assert {(step.service, title.own_id, item) for item in going} <= allowed
        assert step.size == sum(file.size for file in title.files if file.path in paths)


@ANY
@given(worlds())
def test_a_torrent_goes_only_with_all_that_it_brought(world: World) -> None:
    """Whatever else it brought, to whichever manager, or shares its data with, keeps it."""
    allowed = wanted(world)
    gone = {step.target for step in pending(world, Verb.REMOVE_TORRENT)}
    managers = [one for one in world.holders if one.service in {Service.RADARR, Service.SONARR}]
    for step in pending(world, Verb.REMOVE_TORRENT):
        assert world.options.delete_torrents
        brought = {
            (holder.service, one.title_id, one.item)
            for holder in managers
            if holder.holdings is not None
            for one in holder.holdings.served.get(step.target, ())
        }
        assert brought
        assert brought <= allowed
        client = next(one for one in world.holders if one.service is Service.QBITTORRENT)
        assert client.holdings is not None
        (torrent,) = [one for one in client.holdings.torrents if one.torrent_id == step.target]
        if step.delete_files:
            assert gone.issuperset(torrent.shares_with)
        if not world.options.delete_seeding:
            assert torrent.is_private is False or torrent.has_seeded is True


@ANY
@given(worlds())
def test_nothing_takes_files_unless_asked_to(world: World) -> None:
    """With `delete_files` off, no step removes a byte, a file or what the library shows."""
    plan = world.plan()
    if not world.options.delete_files:
        assert plan.size == 0
        assert not any(step.delete_files or step.files for step in plan.pending)
        assert not pending(world, Verb.REFRESH)
        assert not pending(world, Verb.REMOVE_RECORD)
    assert all(step.service is not Service.JELLYFIN or not step.delete_files for step in plan.steps)


@ANY
@given(worlds())
def test_every_service_is_accounted(world: World) -> None:
    """Each has a step or says why not; ids are unique; what is left has a reason."""
    plan = world.plan()
    silent = {one.service for one in world.holders if one.holdings is None}
    assert {step.service for step in plan.steps} == {one.service for one in world.holders}
    assert len({step.id for step in plan.steps}) == len(plan.steps)
    for step in plan.steps:
        assert (step.reason is None) == (step.status is StepStatus.PENDING)
        assert step.status is not StepStatus.PENDING or step.target or step.verb is Verb.REFRESH
    assert bool(silent) <= bool([one for one in plan.blockers if one.code == "unknown"])


@ANY
@given(worlds())
def test_steps_wait_for_what_must_go_first(world: World) -> None:
    """Only for steps before them, so that there is always one that can begin."""
    plan = world.plan()
    places = {step.id: place for place, step in enumerate(plan.steps)}
    for step in plan.pending:
        assert all(places[other] < places[step.id] for other in step.after)
        for other in plan.pending:
            shared = set(step.request_ids) & set(other.request_ids)
            if shared and step.service is Service.SEERR and other.verb is Verb.REMOVE_TITLE:
                assert other.id in step.after


@ANY
@given(worlds())
def test_the_media_goes_only_with_all_its_requests(world: World) -> None:
    """Seerr's record of a title takes all requests along, so nobody else may have one."""
    for step in pending(world, Verb.REMOVE_MEDIA):
        seerr = next(one for one in world.holders if one.service is Service.SEERR)
        assert seerr.holdings is not None
        (wish,) = [one for one in seerr.holdings.wishes if one.media_id == step.target]
        assert wish.own == set(wish.requests)


@ANY
@given(worlds())
def test_the_same_reads_make_the_same_plan(world: World) -> None:
    """So that one that was shown can be compared with one that is made when it is run."""
    assert is_same(world.plan(), world.plan())
